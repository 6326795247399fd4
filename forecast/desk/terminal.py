"""The terminal's tables: rows of the store in, rich renderables out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby, zip_longest
from math import fsum
from operator import attrgetter
from statistics import geometric_mean
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forecast import months
from forecast.desk.facts import RAREST
from forecast.desk.groups import GroupTable
from forecast.desk.movers import BASES, Moved, moved_words
from forecast.desk.sentences.ahead import STEPS
from forecast.desk.sentences.unusual import (
    ending_short,
    how_sure,
    kind_word,
    moved_parts,
    with_whole,
)
from forecast.engine import NAIVE
from forecast.names import member_words
from forecast.rows import ChangeRow, DriverRow, FlagRow, ForecastRow, ScoreRow, bounds
from forecast.sources.source import Source
from forecast.sources.wording import Halves
from forecast.store.read import FlagOfTotal, RunRow
from forecast.types import COUNT, Forecast, Row
from forecast.words import (
    MINUS,
    change_words,
    first_and_now,
    interval,
    judged_by,
    month_name,
    signed,
)

if TYPE_CHECKING:
    from forecast.desk.comparison import Compared
    from forecast.engine.skill import SkillTest
    from forecast.judge.questions import KindScore

ALL_ERAS = "all"
ALL_LEADS = 0
WORSE = "!"
_COMPARED = ("log_wis", "wis", "mae", "mase")
_MEANS = (*_COMPARED, "coverage50", "coverage80", "coverage95")
_NUMBERS = ("months", "log-WIS", "WIS", "MAE", "MASE", "MAE / naive", "50%", "80%", "95%")
_TESTED = ("cutoffs", "log-WIS", "of no change", "t", "p")
_AGAINST = {"revision": "before the revision", "drift": "expected six months before"}
_KIND_HEADS = ("n", "Brier", "base rate", "last value", "log score", "base rate", "better by")
_ERAS = {"break": "across a break", "no-break": "across none"}
MOST_TOLD = 200  # flags at the end of a run; `flags` has all
AHEAD = 3  # months of the forecast beside a total's newest count
SEVERITY_STYLE = {"watch": "", "notable": "yellow", "major": "red", "critical": "bold red"}


def plain_table(
    *columns: str, numbers: Sequence[str] = (), rows: Iterable[Iterable[Any]] = ()
) -> Table:
    """Make a table in the form all of ours have.

    numbers : columns to the right, those that `columns` does not name after these. rows : cells.
    """
    # No frame: a table that is piped into `cut` or pasted into a mail stays a table.
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in (*columns, *(name for name in numbers if name not in columns)):
        # Wrapped cells cannot be read off or piped.
        table.add_column(column, no_wrap=True, justify="right" if column in numbers else "left")
    for row in rows:
        table.add_row(*row)
    return table


def titled(title: str, rest: str) -> Text:
    """A line above a table: its title, and what follows."""
    return Text.assemble((title, "bold"), rest)


def flag_blocks(
    flags: Sequence[FlagOfTotal],
    drivers: Mapping[int, Sequence[DriverRow]],
    source: Source,
    now: Mapping[int, int],
) -> Iterator[RenderableType]:
    """One block a flag, in the order given: heading, the numbers, and what moved, indented.

    drivers, now : of a flag's id; the count on record now, where it was looked up.
    """
    if not flags:
        yield Text("No month was unusually far from its forecast.")
    for row in flags:
        name = row.total
        if row.member:
            name += f" / {member_words(row.dimension, row.member, source)}"
        heading = Text(f"{month_name(row.month)}  {name}: ", style="bold")
        heading.append(kind_word(row.kind, row.severity), style=SEVERITY_STYLE[row.severity])
        heading.append(ending_short(row, source), style="not bold")
        moved = Table.grid(padding=(0, 1, 0, 0))
        for label, text in moved_parts(row, drivers.get(row.flag_id, ()), source):
            moved.add_row(label, text)
        first, revision = row.count, row.kind == "revision"
        # A revision's count is the one after it; another month's is the one first published.
        counted = f"{first:,}" if revision else first_and_now(first, now.get(row.flag_id, first))
        against = _AGAINST.get(row.kind, "expected")
        hindcast = row.kind == "month" and row.basis != "issued"
        numbers = Text(
            f"{counted} published, {row.expected:,} {against} (x "
            f"{row.ratio:.{3 if revision else 2}f}); "
            f"{'; '.join(filter(None, (with_whole(row), how_sure(row))))}"
            f"{'; judged by a hindcast' if hindcast else ''}"
        )
        below: list[RenderableType] = [numbers, *([moved] if moved.row_count else [])]
        yield Group(heading, *(Padding(part, (0, 0, 0, 4)) for part in below), Text())


@dataclass(frozen=True, slots=True)
class ReplayedFlag:
    """A flag that the service would have raised; episode, closed : how it ended, and when."""

    month: str
    total: str
    kind: str
    role: str
    severity: str
    count: int
    expected: int
    ratio: float
    episode: str | None
    closed: str | None


def replay_table(flags: Sequence[ReplayedFlag], source: Source) -> Table:
    """Every flag the service would have raised, and how it ended."""
    heads = ("month", source.totals.one, "what", "count judged", "expected", "times", "ended as")
    rows = (
        (
            month_name(row.month),
            row.total,
            kind_word(row.kind, row.severity) + ("" if row.role == "first" else f" ({row.role})"),
            f"{row.count:,}",
            f"{row.expected:,}",
            f"x {row.ratio:.2f}",
            f"{row.episode}, {month_name(row.closed)}" if row.closed else row.episode or "",
        )
        for row in flags
    )
    return plain_table(*heads, numbers=heads[3:6], rows=rows)


def rate_lines(row: Row) -> Table:
    """How often p was small, in all months and in the quiet ones."""
    heads = ("months", "p < .05", "p < .02", "p < .01", "flags and alarms")
    rows = (
        (name, str(row[f"{key}months"]), *map(score_cell, rates.values()), str(flags))
        for name, key, rates, flags in (
            ("all months", "", row["rates"], len(row["flags"])),
            ("quiet months", "quiet_", row["quiet_rates"], row["quiet_flags"]),
        )
    )
    return plain_table("", numbers=heads, rows=rows)


def event_table(events: Sequence[Row], source: Source) -> Table:
    """Known breaks and what was found of them."""
    rows = ((r["date"], r["border"], r["name"], r["found"] or "nothing") for r in events)
    table = plain_table("date", source.totals.one, "what", "found", rows=rows)
    # These two are sentences; on one line they would push the rest off the screen.
    table.columns[2].no_wrap = table.columns[3].no_wrap = False
    return table


def all_of_them(source: Source) -> str:
    """The label of scores over all totals."""
    return f"all {source.totals.many}"


@dataclass(frozen=True, slots=True)
class ComparedScore(ScoreRow):
    """A model's scores, and the names of those in which it did worse than naive."""

    worse_than_naive: Sequence[str]


