"""The log: one line an event on stderr, for people or for programs; no secrets.

Each event has a name that stays, which docs/operations.md lists; the words beside it may change.
"""

import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from forecast.config import Config
from forecast.types import Report
from forecast.words import without_controls
from jobs.environment import redacted

LOG = logging.getLogger("bordercast")
# syslog's numbers, which the journal reads at the beginning of a line
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def event(name: str, text: str, level: int = logging.INFO, **about: Any) -> None:
    """Log what happened. about : what programs look for: run, release, series, seconds."""
    LOG.log(level, "%s", text, extra={"event": name, "about": about})


def steps(report: Report) -> Report:
    """Return a report of progress that also logs each step with its seconds, for --verbose."""
    begun: dict[str, float] = {}

    def told(step: str, done: int, total: int) -> None:
        report(step, done, total)
        seconds = round(time.monotonic() - begun.setdefault(step, time.monotonic()), 3)
        if done >= total:
            text = f"{step}: {seconds:.1f} s"
            event("step", text, logging.DEBUG, step=step, seconds=seconds)

    return told


def set_up(config: Config, *, verbose: bool = False) -> None:
    """Log to stderr, as the settings say; only ours, and the scheduler's complaints.

    verbose : whether each step is told too; stays so once it was asked for.
    """
    ours = logging.DEBUG if verbose or LOG.level == logging.DEBUG else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(config))
    for name, level in (("bordercast", ours), ("apscheduler", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def to_journal() -> bool:
    """Return whether systemd's journal reads our stderr; it says which file that would be."""
    try:
        stat = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # stderr is closed, or no file
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"


class _Lines(logging.Formatter):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.journal = to_journal()

    def format(self, record: logging.LogRecord) -> str:
        """What is written of an event; every line with its priority if the journal reads it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        message = redacted(record.getMessage(), self.config)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        trace = redacted(trace, self.config)
        level = record.levelname.lower()
        # One line, whatever the message holds; a traceback stays on it in JSON.
        if self.config.service.log == "json":
            named = {"event": getattr(record, "event", record.module), "message": message}
            about = {
                key: of if isinstance(of, int | float) else redacted(str(of), self.config)
                for key, of in getattr(record, "about", {}).items()
            }
            line_of = {"at": at, "level": level, "process": record.process, **named, **about}
            text = json.dumps(line_of | ({"trace": trace} if trace else {}))
        else:
            text = f"{at} {level}: " + without_controls(" ".join(message.split("\n")))
            text += f"\n{without_controls(trace)}" if trace else ""
        if not self.journal:
            return text
        return "\n".join(f"<{PRIORITIES[level]}>{line}" for line in text.splitlines())
