"""What comes from the environment: the secrets, under two names, and nothing else.

A misspelt name would be a secret that silently is not there, so an unknown one is refused.
"""

import os
import pwd
from pathlib import Path
from typing import Any

from forecast.config import HIDDEN, Config, without_logins
from forecast.errors import ConfigError

MAIL_PASSWORD = "BORDERCAST_MAIL_PASSWORD"  # noqa: S105 - the variable's name
HEARTBEAT = "BORDERCAST_HEARTBEAT"
PREFIX = "BORDERCAST_"
VARIABLES = (MAIL_PASSWORD, HEARTBEAT)
_LOGIN, _NOBODY = Path("/proc/self/loginuid"), 2**32 - 1  # the kernel's, for "none logged in"
_SHORTEST = 4  # characters; replacing shorter ones would garble every line


def refuse_unknown() -> None:
    """ConfigError for a variable that begins like ours and is none of ours."""
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in VARIABLES:
            known = " and ".join(VARIABLES)
            raise ConfigError("environment", name, f"no such variable; there are {known}")


def heartbeat(config: Config) -> str:
    """Return the address to ping, "" for none."""
    return os.environ.get(HEARTBEAT, "") or config.service.heartbeat


def secrets(config: Config) -> list[str]:
    """Return what must not be seen in a log: passwords, and the path of the heartbeat's address."""
    values = [os.environ.get(MAIL_PASSWORD, ""), heartbeat(config).partition("://")[2]]
    if "/" in values[1]:
        values[1] = values[1].partition("/")[2]
    return sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True)


def redacted(text: str, config: Config) -> str:
    """Return the text without any secret, and without the login of an address in it."""
    for secret in secrets(config):
        text = text.replace(secret, HIDDEN)
    return without_logins(text)


def masked(config: Config) -> dict[str, Any]:
    """All settings as they are in force, secrets hidden."""
    shown = config.model_dump(mode="json")
    shown["service"]["heartbeat"] = heartbeat(config)
    shown = {section: _redacted_in(keys, config) for section, keys in shown.items()}
    shown["environment"] = {name: HIDDEN for name in VARIABLES if os.environ.get(name)}
    return shown


def _redacted_in(value: Any, config: Config) -> Any:
    """Return the same value with each text in it redacted."""
    if isinstance(value, dict):
        return {name: _redacted_in(item, config) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted_in(item, config) for item in value]
    return redacted(value, config) if isinstance(value, str) else value


def user() -> str:
    """Return the account this program runs under, by the system's word: no variable can change it.

    Behind sudo or runuser, the account that logged in is named too, where the system keeps it.
    """
    account = _account(os.getuid())
    try:
        login = int(_LOGIN.read_text())
    except (OSError, ValueError):
        return account
    return account if login in (_NOBODY, os.getuid()) else f"{account} for {_account(login)}"


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
