"""Commands of others, with an end: the signing command and git."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from forecast import child
from forecast.child import ChildError, ChildLimits
from forecast.errors import WitnessError
from forecast.store.witnesses import WitnessKind
from forecast.words import printable

MAX_OUTPUT_BYTES = 100_000_000  # bytes of what a command writes
REFUSED = 3  # exit code of our signing command where a person has to look


def output(
    witness: WitnessKind,
    command: Sequence[str],
    seconds: float,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Return what a command writes; WitnessError if it fails, is not there, or takes too long."""
    limits = ChildLimits(seconds, 0, MAX_OUTPUT_BYTES)
    try:
        return child.run(command, given, limits, {**os.environ, **(environment or {})})
    except OSError as error:
        raise WitnessError(witness, f"{command[0]}: {error.strerror}") from None
    except ChildError as error:
        # Its last words: git says what failed behind what it did.
        words = printable(error.said, child.ERROR_CHARACTERS) or "no reason given"
        problem = f"(exit {error.code}): {words}" if error.ended else str(error)
        grave = error.code == REFUSED
        raise WitnessError(witness, f"{command[0]} {problem}", grave) from None
