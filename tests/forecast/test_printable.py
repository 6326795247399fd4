from __future__ import annotations

import pytest

from forecast.printable import LONGEST, one_line, printable, without_controls


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("a  b\t\nc ", "a b c"),
        ("\x1b[31mred", "?[31mred"),
        ("left\u202eright", "left?right"),
        ("caf\u00e9", "caf\u00e9"),
        ("a\udcffb", "a?b"),
    ],
)
def test_a_foreign_text_becomes_one_line_of_text(text, said):
    assert printable(text) == said


@pytest.mark.parametrize(
    ("length", "longest", "said"),
    [
        (LONGEST, LONGEST, "x" * 300),
        (LONGEST + 1, LONGEST, "x" * 297 + "..."),
        (9, 10, "x" * 9),
        (10, 10, "x" * 10),
        (11, 10, "x" * 7 + "..."),
    ],
)
def test_a_text_longer_than_shown_is_cut_to_that_length(length, longest, said):
    assert printable("x" * length, longest) == said
    assert printable("x" * length) == (said if longest == LONGEST else "x" * length)


def test_words_of_ours_leave_out_what_cannot_be_printed():
    assert one_line(" read\x1b  \n from\u202e a\tfile") == "read from a file"


def test_a_text_of_lines_keeps_its_lines_and_spaces():
    assert without_controls("a  b\n\x07c\n") == "a  b\n?c\n"
