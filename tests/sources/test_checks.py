import gzip
import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from forecast import months
from forecast.config import Config, CountsSection
from forecast.context import Context
from forecast.errors import DataError, QuarantineError
from forecast.periods import FEDERAL
from forecast.sources import checks
from forecast.sources.cbp.encounters import bundle
from forecast.sources.checks import problems
from forecast.sources.own.source import own_counts
from forecast.sources.published import PublishedTable
from forecast.sources.source import coverage_of
from forecast.store import connect, releases
from forecast.types import BORDERS, Release, SeriesKey, Snapshot
from jobs.arrivals.ingest import _believe
from tests.support import cbp_files as cbp
from tests.support import history_2025
from tests.support.cbp_files import ENCOUNTERS

CBP = Path(__file__).parents[3] / "shared" / "data" / "cbp"
NOVEMBER = "nationwide-encounters-fy23-fy26-nov-state.csv"

SIZES = {"northern": 50, "southwest": 1000, "other": 400}


def cell(month, border, state, encounters):
    return cbp.EncounterCell(
        month, border, "", "", state, "FMUA", "INDIA", "", "Title 8", encounters
    )


def reading(through="2026-02", **changes):
    """A small state file: fiscal year 2025 closed, 2026 open; two states a border."""
    span = months.between("2024-10", through)
    cells = [
        cell(month, border, state, SIZES[border] + number)
        for number, month in enumerate(span)
        for border in BORDERS
        for state in ("AA", "BB")
    ]
    abbreviation = {"2026-02": "feb", "2026-03": "mar"}[through]
    month = FEDERAL.nth(through)
    base = PublishedTable(
        file_name=f"nationwide-encounters-fy25-fy26-{abbreviation}-state.csv",
        kind="state",
        sha256=through,
        seq=202600000 + month * 1000,
        first_month="2024-10",
        data_through=through,
        rows={2025: 72, 2026: 6 * month},
        closed=frozenset({2025}),
        cells=tuple(cells),
        unknown={},
    )
    return replace(base, **changes)


def changed(found, month, border, by, state="AA"):
    """The same file with one cell moved."""
    cells = [
        c._replace(value=c.value + by)
        if (c.month, c.total, c.state) == (month, border, state)
        else c
        for c in found.cells
    ]
    return replace(found, cells=tuple(cells))


FEBRUARY = cbp.snapshot(reading())
MARCH = reading("2026-03")


def with_counts(snapshot, key, month, encounters):
    counts = dict(snapshot.counts)
    counts[key] = {**counts[key], month: encounters}
    return replace(snapshot, counts=counts)


def test_a_good_release_has_no_problems():
    """Neither alone nor against the month before, and the other way round."""
    march = cbp.snapshot(MARCH)

    assert problems(ENCOUNTERS, march, [FEBRUARY]) == []
    assert problems(ENCOUNTERS, FEBRUARY, [march]) == []


# ---------------------------------------------------------------- alone


def test_borders_add_up_to_nationwide():
    """The sentence has both numbers."""
    wrong = with_counts(FEBRUARY, SeriesKey("nationwide"), "2025-12", 2900)

    assert problems(ENCOUNTERS, wrong) == [
        "the three borders do not add up to nationwide: 2,984 against 2,900 in 2025-12"
    ]


def test_parts_add_up_to_their_border():
    """For every dimension; the sentence names the one that does not."""
    wrong = with_counts(FEBRUARY, SeriesKey("northern", "state", "AA"), "2025-12", 65)

    assert problems(ENCOUNTERS, wrong) == [
        "northern by state does not add up to its total: 129 against 128 in 2025-12"
    ]


def test_one_component_alone_is_no_partition():
    """Border Patrol's sectors are known for longer than the field offices."""
    sectors = {SeriesKey("northern", "field", "Swanton Sector", cbp.COMPONENTS[0]): {}}
    counts = {**FEBRUARY.counts, **sectors}
    coverage = [c._replace(scope=key.scope) for key in sectors for c in FEBRUARY.coverage[:1]]
    partial = replace(FEBRUARY, counts=counts, coverage=(*FEBRUARY.coverage, *coverage))

    assert problems(ENCOUNTERS, partial) == []


