"""Do the tests notice a wrong line? A sample of mutants: `make mutants [MODULE=path]`.

    python mutants.py --python .venv/bin/python --traced FOLDER [--sample 200] [--seed N]
                      [--at PATH:LINE ...]
    python mutants.py --python .venv/bin/python --module PATH [--sample 30] [--seed N]

cosmic-ray finds every place where it can make the code wrong: an operator, a comparison, a number,
a decorator, an exception. Places are drawn at random, one mutant for each, so that an operator with
twelve replacements counts no more than a constant. Each mutant is put into a copy of the tree, and
only tests that run its line are run there: a minute's worth, those first that are most about its
module, as a traced run of the whole suite tells (FOLDER/coverage and tests*.xml; see tracing.py).
It is killed if one fails that passes without it, or hangs. mutants.toml says of mutants that change
nothing why they live; they count as survivors all the same. Each draw is a new one unless --seed
says which.

With --module only that module's own tests are traced and tried, those of its mirror
(`a/b/c.py` -> `tests/**/test_c.py`) and of files that import it, in a minute or two.

Runs in an environment of its own that has only cosmic-ray and coverage; the tests run in the
project's.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import warnings
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from xml.etree import ElementTree

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from coverage import CoverageData

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("models/**/*.py", "forecast/**/*.py", "jobs/**/*.py")
# What is run once by hand, to make the figures that are embedded.
LEFT_OUT = ("/bundle/build.py", "/embed_paths.py", "/__main__.py")
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
    ".same",
    ".artifacts",
)
HANGS = 60.0  # seconds, and
PATIENCE = 5.0  # times as long as the tests took in the traced run: what takes longer has no end
BUDGET = 60.0  # seconds of tests for a mutant, as long as they took in the traced run, and
OWN_BUDGET = 10.0  # of a module's own tests
NOT_PASSED = ("skipped", "failure", "error")  # in the traced run: such a test tells nothing
QUICK = 1.0  # seconds, with its fixtures, of a test that is tried before others

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

    def lines(self) -> tuple[str, str]:
        """The line before and after."""
        before = (ROOT / self.module).read_text("utf-8").splitlines()
        after = (self.code() or "").splitlines()
        old, new = next(
            ((a, b) for a, b in zip(before, after, strict=False) if a != b),
            (before[self.start[0] - 1], ""),
        )
        return old.strip(), new.strip()

    def __str__(self) -> str:
        old, new = self.lines()
        name = self.operator.rpartition("/")[2]
        return f"{self.module}:{self.start[0]} {name}\n    - {old}\n    + {new}"


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
    """From where to where there are annotations, types, or imports for types only."""
    for node in ast.walk(tree):
        inside = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            inside.append(node)
        # A record with slots and one without are one to a test; so are the words of a type.
        if isinstance(node, ast.keyword) and node.arg == "slots":
            inside.append(node.value)
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Literal["):
            inside.append(node.value)
        for each in inside:
            if each is not None:
                yield (each.lineno, each.col_offset), (each.end_lineno, each.end_col_offset)


def sample(every: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """As many places, drawn at random, and a mutant of each that is Python.

    In the order in which they are drawn: what is judged by then is a sample of its own.
    """
    by_place: dict[tuple[str, Position], list[Mutant]] = {}
    for mutant in every:
        by_place.setdefault(mutant.place, []).append(mutant)
    chance = random.Random(seed)
    places = chance.sample(sorted(by_place), len(by_place))
    drawn = (chance.choice(by_place[place]) for place in places)
    return list(itertools.islice(filter(_compiles, drawn), count))


def _compiles(mutant: Mutant) -> bool:
    """Whether not everything would notice: "**values" to "-values", or `is "ok"`, a warning."""
    try:
        with warnings.catch_warnings(action="error"):
            compile(mutant.code() or "", mutant.module, "exec")
    except (SyntaxError, SyntaxWarning):
        return False
    except AttributeError:  # cosmic-ray cannot replace an exception whose name has a dot
        return False
    return True


class TracedRun:
    """Which tests ran which lines of a module in a run of the suite, and how long each took.

    A line that a shared fixture ran counts for every test that asks for it, whichever asked first.
    """

    def __init__(self, folder: Path, known: Container[str], budget: float = BUDGET) -> None:
        self.budget = budget
        self.lines = CoverageData(str(folder / "coverage"))
        self.lines.read()
        self.seconds: dict[str, float] = {}  # without its fixtures
        self.fixtures: dict[str, set[str]] = {}  # of a test
        self.waited: dict[str, float] = {}  # for a fixture, by the test that asked first
        for path in sorted(folder.glob("tests*.xml")):
            for case in ElementTree.parse(path).iter("testcase"):
                name = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
                if name in known and not any(case.find(did) is not None for did in NOT_PASSED):
                    self._add(name, case)
        self.ran = self._lines_of_each()
        # Whoever runs no line of the program looks at its text.
        of_the_text = [
            test
            for test, fixtures in self.fixtures.items()
            if not self.ran[test] and not any(self.ran[fixture] for fixture in fixtures)
        ]
        self.of_the_text = sorted(of_the_text, key=self.seconds.__getitem__)

    def _add(self, name: str, case: ElementTree.Element) -> None:
        waited = {
            given.attrib["name"]: float(given.attrib["value"])
            for given in case.iter("property")
            if given.attrib["name"].startswith("fixture ")
        }
        self.fixtures[name] = set(waited)
        self.seconds[name] = max(float(case.attrib["time"]) - sum(waited.values()), 0.0)
        for fixture, seconds in waited.items():
            self.waited[fixture] = max(seconds, self.waited.get(fixture, 0.0))

    def _lines_of_each(self) -> Counter[str]:
        """How many lines of the program each context, a test or a fixture, ran."""
        found: Counter[str] = Counter()
        for path in self.lines.measured_files():
            found.update(self._contexts(Path(path)))
        return found

    def batches_of(self, mutant: Mutant) -> tuple[list[str], list[str], list[str]]:
        """The tests for a mutant: quick ones, what takes long to begin, and who reads the text."""
        tests = self.tests_of(mutant)
        quick = [test for test in tests if self._alone(test) < QUICK]
        # Of a test that takes file after file, the one that takes this one.
        readers = [test for test in self.of_the_text if "[" not in test or mutant.module in test]
        slow = [test for test in tests if test not in quick]
        return quick, slow, self._within_budget(readers)

    def _alone(self, test: str) -> float:
        return self.seconds[test] + sum(self.waited[fixture] for fixture in self.fixtures[test])

    def tests_of(self, mutant: Mutant) -> list[str]:
        """A minute of tests for a mutant: those most about its module rather than passing through.

        Of those that run its line. What runs at import has run before any test that counts on it:
        of a constant or a field those that run a line with its name, of a function's head those
        that run the function; of what is left its module, or where that runs in untraced
        processes only, any module of its folder.
        """
        path = ROOT / mutant.module
        tree = ast.parse(path.read_text("utf-8"))
        of_module = self._contexts(path)
        match _at_import(tree, mutant.start[0]):
            case None:
                first, last = _statement(tree, mutant.start[0])
                of_line = self._contexts_at(path, range(first, last + 1))
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                body = range(function.body[0].lineno, (function.end_lineno or 0) + 1)
                of_line = self._contexts_at(path, body)
            case statement:
                of_line, of_users = self._using(_given(statement))
                of_module = of_users or of_module
        tests = self._asking(of_line) or self._asking(of_module)
        if not tests:
            of_module = sum(map(self._contexts, path.parent.glob("*.py")), Counter())
            tests = self._asking(of_module)
        return self._within_budget(
            self._spread(mutant.module, self._about(mutant.module, tests, of_module))
        )

    def _contexts_at(self, path: Path, lines: Iterable[int]) -> set[str]:
        by_line = self.lines.contexts_by_lineno(str(path))
        return {context for line in lines for context in by_line.get(line, ())}

    def _using(self, names: Iterable[str]) -> tuple[set[str], Counter[str]]:
        """Who runs a line with one of these names, and how many lines each runs of such modules."""
        use = re.compile(rf"\b(?:{'|'.join(names) or '(?!)'})\b")
        of_lines: set[str] = set()
        of_modules: Counter[str] = Counter()
        for path in map(ROOT.joinpath, modules()):
            text = enumerate(path.read_text("utf-8").splitlines(), start=1)
            if found := self._contexts_at(path, [n for n, line in text if use.search(line)]):
                of_lines |= found
                of_modules += self._contexts(path)
        return of_lines, of_modules

    def _contexts(self, path: Path) -> Counter[str]:
        """How many lines of a module each context ran."""
        by_line = self.lines.contexts_by_lineno(str(path))
        return Counter(context for contexts in by_line.values() for context in contexts)

    def _asking(self, contexts: Container[str]) -> list[str]:
        """The tests that are one of these contexts, or ask for a fixture that is."""
        return [
            test
            for test, fixtures in self.fixtures.items()
            if test in contexts or any(fixture in contexts for fixture in fixtures)
        ]

    def _about(
        self, module: str, tests: Sequence[str], of_module: Counter[str]
    ) -> dict[str, float]:
        """How much each of the tests is about a module, by the seconds it takes.

        The module's share of all lines it runs and, as a fixture may run the whole program, of
        those it runs by itself; twice as much in a file that is named after the module.
        """
        found = {}
        for test in tests:
            all_of_it = {test, *self.fixtures[test]}
            share = sum(of_module[one] for one in all_of_it) / sum(self.ran[c] for c in all_of_it)
            own = of_module[test] / max(self.ran[test], 1)
            found[test] = (share + own) * (1 + _is_of(test, module)) / (1 + self.seconds[test])
        return found

    def _spread(self, module: str, about: dict[str, float]) -> list[str]:
        """The tests, best first; of one file each a tenth less than the one before it.

        But of the file that is named after the module: who counts on a constant may be the last.
        """
        before: Counter[str] = Counter()
        worth = {}
        for test in sorted(about, key=lambda test: (-about[test], test)):
            file = test.partition("::")[0]
            worth[test] = about[test] * 0.9 ** before[file]
            before[file] += not _is_of(test, module)
        return sorted(worth, key=lambda test: (-worth[test], test))

    def took(self, tests: Sequence[str]) -> float:
        """Seconds of these tests together, with their fixtures."""
        fixtures = set().union(*(self.fixtures[test] for test in tests))
        return sum(self.seconds[test] for test in tests) + sum(
            map(self.waited.__getitem__, fixtures)
        )

    def _within_budget(self, tests: Sequence[str]) -> list[str]:
        """The first of these, at least one, that take no longer together with their fixtures."""
        found: list[str] = []
        made: set[str] = set()
        left = self.budget
        for test in tests:
            more = self.fixtures[test] - made
            seconds = self.seconds[test]
            if found:  # what the best one needs is had in any case
                seconds += sum(self.waited[fixture] for fixture in more)
            if not found or seconds <= left:
                found.append(test)
                made |= more
                left -= seconds
        return found


def _at_import(tree: ast.Module, line: int) -> ast.stmt | None:
    """The statement of a module or a class at a line, None in a function's body."""
    of_these = (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)))
    for one in (one for node in of_these for one in node.body if not isinstance(one, ast.ClassDef)):
        marks = getattr(one, "decorator_list", [])
        first = min([one.lineno, *(mark.lineno for mark in marks)])
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = first <= line < one.body[0].lineno
        else:
            inside = first <= line <= (one.end_lineno or 0)
        if inside:
            return one
    return None


