"""The speed comparison's numbers as tables: on the terminal, and in docs/scaling.md.

python -m benchmarks.speedreport      writes the page's tables and picture from the kept results
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import speedchart, tables
from benchmarks.speedsums import PROPHET, TOGETHER, a_series, busiest, growth

PAGE = Path(__file__).parent.parent / "docs" / "scaling.md"
PICTURE = PAGE.parent / "images" / "speed.svg"
BEGIN, END = "<!-- bench-speed -->", "<!-- /bench-speed -->"
LEADS = ("h1", "h3", "h6", "h12")
ENGINES = ("serial", "2 processes", "1 Dask worker", "2 Dask workers")
BASES = ("serial", "1 Dask worker")

Result = Mapping[str, Any]


class Shown(NamedTuple):
    """A table: its title, its columns, and its rows, whose first cells are names."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def kept() -> Result:
    """The results as they are kept."""
    return json.loads((tables.RESULTS / "speed.json").read_text("utf-8"))  # type: ignore


def show(result: Result) -> None:
    """Print every table."""
    for table in every_table(result):
        tables.show(table.title, table.heads, {row[0]: row[1:] for row in table.rows})


def write(result: Result) -> None:
    """Put the tables between the page's two marks, and draw the picture."""
    text = PAGE.read_text("utf-8")
    marked = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.S)
    if not marked.search(text):
        raise SystemExit(f"{PAGE}: no place for the tables: {BEGIN} ... {END}")
    block = f"{BEGIN}\n{markdown(result)}\n{END}"
    PAGE.write_text(marked.sub(lambda _: block, text), encoding="utf-8")
    PICTURE.write_text(speedchart.draw(result), encoding="utf-8")


def markdown(result: Result) -> str:
    """Return the page's part: the picture, tables without what only a terminal shows, misses."""
    picture = f"![Seconds by number of series, ours and the peers'](images/{PICTURE.name})"
    shown = [_without(ours(result), "load"), _without(faster(result), "100 series", "1,000 series")]
    shown += [_without(scores(result, name), *LEADS) for name in (TOGETHER, PROPHET)]
    missed = [
        f"{what}, {_bound(of)}: {_digits(of['came'])}"
        for what, of in result["reach"].items()
        if not of["reached"]
    ]
    reached = f"Bounds not reached: {'; '.join(missed) or 'none'}."
    return "\n\n".join([picture, *map(_as_markdown, shown), reached])


def _without(table: Shown, *heads: str) -> Shown:
    """Leave out these columns."""
    kept = [i for i, head in enumerate(table.heads) if head not in heads]
    rows = [[row[i] for i in kept] for row in table.rows]
    return Shown(table.title, [table.heads[i] for i in kept], rows)


def _as_markdown(table: Shown) -> str:
    lines = [table.heads, ["---"] * len(table.heads), *table.rows]
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"**{table.title}**\n\n{body}"


def every_table(result: Result) -> Iterator[Shown]:
    """In the order in which they are read."""
    yield ours(result)
    yield engines(result)
    yield peers(result)
    yield faster(result)
    for name in (TOGETHER, PROPHET):
        yield scores(result, name)
    yield reach(result)


def ours(result: Result) -> Shown:
    """What the command takes."""
    rows = [_our_row(f"{int(count):,}", one, result) for count, one in result["ours"].items()]
    written = result["ours_hindcasts_written"]
    name = f"{int(written['series']):,}, hindcasts written"
    heads = ("series", "seconds", "CPU seconds", "peak MiB", "ms a series and cutoff", "load")
    title = f"bordercast forecast, {result['cutoffs']} cutoffs, {result['months']} months"
    ordered = sorted(rows, key=lambda row: int(row[0].replace(",", "")))
    return Shown(title, heads, [*ordered, _our_row(name, written, result)])


