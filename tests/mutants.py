"""Do the tests notice a wrong line? A seeded sample of mutants: `make mutants`.

    python mutants.py --python .venv/bin/python --traced FOLDER [--sample 200] [--seed 1]
                      [--at PATH:LINE ...]

cosmic-ray finds every place where it can make the code wrong: an operator, a comparison, a number,
a decorator, an exception. Places are drawn at random, one mutant for each, so that an operator with
twelve replacements counts no more than a constant. Each mutant is put into a copy of the tree, and
only tests that run its line are run there: the quickest of them, a minute's worth, as a traced run
of the whole suite tells (FOLDER/coverage, FOLDER/tests.xml). It is killed if one fails or hangs.
What runs only in processes of its own, which are not traced, survives.

Runs in an environment of its own that has only cosmic-ray and coverage; the tests run in the
project's.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from coverage import CoverageData

ROOT = Path(__file__).resolve().parent.parent
# Folders by glob, so that a file may be moved; what only prints or studies is left out.
MODULES = (
    *("models/**/*.py", "jobs/**/*.py"),
    *(f"forecast/{room}/**/*.py" for room in ("engine", "watch", "store", "intake")),
)
LEFT_OUT = ("/cli/", "/bundle/build.py", "/embed_paths.py", "/__main__.py")
# What no test could notice: type annotations are never evaluated, and a variable may have any name.
OPERATORS_LEFT_OUT = ("VariableReplacer", "VariableInserter")
NOT_COPIED = (
    ".git",
    ".venv*",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "*.egg-info",
    "*.db",
    "build",
)
HANGS = 600.0  # seconds; a mutant that takes longer is killed
BUDGET = 60.0  # seconds of tests for a mutant, as long as they took in the traced run

Position = tuple[int, int]


def walls() -> list[str]:
    """How to start a process that can signal none outside; [] where the system has no such way."""
    inside = ["--pid", "--fork", "--kill-child", "--mount-proc"]
    ways = (["unshare", *inside], ["unshare", "--user", "--map-root-user", *inside])
    for way in ways if shutil.which("unshare") else ():
        if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            return way
    return []


WALLS = walls()


@dataclass(frozen=True)
class Mutant:
    """One wrong line: a module, where in it, and which of an operator's changes."""

    module: str
    start: Position
    operator: str
    occurrence: int

    @property
    def place(self) -> tuple[str, Position]:
        return self.module, self.start

    def code(self) -> str | None:
        operator = cosmic_ray.plugins.get_operator(self.operator)()
        return mutate_code((ROOT / self.module).read_text("utf-8"), operator, self.occurrence)

    def __str__(self) -> str:
        before = (ROOT / self.module).read_text("utf-8").splitlines()
        after = (self.code() or "").splitlines()
        old, new = next(
            ((a, b) for a, b in zip(before, after, strict=False) if a != b),
            (before[self.start[0] - 1], ""),
        )
        name = self.operator.rpartition("/")[2]
        return f"{self.module}:{self.start[0]} {name}\n    - {old.strip()}\n    + {new.strip()}"


