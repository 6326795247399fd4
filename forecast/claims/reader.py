"""Reads a text sentence by sentence: traces its counts, relates them, confronts words and numbers.

What a sentence leaves open is taken from those before it. Counts are traced first, as an exact one
nearly always names itself; then what is said between them is related: changes, shares, ranks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import cast

from forecast.claims.confront import confront
from forecast.claims.record.counts import DRUG, CountTable, Subject
from forecast.claims.record.verdict import BOUNDS, Claimed, ClaimMeasure, Reading
from forecast.claims.relate import changes, ranks, shares
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.claims.text import scene as mentions
from forecast.claims.text import tables, times
from forecast.claims.text.lexicon import Lexicon
from forecast.claims.text.scene import Placed, Scene
from forecast.claims.text.times import TextState
from forecast.claims.text.tokens import WrittenNumber, sentences, word_set
from forecast.claims.trace import roles, trace, whose
from forecast.claims.trace.roles import NumberRole
from forecast.claims.trace.trace import Anchor, Spot

_BASES = frozenset({"from", "than", "against", "below", "above", "versus"})
_FULL_STOPS = word_set(". ! ?")
BELOW_HEAD = 2  # sentences below a headline that may say when and whose its numbers are
MOST_NUMBERS = 24  # in one sentence; a longer row of numbers is a table, not a claim


def of_cell(
    cell: tables.Cell, table: CountTable, lexicon: Lexicon, around: TextState
) -> Iterator[ClaimFinding]:
    """Read a cell of a table as the sentence that its heads make of it."""
    totals = table.source.totals
    for total in totals.every:  # "Northern" over a column is a border
        label = re.compile(rf"(^|(?<=, )){re.escape(total)}(?=[,:])", re.I)
        sentence = label.sub(totals.name(total).replace("\\", r"\\"), cell.sentence)
        cell = replace(cell, sentence=sentence, at=cell.at + len(sentence) - len(cell.sentence))
    reader = Reader(cell.sentence, table, lexicon, around.published)
    reader.context.speaks |= around.speaks
    reader.context.home = reader.context.home or around.home
    if any(phrase.kind == "sector" for scene in reader.scenes for phrase in scene.phrases):
        reader.context.agency = "usbp"
    head = [Scene(cell.head, sentence, lexicon) for sentence in sentences(cell.head)]
    for found in reader.read():
        if found.start <= cell.at < found.end:
            held = _under_head(found, head, table)
            quote = cell.sentence[cell.at :]
            yield replace(held, quote=quote, start=cell.start, end=cell.end)


def _under_head(found: ClaimFinding, head: Sequence[Scene], table: CountTable) -> ClaimFinding:
    """Return what may be said of a cell under its column's head."""
    if not _is_known(head, table.source.totals.every):
        unknown = "the words over its column are not understood"
        return ClaimFinding("", 0, 0, found.number, found.claimed, why=unknown)
    called = not head or any(scene.of_kind("measure") for scene in head)
    if found.blamed and found.sense and not (found.other and called):
        # What heads leave out a heading may say: what the record has is shown.
        shown = ShownReading(found.sense, found.judged.truth or 0)
        return show.differs(table, found, (shown,))
    return found


_PLAIN = word_set(
    "total border sector office u.s. number count all by of the in and at for to date ytd month"
)


def _is_known(head: Iterable[Scene], totals: Iterable[str]) -> bool:
    """Whether every word over a column is one of time, of a total or of what is counted."""
    plain = _PLAIN.union(total.lower() for total in totals)
    return all(
        token.mark
        or scene.in_time(at)
        or token.low in plain
        or bool(tables.MONTH.match(token.low))
        or any(phrase.first <= at < phrase.last for phrase in scene.phrases)
        for scene in head
        for at, token in enumerate(scene.tokens)
    )


