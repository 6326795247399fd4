"""A run: series forecast, months judged by forecasts that stood before them, all published."""

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from sqlite3 import Connection
from typing import NamedTuple

from forecast import months
from forecast.config import Config, Threshold
from forecast.desk.facts import newest_reports
from forecast.engine import ENGINE, VERSION, conditional, scores
from forecast.engine.forecast import (
    drill_down,
    drill_down_rows,
    fits,
    forecast_headline,
    headline,
    headline_rows,
    hub_quantiles,
    new_hindcasts,
    vintage_hindcasts,
)
from forecast.engine.refits import Refitting
from forecast.engine.simulation import coherent, joint_forecast, standard_spans, summarized
from forecast.engine.spans import share
from forecast.engine.unsure import weighed
from forecast.errors import ClockError
from forecast.judge.changes import changed
from forecast.judge.drivers import explain
from forecast.judge.judging import alarmed, judge_new
from forecast.judge.parts import within_budget
from forecast.judge.standing import StandingQuestions
from forecast.lives import running, without_over
from forecast.sources.source import Source
from forecast.store import inputs, releases, runs
from forecast.store.inputs import Inputs
from forecast.types import Hindcasts, KeptPath, Publication, Report, Row, SeriesKey
from forecast.version import __version__
from jobs.compute.pools import spreading, telling
from jobs.compute.robust_map import fitting
from jobs.deliver.intents import notice_intents
from models.base import Floats

CODE_VERSION = f"{__version__}, engine {VERSION}"
_TOGETHER = 200  # series whose hindcasts are scored at a time


def run_needed(db: Connection, config: Config) -> bool:
    """Whether a run would rest on releases, figures, settings or code that the last did not."""
    figures = frozenset(f.batch for f in inputs.provisional(db) if f.batch is not None)
    state = frozenset(releases.accepted(db)), figures, config.digest(), CODE_VERSION
    return inputs.run_basis(db) != state


class Published(NamedTuple):
    """A run's number, how many months it judged, and how many of them it flagged."""

    run_id: int
    judged: int
    flagged: int


def publish(
    db: Connection, config: Config, now: datetime, report: Report, source: Source
) -> Published:
    """Forecast and judge what the releases held now say, and publish all of it in one transaction.

    ClockError if `now` is before the end of the last month held; a run so dated would seem to have
    been published before months that it rests on.
    """
    record = inputs.read(db)

    # Each fit is kept as soon as it is done, so that a run that is killed need not fit again.
    keep = partial(inputs.keep_paths, db)
    run = compute(record, config, source, now, keep=keep, report=report)

    reports = partial(newest_reports, source=source)
    run_id = runs.publish(db, run, reports, tree=source.tree)
    flagged = sum(flag.severity != "watch" for flag in run.flags)
    return Published(run_id, len(run.judgements), flagged)


