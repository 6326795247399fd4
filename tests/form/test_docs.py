"""Every link of every page leads somewhere, and every command a page shows is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support.databases import rows

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    ROOT / "benchmarks" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
PAGE = (DOCS / "export.md").read_text("utf-8")
NAME = "{0.parent.name}/{0.name}".format
COMMANDS = re.findall(r"^    bordercast (.+)$", PAGE, re.M)


@pytest.mark.slow
def test_every_command_and_example_of_the_page_on_files_runs(published, tmp_path, monkeypatch):
    (tmp_path / "bordercast.db").symlink_to(published)
    (tmp_path / "config.toml").write_text('[forecast]\nfirst_cutoff = "2026-01"\n')  # few files
    monkeypatch.chdir(tmp_path)

    for command in COMMANDS:
        said = CliRunner().invoke(main, shlex.split(command))
        assert said.exit_code == 0, f"{command}: {said.output}"
        assert Path(shlex.split(command)[-1]).exists()
    for block in re.findall(r"```python\n(.+?)```", PAGE, re.S):
        exec(block, {})
    assert len(COMMANDS) == 8


def test_what_a_page_links_to_is_there():
    broken = {NAME(page): broken_links(page) for page in PAGES}

    assert {name: links for name, links in broken.items() if links} == {}


def broken_links(page: Path) -> list[str]:
    text = page.read_text("utf-8")
    links = [*re.findall(r"\]\(([^)]+)\)", text), *re.findall(r'src="([^"]+)"', text)]
    broken = []
    for link in (link for link in links if not link.startswith("http")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_command_and_option_a_page_names_is_there():
    named = {NAME(page): commands(page.read_text("utf-8")) for page in PAGES}
    unknown = {
        page: [line for line in lines if not taken(shlex.split(line))]
        for page, lines in named.items()
    }

    assert {page: lines for page, lines in unknown.items() if lines} == {}


def commands(text: str) -> list[str]:
    """What follows `bordercast` in blocks and in the text; what is typed, not what it says."""
    typed = re.findall(r"^    (?:\$ )?bordercast ([a-z-][^\n]*)$", text, re.M)
    inline = re.findall(r"`bordercast\s+([a-z-][^`]*)`", text)
    return [line.split("  ")[0].split(" #")[0].split(" && ")[0] for line in (*typed, *inline)]


def taken(words: list[str]) -> bool:
    """Whether there is such a command, and whether it has the options that are named."""
    command: click.Command = main
    left = iter(words)
    for word in left:
        if word == "-" or re.match(r"-\d", word):
            continue  # standard input, or a claim such as -78%
        if word.startswith("-"):
            if word.partition("=")[0] not in options(command):
                return False
        elif isinstance(command, click.Group) and "|" not in word:
            if word not in command.commands:
                return word.isupper() or word in ("help", "version")  # COMMAND, VIEW: any
            command = command.commands[word]
    return True


def options(command: click.Command) -> set[str]:
    given = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    return {*given, "--help", "-h", *(name for p in main.params for name in p.opts)}


def test_every_page_is_in_the_list_of_pages():
    listed = set(re.findall(r"\]\((\w[\w-]*\.md)", (DOCS / "README.md").read_text("utf-8")))

    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} == listed


README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_the_first_page_shows_what_the_program_prints(published):
    said = CliRunner().invoke(main, ["--db", str(published), "show"]).stdout.splitlines()
    shown = re.findall(
        r"^    ((?:border|northern|at ports|Border Patrol|       ).*)$", README, re.M
    )

    assert len(shown) == 6
    old = next(line for line in said if line.startswith("These figures are old"))
    assert f"    {old}\n" in README
    assert [line for line in shown if line.rstrip() not in map(str.rstrip, said)] == []


def test_the_first_page_says_how_its_scores_came_about():
    """What the numbers are is in figures.toml, which tests/form/test_figures.py checks."""
    text = " ".join(README.split())

    for honest in (
        "in today's figures, restatements included",
        "half of M3 was used for choosing the engine",
        "8 times in the last round of choices, 8 and 56 in those before, several hundred earlier",
    ):
        assert honest in text
    # There Prophet has .31, not .61.
    assert "intervals; `bordercast score` gives them ours" in text
    # A ratio to a walk with intervals of its own is mostly about intervals.
    assert "Compare with the first row" in text
    assert "which it was not made for" not in text


@pytest.mark.slow
def test_the_first_page_s_query_and_looks_run(published):
    query = re.search(r'sqlite3 bordercast.db "(.+?)"', README, re.S)
    looks = [c for c in commands(README) if c.split()[0] in ("show", "flags", "fact", "brief")]

    assert query
    assert len(rows(published, query[1])) == 12
    for look in looks:
        said = CliRunner().invoke(main, ["--db", str(published), *shlex.split(look)])
        assert said.exit_code == 0, said.output
    assert len(looks) == 6


HOUSE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_every_room_of_the_house_is_in_its_table():
    named = {name.rstrip("/") for name in re.findall(r"^- `([\w/]+)`:", HOUSE, re.M)}
    rooms = {
        path.parent.relative_to(ROOT).as_posix()
        for package in ("forecast", "jobs")
        for path in (ROOT / package).glob("*/__init__.py")
    }

    assert named == {"models", *rooms}


def test_every_file_named_in_passing_is_there():
    """By the end of its path: `replay.py` in a sentence about forecast/judge."""
    packages = ("benchmarks", "docs", "forecast", "jobs", "models", "tests")
    below = [path for name in packages for path in (ROOT / name).rglob("*.*")]
    paths = [f"/{path.relative_to(ROOT)}" for path in (*below, *ROOT.glob("*.*"))]
    named = set(re.findall(r"`([\w./-]+\.(?:py|sql|md|csv|ini|toml))`", HOUSE))

    assert len(named) > 40
    assert {name for name in named if not any(path.endswith(f"/{name}") for path in paths)} == set()


@pytest.mark.slow
def test_every_command_of_the_page_on_claims_answers(published):
    page = (DOCS / "claims.md").read_text("utf-8")
    facts = [line for line in commands(page) if line.startswith("fact ")]

    for line in facts:
        said = CliRunner().invoke(main, ["--db", str(published), *shlex.split(line)])
        assert said.exit_code == 0, said.output
    assert len(facts) == 7
