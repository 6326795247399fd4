"""A text -> its claims about what the record counts, each with its verdict.

One sentence after the other; what a sentence leaves open is taken from those before it. Counts are
read first, as an exact one nearly always names itself; then what is said between them: changes,
shares, averages, ranks. Whatever the kind of claim, it becomes rows of one table: what it may mean,
and what it costs to take it so. A claim that no row resolves is not understood, never guessed; it
is wrong only if no likely meaning makes it right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any

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
from forecast.claims.explain import ClaimFinding
from forecast.claims.mentions import CONCEDING, Scene
from forecast.claims.readings import Candidate
from forecast.claims.times import NO_PART, TextState
from forecast.claims.tokens import WrittenNumber, sentences
from forecast.claims.truth import (
    APPREHENSION,
    AT_ENTRY,
    DRUG,
    EVERYWHERE,
    GROUPS,
    ClaimSpan,
    CountTable,
    Subject,
)
from forecast.claims.verdict import (
    FAR_RESTATED,
    Claimed,
    ClaimMeasure,
    JudgedClaim,
    Rate,
    Reading,
    judge,
)
from forecast.claims.weights import cost
from forecast.types import NATIONWIDE

MAX_CHARACTERS = 150_000  # characters of a text that are read
MOST_NUMBERS = 60  # in one sentence; a longer row of numbers is a table, not a claim
FAR_OFF, PLAIN_OFF = 3.0, 12.0  # a number this many times off is likelier misread than misprinted
_CHANGES = ("change_percent", "times", "difference")

Judged = tuple[Reading, JudgedClaim]  # a row, and what the record says to it
Allows = Callable[[Reading], bool]


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text with all that was found in it, in order of place."""

    text: str
    published: date
    claims: tuple[ClaimFinding, ...]
    not_understood: tuple[ClaimFinding, ...]


def check(text: str, table: CountTable, published: date) -> CheckedText:
    """Find and judge the claims of a text.

    published : the day as of which "last month" and the like are read.
    """
    findings = list(filter(None, _Reader(text, table, published).read()))
    findings.sort(key=lambda finding: (finding.start, finding.end))
    return CheckedText(
        text,
        published,
        tuple(finding for finding in findings if finding.understood),
        tuple(finding for finding in findings if not finding.understood),
    )


