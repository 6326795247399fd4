"""What the words mean, once, in the order in which a reader meets them."""

from forecast.desk.site.lines import AT, BETWEEN
from forecast.desk.wording import measure

GLOSSARY = (
    (measure().noun.capitalize(), measure().definition),
    (
        f"{AT.where.capitalize()}, {BETWEEN.where}",
        f"{AT.short} counts {AT.noun}. {BETWEEN.short} counts those {BETWEEN.where}. Only the "
        f"second may be called {AT.misread}.",
    ),
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
    (
        "No cause is claimed",
        "What moved says which groups and places differed from their forecasts, not why.",
    ),
)
