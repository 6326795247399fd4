import csv
import gzip
import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import months
from forecast.errors import DataError, QuarantineError, RowError
from forecast.labels import CROSSING
from forecast.periods import FEDERAL
from tests.support import cbp_files as cbp
from tests.support.cbp_files import EncounterCell

CBP = Path(__file__).parents[5] / "shared" / "data" / "cbp"

AOR = [
    "Fiscal Year",
    "Month Grouping",
    "Month (abbv)",
    "Component",
    "Land Border Region",
    "Area of Responsibility",
    "AOR (Abbv)",
    "Demographic",
    "Citizenship",
    "Title of Authority",
    "Encounter Type",
    "Encounter Count",
]
STATE = [
    "Fiscal Year",
    "Month Grouping",
    "Month (abbv)",
    "Land Border Region",
    "State",
    "Demographic",
    "Citizenship",
    "Title of Authority",
    "Encounter Count",
]
SBO = [
    "Fiscal Year",
    "Month Grouping",
    "Month (abbv)",
    "Component",
    "Demographic",
    "Citizenship Grouping",
    "Title of Authority",
    "Encounter Type",
    "Encounter Count",
]
HEADERS = {"aor": AOR, "state": STATE, "sbo": SBO}

ROW = {
    "Fiscal Year": "2026 (FYTD)",
    "Month Grouping": "FYTD",
    "Month (abbv)": "JUL",
    "Component": "U.S. Border Patrol",
    "Land Border Region": "Northern Land Border",
    "Area of Responsibility": "Swanton Sector",
    "AOR (Abbv)": "SWB",
    "State": "VT",
    "Demographic": "FMUA",
    "Citizenship": "CHINA, PEOPLES REPUBLIC OF",
    "Citizenship Grouping": "El Salvador",
    "Title of Authority": "Title 8",
    "Encounter Type": "Apprehensions",
    "Encounter Count": "7",
}
REGIONS = {
    "northern": "Northern Land Border",
    "southwest": "Southwest Land Border",
    "other": "Other",
}
ABBREVIATIONS = ["OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP"]


def line(header, **changes):
    """One row of a file; keywords are column names with _ for what is not a letter."""
    names = {column.translate(str.maketrans(" ()", "___")): column for column in ROW}
    row = ROW | {names[name]: value for name, value in changes.items()}
    return [row[column] for column in header]


def encoded(header, *lines, newline="\r\n"):
    text = io.StringIO()
    csv.writer(text, lineterminator=newline).writerows([header, *lines])
    return text.getvalue().encode()


def read(folder, header, *lines, name="any.csv"):
    return read_bytes(folder, encoded(header, *lines), name)


def read_bytes(folder, content, name="any.csv"):
    path = folder / name
    path.write_bytes(content)
    return cbp.read(path)


# ---------------------------------------------------------------- layouts and labels


def test_aor_layout(tmp_path):
    """Component and area are kept as published; the abbreviation and the type are not."""
    reading = read(tmp_path, AOR, line(AOR))

    assert reading.kind == "aor"
    assert (
        EncounterCell(
            month="2026-07",
            total="northern",
            component="U.S. Border Patrol",
            field="Swanton Sector",
            state="",
            demographic="FMUA",
            citizenship="CHINA, PEOPLES REPUBLIC OF",
            citizenship_group="",
            authority="Title 8",
            value=7,
        ),
    ) == reading.cells


def test_state_layout(tmp_path):
    """Without component and area."""
    (cell,) = read(tmp_path, STATE, line(STATE)).cells

    assert (cell.component, cell.field, cell.state, cell.citizenship_group) == ("", "", "VT", "")


def test_sbo_layout(tmp_path):
    """All southwest; its citizenship grouping is another partition than the citizenship."""
    (cell,) = read(tmp_path, SBO, line(SBO)).cells

    assert (
        cell.total,
        cell.citizenship,
        cell.citizenship_group,
    ) == ("southwest", "", "El Salvador")


