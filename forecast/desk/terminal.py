"""The terminal's tables: rows of the store in, rich renderables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import exp, fsum, log
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forecast import months
from forecast.desk.facts import RAREST
from forecast.desk.movers import BASES, moved_words
from forecast.desk.sentences.ahead import STEPS
from forecast.desk.sentences.unusual import ending_short, how_sure, kind_word, moved_parts
from forecast.sources.names import member_words
from forecast.sources.wording import Halves
from forecast.store.read import RunRow
from forecast.types import COUNT, PeriodForecast, Row
from forecast.words import change_words, first_and_now, interval, judged_by, month_name, signed

if TYPE_CHECKING:
    from forecast.desk.comparison import Compared
    from forecast.desk.movers import Moved
    from forecast.judge.questions import KindScore
    from forecast.sources.source import Source

ALL_ERAS = "all"
ALL_LEADS = 0
NAIVE = "naive"
WORSE = "!"
_COMPARED = ("log_wis", "wis", "mae", "mase")
_MEANS = (*_COMPARED, "coverage50", "coverage80", "coverage95")
_GROUP = ("basis", "era", "horizon", "model")
_NUMBERS = ("months", "log-WIS", "WIS", "MAE", "MASE", "MAE / naive", "50%", "80%", "95%")
_ERAS = {"break": "across a break", "no-break": "across none"}
AHEAD = 3  # months of the forecast beside a total's newest count
SEVERITY_STYLE = {"watch": "", "notable": "yellow", "major": "red", "critical": "bold red"}


def flag_blocks(
    flags: Sequence[Row], drivers: Mapping[int, Sequence[Row]], source: Source
) -> Iterator[RenderableType]:
    """One block a flag, in the order given."""
    if not flags:
        yield Text("No month was unusually far from its forecast.")
    for row in flags:
        yield Group(
            _flag_heading(row, source),
            *_below(row, drivers.get(row["flag_id"], ()), source),
            Text(),
        )


def replay_table(flags: Sequence[Row], source: Source) -> Table:
    """Every flag the service would have raised, and how it ended."""
    table = plain_table(
        "month", source.totals.one, "what", "count judged", "expected", "times", "ended as"
    )
    for column in (3, 4, 5):
        table.columns[column].justify = "right"
    for row in flags:
        ended = f"{row['episode']}, {month_name(row['closed'])}" if row["closed"] else ""
        what = kind_word(row)
        table.add_row(
            month_name(row["month"]),
            row["border"],
            what if row["role"] == "first" else f"{what} ({row['role']})",
            f"{row[COUNT]:,}",
            f"{row['expected']:,}",
            f"x {row['ratio']:.2f}",
            ended or row["episode"] or "",
        )
    return table


def rate_lines(row: Row) -> Table:
    """How often p was small, in all months and in the quiet ones."""
    heads = ("months", "p < .05", "p < .02", "p < .01", "flags and alarms")
    table = plain_table("", numbers=heads)
    for name, count, rates, flags in (
        ("all months", row["months"], row["rates"], len(row["flags"])),
        ("quiet months", row["quiet_months"], row["quiet_rates"], row["quiet_flags"]),
    ):
        shares = map(score_cell, rates.values())
        table.add_row(name, str(count), *shares, str(flags))
    return table


def event_table(events: Sequence[Row], source: Source) -> Table:
    """Known breaks and what was found of them."""
    table = plain_table("date", source.totals.one, "what", "found")
    table.columns[2].no_wrap = table.columns[3].no_wrap = False
    for row in events:
        table.add_row(row["date"], row["border"], row["name"], row["found"] or "nothing")
    return table


def _below(row: Row, drivers: Sequence[Row], source: Source) -> Iterator[RenderableType]:
    """The numbers, and what moved, indented."""
    yield Padding(_numbers(row), (0, 0, 0, 4))
    moved = Table.grid(padding=(0, 1, 0, 0))
    for label, text in moved_parts(row, drivers, source):
        moved.add_row(label, text)
    if moved.row_count:
        yield Padding(moved, (0, 0, 0, 4))


def _flag_heading(row: Row, source: Source) -> Text:
    name = row["border"]
    if row["member"]:
        name += f" / {member_words(row['dimension'], row['member'], source)}"
    text = Text(f"{month_name(row['month'])}  {name}: ", style="bold")
    text.append(kind_word(row), style=SEVERITY_STYLE[row["severity"]])
    text.append(ending_short(row, source), style="not bold")
    return text


def _numbers(row: Row) -> Text:
    """Counted and expected. row["now"] : the count on record now, where it was looked up."""
    first = row[COUNT]
    now = {"now": first, **row}["now"]
    # A revision's count is the one after it; another month's is the one first published.
    counted = f"{first:,}" if row["kind"] == "revision" else first_and_now(first, now)
    against = {"revision": "before the revision", "drift": "expected six months before"}
    basis = "; judged by a hindcast" if row["kind"] == "month" and row["basis"] != "issued" else ""
    times = f"x {row['ratio']:.{3 if row['kind'] == 'revision' else 2}f}"
    return Text(
        f"{counted} published, {row['expected']:,} {against.get(row['kind'], 'expected')} "
        f"({times}); {how_sure(row)}{basis}"
    )


def all_of_them(source: Source) -> str:
    """The label of scores over all totals."""
    return f"all {source.totals.many}"


def with_pooled(rows: Iterable[Row], source: Source) -> list[Row]:
    """The rows, and for each model, basis, era and lead one over all totals.

    Scores and coverage are means over forecast months, MAE relative to naive is the geometric
    mean over totals. `worse_than_naive` names scores, see `worse_scores`.
    """
    rows = list(rows)
    ordered = sorted(rows, key=_group)
    pooled = [_pooled(list(group), source) for _, group in groupby(ordered, key=_group)]
    baselines = {_beside(row): row for row in (*pooled, *rows) if row["model"] == NAIVE}
    return [
        {**row, "worse_than_naive": worse_scores(row, baselines.get(_beside(row)))}
        for row in (*sorted(pooled, key=_best_first), *rows)
    ]


def _group(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _GROUP)


def _beside(row: Row) -> tuple[Any, ...]:
    """Where a row stands beside other models' rows."""
    return tuple(row[name] for name in ("border", "basis", "era", "horizon"))


def _best_first(row: Row) -> tuple[Any, ...]:
    return row["basis"], row["era"], row["horizon"], row["log_wis"]


def _pooled(rows: Sequence[Row], source: Source) -> Row:
    pooled = {**rows[0], "border": all_of_them(source), "n": sum(row["n"] for row in rows)}
    pooled |= {name: _mean(rows, name) for name in _MEANS}
    ratios = [row["relative_mae"] for row in rows if row["relative_mae"]]
    pooled["relative_mae"] = exp(fsum(map(log, ratios)) / len(ratios)) if ratios else None
    return pooled


def _mean(rows: Sequence[Row], name: str) -> float | None:
    """Mean over forecast months of the rows that know it."""
    known = [row for row in rows if row[name] is not None]
    months = sum(row["n"] for row in known)
    return fsum(row["n"] * row[name] for row in known) / months if known else None


def worse_scores(row: Row, naive: Row | None) -> list[str]:
    """The scores in which a model did worse than naive on the same months.

    Where it was scored on fewer months only relative MAE, which takes care of that, compares.
    """
    if naive is None or row["model"] == NAIVE:
        return []
    compared = _COMPARED if row["n"] == naive["n"] else ()
    worse = [name for name in compared if (row[name] or 0) > (naive[name] or 0)]
    return worse + (["relative_mae"] if (row["relative_mae"] or 0) > 1 else [])


def lead_table(rows: Sequence[Row]) -> Table:
    """Models by lead in months: one total, basis and era."""
    return _model_table(rows, "lead", "horizon")


def score_border_table(rows: Sequence[Row], source: Source) -> Table:
    """Models by total: one lead, basis and era."""
    return _model_table(rows, source.totals.one, "border")


