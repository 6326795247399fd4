"""The same counts, told otherwise: what must not change does not, and what must, does.

Years that begin in another month, other units, parts renamed, a total split, a measure added, a
month withdrawn: of each pair of records every figure that is said is set beside the other's.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable
from contextlib import chdir, closing
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from forecast.context import sources_of
from forecast.store import connect, measures
from jobs import audited
from jobs.cli import main
from tests.support import same_records

pytestmark = pytest.mark.slow
QUICK = """
[forecast]
models = ["naive", "snaive"]
first_cutoff = "2023-01"
[compute]
engine = "serial"
"""
Facts = dict[tuple[str, str, str], tuple[float | str | None, str]]
Lines = list[list[str]]
# What a year's beginning decides.
OF_YEARS = {"so far", "year to date", "change on year to date", "share of year", "year closed"}
OF_YEARS |= {"first value"}  # its sentence says whether the year is closed
SUMS = {"sum published", "sum ahead"}


def regions(path: Path, change: Callable[[Lines], Lines] = lambda lines: lines) -> None:
    """Five clinics of two regions, 49 months; their lines changed before they are delivered."""
    same_records.figures.regions(path, 49, dropped=True)
    with path.open(newline="") as file:
        head, *lines = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *change(lines)])


def said(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def record(
    folder: Path, change: Callable[[Lines], Lines] = lambda lines: lines, begins: int = 1
) -> Path:
    """A record of them in a folder; begins : the month in which its years do."""
    folder.mkdir()
    (folder / "deliveries").mkdir()
    regions(folder / "deliveries" / "2024-02-10.csv", change)
    with chdir(folder), time_machine.travel("2024-02-10T12:00:00+00:00", tick=False):
        said("config", "init", "deliveries")
        config = Path("config.toml")
        config.write_text(source(config).replace("begins = 1 ", f"begins = {begins} ") + QUICK)
        said("run")
        assert "the base tables bear each" in said("audit")
    return folder / "bordercast.db"


def source(config: Path) -> str:
    """What settings say of a source, and not how it is forecast."""
    return config.read_text("utf-8").split("\n[forecast]")[0]


def told(path: Path) -> Facts:
    """Every figure that a record says of its first measure."""
    with closing(connect.read(path)) as connection:
        (source, *_) = sources_of(connection)
        measures.scope(connection, measures.FIRST)
        facts = audited.every_fact(connection, source)
    return {(f.series, f.period, f.figure): (f.value, f.words) for f in facts}


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return record(tmp_path_factory.mktemp("plain") / "record")


def differing(one: Facts, other: Facts) -> set[str]:
    return {at[2] for at in one.keys() | other.keys() if one.get(at) != other.get(at)}


def test_years_that_begin_elsewhere_change_what_is_of_years_alone(plain, tmp_path):
    july = record(tmp_path / "july", begins=7)
    one, other = told(plain), told(july)

    changed = differing(one, other)
    assert changed <= OF_YEARS | SUMS
    assert {"so far", "share of year", "year closed"} <= changed
    # January is the first month of a year here, and the seventh there.
    assert ("North", "2024-01", "so far") not in one
    months = [f"2023-{n:02d}" for n in range(7, 13)] + ["2024-01"]
    assert other["North", "2024-01", "so far"][0] == sum(
        one["North", month, "count"][0] for month in months
    )


def test_other_names_of_parts_change_nothing_but_the_names(plain, tmp_path):
    names = {f"Clinic {n}": f"House {n}" for n in range(1, 6)}
    renamed = record(
        tmp_path / "renamed", lambda lines: [[m, r, names[c], n] for m, r, c, n in lines]
    )
    one, other = told(plain), told(renamed)

    back = {new: old for old, new in names.items()}
    for new, old in back.items():
        other = {(s.replace(new, old), *rest): value for (s, *rest), value in other.items()}
    assert differing(one, other) == set()


def test_ten_times_the_counts_are_ten_times_each_count_and_the_same_share(plain, tmp_path):
    ten = record(
        tmp_path / "ten", lambda lines: [[m, r, c, f"{n}0" if n else ""] for m, r, c, n in lines]
    )
    one, other = told(plain), told(ten)

    for figure in ("count", "month before", "year before", "so far", "peak", "first value"):
        pairs = [(v[0], other[at][0]) for at, v in one.items() if at[2] == figure and v[0]]
        assert len(pairs) > 10
        assert all(now == 10 * then for then, now in pairs), figure
    same = ("rank", "months held", "ties", "share of year", "year closed", "change on month before")
    for figure in (*same, "change on year before", "change on peak", "lowest", "highest"):
        ours = {at: value for at, value in one.items() if at[2] == figure}
        assert ours == {at: other[at] for at in ours}, figure


def test_a_split_total_is_the_sum_of_its_parts(plain, tmp_path):
    def split(lines: Lines) -> Lines:
        """Each clinic's counts in two houses, a third and the rest."""
        halves: Lines = []
        for month, region, clinic, count in lines:
            third = str(int(count) // 3) if count else ""
            rest = str(int(count) - int(third)) if count else ""
            halves += [[month, region, f"{clinic} a", third], [month, region, f"{clinic} b", rest]]
        return halves

    one, other = told(plain), told(record(tmp_path / "split", split))

    # Of the totals nothing changes but what their parts say.
    def of_totals(facts: Facts) -> Facts:
        return {at: v for at, v in facts.items() if " / " not in at[0] and " by " not in at[0]}

    assert differing(of_totals(one), of_totals(other)) == set()
    for (series, month, figure), (value, _) in one.items():
        if figure == "count" and " / " in series:
            two = [other[f"{series} {house}", month, "count"][0] for house in "ab"]
            assert value == sum(two)
    # What moved a month adds up to the same, part by part.
    for (series, month, figure), (value, _) in one.items():
        if figure == "moved in all":
            assert other[series, month, figure][0] == value


def test_a_measure_more_changes_nothing_of_the_first(plain, tmp_path):
    folder = Path(shutil.copytree(plain.parent, tmp_path / "two"))
    one = told(plain)
    with chdir(folder), time_machine.travel("2024-02-11T12:00:00+00:00", tick=False):
        Path("others").mkdir()
        same_records.figures.visits(Path("others/2024-02-10.csv"), 49)
        config = Path("config.toml")
        first = source(config)
        config.unlink()
        said("config", "init", "others")
        second = source(config)
        config.write_text(f"{first}\n{second[second.index('[[sources]]') :]}{QUICK}")
        said("run")
        assert "of 194 months: the base tables bear each" in said("--measure", "visits", "audit")

    assert differing(one, told(folder / "bordercast.db")) == set()


def test_a_month_withdrawn_is_as_if_it_had_not_come(plain, tmp_path):
    folder = Path(shutil.copytree(plain.parent, tmp_path / "withdrawn"))
    newest = folder / "deliveries" / "2024-03-10.csv"
    same_records.figures.regions(newest, 50, dropped=True)
    one = told(plain)
    with chdir(folder), time_machine.travel("2024-03-10T12:00:00+00:00", tick=False):
        said("run")
        more = told(folder / "bordercast.db")
        assert more["North", "2024-02", "count"]
        said("releases", "withdraw", "2", "--why", "a wrong file", "--by", "Ann")
        said("run")
        assert "the base tables bear each" in said("audit")
    after = told(folder / "bordercast.db")

    assert ("North", "2024-02", "count") not in after
    assert {at for at in one if at[2] in COUNTED} == {at for at in after if at[2] in COUNTED}
    assert differing(*(only(facts, COUNTED) for facts in (one, after))) == set()


COUNTED = {"count", "per day", "month before", "year before", "so far", "peak", "rank", "ties"}
COUNTED |= {"months held", "share of year", "year closed", "lowest", "highest"}


def only(facts: Facts, figures: Iterable[str]) -> Facts:
    wanted = set(figures)
    return {at: value for at, value in facts.items() if at[2] in wanted}
