"""Do the tests notice a wrong line? A sample of mutants: `make mutants [MODULE=path | ROOM=path]`.

cosmic-ray finds every place where it can make the code wrong: an operator, a comparison, a number,
a decorator, an exception. Places are drawn at random, one mutant for each, so that an operator with
twelve replacements counts no more than a constant. Each is put into a copy of the tree, where the
module's own tests are tried, and if it survives them half a minute's worth of all others, those
first that are most about its module; only tests that enter its function, as one run of `make test`
has told (entered.py). It is killed if one fails that passes without it, or hangs; one that changes
nothing survives. Each draw is a new one unless --seed says which.

A module's own tests are those of its mirror (`a/b/c.py` -> `tests/b/test_c.py`), of files that
import it, and of its room's seam (mutants.toml); with --module no others are tried.

Runs in an environment of its own that has only cosmic-ray; the tests run in the project's.
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
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
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("models/**/*.py", "forecast/**/*.py", "jobs/**/*.py")
# What only starts the rest.
LEFT_OUT = ("/__main__.py",)
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
HANGS = 60.0  # seconds of a test that has no end; of several
PATIENCE = 5.0  # times as long as they took in the traced run, besides
OWN_BUDGET = 10.0  # seconds of work in the traced run, of a module's own tests, and
BUDGET = 30.0  # of others

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


class Traced:
    """What the tests did in a traced run: who entered which function, and how long that took.

    What a shared fixture enters counts for every test that asks for it, whichever asked first.
    """

    def __init__(self, file: Path) -> None:
        entered: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.entered = entered  # module -> function -> tests and fixtures
        self.asked: dict[str, set[str]] = defaultdict(set)  # test -> fixtures
        self.seconds: Counter[str] = Counter()
        failed = set()
        for line in file.read_text("utf-8").splitlines():
            match line.split("\t"):
                case [who, "enters", module, function]:
                    entered[module][function].add(who)
                case [who, "asks", fixture]:
                    self.asked[who].add(fixture)
                case [who, "takes", seconds]:
                    self.seconds[who] += float(seconds)
                case [who, "fails"]:
                    failed.add(who)
        self.tests = [who for who in self.seconds if "::" in who and who not in failed]
        self.breadth = Counter(
            who for functions in entered.values() for names in functions.values() for who in names
        )

    def tests_of(self, mutant: Mutant, own: Collection[str]) -> Iterator[tuple[list[str], bool]]:
        """The tests to try, a module's own first, and whether records are to be made anew.

        Of these files the own ones, the best first; then of all others.
        """
        who = self._entering(mutant) or {test for test in self.tests if _file(test) in own}
        anew = any(one.startswith("record ") for one in who)
        of_module = Counter(
            one for names in self.entered.get(mutant.module, {}).values() for one in names
        )
        worth: dict[str, float] = {}
        beside: dict[str, float] = {}  # that enter the module, but for all we know not there
        for test in self.tests:
            alike = {test, *self.asked[test]}
            if not who.isdisjoint(alike) or not of_module.keys().isdisjoint(alike):
                # The module's share of all that is entered, and of what the test enters by itself.
                entered = sum(self.breadth[x] for x in alike) or 1
                share = sum(of_module[x] for x in alike) / entered
                alone = of_module[test] / (self.breadth[test] or 1)
                kept = beside if who.isdisjoint(alike) else worth
                kept[test] = (share + alone) / (1 + self.seconds[test])
        ranked, rest = (sorted(x, key=lambda t, x=x: (-x[t], t)) for x in (worth, beside))
        # What a cache answers is entered by the first to ask alone: own ones are tried anyway.
        tried = [t for t in (*ranked, *rest) if _file(t) in own]
        yield self._affordable(tried, OWN_BUDGET, anew), anew
        yield self._affordable([t for t in ranked if _file(t) not in own], BUDGET, anew), anew

    def _entering(self, mutant: Mutant) -> set[str]:
        """Who enters the function that a mutant is in.

        What runs at import has run before any test: of a constant or a field those are meant that
        enter a function with its name in it, of what is left all that enter the module.
        """
        text = (ROOT / mutant.module).read_text("utf-8")
        tree, functions = ast.parse(text), self.entered.get(mutant.module, {})
        if name := _function(tree, mutant.start[0]):
            while name and not functions.get(name):  # a lambda, or a function within one
                name = name.rpartition(".<locals>.")[0]
            # Of one that is new since the traced run whoever enters its module.
            return set(functions.get(name) or set().union(*functions.values()))
        if names := _given(tree, mutant.start[0]):
            use = re.compile(rf"\b(?:{'|'.join(names)})\b")
            found = {x for module in modules() for x in self._naming(module, use)}
            alike = {f for f in set(map(_file, self.tests)) if use.search((ROOT / f).read_text())}
            return found | {test for test in self.tests if _file(test) in alike}
        return set().union(*functions.values())

    def _naming(self, module: str, use: re.Pattern[str]) -> Iterator[str]:
        """Who enters a function of a module that has such a name in it."""
        text = (ROOT / module).read_text("utf-8")
        if use.search(text) and (functions := self.entered.get(module)):
            tree = ast.parse(text)
            for number, line in enumerate(text.splitlines(), start=1):
                if use.search(line):
                    yield from functions.get(_function(tree, number), ())

    def _affordable(self, tests: Iterable[str], budget: float, anew: bool) -> list[str]:
        """The first of these, at least one, that take no longer together with their fixtures."""
        found: list[str] = []
        made: set[str] = set()
        for test in tests:
            more = {x for x in self.asked[test] - made if anew or not x.startswith("record ")}
            seconds = self.seconds[test] + sum(map(self.seconds.get, more & self.seconds.keys()))
            if not found or seconds <= budget:
                found.append(test)
                made |= more
                budget -= seconds
        return found


def _file(test: str) -> str:
    return test.partition("::")[0]


def _function(tree: ast.AST, line: int, within: str = "") -> str:
    """The name of the innermost function at a line as Python qualifies it, "" outside of any."""
    for node in ast.iter_child_nodes(tree):
        marks = [mark.lineno for mark in getattr(node, "decorator_list", [])]
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None) or 0
        if min([first, *marks]) <= line <= last:
            if isinstance(node, ast.ClassDef):
                return _function(node, line, f"{within}{node.name}.")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = within + node.name
                return _function(node, line, f"{name}.<locals>.") or name
            if found := _function(node, line, within):
                return found
    return ""


def _given(tree: ast.Module, line: int) -> list[str]:
    """The names to which the statement at a line, of a module or a class, gives something."""
    of_these = (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)))
    return [
        node.id
        for statement in (one for some in of_these for one in some.body)
        if not isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and statement.lineno <= line <= (statement.end_lineno or 0)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


class Python:
    """The project's environment."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.env = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)

    def begun(self, tree: Path, *words: str | Path) -> subprocess.Popen[str]:
        """A process of its own session in a tree; with walls it can signal none outside."""
        return subprocess.Popen(
            [*WALLS, self.path, *words], cwd=tree, env={**self.env, "PYTHONPATH": str(tree)},
            text=True, errors="replace", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def traced(self, file: Path, files: Sequence[str], processes: int) -> Traced:
        """What these test files did when they were last run traced; those that changed run now."""
        now = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files}
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        told = {re.split("::|\t", x)[0] for x in lines}
        left = {name for name in told if name.endswith(".py") and not (ROOT / name).exists()}
        if left:  # moved or deleted since
            lines = [x for x in lines if re.split("::|\t", x)[0] not in left]
            file.write_text("".join(f"{x}\n" for x in lines))
        known = {
            name: digest for name, _, digest in (x.split("\t") for x in lines if "\tis\t" in x)
        }
        entered = (x.split("\t") for x in lines if "\tenters\t" in x)
        moved = {_file(who) for who, _, module, _ in entered if not (ROOT / module).exists()}
        stale = sorted(name for name in now if now[name] != known.get(name) or name in moved)
        if stale:
            print(f"{len(stale)} test files run traced, as they are new or changed", flush=True)
            gone = set(stale)
            file.write_text("".join(f"{x}\n" for x in lines if re.split("::|\t", x)[0] not in gone))
            many = ("-n", str(processes), "--dist", "loadfile") if len(stale) > 5 else ()
            words = ("-q", "--quick", "-p", "tests.mutation.entered", "-p", "no:cacheprovider")
            with tempfile.TemporaryDirectory(prefix="traced-") as records:
                here = {"ENTERED": str(file.absolute()), "ARTIFACTS": records}
                here["PYTHONPATH"] = str(ROOT / "tests/mutation/traced")
                done = subprocess.run(
                    [self.path, "-m", "pytest", *words, *many, *stale], cwd=ROOT,
                    env={**self.env, **here}, text=True, capture_output=True,
                )  # fmt: skip
            if done.returncode not in (0, 1, 5):
                raise SystemExit(f"the tests cannot be run:\n{done.stdout[-2000:]}")
            print(*re.findall(r"^(?:FAILED|ERROR) .*", done.stdout, re.M)[:20], sep="\n")
            with file.open("a") as out:
                out.writelines(f"{name}\tis\t{now[name]}\n" for name in stale)
        return Traced(file)


