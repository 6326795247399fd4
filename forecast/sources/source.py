"""What a source of counts tells the rest of the program: its files, its sums, and its words.

Core, store, engine, watch, desk and jobs know a source by this alone. A source that is written as
TOML and one that is made of settings are the same kind of object.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from pydantic import NonNegativeFloat, NonNegativeInt

from forecast import months
from forecast.agreed import KINDS, Life, QuantityKind
from forecast.errors import DataError, QuarantineError
from forecast.labels import Joins
from forecast.periods import Calendar
from forecast.tree import Traits, Tree
from forecast.types import (
    Absent,
    Aside,
    Break,
    Counts,
    Coverage,
    DatedValue,
    KeptPath,
    Scope,
    SeriesKey,
    Snapshot,
    Term,
    Totals,
)


class FileName(NamedTuple):
    """What a published file's name says.

    first, last : fiscal years of the window.
    month : fiscal month 1 (Oct) .. 12 (Sep), None for the final file of a closed window.
    layout : None where the name does not tell it.
    suffix : how often the publisher has replaced the plain name.
    """

    first: int
    last: int
    month: int | None
    layout: str | None
    suffix: int

    @property
    def seq(self) -> int:
        """Return the order among releases; see `types.Release`."""
        return release_seq(self.last, self.month or 12, self.month is None, self.suffix)


def release_seq(window_end: int, fiscal_month: int, final: bool, suffix: int) -> int:
    """Return the order among releases; see `types.Release`."""
    return window_end * 10**5 + fiscal_month * 10**3 + final * 10**2 + suffix


class ReleaseFile(NamedTuple):
    """A file to be read: its name, its bytes, the day it was first seen, and its address.

    first_seen : "YYYY-MM-DD", None where it is unknown.
    """

    name: str
    content: bytes
    first_seen: str | None = None
    url: str = ""


def coverage_of(scope: Scope, stated: Iterable[str]) -> tuple[Coverage, ...]:
    """Return the months that are stated of a scope, a span for each run of them without a gap.

    A release states nothing of the months between: nobody knows them, and they are not 0.
    """
    # Months in a row less their place in the list are one number: that groups them.
    numbered = enumerate(sorted(map(months.to_index, stated)))
    runs = ([n for _, n in run] for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0]))
    return tuple(
        Coverage(scope, months.from_index(run[0]), months.from_index(run[-1])) for run in runs
    )


def stating(snapshot: Snapshot, counts: Counts) -> Snapshot:
    """Return a release that states just these counts."""
    spans = tuple(
        span for key, by_month in counts.items() for span in coverage_of(key.scope, by_month)
    )
    return replace(snapshot, counts=counts, coverage=spans)


class ReadRelease(NamedTuple):
    """What a file says, and what came of holding it beside the record.

    snapshot : what is to be kept; beside the record with sums that the file leaves to the reader,
    without months that were left out. unknown : labels that are not known, by dimension.
    sums : totals it states of series that the record has from elsewhere; they are held against
    the record, never kept. compared : the same as snapshot, beside what the record has of parts
    that it does not state, to be held against its sums, None where that is nothing more; never
    kept. warnings : what a person should know of it all the same. notes : how it was understood.
    problems : reasons to refuse it. header : its words for the columns of names and of counts.
    marked : series and month of counts that the file calls provisional.
    """

    snapshot: Snapshot
    unknown: Mapping[str, frozenset[str]] = MappingProxyType({})
    sums: Counts = MappingProxyType({})
    compared: Snapshot | None = None
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    problems: Sequence[str] = ()
    header: Sequence[str] = ()
    marked: Collection[tuple[SeriesKey, str]] = ()

    def until(self, last: str, source: Source) -> ReadRelease:
        """Return what it says of the months until one, the last that was over when it came.

        A table of anybody's may have cells for months to come; a publisher's file has none.
        QuarantineError if a publisher's file has later months, DataError if nothing is left.
        """
        release = self.snapshot.release
        snapshot, through = self.snapshot.until(last), release.data_through
        if snapshot is self.snapshot:
            return self
        if source.layouts:
            problem = (
                f"has counts through {through}, which was not over when it came; if this machine's "
                "clock was wrong, set it and take the file in by `bordercast releases accept`"
            )
            raise QuarantineError(release.file_name, [problem])
        if not snapshot.counts:
            raise DataError(f"{release.file_name}: no month of it is over")
        later = f"what it has of later months, to {through}, is left out: they are not over"
        return self._replace(snapshot=snapshot, warnings=(*self.warnings, later))


# What tables call things -> what files and pages call them of counts without agencies and with
# years of their own; "" is left out.
OWN_COLUMNS: Mapping[str, str] = {
    "border": "series",
    "encounters": "count",
    "encounters_before": "count_before",
    "part_border": "part_series",
    "newest_of_border": "newest_of_series",
    **dict.fromkeys(("dimension", "member", "component", "interior", "agencies", "drivers"), ""),
    **dict.fromkeys(("halves", "halves_sentence", "split"), ""),
    "fiscal_year": "year",
}
# The same where series have parts: one dimension, which need not be told; drivers are parts.
PART_COLUMNS: Mapping[str, str] = {**OWN_COLUMNS, "member": "part", "drivers": "drivers"}


@dataclass(frozen=True, slots=True)
class ReleasePages:
    """How a publisher's releases are found.

    index : the page that links to releases. disallowed : the folder robots.txt keeps robots out of.
    window : pattern of two years as only the files' names and links have them; with one of the
    words `about`, in small letters, a link that looks like data. siblings : layouts that are
    published together.
    """

    index: str = ""
    disallowed: str = ""
    window: str = "(?!)"
    about: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher(ReleasePages):
    """Who publishes the counts, and how their releases are found.

    name, short : in full and in short. credit : the line asked for, "" if none.
    revises, restates : what they do with earlier months, behind their name.
    """

    name: str
    short: str = ""
    address: str = ""
    credit: str = ""
    revises: str = "may still revise it"
    restates: str = "may restate earlier months"


@dataclass(frozen=True, slots=True)
class Half:
    """A part of every total that is named whenever the total is: an agency.

    component : its label in the record. code : what claims and commands call it.
    noun : what it counts, in full; in a source's table with {} for what is counted. where : "at
    ports of entry". row : the same at the head of a table's row. short : in brackets behind it.
    misread : what a total with much of it must not be called; "" if nothing.
    """

    component: str
    code: str
    noun: str
    where: str
    row: str
    short: str
    misread: str = ""


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """What is counted, in words.

    noun : plural, behind a number. attribute : before another noun ("border encounter notices").
    unit : of a monthly count. title : as a heading. long_name : at a text's first number.
    figures : behind whose they are. site, question : title and heading of the first page.
    reach : what the noun alone takes in, behind a comma. definition : what one of them is.
    caveat : what it is not. misread : what a count must not be called, and why; "" if nothing.
    of_part : a part of it, with the part's name for {}: "seizures of {}". small : a series of
    fewer in a year is said to be small, and what that means. beside : the unit of numbers on pages
    whose title does not tell it, "" where that goes without saying.
    """

    noun: str
    title: str = ""
    attribute: str = ""
    unit: str = ""
    figures: str = "figures"
    site: str = ""
    question: str = ""
    long_name: str = ""
    reach: str = ""
    definition: str = ""
    caveat: str = ""
    misread: tuple[str, str] = ("", "")
    of_part: str = "{}"
    small: tuple[int, str] = (0, "")
    beside: str = ""

    def __post_init__(self) -> None:
        """Make words that are not given of the noun, a title by its first letter alone."""
        title = self.title or f"{self.noun[:1].upper()}{self.noun[1:]}"
        usual = {
            "title": title,
            "attribute": self.noun,
            "unit": f"{self.noun} a month",
            "site": title,
            "question": f"{title}: is anything unusual?",
            "long_name": self.noun,
        }
        for name, words in usual.items():
            object.__setattr__(self, name, getattr(self, name) or words)


@dataclass(frozen=True, slots=True)
class TotalWords(Totals):
    """The totals that pages, notices and commands are about, in words.

    names : as headings; one that has none is called what it is. places : behind what is counted,
    "at the northern land border"; elsewhere `place` with the name in it. usual : what else they
    are called. one, many : what they are ("border"). folder : of their pages.
    part, below : what is one level below them, one and several; part_in_full, below_in_full : the
    same where it is first named.
    """

    one: str = "series"
    many: str = "series"
    folder: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, Sequence[str]] = field(default_factory=dict)
    place: str = "for {}"
    part: str = "group"
    below: str = "groups"
    part_in_full: str = "group or place"
    below_in_full: str = "groups and places"

    def name(self, total: str) -> str:
        """Return it as a heading: Northern border."""
        return self.names.get(total, total)

    def inside(self, total: str) -> str:
        """Return the same inside a sentence."""
        return self.names[total].lower() if total in self.names else total

    def where(self, total: str) -> str:
        """Say it behind what is counted: at the northern land border."""
        return self.places.get(total) or self.place.format(total)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """How series add up, and their labels in words.

    Every dimension's members add up to their total, the totals to the whole.

    by_component : dimensions whose members are of one half each, and add up only when both halves
    are there. halves : in the order of the publisher's files. aside : see `Aside`, None if none.
    parents : dimension -> total -> its members, where a member is of one total alone.
    unmistakable : those that a text hardly names but as such.
    dimensions : those it has whatever the settings say; empty where these choose.
    words : dimension -> label -> as people write it. usual : label -> what else people call it.
    called : dimension -> what people call it. forms : dimension -> how its labels end -> how else
    they may, in small letters: Swanton for Swanton Sector.
    """

    by_component: tuple[str, ...] = ()
    halves: tuple[Half, ...] = ()
    aside: Aside | None = None
    parents: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    unmistakable: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    usual: Mapping[str, Sequence[str]] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def field_borders(self) -> dict[str, str]:
        """Return sector or office -> its total."""
        by_total = self.parents.get("field", {})
        return {member: total for total, members in by_total.items() for member in members}

    @property
    def components(self) -> tuple[str, ...]:
        """Return the halves' labels."""
        return tuple(half.component for half in self.halves)

    @property
    def both_halves(self) -> tuple[Half, Half] | None:
        """Return those at ports of entry and those between; None where a count has no halves."""
        return (self.halves[1], self.halves[0]) if len(self.halves) == 2 else None

    def named(self, component: str) -> Half:
        """Return the half with this label; KeyError if there is none."""
        return {half.component: half for half in self.halves}[component]


