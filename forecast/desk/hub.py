"""The engine's forecasts as a hub: the hubverse's folders, readable by its own tools.

    hub-config/     admin.json, tasks.json, target-data.json, model-metadata-schema.json
    model-output/   a folder a model, a file a round; a round is a cutoff
    model-metadata/ what each model is
    target-data/    time-series.csv, every value a month has had, by the day it became known

A round's reference_date is the last day of the cutoff's month, a target_end_date the last day of
the month forecast. Hindcasts are models of their own, so that none is taken for a forecast that
was issued. See hubverse.io; written for version 6.0.0 of its schemas.
"""

from __future__ import annotations

import csv
import json
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

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


class Quantile(NamedTuple):
    """One quantile of one forecast: a count at permille / 1000."""

    total: str
    cutoff: str
    month: str
    horizon: int
    permille: int
    value: int


def write(
    folder: Path,
    models: Mapping[str, Iterable[Quantile]],
    values: Iterable[tuple[str, str, str, int]],
    about: Mapping[str, str],
    source: Source,
) -> int:
    """Write a hub into an empty folder; returns the number of model output files.

    Parameters
    ----------
    models : model's short name -> its quantiles, sorted by cutoff.
    values : (total, month, known from, count) of every value a month has had.
    about : name -> text: the run and its digest.
    """
    rounds: set[str] = set()
    horizons: set[int] = set()
    count = 0
    for model, quantiles in models.items():
        for cutoff, group in groupby(quantiles, key=lambda q: q.cutoff):
            rows = list(group)
            _round(folder, model, cutoff, rows, source)
            # A hub declares its rounds, so that others can submit to the same ones.
            rounds.add(cutoff)
            horizons |= {q.horizon for q in rows}
            count += 1
        _metadata(folder, model, about, source)
    for name, value in (
        ("admin", _admin(about)),
        ("tasks", _tasks(sorted(rounds), sorted(horizons), source)),
        ("target-data", _TARGET_DATA),
        ("model-metadata-schema", _METADATA_SCHEMA),
    ):
        path = folder / "hub-config" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    observed = (
        (known_from, last_day(month), _target_name(source), total, count)
        for total, month, known_from, count in values
    )
    _csv(folder / "target-data" / "time-series.csv", _OBSERVED, observed)
    return count


# Hubs know days, not months: a month stands for its last one.
def last_day(month: str) -> str:
    """2024-02-29 for 2024-02."""
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02d}"


def _round(folder: Path, model: str, cutoff: str, rows: Sequence[Quantile], source: Source) -> None:
    model_id = f"{TEAM}-{model}"
    path = folder / "model-output" / model_id / f"{last_day(cutoff)}-{model_id}.csv"
    lines = (
        (
            last_day(cutoff),
            _target_name(source),
            q.horizon,
            q.total,
            last_day(q.month),
            "quantile",
            q.permille / 1000,
            q.value,
        )
        for q in rows
    )
    _csv(path, _COLUMNS, lines)


def _csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def _admin(about: Mapping[str, str]) -> dict[str, Any]:
    """Contact and repository are for whoever publishes the hub to fill in."""
    return {
        "schema_version": f"{SCHEMAS}/admin-schema.json",
        "name": f"Bordercast, {', '.join(f'{name} {text}' for name, text in about.items())}",
        "maintainer": "to be filled in",
        "contact": {"name": "to be filled in", "email": "nobody@example.org"},
        "repository": {"host": "github", "owner": "example", "name": "bordercast-hub"},
        "file_format": ["csv"],
        "timezone": "US/Eastern",
        "model_output_dir": "model-output",
    }


def _choices(values: Sequence[Any]) -> dict[str, Any]:
    return {"required": None, "optional": list(values)}


def _target_name(source: Source) -> str:
    """What is forecast, as a hub calls it."""
    return f"monthly {source.measure.noun}"


def _tasks(rounds: Sequence[str], horizons: Sequence[int], source: Source) -> dict[str, Any]:
    ends = sorted({last_day(months.shift(cutoff, h)) for cutoff in rounds for h in horizons})
    task_ids = {
        "reference_date": _choices([last_day(cutoff) for cutoff in rounds]),
        "target": _choices([_target_name(source)]),
        "horizon": _choices(horizons),
        "location": _choices(source.totals.every),
        "target_end_date": _choices(ends),
    }
    quantile = {
        "output_type_id": {"required": [permille / 1000 for permille in HUB_PERMILLES]},
        "is_required": True,
        "value": {"type": "integer", "minimum": 0},
    }
    return {
        "schema_version": f"{SCHEMAS}/tasks-schema.json",
        "rounds": [
            {
                "round_id_from_variable": True,
                "round_id": "reference_date",
                "model_tasks": [
                    {
                        "task_ids": task_ids,
                        "output_type": {"quantile": quantile},
                        "target_metadata": [_target(source)],
                    }
                ],
                "submissions_due": {"relative_to": "reference_date", "start": 0, "end": 60},
            }
        ],
        "output_type_id_datatype": "double",
        "derived_task_ids": ["target_end_date"],
    }


def _target(source: Source) -> dict[str, Any]:
    return {
        "target_id": _target_name(source),
        "target_name": f"{source.measure.noun.capitalize()} published by {source.publisher.name}",
        "target_units": source.measure.unit,
        "target_keys": {"target": _target_name(source)},
        "description": "Events, not people: one person can be counted more than once.",
        "target_type": "discrete",
        "is_step_ahead": True,
        "time_unit": "month",
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


def _metadata(folder: Path, model: str, about: Mapping[str, str], source: Source) -> None:
    """A YAML file; JSON strings are valid YAML."""
    # None may take a hindcast for a forecast that was issued.
    kind = (
        "hindcast, computed later from only the data available at the time"
        if "_hindcast" in model
        else ("issued before its months were published")
    )
    fields = {
        "team_abbr": TEAM,
        "model_abbr": model,
        "methods": f"Bordercast's model {model.removesuffix('_hindcast')}; {kind}",
        "data_inputs": f"Counts published by {source.publisher.name}. {source.publisher.credit}",
        "record": ", ".join(f"{name} {text}" for name, text in about.items()),
    }
    path = folder / "model-metadata" / f"{TEAM}-{model}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}: {json.dumps(text)}" for name, text in fields.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
