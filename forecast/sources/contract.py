"""The contract of own counts: each delivery is read as a diff before it is believed.

What a delivery changes in the record is said in one sentence a kind, or asked. A question names the
answers that `bordercast releases accept N --as ANSWER` takes; until then the delivery is held, and
nothing of it is in the record. CHECKS is the whole list: each check looks at what those before it
left unexplained. What was answered is kept with the measure's words, dated, in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import combinations, filterfalse, zip_longest
from math import log, sqrt
from statistics import median
from typing import NamedTuple, get_args

from forecast import months
from forecast.agreed import Agreed, Life, LifeKind
from forecast.errors import AnswerError, DataError
from forecast.lives import life
from forecast.lives import named as _name
from forecast.types import Counts, DeliveryHabit, SeriesKey
from forecast.words import first_few, like, many, month_words, slug

UNIT, RESTATED, NEW, PARTIAL = "unit changed", "restated", "new", "partial"
RENAMED, MERGED, SHUT, ENDED = get_args(LifeKind)
COUNTED, NOT_COUNTED, UNFINISHED, TOTAL = "counted", "not counted", "unfinished", "total"
ANSWERS = {
    UNIT: "the file is in another unit: it and later files are brought back to the record's",
    RESTATED: "its numbers are right as they stand, and replace what was there",
    RENAMED: "the same series under a new name: its history, forecasts and scores go on",
    NEW: "new names are new series",
    MERGED: "the new series takes the place of those that it adds up",
    ENDED: "the series named by --series has ended: no forecast, and sums go on without it",
    SHUT: "the series named by --series is not counted for some time, and no hole in a sum",
    PARTIAL: "it is meant to have only some of the series or months; the others stay",
    COUNTED: "the numbers of the last month are true",
    NOT_COUNTED: "nobody counted them: these numbers are left out",
    UNFINISHED: "last months come unfinished, and are completed by later files",
    TOTAL: "the new name is a sum of others, and no series of its own",
}
MOST = 0.8  # of cells that one cause explains
FEW = 0.2  # of cells, or names: more than these at once is odd
LEAST_CELLS = 6
LEAST_USUAL = 10  # counts a month, below which a 0 or a fall is nothing odd
MANY_SERIES = 3  # of fewer, chance alone may take all below the month and the year before
_UNITS = {of: f"{of:,.0f} times" for of in (12.0, 10.0, 100.0, 1e3, 1e6)}
_UNITS |= {1e-6: "a millionth of", 1e-3: "a thousandth of", 0.01: "a hundredth of"}
_UNITS |= {0.1: "a tenth of", 1 / 12: "a twelfth of"}
_some = partial(first_few, apart="; ")
_TOTAL_WORDS = re.compile(r"\b(total|sum|all|overall|insgesamt|gesamt|totaal|totale|alle)\b", re.I)


class SharedMonth(NamedTuple):
    """A month of a series that both have: the file's number, and the record's."""

    key: SeriesKey
    month: str
    now: int
    was: int


class FreshMonth(NamedTuple):
    """A month that is new at a series' end, its number, and up to 24 that the record has."""

    key: SeriesKey
    month: str
    now: int
    before: list[int]


@dataclass(frozen=True)
class DeliveryQuestion:
    """What is asked, and the answers that let the file in; what is only said is a text."""

    text: str
    answers: tuple[str, ...]

    def __str__(self) -> str:
        """Write it with what each answer means."""
        ways = "; ".join(f'"{answer}": {ANSWERS[answer]}' for answer in self.answers)
        return f"{self.text}{'' if self.text.endswith('?') else '.'} --as {ways}"


Found = Iterator[str | DeliveryQuestion]


@dataclass(frozen=True)
class ToldLife:
    """What a person says of series: what became of them, since when, and which other they became.

    since : a month, "" for the one after their last. into : a name of the file's.
    """

    what: LifeKind
    series: tuple[str, ...]
    into: str = ""
    since: str = ""


