"""A run's joint forecast: what is stored is enough, and parts add up wherever one looks."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from forecast import months
from forecast.config import Config
from forecast.engine import ENGINE, paths
from forecast.engine import joint as joint_module
from forecast.engine import simulation as joint_runs
from forecast.engine.forecast import Forecasts, headline
from forecast.engine.intervals import quantiles
from forecast.engine.joint import Joint, as_bytes, marks_of
from forecast.engine.panel import panel
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.store import read
from forecast.tree import Tree
from forecast.types import (
    BORDERS,
    Forecast,
    SeriesKey,
    SimulationSpec,
    StoredMarginals,
    Totals,
)
from tests.support import kept_marks
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows


@pytest.fixture(scope="module")
def joint(published):
    with closing(sqlite3.connect(published)) as connection:
        return Joint(read.path_rule(connection, 1), read.path_marks(connection, 1), ENCOUNTERS.tree)


@pytest.fixture(scope="module")
def draws(joint):
    return joint.draws(paths.PART_DRAWS)


def test_nationwide_is_the_sum_of_the_borders_in_every_path(draws):
    borders = sum(draws.of(SeriesKey(border)) for border in BORDERS)

    assert np.array_equal(draws.of(SeriesKey("nationwide")), borders)


def test_parts_add_up_to_their_border_in_every_path(joint, draws):
    checked = 0
    for (total, _), keys in joint.groups.items():
        above, part = joint.marginals[total], joint.marginals[keys[0]]
        stale = above.cutoff - part.cutoff
        summed = sum(draws.of(key) for key in keys)
        past = [above.known[part.cutoff + 1 + month] for month in range(stale)]

        assert np.allclose(summed[:, :stale], past, rtol=1e-9)
        ahead = summed[:, stale:]
        assert np.allclose(ahead, draws.of(total)[:, : ahead.shape[1]], rtol=1e-9)
        checked += len(keys)
    assert checked == len(joint.marginals) - 4 > 190


@pytest.mark.parametrize("dimension", ["component", "field", "state", "citizenship", "demographic"])
def test_published_medians_add_up_to_the_border_s(published, dimension):
    found = rows(
        published,
        """
        select p.border, p.month, sum(p.median), b.median from latest_forecasts as p
        join latest_forecasts as b on b.border = p.border and b.month = p.month
            and b.dimension = '' and b.model = 'bordercast'
        where p.dimension = ? and p.model = 'bordercast' group by 1, 2
        """,
        dimension,
    )

    assert len(found) >= 9
    assert [row for row in found if row[2] != row[3]] == []


def test_in_months_of_which_the_border_is_known_parts_add_up_to_it(published):
    found = rows(
        published,
        """
        select p.border, p.month, sum(p.median), b.encounters from latest_forecasts as p
        join border_months as b on b.border = p.border and b.month = p.month
        where p.dimension = 'citizenship' group by 1, 2
        """,
    )

    assert len(found) == 27
    assert [row for row in found if row[2] != row[3]] == []


def test_parts_published_quantiles_are_their_paths(published, joint, draws):
    key = next(k for k in joint.marginals if k.member == "Swanton Sector")
    found = rows(
        published,
        "select lo95, lo80, lo50, median, hi50, hi80, hi95 from latest_forecasts "
        "where border = 'northern' and member = 'Swanton Sector' order by month",
    )
    share = (draws.of(key)[:, :12, None] <= np.array(found)).mean(axis=0)

    assert len(found) == 12
    assert (share[:, [0, 1, 2]] <= np.array([0.025, 0.1, 0.25]) + 0.03).all()
    assert (share[:, [4, 5, 6]] >= np.array([0.75, 0.9, 0.975]) - 0.002).all()


def test_a_path_does_not_depend_on_what_is_asked_first(joint):
    swanton = next(k for k in joint.marginals if k.member == "Swanton Sector")
    again = Joint.__new__(Joint)
    again.__dict__.update(joint.__dict__, _drawn={})

    expected = joint.draws(50).of(swanton)
    again.draws(50).of(SeriesKey("southwest", "citizenship", "MEXICO"))

    assert np.array_equal(again.draws(50).of(swanton), expected)


def ragged(northern: str, other: str) -> Joint:
    """Three borders of which one may end earlier, and nationwide."""
    marks = kept_marks.as_bytes(
        np.log1p(1000 + 50 * np.arange(float(len(paths.QUANTILES))))[None].repeat(6, axis=0)
    )
    cutoffs = {"northern": northern, "southwest": northern, "other": other, "nationwide": northern}
    rule = SimulationSpec(kept_marks.RULE, 1, BORDERS, tuple(map(tuple, np.eye(3).tolist())))
    return Joint(
        rule,
        [StoredMarginals(SeriesKey(b), c, marks) for b, c in cutoffs.items()],
        ENCOUNTERS.tree,
    )


def test_months_that_are_not_the_same_are_not_added():
    together, apart = ragged("2026-08", "2026-08"), ragged("2026-08", "2026-06")
    nationwide = SeriesKey("nationwide")

    borders = sum(together.draws(40).of(SeriesKey(border)) for border in BORDERS)
    assert np.array_equal(together.draws(40).of(nationwide), borders)
    assert borders.min() >= 2999
    assert apart.draws(40).of(nationwide).max() <= 2401


def steps(joint: Joint, key: SeriesKey, n: int) -> np.ndarray:
    """A part's own steps: of its name, whatever is drawn beside it."""
    seed = zlib.crc32("/".join(key).encode())
    return paths.steps((2, n, len(joint.marginals[key].marks)), joint.seed, seed)


