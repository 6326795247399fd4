"""What a run says of all series together: distributions up to two years ahead, and correlations."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from forecast import months
from forecast.engine import ENGINE, paths, spans
from forecast.engine.forecast import INTERVAL_PROBS, INTERVALS, Forecasts, Headline
from forecast.engine.joint import Joint, as_bytes, shared_out
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.engine.spans import around, whole
from forecast.periods import Calendar
from forecast.tree import Traits, Tree
from forecast.types import (
    Counts,
    Forecast,
    SeriesKey,
    SimulationSpec,
    StoredMarginals,
)
from models.base import Floats, Ints

RECENT = 12  # months that say how much of a total its forecast parts make up
_DECIMALS = 4  # of a loading
ALL = 0.98  # a dimension published with another file differs by .5% through revisions alone


def joint_forecast(
    head: Headline,
    models: Forecasts,
    families: Sequence[PanelHindcasts],
    counts: Counts,
    source: Traits,
) -> tuple[SimulationSpec, list[StoredMarginals], Joint]:
    """What a run keeps to draw paths of all series together from, and the draws."""
    # Two years ahead for the engine alone: no other model is asked for sums.
    predictive = models.predictive[ENGINE]
    assert models.further is not None
    marginals = _kept(head.keys, predictive, models.further)
    for family in families:
        marginals |= _kept(family.keys, family.predictive, family.further)
    cutoffs = {key: max(counts[key]) for key in marginals}
    rule = _rule(head, predictive, models.further, marginals, source)
    if any(p.mixtures for p in (predictive, *(family.predictive for family in families))):
        # Rules of before stay what they were: none of them knows mixtures.
        rule = replace(rule, rule=paths.MIXED_RULES[rule.rule == paths.FACTORS_RULE])
    shares, known = beside_totals(marginals, counts, cutoffs, source.tree)
    stored = [
        StoredMarginals(key, cutoffs[key], kept, shares.get(key, 1.0), known.get(key, ()))
        for key, kept in marginals.items()
    ]
    return rule, stored, Joint(rule, stored, source.tree)


def _kept(
    keys: Sequence[SeriesKey], predictive: Predictive, further: Predictive | None
) -> dict[SeriesKey, bytes]:
    """What is kept of each series that has a forecast; the published months as published."""
    centre, scale = predictive.centre[:, -1], predictive.scale[:, -1]
    if further is not None:
        h = centre.shape[1]
        centre = np.concatenate([centre, further.centre[:, -1, h:]], axis=1)
        scale = np.concatenate([scale, further.scale[:, -1, h:]], axis=1)
    last, mixed = predictive.sigma.shape[1] - 1, {}
    for row in np.unique(predictive.mixtures.row).tolist() if predictive.mixtures else ():
        near = predictive.of_months(row, last)
        far = further.of_months(row, 0) if further is not None and near else ()
        mixed[row] = (*near, *far[len(near) :])
    return {
        key: as_bytes(
            *(centre[row], scale[row], predictive.df[row, -1], predictive.reach[row, -1]),
            mixed.get(row, ()),
        )
        for row, key in enumerate(keys)
        if np.isfinite(centre[row]).all()
    }


def _rule(
    head: Headline,
    predictive: Predictive,
    further: Predictive,
    marginals: Mapping[SeriesKey, bytes],
    source: Traits,
) -> SimulationSpec:
    """How the totals hang together, from their errors so far."""
    near, far = paths.marks(predictive), paths.marks(further)
    every = np.concatenate([near, far[:, near.shape[1] :]], axis=1)
    marks = {key: every[row] for row, key in enumerate(head.keys) if key in marginals}
    totals = [key for key in head.keys if key in marks and key.total != source.totals.whole]
    seed = int(head.panel.last.max())
    if not totals:
        return SimulationSpec(paths.RULE, seed, (), ())
    row_of = {key: row for row, key in enumerate(head.keys)}
    rows = [row_of[key] for key in totals]
    # Totals that end apart are laid month by month, or errors of other months would be compared.
    scores = paths.one_month_scores(predictive, head.panel.z)[rows]
    together = paths.correlation(_by_month(scores, head.panel.last[rows]))
    nationwide = SeriesKey(source.totals.whole)
    if head.totals and nationwide in marks and len(totals) > 1:
        parts = np.stack([marks[key] for key in totals])
        together = paths.as_wide_as(together, parts, marks[nationwide])
    names = tuple(key.total for key in totals)
    if isinstance(together, paths.Factors):
        loadings = tuple(map(tuple, together.loadings.round(_DECIMALS).tolist()))
        return SimulationSpec(paths.FACTORS_RULE, seed, names, loadings)
    return SimulationSpec(paths.RULE, seed, names, tuple(map(tuple, together.tolist())))


def _by_month(scores: Floats, last: np.ndarray) -> Floats:
    """Rows that end in different months, moved so that a column is a month; NaN where unknown."""
    behind = last.max() - last
    out = np.full((len(scores), scores.shape[1] + int(behind.max())), np.nan)
    width = out.shape[1]
    for row, months_behind in enumerate(behind.tolist()):
        out[row, width - months_behind - scores.shape[1] : width - months_behind] = scores[row]
    return out


def beside_totals(
    marks: Iterable[SeriesKey], counts: Counts, cutoffs: Mapping[SeriesKey, str], tree: Tree
) -> tuple[dict[SeriesKey, float], dict[SeriesKey, tuple[tuple[str, int], ...]]]:
    """Of its total, how much the parts beside a part make up; and what is known of totals.

    All, unless some have no forecast: a part may have none because it is new or small, and its
    total's forecast holds it all the same. Known are a total's counts of the months that its parts
    still forecast.
    """
    shares: dict[SeriesKey, float] = {}
    known: dict[SeriesKey, tuple[tuple[str, int], ...]] = {}
    for (total, _), keys in tree.groups(marks).items():
        last, by_month = max(cutoffs[key] for key in keys), counts.get(total, {})
        unknown = {month for key in keys for month in months.missing(counts[key])}
        recent = months.between(months.shift(last, 1 - RECENT), last)
        span = [month for month in recent if month in by_month and month not in unknown]
        of_total = sum(by_month[month] for month in span)
        of_parts = sum(counts[key].get(month, 0) for key in keys for month in span)
        share = of_parts / of_total if of_total else 1.0
        shares |= dict.fromkeys(keys, share if share < ALL else 1.0)
        first = months.shift(min(cutoffs[key] for key in keys), 1)
        ahead = months.between(first, cutoffs[total]) if total in cutoffs else []
        published = tuple((month, by_month[month]) for month in ahead if month in by_month)
        if len(published) > len(known.get(total, ())):
            known[total] = published
    return shares, known


class SeriesPaths(NamedTuple):
    """What is kept of a series' paths: quantiles of a part, (INTERVAL_PROBS, h), medians, sums."""

    quantiles: Ints
    medians: Floats
    sums: tuple[Forecast, ...]