@dataclass
class DeliveryDiff:
    """A delivery beside the record, and what checks have made of it so far.

    stated : of the file, under the record's names. before : the record's counts. header : the
    file's words for its columns. answered : the operator's answers. agreed : what was answered
    earlier, and is answered now. told : of series, whatever is asked. habits : of accepted
    deliveries, the newest last. awaited : months of the record that came unfinished. adds :
    whether series add up. explained : whether one cause explains what it changes. fallen : a last
    month that is not complete. moved : series that a new name may be.
    """

    stated: dict[SeriesKey, dict[str, int]]
    before: Counts
    header: Sequence[str]
    agreed: Agreed
    habits: Sequence[DeliveryHabit] = ()
    awaited: Collection[tuple[SeriesKey, str]] = ()
    restates: int = 0
    whole: str = ""
    adds: bool = True
    answered: Collection[str] = ()
    told: ToldLife | None = None
    explained: bool = False
    fallen: str = ""
    moved: set[SeriesKey] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    @cached_property
    def last(self) -> str:
        """The newest month on record."""
        return max((max(known) for known in self.before.values() if known), default="")

    @property
    def through(self) -> str:
        """The newest month that the file states."""
        return max(max(known) for known in self.stated.values())

    def cells(self) -> list[SharedMonth]:
        """Return the months that both have."""
        return [
            SharedMonth(key, month, now, self.before[key][month])
            for key, known in self.stated.items()
            for month, now in known.items()
            if month in self.before.get(key, {})
        ]

    def waits(self, cell: SharedMonth) -> bool:
        """Whether a month came unfinished, so that it is meant to change."""
        return (cell.key, cell.month) in self.awaited

    def changed(self) -> list[SharedMonth]:
        """Return those that the file changes, the newest first."""
        cells = (cell for cell in self.cells() if cell.now != cell.was)
        return sorted(cells, key=lambda cell: (cell.month, cell.key), reverse=True)

    def fresh(self) -> Iterator[FreshMonth]:
        """Yield what is new at a series' end."""
        for key, known in self.stated.items():
            had = self.before.get(key, {})
            end = max(had, default="")
            before = [had[at] for at in sorted(had)[-24:] if (key, at) not in self.awaited]
            for month in sorted(known):
                if month > end and before:
                    yield FreshMonth(key, month, known[month], before)

    def ends(self) -> list[FreshMonth]:
        """Return those of series that are large enough for a fall to tell."""
        fresh = () if self.explained else self.fresh()
        return [f for f in fresh if median(f.before) >= LEAST_USUAL]

    def running(self) -> set[SeriesKey]:
        """Return the series that had a count in one of the record's last three months."""
        since = months.shift(self.last, -2) if self.last else ""
        return {key for key, known in self.before.items() if known and max(known) >= since}

    def new(self) -> list[SeriesKey]:
        """Return the series that the file has first, unless a person said what it was before."""
        grown = {life.other for life in self.agreed.lives}
        return sorted(k for k in self.stated.keys() - self.before.keys() if _name(k) not in grown)

    def lost(self) -> list[SeriesKey]:
        """Return the series that the file does not state, though no sum nor ended."""
        summed = {SeriesKey(key.total) for key in self.before if key.dimension}
        lost = self.before.keys() - self.stated.keys() - summed - {SeriesKey(self.whole)}
        return sorted(key for key in lost if self.before[key] and not self.over(key))

    def gone(self) -> list[SeriesKey]:
        """Return those of them that were running."""
        running = self.running()
        return [key for key in self.lost() if key in running]

    def over(self, key: SeriesKey) -> Life | None:
        """Return what a person said of a series that is not counted since; None of others."""
        told = life(_name(key), self.agreed.lives)
        ended = told and told.what != RENAMED and told.month > max(self.before[key])
        return told if ended else None

    def agree(self, **what: object) -> None:
        """Add to what is agreed on."""
        self.agreed = self.agreed.model_copy(update=what)

    def live(self, what: LifeKind, keys: Iterable[SeriesKey], month: str, other: str = "") -> None:
        """Add to what became of series."""
        lives = (Life(what=what, series=_name(key), month=month, other=other) for key in keys)
        self.agree(lives=(*self.agreed.lives, *lives))

    def leave_out(self, months_new: Iterable[FreshMonth]) -> None:
        """Take months out of what the file states."""
        for fresh in months_new:
            del self.stated[fresh.key][fresh.month]
            if not self.stated[fresh.key]:
                del self.stated[fresh.key]

    def take(self, answer: str) -> bool:
        """Whether the operator gave this answer."""
        if answer in self.answered:
            self.used.add(answer)
        return answer in self.answered

    def ask(self, text: str, *answers: str, odd: bool = True) -> str | DeliveryQuestion:
        """Return a question; where nothing is odd, or one of the answers was given, its text."""
        # Also what is only said may be answered: one more file may have been taken in since it was
        # asked.
        given = [answer for answer in answers if self.take(answer)]
        return text if given or not odd else DeliveryQuestion(text, answers)


