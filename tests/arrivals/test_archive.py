from __future__ import annotations

import stat

import pytest

from forecast.config import Config, Fetch
from jobs.arrivals import archive

SHA, NAME = "ab" * 32, "file.csv"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_lie_beside_the_database_or_where_the_settings_say(tmp_path):
    usual = archive.folders(tmp_path / "record.db", Config())
    said = Config(fetch=Fetch(inbox="in", archive="/srv/archive", quarantine="../bad"))
    other = archive.folders(tmp_path / "record.db", said)

    assert [folder.parent for folder in usual] == [tmp_path] * 3
    assert len(set(usual)) == 3
    assert other.inbox == tmp_path / "in"
    assert other.archive.as_posix() == "/srv/archive"
    assert other.quarantine.resolve() == tmp_path.parent / "bad"


def test_a_file_is_kept_once_for_its_owner_alone(tmp_path):
    folder = tmp_path / "archive"

    kept = archive.keep_bytes(folder, SHA, NAME, b"counts")
    again = archive.keep_bytes(folder, SHA, NAME, b"others")

    assert kept == again == folder / SHA / NAME
    assert kept.read_bytes() == b"counts"
    assert [mode(path) for path in (folder, kept.parent, kept)] == [0o700, 0o700, 0o600]


def test_a_refused_file_has_its_reason_beside_it(tmp_path):
    kept = archive.refuse(tmp_path, SHA, NAME, b"bad", "no such month")
    archive.refuse(tmp_path, SHA, NAME, b"bad", "no such year")

    assert kept.read_bytes() == b"bad"
    assert sorted(path.name for path in kept.parent.iterdir()) == [NAME, f"{NAME}.reason.txt"]
    assert kept.with_name(f"{NAME}.reason.txt").read_text() == "no such year\n"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], None),
        ([NAME], NAME),
        ([f"{NAME}.reason.txt"], None),
        ([f"{NAME}{archive.files.PART}", NAME], NAME),  # one half written
        (["b.csv", "a.csv", "a.csv.reason.txt"], "a.csv"),
    ],
)
def test_a_kept_file_is_found_by_its_content(tmp_path, names, found):
    for name in names:
        (tmp_path / SHA).mkdir(exist_ok=True)
        (tmp_path / SHA / name).write_bytes(b"")

    kept = archive.find(tmp_path, SHA)

    assert (kept and kept.name) == found
    archive.remove(tmp_path, SHA)
    archive.remove(tmp_path, SHA)
    assert archive.find(tmp_path, SHA) is None


@pytest.mark.parametrize("before", [0o755, 0o700, 0o777])
def test_a_folder_that_was_readable_is_made_private(tmp_path, before):
    folders = archive.Folders(*(tmp_path / name for name in archive.Folders._fields))
    folders.archive.mkdir()
    folders.archive.chmod(before)

    archive.make(folders)

    assert [mode(folders.archive), mode(folders.quarantine)] == [0o700, 0o700]
    assert folders.inbox.is_dir()