def _model_table(rows: Sequence[Row], head: str, by: str) -> Table:
    """Every model's scores, a section for each value of the column `by`."""
    table = plain_table(head, "model", numbers=_NUMBERS)
    months = {row[by]: row["n"] for row in rows if row["model"] == NAIVE}
    for value, group in groupby(rows, key=lambda row: row[by]):
        label = _lead(value) if by == "horizon" else value
        for place, row in enumerate(group):
            table.add_row("" if place else label, *_cells(row, months.get(value)))
        table.add_section()
    return table


def _lead(horizon: int) -> str:
    return "1-12" if horizon == ALL_LEADS else str(horizon)


def _cells(row: Row, naive_months: int | None) -> Iterator[str]:
    fewer = naive_months is not None and row["n"] < naive_months
    yield row["model"]
    yield f"{row['n']:,}" + ("*" if fewer else " ")
    for name, digits in (("log_wis", 3), ("wis", 0), ("mae", 0), ("mase", 3), ("relative_mae", 3)):
        yield _marked(row, name, digits)
    for name in ("coverage50", "coverage80", "coverage95"):
        yield f"{row[name]:.2f}"


def _marked(row: Row, name: str, digits: int) -> str:
    """A score, with the mark of what is worse than naive."""
    if row[name] is None:
        return "- "
    return f"{row[name]:,.{digits}f}" + (WORSE if name in row["worse_than_naive"] else " ")


