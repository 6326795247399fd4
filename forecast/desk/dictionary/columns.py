"""The vocabulary of columns: what each means, in plain words, with unit and range.

A column means the same wherever its name stands; see `forecast.desk.dictionary` for the views.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

NOUN = "{noun}"  # what the record counts, filled from its source's words
ColumnKind = Literal["text", "count", "real"]


class Column(NamedTuple):
    """What a column holds.

    kind : text, count (whole numbers) or real. unit : "" where there is none, NOUN where a
    record's source has the word. range : the values it can have. about : plain words.
    """

    kind: ColumnKind
    unit: str
    range: str
    about: str

    def unit_in(self, noun: str) -> str:
        """The unit, where a record counts what this noun says."""
        return noun if self.unit == NOUN else self.unit


def month(about: str) -> Column:
    """A month."""
    return Column("text", "month", "YYYY-MM", about)


def day(about: str) -> Column:
    """A day."""
    return Column("text", "day", "YYYY-MM-DD", about)


def count(about: str) -> Column:
    """A number of what is counted."""
    return Column("count", NOUN, "0 and up", about)


def bound(side: str, level: int) -> Column:
    """One end of a prediction interval."""
    return count(f"{side} end of the {level}% prediction interval, itself inside")


def share(about: str) -> Column:
    """A share."""
    return Column("real", "share", "0 to 1", about)


def percent(about: str) -> Column:
    """A change in percent."""
    return Column("real", "percent", "-100 and up", about)


def score(about: str, unit: str = "") -> Column:
    """A score: smaller is better."""
    return Column("real", unit, "0 and up, smaller is better", about)


def change(about: str) -> Column:
    """A change in what is counted."""
    return Column("count", NOUN, "negative if down", about)


def yes(about: str) -> Column:
    """A yes or no."""
    return Column("count", "", "1 yes, 0 no", about)


def number(about: str, span: str = "1 and up", unit: str = "") -> Column:
    """A whole number of something else than what the record counts."""
    return Column("count", unit, span, about)


def text(about: str, span: str = "") -> Column:
    """Words, or a key."""
    return Column("text", "", span, about)


COLUMNS: dict[str, Column] = {
    # what a figure is about
    "border": text(
        "The land border; other is everything away from both, nationwide the sum of the three",
        "northern, southwest, other, nationwide",
    ),
    "dimension": text(
        "By what the border is split; '' for the border's total",
        "'', component, field, state, citizenship, demographic, apprehension_type, ...",
    ),
    "member": text("The part of the dimension, e.g. INDIA; '' for the border's total"),
    "component": text(
        "The agency that counted, where sectors, offices or agencies are told apart; else ''",
        "'', U.S. Border Patrol, Office of Field Operations",
    ),
    "month": month("The month the figure is about"),
    "fiscal_year": number("Fiscal year, October to September, by the year it ends in", "YYYY"),
    "encounters": count("Published count of that month, as now current"),
    # where it comes from
    "source": text(
        "Short name of the release it was read from; of embedded figures, see provenance.toml"
    ),
    "file_name": text("The publisher's file, or the embedded list of quoted values"),
    "sha256": text("sha256 of that file", "64 hex digits"),
    "rounding": number("What the source rounds its counts to", "1 or 10", NOUN),
    "release_id": number("Key of the release in the table releases"),
    "series_id": number("Key of the series in the table series"),
    "vintage": text(
        "How exactly known_from is known: that day, at the latest that day (the end of a month), "
        "or only by when months are published as a rule",
        "day, month, unknown",
    ),
    "known_from": day("From this day on the value was known"),
    "known_until": day("Until the day before this one it stood; null if it still stands"),
    "previous": count("The value known before; null for the first"),
    "change": Column("count", NOUN, "any", "Change from the value before"),
    "place": text("Sorts releases from old to new"),
    "first_month": month("First month on record"),
    "last_month": month("Newest month on record"),
    "months": number("How many months", unit="months"),
    # forecasts
    "model": text(
        "Who forecast it: bordercast is the service's own; the others stand beside it",
        "bordercast, ets, sarima, prophet, naive, snaive",
    ),
    "basis": text(
        "issued: published before the month was. hindcast: computed later, from only the data up "
        "to the cutoff. none: no forecast was possible",
        "issued, hindcast, none",
    ),
    "cutoff": month("Last month the forecast had seen"),
    "horizon": number("The lead: months from the cutoff to the month", unit="months"),
    "median": count("The forecast: as likely to be passed as not"),
    "lo50": bound("Lower", 50),
    "hi50": bound("Upper", 50),
    "lo80": bound("Lower", 80),
    "hi80": bound("Upper", 80),
    "lo90": bound("Lower", 90),
    "hi90": bound("Upper", 90),
    "lo95": bound("Lower", 95),
    "hi95": bound("Upper", 95),
    "flag_below": count("A count under this would raise a flag; null where not even 0 would"),
    "flag_above": count("A count over this would raise a flag; null where it is not watched"),
    "run_id": number("The run that issued it; null for a hindcast"),
    "error": Column(
        "count", NOUN, "any", "Difference from the median; positive: more than forecast"
    ),
    "inside50": yes("Whether the published count lies in the 50% interval"),
    "inside80": yes("Whether the published count lies in the 80% interval"),
    "inside95": yes("Whether the published count lies in the 95% interval"),
    # judgements and flags
    "p": Column(
        "real",
        "probability",
        "0 to 1",
        "How unusual: the chance, by the forecast, of a month at least this far from it, either "
        "side; 0.01 is 1 month in 100",
    ),
    "z": Column("real", "standard scores", "any", "The same as a normal score; below 0 is below"),
    "apart_p": Column(
        "real",
        "probability",
        "0 to 1",
        "For a part: how unusual it moved apart from its border, where that was flagged or open",
    ),
    "flag": text("What kind of flag the month raised; null if none", "month"),
    "kind": text(
        "month: unusually far from the forecast. drift: slowly off. revision: a closed value "
        "changed",
        "month, drift, revision",
    ),
    "severity": text(
        "How serious; watch is only shown, opens no episode and is never mailed",
        "watch, notable, major, critical",
    ),
    "ratio": Column("real", "factor", "above 0", "Published over expected, both plus 1"),
    "flag_id": number("Key of the flag; all its drivers bear it"),
    "expected": count("The forecast when the flag was raised"),
    "side": Column("count", "", "-1, 0, 1", "1 above the forecast, -1 below"),
    "role": text(
        "first opens an episode; escalation and reversal may follow in it; a part is listed under "
        "its border's flag or stands apart from it",
        "first, escalation, reversal, listed, apart",
    ),
    "systemic": yes("Whether unusually many parts moved to one side in that month"),
    "opened": month("Month in which the flag's episode began; null without one"),
    "episode": text(
        "How it went on: still open, back to the forecast (transient), or a new level that "
        "stayed (level shift); null without an episode",
        "open, transient, level shift",
    ),
    "closed": month("Month in which the episode ended; null while it is open"),
    "parent_flag_id": number("The border's flag that a part's flag belongs to; null without"),
    "parent_month": month("The month of that flag"),
    # scores
    "era": text(
        "Which cutoffs: all, those of one year, or those with (break) or without (no-break) a "
        "known policy date between cutoff and month",
        "all, YYYY, break, no-break",
    ),
    "n": number("Forecast months scored; overlapping ones are not independent", unit="months"),
    "log_wis": score("Weighted interval score of log counts: the main score"),
    "wis": score("Weighted interval score", NOUN),
    "mae": score("Mean absolute error of the median", NOUN),
    "mase": score("Mean absolute error over the usual change on the year"),
    "relative_mae": score(
        "Mean absolute error over naive's on the same months: below 1 is better than naive, 0.90 "
        "is 10% better"
    ),
    "coverage50": share("How often the 50% interval held the published count; 0.50 is meant"),
    "coverage80": share("How often the 80% interval held the published count; 0.80 is meant"),
    "coverage95": share("How often the 95% interval held the published count; 0.95 is meant"),
    # comparisons
    "first_published": count("The count as first published"),
    "month_before": count("The count of the month before; of the last one known, after a gap"),
    "change_on_month": percent("Change on the month before"),
    "year_before": count("The count of the same month a year before"),
    "change_on_year": percent("Change on the same month a year before"),
    "to_date": count("Sum of the fiscal year from October up to the month"),
    "to_date_year_before": count("The same of the fiscal year before"),
    "change_to_date": percent("Change of the fiscal year to date on the one before"),
    "change_percent": percent("Change on the same months a year before"),
    "peak": count("Highest count up to and including the month"),
    "peak_month": month("The month of that peak"),
    "change_on_peak": percent("Change on that peak; 0 where the month is itself the peak"),
    "rank_highest": number("Place among all months on record, 1 is the highest"),
    "rank_lowest": number("Place among all months on record, 1 is the lowest"),
    "complete": yes("Whether all twelve months of the fiscal year are published"),
}
