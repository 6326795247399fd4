"""Feeds: valid for readers of others, stable from run to run, true."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import feedparser
import pytest
from lxml import etree

from forecast import months
from forecast.desk.site import feeds
from forecast.store.read import SentCorrection, Withdrawal
from forecast.types import HEADLINES
from tests.support.file_answers import answered

ADDRESS = "https://forecasts.example.org/borders"
LONG_KNOWN = [
    (month, months.days_after(month, 9 + place).isoformat())
    for place, month in enumerate(months.between("2024-01", "2025-12"))
]
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def files(full):
    return feeds.files(replace(full, address=ADDRESS))


def feed(files, name: str):
    found = feedparser.parse(files[f"{name}.atom"])
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def test_every_border_has_its_feeds(files):
    scopes = ("all", *HEADLINES)
    kinds = ("", "-releases", "-unusual", "-corrections")

    assert {f"{s}{k}.atom" for s in scopes for k in kinds} == files.keys()


def test_feeds_have_what_the_standard_requires(files):
    """RFC 4287, sections 4.1.1 and 4.1.2, and that nothing is said twice."""
    for name, body in files.items():
        root = etree.fromstring(body)
        owners = [root, *root.findall("a:entry", ATOM)]
        for one in owners:
            for child in ("id", "title", "updated"):
                (found,) = one.findall(f"a:{child}", ATOM)
                assert found.text.strip()
            stamps = one.findall("a:updated", ATOM) + one.findall("a:published", ATOM)
            assert all(
                datetime.fromisoformat(stamp.text).utcoffset() is not None for stamp in stamps
            )
            links = [(link.get("rel"), link.get("href")) for link in one.findall("a:link", ATOM)]
            assert len(set(links)) == len(links)
            assert [href.startswith(ADDRESS) for rel, href in links if rel == "alternate"] == [True]
        assert [link.get("href") for link in root.findall("a:link[@rel='self']", ATOM)] == [
            f"{ADDRESS}/subscribe/{name}"
        ]
        assert root.findtext("a:author/a:name", namespaces=ATOM) == "Bordercast"
        ids = [one.findtext("a:id", namespaces=ATOM) for one in owners]
        assert len(set(ids)) == len(ids)
        assert all(one.startswith("urn:uuid:") for one in ids)
        assert len(owners) <= 41
        assert len(body) < 100_000


def test_an_entry_says_the_number_with_its_comparisons(files, full):
    newest = full.totals["northern"].newest
    entry = next(e for e in feed(files, "northern").entries if "releases" in e.tags[0].term)

    assert entry.title == f"Northern border, August 2026: {newest.count:,} encounters"
    assert entry.link == f"{ADDRESS}/border/northern/2026-08/"
    expected = newest.expectation.median
    for words in ("at ports of entry", f"{expected:,}", "from August 2025", "No cause is claimed"):
        assert words in entry.summary
    (release,) = [e for e in feed(files, "all-releases").entries if "August 2026" in e.title]
    for name in HEADLINES:
        assert f"{full.totals[name].newest.count:,} encounters" in release.summary


def test_a_flag_is_told_once_and_changes_when_it_is_known_how_it_ended(files, full):
    entries = feed(files, "southwest-unusual").entries
    flags = full.totals["southwest"].flags

    assert len(entries) == len(flags)
    (february,) = [e for e in entries if e.title.endswith("February 2025")]
    assert february.title.startswith("Critical")
    assert "It stayed" in february.summary
    assert february.updated > february.published == "2025-03-31T00:00:00Z"


def test_what_was_revised_is_told_a_release(files, full):
    found = full.totals["southwest"].restated
    entries = feed(files, "southwest-corrections").entries

    assert sum(int(e.title.split(": ")[1].split()[0]) for e in entries) == len(found) > 10
    # In a file of March 2025, and on two days in May and June.
    for change in ("from 11,709 to 11,708", "from 11,708 to 11,710"):
        assert any(f"February 2025: {change} encounters" in e.summary for e in entries)


def test_a_withdrawn_run_and_a_correction_are_told(full):
    gone = Withdrawal(7, "2026-09-19T08:00:00+00:00", "x", "wrong\nfile <b>")
    day = "2026-09-18T09:00:00+00:00"
    sent = SentCorrection(3, "northern", "2026-07", day, "figures revised")
    files = feeds.files(replace(full, withdrawn=[gone], corrected=[sent]))

    titles = [e.title for e in feed(files, "all-corrections").entries]
    assert {"Run 7 was withdrawn", "Correction: Northern border, July 2026"} <= set(titles)
    assert "wrong file &lt;b&gt;" in files["all.atom"].decode()
    assert "Correction: Northern border, July 2026" in files["northern.atom"].decode()
    assert "Run 7" not in files["northern.atom"].decode()


def test_ids_and_bytes_stay_wherever_the_site_lies(full, files):
    def ids(body: bytes) -> list[str]:
        return etree.fromstring(body).xpath("//a:id/text()", namespaces=ATOM)

    again, moved = (feeds.files(replace(full, address=where)) for where in (ADDRESS, ""))
    assert again == files
    for name in files:
        assert ids(moved[name]) == ids(files[name])
        links = etree.fromstring(moved[name]).xpath("//a:link/@href", namespaces=ATOM)
        assert all(link.startswith("../") for link in links)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "Of no release on record is the day known."),
        ({"2026-07": "2026-08-17"}, "The day is known of 1 release on record: 1 came within"),
        (
            dict(LONG_KNOWN),
            "24 releases on record: 18 came within that window, the earliest after 9 days, the "
            "latest seen after 32.",
        ),
    ],
)
def test_the_rhythm_says_how_much_it_rests_on(full, known, words):
    said = feeds.rhythm(replace(full, release_days=known))

    assert words in said
    assert ("too few" in said) == (len(known) == 1)


def test_the_page_links_to_every_feed_and_pages_to_theirs(site, files):
    page = (site / "subscribe" / "index.html").read_text("utf-8")
    assert all(f'href="{name}"' in page for name in files)

    border = (site / "border" / "northern" / "2025-01" / "index.html").read_text("utf-8")
    assert 'title="Bordercast: Northern border" href="../../../subscribe/northern.atom"' in border
    assert 'href="../../../subscribe/all.atom"' in border
    assert 'href="../../../subscribe/index.html"' in border


def test_the_server_says_what_they_are(tmp_path):
    (tmp_path / "x.atom").write_bytes(b"...")

    kind = answered(tmp_path, "x.atom")[1]["content-type"]
    assert kind.startswith("application/atom+xml")
