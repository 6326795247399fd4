"""Texts of others, made fit for a terminal, a log, a file name."""

from __future__ import annotations

LONGEST = 300  # characters of a foreign text that are shown


def printable(text: str, longest: int = LONGEST) -> str:
    """A foreign text on one line, without anything that a terminal would obey or that is not text.

    Control characters, marks that turn the writing direction, and bytes that are no UTF-8 become
    "?"; runs of white space one space. What is longer is cut, and ends in "...".
    """
    line = " ".join(text.split())
    plain = "".join(c if c.isprintable() else "?" for c in line)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."