def northern_with(*parts: StoredMarginals, known: tuple[tuple[str, int], ...] = ()) -> Joint:
    """The three borders through August, four months ahead; northern's parts as given."""
    borders = [marked(SeriesKey(border), "2026-08", 1000.0) for border in BORDERS]
    borders[0] = replace(borders[0], known=known)
    correlation = ((1.0, 0.5, 0.0), (0.5, 1.0, 0.2), (0.0, 0.2, 1.0))
    return Joint(
        SimulationSpec(kept_marks.RULE, 5, BORDERS, correlation),
        [*borders, *parts],
        ENCOUNTERS.tree,
    )


def marked(key: SeriesKey, cutoff: str, level: float, ahead: int = 4, share=1.0) -> StoredMarginals:
    width = 0.1 * np.sqrt(np.arange(1, ahead + 1))[:, None]
    spread = np.linspace(-1, 1, len(paths.QUANTILES))
    return StoredMarginals(key, cutoff, kept_marks.as_bytes(np.log(level) + width * spread), share)


NORTH, YORK, MAINE = (
    SeriesKey("northern"),
    *(SeriesKey("northern", "state", m) for m in ("NY", "ME")),
)


def test_borders_are_drawn_side_by_side_by_calendar_month():
    joint = northern_with()
    step = paths.mixed(joint.correlation, paths.steps((3, 2, 30, 4), 5))

    for place, border in enumerate(BORDERS):
        marginals = joint.marginals[SeriesKey(border)]
        expected = paths.from_steps(marginals.marks[None], step[place][None])[0]
        assert np.array_equal(joint.draws(30).of(SeriesKey(border)), expected)
    assert joint.draws(30) is joint.draws(30)
    with pytest.raises(KeyError, match="northern / state / NY"):
        joint.draws(30).of(YORK)


