"""Statements that change what a record says, behind the back of the program."""

from __future__ import annotations

MEDIANS = ["update forecasts set median = lo50 where run_id = 3 and model = 'bordercast'"]


SAID = [
    "update flags set severity = 'watch', ratio = 1.0 where id = (select max(id) from flags)",
    "update judgements set p = 0.5 where month = '2024-02'",
    "update scores set wis = wis / 2 where run_id = 3",
    "update notice_sections set text = 'so', html = 'so' where notice_id = 2",
    "update notices set approved_by = 'Nobody' where id = 2",
]
