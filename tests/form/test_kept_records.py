"""Records that all tests share are as they were made when the tests end, or that is an error."""

from __future__ import annotations

import json

import pytest

from tests.conftest import changes, digests


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("bordercast.db", b"two", True),  # written into
        ("ops.db", b"new", True),  # beside it
        ("pages/index.html", None, True),  # removed
        ("bordercast.db-wal", b"a run", True),
        ("bordercast.db-wal", b"", False),  # a reader's
        ("bordercast.db.lock", b"1", False),
    ],
)
def test_what_a_test_wrote_into_a_kept_record_is_named_and_made_anew(
    tmp_path, file, content, named
):
    folder = tmp_path / "published"
    (folder / "pages").mkdir(parents=True)
    (folder / "bordercast.db").write_bytes(b"one")
    (folder / "pages" / "index.html").write_bytes(b"page")
    folder.with_name("published.json").write_text(json.dumps(digests(folder)))
    assert changes(folder) == []

    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)

    assert changes(folder) == ([file] if named else [])
    assert folder.with_name("published.json").exists() is not named
