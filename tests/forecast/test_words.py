"""Texts of others made fit: nothing in them that a terminal would obey, none too long."""

from __future__ import annotations

import pytest

from forecast.words import MAX_PRINTED, one_line, printable, without_controls


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("plain", "plain", "plain"),
        ("  two \t words\n", "two words", "two words"),
        ("a\x1b[31mred", "a?[31mred", "a[31mred"),
        ("bell\x07", "bell?", "bell"),
        ("turn\u202eed", "turn?ed", "turned"),
        ("no\udcffbyte", "no?byte", "nobyte"),
        ("año 5 %", "año 5 %", "año 5 %"),
        ("", "", ""),
    ],
)
def test_a_foreign_text_is_on_one_line_and_obeyed_by_nothing(text, shown, line):
    assert (printable(text), one_line(text)) == (shown, line)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_foreign_text_is_cut_where_it_is_too_long(more):
    text = "x" * (MAX_PRINTED + more)

    shown = printable(text)

    assert shown == (text if more <= 0 else f"{'x' * (MAX_PRINTED - 3)}...")
    assert printable("abcdef", 5) == "ab..."
    assert printable("abcde", 5) == "abcde"


def test_lines_of_ours_stay_as_they_are():
    assert without_controls("a  b\n\x1bc\n") == "a  b\n?c\n"
