"""What the record answers to a question in a sentence: `fact`, the box of the page, Python, MCP.

The count first, then everything it is compared with, so that nobody picks; a name that may mean
several series gets each of them, and what is not on record is named with who publishes it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

from forecast import months
from forecast.claims import answers as claim_answers
from forecast.claims.record.counts import (
    ClaimCounts,
    CountTable,
    Subject,
    series_names,
    subject_of,
)
from forecast.claims.record.verdict import ClaimMeasure, Reading
from forecast.claims.show import words as show
from forecast.desk import facts, provisional
from forecast.desk.answers import Asking
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import ahead, monthly
from forecast.errors import BordercastError, ClaimError
from forecast.names import SeriesNames, dimension_words, member_words, normal
from forecast.periods import Period
from forecast.sources import catalog, questions
from forecast.sources.questions import CountQuestion, NamedSpan
from forecast.sources.source import Source
from forecast.store.history import MonthRecord
from forecast.types import SUM_AHEAD, Row, SeriesKey
from forecast.words import capital, change_words, many, month_words, ordinal, signed

MOST_PARTS = 10  # of a dimension, beside the rest


@dataclass(frozen=True)
class Answer:
    """An answer in sentences, the first one enough to quote.

    value : for programs. series : what it is about, to be drawn: a name and its counts by month.
    key : of a series with a page of its own, None where it is of none or of several.
    report : what is true of the month of a total that it is about, None of anything else.
    """

    lines: tuple[str, ...]
    value: Row
    series: tuple[tuple[str, dict[str, int]], ...] = ()
    key: SeriesKey | None = None
    report: MonthFacts | None = None


class _UnansweredError(Exception):
    """Why a question that is understood has no answer."""


@dataclass(frozen=True)
class _Counted:
    """A subject's count of a span that is on record."""

    subject: Subject
    span: Period
    count: int
    name: str = ""


@dataclass(frozen=True)
class Answered:
    """What the measures of a record answer, and why another did not, None if none refused."""

    answers: tuple[tuple[Source, Answer], ...]
    refused: BordercastError | None = None


def ask(text: str, every: Iterable[Answering], sources: list[Source]) -> Answered:
    """Ask each measure that a question may be about.

    every : what answers for each; the connection may be about one after the other. sources : all.
    """
    named, refused = questions.measures_named(text, sources), None
    answers: list[tuple[Source, Answer]] = []
    for answering in every:
        if answering.source in named:
            try:
                answer = answering.answer(text)
            except BordercastError as error:  # another measure may know what this one does not
                refused = refused or error
                continue
            if answer is not None:
                answers.append((answering.source, answer))
    return Answered(tuple(answers), refused)


def for_programs(connection: sqlite3.Connection, source: Source, text: str) -> Row:
    """Answer a question about one measure in words and numbers; ClaimError if it is none."""
    answer = Answering(connection, source).answer(text)
    if answer is None:
        raise ClaimError(text, "no question that is understood; name a series and a month")
    return {"question": text, **answer.value, "lines": list(answer.lines)}


