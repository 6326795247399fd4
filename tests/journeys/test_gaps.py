"""Months that nobody knows, on their way through the service: unknown, never 0, and said so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import months
from forecast.claims.record.counts import CountTable, Subject
from forecast.config import Config
from forecast.desk.answers import Asking
from forecast.desk.charts import grammar
from forecast.desk.facts import report
from forecast.desk.sentences.monthly import compared, paragraph
from forecast.errors import SpanError
from forecast.periods import FEDERAL, Period
from forecast.sources.source import coverage_of
from forecast.store import integrity, releases
from forecast.types import NATIONWIDE, SeriesKey, Snapshot
from jobs.cli import main as cli
from tests.support import history_2025
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

NORTHERN, WHOLE = SeriesKey("northern"), SeriesKey(NATIONWIDE)
NEW_YORK = SeriesKey("northern", "state", "NY")
# Of the northern border and so of nationwide; one of them alone, two in a row, one this year.
UNKNOWN = ("2021-06", "2023-10", "2023-11", "2024-08")
OF_NEW_YORK = ("2024-05",)
CONFIG = Config.model_validate(
    {
        "forecast": {"models": ("naive",), "first_cutoff": "2023-10", "dimensions": ("state",)},
        "compute": {"processes": 1},
    }
)


def without(snapshot: Snapshot, lost: Mapping[SeriesKey, tuple[str, ...]]) -> Snapshot:
    """The release as if it did not state these months of these series.

    New York's counts are a group of their own, so that their gaps are no other state's.
    """
    counts, coverage = {}, []
    kept = [c for c in snapshot.coverage if c.scope.dimension in ("", "state")]
    for key, by_month in snapshot.counts.items():
        if key.dimension not in ("", "state"):
            continue
        own = [c for c in kept if c.scope == key.scope]
        whole = {m: by_month.get(m, 0) for c in own for m in months.between(*c[1:])}
        known = {m: n for m, n in whole.items() if m not in lost.get(key, ())}
        if key == NEW_YORK:
            key = key._replace(component="New York")
        counts[key] = known
        if key in lost or key.component:
            coverage += coverage_of(key.scope, known)
    scopes = {c.scope for c in coverage}
    coverage += [c for c in kept if c.scope not in scopes]
    return replace(snapshot, counts=counts, coverage=tuple(coverage))


LOST = {NORTHERN: UNKNOWN, WHOLE: UNKNOWN, NEW_YORK: OF_NEW_YORK}


def make(folder: Path) -> None:
    path = folder / "bordercast.db"
    held = [*history_2025.known_through("2024-12"), history_2025.release("2024-12", "2025-01-17")]
    history_2025.keep(path, *(without(snapshot, LOST) for snapshot in held))
    history_2025.publish(path, history_2025.FIRST, CONFIG)
    history_2025.keep(path, without(history_2025.release("2025-01", "2025-02-18"), LOST))
    history_2025.publish(path, history_2025.JANUARY, CONFIG)


@pytest.fixture(scope="session")
def gaps(session_artifact: Callable[..., Path]) -> Path:
    """The record of early 2025 with unknown months; not to be changed."""
    return session_artifact("gaps", make) / "bordercast.db"


@pytest.mark.slow
def test_an_unknown_month_is_on_record_nowhere(gaps):
    """No row says 0 for it, and a release is read back as it was kept."""
    found = rows(gaps, "select month from border_months where border = 'northern'")

    assert not {month for (month,) in found} & set(UNKNOWN)
    assert rows(gaps, "select min(encounters) > 0 from border_months where border = 'northern'")
    of_may = "select member from series_months where border = 'northern' and month = '2024-05'"
    assert ("NY",) not in rows(gaps, of_may)
    assert ("VT",) in rows(gaps, of_may)
    with closing(sqlite3.connect(gaps)) as db:
        newest = max(releases.accepted(db))
        kept = releases.load_snapshot(db, newest)
        assert integrity.at_sight(db) == []
    told = without(history_2025.release("2025-01", "2025-02-18"), LOST)
    assert set(kept.coverage) == set(told.coverage)
    assert kept.counts[NORTHERN] == told.counts[NORTHERN]


def test_it_is_neither_judged_nor_scored_nor_a_cutoff(gaps):
    """Months around it are: by a forecast from the last month known before them."""
    of_northern = "from {} where border = 'northern' and dimension = ''"
    judged = dict(rows(gaps, "select month, cutoff " + of_northern.format("judged_months")))
    cutoffs = rows(gaps, "select distinct cutoff " + of_northern.format("forecast_vs_actual"))
    targets = rows(gaps, "select distinct month " + of_northern.format("forecast_vs_actual"))

    assert not judged.keys() & set(UNKNOWN)
    assert judged["2023-12"] == "2023-09"
    assert judged["2024-09"] == "2024-07"
    assert judged["2025-01"] == "2024-12"
    assert not {month for (month,) in (*cutoffs, *targets)} & set(UNKNOWN)
    assert "2023-12" in {month for (month,) in targets}


def test_forecasts_go_on(gaps):
    """Unknown months draw nothing to 0, of the border or of its part."""
    query = """
        select median, lo80, hi80 from latest_forecasts
        where border = 'northern' and {} and model = 'bordercast' and horizon = 3
    """
    [(median, low, high)] = rows(gaps, query.format("dimension = ''"))
    [(of_state, *_)] = rows(gaps, query.format("member = 'NY'"))

    assert 4_000 < median < 7_000  # after 4,976 in January
    assert 0 < low < median < high
    assert 500 < of_state < median


def test_a_sum_with_it_is_not_known(gaps):
    """Neither kept with the run nor answered; the others are."""
    kept = "select span from span_forecasts where border = 'northern' and dimension = ''"
    with closing(sqlite3.connect(gaps)) as connection:
        asking = Asking(connection, source=ENCOUNTERS)
        with pytest.raises(SpanError, match="no count was published for 2023-10, so the total"):
            asking.span("northern", "FY2024")
        with pytest.raises(SpanError, match="no count was published for 2024-05"):
            asking.span("northern:NY", "2024")
        assert asking.span("northern:VT", "2024").published > 0
        assert asking.span("northern", "FY2025").months_published == 4

    assert ("FY2025",) in rows(gaps, kept)
    years = dict(
        rows(gaps, "select fiscal_year, last_month from fiscal_years where border = 'northern'")
    )
    assert years[2023] == "2023-09"
    assert years[2021] == "2021-05"  # so far as every month of it is known
    assert 2024 not in years


def test_what_is_said_of_a_month_names_what_is_not_known(gaps):
    """No sum and no share with an unknown month in it."""
    with closing(sqlite3.connect(gaps)) as connection:
        september = report(connection, "northern", "2024-09", ENCOUNTERS)
        said = paragraph(september)
        assert september.share is None
        assert "The month before is not on record." in said
        assert "fiscal year to date is not known: not every month of it was published" in said
        shown = [row for row in compared(september) if row.name == "fiscal year to date"]
        assert [(row.now, row.when) for row in shown] == [("not known", "incomplete")]
        january = report(connection, "northern", "2025-01", ENCOUNTERS)
        assert "fiscal year to date is 43,899" in paragraph(january)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["brief", "northern", "2024-08"], "northern in 2024-08 was not published"),
        (["show", "northern", "FY2024"], "2023-10, so the total is not known"),
        (["fact", "northern", "FY2024", "190000"], "no count was published for 2023-10, 2023-11"),
    ],
)
def test_commands_refuse_by_name(gaps, command, says):
    """One line that says which month, and exit code 2."""
    answer = CliRunner().invoke(cli, ["--db", str(gaps), *command])

    assert answer.exit_code == 2
    assert says in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_claims_about_it_cannot_be_checked(gaps):
    """A total or a rank with it is open; one before it is judged as ever."""
    with closing(sqlite3.connect(gaps)) as connection:
        table = CountTable.read(connection, ENCOUNTERS)
        line = table.counts(Subject("northern"))
        august = Period(months.to_index("2024-08"), months.to_index("2024-08"))
        assert not line.holds(august)
        assert table.total(Subject("northern"), august) is None
        assert table.total(Subject("northern"), august.shift(-1)) == 17_895
        assert line.holds(FEDERAL.period(2023))
        assert not line.holds(FEDERAL.period(2024))


@pytest.mark.slow
def test_the_page_says_so(gaps, tmp_path):
    """A cell that says it, no page and no total of such a year, and a line that breaks off."""
    answer = CliRunner().invoke(cli, ["--db", str(gaps), "site", "-o", str(tmp_path / "site")])
    assert answer.exit_code == 0, answer.output
    northern = (tmp_path / "site/border/northern/index.html").read_text()
    years = northern[northern.index('class="years"') :].split("<tr>")
    [of_2024] = [row for row in years if '<th scope="row">2024</th>' in row]

    assert of_2024.count("not published") == 3
    assert "not known" in of_2024
    numbers = (tmp_path / "site/fact/northern/index.html").read_text()
    assert '<h2 id="FY2024">Fiscal year 2024</h2>' in numbers
    assert '<h2 id="FY2023">Fiscal year 2023: ' in numbers
    compared = (tmp_path / "site/compare/northern/FY2025-FY2024/index.html").read_text()
    assert "27,000" not in compared
    assert "2 months" in compared  # December and January alone are known of both years


def test_a_line_breaks_off_at_it():
    """What was published is drawn in pieces; nothing else changes."""
    known = [{"month": m, "encounters": 5} for m in ("2024-01", "2024-02", "2024-04", "2024-05")]
    scale = grammar.amounts([5], False, ENCOUNTERS)
    drawn = grammar.line(known, "encounters", scale)
    points = drawn["data"]["values"]

    assert [p["encounters"] for p in points] == [5, 5, None, 5, 5]