class DueDays(NamedTuple):
    """Days after a month's end from and to which its figures come; and are overdue."""

    first: int
    last: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a release and its neighbors must agree on; shares 0..1, counts in the measure's unit.

    open_share, slack : an open month may move by this share or this count, whichever is more.
    moved_share : share of an open month that may change member between two releases.
    turned_share, large : the same between two months of a file, where both have this many.
    turning : dimensions that may turn over within a month.
    never_empty : whether a total's month of 0 is a fault.
    tolerance : by how much what parts add up to may miss the total, as sums of rounded counts do.
    """

    open_share: NonNegativeFloat = 1.0
    slack: NonNegativeInt = 0
    moved_share: NonNegativeFloat = 1.0
    turned_share: NonNegativeFloat = 1.0
    large: NonNegativeInt = 0
    turning: tuple[str, ...] = ()
    never_empty: bool = False
    tolerance: int = 0


class FileReader:
    """Reads the files of a source; one that has something of these to say says it anew."""

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a base name says, None if it is not one of the source's."""
        return None

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read a file.

        joins : labels that mean another one.
        dimensions : those to keep. DataError names the line, the column, the value and what to do.
        """
        raise NotImplementedError

    def embedded(self, dimensions: Sequence[str]) -> list[Snapshot]:
        """Return the figures that come with the program, ascending by seq."""
        return []

    def embedded_dated(self) -> Mapping[str, Sequence[DatedValue]]:
        """Return dated statements that come with the program, by the table they stand in."""
        return {}

    def embedded_paths(self) -> list[KeptPath]:
        """Return refit models' paths on these figures, so that a first run need not fit them."""
        return []

    def beside_record(
        self, source: Source, read: ReadRelease, recorded: Callable[[], Counts]
    ) -> ReadRelease:
        """Hold a file beside the record: add sums that it leaves to it, compare those it states.

        recorded : asked for what the record has now of every series.
        """
        return read


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher's monthly counts of one thing.

    name : in settings. totals : what the counts are of. year_begins : month 1..12 in which its
    years begin. due : when a month's figures come. shipped : whether what texts say of it can be
    checked, and the dictionary fits its views. layouts : kinds of its files, as
    `types.Release.kind` has them. example : a file's name, for help.
    reader : makes what reads its files, when it is first asked for.
    help : words for the holes in commands' help, where those made of its other words will not do.
    calm : whether its series are known not to break, so that the engine's calm models alone
    forecast them; measured on months that are not scored, see docs/seizures.md.
    jumps : whether its series are known to jump and stay, so that the engine's break walk leads
    where nothing speaks for either of its models.
    terms : administrations, in their order. absent : what is asked of it and not on record.
    breaks : for display, for Prophet's one-off events and for scoring. A hindcast may use one only
    if it was known at the cutoff: a date announced beforehand (the end of Title 42) helps, one that
    came unannounced does not.
    beside : the source whose record its releases complete, "" if it has a record of its own.
    columns : a table's column -> what it is called in files and on pages, "" if it is left out;
    those not in it are called so.
    rounded : the dimension whose months are rounded to whole units before they are added up.
    lexicon : how people write about it: texts in TOML; of tables that are called the same the last
    one holds.
    settings : a first settings file for a record of it, None where the defaults are meant for it.
    kind : of quantity. lives : what people confirmed of its series.
    pattern : of its files' names, as shells have it, where `parse_name` reads nothing from them.
    """

    name: str
    publisher: Publisher
    measure: MeasureWords
    totals: TotalWords
    year_begins: int
    due: DueDays
    shipped: bool
    hierarchy: Hierarchy
    agreement: Agreement
    layouts: tuple[str, ...]
    example: str
    reader: Callable[[], FileReader]
    help: Mapping[str, str] = field(default_factory=dict)
    beside: str = ""
    calm: bool = False
    jumps: bool = False
    breaks: tuple[Break, ...] = ()
    terms: tuple[Term, ...] = ()
    absent: tuple[Absent, ...] = ()

    def with_totals(self, names: Iterable[str]) -> Source:
        """Return the source of these totals, and of the whole that it has."""
        parts = tuple(name for name in names if name != self.totals.whole)
        return replace(self, totals=replace(self.totals, parts=parts))

    @property
    def tree(self) -> Tree:
        """Tell what adds up to what."""
        words = self.hierarchy
        return Tree(self.totals, words.components, words.by_component, words.aside)

    @property
    def traits(self) -> Traits:
        """What forecasting and judging must know of it."""
        named = self.totals.one
        return Traits(self.tree, self.calendar, self.breaks, self.calm, self.jumps, named)

    @property
    def calendar(self) -> Calendar:
        """Tell which months its years have."""
        return Calendar(self.year_begins, KINDS[self.kind].over == "sum")

    columns: Mapping[str, str] = field(default_factory=dict)
    rounded: str = ""
    kind: QuantityKind = "flow"
    lives: tuple[Life, ...] = ()
    lexicon: Callable[[], Sequence[str]] | None = None
    settings: Callable[[], str] | None = None
    pattern: str = ""

    def column(self, name: str) -> str:
        """Return what a table's column is called in files and on pages, "" if it is left out."""
        return self.columns.get(name, name)

    def parse_name(self, file_name: str) -> FileName | None:
        """Return what a base name says, None if it is not one of this source's."""
        return self.reader().parse_name(file_name)

    def read(self, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]) -> ReadRelease:
        """Read a file; see `FileReader.read`."""
        return self.reader().read(self, file, joins, dimensions)