def _given(statement: ast.stmt) -> list[str]:
    """The names that an assignment gives something."""
    names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def _is_of(test: str, module: str) -> bool:
    """Whether a test is in a file that is named after a module."""
    return _names(Path(test.partition("::")[0]).stem, Path(module).stem)


def _names(stem: str, module: str) -> bool:
    """Whether a test file's name is that of a module: test_MODULE, or test_MODULE_TOPIC."""
    return stem == f"test_{module}" or stem.startswith(f"test_{module}_")


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


class Python:
    """The project's environment."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def begun(self, tree: Path, *words: str | Path) -> subprocess.Popen[str]:
        """A process of its own session in a tree; with walls it can signal none outside."""
        here = {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [*WALLS, self.path, *words], cwd=tree, env={**os.environ, **here}, text=True,
            errors="replace", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def known(self, files: Sequence[str] = ()) -> set[str]:
        """Every test there is, of these files if any; a traced run may be of an older tree."""
        said, _ = self.begun(ROOT, "-m", "pytest", "-q", "--collect-only", *files).communicate()
        return set(said.splitlines())

    def trace(self, folder: Path, files: Sequence[str]) -> None:
        """Run these test files, traced; leaves what a TracedRun reads in a folder."""
        traced = {
            "COVERAGE_PROCESS_START": str(ROOT / "tests/mutation/traced.ini"),
            "COVERAGE_FILE": str(folder / "of"),
            "OMP_NUM_THREADS": "1",
        }
        words = ("-q", "--quick", "-p", "tests.mutation.tracing", "-p", "no:cacheprovider")
        done = subprocess.run(
            [self.path, "-m", "pytest", *words, f"--junitxml={folder / 'tests.xml'}", *files],
            cwd=ROOT, env={**os.environ, **traced}, text=True, capture_output=True,
        )  # fmt: skip
        if done.returncode not in (0, 1):
            raise SystemExit(f"the tests cannot be run:\n{done.stdout[-2000:]}")
        CoverageData(str(folder / "coverage")).write()
        combine = ("-m", "coverage", "combine", "--quiet", f"--data-file={folder / 'coverage'}")
        subprocess.run(
            [self.path, *combine, *folder.glob("of.*")], cwd=ROOT, check=True, capture_output=True
        )


class Tree:
    """A copy of the tree, for one mutant at a time, and a process that runs its tests."""

    def __init__(
        self, folder: Path, python: Python, traced: TracedRun, files: Sequence[str] = ()
    ) -> None:
        self.root, self.python, self.traced = folder / ROOT.name, python, traced
        self.files = files
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*NOT_COPIED))
        self.passes: dict[str, bool] = {}  # whether a test does, without a mutant
        self.written = itertools.count(1)
        self._begin()

    def _begin(self) -> None:
        self.warm = self.python.begun(
            self.root, ROOT / "tests/mutation/preloaded.py", self.root, *self.files
        )
        assert self.warm.stdout
        if not self.warm.stdout.readline():
            raise RuntimeError(f"no tests can be collected in {self.root}")

    def end(self) -> None:
        os.killpg(self.warm.pid, signal.SIGKILL)
        self.warm.wait()

    def killed_by(self, mutant: Mutant) -> str:
        """What notices a mutant, "" if nothing does; a test that fails without it does not."""
        for left in self.traced.batches_of(mutant):
            while left and (by := self._killer_of(mutant, left)):
                if by not in left:  # none can be begun, or one hangs
                    self._collect(left)
                    return by
                if self._passes(by):
                    return by
                left.remove(by)
        return ""

    def _killer_of(self, mutant: Mutant, tests: Sequence[str]) -> str:
        code = mutant.code()
        if code is None:
            raise ValueError(f"there is no such mutant: {mutant.module}:{mutant.start[0]}")
        changed = self.root / mutant.module
        changed.write_text(code, "utf-8")
        # Bytecode is known by its source's second and size: a second for each.
        os.utime(changed, (second := next(self.written), second))
        try:
            return self.killer(tests)
        finally:
            shutil.copy2(ROOT / mutant.module, changed)

    def _collect(self, tests: Sequence[str]) -> None:
        """RuntimeError if these tests cannot be begun without a mutant either."""
        code, said = self._run(HANGS, "--collect-only", *tests)
        if code:
            raise RuntimeError(f"tests cannot be run in {self.root}:\n{said}")

    def _passes(self, test: str) -> bool:
        if test not in self.passes:
            self.passes[test] = not self.killer([test])
        return self.passes[test]

    def killer(self, tests: Sequence[str]) -> str:
        """The first of these tests that fails, "" if none does; or what else shows."""
        code, said = self._run(HANGS + PATIENCE * self.traced.took(tests), "-x", "-rfE", *tests)
        if code == 0:
            return ""
        if code is None:
            return "no end"
        named = re.search(r"^(?:FAILED|ERROR) (.*)", said, re.M)
        found = named[1] if named else f"pytest's exit code {code}"
        return max((test for test in tests if found.startswith(test)), key=len, default=found)

    def _run(self, seconds: float, *words: str) -> tuple[int | None, str]:
        """Pytest's exit code and what it said, None if it hangs or ends what is not its own."""
        assert self.warm.stdin
        assert self.warm.stdout
        wanted = json.dumps({"words": words, "seconds": seconds})
        print(wanted, file=self.warm.stdin, flush=True)
        answer = self.warm.stdout.readline()
        if not answer:
            self.end()
            self._begin()
            return None, ""
        run = json.loads(answer)
        return run["code"], run["said"]


