"""One way to name a series: `northern`, `northern:Swanton`, `southwest:"unaccompanied children"`.

Every command and the Python interface read names here. A part is named by the publisher's code or
label, as today, or by a usual form of it; a form that fits several parts names none, and the error
lists them. Pages and mail write the publisher's codes and capitals as a reader does; tables, files
and the terminal keep them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from forecast.errors import SeriesNameError
from forecast.types import SeriesKey

if TYPE_CHECKING:
    from forecast.sources.source import Source

AS_NEAR = 0.08  # in likeness, 0 to 1: names farther than that behind the nearest are not meant
_QUOTES = "\"'\u201c\u201d\u2018\u2019"
_DROPPED = str.maketrans("", "", "." + _QUOTES)
_PEOPLE = ("nationals", "citizens", "migrants", "people", "immigrants")
_DIMENSIONS = {
    "component": ("agency",),
    "field": ("sector", "office", "field office", "station"),
    "citizenship": ("nationality", "country"),
    "demographic": ("demographics", "group", "family status"),
}


class SeriesNames:
    """The series of a record by the names people give them.

    keys : every series that may be named. source : their words. sums : those of them that no file
        states, and the series that each adds up.
    """

    def __init__(
        self,
        keys: Iterable[SeriesKey],
        source: Source,
        sums: Mapping[SeriesKey, Sequence[SeriesKey]] = MappingProxyType({}),
    ) -> None:
        self.keys, self.source, self.sums = tuple(keys), source, sums

    def find(self, text: str) -> SeriesKey:
        """Return the series so named.

        text : TOTAL, TOTAL:PART or TOTAL:DIMENSION:PART, quotes and capitals as you like; also
            PART alone where only one total has it, and "northern / citizenship / INDIA".
        SeriesNameError if no series is so named, or several are: it lists the choices.
        """
        keys, among = self._named(text)
        if len(keys) == 1:
            return keys[0]
        if keys:  # in words that read back, so that one of them can be typed as it stands
            raise SeriesNameError(text, "could be any of these", [self.name(key) for key in keys])
        *above, wanted = map(normal, _pieces(text))
        by_form = {f: k for k in among for f in _forms(k.dimension, k.member, self.source)}
        if not above:  # a total's name goes before a part's of the same form
            by_form |= {form: SeriesKey(total) for form, total in self._totals.items()}
        near = _nearest(wanted, by_form)
        suggested = list(dict.fromkeys(self.name(by_form[form]) for form in near))
        if not suggested:  # perhaps another total has it
            suggested = [self.name(key) for key in _matching(wanted, self.keys, self.source)]
        from forecast.sources import catalog  # late: most names are found

        # Who asks a record of encounters for fentanyl has the wrong record, not a slip of the pen.
        others = [] if suggested else catalog.that_have(wanted, self.source)
        if others:
            problem = f"another measure: this record counts {self.source.measure.noun}"
            raise SeriesNameError(text, f"{problem}, and not {' or '.join(others)}")
        raise SeriesNameError(text, "no series has this name", suggested)

    def only_total(self, text: str = "", problem: str = "") -> str:
        """Return the total so named; without a name what all add up to, or the one there is.

        SeriesNameError, with the problem, if it is a part; or if none is named of several.
        """
        totals = self.source.totals
        if not text and (totals.whole or len(totals.every) == 1):
            return totals.every[-1]
        key = self.find(text) if text else None
        if key is None or not key.headline:
            raise SeriesNameError(text, problem or f"name one of the {totals.many}", totals.every)
        return key.total

    def readings(self, text: str) -> list[SeriesKey]:
        """Return every series that a name, as `find` takes them, may mean; none if it is none's."""
        try:
            return self._named(text)[0]
        except SeriesNameError:
            return []

    def split(self, words: Sequence[str]) -> tuple[str, str]:
        """Return the series, or TOTAL:DIMENSION, that the first words name, and the words behind.

        `show el paso FY2027` needs no quotes: as many words as a series has are its name. Errors
        as `find`.
        """
        misses = []
        for end in range(len(words), 0, -1):
            name, rest = " ".join(words[:end]), " ".join(words[end:])
            if self.parts(name):  # southwest:citizenship is many
                return name, rest
            try:
                self.find(name)
            except SeriesNameError as error:
                misses.append(error)
            else:
                return name, rest
        # The longest that is like some series tells most; if none is, the first word alone.
        raise next((miss for miss in misses if miss.choices), misses[-1])

    def _named(self, text: str) -> tuple[list[SeriesKey], list[SeriesKey]]:
        """Return the series so named, and those among which their part was looked for."""
        # Before anything is split or folded: labels are the publisher's, and may be of any form.
        named = [key for key in self.keys if text.strip() in _labels(key)]
        if len(named) == 1:  # also one whose own name has a colon or a slash in it
            return named, named
        first, *rest = _pieces(text)
        total = self.total(first)
        if total and not rest:
            return [key for key in self.keys if key == SeriesKey(total)], []
        if rest and not total:
            near = _nearest(normal(first), self._totals)
            choices = dict.fromkeys(self._totals[f] for f in near) or self.source.totals.every
            raise SeriesNameError(text, f"{first!r} is no {self.source.totals.one}", list(choices))
        *dimension, part = rest or [first]
        if len(dimension) > 1:
            total = self.source.totals.one.upper()
            raise SeriesNameError(text, f"write {total}:PART, or {total}:DIMENSION:PART")
        parts = self._parts(total, *map(normal, dimension))
        named = _matching(part, parts, self.source)
        return named or _matching(self._bare(part), parts, self.source), parts

    def _parts(self, total: str, dimension: str = "") -> list[SeriesKey]:
        """Return the parts of a total, of all without one: a part may need no more words."""
        parts = [key for key in self.keys if not key.headline and total in ("", key.total)]
        if not dimension:
            return parts
        return [key for key in parts if dimension in _dimension_forms(key, self.source)]

    def total(self, text: str) -> str:
        """Return the total so called, "" if none is: northern, north, the northern border."""
        totals, wanted = self.source.totals, self._bare(text).removeprefix("the ")
        wanted = wanted.removesuffix(f" {totals.one}").removesuffix(f" {totals.many}")
        return self._totals.get(wanted, "")

    def _bare(self, text: str) -> str:
        """Return a name without what is counted, normal: northern, for "Northern encounters"."""
        noun = normal(self.source.measure.noun)
        return normal(text).removesuffix(f" {noun}").removeprefix(f"{noun} ")

    @cached_property
    def _totals(self) -> dict[str, str]:
        """What a total may be called -> the total; once, for there may be thousands."""
        totals = self.source.totals
        # Backwards, so that of two that may be called the same the first is meant.
        return {
            form: total
            for total in reversed(totals.every)
            for form in (normal(total), *totals.usual.get(total, ()))
        }

    @cached_property
    def by_form(self) -> dict[str, tuple[SeriesKey, ...]]:
        """Return all that totals and parts may be called in a sentence, normal -> the series."""
        by_form: dict[str, list[SeriesKey]] = {}
        totals = self.source.totals
        for form, total in self._totals.items():
            for words in (form, f"{form} {totals.one}", f"{form} {totals.many}"):
                by_form[words] = [SeriesKey(total)]
        for key in self.keys:
            forms = set() if key.headline else _forms(key.dimension, key.member, self.source)
            if key.dimension == "citizenship":  # Hondurans: Honduran families, Mexican nationals
                forms |= {form.removesuffix("s") for form in forms}
                forms |= {f"{form} {of}" for form in forms for of in _PEOPLE}
            for form in forms:
                known = by_form.setdefault(form, [])
                known += [key] * (not known or not known[0].headline)
        return {form: tuple(keys) for form, keys in by_form.items()}

    def parts(self, text: str) -> list[SeriesKey]:
        """Return the parts of TOTAL:DIMENSION (southwest:citizenship); none of another name."""
        first, *rest = _pieces(text)
        total, wanted = self.total(first), normal(rest[0]) if len(rest) == 1 else ""
        return self._parts(total, wanted) if total and wanted else []

    def name(self, key: SeriesKey) -> str:
        """Return the shortest name that `find` reads back, in words: northern:Swanton Sector."""
        if key.headline:
            return key.total
        # A crossing's words have commas where its name has stars; only its label reads back.
        if "*" in key.dimension:
            return f"{key.total}:{key.member}"
        # The shortest that cannot be mistaken: it is what people copy into a command.
        words = member_words(key.dimension, key.member, self.source)
        beside = [other for other in self.keys if other.total == key.total]
        alone = _matching(words, beside, self.source) == [key]
        return f"{key.total}:{words}" if alone else f"{key.total}:{key.dimension}:{words}"


