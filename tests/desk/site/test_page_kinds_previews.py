"""What a link to a page shows elsewhere, and how a page is passed on."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from PIL import Image

from forecast.desk import handout
from forecast.desk.site.page_kinds import KINDS, PICTURE, month_preview
from forecast.types import HEADLINES
from tests.support.cbp_files import ENCOUNTERS

ADDRESS = "https://forecasts.example.org/borders"


def tags(files) -> dict[str, str]:
    found = etree.HTML(files["index.html"])
    return {
        meta.get("property") or meta.get("name"): meta.get("content")
        for meta in found.iter("meta")
        if meta.get("property") or meta.get("name")
    }


@pytest.fixture(scope="module")
def northern(full):
    """The files of a border's page, of a site whose address is known."""
    return KINDS["total"].page(replace(full, address=ADDRESS), full.totals["northern"])[1]


def test_a_borders_link_shows_number_comparison_and_date(full, northern):
    said, newest = tags(northern), full.totals["northern"].newest

    assert said["og:title"] == "Northern border"
    assert said["og:url"] == f"{ADDRESS}/border/northern/"
    assert said["og:image"] == f"{ADDRESS}/border/northern/preview.png"
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert said["twitter:card"] == "summary_large_image"
    for text in (said["og:description"], said["og:image:alt"]):
        assert f"{newest.count:,} encounters" in text
        assert "August 2026" in text
        assert "7.6% from July 2026" in text
        assert f"{newest.expectation.median:,}" in text
    assert said["description"] == said["og:description"]


def test_the_picture_is_as_large_as_said_and_in_words_what_it_shows(full, northern):
    with Image.open(io.BytesIO(northern[PICTURE])) as image:
        assert image.size == (1200, 630)
        assert image.format == "PNG"
    assert len(northern[PICTURE]) < 60_000
    about = full.totals["northern"]
    said = handout.handout(about.newest, full.run, about.counts, (), about.ahead)
    drawn = etree.fromstring(handout.svg(said, ENCOUNTERS).encode())
    shown = " ".join(drawn.itertext())
    for text in ("Northern border, August 2026", "at ports of entry", "80% range", "run 1"):
        assert text in shown
    last = full.totals["northern"].ahead[-1]
    assert f"forecast {last.median:,}" in shown


def test_no_words_are_wider_than_the_picture(full):
    about = full.totals["northern"]
    said = handout.handout(about.newest, full.run, about.counts, ())
    said = replace(said, title="A very long name of a series of counts " * 4)
    drawn = etree.fromstring(handout.svg(said, ENCOUNTERS).encode())
    for text in drawn.findall("{*}text"):
        weight = handout.LETTER[text.get("font-weight")]
        end = float(text.get("x")) + weight * float(text.get("font-size")) * len(text.text)
        assert end <= handout.POST[0]


@pytest.mark.slow
def test_few_months_have_a_picture(full):
    drawn = [
        (border, month)
        for border, found in full.totals.items()
        for month in found.reports
        if "picture" in month_preview(full, border, month)
    ]

    newest = [(border, "2026-08") for border in HEADLINES]
    flagged = [("northern", "2025-01"), ("southwest", "2025-02"), ("nationwide", "2025-02")]
    assert sorted(drawn) == sorted(newest + flagged)


def test_of_many_totals_only_the_whole_has_one(full, monkeypatch):
    monkeypatch.setattr("forecast.types.FEW", 3)

    assert "picture" not in month_preview(full, "northern", "2026-08")
    assert "picture" in month_preview(full, "nationwide", "2026-08")


def test_a_page_without_picture_or_address_claims_none(full, northern):
    about = full.totals["northern"]
    numbers = KINDS["numbers"].page(replace(full, address=ADDRESS), about)[1]
    for said in (tags(numbers), tags(KINDS["total"].page(full, about)[1])):
        assert said["twitter:card"] == "summary"
        assert "og:image" not in said
        assert "CBP counted" in said["og:description"]


def test_a_page_is_passed_on_by_mail_without_a_script(northern):
    page = northern["index.html"].decode()
    (link,) = re.findall(r'href="(mailto:[^"]+)"', page)
    asked = parse_qs(urlsplit(html.unescape(link)).query)

    assert asked["subject"] == ["Northern border"]
    assert asked["body"][0].startswith("CBP counted 6,087 encounters at the northern")
    assert asked["body"][0].endswith(f" {ADDRESS}/border/northern/")
    assert "<script>" not in page
    assert "+" not in link


def test_a_mail_is_begun_with_any_name(full):
    kind = replace(KINDS["total"], preview=lambda *_: {"about": "50% & more?"})
    page = kind.page(full, full.totals["northern"])[1]["index.html"]
    (link,) = re.findall(r'href="(mailto:[^"]+)"', page.decode())

    assert html.unescape(link) == "mailto:?subject=Northern%20border&body=50%25%20%26%20more%3F"


def test_no_page_may_be_framed(visitor):
    headers = visitor.ask("/border/northern/").headers
    policy = headers["content-security-policy"]

    assert "frame-ancestors 'none'" in policy
    assert headers["x-frame-options"] == "DENY"
    assert "img-src 'self'" in policy
    assert "script-src" not in policy
