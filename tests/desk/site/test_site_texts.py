"""What the site of the full record made by hand says: pages, files beside them, feeds, calendar.

The texts stand in site/*.txt, to the letter; see `tests.support.golden_texts`.
"""

from __future__ import annotations

import csv
import hashlib
from datetime import date
from pathlib import Path

import lxml.html
import pytest

from forecast.desk.dictionary import VIEWS
from forecast.desk.site import build
from forecast.desk.site.reading import LARGE
from forecast.store import connect
from forecast.store.read import view_rows
from tests.support import golden_texts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.golden_texts import masked, trimmed
from tests.support.undrawn import drawn_from, undrawn

TEXTS = Path(__file__).with_name("texts")
# One of each kind of page, and others that say something else of the same.
PAGES = (
    "", "border/northern", "border/southwest", "border/nationwide",
    "border/northern/2024-03", "border/northern/2024-01", "border/northern/2023-03",
    "border/southwest/2023-12", "border/southwest/2024-01",
    "fact/northern", "fact/southwest", "series", "series/northern/state/vt",
    "series/northern/field/swanton-sector",
    "series/southwest/apprehension-type/at-large", "series/southwest/citizenship/mexico",
    "series/northern/component/u-s-border-patrol", "flags", "accuracy", "revisions", "tables",
    "compare", "compare/northern/FY2024-FY2023", "compare/northern-southwest", "reading", "newer",
    "check", "subscribe",
)  # fmt: skip

WHOLE = (
    "newest.json", "newest.csv", "fact/other/facts.json", "flags/flags.csv",
    "border/northern/2024-03/report.csv", "series/series.csv", "border/northern/forecast.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(full_record: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as files, its pictures undrawn."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch, connect.moment(full_record) as connection:
        undrawn(patch)
        build.write(
            connection, folder, date(2024, 4, 25), ENCOUNTERS, "https://border.example.org/"
        )
    return folder


def words(page: Path, *, whole: bool) -> str:
    """What a page or its main part says: cells apart, pictures in words, where links lead."""
    root = lxml.html.fromstring(page.read_bytes())
    for cell in root.iter("td", "th", "dt", "li"):
        cell.tail = f" | {cell.tail or ''}"
    for picture in root.iter("svg"):
        picture.tail = f"\n[{picture.get('aria-label')}]\n{picture.tail or ''}"
    for hidden in [*root.iter("svg", "style", "script")]:
        hidden.drop_tree()
    meta = [
        f"{one.get('name') or one.get('property')}: {one.get('content')}"
        for one in root.iter("meta")
        if (one.get("name") or one.get("property") or "").startswith(("og:", "twitter:", "desc"))
    ]
    links = [
        masked(f"{link.get('href')} {link.get('rel') or ''}") for link in root.iter("a", "link")
    ]
    text = trimmed((root if whole else root.find(".//main")).text_content())
    return masked("\n".join((*meta, text, f"links: {shortened(links)}")))


def shortened(lines: list[str]) -> str:
    """How many lines, and a digest of them."""
    return f"{len(lines)}, {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"


def test_pages_of_every_kind_say_what_they_said(site):
    said = {page or "front": words(site / page / "index.html", whole=not page) for page in PAGES}

    golden_texts.compare(TEXTS / "pages.txt", said)


def test_files_beside_pages_hold_what_they_held(site):
    files = {
        str(file.relative_to(site)): masked(file.read_text("utf-8"))
        for file in sorted(site.rglob("*.*"))
        if file.suffix in (".csv", ".json") and "as-of" not in file.parts
    }
    said = {name: files[name] for name in WHOLE}
    # Of the others how long they are, and a digest.
    said["others"] = "\n".join(
        f"{name}: {shortened(text.splitlines())}"
        for name, text in files.items()
        if not name.startswith(".")
    )

    golden_texts.compare(TEXTS / "files.txt", said)


def test_tables_as_files_have_the_rows_of_exports_in_their_order(site, full_record):
    with connect.moment(full_record) as connection:
        for view in (v for n, v in VIEWS.items() if n not in LARGE):
            rows = view_rows(connection, view.name, view.columns)
            with (site / "tables" / f"{view.name}.csv").open(newline="") as file:
                header, *lines = csv.reader(file)

            assert header == list(view.columns)
            assert lines == [["" if cell is None else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("name", ["all.atom", "northern-corrections.atom"])
def test_a_feed_tells_what_it_told(site, name):
    golden_texts.compare(
        TEXTS / f"{name}.txt", {name: masked((site / "subscribe" / name).read_text("utf-8"))}
    )


def test_every_feed_has_as_many_entries_as_it_had(site):
    said = "\n".join(
        f"{feed.name} {feed.read_text('utf-8').count('<entry>')}"
        for feed in sorted((site / "subscribe").glob("*.atom"))
    )

    golden_texts.compare(TEXTS / "feeds.txt", {"feeds": said})


def test_pictures_are_drawn_from_what_they_were_drawn_from(site):
    said = [
        f"{file.relative_to(site)} {drawn_from(file)}"
        for file in sorted(site.rglob("*.png"))
        if "as-of" not in file.parts
    ]

    golden_texts.compare(TEXTS / "pictures.txt", {"pictures": "\n".join(said)})
