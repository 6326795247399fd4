"""What a bare number is, and claims asked by name: any series, span and form."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from jobs.cli import main


def said(database, *words, code=0):
    result = CliRunner().invoke(main, ["--db", str(database), "fact", *words])
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.slow
def test_a_number_is_recognised_best_first(published):
    assert said(published, "18,944").startswith(
        "18,944: encounters at and between ports of entry at the northern land border in August"
    )
    assert "Border Patrol" in said(published, "249740").splitlines()[0]
    assert "as once published" in said(published, "4,098")
    assert "fiscal year 2014" in said(published, "486651")
    said(published, "1234567891", code=1)


@pytest.mark.slow
def test_programs_are_told_what_a_number_is(published):
    found = json.loads(said(published, "198929", "--json"))

    assert found["matches"][0] == {
        "series": "northern", "from": "2023-10", "to": "2024-09", "count": 198929, "how": "now",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("series", "span", "claim", "since", "verdict"),
    [
        ("northern", "2024-08", "18944", None, "right"),
        ("northern", "2024-08", "2431", None, "mislabelled"),
        ("northern:Border Patrol", "2024-08", "18,944", None, "mislabelled"),
        ("northern:Border Patrol", "2024-08", "2,431", None, "right"),
        ("southwest:Border Patrol", "2023-12", "249,741", None, "near_today"),
        ("southwest:Border Patrol", "2023-12", "nearly 250,000", None, "right_when_rounded"),
        ("southwest", "2023-12", "302K", None, "right_when_rounded"),
        ("southwest", "FY2022", "about 2.4 million", None, "right_when_rounded"),
        ("southwest", "FY2022", "more than 2.4 million", None, "wrong"),
        ("northern:Swanton", "FY2024", "18,000", None, "wrong"),
        ("northern", "2025-02", "-78%", "2024-08", "right"),
        ("northern", "2025-02", "-87%", "2024-08", "wrong"),
        ("southwest", "FY2021", "x3.8", "FY2020", "right"),
        ("southwest", "2023-12", "record", None, "right"),
        ("northern", "2024-08", "record", None, "wrong"),
        ("southwest:Border Patrol", "2024-07", "lowest since 2020-09", None, "right"),
        ("southwest:Border Patrol", "2024-07", "lowest since 2019", None, "wrong"),
        ("northern", "2024-08", "2nd highest", None, "right"),
        ("southwest:Border Patrol", "2025-03", "average 232 a day", None, "right"),
        ("southwest:Mexico", "FY2023", "share of southwest 29%", None, "right"),
        ("southwest:Mexico", "FY2023", "share of southwest 63%", None, "wrong"),
        ("southwest", "FY2024 to date", "2,135,005", None, "right"),
        ("southwest", "since 2026-01", "0.1 million", None, "right_when_rounded"),
        ("southwest", "2023", "2.5 million", None, "right_when_rounded"),
        ("southwest", "2021-01..2021-03", "500,000", None, "wrong"),
    ],
)
def test_each_form_of_claim_has_its_verdict(published, series, span, claim, since, verdict):
    more = ["--from", since] if since else []
    code = 1 if verdict in ("wrong", "mislabelled") else 0
    found = json.loads(said(published, series, span, claim, *more, "--json", code=code))

    assert found["verdict"] == verdict, found


@pytest.mark.slow
def test_both_halves_are_always_said(published):
    text = said(published, "northern", "2024-08", "18,944")

    assert (
        "16,513 were at ports of entry (OFO) and 2,431 by Border Patrol: "
        "2,251 at entry, 180 in the interior (7%)." in text
    )


@pytest.mark.slow
def test_a_name_that_fits_several_series_lists_them(published):
    text = said(published, "El Paso", "2024-08", "5", code=2)

    assert "El Paso Sector" in text
    assert "El Paso Field Office" in text