def era_table(rows: Sequence[Row], name: str) -> Table:
    """One score by era and model: one total and basis, all leads."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    table = plain_table("cutoffs", numbers=models)
    for era, group in groupby(rows, key=lambda row: row["era"]):
        by_model = {row["model"]: row for row in group}
        cells = [_marked(by_model[m], name, 3) if m in by_model else "- " for m in models]
        table.add_row(_ERAS.get(era, era), *cells)
    return table


def score_notes(rows: Sequence[Row]) -> list[str]:
    """What the marks mean, as far as there are any in these rows."""
    together = [row for row in rows if row["horizon"] == ALL_LEADS]
    naive = max((row["n"] for row in together if row["model"] == NAIVE), default=0)
    fewer = [
        f"* {row['model']} is scored on {row['n']:,} of naive's {naive:,} months: where its fit "
        "failed or exploded it said nothing. Only MAE / naive is about the same months."
        for row in together
        if row["n"] < naive
    ]
    worse = any(row["worse_than_naive"] for row in rows)
    return [f"{WORSE} worse than naive on the same months."] * worse + fewer


def change_cell(now: int, before: int | None) -> str:
    """Change from `before` in percent, with its sign; a dash where there is none."""
    return f"{100 * (now / before - 1):+.1f}%" if before else "-"


def chance_cell(p: float | None) -> str:
    """How unusual: one in how many months, for p two-sided."""
    if p is None:
        return "-"
    return f"1 in {1 / p:,.0f}" if p >= 1 / RAREST else f"<1 in {RAREST}"


def heading(run: RunRow) -> Text:
    """What the tables below rest on."""
    return Text(
        f"Data through {month_name(run.data_through)}. "
        f"Run {run.id}, published {run.published_at[:16].replace('T', ' ')} UTC."
    )


def forecast_table(
    forecasts: Sequence[Row],
    last: dict[str, Row],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """Per total the last published month and the next months' forecast.

    halves : of the published month, at ports and between ports, where they are known. waiting :
    totals without a forecast, and what brings one, in words.
    """
    table = plain_table(
        source.totals.one, "published", "", "forecast", "median", "80% interval", "95% interval"
    )
    for column in (2, 4, 5, 6):
        table.columns[column].justify = "right"
    shown = {
        total: list(group)[:AHEAD]
        for total, group in groupby(forecasts, key=lambda row: row["border"])
    }
    for total, ahead in {**shown, **dict.fromkeys(waiting, ())}.items():
        published = last[total]
        left = [
            (total, month_name(published["month"]), f"{published[COUNT]:,}"),
            ("", "on month", change_cell(published[COUNT], published["month_before"])),
            ("", "on year", change_cell(published[COUNT], published["year_before"])),
        ]
        left += _halves(halves.get(total), source)
        for i in range(max(len(left), len(ahead))):
            cells = left[i] if i < len(left) else ("", "", "")
            table.add_row(*cells, *(_ahead(ahead[i]) if i < len(ahead) else ()))
        table.add_section()
    notes = [Text(f"{total}: not forecast yet: {why}.") for total, why in waiting.items()]
    return Group(table, *notes)


def _halves(known: Halves | None, source: Source) -> list[tuple[str, str, str]]:
    both = source.hierarchy.both_halves
    if known is None or both is None:
        return []
    # In the first column, where there is room: the table is to fit 80 characters.
    rows = [(half.row, "", count) for half, count in zip(both, known.words, strict=True)]
    if known.split is None:
        return rows
    aside = source.hierarchy.aside
    parts = zip((aside.rest_where, aside.named_where), known.split, strict=True) if aside else ()
    return [
        rows[0],
        (both[1].short, "", rows[1][2]),
        *((f"  {where.split()[-1]}", "", f"{count:,}") for where, count in parts),
    ]


def _ahead(row: Row) -> tuple[str, str, str, str]:
    return (
        month_name(row["month"]),
        f"{row['median']:,}",
        interval(row["lo80"], row["hi80"]),
        interval(row["lo95"], row["hi95"]),
    )


def border_table(forecasts: Iterable[Row]) -> Table:
    """One total, every month ahead, with the counts that would raise a flag."""
    numbers = ("median", "50%", "80%", "95%", "flag under", "or over")
    table = plain_table("forecast", numbers=numbers)
    for row in forecasts:
        low, high = row["flag_below"], row["flag_above"]  # of the next month alone
        table.add_row(
            month_name(row["month"]),
            f"{row['median']:,}",
            interval(row["lo50"], row["hi50"]),
            interval(row["lo80"], row["hi80"]),
            interval(row["lo95"], row["hi95"]),
            "-" if low is None else f"{low:,}",
            "-" if high is None else f"{high:,}",
        )
    return table


def published_table(shown: Mapping[str, int], counts: Mapping[str, int]) -> Table:
    """Print published months, each against the month and the year before.

    shown : month -> count of the months to print. counts : of all months on record.
    """
    table = plain_table("month", numbers=("count", "on month", "on year"))
    for month, count in shown.items():
        before = (counts.get(months.shift(month, -back)) for back in (1, 12))
        changes = ("-" if then is None else change_words(count, then) for then in before)
        table.add_row(month_name(month), f"{count:,}", *changes)
    return table


def flag_table(flags: Sequence[Row]) -> RenderableType:
    """What deviated, when, from what, and how unusual that is; a line each."""
    if not flags:
        return Text("No month was unusually far from its forecast.")
    table = plain_table("month", "series", "judged", "expected", "times", "chance", "severity", "")
    for column in (2, 3, 4, 5):
        table.columns[column].justify = "right"
    for row in flags:
        table.add_row(
            month_name(row["month"]),
            " / ".join(part for part in (row["border"], row["dimension"], row["member"]) if part),
            f"{row[COUNT]:,}",
            f"{row['expected']:,}",
            f"{row['ratio']:.2f}",
            chance_cell(row["p"]) if row["kind"] == "month" else "-",
            Text(kind_word(row), style=SEVERITY_STYLE[row["severity"]]),
            row["episode"] or "",
        )
    return table


def run_summary(
    run: RunRow,
    forecasts: Sequence[Row],
    last: dict[str, Row],
    flags: Sequence[Row],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """The summary at the end of a run; halves, waiting : see `forecast_table`."""
    against = f"Unusual months, against {judged_by(flag['basis'] for flag in flags)}:"
    return Group(
        heading(run),
        forecast_table(forecasts, last, halves, waiting, source),
        *([Text(fill(against, 80))] if flags else []),
        flag_table(flags),
    )


def titled(title: str, rest: str) -> Text:
    """A line above a table: its title, and what follows."""
    return Text.assemble((title, "bold"), rest)


def plain_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """An empty table in the form all of ours have; numbers : columns after these, to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for column in numbers:
        table.add_column(column, no_wrap=True, justify="right")
    return table