def modules() -> list[str]:
    found = {str(path.relative_to(ROOT)) for glob in MODULES for path in ROOT.glob(glob)}
    return sorted(name for name in found if not any(part in name for part in LEFT_OUT))


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module but those that no test could notice.

    One that kills the wrong processes could end everything on this machine: without walls, modules
    that kill are left out.
    """
    text = (ROOT / module).read_text("utf-8")
    if not WALLS and "kill" in text:
        return
    nodes, never_run = list(ast_nodes(get_ast(text))), list(_never_run(ast.parse(text)))
    for name in cosmic_ray.plugins.operator_names():
        kind = cosmic_ray.plugins.get_operator(name)
        if kind.arguments() or name.endswith(OPERATORS_LEFT_OUT):
            continue
        positions = (at for node in nodes for at in kind().mutation_positions(node))
        for occurrence, (start, _) in enumerate(positions):
            if not any(first <= start < last for first, last in never_run):
                yield Mutant(module, start, name, occurrence)


def _never_run(tree: ast.Module) -> Iterator[tuple[Position, Position]]:
    """From where to where there are annotations, or imports for types only."""
    for node in ast.walk(tree):
        inside = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            inside.append(node)
        for each in inside:
            if each is not None:
                yield (each.lineno, each.col_offset), (each.end_lineno, each.end_col_offset)


def sample(every: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """As many places, drawn at random, and a mutant of each that is Python."""
    by_place: dict[tuple[str, Position], list[Mutant]] = {}
    for mutant in every:
        by_place.setdefault(mutant.place, []).append(mutant)
    chance = random.Random(seed)
    places = chance.sample(sorted(by_place), len(by_place))
    drawn = (chance.choice(by_place[place]) for place in places)
    return sorted(islice(filter(_compiles, drawn), count), key=lambda m: m.place)


def _compiles(mutant: Mutant) -> bool:
    try:
        compile(mutant.code() or "", mutant.module, "exec")
    except SyntaxError:  # "**values" to "-values": anything would notice
        return False
    return True


class TracedRun:
    """Which tests passed in a run of the suite, how long each took and which lines it ran."""

    def __init__(self, folder: Path) -> None:
        self.lines = CoverageData(str(folder / "coverage"))
        self.lines.read()
        self.seconds = {
            f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}": float(
                case.attrib["time"]
            )
            for case in ElementTree.parse(folder / "tests.xml").iter("testcase")
            if not len(case)  # neither failed nor skipped
        }

    def tests_of(self, mutant: Mutant) -> list[str]:
        """A minute of tests for a mutant, [] if none is known to run its module.

        The quickest of those that run its line; of what runs at import only, a constant or a
        decorator, those that run most of its module's lines.
        """
        path = ROOT / mutant.module
        by_line = self.lines.contexts_by_lineno(str(path))
        first, last = _statement(ast.parse(path.read_text("utf-8")), mutant.start[0])
        lines = range(first, last + 1)
        if ran := Counter(self._tests(by_line.get(n, ()) for n in lines)):
            return self._within_budget(sorted(ran, key=lambda test: (self.seconds[test], test)))
        ran = Counter(self._tests(by_line.values()))
        return self._within_budget(sorted(ran, key=lambda test: (-ran[test], test)))

    def _tests(self, contexts: Iterable[Iterable[str]]) -> Iterator[str]:
        for line in contexts:
            yield from {context.rpartition("|")[0] for context in line} & self.seconds.keys()

    def _within_budget(self, tests: Sequence[str]) -> list[str]:
        """The first of these, at least one, that took no longer together."""
        found, left = [], BUDGET
        for test in tests:
            if found and self.seconds[test] > left:
                break
            found.append(test)
            left -= self.seconds[test]
        return found


def _statement(tree: ast.Module, line: int) -> tuple[int, int]:
    """The first and last line of the innermost statement at a line, without its body."""
    found = (line, line)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            if line <= max(last, node.lineno):
                found = (node.lineno, max(last, node.lineno))  # walk() comes to inner ones later
    return found


def killer(python: Path, tree: Path, tests: Sequence[str]) -> str:
    """The first of these tests that fails in a tree, "" if none does; or that one hangs."""
    command = [*WALLS, python, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", *tests]
    here = {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, cwd=tree, env={**os.environ, **here}, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # and what the tests started
        process.communicate()
        return "it hangs"
    if process.returncode == 0:
        return ""
    named = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.M)
    return named[1] if named else f"pytest's exit code {process.returncode}"


def killed_by(mutant: Mutant, python: Path, tree: Path, tests: Sequence[str]) -> str:
    """What notices a mutant, "" if nothing does."""
    code = mutant.code()
    if code is None:
        raise ValueError(f"there is no such mutant: {mutant.module}:{mutant.start[0]}")
    changed = tree / mutant.module
    changed.write_text(code, "utf-8")
    try:
        return killer(python, tree, tests)
    finally:
        shutil.copyfile(ROOT / mutant.module, changed)


class Trees:
    """Copies of the tree, each for one mutant at a time."""

    def __init__(self, folder: Path, count: int, python: Path) -> None:
        self.python, self.count = python, count
        self.free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            tree = folder / str(number) / ROOT.name
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
            self.free.put(tree)

    @contextmanager
    def one(self) -> Iterator[Path]:
        tree = self.free.get()
        try:
            yield tree
        finally:
            self.free.put(tree)

    def judged(self, drawn: Sequence[Mutant], concern: dict[Mutant, list[str]]) -> Iterator[str]:
        """What killed each mutant, "" where nothing did, in order."""

        def by(mutant: Mutant) -> str:
            with self.one() as tree:
                tests = concern[mutant]
                return killed_by(mutant, self.python, tree, tests) if tests else ""

        with ThreadPoolExecutor(self.count) as pool:
            yield from pool.map(by, drawn)


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--python", type=Path, required=True, help="Of the project's environment.")
    options.add_argument("--sample", type=int, default=200, help="How many mutants.")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument(
        "--at", nargs="*", default=[], metavar="PATH:LINE", help="Only these lines."
    )
    options.add_argument("--processes", type=int, default=2)
    options.add_argument(
        "--traced", type=Path, required=True, metavar="FOLDER", help="Of `make mutants`."
    )
    given = options.parse_args()
    wanted = {(path, int(line)) for path, line in (at.rsplit(":", 1) for at in given.at)}
    names = sorted({path for path, _ in wanted}) or modules()
    every = [
        mutant
        for name in names
        for mutant in mutants(name)
        if not wanted or (name, mutant.start[0]) in wanted
    ]
    drawn = sample(every, given.sample, given.seed)
    traced = TracedRun(given.traced)
    concern = {mutant: traced.tests_of(mutant) for mutant in drawn}
    python = given.python.absolute()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = Trees(Path(folder), given.processes, python)
        report(drawn, trees.judged(drawn, concern))
    return 0


def report(drawn: Sequence[Mutant], outcomes: Iterable[str]) -> None:
    """A paragraph for each mutant as it is judged, then the survivors once more."""
    survivors = []
    for number, (mutant, by) in enumerate(zip(drawn, outcomes, strict=True), start=1):
        said = f"killed by {by}" if by else "SURVIVED"
        print(f"{number}/{len(drawn)} {said}: {mutant}", flush=True)
        survivors += [] if by else [mutant]
    killed = len(drawn) - len(survivors)
    print(f"\n{killed} of {len(drawn)} killed ({killed / max(len(drawn), 1):.0%}). Survivors:")
    print("\n".join(map(str, survivors)) or "none")


if __name__ == "__main__":
    sys.exit(main())
