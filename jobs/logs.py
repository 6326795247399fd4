"""The service's log: one line an event on stderr, for people or for programs; no secrets."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime

from forecast.config import Config
from forecast.words import without_controls
from jobs.environment import redacted

LOG = logging.getLogger("bordercast")
# syslog's numbers, which the journal reads at the beginning of a line
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def set_up(config: Config) -> None:
    """Log to stderr, as the settings say; only ours, and the scheduler's complaints."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(config))
    for name, level in (("bordercast", logging.INFO), ("apscheduler", logging.WARNING)):
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
        text = self._lines(record)
        if not self.journal:
            return text
        priority = f"<{PRIORITIES[record.levelname.lower()]}>"
        return "\n".join(priority + line for line in text.splitlines())

    def _lines(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds; a traceback stays on it in JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        message = redacted(record.getMessage(), self.config)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        trace = redacted(trace, self.config)
        level = record.levelname.lower()
        if self.config.service.log == "json":
            event = {"at": at, "level": level, "process": record.process, "message": message}
            return json.dumps(event | ({"trace": trace} if trace else {}))
        line = f"{at} {level}: " + without_controls(" ".join(message.split("\n")))
        return f"{line}\n{without_controls(trace)}" if trace else line
