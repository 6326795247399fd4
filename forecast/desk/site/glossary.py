"""What the words mean, once, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.desk.wording import both_halves, capital, measure, totals


def glossary() -> tuple[tuple[str, str], ...]:
    """(word, what it means)."""
    no_cause = (
        f"What moved says which {totals().below_in_full} differed from their forecasts, not why."
    )
    return (*_counted(), *_GENERAL, ("No cause is claimed", no_cause))


def _counted() -> Iterator[tuple[str, str]]:
    if measure().definition:
        yield capital(measure().noun), measure().definition
    both = both_halves()
    if both:
        at, between = both
        said = f"{at.short} counts {at.noun}. {between.short} counts those {between.where}."
        only = f" Only the second may be called {at.misread}." if at.misread else ""
        yield f"{at.where.capitalize()}, {between.where}", said + only


_GENERAL = (
    (
        "Forecast, range",
        "The published count is as likely to be above the forecast as below it. An 80% range is "
        "meant to hold the count in 8 months of 10. How often it did is under Accuracy.",
    ),
    (
        "Unusual, flagged",
        "A month unusually far from the forecast made before it was published, and by enough to "
        "matter. Notable: rarer than 1 month in 50. Major: 1 in 100, and twice or half. "
        "Critical: 1 in 200, and four times or a quarter.",
    ),
    (
        "Hindcast",
        "A forecast computed later, from only the figures known at the time. Forecasts issued "
        "before their month was published are marked as issued.",
    ),
)
