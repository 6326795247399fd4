"""A panel and models in, forecasts out: of a record's totals and parts, and of a file's series.

`forecast` is the one way. What is said of months to come is published; what would have been said
at earlier columns, from only the figures up to then, is kept as hindcasts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from forecast import months, plugins
from forecast.engine import ENGINE, NAIVE, VERSION, blocks, intervals
from forecast.engine.blocks import Spread, Task, serial
from forecast.engine.panel import month_of, nationwide_rows, panel
from forecast.engine.panel import panel as side_by_side
from forecast.engine.paths import MAX_HORIZON
from forecast.engine.predictive import PanelHindcasts, Predictive, TotalRows, outlook_of
from forecast.engine.refit import engine_at_both, engine_forecasts, model_forecasts
from forecast.engine.refits import Refitting, model_options
from forecast.errors import DataError
from forecast.tree import Traits, Tree
from forecast.types import (
    HUB_PERMILLES,
    Counts,
    Forecast,
    ForecastPath,
    HindcastKey,
    Hindcasts,
    HubQuantile,
    MonthVintage,
    Row,
    SeriesKey,
)
from models.base import Ints, Panel, Paths, stack
from models.structural import filled

BURN_IN = 24  # cutoffs before the first asked for, from which a refit model is calibrated


@dataclass(frozen=True)
class Forecasts:
    """What models say of a panel, by model, and at which columns.

    further : the engine's from the last column alone, further ahead; None where not asked.
    """

    predictive: Mapping[str, Predictive]
    origins: Mapping[str, Ints]
    refits: Mapping[str, Paths]
    further: Predictive | None = None


def forecast(  # noqa: PLR0913 - the one door: what is asked, of which models, and where it is computed
    panel: Panel,
    keys: Sequence[Any],
    models: Sequence[str],
    origins: Ints,
    h: int,
    *,
    first_refit: int = 0,
    further: int = 0,
    totals: TotalRows | None = None,
    spread: Spread = serial,
    refitting: Refitting | None = None,
) -> Forecasts:
    """Every model's predictive distributions of a panel at these columns.

    keys : what the series are called. origins : ascending. h : months ahead.
    first_refit : the column from which refit models are fitted; they answer from there on.
    further : months ahead that the engine is asked of the last column beside it, 0 for none.
    totals : as in `engine_forecasts`. spread : where the engine's blocks are computed.
    refitting : how refit models come to their paths; None where none is among the models.
    """
    every = np.arange(panel.z.shape[1], dtype=np.int64)
    # Fitted on what the grid expected in a gap, judged only where counts are known.
    whole = filled(panel)  # other models take no gaps
    late = every[max(first_refit, 0) :]
    refits = refitting.paths(models, whole, keys, late, h) if refitting else {}
    predictive, at, far = {}, {}, None
    for name in models:
        # A fit takes seconds: no further back than what calibrates the cutoffs asked for.
        at[name] = origins if name not in refits else origins[np.isin(origins, late)]
        if name == ENGINE:
            near, *rest = engine_at_both(panel, origins, h, further, totals=totals, spread=spread)
            predictive[name], far = near, rest[0] if rest else None
        elif name in refits:
            predictive[name] = model_forecasts(whole, refits[name], late, at[name])
        else:
            paths = plugins.model(name).paths(whole, every, h)
            predictive[name] = model_forecasts(whole, paths, every, at[name])
    return Forecasts(predictive, at, refits, far)


@dataclass(frozen=True)
class Headline:
    """The totals: their panel, and from which columns models are asked.

    totals : row of the whole -> rows of its parts. scored : first column whose hindcasts by the
    other models are kept; burn_in : the first that calibrates them.
    """

    keys: tuple[SeriesKey, ...]
    panel: Panel
    totals: Mapping[int, tuple[int, ...]]
    scored: int
    burn_in: int

    @property
    def last(self) -> int:
        """The last column."""
        return int(self.panel.z.shape[1]) - 1

    def origins(self, first: int) -> Ints:
        """Every column from `first` to the last."""
        return np.arange(max(first, 0), self.last + 1, dtype=np.int64)


def headline(counts: Counts, first_cutoff: str, source: Traits) -> Headline:
    """The totals that are held, side by side; DataError if there are none.

    first_cutoff : month from which hindcasts are scored.
    """
    keys = tuple(SeriesKey(b) for b in source.totals.every if SeriesKey(b) in counts)
    if not keys:
        raise DataError(f"no {source.one} has counts on record; import a file")
    panel = side_by_side({key: counts[key] for key in keys}, source=source)
    column_zero = int(panel.last.max()) - (panel.z.shape[1] - 1)
    # Counted from the end, where all totals stand in the same column.
    scored = max(months.to_index(first_cutoff) - column_zero, 0)
    together = len(set(panel.last.tolist())) == 1  # only months that are the same add up
    totals = nationwide_rows(keys, source.tree) if together else {}
    return Headline(keys, panel, totals, scored, max(scored - BURN_IN, 0))


def forecast_headline(
    models: Sequence[str],
    horizon: int,
    head: Headline,
    refitting: Refitting,
    spread: Spread = serial,
) -> Forecasts:
    """Every model's predictive distributions of the totals, at every cutoff.

    models : beside the engine and the last value. horizon : months ahead.
    """
    names = tuple(dict.fromkeys((ENGINE, NAIVE, *models)))
    return forecast(
        head.panel,
        head.keys,
        names,
        head.origins(0),
        horizon,
        first_refit=head.burn_in,
        further=MAX_HORIZON,
        totals=head.totals,
        spread=spread,
        refitting=refitting,
    )


def headline_rows(head: Headline, models: Forecasts, source: Traits) -> list[Forecast]:
    """Every model's forecasts from the last month, the engine's first."""
    own, others = list[Forecast](), list[Forecast]()
    for name, predictive in models.predictive.items():
        rows = forecast_rows(predictive, head.panel, head.keys, name)
        (own if name == ENGINE else others).extend(rows)
    return with_summed_medians(own, source.tree) + others


def new_hindcasts(
    head: Headline,
    models: Forecasts,
    recorded: Container[HindcastKey],
    among: Container[SeriesKey] | None = None,
    judged_by: PanelHindcasts | None = None,
) -> Iterator[Hindcasts]:
    """Hindcasts of cutoffs before the last month that are not held yet.

    recorded : a hindcast is written once for each cutoff and version of the model, from the data
    of that time, whose digest stands beside it.
    among : of these series alone. judged_by : what months are judged by, where figures were
    restated: then the engine's are those, so that a month has one hindcast.
    """
    # So that a hindcast says by itself which figures it knew.
    now = data_digests(head.panel)
    for name, predictive in models.predictive.items():
        digests = now
        if name == ENGINE and judged_by and judged_by.then:
            predictive, digests = judged_by.then, {**now, **judged_by.digests}
        first, origins = 0 if name == ENGINE else head.scored, models.origins[name]
        past = (first <= origins) & (origins < head.last)
        yield from hindcast_rows(
            *(predictive.at(past), head.panel, head.keys, origins[past]),
            *(name, model_version(name), digests),
            among=among,
            recorded=recorded,
        )


def model_version(name: str) -> str:
    """What the numbers of a model depend on beside data and settings."""
    if plugins.library_of(name):
        return model_options(name)
    made = (repr(name if name == ENGINE else plugins.model(name)), plugins.package(name))
    return ", ".join((*filter(None, made), f"engine {VERSION}"))


def fits(head: Headline, models: Forecasts) -> Iterator[Row]:
    """How each model did on each headline series, a row each.

    Their weight is the share in the engine's centre at the last cutoff, 0..1, None outside the
    mixture; past_error the mean |one-step error| on log1p counts, None where there is none yet;
    failure "" or why there is no forecast; seconds 0.
    """
    for name, predictive in models.predictive.items():
        origins = models.origins[name]
        refits = models.refits.get(name)
        failures = refits.failures if refits else ()
        failed = {f.series: f.reason for f in failures if f.origin == origins[-1]}
        # One-step errors of the last twelve matured forecasts, on log1p counts.
        ahead = head.panel.z[:, origins[:-1] + 1]
        errors = np.abs(ahead - predictive.centre[:, :-1, 0])[:, -12:]
        for row, key in enumerate(head.keys):
            weight = float(predictive.weight[row, -1])
            known = errors[row][np.isfinite(errors[row])]
            yield {
                "series": key,
                "model": name,
                "weight": weight if name == ENGINE and np.isfinite(weight) else None,
                "past_error": float(known.mean()) if len(known) else None,
                "failure": failed.get(row, ""),
                # Measured, as by earlier programs, it gave equal runs unequal digests.
                "seconds": 0.0,
            }


def drill_down(
    counts: Counts, least: int, horizon: int, spread: Spread, source: Traits
) -> list[PanelHindcasts]:
    """What the engine says of every family of parts, standing at each of its months.

    least : the count that a part must have come to, see `followed`. horizon : months ahead.
    """
    families = followed(counts, least, source.tree)
    panels = [
        side_by_side(members, family=dict.fromkeys(members, n), source=source)
        for n, members in families.items()
    ]
    tasks = [Task(p, np.arange(p.z.shape[1], dtype=np.int64), horizon, MAX_HORIZON) for p in panels]
    predictives = blocks.families_side_by_side(tasks, spread)
    return [
        PanelHindcasts(tuple(members), together, near, further=more)
        for members, together, (near, more) in zip(
            families.values(), panels, predictives, strict=True
        )
    ]


def followed(
    counts: Counts, least: int, tree: Tree
) -> dict[str, dict[SeriesKey, Mapping[str, int]]]:
    """Family -> its members whose largest month is at least this count; see `Tree.family`."""
    families: dict[str, dict[SeriesKey, Mapping[str, int]]] = {}
    for key, by_month in counts.items():
        family = tree.family(key)
        if family is not None and max(by_month.values()) >= least:
            families.setdefault(family, {})[key] = by_month
    return dict(sorted(families.items()))


def drill_down_rows(families: Sequence[PanelHindcasts]) -> Iterable[Forecast]:
    """The forecasts from each member's last month."""
    for family in families:
        yield from forecast_rows(family.predictive, family.panel, family.keys, ENGINE)


