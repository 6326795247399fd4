"""Have the record witnessed: what the ledger states now, by each witness of the settings.

One that cannot be had is asked again later, for ever; neither publishing nor another witness waits
for it. A witness that comes late still answers for all that came before.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from forecast.config import Config, WitnessSection, without_logins
from forecast.errors import ConfigError, WitnessError
from forecast.store import connect, wakes, witnesses
from forecast.store.witnesses import WitnessedEntry, WitnessKind, WitnessProof
from jobs.witness import commands

LOCK = "witness.lock"


def wanted(settings: WitnessSection) -> tuple[WitnessKind, ...]:
    """The witnesses that the settings name."""
    kinds: dict[WitnessKind, bool] = {
        "signature": bool(settings.sign),
        "time stamp": bool(settings.authority),
        "git": bool(settings.repository),
    }
    return tuple(kind for kind, named in kinds.items() if named)


def public_key(settings: WitnessSection) -> str:
    """The public half of the key that signs now, "" if none does."""
    return " ".join(settings.public_keys[0].split()[:2]) if settings.public_keys else ""


def witnesses_pending(path: Path, config: Config, now: datetime) -> bool:
    """Whether a witness is to be asked now."""
    kinds = wanted(config.witness)
    return bool(kinds) and path.exists() and witnesses.proofs_pending(path, kinds, now)


def attest(
    path: Path, config: Config, now: datetime, *, again: bool = False
) -> dict[WitnessKind, str]:
    """Ask each witness that has not seen the record yet; witness -> what is wrong, "" if it has.

    Parameters
    ----------
    path : the database. now : the moment, UTC. again : also ask those that were put off.

    Raises
    ------
    VerifyError : the record was edited, and nobody is shown it. BusyError : another is at it.
    """
    outcomes: dict[WitnessKind, str] = {}
    with connect.locked(path.with_name(LOCK), connect.LOCK_WAIT):
        wakes.require_intact(path)
        with closing(connect.read(path)) as connection:
            statement, missing = witnesses.lacking(connection, wanted(config.witness))
        failed = witnesses.failures(path)
        for kind in missing:
            if not again and kind in failed and failed[kind].next_attempt_at > _text(now):
                continue
            assert statement is not None
            outcomes[kind] = _attest_one(path, config, kind, statement, now)
    return outcomes


def _attest_one(
    path: Path, config: Config, kind: WitnessKind, statement: WitnessedEntry, now: datetime
) -> str:
    """Ask one witness, and keep its proof or that it could not be had."""
    try:
        proof = _ASKED[kind](path, config.witness, statement, now)
    except WitnessError as error:
        problem = without_logins(error.problem)
        witnesses.put_off(path, kind, problem, error.grave, now)
        return problem
    except Exception as error:  # whatever it is, the other witnesses and the service go on
        witnesses.put_off(path, kind, f"{type(error).__name__}: {error}", True, now)
        return f"{type(error).__name__}: {error}"
    with connect.writing(path) as db:
        witnesses.save(db, proof)
    witnesses.had(path, kind)
    return ""


def _signature(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> WitnessProof:
    from jobs.witness import signatures

    made = commands.output("signature", settings.sign, settings.seconds, statement.line())
    text = made.decode("ascii", errors="replace")
    key = next(
        (k for k in settings.public_keys if signatures.verify(k, statement.line(), text)), None
    )
    if key is None:
        problem = (
            f"{settings.sign[0]} signed with a key that is not among witness.public_keys, or gave "
            "no signature"
        )
        raise WitnessError("signature", problem, grave=True)
    return _kept("signature", statement, _text(now), " ".join(key.split()[:2]), made)


def _time_stamp(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> WitnessProof:
    from jobs.witness import timestamps

    trusted = beside(path, settings.authority_certificates)
    answer, stamp = timestamps.ask(settings.authority, statement, trusted, settings.seconds)
    return _kept("time stamp", statement, stamp.seen_at, stamp.authority, answer)


def _git(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> WitnessProof:
    from jobs.witness.git import Repository

    with closing(connect.read(path)) as connection:
        commits = [p.commit() for p in witnesses.proofs(connection) if p.witness == "git"]
    repository = Repository(clone(path), settings.seconds)
    commit, at = repository.append(settings.repository, statement, commits)
    return _kept(
        "git", statement, at, without_logins(settings.repository), repository.proof(commit)
    )


_ASKED: dict[
    WitnessKind, Callable[[Path, WitnessSection, WitnessedEntry, datetime], WitnessProof]
] = {
    "signature": _signature,
    "time stamp": _time_stamp,
    "git": _git,
}


def _kept(
    kind: WitnessKind, statement: WitnessedEntry, seen_at: str, seen_by: str, proof: bytes
) -> WitnessProof:
    entry, run = statement.entry_id, statement.run_id
    return WitnessProof(kind, entry, run, str(statement), seen_at, seen_by, proof)


def clone(path: Path) -> Path:
    """The folder of our clone of the repository, beside the database."""
    return path.with_name(f"{path.stem}-witness")


def beside(path: Path, name: str) -> Path:
    """A file of the settings, beside the database unless its path is absolute."""
    return path.parent / name


def check_settings(settings: WitnessSection) -> None:
    """ConfigError for settings that name a witness and not what checks it."""
    from importlib.util import find_spec

    if settings.sign and not settings.public_keys:
        raise _wrong("public_keys", "is empty; put the .pub file of the signing key's text there")
    for key in settings.public_keys:
        from jobs.witness import signatures

        try:
            signatures.raw_key(key)
        except ValueError as error:
            raise _wrong("public_keys", f"{key[:40]!r} is not valid: {error}") from None
    if settings.authority and not settings.authority_certificates:
        raise _wrong("authority_certificates", "is empty; name the PEM file of the authority's")
    if settings.authority and find_spec("rfc3161_client") is None:
        raise _wrong("authority", "needs a library: pip install 'bordercast[witness]'")


def _wrong(key: str, problem: str) -> ConfigError:
    return ConfigError("config.toml", f"witness.{key}", problem)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
