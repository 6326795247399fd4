"""The yearly accuracy report: the largest misses first, as Markdown and as a page to print."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from forecast import months
from forecast.desk import terminal
from forecast.engine import ENGINE
from forecast.judge import questions
from forecast.sources.source import Source
from forecast.types import COUNT, Row
from forecast.words import between, capital, many, month_words

LEADS = (1, 3, 6, 12)
MISSES = 3


@dataclass(frozen=True)
class YearlyTable:
    """A table of a report: heads and rows of text; all columns after the first are numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class YearlyPicture:
    """A picture of a report. svg : drawn inside the page; words : what it shows."""

    svg: str
    words: str


@dataclass(frozen=True)
class YearlyHeading:
    """What a part of a report is about."""

    words: str


YearlyBlock = str | YearlyHeading | YearlyTable | YearlyPicture


@dataclass(frozen=True)
class YearlyReport:
    """A fiscal year's report. blocks : headings, paragraphs, tables and pictures."""

    title: str
    blocks: tuple[YearlyBlock, ...]


def report(
    year: int,
    forecasts: Sequence[Row],
    answers: Sequence[Row],
    versions: Sequence[Row],
    run: str,
    source: Source,
    rated: Mapping[str, int] = MappingProxyType({}),
) -> YearlyReport:
    """What is told of a fiscal year; see `store.read.of_year` for the rows.

    rated : how often readers found a notice of the year "useful", and how often "not".
    """
    ours = [row for row in forecasts if row["model"] == ENGINE]
    published = len({row["month"] for row in ours})
    issued = sum(row["basis"] == "issued" for row in ours)
    blocks: list[YearlyBlock] = [
        f"{published} of 12 months are published. {issued:,} of the {len(ours):,} forecasts were "
        "issued "
        "before their month was; the others are hindcasts, made later from only the data available "
        f"at the time. All counts are of {source.measure.long_name}.",
        YearlyHeading("The largest misses"),
        *_misses(ours, source),
        YearlyHeading("How often intervals held"),
        _coverage(ours, source),
        YearlyHeading("Beside other models"),
        _peers(forecasts),
        YearlyHeading("Chances"),
        *_chances(answers, source),
        YearlyHeading("The method"),
        *_method(versions),
        *_ratings(rated),
        run,
    ]
    return YearlyReport(
        f"{capital(months.year_noun(source.year_begins))} {year}: how good the forecasts were",
        tuple(blocks),
    )


def _ratings(rated: Mapping[str, int]) -> Iterator[YearlyBlock]:
    """How useful readers found the notices; nothing where nobody said."""
    total = sum(rated.values())
    if total:
        yield YearlyHeading("What readers said")
        of = f"{total:,} times" if total > 1 else "once"
        yield f"Notices were rated {of}: {rated.get('useful', 0):,} useful, " + (
            f"{rated.get('not', 0):,} not."
        )


def _off(row: Row) -> float:
    """How far off, as a log ratio, so that half and double are alike."""
    return math.log((row[COUNT] + 1) / (row["median"] + 1))


def _misses(rows: Sequence[Row], source: Source) -> Iterator[str]:
    """Of each total and month the worst lead; nationwide would say the same again."""
    worst: dict[tuple[str, str], Row] = {}
    for row in rows:
        place = (row["border"], row["month"])
        if row["border"] != source.totals.whole and row["horizon"] in LEADS:
            worst[place] = max(worst.get(place, row), row, key=lambda row: abs(_off(row)))
    for number, row in enumerate(sorted(worst.values(), key=lambda row: -abs(_off(row)))[:MISSES]):
        low, count, high = row["lo95"], row[COUNT], row["hi95"]
        where = "below" if count < low else "above" if count > high else "inside"
        yield (
            f"{number + 1}. {source.totals.name(row['border'])}, {month_words(row['month'])}: "
            f"{row['median']:,} were forecast {many(row['horizon'], 'month')} ahead, {count:,} "
            f"came, {where} the 95% interval ({between(low, high)})."
        )


def _share(rows: Sequence[Row], level: int) -> str:
    inside = [row[f"lo{level}"] <= row[COUNT] <= row[f"hi{level}"] for row in rows]
    return f"{sum(inside) / len(inside):.0%}" if inside else "-"


