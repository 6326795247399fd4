"""`brief`, `fact` and `check`: what to quote, and whether a number or a text is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from forecast import files, months
from forecast.claims import annotate, documents, explain, together
from forecast.claims import fact as claims_fact
from forecast.claims.decide import CheckedText
from forecast.claims.decide import check as check_text
from forecast.claims.times import day_of
from forecast.claims.tokens import numeral
from forecast.claims.truth import (
    ClaimSpan,
    CountTable,
    Subject,
    name_of,
    parse,
    series_names,
    subject_of,
)
from forecast.claims.verdict import Reading
from forecast.context import Context
from forecast.desk import facts as month_facts
from forecast.desk.sentences import monthly
from forecast.engine import ENGINE
from forecast.errors import ClaimError, ConfigError, DocumentError, SeriesNameError
from forecast.sources import questions
from forecast.sources.names import SeriesNames
from forecast.store import history, read
from forecast.types import SeriesKey
from forecast.words import month_words
from jobs.cli.commands import fits
from jobs.cli.options import OpenRecord, Settings, reading
from jobs.cli.render import Printed

FORMS = (".png", ".pdf", ".pptx")


def brief(record: OpenRecord, series: str, month: str | None, out: Path | None) -> Printed:
    """Print the paragraph to paste about a month, or write it as a slide or a page."""
    if out is not None and out.suffix not in FORMS:
        raise ConfigError(str(out), "-o", f"the file's name must end in {', '.join(FORMS)}")
    value = run_json(record)  # ConfigError before the first run
    key = record.find(series)
    facts = facts_of(record, key, month)
    if out is not None:
        return Printed(None, [f"{out}: {_written(record, key, facts, out)}"])
    text = monthly.paragraph(facts)
    value = {**facts_json(facts), "text": text, **value}
    return Printed(value, (text, f"Bordercast, {record.quoted}"))


def _written(record: OpenRecord, key: SeriesKey, facts: month_facts.MonthFacts, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast.desk import handout as handouts  # draws

    counted = read.published(record.connection, key)
    newest = counted[-1]["month"] == facts.month
    chart = handouts.PosterChart(
        counted=[row for row in counted if row["month"] <= facts.month],
        flagged=read.flagged(record.connection, key),
        ahead=read.month_forecasts(record.connection, key, ENGINE) if newest else (),
        stood=facts.recent,
    )
    handout = handouts.handout(facts, record.run, newest=bool(chart.ahead))
    if out.suffix == ".png":
        body = handouts.png(handout, chart, facts.source, handouts.SLIDE)
    else:
        make = handouts.pdf if out.suffix == ".pdf" else handouts.pptx
        body = make(handout, facts, chart, record.run)
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout.alt}. {handout.source}"


def facts_of(record: OpenRecord, key: SeriesKey, month: str | None) -> month_facts.MonthFacts:
    """Return the report of a month of a series, the newest if None."""
    span = history.series_span(record.connection, key)
    if span is None:
        raise record.refused("SERIES", f"no figures for {key} are on record")
    first, last = span
    month = month or last
    if not first <= month <= last:
        problem = f"no figure for {key} in {month}; on record are {first} to {last}"
        raise record.refused("MONTH", problem)
    try:
        return month_facts.series_report(record.connection, key, month, record.source)
    except KeyError:
        problem = f"the count of {key} in {month} was not published; name another month"
        raise record.refused("MONTH", problem) from None


def facts_json(facts: month_facts.MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    compared = [{**asdict(c), "percent": c.percent} for c in facts.comparisons]
    halves = monthly.halves_sentence(facts) or None
    return {**month_facts.as_dict(facts), "comparisons": compared, "halves_sentence": halves}


def run_json(record: OpenRecord) -> dict[str, Any]:
    """Return the run a statement rests on."""
    return {**record.origin, "run": record.run.id}


# -- claims ---------------------------------------------------------------------------------------


STYLES = {
    "right": "green",
    "right_when_rounded": "green",
    "right_when_published": "green",
    "mislabelled": "yellow",
    "wrong": "red",
}
WRONG = ("wrong", "mislabelled")


@dataclass(frozen=True)
class Counted:
    """What one measure has counted, and the names by which it is asked for."""

    record: OpenRecord
    table: CountTable
    names: SeriesNames

    @classmethod
    def of(cls, record: OpenRecord, context: Context) -> Counted:
        """Read a measure of the record; ConfigError before the first run."""
        context.scope(record.connection)
        own = OpenRecord(record.connection, record.settings.about(context))
        _ = own.run
        table = CountTable.read(record.connection, source=context.source)
        return cls(own, table, series_names(table))


def fact(record: OpenRecord, words: tuple[str, ...], since: str | None) -> Printed:
    """Print whether a claim is right for a series and span; or what a number is."""
    if len(words) > 3:
        raise click.UsageError("put a SPAN or CLAIM of several words into quotes")
    if len(words) > 1:
        return _of_series(record, words[0], words[1], words[2] if len(words) == 3 else None, since)
    if numeral(words[0].strip()) is not None:
        return _what_is(record, words[0])
    answered = [
        (counted, _fact(counted, subject, span))
        for counted, subject, span in _questions(record, words[0])
    ]
    if not answered:
        return _judged(record, words[0])
    values = [{**one.value, "counted": of.table.source.measure.noun} for of, one in answered]
    lines = [line for _, one in answered for line in one.parts]
    return Printed({"question": words[0], "answers": values}, lines, answered[0][1].source)


def _of_series(
    record: OpenRecord, name: str, when: str, claim: str | None, since: str | None
) -> Printed:
    """Answer SERIES SPAN [CLAIM] by the first measure that has a series so called."""
    counted = None
    for context in record.settings.asked():
        own = Counted.of(record, context)
        with suppress(SeriesNameError):
            own.names.find(name)
            counted = own
            break
    counted = counted or Counted.of(record, record.settings.context)
    table, names = counted.table, counted.names
    subject = subject_of(names.find(name))
    try:
        span = parse(when, table.newest, table.source.year_begins)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SPAN") from None
    line = table.counts(subject)
    if line is None:
        problem = f"no figures for {subject.words(table.source)} are on record"
        raise counted.record.refused("SERIES", problem)
    if not line.holds(span):
        recorded = f"{months.from_index(line.first)} to {months.from_index(line.last)}"
        problem = f"not every month of {span.words()} has a figure; on record are {recorded}"
        unknown = [months.from_index(month) for month in line.unknown_in(span)]
        if unknown:
            problem += f", but no count was published for {', '.join(unknown[:3])}"
        raise counted.record.refused("SPAN", problem)
    answered = (
        None if claim is None else claims_fact.answer(table, names, subject, span, claim, since)
    )
    return _fact(counted, subject, span, answered)


def _questions(record: OpenRecord, text: str) -> Iterator[tuple[Counted, Subject, ClaimSpan]]:
    """Yield what a question without a number asks of each measure that knows its words."""
    contexts = record.settings.asked()
    named = questions.measures_named(text, [context.source for context in contexts])
    for context in (one for one in contexts if one.source in named):
        counted = Counted.of(record, context)
        question = questions.asked(text, counted.names)
        if question is None:
            continue
        subject = subject_of(question.series)
        if question.everywhere:
            subject = subject._replace(total=context.source.totals.whole)
        span = parse(question.span, counted.table.newest)
        line = counted.table.counts(subject)
        if line is not None and line.holds(span):
            yield counted, subject, span


def _judged(record: OpenRecord, text: str) -> Printed:
    """Judge a sentence as `check` does; ClaimError if it says nothing that can be judged."""
    contexts = [c for c in record.settings.asked() if fits("check", c.source)]
    day = datetime.now(UTC).date()
    every = [check_text(text, Counted.of(record, context).table, day) for context in contexts]
    checked = together.merged(together.divided(every)) if every else None
    if checked is None or not (checked.claims or checked.not_understood):
        raise ClaimError(
            text,
            "give SERIES SPAN CLAIM, one whole number such as 18,944, or a sentence that names a "
            "series and a month",
        )
    return Printed(None, _checked_lines(checked), code=_any_wrong(checked))


def _fact(
    counted: Counted,
    subject: Subject,
    span: ClaimSpan,
    answered: explain.AnsweredClaim | None = None,
) -> Printed:
    """What a series counted in a span, and whether what was said of it is right."""
    table, names, source = counted.table, counted.names, counted.table.source
    # Of a month of a total there are facts; of anything else only counts.
    facts = None
    whole = not (subject.agency or subject.dimension) and subject.total in source.totals.every
    if whole and span.length == 1:
        facts = facts_of(counted.record, SeriesKey(subject.total), months.from_index(span.first))
    value = facts_json(facts) if facts else {}
    count = table.total(subject, span)
    said = explain.statement(table, Reading(subject, span), count)
    first = f"{source.publisher.short} counted {said}."
    if answered is None:
        value |= {**annotate.meaning_json(Reading(subject, span), names), "count": count}
    else:
        first = explain.verdict_line(table, answered)
        value |= {
            **annotate.meaning_json(answered.sense, names),
            "claimed": answered.claimed.value,
            **annotate.judged_json(answered.sense, answered.judged),
            "why": answered.why,
            "say_instead": answered.instead or None,
            "evidence": answered.judged.evidence or None,
        }
    lines = [" ".join(filter(None, (first, monthly.peak_sentence(facts) if facts else "")))]
    lines += filter(
        None, (explain.halves(table, subject, span), explain.small(table, subject, span))
    )
    about = [monthly.caveat(source)]
    if facts:
        lines += [f"  {sentence}" for sentence in monthly.history_sentences(facts)]
        lines.append(f"Also true: {monthly.comparison_sentence(facts.comparisons)}")
        lines.append(monthly.rank_sentence(facts))
        about = list(monthly.definition(facts, beside=True))
    elif answered and answered.sense.measure != "total":
        lines.append(f"The count itself: {said}.")
    lines += [" ".join(about), f"Bordercast, {counted.record.quoted}"]
    wrong = answered is not None and answered.judged.verdict in WRONG
    return Printed({**value, **run_json(counted.record)}, lines, source, int(wrong))


def _what_is(record: OpenRecord, text: str) -> Printed:
    value = numeral(text.strip())
    if value is None or value != int(value):
        raise ClaimError(text, "give SERIES SPAN CLAIM, or one whole number such as 18,944")
    how = {"now": "", "published": ", as once published", "near": ", rounded by its source"}
    every = [Counted.of(record, context) for context in record.settings.asked()]
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for counted in every:
        source = counted.table.source
        for match in claims_fact.matches(counted.table, int(value)):
            row = {
                "series": name_of(counted.names, match.subject),
                "from": months.from_index(match.span.first),
                "to": months.from_index(match.span.last),
                "count": match.count,
                "how": match.how,
            }
            rows.append(row | ({"counted": source.measure.noun} if len(every) > 1 else {}))
            count = f" ({match.count:,})" if match.how == "near" else ""
            whose = f"{match.subject.words(source)} in {match.span.words()}"
            lines.append(f"{int(value):,}: {whose}{count}{how[match.how]}")
    front, source = every[0].record, every[0].table.source
    lines = lines or [claims_fact.no_match_words(int(value), source)]
    quoted = f"Bordercast, run {front.run.id}, digest {front.run.digest}"
    found = {"number": int(value), "matches": rows, **run_json(front)}
    return Printed(found, [*lines, quoted], source, int(not rows))


# -- check --------------------------------------------------------------------------------------


def check(settings: Settings, file: str, published: str | None, html: Path | None) -> Printed:
    """Check what a text says, claim by claim."""
    contexts = [context for context in settings.asked() if fits("check", context.source)]
    if not contexts:
        problem = (
            "what a text says can be checked only about the counts that come with the program; "
            "`bordercast fact` answers about one number"
        )
        raise ConfigError(settings.source, "sources", problem)
    text = _text(settings, file)
    with reading(settings) as record:
        every = [Counted.of(record, context) for context in contexts]
    run, day = every[0].record.run, _day(text, published)
    parts = together.divided([check_text(text, counted.table, day) for counted in every])
    checked = together.merged(parts)
    named = [(part, counted.names) for part, counted in zip(parts, every, strict=True)]
    lines: Sequence[str] | Iterator[str] = _checked_lines(checked)
    if html:
        through = month_words(run.data_through)
        against = f"Checked against run {run.id} of Bordercast, data through {through}."
        page = annotate.as_html(checked, _title(file, text), against, settings.context.source)
        with files.output(html) as draft:
            draft.write_text(page, "utf-8")
        lines = [f"{html}: {annotate.summary(checked)}"]
    return Printed(annotate.as_json(checked, named), lines, code=_any_wrong(checked))


def _any_wrong(checked: CheckedText) -> int:
    """Return the exit code: 1 if a claim does not hold."""
    return int(any(claim.verdict in WRONG for claim in checked.claims))


def _day(text: str, published: str | None) -> date:
    if published is None:
        return day_of(text) or datetime.now(UTC).date()
    try:
        return date.fromisoformat(published)
    except ValueError:
        raise click.BadParameter(f"{published!r} is not a day; write it as 2025-03-26") from None


def _text(settings: Settings, file: str) -> str:
    """Return the words of a file, of standard input, or of a page if the network is allowed."""
    if file == "-":
        return documents.read("-", sys.stdin.buffer.read(documents.LARGEST + 1))
    if not file.startswith(("http://", "https://")):
        path = Path(file)
        if not path.is_file():
            raise DocumentError(file, "there is no such file")
        with path.open("rb") as opened:
            return documents.read(path.name, opened.read(documents.LARGEST + 1))
    fetch = settings.config.fetch
    if not fetch.enabled:
        problem = "nothing is fetched; save the page and check the file"
        raise ConfigError(settings.source, "fetch.enabled", problem)
    from forecast.store.ops import Link
    from jobs.arrivals import http as download  # slow to load, and seldom needed

    with download.client(fetch) as http:
        reply = download.get(http, Link(file), fetch)
    if reply.outcome != "content":
        raise DocumentError(file, f"{reply.outcome}: {reply.detail}")
    return documents.read("page.html", reply.content)


def _title(file: str, text: str) -> str:
    first = next((line.strip("# ").strip() for line in text.splitlines() if line.strip()), "")
    named = Path(file).name if file != "-" else "Text"
    return first if 0 < len(first) <= 90 and not first.endswith(".") else named


def _checked_lines(checked: CheckedText) -> Iterator[str]:
    """Yield the text with its claims numbered, each claim's verdict, and how many there are."""
    words = {**explain.VERDICT_WORDS, "not_understood": "Not understood"}
    pieces = list(annotate.pieces(checked))
    marked = ""
    for piece in pieces:
        color = STYLES.get(piece.verdict, "cyan")
        numbered = f"[{piece.text}]{piece.number}"
        marked += click.style(numbered, fg=color) if piece.note else piece.text
    yield f"{marked}\n"
    for piece in pieces:
        if piece.note:
            verdict = click.style(words[piece.verdict], fg=STYLES.get(piece.verdict, "cyan"))
            why = click.wrap_text(piece.note.why, 80, "   ", "   ")
            yield f"{piece.number}. {verdict}: {piece.note.quote}\n{why}"
    yield annotate.summary(checked)