@pytest.mark.parametrize(
    ("share", "cutoff", "counts"),
    [(1.0, "2026-07", (777,)), (0.5, "2026-07", (777,)), (1.0, "2026-06", (555, 777))],
)
def test_parts_follow_their_border_through_months_it_knows_already(share, cutoff, counts):
    """The parts end in July or June: what follows is published of the border; they make it up."""
    stale = len(counts)
    known = tuple((months.shift(cutoff, step), count) for step, count in enumerate(counts, start=1))
    parts = [marked(key, cutoff, 300.0, share=share) for key in (YORK, MAINE)]
    joint = northern_with(*parts, known=(*known, ("2026-05", 1)))
    draws = joint.draws(30)

    found = np.stack([draws.of(key) for key in (YORK, MAINE)])

    border = paths.mixed(joint.correlation, paths.steps((3, 2, 30, 4), 5))[0]
    lost = zlib.crc32(b"months a border is ahead of its parts northern")
    past = paths.steps((2, 30, stale), 5, lost)
    follow = np.concatenate([past, border[..., : 4 - stale]], axis=-1)
    own = np.stack([steps(joint, key, 30) for key in (YORK, MAINE)])
    marks = np.stack([joint.marginals[key].marks for key in (YORK, MAINE)])
    free = paths.from_steps(marks, joint_module.followed(follow, own))
    goal = np.hstack([np.tile(counts, (30, 1)), draws.of(NORTH)[:, : 4 - stale]]) * share
    assert np.array_equal(found, joint_module.adding_up(free, goal))


@pytest.mark.parametrize(("cutoff", "ahead"), [("2026-10", 2), ("2026-09", 3), ("2026-09", 2)])
def test_parts_that_are_ahead_of_their_border_follow_the_months_after(cutoff, ahead):
    parts = [marked(key, cutoff, 300.0, ahead=ahead) for key in (YORK, MAINE)]
    draws = northern_with(*parts).draws(30)

    summed = draws.of(YORK) + draws.of(MAINE)

    skipped = months.to_index(cutoff) - months.to_index("2026-08")
    expected = draws.of(NORTH)[:, skipped : skipped + ahead]
    assert np.allclose(summed, expected, rtol=1e-12)


def test_borders_that_end_in_other_months_take_the_steps_of_the_same_calendar_months():
    """Northern through August, the others through July and May: seven months from May's end on."""
    ends = {"northern": ("2026-08", 4), "southwest": ("2026-07", 4), "other": ("2026-05", 3)}
    borders = [marked(SeriesKey(b), *([c, 900.0, n])) for b, (c, n) in ends.items()]
    correlation = ((1.0, 0.5, 0.0), (0.5, 1.0, 0.2), (0.0, 0.2, 1.0))
    draws = Joint(
        SimulationSpec(kept_marks.RULE, 5, BORDERS, correlation), borders, ENCOUNTERS.tree
    ).draws(20)

    step = paths.mixed(np.array(correlation), paths.steps((3, 2, 20, 7), 5))
    for place, border in enumerate(BORDERS):
        cutoff, ahead = ends[border]
        first = months.to_index(cutoff) - months.to_index("2026-05")
        own = step[place][None, ..., first : first + ahead]
        expected = paths.from_steps(draws.joint.marginals[SeriesKey(border)].marks[None], own)[0]
        assert np.array_equal(draws.of(SeriesKey(border)), expected)


@pytest.mark.parametrize(
    "parts",
    [
        (("2026-08", 4), ("2026-07", 4)),  # not the same months
        (("2026-08", 5), ("2026-08", 5)),  # beyond the border's last
        (("2026-07", 4), ("2026-07", 4)),  # August of the border is not known
        (("2026-06", 4), ("2026-06", 4)),  # nor July
    ],
)
def test_parts_that_cannot_add_up_are_drawn_by_themselves(parts):
    made = [
        marked(key, cutoff, 300.0, ahead)
        for key, (cutoff, ahead) in zip((YORK, MAINE), parts, strict=True)
    ]
    joint = northern_with(*made)

    for key in (YORK, MAINE):
        expected = paths.from_steps(joint.marginals[key].marks[None], steps(joint, key, 30)[None])
        assert np.array_equal(joint.draws(30).of(key), expected[0])
    nobody = Joint(SimulationSpec(kept_marks.RULE, 5, (), ()), made, ENCOUNTERS.tree)
    assert np.array_equal(nobody.draws(30).of(YORK), joint.draws(30).of(YORK))


