"""What the words mean, once, in the order in which a reader meets them."""

from forecast.desk.wording import measure

GLOSSARY = (
    (measure().noun.capitalize(), measure().definition),
    (
        "Median, prediction interval",
        "The count is as likely to be above the median as below it. An 80 % prediction "
        "interval is meant to hold the published count in 8 months of 10; how often it did is "
        "in the scorecard of each border.",
    ),
    (
        "Deviated, flagged",
        "A published month further from the forecast that stood before it than its "
        "distribution makes likely, and by enough to matter. Notable: fewer than 1 month in "
        "50 would be; major: 1 in 100, and twice or half; critical: 1 in 200, and four times "
        "or a quarter.",
    ),
    (
        "Hindcast",
        "A forecast computed later, from only the figures known at the time. Forecasts "
        "issued before their month was published are marked as issued.",
    ),
    (
        "No cause is claimed",
        "What moved says which parts of the count differed from what had been expected of "
        "them, not why.",
    ),
)