def reliability_tables(scores: Sequence[KindScore], name: str) -> Iterator[RenderableType]:
    """What is printed, from top to bottom."""
    if not scores:
        yield "No standing question is resolved yet."
        return

    yield titled(name, ", chances given to standing questions; smaller scores are better")
    for basis, group in groupby(scores, key=lambda kind: kind.basis):
        kinds = list(group)
        yield _kind_table(kinds, basis)
        yield from (
            f"{kind.kind}: {kind.verdict}."
            for kind in kinds
            if not kind.skilled or kind.record.beaten
        )
        yield titled("\nReliability", ": of the chances given, how many came true")
        yield _bin_table(kinds, basis)


def _kind_table(kinds: Sequence[KindScore], basis: str) -> RenderableType:

    heads = ("n", "Brier", "base rate", "last value", "log score", "base rate", "better by")
    table = plain_table(basis, *heads)
    for kind in kinds:
        record = kind.record
        numbers = (record.brier, record.base_brier, record.last_brier, record.log, record.base_log)
        better = f"{record.skill:.0%}" if kind.skilled and not record.beaten else "-"
        table.add_row(kind.kind, f"{record.n:,}", *map(score_cell, numbers), better)
    return table


def score_cell(number: float | None) -> str:
    """A score, or a dash where there is none."""
    return "-" if number is None else f"{number:.3f}"


def _bin_table(kinds: Sequence[KindScore], basis: str) -> RenderableType:

    table = plain_table(basis, "given", "n", "mean chance", "came true")
    for kind in kinds:
        for part in kind.bins:
            given = f"{part.low:.0%}-{part.high:.0%}"
            table.add_row(kind.kind, given, f"{part.n:,}", f"{part.given:.0%}", f"{part.came:.0%}")
    return table


def parts_table(forecasts: Sequence[PeriodForecast], source: Source) -> Table:
    """Parts side by side: what is published of the span, through when, and what it comes to."""
    from forecast.words import interval, month_name

    table = plain_table("part", "span", "published", "through", "median", "80%", "95%")
    for column in (2, 4, 5, 6):
        table.columns[column].justify = "right"
    for forecast in forecasts:
        table.add_row(
            member_words(forecast.series.dimension, forecast.series.member, source),
            forecast.span,
            f"{forecast.published:,}",
            month_name(forecast.cutoff),
            f"{forecast.median:,}",
            interval(forecast.lo80, forecast.hi80),
            interval(forecast.lo95, forecast.hi95),
        )
    return table


def changes_table(rows: Sequence[Row]) -> Table:
    """Old forecast, steps, new forecast; a line a month."""
    from forecast.words import month_name

    table = plain_table("forecast", numbers=("before", *STEPS.values(), "now"))
    for row in rows:
        steps = [signed(row[name]) for name in STEPS]
        table.add_row(month_name(row["month"]), f"{row['before']:,}", *steps, f"{row['after']:,}")
    return table


def movers_table(moved: Moved, total: str, base: str) -> RenderableType:
    """Print the parts of a total, those that moved farthest first, and their sum."""
    table = plain_table(
        moved.dimension, numbers=("count", *BASES.values(), "change", "share of change")
    )
    for mover in (*moved.movers, moved.total):
        bases = (mover.bases[name] for name in BASES)
        table.add_row(
            mover.label,
            f"{mover.value:,}",
            *("-" if value is None else f"{value:,}" for value in bases),
            "-" if mover.change is None else signed(mover.change),
            "-" if mover.share is None else f"{100 * mover.share:.0f}%",
        )
    return Group(Text(moved_words(moved, total, base), style="bold"), table, Text())


def compared_table(compared: Compared) -> Table:
    """Print two things side by side, and how they differ."""
    table = plain_table(compared.heads[0], numbers=compared.heads[1:])
    for label, *values, difference in compared.rows:
        table.add_row(
            label, *("-" if value is None else f"{value:,}" for value in values), difference
        )
    return table
