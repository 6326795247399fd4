"""Do the kept proofs hold, and does the record still say what was seen? Without any network.

And the proofs as files, for `ssh-keygen`, `openssl ts` and `git`.
"""

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from forecast.config import WitnessSection
from forecast.desk.sentences import trust
from forecast.errors import WitnessError
from forecast.files import output_folder
from forecast.sources.source import Source
from forecast.store import integrity, measures, witnesses
from forecast.store.witnesses import WitnessedEntry, WitnessKind, WitnessProof
from jobs.witness import attest
from jobs.witness.git import Repository

README = """\
Proofs that somebody outside saw this forecast record. Each statement is a file, entry-N.txt.

Signature
    ssh-keygen -Y verify -f allowed_signers -I bordercast -n bordercast \\
        -s entry-N.sig < entry-N.txt
Time stamp
    openssl ts -verify -data entry-N.txt -in entry-N.tsr -CAfile authority.pem
Git: the commit named in entry-N.commit added the line of entry-N.txt
    git show COMMIT:bordercast.txt

The digest in a statement covers the whole record up to then. To compare a copy of the record:
    bordercast --db COPY verify --run RUN --digest DIGEST
"""
_ENDINGS: dict[WitnessKind, str] = {"signature": "sig", "time stamp": "tsr", "git": "commit"}


def examine(
    connection: sqlite3.Connection,
    path: Path,
    settings: WitnessSection,
    sources: Mapping[str, Source],
    repository: Path | None = None,
) -> tuple[list[str], list[str]]:
    """Check every proof, and every line of the repository: what does not hold, and what does.

    path : the database, beside which files of the settings and our clone lie. sources : of the
        settings, by name, the first one first. repository : a clone to check against, not ours.
    """
    git = Repository(repository or attest.clone(path))
    findings: list[str] = []
    moments: dict[tuple[str, int], str] = {}
    for proof in witnesses.proofs(connection):
        of = (proof.entry_id, proof.run_id)
        statement = witnesses.parse(proof.statement)
        try:
            # The row says in its columns what the statement says in words: an edit has to change
            # both.
            if statement is None or statement[:2] != of:
                problem = f"the kept statement, {proof.statement[:80]!r}, was edited"
            else:
                moment = attest.moment(path, settings, statement, proof, git)
                problem = rewritten(connection, statement, proof.seen_by, moment)
        except WitnessError as error:
            problem = error.problem
        if problem:
            findings.append(f"{proof.witness} of run {proof.run_id}: {problem}")
        else:
            moments[proof.witness, proof.entry_id] = moment
    # Lines that the record does not bear out, also where no proof is kept.
    with suppress(WitnessError):
        by = f"the repository ({git.folder.name})"
        for statement in git.statements():
            problem = rewritten(connection, statement, by, "its commit's day")
            if problem:
                line = f"git, line of entry {statement.entry_id}, run {statement.run_id}"
                findings.append(f"{line}: {problem}")
    # A proof answers for the whole record: for the newest run of each measure then.
    seen = []
    names = {number: name for name, number in measures.named(connection).items()}
    for number in measures.ids(connection):
        source = sources.get(names.get(number, ""), next(iter(sources.values())))
        with measures.scoped(connection, number):
            sightings = witnesses.sightings(connection, moments)
        seen += [trust.seen(sighting, source) for sighting in sightings]
    return list(dict.fromkeys(findings)), seen


def write(
    folder: Path, proofs: Sequence[WitnessProof], path: Path, settings: WitnessSection
) -> int:
    """Write all proofs into a new folder, whole or not at all; how many.

    path : the database, beside which the authority's certificates may lie.
    """
    with output_folder(folder) as draft:
        (draft / "README.txt").write_text(README)
        signers = (f'bordercast namespaces="bordercast" {key}\n' for key in settings.public_keys)
        (draft / "allowed_signers").write_text("".join(signers))
        if settings.authority_certificates:
            trusted = attest.beside(path, settings.authority_certificates)
            shutil.copyfile(trusted, draft / "authority.pem")
        for proof in proofs:
            name = f"entry-{proof.entry_id}"
            (draft / f"{name}.txt").write_text(f"{proof.statement}\n")
            content = proof.commit().encode() if proof.witness == "git" else proof.proof
            (draft / f"{name}.{_ENDINGS[proof.witness]}").write_bytes(content)
    return len(proofs)


def rewritten(
    connection: sqlite3.Connection, statement: WitnessedEntry, seen_by: str, seen_at: str
) -> str:
    """Return how the record differs from what was seen, "" if it does not."""
    now = witnesses.statements(connection).get(statement.entry_id)
    if now == statement:
        return ""
    answer = integrity.quoted(connection, statement.run_id, statement.digest)
    differ = "; ".join(trust.differences(answer, statement.run_id))
    what = differ or f"entry {statement.entry_id} of the ledger is another one now"
    when = f" on {seen_at}" if seen_at else ""
    return f"the record was rewritten since {seen_by} saw it{when}: {what}"
