"""A browser on the page, at a phone's width and at a desk's: it works and can be read by all.

Nothing is fetched from elsewhere, nothing is written to the console, nothing overflows; axe-core
finds nothing serious. The files are opened from a folder, and from another server under a prefix.
"""

from __future__ import annotations

import shutil
import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine: apt-get install chromium", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - only with a browser
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from jobs.deliver import letter  # noqa: E402
from tests.support.history_2025 import held  # noqa: E402

pytestmark = pytest.mark.slow  # a browser

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
WIDTHS = {390: 844, 1280: 800}
PAGES = {
    "first": "",
    "border": "border/southwest/",
    "month": "border/northern/2025-01/",
    "series": "series/",
    "fact": "fact/northern/",
    "compare": "compare/northern-southwest/",
    "years": "compare/northern/FY2025-FY2024/",
    "flags": "flags/",
    "accuracy": "accuracy/",
    "revisions": "revisions/",
    "reading": "reading/",
    "tables": "tables/",
    "check": "check/",
    "newer": "newer/",
    "subscribe": "subscribe/",
}


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """The same files behind another web server, under a prefix."""
    handler = partial(Quiet, directory=str(site.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/site/"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line a request."""

    def log_message(self, *_: object) -> None:
        pass


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


@pytest.mark.slow
def test_from_the_first_page_to_a_file(page, address):
    page.asked.clear()
    page.complaints.clear()

    shown(page, "")
    if page.viewport_size["width"] < 600:  # the menu is folded
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Northern").click()
    page.wait_for_url("**/border/northern/index.html")
    inside(page)
    page.get_by_role("link", name="Northern border, January 2025").click()
    page.wait_for_url("**/border/northern/2025-01/index.html")
    inside(page)
    assert "4,976" in page.get_by_role("table").first.inner_text()
    page.get_by_role("link", name="Quote this number").click()
    page.wait_for_url("**/fact/northern/index.html#2025-01")
    inside(page)

    assert page.complaints == []
    assert [url for url in page.asked if not url.startswith(address)] == []


def test_the_first_card_is_in_the_first_screen_with_its_chart(page):
    shown(page, "")
    height = page.viewport_size["height"]
    cards = page.locator(".sheet")

    assert cards.count() == 4
    assert cards.first.locator(".chart").is_visible()
    assert cards.first.evaluate("e => e.getBoundingClientRect().bottom") <= height
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * height


def test_what_the_charts_of_the_cards_say_is_large_enough(page):
    shown(page, "")
    sizes = page.locator(".sheet .chart text").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"
    )
    beyond = page.locator(".sheet .chart text").evaluate_all(
        """all => all.filter(e => {
            const [word, chart] = [e, e.ownerSVGElement].map(one => one.getBoundingClientRect())
            return word.left < chart.left - 1 || word.right > chart.right + 1
        }).map(e => e.textContent)"""
    )

    assert len(sizes) > 40
    assert min(sizes) >= 11
    assert beyond == []


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_it(page, address, name):
    page.asked.clear()
    page.complaints.clear()

    shown(page, PAGES[name])
    # What is folded must be readable too.
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    inside(page)
    found = Axe().run(page).response["violations"]

    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in grave] == []
    assert page.complaints == []
    assert [url for url in page.asked if not url.startswith(address)] == []


def test_from_a_plain_folder_it_is_the_same(page, site):
    page.complaints.clear()
    page.goto((site / "index.html").as_uri(), wait_until="load")
    inside(page)
    page.get_by_role("link", name="Southwest border").click()
    page.wait_for_url("**/border/southwest/index.html")
    inside(page)

    assert page.complaints == []


def test_the_keyboard_is_enough(page):
    shown(page, "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/border/northern/index.html")


@pytest.mark.parametrize("place", ["border/northern/", "subscribe/"])
def test_the_keyboard_reaches_and_opens_everything(page, place):
    """Each link and each fold in the page's order; what a fold hides once it is open."""
    shown(page, place)
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    folds = "[...document.querySelectorAll('details:not([open]) > summary')]"
    folds += ".filter(e => e.checkVisibility())"  # the menu is one on a phone alone
    while page.evaluate(f"{folds}.length"):
        before = page.evaluate(f"{folds}.length")
        page.evaluate(f"{folds}[0].focus()")
        page.keyboard.press("Enter")
        assert page.evaluate(f"{folds}.length") != before
    page.evaluate("window.scrollTo(0, 0); document.body.focus()")
    wanted = page.locator("a[href], summary, [tabindex='0']").evaluate_all(
        "all => all.filter(e => e.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        )
    assert len(reached) == wanted


def test_a_chart_has_no_tab_stop_and_its_numbers_are_a_link_away(page):
    shown(page, "border/northern/")
    assert page.locator("svg [tabindex]").count() == 0
    link = page.locator("figcaption a[href='#numbers']").first
    link.click()
    assert page.locator("#numbers table").count() == 1
    page.keyboard.press("Enter")


@pytest.mark.parametrize("place", ["", "border/northern/", "compare/northern-southwest/"])
def test_the_words_of_charts_can_be_read_on_a_phone(page, place):
    shown(page, place)
    sizes = page.locator("svg.chart text").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().width)"
        # A title along an axis is turned: its scale is in a and b.
        ".map(e => [e.getScreenCTM(), parseFloat(getComputedStyle(e).fontSize)])"
        ".map(([m, size]) => Math.hypot(m.a, m.b) * size)"
    )
    assert min(sizes) >= 11


def test_a_page_is_cited_and_shared_by_keyboard(page):
    shown(page, "border/northern/2025-01/")
    for words in ("Cite this page", "Share this page"):
        fold = page.locator("summary", has_text=words)
        fold.focus()
        page.keyboard.press("Space")
        assert fold.evaluate("e => e.parentElement.open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.href").startswith("mailto:?subject=Northern")


@pytest.mark.parametrize("stage", ["january", "february"])
def test_a_digest_of_several_notices_is_read_on_a_phone(page, stages, stage):
    """Findings of two borders and digests of three: 1,800 pixels at 390, the chart among them."""
    notice, sections = held(stages / f"{stage}.db")
    shown = letter.html(notice, sections)
    (chart,) = (s.chart for s in sections[:1])
    page.set_content(
        shown.replace("cid:chart", f"data:image/png;base64,{b64encode(chart).decode()}")
    )
    page.evaluate("document.images[0].decode()")
    height = page.evaluate("document.body.getBoundingClientRect().height")

    assert len(sections) >= 3
    assert height <= 1800
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_screen_reader_finds_its_way(page):
    shown(page, "border/northern/")

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