def test_a_month_without_a_border_is_a_hole():
    """No border has ever had a month of zero."""
    cells = tuple(c for c in reading().cells if c[:2] != ("2025-12", "northern"))
    holed = reading(cells=cells)

    assert "northern has no encounters in 2025-12" in problems(ENCOUNTERS, cbp.snapshot(holed))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "nationwide-encounters-fy25-fy26-mar-state.csv",
            "the name says data through 2026-03, the rows end in 2026-02",
        ),
        (
            "nationwide-encounters-fy25-fy26-state.csv",
            "the name says data through 2026-09, the rows end in 2026-02",
        ),
        (
            "nationwide-encounters-fy23-fy26-feb-state.csv",
            "the name says fiscal years 2023 to 2026, the rows 2025 to 2026",
        ),
        (
            "nationwide-encounters-fy25-fy26-feb-aor.csv",
            "the name says layout aor, the columns are those of state",
        ),
    ],
)
def test_name_and_content_agree(name, sentence):
    """A renamed file would be put in the wrong place."""
    assert problems(ENCOUNTERS, cbp.snapshot(reading(file_name=name))) == [sentence]


def test_any_other_name_is_not_held_against_it():
    """Then its place comes from the content."""
    assert problems(ENCOUNTERS, cbp.snapshot(reading(file_name="download (1).csv"))) == []


# ---------------------------------------------------------------- against a neighbour


def test_closed_years_repeat_to_the_unit():
    """In the border, in nationwide and in every part that both have."""
    wrong = cbp.snapshot(changed(MARCH, "2025-03", "southwest", 1))

    assert [
        f"closed years differ from {FEBRUARY.release.file_name}: {where}"
        for where in (
            "nationwide in 2025-03 2,931, was 2,930; southwest in 2025-03 2,011, was 2,010",
            "southwest / authority / Title 8 in 2025-03 2,011, was 2,010",
            "southwest / citizenship / INDIA in 2025-03 2,011, was 2,010",
            "southwest / demographic / FMUA in 2025-03 2,011, was 2,010",
            "southwest / state / AA in 2025-03 1,006, was 1,005",
        )
    ] == problems(ENCOUNTERS, wrong, [FEBRUARY])


def test_closed_parts_count_even_where_totals_agree():
    """A row that changed its state."""
    moved = changed(changed(MARCH, "2025-03", "southwest", 1), "2025-03", "southwest", -1, "BB")

    (problem,) = problems(ENCOUNTERS, cbp.snapshot(moved), [FEBRUARY])
    assert "southwest / state / AA in 2025-03" in problem


def test_closed_years_have_the_same_number_of_rows():
    """Only files of one layout can be compared."""
    march = cbp.snapshot(replace(MARCH, rows={2025: 71, 2026: 36}))
    aor = replace(FEBRUARY, release=replace(FEBRUARY.release, kind="aor"))

    assert problems(ENCOUNTERS, march, [FEBRUARY]) == [
        f"fiscal year 2025: 71 rows, 72 in {FEBRUARY.release.file_name}"
    ]
    assert problems(ENCOUNTERS, march, [aor]) == []


def test_a_year_closed_in_one_only_may_move():
    """The final of a window revises the months its last interim file had."""
    still_open = replace(FEBRUARY, closed=frozenset())
    moved = cbp.snapshot(changed(MARCH, "2025-03", "southwest", 3))

    assert problems(ENCOUNTERS, moved, [still_open]) == []


@pytest.mark.parametrize(("by", "believed"), [(98, True), (-95, True), (120, False), (-110, False)])
def test_open_months_move_a_little(by, believed):
    """Five per cent of 2,000 either way."""
    moved = cbp.snapshot(changed(MARCH, "2025-11", "southwest", by))

    assert (problems(ENCOUNTERS, moved, [FEBRUARY]) == []) == believed


@pytest.mark.parametrize(("by", "believed"), [(10, True), (-10, True), (11, False)])
def test_small_months_have_a_slack(by, believed):
    """Five per cent of 128 would be less than the revisions of one office."""
    moved = cbp.snapshot(changed(MARCH, "2025-12", "northern", by))

    assert (problems(ENCOUNTERS, moved, [FEBRUARY]) == []) == believed


