"""A text -> its claims about border encounters, each with its verdict.

One sentence after the other; what a sentence leaves open is taken from those before it. A claim
that cannot be resolved is not understood, never guessed; it is wrong only if no likely meaning
makes it right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

from forecast.claims import explain, extremes, features, mentions, readings, times
from forecast.claims.mentions import Scene
from forecast.claims.readings import Candidate, ScoredReading, TextState
from forecast.claims.times import Now
from forecast.claims.tokens import WrittenNumber, sentences
from forecast.claims.truth import (
    APPREHENSION,
    AT_ENTRY,
    DRUG,
    FIELD_BORDERS,
    GROUPS,
    ClaimSpan,
    CountTable,
    Subject,
)
from forecast.claims.verdict import HOLDS, Claimed, ClaimVerdict, JudgedClaim, Reading, judge
from forecast.types import NATIONWIDE

MAX_CHARACTERS = 150_000  # characters of a text that are read
MOST_NUMBERS = 60  # in one sentence; a longer row of numbers is a table, not a claim
LIKELY = 0.8  # a sense that costs no more than this is what the words say
CONFIDENT = 1.35  # a claim is wrong only if its likeliest sense costs no more than this
PLAIN_RATIO, OPEN_RATIO = 12.0, 2.0  # how far off a number may be to be called wrong
FARTHEST = {
    "exact": 4.2,
    "small": 2.1,
    "rounded": 1.9,
    "tolerance": 1.4,
    "near": 2.6,
}  # the costliest sense that may make it right


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One claim.

    start, end : of the quote in the text, end exclusive. sense : what it was taken to mean, None
    for what is not on record. other : the sense that a mislabelled number is right for.
    """

    quote: str
    start: int
    end: int
    number: str
    claimed: Claimed | None
    sense: Reading | None
    judged: JudgedClaim
    why: str
    say_instead: str = ""
    other: Reading | None = None

    @property
    def verdict(self) -> ClaimVerdict:
        """The verdict."""
        return self.judged.verdict


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What looks like a claim but could not be resolved."""

    quote: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text with all that was found in it, in order of place."""

    text: str
    published: date
    claims: tuple[ClaimFinding, ...]
    not_understood: tuple[NotUnderstood, ...]


def check(text: str, table: CountTable, published: date) -> CheckedText:
    """Find and judge the claims of a text.

    published : the day as of which "last month" and the like are read.
    """
    reader = _Reader(text, table, published)
    findings = list(reader.read())
    claims = [finding for finding in findings if isinstance(finding, ClaimFinding)]
    unclear = [finding for finding in findings if isinstance(finding, NotUnderstood)]
    return CheckedText(
        text,
        published,
        tuple(sorted(claims, key=lambda finding: (finding.start, finding.end))),
        tuple(sorted(unclear, key=lambda finding: finding.start)),
    )


@dataclass(slots=True)
class _Anchor:
    """A count of this sentence, and what it was taken to mean.

    compared : whether something else is compared with it. bound : whether its agency is named.
    """

    number: WrittenNumber
    subject: Subject
    span: ClaimSpan
    compared: bool
    bound: bool = True


