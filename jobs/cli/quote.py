"""`brief`, `fact` and `check`: what to quote, and whether a number or a text is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import files, months
from forecast.engine import ENGINE
from forecast.errors import ClaimError, ConfigError, DocumentError, SeriesNameError
from jobs.cli.help import examples, fits
from jobs.cli.options import AS_JSON, OpenRecord, Settings, as_month, out_option, reading
from jobs.cli.render import Printed, answers, show_answer

if TYPE_CHECKING:
    from forecast.claims.decide import CheckedText
    from forecast.claims.explain import AnsweredClaim
    from forecast.claims.truth import ClaimSpan, CountTable, Subject
    from forecast.context import Context
    from forecast.desk.facts import MonthFacts
    from forecast.sources.names import SeriesNames
    from forecast.types import SeriesKey

FORMS = (".png", ".pdf", ".pptx")


def _with_form(_: click.Context, __: click.Parameter, out: Path | None) -> Path | None:
    if out is not None and out.suffix not in FORMS:
        raise ConfigError(str(out), "-o", f"the file's name must end in {', '.join(FORMS)}")
    return out


@click.command(
    epilog=examples(
        "brief {one}",
        "brief {part} 2025-02",
        "brief {two} 2025-02 -o february.pdf",
    )
)
@click.argument("series")
@click.argument("month", required=False, callback=as_month)
@out_option("File to write instead: a slide (.png, .pptx) or one page (.pdf).", callback=_with_form)
@answers
def brief(record: OpenRecord, series: str, month: str | None, out: Path | None) -> Printed:
    """The paragraph to paste about a MONTH [the newest].

    Published, expected, how unusual; all comparisons, always in the same order; rank; vintage. As a
    file: the same with a chart, as a slide for a screen or PowerPoint, or as one page of paper.
    """
    from forecast.desk.sentences import monthly

    key = record.published().find(series)
    facts = facts_of(record, key, month)
    if out is not None:
        return Printed(None, [f"{out}: {_written(record, key, facts, out)}"])
    text = monthly.paragraph(facts)
    value = {**facts_json(facts), "text": text, **run_json(record)}
    return Printed(value, (text, f"Bordercast, {record.quoted}"))


def _written(record: OpenRecord, key: SeriesKey, facts: MonthFacts, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast.desk import handout as handouts
    from forecast.store import read

    counted = read.published(record.connection, key)
    newest = counted[-1]["month"] == facts.month
    chart = handouts.PosterChart(
        counted=[row for row in counted if row["month"] <= facts.month],
        flagged=read.flagged(record.connection, key),
        ahead=read.month_forecasts(record.connection, key, ENGINE) if newest else (),
        stood=facts.recent,
    )
    handout = handouts.handout(facts, record.run, newest=bool(chart.ahead))
    body = {
        ".png": lambda: handouts.png(handout, chart, facts.source, handouts.SLIDE),
        ".pdf": lambda: handouts.pdf(handout, facts, chart, record.run),
        ".pptx": lambda: handouts.pptx(handout, facts, chart, record.run),
    }[out.suffix]()
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout.alt}. {handout.source}"


def facts_of(record: OpenRecord, key: SeriesKey, month: str | None) -> MonthFacts:
    """Return the report of a month of a series, the newest if None."""
    from forecast.desk.facts import series_report
    from forecast.store import reports

    span = reports.series_span(record.connection, key)
    if span is None:
        raise record.refused("SERIES", f"no figures for {key} are on record")
    first, last = span
    month = month or last
    if not first <= month <= last:
        problem = f"no figure for {key} in {month}; on record are {first} to {last}"
        raise record.refused("MONTH", problem)
    try:
        return series_report(record.connection, key, month, record.source)
    except KeyError:
        problem = f"the count of {key} in {month} was not published; name another month"
        raise record.refused("MONTH", problem) from None


def facts_json(facts: MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    from forecast.desk import facts as month_facts
    from forecast.desk.sentences import monthly

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
        """Read a measure of the record."""
        from forecast.claims.truth import CountTable, series_names

        context.scope(record.connection)
        own = OpenRecord(record.connection, record.settings.about(context)).published()
        table = CountTable.read(record.connection, source=context.source)
        return cls(own, table, series_names(table))


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "fact {one} 2025-02 4,098",
        "fact {half} 2023-12 'nearly 250,000'",
        "fact {one} 2025-02 -78% --from 2024-08",
        "fact 18,944",
        "fact '{one} in March 2026'",
    ),
)
@click.argument("words", nargs=-1, required=True, metavar="SERIES SPAN [CLAIM] | NUMBER")
@click.option("--from", "since", metavar="SPAN", help="What a change is measured from.")
@answers
def fact(record: OpenRecord, words: tuple[str, ...], since: str | None) -> Printed:
    """Whether CLAIM is right for this SERIES and SPAN; or what a NUMBER is.

    SPAN: 2025-02, {year_spans}, 2021-01..2024-08 or 'since 2021-01'. CLAIM:
    18,944, 302K, 'nearly 1.5 million', -78% or x2 (with --from), record, 'lowest since 2021',
    '2nd highest', {share}'average 350 a day'. In place of NUMBER: a
    sentence, what was counted, where and when; with a number in it, it is judged like a text.

    Exit code 0 if it holds (now, when published, or rounded), 1 if it does not.
    """
    if len(words) == 1:
        return _one_text(record, words[0])
    if len(words) > 3:
        raise click.UsageError("put a SPAN or CLAIM of several words into quotes")
    from forecast.claims.fact import answer
    from forecast.claims.truth import parse, subject_of

    counted = _that_knows(record, words[0])
    table, names = counted.table, counted.names
    subject = subject_of(names.find(words[0]))
    try:
        span = parse(words[1], table.newest, table.source.year_begins)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SPAN") from None
    _refuse_unheld(counted, subject, span)
    answered = answer(table, names, subject, span, words[2], since) if len(words) == 3 else None
    return _fact(counted, subject, span, answered)


def _that_knows(record: OpenRecord, name: str) -> Counted:
    """Return the first measure that has a series so called, or else the one in front."""
    for context in record.settings.asked():
        counted = Counted.of(record, context)
        with suppress(SeriesNameError):
            counted.names.find(name)
            return counted
    return Counted.of(record, record.settings.context)


def _one_text(record: OpenRecord, text: str) -> Printed:
    """Look a number up, answer a question, or judge a sentence with numbers."""
    from forecast.claims.tokens import numeral

    if numeral(text.strip()) is not None:
        return _what_is(record, text)
    answered = [
        (counted, _fact(counted, subject, span))
        for counted, subject, span in _questions(record, text)
    ]
    if not answered:
        return _judged(record, text)
    values = [
        {**one.value, "counted": counted.table.source.measure.noun} for counted, one in answered
    ]
    lines = [line for _, one in answered for line in one.parts]
    return Printed({"question": text, "answers": values}, lines, answered[0][1].source)


def _questions(record: OpenRecord, text: str) -> Iterator[tuple[Counted, Subject, ClaimSpan]]:
    """Yield what a question without a number asks of each measure that knows its words."""
    from forecast.claims.truth import parse, subject_of
    from forecast.sources import questions

    contexts = record.settings.asked()
    named = questions.measures_named(text, [context.source for context in contexts])
    for context in contexts:
        if context.source not in named:
            continue
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
    from forecast.claims import together
    from forecast.claims.decide import check as check_text

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


def _refuse_unheld(counted: Counted, subject: Subject, span: ClaimSpan) -> None:
    line = counted.table.counts(subject)
    if line is None:
        whose = subject.words(counted.table.source)
        raise counted.record.refused("SERIES", f"no figures for {whose} are on record")
    if not line.holds(span):
        recorded = f"{months.from_index(line.first)} to {months.from_index(line.last)}"
        problem = f"not every month of {span.words()} has a figure; on record are {recorded}"
        unknown = [months.from_index(month) for month in line.unknown_in(span)]
        if unknown:
            problem += f", but no count was published for {', '.join(unknown[:3])}"
        raise counted.record.refused("SPAN", problem)


def _month_facts(counted: Counted, subject: Subject, span: ClaimSpan) -> MonthFacts | None:
    """Return the facts there are about a month of a total; None of anything else."""
    whole = not (subject.agency or subject.dimension) and span.length == 1
    if not whole or subject.total not in counted.table.source.totals.every:
        return None
    from forecast.types import SeriesKey

    return facts_of(counted.record, SeriesKey(subject.total), months.from_index(span.first))


def _fact(
    counted: Counted, subject: Subject, span: ClaimSpan, answered: AnsweredClaim | None = None
) -> Printed:
    """What a series counted in a span, and whether what was said of it is right."""
    from forecast.claims.annotate import judged_json, meaning_json
    from forecast.claims.verdict import Reading

    table, names = counted.table, counted.names
    facts = _month_facts(counted, subject, span)
    value = facts_json(facts) if facts else {}
    if answered is None:
        value |= meaning_json(Reading(subject, span), names)
        value["count"] = table.total(subject, span)
    else:
        value |= {
            **meaning_json(answered.sense, names),
            "claimed": answered.claimed.value,
            **judged_json(answered.sense, answered.judged),
            "why": answered.why,
            "say_instead": answered.instead or None,
            "evidence": answered.judged.evidence or None,
        }
    wrong = answered is not None and answered.judged.verdict in WRONG
    lines = _fact_lines(counted, subject, span, answered, facts)
    return Printed({**value, **run_json(counted.record)}, lines, table.source, int(wrong))


def _fact_lines(
    counted: Counted,
    subject: Subject,
    span: ClaimSpan,
    answered: AnsweredClaim | None,
    facts: MonthFacts | None,
) -> Iterator[str]:
    from forecast.claims.explain import halves, small, statement, verdict_line
    from forecast.claims.verdict import Reading
    from forecast.desk.sentences import monthly

    table = counted.table
    total = statement(table, Reading(subject, span), table.total(subject, span))
    counts = f"{table.source.publisher.short} counted {total}."
    first = verdict_line(table, answered) if answered else counts
    yield " ".join(filter(None, (first, monthly.peak_sentence(facts) if facts else "")))
    yield from filter(None, [halves(table, subject, span), small(table, subject, span)])
    if facts:
        yield from (f"  {sentence}" for sentence in monthly.history_sentences(facts))
        yield f"Also true: {monthly.comparison_sentence(facts.comparisons)}"
        yield monthly.rank_sentence(facts)
    elif answered and answered.sense.measure != "total":
        yield f"The count itself: {total}."
    about = monthly.definition(facts, beside=True) if facts else [monthly.caveat(table.source)]
    yield " ".join(about)
    yield f"Bordercast, {counted.record.quoted}"


def _what_is(record: OpenRecord, text: str) -> Printed:
    from forecast.claims import fact
    from forecast.claims.tokens import numeral
    from forecast.claims.truth import name_of

    value = numeral(text.strip())
    if value is None or value != int(value):
        raise ClaimError(text, "give SERIES SPAN CLAIM, or one whole number such as 18,944")
    how = {"now": "", "published": ", as once published", "near": ", rounded by its source"}
    every = [Counted.of(record, context) for context in record.settings.asked()]
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for counted in every:
        source = counted.table.source
        for match in fact.matches(counted.table, int(value)):
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
    front = every[0]
    run, source = front.record.run, front.table.source
    lines = lines or [fact.no_match_words(int(value), source)]
    return Printed(
        {"number": int(value), "matches": rows, **run_json(front.record)},
        [*lines, f"Bordercast, run {run.id}, digest {run.digest}"],
        source,
        int(not rows),
    )


# -- check --------------------------------------------------------------------------------------


@click.command(
    epilog=examples("check article.txt --published 2025-03-26", "check report.docx --html out.html")
)
@click.argument("file", metavar="FILE|-|URL")
@click.option(
    "--published", metavar="YYYY-MM-DD", help="Day of publication [the text's, or today]."
)
@click.option(
    "--html", "html", type=click.Path(path_type=Path), help="Write the annotated text to this file."
)
@AS_JSON
@click.pass_obj
def check(
    settings: Settings, file: str, published: str | None, html: Path | None, as_json: bool
) -> None:
    """Check what a text says about {subject}.

    Reads .txt, .md, .html, .docx and .pdf; - is standard input; an address only if [fetch] is
    enabled. Each claim gets a verdict; one that cannot be resolved is not understood. Nothing is
    guessed. Exit code 0 if no claim is wrong or mislabeled, 1 if one is.
    """
    from forecast.claims import annotate, together
    from forecast.claims.decide import check as check_text

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
    if html:
        from forecast.words import month_words

        through = month_words(run.data_through)
        against = f"Checked against run {run.id} of Bordercast, data through {through}."
        page = annotate.as_html(checked, _title(file, text), against, settings.context.source)
        with files.output(html) as draft:
            draft.write_text(page, "utf-8")
        click.echo(f"{html}: {annotate.summary(checked)}", err=as_json)
    named = [(part, counted.names) for part, counted in zip(parts, every, strict=True)]
    value = annotate.as_json(checked, named) if as_json else None
    lines = () if html else _checked_lines(checked)
    answer = Printed(value, lines, code=_any_wrong(checked))
    show_answer(answer, as_json, settings.context.source)


def _any_wrong(checked: CheckedText) -> int:
    """Return the exit code: 1 if a claim does not hold."""
    return int(any(claim.verdict in WRONG for claim in checked.claims))


def _day(text: str, published: str | None) -> date:
    from forecast.claims.times import day_of

    if published is None:
        return day_of(text) or datetime.now(UTC).date()
    try:
        return date.fromisoformat(published)
    except ValueError:
        raise click.BadParameter(f"{published!r} is not a day; write it as 2025-03-26") from None


def _text(settings: Settings, file: str) -> str:
    from forecast.claims import documents
    from forecast.store.ops import Link
    from jobs.arrivals import http as download

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
    from forecast.claims import annotate
    from forecast.claims.explain import VERDICT_WORDS

    words = {**VERDICT_WORDS, "not_understood": "Not understood"}
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