def test_a_later_release_reaches_as_far():
    """Told from either side."""
    march = cbp.snapshot(MARCH)
    late = replace(FEBRUARY, release=replace(FEBRUARY.release, seq=202607000, file_name="x.csv"))

    for pair in ((late, march), (march, late)):
        (problem,) = problems(ENCOUNTERS, pair[0], [pair[1]])
        assert "ends in 2026-02, but the earlier" in problem


@pytest.mark.parametrize("change", [{"rounding": 10}, {"kind": "vintage"}, {"sha256": "2026-03"}])
def test_some_neighbours_say_nothing(change):
    """Rounded sources, partial vintages, and the very same file."""
    wrong = cbp.snapshot(changed(MARCH, "2025-03", "southwest", 900))
    neighbour = replace(FEBRUARY, release=replace(FEBRUARY.release, **change))

    assert problems(ENCOUNTERS, wrong, [neighbour]) == []


def test_the_same_name_with_other_content():
    """To the unit, in the open year too."""
    twin = cbp.snapshot(changed(reading(sha256="x"), "2026-01", "other", 1))
    found = problems(ENCOUNTERS, twin, [FEBRUARY])

    assert all("but content differs" in problem for problem in found)
    assert "nationwide in 2026-01 2,991, was 2,990" in found[0]


def test_sibling_files_agree_in_totals_only():
    """The AOR file may be fresher in its parts; a suffix does not make it another release."""
    name = "nationwide-encounters-fy25-fy26-feb-aor_0.csv"
    aor = reading(file_name=name, kind="aor", sha256="x", seq=202605001)
    moved = changed(changed(aor, "2026-01", "other", 1), "2026-01", "other", -1, "BB")
    wrong = changed(aor, "2026-01", "other", 1)

    assert problems(ENCOUNTERS, cbp.snapshot(moved), [FEBRUARY]) == []
    assert len(problems(ENCOUNTERS, cbp.snapshot(wrong), [FEBRUARY])) == 1


# ---------------------------------------------------------------- parts against the record


def in_other(snapshot, span):
    """The same totals, but every citizenship of these months is OTHER."""
    counts = {}
    for key, by_month in snapshot.counts.items():
        if key.dimension != "citizenship":
            counts[key] = by_month
            continue
        other = key._replace(member="OTHER")
        counts.setdefault(other, {})
        for month, count in by_month.items():
            to = counts[other] if month in span else counts.setdefault(key, {})
            to[month] = to.get(month, 0) + count
    return replace(snapshot, counts=counts)


def named(snapshot, name, seq):
    """The same content as another release."""
    release = replace(snapshot.release, source=name, sha256=name, file_name=f"{name}.csv", seq=seq)
    return replace(snapshot, release=release)


def refused(path, held, new):
    """Why a release is not believed beside those in the record; and its neighbours there."""
    history_2025.keep(path, *held)
    with closing(connect.read(path)) as db:
        neighbours = releases.neighbours(db, new)
        try:
            _believe(db, Context.open(path, Config()), "new.csv", new)
        except QuarantineError as error:
            return list(error.reasons), neighbours
    return [], neighbours


@pytest.mark.slow
def test_closed_parts_are_held_against_any_release_that_states_them(tmp_path):
    """The newest file before it is by area and has no citizenships; an older one has."""
    final, november, august = embedded("cbp-fy22-fy25", "cbp-fy23-fy26-nov", "cbp-fy23-fy26-aug")
    october = named(history_2025._cut(august, "2025-10"), "october", 202601000)
    new = named(november, "new", november.release.seq)
    corrupt = in_other(new, months.between("2023-10", "2024-09"))

    reasons, neighbours = refused(tmp_path / "a.db", [final, october], corrupt)

    assert neighbours[0].release.source == "october"
    assert problems(ENCOUNTERS, corrupt, neighbours) == []
    assert refused(tmp_path / "b.db", [final, october], new)[0] == []
    (reason,) = reasons
    assert reason.startswith("closed years differ from nationwide-encounters-fy22-fy25")
    assert "citizenship" in reason


@pytest.mark.slow
def test_most_of_an_open_month_stays_with_its_members(tmp_path):
    (november,) = embedded("cbp-fy23-fy26-nov")
    new = named(november, "new", november.release.seq + 1000)

    reasons, _ = refused(tmp_path / "a.db", [november], in_other(new, ["2025-10", "2025-11"]))

    assert refused(tmp_path / "b.db", [november], new)[0] == []
    assert "northern by citizenship in 2025-10: 3,048 of 4,336" in " ".join(reasons)


def test_a_dimension_does_not_turn_over_from_one_month_to_the_next():
    """Also where no release states the month yet."""
    (november,) = embedded("cbp-fy23-fy26-nov")

    found = problems(ENCOUNTERS, in_other(november, ["2025-11"]))

    assert problems(ENCOUNTERS, november) == []
    assert "northern by citizenship: more than 60%" in found[0]


# ---------------------------------------------------------------- the publisher's own files


def real(name):
    path = CBP / f"{name}.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path


def embedded(*sources):
    found = {snapshot.release.source: snapshot for snapshot in bundle.load()}
    return [found[source] for source in sources]


def test_embedded_sources_agree_with_each_other():
    """Each against all others, whatever its place."""
    sources = [s for s in bundle.load() if s.release.kind == "bundle"]

    for snapshot in sources:
        assert problems(ENCOUNTERS, snapshot, [s for s in sources if s is not snapshot]) == []


def test_southwest_file_of_august_agrees_with_the_final():
    """Eleven months of its open year differ from the final by a few counts."""
    path = real("sbo-encounters-fy22-fy25-aug.csv")
    august = cbp.snapshot(cbp.read(path))

    assert problems(ENCOUNTERS, august, embedded("cbp-fy20-fy23", "cbp-fy22-fy25")) == []


def outcome(path, content, neighbours):
    """How far a damaged file gets: refused by the reader, by the checks, or passed."""
    path.write_bytes(content)
    try:
        snapshot = cbp.snapshot(cbp.read(path))
    except DataError:
        return "reader"
    return "checks" if problems(ENCOUNTERS, snapshot, neighbours) else "passed"


def row_ends(content):
    """Places where a cut leaves whole rows, the whole file itself left out."""
    return [at + 1 for at, byte in enumerate(content) if byte == ord("\n")][:-1]


@pytest.mark.slow
def test_a_cut_file_is_refused_by_the_reader(tmp_path):
    """500 cuts anywhere: all but those at the end of a row, and the twin finds those."""
    content = gzip.decompress(real(NOVEMBER).read_bytes())
    neighbours = embedded("cbp-fy22-fy25", "cbp-fy23-fy26-nov", "cbp-fy23-fy26-aug")
    rng = random.Random(2026)
    places = [rng.randrange(1, len(content)) for _ in range(500)]

    for at in places:
        found = outcome(tmp_path / NOVEMBER, content[:at], neighbours)
        whole_rows = content[at - 1 : at] == b"\n"
        assert found == "reader" or (found == "checks" and whole_rows)


@pytest.mark.slow
def test_what_passes_is_a_cut_in_the_open_year(tmp_path):
    """With neighbours of other months only, the loss of the last rows can look like a revision.

    The twin tells them apart, to the row.
    """
    content = gzip.decompress(real(NOVEMBER).read_bytes())
    below, twin, above = embedded("cbp-fy22-fy25", "cbp-fy23-fy26-nov", "cbp-fy23-fy26-aug")
    ends = row_ends(content)
    open_year = content.index(b"2026 (FYTD)")

    for at in [*random.Random(2026).sample(ends, 10), *ends[-1600::200], *ends[-2:]]:
        found = outcome(tmp_path / NOVEMBER, content[:at], [below, above])
        assert found != "passed" or at > open_year
        if found == "passed":
            assert outcome(tmp_path / NOVEMBER, content[:at], [twin]) == "checks"


@pytest.mark.parametrize(
    ("many", "said"),
    [(1, "0"), (3, "0; 1; 2"), (4, "0; 1; 2 (and 1 more)"), (9, "0; 1; 2 (and 6 more)")],
)
def test_three_of_many_are_named(many, said):
    assert checks._some([str(number) for number in range(many)]) == said


# ---------------------------------------------------------------- at the very edge

AGREED = ENCOUNTERS.agreement


@pytest.mark.parametrize(
    ("was", "now", "near"),
    [
        (2000, 1900, True),
        (2000, 1899, False),
        (1900, 2000, True),
        (1899, 2000, False),
        (0, 10, True),
        (0, 11, False),
        (30, 20, True),
        (30, 19, False),
    ],
)
def test_a_twentieth_or_ten_may_move_either_way(was, now, near):
    assert (AGREED.open_share, AGREED.slack) == (0.05, 10)
    assert checks.near(AGREED, now, was) == near


@pytest.mark.parametrize(
    ("before", "now", "turned"),
    [
        ({"a": 1000, "b": 0}, {"a": 400, "b": 600}, False),
        ({"a": 1000, "b": 0}, {"a": 399, "b": 601}, True),
        ({"a": 500, "b": 500}, {"a": 1000, "b": 1000}, False),
        ({"a": AGREED.large, "b": 0}, {"a": 0, "b": AGREED.large}, True),
        ({"a": AGREED.large - 1, "b": 0}, {"a": 0, "b": AGREED.large}, False),
        ({"a": AGREED.large, "b": 0}, {"a": 0, "b": AGREED.large - 1}, False),
    ],
)
def test_three_fifths_of_a_large_month_may_change_member(before, now, turned):
    assert AGREED.turned_share == 0.6
    pairs = [(before[name], now[name]) for name in before]
    assert checks.turned(AGREED, pairs) == turned


def moved_between(by: int, month: str = "2025-11"):
    """Counts of the southwest that are in the other state, in an open month."""
    return changed(changed(MARCH, month, "southwest", by), month, "southwest", -by, "BB")


def test_a_part_of_an_open_month_may_be_under_another_member():
    """A share of the 2,002 of the southwest in November 2025."""
    most = int(
        AGREED.moved_share * sum(c.value for c in MARCH.cells if c[:2] == ("2025-11", "southwest"))
    )

    assert problems(ENCOUNTERS, cbp.snapshot(moved_between(most)), [FEBRUARY]) == []
    (problem,) = problems(ENCOUNTERS, cbp.snapshot(moved_between(most + 1)), [FEBRUARY])
    assert problem.startswith(f"southwest by state in 2025-11: {most + 1:,} of ")
    assert problem.endswith(f"are under another member than in {FEBRUARY.release.file_name}")


def test_of_a_small_month_ten_may_be_under_another_member():
    """40 counted in the north, a quarter of which is ten."""

    def north(found, aa, bb):
        return changed(
            changed(found, "2025-11", "northern", aa - 63), "2025-11", "northern", bb - 63, "BB"
        )

    for total, by, believed in ((36, 10, True), (36, 11, False), (40, 10, True), (44, 11, True)):
        before = cbp.snapshot(north(reading(), total // 2, total // 2))
        now = cbp.snapshot(north(MARCH, total // 2 + by, total // 2 - by))
        found = problems(ENCOUNTERS, now, [before])
        assert (found == []) == believed, (total, by)


def test_parts_that_are_not_all_known_are_no_more_than_their_total():
    """One month of the state BB is not stated: AA alone is less, and must not be more."""
    key = SeriesKey("northern", "state", "AA")
    scope = key.scope
    short = tuple(
        c._replace(last_month="2025-11") if c.scope == scope else c for c in FEBRUARY.coverage
    )
    fewer = with_counts(replace(FEBRUARY, coverage=short), key, "2026-02", 1)
    more = with_counts(replace(FEBRUARY, coverage=short), key, "2026-02", 900)

    assert [p for p in problems(ENCOUNTERS, fewer) if "2026-02" in p] == []
    (problem,) = (p for p in problems(ENCOUNTERS, more) if "2026-02" in p)
    assert problem.startswith("northern by state does not add up to its total: 9")


def test_rounded_counts_need_not_add_up():
    wrong = with_counts(FEBRUARY, SeriesKey("nationwide"), "2025-12", 2900)
    rounded = [
        replace(wrong, release=replace(wrong.release, rounding=rounding)) for rounding in (1, 2, 10)
    ]

    assert [bool(problems(ENCOUNTERS, release)) for release in rounded] == [True, False, False]


def test_a_twin_ends_in_the_same_month_with_as_many_rows():
    fewer = reading(sha256="x", rows={2025: 71, 2026: 30})
    early = replace(cbp.snapshot(reading(sha256="x")), closed=frozenset())
    early = replace(early, release=replace(early.release, data_through="2026-01"))

    (rows,) = problems(ENCOUNTERS, cbp.snapshot(fewer), [FEBRUARY])
    found = problems(ENCOUNTERS, early, [FEBRUARY])
    assert rows.endswith(f"fiscal year 2025: 71 rows, 72 in {FEBRUARY.release.file_name}")
    assert any(p.endswith("content differs: data through 2026-01 and 2026-02") for p in found)


@pytest.mark.parametrize(
    ("seq", "layout", "suffix", "twins"),
    [
        (202605000, "aor", "", True),
        (202605099, "aor", "", True),
        (202605100, "aor", "", False),
        (202605000, "state", "", True),
        (202605001, "state", "", False),
    ],
)
def test_which_releases_are_of_the_same_month(seq, layout, suffix, twins):
    name = f"nationwide-encounters-fy25-fy26-feb-{layout}.csv"
    other = cbp.snapshot(reading(file_name=name, kind=layout, sha256="x", seq=seq))

    assert checks._twins(ENCOUNTERS, other, FEBRUARY) == twins


def test_releases_that_share_no_dimension_may_end_where_they_do():
    """Only of scopes in common is it said that a later release reaches as far."""
    march = cbp.snapshot(MARCH)
    late = replace(FEBRUARY, release=replace(FEBRUARY.release, seq=202607000, file_name="x.csv"))
    apart = tuple(c for c in late.coverage if c.scope.dimension == "state")
    counts = {key: n for key, n in late.counts.items() if key.dimension == "state"}
    states = replace(late, coverage=apart, counts=counts)
    totals = replace(
        march,
        coverage=tuple(c for c in march.coverage if c.scope.dimension == ""),
        counts={key: n for key, n in march.counts.items() if key.headline},
    )

    assert not [p for p in problems(ENCOUNTERS, states, [totals]) if "ends in" in p]
    assert [p for p in problems(ENCOUNTERS, states, [march]) if "ends in 2026-02, but the" in p]


# ---------------------------------------------------------------- own counts, and odd neighbors


def visits(stated, kind="manual", seq=1, sha256="v", name="visits.csv"):
    """A release of own counts, each series stated in the months it has."""
    spans = tuple(span for key, some in stated.items() for span in coverage_of(key.scope, some))
    through = max(month for some in stated.values() for month in some)
    return Snapshot(Release("v", kind, name, sha256, through, seq), stated, spans)


@pytest.fixture
def clinics():
    """A source of own counts with two series and a total."""
    words = {"kind": "counts", "name": "visits", "path": "in", "noun": "visits", "total": "All"}
    section = CountsSection.model_validate({**words, "one": "clinic", "many": "clinics"})
    source = own_counts(section)
    return replace(source, totals=replace(source.totals, parts=("a", "b")))


def test_own_counts_may_change_by_anything_and_be_0(clinics):
    """A change is told or asked about by their contract, not refused here."""
    before, after = (
        {SeriesKey(name): dict(zip(("2023-01", "2024-01", "2024-02"), counts, strict=True))}
        for name, counts in (("a", (9_000_000, 1, 5)), ("a", (0, 9_000_000, 0)))
    )

    assert problems(clinics, visits(after, seq=2, sha256="w"), [visits(before)]) == []


@pytest.mark.parametrize("pairs", [[(0, 5), (0, 3)], [(0, 0), (0, 0)], [(3, 0), (7, 0), (0, 1)]])
def test_parts_of_own_counts_may_be_0_and_change_members(clinics, pairs):
    assert not checks.turned(clinics.agreement, pairs)


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ({"2024-01": 6, "2024-02": 7}, []),
        ({"2024-01": 6}, []),
        (
            {"2024-01": 5, "2024-02": 9},
            ["the clinics do not add up to All: 6 against 5 in 2024-01; 7 against 9 in 2024-02"],
        ),
    ],
)
def test_own_series_add_up_to_their_total_where_each_is_known(clinics, total, said):
    """One that the file has for the first time among them: c."""
    stated = {
        SeriesKey("a"): {"2024-01": 1, "2024-02": 2},
        SeriesKey("b"): {"2024-01": 2, "2024-02": 2, "2024-03": 9},
        SeriesKey("c"): {"2024-01": 3, "2024-02": 3},
        SeriesKey("All"): total,
    }
    if said:  # three series have a word for how many they are
        said = [said[0].replace("the clinics", "the three clinics")]
    assert unhinted(problems(clinics, visits(stated)), "tolerance = 2") == said


def unhinted(found: list[str], hint: str) -> list[str]:
    """Without the setting that lets them in, which each must name."""
    assert all(hint in one for one in found)
    return [one.partition(". If they are rounded")[0] for one in found]


def test_parts_may_miss_their_total_by_what_the_settings_say(clinics):
    stated = {SeriesKey("a"): {"2024-01": 10}, SeriesKey("b"): {"2024-01": 20}}
    for total, right in ((28, True), (32, True), (27, False), (33, False)):
        given = replace(clinics, agreement=replace(clinics.agreement, tolerance=2))
        found = problems(given, visits({**stated, SeriesKey("All"): {"2024-01": total}}))
        assert (found == []) is right
        assert right or "tolerance = 3 into [[sources]] of the settings (it is 2)" in found[0]


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        ({"2024-01": 3, "2024-02": 7}, []),  # of February one part is not known
        ({"2024-01": 4}, ["a by part does not add up to its total: 3 against 4 in 2024-01"]),
        ({"2024-02": 5}, ["a by part does not add up to its total: 6 against 5 in 2024-02"]),
    ],
)
def test_parts_of_own_series_add_up_where_all_are_known(clinics, whole, said):
    def part(name):
        return SeriesKey("a", "part", name, name)

    stated = {
        part("x"): {"2024-01": 1, "2024-02": 6},
        part("y"): {"2024-01": 2},
        SeriesKey("a"): whole,
    }
    assert unhinted(problems(clinics, visits(stated)), "tolerance = 1") == said


