"""The yearly accuracy report: the largest misses first, as Markdown and as a page to print."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from forecast.desk import terminal
from forecast.desk.templating import template
from forecast.engine import ENGINE
from forecast.judge import questions
from forecast.sources.source import Source
from forecast.store.read import ComeDue, MarkedMonth
from forecast.types import Row
from forecast.words import between, capital, many, month_words

if TYPE_CHECKING:
    from forecast.desk.charts.grammar import Picture

LEADS = (1, 3, 6, 12)
MISSES = 3


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a report, under a heading or as part of what is above.

    words : a paragraph, or what the picture shows. heads, rows : of a table, all columns after the
    first numbers. svg : a picture, drawn inside the page.
    """

    heading: str = ""
    words: str = ""
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    svg: str = ""


@dataclass(frozen=True, slots=True)
class YearReport:
    """What is told of a year."""

    title: str
    blocks: Sequence[Block]


class Peer(NamedTuple):
    """A model beside the others: how many forecasts, usual error, shares inside its intervals."""

    n: int
    off: float
    eighty: str
    ninety_five: str


def report(
    year: int,
    forecasts: Sequence[ComeDue],
    answers: Sequence[Row],
    versions: Sequence[Row],
    run: str,
    source: Source,
    flagged: Mapping[str, Sequence[MarkedMonth]] = MappingProxyType({}),
) -> YearReport:
    """What is told of a fiscal year, its title and blocks; see `store.read.of_year` for the rows.

    flagged : total -> its flagged months.
    """
    ours = [row for row in forecasts if row.model == ENGINE]
    published = len({row.month for row in ours})
    issued = sum(row.basis == "issued" for row in ours)
    peers = _peers(forecasts)
    first, *misses = _misses(ours, source) or [""]
    coverage = [
        (f"{source.totals.name(total)}, {lead} ahead", str(len(rows)), *_shares(rows))
        for total, lead in product(source.totals.every, LEADS)
        if (rows := [row for row in ours if (row.total, row.horizon) == (total, lead)])
    ]
    blocks = [
        *(Block(words=words) for words in _plainly(ours, peers, source)),
        *_pictures(ours, flagged, source),
        Block("The largest misses", first),
        *(Block(words=words) for words in misses),
        Block(
            "How often intervals held",
            heads=(f"{source.totals.one} and months ahead", "months", "inside 80%", "inside 95%"),
            rows=coverage,
        ),
        Block(
            "Beside other models",
            heads=("model", "forecasts", "geometric mean error", "inside 80%", "inside 95%"),
            rows=[(name, f"{n:,}", f"{off:.0%}", *rest) for name, (n, off, *rest) in peers.items()],
        ),
        *_chances(answers, source),
    ]
    method, *later = [
        f"Version {row['version']}: {many(row['runs'], 'run')}, the first on {row['since']}."
        for row in versions
    ] or ["No run was made on data of this year; the figures above are hindcasts."]
    blocks += [Block("The method", method), *(Block(words=words) for words in later)]
    basis = (
        f"{published} of 12 months are published. {issued:,} of the {len(ours):,} forecasts were "
        "issued before their month was; the others are hindcasts, made later from only the data "
        f"available at the time. All counts are of {source.measure.long_name}."
    )
    blocks += [Block("What this rests on", basis), Block(words=run)]
    noun = capital(source.calendar.noun)
    return YearReport(f"{noun} {year}: how good the forecasts were", blocks)


def _plainly(ours: Sequence[ComeDue], peers: Mapping[str, Peer], source: Source) -> Iterator[str]:
    """Say in three sentences how far off the forecasts were, how wide, and who was nearer."""
    # The sum of all would say the same again.
    rows = [row for row in ours if row.total != source.totals.whole] or ours
    for lead in sorted({row.horizon for row in rows})[:1]:
        at_lead = [row for row in rows if row.horizon == lead]
        yield (
            f"{capital(many(lead, 'month'))} ahead, the forecasts were off by "
            f"{_usual_error(at_lead):.0%} at the geometric mean "
            f"({len(at_lead):,} forecasts)."
        )
        every = f" and {_shares(rows)[0]} at all leads ({len(rows):,} forecasts)"
        yield (
            f"The 80% interval, which is meant to hold 80% of months, held {_shares(at_lead)[0]} "
            f"of them {many(lead, 'month')} ahead{every if len(rows) > len(at_lead) else ''}."
        )
    if ENGINE in peers:
        yield from _who_was_nearer(peers)


def _who_was_nearer(peers: Mapping[str, Peer]) -> Iterator[str]:
    """Name the models that were nearer than ours, as far as the printed errors tell."""
    usual = {name: f"{off:.0%}" for name, (_, off, *_) in peers.items()}
    own = usual.pop(ENGINE)
    nearer = [f"{m} ({usual[m]})" for m in usual if peers[m].off < peers[ENGINE].off]
    nearer = [words for words in nearer if f"({own})" not in words]  # as printed, the same
    same = f"with a geometric mean error of {own} on the same forecasts"
    if nearer:
        yield f"Nearer than ours, {same}: {', '.join(nearer)}."
    elif usual:
        yield f"No other model was nearer than ours, {same}."


