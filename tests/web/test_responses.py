"""Files that are replaced while they are being served."""

from __future__ import annotations

import shutil

import pytest

from jobs.web.app import Site
from tests.support.cbp_files import ENCOUNTERS
from tests.support.file_answers import answered


@pytest.mark.parametrize("new", [b"much longer than before", b"x", None])
def test_an_answer_is_of_one_file_whatever_takes_its_place(tmp_path, new):
    page = tmp_path / "index.html"
    page.write_bytes(b"the first")

    def replace() -> None:
        if new is None:
            page.unlink()
            return
        draft = tmp_path / "draft"
        draft.write_bytes(new)
        draft.replace(page)

    status, heads, body = answered(tmp_path, "index.html", replace)

    assert (status, heads["content-length"], body) == (200, "9", b"the first")


def test_a_file_that_was_not_changed_is_not_sent_again(tmp_path):
    (tmp_path / "index.html").write_bytes(b"the first")
    _, heads, _ = answered(tmp_path, "index.html")
    status, _, body = answered(tmp_path, "index.html", if_none_match=heads["etag"])

    assert (status, body) == (304, b"")


def test_a_part_of_a_file_can_be_asked_for(tmp_path):
    (tmp_path / "table.csv").write_bytes(b"0123456789")
    status, heads, body = answered(tmp_path, "table.csv", range="bytes=2-4")

    assert (status, heads["content-type"].partition(";")[0], body) == (206, "text/csv", b"234")


def test_a_site_whose_files_are_gone_can_be_closed(tmp_path):
    site = Site(tmp_path / "bordercast.db", tmp_path / "copy.db", totals=ENCOUNTERS.totals)
    shutil.rmtree(site.folder)

    site.close()

    assert not site.folder.exists()
