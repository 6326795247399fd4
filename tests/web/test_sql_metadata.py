"""What Datasette is told of views, columns and questions: what the dictionary says of them."""

from __future__ import annotations

import json

from forecast.desk.dictionary import VIEWS
from forecast.store.queries import questions
from forecast.store.read import RunRow
from jobs.web.responses import DATABASE, QueryLimits
from jobs.web.sql import metadata
from tests.support.cbp_files import ENCOUNTERS

RUN = RunRow(7, "2024-04-19T12:00", "2024-03", "ab" * 32)


def test_every_view_and_question_is_described():
    found = metadata(RUN, ENCOUNTERS)["databases"][DATABASE]

    assert list(found["tables"]) == list(VIEWS)
    asked = [(name, *one.values()) for name, one in found["queries"].items()]
    assert asked == [(name, q["title"], q["about"], q["sql"]) for name, q in questions().items()]
    for view in VIEWS.values():
        told = found["tables"][view.name]
        assert told["description"].startswith(f"A row is {view.row_in(ENCOUNTERS)}.")
        assert told["description"].endswith(view.note or ".")
        assert list(told["columns"]) == list(view.columns)
    assert json.dumps(found)


def test_a_column_is_told_with_its_unit_and_what_it_can_be():
    columns = metadata(RUN, ENCOUNTERS)["databases"][DATABASE]["tables"]["latest_forecasts"][
        "columns"
    ]

    assert {name: columns[name] for name in ("median", "horizon")} == {
        "median": "The forecast: as likely to be passed as not (encounters, 0 and up)",
        "horizon": "The lead: months from the cutoff to the month (months, 1 and up)",
    }


def test_the_source_names_the_run_and_how_to_check_it():
    found = metadata(RUN, ENCOUNTERS)
    source = found["databases"][DATABASE]["source"]

    assert found["title"] == "Bordercast"
    assert source.endswith(
        f"Run 7, digest {RUN.digest}; to check it: bordercast verify --run 7 --digest {RUN.digest}"
    )


def test_what_a_query_may_cost_is_what_the_page_on_limits_says():
    """A change of one of these is a change for visitors: docs/web.md has them too."""
    limits = QueryLimits()

    assert (limits.threads, limits.waiting) == (3, 9)
    assert (limits.turn_seconds, limits.start_seconds, limits.statement_seconds) == (2.5, 5.0, 3.0)
    assert (limits.answer_seconds, limits.request_seconds) == (6.0, 8.8)
    assert (limits.rows, limits.streamed_rows, limits.answer_bytes) == (1_000, 50_000, 8_000_000)
    assert limits.heap_bytes == 200_000_000
    # Each of these is waited for within the one that follows.
    assert limits.statement_seconds < limits.answer_seconds < limits.request_seconds