def with_pooled(rows: Iterable[ScoreRow], source: Source) -> list[ComparedScore]:
    """The rows, and for each model, basis, era and lead one over all totals.

    Scores and coverage are means over forecast months, MAE relative to naive is the geometric
    mean over totals. `worse_than_naive` names scores, see `worse_scores`.
    """
    rows = list(rows)
    # Issued forecasts and hindcasts are never one mean: only the first were made in time.
    grouped = attrgetter("basis", "era", "horizon", "model")
    beside = attrgetter("total", "basis", "era", "horizon")
    pooled = []
    for _, group in groupby(sorted(rows, key=grouped), key=grouped):
        alike = list(group)
        ratios = [row.relative_mae for row in alike if row.relative_mae]
        means: dict[str, Any] = {name: _mean(alike, name) for name in _MEANS}
        pooled.append(
            replace(
                alike[0],
                total=all_of_them(source),
                n=sum(row.n for row in alike),
                relative_mae=geometric_mean(ratios) if ratios else None,
                **means,
            )
        )
    pooled.sort(key=attrgetter("basis", "era", "horizon", "log_wis"))
    every = [*pooled, *rows]
    naive = {beside(row): row for row in every if row.model == NAIVE}
    compared = ((row, worse_scores(row, naive.get(beside(row)))) for row in every)
    names = [part.name for part in fields(ScoreRow)]
    return [
        ComparedScore(**{n: getattr(row, n) for n in names}, worse_than_naive=worse)
        for row, worse in compared
    ]


def _mean(rows: Sequence[ScoreRow], name: str) -> float | None:
    """Mean over forecast months of the rows that know it."""
    known = [(row.n, getattr(row, name)) for row in rows if getattr(row, name) is not None]
    months = sum(n for n, _ in known)
    return fsum(n * score for n, score in known) / months if known else None


