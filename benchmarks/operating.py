"""How soon a change is found at how many false alarms, beside EARS and Farrington.

python -m benchmarks.operating docs/images/operating.svg

Simulated monthly counts: Poisson around a level with a season and a slow drift. The last three
months are multiplied, and each is judged by what was known the month before. A method's limit is
the score that one quiet series-month in 100 passes, so all methods raise as many false alarms. The
peers are those of R's `surveillance` (Debian: r-cran-surveillance); without it they are left out.
Kept in benchmarks/results/operating.json.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import altair as alt
import numpy as np
import vl_convert

from forecast.engine import tails
from forecast.engine.refit import engine_forecasts
from forecast.types import Row
from models.base import Floats, Panel

LEVELS = (5, 20, 100, 500, 5000)
CHANGES = {"x2": 2.0, "x3": 3.0, "+50%": 1.5}
SERIES, MONTHS, QUIET, CHANGED = 100, 96, 12, 3
RATES = (0.002, 0.005, 0.01, 0.02, 0.05)  # false alarms a quiet series-month
MATCHED = 0.01
RESULTS = Path(__file__).parent / "results" / "operating.json"
OURS = "bordercast"


def main(picture: str) -> None:
    """Simulate, judge, write down and draw."""
    rows: list[Row] = []
    for level in LEVELS:
        rows += at_level(level)
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    print(table(rows))
    Path(picture).write_text(vl_convert.vegalite_to_svg(_chart(rows).to_dict()))


def at_level(level: int) -> Iterator[Row]:
    """One row a method, change and rate of false alarms."""
    counts = simulated(level)
    quiet = scores(counts, QUIET)
    by_change = {}
    for name, factor in CHANGES.items():
        moved = counts.copy()
        moved[:, -CHANGED:] = np.rint(counts[:, -CHANGED:] * factor)
        by_change[name] = scores(moved, CHANGED)
    for method, usual in quiet.items():
        for rate in RATES:
            limit = np.nanquantile(usual, 1 - rate)
            for name, changed in by_change.items():
                known = np.isfinite(changed[method]).all(axis=1)
                passed = changed[method][known] > limit
                found = passed.any(axis=1)
                first = np.where(found, passed.argmax(axis=1) + 1, CHANGED + 1)
                yield {
                    "level": level,
                    "method": method,
                    "change": name,
                    "false_alarms": rate,
                    "in_first_month": round(float(passed[:, 0].mean()), 3),
                    "found": round(float(found.mean()), 3),
                    "months": round(float(first.mean()), 2),
                }


def simulated(level: int) -> Floats:
    """(series, months) counts around a level, without the change."""
    random, t = np.random.default_rng(level), np.arange(MONTHS)
    phase, drift = random.integers(12, size=(SERIES, 1)), random.normal(0, 0.02, (SERIES, MONTHS))
    season = 0.2 * np.sin(2 * np.pi * (t + phase) / 12)
    return random.poisson(level * np.exp(season + np.cumsum(drift, axis=1))).astype(float)


def scores(counts: Floats, judged: int) -> dict[str, Floats]:
    """Method -> (series, judged) how unusually high each of the last months was."""
    return {OURS: own_scores(counts, judged), **peer_scores(counts, judged)}


def own_scores(counts: Floats, judged: int) -> Floats:
    """Less the upper p of the forecast of the month before, each series alone."""
    series, months = counts.shape
    names = tuple(map(str, range(series)))
    last, family = np.zeros(series, dtype=np.int64), np.array(names)
    panel = Panel(np.log1p(counts), last, family, names, ((),) * series, jumps=False)
    said = engine_forecasts(panel, np.arange(months - judged - 1, months - 1), 1)
    z = panel.z[:, -judged:]
    below = tails.below(z, said.centre[..., 0], said.scale[..., 0], said.df)
    if (mixed := said.mixtures) is not None:
        at = mixed.row, mixed.place
        below[at] = mixed.cdf(z[at][:, None, None], said.df[at])[:, 0, 0]
    return below - 1


def peer_scores(counts: Floats, judged: int) -> dict[str, Floats]:
    """The same by R's surveillance; none where there is no R."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "counts.csv"), Path(folder, "scores.csv")
        np.savetxt(given, np.column_stack([np.arange(len(counts)), counts]), "%d", delimiter=",")
        script = Path(__file__).with_name("surveillance.R")
        subprocess.run(["Rscript", script, given, answer, str(judged)], check=True)
        with answer.open() as file:
            rows = list(csv.DictReader(file))
    out: dict[str, Floats] = {}
    for row in rows:
        of = out.setdefault(row["method"], np.full((len(counts), judged), np.nan))
        of[int(row["series"]), int(row["month"]) - counts.shape[1] - 1] = float(row["score"])
    return out


def table(rows: list[Row]) -> str:
    """Markdown: at the matched rate, mean months until found, and the share found in three."""
    chosen = [row for row in rows if row["false_alarms"] == MATCHED]
    methods = list(dict.fromkeys(row["method"] for row in chosen))
    lines = [
        f"| counts a month | change | {' | '.join(map(str, methods))} |",
        "|---" * (2 + len(methods)) + "|",
    ]
    for level in LEVELS:
        for change in CHANGES:
            of = {r["method"]: r for r in chosen if (r["level"], r["change"]) == (level, change)}
            cells = [
                f"{of[m]['months']:.1f} ({of[m]['found']:.2f})" if m in of else "" for m in methods
            ]
            lines.append(f"| {level:,} | {change} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _chart(rows: list[Row]) -> alt.FacetChart:
    x = alt.X(
        "false_alarms:Q",
        title="false alarms",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=list(RATES), format=".1%", grid=False),
    )
    y = alt.Y("found:Q", title="found", scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color(
        "method:N",
        legend=alt.Legend(orient="top", title=None),
        scale=alt.Scale(range=["#1f5f8b", "#9c2f1c", "#6b5b00", "#555"]),
        sort=[OURS],
    )
    lines = alt.Chart(alt.Data(values=rows)).mark_line(point=True).encode(x=x, y=y, color=colour)
    return (
        lines.properties(width=130, height=110)
        .facet(
            row=alt.Row("change:N", title=None, sort=list(CHANGES)),
            column=alt.Column(
                "level:N", title="counts a month", sort=[str(level) for level in LEVELS]
            ),
        )
        .configure(font="sans-serif")
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
