"""Lists, headlines, what is said again, and windows since a president took office."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import change, count, said

PAIRS = [
    "In March and April 2024, agents at the southwest border made {0} and <{1}> arrests, "
    "respectively.",
    "Border Patrol apprehensions at the southwest border in April 2024 and 2023 were "
    "<{1}> and {2}, "
    "respectively.",
    "March, April and May of 2024 saw {0}, <{1}> and {3} apprehensions by the Border Patrol at the "
    "southwest border, respectively.",
]


@pytest.mark.parametrize("text", PAIRS)
def test_of_two_lists_each_number_is_of_its_own_month(verdict, text):
    months = ["2024-03", "2024-04", "2023-04", "2024-05"]
    true = [said("sw.usbp", month) for month in months]
    swapped = [true[1], true[0], true[2], true[3]]

    assert verdict(text.format(*true), "2024-06-20") == "right"
    assert verdict(text.format(*swapped), "2024-06-20") not in ("right", "right_when_rounded")


# Two numbers in one breath, each of its own end of a range.
ENDS = [
    ("Between {} and {}, encounters at the southwest border fell from {} to {}.", "sw",
     "January 2024", "2024-01", "March 2024", "2024-03"),
    ("Comparing {} and {}, apprehensions at the southwest border fell from {} to nearly {}.",
     "sw.usbp", "May 2023", "2023-05", "June 2023", "2023-06"),
    ("In {} and {} the Border Patrol arrested {} and {} people at the southwest border.", "sw.usbp",
     "December 2023", "2023-12", "January 2024", "2024-01"),
    ("Apprehensions in the Del Rio Sector between {} and {} fell from {} arrests to {}.",
     "sw:Del Rio Sector", "fiscal years 2022", "FY2022", "2024", "FY2024"),
    ("From {} to {}, encounters at the northern border rose from {} to {}.", "nb",
     "fiscal 2022", "FY2022", "2023", "FY2023"),
]  # fmt: skip


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("end", ENDS)
def test_of_two_numbers_each_is_of_its_own_end_of_a_range(verdict, end, which):
    text, series, first, one, last, two = end
    counts = [said(series, one), said(series, two)]
    other = [*reversed(counts)]

    for numbers, holds in ((counts, True), (other, False)):
        marked = [f"<{n}>" if i == which else n for i, n in enumerate(numbers)]
        assert (verdict(text.format(first, last, *marked)) == "right") == holds


SECTORS = [
    "The Yuma and Tucson sectors recorded {} and <{}> apprehensions in May 2024, respectively.",
    "In May 2024 agents in the Yuma, Tucson and Del Rio sectors caught {}, <{}> and {} people, "
    "respectively.",
]


@pytest.mark.parametrize("text", SECTORS)
def test_of_two_lists_each_number_is_of_its_own_sector(verdict, text):
    true = [said(f"sw:{name} Sector", "2024-05") for name in ("Yuma", "Tucson", "Del Rio")]

    assert verdict(text.format(*true)) == "right"
    assert verdict(text.format(true[1], true[0], true[2])) != "right"


def test_a_year_behind_a_month_and_its_year_is_that_month(verdict):
    true = said("sw.usbp", "2023-05")
    text = f"Border Patrol arrests at the southwest border in May 2022 and 2023: <{true}> in 2023."

    assert verdict(text) == "right"


HEADS = [
    "Agents Stopped <{:,}> People\n\nIn {} there were {} encounters at the southwest border, CBP "
    "said.",
    "<{0:,}> encounters, a new low\n\nThe southwest border was quiet. CBP counted {2} in {1}.",
]


@pytest.mark.parametrize("text", HEADS)
def test_what_stands_below_a_headline_says_what_its_number_is(verdict, text):
    true = count("sw", "2023-02")
    day = "2023-06-20"  # so that no month is what was news

    assert verdict(text.format(true, "February 2023", f"{true:,}"), day) == "right"
    off = text.format(round(true * 1.4), "February 2023", f"{true:,}")
    assert verdict(off, day) not in ("right", "wrong", "mislabelled")


AGAIN = [
    "Of the <{}>, most were single adults.",
    "Of the total <{}> encounters, one in five were families.",
    "Those <{}> were more than in May, it said.",
]


@pytest.mark.parametrize("again", AGAIN)
def test_a_number_that_is_said_again_is_what_it_was_before(verdict, again):
    true = said("sw", "2024-06")
    text = f"CBP reported {true} encounters at the southwest border in June 2024. "
    between = "In fiscal year 2022 there had been more nationwide. "

    assert verdict(text + between + again.format(true)) == "right"


def test_a_number_said_again_of_another_agency_is_not_what_it_was(verdict):
    true = said("sw", "2024-06")
    text = (
        f"CBP reported {true} encounters at the southwest border in June 2024. "
        f"Agents caught <{true}> people between ports of entry there that month."
    )

    assert verdict(text) == "mislabelled"


SINCE = [
    "Since President Biden took office, there have been more than <{:.1f} million> "
    "encounters at the "
    "southwest border.",
    "Since Biden moved into the White House, more than <{:.1f} million> encounters were "
    "counted at the "
    "southwest border.",
    "Since Joe Biden was sworn in, CBP has had over <{:.1f} million> encounters at the "
    "southwest border.",
    "More than <{:.1f} million> encounters were recorded at the southwest border since "
    "the president "
    "took office.",
    "There were over <{:.1f} million> encounters at the southwest border since Biden "
    "became president.",
]


@pytest.mark.parametrize("text", SINCE)
def test_since_a_president_took_office_is_a_window(verdict, text):
    day = "2023-03-20"
    millions = count("sw", "2021-02..2023-02") // 100_000 / 10

    assert verdict(text.format(millions), day) == "right_when_rounded"
    assert not verdict(text.format(millions + 1), day).startswith("right")


def test_agencies_of_two_nouns_are_of_their_own_numbers(verdict):
    patrol, every = said("sw.usbp", "2024-08"), said("nw", "2024-08")
    text = (
        f"Border Patrol reported {patrol} southwest border apprehensions in August 2024 and "
        "<{}> nationwide encounters that month."
    )

    assert verdict(text.format(every)) == "right"
    assert verdict(text.format(said("nw.usbp", "2024-08"))) != "mislabelled"


CALLED = [
    "For the first time in years, agents arrested <{}> people at the southwest border in "
    "July 2024.",
    "<{}> - that is the number of illegal crossings at the southwest border in July 2024.",
    "Newly released data show <{}> illegal crossings of the southwest border in July 2024.",
    "Agents at the southwest border caught <{}> people in July 2024, many set free the next day.",
    "Illegal crossings at the southwest border reached <{}> in July 2024, in the first "
    "such report.",
]


@pytest.mark.parametrize("text", CALLED)
def test_what_names_itself_is_mislabeled_whatever_stands_beside_it(verdict, text):
    assert verdict(text.format(said("sw", "2024-07"))) == "mislabelled"
    assert verdict(text.format(said("sw.usbp", "2024-07"))) == "right"
    off = round(count("sw", "2024-07") * 1.09)
    assert verdict(text.format(f"{off:,}")) not in ("mislabelled", "right")


DENIED = [
    "Agents did not arrest <{}> people at the southwest border in July 2024.",
    "It is false to say that agents arrested <{}> people at the southwest border in July 2024.",
    "If agents had arrested <{}> people at the southwest border in July 2024, it would be more.",
]


@pytest.mark.parametrize("text", DENIED)
def test_what_is_denied_or_supposed_is_never_mislabeled(verdict, text):
    assert verdict(text.format(said("sw", "2024-07"))) != "mislabelled"


def test_one_count_alone_that_a_number_rounds_to_is_what_it_is_called(verdict):
    every = count("sw", "2023-12")
    text = (
        "December 2023 was the worst month at the southwest border. Agents there made some "
        "<{:,}> arrests that month."
    )

    assert abs(count("sw.usbp", "2023-12") / every - 1) > 0.05
    assert verdict(text.format(round(every, -3)), "2024-02-10") == "mislabelled"
    assert verdict(text.format(round(every * 1.09, -3)), "2024-02-10") != "mislabelled"


def test_what_is_not_on_record_is_one_number_not_its_sentence(verdict):
    true = said("sw", "2023-05")
    text = (
        f"Of the <{true}> encounters at the southwest border in May 2023, 98 were of people on the "
        "watch list."
    )

    assert verdict(text) == "right"
    assert verdict(text.replace(f"<{true}>", true).replace("98", "<98>")) == "cannot_be_checked"


RATES = [
    "Agents on the southwest border now stop up to <{:,}> people each day.",
    "At the southwest border <{:,}> migrants a day came in July, an official said.",
    "They say some <{:,}> people are crossing the southwest border per day.",
]


@pytest.mark.parametrize("text", RATES)
def test_round_numbers_a_day_are_not_judged(verdict, text):
    daily = round(count("sw", "2024-07") / 31, -2)

    assert not verdict(text.format(int(daily)), "2024-08-20").startswith(("right", "wrong"))
    averaged = (
        "In July 2024, an average of <{:,}> people a day were stopped at the southwest border."
    )
    assert verdict(averaged.format(int(daily))).startswith("right")


@pytest.mark.parametrize("factor", [0.6, 1.1, 1.3, 2.0])
def test_an_average_below_a_number_is_not_over_it(verdict, factor):
    monthly = count("sw", "2023-10..2024-03") / 6
    text = (
        "In the first six months of fiscal 2024, an average of over <{:,}> people a month were "
        "stopped at the southwest border."
    )

    assert verdict(text.format(int(monthly * 0.97)), "2024-04-20").startswith("right")
    assert not verdict(text.format(int(monthly * factor)), "2024-04-20").startswith("right")


def test_a_number_of_a_year_before_the_record_is_not_one_of_a_later_year(verdict):
    millions = round(count("sw", "FY2023") / 1e6, 1)
    text = (
        f"Encounters at the southwest border neared the 1986 figure of <{millions} million>, not "
        "2023's."
    )

    assert not verdict(text, "2024-02-10").startswith("right")


def test_the_count_of_one_border_is_not_near_that_of_another(verdict):
    patrol = count("sw.usbp", "FY2022")
    text = "In fiscal 2022, the Border Patrol recorded <{:,}> apprehensions nationwide."

    assert 0 < abs(count("nw.usbp", "FY2022") / patrol - 1) < 0.02
    assert verdict(text.format(patrol)) == "mislabelled"
    assert verdict(text.format(count("nw.usbp", "FY2022"))) == "right"
    both = "The southwest border is where most cross. " + text
    assert verdict(both.format(patrol)) != "mislabelled"


def test_over_a_percentage_is_not_passed_by_what_nobody_compares(verdict):
    text = "Encounters at the southwest border rose more than <{}%> in {}."

    assert count("sw", "2021-03") > 1.4 * count("sw", "2021-02")
    assert verdict(text.format(60, "March 2021"), "2021-04-20").startswith("right")
    assert not verdict(text.format(20, "March 2021"), "2021-04-20").startswith("right")


def test_arrests_of_another_clause_do_not_name_an_encounter(verdict):
    every = said("sw", "FY2022")
    text = (
        f"Fiscal year 2022 had the most encounters at the southwest border (<{every}>), and more "
        "suspects arrested there (98) than ever."
    )

    assert verdict(text) != "mislabelled"


SINCES = ["January 2024", "February 2024", "July 2024", "September 2024"]


@pytest.mark.parametrize("since", SINCES)
def test_a_record_is_of_the_count_beside_it_and_since_a_month_before(verdict, since):
    text = (
        "In fiscal 2023 there were {} encounters at the northern border. They were {} in July, "
        f"<the highest since {since}>."
    )
    text = text.format(said("nb", "FY2023"), said("nb", "2025-07"))

    assert count("nb", "2024-08") > count("nb", "2025-07")
    assert not verdict(text, "2025-09-20").startswith("right")


@pytest.mark.parametrize("verb", ["say", "claim", "write", "repeat", "suggest"])
def test_what_nobody_should_say_is_shown(verdict, verb):
    true = said("sw", "2023-12")
    text = f"Staff should not {verb} that <{true}> people came to the southwest border in "

    assert verdict(text + "December 2023.") == "not understood"


def test_a_bare_month_is_the_one_that_was_news(verdict):
    earlier = said("sw", "2023-08")
    text = (
        f"At the southwest border there were {said('sw', '2024-08')} encounters in August, against "
        f"{earlier} a year earlier. In short, <{earlier}> people were met in August."
    )

    assert not verdict(text.replace("against", "and many more, against"), "2024-09-20").startswith(
        "right when"
    )
    other = text.replace(f"against {earlier} a year earlier", "far fewer than a year earlier")
    assert verdict(other, "2024-09-20") not in ("right", "right_when_rounded")


MORE = [
    "Together with gotaways, Border Patrol apprehensions at the southwest border in fiscal year "
    "2023 came to <{}>.",
    "Border Patrol made <{}> apprehensions at the southwest border in fiscal year 2023. These "
    "include people who were caught twice.",
    "Men comprised <{}> of the Border Patrol apprehensions at the southwest border in fiscal year "
    "2023.",
    "Border Patrol made <{}> apprehensions at the southwest border in fiscal year 2023. Its own "
    "table has {}.",
]
PLAIN = "Border Patrol made <{}> apprehensions at the southwest border in fiscal year 2023."


@pytest.mark.parametrize("text", [PLAIN, *MORE])
@pytest.mark.parametrize("by", [0.3, 0.91, 1.09, 1.4])
def test_a_number_that_may_count_more_or_less_is_not_called_wrong(verdict, text, by):
    truth = count("sw.usbp", "FY2023")

    assert verdict(text.format(f"{round(truth * by):,}", f"{truth:,}")) not in (
        "wrong",
        "mislabelled",
    )


def test_only_another_times_count_is_called_wrong(verdict, truth):
    other = said("sw.usbp", "FY2024")

    assert verdict(PLAIN.format(other)) == "wrong"
    assert truth(PLAIN.format(other)) == count("sw.usbp", "FY2023")
    # Of a sentence with a second number or a second time it may be the other's.
    for more in (", after {} a year before.", ", far more than in fiscal year 2024."):
        assert verdict(PLAIN[:-1].format(other) + more.format(said("sw.usbp", "FY2022"))) != "wrong"


def test_an_exact_count_is_of_the_month_that_is_named(verdict, truth):
    """The text speaks of May too: that alone makes its count in August no right one."""
    text = (
        f"At the southwest border there were {said('sw', '2024-06')} encounters in June 2024 and "
        f"{said('sw', '2024-05')} in May. There were <{{}}> encounters there in August."
    )

    assert verdict(text.format(said("sw", "2024-08")), "2024-09-20") == "right"
    assert verdict(text.format(said("sw", "2024-04")), "2024-09-20") == "wrong"
    assert truth(text.format(said("sw", "2024-04")), "2024-09-20") == count("sw", "2024-08")


def test_a_number_within_a_longer_one_is_not_that_number(verdict):
    """A Border Patrol count of three digits is no witness inside "41,234"."""
    small, other = said("nb.usbp", "2024-11"), said("nb.usbp", "2024-10")
    text = f"Border Patrol made <{other}> apprehensions at the northern border in November 2024."

    assert verdict(text + f" The wall cost 4{small} dollars.") == "wrong"


@pytest.mark.parametrize("word", ["steeper", "sharper", "faster", "slower"])
def test_a_change_of_a_change_is_not_judged(verdict, word):
    may, june = said("sw.usbp", "2024-05"), said("sw.usbp", "2024-06")
    text = f"Border Patrol apprehensions at the southwest border fell from {may} in May 2024 to "
    text += f"{june} in June 2024. The May-to-June drop was <11%> {word} than the year before."

    assert verdict(text, "2024-07-20") not in ("wrong", "right", "right_when_rounded")


@pytest.mark.parametrize("arrests", ["Apprehensions", "Arrests"])
def test_apprehensions_and_denials_are_of_both_agencies(verdict, arrests):
    text = (
        f"{arrests} and denials of migrants at the southwest border came to <{{}}> in April 2019."
    )

    assert verdict(text.format(said("sw", "2019-04")), "2019-05-10").startswith("right")
    assert verdict(text.format(said("sw.usbp", "2019-04")), "2019-05-10") != "right"


COUNTRIES = ("MEXICO", "VENEZUELA", "GUATEMALA", "CUBA")


def test_a_list_of_names_goes_on_with_the_change_before_it(verdict):
    """Mexico (-9% from 2023), Venezuela (-2%): each of the same two years."""
    changes = [change(f"sw:{name}", "FY2024", "FY2023") for name in COUNTRIES]
    text = (
        "In fiscal year 2024 encounters at the southwest border changed most for people from "
        "Mexico ({:+.0f}% from fiscal year 2023), Venezuela ({:+.0f}%), Guatemala (<{:+.0f}%>) and "
        "Cuba ({:+.0f}%)."
    )
    off = [*changes[:2], changes[2] + 9, changes[3]]

    assert verdict(text.format(*changes), "2024-11-20") == "right"
    assert verdict(text.format(*off), "2024-11-20") == "not understood"


LEFT_OUT = [
    "excluding gotaways",
    "a figure that does not include gotaways",
    "not counting gotaways",
]


@pytest.mark.parametrize("words", LEFT_OUT)
def test_what_a_number_leaves_out_is_not_what_it_counts(verdict, words):
    true = said("sw.usbp", "FY2023")
    text = f"In fiscal year 2023 Border Patrol made <{true}> arrests at the southwest border, "

    assert verdict(f"{text}{words}.") == "right"


def test_a_group_named_in_another_clause_does_not_take_the_number(verdict):
    text = (
        "Border Patrol agents apprehended <{}> migrants at the southwest border in June 2024, of "
        "whom 9,300 were unaccompanied children."
    )

    assert verdict(text.format(said("sw.usbp", "2024-06"))) == "right"
    assert verdict(text.format(round(count("sw.usbp", "2024-06") * 1.3))) == "not understood"