def _off(row: ComeDue) -> float:
    """How far off, as a log ratio, so that half and double are alike."""
    return math.log((row.count + 1) / (row.median + 1))


def _usual_error(rows: Sequence[ComeDue]) -> float:
    """The geometric mean of how far off forecasts were, as a share."""
    return math.expm1(sum(abs(_off(row)) for row in rows) / len(rows))


def _misses(rows: Sequence[ComeDue], source: Source) -> list[str]:
    """Of each total and month the worst lead; nationwide would say the same again."""
    # One line a month: the same miss at four leads would fill the list.
    worst: dict[tuple[str, str], ComeDue] = {}
    for row in rows:
        place = (row.total, row.month)
        if row.total != source.totals.whole and row.horizon in LEADS:
            worst[place] = max(worst.get(place, row), row, key=lambda row: abs(_off(row)))
    lines = []
    for number, row in enumerate(sorted(worst.values(), key=lambda row: -abs(_off(row)))[:MISSES]):
        low, count, high = row.lo95, row.count, row.hi95
        where = "below" if count < low else "above" if count > high else "inside"
        lines.append(
            f"{number + 1}. {source.totals.name(row.total)}, {month_words(row.month)}: "
            f"{row.median:,} were forecast {many(row.horizon, 'month')} ahead, {count:,} "
            f"came, {where} the 95% interval ({between(low, high)})."
        )
    return lines


def _shares(rows: Sequence[ComeDue]) -> tuple[str, str]:
    """How many months the 80% and the 95% interval held."""
    coverage = (
        [row.lo80 <= row.count <= row.hi80 for row in rows],
        [row.lo95 <= row.count <= row.hi95 for row in rows],
    )
    eighty, ninety_five = (f"{sum(inside) / len(inside):.0%}" for inside in coverage)
    return eighty, ninety_five


def _peers(rows: Sequence[ComeDue]) -> dict[str, Peer]:
    """Model -> forecasts, usual error, shares inside; on what all models forecast."""
    # A model that says nothing in hard months must not look good by that.
    models = sorted({row.model for row in rows}, key=lambda name: (name != ENGINE, name))
    places: dict[tuple[str, str, int], dict[str, ComeDue]] = {}
    for row in rows:
        place = (row.total, row.month, row.horizon)
        places.setdefault(place, {})[row.model] = row
    common = [by_model for by_model in places.values() if len(by_model) == len(models)]
    peers = {}
    for model in models if common else ():
        scores = [by_model[model] for by_model in common]
        peers[model] = Peer(len(scores), _usual_error(scores), *_shares(scores))
    return peers


def _chances(rows: Sequence[Row], source: Source) -> Iterator[Block]:
    """How good chances were, in a table and a picture."""
    if not rows:
        yield Block("Chances", "No standing question was resolved in this year.")
        return
    kinds = questions.by_kind(rows)
    lines = [
        (
            f"{kind.kind} ({kind.basis})",
            f"{kind.record.n:,}",
            f"{kind.record.brier:.3f}",
            terminal.score_cell(kind.record.base_brier),
            terminal.score_cell(kind.record.last_brier),
            kind.verdict,
        )
        for kind in kinds
    ]
    heads = ("question", "n", "Brier score", "base rate", "last value", "")
    yield Block("Chances", heads=heads, rows=lines)
    from forecast.desk.charts import forecasts

    fullest = questions.fullest(kinds)
    yield _picture(forecasts.reliability(f"All {source.totals.many}", fullest), source)


def _pictures(
    ours: Sequence[ComeDue], flagged: Mapping[str, Sequence[MarkedMonth]], source: Source
) -> Iterator[Block]:
    """Draw, of the total of all or each, the forecast one month ahead beside what came."""
    from forecast.desk.charts import forecasts

    # One picture: of many totals a dozen would bury the sentences.
    for total in (source.totals.whole,) if source.totals.whole else source.totals.every:
        rows = [row for row in ours if (row.total, row.horizon) == (total, 1)]
        rows.sort(key=lambda row: row.month)
        if len(rows) > 1:
            drawn = forecasts.history(total, rows, flagged.get(total, ()), 1, source)
            yield _picture(drawn, source)


def _picture(picture: Picture, source: Source) -> Block:
    from forecast.desk.charts import grammar

    svg = grammar.render(picture, "svg", source).decode("utf-8")
    # Inside a page SVG needs no addresses of its vocabularies.
    return Block(words=picture.alt, svg=re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg))


def markdown(report: YearReport) -> str:
    """The report as Markdown."""
    lines = [f"# {report.title}", ""]
    for piece in report.blocks:
        lines += [f"## {piece.heading}", ""] if piece.heading else []
        lines += [piece.words, ""] if piece.words else []
        if piece.heads:
            table = [piece.heads, *piece.rows]
            cells = ["| " + " | ".join(row) + " |" for row in table]
            lines += [cells[0], "|---" * len(piece.heads) + "|", *cells[1:], ""]
    return "\n".join(lines)


def page(report: YearReport) -> str:
    """The report as one HTML file that prints well; nothing is fetched from elsewhere."""
    return template("yearly.html").render(report=report)
