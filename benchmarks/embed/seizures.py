"""Writes the embedded seizures: python -m PACKAGE.build FILE, one published file of seizures.

The same file gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from forecast import months
from forecast.sources import catalog
from forecast.sources.cbp.drug import bundle
from forecast.types import Snapshot

if TYPE_CHECKING:
    from forecast.sources.published import LineReader

MEASURES = ("events", "pounds")


def build(file: Path) -> dict[str, bytes]:
    """Every file of the bundle, by name; errors as `LineReader.table`."""
    said = {}
    for measure in MEASURES:
        source = catalog.find(f"cbp_drug_{measure}")
        reader = cast("LineReader", source.reader())
        reading = reader.table(file.name, file.read_bytes())
        said[measure] = reader.snapshot(source, reading, ("component",))
    texts = {f"{measure}.csv": _table(one) for measure, one in said.items()}
    entry = {
        "source": f"cbp-drugs-{reading.file_name.removeprefix('nationwide-drugs-')[:-4]}",
        "publisher": "U.S. Customs and Border Protection (CBP)",
        "title": "Nationwide Drug Seizures: seizures (events) and pounds by border and drug",
        "note": "Pounds in whole pounds by border, drug and month; offices and the land filter are "
        "left out.",
        "file_name": reading.file_name,
        "original_sha256": reading.sha256,
        "first_month": reading.first_month,
        "data_through": reading.data_through,
        "seq": reading.seq,
        "closed": sorted(reading.closed),
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    rows = ", ".join(f'"{year}" = {count}' for year, count in reading.rows.items())
    head = "# Written by benchmarks.embed.seizures; a U.S. Government work, public domain."
    texts[bundle.PROVENANCE] = "\n".join([head, *lines, f"rows = {{{rows}}}", ""])
    return {name: text.encode() for name, text in texts.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: write beside this module, print sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--to", type=Path, default=Path(bundle.__file__).parent)
    options = parser.parse_args(arguments)
    for name, content in build(options.file).items():
        (options.to / name).write_bytes(content)
        sys.stdout.write(f"{name}: {len(content):,} bytes\n")


def _table(said: Snapshot) -> str:
    """Parts in sorted order, each over the whole span; totals are left to be added up."""
    span = months.between(*said.coverage[0][1:])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("border", "dimension", "component", "member", "first_month", "counts"))
    for key, by_month in sorted(said.counts.items()):
        if not key.headline:
            counts = " ".join(str(by_month.get(month, 0)) for month in span)
            writer.writerow((key.total, key.dimension, key.component, key.member, span[0], counts))
    return text.getvalue()


if __name__ == "__main__":
    main()
