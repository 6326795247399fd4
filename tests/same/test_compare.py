"""`make same` tells a changed word from a changed number, and says what is shared once."""

from __future__ import annotations

import pytest

from tests.same.compare import changes, show
from tests.same.figures import embedded, month, state_file

TABLE = ["month     series   counted", "Jan 2024  North      1,234", "Feb 2024  South        -56"]


def test_changes_of_a_number_in_a_table_is_that_line_alone():
    now = [TABLE[0], "Jan 2024  North     11,234", TABLE[2]]

    assert list(changes(TABLE, now)) == [((TABLE[1],), (now[1],))]


def test_changes_of_a_line_that_came_leaves_the_others_and_their_numbers_apart():
    now = [TABLE[0], "new", TABLE[1], "Feb 2024  South        -57"]

    assert list(changes(TABLE, now)) == [((), ("new",)), ((TABLE[2],), (now[3],))]


@pytest.mark.parametrize(
    ("kind", "before", "now", "said"),
    [
        ("terminal", "well below forecast", "far below forecast", "== words: 1 changes"),
        ("terminal", "43 counted", "44 counted", "== numbers: 1 changes"),
        ("plots", '{\n "type": "line"\n}', '{\n "type": "area"\n}', '+ "type": "area"'),
        ("digests", "0a1b2c3d4e5f", "0a1b2c3d4e5e", "the same: 2 texts"),
    ],
)
def test_show_one_change_in_two_texts_once_and_of_its_kind(
    kind, before, now, said, tmp_path, capsys
):
    for folder, text in (("old", before), ("new", now)):
        for name in ("a.txt", "b.txt"):
            path = tmp_path / folder / "own" / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    code = show(tmp_path / "old", tmp_path / "new", ["own"], "then", 100)

    told = capsys.readouterr().out
    assert said in told
    assert code == (kind != "digests")
    assert told.count("own/" + kind + "/a.txt and 1 more") == (kind != "digests")


def test_cells_of_a_generated_file_add_up_to_what_is_embedded(tmp_path):
    path = state_file(tmp_path, "2023-11", 2024, {("northern", "2023-11"): 12})
    cells = [line.split(",") for line in path.read_text().splitlines()[1:]]
    embedded_counts = embedded()["northern", "state"]

    for name, at, more in (("OCT", month("2023-10"), 0), ("NOV", month("2023-11"), 12)):
        found = [int(cell[-1]) for cell in cells if cell[2] == name and "Northern" in cell[3]]
        assert sum(found) == sum(by.get(at, 0) for by in embedded_counts.values()) + more
        assert min(found) > 0
