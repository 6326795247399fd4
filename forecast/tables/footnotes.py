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


def without_footnote(text: str) -> tuple[str, str]:
    """A number or month, and the sign of a footnote behind it, "" without one: 1,234* or 56 (r)."""
    for match in _FOOTNOTE.finditer(text):
        if match.end() == len(text):
            return text[: match.start()], match[0].strip()
    return text, ""
