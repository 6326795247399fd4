"""What the words right beside a count say binds it: nothing else makes it right."""

from __future__ import annotations

from datetime import date

import pytest

from benchmarks import claims as scoring
from tests.support import claim_corpus
from tests.support.claim_verdicts import check
from tests.support.embedded_figures import NOT_RIGHT, count, said

KINDS = claim_corpus.FOLDER / "kinds.txt"

# A text with {}, whose count it names and when; and others' counts, of which none makes it right.
BOUND = [
    ("In fiscal 2023 there were <{}> encounters at the southwest border, and in fiscal 2024 fewer.",
     "sw", "FY2023", [("sw", "FY2024"), ("sw.usbp", "FY2023"), ("nw", "FY2023")]),
    ("The Border Patrol made <{}> arrests at the southwest border in May 2025, after more in "
     "April.",
     "sw.usbp", "2025-05", [("sw.usbp", "2025-04"), ("sw", "2025-05")]),
    ("There were <{}> encounters at the southwest border in December 2023.",
     "sw", "2023-12", [("nb", "2023-12"), ("sw.usbp", "2023-12"), ("sw", "2023-11")]),
    ("The Tucson Sector made <{}> arrests in December 2023, the El Paso Sector fewer.",
     "sw:Tucson Sector", "2023-12", [("sw:El Paso Sector", "2023-12"), ("sw.usbp", "2023-12")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "who", "when", "others"), BOUND, ids=range(len(BOUND)))
def test_only_the_count_of_the_words_is_right(verdict, text, who, when, others):
    assert verdict(text.format(said(who, when))) == "right"
    for other in others:
        assert verdict(text.format(said(*other))) in NOT_RIGHT


OPEN = [
    ("Encounters at the southwest border are high. The figure of <{}> shows it.", "sw", "2023-12"),
    (
        "It is far below the Biden administration's peak of <{}> encounters nationwide.",
        "nw",
        "2023-12",
    ),
]


@pytest.mark.parametrize(("text", "who", "when"), OPEN)
def test_a_count_names_its_month_where_the_words_leave_it_open(verdict, truth, text, who, when):
    assert verdict(text.format(said(who, when)), "2025-06-20") == "right"
    assert truth(text.format(said(who, when)), "2025-06-20") == count(who, when)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("Encounters at the southwest border <more than doubled> from fiscal 2021 to fiscal "
         "2022.", "wrong"),
        ("Encounters at the southwest border <more than tripled> from fiscal 2020 to fiscal "
         "2021.", "right"),
        ("In May 2025, apprehensions at the southwest border were <less than a tenth> of what "
         "they were in "
         "May 2024.", "right"),
        # Another border's count before it is not what changed.
        ("In fiscal 2024 there were 2,135,005 encounters at the southwest border. Encounters at "
         "the northern border <more than doubled> from June 2024 to February 2025.", "wrong"),
    ],
)  # fmt: skip
def test_multiples_in_words_hold_by_the_counts(verdict, text, due):
    assert verdict(text) == due


# At least as found on the day of writing; what is built beside, and what is judged by.
@pytest.mark.parametrize(("half", "found", "family"), [("build", 0.92, 0.97), ("kept", 0.89, 0.96)])
def test_texts_in_the_kinds_that_go_wrong_are_judged(embedded, half, found, family):
    total = scoring.score(scoring.read(KINDS, embedded, half), embedded)

    assert total.found >= found * total.claims, total.misses
    assert total.family >= family * total.found, total.misses
    assert total.false_wrong <= 1, total.misses
    assert total.false_right <= 1, total.misses


def test_texts_in_many_voices_are_judged(embedded):
    total = scoring.score(scoring.read(KINDS.with_name("voices.txt"), embedded), embedded)

    assert total.found >= 0.88 * total.claims, total.misses
    assert total.family >= 0.97 * total.found, total.misses
    assert total.false_wrong == 0, total.misses


def test_altered_counts_are_seldom_right(embedded):
    texts = claim_corpus.corpus(embedded, KINDS)
    altered = right = 0
    for text in texts:
        for due in text.due:
            stated = text.text[due.start : due.end]
            if due.sense is None or due.sense.measure != "total" or len(stated) < 6:
                continue
            number = f"{round(int(stated.replace(',', '')) * 1.09) | 1:,}"
            changed = text.text[: due.start] + number + text.text[due.end :]
            claims = check(changed, embedded, date.fromisoformat(str(text.published))).claims
            end = due.start + len(number)
            near = [claim for claim in claims if claim.start < end and due.start < claim.end]
            altered += 1
            right += bool(near) and near[0].verdict.startswith("right")

    assert altered > 150
    assert right <= 0.03 * altered


# How far a month's count is from today's, what is said of it, on which day; and the verdict due.
THEN = [
    (1.03, "{}", "2019-06-20", "not understood"),
    (0.97, "{}", "2019-06-20", "not understood"),
    (1.039, "{}", "2025-03-30", "not understood"),
    (1.041, "{}", "2019-06-20", "not understood"),
    (1.03, "{}", "2025-03-31", "not understood"),
    (1.03, "more than {}", "2019-06-20", "not understood"),
    (1.015, "{}", "2019-06-20", "near_today"),
]


@pytest.mark.parametrize(("off", "words", "day", "due"), THEN)
def test_a_month_of_before_the_first_release_is_not_accused_of_a_restatement(
    verdict, off, words, day, due
):
    number = words.format(f"{round(count('sw', '2019-05') * off) // 10 * 10 + 7:,}")
    text = f"CBP recorded <{number}> encounters at the southwest border in May 2019."

    assert verdict(text, day) == due


def test_a_month_whose_first_value_is_on_record_is_held_against_it(verdict):
    off = f"{round(count('nb', '2025-02') * 1.03) // 10 * 10 + 7:,}"
    text = f"There were <{off}> encounters at the northern border in February 2025."

    assert verdict(text, "2025-03-20") == "not understood"
    year = f"{round(count('sw', 'FY2018') * 1.03) // 10 * 10 + 7:,}"
    text = f"In fiscal year 2018 there were <{year}> encounters at the southwest border."
    assert verdict(text, "2018-11-20") == "not understood"
