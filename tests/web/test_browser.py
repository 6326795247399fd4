"""A browser on the page, at a phone's width and at a desk's: it works and can be read by all.

Nothing is fetched from elsewhere, nothing is written to the console, nothing overflows; axe-core
finds nothing serious; the way from the first page to a file can be gone by keyboard alone.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest
import serving
from visitor import ROOT, RUNAWAY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine: apt-get install chromium", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - only with a browser
from playwright.sync_api import Page, sync_playwright  # noqa: E402

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {390: 844, 1280: 900}
PAGES = {
    "first": "/",
    "border": "/border/southwest",
    "month": "/border/northern/2025-01",
    "reading": "/reading",
    "tables": "/bordercast",
    "table": "/bordercast/latest_forecasts?border=northern",
    "query": "/bordercast/drivers_of_a_flag?border=northern&month=2025-01",
    "own query": "/bordercast?sql=select+1+as+one",
    "row": "/bordercast/runs/1",
}
FAILURES = {
    "no page": "/nosuch",
    "no sql": "/bordercast?sql=select+nonsense",
    "too long": f"/bordercast?sql={quote(RUNAWAY)}",
}


def _answers(address: str) -> bool:
    return httpx.get(f"{address}{PAGES['own query']}", timeout=60).status_code == 200


@pytest.fixture(scope="module")
def address(record) -> Iterator[str]:
    """Where `bordercast web` answers, started as anyone would."""
    command = [sys.executable, "-m", "jobs", "--db", str(record), "web", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        # What answers queries is started by the first of them, and on a busy machine that takes.
        serving.wait_for(lambda: _answers(address))
        yield address
        process.terminate()


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"{width}px")
def page(request, address, tmp_path_factory) -> Iterator[Page]:
    """A page in a browser of its own, which keeps what it asked for and what it complained of."""
    size = {"width": request.param, "height": WIDTHS[request.param]}
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS, viewport=size, base_url=address
        )
        page = context.new_page()
        page.asked, page.complaints = [], []  # type: ignore[attr-defined]
        page.on("request", lambda asked: page.asked.append(asked.url))  # type: ignore[attr-defined]
        page.on("console", lambda said: page.complaints.append(said.text))  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
        yield page
        context.close()


def shown(page: Page, path: str) -> None:
    """Go there; nothing may overflow or be missing."""
    page.goto(path, wait_until="load")
    inside(page)


def inside(page: Page) -> None:
    """Nothing is wider than the window; every picture is there."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    page.evaluate("[...document.images].forEach(image => image.scrollIntoView())")
    assert page.evaluate(
        "[...document.images].every(i => i.offsetParent === null || i.naturalWidth > 0)"
    )


def test_from_the_first_page_to_a_file(page, address, tmp_path):
    page.asked.clear()
    page.complaints.clear()

    shown(page, "/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Northern").click()
    page.wait_for_url("**/border/northern")
    inside(page)
    page.get_by_role("link", name="Northern border, January 2025").click()
    page.wait_for_url("**/border/northern/2025-01")
    inside(page)
    assert "4,976" in page.get_by_role("table").first.inner_text()
    page.get_by_role("link", name="What moved it, as a query").click()
    page.wait_for_url("**/drivers_of_a_flag?*")
    inside(page)
    count = page.locator("table.rows tbody tr").count()
    with page.expect_navigation():
        page.get_by_role("link", name="CSV of this answer").click()
    found = list(csv.DictReader(page.locator("body").inner_text().splitlines()))

    assert len(found) == count > 20
    assert {row["month"] for row in found} == {"2025-01"}
    assert page.complaints == []
    assert [url for url in page.asked if not url.startswith(f"{address}/")] == []


@pytest.mark.parametrize("name", [*PAGES, *FAILURES])
def test_everybody_can_read_it(page, address, name):
    page.asked.clear()
    page.complaints.clear()

    shown(page, {**PAGES, **FAILURES}[name])
    # What is folded must be readable too.
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    inside(page)
    found = Axe().run(page).response["violations"]

    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in grave] == []
    assert [said for said in page.complaints if "Failed to load resource" not in said] == []
    assert (page.complaints == []) == (name in PAGES)  # a refusal has its status, no more
    assert [url for url in page.asked if not url.startswith(f"{address}/")] == []


def test_the_keyboard_is_enough(page):
    shown(page, "/")

    def focused() -> str:
        return str(page.evaluate("document.activeElement.innerText"))

    def tab_to(text: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if focused().startswith(text):
                return
        raise AssertionError(f"{text} is not reached")

    page.keyboard.press("Tab")
    assert focused() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    shown(page, "/")
    tab_to("Northern")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to("The table behind the chart")
    assert not page.get_by_role("region", name="Table of published months").is_visible()
    page.keyboard.press("Enter")
    assert page.get_by_role("region", name="Table of published months").is_visible()
    tab_to("Northern border, January 2025", 150)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/border/northern/2025-01")


def test_a_screen_reader_finds_its_way(page):
    shown(page, "/border/northern")

    headings = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]))"
    )
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert all(
        len(alt) > 60
        for alt in page.evaluate("[...document.images].map(image => image.getAttribute('alt'))")
    )


def test_without_scripts_everything_is_there(page):
    shown(page, "/")

    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.querySelectorAll('[style], style').length") == 0