@pytest.mark.parametrize("kind", HEADERS)
def test_column_order_is_free(tmp_path, kind):
    """Columns are found by name."""
    header = HEADERS[kind]
    turned = header[::-1]

    assert read(tmp_path, header, line(header)).cells == read(tmp_path, turned, line(turned)).cells


@pytest.mark.parametrize("text", ["2026 (FYTD)", "2026", "FY 2026", "FY2026", "FY 2026 (FYTD)"])
def test_fiscal_year_texts(tmp_path, text):
    """All of these have been seen or are one step away."""
    assert read(tmp_path, STATE, line(STATE, Fiscal_Year=text)).rows == {2026: 1}


@pytest.mark.parametrize(
    ("abbreviation", "month"),
    [
        ("OCT", "2025-10"),
        ("NOV", "2025-11"),
        ("DEC", "2025-12"),
        ("JAN", "2026-01"),
        ("SEP", "2026-09"),
    ],
)
def test_autumn_belongs_to_the_calendar_year_before(tmp_path, abbreviation, month):
    """The fiscal year bears the year it ends in."""
    assert month == read(tmp_path, STATE, line(STATE, Month__abbv_=abbreviation)).data_through


def test_remaining_months_of_older_years_are_used(tmp_path):
    """In an interim file most rows are Remaining; leaving them out would lose months."""
    old = line(STATE, Fiscal_Year="2025", Month_Grouping="Remaining", Month__abbv_="SEP")
    reading = read(tmp_path, STATE, old, line(STATE))

    assert [cell.month for cell in reading.cells] == ["2025-09", "2026-07"]
    assert reading.data_through == "2026-07"


def test_remaining_in_the_last_year_is_refused(tmp_path):
    """Months after the last published one cannot have counts."""
    with pytest.raises(RowError, match=r"line 2, column Month Grouping: 'Remaining'"):
        read(tmp_path, STATE, line(STATE, Month_Grouping="Remaining"))


def test_renamed_demographic(tmp_path):
    """UC / Single Minors became UAC; both are one series."""
    (cell,) = read(tmp_path, STATE, line(STATE, Demographic="UC / Single Minors")).cells

    assert cell.demographic == "UAC"


def test_labels_that_are_not_known_are_named_unless_joined(tmp_path):
    lines = [
        line(AOR),
        line(AOR, Demographic="Adults", Title_of_Authority="Title 50"),
        line(AOR, Demographic="Adult Singles"),
    ]
    joins = {"demographic": {"Adults": "Single Adults", "Adult Singles": "Single Adults"}}
    path = tmp_path / "any.csv"
    plain = read(tmp_path, AOR, *lines)

    assert plain.unknown == {
        "demographic": {"Adults", "Adult Singles"},
        "authority": {"Title 50"},
    }
    joined = cbp.read(path, joins)
    assert joined.unknown == {"authority": {"Title 50"}}
    assert [cell.demographic for cell in joined.cells] == ["FMUA", *["Single Adults"] * 2]
    assert [c.value for c in joined.cells] == [c.value for c in plain.cells]


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("1985", 1985), ("1,985", 1985), (" 12 ", 12)]
)
def test_counts(tmp_path, text, count):
    """Thousands separators, and a zero that is written out."""
    (cell,) = read(tmp_path, STATE, line(STATE, Encounter_Count=text)).cells

    assert count == cell.value


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Fiscal Year", "26"),
        ("Fiscal Year", "2026 (YTD)"),
        ("Fiscal Year", ""),
        ("Fiscal Year", "1026"),
        ("Month Grouping", "YTD"),
        ("Month (abbv)", "SEPT"),
        ("Month (abbv)", "7"),
        ("Component", "Air and Marine Operations"),
        ("Land Border Region", "Coastal Border"),
        ("Land Border Region", "northern land border"),
        ("Area of Responsibility", ""),
        ("Demographic", ""),
        ("Citizenship", ""),
        ("Citizenship", "MEX\u202eICO"),
        ("Citizenship", "MEX\nICO"),
        ("Citizenship", "A * B"),
        ("Citizenship", "X" * 81),
        ("Title of Authority", ""),
        ("Encounter Type", "Encounters"),
        ("Encounter Count", ""),
        ("Encounter Count", "-1"),
        ("Encounter Count", "1.0"),
        ("Encounter Count", "1e3"),
        ("Encounter Count", "12,34"),
        ("Encounter Count", "1 985"),
        ("Encounter Count", "\u0661"),
        ("Encounter Count", "9" * 5000),
        ("Encounter Count", "=1+1"),
    ],
)
def test_bad_field_names_line_column_and_value(tmp_path, column, value):
    """The message leads to the place and says what was expected."""
    bad = [value if name == column else text for name, text in zip(AOR, line(AOR), strict=True)]

    with pytest.raises(RowError, match=r"expected|at most 80") as caught:
        read(tmp_path, AOR, line(AOR, Month__abbv_="JUN"), bad)

    error = caught.value
    assert (3 + value.count("\n"), column, value) == (error.line, error.column, error.value)


