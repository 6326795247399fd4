"""`fact` and `check`: whether a number or a text is right; `brief`: a paragraph to paste."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from forecast import files, months, periods
from forecast.asked import Answering, ask
from forecast.claims import answers, documents
from forecast.claims import fact as claims_fact
from forecast.claims.check import check_each, merged
from forecast.claims.record.counts import Subject, name_of, subject_of
from forecast.claims.show import words as show
from forecast.claims.show.words import CheckedText, ClaimFinding
from forecast.claims.text.times import day_of
from forecast.claims.text.tokens import numeral
from forecast.desk import facts as month_facts
from forecast.desk import provisional, vintages
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import monthly, section
from forecast.errors import ClaimError, ConfigError, DocumentError, SpanError
from forecast.periods import Period
from forecast.rows import of
from forecast.store import read
from forecast.store.history import MonthValue
from forecast.store.ops import Link
from forecast.types import Row, SeriesKey
from forecast.words import day_words, known_words, month_words
from jobs.cli.look import facts_of, months_ahead
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, progress, reading

STYLES = {
    "right": "green",
    "right_when_rounded": "green",
    "right_when_published": "green",
    "mislabelled": "yellow",
    "wrong": "red",
}
WRONG = ("wrong", "mislabelled")
MAX_TITLE = 90  # characters


def _each(record: OpenRecord) -> Iterator[OpenRecord]:
    """Yield the record about each measure asked about; ConfigError before the first run."""
    # One after the other: the connection shows the measure that was asked about last.
    yield from map(record.about, record.settings.asked())


def fact(
    record: OpenRecord,
    words: tuple[str, ...],
    since: str | None,
    as_of: datetime | None = None,
) -> Printed:
    """Print whether a claim is right for a series and span; or what a number is."""
    if len(words) > 3:
        raise click.UsageError("put a SPAN or CLAIM of several words into quotes")
    if as_of:
        if len(words) != 2:
            raise click.UsageError("--as-of goes with SERIES MONTH")
        return _as_of(record, *words, as_of.date().isoformat())
    if len(words) > 1:
        return _of_series(record, words[0], words[1], words[2] if len(words) == 3 else None, since)
    number = numeral(words[0].strip())
    if number is not None:
        return _what_is(record, words[0], number)
    return _answered(record, words[0])


def _of_series(
    record: OpenRecord, name: str, when: str, claim: str | None, since: str | None
) -> Printed:
    """Answer SERIES SPAN [CLAIM] by the first measure that has a series so called."""
    for counted in _each(record):
        keys = counted.claim_names.readings(name)
        if keys:
            break
    else:  # in the words of the measure in front
        counted = record.about(record.settings.context)
        keys = [counted.claim_names.find(name)]
    table = counted.table
    try:
        span = table.source.calendar.read(when, table.newest)
    except SpanError as error:
        raise click.BadParameter(str(error), param_hint="'SPAN'") from None
    several = [] if claim else [subject_of(key, table.source) for key in keys]
    if len(several) > 1 and any(table.total(each, span) is not None for each in several):
        # What each counted that the name may mean, and what those of a kind come to.
        answer = _answering(counted).readings(several, span)
        value = {**answer.value, **run_json(counted), "counted": counted.source.measure.noun}
        lines = [*answer.lines, monthly.caveat(counted.source), f"Bordercast, {counted.quoted}"]
        return Printed(value, lines, counted.source)
    subject = subject_of(counted.claim_names.find(name), table.source)
    line = table.counts(subject)
    if line is None:
        problem = f"no figures for {subject.words(table.source)} are on record"
        raise counted.refused("SERIES", problem)
    if not line.holds(span):
        if early := _provisional(counted, subject, span):
            return early
        raise counted.refused("SPAN", _answering(counted).unheld(subject, span))
    answered = (
        claims_fact.answer(table, counted.claim_names, subject, span, claim, since)
        if claim
        else None
    )
    return _fact(counted, subject, span, answered)


def _answered(record: OpenRecord, text: str) -> Printed:
    """Answer a question by each measure that knows its words, else judge it as a sentence."""
    sources = [context.source for context in record.settings.asked()]
    asked = ask(text, map(_answering, _each(record)), sources)
    answers_, lines = [], list[str]()
    for counted in _each(record):
        for source, answer in asked.answers:
            if source is counted.source:
                told = facts_json(answer.report) if answer.report else {}
                noun = {"counted": source.measure.noun}
                answers_.append({**told, **answer.value, **run_json(counted), **noun})
                lines += [*answer.lines, f"Bordercast, {counted.quoted}"]
    if answers_:
        return Printed({"question": text, "answers": answers_}, lines, asked.answers[0][0])
    with suppress(ClaimError):
        day = datetime.now(UTC).date()
        every = check_each(text, [counted.table for counted in _each(record)], day)
        checked = merged(every) if every else None
        if checked and (checked.claims or checked.not_understood):
            wrong = any(claim.verdict in WRONG for claim in checked.claims)
            differs = any(claim.readings for claim in checked.not_understood)
            return Printed(None, _checked_lines(checked), code=int(wrong or differs))
    raise asked.refused or ClaimError(
        text,
        "give SERIES SPAN CLAIM, one whole number such as 18,944, or a sentence that names a "
        "series and a month",
    )


def _answering(counted: OpenRecord) -> Answering:
    return Answering(counted.connection, counted.source, counted.table)


def _told(row: Row) -> str:
    return monthly.told_value(of(MonthValue, row))


def _as_of(record: OpenRecord, name: str, when: str, day: str) -> Printed:
    """Say what a month's count was on a day, by whose word, and what it is now."""
    try:
        month = periods.month(when)
    except SpanError as error:
        raise click.BadParameter(str(error), param_hint="'MONTH'") from None
    key = record.names.find(name)
    values = vintages.history(record.connection, key, month)
    then = vintages.as_of(values, day)
    what = f"{record.names.name(key)} in {month_words(month)}"
    if then is None:
        first = values[0] if values else None
        known = known_words(first["vintage"], first["known_from"]) if first else "never"
        problem = f"no count of {what} was known by {day}; the first on record: {known}"
        raise record.refused("--as-of", problem)
    line = f"On {day_words(day)} {what} stood at {_told(then)}"
    now = values[-1]
    lines = [
        line,
        "It still does." if then is now else f"Now: {_told(now)}",
    ]
    value = {"series": record.names.name(key), "month": month, "as_of": day, "then": then}
    quoted = f"Bordercast, {record.quoted}"
    return Printed({**value, "now": now, **run_json(record)}, [*lines, quoted], record.source)


