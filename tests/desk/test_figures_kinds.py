"""Which kinds of sentences the auditor covers, by which figures; the rest says why not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from forecast.desk import dictionary

ROOT = Path(__file__).parents[2]
OF_MONTH = ("count", "per day", "month before", "year before", "so far", "year to date", "peak")
CHANGES = tuple(f"change on {base}" for base in (*OF_MONTH[2:4], *OF_MONTH[5:]))
JUDGED = ("forecast", "cutoff", "lower 80", "upper 80", "lower 95", "upper 95", "judged count")
JUDGED += ("side", "rarity", "unflagged")
FLAGGED = ("flag forecast", "flag side", "severity", "unusual")
RANKS = ("rank", "months held", "ties", "lowest", "highest")
COVERED = {
    "ahead.quality": ("held",),
    "ahead.changes_sentence": ("forecast moved",),
    "ahead.span_sentence": ("sum published", "sum ahead"),
    "monthly.paragraph": (*OF_MONTH, *CHANGES, *JUDGED, *RANKS),
    "monthly.counted": ("count",),
    "monthly.headline": ("count",),
    "monthly.halves_words": ("first half", "second half"),
    "monthly.halves_sentence": ("first half", "second half"),
    "monthly.halves_line": ("first half", "second half"),
    "monthly.expected_sentences": JUDGED,
    "monthly.position_words": ("side",),
    "monthly.standing": ("side", "rarity"),
    "monthly.unusual_line": JUDGED,
    "monthly.lies_words": JUDGED,
    "monthly.daily_words": ("per day",),
    "monthly.changed_line": CHANGES,
    "monthly.answer_line": FLAGGED,
    "monthly.expected_line": ("ahead", "ahead lower 80", "ahead upper 80"),
    "monthly.comparison_sentence": (*OF_MONTH, *CHANGES),
    "monthly.compared": (*OF_MONTH, *CHANGES),
    "monthly.line": (*OF_MONTH, *CHANGES),
    "monthly.changes": CHANGES,
    "monthly.moved": CHANGES,
    "monthly.unknown_sentence": ("so far",),
    "monthly.peak_sentence": ("peak",),
    "monthly.rank_sentence": (*RANKS, "share of year"),
    "monthly.share_words": ("share of year",),
    "monthly.rank_words": RANKS,
    "monthly.vintage_sentence": ("first value", "known since", "times revised", "year closed"),
    "monthly.aside_sentence": ("aside", "second half"),
    "section.finding": (*FLAGGED, *JUDGED, *RANKS, "months flagged", "months judged"),
    "section.say": (*CHANGES, *JUDGED),
    "section.digest": (*FLAGGED, "moved with the whole"),
    "unusual.unusual_words": ("rarity",),
    "unusual.unflagged_words": ("unflagged",),
    "unusual.counted_words": ("count", "judged count"),
    "unusual.how_far": ("severity",),
    "unusual.kind_word": ("severity",),
    "unusual.badge": ("severity",),
    "unusual.how_sure": ("rarity",),
    "unusual.with_whole": ("moved with the whole",),
    "unusual.compared_with": ("forecast",),
    "unusual.ending": ("severity",),
    "unusual.findings": (*FLAGGED, "level"),
    "unusual.finding": FLAGGED,
    "unusual.moved_lines": ("moved", "moved in all"),
    "unusual.moved_parts": ("moved", "moved in all"),
}


def kinds() -> set[str]:
    """The functions that phrase something: each is a kind of sentence."""
    folder = ROOT / "forecast" / "desk" / "sentences"
    return {
        f"{path.stem}.{node.name}"
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_the_figures_of_each_kind_of_sentence_are_audited():
    assert set(COVERED) <= kinds()
    assert {figure for of in COVERED.values() for figure in of} <= set(dictionary.FIGURES)


def test_the_document_says_how_many_kinds_are_covered():
    page = " ".join((ROOT / "docs" / "operations.md").read_text("utf-8").split())
    said = re.search(r"(\d+) of (\d+) kinds of sentences", page)

    assert said
    assert int(said[1]) == len(COVERED)
    assert int(said[2]) <= len(kinds())
