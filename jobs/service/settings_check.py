"""What of the settings can be tried before they are needed, without the network.

`config check` says all of it at once; `doctor` also asks the machine and the mail server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec

from forecast.config import Compute, Config, Hook, Mail
from forecast.errors import ConfigError
from jobs.arrivals import publisher
from jobs.deliver import smtp, transports
from jobs.witness import attest


def problems(config: Config, source: str) -> Iterator[ConfigError]:
    """Settings that are well formed, and yet would fail when they are needed.

    Parameters
    ----------
    source : the settings file, which is named in each.
    """
    checks: tuple[Callable[[], object], ...] = (
        lambda: _fetch(config),
        lambda: _mail(config.mail),
        lambda: _certificates(config.mail),
        lambda: _password(config.mail),
        lambda: _hooks(config.notices.hooks),
        lambda: attest.check_settings(config.witness),
        lambda: _compute(config.compute),
    )
    for check in checks:
        try:
            check()
        except ConfigError as error:
            yield ConfigError(source, error.key, error.problem)


def notes(config: Config) -> Iterator[str]:
    """What valid settings leave out that somebody may have meant."""
    readers, hooked = len(config.notices.recipients), bool(config.notices.hooks)
    if readers and not config.mail.enabled:
        also = "; webhooks, which need no mail server, get theirs" if hooked else ""
        them = "the recipient gets" if readers == 1 else f"the {readers:,} recipients get"
        yield f"mail.enabled is false: {them} no notices{also}"


def _fetch(config: Config) -> None:
    if config.polls:
        publisher.refuse_anonymous(config)


def _mail(settings: Mail) -> None:
    if settings.enabled:
        smtp.check(settings)


def _hooks(chosen: tuple[Hook, ...]) -> None:
    """Each hook can be posted to, and has a name of its own."""
    for hook in chosen:
        transports.check(hook)
    if len({hook.name for hook in chosen}) < len(chosen):
        raise ConfigError("config.toml", "notices.hooks", "two hooks have the same name")


def _certificates(settings: Mail) -> None:
    """Whether or not mail is on: a file that is named is meant to be there."""
    if settings.ca_file:
        smtp.tls(settings)


def _password(settings: Mail) -> None:
    if settings.password_file or (settings.enabled and settings.user):
        smtp.password(settings)


def _compute(settings: Compute) -> None:
    if settings.engine != "dask":
        return
    if not settings.scheduler:
        raise ConfigError("config.toml", "compute.scheduler", "is empty; name the Dask cluster's")
    if find_spec("distributed") is None:
        problem = "needs Dask: pip install 'bordercast[dask]'"
        raise ConfigError("config.toml", "compute.engine", problem)