# ---------------------------------------------------------------- names


def confirmed(case: DeliveryDiff) -> Found:
    """Take what a person says of series.

    Raises
    ------
    AnswerError : there is no such series, or its counts say otherwise.
    """
    if (told := case.told) is None:
        return
    olds = [_one_of(case.before, name, "the record") for name in told.series]
    if told.what in (RENAMED, MERGED):
        new = _told_new(case, told, olds)
        _refuse_overlap(case, new, olds, told.since or _begins(case, new, olds))
        yield _go_on(case, new, olds, told.since)
        return
    for old in olds:
        begin = told.since or months.shift(max(case.before[old]), 1)
        last = max({**case.before[old], **case.stated.get(old, {})})
        if begin <= last:
            raise AnswerError(f"{_name(old)!r} has a count of {last}: it was counted until then")
        case.live(told.what, [old], begin)
        verb = "has ended" if told.what == ENDED else f"is shut from {month_words(begin)}"
        yield f"{_name(old)!r} {verb}, last counted in {month_words(last)}"


def _told_new(case: DeliveryDiff, told: ToldLife, olds: Sequence[SeriesKey]) -> SeriesKey:
    """Return which series of the file others became; AnswerError where they cannot have."""
    if not told.into:
        raise AnswerError(f"say what {_quoted(olds)} became in the file: --into NAME")
    new = _one_of(case.stated, told.into, "the file")
    if told.what != _became(olds):
        raise AnswerError("one series is renamed, and two or more are merged: give --series each")
    if new in case.before:
        raise AnswerError(
            f"{told.into!r} has counts of its own on record; take back the file that brought "
            "it (`bordercast releases withdraw N`), and say so of that file"
        )
    if told.what == MERGED and not case.adds:
        raise AnswerError(f"rates are not added up, so {told.into!r} is a new series: --as new")
    if _sum_among(case, olds):
        raise AnswerError(f"a sum of others is not merged: name what {told.into!r} is made of")
    return new


def _refuse_overlap(
    case: DeliveryDiff, new: SeriesKey, olds: Sequence[SeriesKey], begin: str
) -> None:
    """Raise AnswerError for what a file goes on counting beside what it is said to be now."""
    if begin > max(case.stated[new]):
        raise AnswerError(f"{_name(new)!r} has no count of {month_words(begin)} or later")
    for old in olds:
        last = max(case.stated.get(old, ()), default="")
        if last >= begin:
            raise AnswerError(
                f"{_name(old)!r} is counted in the file itself until {month_words(last)}, "
                f"beside {_name(new)!r}"
            )


def _one_of(counts: Counts, name: str, where: str) -> SeriesKey:
    """Return the series of this name; AnswerError where there is none."""
    names = {_name(key): key for key in counts}
    wanted = [key for of, key in names.items() if slug(of) == slug(name)]
    if not wanted:
        raise AnswerError(f"{name!r} is no series of {where}; {like(name, names)}")
    return names.get(name, wanted[0])


def _again(case: DeliveryDiff) -> Found:
    """Series that are counted again, after a person said that they are not."""
    for key in sorted(case.stated.keys() & case.before.keys()):
        told, last = case.over(key), max(case.stated[key], default="")
        if told and last >= told.month:
            since = f"said to be {told.what} since {month_words(told.month)}"
            yield f"{_name(key)!r}, {since}, is counted again, and in sums again"


def _spelled(case: DeliveryDiff) -> Found:
    """Names that differ from the record's by capitals, spaces and punctuation alone."""
    alike = {tuple(map(slug, old)): old for old in case.before if old not in case.stated}
    for key in case.new():
        if old := alike.pop(tuple(map(slug, key)), None):
            case.stated[old] = case.stated.pop(key)
            yield f"{_name(key)!r} is read as {_name(old)!r}, as written before"


