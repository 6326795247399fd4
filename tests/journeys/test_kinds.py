"""Of a stock or a rate no command, page, table or function adds months up; of a rate no series."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bordercast
from forecast import errors, months
from jobs.cli import main

pytestmark = pytest.mark.slow

FIRST, HELD = months.to_index("2019-01"), 72
# A sum of any two, or of two months, is above 40,000, and no month is.
LEVELS = {"Northgate": 24_000, "Royal": 26_000, "St Mary": 29_000}
COLUMNS = {"stock": "Patients on waiting list", "rate": "Consultations per 100,000"}
_NUMBER = re.compile(r"(?<![\w.,#-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,#/-])\d{5,7}(?![\w/-])")

COMMANDS = """
show
show Royal
show Royal 2023
show Royal 'next 12 months'
brief Royal
brief Northgate 2023-06
fact Royal 2023
fact Royal 2023-06
fact Royal '2023 to date'
fact Royal 2023-06..2024-01
fact 'How many were at Royal in 2023?'
compare Royal Northgate
compare Royal Northgate --as share
compare Royal Northgate --as index
compare Royal 2023 2022
compare Royal 2023-06 2022-06
compare Royal 2023 2022 --json
movers
movers Royal
chance Royal 'next 12 months' >200000
chance Royal 2025-03 >25000
changes Royal
flags --watch
score
report 2023
check text.txt
export fiscal_years
export fiscal_year_to_date
export facts
export ranks
export all -o all
"""


def counted() -> dict[str, np.ndarray]:
    """Levels that walk, of which the last value stands for a time, and no sum does."""
    random = np.random.default_rng(5)
    steps = random.normal(0, 0.01, (len(LEVELS), HELD)).cumsum(axis=1)
    levels = np.array([*LEVELS.values()])[:, None]
    return dict(zip(LEVELS, np.round(levels * np.exp(np.clip(steps, -0.15, 0.15))), strict=True))


def outputs() -> Iterator[tuple[str, str]]:
    """What the program says of the record, wherever it says something."""
    for line in COMMANDS.strip().splitlines():
        words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code in (0, 1, 2, 3), done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), line
        yield line, done.output
    for path in Path("site").rglob("*"):
        if path.name[0] != "." and path.suffix in (
            ".html",
            ".json",
            ".csv",
            ".xml",
            ".txt",
            ".svg",
        ):
            yield str(path), re.sub(r"%[0-9A-F]{2}", " ", path.read_text("utf-8"))
    for path in Path("all").rglob("*.parquet"):
        yield str(path), pd.read_parquet(path).to_csv()
    with sqlite3.connect("bordercast.db") as db:
        for (view,) in db.execute("select name from sqlite_master where type = 'view'").fetchall():
            # Rows of a count and keys; an id or a digest is none.
            yield view, "\n".join(map(str, db.execute(f"select * from {view}")))
    record = bordercast.open("bordercast.db")
    for ask in (
        lambda: record.fact("Royal 2023"),
        lambda: record.brief("Royal"),
        lambda: record.compare("Royal", "Northgate"),
        lambda: record.span("Royal", "next 12 months"),
        lambda: record.movers(),
        lambda: record.view("fiscal_years"),
    ):
        try:
            said = ask()
        except errors.BordercastError as error:
            said = str(error)
        yield "python", said.to_csv() if isinstance(said, pd.DataFrame) else str(said)


@pytest.mark.parametrize("kind", ["stock", "rate"])
def test_nothing_adds_up_what_does_not(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    counts = counted()
    Path("in").mkdir()
    with Path("in/1.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Provider", "Month", COLUMNS[kind]])
        for name, line in counts.items():
            lines.writerows(
                [name, months.from_index(FIRST + n), int(c)] for n, c in enumerate(line)
            )
    Path("text.txt").write_text(
        f"Royal had {int(counts['Royal'][53]):,} patients in June 2023 and over 12 in 2023.\n"
    )
    made = CliRunner().invoke(main, ["config", "init", "in"])
    assert made.exit_code == 0, made.output
    settings = Path("config.toml").read_text()
    assert f'\nkind = "{kind}"\n' in settings
    Path("config.toml").write_text(settings + '\n[compute]\nengine = "serial"\n')
    assert CliRunner().invoke(main, ["run"]).exit_code == 0
    # A limit of the table of measures; and of a stock a share is asked: of two together.
    known = {int(c) for line in counts.values() for c in line} | {100_000}
    least = {"stock": 60_000, "rate": 40_000}[kind]
    faults = {}
    for where, text in outputs():
        numbers = {int(found.replace(",", "")) for found in _NUMBER.findall(text)}
        if bad := {n for n in numbers - known if least < n < 9_999_999}:
            faults[where] = sorted(bad)[:5]
    assert faults == {}