class Tree:
    """A copy of the tree, for one mutant at a time, and a process that runs its tests."""

    def __init__(self, folder: Path, python: Python, traced: Traced, files: Sequence[str]) -> None:
        self.root, self.python, self.traced = folder / ROOT.name, python, traced
        self.records = folder.parent / "records"  # as they are without a mutant, for all trees
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
        self.tests = set(json.loads(self.warm.stdout.readline() or "[]"))
        if not self.tests:
            raise RuntimeError(f"no tests can be collected in {self.root}")

    def end(self) -> None:
        os.killpg(self.warm.pid, signal.SIGKILL)
        self.warm.wait()

    def killed_by(self, mutant: Mutant, own: Collection[str], alone: bool) -> str:
        """What notices a mutant, "" if nothing does; a test that fails without it does not."""
        tests = self.traced.tests_of(mutant, own)
        for ranked, anew in itertools.islice(tests, 1 if alone else 2):
            # One that a copy of the tree does not have would let none begin.
            left = [test for test in ranked if test in self.tests]
            while left and (by := self._killer_of(mutant, left, anew)):
                if by not in left:  # none can be begun, or there is no end
                    return "" if self.killer(left) else by
                if self._passes(by):
                    return by
                left.remove(by)
        return ""

    def _killer_of(self, mutant: Mutant, tests: Sequence[str], anew: bool) -> str:
        code = mutant.code()
        if code is None:
            raise ValueError(f"there is no such mutant: {mutant.module}:{mutant.start[0]}")
        changed = self.root / mutant.module
        changed.write_text(code, "utf-8")
        # Bytecode is known by its source's second and size: a second for each.
        os.utime(changed, (second := next(self.written), second))
        try:
            return self.killer(tests, anew)
        finally:
            shutil.copy2(ROOT / mutant.module, changed)

    def _passes(self, test: str) -> bool:
        if test not in self.passes:
            self.passes[test] = not self.killer([test])
        return self.passes[test]

    def killer(self, tests: Sequence[str], anew: bool = False) -> str:
        """The first of these tests that fails, "" if none does; or what else shows."""
        assert self.warm.stdin
        assert self.warm.stdout
        took = sum(self.traced.seconds[x] for t in tests for x in (t, *self.traced.asked[t]))
        words = ["-x", f"--timeout={HANGS}", "-o", "timeout_method=thread", *tests]
        wanted = {"words": words, "seconds": 2 * HANGS + PATIENCE * min(took, OWN_BUDGET + BUDGET)}
        with tempfile.TemporaryDirectory(prefix="records-") as records:
            wanted["artifacts"] = records if anew else str(self.records)
            print(json.dumps(wanted), file=self.warm.stdin, flush=True)
            answer = self.warm.stdout.readline()
        if not answer:  # the mutant ended more than what is its own
            self.end()
            self._begin()
            return "no end"
        run = json.loads(answer)
        if run["code"] == 0:
            return ""
        return "no end" if run["code"] is None else run["test"] or "no test that can be begun"


