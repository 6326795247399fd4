"""The embedded figures: what was published before this service started to look.

`provenance.toml` says where each comes from; the tables hold one series a line: border,
dimension, component, member, first month, and the counts of the months from there on. A table's
lines with the same border, dimension and component span the same months. Everything here is
written by `build`, from figures of U.S. Customs and Border Protection and the Office of Homeland
Security Statistics (U.S. Government works, public domain).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import resources
from itertools import groupby
from typing import Any, NamedTuple

from forecast import months
from forecast.sources.source import coverage_of
from forecast.types import Coverage, KeptPath, Release, SeriesKey, Snapshot

PROVENANCE = "provenance.toml"
VINTAGES = "vintages.csv"
PATHS = "paths.csv.gz"


class EmbeddedSeries(NamedTuple):
    """One series of a table: the counts of the months from first_month on, in encounters."""

    key: SeriesKey
    first_month: str
    counts: tuple[int, ...]

    @property
    def coverage(self) -> Coverage:
        """Return the months it spans, which are those of its whole scope."""
        last = months.shift(self.first_month, len(self.counts) - 1)
        return Coverage(self.key.scope, self.first_month, last)


def load(crossings: Sequence[str] = ()) -> list[Snapshot]:
    """Return one snapshot per embedded source and per known vintage, ascending by seq.

    crossings : dimensions asked for; a source that holds nothing but a crossing is only there
        if that is among them.
    """
    provenance = tomllib.loads(_text(PROVENANCE))
    # A crossing is large and seldom wanted: it is not even read unless asked for.
    sources = [s for s in provenance["source"] if s.get("crossing", "") in ("", *crossings)]
    tables = {name: parse(_text(name)) for name in {entry["table"] for entry in sources}}
    snapshots = [_source(entry, tables[entry["table"]]) for entry in sources]
    vintages = by_release(_text(VINTAGES))
    snapshots += [_vintage(entry, vintages[entry["source"]]) for entry in provenance["vintage"]]
    return sorted(snapshots, key=lambda s: (s.release.seq, s.release.source))


def parse(table: str) -> list[EmbeddedSeries]:
    """Return the lines of a table's text."""
    reader = csv.reader(io.StringIO(table))
    next(reader)
    return [
        EmbeddedSeries(
            SeriesKey(border, dimension, member, component),
            first_month,
            tuple(map(int, counts.split())),
        )
        for border, dimension, component, member, first_month, counts in reader
    ]


def by_release(table: str) -> dict[str, list[str]]:
    """Return the lines of the vintages' table, "release,month,border,encounters", by release."""
    # Sorted, for the digest of a vintage must not depend on who wrote the table.
    lines = sorted(table.splitlines()[1:])
    return {name: list(group) for name, group in groupby(lines, key=lambda x: x.split(",")[0])}


def digest(lines: Iterable[str]) -> str:
    """Return the sha256 of lines of text; it stands in where there is no original file to hash."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _text(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")


def _source(entry: Mapping[str, Any], table: Sequence[EmbeddedSeries]) -> Snapshot:
    clip = partial(_clipped, first=entry["first_month"], last=entry["data_through"])
    lines = [line for line in map(clip, table) if line.counts]
    return Snapshot(
        release=Release(
            source=entry["source"],
            kind="bundle",
            file_name=entry["file_name"],
            sha256=entry["sha256"],
            data_through=entry["data_through"],
            seq=entry["seq"],
            rounding=entry["rounding"],
        ),
        counts=dict(_counts(lines)),
        coverage=tuple(dict.fromkeys(line.coverage for line in lines)),
        rows={int(year): lines for year, lines in entry["rows"].items()},
        closed=frozenset(entry["closed"]),
    )


def _clipped(line: EmbeddedSeries, first: str, last: str) -> EmbeddedSeries:
    """Cut a table that files of one layout share: each says only the months of its window."""
    start = months.to_index(line.first_month)
    skip = max(months.to_index(first) - start, 0)
    keep = max(months.to_index(last) - start + 1, 0)
    return EmbeddedSeries(line.key, months.shift(line.first_month, skip), line.counts[skip:keep])


def _counts(lines: Iterable[EmbeddedSeries]) -> Iterator[tuple[SeriesKey, dict[str, int]]]:
    """Return totals with their zeros, the drill-down without, as `series.snapshot` gives them."""
    for line in lines:
        span = months.between(*line.coverage[1:])
        by_month = dict(zip(span, line.counts, strict=True))
        # As a file gives them: of a member no line is 0, of a total each month is stated.
        if not line.key.headline:
            by_month = {month: count for month, count in by_month.items() if count}
        if by_month:
            yield line.key, by_month


def _vintage(entry: Mapping[str, Any], lines: Sequence[str]) -> Snapshot:
    counts: dict[SeriesKey, dict[str, int]] = {}
    for line in lines:
        _, month, border, encounters = line.split(",")
        counts.setdefault(SeriesKey(border), {})[month] = int(encounters)
    return Snapshot(
        release=Release(
            source=entry["source"],
            kind="vintage",
            file_name=VINTAGES,
            sha256=entry["sha256"],
            data_through=entry["data_through"],
            seq=entry["seq"],
            first_seen_at=entry["first_seen_at"],
            first_seen_precision=entry["first_seen_precision"],
        ),
        counts=counts,
        # A vintage speaks of single months only.
        coverage=tuple(c for key, known in counts.items() for c in coverage_of(key.scope, known)),
    )


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
