"""The parts of a dimension and what no part states add up to what they split."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from forecast.store.read import view_columns, view_rows
from tests.support.databases import rows

SPLITS = "dimension not in ('', 'apprehension_type')"


def test_parts_and_what_is_not_on_record_add_up_to_their_total_in_every_month(published):
    query = f"""
        select m.border, m.dimension, m.month, sum(m.encounters) as parts, t.encounters as whole
        from series_months as m join border_months as t using (border, month)
        where {SPLITS} group by 1, 2, 3
    """
    every = rows(published, query)

    assert len(every) > 1000
    assert [row for row in every if row[3] != row[4]] == []


def test_a_dimension_is_complete_where_its_parts_alone_add_up(published):
    query = f"""
        select m.dimension, m.month, sum(m.encounters) = t.encounters, max(m.complete)
        from series_months as m join border_months as t using (border, month)
        where {SPLITS} and m.member <> 'not on record' group by m.border, 1, 2
    """
    found = rows(published, query)

    assert [row for row in found if row[2] != row[3]] == []
    incomplete = {(name, month) for name, month, _, complete in found if not complete}
    assert {(n, m) for n, m in incomplete if n in ("component", "field")} == {
        (n, m) for n, m, *_ in found if n in ("component", "field") and m < "2023-06"
    }


def test_it_is_so_of_any_day(published):
    """As of a day the parts are held against the totals of that day."""
    columns = view_columns()["series_months"]
    with closing(sqlite3.connect(published)) as db:
        then = view_rows(db, "series_months", columns, "2025-04-01")
    of = {name: place for place, name in enumerate(columns)}
    whole, parts = {}, {}
    for row in then:
        at = (row[of["border"]], row[of["month"]])
        if not row[of["dimension"]]:
            whole[at] = row[of["encounters"]]
        elif row[of["dimension"]] == "component":
            parts[at] = parts.get(at, 0) + row[of["encounters"]]

    assert max(month for _, month in whole) < "2025-04"
    assert len(set(whole) & set(parts)) > 300
    assert all(whole[at] == parts[at] for at in set(whole) & set(parts))