def compute(
    record: Inputs,
    config: Config,
    source: Source,
    now: datetime,
    *,
    keep: Callable[[list[KeptPath]], None] = lambda paths: None,
    report: Report = lambda step, done, total: None,
) -> Publication:
    """Compute all that a run publishes, from its inputs alone: no database, no clock.

    keep : called with refit models' new paths as they come. report : told of progress.
    Raises ClockError as `publish` does.
    """
    counts = record.counts
    source = running(source, counts)
    traits, wanted = source.traits, config.forecast
    head = headline(counts, wanted.first_cutoff, traits)
    data_through = max(max(counts[key]) for key in head.keys)
    # Counts are of months that were over when they came: only the clock can be wrong.
    if data_through > months.last_over(now.date().isoformat()):
        raise ClockError(now.date().isoformat(), data_through)
    refitting = Refitting(fitting(config.compute), report, record.paths, keep)
    with spreading(config.compute, len(counts)) as spread:
        reporting = telling(spread, report, len(counts))
        report("fitting models", 0, 1)
        models = forecast_headline(wanted.models, wanted.horizon, head, refitting, reporting)
        alive = without_over(source, counts)
        asked = {key: of for key, of in alive.items() if wanted.forecasts(key.dimension)}
        families = drill_down(asked, wanted.min_count, wanted.horizon, reporting, traits)
        report("fitting models", 1, 1)
    models, families = weighed(models, families, head, record.provisional)
    predictive = models.predictive[ENGINE]
    totals = vintage_hindcasts(record.vintages, head, predictive, traits)

    followed = len(head.keys) + sum(len(family.keys) for family in families)
    rules = within_budget(config.flags.rules, followed)
    findings = judge_new(record, totals, families, rules)
    dimensions = source.hierarchy.dimensions or config.forecast.dimensions
    new = findings.flags, findings.judgements
    drivers = explain(
        record.unexplained, *new, [totals, *families], counts, dimensions, source.tree
    )

    rule, marks, joint = joint_forecast(head, models, families, counts, traits)
    pair = predictive, models.predictive["naive"]
    standing = StandingQuestions.of(config.questions.standing, head, pair, counts, traits)
    of_totals = headline_rows(head, models, traits)
    next_months = {r.series: r for r in of_totals if (r.model, r.horizon) == (ENGINE, 1)}
    # Paths are drawn once, and all is asked of each at once: they are most of a run's work.
    drawn, issued = {}, {}
    likely: list[tuple[Threshold, str]] = []
    for done, (key, draws) in enumerate(joint.drawn()):
        report("drawing futures", done, len(joint.marginals))
        drawn[key] = summarized(joint, key, draws, counts[key], source.calendar)
        if key.headline:
            cutoff = months.from_index(joint.marginals[key].cutoff)
            likely += _passed(config.thresholds, key, cutoff, draws)
            issued[key] = list(standing.issued(key, cutoff, draws, next_months.get(key)))
    drawn = {key: drawn[key] for key in joint.marginals}
    rows = coherent([*of_totals, *drill_down_rows(families)], joint, drawn, ENGINE)
    own = [row for row in rows if row.model == ENGINE]
    given = conditional.of_run(joint, record.provisional)
    hindcasts = partial(new_hindcasts, head, models, record.recorded, judged_by=totals)
    moment = now.isoformat(timespec="seconds")
    return Publication(
        started_at=moment,
        published_at=moment,
        data_through=data_through,
        config_digest=config.digest(),
        code_version=CODE_VERSION,
        releases=record.releases,
        forecasts=(*alarmed(rows, counts, rules), *given, *standard_spans(drawn, rows)),
        quantiles=hub_quantiles(models.predictive[ENGINE], head.panel, head.keys),
        hindcasts=hindcasts(),
        fits=tuple(fits(head, models)),
        judgements=tuple(findings.judgements),
        flags=tuple(findings.flags),
        scores=tuple(score(record, head.keys, hindcasts, config.forecast.first_cutoff, source)),
        episodes=tuple(findings.episodes),
        drivers=tuple(drivers),
        systemic_months=findings.systemic,
        occasions=tuple(notice_intents(record, config, findings, now, source, own, likely)),
        path_rule=rule,
        path_marks=tuple(marks),
        changes=tuple(changed(record.before, head, predictive, rows, traits)),
        figures=tuple({f.batch: None for f in record.provisional if f.batch is not None}),
        answers=(*chain.from_iterable(issued.values()), *standing.hindcast(record.answered)),
    )


def _passed(
    thresholds: Iterable[Threshold], key: SeriesKey, cutoff: str, draws: Floats
) -> Iterator[tuple[Threshold, str]]:
    """Yield thresholds that a series passes next month with their chance or more, and that month.

    draws : (n, h) counts of the months after the cutoff.
    """
    for threshold in thresholds:
        own = threshold.series == key.total
        if own and share(draws[:, 0].round() > threshold.above) >= threshold.chance:
            yield threshold, months.shift(cutoff, 1)


def score(
    record: Inputs,
    keys: Iterable[SeriesKey],
    new: Callable[[Container[SeriesKey]], Iterator[Hindcasts]],
    first: str,
    source: Source,
) -> Iterator[Row]:
    """Scores of hindcasts, kept and new, and of issued forecasts, each for itself.

    keys : the series that are forecast; new : makes the new hindcasts of some of them.
    first : the first cutoff that is scored.
    """
    every = list(dict.fromkeys((*keys, *record.hindcast_series)))
    counts = inputs.without_incomplete(record.counts, record.provisional)
    for start in range(0, len(every), _TOGETHER):
        block = dict.fromkeys(every[start : start + _TOGETHER])
        hindcasts = scores.by_series(record.hindcasts(block), new(block))
        yield from scores.scores(hindcasts, counts, first, "hindcast", source.breaks)
    issued = scores.by_series(record.issued)
    yield from scores.scores(issued, counts, first, "issued", source.breaks)