def test_sectors_add_up_to_their_agency_and_all_else_to_the_border():
    agency = SeriesKey("northern", "component", "A", "A")
    sector, foreign = (
        SeriesKey("northern", "field", name, a) for name, a in (("S", "A"), ("O", "B"))
    )
    among = (NORTH, YORK, MAINE, agency, sector, foreign)

    found = ENCOUNTERS.tree.groups((*among, YORK))

    assert found == {
        (NORTH, "state"): [YORK, MAINE],
        (NORTH, "component"): [agency],
        (agency, "field"): [sector],
        (NORTH, "field"): [foreign],
    }
    joint = northern_with(*(marked(key, "2026-08", 300.0) for key in among[1:]))
    assert [len(joint.groups[joint.place(key)]) for key in (YORK, agency, sector)] == [2, 1, 1]
    draws = joint.draws(30)
    assert np.allclose(draws.of(sector), draws.of(agency), rtol=1e-12)
    assert np.allclose(draws.of(agency), draws.of(NORTH), rtol=1e-12)


def test_marks_are_kept_so_that_they_come_back_and_ascend():
    """A rounding to single precision may not turn two quantiles round."""
    close = np.linspace(5, 5 + 1e-6, len(paths.QUANTILES))
    marks = np.stack([close, close[::-1]])
    kept = StoredMarginals(NORTH, "2026-08", kept_marks.as_bytes(marks), 0.25, (("2026-09", 7),))

    found = Joint(SimulationSpec(kept_marks.RULE, 1, (), ()), [kept], ENCOUNTERS.tree).marginals[
        NORTH
    ]

    assert found.marks.shape == marks.shape
    assert np.all(np.diff(found.marks) >= 0)
    assert np.abs(found.marks[0] - close).max() < 1e-6
    assert (found.cutoff, found.end, found.share) == (2026 * 12 + 7, 2026 * 12 + 9, 0.25)
    assert found.known == {2026 * 12 + 8: 7}


def test_distributions_are_kept_so_that_they_come_back():
    """In single precision; and a retuned tail may not move what was kept before."""
    df, reach = 3.5, 2.0
    centre, scale = np.log1p([900.0, 950, 40, 0]), np.array([0.1, 0.2, 0.25, 0.9])

    marks = marks_of(as_bytes(centre, scale, df, reach), 2)

    said = quantiles(centre, scale, df, reach, paths.QUANTILES)
    assert marks == pytest.approx(said, abs=1e-6)
    assert np.array_equal(marks, marks.astype(np.float32))
    assert np.all(np.diff(marks) >= 0)
    released = [4.8575139, 6.3841357, 6.8575139, 7.2165928, 8.3796721]
    assert marks[1, [0, 4, 13, 22, 26]] == pytest.approx(released, abs=1e-6)


def spans_of(together: Joint, counts) -> list[Forecast]:
    drawn = {
        key: joint_runs.summarized(together, key, draws, counts[key], ENCOUNTERS.calendar)
        for key, draws in together.drawn()
    }
    return list(joint_runs.standard_spans(drawn, ()))


def test_only_sums_with_a_month_that_nobody_knows_are_left_out():
    together = ragged("2026-08", "2026-08")
    counts = {
        key: dict.fromkeys(months.between("2025-10", "2026-08"), 1000) for key in together.marginals
    }
    whole = [(s.series.total, s.span) for s in spans_of(together, counts)]
    # One in the calendar year and in the fiscal year, which comes before it among the spans.
    del counts[SeriesKey("southwest")]["2026-02"]
    rest = [(s.series.total, s.span) for s in spans_of(together, counts)]

    assert set(whole) - set(rest) == {("southwest", "FY2026"), ("southwest", "2026")}
    assert ("southwest", "rest of 2026") in rest