def judged(drawn: Sequence[Mutant], trees: Sequence[Tree]) -> Iterator[str]:
    """What killed each mutant, "" where nothing did, in order."""
    free: SimpleQueue[Tree] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(mutant: Mutant) -> str:
        tree = free.get()
        try:
            return tree.killed_by(mutant)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, drawn)


def own_tests(module: str) -> list[str]:
    """The test files of a module: those named after it, those that import it, and its room's seam.

    A seam's tests ask a whole room as people do, so that they hold when its modules are recut.
    """
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    package, _, name = dotted.rpartition(".")
    imports = re.compile(
        rf"^\s*from {re.escape(dotted)} import|^\s*import {re.escape(dotted)}\b"
        rf"|^\s*from {re.escape(package)} import [^#]*?(?:\([^)]*?)?\b{name}\b",
        re.MULTILINE,
    )
    found = [
        path
        for path in ROOT.glob("tests/**/test_*.py")
        if "shipped" not in path.parts
        and (_names(path.stem, name) or imports.search(path.read_text("utf-8")))
    ]
    for seam in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["seam"]:
        if module.startswith(seam["room"]):
            found += [path for glob in seam["tests"] for path in ROOT.glob(glob)]
    found = list(set(found))
    return sorted(str(path.relative_to(ROOT)) for path in found)


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--python", type=Path, required=True, help="Of the project's environment.")
    options.add_argument("--sample", type=int, help="How many mutants [200; 30 of one module].")
    options.add_argument("--seed", type=int, help="Of an earlier draw [a new one].")
    options.add_argument("--after", type=int, default=0, help="Go on after so many of the draw.")
    options.add_argument(
        "--at", nargs="*", default=[], metavar="PATH:LINE", help="Only these lines."
    )
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--traced", type=Path, metavar="FOLDER", help="Of `make mutants`.")
    options.add_argument("--module", metavar="PATH", help="Only this one, on its own tests.")
    given = options.parse_args()
    if (given.traced is None) == (given.module is None):
        options.error("give --traced or --module")
    seed = random.SystemRandom().randrange(10_000) if given.seed is None else given.seed
    wanted = {(path, int(line)) for path, line in (at.rsplit(":", 1) for at in given.at)}
    names = [given.module] if given.module else sorted({path for path, _ in wanted}) or modules()
    every = [
        mutant
        for name in names
        for mutant in mutants(name)
        if not wanted or (name, mutant.start[0]) in wanted
    ]
    drawn = sample(every, given.sample or (30 if given.module else 200), seed)[given.after :]
    print(f"{len(drawn)} of {len({mutant.place for mutant in every})} places, seed {seed}")
    python = Python(given.python)
    with tempfile.TemporaryDirectory(prefix="mutants-") as work:
        if given.module:
            files = own_tests(given.module)
            if not files:
                print(f"no test file is named after {given.module} or imports it: none is killed")
                return 1
            print(f"on {' '.join(files)}", flush=True)
            folder = Path(work, "traced")
            folder.mkdir()
            python.trace(folder, files)
            traced = TracedRun(folder, python.known(files), OWN_BUDGET)
        else:
            files, traced = [], TracedRun(given.traced, python.known())
        folders = [Path(work, str(number)) for number in range(given.processes)]
        trees = [Tree(folder, python, traced, files) for folder in folders]
        report(drawn, judged(drawn, trees))
        for tree in trees:
            tree.end()
    return 0


