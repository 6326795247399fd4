"""Numbers of the reference implementation on a generated panel.

`golden.csv` holds them, so that the models can be checked where the reference is not at hand.
Where it is, `python -m tests.support.reference_numbers` writes the table anew. What the engine
makes of the models is computed again by `reference_engine`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("golden.csv")
REFERENCE = TESTS.parent / ".." / "shared" / "reference" / "engine.py"

H = 12
COLUMNS = (30, 58, 89)
HORIZONS = (1, 2, 12)
PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def generated() -> np.ndarray:
    """(6, 90) log1p counts: seasons, breaks, a trend and zeros, without a random generator."""
    t = np.arange(90.0)
    rough = np.sin(np.arange(6)[:, None] * 78.233 + t * 12.9898) * 43758.5453
    noise = (rough - np.floor(rough)) - 0.5
    wave = np.sin(2 * np.pi * t / 12)
    level = np.stack(
        [
            6 + 0.5 * wave,
            7 + 2 * (t > 40) - 1.5 * (t > 70),
            5 + 0.03 * t + 0.3 * wave**3,
            1.5 + np.cumsum(noise[3]) / 2,
            9 + 0.8 * wave * (t < 45),
            0.5 * wave,
        ]
    )
    spread = np.array([0.1, 0.6, 0.3, 1.0, 0.2, 1.5])[:, None]
    return np.log1p(np.round(np.exp(level + spread * noise)))


def load() -> dict[str, Any]:
    """The reference's names, computing in double precision throughout."""
    source = REFERENCE.read_text(encoding="utf-8").replace("np.float32", "np.float64")
    names: dict[str, Any] = {"__name__": "reference"}
    exec(compile(source, "reference", "exec"), names)
    names["MIX"] = 0.0  # engine 4 draws no profile towards its harmonics
    return names


def numbers(reference: dict[str, Any], z: np.ndarray) -> dict[str, np.ndarray]:
    """What the reference says of the engine's two models: (series, months, h)."""
    walk, walk_growth = reference["breakwalk"](z, H)
    grid, grid_growth = reference["structural"](z, H)
    return {"walk": walk, "walk_growth": walk_growth, "grid": grid, "grid_growth": grid_growth}


def read(table: Path = TABLE) -> list[tuple[str, int, int, int, float]]:
    """Lines of a table: name, series, column, horizon (0 where it has none), value."""
    with table.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    return [(name, int(s), int(t), int(h), float(x)) for name, s, t, h, x in lines]


def write() -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "series", "column", "horizon", "value"])
        for name, values in numbers(load(), generated()).items():
            horizons = HORIZONS if values.ndim == 3 else (0,)
            for s, t, h in np.ndindex(6, len(COLUMNS), len(horizons)):
                at = (s, COLUMNS[t], horizons[h] - 1)[: values.ndim]
                table.writerow([name, s, COLUMNS[t], horizons[h], f"{values[at]:.12g}"])


if __name__ == "__main__":
    write()
