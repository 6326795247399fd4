"""A delivery of own counts beside its record: what is said, what is asked, what is then kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forecast import months
from forecast.agreed import Agreed, kind_of
from forecast.errors import AnswerError, DataError
from forecast.sources import contract
from forecast.sources.contract import DeliveryDiff, ToldLife
from forecast.types import DeliveryHabit, SeriesKey

NAMES = ("Seattle", "Tacoma", "Yakima", "Öst")
LAST = "2024-12"
HEADER = ("Clinic", "Visits")
Rows = dict[SeriesKey, dict[str, int]]


def count(place: int, month: str) -> int:
    number = months.to_index(month)
    return 9_000 + 3_000 * place + (number * 379 + place * 137) % 1_501 + 300 * (number % 12)


def rows(until: str, names=NAMES) -> Rows:
    return {
        SeriesKey(name): {m: count(at, m) for m in months.between("2021-01", until)}
        for at, name in enumerate(names)
    }


def next_file() -> Rows:
    return rows("2025-01")


def ends(stated: Rows) -> dict[SeriesKey, int]:
    return {key: known["2025-01"] for key, known in stated.items()}


def times(factor: float) -> Callable[[Rows], Rows]:
    def changed(stated: Rows) -> Rows:
        return {k: {m: round(n * factor) for m, n in known.items()} for k, known in stated.items()}

    return changed


def named(**names: str) -> Callable[[Rows], Rows]:
    """Names changed; "" is left out."""

    def changed(stated: Rows) -> Rows:
        called = {k: names.get(k.total, k.total) for k in stated}
        return {SeriesKey(called[k]): known for k, known in stated.items() if called[k]}

    return changed


def at_its_end(number: Callable[[int], int | None], names=NAMES) -> Callable[[Rows], Rows]:
    def changed(stated: Rows) -> Rows:
        for name in names:
            known = stated[SeriesKey(name)]
            end = number(known.pop("2025-01"))
            known |= {} if end is None else {"2025-01": end}
        return stated

    return changed


def restated(since: str, until: str, by: int, names=NAMES) -> Callable[[Rows], Rows]:
    def changed(stated: Rows) -> Rows:
        for name in names:
            for month in months.between(since, until):
                stated[SeriesKey(name)][month] += by
        return stated

    return changed


def shifted(stated: Rows) -> Rows:
    return {
        key: {month: known[months.shift(month, -1)] for month in list(known)[1:]}
        for key, known in stated.items()
    }


def swapped(stated: Rows) -> Rows:
    one, two = SeriesKey("Seattle"), SeriesKey("Öst")
    return stated | {one: stated[two], two: stated[one]}


def with_total(off: int = 0) -> Callable[[Rows], Rows]:
    def changed(stated: Rows) -> Rows:
        sums = {
            m: sum(known[m] for known in stated.values()) + off for m in stated[SeriesKey("Öst")]
        }
        return stated | {SeriesKey("Total"): sums}

    return changed


def merged(stated: Rows) -> Rows:
    one, two = (stated.pop(SeriesKey(name)) for name in ("Seattle", "Öst"))
    return stated | {SeriesKey("West"): {m: n + two[m] for m, n in one.items()}}


def without(month: str) -> Callable[[Rows], Rows]:
    def changed(stated: Rows) -> Rows:
        for known in stated.values():
            del known[month]
        return stated

    return changed


def held(stated: Rows, answers=(), **more) -> tuple[list[str], list[str], DeliveryDiff]:
    header = more.pop("header", HEADER)
    agreed = more.pop("agreed", Agreed(header=HEADER))
    habits = more.pop("habits", [DeliveryHabit(LAST, 4, 192, 0, None)])
    case = DeliveryDiff(stated, rows(LAST), header, agreed, habits, answered=answers, **more)
    return *contract.read(case), case


PLAIN = [  # what is odd, the one sentence that says so
    (named(Seattle="SEATTLE"), "'SEATTLE' is read as 'Seattle', as written before"),
    (named(Seattle=" seattle "), "' seattle ' is read as 'Seattle', as written before"),
    (
        named(Tacoma=""),
        "not in this file: Tacoma, last counted in December 2024; what the record has of them "
        "stays",
    ),
    (with_total(), "'Total' is the sum of the 4 others, and no series of its own"),
    (at_its_end(lambda n: 0, ["Öst"]), "0 where it never was: Öst in January 2025"),
    (at_its_end(lambda n: None, ["Öst"]), "no count of Öst January 2025"),
    (
        restated("2024-11", "2024-12", 5, ["Öst"]),
        f"2 months that the record has are restated: Öst December 2024 {count(3, LAST) + 5:,}, was "
        f"{count(3, LAST):,}; Öst November 2024 {count(3, '2024-11') + 5:,}, was "
        f"{count(3, '2024-11'):,}",
    ),
    (
        without("2023-05"),
        "4 months of its span that the record has are not in it: Seattle May 2023; Tacoma May "
        "2023; Yakima May 2023 and 1 more; they stay as they were",
    ),
    (
        lambda stated: stated | {SeriesKey("Kent"): {"2024-12": 7, "2025-01": 9}},
        "new: Kent from December 2024; shown at once, forecast once they have enough months",
    ),
    (lambda stated: rows(LAST), "it brings no month that is new, and changes none"),
]


@pytest.mark.parametrize(("odd", "sentence"), PLAIN)
def test_a_plain_change_is_said_in_one_sentence_and_nothing_is_asked(odd, sentence):
    said, asked, _ = held(odd(next_file()))

    assert (said, asked) == ([sentence], [])


def test_of_a_delivery_like_those_before_nothing_is_said():
    said, asked, case = held(next_file())

    assert (said, asked, case.stated) == ([], [], next_file())


ASKED = [  # what is odd, how the question begins, its answers
    (times(0.001), "192 of 192 months that the record has are a thousandth of what they", "unit"),
    (times(1000), "192 of 192 months that the record has are 1,000 times what they were", "unit"),
    (times(1.03), "192 of 192 months that the record has are 1.03 times what they were", "unit"),
    (shifted, "188 months have the numbers of the month before", "restated"),
    (swapped, "96 months have the numbers of others: Seattle under Öst", "restated"),
    (restated("2021-06", "2023-06", 40), "100 months that the record has are restated", "restated"),
    (restated("2022-06", "2022-06", 60_000, ["Öst"]), "1 month that the record has", "restated"),
    (lambda stated: restated("2024-03", "2024-03", 9)(rows("2024-10")), "ends in 2024-10", "rest"),
    (named(Seattle="Sea-Tac"), "'Sea-Tac' is new and has the same history as 'Seattle'", "renamed"),
    (merged, "'West' is new and has the same history as 'Seattle' and 'Öst'", "merged"),
    (named(Seattle="", Tacoma="", Yakima=""), "not in this file: Seattle, last", "partial"),
    (with_total(off=9), "'Total' is new and called a sum, but is not what the others", "total"),
    (at_its_end(lambda n: 0), "0 where it never was: Seattle in January 2025", "not counted"),
    (at_its_end(lambda n: round(n * 0.4)), "January 2025 is far below each of", "unfinished"),
]


@pytest.mark.parametrize(("odd", "begins", "answer"), ASKED)
def test_an_odd_change_is_asked_and_each_answer_settles_it(odd, begins, answer):
    _, asked, _ = held(odd(next_file()))

    (question,) = asked
    assert question.startswith(begins)
    answers = [way for way in contract.ANSWERS if f'"{way}": ' in question]
    assert f'--as "{answer}' in question
    for way in answers:
        assert held(odd(next_file()), [way])[1] == []
    assert held(next_file())[:2] == ([], [])  # the right file comes after it


def test_a_file_in_another_unit_is_brought_back_and_so_are_those_after_it():
    said, _, case = held(times(0.001)(next_file()), ["unit changed"])

    assert said[0].endswith("multiplied by 1,000 from now on, as confirmed")
    assert case.agreed.times == pytest.approx(1000)
    kept = {
        key: {m: n for m, n in known.items() if m <= LAST} for key, known in case.stated.items()
    }
    assert kept == rows(LAST)  # what rounds to the same was not restated
    read = {k: {m: n * 1000 for m, n in v.items()} for k, v in times(0.001)(next_file()).items()}
    assert held(read, agreed=case.agreed)[:2] == ([], [])


def test_months_in_another_unit_are_seen_where_a_file_has_only_new_ones():
    alone = {key: {"2025-01": round(known["2025-01"] / 1000)} for key, known in next_file().items()}

    _, (question,), _ = held(alone)

    assert question.startswith("its new months are about a thousandth of usual")


def test_a_renamed_series_goes_on_under_the_name_of_the_record():
    _, _, case = held(named(Seattle="Sea-Tac")(next_file()), ["renamed"])

    assert case.stated == next_file()
    assert case.agreed.names == {"Sea-Tac": "Seattle"}
    (life,) = case.agreed.lives
    assert (life.what, life.series, life.other, life.month) == (
        *("renamed", "Seattle", "Sea-Tac", "2025-01"),
    )


def test_merged_series_end_and_the_new_one_has_their_history():
    new = merged(next_file())
    west = SeriesKey("West")
    recent = new | {west: {m: new[west][m] for m in list(new[west])[-4:]}}

    _, _, case = held(recent, ["merged"])

    assert case.stated[west] == new[west]
    assert [life.series for life in case.agreed.lives] == ["Seattle", "Öst"]


def test_series_that_came_late_are_found_in_what_they_are_merged_into():
    record = rows(LAST)
    for name in NAMES[:2]:
        record[SeriesKey(name)] = rows("2024-06", [name])[SeriesKey(name)]
    stated = {key: known for key, known in next_file().items() if key.total not in NAMES[:2]}
    stated[SeriesKey("South")] = {
        month: sum(record[SeriesKey(name)][month] for name in NAMES[:2])
        for month in months.between("2021-01", "2024-06")
    }

    _, asked = contract.read(DeliveryDiff(stated, record, HEADER, Agreed(header=HEADER)))

    assert "'South' is new and has the same history as 'Seattle' and 'Tacoma'" in asked[0]
    agreed = Agreed(header=HEADER)
    case = DeliveryDiff(dict(stated), record, HEADER, agreed, answered=["merged"])
    assert contract.read(case)[1] == []
    assert [(life.series, life.month) for life in case.agreed.lives] == [
        (name, "2024-07") for name in NAMES[:2]
    ]
    assert case.lost() == []


def test_a_zero_in_all_that_have_the_newest_month_is_asked_of():
    ahead = at_its_end(lambda n: 0)(next_file())
    for name in NAMES[1:]:
        ahead[SeriesKey(name)] = {**rows(LAST)[SeriesKey(name)]}
    record = {
        key: {m: n for m, n in known.items() if m < LAST or key.total == NAMES[0]}
        for key, known in rows(LAST).items()
    }

    _, asked = contract.read(DeliveryDiff(ahead, record, HEADER, Agreed(header=HEADER)))

    assert asked[0].startswith("0 where it never was: Seattle in January 2025")


def test_nothing_is_asked_of_a_new_name_that_a_person_spoke_of():
    """Two are merged in the file that lacks a third: the new name is not asked to be the third."""
    before = rows(LAST) | {SeriesKey("Gone"): dict(rows(LAST)[SeriesKey("Öst")])}
    told = ToldLife("merged", ("Seattle", "Öst"), "West")
    case = DeliveryDiff(merged(next_file()), before, HEADER, Agreed(header=HEADER), told=told)

    notes, asked = contract.read(case)

    assert asked == []
    assert notes[0].startswith("'Seattle' and 'Öst' are merged into 'West'")
    assert any(note.startswith("not in this file: Gone") for note in notes)


def told_of(stated: Rows, what: str, *series: str, **more: str):
    """What comes of a file of which a person says that."""
    case = DeliveryDiff(
        *(stated, rows(LAST), HEADER, Agreed(header=HEADER)),
        told=ToldLife(what, series, **more),
    )
    return *contract.read(case), case


@pytest.mark.parametrize(
    ("what", "said"), [("ended", "has ended"), ("shut", "is shut from January 2025")]
)
def test_a_person_says_that_a_series_ended_or_is_shut(what, said):
    without = named(Seattle="")(next_file())

    notes, asked, case = told_of(without, what, "SEATTLE")

    assert (notes, asked) == ([f"'Seattle' {said}, last counted in December 2024"], [])
    (life,) = case.agreed.lives
    assert (life.what, life.series, life.month) == (what, "Seattle", "2025-01")
    # Later files need not have it, and its return is said.
    assert held(named(Seattle="")(next_file()), agreed=case.agreed)[:2] == ([], [])
    back, _, _ = held(next_file(), agreed=case.agreed)
    assert back == [
        f"'Seattle', said to be {what} since January 2025, is counted again, and in sums again"
    ]


def test_a_name_is_renamed_by_a_person_where_nothing_proves_it():
    stated = {SeriesKey("Sea-Tac"): {"2025-01": 9_500}, SeriesKey("New"): {"2025-01": 4}}
    stated |= {k: v for k, v in next_file().items() if k.total not in ("Seattle", "Öst")}

    _, asked, case = told_of(stated, "renamed", "Seattle", into="Sea-Tac")

    assert case.agreed.names == {"Sea-Tac": "Seattle"}
    assert case.stated[SeriesKey("Seattle")] == {"2025-01": 9_500}
    assert len(asked) == 1  # the other new name is asked as before
    assert "'New' is new and comes where there is no longer 'Öst'" in asked[0]


@pytest.mark.parametrize(
    ("what", "series", "more", "wrong"),
    [
        ("ended", ["Seatle"], {}, "'Seatle' is no series of the record; like it: Seattle"),
        ("ended", ["Yakima"], {}, "'Yakima' has a count of 2025-01"),
        ("shut", ["Seattle"], {"since": "2024-11"}, "'Seattle' has a count of 2024-12"),
        ("renamed", ["Seattle"], {}, "say what 'Seattle' became in the file: --into NAME"),
        ("renamed", ["Seattle"], {"into": "Nome"}, "'Nome' is no series of the file"),
        ("renamed", ["Seattle"], {"into": "Yakima"}, "has counts of its own on record"),
        ("merged", ["Seattle"], {"into": "Yakima"}, "two or more are merged"),
    ],
)
def test_what_a_person_says_against_the_counts_is_refused(what, series, more, wrong):
    with pytest.raises(DataError, match=wrong):
        told_of(named(Seattle="")(next_file()), what, *series, **more)


@pytest.mark.parametrize(
    ("what", "series", "more", "wrong"),
    [
        ("renamed", ["Yakima"], {}, "'Yakima' is counted in the file itself until January 2025"),
        ("merged", ["Seattle", "Yakima"], {}, "'Yakima' is counted in the file itself"),
        ("renamed", ["Seattle"], {"since": "2025-02"}, "'Sea-Tac' has no count of February 2025"),
    ],
)
def test_what_a_file_goes_on_counting_has_become_nothing_else(what, series, more, wrong):
    with pytest.raises(AnswerError, match=wrong):
        told_of(named(Seattle="Sea-Tac")(next_file()), what, *series, into="Sea-Tac", **more)


def test_what_a_file_states_of_a_series_before_its_new_name_stays():
    """The old name to its end, and the new name from then on, are one series."""
    stated = next_file()
    end = stated[SeriesKey("Seattle")].pop("2025-01")
    stated[SeriesKey("Sea-Tac")] = {"2025-01": end}

    _, asked, case = told_of(stated, "renamed", "Seattle", into="Sea-Tac")

    assert asked == []
    assert case.stated[SeriesKey("Seattle")] == next_file()[SeriesKey("Seattle")]


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        (["Renamed"], "'Renamed' is no answer; like it: renamed"),
        (["restated"], "'restated': nothing in the file asks for that; it asks: 'Sea-Tac' is new"),
        (["renamed", "new"], "'new': nothing else in the file asks for that"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_what_would(answers, wrong):
    with pytest.raises(AnswerError, match=wrong):
        held(named(Seattle="Sea-Tac")(next_file()), answers)


def test_what_is_only_said_may_be_answered():
    """Of two half files that were held, the first answer leaves nothing odd in the second."""
    said, asked, case = held(named(Seattle="")(next_file()), ["partial"])

    assert said[0].startswith("not in this file: Seattle")
    assert (asked, case.used) == ([], {"partial"})


def test_a_renamed_series_that_is_lost_later_is_said():
    _, _, case = held(named(Seattle="Sea-Tac")(next_file()), ["renamed"])

    said, _, _ = held(named(Seattle="")(next_file()), agreed=case.agreed)

    assert "not in this file: Seattle" in said[0]


def test_a_series_called_a_total_is_renamed_by_its_history_and_not_taken_for_a_sum():
    _, asked, _ = held(named(Seattle="All of Seattle")(next_file()))

    assert len(asked) == 1
    assert "'All of Seattle' is new and has the same history as 'Seattle'" in asked[0]


def test_what_was_rounded_apart_is_merged_all_the_same():
    stated = merged(next_file())
    west = stated[SeriesKey("West")]
    west.update({month: count + 1 for month, count in list(west.items())[::2] if count >= 1000})

    _, (asked,), _ = held(stated)

    assert asked.startswith("'West' is new and has the same history as 'Seattle' and 'Öst'")


def test_tenths_that_were_rounded_apart_are_merged_all_the_same():
    def tenths(counts: Rows) -> Rows:
        return {key: {m: round(n / 70) for m, n in of.items()} for key, of in counts.items()}

    two = [SeriesKey("Seattle"), SeriesKey("Öst")]
    before, now = tenths(rows(LAST)), tenths(merged(next_file()))
    west = now[SeriesKey("West")]
    off = [west[m] - sum(before[key][m] for key in two) for m in before[two[0]] if m in west]
    case = DeliveryDiff(now, before, HEADER, Agreed(header=HEADER))

    _, (asked,) = contract.read(case)

    assert {*off} > {0}
    assert max(west.values()) < 1000
    assert asked.startswith("'West' is new and has the same history as 'Seattle' and 'Öst'")


def test_rates_are_not_merged():
    told = contract.ToldLife("merged", ("Seattle", "Öst"), "West")

    with pytest.raises(DataError, match="rates are not added up, so 'West' is a new series"):
        held(merged(next_file()), told=told, adds=False)
    said, asked, _ = held(merged(next_file()), adds=False)
    assert not any("merged" in text for text in said + asked)


def test_a_sum_is_not_merged_and_what_is_to_be_done_is_said():
    before = rows(LAST)
    whole = SeriesKey("Country")
    before[whole] = {m: sum(of[m] for of in before.values()) for m in before[SeriesKey("Öst")]}
    stated = {k: v for k, v in before.items() if k not in (whole, SeriesKey("Öst"))}
    both = (whole, SeriesKey("Öst"))
    stated[SeriesKey("Both")] = {m: sum(before[k][m] for k in both) for m in before[whole]}

    case = DeliveryDiff(stated, before, HEADER, Agreed(header=HEADER))
    _, asked = contract.read(case)

    assert len(asked) == 1
    adds_up = "'Both' is new and adds up 'Country' and 'Öst', but 'Country' is itself the sum"
    assert adds_up in asked[0]
    assert '--as "new"' in asked[0]
    assert "merged" not in asked[0]
    taken = DeliveryDiff(dict(stated), before, HEADER, Agreed(header=HEADER), answered=["new"])
    assert contract.read(taken)[1] == []


def test_zeros_of_months_that_nobody_counted_are_left_out():
    _, _, case = held(at_its_end(lambda n: 0)(next_file()), ["not counted"])

    assert case.stated == rows(LAST)
    assert case.agreed.uncounted == ("2025-01",)
    again, asked, case = held(at_its_end(lambda n: 0)(next_file()), agreed=case.agreed)
    assert (again, asked) == (
        ["zeros of January 2025 are left out again, as nobody counted them"],
        [],
    )
    assert case.stated == rows(LAST)


def test_zeros_of_the_only_month_of_a_file_leave_the_series_that_was_counted():
    only = {key: {"2025-01": n * (key.total == "Öst")} for key, n in ends(next_file()).items()}

    notes, asked, case = held(only, ["not counted"])

    assert asked == []
    assert any("left out, as nobody counted them" in note for note in notes)
    assert case.stated == {SeriesKey("Öst"): {"2025-01": count(3, "2025-01")}}


def test_last_months_that_come_unfinished_are_asked_of_once():
    fall = at_its_end(lambda n: round(n * 0.4))
    _, _, case = held(fall(next_file()), ["unfinished"])

    said, asked, _ = held(fall(next_file()), agreed=case.agreed)

    assert asked == []
    assert said[0].endswith("it may be unfinished")


@pytest.mark.parametrize("added", ["All states", "All ages"])
def test_a_total_with_parts_or_among_them_is_no_series_of_its_own(added):
    known = [
        SeriesKey(name, "part", age) for name in NAMES[:3] for age in ("young", "old", "oldest")
    ]

    def counts(until: str) -> Rows:
        return {
            key: {m: count(at, m) for m in months.between("2021-01", until)}
            for at, key in enumerate(known)
        }

    stated, sums = counts("2025-01"), {}
    del stated[known[0]]["2022-05"]  # what nobody knows of one is no reason to take the sum for one
    for key, numbers in stated.items():
        of = SeriesKey(added, "part", key.member)
        if added == "All ages":
            of = SeriesKey(key.total, "part", added)
        for month, number in numbers.items():
            sums.setdefault(of, {}).setdefault(month, 0)
            sums[of][month] += number
    case = DeliveryDiff(stated | sums, counts(LAST), HEADER, Agreed(header=HEADER))

    said, asked = contract.read(case)

    assert asked == []
    assert case.stated.keys() == set(known)
    names = (
        ["All states"] if added == "All states" else [f"{n}: All ages" for n in sorted(NAMES[:3])]
    )
    assert [s for s in said if "sum of" in s] == [
        f"{name!r} is the sum of the 3 others, and no series of its own" for name in names
    ]


def test_a_total_follows_its_parts_into_another():
    ages = ("young", "old")

    def part(total: str, age: str) -> SeriesKey:
        return SeriesKey(total, "part", age)

    record = {
        part(name, age): {m: count(2 * at + old, m) for m in months.between("2021-01", LAST)}
        for at, name in enumerate(NAMES)
        for old, age in enumerate(ages)
    }
    stated = {key: known | {"2025-01": known[LAST] + 1} for key, known in record.items()}
    for age in ages:
        one, two = (stated.pop(part(name, age)) for name in ("Seattle", "Tacoma"))
        stated[part("Sound", age)] = {month: n + two[month] for month, n in one.items()}
    agreed = Agreed(header=HEADER)
    case = DeliveryDiff(stated, record, HEADER, agreed, answered=["merged"])

    assert contract.read(case)[1] == []
    told = {of.series: (of.what, of.month, of.other) for of in case.agreed.lives}
    for name in ("Seattle", "Tacoma"):
        assert told[name] == ("merged", "2025-01", "Sound")
        assert told[f"{name}: old"] == ("merged", "2025-01", "Sound: old")
    assert not told.keys() & {"Yakima", "Öst", "Sound"}


def test_a_last_month_at_40_percent_is_asked_after_a_year_with_a_month_as_low():
    """The least of a year says nothing if that year has a collapse; how most fall together does."""
    record, unfinished = rows(LAST), at_its_end(lambda n: round(n * 0.4))(next_file())
    for known in (*record.values(), *unfinished.values()):
        known["2024-04"] = round(known["2024-04"] * 0.05)
    case = DeliveryDiff(unfinished, record, HEADER, Agreed(header=HEADER), awaited=set())

    _, (question,) = contract.read(case)

    assert question.startswith("January 2025 is far below both the month and the year before: ")
    assert '--as "unfinished"' in question


def test_a_last_month_is_not_held_against_one_that_came_unfinished_itself():
    agreed = Agreed(header=HEADER, unfinished=True)
    record = at_its_end(lambda n: round(n * 0.4))(next_file())
    fall = {
        key: {**known, "2025-02": round(count(0, LAST) * 0.4)} for key, known in next_file().items()
    }
    awaited = {(SeriesKey(name), "2025-01") for name in NAMES}
    case = DeliveryDiff(fall, record, HEADER, agreed, awaited=awaited)

    said, asked = contract.read(case)

    assert asked == []
    assert case.fallen == "2025-02"
    assert said[0].startswith("4 months that came unfinished, stated anew: Öst January 2025")
    assert "restated" not in " ".join(said)
    assert said[1].startswith("February 2025 is far below each of 12 months before")


def test_a_column_under_another_word_is_said_and_its_numbers_told():
    said, asked, case = held(next_file(), header=("Clinic", "Visits (thousands)"))

    assert asked == []
    assert said == [
        "a column is called 'Visits (thousands)', 'Visits' before: the months that both have are "
        "the same"
    ]
    assert case.agreed.header == ("Clinic", "Visits (thousands)")


def test_a_habit_of_restating_asks_nothing():
    habits = [
        DeliveryHabit("2024-11", 4, 188, 0, None),
        DeliveryHabit(LAST, 4, 192, 120, "2021-06"),
    ]

    said, asked, _ = held(restated("2021-06", "2023-06", 40)(next_file()), habits=habits)

    assert asked == []
    assert said[0].startswith("100 months that the record has are restated")


def test_an_answer_to_nothing_is_refused():
    with pytest.raises(DataError, match="nothing in the file asks for that"):
        held(next_file(), ["renamed"])
    with pytest.raises(DataError, match="is no answer; there are unit changed, "):
        held(next_file(), ["yes"])


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Clinic Visits", "flow"),
        ("Patients waiting at month end", "stock"),
        ("Waiting list by board", "stock"),
        ("Unemployment rate", "rate"),
        ("Occupancy %", "rate"),
        ("Average daily population", "rate"),
        ("Turnover in EUR", "money"),
        ("Cars sold", "flow"),
        ("Rotated crops", "flow"),
    ],
)
def test_words_tell_a_kind_of_quantity(words, kind):
    assert kind_of(words) == kind


def test_small_counts_in_thousands_are_a_thousandth_though_most_round_to_0():
    before = {k: {m: n // 44 for m, n in of.items()} for k, of in rows(LAST).items()}
    stated = {k: {m: round(n / 1000) for m, n in of.items()} for k, of in before.items()}
    case = DeliveryDiff(stated=stated, before=before, header=(), agreed=Agreed())

    _, asked = contract.read(case)

    assert "are a thousandth of what they were" in asked[0]


class Walked(dict):
    """Series that count how often all of them are gone through."""

    times = 0

    def values(self):
        self.times += 1
        return super().values()


def test_a_delivery_is_not_gone_through_again_for_each_series():
    def walks(series: int) -> tuple[int, int]:
        names = [f"Clinic {number}" for number in range(series)]
        stated, before = Walked(rows("2025-01", names)), Walked(rows(LAST, names))
        for known in stated.values():
            known["2024-11"] += 1
            known["2024-12"] = known["2024-12"] * 3 // 2
            del known["2024-06"]
        said, _ = contract.read(DeliveryDiff(stated, before, HEADER, Agreed(header=HEADER)))
        assert any("restated" in text for text in said)
        return stated.times, before.times

    assert walks(40) == walks(4)


def test_a_file_of_which_nothing_is_left_is_refused():
    stated = {key: {"2025-01": 0} for key in rows(LAST)}
    agreed = Agreed(header=HEADER)
    case = DeliveryDiff(stated, rows(LAST), HEADER, agreed, answered=["not counted"])

    with pytest.raises(DataError, match="no number is left of it"):
        contract.read(case)