def judged(
    drawn: Sequence[Mutant], trees: Sequence[Tree], own: Callable[[str], list[str]], alone: bool
) -> Iterator[str]:
    """What killed each mutant, "" where nothing did, in order."""
    free: SimpleQueue[Tree] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(mutant: Mutant) -> str:
        tree = free.get()
        try:
            return tree.killed_by(mutant, own(mutant.module), alone)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        yield from pool.map(one, drawn)


def own_tests(module: str) -> list[str]:
    """The test files of a module: its mirror, those that import it, and its room's seam.

    A seam's tests ask a whole room as people do, so that they hold when its modules are recut.
    """
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    package, _, name = dotted.rpartition(".")
    folder = Path("tests", *(package.split(".")[1:] or [package or name]))
    mirrors = (folder / f"test_{name}", folder / name / f"test_{name}")
    imports = re.compile(
        rf"^\s*from {re.escape(dotted)} import|^\s*import {re.escape(dotted)}\b"
        rf"|^\s*from {re.escape(package)} import [^#]*?(?:\([^)]*?)?\b{name}\b",
        re.MULTILINE,
    )
    found = {
        file
        for file in test_files()
        if file.startswith(tuple(f"{mirror}{end}" for mirror in mirrors for end in (".py", "_")))
        or imports.search((ROOT / file).read_text("utf-8"))
    }
    for seam in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["seam"]:
        if module.startswith(seam["room"]):
            found |= {
                str(path.relative_to(ROOT)) for glob in seam["tests"] for path in ROOT.glob(glob)
            }
    return sorted(found)