class _Reader:
    """Reads one text."""

    def __init__(self, text: str, table: CountTable, published: date) -> None:
        self.text, self.table = text, table
        self.scenes = [
            Scene(text, sentence, table.source) for sentence in sentences(text[:MAX_CHARACTERS])
        ]
        self.context = TextState(published, table.source.year_begins)
        phrases = [phrase for scene in self.scenes for phrase in scene.phrases]
        self.context.speaks = frozenset((phrase.kind, phrase.value) for phrase in phrases)
        land = [
            p.value for p in phrases if p.kind == "total" and p.value in ("southwest", "northern")
        ]
        if land:
            self.context.home = max(dict.fromkeys(land), key=land.count)
        self.context.sectors_named = frozenset(
            phrase.value
            for scene in self.scenes
            for phrase in scene.of_kind("sector")
            if any(low.startswith("sector") for low in scene.words(phrase.first, phrase.last + 1))
        )
        self.anchors: list[Reading] = []  # the counts of the sentence that is read
        self.understood: list[Reading] = []  # of the sentences before
        self.unclear = self.stale = False

    def read(self) -> Iterator[ClaimFinding | None]:
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

    def _numbers(self, scene: Scene) -> Iterator[ClaimFinding | None]:
        """The findings of a sentence's numbers: its counts first, then what is said of them."""
        findings: dict[int, ClaimFinding | None] = {}
        for _ in range(2):  # the second time beside all that the sentence was found to count
            for number, (kind, noun) in features.roles(scene, self.context, bool(self.anchors)):
                known = findings.get(number.first)
                if kind in features.COUNTS and not (known and known.understood):
                    findings[number.first] = self._count(scene, number, kind, noun) or known
            if not self.anchors:
                break
        days = any(ref.form == "days" for ref in scene.times)
        for number, (kind, why) in features.roles(scene, self.context, bool(self.anchors)):
            if kind not in ("not_held", "share", *_CHANGES):
                continue
            draft = self._draft(scene, number)
            if kind == "not_held":
                findings[number.first] = explain.not_held(draft, why)
            elif kind == "share":
                findings[number.first] = self._share(scene, number, draft)
            elif days:
                findings[number.first] = replace(draft, why="days are not on record")
            else:
                findings[number.first] = self._change(scene, number, kind, draft)
        yield from (findings[place] for place in sorted(findings))

    def _draft(self, scene: Scene, number: WrittenNumber) -> ClaimFinding:
        """A finding on a number with its hedge and its noun, before anything is understood."""
        first, last = number.first, number.last
        for phrase in scene.of_kind("hedge"):
            if phrase.last == first:
                first = phrase.first
        _, noun = mentions.noun_after(scene, number)
        if noun and noun.first <= last + 3:
            last = noun.last
        start, end = scene.tokens[first].start, scene.tokens[last - 1].end
        digits = slice(*scene.extent(number))
        claimed = mentions.claimed(scene, number)
        return ClaimFinding(self.text[start:end], start, end, self.text[digits], claimed)

    def _after(self, scene: Scene) -> None:
        """Carry what this sentence said to the next ones."""
        context = self.context
        self.stale = self.unclear or (self.stale and not self.anchors)
        self.understood = [*self.understood, *self.anchors][-12:]
        main = [anchor for anchor in self.anchors if not anchor.compared]
        for anchor in reversed(self.anchors):
            context.saw(anchor.span)
        if not self.anchors:
            self._after_words(scene)
        elif not main and context.subject and context.span:
            context.saw(context.span)
        else:
            first = (main or self.anchors)[0]
            subject, context.measure = first.subject, first.measure
            context.subject, context.span, context.agency = subject, first.span, subject.agency
            context.total = subject.total if not subject.dimension else context.total
            dimension = subject.dimension
            if dimension == "field":
                dimension = "office" if subject.agency == "ofo" else "sector"
            part = (dimension, subject.members, subject.other_than)
            context.group, context.part = (
                (part, NO_PART) if dimension in GROUPS else (NO_PART, part)
            )
            context.saw(first.span)

    def _after_words(self, scene: Scene) -> None:
        """A sentence without a count still says of what the next ones speak."""
        context = self.context
        sectors = [p for p in scene.of_kind("sector") if readings.is_sure(scene, p, context)]
        totals = [phrase.value for phrase in scene.of_kind("total")]
        if sectors:
            context.part = ("sector", (sectors[-1].value,), False)
        elif totals:
            context.total = totals[-1]
            kind, members, _ = context.part
            # It may only say where the sector spoken of before lies.
            if kind != "sector" or readings.sector(members).total != totals[-1]:
                context.part = NO_PART
        measures = {phrase.value for phrase in scene.of_kind("measure")}
        drugs = scene.of_kind(DRUG)
        if drugs:
            context.group = (DRUG, (drugs[-1].value,), False)
        spoken = next((value for value in ("usbp", "ofo", "all") if value in measures), None)
        total = context.total or context.home
        if spoken:
            context.agency = "" if spoken == "all" else spoken
        if spoken and total and not (sectors or drugs):
            context.subject = Subject(total, context.agency or "")
        for ref in scene.times:
            if ref.counts and not ref.since:
                for span in times.spans(ref, context)[:1]:
                    context.saw(span)

    # -- counts ------------------------------------------------------------------------------------

    def _count(
        self, scene: Scene, number: WrittenNumber, kind: Any, noun: str
    ) -> ClaimFinding | None:
        """A count, or an average: whose and when, and what the number itself says of that."""
        draft, maybe, context = self._draft(scene, number), kind == "maybe", self.context
        measure: ClaimMeasure = "total" if maybe else kind
        compared = scene.compares(number.first)
        others = [a for a in self.anchors if a.first != number.first]
        main = [anchor.span for anchor in others if not anchor.compared]
        whose = readings.subjects(scene, number, context)
        base = main[-1] if main else context.span
        when = readings.spans_for(scene, number, context, base, compared)
        before = [anchor for anchor in self.anchors if anchor.first < number.first]
        host = next(reversed(before or self.anchors), None)
        if host:
            whose, when = self._beside(scene, number, host, (whose, when), compared)
        if measure in ("per_day", "per_month"):
            # An average may be one of the months of an administration that is named.
            reigns = self._spans(ref for ref in scene.times if ref.form == "administration")
            when = [*(Candidate(span, 0.0, True) for span in reigns), *when]
        rows = readings.weigh(whose, when, measure)
        on_record = bool(rows) and self.table.counts(rows[0].subject) is not None
        open_time, allows, agencies = self._limits(scene, number, when, on_record)
        like = host.measure if host else context.measure
        if like != "total" and measure == "total" and noun == "bare":
            # 258 apprehensions a day, against 4,900 a year before: a day as well.
            rows = [*rows, *readings.weigh(whose, when, like)]
        if measure == "total" and draft.claimed.telling:
            rows += self._named_by_number(scene, draft.claimed, whose, when, open_time, agencies)
        rows.sort(key=lambda row: row.cost)
        finding = self._decide(scene, number, rows, draft, maybe, allows)
        if finding and (readings.says_crossed(scene, number) or finding.verdict == "wrong"):
            finding = self._crossed(finding)
        # Another number of the sentence already means the same: one of them does not.
        if finding and finding.verdict == "wrong" and finding.sense in self.anchors:
            why = "the text gives another number for what this seems to mean"
            finding = replace(draft, why=why)
        bound = bool(whose) and whose[0].bound
        self._remember(scene, number, finding, rows, compared, bound)
        self.unclear = self.unclear or bool(finding and not finding.understood)
        return finding

    def _spans(self, refs: Iterable[times.TimeRef], most: int | None = None) -> list[ClaimSpan]:
        """What times may mean by what the text has said."""
        return [span for ref in refs for span in times.spans(ref, self.context)[:most]]

    def _limits(
        self,
        scene: Scene,
        number: WrittenNumber,
        when: Sequence[Candidate[ClaimSpan]],
        on_record: bool,
    ) -> tuple[Callable[[ClaimSpan], bool], Allows, frozenset[str]]:
        """What the words beside a count leave open: which times, which rows, which agencies.

        on_record : whether the record has what the words name.
        """
        bound = {candidate.value for candidate in when if candidate.bound}
        # Of a year, where the time beside it names none: it may be near what was spoken of.
        named = readings.named_months(scene, number)
        plain = [ref for ref in scene.times if ref.form not in ("month", "day", "week")]
        spoken = [
            *self.context.recent, *(a.span for a in self.anchors), *self._spans(plain, 1),
        ]  # fmt: skip
        eras = [span for span in bound if span.length > 12]

        def open_time(span: ClaimSpan) -> bool:
            near = any(abs(span.first - other.last) < 12 for other in spoken)
            era = any(s.first <= span.first <= s.last for s in eras)
            loose = span.length == 1 and ((near and span.first % 12 in named) or era)
            return not bound or span in bound or loose

        # 7,536 of the 38,347 arrested: the second is no part.
        of_the = scene.words(number.first - 2, number.first) == ["of", "the"]
        whole = of_the or any(features.is_whole(scene, a, number) for a in self.anchors)
        parts = readings.parts(scene, number, self.context)[:1]
        parted = on_record and not whole  # a group or sector right beside it: it is no total
        parted = parted and any(part.bound and part.value != NO_PART for part in parts)
        before = [anchor for anchor in self.anchors if anchor.first < number.first]
        beside, earlier = _agencies(before), _agencies(self.understood)
        agencies = readings.agencies_allowed(scene, number, self.context, beside, earlier)
        leads = readings.leading_part(scene, number)

        def allows(row: Reading) -> bool:
            subject = row.subject
            if subject.dimension:
                whose = not leads or bool(leads.intersection(subject.members))
            else:
                whose = subject.agency in agencies and not parted
            return whose and open_time(row.span)

        return open_time, allows, agencies

    def _named_by_number(
        self,
        scene: Scene,
        claimed: Claimed,
        whose: Sequence[Candidate[Subject]],
        when: Sequence[Candidate[ClaimSpan]],
        open_time: Callable[[ClaimSpan], bool],
        agencies: frozenset[str],
    ) -> Iterator[Reading]:
        """Spans in which a subject's count is this number, where the words leave the time open."""
        context = self.context
        placed = any(candidate.placed and candidate.cost <= 0.3 for candidate in whose)
        totals = [phrase.value for phrase in scene.of_kind("total")] if placed else []
        home = next(iter(totals), context.total or context.home or "southwest")
        sectors = [tuple(phrase.value.split("+")) for phrase in scene.of_kind("sector")]
        sectors += [(name,) for name in context.sectors_named]
        groups = scene.of_kind("citizenship", "demographic")
        any_total = ("southwest", "northern", NATIONWIDE, "other")
        tried = {candidate.value: candidate.cost for candidate in reversed(whose)}
        for subject in (
            *(Subject(*pair) for pair in product(totals or any_total, agencies)),
            *(readings.sector(members) for members in sectors),
            *(Subject(home, "", phrase.kind, (phrase.value,)) for phrase in groups),
        ):
            tried.setdefault(subject, cost("count.named_by_number"))
        # Where no time binds it, it may name one that the text speaks of, or any month of a
        # president's; where the text has spoken of none, any at all.
        spoken = {
            *(span for ref in scene.times for span in times.spans(ref, context, context.span)),
            *context.recent,
            *(anchor.span for anchor in self.anchors),
        }
        eras = self._spans(ref for ref in scene.times if ref.form in ("administration", "era"))
        timed = any(ref.counts for ref in scene.times)
        # Where a sentence names no time, it may speak of what was news on the day of publication.
        newest = [] if timed or context.recent else context.newest[:3]
        if features.vague_time(scene):
            spoken |= {span.shift(by) for span in tuple(spoken) for by in (-1, -12)}

        def spoken_of(span: ClaimSpan) -> bool:
            inside = any(era.first <= span.first and span.last <= era.last for era in eras)
            news = span.last in newest and (span.length == 1 or span.to_date)
            return not spoken or span in spoken or inside or news

        bound = {candidate.value for candidate in when if candidate.bound}
        known = open_time if bound else spoken_of
        more = cost("carried") if bound else cost("count.time_open")
        for subject, price in tried.items():
            for span in self.table.where(subject, int(claimed.value))[:4]:
                if (span in bound or known(span)) and span.first <= context.month:
                    own = span in bound
                    price_now = price + (0.2 if own else more)
                    yield Reading(subject, span, cost=price_now, agency_bound=True, span_bound=own)

    def _beside(
        self,
        scene: Scene,
        number: WrittenNumber,
        host: Reading,
        options: tuple[list[Candidate[Subject]], list[Candidate[ClaimSpan]]],
        compared: bool,
    ) -> tuple[list[Candidate[Subject]], list[Candidate[ClaimSpan]]]:
        """A second count of a sentence is of the first one's kind, and often of its months."""
        whose, when = options
        fresh = features.says_whose(scene, host, number)
        own = whose[0].value if whose and whose[0].bound else None
        likely = Candidate(host.subject, 0.0, host.agency_bound, host.place_bound)
        if fresh and own and own.dimension in GROUPS:
            like = own._replace(total=host.subject.total, agency=host.subject.agency)
            rest = [replace(w, cost=w.cost + 0.3) for w in whose]
            whose = [Candidate(like, 0.1, True, True), *rest]
        elif not fresh:
            whose = [likely, *(Candidate(w.value, w.cost + cost("carried")) for w in whose)]
        elif not (own and whose[0].cost == 0):
            whose = [replace(likely, cost=cost("beside.same"), bound=False), *whose]
        if readings.is_altogether(scene, number) and host.subject.agency:
            whose = [Candidate(host.subject._replace(agency=""), 0.1, True, True), *whose]
        if features.is_whole(scene, host, number):
            whole = Subject(host.subject.total, host.subject.agency)
            rest = [Candidate(w.value, w.cost + cost("carried")) for w in whose]
            whose = [Candidate(whole, 0.0, False, True), *rest]
        bound = bool(when) and when[0].bound
        if compared and when and when[0].value == host.span and host.span.length <= 12:
            # Down from 2,063,692: the time of the sentence is that of the first number.
            bound = False
            when = [Candidate(w.value, w.cost + cost("beside.time_of_first")) for w in when]
            when = [Candidate(host.span.shift(-12), cost("carried")), *when]
        if not compared and not bound and not any(option.value == host.span for option in when):
            when = [*when, Candidate(host.span, cost("carried"))]
        if compared and not bound and host.span.length < 13:
            beside = cost("beside.time_before")
            when = [*when, *(Candidate(host.span.shift(by), beside) for by in (-12, -1))]
        by_cost = sorted(when, key=lambda option: option.cost)
        return sorted(whose, key=lambda option: option.cost), by_cost

    def _remember(
        self,
        scene: Scene,
        number: WrittenNumber,
        finding: ClaimFinding | None,
        rows: Sequence[Reading],
        compared: bool,
        bound: bool,
    ) -> None:
        """What the rest of the text may take a count to have meant."""
        sense = finding.sense if finding else None
        if finding and not finding.understood and rows:
            sense = rows[0] if rows[0].cost <= cost("limit.confident") else None
        if finding is None or sense is None:
            return
        beside = compared or readings.is_compared_time(scene, number)
        beside = beside or any(  # twice the 4,592 of July
            n.kind in ("times", "percent")
            and n.last <= number.first <= n.last + 2
            and scene.low(number.first - 1) == "the"
            for n in scene.numbers
        )
        placed = any(row.place_bound for row in rows if row == sense)
        placed = placed or (finding.understood and finding.claimed.telling)
        anchor = replace(
            Reading(sense.subject, sense.span, sense.measure),
            agency_bound=bound,
            place_bound=placed and finding.verdict != "mislabelled",
            first=number.first,
            last=number.last,
            compared=beside,
        )
        others = [a for a in self.anchors if a.first != number.first]
        self.anchors = sorted([*others, anchor], key=lambda a: a.first)

    def _crossed(self, finding: ClaimFinding) -> ClaimFinding:
        """Crossed illegally: not said of arrests of which most were made in the interior."""
        sense, claimed = finding.sense, finding.claimed
        total = sense if sense and sense.measure == "total" else None
        split = explain.split_of(self.table, total.subject, total.span) if total else None
        if total is None or split is None:
            return finding
        entry = replace(total, subject=Subject(total.subject.total, "", APPREHENSION, (AT_ENTRY,)))
        if not finding.judged.holds:  # the count of those who came in, as it was once told
            judged = judge(self.table, entry, claimed, strict=True)
            holds = judged.holds and judged.evidence != "tolerance"
            return self._finding(finding, entry, judged) if holds else finding
        if not split.mostly_inside:
            return finding
        judged = replace(finding.judged, verdict="mislabelled", truth=split.entry)
        return self._finding(finding, entry, judged, sense)

    # -- what is said of counts --------------------------------------------------------------------

    def _change(
        self, scene: Scene, number: WrittenNumber, kind: Any, draft: ClaimFinding
    ) -> ClaimFinding | None:
        """A change against another time: percent, difference or multiple."""
        sign = mentions.direction(scene, number) if kind != "times" else 1
        for other in reversed(scene.numbers):  # down 7% from April and 24% from May 2022
            if sign == 0 and other.kind == "percent" and other.last <= number.first:
                sign = mentions.direction(scene, other)
        if sign == 0:
            return None
        claimed = replace(draft.claimed, value=sign * number.value)
        if number.kind == "percent" and kind == "times":  # a tenth of what it was
            claimed = replace(claimed, value=number.value / 100, unit=0.04, exact=True)
        elif kind == "times" and number.value < 1:
            claimed = replace(claimed, unit=0.1)
        draft = replace(draft, claimed=claimed)
        named = comparisons.read(scene, number)
        counts = self.understood[-4:], self.anchors
        rows: list[Reading] = []
        for row in self._changed(scene, number)[:8]:
            changed = replace(row, measure=kind)
            rows += comparisons.rows(named, scene, self.context, changed, self.table, counts)
        over = comparisons.from_to(scene, number, self.context)
        if over and rows:
            now, then = over
            tied = replace(rows[0], cost=0.1, span_bound=True, place_bound=True)
            rows.append(replace(tied, span=now, versus=then))
        if not rows and named:
            return replace(draft, why="what it is compared with is not understood")
        rows.sort(key=lambda row: row.cost)
        finding = self._decide(scene, number, rows, draft)
        if finding and finding.verdict == "wrong":
            # It goes the other way, and the text speaks of others that may be meant.
            kinds = (*readings.PLACES, *GROUPS)
            others = {value for kind, value in self.context.speaks if kind in kinds}
            if claimed.value * (finding.judged.truth or 0) < 0 and len(others) > 1:
                return replace(draft, why="it is not certain whose change it is")
        return finding

    def _changed(self, scene: Scene, number: WrittenNumber) -> list[Reading]:
        """What it is that changed, and when: the sentence's count, or what its words say."""
        context, compared = self.context, {a.span for a in self.anchors if a.compared}
        whose = readings.subjects(scene, number, context)
        when = [
            option
            for option in readings.spans_for(scene, number, context, main_only=True)
            if not comparisons.is_base(scene, number, option.value, context)
            and option.value not in compared
        ]
        inside, _ = comparisons.read(scene, number) or (range(0), ())
        main = [a for a in self.anchors if not a.compared and a.first not in inside]
        if not main and not context.subject:
            main = self.anchors
        own = whose[0] if whose and whose[0].bound and whose[0].cost == 0 else None
        own = own if own and own.value.dimension else None
        near = sorted(main, key=lambda a: abs(a.first - number.first))
        rows = []
        for rank, anchor in enumerate(near[:3]):
            subject = own or Candidate(anchor.subject, 0.0, True, anchor.place_bound)
            span = Candidate(anchor.span, cost("change.second_count") * rank, True)
            rate: Rate = "per_day" if anchor.measure == "per_day" else ""
            rows.append(replace(readings.row(subject, span), rate=rate))
        price = cost("change.words_beside_count") if main else 0.0
        when += comparisons.ends(scene, context)
        for subject, span in product(whose[:4], when[:6]):
            rows.append(readings.row(replace(subject, cost=subject.cost + price), span))
        # A sentence that names its border speaks of no count of another's before it, and one that
        # says from when to when, of no other time's.
        totals = {phrase.value for phrase in scene.of_kind("total")}
        open_ = not main and comparisons.from_to(scene, number, context) is None
        for rank, anchor in enumerate(self.understood[:-4:-1] if open_ else ()):
            if totals and anchor.subject.total not in totals:
                continue
            price = cost("change.count_before") + 0.2 * rank
            earlier = Candidate(anchor.subject, price, True, True)
            rows.append(readings.row(earlier, Candidate(anchor.span, 0.2)))
        carries = not totals or (context.subject is not None and context.subject.total in totals)
        if not main and context.subject and context.span and carries:
            beside = bool(self.anchors)
            price = 0.1 if beside else cost("carried")
            carried = Candidate(context.subject, price, beside, True)
            tight = [option for option in when if option.bound]
            spoken = Candidate(context.span, 0.1, readings.refers(scene, number))
            rows += [readings.row(carried, option) for option in tight or [spoken]]
        return sorted(rows, key=lambda row: row.cost)

    def _share(
        self, scene: Scene, number: WrittenNumber, draft: ClaimFinding
    ) -> ClaimFinding | None:
        """A share; of one at another time than that before: down from 67% in May."""
        context, before = self.context, self.context.shared
        back = before is not None and scene.low(number.first - 1) == "from"
        if before and back:
            when = readings.spans_for(scene, number, context, before.span, compared=True)
            when += [Candidate(before.span.shift(by), cost("carried")) for by in (-12, -1)]
            rows: list[Reading] | None = [
                replace(
                    before, span=w.value, cost=w.cost, agency_bound=True, span_bound=w.bound,
                    place_bound=True,
                )
                for w in when
                if w.value != before.span
            ]  # fmt: skip
        else:
            when = readings.spans_for(scene, number, context)
            groups = scene.of_kind("citizenship", "countries", "demographic", "sector")
            refers = readings.refers(scene, number) and not groups
            counted = self.anchors or (self.understood[-2:] if refers else ())
            rows = shares.rows(scene, number, context, when, counted)
        if rows is None:
            return None
        if not rows and not back:
            return explain.not_held(draft, "this share is not on record")
        finding = self._decide(scene, number, rows, draft)
        if finding and finding.understood and not back:
            context.shared = finding.sense
        return finding

    # -- extremes ----------------------------------------------------------------------------------

    def _extremes(self, scene: Scene) -> Iterator[ClaimFinding]:
        """The findings of a sentence's records and ranks."""
        for extreme in extremes.find(scene, self.context):
            here, draft, claimed = extreme.number, extreme.draft, extreme.draft.claimed
            why = features.other_measure(scene, here)
            if why:
                yield explain.not_held(replace(draft, claimed=Claimed(0)), why)
                continue
            # Though it was the lowest March, the half year had 1,340,774: a claim of its own.
            after = scene.numbers_between(0, here.first)
            apart = not after and scene.low(0) in CONCEDING and bool(self.anchors)
            rows = [
                replace(row, span_bound=row.span_bound and not apart)
                for now in self._ranked(scene, here)
                for row in extremes.rows(extreme, now, self.context)
            ]
            judged = [
                (row, judge(self.table, row, claimed))
                for row in sorted(rows, key=lambda row: row.cost)
            ]
            right = [pair for pair in judged if pair[1].holds]
            right = [pair for pair in right if pair[0].cost <= cost("limit.rank")]
            likely = [pair for pair in judged if pair[0].cost <= 1.0]
            open_ = [pair for pair in likely if pair[1].verdict != "wrong"]
            for row, verdict in (right or open_ or likely)[:1]:
                # A record of the year, or ever?
                vague = not extreme.plain or extreme.of_parts or row.among == "span"
                vague = vague or (extreme.yearly and row.span.length == 1)
                # Nor of another agency's count, nor a record low where only "record" is said.
                agencies = (row.subject.agency,) if row.agency_bound else ("", "usbp")
                low: tuple[ClaimMeasure, ...] = ("record_low",) if extreme.bare else ()
                others = (
                    replace(row, subject=row.subject._replace(agency=agency), measure=measure)
                    for agency, measure in product(agencies, (row.measure, *low))
                )
                tied = row.span_bound and row.place_bound and not vague
                if verdict.verdict == "wrong" and (
                    not tied or any(judge(self.table, other, claimed).holds for other in others)
                ):
                    yield replace(draft, why="what it is compared with is not clear")
                else:
                    finding = self._finding(draft, row, verdict)
                    beyond = extreme.beyond and verdict.holds
                    yield self._windowed(finding) if beyond else finding

    def _windowed(self, finding: ClaimFinding) -> ClaimFinding:
        """The lowest in history: the record can only not contradict it, since it begins."""
        sense = finding.sense
        line = self.table.counts(sense.subject) if sense else None
        began = ClaimSpan(line.first, line.first).words() if line else ""
        why = f"Not contradicted since {began}, where the record begins. {finding.why}"
        judged = replace(finding.judged, verdict="cannot_be_checked", why=why)
        return replace(finding, judged=judged, why=why, say_instead="")

    def _ranked(self, scene: Scene, here: WrittenNumber) -> list[Reading]:
        """What may be the highest or lowest: the counts beside these words, else what they say."""
        context = self.context
        beside = readings.just_before(scene, here, context)
        whose = self.anchors[0].subject if self.anchors else context.subject
        if beside and whose:
            return [readings.row(Candidate(whose, 0.0, True, True), Candidate(beside, 0.0, True))]
        near = sorted(
            self.anchors,
            key=lambda a: scene.distance((a.first, a.last), (here.first, here.last)),
        )
        main = [anchor for anchor in near if not anchor.compared] or near
        second = cost("rank.second_count") + 0.4
        if main:
            return [
                replace(anchor, measure="total", cost=second * i, span_bound=True)
                for i, anchor in enumerate(main[:2])
            ]
        rows = [replace(row, rate="") for row in self._changed(scene, here)[:6]]
        named = bool(rows) and rows[0].subject.dimension == DRUG
        if context.subject and context.span and not named:
            carried = Candidate(context.subject, 0.1, False, True)
            spoken = Candidate(context.span, 0.3, readings.refers(scene, here))
            rows.insert(0, readings.row(carried, spoken))
        return rows

    # -- decisions ---------------------------------------------------------------------------------

    def _decide(
        self,
        scene: Scene,
        number: WrittenNumber,
        rows: Sequence[Reading],
        draft: ClaimFinding,
        only_if_exact: bool = False,
        allows: Allows = bool,
    ) -> ClaimFinding | None:
        """The verdict on a number, by its likeliest reading that makes it right."""
        claimed = draft.claimed
        if not rows:
            why = "the text does not say whose or when"
            return None if only_if_exact else replace(draft, why=why)
        # The cost of the last row that may make it right: 2,000 is near too much.
        coarse = not claimed.exact and abs(claimed.value) < 10 * claimed.unit
        limit = "exact" if claimed.telling else "small" if claimed.exact else "rounded"
        if rows[0].measure != "total" or claimed.hedge:
            limit = "rounded"
        if coarse and claimed.hedge in ("", "about"):
            limit = "coarse"
        farthest = cost(f"limit.{limit}")
        judged = [
            (row, judge(self.table, row, claimed)) for row in rows[:160] if row.cost <= farthest
        ]
        finding = self._holding(draft, [p for p in judged if allows(p[0])], only_if_exact)
        if finding or only_if_exact:
            return finding
        first, verdict = judged[0] if judged else (rows[0], judge(self.table, rows[0], claimed))
        near = [v for row, v in judged if row.cost <= first.cost + 0.5]
        if verdict.verdict == "cannot_be_checked":
            return self._finding(draft, first, verdict)
        if any(v.verdict == "cannot_be_checked" for v in near):
            return replace(draft, why="one likely meaning is not on record")
        # Where some meaning, however unlikely, makes it right, it is not called wrong.
        doubt = any(judge(self.table, row, claimed).holds for row in rows[:200])
        # Nor where it depends on the day up to which "this year" was counted.
        alike = [
            float(v.truth)
            for row, v in judged
            if v.truth is not None
            and row.subject == first.subject
            and row.span.first == first.span.first
        ]
        between = len(alike) > 1 and min(alike) <= claimed.value <= max(alike)
        if doubt or between or not self._sure(scene, number, first, verdict, claimed):
            return replace(draft, why="it is not certain whose or when")
        # A month restated before the first release on record: nobody knows what it was that day.
        truth = verdict.truth or 0
        month = first.measure == "total" and first.span.length == 1
        exact = claimed.exact and not claimed.hedge
        early = self.context.published.isoformat() < self.table.first_release
        little = abs(claimed.value - truth) <= FAR_RESTATED * truth
        first_values = self.table.first_values(first.subject, first.span)
        if month and exact and early and little and not first_values:
            why = f"no release on record is as old as the text; today's figure is {truth:,.0f}"
            verdict = JudgedClaim("cannot_be_checked", truth, why=why)
        return self._finding(draft, first, verdict)

    def _sure(
        self,
        scene: Scene,
        number: WrittenNumber,
        first: Reading,
        judged: JudgedClaim,
        claimed: Claimed,
    ) -> bool:
        """Whether a claim that nothing makes right may be called wrong: all is said, and tied."""
        tied = first.span_bound and first.place_bound
        if first.cost > cost("limit.confident") or not judged.truth or not tied:
            return False
        span, places = first.span, [p for p in self.context.speaks if p[0] in readings.PLACES]
        here = bool(scene.of_kind(*readings.PLACES)) or (len(places) == 1 and bool(self.understood))
        beside = any(anchor.first != number.first for anchor in self.anchors)
        # Under Biden one April had 203,510: a month of which year?
        vague = ("that", "administration", "era") if span.length == 1 else ("that",)
        # 209,840 in 2021: the count of one month of that year, which other words may name.
        counted = self.table.where(first.subject, int(claimed.value)) if claimed.exact else []
        yearly = span.length > 1 and any(ref.form == "year" for ref in scene.times)
        if (
            not (here or beside)
            or features.is_partial(scene, number)
            or features.vague_time(scene)
            or any(ref.form in vague for ref in scene.times)
            # Of a group that leads the sentence, or of all?
            or (not first.subject.dimension and readings.leading_part(scene, number))
            # "Seizures rose 20%" may be of their number where the record counts their weight.
            or (scene.of_kind("loose") and not scene.of_kind("unit"))
            or (yearly and any(span.first - 3 <= s.first <= span.last + 3 for s in counted))
        ):
            return False
        if (self.stale and first.cost > 0.25) or (self.unclear and first.measure != "total"):
            return False
        if first.measure not in ("total", "per_day", "per_month"):
            return True
        if claimed.hedge == "over" and abs(judged.truth) > abs(claimed.value):
            return False  # true to the letter, if far more
        times_off = abs(claimed.value / judged.truth) or 1e-9
        most = PLAIN_OFF if claimed.exact and first.cost <= 0.35 else FAR_OFF
        return bool(counted) or 1 / most <= times_off <= most  # another time's count, or near

    def _holding(
        self, draft: ClaimFinding, judged: Sequence[Judged], only_if_exact: bool
    ) -> ClaimFinding | None:
        """What makes a claim right, or right for something else; None where nothing does."""
        claimed = draft.claimed
        likely = [pair for pair in judged if pair[0].cost <= cost("limit.likely")]
        pair = _held(likely, claimed) if not only_if_exact else None
        exact = (
            (row, v)
            for row, v in judged
            if claimed.telling
            and row.measure == "total"
            and v.holds
            and (v.truth == claimed.value or v.published is not None)
        )
        pair = pair or next(exact, None)
        if pair or only_if_exact:
            return self._finding(draft, *pair) if pair else None
        total = bool(judged) and judged[0][0].measure == "total"
        pair = _held(judged, claimed)
        other = self._mislabelled(judged if total else judged[:1], claimed)
        nearer = pair is not None and other is not None and pair[0].cost <= other[0].cost
        if other and not nearer and (total or not pair):
            row, sense, verdict = other
            return self._finding(draft, row, verdict, sense)
        return self._finding(draft, *pair) if pair else None

    def _mislabelled(
        self, judged: Sequence[Judged], claimed: Claimed
    ) -> tuple[Reading, Reading, JudgedClaim] | None:
        """Right for another agency's or total's count of the same months."""
        seen = {row for row, _ in judged}  # what the words may mean is no other
        precise = claimed.value >= 1000 and claimed.value / claimed.unit >= 200
        for row, verdict in judged:
            place, when = row.place_bound, row.span_bound
            patrol = row.subject.agency == "usbp" and row.measure == "total"
            tied = claimed.telling or (place or when if patrol else place and when)
            if row.cost > cost("limit.confident") or not row.agency_bound or not tied:
                continue
            for sense, agency_only in readings.other_measures(row):
                far = not agency_only and not (precise and place)
                # A rounded number near that of the ports alone is near it by chance.
                chance = sense.subject.agency == "ofo" and not precise
                if sense in seen or far or chance:
                    continue
                seen.add(sense)
                other = judge(self.table, sense, claimed)
                unknown = verdict.truth is None and not sense.subject.dimension
                if sense.measure == "times" or unknown or other.truth is None:
                    continue
                near = abs(other.truth - claimed.value) <= claimed.unit / 2
                # A number with digits enough to name itself is another's only to the digit, or so.
                loose = claimed.telling and other.evidence == "tolerance" and not near
                if other.holds and (agency_only or near) and not (loose and not (place and when)):
                    evidence = other.evidence
                    return row, sense, replace(verdict, verdict="mislabelled", evidence=evidence)
        return None

    def _finding(
        self, draft: ClaimFinding, sense: Reading, judged: JudgedClaim, other: Reading | None = None
    ) -> ClaimFinding:
        made = explain.explain(self.table, draft, sense, judged, other)
        small = explain.small(self.table, sense.subject, sense.span)
        return replace(made, why=" ".join(filter(None, (made.why, small))))


def _agencies(anchors: Iterable[Reading]) -> frozenset[str]:
    """The agencies whose counts these are; groups are told of both."""
    return frozenset(
        "usbp" if a.subject.dimension == APPREHENSION else a.subject.agency
        for a in anchors
        if a.subject.dimension not in EVERYWHERE
    )


def _held(judged: Sequence[Judged], claimed: Claimed) -> Judged | None:
    """The first that makes it right: exact ones before those within a tolerance."""
    holding = [pair for pair in judged if pair[1].holds]
    strict = [pair for pair in holding if pair[1].evidence != "tolerance"]
    if strict and strict[0][0].cost <= holding[0][0].cost + 2.5:
        return strict[0]
    exact = claimed.exact and not claimed.hedge and abs(claimed.value) >= 1000
    for row, verdict in holding:
        # So near today's that it can hardly be another's.
        near = exact and abs((verdict.truth or 0) - claimed.value) <= 0.002 * abs(claimed.value)
        limit = "tolerance" if verdict.evidence == "tolerance" else "small"
        if (near and row.cost <= 2.6) or row.cost <= cost(f"limit.{limit}"):
            return row, verdict
    return None
