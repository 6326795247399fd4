"""A text -> its claims about what the record counts, each with its verdict.

One sentence after the other; what a sentence leaves open is taken from those before it. Counts are
read first, as an exact one nearly always names itself; then what is said between them: changes,
shares, averages, ranks. A claim that cannot be resolved is not understood, never guessed; it is
wrong only if no likely meaning makes it right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from forecast.claims import (
    comparisons,
    explain,
    extremes,
    features,
    mentions,
    readings,
    shares,
    times,
)
from forecast.claims.features import NumberRole
from forecast.claims.mentions import CONCEDING, Scene
from forecast.claims.readings import Anchor, Candidate, ScoredReading, TextState
from forecast.claims.times import Now
from forecast.claims.tokens import WrittenNumber, sentences
from forecast.claims.truth import (
    APPREHENSION,
    AT_ENTRY,
    DRUG,
    EVERYWHERE,
    FIELD_TOTALS,
    GROUPS,
    ClaimSpan,
    CountTable,
    Subject,
)
from forecast.claims.verdict import (
    HOLDS,
    Claimed,
    ClaimMeasure,
    ClaimVerdict,
    JudgedClaim,
    Reading,
    judge,
)
from forecast.claims.weights import cost
from forecast.types import NATIONWIDE

MAX_CHARACTERS = 150_000  # characters of a text that are read
MOST_NUMBERS = 60  # in one sentence; a longer row of numbers is a table, not a claim
FAR_OFF, PLAIN_OFF = 3.0, 12.0  # a number this many times off is likelier misread than misprinted


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One claim.

    start, end : of the quote in the text, end exclusive. sense : what it was taken to mean, None
    for what is not on record. other : what a mislabelled number is right for.
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


AnyFinding = ClaimFinding | NotUnderstood | None


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


@dataclass(frozen=True, slots=True)
class _Mention:
    """A number in its place: start and end of the quote, its digits, what is claimed."""

    start: int
    end: int
    digits: str
    claimed: Claimed


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the words beside a count leave open.

    agencies : whose it may be. spans : what the time beside it may mean, none where none binds;
    months : of a year, 0 to 11, where that time names no year. part : whether a group or a sector
    stands right beside it, so that it is no total. members : of the one that leads it. spoken : the
    times that the text has spoken of, which a month without its year may be near.
    """

    agencies: frozenset[str] = readings.EVERY
    spans: frozenset[ClaimSpan] = frozenset()
    months: frozenset[int] = frozenset()
    part: bool = False
    members: frozenset[str] = frozenset()
    spoken: tuple[ClaimSpan, ...] = ()

    def allows_time(self, span: ClaimSpan) -> bool:
        """Whether it may be a count of this time."""
        era = any(s.length > 12 and s.first <= span.first <= s.last for s in self.spans)
        near = any(abs(span.first - spoken.last) < 12 for spoken in self.spoken)
        loose = span.length == 1 and ((near and span.first % 12 in self.months) or era)
        return not self.spans or span in self.spans or loose

    def allows(self, sense: Reading) -> bool:
        """Whether it may be this."""
        subject = sense.subject
        other = self.members and not self.members.intersection(subject.members)
        if subject.dimension and other:
            return False
        whose = bool(subject.dimension) or (subject.agency in self.agencies and not self.part)
        return whose and self.allows_time(sense.span)


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, table: CountTable, published: date) -> None:
        self.text, self.table = text, table
        self.scenes = [
            Scene(text, sentence, table.source) for sentence in sentences(text[:MAX_CHARACTERS])
        ]
        self.context = TextState(Now(published, table.source.year_begins))
        self._survey()
        self.anchors: list[Anchor] = []  # of the sentence that is read
        self.understood: list[Anchor] = []  # of the sentences before
        self.unclear = self.stale = False

    def _survey(self) -> None:
        """What the whole text speaks of: its total, its sectors."""
        phrases = [phrase for scene in self.scenes for phrase in scene.phrases]
        self.context.speaks = frozenset((phrase.kind, phrase.value) for phrase in phrases)
        totals = [phrase.value for phrase in phrases if phrase.kind == "total"]
        land = [total for total in totals if total in ("southwest", "northern")]
        if land:
            self.context.home = max(dict.fromkeys(land), key=land.count)
        self.context.sectors_named = frozenset(
            phrase.value
            for scene in self.scenes
            for phrase in scene.of_kind("sector")
            if any(scene.low(i).startswith("sector") for i in range(phrase.first, phrase.last + 1))
        )

    def read(self) -> Iterator[AnyFinding]:
        """All findings."""
        for scene in self.scenes:
            self.anchors, self.unclear = [], False
            # A total that a sentence names ends what was said of a sector before.
            totals = scene.of_kind("total")
            if totals and not scene.of_kind("sector", "office", "city"):
                self.context.total = totals[0].value
            if len(scene.numbers) <= MOST_NUMBERS:
                yield from self._numbers(scene)
                yield from self._extremes(scene)
            self._after(scene)

    def _numbers(self, scene: Scene) -> Iterator[AnyFinding]:
        """The findings of a sentence's numbers: its counts first, then what is said of them."""
        findings: dict[int, AnyFinding] = {}
        self._counts(scene, findings)
        if self.anchors:  # once more, beside all that the sentence was found to count
            self._counts(scene, findings)
        days = any(ref.form == "days" for ref in scene.times)
        for number, role in features.roles(scene, self.context, bool(self.anchors)):
            if role.kind == "not_held":
                findings[number.first] = self._not_held(scene, number, role.why)
            elif role.kind == "share":
                findings[number.first] = self._share(scene, number)
            elif role.kind in ("change_percent", "times", "difference") and days:
                claimed = mentions.claimed(scene, number)
                case = _Mention(*self._quoted(scene, number), "", claimed)
                findings[number.first] = self._unclear(case, "days are not on record")
            elif role.kind in ("change_percent", "times", "difference"):
                findings[number.first] = self._change(scene, number, role)
        yield from (findings[place] for place in sorted(findings))

    def _counts(self, scene: Scene, findings: dict[int, AnyFinding]) -> None:
        """Read the counts of a sentence that are not understood yet."""
        for number, role in features.roles(scene, self.context, bool(self.anchors)):
            known = isinstance(findings.get(number.first), ClaimFinding)
            if role.kind in features.COUNTS and not known:
                again = self._count(scene, number, role)
                findings[number.first] = again or findings.get(number.first)

    def _after(self, scene: Scene) -> None:
        """Carry what this sentence said to the next ones."""
        context = self.context
        self.stale = self.unclear or (self.stale and not self.anchors)
        self.understood = [*self.understood, *self.anchors][-12:]
        main = [anchor for anchor in self.anchors if not anchor.compared]
        for anchor in reversed(self.anchors):
            context.saw(anchor.span)
        if not main and self.anchors and context.subject and context.span:
            context.saw(context.span)
            return
        main = main or self.anchors
        if not main:
            self._after_words(scene)
            return
        subject, context.measure = main[0].subject, main[0].measure
        context.subject, context.span, context.agency = subject, main[0].span, subject.agency
        context.total = subject.total if not subject.dimension else context.total
        kind = {"field": "office" if subject.agency == "ofo" else "sector"}
        dimension = kind.get(subject.dimension, subject.dimension)
        context.part = (dimension, subject.members, subject.other_than)
        context.group = readings.NO_PART
        if dimension in GROUPS:
            context.group, context.part = context.part, readings.NO_PART
        context.saw(main[0].span)

    def _after_words(self, scene: Scene) -> None:
        """A sentence without a count still says of what the next ones speak."""
        context = self.context
        sectors = [p for p in scene.of_kind("sector") if readings.is_sure(scene, p, context)]
        totals = [phrase.value for phrase in scene.of_kind("total")]
        if sectors:
            context.part = ("sector", (sectors[-1].value,), False)
        elif totals:
            context.total = totals[-1]
            if not readings.same_total(context.part, totals[-1]):
                context.part = readings.NO_PART
        measures = {phrase.value for phrase in scene.of_kind("measure")}
        drugs = scene.of_kind(DRUG)
        if drugs:
            context.group = (DRUG, (drugs[-1].value,), False)
        spoken = next((value for value in ("usbp", "ofo", "all") if value in measures), None)
        if spoken:
            context.agency = "" if spoken == "all" else spoken
            total = context.total or context.home
            if total and not (sectors or drugs):
                context.subject = Subject(total, context.agency)
        named = [ref for ref in scene.times if ref.counts and not ref.since]
        for ref in named:
            for span in times.spans(ref, context.when)[:1]:
                context.saw(span)

    # -- counts ------------------------------------------------------------------------------------

    def _count(self, scene: Scene, number: WrittenNumber, role: NumberRole) -> AnyFinding:
        """A count, or an average: whose and when, and what the number itself says of that."""
        claimed = mentions.claimed(scene, number)
        measure: ClaimMeasure = "total" if role.kind == "maybe" else role.kind
        compared = scene.compares(number.first)
        others = [a for a in self.anchors if a.number.first != number.first]
        main = [anchor.span for anchor in others if not anchor.compared]
        base = main[-1] if main else self.context.span
        whose = readings.subjects(scene, number, self.context)
        when = readings.spans_for(scene, number, self.context, base, compared)
        before = [anchor for anchor in self.anchors if anchor.number.first < number.first]
        host = next(reversed(before or self.anchors), None)
        if host:
            whose, when = self._beside(scene, number, host, (whose, when), compared)
        if measure in ("per_day", "per_month"):
            # An average may be one of the months of an administration that is named.
            reigns = [ref for ref in scene.times if ref.form == "administration"]
            spans = [span for ref in reigns for span in times.spans(ref, self.context.when)]
            when = [*(Candidate(span, 0.0, True) for span in spans), *when]
        options = readings.weigh(whose, when, measure)
        on_record = bool(options) and self.table.counts(options[0].sense.subject) is not None
        limits = self._limits(scene, number, when, on_record)
        like = host.measure if host else self.context.measure
        if like != "total" and measure == "total" and role.noun == "bare":
            # 258 apprehensions a day, against 4,900 a year before: a day as well.
            options = [*options, *readings.weigh(whose, when, like)]
        if measure == "total" and claimed.telling:
            options += self._named_by_number(scene, number, claimed.value, whose, limits)
        options.sort(key=lambda option: option.cost)
        finding = self._decide(scene, number, options, claimed, role.kind == "maybe", limits)
        crossed = readings.says_crossed(scene, number)
        if isinstance(finding, ClaimFinding) and (crossed or finding.verdict == "wrong"):
            finding = self._crossed(finding)
        # Another number of the sentence already means the same: one of them does not.
        taken = [Reading(a.subject, a.span, a.measure) for a in self.anchors]
        wrong = isinstance(finding, ClaimFinding) and finding.verdict == "wrong"
        if isinstance(finding, ClaimFinding) and wrong and finding.sense in taken:
            why = "the text gives another number for what this seems to mean"
            finding = NotUnderstood(finding.quote, finding.start, finding.end, why)
        self._remember(scene, number, finding, options, compared, bool(whose) and whose[0].bound)
        self.unclear = self.unclear or isinstance(finding, NotUnderstood)
        return finding

    def _limits(
        self,
        scene: Scene,
        number: WrittenNumber,
        when: Sequence[Candidate[ClaimSpan]],
        on_record: bool,
    ) -> _Limits:
        """What the words beside a number leave open."""
        bound = frozenset(candidate.value for candidate in when if candidate.bound)
        part = readings.parts(scene, number, self.context)[:1]
        # 7,536 of the 38,347 arrested: the second is no part.
        of_the = (scene.low(number.first - 2), scene.low(number.first - 1)) == ("of", "the")
        beside_part = of_the or any(
            features.is_whole(scene, a.number, number) for a in self.anchors
        )
        return _Limits(
            readings.agencies_allowed(
                scene,
                number,
                self.context,
                _agencies(a for a in self.anchors if a.number.first < number.first),
                _agencies(self.understood),
            ),
            bound,
            frozenset(readings.named_months(scene, number)) if bound else frozenset(),
            on_record
            and not beside_part
            and any(each.bound and each.value != readings.NO_PART for each in part),
            readings.leading_part(scene, number),
            (
                *self.context.recent,
                *(anchor.span for anchor in self.anchors),
                *(
                    span
                    for ref in scene.times
                    if ref.form not in ("month", "day", "week")
                    for span in times.spans(ref, self.context.when)[:1]
                ),
            ),
        )

    def _named_by_number(
        self,
        scene: Scene,
        number: WrittenNumber,
        count: float,
        whose: Sequence[Candidate[Subject]],
        limits: _Limits,
    ) -> Iterator[ScoredReading]:
        """Spans in which a subject's count is this number, where the words leave the time open."""
        tried = {candidate.value: candidate.cost for candidate in reversed(whose)}
        placed = any(candidate.placed and candidate.cost <= 0.3 for candidate in whose)
        for subject in self._spoken(scene, placed, limits):
            tried.setdefault(subject, cost("count.named_by_number"))
        known = self._known_times(scene)
        for subject, price in tried.items():
            for span in self.table.where(subject, int(count))[:4]:
                bound = span in limits.spans
                open_ = bound or (limits.allows_time(span) if limits.spans else known(span))
                if open_ and span.first <= self.context.now.month:
                    row = "carried" if limits.spans else "count.time_open"
                    extra = 0.2 if bound else cost(row)
                    yield ScoredReading(Reading(subject, span), price + extra, True, bound)

    def _known_times(self, scene: Scene) -> Callable[[ClaimSpan], bool]:
        """Which times a number may name itself where none binds it: those the text speaks of.

        Any, where the text has spoken of none; any month of a president's that is named.
        """
        spoken = {
            span
            for ref in scene.times
            for span in times.spans(ref, self.context.when, self.context.span)
        }
        eras = [
            span
            for ref in scene.times
            if ref.form in ("administration", "era")
            for span in times.spans(ref, self.context.when)
        ]
        spoken |= {*self.context.recent, *(anchor.span for anchor in self.anchors)}
        timed = any(ref.counts for ref in scene.times)
        # Where a sentence names no time, it may speak of what was news on the day of publication.
        newest = [] if timed or self.context.recent else self.context.now.newest[:3]
        if features.vague_time(scene):
            spoken |= {span.shift(by) for span in tuple(spoken) for by in (-1, -12)}

        def known(span: ClaimSpan) -> bool:
            inside = any(era.first <= span.first and span.last <= era.last for era in eras)
            news = span.last in newest and (span.length == 1 or span.to_date)
            return not spoken or span in spoken or inside or news

        return known

    def _spoken(self, scene: Scene, placed: bool, limits: _Limits) -> Iterator[Subject]:
        """What else the text may count: parts that it names, and totals its words allow."""
        totals = {phrase.value for phrase in scene.of_kind("total")} if placed else set()
        agencies = limits.agencies
        for total, agency in product(
            totals or ("southwest", "northern", NATIONWIDE, "other"), agencies
        ):
            yield Subject(total, agency)
        for phrase in scene.of_kind("sector"):
            members = tuple(phrase.value.split("+"))
            yield Subject(FIELD_TOTALS.get(members[0], "southwest"), "usbp", "field", members)
        home = next(iter(totals), self.context.total or self.context.home or "southwest")
        for phrase in scene.of_kind("citizenship", "demographic"):
            yield Subject(home, "", phrase.kind, (phrase.value,))
        for sector in self.context.sectors_named:
            yield Subject(FIELD_TOTALS.get(sector, "southwest"), "usbp", "field", (sector,))

    def _beside(
        self,
        scene: Scene,
        number: WrittenNumber,
        host: Anchor,
        options: tuple[list[Candidate[Subject]], list[Candidate[ClaimSpan]]],
        compared: bool,
    ) -> tuple[list[Candidate[Subject]], list[Candidate[ClaimSpan]]]:
        """A second count of a sentence is of the first one's kind, and often of its months."""
        whose, when = options
        fresh = features.says_whose(scene, host.number, number)
        own = whose[0].value if whose and whose[0].bound else None
        if fresh and own and own.dimension in GROUPS:
            like = own._replace(total=host.subject.total, agency=host.subject.agency)
            rest = [Candidate(w.value, w.cost + 0.3, w.bound, w.placed) for w in whose]
            whose = [Candidate(like, 0.1, True, True), *rest]
        elif not fresh:
            rest = [Candidate(w.value, w.cost + cost("carried")) for w in whose]
            whose = [Candidate(host.subject, 0.0, host.bound, host.placed), *rest]
        elif not (whose and whose[0].bound and whose[0].cost == 0):
            whose = [Candidate(host.subject, cost("beside.same"), False, host.placed), *whose]
        if readings.is_altogether(scene, number) and host.subject.agency:
            whose = [Candidate(host.subject._replace(agency=""), 0.1, True, True), *whose]
        if features.is_whole(scene, host.number, number):
            whole = Subject(host.subject.total, host.subject.agency)
            whose = [
                Candidate(whole, 0.0, False, True),
                *(Candidate(w.value, w.cost + cost("carried")) for w in whose),
            ]
        bound = bool(when) and when[0].bound
        if compared and when and when[0].value == host.span and host.span.length <= 12:
            # Down from 2,063,692: the time of the sentence is that of the first number.
            bound, when = (
                False,
                [Candidate(w.value, w.cost + cost("beside.time_of_first")) for w in when],
            )
            when = [Candidate(host.span.shift(-12), cost("carried")), *when]
        if not compared and not bound and not any(option.value == host.span for option in when):
            when = [*when, Candidate(host.span, cost("carried"))]
        if compared and not bound and host.span.length < 13:
            when = [
                *when,
                *(Candidate(host.span.shift(by), cost("beside.time_before")) for by in (-12, -1)),
            ]
        by_cost = sorted(when, key=lambda option: option.cost)
        return sorted(whose, key=lambda option: option.cost), by_cost

    def _remember(
        self,
        scene: Scene,
        number: WrittenNumber,
        finding: AnyFinding,
        options: Sequence[ScoredReading],
        compared: bool,
        bound: bool,
    ) -> None:
        """What the rest of the text may take a count to have meant."""
        sense = finding.sense if isinstance(finding, ClaimFinding) else None
        if (
            isinstance(finding, NotUnderstood)
            and options
            and options[0].cost <= cost("limit.confident")
        ):
            sense = options[0].sense
        if sense is None:
            return
        beside = compared or readings.is_compared_time(scene, number)
        beside = beside or any(  # twice the 4,592 of July
            n.kind in ("times", "percent")
            and n.last <= number.first <= n.last + 2
            and scene.low(number.first - 1) == "the"
            for n in scene.numbers
        )
        named = any(option.place_bound for option in options if option.sense == sense)
        claimed = finding.claimed if isinstance(finding, ClaimFinding) else None
        placed = named or bool(claimed and claimed.telling)
        if isinstance(finding, ClaimFinding) and finding.verdict == "mislabelled":
            placed = False
        anchor = Anchor(number, sense.subject, sense.span, beside, bound, sense.measure, placed)
        others = [a for a in self.anchors if a.number.first != number.first]
        self.anchors = sorted([*others, anchor], key=lambda a: a.number.first)

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
        if finding.verdict not in HOLDS:  # the count of those who came in, as it was once told
            judged = judge(self.table, entry, claimed, strict=True)
            holds = judged.verdict in HOLDS and judged.evidence != "tolerance"
            return self._finding(case, entry, judged) if holds else finding
        if not split.mostly_inside:
            return finding
        judged = replace(finding.judged, verdict="mislabelled", truth=split.entry)
        return self._finding(case, entry, judged, sense)

    # -- what is said of counts --------------------------------------------------------------------

    def _change(self, scene: Scene, number: WrittenNumber, role: NumberRole) -> AnyFinding:
        """A change against another time: percent, difference or multiple."""
        sign = mentions.direction(scene, number) if role.kind != "times" else 1
        for other in reversed(scene.numbers):  # down 7% from April and 24% from May 2022
            if sign == 0 and other.kind == "percent" and other.last <= number.first:
                sign = mentions.direction(scene, other)
        if sign == 0:
            return None
        claimed = mentions.claimed(scene, number, sign)
        if number.kind == "percent" and role.kind == "times":  # a tenth of what it was
            claimed = replace(claimed, value=number.value / 100, unit=0.04, exact=True)
        elif role.kind == "times" and number.value < 1:
            claimed = replace(claimed, unit=0.1)
        case = _Mention(*self._quoted(scene, number), self._digits(scene, number), claimed)
        comparison = comparisons.read(scene, number)
        before = self.understood[-4:]
        options: list[ScoredReading] = []
        for whose, when, rate in self._changed(scene, number)[:8]:
            for base in comparisons.bases(
                comparison,
                scene,
                self.context,
                when.value,
                whose.value,
                self.table,
                self.anchors,
                before,
            ):
                sense = Reading(
                    whose.value,
                    when.value,
                    role.kind,
                    base.value.span,
                    rate=base.value.rate or rate,
                )
                price = whose.cost + when.cost + base.cost
                alike = bool(rate or base.value.rate) or base.value.span.length == when.value.length
                tied = when.bound and base.bound and alike
                options.append(ScoredReading(sense, price, whose.bound, tied, whose.placed))
        range_ = comparisons.from_to(scene, number, self.context)
        if range_ and options:
            now, then = range_
            sense = replace(options[0].sense, span=now, versus=then)
            options.append(ScoredReading(sense, 0.1, options[0].agency_bound, True, True))
        if not options and comparison.named:
            return self._unclear(case, "what it is compared with is not understood")
        options.sort(key=lambda option: option.cost)
        finding = self._decide(scene, number, options, claimed)
        if isinstance(finding, ClaimFinding) and self._of_another(finding):
            return self._unclear(case, "it is not certain whose change it is")
        return finding

    def _of_another(self, finding: ClaimFinding) -> bool:
        """Whether a change goes the other way, and the text speaks of others that may be meant."""
        claimed, truth = finding.claimed, finding.judged.truth
        opposed = claimed is not None and truth is not None and claimed.value * truth < 0
        kinds = (*readings.PLACES, *GROUPS)
        others = {value for kind, value in self.context.speaks if kind in kinds}
        return finding.verdict == "wrong" and opposed and len(others) > 1

    def _changed(
        self, scene: Scene, number: WrittenNumber
    ) -> list[tuple[Candidate[Subject], Candidate[ClaimSpan], comparisons.Rate]]:
        """What it is that changed, and when: the sentence's count, or what its words say."""
        whose = readings.subjects(scene, number, self.context)
        when = [
            option
            for option in readings.spans_for(scene, number, self.context, main_only=True)
            if not comparisons.is_base(scene, number, option.value, self.context)
            and option.value not in {a.span for a in self.anchors if a.compared}
        ]
        made: list[tuple[Candidate[Subject], Candidate[ClaimSpan], comparisons.Rate]] = []
        inside = comparisons.read(scene, number).tokens
        main = [a for a in self.anchors if not a.compared and a.number.first not in inside] or (
            [] if self.context.subject else self.anchors
        )
        own_part = any(
            option.bound and option.value.dimension and option.cost == 0 for option in whose[:1]
        )
        near = sorted(main, key=lambda a: abs(a.number.first - number.first))
        for rank, anchor in enumerate(near[:3]):
            subject = whose[0] if own_part else Candidate(anchor.subject, 0.0, True, anchor.placed)
            rate: comparisons.Rate = anchor.measure if anchor.measure == "per_day" else ""
            made.append(
                (subject, Candidate(anchor.span, cost("change.second_count") * rank, True), rate)
            )
        price = cost("change.words_beside_count") if main else 0.0
        when += comparisons.ends(scene, self.context)
        for a, b in product(whose[:4], when[:6]):
            made.append((Candidate(a.value, a.cost + price, a.bound, a.placed), b, ""))
        for rank, anchor in enumerate(self.understood[:-4:-1] if not main else ()):
            earlier = Candidate(
                anchor.subject, cost("change.count_before") + 0.2 * rank, True, True
            )
            made.append((earlier, Candidate(anchor.span, 0.2), ""))
        if not main and self.context.subject and self.context.span:
            carried = Candidate(
                self.context.subject,
                0.1 if self.anchors else cost("carried"),
                bool(self.anchors),
                True,
            )
            tight = [option for option in when if option.bound]
            refers = readings.refers(scene, number)
            for option in tight or [Candidate(self.context.span, 0.1, refers)]:
                made.append((carried, option, ""))
        return sorted(made, key=lambda each: each[0].cost + each[1].cost)

    def _share(self, scene: Scene, number: WrittenNumber) -> AnyFinding:
        when = readings.spans_for(scene, number, self.context)
        before = self.context.shared
        if before and scene.low(number.first - 1) == "from":  # down from 67% in May
            return self._share_before(scene, number, before)
        groups = ("citizenship", "countries", "demographic", "sector")
        back = readings.refers(scene, number) and not scene.of_kind(*groups)
        counted = self.anchors or (self.understood[-2:] if back else ())
        options = shares.options(scene, number, self.context, when, counted)
        if options is None:
            return None
        if not options:
            return self._not_held(scene, number, "this share is not on record")
        finding = self._decide(scene, number, options, mentions.claimed(scene, number))
        if isinstance(finding, ClaimFinding):
            self.context.shared = finding.sense
        return finding

    def _share_before(self, scene: Scene, number: WrittenNumber, now: Reading) -> AnyFinding:
        """What a share was at another time: down from 67% in May."""
        when = readings.spans_for(scene, number, self.context, now.span, compared=True)
        when = [
            *when,
            *(Candidate(now.span.shift(by), cost("carried")) for by in (-12, -1)),
        ]
        options = [
            ScoredReading(replace(now, span=w.value), w.cost, True, w.bound, True)
            for w in when
            if w.value != now.span
        ]
        return self._decide(scene, number, options, mentions.claimed(scene, number))

    # -- extremes ----------------------------------------------------------------------------------

    def _extremes(self, scene: Scene) -> Iterator[AnyFinding]:
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
            options = [
                reading
                for pair in self._ranked(scene, here)
                for reading in extremes.weigh(extreme, pair, self.context)
            ]
            # Though it was the lowest March, the half year had 1,340,774: a claim of its own.
            after = scene.numbers_between(0, here.first)
            apart = not after and scene.low(0) in CONCEDING and bool(self.anchors)
            options = [replace(one, span_bound=one.span_bound and not apart) for one in options]
            options.sort(key=lambda reading: reading.cost)
            yield self._decide_extreme(extreme, options)

    def _ranked(
        self, scene: Scene, here: WrittenNumber
    ) -> list[tuple[Candidate[Subject], Candidate[ClaimSpan]]]:
        """What may be the highest or lowest: the counts beside these words, else what they say."""
        place = (here.first, here.last)
        beside = readings.just_before(scene, here, self.context)
        if beside:
            whose = self.anchors[0].subject if self.anchors else self.context.subject
            if whose:
                return [(Candidate(whose, 0.0, True, True), Candidate(beside, 0.0, True))]
        near = sorted(
            self.anchors, key=lambda a: scene.distance((a.number.first, a.number.last), place)
        )
        main = [anchor for anchor in near if not anchor.compared] or near
        if main:
            return [
                (
                    Candidate(
                        anchor.subject, cost("rank.second_count") * i, anchor.bound, anchor.placed
                    ),
                    Candidate(anchor.span, 0.4 * i, True),
                )
                for i, anchor in enumerate(main[:2])
            ]
        pairs = [(whose, when) for whose, when, _ in self._changed(scene, here)[:6]]
        named = bool(pairs) and pairs[0][0].value.dimension == DRUG
        if self.context.subject and self.context.span and not named:
            carried = Candidate(self.context.subject, 0.1, False, True)
            refers = readings.refers(scene, here)
            pairs.insert(0, (carried, Candidate(self.context.span, 0.3, refers)))
        return pairs

    def _decide_extreme(
        self, extreme: extremes.Extreme, options: Sequence[ScoredReading]
    ) -> AnyFinding:
        judged = [(option, judge(self.table, option.sense, extreme.claimed)) for option in options]
        case = _Mention(extreme.start, extreme.end, extreme.digits, extreme.claimed)
        for reading, verdict in judged:
            if verdict.verdict in HOLDS and reading.cost <= cost("limit.rank"):
                return self._finding(case, reading.sense, verdict)
        likely = [pair for pair in judged if pair[0].cost <= 1.0]
        if not likely:
            return None
        open_ = [pair for pair in likely if pair[1].verdict != "wrong"]
        reading, verdict = (open_ or likely)[0]
        # A record of the year, or ever?
        open_year = extreme.yearly and reading.sense.span.length == 1
        vague = not extreme.plain or reading.sense.among == "span" or open_year
        tied = reading.span_bound and reading.place_bound
        # Nor of another agency's count, nor a record low where only "record" is said.
        said = reading.sense
        others = [
            replace(said, subject=said.subject._replace(agency=agency), measure=measure)
            for agency in ((said.subject.agency,) if reading.agency_bound else ("", "usbp"))
            for measure in ((said.measure, "record_low") if extreme.bare else (said.measure,))
        ]
        tied = tied and not any(
            judge(self.table, other, extreme.claimed).verdict in HOLDS for other in others
        )
        if verdict.verdict == "wrong" and (vague or not tied or extreme.of_parts):
            return self._unclear(case, "what it is compared with is not clear")
        return self._finding(case, reading.sense, verdict)

    # -- decisions ---------------------------------------------------------------------------------

    def _decide(
        self,
        scene: Scene,
        number: WrittenNumber,
        options: Sequence[ScoredReading],
        claimed: Claimed,
        only_if_exact: bool = False,
        limits: _Limits = _Limits(),
    ) -> AnyFinding:
        """The verdict on a number, by its likeliest reading that makes it right."""
        case = _Mention(*self._quoted(scene, number), self._digits(scene, number), claimed)
        if not options:
            why = "the text does not say whose or when"
            return None if only_if_exact else self._unclear(case, why)
        farthest = self._farthest(claimed, options[0].sense)
        judged = [
            (option, judge(self.table, option.sense, claimed))
            for option in options[:160]
            if option.cost <= farthest
        ]
        allowed = [pair for pair in judged if limits.allows(pair[0].sense)]
        finding = self._holding(case, allowed, only_if_exact)
        if finding or only_if_exact:
            return finding
        first = judged[0] if judged else (options[0], judge(self.table, options[0].sense, claimed))
        # Where some meaning, however unlikely, makes it right, it is not called wrong.
        unsaid = not options[0].sense.subject.dimension and bool(
            readings.leading_part(scene, number)
        )  # of a group that leads the sentence, or of all?
        places = {(k, v) for k, v in self.context.speaks if k in readings.PLACES}
        here = bool(scene.of_kind(*readings.PLACES)) or (len(places) == 1 and bool(self.understood))
        beside = any(anchor.number.first != number.first for anchor in self.anchors)
        # Under Biden one April had 203,510: a month of which year?
        one = first[0].sense.span.length == 1
        vague = ("that", "administration", "era") if one else ("that",)
        that = any(ref.form in vague for ref in scene.times)
        unsaid = unsaid or that or features.vague_time(scene)
        unsaid = unsaid or not (here or beside) or self._of_its_month(scene, first[0], claimed)
        # "Seizures rose 20%" may be of their number where the record counts their weight.
        unsaid = unsaid or bool(scene.of_kind("loose") and not scene.of_kind("unit"))
        sure = not (features.is_partial(scene, number) or unsaid) and not any(
            judge(self.table, option.sense, claimed).verdict in HOLDS for option in options[:200]
        )
        return self._failing(case, first, judged, sure)

    def _of_its_month(self, scene: Scene, first: ScoredReading, claimed: Claimed) -> bool:
        """209,840 in 2021: the count of one month of that year, which other words may name."""
        span = first.sense.span
        if span.length == 1 or not claimed.exact or all(ref.form != "year" for ref in scene.times):
            return False
        counted = self.table.where(first.sense.subject, int(claimed.value))
        return any(span.first - 3 <= one.first <= span.last + 3 for one in counted)

    def _holding(
        self,
        case: _Mention,
        judged: Sequence[tuple[ScoredReading, JudgedClaim]],
        only_if_exact: bool,
    ) -> ClaimFinding | None:
        """What makes a claim right, or right for something else; None where nothing does."""
        claimed = case.claimed
        likely = next(
            self._held([pair for pair in judged if pair[0].cost <= cost("limit.likely")], claimed),
            None,
        )
        if likely and not only_if_exact:
            return self._finding(case, likely[0].sense, likely[1])
        named = [pair for pair in judged if claimed.telling and _to_the_digit(*pair, claimed)]
        if named:
            return self._finding(case, named[0][0].sense, named[0][1])
        if only_if_exact:
            return None
        total = bool(judged) and judged[0][0].sense.measure == "total"
        pair = next(self._held(judged, claimed), None)
        other = self._mislabelled(judged if total else judged[:1], claimed)
        nearer = pair is not None and other is not None and pair[0].cost <= other[0].cost
        if other and not nearer and (total or not pair):
            reading, sense, verdict = other
            return self._finding(case, reading.sense, verdict, sense)
        return self._finding(case, pair[0].sense, pair[1]) if pair else None

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
            return self._finding(case, reading.sense, verdict)
        near = [v for other, v in judged if other.cost <= reading.cost + 0.5]
        if any(v.verdict == "cannot_be_checked" for v in near):
            return self._unclear(case, "one likely meaning is not on record")
        doubt = not sure or self._between(judged, case.claimed)
        if not doubt and self._sure(reading, verdict, case.claimed):
            return self._finding(case, reading.sense, verdict)
        return self._unclear(case, "it is not certain whose or when")

    def _unclear(self, case: _Mention, why: str) -> NotUnderstood:
        return NotUnderstood(self.text[case.start : case.end], case.start, case.end, why)

    def _between(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> bool:
        """Whether it depends on the day up to which "this year" was counted."""
        if not judged:
            return False
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
        tied = first.span_bound and first.place_bound
        if first.cost > cost("limit.confident") or not judged.truth or not tied:
            return False
        if (self.stale and first.cost > 0.25) or (self.unclear and first.sense.measure != "total"):
            return False
        if first.sense.measure not in ("total", "per_day", "per_month"):
            return True
        if claimed.hedge == "over" and abs(judged.truth) > abs(claimed.value):
            return False  # true to the letter, if far more
        if claimed.exact and self.table.where(first.sense.subject, int(claimed.value)):
            return True  # another time's count
        times_off = abs(claimed.value / judged.truth) or 1e-9
        most = PLAIN_OFF if claimed.exact and first.cost <= 0.35 else FAR_OFF
        return 1 / most <= times_off <= most

    def _held(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> Iterator[tuple[ScoredReading, JudgedClaim]]:
        """Those that make it right: exact ones before those within a tolerance."""
        holding = [pair for pair in judged if pair[1].verdict in HOLDS]
        strict = [pair for pair in holding if pair[1].evidence != "tolerance"]
        if strict and holding and strict[0][0].cost <= holding[0][0].cost + 2.5:
            yield strict[0]
        for reading, verdict in holding:
            if reading.cost <= 2.6 and _very_near(verdict, claimed):
                yield reading, verdict
            limit = "tolerance" if verdict.evidence == "tolerance" else "small"
            if reading.cost <= cost(f"limit.{limit}"):
                yield reading, verdict

    def _farthest(self, claimed: Claimed, sense: Reading) -> float:
        vague = claimed.hedge in ("", "about") and not claimed.exact
        if vague and abs(claimed.value) < 10 * claimed.unit:
            return cost("limit.coarse")  # 2,000 is near too much
        if sense.measure != "total" or claimed.hedge:
            return cost("limit.rounded")
        small = cost("limit.small") if claimed.exact else cost("limit.rounded")
        return cost("limit.exact") if claimed.telling else small

    def _mislabelled(
        self, judged: Sequence[tuple[ScoredReading, JudgedClaim]], claimed: Claimed
    ) -> tuple[ScoredReading, Reading, JudgedClaim] | None:
        """Right for another agency's or total's count of the same months."""
        seen = {reading.sense for reading, _ in judged}  # what the words may mean is no other
        for reading, verdict in judged:
            place, when = reading.place_bound, reading.span_bound
            words = reading.sense
            patrol = words.subject.agency == "usbp" and words.measure == "total"
            tied = claimed.telling or (place or when if patrol else place and when)
            if reading.cost > cost("limit.confident") or not reading.agency_bound or not tied:
                continue
            for sense, agency_only in readings.other_measures(words):
                far = not agency_only and not _precise(claimed)
                # A rounded number near that of the ports alone is near it by chance.
                chance = sense.subject.agency == "ofo" and not _precise(claimed)
                far = far or not (agency_only or reading.place_bound)
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
                # A number with digits enough to name itself is another's only to the digit, or so.
                loose = claimed.telling and other.evidence == "tolerance" and not near
                if loose and not (place and when):
                    continue
                if other.verdict in HOLDS and (agency_only or near):
                    return (
                        reading,
                        sense,
                        replace(verdict, verdict="mislabelled", evidence=other.evidence),
                    )
        return None

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
        sense: Reading,
        judged: JudgedClaim,
        other: Reading | None = None,
    ) -> ClaimFinding:
        explanation = explain.explain(self.table, sense, case.claimed, judged, other)
        small = explain.small(self.table, sense.subject, sense.span)
        return ClaimFinding(
            quote=self.text[case.start : case.end],
            start=case.start,
            end=case.end,
            number=case.digits,
            claimed=case.claimed,
            sense=sense,
            judged=judged,
            why=" ".join(filter(None, (explanation.why, small))),
            say_instead=explanation.instead,
            other=other,
        )


def _agencies(anchors: Iterable[Anchor]) -> frozenset[str]:
    """The agencies whose counts these are; groups are told of both."""
    return frozenset(
        "usbp" if a.subject.dimension == APPREHENSION else a.subject.agency
        for a in anchors
        if a.subject.dimension not in EVERYWHERE
    )


def _to_the_digit(reading: ScoredReading, judged: JudgedClaim, claimed: Claimed) -> bool:
    published = judged.published is not None
    same = judged.truth == claimed.value or published
    return reading.sense.measure == "total" and same and judged.verdict in HOLDS


def _very_near(judged: JudgedClaim, claimed: Claimed) -> bool:
    """Whether an exact count is so near today's that it can hardly be another's."""
    exact = claimed.exact and not claimed.hedge and abs(claimed.value) >= 1000
    return exact and abs((judged.truth or 0) - claimed.value) <= 0.002 * abs(claimed.value)


def _precise(claimed: Claimed) -> bool:
    """Whether a count has digits enough to be told by them."""
    return claimed.value >= 1000 and claimed.value / claimed.unit >= 200
