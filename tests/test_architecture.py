"""Imports go one way: tests -> jobs -> forecast -> models, and between the rooms of forecast."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"records", "errors", "months", "config", "store"}
ROOMS = ["intake", "engine", "watch", "desk", "claims"]
MODULES = [
    path
    for package in ("models", "forecast", "jobs")
    for path in sorted((ROOT / package).rglob("*.py"))
]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def top(name: str) -> str:
    return name.split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    allowed = {
        "models": {"models"},
        "forecast": {"models", "forecast"},
        "jobs": {"models", "forecast", "jobs"},
    }
    package = path.relative_to(ROOT).parts[0]

    ours = {top(name) for name in imports(path)} & {"models", "forecast", "jobs", "tests"}

    assert ours <= allowed[package]


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.relative_to(ROOT).parts[0] == "forecast"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_a_room_imports_only_from_the_rooms_before_it(path):
    room = path.relative_to(ROOT).parts[1].removesuffix(".py")
    reached = {n.split(".")[1] for n in imports(path) if n.startswith("forecast.")}
    rooms = reached & set(ROOMS)

    if room in ROOMS:
        assert rooms <= set(ROOMS[: ROOMS.index(room) + 1])
    elif room in SHARED:
        assert not rooms


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_store_speaks_sql(path):
    if "store" in path.relative_to(ROOT).parts:
        return
    texts = [
        node.value.lower()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert not [t for t in texts if "select " in t and " from " in t and "where" in t]
    assert not [t for t in texts if t.strip().startswith(("insert into", "delete from", "update "))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_days_are_of_utc_whatever_the_time_zone_of_the_machine(path):
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute)]

    assert "date.today" not in {ast.unparse(call) for call in calls}
    assert "datetime.today" not in {ast.unparse(call) for call in calls}
    assert "datetime.utcnow" not in {ast.unparse(call) for call in calls}
