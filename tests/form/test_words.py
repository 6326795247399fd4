"""What people read is plain American English: no phrase that was given up comes back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main
from jobs.deliver import letter
from tests.support.history_2025 import held

ROOT = Path(__file__).parents[2]
# Forms that are never right, in any text.
NEVER = (
    r"\d %",
    r"(?<![\d,])\d{1,2} (?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December) \d{4}",
    r"\b(?:colour|licence|neighbour|catalogue|behaviour|favour|grey-blue)(?:s|ing|ed)?\b",
    r"published less expected",
    r"the parts moved as one",
    r"flagged with it",
    r"severity (?:critical|major|notable)\b",
    r"stood before (?:it|them)",
    r"distribution makes likely",
    r"[Ww]hat deviated|months that deviated|no month deviated",
    r"gives occasion",
    r"no service leads",
    r"believe a refused file",
    r"the gravest first",
    r"is no falsehood",
    r"are told once",
    r"stands? in (?:the|its)",
    r"of then\b",
    r"will not do",
    r"stands still",
    r"will not have us|lets us in|blocks us",
    r"on a day that is not known",
    r"most months would be at least this far",
)
# Written for people who read code, or by others at this moment.
ELSEWHERE = (
    "forecast/claims",
    "forecast/files",
    "forecast/sources",
    "forecast/tables",
    "forecast/engine/parameters",
)
LONG = 40  # words of a sentence


def found(text: str) -> list[str]:
    words = " ".join(text.split())
    return [m[0] for pattern in NEVER for m in re.finditer(pattern, words, re.I)]


def strings(path: Path) -> Iterator[str]:
    """String constants, without docstrings; the parts of an f-string joined."""
    tree = ast.parse(path.read_text("utf-8"))
    quiet = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "0" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in quiet:
            yield str(node.value)


def sources() -> list[Path]:
    files = [path for room in ("forecast", "jobs") for path in (ROOT / room).rglob("*.py")]
    return sorted(p for p in files if not str(p.relative_to(ROOT)).startswith(ELSEWHERE))


def test_the_program_s_texts_are_plain():
    said = {path: [w for text in strings(path) for w in found(text)] for path in sources()}

    assert {str(path.relative_to(ROOT)): words for path, words in said.items() if words} == {}


PAGES = [
    ROOT / "README.md",
    ROOT / "forecast" / "config.toml",
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_pages_are_plain():
    said = {path.name: found(path.read_text("utf-8")) for path in PAGES}

    assert {name: words for name, words in said.items() if words} == {}


def test_the_newest_changes_are_plain():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert found(text.split("\n## ")[1]) == []


def helps(command: click.Command, *path: str) -> Iterator[str]:
    yield CliRunner().invoke(main, [*path, "--help"]).output
    for name, child in getattr(command, "commands", {}).items():
        yield from helps(child, *path, name)


def test_every_help_is_plain():
    assert [words for text in helps(main) for words in found(text)] == []


@pytest.mark.slow
@pytest.mark.parametrize("border", ["northern", "southwest", "other", "nationwide"])
def test_what_the_record_says_is_plain_and_short(published, border):
    commands = (
        ["brief", border],
        ["brief", border, "2025-02"],
        ["flags", border],
        ["show", border],
    )
    said = [CliRunner().invoke(main, ["--db", str(published), *words]).output for words in commands]

    assert [words for text in said for words in found(text)] == []
    for text in said[:2]:
        assert_short(text.split("Bordercast, run")[0], 20)


@pytest.mark.parametrize("stage", ["january", "february"])
def test_mails_are_plain_and_short(stages, stage):
    notice, sections = held(stages / f"{stage}.db")

    assert found(letter.text(notice, sections, whole=True)) == []
    text = letter.text(notice, sections).partition("Bordercast, run")[0]
    prose = [
        part for part in re.split(r"\n\s*\n", text) if "against" not in part and "===" not in part
    ]
    assert_short(". ".join(prose), 18)


def assert_short(text: str, mean: float) -> None:
    """Mean and longest sentence, in words."""
    pieces = re.split(r"(?<=[.!?:;])\s+(?!\d)", " ".join(text.split()))
    lengths = [len(piece.split()) for piece in pieces if len(piece.split()) > 2]
    assert sum(lengths) / len(lengths) <= mean
    assert max(lengths) <= LONG


def test_sentences_of_pages_are_short():
    lengths = {path.name: too_long(path) for path in PAGES if path.suffix == ".md"}

    assert {name: pieces for name, pieces in lengths.items() if pieces} == {}


def too_long(path: Path) -> list[str]:
    """The sentences of a page that are too long, and their mean length if that is."""
    text = path.read_text("utf-8")
    apart = r"```.*?```|^(?: {4}|\||<|#)[^\n]*$|!\[[^\]]*\]\([^)]*\)"
    text = re.sub(apart, "\n\n", text, flags=re.M | re.S)
    paragraphs = re.split(r"\n\s*\n|\n- ", re.sub(r"\]\([^)]*\)", "]", text))
    pieces = [s for p in paragraphs for s in re.split(r"(?<=[.!?:;])\s+", " ".join(p.split()))]
    lengths = [len(piece.split()) for piece in pieces if len(piece.split()) > 2]
    mean = sum(lengths) / max(len(lengths), 1)
    long = [piece for piece in pieces if len(piece.split()) > LONG]
    return [*long, *([f"{mean:.1f} words a sentence"] if mean > 18 else [])]
