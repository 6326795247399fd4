"""Reads delivered files of anybody's counts, and adds up what they leave to the record.

Each delivered file is a release. What it does not state stays as an earlier one stated it, and a
month that nobody knows is missing, never 0. The newest delivery counts, whatever its months.

A file may state only some of what a sum is made of, one clinic's restated month, say. The rest is
what the record has, so that a sum never stands beside parts that it is not the sum of.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from math import isclose

import numpy as np

from forecast import lives, months
from forecast.config import CountsSection
from forecast.errors import DataError
from forecast.files import content_sha256
from forecast.labels import Joins
from forecast.sources.own import PART
from forecast.sources.source import (
    FileReader,
    ReadRelease,
    ReleaseFile,
    Source,
    release_seq,
    stating,
)
from forecast.tables import read as tables
from forecast.tables.grid import ReadAs
from forecast.types import Counts, Release, SeriesKey, Snapshot
from forecast.words import first_few, slug

LONGEST_NAME = 200
DECIMALS = (
    "write times = 10 (or 100, 1000) to keep tenths and say so in noun, or round = true to round"
)
_OPTION = re.compile(r"--(dates|decimal) (\w+)")
_OPTIONS = re.compile(r"--(value|series|month|year|sheet|sum)\b")
_ACCEPT = "accept the file: `bordercast releases accept N --why REASON`"


class OwnReader(FileReader):
    """Reads delivered files as a section of the settings says."""

    def __init__(self, section: CountsSection) -> None:
        self.section = section

    def read(
        self, source: Source, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
    ) -> ReadRelease:
        """Read one delivered file; errors as `read.table_in_bytes`, and for decimals."""
        table = _table_in(self.section, file)
        counts, keys = _whole_counts(self.section, file.name, table)
        # The newest month of any series; a delivery need not reach it in each.
        last = max(max(by_month) for by_month in counts.values())
        year, month = map(int, last.split("-"))
        release = Release(
            source=self.section.name,
            kind="manual",
            file_name=file.name.removesuffix(".gz"),
            sha256=content_sha256(BytesIO(file.content)),
            data_through=last,
            seq=release_seq(year, month, final=False, suffix=0),
            first_seen_at=file.first_seen,
            first_seen_precision="day" if file.first_seen else "unknown",
            url=file.url,
        )
        snapshot = stating(Snapshot(release, {}, ()), counts)
        header = (table.series_column, table.counts_column)
        marked = frozenset((keys[n], months.from_index(month)) for n, month in table.provisional)
        called = sorted((month, key.member or key.total) for key, month in marked)
        said = f"called provisional: {first_few(f'{name} {month}' for month, name in called)}"
        warnings = (*table.warnings, *([said] if called else ()))
        return ReadRelease(
            snapshot, notes=table.notes, warnings=warnings, header=header, marked=marked
        )

    def beside_record(
        self, source: Source, read: ReadRelease, recorded: Callable[[], Counts]
    ) -> ReadRelease:
        """Add the sums that follow from a release and from the record, in months that it states.

        A series that the file states itself is left as it is. Elsewhere a series is the sum of its
        parts in months in which each is known that has begun and is not closed, and the total that
        of its series. DataError for a series of which no month can be known.
        """
        section, before, snapshot = self.section, recorded(), read.snapshot
        # What the file states goes before the record, and that before any sum.
        stated = dict(snapshot.counts)
        every = dict.fromkeys((*before, *stated))
        known = {key: {**before.get(key, {}), **stated.get(key, {})} for key in every}
        notes: list[str] = []
        for key, parts in _sums_of(section, stated, known):
            own, nested = stated.get(key, {}), any(part.dimension for part in parts)
            fresh = {month for part in parts for month in stated.get(part, {})} - own.keys()
            # Of the parts as they are now known, not only of those in this file.
            sums, lacking = _sums(section, parts, fresh, known)
            if lacking and nested:
                unknown = first_few(f"{month} ({part})" for month, part in lacking.items())
                notes.append(
                    f"{key.total} is not known where one of its {section.parts} is not: {unknown}"
                )
            if sums:
                notes += _begun_later(key.total, parts, before, known)
                stated[key] = {**sums, **own}
                known[key] = {**known.get(key, {}), **sums}
            elif nested and key not in known:
                raise DataError(
                    f"{snapshot.release.file_name}: {key.total}: no month is known for each of its "
                    f"{section.parts}; nothing to add up. Give a count, or 0, for each"
                )
        # Only for the checks: the record has these parts already, and they are not stated anew.
        beside = {k: known[k] for k in _parts_of(snapshot.counts, before)}
        return ReadRelease(
            stating(snapshot, stated), compared=stating(snapshot, stated | beside), warnings=notes
        )


def _parts_of(stated: Counts, recorded: Counts) -> list[SeriesKey]:
    """Return the parts on record of the series of which a file states parts."""
    whole = {key.total for key in stated if key.dimension == PART}
    return [key for key in recorded if key.dimension == PART and key.total in whole]


def read_as(section: CountsSection) -> ReadAs:
    """Return what the settings say of the files."""
    alike = {"series", "part", "month", "year", "value", "sheet", "dates", "over"}
    return ReadAs(
        **section.columns.model_dump(include=alike),
        decimal={"": "", "point": ".", "comma": ","}[section.columns.decimal],
        # Years that begin in January, as they do unless the settings say otherwise, are not fiscal.
        fiscal_start=section.year_begins if section.year_begins > 1 else 0,
        sums=section.columns.sum,
    )


def data_through(section: CountsSection, file: ReleaseFile) -> str:
    """Return the last month of a delivered file; errors as `counts.read_table`."""
    return months.from_index(int(_table_in(section, file).counts.last.max()))


def _table_in(section: CountsSection, file: ReleaseFile) -> tables.TableRead:
    """Read a delivered file; errors as `read.table_in_bytes`, with settings in place of options."""
    try:
        return tables.table_in_bytes(file.name, file.content, read_as(section))
    except DataError as error:
        words, options = _OPTION.subn(r'\1 = "\2"', str(error))
        then = f"below [sources.columns], and {_ACCEPT}"
        if options:
            raise DataError(f"{words}, {then}") from None
        error.args = (_OPTIONS.sub(r"`\1` of [sources.columns]", str(error)),)
        raise


def _whole_counts(
    section: CountsSection, file_name: str, read: tables.TableRead
) -> tuple[dict[SeriesKey, dict[str, int]], dict[str, SeriesKey]]:
    """Return series -> month -> count, of the months that are known, and what names are of."""
    table, counts = read.counts, dict[SeriesKey, dict[str, int]]()
    names = section.agreed.names  # what the operator said is another under a new name
    keys: dict[str, SeriesKey] = {}
    places = table.nested or tuple((name, "") for name in table.names)
    named: dict[str, list[str]] = {}
    for series, part in places:
        named.setdefault(series, []).extend(filter(None, (part,)))
    _refuse_names(file_name, section.many, named)
    for below in named.values():
        _refuse_names(file_name, section.parts, below)
    for row, name in enumerate(table.names):
        by_month = _known_months(section, file_name, read, row)
        series, part = places[row]
        # Where a label that is not in a closed list belongs is not guessed.
        if section.labels and series not in section.labels:
            raise DataError(
                f"{file_name}: {series!r} is no known {section.one}; there are "
                f"{first_few(section.labels)}. If it belongs to the counts, add "
                "it under [totals.labels] of source.toml"
            )
        series, part = section.labels.get(series, series), names.get(part, part)
        series = series if part else names.get(series, series)
        # Each part is a scope of its own: of one, a month may be known that is not of another.
        key = SeriesKey(series, PART, part, part) if part else SeriesKey(series)
        keys[name] = key
        known_of = counts.setdefault(key, {})
        for month, value in by_month.items():  # two labels of a file may be one series
            known_of[month] = known_of.get(month, 0) + int(value)
    if section.absent != "unknown" and read.withheld is not None:
        withheld = {(keys.get(name), months.from_index(month)) for name, month in read.withheld}
        _fill_absent(section, counts, withheld)
    return counts, keys


def _known_months(
    section: CountsSection, file_name: str, read: tables.TableRead, row: int
) -> dict[str, float]:
    """Return the whole numbers of one series by month.

    DataError for one that is none, unless the settings have it rounded.
    """
    # A cell that is empty is a month that nobody knows, and is not stated.
    table, columns = read.counts, section.columns
    known, values = np.flatnonzero(np.isfinite(table.values[row])), table.values[row]
    times = section.agreed.times * columns.times
    back = table.values.shape[1] - 1 - known
    by_month = {
        months.from_index(int(table.last[row]) - int(behind)): float(values[column] * times)
        for behind, column in zip(back, known, strict=True)
    }
    # 8.29 * 100 is 828.9999: what is whole but for the arithmetic is.
    whole = {month: float(round(value)) for month, value in by_month.items()}
    if columns.round or columns.over == "mean" or section.agreed.times != 1:
        return whole
    below = next((month for month, value in by_month.items() if value < 0), None)
    if below:
        raise DataError(
            f"{file_name}: {table.names[row]} in {below}: {by_month[below]:g} is below 0; a record "
            "keeps counts. `bordercast forecast` reads such numbers"
        )
    broken = next((m for m, value in by_month.items() if not isclose(value, whole[m])), None)
    if broken:
        raise DataError(
            f"{file_name}: {read.decimal}{table.names[row]} in {broken}: "
            f"{by_month[broken] / times:.10g} is no whole number, as a record keeps. Below "
            f"[sources.columns], or [file] of its source.toml, {DECIMALS}; then {_ACCEPT}"
        )
    return whole


def _fill_absent(
    section: CountsSection,
    counts: dict[SeriesKey, dict[str, int]],
    withheld: set[tuple[SeriesKey | None, str]],
) -> None:
    """Put 0 where a month without a line means that nobody was counted.

    Of a part in each month in which its series has a line, as who has not reported has no parts
    either; of "none", of everything from the file's first month to its last.
    """
    stated = {month for by_month in counts.values() for month in by_month}
    every = months.between(min(stated), max(stated))
    of_series: dict[str, set[str]] = {}
    for key, by_month in counts.items():
        of_series.setdefault(key.total, set()).update(by_month)
    for key, by_month in counts.items():
        wanted = every if section.absent == "none" else of_series[key.total] if key.member else ()
        for month in wanted:
            if month not in by_month and (key, month) not in withheld:
                by_month[month] = 0


def _refuse_names(file: str, many: str, names: Iterable[str]) -> None:
    """Raise DataError for names that no page could have."""
    places: dict[str, str] = {}
    for name in names:
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise DataError(
                f"{file}: {name[:100]!r}: a name has at most {LONGEST_NAME} printable characters"
            )
        place = slug(name)  # two names, two pages
        if place in places:
            raise DataError(
                f"{file}: {places[place]!r} and {name!r} would get the same page address "
                f"among the {many}; rename one of them"
            )
        places[place] = name


def _sums_of(
    section: CountsSection, stated: Counts, known: Counts
) -> Iterator[tuple[SeriesKey, list[SeriesKey]]]:
    """Yield what is a sum, and of what: series with parts, and then the total of all series.

    stated, known : looked at again for the total, which the sums of the series are part of.
    """
    for series in dict.fromkeys(key.total for key in [*stated] if key.dimension == PART):
        yield SeriesKey(series), [part for part in known if part[:2] == (series, PART)]
    whole = SeriesKey(section.total)
    if section.total and whole not in stated:
        # One that is on record without a month yet cannot keep the sum from being known.
        yield whole, sorted(k for k in known if k.headline and k != whole and known[k])


def _sums(
    section: CountsSection, keys: Sequence[SeriesKey], fresh: Iterable[str], known: Counts
) -> tuple[dict[str, int], dict[str, str]]:
    """Add series up; month -> sum, and month -> one that is not known then, where one is not.

    Only of months in which each has a count that has begun and is not closed: what is missing is
    not 0.
    """
    # A clinic that closed is no hole in the sum of those that go on.
    spans = lives.spans(keys, known, section.agreed.lives)
    for key in keys:
        if (f"{key.total}:{key.member}" if key.member else key.total) in section.closed:
            spans[key] = [(spans[key][0][0], max(known[key]))]
    sums, lacking = {}, {}
    for month in sorted(fresh):
        within = [k for k, of in spans.items() if any(a <= month <= b for a, b in of)]
        missing = [key for key in within if month not in known[key]]
        if missing:
            lacking[month] = missing[0].member
        else:
            sums[month] = sum(known[key][month] for key in within)
    return sums, lacking


def _begun_later(
    name: str, parts: Sequence[SeriesKey], recorded: Counts, known: Counts
) -> Iterator[str]:
    """Yield which parts are new to the record, and are in the sum only from some month on."""
    first = min(min(known[key]) for key in parts)
    late = [key for key in parts if key not in recorded and min(known[key]) > first]
    if late:
        shown = [f"{key.member or key.total} from {min(known[key])}" for key in late]
        yield f"{name} is added up with {first_few(shown)}, its first month"
