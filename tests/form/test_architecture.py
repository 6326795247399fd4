"""Imports go one way: tests -> jobs -> forecast -> models, and between the rooms of forecast."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = {"types", "errors", "months", "config", "store", "files", "labels", "words", "version"}
ROOMS = ["tables", "sources", "engine", "judge", "desk", "claims"]
MODULES = [
    path
    for package in ("models", "forecast", "jobs")
    for path in sorted((ROOT / package).rglob("*.py"))
]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def imports(path: Path) -> set[str]:
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def offenders(of: Callable[[Path], object]) -> dict[str, object]:
    """Module -> what is wrong with it, of every module with which anything is."""
    every = ((str(path.relative_to(ROOT)), of(path)) for path in MODULES)
    return {name: wrong for name, wrong in every if wrong}


def top(name: str) -> str:
    return name.split(".")[0]


def test_imports_go_one_way():
    allowed = {
        "models": {"models"},
        "forecast": {"models", "forecast"},
        "jobs": {"models", "forecast", "jobs"},
    }

    def others(path: Path) -> set[str]:
        ours = {top(name) for name in imports(path)} & {"models", "forecast", "jobs", "tests"}
        return ours - allowed[path.relative_to(ROOT).parts[0]]

    assert offenders(others) == {}


def test_a_room_imports_only_from_the_rooms_before_it():
    def later(path: Path) -> set[str]:
        package, room = (path.relative_to(ROOT).parts[:2]) if path.parent != ROOT else ("", "")
        room = room.removesuffix(".py")
        if package != "forecast" or room not in {*ROOMS, *SHARED}:
            return set()
        reached = {n.split(".")[1] for n in imports(path) if n.startswith("forecast.")}
        allowed = ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else []
        return reached & set(ROOMS) - set(allowed)

    assert offenders(later) == {}


# What each room may import beside itself; "*" are the modules that lie in no room.
EDGES = {
    "forecast/tables": {"forecast/*", "models"},
    "forecast/sources": {"forecast/*", "forecast/tables", "models"},
    "forecast/store": {"forecast/*"},
    "forecast/engine": {"forecast/*", "models"},
    "forecast/judge": {"forecast/*", "forecast/engine", "models"},
    "forecast/desk": {
        *("forecast/*", "forecast/engine", "forecast/judge", "forecast/sources"),
        *("forecast/store", "forecast/tables", "models"),
    },
    "forecast/claims": {"forecast/*", "forecast/sources", "forecast/store"},
    "jobs/arrivals": {
        *("forecast/*", "forecast/sources", "forecast/store", "forecast/tables", "jobs/*"),
    },
    "jobs/compute": {"forecast/*", "forecast/engine", "jobs/*"},
    "jobs/deliver": {
        *("forecast/*", "forecast/desk", "forecast/judge", "forecast/sources", "forecast/store"),
        *("jobs/*", "jobs/witness"),
    },
    "jobs/web": {
        *("forecast/*", "forecast/claims", "forecast/desk", "forecast/sources"),
        *("forecast/store", "jobs/*"),
    },
    "jobs/witness": {
        *("forecast/*", "forecast/desk", "forecast/sources", "forecast/store", "jobs/*"),
    },
    "jobs/service": {
        *("forecast/*", "forecast/desk", "forecast/engine", "forecast/sources", "forecast/store"),
        *("forecast/tables", "jobs/*", "jobs/arrivals", "jobs/compute", "jobs/deliver", "jobs/web"),
        *("jobs/witness", "models"),
    },
    "models": set(),
    "jobs/cli": {
        *("forecast/*", "forecast/claims", "forecast/desk", "forecast/engine", "forecast/judge"),
        *("forecast/sources", "forecast/store", "forecast/tables", "jobs/*", "jobs/arrivals"),
        *("jobs/compute", "jobs/deliver", "jobs/service", "jobs/web", "jobs/witness", "models"),
    },
}
# `tables` reads anybody's file and knows nothing of the rest.
OF_TABLES = {"months", "errors", "child"}


def room_of(name: str) -> str:
    package, *rest = name.split(".")
    if package == "models":
        return package
    return (
        f"{package}/{rest[0]}" if rest and (ROOT / package / rest[0]).is_dir() else f"{package}/*"
    )


@pytest.mark.parametrize("room", EDGES)
def test_a_room_imports_only_from_rooms_that_are_named(room):
    reached = {
        room_of(name)
        for path in MODULES
        if path.relative_to(ROOT).as_posix().startswith(f"{room}/")
        for name in imports(path)
        if top(name) in ("models", "forecast", "jobs")
    }

    assert reached - {room} <= EDGES[room]


def test_each_room_has_its_edges_named():
    rooms = {room_of(".".join(path.relative_to(ROOT).parts[:2])) for path in MODULES}

    assert {room for room in rooms if not room.endswith("*")} == set(EDGES)


def test_forecasting_and_judging_know_no_settings():
    named = {
        path.name: sorted(imports(path) & {"forecast.config", "forecast.context"})
        for room in ("engine", "judge")
        for path in (ROOT / "forecast" / room).glob("*.py")
    }

    assert {name: found for name, found in named.items() if found} == {}


def test_tables_know_months_errors_a_child_and_arrays():
    reached = {
        name.split(".")[1]
        for path in MODULES
        if path.relative_to(ROOT).as_posix().startswith("forecast/tables/")
        for name in imports(path)
        if top(name) == "forecast" and "." in name
    }

    assert reached - {"tables"} <= OF_TABLES


# Loaded only where they are asked for: a cluster, an assistant, slides, outsiders.
ASKED_FOR = {"dask", "distributed", "mcp", "pptx", "rfc3161_client", "weasyprint"}


def test_what_few_ask_for_is_loaded_only_then():
    started = "import jobs.cli, jobs.monthly, jobs.service.daemon, jobs.web.app"
    code = f"import sys; {started}; print(sorted({ASKED_FOR!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_only_the_store_speaks_sql():
    def statements(path: Path) -> list[str]:
        if "store" in path.relative_to(ROOT).parts:
            return []
        # The auditor reads the tables by statements of its own, as it audits those of the store.
        alone = path.relative_to(ROOT).as_posix() == "forecast/base_tables.py"
        nodes = (n for n in nodes_of(path) if isinstance(n, ast.Constant))
        texts = [node.value.lower() for node in nodes if isinstance(node.value, str)]
        reading = [t for t in texts if "select " in t and " from " in t and "where" in t]
        begin = ("insert into", "delete from", "update ")
        return ([] if alone else reading) + [t for t in texts if t.strip().startswith(begin)]

    assert offenders(statements) == {}


# Methods by which a container is changed in place.
CHANGES = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "clear", "remove"}
CHANGES |= {"discard", "appendleft", "popitem"}


def names_changed(function: ast.AST) -> Iterator[str]:
    """Names that a function changes in place, or binds in its module."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
            if isinstance(node.ctx, ast.Store | ast.Del):
                yield node.value.id
        elif isinstance(node, ast.Call):
            owner, _, method = ast.unparse(node.func).rpartition(".")
            if method in CHANGES:
                yield owner