def worse_scores(row: ScoreRow, naive: ScoreRow | None) -> list[str]:
    """The scores in which a model did worse than naive on the same months.

    Where it was scored on fewer months only relative MAE, which takes care of that, compares.
    """
    if naive is None or row.model == NAIVE:
        return []
    # A mean over other months is another number, whichever model is better.
    compared = _COMPARED if row.n == naive.n else ()
    worse = [name for name in compared if (getattr(row, name) or 0) > (getattr(naive, name) or 0)]
    return worse + (["relative_mae"] if (row.relative_mae or 0) > 1 else [])


def model_table(rows: Sequence[ComparedScore], head: str, by: str) -> Table:
    """Every model's scores, a section for each lead or total: each value of the column `by`."""
    table = plain_table(head, "model", numbers=_NUMBERS)
    months = {getattr(row, by): row.n for row in rows if row.model == NAIVE}
    scores = {"log_wis": 3, "wis": 0, "mae": 0, "mase": 3, "relative_mae": 3}  # digits of each
    for value, group in groupby(rows, key=attrgetter(by)):
        label = "1-12" if by == "horizon" and value == ALL_LEADS else str(value)
        for row in group:
            # A blank where there is no mark, so that digits stay under each other.
            fewer = "*" if row.n < months.get(value, 0) else " "
            cells = (_marked(row, name, digits) for name, digits in scores.items())
            shares = (f"{share:.2f}" for share in (row.coverage50, row.coverage80, row.coverage95))
            table.add_row(label, row.model, f"{row.n:,}{fewer}", *cells, *shares)
            label = ""
        table.add_section()
    return table


def skill_table(tests: Sequence[SkillTest], source: Source) -> Table:
    """The engine against a last value with the same intervals: a row a total and distance."""
    table = plain_table(source.totals.one, "months ahead", "difference", numbers=_TESTED)
    for total, group in groupby(tests, key=attrgetter("total")):
        label = total or all_of_them(source)
        for test in group:
            scores = (f"{score:.3f}" for score in (test.log_wis, test.naive))
            numbers = (f"{test.n:,}", *scores, f"{test.statistic:.1f}", f"{test.p:.3f}")
            table.add_row(label, str(test.horizon), test.verdict, *numbers)
            label = ""
        table.add_section()
    return table


def _marked(row: ComparedScore, name: str, digits: int) -> str:
    """A score, with the mark of what is worse than naive."""
    score = getattr(row, name)
    if score is None:
        return "- "
    return f"{score:,.{digits}f}" + (WORSE if name in row.worse_than_naive else " ")


def era_table(rows: Sequence[ComparedScore], name: str) -> Table:
    """One score by era and model: one total and basis, all leads."""
    models = list(dict.fromkeys(row.model for row in rows))
    table = plain_table("cutoffs", numbers=models)
    for era, group in groupby(rows, key=attrgetter("era")):
        cells = {row.model: _marked(row, name, 3) for row in group}
        table.add_row(_ERAS.get(era, era), *(cells.get(model, "- ") for model in models))
    return table


def score_notes(rows: Sequence[ComparedScore]) -> list[str]:
    """What the marks mean, as far as there are any in these rows."""
    together = [row for row in rows if row.horizon == ALL_LEADS]
    naive = max((row.n for row in together if row.model == NAIVE), default=0)
    fewer = [
        f"* {row.model} is scored on {row.n:,} of naive's {naive:,} months: where its fit "
        "failed or exploded it said nothing. Only MAE / naive is about the same months."
        for row in together
        if row.n < naive
    ]
    # A mark is explained only where it is seen.
    worse = any(row.worse_than_naive for row in rows)
    return [f"{WORSE} worse than naive on the same months."] * worse + fewer


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
    forecasts: Sequence[ForecastRow],
    last: dict[str, Row],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """Per total the last published month and the next months' forecast.

    halves : of the published month, at ports and between ports, where they are known. waiting :
    totals without a forecast, and why they have none.
    """
    heads = ("forecast", "median", "80% interval", "95% interval")
    table = plain_table(source.totals.one, "published", "", *heads, numbers=("", *heads[1:]))
    grouped = groupby(forecasts, key=attrgetter("total"))
    shown = {total: list(group)[:AHEAD] for total, group in grouped}
    for total, ahead in {**shown, **dict.fromkeys(waiting, ())}.items():
        row = last[total]
        left = [
            (total, month_name(row["month"]), f"{row[COUNT]:,}"),
            ("", "on month", change_words(row[COUNT], row["month_before"])),
            ("", "on year", change_words(row[COUNT], row["year_before"])),
            *_halves(halves.get(total), source),
        ]
        right = [
            (month_name(row.month), f"{row.median:,}", *_intervals(row, 80, 95)) for row in ahead
        ]
        for cells, more in zip_longest(left, right):
            table.add_row(*(cells or ("", "", "")), *(more or ()))
        table.add_section()
    return Group(table, *(Text(f"{t}: {why}.") for t, why in waiting.items()))


