"""A site's folder counts what it changed and what it found right."""

from __future__ import annotations

from forecast.desk.site.output import SiteFolder


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
