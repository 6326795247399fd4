"""A wake before anything was accepted."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from forecast import config
from forecast.config import Config
from forecast.context import Context
from jobs.service import wakeup
from tests.support import drug_files
from tests.support.arriving import opened

NOW = datetime(2026, 4, 20, tzinfo=UTC)
OWN = '[[sources]]\nkind = "counts"\nname = "visits"\npath = "in"\n'
OF_DRUGS = Config.model_validate(
    {
        "sources": ({"kind": "cbp_drug_events"}, {"kind": "cbp_drug_pounds"}),
        "fetch": {"enabled": False},
    }
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bordercast.db"


def test_a_lone_bad_file_of_a_publisher_fails_no_first_wake(path):
    file = path.parent / "inbox" / "nationwide-encounters-fy23-fy26-feb-aor.csv"
    file.parent.mkdir()
    file.write_text("junk,1\n")
    os.utime(file, (1_700_000_000,) * 2)

    done = [wakeup.wake(Context.open(path, Config()), NOW, with_bundle=False) for _ in range(2)]

    assert [(one.outcome, one.detail) for one in done] == [
        ("nothing new", f"refused {file.name}"),
        ("nothing new", ""),
    ]
    assert not file.exists()


@pytest.mark.slow
@pytest.mark.parametrize("site", ["", '[site]\nfolder = "site"\n'])
def test_a_lone_bad_delivery_fails_no_first_wake_and_writes_no_page(path, site):
    (path.parent / "in").mkdir()
    (path.parent / "in" / "bad.csv").write_text("Month,Visits\n2026-01,many\n")
    (path.parent / "config.toml").write_text(OWN + site)
    settings = config.load(path.parent / "config.toml")

    done = [wakeup.wake(Context.open(path, settings), NOW) for _ in range(2)]

    assert [(one.outcome, one.detail) for one in done] == [
        ("nothing new", "refused bad.csv"),
        ("nothing new", ""),
    ]
    assert not (path.parent / "site").exists()


def test_each_of_several_releases_that_two_measures_take_is_read_once_a_measure(path):
    """A refused one stays for the measure that comes next, and is not looked at again by this."""
    inbox = path.parent / "inbox"
    inbox.mkdir()
    for name in (drug_files.NEXT, drug_files.NAME):
        (inbox / name).write_text("no,table\nx,y\n")
        os.utime(inbox / name, (1_700_000_000,) * 2)

    done = wakeup.wake(opened(path, OF_DRUGS), NOW, with_bundle=False)

    in_turn = [f"refused {name}" for name in (drug_files.NAME, drug_files.NEXT)]
    assert done.detail.split("; ") == in_turn * 2
    assert list(inbox.iterdir()) == []