@dataclass(frozen=True, slots=True)
class _Mention:
    """A number in its place: start and end of the quote, its digits, what is claimed."""

    start: int
    end: int
    digits: str
    claimed: Claimed


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, table: CountTable, published: date) -> None:
        self.text, self.table = text, table
        self.scenes = [
            Scene(text, sentence, table.source) for sentence in sentences(text[:MAX_CHARACTERS])
        ]
        self.context = TextState(Now(published, table.source.year_begins))
        self._survey()
        self.hosts: list[_Anchor] = []
        self.unclear = self.stale = False
        self.spans: dict[
            float, ClaimSpan
        ] = {}  # of the counts that were understood, by their value

    def _survey(self) -> None:
        """What the whole text speaks of: its border, its sectors."""
        phrases = [phrase.phrase for scene in self.scenes for phrase in scene.phrases]
        self.context.speaks = frozenset((phrase.kind, phrase.value) for phrase in phrases)
        totals = [phrase.value for phrase in phrases if phrase.kind == "border"]
        land = [total for total in totals if total in ("southwest", "northern")]
        if land:
            self.context.home = max(dict.fromkeys(land), key=land.count)
        self.context.sectors_named = frozenset(
            phrase.phrase.value
            for scene in self.scenes
            for phrase in scene.of_kind("sector")
            if any(scene.low(i).startswith("sector") for i in range(phrase.first, phrase.last + 1))
        )

    def read(self) -> Iterator[ClaimFinding | NotUnderstood]:
        """All findings."""
        for scene in self.scenes:
            self.hosts, self.unclear = [], False
            # A border that a sentence names ends what was said of a sector before.
            totals = scene.of_kind("border")
            if totals and not scene.of_kind("sector", "office", "city"):
                self.context.total = totals[0].phrase.value
            if len(scene.numbers) <= MOST_NUMBERS:
                for number in scene.numbers:
                    finding = self._number(scene, number)
                    if isinstance(finding, ClaimFinding) and readings.says_crossed(scene, number):
                        finding = self._crossed(finding)
                    if finding:
                        yield finding
                yield from self._extremes(scene)
            self._after(scene)

    def _after(self, scene: Scene) -> None:
        """Carry what this sentence said to the next ones."""
        context = self.context
        self.stale = self.unclear or (self.stale and not self.hosts)
        main = [host for host in self.hosts if not host.compared]
        for host in reversed(self.hosts):
            context.saw(host.span)
        if not main and self.hosts and context.subject and context.span:
            context.saw(context.span)
            return
        main = main or self.hosts
        if main:
            last = main[0]
            context.subject, context.span = last.subject, last.span
            context.agency = last.subject.agency
            context.total = last.subject.total if not last.subject.dimension else context.total
            subject = last.subject
            kind = {"field": "office" if subject.agency == "ofo" else "sector"}
            dimension = kind.get(subject.dimension, subject.dimension)
            context.part = (dimension, subject.members, subject.other_than)
            context.group = readings.NO_PART
            if dimension in GROUPS:
                context.group, context.part = context.part, readings.NO_PART
            context.saw(last.span)
            return
        self._after_words(scene)

    def _after_words(self, scene: Scene) -> None:
        """A sentence without a count still says of what the next ones speak."""
        context = self.context
        sectors = [p for p in scene.of_kind("sector") if readings._sure(scene, p, context)]
        totals = [phrase.phrase.value for phrase in scene.of_kind("border")]
        if sectors:
            context.part = ("sector", (sectors[-1].phrase.value,), False)
        elif totals:
            context.total = totals[-1]
            if not readings.same_border(context.part, totals[-1]):
                context.part = readings.NO_PART
        measures = {phrase.phrase.value for phrase in scene.of_kind("measure")}
        spoken = next((value for value in ("usbp", "ofo", "all") if value in measures), None)
        if spoken:
            context.agency = "" if spoken == "all" else spoken
            total = context.total or context.home
            if total and not sectors:
                context.subject = Subject(total, context.agency)
        self._saw_times(scene)

    def _saw_times(self, scene: Scene) -> None:
        context = self.context
        for ref in scene.times:
            if ref.counts and not ref.relative and not ref.since:
                for span in times.spans(ref, context.when)[:1]:
                    context.saw(span)

    # -- numbers -----------------------------------------------------------------------------------

    def _number(self, scene: Scene, number: WrittenNumber) -> ClaimFinding | NotUnderstood | None:
        if (
            mentions.is_plain_no(scene, number)
            or scene.covered(number)
            or features.supposed(scene, number)
        ):
            return None
        why = features.other_unit(scene, number, mentions.noun_after(scene, number))
        if why and number.kind in ("percent", "times", "count"):
            return self._not_held(scene, number, why)
        if number.kind == "percent":
            return self._percent(scene, number)
        if number.kind == "times":
            compares = features.is_multiple(scene, number)
            return self._change(scene, number, "times") if compares else None
        return self._count(scene, number) if number.kind == "count" else None

    def _crossed(self, finding: ClaimFinding) -> ClaimFinding:
        """Crossed illegally: not said of arrests of which most were made in the interior."""
        sense, claimed = finding.sense, finding.claimed
        if sense is None or claimed is None or sense.measure != "total":
            return finding
        split = explain.split_of(self.table, sense.subject, sense.span)
        if split is None:
            return finding
        case = _Mention(finding.start, finding.end, finding.number, claimed)
        entry = replace(sense, subject=Subject(sense.subject.total, "", APPREHENSION, (AT_ENTRY,)))
        if finding.verdict not in HOLDS:
            judged = judge(self.table, entry, claimed, strict=True)
            holds = judged.verdict in HOLDS and judged.evidence != "tolerance"
            return self._finding(case, ScoredReading(entry, 0.0), judged) if holds else finding
        if not split.mostly_inside:
            return finding
        judged = replace(finding.judged, verdict="mislabelled", truth=split.entry)
        return self._finding(case, ScoredReading(entry, 0.0), judged, sense)

    def _count(self, scene: Scene, number: WrittenNumber) -> ClaimFinding | NotUnderstood | None:
        noun = mentions.noun_after(scene, number)
        off = features.off_topic(scene, number, noun)
        if off:
            return self._not_held(scene, number, off)
        if noun.kind == "not_claim":
            return None
        if features.is_count(scene, number, noun, self.context):
            return self._encounters(scene, number, noun)
        if features.may_be_count(scene, number, noun, self.context):
            return self._encounters(scene, number, mentions.NounAfter("unknown"))
        return None

    def _encounters(
        self, scene: Scene, number: WrittenNumber, noun: mentions.NounAfter
    ) -> ClaimFinding | NotUnderstood | None:
        """A count of encounters: a total, an average, or the size of a change."""
        if features.of_days(scene, number):
            return self._not_held(scene, number, "days and weeks are not on record")
        relation = features.relation(scene, number)
        if relation == "total" and noun.kind == "bare" and self._daily_before(scene, number):
            relation = "per_day"
        if relation in ("per_day", "per_month"):
            return self._average(scene, number, relation)
        if relation == "difference":
            return self._change(scene, number, "difference")
        return self._total(scene, number, noun)

    def _total(
        self, scene: Scene, number: WrittenNumber, noun: mentions.NounAfter
    ) -> ClaimFinding | NotUnderstood | None:
        compared = scene.compares(number.first)
        base = self._base_span() if compared or self.hosts else self.context.span
        whose = readings.subjects(scene, number, self.context)
        when = readings.spans_for(scene, number, self.context, base, compared)
        if self.hosts:
            fresh = features.says_whose(scene, self.hosts[-1].number, number)
            whose, when = self._beside(whose, when, compared, fresh)
        claimed = mentions.claimed(scene, number)
        if self.hosts and features.is_whole(scene, self.hosts[-1].number, number):
            part = self.hosts[-1].subject
            whole = Subject(part.total, part.agency)
            whose = [
                Candidate(whole, 0.0),
                *(Candidate(subject.value, subject.cost + 0.6) for subject in whose),
            ]
        if claimed.value in self.spans and not (when and when[0].bound):
            when = [Candidate(self.spans[claimed.value], 0.1), *when]
        options = readings.weigh(whose, when)
        finding = self._decide(scene, number, options, claimed, noun.kind == "unknown")
        if isinstance(finding, ClaimFinding) and self._contradicts(finding):
            why = "the text gives another number for what this seems to mean"
            finding = NotUnderstood(finding.quote, finding.start, finding.end, why)
        taken = self._taken(finding, options)
        if taken:
            beside = compared or readings.is_compared_time(scene, number)
            tied = bool(whose) and whose[0].bound
            self.hosts.append(_Anchor(number, taken.subject, taken.span, beside, tied))
            self.spans.setdefault(claimed.value, taken.span)
        self.unclear = self.unclear or not isinstance(finding, ClaimFinding)
        return finding

    def _taken(
        self, finding: ClaimFinding | NotUnderstood | None, options: Sequence[ScoredReading]
    ) -> Reading | None:
        """What the rest of the text may take a count to have meant."""
        if isinstance(finding, ClaimFinding):
            return finding.sense
        likely = isinstance(finding, NotUnderstood) and options and options[0].cost <= CONFIDENT
        return options[0].sense if likely else None

    def _daily_before(self, scene: Scene, number: WrittenNumber) -> bool:
        """298 a day at the border and 330 nationwide."""
        before = [n for n in scene.numbers if n.last <= number.first and n.kind == "count"]
        if not before or number.first - before[-1].last > 12:
            return False
        own = any(
            place[0] >= number.last and ref.counts
            for ref, place in zip(scene.times, scene.time_places, strict=True)
        )
        return features.relation(scene, before[-1]) == "per_day" and not own

    def _contradicts(self, finding: ClaimFinding) -> bool:
        """Whether another number of this sentence already means the same: one of them does not."""
        same = any(finding.sense == Reading(host.subject, host.span) for host in self.hosts)
        return same and finding.verdict == "wrong"

    def _beside(
        self,
        whose: list[Candidate[Subject]],
        when: list[Candidate[ClaimSpan]],
        compared: bool,
        fresh: bool,
    ) -> tuple[list[Candidate[Subject]], list[Candidate[ClaimSpan]]]:
        """A second count of a sentence is of the first one's kind, and often of its months."""
        host = self.hosts[-1]
        own = whose[0].value if whose and whose[0].bound else None
        if fresh and own and own.dimension in GROUPS:
            like = own._replace(total=host.subject.total, agency=host.subject.agency)
            whose = [
                Candidate(like, 0.1, True),
                *(Candidate(w.value, w.cost + 0.3, w.bound) for w in whose),
            ]
        elif not fresh:
            whose = [
                Candidate(host.subject, 0.0, host.bound),
                *(Candidate(w.value, w.cost + 0.4) for w in whose),
            ]
        elif not (whose and whose[0].bound and whose[0].cost == 0):
            whose = [Candidate(host.subject, 0.3), *whose]
        bound = bool(when) and when[0].bound
        if compared and when and when[0].value == host.span and host.span.length <= 12:
            # Down from 2,063,692: the time of the sentence is that of the first number.
            bound, when = False, [Candidate(w.value, w.cost + 0.8) for w in when]
            when = [Candidate(host.span.shift(-12), 0.4), *when]
        if not compared and not bound and not any(option.value == host.span for option in when):
            when = [*when, Candidate(host.span, 0.5)]
        if compared and not bound:
            when = [
                *when,
                *(Candidate(host.span.shift(by), 1.2) for by in (-12, -1) if host.span.length < 13),
            ]
        by_cost = sorted(when, key=lambda option: option.cost)
        return sorted(whose, key=lambda option: option.cost), by_cost

    def _base_span(self) -> ClaimSpan | None:
        before = [host for host in self.hosts if not host.compared]
        return before[-1].span if before else self.context.span

    def _average(
        self, scene: Scene, number: WrittenNumber, relation: features.Relation
    ) -> ClaimFinding | NotUnderstood | None:
        if features.of_weeks(scene, number):
            return self._not_held(scene, number, "days and weeks are not on record")
        whose = readings.subjects(scene, number, self.context)
        when = readings.spans_for(scene, number, self.context, self._base_span())
        if self.hosts and not (when and when[0].bound):
            when = [Candidate(self.hosts[-1].span, 0.2), *when]
        claimed = mentions.claimed(scene, number)
        return self._decide(scene, number, readings.weigh(whose, when, relation), claimed)

    def _percent(self, scene: Scene, number: WrittenNumber) -> ClaimFinding | NotUnderstood | None:
        off = features.off_topic(scene, number, mentions.noun_after(scene, number))
        if off:
            return self._not_held(scene, number, off)
        if features.is_share(scene, number):
            return self._share(scene, number)
        return self._change(scene, number, "change_percent")

    def _change(
        self, scene: Scene, number: WrittenNumber, measure: str
    ) -> ClaimFinding | NotUnderstood | None:
        """A change against another span: percent, difference or multiple."""
        if not features.about_encounters(scene, number, self.context):
            return None
        sign = mentions.direction(scene, number) if measure != "times" else 1
        if sign == 0:
            return None
        bases = self._bases(scene, number)
        # Of what the last count was compared with: from 12,085 in November to 4,098 in February.
        pair = next((host.span for host in reversed(self.hosts) if host.compared), None)
        options: list[ScoredReading] = []
        named = False
        for whose, when in bases[:6]:
            against = features.versus(scene, number, self.context, when.value, pair)
            named = named or any(option.bound for option in against)
            if against:
                options += readings.weigh([whose], [when], measure, against)  # type: ignore[arg-type]
        options.sort(key=lambda option: option.cost)
        range_ = features.from_to(scene, number, self.context)
        if range_ and bases:
            now, before = range_
            sense = Reading(bases[0][0].value, now, measure, before)  # type: ignore[arg-type]
            options.insert(0, ScoredReading(sense, 0.1, bases[0][0].bound, True))
        claimed = mentions.claimed(scene, number, sign)
        if measure == "times" and number.value < 1:
            claimed = replace(claimed, unit=0.1)
        if not range_ and features.unread_base(scene, number):
            case = _Mention(*self._quoted(scene, number), self._digits(scene, number), claimed)
            return self._unclear(case, "what it is compared with is not understood")
        finding = self._decide(scene, number, options, claimed)
        return finding if named or range_ or pair else _unless_wrong(finding)

    def _bases(
        self, scene: Scene, number: WrittenNumber
    ) -> list[tuple[Candidate[Subject], Candidate[ClaimSpan]]]:
        """What it is that changed, and when: the sentence's count, or what its words say."""
        whose = readings.subjects(scene, number, self.context)
        when = [
            option
            for option in readings.spans_for(scene, number, self.context, main_only=True)
            if not features.is_versus(scene, number, option.value, self.context)
        ]
        bases: list[tuple[Candidate[Subject], Candidate[ClaimSpan]]] = []
        main = [host for host in self.hosts if not host.compared]
        main = main or ([] if self.context.subject else self.hosts)
        own_part = any(
            option.bound and option.value.dimension and option.cost == 0 for option in whose[:1]
        )
        for rank, host in enumerate(reversed(main[-2:])):
            subject = whose[0] if own_part else Candidate(host.subject, 0.0, True)
            bases.append((subject, Candidate(host.span, 0.7 * rank, True)))
        ahead = features.count_ahead(scene, number, self.context)
        if ahead:
            bases += [(subject, ahead) for subject in whose[:2]]
        cost = 1.3 if main else 0.0
        for a, b in product(whose[:4], when[:5]):
            bases.append((Candidate(a.value, a.cost + cost, a.bound), b))
        if not main and self.context.subject and self.context.span:
            carried = Candidate(self.context.subject, 0.1 if self.hosts else 0.5, bool(self.hosts))
            tight = [option for option in when if option.bound]
            bases += [(carried, option) for option in tight or [Candidate(self.context.span, 0.3)]]
        return sorted(bases, key=lambda pair: pair[0].cost + pair[1].cost)

    def _share(self, scene: Scene, number: WrittenNumber) -> ClaimFinding | NotUnderstood | None:
        if not features.about_encounters(scene, number, self.context):
            return None
        when = readings.spans_for(scene, number, self.context)
        if self.hosts and not (when and when[0].bound):
            when = [Candidate(self.hosts[0].span, 0.1), *when]
        options = features.shares(
            scene, number, self.context, when, [h.subject for h in self.hosts]
        )
        if options is None:
            return None
        if not options:
            return self._not_held(scene, number, "this share is not on record")
        return self._decide(scene, number, options, mentions.claimed(scene, number))

    # -- extremes ----------------------------------------------------------------------------------

    def _extremes(self, scene: Scene) -> Iterator[ClaimFinding | NotUnderstood]:
        for extreme in extremes.find(scene, self.context):
            here = extreme.number
            why = features.other_measure(scene, here)
            if why:
                judged = JudgedClaim("cannot_be_checked", why=why)
                quote = self.text[extreme.start : extreme.end]
                yield ClaimFinding(
                    quote, extreme.start, extreme.end, extreme.digits, None, None, judged, why
                )
                continue
            near = sorted(
                self.hosts,
                key=lambda host: scene.distance(
                    (host.number.first, host.number.last), (here.first, here.last)
                ),
            )
            main = [host for host in near if not host.compared] or near
            if main:
                pairs = [
                    (Candidate(host.subject, 0.5 * i, True), Candidate(host.span, 0.4 * i, True))
                    for i, host in enumerate(main[:2])
                ]
            else:
                pairs = self._bases(scene, here)[:6]
                named = bool(pairs) and pairs[0][0].value.dimension == DRUG
                if self.context.subject and self.context.span and not named:
                    pairs.insert(
                        0, (Candidate(self.context.subject, 0.2), Candidate(self.context.span, 0.3))
                    )
            options = [
                reading for pair in pairs for reading in extremes.weigh(extreme, pair, self.context)
            ]
            finding = self._decide_extreme(
                extreme, sorted(options, key=lambda reading: reading.cost)
            )
            if finding:
                yield finding

    def _decide_extreme(
        self, extreme: extremes.Extreme, options: Sequence[ScoredReading]
    ) -> ClaimFinding | NotUnderstood | None:
        judged = [(option, judge(self.table, option.sense, extreme.claimed)) for option in options]
        case = _Mention(extreme.start, extreme.end, extreme.digits, extreme.claimed)
        for reading, verdict in judged:
            if verdict.verdict in HOLDS and reading.cost <= 2.2:
                return self._finding(case, reading, verdict)
        likely = [pair for pair in judged if pair[0].cost <= 1.0]
        if not likely:
            return None
        open_ = [pair for pair in likely if pair[1].verdict != "wrong"]
        reading, verdict = (open_ or likely)[0]
        open_year = (
            extreme.yearly and reading.sense.span.length == 1
        )  # a record of the year, or ever?
        vague = not extreme.plain or reading.sense.among == "span" or open_year
        if verdict.verdict == "wrong" and vague:
            return self._unclear(case, "what it is compared with is not clear")
        return self._finding(case, reading, verdict)

    # -- decisions ---------------------------------------------------------------------------------

    def _decide(
        self,
        scene: Scene,
        number: WrittenNumber,
        options: Sequence[ScoredReading],
        claimed: Claimed,
        only_if_exact: bool = False,
    ) -> ClaimFinding | NotUnderstood | None:
        """The verdict on a number, by its likeliest sense that makes it right."""
        case = _Mention(*self._quoted(scene, number), self._digits(scene, number), claimed)
        if not options:
            return (
                None
                if only_if_exact
                else self._unclear(case, "the text does not say whose or when")
            )
        farthest = self._farthest(claimed, options[0].sense)
        judged = [
            (option, judge(self.table, option.sense, claimed))
            for option in options[:120]
            if option.cost <= farthest
        ]
        finding = self._holding(case, judged, only_if_exact)
        if finding or only_if_exact:
            return finding
        rescued = self._rescued(options[0], claimed)
        if rescued:
            return self._finding(case, *rescued)
        first = judged[0] if judged else (options[0], judge(self.table, options[0].sense, claimed))
        # Where some meaning, however unlikely, makes it right, it is not called wrong.
        sure = not features.is_partial(scene, number) and not any(
            judge(self.table, option.sense, claimed).verdict in HOLDS for option in options[:200]
        )
        return self._failing(case, first, judged, sure)

    def _holding(
        self,
        case: _Mention,
        judged: Sequence[tuple[ScoredReading, JudgedClaim]],
        only_if_exact: bool,
    ) -> ClaimFinding | None:
        """What makes a claim right, or right for something else; None where nothing does."""
        likely_ones = [pair for pair in judged if pair[0].cost <= LIKELY]
        likely = next(self._held(likely_ones, case.claimed), None)
        if likely:
            return self._finding(case, *likely)
        if only_if_exact:
            exact = [pair for pair in judged if pair[1].verdict == "right"]
            return self._finding(case, *exact[0]) if exact and case.claimed.value >= 1000 else None
        total = bool(judged) and judged[0][0].sense.measure == "total"
        pair = next(self._held(judged, case.claimed), None)
        other = self._mislabelled(judged if total else judged[:1], case.claimed)
        if other and (total or not pair):
            reading, sense, verdict = other
            return self._finding(case, reading, verdict, sense)
        return self._finding(case, *pair) if pair else None

    def _failing(
        self,
        case: _Mention,
        first: tuple[ScoredReading, JudgedClaim],
        judged: Sequence[tuple[ScoredReading, JudgedClaim]],
        sure: bool,
    ) -> ClaimFinding | NotUnderstood:
        """A claim that nothing makes right: wrong only if what it means is beyond doubt."""
        reading, verdict = first
        if verdict.verdict == "cannot_be_checked":
            return self._finding(case, reading, verdict)
        near = [v for other, v in judged if other.cost <= reading.cost + 0.5]
        if any(v.verdict == "cannot_be_checked" for v in near):
            return self._unclear(case, "one likely meaning is not on record")
        if (
            sure
            and self._sure(reading, verdict, case.claimed)
            and not self._between(judged, case.claimed)
        ):
            return self._finding(case, reading, verdict)
        return self._unclear(case, "it is not certain whose or when")

    def _unclear(self, case: _Mention, why: str) -> NotUnderstood:
        return NotUnderstood(self.text[case.start : case.end], case.start, case.end, why)

    def _between(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> bool:
        """Whether it depends on the day up to which "this year" was counted."""
        first = judged[0][0].sense
        alike = [
            float(verdict.truth)
            for reading, verdict in judged
            if verdict.truth is not None
            and reading.sense.subject == first.subject
            and reading.sense.span.first == first.span.first
        ]
        return len(alike) > 1 and min(alike) <= claimed.value <= max(alike)

    def _sure(self, first: ScoredReading, judged: JudgedClaim, claimed: Claimed) -> bool:
        """Whether a claim that nothing makes right may be called wrong."""
        if first.cost > CONFIDENT or not judged.truth:
            return False
        if (self.stale and first.cost > 0.25) or (self.unclear and first.sense.measure != "total"):
            return False
        if first.sense.measure not in ("total", "per_day"):
            return True
        if claimed.hedge == "over" and abs(judged.truth) > abs(claimed.value):
            return False  # true to the letter, if far more
        # A number of quite another size is likelier misread than misprinted.
        times = abs(claimed.value / judged.truth) or 1e-9
        most = PLAIN_RATIO if first.cost <= 0.35 and first.span_bound else OPEN_RATIO
        return 1 / most <= times <= most

    def _held(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> Iterator[tuple[ScoredReading, JudgedClaim]]:
        """Those that make it right: exact ones before those within a tolerance."""
        holding = [pair for pair in judged if pair[1].verdict in HOLDS]
        strict = [pair for pair in holding if pair[1].evidence != "tolerance"]
        if strict and holding and strict[0][0].cost <= holding[0][0].cost + 2.5:
            yield strict[0]
        for reading, verdict in holding:
            if reading.cost <= FARTHEST["near"] and _very_near(verdict, claimed):
                yield reading, verdict
            limit = "tolerance" if verdict.evidence == "tolerance" else "small"
            if reading.cost <= FARTHEST[limit]:
                yield reading, verdict

    def _farthest(self, claimed: Claimed, sense: Reading) -> float:
        if sense.measure != "total" or not claimed.exact or claimed.hedge:
            return FARTHEST["rounded"]
        return FARTHEST["exact"] if abs(claimed.value) >= 1000 else FARTHEST["small"]

    def _mislabelled(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> tuple[ScoredReading, Reading, JudgedClaim] | None:
        """Right for another agency's or border's count of the same months."""
        seen = {
            reading.sense for reading, _ in judged
        }  # what the words may mean is no other measure
        for reading, verdict in judged:
            if reading.cost > CONFIDENT or not reading.agency_bound:
                continue
            for sense, agency_only in readings.other_measures(reading.sense):
                far = not agency_only and not _precise(claimed)
                # A rounded number near that of the ports alone is near it by chance.
                chance = sense.subject.agency == "ofo" and not _precise(claimed)
                if sense in seen or far or chance:
                    continue
                seen.add(sense)
                other = judge(self.table, sense, claimed)
                if sense.measure == "times" or (
                    verdict.truth is None and not sense.subject.dimension
                ):
                    continue
                near = (
                    other.truth is not None and abs(other.truth - claimed.value) <= claimed.unit / 2
                )
                if other.verdict in HOLDS and (agency_only or near):
                    return (
                        reading,
                        sense,
                        replace(verdict, verdict="mislabelled", evidence=other.evidence),
                    )
        return None

    def _rescued(
        self, first: ScoredReading, claimed: Claimed
    ) -> tuple[ScoredReading, JudgedClaim] | None:
        """An exact number that is, to the digit, another count that this text speaks of."""
        sense = first.sense
        if sense.measure != "total" or not claimed.exact or claimed.value < 1000:
            return None
        spans = [sense.span] if first.span_bound else [sense.span, *self.context.recent]
        for subject, span in product(self._spoken(first), spans):
            if self.table.total(subject, span) == claimed.value:
                return ScoredReading(Reading(subject, span), 3.0), JudgedClaim(
                    "right", claimed.value, evidence="record"
                )
        return None

    def _spoken(self, first: ScoredReading) -> Iterator[Subject]:
        yield first.sense.subject
        agencies = (first.sense.subject.agency,) if first.agency_bound else ("", "usbp", "ofo")
        for total, agency in product(("southwest", "northern", NATIONWIDE), agencies):
            yield Subject(total, agency)
        for sector in self.context.sectors_named:
            yield Subject(FIELD_BORDERS.get(sector, "southwest"), "usbp", "field", (sector,))

    # -- making findings ---------------------------------------------------------------------------

    def _digits(self, scene: Scene, number: WrittenNumber) -> str:
        start, end = scene.extent(number)
        return self.text[start:end]

    def _quoted(self, scene: Scene, number: WrittenNumber) -> tuple[int, int]:
        """A number with its hedge and its noun."""
        first, last = number.first, number.last
        for phrase in scene.of_kind("hedge"):
            if phrase.last == first:
                first = phrase.first
        noun = mentions.noun_after(scene, number)
        if noun.placed and noun.placed.first <= last + 3:
            last = noun.placed.last
        return scene.tokens[first].start, scene.tokens[last - 1].end

    def _not_held(self, scene: Scene, number: WrittenNumber, why: str) -> ClaimFinding:
        start, end = self._quoted(scene, number)
        judged = JudgedClaim("cannot_be_checked", why=why)
        quote = self.text[start:end]
        claimed = mentions.claimed(scene, number)
        return ClaimFinding(
            quote, start, end, self._digits(scene, number), claimed, None, judged, why
        )

    def _finding(
        self,
        case: _Mention,
        reading: ScoredReading,
        judged: JudgedClaim,
        other: Reading | None = None,
    ) -> ClaimFinding:
        explanation = explain.explain(self.table, reading.sense, case.claimed, judged, other)
        small = explain.small(self.table, reading.sense.subject, reading.sense.span)
        return ClaimFinding(
            quote=self.text[case.start : case.end],
            start=case.start,
            end=case.end,
            number=case.digits,
            claimed=case.claimed,
            sense=reading.sense,
            judged=judged,
            why=" ".join(filter(None, (explanation.why, small))),
            say_instead=explanation.instead,
            other=other,
        )


def _unless_wrong(finding: ClaimFinding | NotUnderstood | None) -> Any:
    """No false accusation: a month or a year earlier is only what is often compared with."""
    if not isinstance(finding, ClaimFinding) or finding.verdict != "wrong":
        return finding
    why = "what it is compared with is not said"
    return NotUnderstood(finding.quote, finding.start, finding.end, why)


def _very_near(judged: JudgedClaim, claimed: Claimed) -> bool:
    """Whether an exact count is so near today's that it can hardly be another's."""
    exact = claimed.exact and not claimed.hedge and abs(claimed.value) >= 1000
    return exact and abs((judged.truth or 0) - claimed.value) <= 0.002 * abs(claimed.value)


def _precise(claimed: Claimed) -> bool:
    """Whether a count has digits enough to be told by them."""
    return claimed.value >= 1000 and claimed.value / claimed.unit >= 200
