"""Have the record witnessed: what the ledger states now, by each witness of the settings.

All are asked, waited for, kept and checked in one way: a line of WITNESSES has how one kind is
asked and how its proof is checked, and each has `witness.seconds` for all it takes. One that cannot
be had is asked again later, for ever; neither publishing nor another witness waits for it. A
witness that comes late still answers for all that came before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from forecast.config import Config, WitnessSection, without_logins
from forecast.errors import ConfigError, WitnessError
from forecast.store import connect, wakes, witnesses
from forecast.store.witnesses import WitnessedEntry, WitnessKind, WitnessProof
from jobs.witness import commands
from jobs.witness.git import Repository

LOCK = "witness.lock"
Testimony = tuple[str, str, bytes]  # the moment, by whom it was seen, and the proof
AskWitness = Callable[[Path, WitnessSection, WitnessedEntry, datetime], Testimony]
Check = Callable[[Path, WitnessSection, WitnessedEntry, WitnessProof, Repository], str]


def wanted(settings: WitnessSection) -> tuple[WitnessKind, ...]:
    """The witnesses that the settings name."""
    return tuple(kind for kind, (named, *_) in WITNESSES.items() if getattr(settings, named))


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
        # A proof of an edited record would bear the forgery out.
        wakes.require_intact(path)
        with closing(connect.read(path)) as connection:
            statement, missing = witnesses.lacking(connection, wanted(config.witness))
        failed = witnesses.failures(path)
        for kind in missing:
            if not again and kind in failed and failed[kind]["next_attempt_at"] > _text(now):
                continue
            assert statement is not None
            _, ask, _ = WITNESSES[kind]
            try:
                proof = WitnessProof(
                    kind,
                    statement.entry_id,
                    statement.run_id,
                    str(statement),
                    *ask(path, config.witness, statement, now),
                )
            except WitnessError as error:
                outcomes[kind], grave = without_logins(error.problem), error.grave
            except Exception as error:  # whatever it is, the other witnesses and the service go on
                outcomes[kind], grave = f"{type(error).__name__}: {error}", True
            else:
                # Kept at once: the next witness may take a minute, and we may be killed.
                with connect.writing(path) as db:
                    witnesses.save(db, proof)
                witnesses.had(path, kind)
                outcomes[kind] = ""
                continue
            witnesses.put_off(path, kind, outcomes[kind], grave, now)
    return outcomes


def _sign(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> Testimony:
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
    return _text(now), " ".join(key.split()[:2]), made


def _signed(
    path: Path,
    settings: WitnessSection,
    statement: WitnessedEntry,
    proof: WitnessProof,
    repository: Repository,
) -> str:
    from jobs.witness import signatures

    text, line = proof.proof.decode("ascii", errors="replace"), statement.line()
    if not settings.public_keys:
        raise WitnessError("signature", "cannot be checked: witness.public_keys is empty")
    if not any(signatures.verify(key, line, text) for key in settings.public_keys):
        problem = "the signature is not of this statement by a key of witness.public_keys"
        raise WitnessError("signature", problem)
    return ""


def _stamp(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> Testimony:
    from jobs.witness import timestamps

    trusted = beside(path, settings.authority_certificates)
    return timestamps.ask(settings.authority, statement, trusted, settings.seconds)


def _stamped(
    path: Path,
    settings: WitnessSection,
    statement: WitnessedEntry,
    proof: WitnessProof,
    repository: Repository,
) -> str:
    from jobs.witness import timestamps

    if not settings.authority_certificates:
        problem = "cannot be checked: witness.authority_certificates is empty"
        raise WitnessError("time stamp", problem)
    trusted = beside(path, settings.authority_certificates)
    moment, by = timestamps.check(proof.proof, statement, trusted)
    return _as_kept(proof, moment, by, "stamp")


def _commit(
    path: Path, settings: WitnessSection, statement: WitnessedEntry, now: datetime
) -> Testimony:
    with closing(connect.read(path)) as connection:
        commits = [p.commit() for p in witnesses.proofs(connection) if p.witness == "git"]
    repository = Repository(clone(path), settings.seconds, time.monotonic() + settings.seconds)
    commit, at = repository.append(settings.repository, statement, commits)
    return at, without_logins(settings.repository), repository.proof(commit)


def _committed(
    path: Path,
    settings: WitnessSection,
    statement: WitnessedEntry,
    proof: WitnessProof,
    repository: Repository,
) -> str:
    repository.check(proof.commit(), statement)
    return _as_kept(proof, repository.moment(proof.commit()), proof.seen_by, "commit")


def _as_kept(proof: WitnessProof, moment: str, by: str, what: str) -> str:
    """The moment that a proof bears; WitnessError unless it is kept so."""
    if (moment, by) == (proof.seen_at, proof.seen_by):
        return moment
    raise WitnessError(proof.witness, f"the kept moment was edited; the {what} is of {moment}")


# In the order in which they are asked. A new witness is a line here, with its setting, and two
# functions. The first asks it for a proof of a statement: WitnessError if none is had. The other
# says when a proof was given, as it says itself, "" if it bears no moment: WitnessError unless it
# is one of this statement, and as old as it was kept.
WITNESSES: dict[WitnessKind, tuple[str, AskWitness, Check]] = {
    "signature": ("sign", _sign, _signed),
    "time stamp": ("authority", _stamp, _stamped),
    "git": ("repository", _commit, _committed),
}


def clone(path: Path) -> Path:
    """The folder of our clone of the repository, beside the database."""
    return path.with_name(f"{path.stem}-witness")


def beside(path: Path, name: str) -> Path:
    """A file of the settings, beside the database unless its path is absolute."""
    return path.parent / name


def check_settings(settings: WitnessSection) -> None:
    """ConfigError for settings that name a witness and not what checks it."""
    from importlib.util import find_spec

    def wrong(key: str, problem: str) -> ConfigError:
        return ConfigError("config.toml", f"witness.{key}", problem)

    if settings.sign and not settings.public_keys:
        raise wrong("public_keys", "is empty; put the .pub file of the signing key's text there")
    for key in settings.public_keys:
        from jobs.witness import signatures

        try:
            signatures.raw_key(key)
        except ValueError as error:
            raise wrong("public_keys", f"{key[:40]!r} is not valid: {error}") from None
    if settings.authority and not settings.authority_certificates:
        raise wrong("authority_certificates", "is empty; name the PEM file of the authority's")
    if settings.authority and find_spec("rfc3161_client") is None:
        raise wrong("authority", "needs a library: pip install 'bordercast[witness]'")


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
