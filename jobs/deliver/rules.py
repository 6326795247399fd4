"""Which sections of a notice are for whom: the rules that each recipient has in the settings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from forecast.config import ReaderRules
from forecast.desk.facts import NoticeStatement, stated_position
from forecast.store.notices import Section
from forecast.types import SEVERITIES


def chosen(sections: Sequence[Section], rules: ReaderRules) -> tuple[Section, ...]:
    """The sections that are for a reader with these rules."""
    return tuple(section for section in sections if _wanted(section, rules))


def _wanted(section: Section, rules: ReaderRules) -> bool:
    if not rules.wants(section.border):
        return False
    if rules.parts and not _names_one(section.text, rules.parts):
        return False
    if section.part == "digest":
        return rules.digest or rules.digest_only
    stated = json.loads(section.statement)
    # A withdrawal or a correction states nothing; who got what it corrects is to get it too.
    return not rules.digest_only and (not stated or _grave(stated, rules))


def _grave(stated: NoticeStatement, rules: ReaderRules) -> bool:
    severity = stated.get("severity", SEVERITIES[-1])
    if SEVERITIES.index(severity) > SEVERITIES.index(rules.severity):
        return False
    position = stated_position(stated)
    return not rules.outside_95 or (position is not None and position.beyond == 95)


def _names_one(text: str, parts: Sequence[str]) -> bool:
    words = " ".join(text.split()).lower()
    return any(re.search(rf"(?<!\w){re.escape(part.lower())}(?!\w)", words) for part in parts)
