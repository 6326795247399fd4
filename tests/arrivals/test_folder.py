"""Deliveries of own counts: which files they are, which are new, and in which order they come."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from forecast import config, months
from forecast.config import Config, CountsSection
from forecast.context import Context
from forecast.errors import ConfigError
from forecast.store import connect
from jobs.arrivals import folder as delivered_folder
from jobs.arrivals.folder import delivered
from jobs.arrivals.ingest import ingest_all
from tests.support.databases import rows

TODAY = "2026-04-20"
MARCH = months.to_index("2026-03")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "bordercast.db"


@pytest.fixture
def settings(path):
    """Of a folder of deliveries beside the record, which this process is about."""
    place = path.parent / "config.toml"
    place.write_text('[[sources]]\nkind = "counts"\nname = "visits"\npath = "in"\n')
    (path.parent / "in").mkdir()
    return config.load(place)


def section(**place: str) -> CountsSection:
    return CountsSection(kind="counts", name="visits", **place)


def deliver(folder: Path, name: str, through: str, age: int = 0, first: str = "2025-01") -> Path:
    """A delivery of one clinic's visits up to a month; age : seconds since it was changed."""
    lines = [f"{month},{100 + len(name)}" for month in months.between(first, through)]
    file = folder / name
    file.write_text("\n".join(["Month,Visits", *lines, ""]))
    os.utime(file, (1_790_000_000 - age,) * 2)
    return file


def names(found) -> list[str]:
    return [each.name for each in found]


def test_every_finished_file_of_a_folder_is_a_delivery_in_order_of_names(path):
    folder = path.parent / "in"
    (folder / "older").mkdir(parents=True)
    kept = ["a.csv", "b.xlsx", "c"]
    for name in (*kept[::-1], ".hidden", "~$b.xlsx", "d.part", "e.tmp"):
        (folder / name).touch()

    assert delivered_folder.files(path, section(path="in")) == [folder / name for name in kept]
    assert delivered_folder.files(path, section(path=str(folder))) == [
        folder / name for name in kept
    ]


def test_one_file_is_the_only_delivery_whatever_lies_beside_it(path):
    for name in ("a.csv", "b.csv"):
        (path.parent / name).touch()

    assert delivered_folder.files(path, section(path="b.csv")) == [path.parent / "b.csv"]


def test_a_source_with_an_address_delivers_no_files(path):
    assert delivered_folder.files(path, section(address="https://own/visits.csv")) == []


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("none", "/none: no such file or folder"),
        ("https://own/visits.csv", "is a web address; write it as address = ... instead of path"),
    ],
)
def test_a_place_that_is_none_is_named(path, place, problem):
    with pytest.raises(ConfigError, match=r"config.toml: sources.path: ") as told:
        delivered_folder.files(path, section(path=place))

    assert problem in str(told.value)


def test_deliveries_come_by_their_last_month_then_by_age_then_by_name(path):
    folder = path.parent / "in"
    folder.mkdir()
    deliver(folder, "a.csv", "2026-03", age=10)
    deliver(folder, "b.csv", "2026-03", age=10)
    deliver(folder, "c.csv", "2026-03", age=20)
    deliver(folder, "d.csv", "2026-02", age=0)
    (folder / "e.csv").write_text("no table\n")  # refused, before it holds up another
    visits = Config(sources=(section(path="in"),))

    found = delivered(None, Context.open(path, visits), TODAY)

    assert names(found) == ["e.csv", "d.csv", "c.csv", "a.csv", "b.csv"]
    assert [each.seq for each in found] == [0, MARCH - 1, MARCH, MARCH, MARCH]
    assert {(each.first_seen, each.address, each.origin) for each in found} == {
        (TODAY, "", "folder")
    }
    assert delivered(None, Context.open(path, Config()), TODAY) == []


@pytest.mark.slow
def test_a_content_that_is_known_is_not_looked_at_again(path, settings):
    folder = path.parent / "in"
    deliver(folder, "good.csv", "2026-02")
    (folder / "bad.csv").write_text("Month,Visits\n2026-01,many\n")
    with connect.writing(path) as db:
        taken, _ = ingest_all(db, Context.open(path, settings), (), TODAY, False)
        for name in ("good", "bad"):  # under another name, packed, it is the same
            packed = gzip.compress((folder / f"{name}.csv").read_bytes())
            (folder / f"{name}-again.csv.gz").write_bytes(packed)
        deliver(folder, "next.csv", "2026-03")
        left = delivered(db, Context.open(path, settings), TODAY)

    assert [(each.file_name, each.outcome, each.data_through) for each in taken] == [
        ("bad.csv", "refused", ""),
        ("good.csv", "accepted", "2026-02"),
    ]
    assert "many" not in taken[1].reason
    assert taken[0].reason.startswith("bad.csv: ")
    assert taken[0].release_id == 1
    assert names(left) == ["next.csv"]
    assert sorted(file.name for file in folder.iterdir()) == [
        "bad-again.csv.gz",
        "bad.csv",
        "good-again.csv.gz",
        "good.csv",
        "next.csv",
    ]
    assert [file.name for file in path.parent.glob("archive/*/*")] == ["good.csv"]
    assert rows(path, "select file_name, status from releases order by id") == [
        ("bad.csv", "quarantined"),
        ("good.csv", "accepted"),
    ]


@pytest.mark.slow
def test_one_delivery_may_be_asked_for(path, settings):
    folder = path.parent / "in"
    for name, through in (("a.csv", "2026-02"), ("b.csv", "2026-03"), ("c.csv", "2026-04")):
        deliver(folder, name, through)

    with connect.writing(path) as db:
        later = "2026-05-02"
        taken, _ = ingest_all(db, Context.open(path, settings), (), later, False, only=MARCH)

    assert [each.file_name for each in taken] == ["b.csv"]
    assert rows(path, "select file_name from releases") == [("b.csv",)]