def test_open_labels_may_be_new(tmp_path):
    """A new citizenship becomes a member; blanks around it and its Unicode form do not matter."""
    (cell,) = read(tmp_path, AOR, line(AOR, Citizenship=" CO\u0302TE D'IVOIRE ")).cells

    assert cell.citizenship == "C\u00d4TE D'IVOIRE"


# ---------------------------------------------------------------- the file as a whole


@pytest.mark.parametrize("fields", [[], ["1"], [*line(STATE), ""]])
def test_number_of_fields_is_exact(tmp_path, fields):
    """A blank line in the middle is refused too."""
    with pytest.raises(RowError, match=rf"line 2: .*{len(fields)} fields instead of 9"):
        read(tmp_path, STATE, fields, line(STATE))


def test_same_key_twice_is_refused(tmp_path):
    """It would count twice; also as FYTD and Remaining, also with another count."""
    old = {"Fiscal_Year": "2025", "Month__abbv_": "SEP"}
    lines = [
        line(STATE, **old, Month_Grouping="FYTD"),
        line(STATE),
        line(STATE, **old, Month_Grouping="Remaining", Encounter_Count="8"),
    ]

    with pytest.raises(RowError, match=r"line 4: .*duplicates line 2"):
        read(tmp_path, STATE, *lines)


def test_another_encounter_type_is_another_key(tmp_path):
    """Apprehensions and expulsions of one group are two rows."""
    lines = [line(AOR), line(AOR, Encounter_Type="Expulsions")]

    assert len(read(tmp_path, AOR, *lines).cells) == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ([c for c in STATE if c != "State"], "missing column 'State'"),
        ([*STATE, "Sex"], "unknown column 'Sex'"),
        ([*STATE[:-1], "Count"], "missing column 'Encounter Count', unknown column 'Count'"),
        ([*STATE, "State"], "column 'State' appears twice"),
        (["a", "b"], "missing column"),
    ],
)
def test_unknown_header_names_its_columns(tmp_path, header, message):
    """A changed layout is refused as a whole, in words that lead to the change."""
    with pytest.raises(DataError, match=message):
        read(tmp_path, header)


def test_header_alone_is_quarantined(tmp_path):
    """No rows is no statement."""
    with pytest.raises(QuarantineError, match="without rows"):
        read(tmp_path, STATE)


def test_line_ends_byte_order_mark_and_gzip_do_not_matter(tmp_path):
    """Only the hash differs, and under gzip not even that."""
    crlf = encoded(STATE, line(STATE))
    plain = read_bytes(tmp_path, crlf)
    marked = read_bytes(tmp_path, b"\xef\xbb\xbf" + crlf.replace(b"\r\n", b"\n"))

    assert plain == read_bytes(tmp_path, gzip.compress(crlf), "any.csv.gz")
    assert plain.cells == marked.cells
    assert plain.sha256 != marked.sha256


# ---------------------------------------------------------------- name, order, closed years


