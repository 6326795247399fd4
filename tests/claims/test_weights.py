"""Every cost of weights.toml matters: in its example another cost gives another answer."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from forecast.claims import weights
from forecast.claims.decide import check
from forecast.claims.truth import CountTable

ROWS = tomllib.loads(files("forecast.claims").joinpath("weights.toml").read_text("utf-8"))
ROOM = Path(weights.__file__).parent


def answers(example: str, table: CountTable) -> list[object]:
    day, _, text = example.partition(" | ")
    checked = check(text, table, date.fromisoformat(day))
    claims = [(claim.start, claim.verdict, claim.sense) for claim in checked.claims]
    return [*claims, *(unclear.start for unclear in checked.not_understood)]


@pytest.mark.parametrize("name", ROWS)
def test_another_cost_gives_another_answer(embedded, monkeypatch, name):
    row = ROWS[name]
    usual = answers(row["example"], embedded)
    changed = []
    for other in (row["cost"] + 1.5, 0.0):
        costs = weights.table() | {name: other}
        with monkeypatch.context() as patched:
            patched.setattr(weights, "table", lambda costs=costs: costs)
            changed.append(answers(row["example"], embedded))

    assert any(answer != usual for answer in changed)


def test_every_row_is_used_and_every_used_row_is_there():
    code = "\n".join(path.read_text("utf-8") for path in ROOM.glob("*.py"))
    unused = [name for name in ROWS if f'"{name}"' not in code and name.count(".") == 0]
    asked = set(re.findall(r'cost\("([a-z_.]+)"\)', code))

    assert unused == []
    assert asked <= set(ROWS)
    assert weights.cost("second") == ROWS["second"]["cost"]
