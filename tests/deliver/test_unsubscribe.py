from __future__ import annotations

import base64
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from jobs.deliver import unsubscribe
from jobs.deliver.unsubscribe import KEY, reader, token
from tests.support import audited
from tests.support.running_service import HANGS

SECRET, DAY = b"k" * 32, date(2026, 9, 20)
GIVEN = token(SECRET, "a@example.org", "2026-09-20")


@pytest.mark.parametrize(
    ("days", "named"), [(-1, False), (0, True), (1, True), (400, True), (401, False)]
)
def test_a_token_names_its_reader_for_400_days(days, named):
    found = reader(SECRET, GIVEN, DAY + timedelta(days=days))

    assert found == ("a@example.org" if named else None)


def changed(text: str, at: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[at] ^= 1
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "\u00e9", "AAAA", GIVEN[:-2],
        changed(GIVEN, 0), changed(GIVEN, 15),  # its mark
        changed(GIVEN, 25), changed(GIVEN, 30),  # its day, its address
        token(b"x" * 32, "a@example.org", "2026-09-20"),
        token(SECRET, "a@example.org", "soon"),
    ],
)  # fmt: skip
def test_a_forged_token_names_nobody(text):
    assert reader(SECRET, text, DAY) is None


def test_a_token_is_no_longer_than_its_address_asks_for_and_fits_into_one():
    assert len(base64.urlsafe_b64decode(GIVEN + "==")) == 16 + len("2026-09-20 a@example.org")
    assert "=" not in GIVEN
    assert reader(SECRET, GIVEN + "=", DAY) == "a@example.org"


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    first = unsubscribe.key(tmp_path / "record.db")

    assert len(first) == 32
    assert unsubscribe.key(tmp_path / "other.db") == first
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600


def test_all_who_ask_first_at_once_sign_with_one_key(tmp_path):
    together = threading.Barrier(8)

    def at_once(event, about):
        if event == "open" and f".{KEY}." in str(about[0]) and about[2] & os.O_EXCL:
            together.wait(HANGS)

    with audited.watching(at_once), ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(unsubscribe.key, [tmp_path / "record.db"] * 8))

    assert len(keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == [KEY]


@pytest.mark.parametrize(
    ("there", "here", "after"), [(b"", b"", b""), (SECRET, b"", SECRET), (SECRET, b"own", b"own")]
)
def test_a_key_is_copied_to_where_none_is(tmp_path, there, here, after):
    source, to = tmp_path / "source", tmp_path / "to"
    for folder, held in ((source, there), (to, here)):
        folder.mkdir()
        if held:
            (folder / KEY).write_bytes(held)

    unsubscribe.copy_key(source, to)

    assert unsubscribe.held_key(to) == after


@pytest.mark.parametrize(("size", "wrong"), [(0, False), (31, True), (32, False), (33, True)])
def test_a_key_of_another_length_speaks_against_a_backup(tmp_path, size, wrong):
    (tmp_path / KEY).write_bytes(b"k" * size)

    found = unsubscribe.key_problems(tmp_path)

    assert found == ([f"unsubscribe.key has {size} bytes, not 32"] if wrong else [])


@pytest.mark.parametrize("site", ["https://example.org", "https://example.org/"])
def test_a_mail_program_is_told_where_one_click_does_it(site):
    assert unsubscribe.headers(SECRET, site, "a@example.org", "2026-09-20").decode() == (
        f"List-Unsubscribe: <https://example.org/unsubscribe/{GIVEN}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )
