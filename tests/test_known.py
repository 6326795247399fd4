"""The figures of then: at which cutoffs another figure stood than today's."""

from __future__ import annotations

from forecast import months
from forecast.config import Config
from forecast.records import SeriesKey
from forecast.store.watch import Stood
from jobs.pipeline.asof import _earlier_figures
from jobs.pipeline.totals import Headline, headline

NORTH, SOUTH = SeriesKey("northern"), SeriesKey("southwest")
FIRST, COUNT = "2022-01", 30
MONTHS = [months.shift(FIRST, n) for n in range(COUNT)]


def day(month: str, after: int = 1) -> str:
    """A day in the month so many months later."""
    return f"{months.shift(month, after)}-15"


def values(revised: dict[tuple[SeriesKey, str], tuple[int, int]]) -> dict:
    """Every month is 100, known in the month after it, but for (what it was first, until when)."""
    found: dict = {NORTH: {}, SOUTH: {}}
    for key, by_month in found.items():
        for month in MONTHS:
            first, stood = revised.get((key, month), (100, 0))
            until = day(month, stood) if stood else None
            by_month[month] = [Stood(key, month, first, day(month), until)]
            if until:
                by_month[month].append(Stood(key, month, 100, until, None))
    return found


def head() -> Headline:
    return headline({key: dict.fromkeys(MONTHS, 100) for key in (NORTH, SOUTH)}, Config())


def test_the_engine_is_asked_again_exactly_where_another_figure_stood():
    """Month 10 was 70 until three months later: cutoffs 10 and 11 knew it so; 12 knew better."""
    revised = {(NORTH, MONTHS[10]): (70, 3)}

    found = dict(_earlier_figures(head(), values(revised)))

    assert list(found) == MONTHS[10:12]
    assert found[MONTHS[11]][NORTH] == {**dict.fromkeys(MONTHS[:12], 100), MONTHS[10]: 70}
    assert found[MONTHS[11]][SOUTH] == dict.fromkeys(MONTHS[:12], 100)


def test_figures_never_revised_are_not_asked_about_again():
    assert dict(_earlier_figures(head(), values({}))) == {}


def test_a_cutoff_whose_month_a_border_never_stated_is_left_out():
    stated = values({(NORTH, MONTHS[10]): (70, 3)})
    del stated[SOUTH][MONTHS[11]]

    assert list(dict(_earlier_figures(head(), stated))) == [MONTHS[10]]


def test_borders_that_end_in_different_months_are_not_judged_side_by_side():
    apart = headline(
        {NORTH: dict.fromkeys(MONTHS, 100), SOUTH: dict.fromkeys(MONTHS[:-1], 100)}, Config()
    )

    assert dict(_earlier_figures(apart, values({(NORTH, MONTHS[10]): (70, 3)}))) == {}
