"""Commands of others, with an end: the signing command and git."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from forecast.errors import WitnessError
from forecast.printable import printable
from forecast.store.witnesses import WitnessKind

SHOWN = 400  # characters of what a command says when it fails
REFUSED = 3  # exit code of our signing command where a person has to look


def output(
    witness: WitnessKind,
    command: Sequence[str],
    seconds: float,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What a command writes; WitnessError if it fails, is not there, or takes too long."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # so that what it started (ssh) can be ended with it
        )
    except OSError as error:
        raise WitnessError(witness, f"{command[0]}: {error.strerror}") from None
    with process:
        try:
            out, said = process.communicate(given, timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise WitnessError(witness, f"{command[0]} took over {seconds:g} seconds") from None
    if process.returncode:
        # Its last words: git says what failed behind what it did.
        words = " ".join(said.decode(errors="replace").split())[-SHOWN:]
        problem = printable(words, SHOWN) or "no reason given"
        grave = process.returncode == REFUSED
        raise WitnessError(witness, f"{command[0]} (exit {process.returncode}): {problem}", grave)
    return out
