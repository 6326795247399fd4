"""Generated bad files: nothing crashes, nothing wrong is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from forecast.config import Config
from forecast.errors import DataError
from forecast.sources.checks import problems
from forecast.store import releases
from forecast.store.connect import transaction, writing
from forecast.types import Snapshot
from jobs.arrivals import archive
from jobs.arrivals.folder import of_operator
from jobs.arrivals.ingest import ingest
from tests.support import arriving, bad_files
from tests.support.bad_files import Bad, Base, Count
from tests.support.cbp_files import ENCOUNTERS

CUT, FULL, WHOLE = 150, 900, 50  # files a base: in `make whole`, in `make corpus`, whole files

needs_files = pytest.mark.skipif(
    not bad_files.CBP.exists(), reason="the publisher's files are not here"
)


def believed(file: Path, neighbours: Sequence[Snapshot]) -> Snapshot | None:
    """What a file states if it is believed, None if it is refused in words.

    Anything but a refusal in words is a failure of the test.
    """
    try:
        snapshot = bad_files.cbp.snapshot(bad_files.cbp.read(file))
    except DataError:
        return None
    return None if problems(ENCOUNTERS, snapshot, neighbours) else snapshot


def same(here: int, there: int, *, exact: bool) -> bool:
    """To the unit, or as near as an open month moves between releases; none is never near some."""
    if exact or not (here and there):
        return here == there
    return abs(here - there) <= max(
        ENCOUNTERS.agreement.open_share * max(here, there), ENCOUNTERS.agreement.slack
    )


def visible(base: Base, good: Count, bad: Count, *, with_twin: bool) -> bool:
    """Whether the neighbours give away that a file says something else than the good one.

    Closed years to the unit and the line; next to the twin all years. Months of the open year
    roughly, where the release below covers them; elsewhere only as much as that there is a count.
    """
    open_year = max(good.lines)
    covered = bad_files.stated(base.below)
    for place in good.totals | bad.totals:
        exact = with_twin or place[0] != open_year
        known = exact or place in covered
        here, there = good.totals[place], bad.totals[place]
        if not same(here, there, exact=exact) if known else bool(here) != bool(there):
            return True
    years = good.lines if with_twin else [year for year in good.lines if year != open_year]
    return any(good.lines[year] != bad.lines[year] for year in years)


def verdict(base: Base, good: Count, bad: Bad, file: Path, *, with_twin: bool) -> str:
    """refused, harmless, or unseen (believed although it says less or more, as the rules allow)."""
    neighbours = [base.below, base.twin] if with_twin else [base.below]
    file.write_bytes(bad.content)
    snapshot = believed(file, neighbours)
    if snapshot is None:
        return "refused"
    plain = bad_files.gzip.decompress(bad.content) if bad.what == "packed" else bad.content
    counted = bad_files.count(plain)
    assert bad_files.stated(snapshot) == +counted.totals, bad.what
    assert not visible(base, good, counted, with_twin=with_twin), bad.what
    return "harmless" if counted == good else "unseen"


def judged(base: Base, folder: Path, number: int, seed: int) -> Counter[str]:
    """Verdicts over a base's bad files, with and without its twin beside it."""
    good, verdicts = bad_files.count(base.content), Counter()
    for bad in bad_files.bad_files(base.content, number, seed):
        for with_twin in (False, True):
            found = verdict(base, good, bad, folder / base.name, with_twin=with_twin)
            verdicts[f"{found}{', with twin' if with_twin else ''}"] += 1
    return verdicts


def holds(verdicts: Counter[str], number: int) -> None:
    """Every file judged twice; next to its twin nothing goes unseen.

    Harmless are equal totals; the twin also sees parts that changed places in the open year.
    """
    assert verdicts.total() == 2 * number
    assert verdicts["unseen, with twin"] == 0
    assert verdicts["refused"] > 0.6 * number
    assert verdicts["harmless"] >= verdicts["harmless, with twin"] > 0


def told(figure: Callable[..., None], fault: str, verdicts: Counter[str]) -> None:
    """The verdicts as docs/reliability.md shows them."""
    figure(
        fault,
        verdicts.total() // 2,
        refused=verdicts["refused"],
        harmless=verdicts["harmless"],
        believed_without_the_sibling=verdicts["unseen"],
        wrong_next_to_the_sibling=verdicts["unseen, with twin"],
    )


def test_the_good_files_are_believed(tmp_path):
    for base in bad_files.made(tmp_path):
        counted = bad_files.count(base.content)
        assert problems(ENCOUNTERS, base.twin, [base.below]) == []
        assert bad_files.stated(base.twin) == counted.totals


@pytest.mark.slow
@pytest.mark.parametrize("layout", [0, 1])
def test_no_bad_file_is_believed(tmp_path, layout):
    holds(judged(bad_files.made(tmp_path)[layout], tmp_path, CUT, seed=layout), CUT)


@pytest.mark.slow
@needs_files
def test_no_bad_slice_of_a_real_file_is_believed(tmp_path):
    base = bad_files.sliced(tmp_path)
    assert problems(ENCOUNTERS, base.twin, [base.below]) == []
    assert bad_files.count(base.content).lines.total() <= 2000

    holds(judged(base, tmp_path, CUT, seed=2), CUT)


@pytest.mark.corpus
@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_full_corpus(tmp_path, figure, which):
    if which == 2 and not bad_files.CBP.exists():
        pytest.skip("the publisher's files are not here")
    base = bad_files.sliced(tmp_path) if which == 2 else bad_files.made(tmp_path)[which]
    verdicts = judged(base, tmp_path, FULL, seed=100 + which)
    print(base.name, FULL, dict(verdicts))

    told(figure, "bad file", verdicts)
    holds(verdicts, FULL)


@needs_files
@pytest.mark.corpus
def test_whole_files(tmp_path, figure):
    verdicts = judged(bad_files.whole(tmp_path), tmp_path, WHOLE, seed=7)
    print("whole files", WHOLE, dict(verdicts))

    told(figure, "bad file", verdicts)
    holds(verdicts, WHOLE)


@pytest.mark.slow
def test_a_refused_file_leaves_the_record_as_it_was(tmp_path):
    base = bad_files.made(tmp_path)[0]
    path = tmp_path / "db" / "bordercast.db"
    kept_in = archive.folders(path, Config())
    about, outcomes = arriving.context(path), Counter()
    with writing(path) as db:
        with transaction(db):
            releases.save_snapshot(db, base.below)
        before = record(db)
        for bad in bad_files.bad_files(base.content, 60, seed=3):
            file = tmp_path / base.name
            file.write_bytes(bad.content)
            outcome = ingest(db, about, of_operator(file, "2025-12-20")).outcome
            outcomes[outcome] += 1
            assert outcome != "refused" or record(db) == before
            before = record(db)
    quarantined = list(kept_in.quarantine.iterdir())

    assert outcomes["refused"] > 30
    assert 0 < len(quarantined) <= outcomes["refused"]  # the same content is kept once
    assert all(len(list(folder.iterdir())) == 2 for folder in quarantined)


def record(db) -> list[list[tuple]]:
    """All tables but the quarantine's records."""
    tables = ["observations", "coverage", "series", "release_years"]
    accepted = "select * from releases where status = 'accepted'"
    return [db.execute(q).fetchall() for q in [accepted, *(f"select * from {t}" for t in tables)]]