@pytest.mark.parametrize(("new_ends", "said"), [("2026-01", True), ("2026-02", False)])
def test_of_two_releases_of_one_place_the_new_one_is_the_later(new_ends, said):
    """A file of the southwest border is no sibling of a state's."""
    name = "sbo-encounters-fy25-fy26-feb.csv"
    seq = FEBRUARY.release.seq
    new = replace(
        FEBRUARY,
        release=replace(
            FEBRUARY.release,
            kind="sbo",
            file_name=name,
            sha256="x",
            seq=seq,
            data_through=new_ends,
        ),
    )
    old = replace(FEBRUARY, release=replace(FEBRUARY.release, data_through="2026-02"))

    found = [p for p in problems(ENCOUNTERS, new, [old]) if "but the earlier" in p]
    assert found == (
        [f"{name} ends in 2026-01, but the earlier {FEBRUARY.release.file_name} reaches 2026-02"]
        if said
        else []
    )
    turned = [p for p in problems(ENCOUNTERS, old, [new]) if "but the earlier" in p]
    assert turned == []


def test_of_releases_further_off_the_parts_alone_are_compared():
    """What differs in the totals is a neighbor's to say."""
    wrong = cbp.snapshot(changed(MARCH, "2025-03", "southwest", 1))

    found = problems(ENCOUNTERS, wrong, (), [FEBRUARY])
    assert len(found) == 4
    assert all(p.startswith("closed years differ from") and " / " in p for p in found)
    assert problems(ENCOUNTERS, wrong, (), [replace(FEBRUARY, release=wrong.release)]) == []


def test_siblings_of_one_layout_differ_and_of_two_their_parts_are_compared():
    """A state and an area file of one month: closed years' parts too, in whatever both have."""
    name = "nationwide-encounters-fy25-fy26-feb-aor.csv"
    moved = changed(changed(reading(), "2025-03", "southwest", 1), "2025-03", "southwest", -1, "BB")
    sibling = cbp.snapshot(replace(moved, file_name=name, kind="aor", sha256="x"))

    assert problems(ENCOUNTERS, sibling, [FEBRUARY]) == [
        f"closed years differ from {FEBRUARY.release.file_name}: southwest / state / AA in 2025-03 "
        "1,006, was 1,005; southwest / state / BB in 2025-03 1,004, was 1,005"
    ]


