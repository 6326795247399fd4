"""A question in a sentence: what is asked, of which series, and of which months.

fentanyl at the northern border in March 2026 -> the count of northern:Fentanyl, 2026-03
share of Mexicans on the southwest since 2024 -> a share, of southwest:Mexico, 2024-01 until now
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from forecast import months
from forecast.names import SeriesNames, normal
from forecast.periods import Period
from forecast.sources.source import Source
from forecast.types import SeriesKey, Term

AskedKind = Literal[
    "count",
    "share",
    "per day",
    "per month",
    "days",
    "change",
    "run",
    "highest",
    "lowest",
    "parts",
    "unusual",
    "forecast",
    "chance",
    "last",
]
_TABLE = tomllib.loads((Path(__file__).parent / "questions.toml").read_text(encoding="utf-8"))
# What is asked -> how; the first that fits leads. What of it stands for itself is taken out.
_ASKED = {
    kind: re.compile(rf"\b(?:{'|'.join(phrases)})(?=\W|$)")
    for kind, phrases in _TABLE["asked"].items()
}
_EVENT = re.compile(
    r"\b(?:(?P<over>more than|over|above|exceed(?:s|ed|ing)?|at least|pass(?:es|ed)?|higher than)|"
    r"fewer than|less than|under|below|at most|lower than) (?P<number>\d[\d,]*\d|\d)"
    r"(?P<unit>k| thousand| million)?(?=\W|$)"
)
_BY = re.compile(
    r"\b(?:which|what|by|each|every|(?:top|most|largest|leading)(?: (?:\d+|three|five|ten))?)"
    r"(?: (?:\d+|three|five|ten))? (?P<noun>[a-z]+(?: offices?| groups?| years?)?)\b(?! patrol)"
)
_NOUNS = {noun: by for by, nouns in _TABLE["by"].items() for noun in nouns}
# Words around the names of a series and of months, which name nothing themselves; and names of a
# series that are none in a sentence.
_FILLERS, _NO_NAME = (frozenset(_TABLE[name].split()) for name in ("fillers", "no_names"))
_LONGEST = 6  # words of a name


@dataclass(frozen=True)
class NamedSpan:
    """Months that a question is of.

    name : how they are called where months do not tell, "" else. until_now : whether the newest
    figure is meant, whichever month it is of.
    """

    period: Period
    name: str = ""
    until_now: bool = False


@dataclass(frozen=True)
class CountQuestion:
    """What a sentence asks for.

    kind : of what. things : each series asked about, with every series that its words may mean.
    spans : the months, empty where none are named. everywhere : whether the readings of the first
    are one part, of no total by name, so that the part of all is meant. whole : what a share is
    asked of, where it is named. by : the dimension asked by, "month", "year" or "term"; "" if none.
    noun : the word for it, as "sector", which not all members of a dimension may be.
    fewest : whether the other end is meant. event : ">10000", of a chance or "when last".
    apart : whether the things are of dimensions that no file tells together.
    unknown : words that are not understood.
    """

    kind: AskedKind
    things: tuple[tuple[SeriesKey, ...], ...] = ()
    spans: tuple[NamedSpan, ...] = ()
    everywhere: bool = False
    whole: SeriesKey | None = None
    by: str = ""
    noun: str = ""
    fewest: bool = False
    event: str = ""
    apart: bool = False
    unknown: tuple[str, ...] = ()

    @property
    def readings(self) -> tuple[SeriesKey, ...]:
        """Every series that the first thing may be."""
        return self.things[0] if self.things else ()


def measures_named(text: str, sources: list[Source]) -> list[Source]:
    """Return the sources whose noun a text has; all of them where it has none."""
    # Blanks on both sides, so that only whole words fit.
    words = f" {' '.join(_words(text))} "
    named = [source for source in sources if any(f" {n} " in words for n in _nouns(source))]
    return named or sources


def absent(text: str, source: Source) -> str:
    """Say that what is asked for is not on record, and who publishes it; "" where it may be."""
    words = f" {' '.join(_words(text))} "
    named = (one.said for one in source.absent if any(f" {word} " in words for word in one.words))
    return next(named, "")


def asked(text: str, names: SeriesNames, newest: int) -> CountQuestion | None:
    """Read a question about the counts of one source, None where it is none of its.

    newest : the newest month on record, a running number.
    """
    plain = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()).strip(" ?.!")
    plain = re.sub(r"\s*[\N{EN DASH}\N{EM DASH}]\s*", " to ", plain)
    event, rest = _event(plain)
    by, noun, rest = _by(rest, {key.dimension for key in names.keys})
    kinds, rest, asking = _kinds(rest)
    spans, rest = _spans(rest, names.source, newest, apart="change" in kinds)
    if by == "term":
        spans = [NamedSpan(_of_term(term, newest), term.name) for term in names.source.terms]
    for counted in _nouns(names.source):
        rest = re.sub(rf"\b{re.escape(counted)}\b", " ", rest, flags=re.I)
    named, unknown = _named(rest, names)
    if any(char.isdigit() for word in unknown for char in word) or not (
        named or spans or kinds or by
    ):
        return None
    if not event and (event := _against(kinds, spans, plain, names)):
        spans = spans[:1]
    kind = _kind(kinds, event, by, spans, newest)
    things = _things(named, names, kind)
    # "More" and "than" alone ask nothing; what a total has not is no question to it.
    if not all(things.of) or (not named and not spans and not by and asking < 2):
        return None
    everywhere = len(things.of) == 1 and _everywhere(named, things.of[0], names)
    return CountQuestion(
        kind=kind,
        things=things.of,
        spans=tuple(spans),
        everywhere=everywhere,
        whole=things.whole,
        by=by,
        noun=noun.removesuffix("s"),
        fewest="lowest" in kinds,
        event=event,
        apart=things.apart,
        unknown=tuple(unknown),
    )


def _against(
    kinds: list[AskedKind], spans: list[NamedSpan], sentence: str, names: SeriesNames
) -> str:
    """Return the event of a year to come that is asked against another: "> FY2026"."""
    ahead = len(spans) == 2 and "forecast" in kinds and "change" in kinds
    side = "<" if re.search(r"\b(?:lower|fewer|less|below|fall|drop)\b", sentence, re.I) else ">"
    return f"{side} {names.source.calendar.name(spans[1].period)}" if ahead else ""


def _kind(
    kinds: list[AskedKind], event: str, by: str, spans: list[NamedSpan], newest: int
) -> AskedKind:
    if event:
        ahead = any(span.period.last > newest for span in spans)
        return "last" if "last" in kinds and not ahead else "chance"
    if by and by not in ("month", "year", "term"):
        return "parts"
    kinds = [kind for kind in kinds if kind != "last"]
    if spans and all(span.period.last > newest for span in spans):
        return "forecast"
    return kinds[0] if kinds else "count"


def _event(plain: str) -> tuple[str, str]:
    """Find "more than 10,000": the event as it is typed, and the sentence without it."""
    match = _EVENT.search(plain.lower())
    if match is None:
        return "", plain
    factor = {"": 1, "k": 1_000, " thousand": 1_000, " million": 1_000_000}[match["unit"] or ""]
    number = int(match["number"].replace(",", "")) * factor
    sign = ">" if match["over"] else "<"
    return f"{sign}{number}", f"{plain[: match.start()]} {plain[match.end() :]}"


def _by(plain: str, dimensions: set[str]) -> tuple[str, str, str]:
    """Find "which sector": what is asked by, its noun, and the sentence without both."""
    for match in _BY.finditer(plain.lower()):
        by = _NOUNS.get(match["noun"], "")
        if by in ("term", "month", "year", "total") or (by and by in dimensions):
            # "Most" stays: it says which end is meant.
            left = " most " if re.search(r"most|top|largest|leading", match[0]) else " "
            return by, match["noun"], f"{plain[: match.start()]}{left}{plain[match.end() :]}"
    if "citizenship" in dimensions and re.search(r"\bwho\b.*\bmost\b", plain.lower()):
        return "citizenship", "", plain
    return "", "", plain


def _kinds(plain: str) -> tuple[list[AskedKind], str, int]:
    """Find what is asked, the likeliest first, the sentence without it, and how many words."""
    kinds: list[AskedKind] = []
    words = 0
    for kind, pattern in _ASKED.items():
        while match := pattern.search(plain.lower().replace("on record", "on xecord")):
            words += len(match[0].split())
            kinds += [kind] * (kind not in kinds)
            plain = f"{plain[: match.start()]} {plain[match.end() :]}"
    return kinds, plain, words


def _of_term(term: Term, newest: int) -> Period:
    return Period(months.to_index(term.first), months.to_index(term.last) if term.last else newest)


def _spans(plain: str, source: Source, newest: int, *, apart: bool) -> tuple[list[NamedSpan], str]:
    """Find the months of a sentence, and the sentence without them.

    apart : whether "from 2023-12 to 2026-08" is two months that are compared.
    """
    spans, plain = _terms(plain, source, newest, apart=apart)
    while found := source.calendar.find(plain, newest):
        two = re.search(r"\b(?:since|from)\b", plain, re.I) if apart else None
        period, plain = found
        since = two is not None and two[0].lower() == "since"
        spans += _ends(period, two is not None and period.length > 1, since)
    return spans, plain


def _terms(plain: str, source: Source, newest: int, *, apart: bool) -> tuple[list[NamedSpan], str]:
    """Find administrations in a sentence, also "since Trump took office"; as `_spans`."""
    spans: list[NamedSpan] = []
    for word in sorted({word for term in source.terms for word in term.words}, key=len)[::-1]:
        pattern = rf"\b{re.escape(word)}(?:'s)?\b(?: (?P<nth>first|second) term)?"
        if match := re.search(pattern, plain, re.I):
            named = [t for t in source.terms if word in t.words and (match["nth"] or "") in t.name]
            since = re.search(r"(.*)\b(?:since|after)\b", plain[: match.start()], re.I)
            before = since[1] if since else plain[: match.start()]
            if since:
                # Compared with the last month that was whole before it.
                first = _of_term(named[-1], newest).first - (2 if apart else 0)
                spans += _ends(Period(first, newest), apart)
            else:
                spans += [NamedSpan(_of_term(term, newest), term.name) for term in named]
            plain = f"{before} {plain[match.end() :]}"
    return spans, plain


def _ends(period: Period, two: bool, since: bool = True) -> list[NamedSpan]:
    """Return a period, or its first and its last month where these are compared."""
    if not two:
        return [NamedSpan(period)]
    first, last = (Period(at, at) for at in (period.first, period.last))
    return [NamedSpan(first), NamedSpan(last, until_now=since)]


NamedSeries = tuple[tuple[SeriesKey, ...], ...]


def _named(rest: str, names: SeriesNames) -> tuple[NamedSeries, list[str]]:
    """Find each name in a sentence, the longest first, and the words that are not known."""
    tokens = re.findall(r"[\w'.&*-]*\w", rest)
    named: list[tuple[SeriesKey, ...]] = []
    unknown, at = list[str](), 0
    while at < len(tokens):
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            words = " ".join(tokens[at : at + length])
            keys = names.by_form.get(normal(words.removesuffix("'s")), ())
            # "in" and "or" are Indiana and Oregon only in capitals, "other" is no border.
            if keys and (len(words) > 2 or words.isupper()) and normal(words) not in _NO_NAME:
                named.append(keys)
                at += length
                break
        else:
            word = tokens[at].lower().removesuffix("'s")
            unknown += [tokens[at]] * (word not in _FILLERS)
            at += 1
    return tuple(named), unknown


@dataclass(frozen=True)
class _Things:
    """Names put together, as the fields of `CountQuestion`; an empty reading is not on record."""

    of: NamedSeries
    whole: SeriesKey | None = None
    apart: bool = False


def _things(named: NamedSeries, names: SeriesNames, kind: AskedKind) -> _Things:
    """Put names together: the things asked about, what a share is of, whether they go together."""
    totals = names.source.totals
    every = dict.fromkeys(keys[0].total for keys in named if keys[0].headline)
    parts = [keys for keys in dict.fromkeys(named) if not keys[0].headline]
    # "The U.S. southern border" is the southern one.
    places = [total for total in every if total != totals.whole] or list(every) or [""]
    by: dict[str, list[tuple[SeriesKey, ...]]] = {}
    for keys in parts:
        by.setdefault(keys[0].dimension, []).append(keys)
    if len(by) > 1:
        return _crossed(by, places[0], names, kind)
    if not parts:
        all_of = totals.whole or totals.every[0]
        return _Things(tuple((SeriesKey(total or all_of),) for total in places))
    pairs = product(parts, places)
    return _Things(tuple(_of(keys, place, totals.whole) for keys, place in pairs))


def _of(keys: Iterable[SeriesKey], total: str, whole: str) -> tuple[SeriesKey, ...]:
    """Return those of a total; where none is named, or all are, the whole's own before others'."""
    of = tuple(key for key in keys if total in ("", whole) or key.total == total)
    own = tuple(key for key in of if key.total == whole)
    return own or of


def _crossed(
    by: dict[str, list[tuple[SeriesKey, ...]]], place: str, names: SeriesNames, kind: AskedKind
) -> _Things:
    """Put names of several dimensions together: an agency and its sector are one series."""
    hierarchy, whole = names.source.hierarchy, names.source.totals.whole
    others = next(dimension for dimension in by if dimension != "component")
    agency = _of(by["component"][0], place, whole)[0] if "component" in by else None
    # Families among the Border Patrol's are a share of the Border Patrol's.
    of = agency if kind == "share" else None
    if len(by) == 2 and agency:
        known = [_of(keys, place, whole) for keys in by[others]]
        if hierarchy.aside and others == hierarchy.aside.dimension:
            return _Things((known[0],), of)
        if others in hierarchy.by_component:
            return _Things(tuple(_of_half(keys, agency.member) for keys in known), of)
    if crossing := tuple(key for key in names.keys if _crosses(key, by, place, whole)):
        return _Things((crossing,), of)
    return _Things(tuple(_of(keys[0], place, whole) for keys in by.values()), apart=True)


def _of_half(keys: Iterable[SeriesKey], half: str) -> tuple[SeriesKey, ...]:
    return tuple(key for key in keys if key.component == half)


def _crosses(
    key: SeriesKey, by: dict[str, list[tuple[SeriesKey, ...]]], total: str, whole: str
) -> bool:
    """Tell whether a series is of one named part of each of several dimensions."""
    members = key.member.split(" * ")
    return (
        set(key.dimension.split("*")) == set(by)
        and total in ("", whole, key.total)
        and all(any(part.member in members for part in of[0]) for of in by.values())
    )


def _everywhere(named: NamedSeries, readings: tuple[SeriesKey, ...], names: SeriesNames) -> bool:
    """Tell whether one part is asked for, of no total by name, and each total has its own."""
    totals = {keys[0].total for keys in named if keys[0].headline}
    alike = {(key.dimension, key.member) for key in readings}
    return totals <= {names.source.totals.whole} and len(readings) > 1 and len(alike) == 1


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'.&*-]*\w", text.lower())


def _nouns(source: Source) -> Iterator[str]:
    """Yield what a source counts, longest first: drug seizures, seizures, seizure."""
    measure = source.measure
    nouns = {measure.noun.lower(), measure.title.lower(), measure.long_name.lower()}
    nouns |= {noun.removesuffix("s") for noun in nouns}
    yield from sorted(nouns, key=len, reverse=True)
