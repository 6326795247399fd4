"""A DataFrame of anybody's monthly counts in, its forecasts out: `forecast.forecast(df, h=12)`.

Columns are named as statsforecast names them, and `Bordercast` is a model for its
`cross_validation`; the numbers are those of `bordercast forecast FILE`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from forecast import months
from forecast.engine.anyseries import SHORTEST, YOUNG, forecast_counts, long_enough
from forecast.errors import DataError
from models.base import Floats, MonthlyCounts

LEVELS = (80, 95)
_WARNED = 10  # series named in a warning
_FIRST = months.to_index("1970-01")  # from which pandas and numpy count


def forecast(
    df: pd.DataFrame, h: int = 12, level: Sequence[float] = LEVELS, *, jumps: bool = False
) -> pd.DataFrame:
    """Forecast monthly counts, h months ahead from each series' last known month.

    Parameters
    ----------
    df : a row a series and month: unique_id; ds, a day of the month, a Period or "2025-02"; y, the
        count, >= 0, missing where nobody knows. Order does not matter, gaps are unknown months.
    h : months ahead. level : of the prediction intervals, in percent, between 0 and 100.
    jumps : whether the counts are known to jump and stay at a new level.

    Returns
    -------
    A row a series and month, series in the order of df: unique_id, ds (as in df), bordercast (the
    median), bordercast-lo-95, ... bordercast-hi-95. Series shorter than 13 months (of counts
    that jump: 24) are left out, with a warning that names them.

    Raises
    ------
    DataError : says which column, series and month cannot be used; it is a ValueError.
    """
    _check_ahead(h)
    names, probs = _quantiles(level)
    counts, short = long_enough(_counts(df, jumps))
    if short:
        named = "; ".join(map(str, short[:_WARNED]))
        more = f"; and {len(short) - _WARNED} more" if len(short) > _WARNED else ""
        warnings.warn(f"left out: {named}{more}", stacklevel=2)
    values = forecast_counts(counts, h).ends().values(slice(None), probs)[:, 0]
    ahead = counts.last[:, None] + np.arange(1, h + 1)
    table = pd.DataFrame(
        {
            "unique_id": np.repeat(np.array(counts.names, dtype=object), h),
            "ds": _like(df["ds"], ahead.ravel()),
        }
    )
    # As df has them: names of a category or numbers come back as they were.
    table["unique_id"] = table["unique_id"].map(
        dict(zip(map(str, ids := pd.unique(df["unique_id"])), ids, strict=True))
    )
    for place, name in enumerate(names):
        table[name] = values[:, :, place].ravel()
    return table


class Bordercast:
    """The engine as a model of statsforecast: `StatsForecast([Bordercast()], freq="MS")`.

    It is told counts without their dates: only that they are monthly, and which is the last.
    """

    uses_exog = False

    def __init__(self, alias: str = "bordercast", *, jumps: bool = False) -> None:
        self.alias, self.jumps = alias, jumps
        self.only_conformal_intervals = False
        self.prediction_intervals = None

    def __repr__(self) -> str:
        return self.alias

    def new(self) -> Bordercast:
        """Return a model of the same settings that knows no counts."""
        return Bordercast(self.alias, jumps=self.jumps)

    def fit(self, y: Floats, X: Floats | None = None) -> Self:  # noqa: N803, statsforecast's names
        """Keep the counts; they are forecast when asked. X is not used."""
        self._y = np.asarray(y, dtype=float)
        return self

    def predict(
        self,
        h: int,
        X: Floats | None = None,  # noqa: N803
        level: Sequence[float] | None = None,
    ) -> dict[str, Floats]:
        """Return (h,) arrays: mean (the median), and lo-L and hi-L for each level L in percent."""
        _check_ahead(h)
        names, probs = _quantiles(level or ())
        known = np.flatnonzero(np.isfinite(self._y))
        least = YOUNG if self.jumps else SHORTEST
        if len(known) < least:
            raise DataError(f"{len(known)} months are known; a series needs {least}")
        y = self._y[known[0] :]
        # Some month of some year: no date is told, and only the distance between months counts.
        last = np.array([len(y) + 24_000])
        counts = MonthlyCounts(("y",), np.array(["y"]), y[None, :], last, jumps=self.jumps)
        values = forecast_counts(counts, h).ends().values(slice(None), probs)[0, 0]
        keys = ("mean", *(name.partition("-")[2] for name in names[1:]))
        return {key: values[:, place] for place, key in enumerate(keys)}

    def forecast(
        self,
        y: Floats,
        h: int,
        X: Floats | None = None,  # noqa: N803
        X_future: Floats | None = None,  # noqa: N803
        level: Sequence[float] | None = None,
        fitted: bool = False,
    ) -> dict[str, Any]:
        """Forecast counts in one step, as statsforecast asks; fitted values are not kept."""
        if fitted:
            raise DataError("fitted=True: the engine keeps no fitted values; ask for hindcasts")
        return self.new().fit(y).predict(h, level=level)


def _check_ahead(h: int) -> None:
    if isinstance(h, bool) or not isinstance(h, (int, np.integer)) or h < 1:
        raise DataError(f"h is {h!r}; give a whole number of months, at least 1")


def _quantiles(level: Sequence[float]) -> tuple[list[str], list[float]]:
    """Return the columns of a forecast, lowest bound first after the median, and their shares."""
    wrong = [of for of in level if not 0 < of < 100]
    if wrong:
        raise DataError(f"level {wrong[0]!r} is no percentage between 0 and 100")
    below = [(f"bordercast-lo-{of:g}", (100 - of) / 200) for of in sorted(level, reverse=True)]
    above = [(f"bordercast-hi-{of:g}", (100 + of) / 200) for of in sorted(level)]
    columns = [("bordercast", 0.5), *below, *above]
    return [name for name, _ in columns], [share for _, share in columns]


def _counts(df: pd.DataFrame, jumps: bool) -> MonthlyCounts:
    """Return the series of a long table, each at its own last known month."""
    lacking = [name for name in ("unique_id", "ds", "y") if name not in df.columns]
    if lacking:
        there = ", ".join(map(str, df.columns)) or "none"
        raise DataError(f"no column {lacking[0]!r}; there are: {there}")
    y = pd.to_numeric(df["y"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    unread = np.flatnonzero(np.isnan(y) & df["y"].notna().to_numpy())
    if len(unread):
        raise _refused(df, unread[0], "is no number")
    bad = np.flatnonzero(np.isinf(y) | (y < 0))
    if len(bad):
        raise _refused(df, bad[0], "is not a count; counts are 0 or more")
    month = _months(df)
    known = np.isfinite(y)
    code, ids = pd.factorize(df["unique_id"][known])
    if (code < 0).any():
        raise DataError("column unique_id: a row has none")
    if not len(ids):
        raise DataError("column y: no month of any series is known")
    y, month, rows = y[known], month[known], np.flatnonzero(known)
    twice = pd.Series(code * 10**6 + month).duplicated().to_numpy()
    if twice.any():
        raise _refused(df, rows[twice][0], "is there twice for its series and month")
    last, first = np.full(len(ids), -1), np.full(len(ids), 10**6)
    np.maximum.at(last, code, month)
    np.minimum.at(first, code, month)
    width = int((last - first).max()) + 1
    values = np.full((len(ids), width), np.nan)
    values[code, width - 1 - (last[code] - month)] = y
    names = tuple(map(str, ids))
    return MonthlyCounts(names, np.full(len(ids), "all"), values, last, jumps=jumps)


def _months(df: pd.DataFrame) -> np.ndarray:
    """(rows,) running numbers of the months in which the days of ds are."""
    ds = df["ds"]
    if isinstance(ds.dtype, pd.PeriodDtype):
        if ds.dtype.freq != pd.offsets.MonthEnd():
            raise DataError(f"column ds: periods of {ds.dtype.freq.rule_code}; give months")
        read = ds.dt.to_timestamp()
    elif pd.api.types.is_numeric_dtype(ds):
        raise DataError(f"column ds: {ds.iloc[0]} is a number; give a month, as in 2025-02")
    else:
        read = pd.to_datetime(ds, errors="coerce")
    unread = np.flatnonzero(read.isna())
    if len(unread):
        raise DataError(f"column ds: {ds.iloc[unread[0]]!r} is no day or month, as in 2025-02-01")
    return _FIRST + np.asarray(read.dt.tz_localize(None).dt.to_period("M").astype("int64"))


def _like(ds: pd.Series, month: np.ndarray) -> pd.Series:
    """Return months in the form of a column: Periods, last days, first days, or text."""
    periods = pd.DatetimeIndex((month - _FIRST).astype("datetime64[M]")).to_period("M")
    if isinstance(ds.dtype, pd.PeriodDtype):
        return pd.Series(periods)
    if pd.api.types.is_datetime64_any_dtype(ds):
        ends = ds.dt.is_month_end.all() and not ds.dt.is_month_start.all()
        days = periods.to_timestamp(how="end").normalize() if ends else periods.to_timestamp()
        return pd.Series(days.as_unit(ds.dt.unit))
    day = "-01" if len(str(ds.iloc[0])) > len("2025-02") else ""
    return pd.Series(periods.strftime(f"%Y-%m{day}"))


def _refused(df: pd.DataFrame, row: int, why: str) -> DataError:
    at = df.iloc[row]
    return DataError(f"column y: {at['y']} of {at['unique_id']!r} in {at['ds']} {why}")