HUB = tuple(permille / 1000 for permille in HUB_PERMILLES)
INTERVALS = ("lo95", "lo90", "lo80", "lo50", "median", "hi50", "hi80", "hi90", "hi95")
INTERVAL_PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def forecast_rows(
    predictive: Predictive, panel: Panel, keys: Sequence[SeriesKey], model: str
) -> list[Forecast]:
    """The forecasts from the last month of each series; none where the model has none."""
    rows = []
    last = predictive.centre.shape[1] - 1
    for series, key in enumerate(keys):
        # Too young for a scale of errors: a median without an interval is not published.
        if not np.isfinite(predictive.sigma[series, last]):
            continue
        cutoff = months.from_index(int(panel.last[series]))
        centre, scale = (x[series, last].tolist() for x in (predictive.centre, predictive.scale))
        mixed = predictive.of_months(series, last)
        for step, counts in enumerate(predictive.counts(INTERVAL_PROBS, series, last).tolist()):
            month = months.shift(cutoff, step + 1)
            forecast = Forecast(
                *(key, model, cutoff, month, month),
                **dict(zip(INTERVALS, counts, strict=True)),
                centre=centre[step],
                scale=scale[step],
                df=float(predictive.df[series, last]),
                mixture=mixed[step] if mixed else None,
            )
            rows.append(forecast)
    return rows