def names_with_sums(keys: Sequence[SeriesKey], source: Source) -> SeriesNames:
    """Return the names of a record's series, and of the sums of parts over its totals."""
    sums = source.tree.sums(keys)
    return SeriesNames((*keys, *sums), source, sums)


def _nearest(wanted: str, forms: Iterable[str]) -> list[str]:
    """Return the forms that are most like this, nearest first."""
    # Three letters of four alike: below that suggestions are noise.
    near = get_close_matches(wanted, forms, n=5, cutoff=0.75)
    ratios = [SequenceMatcher(None, form, wanted).ratio() for form in near]
    return [form for form, ratio in zip(near, ratios, strict=True) if ratio > ratios[0] - AS_NEAR]


def dimension_words(name: str, source: Source) -> str:
    """Return a dimension, or a crossing of several, as people say it."""
    return " and ".join(source.hierarchy.called.get(part, part) for part in name.split("*"))


def member_words(dimension: str, member: str, source: Source) -> str:
    """Call a part of a dimension as people do; one that is not known, as the publisher does."""
    dimensions, members = dimension.split("*"), member.split(" * ")
    if len(dimensions) > 1 and len(dimensions) == len(members):
        pairs = zip(dimensions, members, strict=True)
        return ", ".join(member_words(*pair, source=source) for pair in pairs)
    # The publisher shouts countries; people do not.
    known = source.hierarchy.words.get(dimension, {}).get(member)
    shouted = dimension == "citizenship" and member.isupper()
    return known or (member.title() if shouted else member)


