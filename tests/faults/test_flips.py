"""One bit of the record is another: `verify` names it, and nothing false is ever shown."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support import killed_migrations, small_record

BLOCK, BLOCKS = 25, 8
MONTH = "2024-02"
READS = [
    ("show",),
    ("show", "northern", "--json"),
    ("brief", "northern"),
    ("fact", "northern", MONTH),
    ("flags", "--parts", "--watch"),
    ("score", "--json"),
    ("releases", "list", "--json"),
    ("releases", "show", "2"),
    ("notices", "list", "--json"),
    ("notices", "preview", "2"),
    ("notices", "send", "--dry-run"),
    ("export", "vintages", "-o", "OUT/vintages.csv"),
    ("export", "forecast_vs_actual", "-o", "OUT/ahead.csv"),
    ("export", "hub", "--hindcasts", "-o", "OUT/hub"),
    ("plot", "northern", "-o", "OUT/fan.svg"),
]
CUT = [READS[0], READS[2], READS[5], READS[6], READS[8], READS[12]]


class Answer(NamedTuple):
    """What a command said and wrote; crashed : by an error nobody had meant to raise."""

    code: int
    said: str
    wrote: tuple[tuple[str, bytes], ...]
    crashed: bool


def asked(path: Path, words: tuple[str, ...]) -> Answer:
    out = path.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    words = tuple(word.replace("OUT", str(out)) for word in words)
    result = CliRunner().invoke(main, [*options, *words])
    files = sorted(file for file in out.rglob("*") if file.is_file())
    wrote = tuple((str(file.relative_to(out)), file.read_bytes()) for file in files)
    crashed = result.exception is not None and not isinstance(result.exception, SystemExit)
    return Answer(result.exit_code, result.output, wrote, crashed)


@pytest.fixture(scope="module")
def place(after, tmp_path_factory) -> Path:
    """Where a record lies to be spoiled again and again; as good as after its run."""
    path = small_record.copied(after, tmp_path_factory.mktemp("flips"))
    for file in ("ops.db", f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(file).unlink(missing_ok=True)
    shutil.copyfile(path, path.with_name("whole"))
    return path


@pytest.fixture(scope="module")
def right(place) -> dict[tuple[str, ...], Answer]:
    found = {words: asked(place, words) for words in READS}
    assert {answer.code for answer in found.values()} == {0}
    return found


def places(path: Path, count: int, seed: int) -> list[int]:
    """Half of them anywhere in the file, half in the pages of tables, each as likely."""
    chance = random.Random(seed)
    size = path.stat().st_size
    with closing(sqlite3.connect(path)) as db:
        page = db.execute("pragma page_size").fetchone()[0]
        pages = [
            [row[0] for row in db.execute("select pageno from dbstat where name = ?", (table,))]
            for table in killed_migrations.tables(db)
        ]
    found = []
    for number in range(count):
        if number % 2:
            start = (chance.choice(chance.choice(pages)) - 1) * page
            found.append(start + chance.randrange(page))
        else:
            found.append(chance.randrange(size))
    return found


def flip(path: Path, at: int, bit: int) -> None:
    """Put the whole record back but for one bit; what was verified is forgotten."""
    for file in ("ops.db", f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(file).unlink(missing_ok=True)
    content = bytearray(path.with_name("whole").read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)


def held(path: Path) -> object:
    """Every row of every table, or that they cannot be read."""
    try:
        return killed_migrations.rows(path)
    except (sqlite3.Error, ValueError) as error:
        return f"unreadable: {error}"


def false(path: Path, right: dict[tuple[str, ...], Answer], reads) -> list[str]:
    """Commands that answered, but otherwise than they should, or crashed."""
    answers = {words: asked(path, words) for words in reads}
    return [
        f"{' '.join(words)}: {answer.said[-300:]}"
        for words, answer in answers.items()
        if answer.crashed
        or (answer.code == 0 and answer != right[words])
        or (answer.code != 0 and "bordercast: " not in answer.said)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flips", "block", "reads"),
    [
        pytest.param(6, 0, CUT, id="a few"),
        *(
            pytest.param(BLOCK, block, READS, marks=pytest.mark.faults, id=f"block {block}")
            for block in range(1, BLOCKS + 1)
        ),
    ],
)
def test_a_flipped_bit_is_named_and_nothing_false_is_shown(
    place, right, figure, flips, block, reads
):
    whole, chance = killed_migrations.rows(place.with_name("whole")), random.Random(block)
    found, wrong = Counter(changed_a_row=0), []
    for at in places(place.with_name("whole"), flips, block):
        flip(place, at, bit := chance.randrange(8))
        changed = held(place) != whole
        early = false(place, right, reads)
        verified = asked(place, ("verify",))
        late = false(place, right, reads)
        unnamed = verified.crashed or (changed and verified.code == 0)
        found += Counter(
            changed_a_row=changed,
            not_named=unnamed,
            false_before_verify=bool(early),
            false_after_verify=bool(late),
        )
        if unnamed or early or late:
            wrong.append((at, bit, changed, verified.said, early, late))

    names = ("not_named", "false_before_verify", "false_after_verify")
    counts = {name: found[name] for name in ("changed_a_row", *names)}
    figure("flipped bit", flips, **counts)
    assert wrong == []