@pytest.mark.parametrize("rule", [0, 6, 99])
def test_paths_by_an_unknown_rule_are_refused(rule):
    with pytest.raises(ValueError, match=f"paths by rule {rule}; known are 1 to 5"):
        Joint(SimulationSpec(rule, 1, (), ()), [], ENCOUNTERS.tree)


@pytest.mark.slow
def test_an_edited_mark_shows(database):
    from forecast.store import integrity

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update path_marks set share = 0.5 where series_id = 1")
        connection.commit()

        assert integrity.findings(connection) == ["run 1 was edited: spans not as published"]


# --- what a run keeps of its parts


def part_of(border: str, member: str) -> SeriesKey:
    return SeriesKey(border, "state", member)


def counted(first: str, *values: int) -> dict[str, int]:
    return {months.shift(first, n): value for n, value in enumerate(values)}


WHOLE = SeriesKey("northern")
ONE, TWO = part_of("northern", "AA"), part_of("northern", "BB")
MARKS = {WHOLE: np.zeros((3, 2)), ONE: np.zeros((3, 2)), TWO: np.zeros((3, 2))}


def shares_of(counts) -> dict[SeriesKey, float]:
    ends = {key: max(counts[key]) for key in MARKS}
    return joint_runs.beside_totals(MARKS, counts, ends, ENCOUNTERS.tree)[0]


@pytest.mark.parametrize(("of_parts", "share"), [(97, 0.97), (98, 1.0), (100, 1.0), (50, 0.5)])
def test_parts_make_up_all_of_their_total_unless_some_have_no_forecast(of_parts, share):
    """By the last twelve months; what was before says nothing."""
    counts = {
        WHOLE: counted("2023-01", *[1000] * 3, *[100] * 12),
        ONE: counted("2023-01", *[1] * 3, *[of_parts - 10] * 12),
        TWO: counted("2023-01", *[1] * 3, *[10] * 12),
    }

    assert shares_of(counts) == {ONE: pytest.approx(share), TWO: pytest.approx(share)}


def test_months_that_nobody_knows_of_a_part_say_nothing_of_its_share():
    counts = {
        WHOLE: counted("2023-01", *[100] * 14),
        ONE: counted("2023-01", *[40] * 14),
        TWO: counted("2023-01", *[10] * 14),
    }
    del counts[ONE]["2023-05"]
    counts[TWO]["2023-05"] = 90

    assert shares_of(counts)[ONE] == pytest.approx(0.5)
    counts[WHOLE] = counted("2023-01", *[0] * 14)
    assert shares_of(counts)[ONE] == 1.0


def known_of(counts):
    ends = {key: max(counts[key]) for key in MARKS}
    return joint_runs.beside_totals(MARKS, counts, ends, ENCOUNTERS.tree)[1]


def test_a_total_is_known_in_months_that_its_parts_still_forecast():
    counts = {
        WHOLE: counted("2023-01", *range(100, 106)),
        ONE: counted("2023-01", *[1] * 4),
        TWO: counted("2023-01", *[1] * 5),
    }

    assert known_of(counts) == {WHOLE: (("2023-05", 104), ("2023-06", 105))}
    del counts[WHOLE]["2023-05"]
    assert known_of(counts) == {WHOLE: (("2023-06", 105),)}
    even = counts | {ONE: counts[WHOLE], TWO: counts[WHOLE]}
    assert known_of(even) == {}


def test_borders_that_end_in_other_months_are_laid_month_by_month():
    scores = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])

    moved = joint_runs._by_month(scores, np.array([10, 12, 11]))

    nan = np.nan
    assert np.array_equal(
        moved, [[1, 2, 3, nan, nan], [nan, nan, 4, 5, 6], [nan, 7, 8, 9, nan]], equal_nan=True
    )
    assert np.array_equal(joint_runs._by_month(scores, np.array([7, 7, 7])), scores)


# --- what a run keeps, made of what the engine says

