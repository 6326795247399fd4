"""Results -> a table on the terminal and a small JSON file that is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from forecast.desk.terminal import plain_table

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DIGITS = 4

_console = Console(width=None if Console().is_terminal else 130, highlight=False)


def show(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[object]]) -> None:
    """Print one table; the first column are the rows' names."""
    table = plain_table(columns[0], numbers=columns[1:])
    for name, cells in rows.items():
        table.add_row(name, *map(_text, cells))
    _console.print(f"\n[bold]{title}[/bold]")
    _console.print(table)


def say(line: str) -> None:
    """Print a line of text."""
    _console.print(line)


def _text(cell: object) -> str:
    if isinstance(cell, float) and math.isnan(cell):
        return "-"
    if isinstance(cell, float):
        return f"{cell:.{DIGITS}f}" if abs(cell) < 10 else f"{cell:,.2f}"
    if isinstance(cell, list):
        return f"{cell[0]:.4g} - {cell[1]:.4g}"
    return str(cell)


def keep(name: str, result: Any) -> None:
    """Write a result; the same numbers give the same file."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(_rounded(result), indent=1, sort_keys=True)
    (RESULTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def kept(name: str) -> dict[str, Any]:
    """What was written last; empty if nothing was."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new result, and of the old one what the new does not speak about."""
    both = {**old, **new}
    for key in old.keys() & new.keys():
        if isinstance(old[key], Mapping) and isinstance(new[key], Mapping):
            both[key] = merged(old[key], new[key])
    return both


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) > 1 else round(value, DIGITS)
    return value