def with_summed_medians(rows: Sequence[Forecast], tree: Tree) -> list[Forecast]:
    """Nationwide's whole median as the sum of the totals' whole medians.

    The engine's nationwide median is that sum before rounding; rounded each for itself, the four
    numbers could miss it by one or two. Only where all of them are there.
    """
    medians = defaultdict[tuple[str, str], dict[SeriesKey, int]](dict)
    for row in rows:
        if row.series.headline:
            medians[row.model, row.month][row.series] = row.median
    whole, summed_rows = tree.whole, []
    for row in rows:
        known = medians[row.model, row.month] if row.series == whole else {}
        if parts := tree.addends(known):
            # Rounding moves a sum by one or two, and never out of its own interval.
            median = min(max(sum(known[key] for key in parts), row.lo50), row.hi50)
            row = replace(row, median=median)
        summed_rows.append(row)
    return summed_rows


def hub_quantiles(
    predictive: Predictive, panel: Panel, keys: Sequence[SeriesKey]
) -> Iterator[HubQuantile]:
    """Quantiles at the hub's 23 probabilities, from the last months."""
    last = predictive.centre.shape[1] - 1
    for series, key in enumerate(keys):
        if not np.isfinite(predictive.sigma[series, last]):
            continue
        for step, counts in enumerate(predictive.counts(HUB, series, last).tolist()):
            month = months.from_index(int(panel.last[series]) + step + 1)
            for permille, value in zip(HUB_PERMILLES, counts, strict=True):
                yield HubQuantile(key, month, permille, value)