def test_no_module_keeps_what_a_function_set():
    """A function's answer follows from its arguments, whatever was called before."""

    def kept(path: Path) -> set[str]:
        bound = {
            name.id
            for statement in tree(path).body
            for name in ast.walk(statement)
            if isinstance(statement, ast.Assign | ast.AnnAssign)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        found = set()
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = node.args
                every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
                own = {argument.arg for argument in every}
                own |= {
                    name.id
                    for name in ast.walk(node)
                    if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
                }
                found |= set(names_changed(node)) & (bound - own)
        return found

    assert offenders(kept) == {}


def test_only_a_context_and_what_starts_find_sources_by_name():
    """Everybody else is handed a source."""
    finders = {"forecast/context.py"}
    finders |= {"forecast/desk/dictionary.py", "jobs/cli/service.py"}
    finders |= {"jobs/service/first_settings.py"}

    def finds(path: Path) -> bool:
        nodes = (ast.unparse(n) for n in nodes_of(path) if isinstance(n, ast.Attribute))
        return any(name in ("catalog.find", "catalog.every") for name in nodes)

    assert set(offenders(finds)) == finders


def test_every_module_says_what_it_is_for():
    assert offenders(lambda path: not ast.get_docstring(tree(path))) == {}


def test_days_are_of_utc_whatever_the_time_zone_of_the_machine():
    local = {"date.today", "datetime.today", "datetime.utcnow"}

    def calls(path: Path) -> set[str]:
        nodes = (n for n in nodes_of(path) if isinstance(n, ast.Attribute))
        return {ast.unparse(node) for node in nodes} & local

    assert offenders(calls) == {}


def type_names(path: Path) -> Iterator[str]:
    """Classes and aliases of types, wherever in the file, without an underscore in front."""
    for node in nodes_of(path):
        if isinstance(node, ast.ClassDef):
            yield node.name.lstrip("_")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and re.match(r"_?[A-Z]+[a-z]", target.id):
                yield target.id.lstrip("_")


def test_no_type_has_the_name_of_another():
    defined = defaultdict(set)
    for path in MODULES:
        for name in type_names(path):
            defined[name].add(str(path.relative_to(ROOT)))

    assert {name: files for name, files in defined.items() if len(files) > 1} == {}


# What is filled while something is worked out, by the function that made it.
CHANGING = {"DeliveryDiff", "Daemon", "Findings", "TextState", "TotalMonths"}


def test_records_never_change():
    made = {
        node.name: decorator
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
        for decorator in map(ast.unparse, node.decorator_list)
        if decorator.startswith("dataclass")
    }

    assert {name for name, how in made.items() if "frozen=True" not in how} == CHANGING
    assert not [how for how in made.values() if "False" in how]  # goes without saying


# The longer of the two is cut at the end of the other, and meant to be.
CUT = {
    "zip(key.dimension.split('*'), key.member.split(' * '), strict=False)",
    "zip(leads, ([1, 0], [6, 3], [3, 3], [1, 3]), strict=False)",
    "zip(part.centre, total.centre, strict=False)",
    "zip(*spans, strict=False)",
    "zip(rows, whole, strict=False)",
}


def test_what_is_paired_has_one_length():
    pairs = {
        ast.unparse(node)
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"
    }

    assert {pair for pair in pairs if not pair.endswith("strict=True)")} == CUT


def named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_modules_import_each_other():
    """Also not for types alone, and not within a function."""
    ours = {named(path): path for path in MODULES}
    graph = {}
    for name, path in ours.items():
        reached = imports(path) & ours.keys() - {name}
        # `from forecast import months` is an import of months; that it runs forecast is no circle.
        graph[name] = {one for one in reached if not any(r.startswith(f"{one}.") for r in reached)}

    list(TopologicalSorter(graph).static_order())  # CycleError says who imports whom


# These read what others wrote: people's texts and tables, a library's messages, a page's marker,
# what our own pages said, in order to audit it.
READERS = (
    *("forecast/claims/", "forecast/tables/", "forecast/sources/", "forecast/engine/spans.py"),
    "forecast/periods.py",
    *("forecast/names.py", "forecast/desk/dictionary.py"),
    *("jobs/witness/timestamps.py", "jobs/web/sql.py"),
    "forecast/audit.py",
)
MATCHING = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "index", "count"}
MATCHING |= {"partition", "split", "match", "search", "fullmatch"}


