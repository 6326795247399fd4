"""The embedded seizures: what was published before this service started to look.

`provenance.toml` says which file they come from; `events.csv` and `pounds.csv` hold one series a
line, by border and drug and by border and agency, in the format of the encounters' figures. All
is written by `build`, from a file of U.S. Customs and Border Protection (a U.S. Government work,
public domain).
"""

from __future__ import annotations

import tomllib
from importlib import resources

from forecast import months
from forecast.sources.cbp.encounters.bundle import digest, parse
from forecast.types import HEADLINES, NATIONWIDE, Coverage, Release, SeriesKey, Snapshot

PROVENANCE = "provenance.toml"


def load(measure: str) -> list[Snapshot]:
    """Return the one release that comes with the program; its totals are the sums of its drugs."""
    entry = tomllib.loads(_text(PROVENANCE))
    lines = parse(_text(f"{measure}.csv"))
    span = months.between(entry["first_month"], entry["data_through"])
    counts = {SeriesKey(border): dict.fromkeys(span, 0) for border in HEADLINES}
    for line in lines:
        by_month = dict(zip(months.between(*line.coverage[1:]), line.counts, strict=True))
        counts[line.key] = {month: count for month, count in by_month.items() if count}
        if line.key.dimension == "drug":
            for border in (line.key.total, NATIONWIDE):
                for month, count in by_month.items():
                    counts[SeriesKey(border)][month] += count
    scopes = dict.fromkeys(key.scope for key in counts)
    return [
        Snapshot(
            release=Release(
                source=entry["source"],
                kind="bundle",
                file_name=entry["file_name"],
                # Not the file's own: the original says more, so it is another release.
                sha256=digest([entry["original_sha256"], measure]),
                data_through=entry["data_through"],
                seq=entry["seq"],
            ),
            counts=counts,
            coverage=tuple(Coverage(scope, span[0], span[-1]) for scope in scopes),
            rows={int(year): lines for year, lines in entry["rows"].items()},
            closed=frozenset(entry["closed"]),
        )
    ]


def _text(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")