def _provisional(counted: OpenRecord, subject: Subject, span: Period) -> Printed | None:
    """Say what is said so far of a month that no file has, None where nothing is."""
    key = subject.key(counted.source)
    figures = provisional.of_month(counted.connection, counted.source, key, span)
    lines = [provisional.sentence(of, counted.source) for of in figures]
    value = {"provisional": [asdict(of.said) for of in figures], **run_json(counted)}
    quoted = f"Bordercast, {counted.quoted}"
    return Printed(value, [*lines, quoted], counted.source) if figures else None


def _fact(
    counted: OpenRecord, subject: Subject, span: Period, claimed: ClaimFinding | None = None
) -> Printed:
    """Say what a series counted in a span, and whether what was said of it is right."""
    answer, source = _answering(counted).of(subject, span), counted.source
    value = {**(facts_json(answer.report) if answer.report else {}), **answer.value}
    first, *lines = answer.lines
    if claimed:
        # The count itself stays beside a share or a change.
        also = [first] if claimed.sense and claimed.sense.measure != "total" else []
        lines = [show.verdict_line(counted.table, claimed), *also, *lines]
        value |= {
            **answers.meaning_json(claimed.sense, counted.claim_names),
            "claimed": claimed.claimed.value,
            **answers.judged_json(claimed.sense, claimed.judged),
            "why": claimed.why,
            "say_instead": claimed.say_instead or None,
            "evidence": claimed.judged.evidence or None,
        }
    else:
        lines = [first, *lines]
    about: Iterable[str] = ()
    if answer.report:
        lines[0] = f"{lines[0]} {monthly.peak_sentence(answer.report)}".strip()
        about = monthly.definition(answer.report, beside=True)
    lines += [" ".join(about) or monthly.caveat(source), f"Bordercast, {counted.quoted}"]
    wrong = claimed is not None and claimed.verdict in WRONG
    return Printed({**value, **run_json(counted)}, lines, source, int(wrong))


def _what_is(record: OpenRecord, text: str, number: float) -> Printed:
    """Say which counts a number is, of every measure."""
    if number != int(number):
        raise ClaimError(text, "give SERIES SPAN CLAIM, or one whole number such as 18,944")
    every, value = list(_each(record)), int(number)
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for counted in every:
        noun = {"counted": counted.source.measure.noun} if len(every) > 1 else {}
        for subject, span, count, kind in claims_fact.matches(counted.table, value):
            row = {
                "series": name_of(counted.claim_names, subject),
                "from": months.from_index(span.first),
                "to": months.from_index(span.last),
                "count": count,
                "how": kind,
            }
            rows.append(row | noun)
            whose = f"{subject.words(counted.source)} in {counted.source.calendar.words(span)}"
            lines.append(f"{value:,}: {whose}{claims_fact.HOW_WORDS[kind]}")
    front = every[0]
    lines = lines or [claims_fact.no_match_words(value, front.source)]
    quoted = f"Bordercast, run {front.run.id}, digest {front.run.digest}"
    answer = {"number": value, "matches": rows, **run_json(front)}
    return Printed(answer, [*lines, quoted], front.source, int(not rows))


# -- brief --------------------------------------------------------------------------------------


FORMS = (".png", ".pdf", ".pptx")