def _coverage(rows: Sequence[Row], source: Source) -> YearlyTable:
    lines = []
    for total in source.totals.every:
        name = source.totals.name(total)
        for lead in LEADS:
            ours = [r for r in rows if (r["border"], r["horizon"]) == (total, lead)]
            if ours:
                shares = (_share(ours, 80), _share(ours, 95))
                lines.append((f"{name}, {lead} ahead", str(len(ours)), *shares))
    return YearlyTable(
        (f"{source.totals.one} and months ahead", "months", "80% held", "95% held"), tuple(lines)
    )


def _peers(rows: Sequence[Row]) -> YearlyTable:
    """On the months and leads that all models forecast."""
    models = sorted({row["model"] for row in rows}, key=lambda name: (name != ENGINE, name))
    places: dict[tuple[str, str, int], dict[str, Row]] = {}
    for row in rows:
        place = (row["border"], row["month"], row["horizon"])
        places.setdefault(place, {})[row["model"]] = row
    common = [scores for scores in places.values() if len(scores) == len(models)]
    lines = []
    for model in models:
        scores = [by_model[model] for by_model in common]
        if not scores:
            continue
        off = sum(abs(_off(row)) for row in scores) / len(scores)
        usual = f"{math.expm1(off):.0%}"
        lines.append((model, f"{len(scores):,}", usual, _share(scores, 80), _share(scores, 95)))
    return YearlyTable(("model", "forecasts", "usual error", "80% held", "95% held"), tuple(lines))


def _chances(rows: Sequence[Row], source: Source) -> Iterator[YearlyBlock]:
    if not rows:
        yield "No standing question was resolved in this year."
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
    yield YearlyTable(("question", "n", "Brier score", "base rate", "last value", ""), tuple(lines))
    yield _reliability(questions.fullest(kinds), source)


def _reliability(kinds: Sequence[questions.KindScore], source: Source) -> YearlyPicture:
    from forecast.desk.charts import forecasts, grammar

    drawn = forecasts.reliability(f"All {source.totals.many}", kinds)
    svg = grammar.render(drawn, "svg", source).decode("utf-8")
    # Inside a page SVG needs no addresses of its vocabularies.
    return YearlyPicture(re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg), drawn.alt)


def _method(versions: Sequence[Row]) -> Iterator[str]:
    if not versions:
        yield "No run was made on data of this year; the figures above are hindcasts."
    for row in versions:
        yield f"Version {row['version']}: {many(row['runs'], 'run')}, the first on {row['since']}."


def markdown(report: YearlyReport) -> str:
    """The report as Markdown."""
    lines = [f"# {report.title}", ""]
    for block in report.blocks:
        if isinstance(block, YearlyTable):
            lines += ["| " + " | ".join(block.heads) + " |", "|---" * len(block.heads) + "|"]
            lines += ["| " + " | ".join(row) + " |" for row in block.rows]
        elif isinstance(block, YearlyPicture):
            lines.append(block.words)
        else:
            lines.append(f"## {block.words}" if isinstance(block, YearlyHeading) else block)
        lines.append("")
    return "\n".join(lines)


_STYLE = """
body { font: 11pt/1.45 Georgia, serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
h1, h2 { font-family: Helvetica, Arial, sans-serif; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; font-size: 10pt; margin: 1em 0; }
th, td { text-align: right; padding: .2em .5em; border-bottom: 1px solid #ccc; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1em 0; break-inside: avoid; } figure svg { width: 100%; height: auto; }
@page { size: letter; margin: 2cm; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; }
  tr { break-inside: avoid; } }
"""


def page(report: YearlyReport) -> str:
    """The report as one HTML file that prints well; nothing is fetched from elsewhere."""
    title = html.escape(report.title)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n<h1>{title}</h1>\n"
        + "\n".join(_html(block) for block in report.blocks)
        + "\n</html>\n"
    )


def _html(block: YearlyBlock) -> str:
    if isinstance(block, YearlyPicture):
        words = html.escape(block.words)
        return f'<figure role="img" aria-label="{words}">{block.svg}</figure>'
    if isinstance(block, str):
        return f"<p>{html.escape(block)}</p>"
    if isinstance(block, YearlyHeading):
        return f"<h2>{html.escape(block.words)}</h2>"
    heads = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in block.heads)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in block.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