def summarized(
    together: Joint, key: SeriesKey, draws: Floats, counts: Mapping[str, int], calendar: Calendar
) -> SeriesPaths:
    """What a run asks of one series' paths: its months, and the usual sums.

    Sums as far as its counts and its forecast reach. counts : of the series. calendar : the
    source's years.
    """
    marginals = together.marginals[key]
    cutoff = months.from_index(marginals.cutoff)
    sums = []
    # Once a series: it is asked for each of its spans.
    unknown = months.missing(counts)
    for span in calendar.standard(marginals.cutoff, len(marginals.marks)):
        # A part that has first appeared within the span had no counts before.
        known = {month: counts.get(month, 0) for month in span.months if month <= cutoff}
        if key.headline and any(month not in counts for month in known):
            continue
        if not known.keys().isdisjoint(unknown):
            continue  # a sum with a month that nobody knows is not known either
        total = spans.total(span, known, cutoff, draws, calendar)
        sums.append(spans.span_forecast(key, span, cutoff, total, calendar))
    quantiles = np.empty((0, 0), dtype=np.int64)
    if not key.headline:
        quantiles = whole(paths.quantiles(draws, INTERVAL_PROBS))
    return SeriesPaths(quantiles, np.median(draws, axis=0), tuple(sums))


def standard_spans(
    every: Mapping[SeriesKey, SeriesPaths], rows: Iterable[Forecast]
) -> Iterator[Forecast]:
    """The sums of every series; where one month is to come, by the published forecast of it.

    rows : this run's forecasts of months.
    """
    # Of a sum with one month to come the published month is the better word.
    ahead = {(row.series, row.month): row for row in rows if row.model == ENGINE}
    for of_series in every.values():
        for span in of_series.sums:
            only = spans.only_month(span.first_month, span.last_month, span.cutoff)
            if month := ahead.get((span.series, only)):
                yield spans.with_month(span, month)
            else:
                yield span


SeriesMonth = tuple[SeriesKey, str]  # series and month


def coherent(
    rows: Iterable[Forecast], joint: Joint, drawn: Mapping[SeriesKey, SeriesPaths], model: str
) -> list[Forecast]:
    """All forecasts, this model's with the parts' counts as their paths have them.

    Parts' quantiles are those of the paths, whole and rounded outward; medians add up to the
    total's in every month. Centre, scale and df stay the engine's own: judging a part by what was
    said of its total would count one surprise twice. Totals stay as they are.
    """
    # Other models say nothing of parts, and need not agree with the engine's.
    rows = list(rows)
    own = [row for row in rows if row.model == model]
    parts = {r.series for r in own if not r.series.headline and r.series in joint.marginals}
    middles = {key: of.medians for key, of in drawn.items() if key in parts}
    medians = _medians(own, joint, middles)
    agreeing = []
    for row in rows:
        if row.model == model and row.series in parts:
            counts = drawn[row.series].quantiles[:, row.horizon - 1].tolist()
            values = dict(zip(INTERVALS, counts, strict=True))
            moved: dict[str, Any] = around(values, medians[row.series, row.month])
            agreeing.append(replace(row, **moved))
        else:
            agreeing.append(row)
    return agreeing


def _medians(
    rows: Sequence[Forecast], joint: Joint, middle: Mapping[SeriesKey, Floats]
) -> dict[SeriesMonth, int]:
    """Whole medians of every series and month, parts' scaled to their total's."""
    medians = {(r.series, r.month): r.median for r in rows if r.series.headline}
    for key, marginals in joint.marginals.items():
        medians |= {(key, months.from_index(m)): count for m, count in marginals.known.items()}
    groups: dict[tuple[SeriesKey, str, str], list[Forecast]] = defaultdict(list)
    for row in rows:
        if row.series in middle:
            groups[(*joint.place(row.series), row.month)].append(row)
    # Agencies before the sectors and offices that add up to them.
    for place in sorted(groups, key=lambda place: (not place[0].headline, place)):
        group, total = groups[place], medians.get((place[0], place[2]))
        of_each = np.array([middle[row.series][row.horizon - 1] for row in group])
        # Where a part has no forecast the others do not make up the total: none is scaled.
        if total is None or len(group) < len(joint.groups[place[:2]]):
            shared = np.rint(of_each).astype(np.int64)
        else:
            share = joint.marginals[group[0].series].share
            shared = shared_out(of_each, round(total * share))
        own = zip(group, shared.tolist(), strict=True)
        medians |= {(row.series, row.month): count for row, count in own}
    return medians