def _intervals(row: ForecastRow, *levels: int) -> list[str]:
    return [interval(*bounds(row, level)) for level in levels]


def _halves(known: Halves | None, source: Source) -> list[tuple[str, ...]]:
    both, aside = source.hierarchy.both_halves, source.hierarchy.aside
    if known is None or both is None:
        return []
    # In the first column, where there is room: the table is to fit 80 characters.
    first, second = ((half.row, "", count) for half, count in zip(both, known.words, strict=True))
    if known.split is None:
        return [first, second]
    wheres = (aside.rest_where, aside.named_where) if aside else ("", "")
    return [
        first,
        (both[1].short, "", second[2]),
        *(
            (f"  {where.split()[-1]}", "", f"{count:,}")
            for where, count in zip(wheres, known.split, strict=True)
        ),
    ]


def border_table(forecasts: Iterable[ForecastRow]) -> Table:
    """One total, every month ahead, with the counts that would raise a flag of the next one."""
    rows = (
        (
            month_name(row.month),
            f"{row.median:,}",
            *_intervals(row, 50, 80, 95),
            *map(_count, (row.flag_below, row.flag_above)),
        )
        for row in forecasts
    )
    numbers = ("median", "50%", "80%", "95%", "flag under", "or over")
    return plain_table("forecast", numbers=numbers, rows=rows)


def group_table(of: GroupTable, source: Source) -> Table:
    """An agency's groups, each beside all that it counted and the year before."""
    rows = (
        (
            group.words(source),
            f"{group.count:,}",
            group.share,
            change_words(group.count, group.year_before),
        )
        for group in of.groups
    )
    return plain_table(of.title, numbers=("count", "of all", "on year"), rows=rows)


def _count(count: float | None) -> str:
    return "-" if count is None else f"{count:,}".replace("-", MINUS)


def published_table(shown: Mapping[str, int], counts: Mapping[str, int]) -> Table:
    """Print published months, each against the month and the year before.

    shown : month -> count of the months to print. counts : of all months on record.
    """

    def changes(month: str) -> Iterator[str]:
        before = (counts.get(months.shift(month, -back)) for back in (1, 12))
        return (change_words(shown[month], then) for then in before)

    rows = ((month_name(month), f"{shown[month]:,}", *changes(month)) for month in shown)
    return plain_table("month", numbers=("count", "on month", "on year"), rows=rows)


def flag_table(flags: Sequence[FlagRow]) -> RenderableType:
    """What deviated, when, from what, and how unusual that is; a line each."""
    if not flags:
        return Text("No month was unusually far from its forecast.")
    heads = ("month", "series", "judged", "expected", "times", "chance", "severity", "")
    rows = (
        (
            month_name(row.month),
            " / ".join(part for part in (row.total, row.dimension, row.member) if part),
            f"{row.count:,}",
            f"{row.expected:,}",
            f"{row.ratio:.2f}",
            chance_cell(row.p) if row.kind == "month" else "-",
            Text(kind_word(row.kind, row.severity), style=SEVERITY_STYLE[row.severity]),
            row.episode or "",
        )
        for row in flags
    )
    return plain_table(*heads, numbers=heads[2:6], rows=rows)