def _totals(case: DeliveryDiff) -> Found:
    """A new name that is what the others beside it add up to."""
    renamed = {key for key, olds in _by_history(case) if len(olds) == 1}
    for beside in _levels(case):
        for key in sorted(beside.keys() - case.before.keys() - renamed):
            others = beside.keys() - {key}
            if len(others) < 2:
                continue
            name, called = _name(key), _TOTAL_WORDS.search(key.member or key.total)
            adds_up = _equal(beside[key], _sums(beside, others), least=2)
            if adds_up or (called and case.take(TOTAL)):
                del beside[key]
                for part in [k for k in case.stated if key in (k, SeriesKey(k.total))]:
                    del case.stated[part]
                yield f"{name!r} is the sum of the {len(others)} others, and no series of its own"
            elif called and not case.take(NEW):
                text = f"{name!r} is new and called a sum, but is not what the others add up to"
                yield DeliveryQuestion(text, (TOTAL, NEW))


def _levels(case: DeliveryDiff) -> Iterator[dict[SeriesKey, dict[str, int]]]:
    """Yield what stands beside each other: totals, added up where need be; a total's parts."""
    of_total: dict[str, list[SeriesKey]] = {}
    for key in case.stated:
        of_total.setdefault(key.total, []).append(key)
    parts = {t: [key for key in keys if not key.headline] for t, keys in of_total.items()}
    yield {
        SeriesKey(total): case.stated.get(SeriesKey(total)) or _sums(case.stated, parts[total])
        for total in of_total
        if total != case.whole
    }
    for keys in parts.values():
        yield {key: case.stated[key] for key in keys if key in case.stated}


def _moved(case: DeliveryDiff) -> Found:
    """New names beside names that are gone: renamed or merged by their history, or to be asked."""
    new, gone, pairs = case.new(), case.gone(), list(_by_history(case))
    why = "has the same history as"
    if not pairs and len(new) == len(gone) == 1:
        why, pairs = "comes where there is no longer", [(new[0], (gone[0],))]
    for key, olds in pairs:
        case.moved |= {*olds}
        what, names = _became(olds), _quoted(olds)
        whole = _sum_among(case, olds)
        if whole is None and case.take(what):
            yield _go_on(case, key, olds)
        elif case.take(NEW):
            continue
        elif whole:
            text = f"{_name(key)!r} is new and adds up {names}, but {_name(whole)!r} is itself the"
            twice = "sum of others, which would be counted twice; take it for a new series, or ask"
            yield DeliveryQuestion(f"{text} {twice} whose it is", (NEW,))
        else:
            asked = "the same under a new name" if what == RENAMED else "what they are merged into"
            text = f"{_name(key)!r} is new and {why} {names}: is it {asked}?"
            yield DeliveryQuestion(text, (what, NEW))
    _follow(case, {old.total for _, olds in pairs if len(olds) > 1 for old in olds})
    if new and gone and not pairs and not case.take(NEW):
        text = f"{_some(map(_name, new))} new, and {_some(map(_name, gone))} not in this file"
        unknown = "whether one is another under a new name, no history shows"
        yield DeliveryQuestion(f"{text}; {unknown}", (NEW,))


def _follow(case: DeliveryDiff, totals: Collection[str]) -> None:
    """Merge totals whose parts are all merged into those of one other total."""
    for total in sorted(totals):
        parts = [key for key in case.before if key.total == total and not key.headline]
        told = [life(_name(key), case.agreed.lives) for key in parts]
        merged = [of for of in told if of and of.what == MERGED]
        into = {of.other.partition(": ")[0] for of in merged} - {total}
        if parts and len(merged) == len(parts) and len(into) == 1:
            case.live(MERGED, [SeriesKey(total)], max(of.month for of in merged), into.pop())


def _by_history(case: DeliveryDiff) -> Iterator[tuple[SeriesKey, tuple[SeriesKey, ...]]]:
    """Yield new names with those gone of which one has the history, or several add up to it."""
    left = case.lost()  # one that came late before has its history all the same
    for key in case.new():
        sizes = (1, 2, 3) if case.adds else (1,)
        groups = (group for size in sizes for group in combinations(left[:12], size))
        for olds in groups:
            if _equal(case.stated[key], _sums(case.before, olds), least=3):
                left = [old for old in left if old not in olds]
                yield key, olds
                break


