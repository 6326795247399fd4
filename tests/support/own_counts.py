"""Somebody's own counts: three clinics, their deliveries, and a service on them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from forecast import months
from jobs.cli import main

FIRST, HELD = months.to_index("2020-01"), 48


FAST = '\n[compute]\nengine = "serial"\n'


def settings(first_cutoff: str, more: str = "", of_source: str = "") -> str:
    """Settings of a fast record of clinics' visits, delivered into `in`, with pages in `site`.

    more : tables of settings before the source's. of_source : lines of the source.
    """
    return f"""
[forecast]
models = ["naive"]
first_cutoff = "{first_cutoff}"
[compute]
engine = "serial"
[site]
folder = "site"
{more}
[[sources]]
kind = "counts"
name = "visits"
noun = "visits"
one = "clinic"
many = "clinics"
path = "in"
{of_source}
"""


# What only a record of the U.S. border may say; the program's own name is no such word.
FOREIGN = re.compile(
    r"\b(borders?|encounters?|cbp|fiscal|customs|patrol|agency|agencies|nationwide|northern"
    r"|southwest|FY ?\d+)\b",
    re.IGNORECASE,
)


def clinics(length: int = HELD) -> dict[str, np.ndarray]:
    """Three clinics; the second one's month 30 is not known."""
    random = np.random.default_rng(7)
    found = {}
    for number in (1, 2, 3):
        # More months leave those before as they are: a delivery restates nothing.
        later = np.random.default_rng(number).gamma(90, 1 / 90, max(length - HELD, 0))
        drawn = np.concatenate([random.gamma(90, 1 / 90, HELD), later])[:length]
        season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(length) / 12)
        found[f"Clinic {number}"] = np.round(150 * number * season * drawn)
    found["Clinic 2"][30] = np.nan
    return found


def deliver(path: Path, visits: dict[str, np.ndarray], upto: int) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Month", "Clinic", "Visits"])
        for name, counts in visits.items():
            for at, count in enumerate(counts[:upto]):
                month = months.from_index(FIRST + at)
                lines.writerow([month, name, "" if np.isnan(count) else int(count)])


def after(month: int) -> datetime:
    """Ten days after the end of a delivery's last month."""
    day = months.days_after(months.from_index(FIRST + month - 1), 10)
    return datetime.combine(day, datetime.min.time(), UTC)


def said(*words: str) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return done.output


def begin(folder: Path) -> Path:
    """The first delivery, and the settings that `config init` writes for it; folder : this one."""
    deliver(folder / "deliveries" / "2023-12.csv", clinics(), HELD)
    said("config", "init", "deliveries")
    with Path("config.toml").open("a") as file:
        file.write(FAST)
    return folder
