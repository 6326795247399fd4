"""The engine's forecasts as a hub: the hubverse's folders, readable by its own tools.

    hub-config/     admin.json, tasks.json, target-data.json, model-metadata-schema.json
    model-output/   a folder a model, a file a round; a round is a cutoff
    model-metadata/ what each model is
    target-data/    time-series.csv, every value a month has had, by the day it became known

A round's reference_date is the last day of the cutoff's month, a target_end_date the last day of
the month forecast. Hindcasts are models of their own, so that none is taken for a forecast that
was issued. See hubverse.io; written for version 6.0.0 of its schemas.
"""

import csv
import json
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from forecast import months
from forecast.sources.source import Source
from forecast.types import HUB_PERMILLES

SCHEMAS = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0"
TEAM = "bordercast"
_COLUMNS = (
    "reference_date",
    "target",
    "horizon",
    "location",
    "target_end_date",
    "output_type",
    "output_type_id",
    "value",
)
_OBSERVED = ("as_of", "target_end_date", "target", "location", "observation")


def write(
    folder: Path,
    models: Mapping[str, Iterable[tuple[str, str, str, int, int, int]]],
    values: Iterable[tuple[str, str, str, int]],
    about: Mapping[str, str],
    source: Source,
    in_time: Mapping[str, bool],
) -> int:
    """Write a hub into an empty folder; returns the number of model output files.

    models : model's short name -> its quantiles, sorted by cutoff: total, cutoff, month, horizon,
    permille, and the count at it.
    values : (total, month, known from, count) of every value a month has had.
    about : name -> text: the run and its digest.
    in_time : cutoff -> whether what was issued from it came before its first month was published.
    """
    rounds: set[str] = set()
    horizons: set[int] = set()
    count = 0
    target = f"monthly {source.measure.noun}"  # what is forecast, as a hub calls it
    for model, quantiles in models.items():
        for cutoff, group in groupby(quantiles, key=itemgetter(1)):
            rows, day, model_id = list(group), last_day(cutoff), f"{TEAM}-{model}"
            lines = (
                (day, target, ahead, total, last_day(month), "quantile", permille / 1000, value)
                for total, _, month, ahead, permille, value in rows
            )
            _csv(folder / "model-output" / model_id / f"{day}-{model_id}.csv", _COLUMNS, lines)
            # A hub declares its rounds, so that others can submit to the same ones.
            rounds.add(cutoff)
            horizons |= {row[3] for row in rows}
            count += 1
        _metadata(folder, model, about, source, in_time)
    for name, value in (
        # Contact and repository are for whoever publishes the hub to fill in.
        ("admin", {**_ADMIN, "name": f"Bordercast, {_in_words(about)}"}),
        ("tasks", _tasks(sorted(rounds), sorted(horizons), target, source)),
        ("target-data", _TARGET_DATA),
        ("model-metadata-schema", _METADATA_SCHEMA),
    ):
        path = folder / "hub-config" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    observed = (
        (known_from, last_day(month), target, total, count)
        for total, month, known_from, count in values
    )
    _csv(folder / "target-data" / "time-series.csv", _OBSERVED, observed)
    return count


# Hubs know days, not months: a month stands for its last one.
def last_day(month: str) -> str:
    """2024-02-29 for 2024-02."""
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"


def _csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def _in_words(about: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in about.items())


def _tasks(
    rounds: Sequence[str], horizons: Sequence[int], target: str, source: Source
) -> dict[str, Any]:
    """What may be submitted: every round, lead, place and quantile that is on record."""
    choices = {
        "reference_date": [last_day(cutoff) for cutoff in rounds],
        "target": [target],
        "horizon": list(horizons),
        "location": list(source.totals.every),
        "target_end_date": sorted(
            {last_day(months.shift(cutoff, h)) for cutoff in rounds for h in horizons}
        ),
    }
    quantile = {
        "output_type_id": {"required": [permille / 1000 for permille in HUB_PERMILLES]},
        "is_required": True,
        "value": {"type": "integer", "minimum": 0},
    }
    about = {
        "target_id": target,
        "target_name": f"{source.measure.noun.capitalize()} published by {source.publisher.name}",
        "target_units": source.measure.unit,
        "target_keys": {"target": target},
        "description": "Events, not people: one person can be counted more than once.",
        "target_type": "discrete",
        "is_step_ahead": True,
        "time_unit": "month",
    }
    return {
        "schema_version": f"{SCHEMAS}/tasks-schema.json",
        "rounds": [
            {
                "round_id_from_variable": True,
                "round_id": "reference_date",
                "model_tasks": [
                    {
                        "task_ids": {
                            name: {"required": None, "optional": values}
                            for name, values in choices.items()
                        },
                        "output_type": {"quantile": quantile},
                        "target_metadata": [about],
                    }
                ],
                "submissions_due": {"relative_to": "reference_date", "start": 0, "end": 60},
            }
        ],
        "output_type_id_datatype": "double",
        "derived_task_ids": ["target_end_date"],
    }


_ADMIN = {
    "schema_version": f"{SCHEMAS}/admin-schema.json",
    "name": "",
    "maintainer": "to be filled in",
    "contact": {"name": "to be filled in", "email": "nobody@example.org"},
    "repository": {"host": "github", "owner": "example", "name": "bordercast-hub"},
    "file_format": ["csv"],
    "timezone": "US/Eastern",
    "model_output_dir": "model-output",
}
_TARGET_DATA = {
    "schema_version": f"{SCHEMAS}/target-data-schema.json",
    "observable_unit": ["target_end_date", "target", "location"],
    "date_col": "target_end_date",
    "versioned": True,
}
_ABOUT_MODEL = ("team_abbr", "model_abbr", "methods", "data_inputs", "record")
_METADATA_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What each model is",
    "type": "object",
    "properties": {name: {"type": "string"} for name in _ABOUT_MODEL},
    "required": list(_ABOUT_MODEL),
}


def _metadata(
    folder: Path,
    model: str,
    about: Mapping[str, str],
    source: Source,
    in_time: Mapping[str, bool],
) -> None:
    """A YAML file; JSON strings are valid YAML."""
    # None may take a hindcast, or what a late run said, for a forecast made in time.
    kind = "issued before its months were published"
    late = [last_day(cutoff) for cutoff, early in sorted(in_time.items()) if not early]
    if "_hindcast" in model:
        kind = "hindcast, computed later from only the data available at the time"
    elif late:
        kind += f", but for {', '.join(late)}: then its first month may have been public already"
    fields = {
        "team_abbr": TEAM,
        "model_abbr": model,
        "methods": f"Bordercast's model {model.removesuffix('_hindcast')}; {kind}",
        "data_inputs": f"Counts published by {source.publisher.name}. {source.publisher.credit}",
        "record": _in_words(about),
    }
    path = folder / "model-metadata" / f"{TEAM}-{model}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}: {json.dumps(text)}" for name, text in fields.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
