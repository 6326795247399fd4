"""The first lines of packages and functions say what is there: rooms, and parameters."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    path.parent
    for room in ("forecast", "jobs", "models")
    for path in (ROOT / room).rglob("__init__.py")
    if len(list(path.parent.glob("*.py"))) > 4
    and path.parent.name not in ("forecast", "cbp", "jobs", "offered", "channels")
)
NAMED = re.compile(r"(?:^|[.;] )((?:[a-z]\w*, )*[a-z]\w*) : ", re.M)
RESULTS = re.compile(r"\n(?:Raises|Returns|Yields)\n-+\n.*?(?=\n\n[A-Z]\w+\n-+|\Z)", re.S)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_names_its_rooms(package):
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    rooms = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}

    assert {room for room in rooms if not re.search(rf"\b{room}\b", doc)} == set()


def stale(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Parameters that a docstring describes, and the function does not take."""
    args = function.args
    taken = {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    taken |= {arg.arg for arg in (args.vararg, args.kwarg) if arg}
    # What it returns may have names, too: keys, fields.
    given = {n.value for n in ast.walk(function) if isinstance(n, ast.Constant)}
    given |= {n.arg for n in ast.walk(function) if isinstance(n, ast.keyword)}
    named = NAMED.findall(RESULTS.sub("", ast.get_docstring(function) or ""))
    return {name for names in named for name in names.split(", ")} - taken - given


@pytest.mark.slow
def test_a_docstring_describes_the_parameters_there_are():
    found = {
        f"{path.relative_to(ROOT)}:{node.name}": stale(node)
        for room in ("forecast", "jobs", "models")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {where: names for where, names in found.items() if names} == {}