def _our_row(name: str, one: Result, result: Result) -> list[str]:
    cost = 1000 * a_series(one) / int(result["cutoffs"])
    seconds = (_digits(one.get(key)) for key in ("seconds", "cpu_seconds"))
    peak, load = (_digits(one.get(key)) for key in ("peak_mib", "load"))
    return [name, *seconds, peak, f"{cost:.3f}", load]


def engines(result: Result) -> Shown:
    """What is done in blocks, wherever that may be."""
    found = result["engines"]
    seconds = {name: found["engines"][name]["seconds"] for name in ENGINES}
    rows = [
        [name, _digits(taken), *(_digits(seconds[one] / taken) for one in BASES)]
        for name, taken in seconds.items()
    ]
    heads = ("engine", "seconds", *(f"times as fast as {name}" for name in BASES))
    alike = "the same numbers on each" if found["same"] else "DIFFERENT NUMBERS"
    title = f"Blocks of {found['series']:,} series, from figures in memory to scores: {alike}"
    return Shown(title, heads, rows)


def peers(result: Result) -> Shown:
    """What the peers' cross-validation takes."""
    heads = ("peer", "processes", "series", "seconds", "CPU seconds", "peak MiB")
    heads += ("seconds a series", "of which on fewer", "failed fits", "load")
    rows = [_peer_row(name, peer) for name, peer in result["peers"].items()]
    return Shown("The peers' cross-validation on the same cutoffs", heads, rows)


def _peer_row(name: str, peer: Result) -> list[str]:
    most, few = peer["most"], peer["few"]
    costs = (_digits(most.get(key)) for key in ("seconds", "cpu_seconds", "peak_mib"))
    return [
        name,
        str(peer["jobs"]),
        str(most["series"]),
        *costs,
        _digits(a_series(most)),
        f"x {1 / growth(peer):.2f} on {few['series']}",
        str(most.get("failures", "-")),
        _digits(most.get("load")),
    ]


def faster(result: Result) -> Shown:
    """How many times as long the peers take."""
    counts = sorted(result["ours"], key=int)
    rows = []
    for name, found in result["ratios"].items():
        measured = str(result["peers"][name]["most"]["series"])
        marks = ["" if count == measured else "*" for count in counts]
        seconds = [f"{_digits(found[c]['seconds'])}{m}" for c, m in zip(counts, marks, strict=True)]
        rows.append([name, *seconds, f"{_digits(found[counts[-1]]['cpu_seconds'])}*"])
    heads = ("peer", *(f"{int(count):,} series" for count in counts), "CPU, the most series")
    return Shown("Times as long as ours (* the peer's time extrapolated)", heads, rows)


def scores(result: Result, name: str) -> Shown:
    """Who says it better."""
    found = result["scores"][name]
    heads = ("model", "log-WIS", *LEADS, "80%", "95%", "MAE / last value's")
    rows = [
        [model, *(f"{line[key]:.4f}" for key in ("log_wis", *LEADS))]
        + [f"{line[key]:.3f}" for key in ("cover80", "cover95", "relative_mae")]
        for model, line in found["models"].items()
    ]
    order = sorted(rows, key=lambda row: float(row[1]))
    return Shown(f"{found['series']} real series, the same months for all", heads, order)


def reach(result: Result) -> Shown:
    """What was to be reached."""
    rows = [
        [what, _bound(of), _digits(of["came"]), "yes" if of["reached"] else "NO"]
        for what, of in result["reach"].items()
    ]
    title = "What was to be reached"
    load = busiest(result)
    if load > result["machine"]["cores"] + 1:
        title += f" (on a busy machine, load up to {load:.0f}: seconds and ratios are no good)"
    return Shown(title, ("", "bound", "came", "reached"), rows)


def _bound(of: Result) -> str:
    """A result's file has no infinity: it is none."""
    if of["highest"] in (None, float("inf")):
        return f">= {_digits(of['lowest'])}"
    return f"<= {_digits(of['highest'])}"


def _digits(value: float | None) -> str:
    """Three digits, or all before the point."""
    if value is None or value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    write(kept())
