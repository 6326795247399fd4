"""The real program with its clock stopped: `stopped_clock.py FAULT ARGUMENTS-OF-BORDERCAST`.

FAULT is "" or what is to go wrong, as `faulty.arrange` reads it. Nothing of the program is replaced
but its clock: the same record, settings and file give the same bytes.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, tzinfo
from multiprocessing import current_process

from jobs import cli, monthly
from jobs.service import upkeep  # noqa: F401 - "ready" means that all is imported
from tests.support import small_record


class Stopped(datetime):
    """The moment of the run under test, for ever; later where the clock was moved."""

    later = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return (small_record.NOW + cls.later).astimezone(tz)


def main(fault: str, *arguments: str) -> None:
    monthly.datetime = Stopped  # type: ignore[misc, attr-defined]
    if fault:
        from tests.support import injected_faults

        injected_faults.arrange(fault)
    print("ready", flush=True)
    cli.main(list(arguments), prog_name="bordercast")


if __name__ == "__main__" and current_process().name == "MainProcess":
    main(*sys.argv[1:])