def report(drawn: Sequence[Mutant], outcomes: Iterable[str]) -> None:
    """A paragraph for each mutant as it is judged, the survivors once more, the weakest modules."""
    survivors = []
    for number, (mutant, by) in enumerate(zip(drawn, outcomes, strict=True), start=1):
        said = f"killed by {by}" if by else "SURVIVED"
        print(f"{number}/{len(drawn)} {said}: {mutant}", flush=True)
        survivors += [] if by else [mutant]
    killed = len(drawn) - len(survivors)
    reasons = {mutant: reason for mutant in survivors if (reason := why_it_lives(mutant))}
    print(f"\n{killed} of {len(drawn)} killed ({killed / max(len(drawn), 1):.0%}). Survivors, of")
    print(f"which {len(reasons)} change nothing that a test could or should hold:")
    for mutant in survivors:
        print(mutant, f"\n    {reasons.get(mutant, 'NO TEST')}")
    alive = set(survivors)
    for what, of, least in (("Rooms", _room, 0), ("Weakest modules", lambda m: m.module, 2)):
        tried = Counter(map(of, drawn))
        lived = Counter(map(of, alive))
        weakest = sorted(tried, key=lambda name: (-lived[name] / tried[name], -tried[name], name))
        shown = [name for name in weakest if least == 0 or (lived[name] and tried[name] >= least)]
        if len(tried) > 1:
            print(f"\n{what}, killed of tried:")
            for name in shown[:15]:
                print(f"    {tried[name] - lived[name]:>3} of {tried[name]:<3} {name}")


def _room(mutant: Mutant) -> str:
    """The folder that a module is in, below the three top ones."""
    parts = mutant.module.split("/")
    return "/".join(parts[: 2 if parts[0] in ("forecast", "jobs") and len(parts) > 2 else 1])


def why_it_lives(mutant: Mutant) -> str:
    """Why nobody need notice a mutant, as mutants.toml says; "" where it does not."""
    before, after = mutant.lines()
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["lives"]
    change = {"module": mutant.module, "before": before, "after": after}
    return next((str(one["why"]) for one in known if change.items() <= one.items()), "")


if __name__ == "__main__":
    sys.exit(main())
