"""A page names where it stays, and its tables are described for dataset search."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from forecast.desk.site import build, metadata
from forecast.desk.site.page_kinds import KINDS
from forecast.store import connect
from forecast.types import HEADLINES
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

ADDRESS = "https://forecasts.example.org/borders"
PLACES = ("tables", *(f"border/{border}" for border in HEADLINES))


def described(page: str) -> dict:
    (found,) = re.findall(r'<script type="application/ld\+json">(.+?)</script>', page)
    return json.loads(found)


def total(record, name: str) -> bytes:
    return KINDS["total"].page(record, record.totals[name])[1]["index.html"]


@pytest.fixture(scope="module")
def page(full):
    return total(replace(full, address=ADDRESS), "northern").decode()


@pytest.mark.slow
def test_a_page_is_cited_by_an_address_that_names_run_and_digest(full, page):
    run = full.run
    stays = f"{ADDRESS}/as-of/{run.id}/border/northern/#digest-{run.digest[:16]}"
    said = html.unescape(page)

    assert said.count(f'<a href="{stays}">') == 1
    assert f'<p class="digest" id="digest-{run.digest[:16]}">' in said
    (plain,) = re.findall(r"<dt>In a sentence</dt><dd>(.+?)</dd>", said)
    assert plain.startswith("Bordercast, \N{LEFT DOUBLE QUOTATION MARK}Northern border,")
    assert f"run {run.id}, Sept. 20, 2026, digest {run.digest}, {stays}." in plain


def test_a_title_is_cited_as_it_is_read(full):
    cited = metadata.cite("50% &amp; a {b}\\input_c", "x/", full)

    assert "50% & a {b}\\input_c" in cited["sentence"]
    assert cited["address"] == f"as-of/1/x/#digest-{full.run.digest[:16]}"


def test_a_publisher_that_is_no_name_begins_its_sentence_with_a_capital(full):
    ours = replace(full.source, publisher=replace(full.source.publisher, name="our office"))

    assert metadata.cite("May", "x/", replace(full, source=ours))["sentence"].endswith(
        ". Data: Our office."
    )


def test_every_page_that_has_figures_can_be_cited(site, record):
    ((run, digest),) = rows(record, "select id, digest from latest_run")
    for path in site.rglob("index.html"):
        place = path.relative_to(site).as_posix().removesuffix("index.html")
        if place.startswith(("newer/", "check/", "as-of/")):
            continue
        said = path.read_text("utf-8")
        stays = f"as-of/{run}/{place}"
        assert f"{stays}#digest-{digest[:16]}" in said
        assert (site / stays / "index.html").samefile(path)
    facts = json.loads((site / "fact/northern/facts.json").read_text())
    assert facts["digest"] == digest
    stays = f"as-of/{run}/fact/northern/#2025-01"
    assert stays in [fact["permanent"] for fact in facts["facts"]]


@pytest.mark.slow
def test_the_cited_page_stays_when_a_newer_run_is_written(two_runs, tmp_path):
    _, first, second = two_runs
    for copy in (first, second):
        with connect.moment(copy) as connection:
            build.write(connection, tmp_path, date(2024, 4, 1), ENCOUNTERS, ADDRESS)
        said = html.unescape((tmp_path / "border/northern/index.html").read_text("utf-8"))
        (stays,) = set(re.findall(rf'href="{ADDRESS}/(as-of/[^"]+)"', said))
        path, _, mark = stays.partition("#")
        kept = (tmp_path / path / "index.html").read_text("utf-8")
        assert f'id="{mark}"' in kept
    assert "forecast-changes" in [
        one["name"]
        for one in described((tmp_path / "border/northern/index.html").read_text("utf-8"))[
            "distribution"
        ]
    ]


def test_dataset_search_finds_what_it_requires(full, page, site):
    """developers.google.com/search/docs/appearance/structured-data/dataset."""
    found = described(page)

    assert (found["@context"], found["@type"]) == ("https://schema.org/", "Dataset")
    assert found["name"] == "U.S. border encounters, northern border: counts and forecasts"
    assert 50 <= len(found["description"]) <= 5000
    assert found["license"].startswith("https://")
    assert found["creator"] == {"@type": "Organization", "name": "Bordercast"}
    assert found["url"] == f"{ADDRESS}/border/northern/"
    assert found["temporalCoverage"] == "2013-10/2026-08"
    assert full.run.digest in found["identifier"]
    assert datetime.fromisoformat(found["dateModified"])
    assert found["isAccessibleForFree"] is True
    for one in found["distribution"]:
        assert one["@type"] == "DataDownload"
        assert one["encodingFormat"] == "text/csv"
        assert one["contentUrl"] == f"{found['url']}{one['name']}.csv"
    assert [one["name"] for one in found["distribution"]][:2] == ["months", "forecast"]
    for place in PLACES:
        there = described((site / place / "index.html").read_text("utf-8"))
        assert there["@type"] == "Dataset"
        assert len(there["distribution"]) >= 4
        for one in there["distribution"]:
            content = (site / place / f"{one['name']}.csv").read_bytes()
            assert one["contentSize"] == f"{len(content)} B"
            assert one["sha256"] == hashlib.sha256(content).hexdigest()


def test_no_name_ends_the_description(full):
    evil = replace(full.run, digest="</script><script>alert(1)&")
    said = total(replace(full, run=evil, address=ADDRESS), "other").decode()

    assert said.count("<script") == said.count("</script>") == 1
    assert "</script><script>alert(1)&" in described(said)["identifier"]
