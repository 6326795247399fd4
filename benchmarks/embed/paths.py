"""Rebuild the refit models' paths that are embedded beside the figures.

`python -m benchmarks.embed.paths` refits every model on the embedded figures, every cutoff, in a
database of its own, and writes the paths to the bundle, so that a first run need not.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from forecast.config import Config
from forecast.engine.forecast import forecast_headline, headline
from forecast.engine.refits import Refitting
from forecast.sources import catalog
from forecast.sources.cbp.encounters import bundle
from forecast.store import inputs, releases
from forecast.store.connect import writing
from forecast.types import KeptPath
from jobs.arrivals.ingest import ingest_bundle
from jobs.compute.robust_map import fitting


def save_paths(paths: Iterable[KeptPath], folder: Path) -> None:
    """Write the table of paths, the same bytes for the same paths."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("model_options", "border", "cutoff", "data_digest", "failure", "path"))
    for p in sorted(paths, key=lambda p: (p.model_options, p.series, p.cutoff)):
        path = " ".join(map(repr, p.path))
        writer.writerow((p.model_options, p.series.total, p.cutoff, p.data_digest, p.failure, path))
    (folder / bundle.PATHS).write_bytes(gzip.compress(table.getvalue().encode(), mtime=0))


def main() -> None:
    """Refit everything and write the table of paths."""
    config, source = Config(), catalog.find("cbp_encounters")
    with tempfile.TemporaryDirectory() as folder, writing(Path(folder) / "paths.db") as db:
        ingest_bundle(db, source)
        counts = releases.current_counts(db)
        refitting = Refitting(
            fitting(config.compute),
            lambda step, done, total: print(f"{step}: {done}/{total}", end="\r"),
            keep=partial(inputs.keep_paths, db),
        )
        wanted = config.forecast
        head = headline(counts, wanted.first_cutoff, source.traits)
        forecast_headline(wanted.models, wanted.horizon, head, refitting)
        save_paths(inputs.kept_paths(db), Path(bundle.__file__).parent)


if __name__ == "__main__":
    main()