def _sum_among(case: DeliveryDiff, olds: Sequence[SeriesKey]) -> SeriesKey | None:
    """Return which of several is the sum of the record's others; None if none is."""
    heads = {key for key in case.before if key.headline and key.total != case.whole}
    for key in olds if len(olds) > 1 else ():
        others = _sums(case.before, heads - {key}) if len(heads - {key}) > 1 else {}
        if key.headline and _equal(case.before[key], others, least=3):
            return key
    return None


def _go_on(case: DeliveryDiff, key: SeriesKey, olds: Sequence[SeriesKey], since: str = "") -> str:
    """Take a new name for the old one, or give a merged series the history of its parts."""
    since = since or _begins(case, key, olds)
    case.live(_became(olds), olds, since, _name(key))
    if len(olds) == 1:
        (old,), joined = olds, "goes on as"
        label = key.member or key.total
        case.agree(names={**case.agreed.names, label: old.member or old.total})
        case.stated[old] = case.stated.get(old, {}) | case.stated.pop(key)
    else:
        joined = "are merged into"
        case.stated[key] = _sums(case.before, olds) | case.stated[key]
    words = f"{_quoted(olds)} {joined} {_name(key)!r} from {month_words(since)}"
    return f"{words}, as confirmed"


def _begins(case: DeliveryDiff, key: SeriesKey, olds: Sequence[SeriesKey]) -> str:
    """Return the first month of a new name in which none of the old ones is on record."""
    over = max(max(case.before[old]) for old in olds)
    return min((m for m in case.stated[key] if m > over), default=months.shift(over, 1))


def _became(olds: Sequence[SeriesKey]) -> LifeKind:
    return "renamed" if len(olds) == 1 else "merged"


def _quoted(keys: Iterable[SeriesKey]) -> str:
    return " and ".join(repr(_name(key)) for key in keys)


def _names(case: DeliveryDiff) -> Found:
    """Names that are new, and names that are gone."""
    if begun := [f"{_name(k)} from {month_words(min(case.stated[k]))}" for k in case.new()]:
        yield f"new: {_some(begun)}; shown at once, forecast once they have enough months"
    if gone := case.gone():
        ends = (
            f"{_name(key)}, last counted in {month_words(max(case.before[key]))}" for key in gone
        )
        text = f"not in this file: {_some(ends)}; what the record has of them stays"
        usual = min((habit.series for habit in case.habits[1:]), default=len(case.before))
        lost = len({*gone} - case.moved) > max(1, FEW * len(case.running()))
        yield case.ask(text, PARTIAL, odd=lost and len(case.stated) < usual)


def _sums(counts: Counts, keys: Collection[SeriesKey]) -> dict[str, int]:
    """Return the sums of series in the months that each has."""
    shared = set.intersection(*(set(counts[key]) for key in keys)) if keys else ()
    return {month: sum(counts[key][month] for key in keys) for month in sorted(shared)}


def _equal(known: Mapping[str, int], other: Mapping[str, int], least: int) -> bool:
    """Whether nearly all months that both have are the same, and not all one number."""
    pairs = [(known[month], count) for month, count in other.items() if month in known]
    # What was rounded apart, to tenths of a small number too, adds up to a unit more or less.
    same = sum(abs(now - was) <= (was >= 100) + (was >= 1000) for now, was in pairs)
    return len(pairs) >= least and same >= 0.9 * len(pairs) and len(set(pairs)) > 1


# ---------------------------------------------------------------- numbers that both have


def _unit(case: DeliveryDiff) -> Found:
    """All months that both have are moved by one factor, or new ones beside those before."""
    shared = [cell for cell in case.cells() if cell.was]
    moved = [cell for cell in shared if cell.now != cell.was]
    if len(moved) >= max(LEAST_CELLS, MOST * len(shared)) and (factor := _factor(moved)):
        changed = f"{len(moved):,} of {len(shared):,} months that the record has"
        yield _scaled(case, factor, f"{changed} are {_times(factor)} what they were")
    # A file of new months alone: all of another size than those before.
    fresh = [] if case.cells() else list(case.fresh())
    logs = [log(f.now / median(f.before)) for f in fresh if f.now and median(f.before) >= 1]
    if logs and abs(median(logs)) > log(20) and min(map(abs, logs)) > log(5):
        factor = 10.0 ** round(median(logs) / log(10))
        yield _scaled(case, factor, f"its new months are about {_times(factor)} usual")


