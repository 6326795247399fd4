"""What CBP calls things stands in its source alone, and every text takes its words from there."""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import forecast.sources
from forecast import months
from forecast.config import CountsSection
from forecast.desk.facts import month_report
from forecast.desk.sentences import monthly
from forecast.desk.sentences import section as section_texts
from forecast.errors import ConfigError, DataError
from forecast.sources import catalog
from forecast.sources.own.reader import data_through, read_as
from forecast.sources.own.source import own_counts
from forecast.sources.source import (
    FileName,
    MeasureWords,
    ReleaseFile,
    coverage_of,
    release_seq,
)
from forecast.store.history import Interior, MonthRecord
from forecast.tables.grid import ReadAs
from forecast.types import Coverage, SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.panels import make_panel

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "forecast" / "sources"
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
    "forecast/claims/text/tokens.py": ("Encounters|CBP|",),
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


@pytest.mark.slow
def test_what_cbp_calls_things_stands_in_its_source_alone():
    named = {}
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        allowed = ELSEWHERE.get(name, ())
        found = [text for text in texts(path) if KNOWN_TO_ONE.search(text)]
        if "store" not in path.parts:  # the tables' own names
            named[name] = [text for text in found if not any(words in text for words in allowed)]

    assert {name: found for name, found in named.items() if found} == {}


def test_a_page_takes_the_measure_s_words_from_its_source():
    theirs = re.compile(r"encounters?\b|\bCBP\b|ports? of entry|Border Patrol", re.I)
    said = {
        path.name: theirs.findall(re.sub(r"(?s)\{[{%#].*?[}%#]\}", "", path.read_text()))
        for path in TEMPLATES
    }

    assert {name: found for name, found in said.items() if found} == {}


def test_no_module_imports_a_source_by_name():
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if "sources.cbp.encounters" in path.read_text()
    }

    assert importing == set()


def test_brief_and_mail_speak_of_whatever_the_source_counts():
    """With another source's words in its place, none of this one's is left."""
    real = ENCOUNTERS
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
    counts = {months.shift("2020-01", i): 100 + i for i in range(40)}
    record = MonthRecord(counts, [], {"file_name": "a.csv", "rounding": 1}, None, None)
    report = month_report("northern", max(counts), record, other)

    section = section_texts.finding(report)
    said = " ".join(
        (
            monthly.headline(report),
            *monthly.definition(report),
            section.finding,
            section.caption,
            *(f"{heading} {text}" for heading, text, _ in section.blocks),
        )
    )

    assert "The Library counted 139 loans" in said
    assert "Loans are no readers." in said
    assert not re.search(r"encounter|\bCBP\b|Border Patrol|ports? of entry", said, re.I)


def test_what_splits_one_half_is_named_by_its_source():
    counts = {"2025-02": 500}
    record = MonthRecord(counts, [], {"file_name": "a.csv", "rounding": 1}, None, None)
    report = replace(
        month_report("northern", "2025-02", record, source=ENCOUNTERS),
        interior=Interior("2025-02", at_large=396, at_entry=83, total=479),
    )

    (_, aside) = monthly.definition(report)

    assert "396 of 479 Border Patrol encounters" in aside
    assert "At Large, that is arrests in the interior" in aside


def test_a_source_is_found_by_its_name():
    source = catalog.find("cbp_encounters")

    assert catalog.source_of(source.example, ENCOUNTERS) is source
    assert source.parse_name(source.example).layout in source.publisher.siblings
    assert {half.component for half in source.hierarchy.halves} == set(source.hierarchy.components)
    with pytest.raises(KeyError):
        catalog.find("cbp_drug_seizures")


# --- what a source of counts tells


def section(**changed):
    words = {
        "kind": "counts",
        "name": "visits",
        "path": "in",
        "noun": "visits",
        "one": "clinic",
        "many": "clinics",
        "publisher": "Our office",
        "definition": "One person, one day.",
        "due": (3, 20),
        **changed,
    }
    return CountsSection.model_validate(words)


def test_own_counts_speak_in_the_words_of_their_settings():
    source = own_counts(section())

    assert source.measure == MeasureWords(
        noun="visits",
        attribute="visits",
        unit="visits a month",
        title="Visits",
        figures="figures",
        site="Visits",
        question="Visits: is anything unusual?",
        long_name="visits",
        reach="",
        definition="One person, one day.",
        caveat="",
        misread=("", ""),
    )
    assert own_counts(section(title="Clinic Visits")).measure.attribute == "clinic visits"
    assert source.due == (3, 20, 22)
    assert own_counts(section(due=(1, 15))).due == (1, 15, 17)
    assert (source.shipped, source.calm, source.breaks) == (False, False, ())
    assert not source.jumps
    assert (source.layouts, source.example, source.beside) == ((), "visits.csv", "")
    assert source.parse_name("visits.csv") is None
    assert source.reader().embedded(()) == source.reader().embedded_paths() == []
    assert re.search(source.publisher.window, "anything") is None


