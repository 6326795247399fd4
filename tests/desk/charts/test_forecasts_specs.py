"""Each plot of a record made by hand, as what it draws: marks, scales, words, some of its rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import months
from forecast.desk.charts import explanations, grammar
from jobs.cli import main
from models.offered.prophet import Parts
from tests.support import golden_texts
from tests.support.cbp_files import ENCOUNTERS

SPECS = Path(__file__).with_name("specs.txt")
COMMANDS = (
    "plot northern", "plot northern:Swanton", "plot southwest --log --title A+title",
    "plot nationwide --linear", "plot northern --kind history",
    "plot southwest --kind history --linear", "plot northern --kind drivers",
    "plot northern --kind calibration", "plot northern --kind score",
    "plot northern --kind components", "score --questions",
)  # fmt: skip


def in_short(spec: Any) -> Any:
    """A plot's parts without what they share; of its rows the first, the last, and how many."""
    if isinstance(spec, dict):
        return {
            name: shortened(part) if name == "values" and isinstance(part, list) else in_short(part)
            for name, part in spec.items()
            if name not in ("config", "$schema")
        }
    if isinstance(spec, list):
        return [in_short(part) for part in spec]
    return float(f"{spec:.6g}") if isinstance(spec, float) else spec


def shortened(rows: list[Any]) -> list[Any]:
    kept = rows if len(rows) < 4 else [rows[0], f"... {len(rows)} in all", rows[-1]]
    return [in_short(row) for row in kept]


def lines(spec: Any) -> str:
    """A layer a line."""
    frame = in_short(spec)
    layers = frame.pop("layer", []) + frame.pop("vconcat", [])
    parts = [frame, *(part for one in layers for part in one.get("layer", [one]))]
    return "\n".join(json.dumps(part, sort_keys=True, ensure_ascii=False) for part in parts)


def by_hand() -> Parts:
    """What Prophet might say of four years."""
    first = months.to_index("2020-04")
    at = np.arange(first, first + 48)
    season = np.array([0.1, 0.2, 0.0, -0.3] * 12)
    effects = {
        months.to_index(one.date[:7]): 0.1 * n for n, one in enumerate(ENCOUNTERS.breaks, start=1)
    }
    return (at, np.linspace(6.9, 7.2, 48), season, effects)


def test_each_plot_of_a_record_draws_what_it_drew(full_record, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(explanations, "prophet_parts", lambda *_: by_hand())
    monkeypatch.setattr(grammar, "write", lambda picture, *_, **__: drawn.append(picture))
    told = {}
    for command in COMMANDS:
        words = [word.replace("+", " ") for word in command.split()]
        done = CliRunner().invoke(
            main, ["--db", str(full_record), *words, "-o", str(tmp_path / "a.svg")]
        )
        assert done.exit_code == 0, done.output
        (picture,) = drawn
        drawn.clear()
        told[command] = golden_texts.masked(f"{picture.alt}\n{lines(picture.chart)}")

    golden_texts.compare(SPECS, told)


@pytest.mark.parametrize(("asked", "pixels"), [("1600x900", (1600, 900)), ("slide", (1280, 720))])
def test_a_frame_is_stretched_to_the_size_that_is_asked(full_record, tmp_path, asked, pixels):
    path = tmp_path / "a.svg"
    words = ["--db", str(full_record), "plot", "northern", "-o", str(path), "--size", asked]
    assert CliRunner().invoke(main, words).exit_code == 0

    assert tuple(map(round, grammar.extent(path.read_text("utf-8")))) == pixels
