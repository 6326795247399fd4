"""The network is cut in the middle of a fetch: nothing of it is kept, the next fetch is whole."""

from __future__ import annotations

import gzip
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from forecast.store import ops
from jobs.cli import main
from tests.support import publisher, small_record
from tests.support.databases import rows
from tests.support.publisher import FOLDER, INDEX, Publisher

BLOCK, BLOCKS = 25, 2
NAME = publisher.file_name(small_record.FEBRUARY[0], first=small_record.FIRST_YEAR)
FILE = publisher.file_bytes(
    small_record.FEBRUARY[0], first=small_record.FIRST_YEAR, moved=dict(small_record.FEBRUARY[2])
)
PAGE = publisher.page(FOLDER + NAME) + b"\n"
MOVED = "/moved/" + NAME
SETTINGS = (
    small_record.SETTINGS
    + """
[fetch]
index = "{index}"
contact = "ops@example.org"
back_off = 0.01
"""
)


class Cut(NamedTuple):
    """Which answer is cut, how it tells its length, after how many bytes, and how it ends."""

    path: str
    form: str
    whole: bytes
    at: int
    reset: bool


def head(form: str, length: int) -> bytes:
    lines = {
        "length": f"Content-Length: {length}\r\n",
        "gzip": f"Content-Encoding: gzip\r\nContent-Length: {length}\r\n",
        "chunks": "Transfer-Encoding: chunked\r\n",
        "open": "",  # the end of the connection is the end of the answer
    }
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{lines[form]}\r\n".encode()


def answer(form: str, content: bytes) -> bytes:
    """A whole answer with this content."""
    if form == "gzip":
        content = gzip.compress(content)
    body = content
    if form == "chunks":
        parts = [content[at : at + 1000] for at in range(0, len(content), 1000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
    return head(form, len(content)) + body


REDIRECT = f"HTTP/1.1 302 Found\r\nLocation: {MOVED}\r\nContent-Length: 0\r\n\r\n".encode()


def cuts(count: int, seed: int) -> list[Cut]:
    """Of the file twice as often as of the page, a redirect, and the file it leads to.

    Anywhere from the first byte to the last but one. An answer without a length that ends with a
    line is a whole one by all that HTTP says: those are files for `make corpus`.
    """
    chance = random.Random(seed)
    found = []
    while len(found) < count:
        number = len(found)
        path = (FOLDER + NAME, INDEX, FOLDER + NAME, "redirect", MOVED)[number % 5]
        form = chance.choice(["length", "gzip", "chunks", "open"])
        whole = answer(form, PAGE if path == INDEX else FILE)
        if path == "redirect":
            path, form, whole = FOLDER + NAME, "length", REDIRECT
        at = chance.randrange(len(whole))
        body = whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        if form == "open" and at > len(body) and whole[:at].endswith(b"\n"):
            continue
        found.append(Cut(path, form, whole, at, chance.random() < 0.5))
    return found


def put(site: Publisher, cut: Cut | None) -> None:
    """The publisher as he should be, but for this answer."""
    site.publish(**{NAME: FILE})
    site.put(MOVED, FILE)
    if cut is None:
        return
    if cut.path == MOVED:
        site.answers[FOLDER + NAME] = publisher.status(302, b"", Location=MOVED)
    site.answers[cut.path] = publisher.cut(cut.whole, cut.at, reset=cut.reset)


def fetched(path: Path) -> tuple[int, str]:
    """Exit code and words of `bordercast fetch`; -1 if it raised what nobody had meant to."""
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    result = CliRunner().invoke(main, [*options, "fetch", "--once", "--no-bundle"])
    meant = result.exception is None or isinstance(result.exception, SystemExit)
    return (result.exit_code if meant else -1), result.output


def kept(path: Path) -> dict[str, bytes]:
    """Every file that lies in a folder beside the record."""
    found = (file for file in path.parent.rglob("*") if file.is_file())
    return {
        str(file.relative_to(path.parent)): file.read_bytes()
        for file in found
        if file.parent != path.parent
    }


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with publisher.running() as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "seed"),
    [
        pytest.param(5, 0, id="a few"),
        *(
            pytest.param(BLOCK, seed, marks=pytest.mark.faults, id=f"block {seed}")
            for seed in range(1, BLOCKS + 1)
        ),
    ],
)
def test_a_fetch_that_is_cut_keeps_nothing_and_the_next_is_whole(
    before, site, figure, tmp_path, count, seed
):
    path = small_record.copied(before, tmp_path / "begin")
    shutil.rmtree(path.parent / "inbox")
    path.with_name("config.toml").write_text(SETTINGS.format(index=site.index))
    right = small_record.copied(path, tmp_path / "right")
    put(site, None)
    assert fetched(right)[0] == 0
    assert small_record.state(right) != small_record.state(path)

    found, wrong = Counter(), []
    for number, cut in enumerate(cuts(count, seed)):
        record = small_record.copied(path, tmp_path / str(number))
        put(site, cut)
        code, said = fetched(record)
        left = kept(record) != kept(path) or small_record.state(record) != small_record.state(path)
        left |= rows(ops.ops_path(record), "select count(*) from downloads") != [(0,)]
        unnamed = code != 4 or f"{site.root}{asked(cut)}: unreachable" not in said
        put(site, None)
        again = fetched(record)[0]
        other = again != 0 or kept(record) != kept(right)
        other |= small_record.state(record) != small_record.state(right)
        result = Counter(something_kept=left, not_named=unnamed, other_results=other)
        found += result
        if result.total():
            wrong.append((cut.path, cut.form, cut.at, len(cut.whole), cut.reset, code, said))
        shutil.rmtree(record.parent)

    names = ("something_kept", "not_named", "other_results")
    figure("network cut", count, **{name: found[name] for name in names})
    assert wrong == []


def asked(cut: Cut) -> str:
    """The address that is named: the one on the page, wherever it led."""
    return FOLDER + NAME if cut.path == MOVED else cut.path
