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
from forecast import in_use, months
from forecast.config import Config
from forecast.desk.report import newest_report
from forecast.engine import VERSION, paths, scorecard
from forecast.engine.coherent import coherent
from forecast.engine.joint import Joint
from forecast.engine.rows import hub_quantiles
from forecast.errors import ClockError, DataError
from forecast.intake.sources import registry
from forecast.records import Counts, Hindcast, Publication, Score
from forecast.store import integrity, ledger, releases, runs, standing, wakes
from forecast.store.connect import transaction, writing
from forecast.watch import standing as standing_kinds
from forecast.watch.surprise import Rules
from jobs.intake import archive
from jobs.intake.archive import folders
from jobs.intake.delivered import take_delivered
from jobs.intake.ingest import Taken, WaitingFile, take_bundle, take_file, take_waiting
from jobs.mail import compose
from jobs.pipeline.asof import as_known
from jobs.pipeline.attribution import explain
from jobs.pipeline.changing import changed
from jobs.pipeline.joint import joint_forecast, standard_spans
from jobs.pipeline.judging import alarmed, judge_new
from jobs.pipeline.parts import drill_down, drill_down_rows
from jobs.pipeline.refits import Report
from jobs.pipeline.standing import answers as standing_answers
from jobs.pipeline.totals import (
    ENGINE,
    fits,
    forecast_headline,
    headline,
    headline_rows,
    new_hindcasts,
)
from jobs.pipeline.triggers import occasions

if TYPE_CHECKING:
    from sqlite_utils import Database

CODE_VERSION = f"{forecast.__version__}, engine {VERSION}"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did: run_id is None if there was nothing new to publish."""

    run_id: int | None
    taken: tuple[Taken, ...]
    judged: int = 0
    flagged: int = 0


def run(  # noqa: PLR0913 - the front door: every way in which a month's work is asked for
    path: Path,
    config: Config,
    files: Sequence[Path] = (),
    *,
    now: datetime | None = None,
    first_seen: str | None = None,
    with_bundle: bool = True,
    only: int | None = None,
    report: Report = lambda step, done, total: None,
) -> RunOutcome:
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
        in_use.taken(db, config)
        day = first_seen or now.date().isoformat()
        compose.write_all(path, db, config, now)  # what a run that was killed left to write
        taken = take_in(db, path, config, files, day, with_bundle, only)
        refused = [file.reason for file in taken if file.outcome == "refused"]
        if refused and not releases.accepted(db):
            raise DataError(refused[0])
        if nothing_new(db, config):
            return RunOutcome(None, taken)
        outcome = publish(db, config, now, report)
        compose.write_all(path, db, config, now)
        return replace(outcome, taken=taken)


def _refuse_altered(db: Database) -> None:
    """Build on nothing that was altered; VerifyError says what it is."""
    wakes.refuse(integrity.at_sight(db.conn), "the record is not as it was written")
    if ledger.due(db):
        with transaction(db):
            ledger.add_schema(db)


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
        runs.keep_paths(db, registry.main().embedded_paths())
    kept_in = folders(path, config)
    archive.make(kept_in)
    joins = config.labels.joins
    releases.save_joins(db, joins)
    in_use.taken(db, config)
    taken = [
        take_file(db, kept_in, WaitingFile(file, first_seen), dimensions, joins) for file in files
    ]
    taken += take_waiting(db, path, kept_in, dimensions, first_seen, only, joins)
    taken += take_delivered(db, path, config, first_seen, only)
    in_use.taken(db, config)
    return tuple(taken)


def nothing_new(db: Database, config: Config) -> bool:
    """Whether the last run rests on these releases, these settings and this code."""
    state = frozenset(releases.accepted(db)), config.digest(), CODE_VERSION
    return runs.last_run(db) == state


def publish(db: Database, config: Config, now: datetime, report: Report) -> RunOutcome:
    """Judge, refit and publish what the releases held now say.

    Raises
    ------
    ClockError : `now` is before the end of the last month held; a run so dated would seem to have
        been published before months that it rests on.
    """
    counts = releases.current_counts(db)
    head = headline(counts, config)
    data_through = max(max(counts[key]) for key in head.keys)
    if now.date() <= months.end(data_through):
        raise ClockError(now.date().isoformat(), data_through)
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
        data_through=data_through,
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
                [kind for kind in config.questions.standing if standing_kinds.fits(kind)],
                standing.answered(db),
            )
        ),
    )
    run_id = runs.publish(db, publication, newest_report)
    flagged = sum(flag.severity != "watch" for flag in found.flags)
    return RunOutcome(run_id, (), len(found.judgements), flagged)


def score(db: Database, new: Sequence[Hindcast], counts: Counts, first: str) -> Iterable[Score]:
    """How good hindcasts and issued forecasts have been, each for itself."""
    hindcasts = scorecard.of_hindcasts(runs.all_hindcasts(db, new))
    yield from scorecard.scores(hindcasts, counts, first, "hindcast")
    yield from scorecard.scores(runs.issued(db), counts, first, "issued")