class Answering:
    """Answers questions about one measure of a record.

    connection : is about the measure, and stays open. table : its counts, None to read them.
    """

    def __init__(
        self, connection: sqlite3.Connection, source: Source, table: CountTable | None = None
    ) -> None:
        self.connection, self.source = connection, source
        self.table = table or CountTable.read(connection, source)

    @cached_property
    def names(self) -> SeriesNames:
        """Every series that may be asked about."""
        return series_names(self.table)

    def answer(self, text: str) -> Answer | None:
        """Answer a question; None where it is none about this measure.

        ClaimError if a word of it is not known, or what it asks for is not on record.
        """
        said = questions.absent(text, self.source)
        if said:
            return Answer((f"Not on record. {said}",), {"kind": "not on record", "answer": said})
        question = questions.asked(text, self.names, self.table.newest)
        if question is None:
            return None
        if question.unknown:
            words = ", ".join(map(repr, question.unknown))
            named = (catalog.that_have(normal(word), self.source) for word in question.unknown)
            others = next(filter(None, named), ())
            counted = f"this record counts {self.source.measure.noun}, not {' or '.join(others)}"
            problem = "no series, month or question of this record is so called"
            raise ClaimError(text, f"{words}: {counted if others else problem}")
        try:
            answered = _ANSWERS.get(question.kind, Answering.count)(self, question)
        except _UnansweredError as refused:
            raise ClaimError(text, str(refused)) from None
        value = {"kind": question.kind, **answered.value, "answer": answered.lines[0]}
        lines, begin = [*answered.lines], {months.to_index(t.first) for t in self.source.terms}
        if any(
            s.name or (s.period.first in begin and s.period.length > 12) for s in question.spans
        ):
            lines.append("January, which two administrations share, is counted under neither.")
        lines.append(monthly.caveat(self.source))
        return replace(answered, lines=tuple(lines), value=value)

    # -- what is asked about ------------------------------------------------------------------

    def _subjects(self, question: CountQuestion) -> list[list[Subject]]:
        """Return the readings of each thing."""
        whole = self.source.totals.whole
        things = [[subject_of(key, self.source) for key in keys] for keys in question.things]
        everywhere = question.everywhere and things[0][0]._replace(total=whole)
        # What is one part to people may be no sum: a field office has its own of each total.
        return [[everywhere]] if everywhere and self.table.counts(everywhere) else things

    def _only(self, question: CountQuestion) -> Subject:
        """Return the one series that is asked about; ClaimError if it may be several."""
        readings = self._subjects(question)[0]
        if len(readings) > 1 or question.apart:
            names = "; ".join(subject.words(self.source) for subject in readings)
            raise _UnansweredError(f"it could be any of these, so name one: {names}")
        return readings[0]

    def _line(self, subject: Subject) -> ClaimCounts:
        line = self.table.counts(subject)
        if line is None:
            raise _UnansweredError(f"no figures for {subject.words(self.source)} are on record")
        return line

    def _spans(self, question: CountQuestion, subject: Subject) -> list[NamedSpan]:
        """Return the months asked about as far as they are on record, else the newest one."""
        line = self._line(subject)
        if not question.spans:
            return [NamedSpan(Period(line.last, line.last))]
        spans = []
        for named in question.spans:
            period = named.period
            # What goes on until now ends with the newest figure; an administration may begin
            # before the record.
            if named.until_now and period.last > line.last:
                period = Period(line.last, line.last)
            elif period.last == self.table.newest or named.name:
                first = max(period.first, line.first) if named.name else period.first
                period = Period(first, max(min(period.last, line.last), first))
            if not line.holds(period):
                raise _UnansweredError(self.unheld(subject, named.period))
            spans.append(NamedSpan(period, named.name))
        return spans

    def unheld(self, subject: Subject, span: Period) -> str:
        """Say which figures there are of a series that does not hold a span."""
        line = self._line(subject)
        first, last = map(months.from_index, (line.first, line.last))
        words = self.source.calendar.words(span)
        missing = f"no figure for {words}"
        if span.length > 1:
            missing = f"not every month of {words} has a figure"
        problem = f"{missing}; on record are {first} to {last}"
        unknown = [months.from_index(month) for month in line.unknown_in(span)]
        if unknown:
            problem += f", but no count was published for {', '.join(unknown[:3])}"
        if span.length == 12 and span.first <= line.last < span.last:
            problem += f"; try '{self.source.calendar.name(span)} to date'"
        return ". ".join((problem, *self._early(subject, span)))

    def _early(self, subject: Subject, span: Period) -> list[str]:
        """Return what is said of a month that has no file, or is not complete in it."""
        early = provisional.of_month(self.connection, self.source, subject.key(self.source), span)
        return [provisional.sentence(of, self.source) for of in early]

    def counts(self, subject: Subject) -> dict[str, int]:
        """Return a series' counts by month."""
        line = self.table.counts(subject)
        by_month = line.by_month.items() if line else ()
        return {months.from_index(month): count for month, (count, _) in by_month}

    def statement(self, reading: Reading, value: float | None) -> str:
        """Say that the publisher counted so many."""
        publisher = capital(self.source.publisher.short)
        return f"{publisher} counted {show.statement(self.table, reading, value)}."

    def _drawn(self, *subjects: Subject) -> tuple[tuple[str, dict[str, int]], ...]:
        named = {subject.words(self.source): subject for subject in subjects}
        return tuple((name, self.counts(subject)) for name, subject in named.items())

    def _meaning(self, reading: Reading, count: float | None) -> Row:
        return {**claim_answers.meaning_json(reading, self.names), "count": count}

    def _about(self, *subjects: Subject) -> tuple[Any, SeriesKey | None]:
        """Return what an answer is about: its series and its page, as `Answer` has them."""
        keys = {subject.key(self.source) for subject in subjects}
        stored = keys & set(self.table.keys) if len(keys) == 1 else set()
        return self._drawn(*subjects), next(iter(stored), None)

    # -- answers ------------------------------------------------------------------------------

    def count(self, question: CountQuestion) -> Answer:
        """Answer how many, of each series and span that is named, and how these differ."""
        things = self._subjects(question)
        if question.apart:
            return self._apart(question, things)
        if len(things) == 1 and len(things[0]) > 1:
            return self.readings(things[0], self._held(question, things[0]))
        subjects = [readings[0] for readings in things]
        counted = [
            _Counted(subject, span.period, self.table.total(subject, span.period) or 0, span.name)
            for subject in subjects
            for span in self._spans(question, subject)
        ]
        if len(counted) == 1:
            return self.of(counted[0].subject, counted[0].span)
        lines = [self.statement(Reading(row.subject, row.span), row.count) for row in counted]
        rows = [self._meaning(Reading(row.subject, row.span), row.count) for row in counted]
        lines += self._differ(counted)
        return Answer(tuple(lines), {"compared": rows}, *self._about(*subjects))

    def of(self, subject: Subject, span: Period) -> Answer:
        """Answer how many a series counted in months on record, and all that is compared."""
        count, reading = self.table.total(subject, span) or 0, Reading(subject, span)
        lines = (self.statement(reading, count), *self.compared(subject, span))
        drawn, page = self._about(subject)
        report = self._report(subject, span) if page and page.headline else None
        return Answer(lines, self._meaning(reading, count), drawn, page, report)

    def _held(self, question: CountQuestion, readings: Sequence[Subject]) -> Period:
        """Return the span of a name of several readings: held by one of them at least."""
        newest = max(line.last for subject in readings if (line := self.table.counts(subject)))
        span = question.spans[0].period if question.spans else Period(newest, newest)
        if not any(self.table.total(subject, span) is not None for subject in readings):
            raise _UnansweredError(self.unheld(readings[0], span))
        return span

    def readings(self, subjects: Sequence[Subject], span: Period) -> Answer:
        """Say what each series counted that a name may mean, and what those of a kind come to."""
        source = self.source
        counts = {subject: self.table.total(subject, span) for subject in subjects}
        lines = [f"{capital(source.publisher.short)} counted, in each that the name may mean:"]
        sums: dict[str, list[int]] = {}
        for subject, count in counts.items():
            sums.setdefault(subject.dimension, [])
            if count is None:
                words = f"{subject.words(source)} in {source.calendar.words(span)}"
                lines.append(f"  not on record: {words}")
            else:
                lines.append(f"  {show.statement(self.table, Reading(subject, span), count)}")
                sums[subject.dimension].append(count)
        # Parts of one dimension share no count; a state and an office in it do.
        for dimension, of in sums.items():
            called = source.hierarchy.called.get(dimension, dimension)
            kind = f", by {called}" if len(sums) > 1 else ""
            lines += [f"Together{kind}: {sum(of):,}."] if len(of) > 1 else []
        if len(sums) > 1:
            lines.append("Those of different kinds may count the same, so they are not added up.")
        whole = len(sums) == 1 and None not in counts.values()
        rows = [self._meaning(Reading(subject, span), count) for subject, count in counts.items()]
        value = {"readings": rows, "count": sum(*sums.values()) if whole else None}
        drawn = sorted(subjects, key=lambda subject: counts[subject] or 0, reverse=True)
        return Answer(tuple(lines), value, self._drawn(*(s for s in drawn if counts[s])))

    def _apart(self, question: CountQuestion, things: list[list[Subject]]) -> Answer:
        """Say that no file tells two things together, and each of them."""
        first, second = (readings[0] for readings in things[:2])
        called = [dimension_words(s.dimension or "component", self.source) for s in (first, second)]
        lines = [f"Not on record together: no file tells {called[1]} by {called[0]}. Each alone:"]
        rows, asked = [], question.spans[0].period if question.spans else None
        for subject in chain.from_iterable(things):
            line = self.table.counts(subject)
            if line is None:
                continue
            span = Period(line.last, line.last)
            if asked and line.holds(asked):
                span = asked
            elif asked:
                lines.append(f"  {capital(self.unheld(subject, asked))}; the newest month:")
            reading, count = Reading(subject, span), line.total(span)
            lines.append(f"  {show.statement(self.table, reading, count)}")
            rows.append(self._meaning(reading, count))
        return Answer(tuple(lines), {"readings": rows, "count": None})

    def compared(self, subject: Subject, span: Period) -> Iterator[str]:
        """Yield what a count is made of, and all that it is compared with."""
        yield from filter(None, (show.halves(self.table, subject, span),))
        yield from self._early(subject, span)
        counts, now = self.counts(subject), self.table.total(subject, span) or 0
        if report := self._report(subject, span):
            yield from map("  {}".format, monthly.history_sentences(report))
            unknown = monthly.unknown_sentence(report)
            yield f"{monthly.comparison_sentence(report)} {unknown}".strip()
            yield monthly.rank_sentence(report)
        elif (before := span.shift(-12).total(counts)) is not None and span.length <= 12:
            change = change_words(now, before)
            yield f"The same months a year before: {before:,} ({change})."
        per_month, per_day = _rates(now, span)
        told = [per_month] * (span.length > 1) + [per_day] * (now >= span.days)
        if told:
            yield f"On average {', '.join(told)}."
        whole = self._whole_of(subject)
        all_of = whole and self.table.total(whole, span)
        if whole and all_of:
            yield f"That is {100 * now / all_of:.1f}% of the {all_of:,} {whole.words(self.source)}."
        yield from filter(None, (show.small(self.table, subject, span),))

    def _report(self, subject: Subject, span: Period) -> MonthFacts | None:
        """Return what is true of a month; None of a span. Of a part only its counts are known."""
        if span.length > 1:
            return None
        key, month = subject.key(self.source), span.first_month
        if key in set(self.table.keys):
            return facts.series_report(self.connection, key, month, self.source)
        known = MonthRecord(self.counts(subject), [], {"file_name": "", "rounding": 1})
        return facts.month_report(subject.total, month, known, self.source)

    def _whole_of(self, subject: Subject) -> Subject | None:
        """Return what a series is a part of: its total, and of a total all together."""
        above = self.source.tree.holders(subject.key(self.source))
        return Subject(above[0].total) if above else None

    def _differ(self, counted: Sequence[_Counted]) -> Iterator[str]:
        """Yield how counts differ: two times of one series, or several series in one time."""
        words, subjects = self.source.calendar.words, {row.subject for row in counted}
        if len(subjects) == 1:
            first, *_, last = sorted(counted, key=lambda row: row.span.first)
            if len(counted) == 2 and first.span.length == last.span.length:
                change = change_words(last.count, first.count)
                step = signed(last.count - first.count)
                yield f"Change from {words(first.span)} to {words(last.span)}: {change} ({step})."
            for row in counted:
                yield f"{capital(words(row.span))}: {', '.join(_rates(row.count, row.span))}."
        if len(subjects) == len(counted) > 1:
            names = [row.subject.words(self.source) for row in counted]
            if len(counted) == 2 and all(row.count for row in counted):
                first, second = counted
                change = change_words(first.count, second.count)
                yield f"The first is {first.count / second.count:,.2f} times the second ({change})."
            # Parts of one dimension, or totals, share no count.
            alike = {(row.subject.dimension, row.subject.agency) for row in counted}
            if len(alike) == 1 and len(set(names)) == len(names):
                yield f"Together: {sum(row.count for row in counted):,}."

    def rate(self, question: CountQuestion) -> Answer:
        """Answer how many a day or a month, of each span; under each administration its window."""
        subject = self._only(question)
        measure: ClaimMeasure = "per_day" if question.kind == "per day" else "per_month"
        lines, rows = [], []
        spans = self._spans(question, subject)
        for named in spans:
            span, words = named.period, self.source.calendar.words(named.period)
            count = self.table.total(subject, span) or 0
            per = {"per_month": count / span.length, "per_day": count / span.days}
            rates = _rates(count, span)
            lead = f"Under {named.name}, {words}" if named.name else capital(words)
            lines.append(
                f"{lead}: {', '.join(rates[:: -1 if measure == 'per_day' else 1])}; "
                f"{count:,} {subject.words(self.source)} in {many(span.length, 'month')} "
                f"({span.days:,} days)."
            )
            meaning = self._meaning(Reading(subject, span, measure), count)
            rows.append(meaning | per | {"name": named.name or None})
        if len(rows) == 1 and not spans[0].name:
            lines += self.compared(subject, spans[0].period)
        value = rows[0] if len(rows) == 1 else {"spans": rows}
        return Answer(tuple(lines), value, *self._about(subject))

    def share(self, question: CountQuestion) -> Answer:
        """Answer which part of a named whole a series is, in each span."""
        things = self._subjects(question)
        if question.apart or any(len(readings) > 1 for readings in things):
            return self.count(question)
        lines, rows = [], []
        for (subject,) in things:
            whole = (
                subject_of(question.whole, self.source)
                if question.whole
                else self._whole_of(subject)
            )
            if whole is None:
                raise _UnansweredError(f"{subject.words(self.source)} are all: a share of nothing")
            for named in self._spans(question, subject):
                span = named.period
                of, part = self.table.total(whole, span), self.table.total(subject, span) or 0
                if not of:
                    raise _UnansweredError(self.unheld(whole, span))
                reading = Reading(subject, span, "share_percent", of=whole)
                statement = show.statement(self.table, reading, 100 * part / of)
                lines.append(f"{capital(statement)} ({part:,} of {of:,}).")
                rows.append(self._meaning(reading, part) | {"share": part / of, "of": of})
                back = span.shift(-12)
                before = self.table.total(whole, back), self.table.total(subject, back)
                if before[0] and before[1] is not None and span.length <= 12:
                    when = self.source.calendar.words(back)
                    share = f"{100 * before[1] / before[0]:,.1f}% in {when}"
                    lines.append(f"A year before: {share} ({before[1]:,} of {before[0]:,}).")
        value = rows[0] if len(rows) == 1 else {"shares": rows}
        subjects = [subject for (subject,) in things]
        return Answer(tuple(lines), value, *self._about(*subjects))

    def days(self, question: CountQuestion) -> Answer:
        """Answer in how many days of another time as many came."""
        subject = self._only(question)
        line = self._line(subject)
        reference, *others = self._spans(question, subject)
        span = others[0].period if others else Period(line.last, line.last)
        count, then = (self.table.total(subject, of) or 0 for of in (span, reference.period))
        if not then:
            raise _UnansweredError("none were counted then")
        rate, words = then / reference.period.days, self.source.calendar.words
        statement = show.statement(self.table, Reading(subject, span), count)
        lines = (
            f"{statement}: as many as in {count / rate:,.1f} days of {words(reference.period)}.",
            f"{capital(words(reference.period))} had {then:,}, {rate:,.0f} a day.",
        )
        value = self._meaning(Reading(subject, span), count) | {"days": count / rate}
        return Answer(lines, value, *self._about(subject))

    def run(self, question: CountQuestion) -> Answer:
        """Answer for how many months in a row a count has risen or fallen."""
        subject = self._only(question)
        span = Period.of(self._spans(question, subject)[-1].period.last_month)
        report = self._report(subject, span)
        assert report is not None, "a month has a report"
        value = self._meaning(Reading(subject, span), report.count)
        value |= dict(zip(("months_in_a_row", "years_in_a_row"), report.runs, strict=True))
        first = self.statement(Reading(subject, span), report.count)
        counts, month = self.counts(subject), months.shift(report.month, -1)
        before = (facts.run(counts, month), facts.run(counts, month, 12))
        lines = (*monthly.run_words(report, least=1, before=before), first)
        return Answer(lines, value, *self._about(subject))

    def extreme(self, question: CountQuestion) -> Answer:
        """Answer which month or year was the highest or lowest, or where a month ranks."""
        subject, by_year = self._only(question), question.by == "year"
        period = question.spans[0].period if len(question.spans) == 1 else None
        if period and period.length == 1 and question.by != "month":
            return self._ranked(question, subject, period)
        line, calendar = self._line(subject), self.source.calendar
        within = period or Period(line.first, line.last)
        first_year, last_year = map(calendar.year, (within.first, within.last))
        years = map(calendar.period, range(first_year, last_year + 1))
        every = years if by_year else (Period(n, n) for n in within.numbers)
        spans = [span for span in every if line.holds(span)]
        if not spans:
            raise _UnansweredError(self.unheld(subject, within))
        sign, words = -1 if question.kind == "highest" else 1, calendar.words
        best, *others = sorted(spans, key=lambda span: (sign * line.total(span), -span.first))
        among = f"{len(spans)} {calendar.noun if by_year else 'month'}s on record"
        first = show.statement(self.table, Reading(subject, best), line.total(best))
        window = words(Period(spans[0].first, spans[-1].last))
        lines = [f"{first}: the {question.kind} of the {among}, {window}."]
        lines += [
            f"{ordinal(place)} {question.kind}: {words(span)}, {line.total(span):,}."
            for place, span in enumerate(others[:2], start=2)
        ]
        value = self._meaning(Reading(subject, best), line.total(best))
        return Answer(tuple(lines), value, *self._about(subject))

    def _ranked(self, question: CountQuestion, subject: Subject, month: Period) -> Answer:
        """Answer where a month ranks: its count, then its rank, then all else."""
        answered, report = self.count(question), self._report(subject, month)
        rank = monthly.rank_sentence(report) if report else ""
        first, *rest = answered.lines
        return replace(answered, lines=(first, rank, *(line for line in rest if line != rank)))

    def parts(self, question: CountQuestion) -> Answer:
        """Answer which parts of a total had the most."""
        by, above = question.by, self._only(question)
        counted = self._parts(question, above)
        sign, side = (1, "fewest") if question.fewest else (-1, "most")
        # What is left of all others is no part.
        counted.sort(key=lambda row: (row.subject.members == ("OTHER",), sign * row.count))
        best, totals = counted[0], self.source.totals
        of = self.table.total(above, best.span) or sum(row.count for row in counted) or 1
        kind = totals.one if by == "total" else dimension_words(by, self.source)
        readings = [Reading(row.subject, row.span) for row in counted]
        statement = show.statement(self.table, readings[0], best.count)
        lines = [f"{statement}: the {side} of {len(counted)}, by {kind}."]
        for place, row in enumerate(counted[:MOST_PARTS], start=1):
            name = [member_words(by, member, self.source) for member in row.subject.members]
            share = f"{row.count:,} ({100 * row.count / of:.1f}%)"
            called = name[0] if name else totals.name(row.subject.total)
            lines.append(f"  {place}. {called}: {share}")
        lines.append(f"Shares are of {of:,} {above.words(self.source)}.")
        rows = list(map(self._meaning, readings, [row.count for row in counted]))
        drawn = self._drawn(*(row.subject for row in counted[:2]))
        return Answer(tuple(lines), {"parts": rows[:MOST_PARTS], "of": of}, drawn)

    def _parts(self, question: CountQuestion, above: Subject) -> list[_Counted]:
        """Return the parts of a total by a dimension, of the months asked about or the newest."""
        by, hierarchy = question.by, self.source.hierarchy
        # No file tells two dimensions together but agencies and their sectors.
        apart = above.dimension or (above.agency and by not in (*hierarchy.by_component, "total"))
        every = () if apart else self._members(above, by, question.noun)
        known = {part: line for part in every if (line := self.table.counts(part))}
        if not known:
            raise _UnansweredError(f"no file tells {above.words(self.source)} by {by}")
        newest = max(line.last for line in known.values())
        span = question.spans[0].period if question.spans else Period(newest, newest)
        if span.last == self.table.newest > newest:
            span = Period(min(span.first, newest), newest)
        counted = [_Counted(s, span, x.total(span)) for s, x in known.items() if x.holds(span)]
        if not counted or span.last > newest:
            raise _UnansweredError(self.unheld(next(iter(known)), span))
        return counted

    def _members(self, above: Subject, by: str, noun: str) -> list[Subject]:
        """Return what a total is made of, by a dimension; of the whole the sums of all totals.

        noun : of sectors and field offices one alone, where it is named.
        """
        inside = self.source.tree.totals_of(above.total)
        if by == "total":
            return [Subject(total, above.agency) for total in self.source.totals.parts]
        keys = (key for key in self.table.keys if key.total in inside and key.dimension == by)
        every = [subject_of(key, self.source) for key in keys]
        if by != "field":  # of the whole the sums of all totals
            every = [part._replace(total=above.total) for part in every]
        of = [part for part in dict.fromkeys(every) if above.agency in ("", part.agency)]
        end = f" {noun}" if noun else "\0"
        return [part for part in of if part.members[0].lower().endswith(end)] or of

    def unusual(self, question: CountQuestion) -> Answer:
        """Answer whether a month was unusual, or what had been forecast of it."""
        subject = self._only(question)
        span = self._spans(question, subject)[-1].period
        key = subject.key(self.source)
        if span.length > 1 or key not in set(self.table.keys):
            raise _UnansweredError(
                "single months of a series that is forecast are judged; name one"
            )
        report = facts.series_report(self.connection, key, span.first_month, self.source)
        lines = (monthly.unusual_line(report), *monthly.expected_sentences(report))
        lines = lines[1:] + lines[:1] if question.kind == "forecast" and lines[1:] else lines
        value = self._meaning(Reading(subject, span), report.count)
        return Answer(lines, value | {"severity": report.severity}, self._drawn(subject), key)

    def _ahead(self, question: CountQuestion) -> str:
        """Name the months to come that are asked about; the next one where none are."""
        spans = question.spans
        return self.source.calendar.name(spans[0].period) if spans else "next month"

    def forecast(self, question: CountQuestion) -> Answer:
        """Answer what is forecast of months to come; of one that came, what had been."""
        subject = self._only(question)
        newest = self._line(subject).last
        if question.spans and question.spans[0].period.last <= newest:
            return self.unusual(question)
        key, asking = subject.key(self.source), Asking(self.connection, self.source)
        made = asking.span(key, self._ahead(question))
        name = asking.names.name(key)
        lines = [ahead.span_sentence(name, made, self.source), *asking.caveats(key, made)]
        value = {field: getattr(made, field) for field in SUM_AHEAD} | {"series": name}
        return Answer(tuple(lines), value, *self._about(subject))

    def chance(self, question: CountQuestion) -> Answer:
        """Answer how likely a count is."""
        subject = self._only(question)
        if not question.event:
            raise _UnansweredError("how likely is what? Write 'more than 10,000 in December 2026'")
        key, asking = subject.key(self.source), Asking(self.connection, self.source)
        span = self._ahead(question)
        chance = asking.chance(key, span, question.event)
        name = asking.names.name(key)
        value = {"series": name, "span": span, "event": question.event, "chance": chance.share}
        lines = (ahead.chance_sentence(name, chance), *asking.caveats(key, chance.span))
        return Answer(lines, value, *self._about(subject))

    def last(self, question: CountQuestion) -> Answer:
        """Answer when a count was last above or below a number."""
        subject = self._only(question)
        counts, number = self.counts(subject), int(question.event[1:])
        over = question.event[0] == ">"
        side = f"{'above' if over else 'below'} {number:,}"
        beyond = [m for m, n in counts.items() if (n > number if over else n < number)]
        month = max(beyond, default="")
        if not month:
            window = f"{month_words(min(counts))} to {month_words(max(counts))}"
            lines = [f"No month on record, {window}, was {side}: {subject.words(self.source)}."]
            return Answer(tuple(lines), {"month": None}, self._drawn(subject))
        span = Period.of(month)
        statement = show.statement(self.table, Reading(subject, span), counts[month])
        lines = [f"{statement}: the last month {side}."]
        value = self._meaning(Reading(subject, span), counts[month])
        return Answer(tuple(lines), value | {"month": month}, *self._about(subject))


def _rates(count: int, span: Period) -> list[str]:
    """Say how many a month a count is, and how many a day."""
    return [f"{count / span.length:,.0f} a month", f"{count / span.days:,.0f} a day"]


_ANSWERS: dict[str, Callable[[Answering, CountQuestion], Answer]] = {
    "per day": Answering.rate,
    "per month": Answering.rate,
    "share": Answering.share,
    "days": Answering.days,
    "run": Answering.run,
    "highest": Answering.extreme,
    "lowest": Answering.extreme,
    "parts": Answering.parts,
    "unusual": Answering.unusual,
    "forecast": Answering.forecast,
    "chance": Answering.chance,
    "last": Answering.last,
}