def hindcast_rows(  # noqa: PLR0913 - what a hindcast is of, and which are wanted
    predictive: Predictive,
    panel: Panel,
    keys: Sequence[SeriesKey],
    origins: Ints,
    model: str,
    version: str,
    digests: Mapping[int, str],
    *,
    among: Container[SeriesKey] | None = None,
    recorded: Container[HindcastKey] = (),
) -> Iterator[Hindcasts]:
    """What the model would have said at each of these origins, of every series it could.

    digests : column -> digest of the panel's data up to it, see `data_digests`.
    among : of these series alone. recorded : to be left out.

    None from a month that nobody knows: a cutoff is a month that was published.
    """
    known, ahead = panel.known, predictive.centre.shape[-1]
    for series, key in enumerate(keys):
        if among is not None and key not in among:
            continue
        issued = np.isfinite(predictive.sigma[series]) & known[series, origins]
        of_cutoff = {p: month_of(panel, series, int(origins[p])) for p in np.flatnonzero(issued)}
        chosen = [
            place
            for place, cutoff in of_cutoff.items()
            if HindcastKey(model, version, key, cutoff) not in recorded
        ]
        if not chosen:
            continue
        # All of a series' at once: a call each takes five times as long.
        own = predictive.of(slice(series, series + 1)).at(np.array(chosen))
        rows = [
            (of_cutoff[place], months.shift(of_cutoff[place], step), step, digests[origins[place]])
            for place in chosen
            for step in range(1, ahead + 1)
        ]
        cutoffs, targets, horizons, of_data = zip(*rows, strict=True)
        yield Hindcasts(
            *(key, model, version, cutoffs, targets, horizons, of_data),
            counts=intervals.counts(own.quantiles(HUB))[0].reshape(-1, len(HUB)),
            centre=own.centre.ravel().tolist(),
            scale=own.scale.ravel().tolist(),
            df=np.repeat(own.df[0], ahead).tolist(),
        )


def data_digests(panel: Panel) -> dict[int, str]:
    """Column -> sha256 of every series' values up to it (16 hex digits)."""
    running = hashlib.sha256()
    digests = {}
    for column, values in enumerate(panel.z.T):
        running.update(np.ascontiguousarray(values).tobytes())
        digests[column] = running.hexdigest()[:16]
    return digests


MonthValues = Mapping[str, Sequence[tuple[int, str]]]
"""Month -> its values and the day from which each was known, ascending."""
CountsAsOf = Mapping[SeriesKey, MonthValues]


