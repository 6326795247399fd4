"""The embedded seizures: what was published before this service started to look.

`provenance.toml` says which file they come from; `events.csv` and `pounds.csv` hold one series a
line, by border and drug and by border and agency, in the format of the encounters' figures. All
is written by `build`, from a file of U.S. Customs and Border Protection (a U.S. Government work,
public domain).
"""

import tomllib
from importlib import resources

from forecast import months
from forecast.sources.cbp.encounters.bundle import digest, embedded, parse
from forecast.types import HEADLINES, NATIONWIDE, SeriesKey, Snapshot

PROVENANCE = "provenance.toml"


def load(measure: str) -> list[Snapshot]:
    """Return the one release that comes with the program; its totals are the sums of its drugs."""
    folder = resources.files(__name__)
    entry = tomllib.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    parts = parse((folder / f"{measure}.csv").read_text(encoding="utf-8"))
    span = months.between(entry["first_month"], entry["data_through"])
    totals = {SeriesKey(border): dict.fromkeys(span, 0) for border in HEADLINES}
    for key, by_month in parts.items():
        for border in (key.total, NATIONWIDE) if key.dimension == "drug" else ():
            for month, count in by_month.items():
                totals[SeriesKey(border)][month] += count
    # Not the file's own hash: the original says more, so it is another release.
    entry["sha256"] = digest([entry["original_sha256"], measure])
    return [embedded(entry, {**totals, **parts})]
