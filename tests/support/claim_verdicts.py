"""What the program says of a marked stretch of a text: the seam that these tests stand on."""

from __future__ import annotations

import re
from datetime import date

from forecast.claims.check import check as check_text
from forecast.claims.check import lexicon_of
from forecast.claims.record.counts import CountTable
from forecast.claims.show.words import CheckedText


def check(text: str, held: CountTable, day: date) -> CheckedText:
    """A text checked by the words of what is counted."""
    return check_text(text, held, lexicon_of(held.source, held.keys), day)


def verdict_on(marked: str, held: CountTable, day: str) -> tuple[str, float | None]:
    """The verdict on what stands between < and >, and what it is held against or first shown."""
    match = re.search("<(.+?)>", marked)
    assert match, marked
    start, end = match.start(), match.end() - 2
    checked = check(re.sub("[<>]", "", marked), held, date.fromisoformat(day))
    near = [one for one in checked.claims if one.start < end and start < one.end]
    if near:
        most = max(near, key=lambda one: min(one.end, end) - max(one.start, start))
        return most.verdict, most.judged.truth
    unclear = [one for one in checked.not_understood if one.start < end and start < one.end]
    shown = next((reading.truth for one in unclear for reading in one.readings), None)
    return "not understood" if unclear else "none", shown