@pytest.mark.parametrize(
    ("name", "seq"),
    [
        ("nationwide-encounters-fy23-fy26-jul-aor.csv", 202610000),
        ("nationwide-encounters-fy23-fy26-jul-state.csv.gz", 202610000),
        ("nationwide-encounters-fy23-fy26-aug-aor.csv", 202611000),
        ("nationwide-encounters-fy23-fy26-aug-aor_0.csv", 202611001),
        ("nationwide-encounters-fy23-fy26-aug-aor_12.csv", 202611013),
        ("nationwide-encounters-fy23-fy26-sep-aor.csv", 202612000),
        ("nationwide-encounters-fy22-fy25-aor.csv", 202512100),
        ("nationwide-encounters-fy24-fy27-oct-aor.csv", 202701000),
        ("sbo-encounters-fy22-fy25-aug.csv", 202511000),
        ("nationwide-encounters-fy23-fy26-aug-aor_999.csv", 202611099),
    ],
)
def test_seq_from_the_name(name, seq):
    """Window's end, then the month, the final last, then the suffix."""
    assert seq == cbp.parse_name(name).seq


@pytest.mark.parametrize(
    "name",
    [
        "nationwide-encounters-fy22-fy25-aug-aor.csv.csv",
        "nationwide-encounters-fy22-fy25-aug-area.csv",
        "nationwide-encounters-fy22-fy25-aug-aor (1).csv",
        "nationwide-encounters-fy22-fy25-xyz-aor.csv",
        "nationwide-encounters-fy22-fy25-aug-aor.csv\n",
        "report.csv",
    ],
)
def test_other_names_say_nothing(name):
    """Then the content gives the order."""
    assert cbp.parse_name(name) is None


def test_layout_is_not_taken_for_a_month():
    """ "aor" has three letters too."""
    name = cbp.parse_name("nationwide-encounters-fy22-fy25-aor.csv")

    assert name == (2022, 2025, None, "aor", 0)


def test_seq_from_the_content(tmp_path):
    """Last fiscal year and its last month, when the name does not fit."""
    reading = read(tmp_path, STATE, line(STATE), line(STATE, Month__abbv_="JUN"))

    assert (
        reading.seq,
        reading.data_through,
        reading.first_month,
    ) == (202610000, "2026-07", "2025-10")


SEPTEMBER = {"Month__abbv_": "SEP", "Fiscal_Year": "2026"}


@pytest.mark.parametrize(
    ("name", "changes", "closed"),
    [
        ("any.csv", SEPTEMBER, {2025, 2026}),
        ("any.csv", SEPTEMBER | {"Fiscal_Year": "2026 (FYTD)"}, {2025}),
        ("any.csv", {"Fiscal_Year": "2026"}, {2025}),
        ("nationwide-encounters-fy25-fy26-sep-state.csv", SEPTEMBER, {2025}),
        ("nationwide-encounters-fy25-fy26-state.csv", SEPTEMBER, {2025, 2026}),
    ],
)
def test_closed_years(tmp_path, name, changes, closed):
    """September's interim file is complete but not yet final."""
    old = line(STATE, Fiscal_Year="2025", Month__abbv_="SEP")

    assert closed == read(tmp_path, STATE, old, line(STATE, **changes), name=name).closed


# ---------------------------------------------------------------- properties

LABELS = st.text(
    st.characters(min_codepoint=32, max_codepoint=382, categories=("Lu", "Ll", "Nd", "Po", "Zs")),
    min_size=1,
    max_size=20,
).filter(lambda s: s.strip() == s and s.isprintable() and CROSSING not in s)
CELLS = {
    kind: st.builds(
        EncounterCell,
        month=st.sampled_from(months.between("2023-10", "2026-08")),
        total=st.just("southwest") if kind == "sbo" else st.sampled_from(sorted(REGIONS)),
        component=st.just("") if kind == "state" else st.sampled_from(cbp.COMPONENTS),
        field=LABELS if kind == "aor" else st.just(""),
        state=LABELS if kind == "state" else st.just(""),
        demographic=st.sampled_from(["Accompanied Minors", "FMUA", "Single Adults", "UAC"]),
        citizenship=st.just("") if kind == "sbo" else LABELS,
        citizenship_group=LABELS if kind == "sbo" else st.just(""),
        authority=st.sampled_from(["Title 8", "Title 42"]),
        value=st.integers(0, 999_999_999),
    )
    for kind in HEADERS
}