def kinds() -> set[str]:
    """Every value of a Literal type: two words may be one kind ("level shift")."""
    return {
        value.value
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Literal")
        for value in ast.walk(node.slice)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def sentences() -> dict[str, set[str]]:
    """NAME -> the texts of several words that modules give this name to."""
    found = defaultdict(set)
    for path in MODULES:
        for node in tree(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] |= {
                    part.value
                    for part in [node.value, *getattr(node.value, "elts", [])]
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return found


def compared(node: ast.AST) -> Iterator[ast.AST]:
    """What a node compares with or searches for."""
    sides = []
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        sides = node.args[:1] if node.func.attr in MATCHING else []
    elif isinstance(node, ast.MatchValue):
        sides = [node.value]
    for side in sides:
        yield from [side, *getattr(side, "elts", [])]


def decided_by(path: Path, named: dict[str, set[str]]) -> Iterator[str]:
    """The texts that anything in a file is compared with or searched for."""
    for part in (part for node in nodes_of(path) for part in compared(node)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, ast.Name | ast.Attribute):
            yield from named.get(getattr(part, "id", getattr(part, "attr", "")), ())


def test_no_decision_rests_on_a_text_written_for_people():
    kind, named = kinds(), sentences()
    sentence = re.compile(r"[a-z]{2,} +[a-z]|[a-z]{2,} $")

    def sentences_of(path: Path) -> set[str]:
        if str(path.relative_to(ROOT)).startswith(READERS):
            return set()
        return {text for text in set(decided_by(path, named)) - kind if sentence.search(text)}

    assert offenders(sentences_of) == {}


def reached(path: Path, package: str) -> set[str]:
    """Modules of a package that a file imports, by their names in it."""
    names = (name for name in imports(path) if name.startswith(f"{package}."))
    return {name.removeprefix(f"{package}.").split(".")[0] for name in names}


def test_facts_know_no_sentence_and_sentences_nothing_that_shows_them():
    desk = ROOT / "forecast" / "desk"

    assert reached(desk / "facts.py", "forecast.desk") == set()
    allowed = {"facts", "sentences"}
    wrong = {p.name: reached(p, "forecast.desk") - allowed for p in (desk / "sentences").iterdir()
             if p.suffix == ".py"}  # fmt: skip
    assert {name: others for name, others in wrong.items() if others} == {}


def test_of_the_desk_only_what_reads_the_record_takes_a_connection():
    taking = {
        str(path.relative_to(ROOT / "forecast" / "desk"))
        for path in MODULES
        if path.is_relative_to(ROOT / "forecast" / "desk")
        for node in nodes_of(path)
        if isinstance(node, ast.arg) and node.arg in ("connection", "db")
    }

    reading = {"answers.py", "facts.py", "groups.py", "provisional.py", "vintages.py"}
    reading |= {"site/build.py", "site/reading.py"}
    assert taking == reading


def test_claims_and_desk_do_not_know_each_other():
    for room, other in (("claims", "forecast.desk"), ("desk", "forecast.claims")):
        files = (ROOT / "forecast" / room).rglob("*.py")
        assert {path.name: reached(path, other) for path in files if reached(path, other)} == {}
