"""The embedded figures: what was published before this service started to look.

`provenance.toml` says where each comes from; the tables hold one series a line: border,
dimension, component, member, first month, and the counts of the months from there on. A table's
lines with the same border, dimension and component span the same months. Everything here is
written by `build`, from figures of U.S. Customs and Border Protection and the Office of Homeland
Security Statistics (U.S. Government works, public domain).
"""

import csv
import gzip
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from importlib import resources
from itertools import groupby
from typing import Any

from forecast import months
from forecast.sources.source import coverage_of
from forecast.types import Counts, DatedValue, KeptPath, Release, SeriesKey, Snapshot

PROVENANCE = "provenance.toml"
VINTAGES = "vintages.csv"
PATHS = "paths.csv.gz"
_RELEASE = {field.name for field in fields(Release)}
_OF_VINTAGES = {"kind": "vintage", "file_name": VINTAGES}


def load(crossings: Sequence[str] = ()) -> list[Snapshot]:
    """Return one snapshot per embedded source and per known vintage, ascending by seq.

    crossings : dimensions asked for; a source that holds nothing but a crossing is only there
        if that is among them.
    """
    folder = resources.files(__name__)
    provenance = tomllib.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    # A crossing is large and seldom wanted: it is not even read unless asked for.
    sources = [s for s in described(provenance) if s.get("crossing", "") in ("", *crossings)]
    names = {entry["table"] for entry in sources}
    tables = {name: parse((folder / name).read_text(encoding="utf-8")) for name in names}
    lines = by_release((folder / VINTAGES).read_text(encoding="utf-8"))
    vintages: dict[str, dict[SeriesKey, dict[str, int]]] = {}
    for name, of_release in lines.items():
        # A vintage speaks of single months only.
        counts = vintages.setdefault(name, {})
        for _, month, border, encounters in (line.split(",") for line in of_release):
            counts.setdefault(SeriesKey(border), {})[month] = int(encounters)
    snapshots = [
        *(
            embedded(e, clipped(tables[e["table"]], e["first_month"], e["data_through"]))
            for e in sources
        ),
        *(embedded(_OF_VINTAGES | e, vintages[e["source"]]) for e in provenance["vintage"]),
    ]
    return sorted(snapshots, key=lambda s: (s.release.seq, s.release.source))


def described(provenance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what provenance says of each source, of a file's crossing as of one more."""
    for entry in provenance["source"]:
        yield {"file_name": entry["table"], **entry}
        if "crossing_sha256" in entry:  # it says nothing of totals, nor of years
            of = {"source": f"{entry['source']}-crossing", "sha256": entry["crossing_sha256"]}
            yield {**entry, **provenance["crossing"], **of, "rows": {}, "closed": ()}


def parse(table: str) -> dict[SeriesKey, dict[str, int]]:
    """Return series -> month -> count of a table's text, each month of a series' span."""
    reader = csv.reader(io.StringIO(table))
    next(reader)
    counts = {}
    for total, dimension, component, member, first, digits in reader:
        numbers = list(map(int, digits.split()))
        span = months.between(first, months.shift(first, len(numbers) - 1))
        key = SeriesKey(total, dimension, member, component)
        counts[key] = dict(zip(span, numbers, strict=True))
    return counts


def clipped(table: Counts, first: str, last: str) -> dict[SeriesKey, dict[str, int]]:
    """Cut a table that files of one layout share: each says only the months of its window."""
    cut = {key: {m: n for m, n in by.items() if first <= m <= last} for key, by in table.items()}
    # A member without a count in these months is none of the file's.
    return {k: by for k, by in cut.items() if any(by.values()) or (by and k.headline)}


def by_release(table: str) -> dict[str, list[str]]:
    """Return the lines of the vintages' table, "release,month,border,encounters", by release."""
    # Sorted, for the digest of a vintage must not depend on who wrote the table.
    lines = sorted(table.splitlines()[1:])
    return {name: list(group) for name, group in groupby(lines, key=lambda x: x.split(",")[0])}


def digest(lines: Iterable[str]) -> str:
    """Return the sha256 of lines of text; it stands in where there is no original file to hash."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def embedded(entry: Mapping[str, Any], stated: Counts) -> Snapshot:
    """Return an embedded release.

    entry : what provenance says of it. stated : each month it states, with its zeros.
    """
    # As a file gives them: of a member no line is 0, of a total each month is stated.
    counts = {
        key: dict(by_month) if key.headline else {m: n for m, n in by_month.items() if n}
        for key, by_month in stated.items()
    }
    spans = [span for key, by_month in stated.items() for span in coverage_of(key.scope, by_month)]
    about = {"kind": "bundle"} | {k: v for k, v in entry.items() if k in _RELEASE}
    return Snapshot(
        release=Release(**about),
        counts=counts,
        coverage=tuple(dict.fromkeys(spans)),
        rows={int(year): lines for year, lines in entry.get("rows", {}).items()},
        closed=frozenset(entry.get("closed", ())),
    )


def load_dated() -> dict[str, list[DatedValue]]:
    """Return what counts were on dated days, by the table that says so.

    A line has the day, where it can be read, the series, its first month and the counts from there
    on; or the months of which the one count is the sum.
    """
    folder = resources.files(__name__)
    provenance = tomllib.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    by_table = {}
    for name in (entry["table"] for entry in provenance["dated"]):
        reader = csv.reader(io.StringIO((folder / name).read_text(encoding="utf-8")))
        next(reader)
        values = by_table[name] = list[DatedValue]()
        for day, source, total, dimension, component, member, when, digits in reader:
            key = SeriesKey(total, dimension, member, component)
            first, _, last = when.partition("..")
            for later, count in enumerate(map(int, digits.split())):
                month = months.shift(first, later)
                values.append(DatedValue(key, month, last or month, count, 1, day, source))
    return by_table


def load_paths() -> list[KeptPath]:
    """Return the refit models' paths that come with the figures; see `benchmarks.embed.paths`."""
    packed = (resources.files(__name__) / PATHS).read_bytes()
    reader = csv.reader(io.StringIO(gzip.decompress(packed).decode()))
    next(reader)
    return [
        KeptPath(
            options, SeriesKey(border), cutoff, digest, tuple(map(float, path.split())), failure
        )
        for options, border, cutoff, digest, failure, path in reader
    ]
