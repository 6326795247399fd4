"""Texts of others, made fit for a terminal, a log, a file name."""

from __future__ import annotations

LONGEST = 300  # characters of a foreign text that are shown


def printable(text: str, longest: int = LONGEST) -> str:
    """A foreign text on one line, without anything that a terminal would obey or that is not text.

    Control characters, marks that turn the writing direction, and bytes that are no UTF-8 become
    "?"; runs of white space one space. What is longer is cut, and ends in "...".
    """
    plain = without_controls(" ".join(text.split()))
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def one_line(text: str) -> str:
    """Words from outside on one line, nothing in them that a program would obey; cf. `printable`.

    For texts of ours with a foreign word in them: what cannot be printed is left out.
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def without_controls(text: str) -> str:
    """A text of ours that may quote others, its lines as they are; else as `printable`."""
    return "\n".join(
        "".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n")
    )
