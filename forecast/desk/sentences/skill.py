"""Says in words how sure it is that the engine is better than no change."""

from collections.abc import Iterator, Sequence

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


def skill_notes(tests: Sequence[SkillTest], source: Source) -> Iterator[str]:
    """Yield a sentence a total, that of all of them last, and what was tested."""
    for total in dict.fromkeys(test.total for test in tests):
        name = source.totals.name(total) if total else f"Mean of all {source.totals.many}"
        said = []
        for verdict, words in _SAID.items():
            alike = [t.horizon for t in tests if (t.total, t.verdict) == (total, verdict)]
            if alike:
                *first, last = map(str, alike)
                numbers = f"{', '.join(first)} and {last}" if first else last
                ahead = f"{numbers} month{'s' * (numbers != '1')} ahead"
                said.append(words.format(ahead=ahead))
        yield f"{name}: {'; '.join(said)}."
    if tests:
        yield TEST