class Reader:
    """Reads one text, sentence by sentence."""

    def __init__(self, text: str, table: CountTable, lexicon: Lexicon, published: date) -> None:
        self.text, self.table = text, table
        self.scenes = [Scene(text, sentence, lexicon) for sentence in sentences(text)]
        self.context = context = TextState(published, table.calendar)
        phrases = [phrase for scene in self.scenes for phrase in scene.phrases]
        context.speaks = frozenset((phrase.kind, phrase.value) for phrase in phrases)
        context.usual, context.homes = _largest(table), table.source.hierarchy.field_borders
        land = [
            p.value for p in phrases if p.kind == "total" and p.value in ("southwest", "northern")
        ]
        if land:
            context.home = max(dict.fromkeys(land), key=land.count)
        context.sectors_named = frozenset(
            phrase.value
            for scene in self.scenes
            for phrase in scene.of_kind("sector")
            if any(low.startswith("sector") for low in scene.words(phrase.first, phrase.last + 1))
        )
        self.anchors: list[Anchor] = []  # the counts of the sentence that is read
        self.before: list[Anchor] = []  # of the sentences before
        self.changes: dict[tuple[str, float], ClaimFinding] = {}  # those that hold, as written

    def read(self) -> Iterator[ClaimFinding]:
        """Yield all findings; those of a headline once what stands below it was read."""
        last = len(self.scenes) - 1
        headed = last > 0 and self.scenes[0].low(len(self.scenes[0].tokens) - 1) not in _FULL_STOPS
        headline: list[ClaimFinding] = []
        for place, scene in enumerate(self.scenes):
            self._enter(place, scene)
            found = [*self._findings(scene)]
            self._carry(scene)
            if headed and not place:
                headline = found
            else:
                yield from found
            if headed and place == min(BELOW_HEAD, last):
                yield from self._read_below(headline)

    def _enter(self, place: int, scene: Scene) -> None:
        """Take up the places that a sentence names."""
        context = self.context
        context.sentence = place
        # A total that a sentence names ends what was said of a sector before.
        totals, sectors = scene.of_kind("total"), self._sectors(scene)
        if totals and not scene.of_kind("sector", "office", "city"):
            context.total = totals[0].value
        if sectors:
            context.sector = (sectors[-1].kind, (sectors[-1].value,))

    def _read_below(self, headline: Iterable[ClaimFinding]) -> Iterable[ClaimFinding]:
        """The findings of a headline by what stands below it; nobody is blamed by that."""
        again = self._findings(self.scenes[0])
        told = {one.start: one for one in again if one.understood and not one.blamed}
        first = {one.start: one for one in headline}
        held = {at: one for at, one in first.items() if one.understood}
        return (first | told | held).values()

    def _findings(self, scene: Scene) -> Iterator[ClaimFinding]:
        """The findings of one sentence."""
        self.anchors = []
        if len(scene.numbers) > MOST_NUMBERS:
            return
        quoted = confront.unjudged(scene)
        for one in filter(None, [*self._numbers(scene), *self._extremes(scene)]):
            yield show.unjudged(self.table, one) if quoted else show.with_size(self.table, one)

    def _spot(self, scene: Scene, number: WrittenNumber) -> Spot:
        """A number, and a finding on it, its hedge and its noun before anything is understood."""
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
        draft = ClaimFinding(self.text[start:end], start, end, self.text[digits], claimed)
        return Spot(scene, number, self.context, self.table, draft, self.anchors, self.before)

    def _numbers(self, scene: Scene) -> Iterator[ClaimFinding | None]:
        """The findings of a sentence's numbers: its counts first, then what is said of them."""
        findings: dict[int, ClaimFinding | None] = {}
        for _ in range(2):  # the second time beside all that the sentence was found to count
            for number, role in roles.roles(scene, self.context):
                known = findings.get(number.first)
                if role.kind in roles.COUNTS and not (known and known.understood):
                    findings[number.first] = self._count(scene, number, role) or known
            if not self.anchors:
                break
        for number, role in roles.roles(scene, self.context):
            if role.kind and role.kind not in roles.COUNTS:
                findings[number.first] = self._related(scene, number, role)
        yield from (findings[place] for place in sorted(findings))

    def _count(self, scene: Scene, number: WrittenNumber, role: NumberRole) -> ClaimFinding | None:
        spot = self._spot(scene, number)
        maybe = role.kind == "maybe"
        measure = cast("ClaimMeasure", "total" if maybe else role.kind)
        last = self.anchors[-1] if self.anchors else self.before[-1] if self.before else None
        finding = confront.count(spot, trace.readings(spot, measure), maybe)
        if measure == "total" and last and last.measure in ("per_day", "per_month"):
            # 258 apprehensions a day, against 4,900 a year before: a day as well.
            also = confront.count(spot, trace.readings(spot, last.measure), False)
            if also and also.judged.holds and not (finding and finding.judged.holds):
                finding = also
        if measure not in BOUNDS:
            self._remember(scene, number, finding)
        return finding

    def _remember(self, scene: Scene, number: WrittenNumber, finding: ClaimFinding | None) -> None:
        """What the rest of the text may take a count to have meant."""
        if finding is None:
            return
        likely = finding.readings[:1] if not finding.understood else ()
        sense = finding.sense or next((one.reading for one in likely), None)
        # Change from the year before (February 2024: 4,480).
        bracketed = scene.in_brackets_of(number.first, _BASES)
        # It is all that is said of a time before: the same months a year before: 1,752.
        led = any(r.relative and r.last == number.first - 1 for r in scene.times)
        leads = led and scene.low(number.first - 1) == ":"
        beside = scene.compares(number.first) or bracketed or leads
        claimed = finding.claimed
        if finding.judged.truth == claimed.value:  # 4,300, which is no rounded number
            claimed = replace(claimed, exact=True)
        anchor = Anchor(
            claimed, number.first, number.last,
            sense, beside, finding.judged.holds,
            sense.measure if sense else "total", changes.led_by(scene, number.first),
            self.context.sentence, finding.verdict == "near_today",
        )  # fmt: skip
        others = [a for a in self.anchors if a.first != number.first]
        self.anchors = sorted([*others, anchor], key=lambda a: a.first)

    def _related(
        self, scene: Scene, number: WrittenNumber, role: NumberRole
    ) -> ClaimFinding | None:
        spot = self._spot(scene, number)
        if role.kind == "not_held":
            return show.not_held(spot.draft, role.why)
        if role.kind == "share":
            return shares.share(spot)
        if any(ref.form == "days" for ref in scene.times):
            return replace(spot.draft, why="days are not on record")
        like = next((known.sense for known in reversed(self.changes.values())), None)
        found = changes.change(replace(spot, like=like), cast("ClaimMeasure", role.kind))
        if found is None:
            return None
        known = self.changes.get((found.number, found.claimed.value))
        if found.judged.holds:
            self.changes[found.number, found.claimed.value] = found
        elif known and not self.anchors and not found.understood:  # said again of no other counts
            return replace(found, sense=known.sense, judged=known.judged, why=known.why)
        return found

    def _extremes(self, scene: Scene) -> Iterator[ClaimFinding | None]:
        """The findings of a sentence's records and ranks."""
        for extreme in ranks.find(scene):
            why = roles.other_measure(scene, extreme.number)
            if why:
                yield show.not_held(replace(extreme.draft, claimed=Claimed(0)), why)
                continue
            spot = Spot(
                scene, extreme.number, self.context, self.table, extreme.draft,
                self.anchors, self.before,
            )  # fmt: skip
            yield ranks.judged(extreme, spot)

    # -- what is carried on ------------------------------------------------------------------------

    def _carry(self, scene: Scene) -> None:
        """Carry what this sentence said to the next ones."""
        context = self.context
        self.before = [*self.before, *self.anchors][-12:]
        said = {"both", "either"} & {phrase.value for phrase in scene.of_kind("measure")}
        context.both = bool(said) or (context.both and not whose.names_agency(scene))
        known = [anchor for anchor in self.anchors if anchor.reading]
        for anchor in reversed(known):
            if anchor.span and anchor.traced:
                context.saw(anchor.span)
        if not known:
            self._carry_words(scene)
            return
        main = next((anchor for anchor in known if not anchor.compared), known[0])
        if main.compared and context.subject and context.span:
            context.saw(context.span)
        else:
            self._carry_count(main.reading)

    def _carry_count(self, reading: Reading | None) -> None:
        if reading is None:
            return
        context, subject = self.context, reading.subject
        context.subject, context.span, context.agency = subject, reading.span, subject.agency
        context.total = subject.total if not subject.dimension else context.total
        context.group, context.part = whose.part_of(subject)
        context.saw(reading.span)

    def _carry_words(self, scene: Scene) -> None:
        """A sentence without a count still says of what the next ones speak."""
        context = self.context
        sectors = self._sectors(scene)
        drugs = scene.of_kind(DRUG)
        if sectors:
            context.part = context.sector
        if drugs:
            context.group = (DRUG, (drugs[-1].value,))
        self._carry_agency(scene, bool(sectors), bool(drugs))
        heads = scene.low(len(scene.tokens) - 1) == ":"  # Since he took office:
        for ref in scene.times:
            if ref.counts and (heads or not ref.since):
                for span in times.spans(ref, context)[:1]:
                    context.saw(span)

    def _sectors(self, scene: Scene) -> list[Placed]:
        """The sectors and offices that a sentence surely names."""
        return [
            p for p in scene.of_kind("sector", "office") if whose.is_sure(scene, p, self.context)
        ]

    def _carry_agency(self, scene: Scene, sector: bool, drugs: bool) -> None:
        """The agency that is named, and whose counts are then spoken of."""
        context, total = self.context, self.context.total or self.context.home
        measures = {phrase.value for phrase in scene.of_kind("measure")}
        spoken = next((value for value in (*whose.HALVES, "all") if value in measures), None)
        if not spoken:
            return
        context.agency = whose.CODES[spoken]
        if sector:
            kind, members = context.sector
            context.subject = whose.sector(members, context, kind)
        elif total and not drugs:
            context.subject = Subject(total, context.agency)


def _largest(table: CountTable) -> tuple[str, ...]:
    """The totals, the largest first: what is meant where none is named."""
    sizes: dict[str, int] = {}
    for total in table.source.totals.every[:12]:
        line = table.counts(Subject(total))
        sizes[total] = sum(count for count, _ in line.by_month.values()) if line else -1
    return tuple(sorted(sizes, key=lambda total: -sizes[total]))