def _labels(key: SeriesKey) -> tuple[str, ...]:
    """Return what a series is called by its labels alone."""
    return (key.total,) if key.headline else (f"{key.total}:{key.member}", key.member)


def _matching(part: str, keys: Iterable[SeriesKey], source: Source) -> list[SeriesKey]:
    """Return the series whose label, or else one of whose forms, this is."""
    parts = [key for key in keys if not key.headline]
    exact = [key for key in parts if key.member == part]
    if exact:  # codes as the publisher writes them go first: OTHER, CA, UAC
        return exact
    whole = normal(part)
    pieces = [normal(piece) for piece in part.split("*")]
    matching = []
    for key in parts:
        if "*" not in key.dimension:
            forms = _forms(key.dimension, key.member, source)
            named = whole in forms or whole.removeprefix("the ") in forms
        else:  # each piece of a crossing, in its order: India * unaccompanied children
            columns = [*zip(key.dimension.split("*"), key.member.split(" * "), strict=False)]
            named = len(columns) == len(pieces) and all(
                piece in _forms(*column, source)
                for piece, column in zip(pieces, columns, strict=True)
            )
        if named:
            matching.append(key)
    return matching


def _forms(dimension: str, member: str, source: Source) -> set[str]:
    """Return everything a part may be called, normal."""
    labels, label = source.hierarchy, normal(member)
    words = normal(member_words(dimension, member, source))
    states = {f"{words} state", f"state of {words}"} if dimension == "state" else set()
    return states | {
        label,
        words,
        *map(normal, labels.usual.get(member, ())),
        *(
            label.removesuffix(end) + other
            for end, others in labels.forms.get(dimension, {}).items()
            if label.endswith(end)
            for other in others
        ),
    }


def _dimension_forms(key: SeriesKey, source: Source) -> set[str]:
    name = key.dimension
    return set(map(normal, (name, dimension_words(name, source), *_DIMENSIONS.get(name, ()))))


def _pieces(text: str) -> list[str]:
    """Split a name at its colons, or slashes with spaces: total, dimension, part; unquoted."""
    pieces = text.replace(" / ", ":").split(":")
    return [" ".join(piece.strip(_QUOTES + " ").split()) for piece in pieces]


def normal(text: str) -> str:
    """Return it without capitals, accents, periods, and with one space where there are several."""
    # Accents apart from their letters, so that they can be dropped: Côte is typed Cote.
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(letters.translate(_DROPPED).replace("&", " and ").split())