def written(header, cell, last_year):
    """A cell as the publisher would write it."""
    year = FEDERAL.year(cell.month)
    return line(
        header,
        Fiscal_Year=f"{year} (FYTD)" if year == last_year else str(year),
        Month_Grouping="FYTD" if year == last_year or cell.value % 2 else "Remaining",
        Month__abbv_=ABBREVIATIONS[FEDERAL.nth(cell.month) - 1],
        Component=cell.component,
        Land_Border_Region=REGIONS[cell.total],
        Area_of_Responsibility=cell.field,
        State=cell.state,
        Demographic=cell.demographic,
        Citizenship=cell.citizenship,
        Citizenship_Grouping=cell.citizenship_group,
        Title_of_Authority=cell.authority,
        Encounter_Count=f"{cell.value:,}" if cell.value < 10**9 else str(cell.value),
    )


@pytest.mark.parametrize("kind", HEADERS)
def test_cells_survive_the_file(tmp_path_factory, kind):
    """Cells -> file -> cells is the identity, and rows, months and years follow from them."""
    folder = tmp_path_factory.mktemp(kind)

    @settings(max_examples=60)
    @given(st.lists(CELLS[kind], min_size=1, max_size=30, unique_by=lambda cell: cell[:-1]))
    def check(cells):
        years = Counter(FEDERAL.year(cell.month) for cell in cells)
        lines = [written(HEADERS[kind], cell, max(years)) for cell in cells]
        reading = read(folder, HEADERS[kind], *lines)

        assert (kind, tuple(cells)) == (reading.kind, reading.cells)
        assert max(cell.month for cell in cells) == reading.data_through
        assert years == reading.rows
        assert set(years) - {max(years)} == reading.closed

    check()


def test_any_bytes_are_read_or_refused(tmp_path_factory):
    """No damage gives another exception than the ones the commands know."""
    folder = tmp_path_factory.mktemp("damage")
    good = encoded(AOR, line(AOR), line(AOR, Month__abbv_="JUN"))

    @settings(max_examples=300)
    @given(st.integers(0, len(good)), st.integers(0, 8), st.binary(max_size=8))
    def check(at, gone, new):
        try:
            read_bytes(folder, good[:at] + new + good[at + gone :])
        except DataError:
            return

    check()


# ---------------------------------------------------------------- the publisher's own files

REAL = {
    "nationwide-encounters-fy20-fy23-state": (42532, "2019-10", "2023-09", 202312100),
    "nationwide-encounters-fy22-fy25-state": (47100, "2021-10", "2025-09", 202512100),
    "nationwide-encounters-fy23-fy26-nov-state": (37161, "2022-10", "2025-11", 202602000),
    "sbo-encounters-fy22-fy25-aug": (1936, "2021-10", "2025-08", 202511000),
}


@pytest.mark.parametrize("name", REAL)
def test_published_files(name):
    """Rows, window and order of the files at hand."""
    path = CBP / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    reading = cbp.read(path)

    assert REAL[name] == (
        len(reading.cells),
        reading.first_month,
        reading.data_through,
        reading.seq,
    )
    assert reading.file_name == f"{name}.csv"


@pytest.mark.parametrize(("letters", "read_so"), [(80, True), (81, False)])
def test_a_name_has_up_to_eighty_letters(tmp_path, letters, read_so):
    row = line(STATE, Citizenship="X" * letters)
    if read_so:
        assert read(tmp_path, STATE, row).cells[0].citizenship == "X" * letters
    else:
        with pytest.raises(RowError, match="at most 80 printable characters without"):
            read(tmp_path, STATE, row)


@pytest.mark.parametrize(("known", "quoted"), [(6, True), (5, False)])
def test_a_column_is_quoted_only_of_a_table_that_has_half_of_its_layouts(tmp_path, known, quoted):
    """Whatever else somebody opens may have a secret in its first line."""
    kept = ["Component", *AOR[4:7], "Citizenship", "Encounter Type"][:known]
    with pytest.raises(DataError, match="not CBP's aor layout: missing column") as refused:
        read(tmp_path, [*kept, "secret"])

    assert ("unknown column 'secret'" in str(refused.value)) == quoted
    assert str(refused.value).count("missing column") == 5


