"""A page names where it stays, and its tables are described for programs, by their standards."""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import replace
from datetime import date, datetime

import frictionless
import pytest
import rdflib

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
    plain, apa = re.findall(r"<dt>(?:In a sentence|APA)</dt><dd>(.+?)</dd>", said)
    assert plain.startswith("Bordercast, \N{LEFT DOUBLE QUOTATION MARK}Northern border,")
    assert f"run {run.id}, Sept. 20, 2026, digest {run.digest}, {stays}." in plain
    assert apa.startswith("Bordercast. (2026, September 20). Northern border (Run 1, digest ")
    assert apa.endswith(stays)
    (entry,) = re.findall(r"<pre>(@misc.+?)</pre>", said, re.S)
    assert entry.count("{") == entry.count("}")
    fields = dict(re.findall(r"^  (\w+) = \{(.+)\},?$", entry, re.M))
    assert fields["title"] == "{Northern border}"
    assert (fields["year"], fields["month"]) == ("2026", "9")
    assert stays in fields["howpublished"]
    assert run.digest in fields["note"]


def test_what_latex_would_obey_is_taken_from_a_title(full):
    cited = metadata.cite("50% &amp; a {b}\\input_c", "x/", full)

    assert r"title = {{50\% \& a  b  input\_c}}" in cited["bibtex"]
    assert "50% & a {b}" in cited["plain"]
    assert cited["address"] == f"as-of/1/x/#digest-{full.run.digest[:16]}"


def test_every_page_that_has_figures_can_be_cited(site, record):
    ((run, digest),) = rows(record, "select id, digest from latest_run")
    for path in site.rglob("index.html"):
        place = path.relative_to(site).as_posix().removesuffix("index.html")
        if place.startswith(("newer/", "check/", "as-of/", "embed/")):
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
    assert "forecast-changes.csv" in (tmp_path / "border/northern/datapackage.json").read_text()
    for border in HEADLINES:
        assert_tables_hold(tmp_path / "border" / border)


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
        assert described((site / place / "index.html").read_text("utf-8"))["@type"] == "Dataset"


def test_no_name_ends_the_description(full):
    evil = replace(full.run, digest="</script><script>alert(1)&")
    said = total(replace(full, run=evil, address=ADDRESS), "other").decode()

    assert said.count("<script") == said.count("</script>") == 1
    assert "</script><script>alert(1)&" in described(said)["identifier"]


@pytest.mark.parametrize("place", PLACES)
def test_frictionless_finds_the_package_valid(site, place):
    report = frictionless.validate(str(site / place / "datapackage.json"))

    assert report.valid, report.flatten(["name", "fieldName", "type", "note"])
    assert report.stats["tasks"] >= 4
    text = (site / place / "datapackage.json").read_text()
    assert "{" not in "".join(re.findall(r'"description": "(.*)"', text))  # each hole is filled
    package = json.loads(text)
    assert all(
        field["description"] for r in package["resources"] for field in r["schema"]["fields"]
    )
    assert len({one["hash"] for one in package["resources"]}) == len(package["resources"])


@pytest.mark.parametrize("place", PLACES)
def test_csv_on_the_web_describes_the_files_that_are_there(site, place):
    assert_tables_hold(site / place)


# The lexical forms of the datatypes that the metadata names, w3.org/TR/tabular-data-primer.
FORMS = {
    "integer": r"[-+]?\d+",
    "number": r"[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?",
    "gYearMonth": r"\d{4}-(0[1-9]|1[0-2])",
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "string": r".*",
}


def assert_tables_hold(folder):
    """The rules of w3.org/TR/tabular-metadata for what is used here, cell by cell."""
    found = json.loads((folder / "csv-metadata.json").read_text("utf-8"))
    assert found["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "en"}]
    assert found["tables"]
    for table in found["tables"]:
        columns = table["tableSchema"]["columns"]
        names = [column["name"] for column in columns]
        assert len(set(names)) == len(names)
        with (folder / table["url"]).open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        assert header == [column["titles"] for column in columns]
        for place, column in enumerate(columns):
            form = re.compile(FORMS[column["datatype"]], re.I | re.S)
            values = [line[place] for line in lines]
            assert not column["required"] or "" not in values, (table["url"], column["name"])
            wrong = [value for value in values if value and not form.fullmatch(value)]
            assert not wrong, (table["url"], column["name"], wrong[:3])


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own
@pytest.mark.parametrize("place", PLACES)
def test_a_catalog_reads_it_as_dcat(site, place, record):
    base = f"{ADDRESS}/{place}/"
    graph = rdflib.Graph()
    graph.parse(site / place / "dcat.jsonld", format="json-ld", publicID=base)
    dcat, dct = rdflib.DCAT, rdflib.DCTERMS
    (dataset,) = graph.subjects(rdflib.RDF.type, dcat.Dataset)

    assert str(dataset) == f"{base}index.html"
    for name in ("title", "description", "license", "publisher", "temporal", "identifier"):
        assert graph.value(dataset, dct[name]) is not None, name
    assert graph.value(dataset, dct.modified).toPython().utcoffset() is not None
    files = list(graph.objects(dataset, dcat.distribution))
    assert len(files) >= 4
    for one in files:
        path = site / str(graph.value(one, dcat.downloadURL)).removeprefix(f"{ADDRESS}/")
        assert graph.value(one, dcat.byteSize).toPython() == path.stat().st_size