def vintage_hindcasts(
    vintages: Iterable[MonthVintage], head: Headline, predictive: Predictive, source: Traits
) -> PanelHindcasts:
    """What the engine would have said of the totals at each cutoff.

    The figures of today stand in for those of a cutoff wherever they are the same; where a month
    has been revised since, the engine is asked again on what stood then. predictive : the engine's
    word on today's figures at every column.
    """
    values: dict[SeriesKey, dict[str, list[tuple[int, str]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in vintages:
        values[one.series][one.month].append((one.value, one.known_from))
    earlier = list(_earlier_figures(head, values))
    if not earlier:
        return PanelHindcasts(head.keys, head.panel, predictive)
    said, panels = _said_of(earlier, predictive.centre.shape[2], source)
    revised = _outlooks(said, earlier)
    hindcasts = PanelHindcasts(head.keys, head.panel, predictive, revised)
    then, digests, first = predictive, {}, 0
    for (cutoff, counts), of_then in zip(earlier, panels, strict=True):
        column = hindcasts.column(0, cutoff)  # the same of all, as they end in one month
        rows = [head.keys.index(key) for key in counts]
        then = then.restated(rows, column, said.of(slice(first, first + len(rows))))
        digests[column] = list(data_digests(of_then).values())[-1]
        first += len(rows)
    return replace(hindcasts, then=then, digests=digests)


def _earlier_figures(head: Headline, values: CountsAsOf) -> Iterator[tuple[str, Counts]]:
    """Cutoffs at which another figure stood than today's, and all the figures of then."""
    if len(set(head.panel.last.tolist())) > 1:
        return  # totals that end in different months are not judged side by side
    # Most months are never restated: those before the first that was need no second look.
    restated = min(
        (month for by in values.values() for month, value in by.items() if len(value) > 1),
        default="9999-12",
    )
    for column in range(head.last):
        cutoff = month_of(head.panel, 0, column)
        if cutoff < restated or any(cutoff not in values[key] for key in head.keys):
            continue  # before the first restated month nothing stood that does not stand today
        day = max(values[key][cutoff][0][1] for key in head.keys)
        then = {key: _as_of(values[key], cutoff, day) for key in head.keys}
        now = {key: _as_of(values[key], cutoff, "9999") for key in head.keys}
        if then != now:
            yield cutoff, then


def _as_of(by_month: MonthValues, cutoff: str, day: str) -> dict[str, int]:
    """One total's months up to the cutoff as they stood on a day, or at first after it."""
    return {
        month: next((value for value, since in reversed(values) if since <= day), values[0][0])
        for month, values in by_month.items()
        if month <= cutoff
    }


def refit_on_vintages(
    earlier: Sequence[tuple[str, Counts]], horizon: int, source: Traits, weighed_before: int = 0
) -> dict[tuple[SeriesKey, str], ForecastPath]:
    """The engine's word from the last month of each of these figures, all at once.

    earlier : (name, figures); each is a family of its own. By (series, name).
    weighed_before : the last so many months do not change how models are weighed.
    """
    if not earlier:
        return {}
    return _outlooks(_said_of(earlier, horizon, source, weighed_before)[0], earlier)


def _outlooks(
    predictive: Predictive, earlier: Sequence[tuple[str, Counts]]
) -> dict[tuple[SeriesKey, str], ForecastPath]:
    places = [(key, cutoff) for cutoff, counts in earlier for key in counts]
    return {
        (key, cutoff): outlook_of(predictive, row, 0, cutoff)
        for row, (key, cutoff) in enumerate(places)
        if np.isfinite(predictive.sigma[row, 0])
    }


def _said_of(
    earlier: Sequence[tuple[str, Counts]], horizon: int, source: Traits, weighed_before: int = 0
) -> tuple[Predictive, list[Panel]]:
    """The engine's word from the last month of each, a row a series; and each by itself."""
    panels = [
        panel(counts, family=dict.fromkeys(counts, cutoff), source=source)
        for cutoff, counts in earlier
    ]
    # All cutoffs in one pass: each is a family of its own and teaches no other.
    together = stack(panels)
    end = together.z.shape[1] - 1
    totals, first = {}, 0
    for _, counts in earlier:
        for total, parts in nationwide_rows(tuple(counts), source.tree).items():
            totals[first + total] = tuple(first + part for part in parts)
        first += len(counts)
    predictive = engine_forecasts(
        together,
        np.array([end], dtype=np.int64),
        horizon,
        totals=totals,
        until=end - weighed_before if weighed_before else None,
    )
    return predictive, panels
