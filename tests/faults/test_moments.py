"""A run published between any two statements of a reading command: the answer is of one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config
from forecast.context import Context
from forecast.store import runs
from forecast.store.connect import writing
from forecast.types import Publication
from jobs.cli import main
from jobs.service import health
from tests.support import database_reader, injected_faults, small_record

COMMANDS = [["status"], *database_reader.COMMANDS]


@pytest.fixture(scope="session")
def due(before, tmp_path_factory) -> tuple[Path, Publication]:
    """The record with the file taken in, and the run that is to be published next."""
    path = small_record.copied(before, tmp_path_factory.mktemp("due"))
    found = []

    def stop(_: object, publication: Publication, *__: object, **___: object) -> None:
        # Published again and again here: what is read once is kept.
        once = {name: tuple(getattr(publication, name)) for name in ("quantiles", "hindcasts")}
        found.append(replace(publication, **once))
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "publish", stop)
        with pytest.raises(KeyboardInterrupt):
            small_record.run(path)
    return path, found[0]


def publish(path: Path, publication: Publication) -> None:
    with writing(path) as db:
        runs.publish(db, publication)


def asked(path: Path, command: list[str]) -> str:
    """What a command says; for "status" the facts that do not change by themselves."""
    if command == ["status"]:
        facts = health.status(Context.open(path, Config()), small_record.NOW).facts
        return str({name: fact for name, fact in vars(facts).items() if "bytes" not in name})
    place = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    said = CliRunner().invoke(main, [*place, *command])
    assert said.exit_code == 0, said.output
    return said.output


class Between:
    """Publishes a run when the `at`th statement is about to be executed."""

    def __init__(self, at: int, path: Path, publication: Publication) -> None:
        self.at, self.path, self.publication = at, path, publication
        self.statements = 0

    def __call__(self, statement: str) -> None:
        self.statements += 1
        if self.statements == self.at:
            publish(self.path, self.publication)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["status"],  # the quickest: the one that `make whole` tries
        *(pytest.param(c, marks=pytest.mark.faults, id=" ".join(c)) for c in COMMANDS),
    ],
)
def test_a_command_reads_one_moment(due, tmp_path, figure, command):
    before, publication = due
    after = small_record.copied(before, tmp_path / "after")
    publish(after, publication)
    right = [asked(before, command), asked(after, command)]
    at, said = 0, []
    while True:
        at += 1
        path = small_record.copied(before, tmp_path / str(at))
        between = Between(at, path, publication)
        with injected_faults.watched(between):
            said.append(asked(path, command))
        if between.statements < at:
            break

    figure("run between statements", at, mixed_answers=len(set(said) - set(right)))
    assert sorted(set(said)) == sorted(set(right))
    assert right[0] != right[1] or command[0] in ("brief", "fact", "notices")
    assert at > 3