def test_own_counts_have_parts_where_a_column_has_them():
    plain, nested = (
        own_counts(section(columns=columns, total="All", part="ward", parts="wards"))
        for columns in ({}, {"series": ("Clinic",), "part": "Ward"})
    )

    assert (plain.hierarchy.dimensions, nested.hierarchy.dimensions) == ((), ("part",))
    assert (plain.totals.part, plain.totals.below) == ("group", "groups")
    assert (nested.totals.part, nested.totals.below) == ("ward", "wards")
    assert (nested.totals.part_in_full, nested.totals.below_in_full) == ("ward", "wards")
    assert nested.totals.places == {"All": "in all"}
    for name, column, nested_column in (
        ("border", "series", "series"),
        ("encounters", "count", "count"),
        ("member", "", "part"),
        ("dimension", "", ""),
        ("halves", "", ""),
        ("fiscal_year", "year", "year"),
        ("to_date", "to_date", "to_date"),
        ("month", "month", "month"),
    ):
        assert (plain.column(name), nested.column(name)) == (column, nested_column), name


@pytest.mark.parametrize(("decimal", "mark"), [("", ""), ("point", "."), ("comma", ",")])
@pytest.mark.parametrize(("begins", "fiscal"), [(1, 0), (2, 2), (10, 10)])
def test_a_delivery_is_read_as_the_settings_say(decimal, mark, begins, fiscal):
    columns = {"decimal": decimal, "sum": True, "month": "When", "value": ("n",)}

    assert read_as(section(columns=columns, year_begins=begins)) == ReadAs(
        month="When", value=("n",), decimal=mark, fiscal_start=fiscal, sums=True
    )


def delivered(text: str, seen: str | None = "2024-05-01", **changed):
    file = ReleaseFile("visits.csv.gz", text.encode(), seen, "https://example.org/v")
    return own_counts(section(**changed)).read(file, {}, ()).snapshot


def test_a_delivery_is_a_release_of_what_it_states():
    lines = ("b,2023-11,3", "a,2023-11,1", "a,2024-01,0", "a,2024-03,5", "b,2023-12,4")
    text = "\n".join(("clinic,month,n", *lines, ""))
    found = delivered(text)

    assert found.counts == {
        SeriesKey("b"): {"2023-11": 3, "2023-12": 4},
        SeriesKey("a"): {"2023-11": 1, "2024-01": 0, "2024-03": 5},
    }
    assert [(c.scope.total, c.first_month, c.last_month) for c in found.coverage] == [
        ("b", "2023-11", "2023-12"),
        ("a", "2023-11", "2023-11"),
        ("a", "2024-01", "2024-01"),
        ("a", "2024-03", "2024-03"),
    ]
    made = found.release
    assert (made.source, made.kind, made.file_name) == ("visits", "manual", "visits.csv")
    assert (made.data_through, made.seq) == ("2024-03", 202403000)
    assert (made.first_seen_at, made.first_seen_precision) == ("2024-05-01", "day")
    assert made.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert delivered(text, seen=None).release.first_seen_precision == "unknown"


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("x" * 200, "b", ""),
        ("x" * 201, "b", "a name has at most 200 printable characters"),
        ("a\u0007", "b", "a name has at most 200 printable characters"),
        ("A-b", "a_B", "'A-b' and 'a_B' would get the same page address among the clinics"),
        ("A-b", "ab", ""),
    ],
)
def test_names_are_such_as_a_page_can_have(first, second, problem):
    text = "clinic,month,n\n" + "".join(
        f"{name},2024-0{m},{m}\n" for name in (first, second) for m in range(1, 5)
    )
    if problem:
        with pytest.raises(DataError, match=re.escape(problem)):
            delivered(text)
    else:
        assert len(delivered(text).counts) == 2


def test_a_record_keeps_whole_counts():
    with pytest.raises(DataError, match=r"line 3: '1\.5', a in 2024-02: 1\.5 is no whole number"):
        delivered("clinic,month,n\na,2024-01,2\na,2024-02,1.5\na,2024-03,2.5\n")


