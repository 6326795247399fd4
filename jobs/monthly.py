"""The month's work, top to bottom.

    take in what is new -> judge newly published months by the forecast that stood before them
    -> refit -> publish, in one transaction -> write the notices it gives occasion to

Everything happens inside the write lock. Killed at any point, it leaves the last published
run as it was, and running it again does what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import forecast
from forecast.config import Config
from forecast.engine import VERSION, paths, scorecard
from forecast.engine.coherent import coherent
from forecast.engine.joint import Joint
from forecast.engine.rows import hub_quantiles
from forecast.intake import bundle
from forecast.records import Counts, Hindcast, Publication, Score
from forecast.store import digests, releases, runs, seals, service, standing
from forecast.store.connect import transaction, writing
from forecast.watch.judge import Rules
from jobs import notices
from jobs.archive import folders
from jobs.changing import changed
from jobs.drilldown import drill_down, drill_down_rows
from jobs.explaining import explain
from jobs.headline import (
    ENGINE,
    fits,
    forecast_headline,
    headline,
    headline_rows,
    new_hindcasts,
)
from jobs.ingest import Found, Taken, take_bundle, take_file, take_waiting
from jobs.joint import joint_forecast, standard_spans
from jobs.judging import alarmed, judge_new
from jobs.known import as_known
from jobs.occasions import occasions
from jobs.refits import Report
from jobs.standing import answers as standing_answers

if TYPE_CHECKING:
    from sqlite_utils import Database

CODE_VERSION = f"{forecast.__version__}, engine {VERSION}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: run_id is None if there was nothing new to publish."""

    run_id: int | None
    taken: tuple[Taken, ...]
    judged: int = 0
    flagged: int = 0


def run(
    path: Path,
    config: Config,
    files: Sequence[Path] = (),
    *,
    now: datetime | None = None,
    first_seen: str | None = None,
    with_bundle: bool = True,
    only: int | None = None,
    report: Report = lambda step, done, total: None,
) -> Outcome:
    """Do the month's work once.

    Parameters
    ----------
    path : the database; made if absent.
    files : published files to take in first; a refused one stops the run. What waits in the
        inbox or was downloaded is taken in as well; a refused one of these does not.
    now : the moment, UTC; first_seen : vintage date of the files, today if None.
    with_bundle : whether to start from the embedded figures.
    only : of what waits, take in this release (its seq) and leave the rest.
    report : told of progress.
    """
    now = now or datetime.now(UTC)
    with writing(path) as db:
        _refuse_altered(db)
        day = first_seen or now.date().isoformat()
        notices.write_all(path, db, config, now)  # what a run that was killed left to write
        taken = take_in(db, path, config, files, day, with_bundle, only)
        if nothing_new(db, config):
            return Outcome(None, taken)
        outcome = publish(db, config, now, report)
        notices.write_all(path, db, config, now)
        return replace(outcome, taken=taken)


def _refuse_altered(db: Database) -> None:
    """Build on nothing that was altered; VerifyError says what it is."""
    service.refuse(digests.at_sight(db.conn), "the record is not as it was written")
    missing = seals.missing(db.conn)
    if missing:
        with transaction(db):
            seals.seal(db.conn, *missing)


def take_in(
    db: Database,
    path: Path,
    config: Config,
    files: Sequence[Path],
    first_seen: str,
    with_bundle: bool,
    only: int | None = None,
) -> tuple[Taken, ...]:
    """Keep the embedded figures, these files, and what waits for us, each once."""
    dimensions = config.forecast.dimensions
    if with_bundle:
        take_bundle(db, dimensions)
        runs.keep_paths(db, bundle.load_paths())
    kept_in = folders(path, config)
    taken = [take_file(db, kept_in, Found(file, first_seen), dimensions) for file in files]
    return (*taken, *take_waiting(db, path, kept_in, dimensions, first_seen, only))


def nothing_new(db: Database, config: Config) -> bool:
    """Whether the last run rests on these releases, these settings and this code."""
    state = frozenset(releases.accepted(db)), config.digest(), CODE_VERSION
    return runs.last_run(db) == state


def publish(db: Database, config: Config, now: datetime, report: Report) -> Outcome:
    """Judge, refit and publish what the releases held now say."""
    counts = releases.current_counts(db)
    head = headline(counts, config)
    keep = partial(runs.keep_paths, db)
    models = forecast_headline(config, head, runs.kept_paths(db), keep, report)
    hindcasts = new_hindcasts(head, models, runs.stored_hindcasts(db))
    rules = Rules(**config.flags.model_dump())
    borders = as_known(db, head, models.predictive[ENGINE])
    families = drill_down(counts, config, report)
    found = judge_new(db, borders, families, rules)
    dimensions = config.forecast.dimensions
    moved = explain(db, found.flags, found.judgements, [borders, *families], counts, dimensions)
    rule, marks = joint_forecast(head, models.predictive[ENGINE], families, counts)
    together = Joint(rule, marks)
    rows = coherent(
        [*headline_rows(head, models), *drill_down_rows(families)],
        together.draws(paths.PART_DRAWS),
        ENGINE,
    )
    moved_on = changed(db, head, models.predictive[ENGINE], rows)
    publication = Publication(
        started_at=now.isoformat(timespec="seconds"),
        published_at=now.isoformat(timespec="seconds"),
        data_through=max(max(counts[key]) for key in head.keys),
        config_digest=config.digest(),
        code_version=CODE_VERSION,
        releases=tuple(releases.accepted(db)),
        forecasts=tuple(alarmed(rows, counts, rules)),
        quantiles=tuple(hub_quantiles(models.predictive[ENGINE], head.panel, head.keys)),
        hindcasts=tuple(hindcasts),
        fits=tuple(fits(head, models)),
        judgements=tuple(found.judgements),
        flags=tuple(found.flags),
        scores=tuple(score(db, hindcasts, counts, config.forecast.first_cutoff)),
        episodes=tuple(found.episodes),
        drivers=tuple(moved),
        systemic_months=found.systemic,
        occasions=tuple(occasions(db, config, found, counts, now)),
        path_rule=rule,
        path_marks=tuple(marks),
        spans=tuple(standard_spans(together, counts)),
        changes=tuple(moved_on),
        answers=tuple(
            standing_answers(
                head,
                models.predictive[ENGINE],
                together,
                rows,
                counts,
                config.questions.standing,
                standing.answered(db),
            )
        ),
    )
    run_id = runs.publish(db, publication)
    flagged = sum(flag.severity != "watch" for flag in found.flags)
    return Outcome(run_id, (), len(found.judgements), flagged)


def score(db: Database, new: Sequence[Hindcast], counts: Counts, first: str) -> Iterable[Score]:
    """How good hindcasts and issued forecasts have been, each for itself."""
    hindcasts = scorecard.of_hindcasts(runs.all_hindcasts(db, new))
    yield from scorecard.scores(hindcasts, counts, first, "hindcast")
    yield from scorecard.scores(runs.issued(db), counts, first, "issued")
