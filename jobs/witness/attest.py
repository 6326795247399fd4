"""Have the record witnessed: what the ledger states now, by each witness of the settings.

All are asked, waited for, kept and checked in one way: a line of WITNESSES has how one kind is
asked and how its proof is checked, and each has `witness.seconds` for all it takes. One that cannot
be had is asked again later, for ever; neither publishing nor another witness waits for it. A
witness that comes late still answers for all that came before.
"""

import time
from contextlib import closing
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from forecast.config import Config, WitnessSection, without_logins
from forecast.errors import ConfigError, WitnessError
from forecast.store import connect, ops, wakes, witnesses
from forecast.store.witnesses import Testimony, WitnessedEntry, WitnessKind, WitnessProof
from jobs.witness import commands
from jobs.witness.git import Repository

LOCK = "witness.lock"
# Witness -> the setting that names it, in the order in which they are asked. A new one is a line
# here, and a branch in `_ask` and in `moment`.
SETTINGS: dict[WitnessKind, str] = {
    "signature": "sign",
    "time stamp": "authority",
    "git": "repository",
}


def wanted(settings: WitnessSection) -> tuple[WitnessKind, ...]:
    """Return the witnesses that the settings name."""
    return tuple(kind for kind, named in SETTINGS.items() if getattr(settings, named))


def public_key(settings: WitnessSection) -> str:
    """Return the public half of the key that signs now, "" if none does."""
    return " ".join(settings.public_keys[0].split()[:2]) if settings.public_keys else ""


def witnesses_pending(path: Path, config: Config, now: datetime) -> bool:
    """Say whether a witness is to be asked now."""
    kinds = wanted(config.witness)
    return bool(kinds) and path.exists() and witnesses.proofs_pending(path, kinds, now)


def attest(
    path: Path, config: Config, now: datetime, *, again: bool = False
) -> dict[WitnessKind, str]:
    """Ask each witness that has not seen the record yet; witness -> what is wrong, "" if it has.

    path : the database. now : the moment, UTC. again : also ask those that were put off.

    VerifyError if the record was edited, and nobody is shown it. BusyError if another is at it.
    """
    outcomes: dict[WitnessKind, str] = {}
    with connect.locked(path.with_name(LOCK), connect.LOCK_WAIT):
        # A proof of an edited record would bear the forgery out.
        wakes.require_intact(path)
        with closing(connect.read(path)) as connection:
            statement, missing = witnesses.lacking(connection, wanted(config.witness))
        failed = witnesses.failures(path)
        for kind in missing:
            if not again and kind in failed and failed[kind].next_attempt_at > ops.text(now):
                continue
            assert statement is not None
            try:
                proof = WitnessProof(
                    kind,
                    statement.entry_id,
                    statement.run_id,
                    str(statement),
                    *_ask(kind, path, config.witness, statement, now),
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


def _ask(
    kind: WitnessKind,
    path: Path,
    settings: WitnessSection,
    statement: WitnessedEntry,
    now: datetime,
) -> Testimony:
    """Ask a witness for a proof of a statement; WitnessError if none is had in its time."""
    # Each of their libraries takes tenths of a second to import, and most records have one witness.
    if kind == "time stamp":
        from jobs.witness import timestamps

        trusted = beside(path, settings.authority_certificates)
        return timestamps.ask(settings.authority, statement, trusted, settings.seconds)
    if kind == "git":
        with closing(connect.read(path)) as connection:
            commits = [p.commit() for p in witnesses.proofs(connection) if p.witness == "git"]
        until = time.monotonic() + settings.seconds
        repository = Repository(clone(path), settings.seconds, until)
        commit, at = repository.append(settings.repository, statement, commits)
        return Testimony(at, without_logins(settings.repository), repository.proof(commit))
    from jobs.witness import signatures

    made = commands.output("signature", settings.sign, settings.seconds, statement.line())
    key = signatures.signer(settings.public_keys, statement.line(), made)
    if not key:
        problem = "with a key that is not among witness.public_keys, or gave no signature"
        raise WitnessError("signature", f"{settings.sign[0]} signed {problem}", grave=True)
    return Testimony(ops.text(now), key, made)


def moment(
    path: Path,
    settings: WitnessSection,
    statement: WitnessedEntry,
    proof: WitnessProof,
    repository: Repository,
) -> str:
    """Return when a proof was given, as it says itself; "" for a signature, which bears no moment.

    WitnessError unless it is one of this statement, and as old as it was kept.
    """
    if proof.witness == "git":
        repository.check(proof.commit(), statement)
        seen, what = (repository.moment(proof.commit()), proof.seen_by), "commit"
    elif proof.witness == "time stamp":
        from jobs.witness import timestamps

        if not settings.authority_certificates:
            problem = "cannot be checked: witness.authority_certificates is empty"
            raise WitnessError("time stamp", problem)
        trusted = beside(path, settings.authority_certificates)
        seen, what = timestamps.check(proof.proof, statement, trusted), "stamp"
    else:
        from jobs.witness import signatures

        if not settings.public_keys:
            raise WitnessError("signature", "cannot be checked: witness.public_keys is empty")
        if not signatures.signer(settings.public_keys, statement.line(), proof.proof):
            problem = "the signature is not of this statement by a key of witness.public_keys"
            raise WitnessError("signature", problem)
        return ""
    if seen != (proof.seen_at, proof.seen_by):
        problem = f"the kept moment was edited; the {what} is of {seen[0]}"
        raise WitnessError(proof.witness, problem)
    return seen[0]


def clone(path: Path) -> Path:
    """Return the folder of our clone of the repository, beside the database."""
    return path.with_name(f"{path.stem}-witness")


def beside(path: Path, name: str) -> Path:
    """Return a file of the settings, beside the database unless its path is absolute."""
    return path.parent / name


def check_settings(settings: WitnessSection) -> None:
    """Raise ConfigError for settings that name a witness and not what checks it."""

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
