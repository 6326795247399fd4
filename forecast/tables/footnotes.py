"""Signs of footnotes behind a number or a month: 1,234*, 56 (r), May 2024 (p)."""

from __future__ import annotations

import re

# Behind a number or a month; letters as statistics offices use them (provisional, revised,
# estimated, break), and 1 as a sign above the line, never as another digit.
_FOOTNOTE = re.compile(
    r"(?<=[\w.])(?: ?[*\u2020\u2021\u00a7#^]+| ?[\u00b9\u00b2\u00b3\u2070-\u2079\u1d43-\u1dbf]+"
    r"| ?\((?:[a-e]|p|r|\d|prel\w*\.?|provisional|revised|estimated?)\)| ?\[\w{1,2}\]"
    r"|(?<=\d) ?[pr])",
    re.IGNORECASE,
)

# Behind a number as Eurostat has them, "1234 bep"; behind a year they may be a month: 2024 dec.
_FLAGS = re.compile(r"(?<=\d)(?: ?[bcdefinprsuz]|(?<=\d) [bcdefinprsuz]{2,3})$")
_LONGEST = 1_000  # characters of a number, a month or a name with a sign behind it


def without_footnote(text: str, *, flags: bool = False) -> tuple[str, str]:
    """A number or month, and the sign of a footnote behind it, "" without one: 1,234* or 56 (r).

    flags : whether letters are signs as well, as they are behind numbers.
    """
    if len(text) > _LONGEST:
        return text, ""
    match = _FLAGS.search(text) if flags else None
    if match:
        return text[: match.start()], match[0].strip()
    for match in _FOOTNOTE.finditer(text):
        if match.end() == len(text):
            return text[: match.start()], match[0].strip()
    return text, ""