def test_a_dimension_may_turn_over_between_closed_years_months_and_where_the_source_says():
    """A label that is given up moves as much as it has; of old years nothing can be done."""

    def moved(span):
        cells = tuple(
            c._replace(state="BB" if c.state == "AA" else c.state, citizenship="OTHER")
            if c.month in span
            else c
            for c in MARCH.cells
        )
        return cbp.snapshot(replace(MARCH, cells=cells))

    def said(span):
        return [p for p in problems(ENCOUNTERS, moved(span)) if "more than 60%" in p]

    assert said(["2025-03"]) == []
    found = said(["2026-03"])
    assert found == [
        f"{border} by citizenship: more than 60% of the encounters changed member from one month "
        "to the next, in 2026-03"
        for border in ("other", "southwest")  # fewer than 200 in the north say nothing
    ]
    turning = replace(ENCOUNTERS, agreement=replace(AGREED, turning=frozenset({"citizenship"})))
    assert [p for p in problems(turning, moved(["2026-03"])) if "more than 60%" in p] == []


def test_differences_are_told_by_dimension_and_month_the_totals_first():
    keys = [SeriesKey("southwest", "state", "AA"), SeriesKey("southwest"), SeriesKey("northern")]
    found = [
        checks.Difference(key, month, 1_000 + at, at)
        for at, (key, month) in enumerate((k, m) for m in ("2026-01", "2025-12") for k in keys)
    ]

    assert list(checks._described(found)) == [
        "northern in 2025-12 1,005, was 5; southwest in 2025-12 1,004, was 4; "
        "northern in 2026-01 1,002, was 2 (and 1 more)",
        "southwest / state / AA in 2025-12 1,003, was 3; southwest / state / AA in 2026-01 1,000, "
        "was 0",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "layout"),
    [
        ("state", "download.csv", "state"),
        ("bundle", "nationwide-encounters-fy25-fy26-feb-aor.csv", "aor"),
        ("bundle", "nationwide-encounters-fy25-fy26-feb-state_0.csv", "state"),
        ("bundle", "nationwide-encounters-fy25-fy26-feb.csv", ""),
        ("bundle", "tables.xlsx", ""),
    ],
)
def test_an_embedded_release_has_the_layout_of_the_file_behind_it(kind, name, layout):
    release = replace(FEBRUARY.release, kind=kind, file_name=name)

    assert checks._layout(ENCOUNTERS, replace(FEBRUARY, release=release)) == layout


def test_a_member_that_only_one_release_has_is_0_in_the_other():
    """In a closed year a state that is new, or gone, is a difference as any other."""
    cells = tuple(
        c._replace(state="CC") if c[:2] == ("2025-03", "other") and c.state == "BB" else c
        for c in MARCH.cells
    )
    march = cbp.snapshot(replace(MARCH, cells=cells))
    name, before = march.release.file_name, FEBRUARY.release.file_name

    assert problems(ENCOUNTERS, march, [FEBRUARY]) == [
        f"closed years differ from {before}: other / state / BB in 2025-03 0, was 405; "
        "other / state / CC in 2025-03 405, was 0"
    ]
    assert problems(ENCOUNTERS, FEBRUARY, [march]) == [
        f"closed years differ from {name}: other / state / BB in 2025-03 405, was 0; "
        "other / state / CC in 2025-03 0, was 405"
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_of_siblings_either_may_be_fresher_in_the_parts_of_its_open_year(turned):
    name = "nationwide-encounters-fy25-fy26-feb-aor.csv"
    moved = changed(changed(reading(), "2026-01", "other", 1), "2026-01", "other", -1, "BB")
    area = cbp.snapshot(replace(moved, file_name=name, kind="aor", sha256="x"))

    pair = (FEBRUARY, area) if turned else (area, FEBRUARY)
    assert problems(ENCOUNTERS, pair[0], [pair[1]]) == []