def test_releases_are_in_order_by_their_window_and_month_and_the_final_last():
    order = [
        release_seq(2025, 12, True, 0),
        release_seq(2026, 1, False, 0),
        release_seq(2026, 1, False, 1),
        release_seq(2026, 1, False, 99),
        release_seq(2026, 2, False, 0),
        release_seq(2026, 12, False, 99),
        release_seq(2026, 12, True, 0),
    ]

    assert order == sorted(order)
    assert order[0] == 202512100
    assert FileName(2024, 2026, None, None, 3).seq == 202612103
    assert FileName(2024, 2026, 2, "aor", 3).seq == 202602003


def test_months_that_are_stated_are_spans_without_a_gap():
    scope = SeriesKey("a").scope

    assert coverage_of(scope, ["2024-01", "2023-11", "2023-12", "2024-03"]) == (
        Coverage(scope, "2023-11", "2024-01"),
        Coverage(scope, "2024-03", "2024-03"),
    )
    assert coverage_of(scope, []) == ()


def test_totals_are_named_as_headings_inside_a_sentence_and_as_places():
    words = catalog.find("cbp_encounters").totals
    own = own_counts(section(place="at {}")).totals

    assert (words.name("northern"), words.inside("northern")) == (
        "Northern border",
        "northern border",
    )
    assert words.where("northern") == "at the northern land border"
    assert (own.name("A"), own.inside("A"), own.where("A")) == ("A", "A", "at A")


def test_only_sources_that_say_so_are_calm():
    calm = {name: catalog.find(name).calm for name in ("cbp_encounters", "cbp_drug_events")}

    assert calm == {"cbp_encounters": False, "cbp_drug_events": True}
    assert not make_panel(np.zeros((1, 3))).calm


@pytest.mark.parametrize(
    ("name", "others", "cocaine", "california"),
    [
        ("cbp_encounters", ["seizures", "pounds"], ["seizures", "pounds"], []),
        ("cbp_drug_events", ["encounters", "pounds"], ["pounds"], ["encounters"]),
        ("cbp_drug_pounds", ["encounters", "seizures"], ["seizures"], ["encounters"]),
    ],
)
def test_what_other_records_count_is_known_by_its_noun(name, others, cocaine, california):
    source = catalog.find(name)

    assert catalog.other_nouns(source) == others
    for label in ("cocaine", "khat (catha edulis)", "khat", "qat"):
        assert catalog.that_have(label, source) == cocaine, label
    assert catalog.that_have("california", source) == california
    assert catalog.that_have("ca", source) == california
    assert catalog.that_have("lettuce", source) == []


def test_a_name_that_fits_no_pattern_is_of_the_record_s_own_source():
    own = own_counts(section(total="All", year_begins=7))

    assert catalog.source_of("nationwide-encounters-fy2025.html", own) is own
    assert catalog.parse_name("nationwide-encounters-fy2025.html", own) is None


def test_a_file_is_of_the_source_that_completes_the_record_or_of_the_main_one():
    encounters, split = map(catalog.find, ("cbp_encounters", "cbp_apprehension_types"))

    assert catalog.source_of("nationwide-encounters-fy2025.html", ENCOUNTERS) is split
    assert (
        catalog.source_of("nationwide-encounters-fy23-fy26-jul-aor.csv", ENCOUNTERS) is encounters
    )
    assert catalog.source_of("nationwide-drugs-fy23-fy26-apr.csv", ENCOUNTERS) is encounters
    assert catalog.parse_name("nationwide-drugs-fy23-fy26-apr.csv", ENCOUNTERS) is None
    assert catalog.parse_name("nationwide-encounters-fy2025.html", ENCOUNTERS).last == 2025


def test_nothing_is_said_of_few_counts_where_a_source_does_not_say_how_few():
    own = own_counts(section()).measure

    assert (own.small, own.of_part, own.beside) == ((0, ""), "{}", "")
    assert catalog.find("cbp_encounters").measure.small == (0, "")


def test_figures_are_due_in_a_months_third_or_fourth_week():
    """CBP's come between a week and 26 days after a month's end; two days later they are late."""
    for name in ("cbp_encounters", "cbp_drug_events", "cbp_drug_pounds"):
        assert catalog.find(name).due == (7, 26, 28)


def test_halves_are_found_by_their_labels():
    sums = catalog.find("cbp_encounters").hierarchy

    assert [sums.named(label).code for label in sums.components] == ["usbp", "ofo"]
    with pytest.raises(KeyError):
        sums.named("x")


