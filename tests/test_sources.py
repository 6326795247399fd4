"""What CBP calls things stands in its source alone, and every text takes its words from there."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from forecast import months
from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.report import Interior, month_report
from forecast.intake.sources import registry
from forecast.store.reports import MonthRecord

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "forecast" / "intake" / "sources"
# File names, columns, labels and addresses, and the words of its measure.
KNOWN_TO_ONE = re.compile(
    r"cbp\.gov|nationwide-encounters|sbo-encounters|\bCBP\b|Customs and Border|\.csv\.gz\b.*fy"
    r"|Land Border|Fiscal Year|Month Grouping|\(abbv\)|Title of Authority|Encounter (Type|Count)"
    r"|Area of Responsibility|FYTD|Single Minors|\bUAC\b|FMUA|PEOPLES REPUBLIC"
    r"|Office of Field Operations|\bOFO\b|U\.S\. Border Patrol|\b[A-Z]\w+ (Sector|Field Office)\b"
    r"|At Large|At Entry|[Pp]orts? of entry|between ports"
    r"|[Ee]ncounters (are|at|in|were|have|a month|published)|\bencounters?\b.*[.;:]( |$)"
)
# Public names of tables and columns, and the docs of the views; policy dates by their usual names;
# how people write, which the checker of claims reads; a command's example.
ELSEWHERE = {
    "forecast/desk/dictionary/columns.py": ("U.S. Border Patrol, Office of Field Operations",),
    "forecast/desk/dictionary/views.py": (
        "apprehension_type Border Patrol's part",
        "When CBP first published the month",
    ),
    "forecast/intake/events.py": ("CBP",),
    "forecast/claims/tokens.py": ("Encounters|CBP|",),
}
MODULES = sorted(
    path
    for package in ("models", "forecast", "jobs")
    for path in (ROOT / package).rglob("*.py")
    if not (SOURCES in path.parents and path.parent != SOURCES)
)
TEMPLATES = sorted((ROOT / "forecast").rglob("*.html"))


def texts(path: Path) -> list[str]:
    """Every text of a module but its docstrings and its SQL; of f-strings the fixed parts."""
    tree = ast.parse(path.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]
    return [text for text in found if not re.search(r"\b(select|insert into|from \w+ as)\b", text)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_cbp_calls_things_stands_in_its_source_alone(path):
    if "store" in path.parts:  # the tables' own names
        return
    allowed = ELSEWHERE.get(path.relative_to(ROOT).as_posix(), ())

    found = [text for text in texts(path) if KNOWN_TO_ONE.search(text)]

    assert [text for text in found if not any(words in text for words in allowed)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_takes_the_measure_s_words_from_its_source(path):
    shown = re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text(), flags=re.DOTALL)

    assert re.findall(r"encounters?\b|\bCBP\b|ports? of entry|Border Patrol", shown, re.I) == []


def test_only_the_registry_and_the_program_s_own_figures_name_a_source():
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if "sources.cbp_encounters" in path.read_text()
    }

    assert importing == {
        "forecast/intake/sources/registry.py",
        "jobs/pipeline/embed_paths.py",
    }


def test_brief_and_mail_speak_of_whatever_the_source_counts(monkeypatch):
    """With another source's words in its place, none of this one's is left."""
    real = registry.main()
    other = replace(
        real,
        publisher=replace(real.publisher, short="The Library"),
        measure=replace(
            real.measure,
            noun="loans",
            long_name="loans of books",
            reach="",
            caveat="Loans are no readers.",
        ),
        hierarchy=replace(real.hierarchy, aside=None),
    )
    monkeypatch.setattr(registry, "main", lambda: other)
    counts = {months.shift("2020-01", i): 100 + i for i in range(40)}
    record = MonthRecord(counts, [], {"file_name": "a.csv", "rounding": 1}, None, None)
    report = month_report("northern", max(counts), record)

    section = content.finding(report)
    said = " ".join(
        (
            brief.headline(report),
            *brief.definition(report),
            section.finding,
            section.caption,
            *(f"{block.heading} {block.text}" for block in section.blocks),
        )
    )

    assert "The Library counted 139 loans" in said
    assert "Loans are no readers." in said
    assert not re.search(r"encounter|\bCBP\b|Border Patrol|ports? of entry", said, re.I)


def test_what_splits_one_half_is_named_by_its_source():
    counts = {"2025-02": 500}
    record = MonthRecord(counts, [], {"file_name": "a.csv", "rounding": 1}, None, None)
    report = replace(
        month_report("northern", "2025-02", record), interior=Interior("2025-02", 396, 83, 479)
    )

    (_, aside) = brief.definition(report)

    assert "396 of 479 Border Patrol encounters" in aside
    assert "At Large, that is arrests in the interior" in aside


def test_a_source_is_found_by_its_name():
    source = registry.find("cbp_encounters")

    assert registry.source_of(source.example) is source
    assert source.parse_name(source.example).layout in source.pages.siblings
    assert {half.component for half in source.hierarchy.halves} == set(source.hierarchy.components)
    with pytest.raises(KeyError):
        registry.find("cbp_drug_seizures")
