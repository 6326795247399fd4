"""A checked text as HTML, Word and JSON: what stands where, of findings made by hand."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest

from forecast import months
from forecast.claims.answers import as_html, as_json, as_word, pieces, summary
from forecast.claims.record.counts import CountTable, Subject, series_names
from forecast.claims.record.verdict import Claimed, JudgedClaim, Reading
from forecast.claims.show.words import CheckedText, ClaimFinding, ShownReading
from forecast.names import SeriesNames
from forecast.periods import Period
from tests.support.cbp_files import ENCOUNTERS

TITLE = "May at the border"
TEXT = f"# {TITLE}\n\nThere were 1,300 & more.\n\nOf 2,400 we say nothing; 50% fell <off>."
MAY = Period.of("2024-05")
NORTH = Subject("northern")


def at(quote: str, **said) -> dict[str, object]:
    start = TEXT.index(quote)
    return {"quote": quote, "start": start, "end": start + len(quote), "number": quote, **said}


WRONG = ClaimFinding(
    **at("1,300"),
    claimed=Claimed(1300.0),
    sense=Reading(NORTH, MAY),
    judged=JudgedClaim("wrong", 1200.0, None, "record"),
    why="1,200, not 1,300.",
    say_instead="Say 1,200.",
)
RIGHT = ClaimFinding(
    **at("50%"),
    claimed=Claimed(-50.123),
    sense=Reading(NORTH, MAY, "change_percent"),
    judged=JudgedClaim("right", -50.126, 12, "vintage"),
    why="It fell 50.1%.",
)
SHOWN = ClaimFinding(
    **at("2,400"),
    why="The record has more.",
    readings=(
        ShownReading(Reading(NORTH, MAY), 2_410.0, words="2,410 in May", query="fact northern"),
        ShownReading(Reading(NORTH, MAY), 2.456, words="2.46 a day", query="fact other"),
    ),
)
CHECKED = CheckedText(TEXT, date(2024, 6, 3), (WRONG, RIGHT), (SHOWN,))


@pytest.fixture(scope="module")
def names(embedded: CountTable) -> SeriesNames:
    return series_names(embedded)


def test_the_stretches_are_the_text_and_claims_are_numbered_in_its_order():
    found = list(pieces(CHECKED))

    assert "".join(text for text, _, _ in found) == TEXT
    assert [(text, number) for text, number, note in found if note] == [
        ("1,300", 1),
        ("2,400", 2),
        ("50%", 3),
    ]
    assert all(number == 0 for _, number, note in found if note is None)


def test_of_claims_within_one_another_the_longest_stands_and_neighbors_both():
    whole = ClaimFinding(**at("1,300 & more"))
    inner, after = ClaimFinding(**at("1,300")), ClaimFinding(**at("."))
    found = pieces(CheckedText(TEXT, date(2024, 6, 3), (inner, whole, after), ()))

    assert [text for text, _, note in found if note] == ["1,300 & more", "."]


def test_the_summary_counts_verdicts_in_their_order():
    assert summary(CHECKED) == "3 claims: 1 right, 1 wrong, 1 differs."
    assert summary(replace(CHECKED, claims=(), not_understood=(SHOWN,))) == "1 claim: 1 differs."
    assert summary(CheckedText(TEXT, date(2024, 6, 3), (), ())) == (
        "No claims found: a claim names a number, what is counted, and a month or a year."
    )


def test_what_is_near_is_counted_by_the_words_before_the_comma():
    near = replace(WRONG, judged=JudgedClaim("near_today", 1_301.0))

    assert (
        summary(replace(CHECKED, claims=(near,), not_understood=())) == "1 claim: 1 near today's."
    )


def test_json_tells_each_claim_by_its_keys(names):
    said = as_json(CHECKED, [(CHECKED, names)])

    wrong, right = said["claims"]
    assert said["published"] == "2024-06-03"
    assert wrong == {
        "quote": "1,300",
        "start": TEXT.index("1,300"),
        "end": TEXT.index("1,300") + 5,
        "number": "1,300",
        "why": "1,200, not 1,300.",
        "readings": [],
        "series": "northern",
        "from": "2024-05",
        "to": "2024-05",
        "measure": "total",
        "claimed": 1300,
        "truth": 1200,
        "truth_when_published": None,
        "verdict": "wrong",
        "say_instead": "Say 1,200.",
        "evidence": "record",
    }
    assert isinstance(wrong["claimed"], int)
    assert (right["claimed"], right["truth"], right["truth_when_published"]) == (-50.12, -50.13, 12)
    assert (right["say_instead"], right["evidence"]) == (None, "vintage")


def test_json_tells_readings_and_calls_what_has_some_differing(names):
    bare = replace(SHOWN, readings=())
    said = as_json(CHECKED, [(replace(CHECKED, not_understood=(SHOWN, bare)), names)])

    shown, unclear = said["not_understood"]
    first, second = shown["readings"]
    assert (shown["verdict"], unclear["verdict"]) == ("differs", "not_understood")
    assert first == {
        "series": "northern",
        "from": "2024-05",
        "to": "2024-05",
        "measure": "total",
        "truth": 2410,
        "query": "fact northern",
    }
    assert (second["truth"], second["query"]) == (2.46, "fact other")
    assert unclear["readings"] == []


def test_json_of_several_measures_is_in_order_of_place_and_tells_what_is_counted(names):
    first, second = replace(CHECKED, claims=(RIGHT,)), replace(CHECKED, claims=(WRONG,))
    both = as_json(CHECKED, [(first, names), (second, names)])["claims"]

    assert [one["quote"] for one in both] == ["1,300", "50%"]
    assert {one["counted"] for one in both} == {"encounters"}
    assert all("counted" not in one for one in as_json(CHECKED, [(CHECKED, names)])["claims"])


@pytest.mark.parametrize("measure", ["highest_since", "lowest_since"])
def test_json_tells_since_when_as_a_month_and_no_number_for_an_extreme(names, measure):
    since = replace(
        RIGHT,
        sense=Reading(NORTH, MAY, measure),
        judged=JudgedClaim("right", float(months.to_index("2021-07"))),
    )
    nothing = replace(since, judged=JudgedClaim("cannot_be_checked"))
    told, untold = as_json(CHECKED, [(replace(CHECKED, claims=(since, nothing)), names)])["claims"]

    assert (told["truth"], told["claimed"]) == ("2021-07", None)
    assert (untold["truth"], untold["evidence"]) == (None, None)


def test_what_is_not_on_record_has_no_meaning_in_json(names):
    (told,) = as_json(CHECKED, [(replace(CHECKED, claims=(replace(WRONG, sense=None),)), names)])[
        "claims"
    ]

    assert [told[key] for key in ("series", "from", "to", "measure", "claimed")] == [None] * 5


def word(checked: CheckedText):
    docx = pytest.importorskip("docx")
    return docx.Document(io.BytesIO(as_word(checked, TITLE, "Against a record.", ENCOUNTERS)))


def test_a_word_answer_has_the_text_marked_and_then_what_the_record_says():
    assert [line.text for line in word(CHECKED).paragraphs] == [
        TITLE,
        "3 claims: 1 right, 1 wrong, 1 differs.",
        "Against a record.",
        "There were 1,300 [1] & more.",
        "Of 2,400 [2] we say nothing; 50% [3] fell <off>.",
        "What the record says",
        "1. Wrong: 1,200, not 1,300.",
        "2. Differs, or is something else: The record has more.\n"
        "2,410 in May: fact northern\n2.46 a day: fact other",
        "3. Right: It fell 50.1%.",
        ENCOUNTERS.measure.caveat,
    ]


def test_a_word_answer_has_bold_claims_red_blame_and_gray_asides():
    document = word(CHECKED)
    runs = {run.text: run for line in document.paragraphs for run in line.runs}
    colors = {text: str(run.font.color.rgb or "") for text, run in runs.items()}

    assert {text for text, color in colors.items() if color == "A3211C"} == {
        "1,300 [1]",
        "1. Wrong: ",
    }
    assert {text for text, color in colors.items() if color == "5A5A5A"} == {
        "Against a record.",
        "\n2,410 in May: fact northern",
        "\n2.46 a day: fact other",
        ENCOUNTERS.measure.caveat,
    }
    bold = {text for text, run in runs.items() if run.bold}
    assert bold == {summary(CHECKED), "1,300 [1]", "2,400 [2]", "50% [3]"}
    styles = {line.text: line.style.name for line in document.paragraphs}
    assert (styles[TITLE], styles["What the record says"]) == ("Heading 1", "Heading 2")


def test_a_text_that_is_its_title_alone_is_kept():
    only = CheckedText(f"# {TITLE}", date(2024, 6, 3), (), ())

    assert [line.text for line in word(only).paragraphs][3] == f"# {TITLE}"


def test_a_page_has_the_title_once_each_paragraph_and_each_note_escaped():
    page = as_html(CHECKED, TITLE, "Against a record.", ENCOUNTERS)

    assert page.count(TITLE) == 2  # of the window and of the page
    assert re.findall("<p>(.*)</p>", page)[:2] == [
        'There were <mark class="wrong" id="claim-1"><a href="#note-1">1,300<sup>1</sup></a></mark>'
        " &amp; more.",
        'Of <mark class="not_understood" id="claim-2"><a href="#note-2">2,400<sup>2</sup></a>'
        '</mark> we say nothing; <mark class="right" id="claim-3"><a href="#note-3">50%'
        "<sup>3</sup></a></mark> fell &lt;off&gt;.",
    ]
    assert re.findall('<li class="(.*)" id="note-(.)">', page) == [
        ("wrong", "1"),
        ("not_understood", "2"),
        ("right", "3"),
    ]
    assert re.findall("<p><b>(.*)</p>", page) == ["Say instead:</b> Say 1,200."]
    assert "<p>The record has more.</p>" not in page
    assert re.findall('<p class="readings">(.*)</p>', page) == [
        "2,410 in May <code>fact northern</code>",
        "2.46 a day <code>fact other</code>",
    ]
    assert "Read as published on June 3, 2024. Against a record." in page
    assert ENCOUNTERS.measure.caveat in page
