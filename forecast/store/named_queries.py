"""Questions that analysts ask, as SQL: the page offers them, docs/tables.md shows some.

A parameter that is left empty asks for everything.
"""

from __future__ import annotations

from typing import NamedTuple


class NamedQuery(NamedTuple):
    """A query with a name of its own.

    title : the question. about : what to mind in the answer.
    """

    name: str
    title: str
    about: str
    sql: str


QUESTIONS = (
    NamedQuery(
        "next_month",
        "What is forecast for the northern border next month?",
        "The median is as likely to be passed as not; the interval is meant to hold the published "
        "count in 8 months of 10.",
        """\
select month, median, lo80, hi80
from latest_forecasts
where border = 'northern' and dimension = '' and model = 'bordercast' and horizon = 1
""",
    ),
    NamedQuery(
        "year_ahead",
        "What is forecast for each of the next twelve months?",
        "One border, or all of them if the field is left empty: northern, southwest, other, "
        "nationwide.",
        """\
select border, month, median, lo50, hi50, lo80, hi80, lo95, hi95, flag_below, flag_above
from latest_forecasts
where dimension = '' and model = 'bordercast' and (:border = '' or border = :border)
order by border, month
""",
    ),
    NamedQuery(
        "coverage_three_ahead",
        "How often did the 95% interval hold the count three months ahead?",
        "n is the number of months scored. 0.95 is meant; neighboring months are not independent.",
        """\
select border, n, coverage95
from scorecard
where model = 'bordercast' and basis = 'hindcast' and era = 'all' and horizon = 3
""",
    ),
    NamedQuery(
        "what_moved",
        "What moved the northern border in the last month that was flagged?",
        "The five citizenships that contributed most to the published count being other than "
        "expected. Each dimension explains the whole: never add over dimensions.",
        """\
select month, dimension, member, expected, encounters, contribution
from flag_drivers
where border = 'northern' and dimension = 'citizenship'
    and month = (select max(month) from flag_drivers where border = 'northern')
order by abs(contribution) desc
limit 5
""",
    ),
    NamedQuery(
        "revisions_of_february_2025",
        "How was February 2025 revised?",
        "vintage says how exactly the day is known from which the value stood.",
        """\
select border, previous, encounters, change, known_from, vintage
from vintages
where month = '2025-02' and previous is not null
""",
    ),
    NamedQuery(
        "better_than_naive",
        "Which borders' forecasts beat naive, and by how much?",
        "Mean absolute error over all leads against that of assuming no change, same months; below "
        "0 is worse than naive.",
        """\
select border, round(100 * (1 - relative_mae), 1) as percent_better
from scorecard
where model = 'bordercast' and basis = 'hindcast' and era = 'all' and horizon = 0
order by percent_better desc
""",
    ),
    NamedQuery(
        "known_on_a_day",
        "What was known of February 2025 on April 1, 2025?",
        "A month's count stands from known_from until the day before known_until.",
        """\
select border, encounters, vintage
from vintages
where month = '2025-02' and known_from <= '2025-04-01'
    and (known_until is null or known_until > '2025-04-01')
""",
    ),
    NamedQuery(
        "fiscal_year_so_far",
        "How does the fiscal year to date compare with the last?",
        "Fiscal years run from October to September; change_percent compares the same months.",
        """\
select border, to_date, year_before, change_percent
from fiscal_year_to_date
where month = (select max(month) from border_months)
""",
    ),
    NamedQuery(
        "forecast_by_lead",
        "What had been forecast for August 2026, 1, 3, 6 and 12 months before?",
        "The service's own model and those beside it; hindcasts, each made from only "
        "the data available at the time.",
        """\
select model, lead1, lead3, lead6, lead12, encounters
from forecasts_by_lead
where border = 'southwest' and month = '2026-08' and basis = 'hindcast'
""",
    ),
    NamedQuery(
        "months_of_a_border",
        "What was each month's count, and against what?",
        "All comparisons of each month: the month before, the year before, the fiscal year to "
        "date, the peak, and the forecast made before it.",
        """\
select border, month, encounters, change_on_month, change_on_year, change_to_date,
    change_on_peak, median, lo80, hi80, p, severity
from wide_months
where (:border = '' or border = :border)
order by month desc, border
""",
    ),
    NamedQuery(
        "flags_and_how_they_ended",
        "Which months were unusual, and what happened next?",
        "Borders' totals. p is how unusual the month was: 0.01 is 1 month in 100. transient: back "
        "to what was expected; level shift: the new level stayed.",
        """\
select border, month, kind, severity, encounters, expected, ratio, p, episode, closed
from all_flags
where dimension = '' and severity <> 'watch' and (:border = '' or border = :border)
order by month desc, border
""",
    ),
    NamedQuery(
        "drivers_of_a_flag",
        "What moved a flagged month?",
        "Every part of every dimension, in the order of its contribution. Month as YYYY-MM.",
        """\
select border, month, dimension, role, part_border, member, expected, encounters, contribution
from flag_drivers
where (:border = '' or border = :border) and (:month = '' or month = :month)
order by month desc, border, dimension, abs(contribution) desc
""",
    ),
    NamedQuery(
        "models_side_by_side",
        "How good has each model been?",
        "All leads of 1 to 12 months together. relative_mae and log_wis: smaller is better, "
        "relative_mae below 1 is better than naive.",
        """\
select border, model, n, log_wis, relative_mae, coverage50, coverage80, coverage95
from scorecard
where basis = 'hindcast' and era = 'all' and horizon = 0 and (:border = '' or border = :border)
order by border, log_wis
""",
    ),
    NamedQuery(
        "highest_and_lowest",
        "Which were a border's highest and lowest months?",
        "Among all months on record; rank 1 is the highest, or the lowest.",
        """\
select border, month, encounters, rank_highest, rank_lowest, months
from ranks
where (rank_highest <= 5 or rank_lowest <= 5) and (:border = '' or border = :border)
order by border, rank_highest
""",
    ),
    NamedQuery(
        "first_and_latest_value",
        "What was first published of each month, and what stands now?",
        "Only months that were restated at least once.",
        """\
select border, month, first_published, encounters, encounters - first_published as change
from wide_months
where first_published <> encounters and (:border = '' or border = :border)
order by month desc, border
""",
    ),
)