def brief(record: OpenRecord, words: tuple[str, ...], out: Path | None, short: bool) -> Printed:
    """Print the paragraph to paste about a month, or write it as a slide or a page."""
    if out is not None and out.suffix not in FORMS:
        raise ConfigError(str(out), "-o", f"the file's name must end in {', '.join(FORMS)}")
    value = run_json(record)  # ConfigError before the first run
    series, when = record.names.split(words)
    try:
        month = periods.month(when) if when else None
    except SpanError as error:
        raise click.BadParameter(str(error), param_hint="'MONTH'") from None
    key = record.names.find(series)
    span = Period.of(month or max(record.counts(key)))
    if early := _provisional(record, subject_of(key, record.source), span):
        if out is not None:
            raise record.refused("MONTH", f"not complete; name a month before {span.first_month}")
        return early
    facts = facts_of(record, key, month)
    if out is not None:
        return Printed(None, [f"{out}: {_written(record, key, facts, out)}"])
    text = section.say(facts) if short else monthly.paragraph(facts)
    value = {**facts_json(facts), "text": text, **value}
    return Printed(value, (text, f"Bordercast, {record.quoted}"))


def _written(record: OpenRecord, key: SeriesKey, facts: MonthFacts, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast.desk import handout as handouts  # draws

    counted = record.counts(key)
    # A forecast beside an old month would be taken for one that was made then.
    newest = max(counted) == facts.month
    ahead = months_ahead(record, key) if newest else ()
    flagged = read.flagged(record.connection, key)
    handout = handouts.handout(facts, record.run, counted, flagged, ahead)
    if out.suffix == ".png":
        body = handouts.png(handout, facts.source, handouts.SLIDE)
    else:
        make = handouts.pdf if out.suffix == ".pdf" else handouts.pptx
        body = make(handout, facts, record.run)
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout.alt}. {handout.source}"


def facts_json(facts: MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    compared = [{**asdict(c), "percent": c.percent} for c in facts.comparisons]
    halves = monthly.halves_sentence(facts) or None
    return {**month_facts.as_dict(facts), "comparisons": compared, "halves_sentence": halves}


def run_json(record: OpenRecord) -> dict[str, Any]:
    """Return the run a statement rests on."""
    return {**record.origin, "run": record.run.id}


# -- check --------------------------------------------------------------------------------------


def check(settings: Settings, file: str, published: str | None, html: Path | None) -> Printed:
    """Check what a text says, claim by claim."""
    if html and html.suffix == ".pdf":
        raise ConfigError(
            str(html), "--html", "the answer is a page: give a name in .html or .docx"
        )
    text = _text(settings, file)
    with reading(settings) as record:
        every = list(_each(record))
        tables = [(counted.table, counted.claim_names) for counted in every]
    run, day = every[0].run, _day(text, published)
    with progress() as report:
        report("checking", 0, 1)
        parts = check_each(text, [table for table, _ in tables], day)
    checked = merged(parts)
    named = [(part, names) for part, (_, names) in zip(parts, tables, strict=True)]
    lines: Sequence[str] | Iterator[str] = _checked_lines(checked)
    if html:
        through = month_words(run.data_through)
        against = f"Checked against run {run.id} of Bordercast, data through {through}."
        first = next((line.strip("# ").strip() for line in text.splitlines() if line.strip()), "")
        # A text begins with its title, unless what it begins with is a sentence.
        titled = 0 < len(first) <= MAX_TITLE and not first.endswith(".")
        title = first if titled else Path(file).name if file != "-" else "Text"
        write = answers.as_word if html.suffix == ".docx" else answers.as_html
        page = write(checked, title, against, settings.context.source)
        with files.output(html) as draft:
            draft.write_bytes(page if isinstance(page, bytes) else page.encode())
        lines = [f"{html}: {answers.summary(checked)}"]
    wrong = any(claim.verdict in WRONG for claim in checked.claims)
    return Printed(answers.as_json(checked, named), lines, code=int(wrong))


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
    from jobs.arrivals import http as download  # slow to load, and seldom needed

    with download.client(fetch) as http:
        reply = download.get(http, Link(file), fetch)
    if reply.outcome != "content":
        raise DocumentError(file, f"{reply.outcome}: {reply.detail}")
    return documents.read("page.html", reply.content)


def _checked_lines(checked: CheckedText) -> Iterator[str]:
    """Yield the text with its claims numbered, each claim's verdict, and how many there are."""
    marked, notes = "", []
    for text, number, note in answers.pieces(checked):
        if note is None:
            marked += text
            continue
        color = STYLES.get(note.verdict, "cyan")
        marked += click.style(f"[{text}]{number}", fg=color)
        verdict = click.style(note.label, fg=color)
        why = click.wrap_text(note.why, 80, "   ", "   ")
        notes.append(f"{number}. {verdict}: {note.quote}\n{why}")
    yield f"{marked}\n"
    yield from notes
    yield answers.summary(checked)
