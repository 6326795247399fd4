"""What the ledger states: which rows, of which columns, in which order make each part.

The lists are those of scheme 2 and never change, or digests that were quoted could not be checked
any more: a column that is added later belongs to a part of its own or to a scheme of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GROUPS = (
    "the record before",
    "run and files",
    "forecasts",
    "judgements",
    "flags",
    "scores",
    "notices",
    "approvals and withdrawals",
)

Of = Literal["run", "notice", "release", "entry", "record"]


@dataclass(frozen=True, slots=True)
class StatedPart:
    """What is digested together.

    group : the mark it counts for. queries : each takes the id of whose it is, those of the record
    nothing; a first column `begun` is the JSON array of columns without reals, which follow it.
    bulky : compared for the newest runs only before anything is shown. since : the schema
    from which on it is stated. every : finds whose rows there are, each to be stated.
    """

    of: Of
    group: str
    queries: tuple[str, ...]
    bulky: bool = False
    since: int = 16
    every: str = ""


_SERIES = "s.border, s.dimension, s.member, s.component"


def _proof(witnesses: str) -> StatedPart:
    """A proof when it is had; the next run states it once more, with all that it publishes."""
    of = f"from witness_proofs where witness {witnesses}"
    return StatedPart(
        "entry",
        "run and files",
        (
            "select witness, entry_id, run_id, statement, seen_at, seen_by, proof "
            f"{of} and entry_id = ? order by 1",
        ),
        since=19,
        every=f"select entry_id {of} and published_in is null",
    )


PARTS: dict[str, StatedPart] = {
    "run": StatedPart(
        "run",
        "run and files",
        (
            "select id, started_at, published_at, data_through, config_digest, code_version "
            "from main.runs where id = ?",
        ),
    ),
    "releases": StatedPart(
        "run",
        "run and files",
        (
            """
            select r.sha256, r.seq, r.kind, r.source, r.first_seen_at, r.decided_at, r.counts_digest
            from run_releases as x join main.releases as r on r.id = x.release_id
            where x.run_id = ? order by r.sha256
            """,
        ),
    ),
    "forecasts": StatedPart(
        "run",
        "forecasts",
        (
            f"""
            select
                {_SERIES}, f.model, f.month, f.cutoff, f.horizon, f.median, f.lo50, f.hi50, f.lo80,
                f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.centre, f.scale, f.df, f.flag_below,
                f.flag_above
            from forecasts as f join main.series as s on s.id = f.series_id
            where f.run_id = ? order by 1, 2, 3, 4, 5, 6
            """,
        ),
        bulky=True,
    ),
    "quantiles": StatedPart(
        "run",
        "forecasts",
        (
            f"""
            select {_SERIES}, q.month, q.prob_permille, q.value
            from quantiles as q join main.series as s on s.id = q.series_id
            where q.run_id = ? order by 1, 2, 3, 4, 5, 6
            """,
        ),
        bulky=True,
    ),
    "judgements": StatedPart(
        "run",
        "judgements",
        (
            f"""
            select
                {_SERIES}, j.month, r.sha256, j.run_id, j.basis, j.cutoff, j.horizon, j.encounters,
                j.median, j.p, j.z, j.centre, j.apart_p, j.outside, j.drift_up, j.drift_down
            from judgements as j
            join main.series as s on s.id = j.series_id
            join main.releases as r on r.id = j.release_id
            where j.published_in is nullif(?, 0) order by 1, 2, 3, 4, 5
            """,
        ),
    ),
    "flags": StatedPart(
        "run",
        "flags",
        (
            f"""
            select
                f.id, {_SERIES}, f.month, f.kind, r.sha256, f.severity, f.ratio, f.encounters,
                f.expected, f.side, f.role, f.parent_flag_id, f.episode_id
            from flags as f
            join main.series as s on s.id = f.series_id
            join main.releases as r on r.id = f.release_id
            where f.published_in is nullif(?, 0) order by f.id
            """,
        ),
    ),
    "systemic": StatedPart(
        "run",
        "flags",
        (
            "select id, systemic from flags "
            "where (systemic = 1 or systemic_in is not null) and systemic_in is nullif(?, 0) "
            "order by id",
        ),
    ),
    "episodes": StatedPart(
        "run",
        "flags",
        (
            f"""
            select
                e.id, {_SERIES}, e.opened, e.side, e.size, e.cutoff, e.centre, e.scale, e.df,
                e.relative
            from episodes as e join main.series as s on s.id = e.series_id
            where e.published_in is nullif(?, 0) order by e.id
            """,
        ),
    ),
    "closed": StatedPart(
        "run",
        "flags",
        (
            """
            select id, state, closed from episodes
            where (state <> 'open' or closed is not null or closed_in is not null)
                and closed_in is nullif(?, 0)
            order by id
            """,
        ),
    ),
    "reports": StatedPart(
        "run",
        "judgements",
        ("select border, month, report from month_reports where run_id = ? order by 1, 2",),
    ),
    "drivers": StatedPart(
        "run",
        "flags",
        (
            f"""
            select
                d.flag_id, d.dimension, d.role, {_SERIES}, d.expected, d.encounters, d.contribution
            from drivers as d left join main.series as s on s.id = d.child_series_id
            where d.role <> 'not held' and d.published_in is nullif(?, 0)
            order by 1, 2, 3, 4, 5, 6, 7
            """,
        ),
    ),
    "scores": StatedPart(
        "run",
        "scores",
        (
            f"""
            select
                {_SERIES}, c.model, c.horizon, c.basis, c.era, c.n, c.log_wis, c.wis, c.mae, c.mase,
                c.relative_mae, c.coverage50, c.coverage80, c.coverage95
            from scores as c join main.series as s on s.id = c.series_id
            where c.run_id = ? order by 1, 2, 3, 4, 5, 6, 7, 8
            """,
        ),
        bulky=True,
    ),
    "fits": StatedPart(
        "run",
        "scores",
        (
            f"""
            select {_SERIES}, f.model, f.weight, f.past_error, f.failure, f.seconds
            from fits as f join main.series as s on s.id = f.series_id
            where f.run_id = ? order by 1, 2, 3, 4, 5
            """,
        ),
        bulky=True,
    ),
    "paths": StatedPart(
        "run",
        "scores",
        (
            f"""
            select m.model_options, {_SERIES}, m.cutoff, m.data_digest, m.path, m.failure
            from model_paths as m join main.series as s on s.id = m.series_id
            where m.published_in = ? order by 1, 2, 3, 4, 5, 6, 7
            """,
        ),
        bulky=True,
    ),
    "spans": StatedPart(
        "run",
        "forecasts",
        (
            "select rule, seed, borders, correlation from path_rules where run_id = ?",
            f"""
            select {_SERIES}, m.cutoff, m.marks, m.share, m.known
            from path_marks as m join main.series as s on s.id = m.series_id
            where m.run_id = ? order by 1, 2, 3, 4
            """,
            f"""
            select
                {_SERIES}, p.span, p.first_month, p.last_month, p.cutoff, p.months_published,
                p.published, p.median, p.lo50, p.hi50, p.lo80, p.hi80, p.lo90, p.hi90, p.lo95,
                p.hi95
            from spans as p join main.series as s on s.id = p.series_id
            where p.run_id = ? order by 1, 2, 3, 4, 5
            """,
        ),
        bulky=True,
    ),
    "changes": StatedPart(
        "run",
        "forecasts",
        (
            f"""
            select
                {_SERIES}, c.month, c.before_run_id, c.before, c.method, c.revisions, c.season,
                c.surprise, c.after
            from changes as c join main.series as s on s.id = c.series_id
            where c.run_id = ? order by 1, 2, 3, 4, 5
            """,
        ),
    ),
    "answers": StatedPart(
        "run",
        "scores",
        (
            """
            select question_id, basis, cutoff, version, chance, base_rate
            from answers where run_id = ? order by 1, 2, 3
            """,
        ),
    ),
    # Apart from the answers, whose digests were quoted before there was a second yardstick.
    "yardsticks": StatedPart(
        "run",
        "scores",
        (
            """
            select question_id, basis, cutoff, version, last_value
            from answers where run_id = ? and last_value is not null order by 1, 2, 3
            """,
        ),
        since=19,
    ),
    "witnesses": StatedPart(
        "run",
        "run and files",
        (
            """
            select witness, entry_id, run_id, statement, seen_at, seen_by, proof
            from witness_proofs where published_in = ? order by 1, 2
            """,
        ),
        since=17,
    ),
    "notice": StatedPart(
        "notice",
        "notices",
        (
            """
            select
                n.id, n.kind, n.month, r.sha256, n.run_id, n.corrects, n.withdraws, n.content_key,
                n.message_id, n.created_at, n.opening_text, n.opening_html, n.closing_text,
                n.closing_html
            from notices as n join main.releases as r on r.id = n.release_id where n.id = ?
            """,
            """
            select place, border, part, phrase, text, html, statement, chart, alt
            from notice_sections where notice_id = ? order by place
            """,
        ),
        every="select id from notices",
    ),
    "standing": StatedPart(
        "notice",
        "approvals and withdrawals",
        (
            "select id, state, approved_by, approved_user, approved_content, approved_at, "
            "closed_at, reason from notices where id = ?",
        ),
        every="select id from notices",
    ),
    "release": StatedPart(
        "release",
        "run and files",
        (
            """
            select
                id, source, kind, file_name, url, sha256, data_through, seq, rounding,
                first_seen_at, first_seen_precision, status, reason, counts_digest, decided_at
            from main.releases where id = ?
            """,
            "select fiscal_year, closed, line_count from release_years "
            "where release_id = ? order by 1",
            "select border, dimension, component, first_month, last_month from coverage "
            "where release_id = ? order by 1, 2, 3, 4",
        ),
        every="select id from main.releases",
    ),
    "withdrawal": StatedPart(
        "run",
        "approvals and withdrawals",
        ("select run_id, why, by, at from withdrawals where run_id = ?",),
        every="select run_id from withdrawals",
    ),
    "figures": StatedPart(
        "record",
        "run and files",
        (
            "select id, border, dimension, member, component from main.series order by id",
            "select id, sha256 from main.releases order by id",
            "select series_id, month, release_id, encounters from observations order by 1, 2, 3",
        ),
    ),
    "hindcasts": StatedPart(
        "record",
        "scores",
        (
            """
            select
                json_array(
                model, series_id, cutoff, month, horizon, version, data_digest, median, q010, q025,
                q050, q100, q150, q200, q250, q300, q350, q400, q450, q500, q550, q600, q650, q700,
                q750, q800, q850, q900, q950, q975, q990) as begun, centre, scale, df
            from hindcasts order by model, series_id, cutoff, month
            """,
        ),
    ),
    "questions": StatedPart(
        "record",
        "scores",
        (
            """
            select id, series_id, kind, first_month, last_month, statistic, above, below
            from questions order by id
            """,
            """
            select question_id, basis, cutoff, version, chance, base_rate
            from answers where run_id is null order by 1, 2, 3
            """,
        ),
    ),
    "pastyardsticks": StatedPart(
        "record",
        "scores",
        (
            """
            select question_id, basis, cutoff, version, last_value
            from answers where run_id is null and last_value is not null order by 1, 2, 3
            """,
        ),
        since=19,
    ),
    "unexplained": StatedPart(
        "record",
        "flags",
        (
            """
            select
                flag_id, dimension, child_series_id, expected, encounters, contribution,
                published_in
            from drivers where role = 'not held' order by 1, 2, 3
            """,
        ),
    ),
    "notices": StatedPart("record", "notices", ("select id from notices order by id",)),
    "withdrawals": StatedPart(
        "record", "approvals and withdrawals", ("select run_id from withdrawals order by 1",)
    ),
    "schema": StatedPart(
        "record",
        "run and files",
        ("select type, name, tbl_name, sql from sqlite_master order by type, name",),
    ),
    "measure": StatedPart(
        "record", "run and files", ("select id, source from measure order by id",), since=19
    ),
    "measures": StatedPart(
        "record",
        "run and files",
        (
            "select id, measure_id from main.series where measure_id <> 1 order by id",
            "select id, measure_id from main.releases where measure_id <> 1 order by id",
            "select id, measure_id from main.runs where measure_id <> 1 order by id",
            "select measure_id, dimension, label from main.joined_labels "
            "where measure_id <> 1 order by 1, 2, 3",
        ),
        since=20,
    ),
    "labels": StatedPart(
        "record",
        "run and files",
        ("select dimension, label, joined_to from main.joined_labels order by 1, 2, 3",),
        since=19,
    ),
    "unpublished": StatedPart(
        "record",
        "scores",
        (
            f"""
            select m.model_options, {_SERIES}, m.cutoff, m.data_digest, m.path, m.failure
            from model_paths as m join main.series as s on s.id = m.series_id
            where m.published_in is null order by 1, 2, 3, 4, 5, 6, 7
            """,
        ),
        since=19,
    ),
    "signature": _proof("= 'signature'"),
    "stamp": _proof("= 'time stamp'"),
    "commit": _proof("not in ('signature', 'time stamp')"),
}