def _scaled(case: DeliveryDiff, factor: float, text: str) -> str | DeliveryQuestion:
    if not case.take(UNIT):
        return _restated(case, text, UNIT)
    case.explained, back = True, 1 / factor
    case.agree(times=case.agreed.times * back)
    for known in case.stated.values():
        known.update({month: round(now * back) for month, now in known.items()})
    _as_recorded(case)
    return f"{text}: multiplied by {back:,g} from now on, as confirmed"


def _factor(cells: Sequence[SharedMonth]) -> float:
    """Return what the record's numbers were multiplied by; 0 where it is no single number."""
    if sum(cell.now > 0 for cell in cells) < 3:
        return 0.0
    large = sorted(cells, key=lambda cell: -cell.was)[: max(len(cells) // 2, LEAST_CELLS)]
    fitted = median(cell.now / cell.was for cell in large)
    # Of counts that round to 0 several units fit: the sums tell which is meant.
    whole = sum(cell.now for cell in cells) / sum(cell.was for cell in cells)
    for factor in (*sorted(_UNITS, key=lambda unit: abs(log(unit / whole))), fitted):
        slack = 0.51 if factor < 1 else 0.51 * factor if factor in _UNITS else 1.0
        fits = [abs(c.now - c.was * factor) <= max(slack, 0.0005 * c.was * factor) for c in cells]
        if sum(fits) >= 0.95 * len(fits) and abs(log(factor)) > 0.002:
            return factor
    return 0.0


def _times(factor: float) -> str:
    return _UNITS.get(factor) or f"{factor:.3g} times"


def _header(case: DeliveryDiff) -> Found:
    """Words of the header that changed."""
    pairs = zip_longest(case.agreed.header, case.header, fillvalue="")
    if words := [f"{new!r}, {old!r} before" for old, new in pairs if old != new and old and new]:
        cells = case.cells()
        alike = ": the months that both have are the same" if cells and not case.changed() else ""
        text = f"a column is called {_some(words)}{alike}"
        yield case.ask(text, COUNTED, odd=not (cells or case.take(RESTATED)))


def _shifted(case: DeliveryDiff) -> Found:
    """The numbers of another month, or of another series."""
    changed = [cell for cell in case.changed() if cell.now]
    if case.explained or len(changed) < LEAST_CELLS:
        return
    for by, words in ((-1, "the month before"), (1, "the month after"), (-12, "the year before")):
        hits = [case.before[c.key].get(months.shift(c.month, by)) == c.now for c in changed]
        if sum(hits) >= MOST * len(hits):
            yield _restated(case, f"{len(hits):,} months have the numbers of {words}")
            return
    whose = {(at, n): key for key, known in case.before.items() for at, n in known.items()}
    pairs = [(c.key, whose.get((c.month, c.now), c.key)) for c in changed]
    others = [pair for pair in pairs if pair[0] != pair[1]]
    if len(others) >= MOST * len(pairs):
        shown = _some([f"{_name(b)} under {_name(a)}" for a, b in dict.fromkeys(others)])
        yield _restated(case, f"{len(others):,} months have the numbers of others: {shown}")


def _restated(case: DeliveryDiff, text: str, *also: str) -> str | DeliveryQuestion:
    """Ask whether numbers are right that one cause explains; also : other answers to that."""
    case.explained = True
    if case.take(RESTATED):
        return f"{text}, as confirmed"
    return DeliveryQuestion(f"{text}{_examples(case.changed())}", (*also, RESTATED))


def _halved(cell: SharedMonth) -> bool:
    """Tell whether a count is off by more than half, and by more than chance."""
    apart = abs(cell.now - cell.was)
    return apart > max(cell.was, cell.now) / 2 + 3 * sqrt(cell.was + 1)


def _anew(case: DeliveryDiff) -> Found:
    """Months that came unfinished, which a later file is meant to change."""
    anew = [*filter(case.waits, case.changed())]
    if anew and not case.explained:
        yield f"{many(len(anew), 'month')} that came unfinished, stated anew{_examples(anew)}"


def _history(case: DeliveryDiff) -> Found:
    """Months that both have and that differ: within habit, or not."""
    cells, changed = case.cells(), [*filterfalse(case.waits, case.changed())]
    if case.explained or not changed:
        return
    depths = [months.distance(h.oldest, h.data_through) for h in case.habits if h.oldest]
    back = max([3, case.restates, *depths])
    share = max([FEW, *(1.5 * h.changed / max(h.cells, 1) for h in case.habits[1:])])
    deep = [c for c in changed if months.distance(c.month, case.last) > back]
    large = list(filter(_halved, deep))
    broad = len(changed) > max(share * len(cells), LEAST_CELLS - 1) and bool(deep)
    named = many(len(changed), "month") + " that the record has"
    if large:
        yield _restated(case, f"{named} are restated, {len(large):,} of them by more than half")
    elif broad:
        oldest = month_words(min(c.month for c in changed))
        habit = "earlier files changed none" if not depths else f"earlier files {back} months back"
        yield _restated(case, f"{named} are restated, back to {oldest}; {habit}")
    else:
        verb = "is" if len(changed) == 1 else "are"
        yield f"{named} {verb} restated{_examples(changed)}"


def _order(case: DeliveryDiff) -> Found:
    """A file that ends before the record does, or brings nothing new."""
    if case.last and case.through < case.last:
        ends = f"ends in {case.through}, but the record reaches {case.last}"
        odd = case.changed() and not case.explained
        yield _restated(case, f"{ends}: is it an older file?") if odd else ends
    elif case.last and not (any(True for _ in case.fresh()) or case.changed()):
        yield "it brings no month that is new, and changes none"


# ---------------------------------------------------------------- its end, and what is lacking


def _uncounted(case: DeliveryDiff) -> Found:
    """Leave out zeros of months of which an operator said so before."""
    if again := [f for f in case.ends() if not f.now and f.month in case.agreed.uncounted]:
        case.leave_out(again)
        named = _some(dict.fromkeys(month_words(f.month) for f in again))
        yield f"zeros of {named} are left out again, as nobody counted them"


def _zeros(case: DeliveryDiff) -> Found:
    """Zeros of series that had none in two years: of most to be asked, of some to be said."""
    fresh = [f for f in case.ends() if min(f.before) > 0]
    if not (zeros := [f for f in fresh if not f.now]):
        return
    named = _some(f"{_name(f.key)} in {month_words(f.month)}" for f in zeros)
    text = f"0 where it never was: {named}"
    months_of = {f.month for f in zeros}
    most = len(zeros) * 3 >= sum(f.month in months_of for f in fresh) * 2
    if most and not case.take(COUNTED) and case.take(NOT_COUNTED):
        case.leave_out(zeros)
        case.agree(uncounted=tuple(sorted({*case.agreed.uncounted, *(f.month for f in zeros)})))
        text = f"{text}; left out, as nobody counted them"
    yield case.ask(text, NOT_COUNTED, COUNTED, odd=most)


def _end(case: DeliveryDiff) -> Found:
    """A last month far below what was, or one before that has grown since."""
    through = case.through
    below, than = _fallen([f for f in case.ends() if f.now and f.month == through])
    grown = [] if case.explained or case.agreed.unfinished is not None else _grown(case)
    if not below and not grown:
        return
    counted = case.take(COUNTED)
    if case.take(UNFINISHED) or (grown and counted):
        case.agree(unfinished=not counted)
    case.fallen = through if case.agreed.unfinished else ""
    asked = not (case.agreed.unfinished or counted)
    text = f"{month_words(case.last)}, the last month before, has grown{_examples(grown)}"
    ends = "; do last months come so?", ""
    if below:
        named = _some(f"{_name(f.key)} {f.now:,}" for f in below)
        text = f"{month_words(through)} is far below {than}: {named}"
        ends = "; is it unfinished?", "; it may be unfinished"
    yield DeliveryQuestion(f"{text}{ends[0]}", (UNFINISHED, COUNTED)) if asked else text + ends[1]


def _fallen(last: Sequence[FreshMonth]) -> tuple[list[FreshMonth], str]:
    """Return the series that fell where most did, and all of them together; and below what.

    Of all together chance does little: an unfinished month lacks the same part of each. A year
    with a collapse has a least that says nothing: the month and the year before then do.
    """
    before = [f for f in last if len(f.before) >= 12]
    measures: list[tuple[Sequence[int], str]] = [(range(1, 13), "each of 12 months before")]
    if len(before) >= MANY_SERIES:
        measures.append(((1, 12), "both the month and the year before"))
    for back, than in measures:
        below = [f for f in before if f.now < min(f.before[-n] for n in back)]
        least = min(sum(f.before[-n] for f in before) for n in back)
        if len(below) * 2 > len(before) and sum(f.now for f in before) < 0.6 * least:
            return below, than
    return [], ""


def _grown(case: DeliveryDiff) -> list[SharedMonth]:
    """Return what became of the last month before, where most series of it grew by a quarter."""
    last = [cell for cell in case.cells() if cell.month == case.last and cell.was >= LEAST_USUAL]
    grown = [cell for cell in last if cell.now > 1.25 * cell.was]
    return grown if len(grown) * 2 > len(last) else []


def _lost(case: DeliveryDiff) -> Found:
    """Months inside the file's span that the record has and the file has not."""
    lost = [
        (month, key)
        for key, known in case.stated.items()
        for month in case.before.get(key, {}).keys() - known.keys()
        if min(known) < month < max(known)
    ]
    if lost:
        text = f"{many(len(lost), 'month')} of its span that the record has are not in it"
        text += f": {_listed(lost)}; they stay as they were"
        yield case.ask(text, PARTIAL, odd=len(lost) > FEW * len(case.cells()))
    stated = sum(map(len, case.stated.values()))
    before = case.habits[-1] if case.habits else None
    if before and before.cells > 3 * stated and len(case.stated) * 2 > before.series:
        yield "it has far fewer months than the file before; earlier ones stay"


def _late(case: DeliveryDiff) -> Found:
    """Months that are new in the file, and that a running series of it lacks."""
    through = case.through
    late = [
        (month, key)
        for key in case.running() & case.stated.keys()
        for month in months.between(max(case.before[key]), through)[1:]
        if month not in case.stated[key]
    ]
    if late:
        yield f"no count of {_listed(late)}"


# ---------------------------------------------------------------- all of it

_OF_NAMES = (confirmed, _spelled, _again, _totals, _moved, _names)
_OF_VALUES = (_unit, _header, _shifted, _order, _anew, _history)
_OF_MONTHS = (_uncounted, _zeros, _end, _lost, _late)
CHECKS: tuple[Callable[[DeliveryDiff], Found], ...] = _OF_NAMES + _OF_VALUES + _OF_MONTHS


def read(case: DeliveryDiff) -> tuple[list[str], list[str]]:
    """Hold a delivery beside the record; returns what is said, and what is asked.

    `case.stated` and `case.agreed` are then what is to be kept if nothing is asked.

    Raises
    ------
    AnswerError : an answer that is none, or that nothing in the file asks for.
    DataError : one that leaves nothing of the file.
    """
    for answer in case.answered:
        if answer not in ANSWERS:
            raise AnswerError(f"{answer!r} is no answer; {like(answer, ANSWERS)}")
    notes: list[str] = []
    asked: list[str] = []
    if case.before:
        _as_recorded(case)
        for check in CHECKS:
            if not any(case.stated.values()):
                raise DataError("no number is left of it: nobody counted any; let it be refused")
            for found in check(case):
                (asked if isinstance(found, DeliveryQuestion) else notes).append(str(found))
    if unused := sorted({*case.answered} - case.used):
        also = "else " * bool(case.used)
        then = f"it asks: {'; '.join(asked)}" if asked else "--why REASON takes it as it stands"
        named = first_few(map(repr, unused))
        raise AnswerError(f"{named}: nothing {also}in the file asks for that; {then}")
    if not asked:
        case.agree(header=tuple(case.header))
    return notes, asked


def _as_recorded(case: DeliveryDiff) -> None:
    """Take what rounds to the record's number, in another unit, for that number."""
    for cell in case.cells() if case.agreed.times > 1 else ():
        if abs(cell.now - cell.was) <= case.agreed.times / 2:
            case.stated[cell.key][cell.month] = cell.was


def _examples(cells: Sequence[SharedMonth]) -> str:
    shown = [f"{_name(c.key)} {month_words(c.month)} {c.now:,}, was {c.was:,}" for c in cells]
    return f": {_some(shown)}" if shown else ""


def _listed(keys: Iterable[tuple[str, SeriesKey]]) -> str:
    return _some(f"{_name(key)} {month_words(month)}" for month, key in sorted(keys))
