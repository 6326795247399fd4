"""Whether a run is due: the last one rests on other releases, other settings or other code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.engine import VERSION
from forecast.store import inputs, releases
from forecast.version import __version__

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.config import Config

CODE_VERSION = f"{__version__}, engine {VERSION}"


def run_needed(db: Database, config: Config) -> bool:
    """Whether a run would rest on anything that the last one did not."""
    state = frozenset(releases.accepted(db)), config.digest(), CODE_VERSION
    return inputs.run_basis(db) != state