NATIONWIDE = SeriesKey("nationwide")
YEARS = months.between("2024-09", "2026-08")
KEYS = tuple(map(SeriesKey, ("nationwide", *BORDERS)))


def counts_of(keys: tuple[SeriesKey, ...] = KEYS) -> dict[SeriesKey, dict[str, int]]:
    return {key: dict.fromkeys(YEARS, 300 if key == NATIONWIDE else 100) for key in keys}


def steady(rows: int, columns: int, h: int, counts: float, wide: float = 0.2) -> Predictive:
    ones = np.ones((rows, columns))
    centre = np.full((rows, columns, h), np.log1p(counts))
    return Predictive(centre, np.full(centre.shape, wide), 4 * ones, 3 * ones, ones, ones, ones)


def kept_of(head, said: Predictive, further: Predictive, families=(), counts=None):
    models = Forecasts({ENGINE: said}, {}, {}, further)
    return joint_runs.joint_forecast(head, models, families, counts or counts_of(), ENCOUNTERS)


def test_a_run_keeps_two_years_of_each_series_the_first_as_published():
    head = headline(counts_of(), Config().forecast.first_cutoff, ENCOUNTERS)
    said = steady(4, len(YEARS), 12, 100)
    further = steady(4, 1, paths.MAX_HORIZON, 50)
    part = SeriesKey("northern", "state", "NY")
    counts = counts_of() | {part: dict.fromkeys(YEARS[:-1], 60)}
    one = panel({part: counts[part]}, ENCOUNTERS)
    family = PanelHindcasts((part,), one, steady(1, 23, 12, 60), further=steady(1, 1, 24, 60))

    rule, kept, _ = kept_of(head, said, further, [family], counts)

    assert {mark.series: mark.cutoff for mark in kept} == {
        **dict.fromkeys(KEYS, "2026-08"),
        part: "2026-07",
    }
    middle = paths.QUANTILES.index(0.5)
    for mark in kept[:4]:
        marks = marks_of(mark.marks, paths.RULE)
        assert marks.shape == (paths.MAX_HORIZON, len(paths.QUANTILES))
        assert np.expm1(marks[:, middle]) == pytest.approx([100] * 12 + [50] * 12, rel=1e-3)
    assert (rule.rule, rule.totals) == (paths.RULE, tuple(key.total for key in head.keys[:-1]))
    assert {mark.series: (mark.share, mark.known) for mark in kept} == {
        **dict.fromkeys(KEYS, (1.0, ())),
        part: (0.6, ()),
        KEYS[KEYS.index(SeriesKey("northern"))]: (1.0, (("2026-08", 100),)),
    }


def test_a_series_without_a_forecast_is_not_kept_and_borders_need_one_to_be_drawn():
    head = headline(counts_of(), Config().forecast.first_cutoff, ENCOUNTERS)
    said, further = steady(4, len(YEARS), 12, 100), steady(4, 1, paths.MAX_HORIZON, 100)
    said.centre[0, -1, 3] = np.nan

    rule, kept, _ = kept_of(head, said, further)
    assert [mark.series for mark in kept] == list(head.keys[1:])
    assert rule.totals == tuple(key.total for key in head.keys[1:-1])
    said.centre[...] = np.nan
    rule, kept, _ = kept_of(head, said, further)
    assert (kept, rule) == ([], SimulationSpec(paths.RULE, months.to_index("2026-08"), (), ()))


