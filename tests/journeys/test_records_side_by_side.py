"""Records of different measures read in one process: none changes what another answers."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import forecast
from forecast.config import Config
from forecast.desk.frames import Record
from forecast.errors import BordercastError
from jobs import monthly
from tests.support import arriving, drug_files, own_counts, small_record

SHORT = {
    "forecast": {"models": ("naive",), "dimensions": ()},
    "compute": {"engine": "serial"},
}
OWN = {
    "kind": "counts",
    "name": "visits",
    "path": "deliveries",
    "noun": "visits",
    "one": "clinic",
    "many": "clinics",
    "year_begins": 1,
}
# A total of each record, a year that is named, a month and a threshold.
ASKED = {
    "encounters": ("southwest", "FY2024", "2024-06"),
    "seizures": ("northern", "FY2026", "2026-07"),
    "visits": ("Clinic 1", "2024", "2024-06"),
}
VIEWS = ("border_months", "latest_forecasts", "scorecard", "span_forecasts")


def encounters(folder: Path) -> Path:
    return small_record.made(folder)


def seizures(folder: Path) -> Path:
    (folder / drug_files.NAME).write_bytes(drug_files.content(drug_files.lines()))
    short = {**SHORT["forecast"], "first_cutoff": "2026-03"}
    config = Config.model_validate(
        {**SHORT, "forecast": short, "sources": ({"kind": "cbp_drug_events"},)}
    )
    path, now = folder / "bordercast.db", datetime(2026, 5, 18, tzinfo=UTC)
    files = [folder / drug_files.NAME]
    monthly.run(arriving.opened(path, config), files, now=now, with_bundle=False)
    return path


def visits(folder: Path) -> Path:
    own_counts.deliver(folder / "deliveries" / "2023-12.csv", own_counts.clinics(), own_counts.HELD)
    config = Config.model_validate({**SHORT, "sources": (OWN,)})
    path = folder / "bordercast.db"
    monthly.run(arriving.opened(path, config), now=own_counts.after(own_counts.HELD))
    return path


MADE: dict[str, Callable[[Path], Path]] = {
    "encounters": encounters,
    "seizures": seizures,
    "visits": visits,
}


def questions(name: str) -> list[tuple[str, tuple[Any, ...]]]:
    """(method, arguments), of every method that a record has."""
    series, year, month = ASKED[name]
    return [
        ("latest", (series,)),
        ("actual", (series,)),
        ("span", (series, year)),
        ("span", (series, "next 12 months")),
        ("chance", (series, month, ">10")),
        ("chance", (series, month, "above year before")),
        ("chance", (series, year, "> 2023")),
        ("changes", (series,)),
        ("paths", (series, 20)),
        ("forecasts", (int(month[:4]), series)),
        ("compare", (series, series)),
        ("plot", (series,)),
        ("fact", (f"{series} in {month}",)),
        ("brief", (series, month)),
        ("flags", ()),
        ("movers", ()),
        ("views", ()),
        *(("view", (view,)) for view in VIEWS),
        *(("describe", (view,)) for view in VIEWS),
        ("latest", ("nothing of the kind",)),
        ("digest", ()),
        ("measures", ()),
    ]


def answer(record: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    """A table as text with what stands beside it, so that answers can be compared."""
    try:
        found = getattr(record, method)
        found = found(*arguments) if callable(found) else found
    except BordercastError as error:
        return f"{type(error).__name__}: {error}"
    found = found._repr_svg_() if hasattr(found, "_repr_svg_") else found
    text = found.to_csv() if hasattr(found, "to_csv") else found
    return text, getattr(found, "attrs", None)


def alone(path: str, name: str, to: str) -> None:
    """What a record answers in a process of its own."""
    record = forecast.open(path)
    answers = [answer(record, *asked) for asked in questions(name)]
    Path(to).write_bytes(pickle.dumps(answers))


@pytest.fixture(scope="module")
def records(session_artifact):
    """Name -> a record of few series."""

    def make(folder: Path) -> None:
        for name, made in MADE.items():
            (folder / name).mkdir()
            made(folder / name)

    folder = session_artifact("records_side_by_side", make)
    return {name: folder / name / "bordercast.db" for name in MADE}


def test_every_method_of_a_record_is_asked():
    public = {name for name in vars(Record) if not name.startswith("_")}
    public.remove("measure")  # opens the record of another one

    assert {method for method, _ in questions("visits")} == public


@pytest.mark.slow
def test_records_of_three_measures_in_two_threads_answer_as_each_does_alone(records, tmp_path):
    opened = {name: forecast.open(path) for name, path in records.items()}
    asked = [
        (place, name, question)
        for place, together in enumerate(zip(*map(questions, opened), strict=True))
        for name, question in zip(opened, together, strict=True)
    ]
    answers: dict[str, dict[tuple[str, int], Any]] = {"forward": {}, "backward": {}}

    def ask(order: str) -> None:
        for place, name, question in asked if order == "forward" else asked[::-1]:
            answers[order][name, place] = answer(opened[name], *question)

    threads = [threading.Thread(target=ask, args=(order,)) for order in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for name, path in records.items():
        again = [sys.executable, "-c", f"from {__name__} import *; alone(*sys.argv[1:])"]
        subprocess.run([*again, str(path), name, str(to := tmp_path / name)], check=True)
        by_itself = pickle.loads(to.read_bytes())
        for order, found in answers.items():
            given = [found[name, place] for place in range(len(by_itself))]
            assert given == by_itself, (name, order)


def test_each_record_speaks_of_its_own_measure_and_years(records):
    described = {
        name: forecast.open(path).describe("border_months").to_csv()
        for name, path in records.items()
    }
    opened = {name: forecast.open(path) for name, path in records.items()}

    for name in MADE:
        assert name in described[name]
    assert {name: opened[name].span(*ASKED[name][:2]).attrs["series"] for name in MADE} == {
        name: series for name, (series, *_) in ASKED.items()
    }
