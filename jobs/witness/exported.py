"""The proofs as files, for `ssh-keygen`, `openssl ts` and `git`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from forecast.atomic import output_folder
from forecast.config import WitnessSection
from forecast.store.witnesses import WitnessKind, WitnessProof
from jobs.witness import attest

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


def write(
    folder: Path, proofs: Sequence[WitnessProof], path: Path, settings: WitnessSection
) -> int:
    """Write all proofs into a new folder, whole or not at all; how many.

    Parameters
    ----------
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
            (draft / f"{name}.{_ENDINGS[proof.witness]}").write_bytes(proof.proof)
    return len(proofs)