def test_borders_hang_together_as_much_as_their_total_is_uncertain():
    """Unless there is no total, or they end in different months and add up to none."""
    counts, rng = counts_of(), np.random.default_rng(5)
    for border in KEYS[1:]:
        drawn = rng.normal(np.log(100), 0.2, len(YEARS))
        counts[border] = dict(zip(YEARS, np.exp(drawn).round().tolist(), strict=True))
    head = headline(counts, Config().forecast.first_cutoff, ENCOUNTERS)
    last = head.keys.index(NATIONWIDE)
    said, further = steady(4, len(YEARS), 12, 100), steady(4, 1, paths.MAX_HORIZON, 100)
    further.centre[last] = said.centre[last] = np.log1p(300)
    said.scale[last] = further.scale[last] = 0.19  # nearly as wide as one of them

    together = np.array(kept_of(head, said, further)[0].correlation)
    alone = np.array(kept_of(replace(head, totals={}), said, further)[0].correlation)
    said.centre[last] = np.nan
    without = np.array(kept_of(head, said, further)[0].correlation)

    apart = ~np.eye(3, dtype=bool)
    assert np.array_equal(alone, without)
    assert (together[apart] > alone[apart] + 0.2).all()


def test_a_part_had_nothing_before_it_first_appeared():
    """But of a border nobody knows what is not published."""
    marks = kept_marks.as_bytes(np.log1p(np.full((12, len(paths.QUANTILES)), 10.0)))
    part = SeriesKey("northern", "state", "NY")
    border = SeriesKey("northern")
    rule = SimulationSpec(kept_marks.RULE, 1, ("northern",), ((1.0,),))
    together = Joint(
        rule, [StoredMarginals(key, "2026-02", marks) for key in (border, part)], ENCOUNTERS.tree
    )
    new = {"2026-01": 7, "2026-02": 5}

    found = list(spans_of(together, {border: dict(new), part: dict(new)}))

    told = {(one.series, one.span): one for one in found}
    assert (part, "FY2026") in told
    assert (border, "FY2026") not in told
    assert {span for key, span in told if key == border} < {
        span for key, span in told if key == part
    }
    assert told[part, "FY2026"].median == pytest.approx(12 + 7 * 10, abs=1)
    assert {one.cutoff for one in found} == {"2026-02"}


def by_factors(totals: int = 3, **kept) -> Joint:
    names = [f"t{place}" for place in range(totals)]
    rule = SimulationSpec(paths.FACTORS_RULE, 5, tuple(names), ((0.6, 0.5),) * totals)
    every = [spread(SeriesKey(name), 1000 + 10 * at) for at, name in enumerate(names)]
    tree = Tree(Totals(tuple(names), kept.get("whole", "")))
    return Joint(rule, [*every, *kept.get("more", ())], tree)


def spread(key: SeriesKey, level: float) -> StoredMarginals:
    centre = np.full(4, np.log(level))
    return StoredMarginals(key, "2026-08", as_bytes(centre, np.full(4, 0.1), 5.0, 3.0))


def test_totals_by_factors_share_steps_and_have_their_own():
    joint = by_factors()
    common = paths.steps((2, 2, 2000, 4), 5)

    for row, key in enumerate(joint.side_by_side):
        step = joint.correlation.mixed(row, common, steps(joint, key, 2000))
        expected = paths.from_steps(joint.marginals[key].marks[None], step[None])[0]
        assert np.array_equal(joint.draws(2000).of(key), expected)
    ranks = [joint.draws(2000).of(key)[:, 0].argsort().argsort() for key in joint.side_by_side]
    assert np.corrcoef(ranks[0], ranks[1])[0, 1] == pytest.approx(0.6, abs=0.05)


def test_the_whole_of_totals_by_factors_is_their_sum():
    whole = spread(SeriesKey("all"), 3000)
    joint = by_factors(more=[whole], whole="all")
    draws = joint.draws(50)

    summed = sum(draws.of(key) for key in joint.side_by_side)
    assert np.array_equal(draws.of(SeriesKey("all")), summed)


def test_paths_that_gave_way_are_drawn_again_as_they_were(monkeypatch):
    joint = by_factors(12)
    first = {key: joint.draws(50).of(key).copy() for key in joint.side_by_side}
    monkeypatch.setattr(joint_module, "_ROOM", 4 * 50 * 4 * 3 * 8)
    small = by_factors(12).draws(50)

    for _ in range(2):
        assert all(np.array_equal(small.of(key), first[key]) for key in first)
    assert len(small._kept) <= 4