def test_files() -> list[str]:
    found = (str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/test_*.py"))
    return sorted(name for name in found if not name.startswith("tests/shipped/"))


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--python", type=Path, required=True, help="Of the project's environment.")
    options.add_argument(
        "--traced", type=Path, required=True, metavar="FILE", help="What tests enter; kept."
    )
    options.add_argument("--sample", type=int, help="How many mutants [200; 30 of a part].")
    options.add_argument("--seed", type=int, help="Of an earlier draw [a new one].")
    options.add_argument("--after", type=int, default=0, help="Go on after so many of the draw.")
    options.add_argument(
        "--at", nargs="*", default=[], metavar="PATH:LINE", help="Only these lines."
    )
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--room", metavar="FOLDER", help="Only this one, forecast/desk.")
    options.add_argument("--module", metavar="PATH", help="Only this one, on its own tests.")
    given = options.parse_args()
    seed = random.SystemRandom().randrange(10_000) if given.seed is None else given.seed
    wanted = {(path, int(line)) for path, line in (at.rsplit(":", 1) for at in given.at)}
    names = [given.module] if given.module else sorted({path for path, _ in wanted}) or modules()
    every = [
        mutant
        for name in names
        if not given.room or room_of(name) == given.room
        for mutant in mutants(name)
        if not wanted or (name, mutant.start[0]) in wanted
    ]
    of_part = given.module or given.room
    drawn = sample(every, given.sample or (30 if of_part else 200), seed)[given.after :]
    print(f"{len(drawn)} of {len({mutant.place for mutant in every})} places, seed {seed}")
    python, own = Python(given.python), functools.cache(own_tests)
    files = own(given.module) if given.module else test_files()
    if not files:
        print(f"no test file is named after {given.module} or imports it: none is killed")
        return 1
    traced = python.traced(given.traced, files, given.processes)
    with tempfile.TemporaryDirectory(prefix="mutants-") as work:
        folders = [Path(work, str(number)) for number in range(given.processes)]
        trees = [Tree(folder, python, traced, files) for folder in folders]
        try:
            report(drawn, judged(drawn, trees, own, bool(given.module)))
        finally:
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
    print(f"\n{killed} of {len(drawn)} killed ({killed / max(len(drawn), 1):.0%}). Survivors:")
    print(*survivors, sep="\n")
    alive = set(survivors)
    for what, of, least in (
        ("Rooms", lambda m: room_of(m.module), 0),
        ("Weakest modules", lambda m: m.module, 2),
    ):
        tried = Counter(map(of, drawn))
        lived = Counter(map(of, alive))
        weakest = sorted(tried, key=lambda name: (-lived[name] / tried[name], -tried[name], name))
        shown = [name for name in weakest if least == 0 or (lived[name] and tried[name] >= least)]
        if len(tried) > 1:
            print(f"\n{what}, killed of tried:")
            for name in shown[:15]:
                print(f"    {tried[name] - lived[name]:>3} of {tried[name]:<3} {name}")


def room_of(module: str) -> str:
    """The folder that a module is in, below the three top ones."""
    parts = module.split("/")
    return "/".join(parts[: 2 if parts[0] in ("forecast", "jobs") and len(parts) > 2 else 1])


if __name__ == "__main__":
    sys.exit(main())
