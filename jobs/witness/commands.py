"""Commands of others, with an end: the signing command and git."""

import os
import re
from collections.abc import Mapping, Sequence

from forecast import child
from forecast.child import ChildError, ChildLimits
from forecast.errors import WitnessError
from forecast.store.witnesses import WitnessKind
from forecast.words import printable

MAX_OUTPUT_BYTES = 100_000_000  # bytes of what a command writes
# Of our environment, beside what any child gets: an agent that signs, whom to trust, which way out.
_PASSED = ("SSH_AUTH_SOCK", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_LOGIN = re.compile(r"//[^/]*@")
REFUSED = 3  # exit code of our signing command where a person has to look


def output(
    witness: WitnessKind,
    command: Sequence[str],
    seconds: float,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Return what a command writes; WitnessError if it fails, is not there, or takes too long.

    It gets no secret of ours: of the environment a few variables, none with a login.
    """
    names = (*child.KEPT_VARIABLES, *_PASSED, *_PROXIES)
    inherited = {name: os.environ[name] for name in names if name in os.environ}
    inherited = {name: value for name, value in inherited.items() if not _LOGIN.search(value)}
    limits = ChildLimits(seconds, 0, MAX_OUTPUT_BYTES)
    try:
        return child.run(command, given, limits, {**inherited, **(environment or {})})
    except OSError as error:
        raise WitnessError(witness, f"{command[0]}: {error.strerror}") from None
    except ChildError as error:
        # Its last words: git says what failed behind what it did.
        words = printable(error.said, child.ERROR_CHARACTERS) or "no reason given"
        problem = f"(exit {error.code}): {words}" if error.ended else str(error)
        grave = error.code == REFUSED
        raise WitnessError(witness, f"{command[0]} {problem}", grave) from None
