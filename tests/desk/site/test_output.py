"""A site's folder counts what it changed and what it found right."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from forecast import files
from forecast.desk.site import output
from forecast.desk.site.output import SiteFolder
from forecast.errors import ConfigError, StoreError


def test_a_file_is_written_once_and_kept_while_it_is_the_same(tmp_path):
    folder = SiteFolder(tmp_path)
    assert (folder.written, folder.kept) == (0, 0)

    folder.put("a/page.html", b"one")
    folder.put("b.html", b"two")
    assert (folder.written, folder.kept) == (2, 0)

    folder.put("a/page.html", b"one")
    assert (folder.written, folder.kept) == (2, 1)

    folder.put("b.html", b"three")
    assert (folder.written, folder.kept) == (3, 1)
    assert (tmp_path / "b.html").read_bytes() == b"three"


@pytest.mark.parametrize("place", [output.opened, files.output])
def test_a_disk_that_is_full_is_no_wrong_setting(tmp_path, place):
    with (
        pytest.raises(StoreError, match="is full; what was there stays") as refused,
        place(tmp_path / "site"),
    ):
        Path("/dev/full").write_bytes(b"x")

    assert (refused.value.exit_code, ConfigError.exit_code) == (1, 2)


def test_packed_pages_stay_as_the_run_left_them(tmp_path):
    for run, told in ((1, b"one"), (2, b"two")):
        folder = SiteFolder(tmp_path)
        folder.put("index.html", told)
        folder.put("flags/index.html", b"flags of " + told)
        folder.put("newer/index.html", told)
        folder.put_moved("old/index.html", b"moved")
        folder.finish("state", run, packed=True)
    again = SiteFolder(tmp_path)
    again.put("index.html", b"later")
    again.finish("state", 2, packed=True)  # what was kept first stays

    assert again.runs() == {1, 2}
    for run, told in ((1, b"one"), (2, b"two")):
        assert output.packed(tmp_path, f"as-of/{run}").content == told
        assert output.packed(tmp_path, f"as-of/{run}/flags").content == b"flags of " + told
        assert output.packed(tmp_path, f"as-of/{run}/flags/index.html").name == "flags/index.html"
        for place in ("newer", "old", "flags/x", "../index.html", "/etc/passwd"):
            assert output.packed(tmp_path, f"as-of/{run}/{place}") is None
    assert output.packed(tmp_path, "as-of/3") is output.packed(tmp_path, "flags") is None

    assert (output.unpack(tmp_path), output.unpack(tmp_path)) == (4, 0)
    assert (tmp_path / "as-of/1/flags/index.html").read_bytes() == b"flags of one"


def test_pages_kept_together_are_read_a_block_at_a_time_and_take_little_room(tmp_path):
    pages = {f"fact/{n:03}/index.html": bytes([n]) + bytes(range(256)) * 200 for n in range(60)}
    folder = SiteFolder(tmp_path)
    for name, content in pages.items():
        folder.put(name, content)
    folder.finish("state", 1, packed=True)

    archive = tmp_path / "as-of/1.zip"
    with ZipFile(archive) as kept:
        blocks = [info.file_size for info in kept.infolist()]
    assert len(blocks) == 4
    assert max(blocks) < 1_000_000 < sum(blocks)
    assert archive.stat().st_size < sum(map(len, pages.values())) / 50
    for name, content in pages.items():
        assert output.packed(tmp_path, f"as-of/1/{name}").content == content
    assert output.packed(tmp_path, "as-of/1/fact/999") is None
    assert output.unpack(tmp_path) == 60
    assert all((tmp_path / "as-of/1" / name).read_bytes() == page for name, page in pages.items())


def test_an_archive_of_pages_by_themselves_is_still_read_and_unpacked(tmp_path):
    (tmp_path / "as-of").mkdir()
    with ZipFile(tmp_path / "as-of/7.zip", "w") as kept:
        kept.writestr("flags/index.html", "flags of then")

    assert output.packed(tmp_path, "as-of/7/flags").content == b"flags of then"
    assert output.packed(tmp_path, "as-of/7/none") is None
    assert output.unpack(tmp_path) == 1
    assert (tmp_path / "as-of/7/flags/index.html").read_text() == "flags of then"
