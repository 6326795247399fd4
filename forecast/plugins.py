"""Models and channels by name: our own, and those that installed packages offer.

    MODELS.load("ets")       models/offered/ets.py, or the entry point `ets` of bordercast.models
    CHANNELS.load("slack")   jobs/deliver/channels/slack.py, or one of bordercast.channels

A name of ours is a file of the folder that a registry names; what it offers is called alike in all.
So names are known without loading anything: settings are checked by them, and `--help` needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import ConfigError

if TYPE_CHECKING:
    from models.base import Model


@dataclass(frozen=True)
class Registry:
    """What there is of a kind.

    group : of the entry points of installed packages. folder : the package whose modules are ours.
    offered : what a module of ours calls what it offers.
    setting : that names one, for messages. needs : what each must have, by name.
    """

    group: str
    folder: str
    offered: str
    setting: str
    needs: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return every name, ours first; a package cannot take one of ours."""
        return tuple(dict.fromkeys((*_ours(self.folder), *sorted(_points(self.group)))))

    def has(self, name: str) -> bool:
        """Return whether there is one so named."""
        # What is installed is looked up only for names that are not ours: it takes a while.
        return name in _ours(self.folder) or name in _points(self.group)

    def load(self, name: str) -> Any:
        """Return what is so named.

        ConfigError if there is none, or its package does not load, or offers something else.
        """
        if name in _ours(self.folder):
            return getattr(import_module(f"{self.folder}.{name}"), self.offered)
        point = _points(self.group).get(name)
        if point is None:
            raise ConfigError(self.group, self.setting, self.unknown(name))
        try:
            plugin = point.load()
        except Exception as error:  # whatever a package of others raises
            problem = f"{name!r} does not load: {type(error).__name__}: {error}"
            raise ConfigError(self.package(name), self.group, problem) from error
        missing = [need for need in self.needs if not hasattr(plugin, need)]
        if missing or not callable(plugin):
            problem = f"{point.value} cannot be used: it lacks {', '.join(missing) or 'a call'}"
            raise ConfigError(self.package(name), self.group, problem)
        return plugin

    def package(self, name: str) -> str:
        """Return the installed package that offers it, and its version; "" of ours."""
        point = None if name in _ours(self.folder) else _points(self.group).get(name)
        dist = point.dist if point else None
        return f"{dist.name} {dist.version}" if dist else ""

    def unknown(self, name: str) -> str:
        """Say that there is none so named, and which there are."""
        return f"{name!r} is not one of {', '.join(self.names())}; or install its package"


@cache
def _ours(folder: str) -> tuple[str, ...]:
    """Return the names of a folder's modules, which are not loaded."""
    places = import_module(folder).__path__
    files = (file for place in places for file in Path(place).glob("[a-z]*.py"))
    return tuple(sorted(file.stem for file in files))


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


_NEEDED = ("name", "min_months", "paths")
MODELS = Registry("bordercast.models", "models.offered", "OFFERED", "forecast.models", _NEEDED)
CHANNELS = Registry("bordercast.channels", "jobs.deliver.channels", "payload", "notices.hooks.kind")


def model(name: str) -> Model:
    """Return the model so named, with its own options; errors as `Registry.load`."""
    made: Model = MODELS.load(name)()
    return made


@cache
def library_of(name: str) -> str:
    """Return the package by which a model is fitted anew at each cutoff, "" of a quick one.

    Paths of the former take seconds: other processes make them, and they are kept.
    """
    return str(getattr(MODELS.load(name), "library", "")) if MODELS.has(name) else ""


def package(name: str) -> str:
    """Return the installed package that offers a model, and its version; "" of ours."""
    return MODELS.package(name) if MODELS.has(name) else ""