def test_five_unknown_columns_are_quoted_by_forty_letters(tmp_path):
    with pytest.raises(DataError) as refused:
        read(tmp_path, [*STATE, *("abcdef"), "x" * 50])
    assert "unknown column 'a', 'b', 'c', 'd', 'e';" in str(refused.value)

    for letters, shown in ((40, "x" * 40), (41, f"{'x' * 37}...")):
        with pytest.raises(DataError) as refused:
            read(tmp_path, [*STATE, "x" * letters])
        assert f"unknown column '{shown}';" in str(refused.value)


def test_a_column_that_stands_there_twice_is_named_if_it_is_the_publishers(tmp_path):
    for doubled, shown in (("Sex", "names"), ("State", "'State'")):
        with pytest.raises(DataError, match=f"column {shown} appears twice"):
            read(tmp_path, [*STATE, doubled, doubled])


@pytest.mark.parametrize(
    ("text", "number", "running"),
    [("2024", 2024, False), ("FY 2024", 2024, False), ("FY2024 (FYTD)", 2024, True)],
)
def test_a_fiscal_year_may_be_marked_as_running(tmp_path, text, number, running):
    (cell,) = read(tmp_path, STATE, line(STATE, Fiscal_Year=text, Month__abbv_="SEP")).cells

    reading = cbp.read(tmp_path / "any.csv")
    assert cell.month == f"{number}-09"
    assert reading.closed == (set() if running else {2024})


def test_a_region_is_one_of_three_and_its_border(tmp_path):
    lines = [line(AOR, Land_Border_Region=label) for label in REGIONS.values()]

    assert [cell.total for cell in read(tmp_path, AOR, *lines).cells] == list(REGIONS)


@pytest.mark.parametrize(
    ("suffix", "number"),
    [
        ("", 0),
        ("_0", 1),
        ("_0_0", 2),
        ("_7", 8),
        ("_97", 98),
        ("_98", 99),
        ("_99", 99),
        ("_9_9", 20),
    ],
)
def test_each_suffix_is_one_more_upload(suffix, number):
    name = f"nationwide-encounters-fy23-fy26-aug-aor{suffix}.csv"

    assert cbp.parse_name(name).suffix == number


@pytest.mark.parametrize(
    ("month", "number"),
    [
        ("oct", 1),
        ("sept", 12),
        ("sep", 12),
        ("AUGUST", 11),
        ("may", 8),
        ("January", 4),
        ("june", 9),
    ],
)
def test_months_of_names_are_counted_from_october(month, number):
    assert cbp.parse_name(f"nationwide-encounters-fy23-fy26-{month}-state.csv").month == number


@pytest.mark.parametrize(
    "name", ["nationwide-encounters-fy2\u0663-fy26-jul-aor.csv", "x-fy23-fy26.csv"]
)
def test_digits_of_other_scripts_are_no_year_of_a_name(name):
    assert cbp.parse_name(name) is None


def test_the_years_of_a_file_are_counted_by_line_in_order(tmp_path):
    old = [line(STATE, Fiscal_Year="2025", Month__abbv_=m) for m in ("OCT", "SEP")]
    reading = read(tmp_path, STATE, line(STATE), *old)

    assert list(reading.rows.items()) == [(2025, 2), (2026, 1)]
    assert (reading.first_month, reading.data_through) == ("2024-10", "2026-07")


def test_a_line_that_is_said_again_is_shown_by_its_labels(tmp_path):
    with pytest.raises(RowError) as caught:
        read(tmp_path, STATE, line(STATE), line(STATE))

    labels = ("2026-07", "northern", "VT", "FMUA", "CHINA, PEOPLES REPUBLIC OF", "Title 8")
    assert (caught.value.line, caught.value.value) == (3, ", ".join(labels))
