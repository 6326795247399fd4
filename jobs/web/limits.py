"""What a visitor's query may cost."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class QueryLimits:
    """What a visitor's query may cost, and how long it may take.

    threads : queries run at once. waiting : requests beside those; more are refused.
    turn_seconds : for a turn. start_seconds : for a turn and a process that is being started.
    statement_seconds : for one statement, kept by SQLite between its own steps.
    answer_seconds : for a whole answer, kept by killing the process: a step can take minutes.
    request_seconds : for all of it; the answer gets what the start has left.
    rows, streamed_rows : in an answer. answer_bytes : of an answer, in the values read and as sent.
    heap_bytes : of SQLite. address_bytes : of the process.
    """

    threads: int = 3
    waiting: int = 9
    turn_seconds: float = 2.5
    start_seconds: float = 5.0
    statement_seconds: float = 3.0
    answer_seconds: float = 6.0
    request_seconds: float = 8.8
    rows: int = 1_000
    streamed_rows: int = 50_000
    answer_bytes: int = 8 * MB
    heap_bytes: int = 200 * MB
    address_bytes: int = 1_200 * MB
