"""Rows added to a record that would rewrite it, if they counted."""

from __future__ import annotations

from forecast.store import schema
from forecast.store.kinds import RULES


def view(name: str, change: str) -> list[str]:
    """Statements that make a view anew."""
    (sql,) = [one for one in schema.views() if f"create view {name} as" in one]
    return [f"drop view {name}", sql.replace(*change.split(" -> "))]


ATTACKS = {
    "a view": (
        view("latest_forecasts", "f.median -> 2 * f.median as median"),
        ("schema", "", [(part, None) for part in RULES["schema"].record]),
        "view latest_forecasts was changed, but not by this program",
    ),
    "a trigger": (
        ["create trigger t after insert on runs begin delete from flags; end"],
        ("schema", "", [(part, None) for part in RULES["schema"].record]),
        "trigger t was added, but not by this program",
    ),
    "a notice that was sent": (
        ["update notices set opening_text = 'x', approved_by = 'Nobody' where id = 1"],
        ("accepted", "release 1", [("notice", 1), ("standing", 1)]),
        "notice 1 was edited: notice and standing not as published",
    ),
    "the newest release": (
        ["update releases set status = 'quarantined' where id = 2"],
        ("refused", "release 2", [("release", 2), ("figures", None)]),
        "release 2 was edited: release not as published",
    ),
    "a release's address": (
        ["update releases set url = 'x', file_name = 'y' where id = 2"],
        ("accepted", "release 2", [("release", 2), ("figures", None)]),
        "release 2 was edited: release not as published",
    ),
    "scores": (
        ["update scores set n = 1"],
        ("approved", "notice 1", [("scores", 2)]),
        "run 2 was edited: scores not as published",
    ),
    "hindcasts": (
        ["update hindcasts set median = 0"],
        ("kept", "", [("hindcasts", None)]),
        "hindcasts: edited, but not by this program",
    ),
    "figures": (
        ["update observations set encounters = 1 where encounters = 60"],
        ("refused", "release 4", [("figures", None)]),
        "figures: edited, but not by this program",
    ),
    "measures swapped": (
        [f"update {table} set measure_id = 2" for table in ("series", "releases", "runs")],
        ("kept", "", [("measures", None)]),
        "run 2 was edited: runmeasure not as published",
    ),
    "measures of series swapped": (
        ["update series set measure_id = 2 where id = 2"],
        ("accepted", "release 2", [("release", 2), ("releasemeasure", 2), ("figures", None)]),
        "series 2 (northern) was moved to measure 2; the files that state it are of measure 1",
    ),
    "a file in another measure": (
        ["update releases set measure_id = 2 where id = 2"],
        ("accepted", "release 2", [("release", 2), ("releasemeasure", 2), ("figures", None)]),
        "release 2 was edited: releasemeasure not as published",
    ),
    "a run hidden in another measure": (
        ["update runs set measure_id = 2 where id = 2"],
        ("run", "run 2", [("runmeasure", 2)]),
        "run 2 was edited: runmeasure not as published",
    ),
    "words without an entry": (
        ["insert into wordings values (9, 1, '2024', '{\"unit\": \"pounds\"}', '{}')"],
        ("kept", "", [("unpublished", None), ("measure", None)]),
        "wording 9 is not in the ledger",
    ),
    "labels joined without an entry": (
        ['insert into wordings values (9, 1, \'2024\', null, \'{"state": {"NY": "VT"}}\')'],
        ("kept", "", [("labels", None), ("measures", None)]),
        "wording 9 is not in the ledger",
    ),
    "a notice nobody stated": (
        [
            "insert into notices (kind, month, release_id, run_id, content_key, message_id, "
            "created_at, state) values ('flags', '2024-01', 1, 2, 'k', 'm', '2024', 'held')"
        ],
        ("kept", "", [("notices", None)]),
        "notice 3 is not in the ledger",
    ),
}