@pytest.mark.parametrize("months_known", [(1, 2, 4), (1,)])
def test_the_last_month_of_a_delivery_is_the_latest_of_any_series(months_known):
    text = "clinic,month,n\n" + "".join(f"a,2024-0{m},{m}\n" for m in months_known)
    text += "b,2023-12,5\n"
    file = ReleaseFile("visits.csv", text.encode())

    assert data_through(section(), file) == f"2024-0{months_known[-1]}"


NESTED = {"series": ("region",), "part": "clinic"}


def test_parts_of_a_delivery_are_scopes_of_their_own():
    lines = ("N,a,2024-01,1", "N,b,2024-02,2", "S,a,2024-01,3", "N,,2024-01,9", "N,Total,2024-02,8")
    found = delivered("\n".join(("region,clinic,month,n", *lines, "")), columns=NESTED)

    def part(series: str, name: str) -> SeriesKey:
        return SeriesKey(series, "part", name, name)

    assert found.counts == {
        part("N", "a"): {"2024-01": 1},
        part("N", "b"): {"2024-02": 2},
        part("S", "a"): {"2024-01": 3},
        SeriesKey("N"): {"2024-01": 9, "2024-02": 8},
    }
    assert {(c.scope, c.first_month, c.last_month) for c in found.coverage} == {
        (key.scope, min(by_month), max(by_month)) for key, by_month in found.counts.items()
    }


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        (
            ("N", "a b"),
            ("N", "A-B"),
            "'a b' and 'A-B' would get the same page address among the wards",
        ),
        (("N", "a b"), ("S", "A-B"), ""),
        (("N", "x" * 201), ("S", "b"), "a name has at most 200 printable characters"),
        (("N!", "a"), ("n", "b"), "'N!' and 'n' would get the same page address among the clinics"),
    ],
)
def test_names_of_parts_are_told_apart_within_their_series(one, other, problem):
    text = "region,clinic,month,n\n" + "".join(
        f"{region},{clinic},2024-0{m},{m}\n" for region, clinic in (one, other) for m in range(1, 4)
    )
    if problem:
        with pytest.raises(DataError, match=re.escape(problem)):
            delivered(text, columns=NESTED, parts="wards")
    else:
        assert len(delivered(text, columns=NESTED, parts="wards").counts) == 2


def test_a_hundred_letters_of_a_name_that_is_too_long_are_shown():
    for letters, shown in ((201, 100), (300, 100)):
        with pytest.raises(DataError, match=f"visits.csv.gz: '{'x' * shown}': a name has at most"):
            delivered(f"clinic,month,n\n{'x' * letters},2024-01,1\nb,2024-01,1\n")


def test_the_newest_month_of_a_delivery_gives_its_place():
    text = "clinic,month,n\na,2024-11,1\na,2024-12,2\nb,2023-01,3\nb,2023-02,4\n"
    made = delivered(text).release

    assert (made.data_through, made.seq) == ("2024-12", 202412000)


def test_the_first_month_that_is_no_whole_number_is_named():
    text = "clinic,month,n\na,2024-01,2\na,2024-02,3\nb,2024-01,0.25\nb,2024-03,0.5\n"

    with pytest.raises(DataError, match=r"gz: line 4: '0\.25', b in 2024-01: 0\.25 is no whole"):
        delivered(text)


def test_a_source_is_found_without_reading_the_tables_of_others():
    catalog._read.cache_clear()
    catalog.find.__wrapped__("cbp_encounters")

    assert catalog._read.cache_info().currsize == 1


def test_a_table_that_lacks_what_a_source_needs_is_named(tmp_path, monkeypatch):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "source.toml").write_text("year_begins = 10\n", encoding="utf-8")
    places = [*forecast.sources.__path__, str(tmp_path)]
    monkeypatch.setattr(forecast.sources, "__path__", places)

    with pytest.raises(ConfigError, match=r"odd/source\.toml, line 1: publisher: is missing"):
        catalog.find("odd")


def test_the_measures_of_one_table_differ_in_what_each_says_for_itself():
    events, pounds = map(catalog.find, ("cbp_drug_events", "cbp_drug_pounds"))

    assert (events.measure.noun, pounds.measure.noun) == ("seizures", "pounds")
    assert events.measure.reach == pounds.measure.reach == ENCOUNTERS.measure.reach
    assert events.hierarchy.aside is None
    assert ENCOUNTERS.hierarchy.aside is not None
    assert events.agreement.never_empty
    assert not pounds.agreement.never_empty
    assert events.breaks == ()
    assert len(ENCOUNTERS.breaks) == 6


def test_what_a_shipped_table_does_not_say_of_totals_is_not_said_as_of_own_counts():
    totals = catalog.find("cbp_encounters").totals

    assert (totals.part, totals.below) == ("group", "groups")
