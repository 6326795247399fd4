"""Functions decide little: at most 15 branches each, counted with `and`, `or` and comprehensions.

`python -m tests.form.branches` names those that have more and are not in branches.txt, which has
functions and whole rooms that are still to be divided; `--renew` takes out what is.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("branches.txt")
MOST = 15
DECIDES = (
    *(ast.If, ast.For, ast.While, ast.AsyncFor, ast.IfExp, ast.ExceptHandler),
    *(ast.comprehension, ast.match_case),
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def branches(function: ast.AST) -> int:
    """Count what one function decides, functions inside it apart."""
    count, todo = 0, list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        count += isinstance(node, DECIDES)
        count += len(node.ifs) if isinstance(node, ast.comprehension) else 0
        count += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
        todo += ast.iter_child_nodes(node)
    return count


def named(tree: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
    """Name each function of a module by its classes: path:Class.function."""
    for node in ast.iter_child_nodes(tree):
        here = where
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            here = f"{where}{'.' if ':' in where else ':'}{node.name}"
        if isinstance(node, FUNCTIONS):
            yield here, node
        yield from named(node, here)


def crowded() -> dict[str, int]:
    """Return each function that decides more than it may, and how much."""
    found = {}
    for room in ("forecast", "jobs", "models"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for name, node in named(
                ast.parse(path.read_text("utf-8")), str(path.relative_to(ROOT))
            ):
                if (count := branches(node)) > MOST:
                    found[name] = count
    return found


def main() -> int:
    """Name what is crowded and not known to be; 1 if anything is."""
    found, known = crowded(), KNOWN.read_text("utf-8").split()
    if "--renew" in sys.argv:
        known = [entry for entry in known if any(name.startswith(entry) for name in found)]
        KNOWN.write_text("".join(f"{entry}\n" for entry in known), "utf-8")
    new = [name for name in found if not name.startswith(tuple(known))]
    for name in new:
        print(f"{name}: {found[name]} branches, at most {MOST}: divide it")
    return int(bool(new))


if __name__ == "__main__":
    sys.exit(main())
