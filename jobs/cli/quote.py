"""`brief`, `fact` and `check`: what to quote, and whether a number or a text is right."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import files, months
from forecast.engine import ENGINE
from forecast.errors import ClaimError, ConfigError, DocumentError
from jobs.cli.help import AS_JSON, examples, fits
from jobs.cli.options import (
    Settings,
    as_month,
    latest_run,
    origin,
    print_json,
    quote,
    reading,
    series_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecast.claims.decide import CheckedText
    from forecast.claims.explain import AnsweredClaim
    from forecast.claims.truth import ClaimSpan, CountTable, Subject
    from forecast.context import Context
    from forecast.desk.facts import MonthFacts
    from forecast.sources.names import SeriesNames
    from forecast.sources.source import Source
    from forecast.store.read import RunRow

FORMS = (".png", ".pdf", ".pptx")


@click.command(
    epilog=examples(
        "brief {one}",
        "brief {part} 2025-02",
        "brief {two} 2025-02 -o february.pdf",
    )
)
@click.argument("series")
@click.argument("month", required=False, callback=as_month)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write instead: a slide (.png, .pptx) or one page (.pdf).",
)
@AS_JSON
@click.pass_obj
def brief(
    settings: Settings, series: str, month: str | None, out: Path | None, as_json: bool
) -> None:
    """The paragraph to paste about a MONTH [the newest].

    Published, expected, how unusual; all comparisons, always in the same order; rank; vintage. As a
    file: the same with a chart, as a slide for a screen or PowerPoint, or as one page of paper.
    """
    from forecast.desk.sentences import monthly

    if out is not None and out.suffix not in FORMS:
        problem = f"the file's name must end in {', '.join(FORMS)}"
        raise ConfigError(str(out), "-o", problem)
    facts, run = facts_of(settings, series, month)
    if out is not None:
        click.echo(f"{out}: {_written(settings, series, facts, run, out)}")
        return
    if as_json:
        print_json(
            {**facts_json(facts), "text": monthly.paragraph(facts), **run_json(run)},
            settings.context.source,
        )
        return
    click.echo(monthly.paragraph(facts))
    click.echo(f"Bordercast, {quote(run)}")


def _written(settings: Settings, series: str, facts: MonthFacts, run: RunRow, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast import files
    from forecast.desk import handout as handouts
    from forecast.store import plots, read

    with reading(settings) as connection:
        key = series_key(connection, series, settings.context.source)
        counted = plots.published(connection, key)
        newest = counted[-1]["month"] == facts.month
        chart = handouts.PosterChart(
            counted=[row for row in counted if row["month"] <= facts.month],
            flagged=plots.flagged(connection, key),
            ahead=read.month_forecasts(connection, key, ENGINE) if newest else (),
            stood=facts.recent,
        )
    handout = handouts.handout(facts, run, newest=bool(chart.ahead))
    body = {
        ".png": lambda: handouts.png(handout, chart, facts.source, handouts.SLIDE),
        ".pdf": lambda: handouts.pdf(handout, facts, chart, run),
        ".pptx": lambda: handouts.pptx(handout, facts, chart, run),
    }[out.suffix]()
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout.alt}. {handout.source}"


def facts_of(settings: Settings, series: str, month: str | None) -> tuple[MonthFacts, RunRow]:
    """Return the report of a month of a series, the newest if None, with the run it belongs to."""
    from forecast.desk.facts import series_report
    from forecast.store import reports

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series, settings.context.source)
        span = reports.series_span(connection, key)
        if span is None:
            raise ConfigError(str(settings.db), "SERIES", f"no figures for {key} are on record")
        first, last = span
        month = month or last
        if not first <= month <= last:
            problem = f"no figure for {key} in {month}; on record are {first} to {last}"
            raise ConfigError(str(settings.db), "MONTH", problem)
        try:
            return series_report(connection, key, month, settings.context.source), run
        except KeyError:
            problem = f"the count of {key} in {month} was not published; name another month"
            raise ConfigError(str(settings.db), "MONTH", problem) from None


def facts_json(facts: MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    from forecast.desk import facts as month_facts
    from forecast.desk.sentences import monthly

    compared = [{**asdict(c), "percent": c.percent} for c in facts.comparisons]
    halves = " ".join(monthly.halves_sentence(facts)) or None
    return {**month_facts.as_dict(facts), "comparisons": compared, "halves_sentence": halves}


def run_json(run: RunRow) -> dict[str, Any]:
    """Return the run a statement rests on."""
    return {**origin(run), "run": run.id}


# -- claims ---------------------------------------------------------------------------------------


STYLES = {
    "right": "green",
    "right_when_rounded": "green",
    "right_when_published": "green",
    "mislabelled": "yellow",
    "wrong": "red",
}


def _table(settings: Settings) -> tuple[CountTable, SeriesNames, RunRow]:
    (table,) = _tables(settings, [settings.context])
    return table


def _that_knows(settings: Settings, name: str) -> tuple[CountTable, SeriesNames, RunRow]:
    """The counts of the first measure that has a series so called, which is asked from then on."""
    from forecast.errors import SeriesNameError

    first, *others = settings.asked()
    for context in (first, *others):
        table, names, run = _tables(settings, [context])[0]
        with suppress(SeriesNameError):
            names.find(name)
            settings.context = context
            return table, names, run
    return _table(settings)


def _tables(
    settings: Settings, contexts: Sequence[Context]
) -> list[tuple[CountTable, SeriesNames, RunRow]]:
    """Return the counts of each measure, all of one moment."""
    from forecast.claims.truth import CountTable, series_names

    tables = []
    with reading(settings) as connection:
        for context in contexts:
            context.scope(connection)
            run = latest_run(connection, settings)
            table = CountTable.read(connection, source=context.source)
            tables.append((table, series_names(table), run))
    return tables


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
@AS_JSON
@click.pass_obj
def fact(settings: Settings, words: tuple[str, ...], since: str | None, as_json: bool) -> None:
    """Whether CLAIM is right for this SERIES and SPAN; or what a NUMBER is.

    SPAN: 2025-02, {year_spans}, 2021-01..2024-08 or 'since 2021-01'. CLAIM:
    18,944, 302K, 'nearly 1.5 million', -78% or x2 (with --from), record, 'lowest since 2021',
    '2nd highest', {share}'average 350 a day'. In place of NUMBER: a
    sentence, what was counted, where and when; with a number in it, it is judged like a text.

    Exit code 0 if it holds (now, when published, or rounded), 1 if it does not.
    """
    if len(words) == 1:
        _one_text(settings, words[0], as_json)
        return
    if len(words) > 3:
        raise click.UsageError("put a SPAN or CLAIM of several words into quotes")
    table, names, run = _that_knows(settings, words[0])
    from forecast.claims.fact import answer
    from forecast.claims.truth import parse, subject_of

    subject = subject_of(names.find(words[0]))
    try:
        span = parse(words[1], table.newest, table.source.year_begins)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SPAN") from None
    _refuse_unheld(settings, table, subject, span)
    answered = answer(table, names, subject, span, words[2], since) if len(words) == 3 else None
    if as_json:
        print_json(
            _fact_json(settings, table, names, subject, span, answered, run),
            settings.context.source,
        )
    else:
        for line in _fact_lines(settings, table, subject, span, answered, run):
            click.echo(line)
    if answered and answered.judged.verdict in ("wrong", "mislabelled"):
        raise click.exceptions.Exit(1)


def _one_text(settings: Settings, text: str, as_json: bool) -> None:
    """Look a number up, answer a question, or judge a sentence with numbers."""
    from forecast.claims.tokens import numeral

    if numeral(text.strip()) is not None:
        _what_is(_tables(settings, settings.asked()), text, as_json)
        return
    answers = list(_answers(settings, text))
    if not answers:
        _judge(settings, text)
        return
    if as_json:
        shown = [
            _fact_json(settings.about(context), table, names, subject, span, None, run)
            | {"counted": context.source.measure.noun}
            for context, (table, names, run), subject, span in answers
        ]
        print_json({"question": text, "answers": shown}, answers[0][0].source)
        return
    for context, (table, _, run), subject, span in answers:
        for line in _fact_lines(settings.about(context), table, subject, span, None, run):
            click.echo(line)


def _answers(
    settings: Settings, text: str
) -> Iterator[tuple[Context, tuple[CountTable, SeriesNames, RunRow], Subject, ClaimSpan]]:
    """Yield what a question without a number asks of each measure that knows its words."""
    from forecast.claims.truth import parse, subject_of
    from forecast.sources import questions

    contexts = settings.asked()
    named = questions.measures_named(text, [context.source for context in contexts])
    contexts = [context for context in contexts if context.source in named]
    for context, table in zip(contexts, _tables(settings, contexts), strict=True):
        counts, names, _ = table
        question = questions.asked(text, names)
        if question is None:
            continue
        subject = subject_of(question.series)
        if question.everywhere:
            subject = subject._replace(total=context.source.totals.whole)
        span = parse(question.span, counts.newest)
        line = counts.counts(subject)
        if line is not None and line.holds(span):
            yield context, table, subject, span


def _judge(settings: Settings, text: str) -> None:
    """Judge a sentence as `check` does; ClaimError if it says nothing that can be judged."""
    from forecast.claims import together
    from forecast.claims.decide import check as check_text

    contexts = [context for context in settings.asked() if fits("check", context.source)]
    day = datetime.now(UTC).date()
    every = [check_text(text, table, day) for table, _, _ in _tables(settings, contexts)]
    checked = together.merged(together.divided(every)) if every else None
    if checked is None or not (checked.claims or checked.not_understood):
        raise ClaimError(
            text,
            "give SERIES SPAN CLAIM, one whole number such as 18,944, or a sentence that names a "
            "series and a month",
        )
    _say_checked(checked)
    if any(claim.verdict in ("wrong", "mislabelled") for claim in checked.claims):
        raise click.exceptions.Exit(1)


def _refuse_unheld(
    settings: Settings, table: CountTable, subject: Subject, span: ClaimSpan
) -> None:
    line = table.counts(subject)
    if line is None:
        raise ConfigError(
            str(settings.db),
            "SERIES",
            f"no figures for {subject.words(table.source)} are on record",
        )
    if not line.holds(span):
        recorded = f"{months.from_index(line.first)} to {months.from_index(line.last)}"
        problem = f"not every month of {span.words()} has a figure; on record are {recorded}"
        unknown = [months.from_index(month) for month in line.unknown_in(span)]
        if unknown:
            problem += f", but no count was published for {', '.join(unknown[:3])}"
        raise ConfigError(str(settings.db), "SPAN", problem)


def _whole_month(subject: Subject, span: ClaimSpan, source: Source) -> bool:
    """Return whether there are facts about it: a month of a total."""
    total = not (subject.agency or subject.dimension)
    return total and span.length == 1 and subject.total in source.totals.every


def _fact_lines(
    settings: Settings,
    table: CountTable,
    subject: Subject,
    span: ClaimSpan,
    answered: AnsweredClaim | None,
    run: RunRow,
) -> list[str]:
    from forecast.claims.explain import halves, small, statement, verdict_line
    from forecast.desk.sentences import monthly

    facts = None
    if _whole_month(subject, span, settings.context.source):
        facts, _ = facts_of(settings, subject.total, months.from_index(span.first))
    total = statement(table, _total(subject, span), table.total(subject, span))
    first = (
        verdict_line(table, answered)
        if answered
        else f"{table.source.publisher.short} counted {total}."
    )
    lines = [" ".join(filter(None, (first, monthly.peak_sentence(facts) if facts else "")))]
    lines += filter(None, [halves(table, subject, span), small(table, subject, span)])
    if facts:
        lines += [f"  {sentence}" for sentence in monthly.history_sentences(facts)]
        lines.append(f"Also true: {monthly.comparison_sentence(facts.comparisons)}")
        lines.append(monthly.rank_sentence(facts))
    elif answered and answered.sense.measure != "total":
        lines.append(f"The count itself: {total}.")
    about = monthly.definition(facts, beside=True) if facts else [monthly.caveat(table.source)]
    lines.append(" ".join(about))
    lines.append(f"Bordercast, {quote(run)}")
    return lines


def _total(subject: Subject, span: ClaimSpan) -> Any:
    from forecast.claims.verdict import Reading

    return Reading(subject, span)


def _fact_json(
    settings: Settings,
    table: CountTable,
    names: SeriesNames,
    subject: Subject,
    span: ClaimSpan,
    answered: AnsweredClaim | None,
    run: RunRow,
) -> dict[str, Any]:
    from forecast.claims.annotate import judged_json, meaning_json

    shown: dict[str, Any] = {}
    if _whole_month(subject, span, settings.context.source):
        facts, _ = facts_of(settings, subject.total, months.from_index(span.first))
        shown |= facts_json(facts)
    if answered is None:
        count = table.total(subject, span)
        meaning = meaning_json(_total(subject, span), names)
        return {**shown, **meaning, "count": count, **run_json(run)}
    return {
        **shown,
        **meaning_json(answered.sense, names),
        "claimed": answered.claimed.value,
        **judged_json(answered.sense, answered.judged),
        "why": answered.why,
        "say_instead": answered.instead or None,
        "evidence": answered.judged.evidence or None,
        **run_json(run),
    }


def _what_is(
    tables: list[tuple[CountTable, SeriesNames, RunRow]], text: str, as_json: bool
) -> None:
    from forecast.claims import fact
    from forecast.claims.tokens import numeral
    from forecast.claims.truth import name_of

    value = numeral(text.strip())
    if value is None or value != int(value):
        raise ClaimError(text, "give SERIES SPAN CLAIM, or one whole number such as 18,944")
    by_measure = [(names, fact.matches(table, int(value))) for table, names, _ in tables]
    first, names, run = tables[0]
    if as_json:
        rows = [
            {
                "series": name_of(names, match.subject),
                "from": months.from_index(match.span.first),
                "to": months.from_index(match.span.last),
                "count": match.count,
                "how": match.how,
            }
            | ({"counted": names.source.measure.noun} if len(tables) > 1 else {})
            for names, matches in by_measure
            for match in matches
        ]
        print_json({"number": int(value), "matches": rows, **run_json(run)}, names.source)
    else:
        for names, matches in by_measure:
            _say_matches(int(value), matches, names.source)
        if not any(matches for _, matches in by_measure):
            click.echo(fact.no_match_words(int(value), first.source))
        click.echo(f"Bordercast, run {run.id}, digest {run.digest}")
    if not any(matches for _, matches in by_measure):
        raise click.exceptions.Exit(1)


def _say_matches(value: int, matches: list[Any], source: Source) -> None:
    how = {"now": "", "published": ", as once published", "near": ", rounded by its source"}
    for match in matches:
        count = f" ({match.count:,})" if match.how == "near" else ""
        whose = match.subject.words(source)
        click.echo(f"{value:,}: {whose} in {match.span.words()}{count}{how[match.how]}")


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
    tables, day = _tables(settings, contexts), _day(text, published)
    _, _, run = tables[0]
    parts = together.divided([check_text(text, table, day) for table, _, _ in tables])
    checked = together.merged(parts)
    if html:
        from forecast.words import month_words

        through = month_words(run.data_through)
        against = f"Checked against run {run.id} of Bordercast, data through {through}."
        page = annotate.as_html(checked, _title(file, text), against, settings.context.source)
        with files.output(html) as draft:
            draft.write_text(page, "utf-8")
        click.echo(f"{html}: {annotate.summary(checked)}", err=as_json)
    if as_json:
        named = [(part, names) for part, (_, names, _) in zip(parts, tables, strict=True)]
        print_json(annotate.as_json(checked, named), settings.context.source)
    elif not html:
        _say_checked(checked)
    if any(claim.verdict in ("wrong", "mislabelled") for claim in checked.claims):
        raise click.exceptions.Exit(1)


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

    if file.startswith(("http://", "https://")):
        return documents.read("page.html", _fetched(settings, file))
    if file == "-":
        return documents.read("-", sys.stdin.buffer.read(documents.LARGEST + 1))
    path = Path(file)
    if not path.is_file():
        raise DocumentError(file, "there is no such file")
    with path.open("rb") as opened:
        return documents.read(path.name, opened.read(documents.LARGEST + 1))


def _fetched(settings: Settings, url: str) -> bytes:
    from forecast.store.ops import Link
    from jobs.arrivals import http as download

    if not settings.config.fetch.enabled:
        raise ConfigError(
            settings.source, "fetch.enabled", "nothing is fetched; save the page and check the file"
        )
    with download.client(settings.config.fetch) as http:
        reply = download.get(http, Link(url), settings.config.fetch)
    if reply.outcome != "content":
        raise DocumentError(url, f"{reply.outcome}: {reply.detail}")
    return reply.content


def _title(file: str, text: str) -> str:
    first = next((line.strip("# ").strip() for line in text.splitlines() if line.strip()), "")
    named = Path(file).name if file != "-" else "Text"
    return first if 0 < len(first) <= 90 and not first.endswith(".") else named


def _say_checked(checked: CheckedText) -> None:
    from forecast.claims import annotate
    from forecast.claims.explain import VERDICT_WORDS

    words = {**VERDICT_WORDS, "not_understood": "Not understood"}
    for piece in annotate.pieces(checked):
        text = piece.text
        if piece.note:
            text = click.style(f"[{text}]{piece.number}", fg=STYLES.get(piece.verdict, "cyan"))
        click.echo(text, nl=False)
    click.echo("\n")
    for piece in annotate.pieces(checked):
        if piece.note:
            verdict = click.style(words[piece.verdict], fg=STYLES.get(piece.verdict, "cyan"))
            why = click.wrap_text(piece.note.why, 80, "   ", "   ")
            click.echo(f"{piece.number}. {verdict}: {piece.note.quote}\n{why}")
    click.echo(annotate.summary(checked))
