"""Says in words how sure it is that the engine is better than no change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forecast.engine.skill import SURE, SkillTest
from forecast.sources.source import Source

_SAID = {
    "better": "better than a forecast of no change {ahead}",
    "worse": "worse than a forecast of no change {ahead}",
    "may be chance": "{ahead} the difference may be chance",
}
TEST = (
    "Diebold-Mariano test of log-WIS at each distance by itself, with Harvey's correction; "
    f"a difference counts where chance makes one as large in under {SURE:.0%} of cases. Hindcasts, "
    "in today's figures."
)


def skill_words(tests: Iterable[SkillTest]) -> str:
    """Say at which distances the engine was better, and at which that may be chance.

    tests : of one total, or of the mean over all; "" where there is none.
    """
    by_verdict: dict[str, list[SkillTest]] = {}
    for test in tests:
        by_verdict.setdefault(test.verdict, []).append(test)
    sentences = [
        words.format(ahead=_ahead([test.horizon for test in by_verdict[verdict]]))
        for verdict, words in _SAID.items()
        if verdict in by_verdict
    ]
    return f"{'; '.join(sentences)}." if sentences else ""


def skill_notes(tests: Sequence[SkillTest], source: Source) -> Iterator[str]:
    """Yield a sentence a total, that of all of them last, and what was tested."""
    for total in dict.fromkeys(test.total for test in tests):
        name = source.totals.name(total) if total else f"Mean of all {source.totals.many}"
        yield f"{name}: {skill_words(t for t in tests if t.total == total)}"
    if tests:
        yield TEST


def _ahead(horizons: Sequence[int]) -> str:
    *first, last = map(str, horizons)
    numbers = f"{', '.join(first)} and {last}" if first else last
    return f"{numbers} month{'s' * (numbers != '1')} ahead"
