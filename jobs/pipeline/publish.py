"""A run: series forecast, months judged by forecasts that stood before them, all published."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from forecast import months
from forecast.desk.facts import newest_reports
from forecast.engine import ENGINE, scores
from forecast.errors import ClockError
from forecast.store import inputs, releases, runs
from forecast.types import Counts, Hindcast, Publication, Rows, Score, SeriesKey
from jobs.deliver.intents import notice_intents
from jobs.pipeline import due
from jobs.pipeline.asof import vintage_hindcasts
from jobs.pipeline.attribution import explain
from jobs.pipeline.changing import changed
from jobs.pipeline.joint import agreeing, joint_forecast, standard_spans
from jobs.pipeline.judging import alarmed, judge_new, rules_of
from jobs.pipeline.parts import drill_down, drill_down_rows
from jobs.pipeline.standing import BesideLastValue, answers
from jobs.pipeline.totals import (
    fits,
    forecast_headline,
    headline,
    headline_rows,
    new_hindcasts,
    quantiles,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.config import Config
    from forecast.sources.source import Source
    from jobs.pipeline.refits import Report


_TOGETHER = 200  # series whose hindcasts are scored at a time


class NewRun(NamedTuple):
    """A run, how many months it judged, and how many of them it flagged."""

    run_id: int
    judged: int
    flagged: int


def publish(db: Database, config: Config, now: datetime, report: Report, source: Source) -> NewRun:
    """Forecast and judge what the releases held now say, and publish all of it in one transaction.

    Raises
    ------
    ClockError : `now` is before the end of the last month held; a run so dated would seem to have
        been published before months that it rests on.
    """
    counts = releases.current_counts(db)
    head = headline(counts, config, source)
    data_through = max(max(counts[key]) for key in head.keys)
    if now.date() <= months.end(data_through):
        raise ClockError(now.date().isoformat(), data_through)
    paths = inputs.PathsOnRecord(db)
    models = forecast_headline(config, head, paths.held(), paths.keep, report)
    predictive = models.predictive[ENGINE]
    beside = BesideLastValue(predictive, models.predictive["naive"])
    hindcasts = partial(new_hindcasts, head, models, inputs.stored_hindcasts(db))
    rules = rules_of(config)
    totals = vintage_hindcasts(db, head, predictive, source)
    families = drill_down(counts, config, report, source)
    findings = judge_new(db, totals, families, rules)
    moved = explain(
        db,
        findings.flags,
        findings.judgements,
        [totals, *families],
        counts,
        source.hierarchy.dimensions or config.forecast.dimensions,
        source,
    )
    joint = joint_forecast(head, models, families, counts, source)
    rows = agreeing([*headline_rows(head, models, source), *drill_down_rows(families)], joint.draws)
    publication = Publication(
        started_at=now.isoformat(timespec="seconds"),
        published_at=now.isoformat(timespec="seconds"),
        data_through=data_through,
        config_digest=config.digest(),
        code_version=due.CODE_VERSION,
        releases=tuple(releases.accepted(db)),
        forecasts=tuple(alarmed(rows, counts, rules)),
        quantiles=quantiles(head, models),
        hindcasts=Rows(hindcasts),
        fits=tuple(fits(head, models)),
        judgements=tuple(findings.judgements),
        flags=tuple(findings.flags),
        scores=tuple(score(db, head.keys, hindcasts, counts, config.forecast.first_cutoff, source)),
        episodes=tuple(findings.episodes),
        drivers=tuple(moved),
        systemic_months=findings.systemic,
        occasions=tuple(notice_intents(db, config, findings, counts, now, source)),
        path_rule=joint.rule,
        path_marks=tuple(joint.marks),
        spans=tuple(standard_spans(joint.draws, counts, rows, source)),
        changes=tuple(changed(db, head, predictive, rows, source)),
        answers=tuple(answers(db, config, head, beside, joint.draws, rows, counts, source)),
    )
    run_id = runs.publish(db, publication, partial(newest_reports, source=source))
    flagged = sum(flag.severity != "watch" for flag in findings.flags)
    return NewRun(run_id, len(findings.judgements), flagged)


def score(
    db: Database,
    keys: Sequence[SeriesKey],
    new: Callable[[Container[SeriesKey]], Iterator[Hindcast]],
    counts: Counts,
    first: str,
    source: Source,
) -> Iterator[Score]:
    """Scores of hindcasts, kept and new, and of issued forecasts, each for itself.

    keys : the series that are forecast; new : makes the new hindcasts of some of them.
    first : the first cutoff that is scored.
    """
    every = list(dict.fromkeys((*keys, *inputs.hindcast_series(db))))
    for start in range(0, len(every), _TOGETHER):
        block = dict.fromkeys(every[start : start + _TOGETHER])
        rows = inputs.all_hindcasts(db, Rows(partial(new, block)), block)
        hindcasts = scores.of_hindcasts(rows)
        yield from scores.scores(hindcasts, counts, first, "hindcast", source.breaks)
    yield from scores.scores(inputs.scored_forecasts(db), counts, first, "issued", source.breaks)