def run_summary(
    run: RunRow,
    forecasts: Sequence[ForecastRow],
    last: dict[str, Row],
    flags: Sequence[FlagRow],
    halves: Mapping[str, Halves | None],
    waiting: Mapping[str, str],
    source: Source,
) -> RenderableType:
    """The summary at the end of a run; halves, waiting : see `forecast_table`."""
    more, newest = len(flags[MOST_TOLD:]), sorted(flags, key=attrgetter("month"), reverse=True)
    # Said once above the table: each line has no room for it.
    against = f"Unusual months, against {judged_by(flag.basis or '' for flag in flags)}:"
    return Group(
        heading(run),
        forecast_table(forecasts, last, halves, waiting, source),
        *([Text(fill(against, 80))] if flags else []),
        flag_table(newest[:MOST_TOLD]),
        *([Text(f"{more:,} more: `bordercast flags`")] if more else []),
    )


def reliability_tables(scores: Sequence[KindScore], name: str) -> Iterator[RenderableType]:
    """What is printed, from top to bottom."""
    if not scores:
        yield "No standing question is resolved yet."
        return

    yield titled(name, ", chances given to standing questions; smaller scores are better")
    for basis, group in groupby(scores, key=lambda kind: kind.basis):
        kinds = list(group)
        table = plain_table(basis, *_KIND_HEADS)
        for kind in kinds:
            record = kind.record
            brier = (record.brier, record.base_brier, record.last_brier)
            numbers = map(score_cell, (*brier, record.log, record.base_log))
            better = f"{record.skill:.0%}" if kind.skilled and not record.beaten else "-"
            table.add_row(kind.kind, f"{record.n:,}", *numbers, better)
        yield table
        yield from (
            f"{kind.kind}: {kind.verdict}."
            for kind in kinds
            if not kind.skilled or kind.record.beaten
        )
        yield titled("\nReliability", ": of the chances given, how many came true")
        rows = (
            (
                kind.kind,
                f"{part['low']:.0%}-{part['high']:.0%}",
                f"{part['n']:,}",
                f"{part['given']:.0%}",
                f"{part['came']:.0%}",
            )
            for kind in kinds
            for part in kind.bins
        )
        yield plain_table(basis, "given", "n", "mean chance", "came true", rows=rows)


def score_cell(number: float | None) -> str:
    """A score, or a dash where there is none."""
    return "-" if number is None else f"{number:.3f}"


def parts_table(forecasts: Sequence[Forecast], source: Source) -> Table:
    """Parts side by side: what is published of the span, through when, and what it comes to."""
    heads = ("part", "span", "published", "through", "median", "80%", "95%")
    rows = (
        (
            member_words(forecast.series.dimension, forecast.series.member, source),
            forecast.span,
            f"{forecast.published:,}",
            month_name(forecast.cutoff),
            f"{forecast.median:,}",
            interval(forecast.lo80, forecast.hi80),
            interval(forecast.lo95, forecast.hi95),
        )
        for forecast in forecasts
    )
    return plain_table(*heads, numbers=("published", *heads[4:]), rows=rows)


def changes_table(rows: Sequence[ChangeRow]) -> Table:
    """Old forecast, steps, new forecast; a line a month."""
    cells = (
        (
            month_name(row.month),
            f"{row.before:,}",
            *(signed(getattr(row, name)) for name in STEPS),
            f"{row.after:,}",
        )
        for row in rows
    )
    return plain_table("forecast", numbers=("before", *STEPS.values(), "now"), rows=cells)


def movers_table(moved: Moved, total: str, base: str) -> RenderableType:
    """Print the parts of a total, those that moved farthest first, and their sum."""
    rows = [
        (
            mover.label,
            *map(_count, (mover.value, *mover.bases.values())),
            "-" if mover.change is None else signed(mover.change),
            "-" if mover.share is None else f"{100 * mover.share:.0f}%".replace("-", MINUS),
        )
        for mover in (*moved.movers, moved.total)
    ]
    numbers = ("count", *BASES.values(), "change", "share of change")
    table = plain_table(moved.dimension, numbers=numbers, rows=rows)
    # Where it is narrow the heads take two lines, and no number is cut.
    for column, cells in zip(table.columns[1:], list(zip(*rows, strict=True))[1:], strict=True):
        column.no_wrap, column.min_width = False, max(map(len, cells))
    return Group(Text(moved_words(moved, total, base), style="bold"), table, Text())


def compared_table(compared: Compared) -> Table:
    """Print two things side by side, and how they differ."""
    rows = ((label, *map(_count, values), last) for label, *values, last in compared.rows)
    return plain_table(compared.heads[0], numbers=compared.heads[1:], rows=rows)
