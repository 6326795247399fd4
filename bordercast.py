"""The program by its own name: `import bordercast` is `import forecast`.

The packages are called `forecast`, `jobs` and `models`, as files of one's own may be: this module
names the file that stands in the place of one.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

_OURS = {"forecast": "context.py", "jobs": "monthly.py", "models": "structural.py"}


def _in_their_place() -> list[str]:
    """Return the files and folders that are imported instead of our packages."""
    names: list[str] = []
    for name, file in _OURS.items():
        spec = find_spec(name)
        folders = list((spec and spec.submodule_search_locations) or ())
        if spec and not any((Path(folder) / file).exists() for folder in folders):
            names.append(str(spec.origin or folders[0]))
    return names


if _others := _in_their_place():
    raise ImportError(
        f"{', '.join(_others)} has the name of a package of bordercast and is imported in its "
        "place; rename it, or start Python in another folder"
    )

import forecast as _forecast  # noqa: E402
from forecast import forecast as forecast  # noqa: E402
from forecast import open as open  # noqa: E402
from forecast.version import __version__ as __version__  # noqa: E402


def __getattr__(name: str) -> Any:
    """Return what `forecast` loads where it is asked for."""
    return getattr(_forecast, name)
