"""The service's log: one line an event on stderr, for people or for programs; no secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from forecast.config import Config
from forecast.printable import without_controls
from jobs.environment import redacted

LOG = logging.getLogger("bordercast")


def set_up(config: Config) -> None:
    """Log to stderr, as the settings say; only ours, and the scheduler's complaints."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(config))
    for name, level in (("bordercast", logging.INFO), ("apscheduler", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


class _Lines(logging.Formatter):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message holds; a traceback stays on it in JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        message = redacted(record.getMessage(), self.config)
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        trace = redacted(trace, self.config)
        level = record.levelname.lower()
        if self.config.service.log == "json":
            said = {"at": at, "level": level, "process": record.process, "message": message}
            return json.dumps(said | ({"trace": trace} if trace else {}))
        line = f"{at} {level}: " + without_controls(" ".join(message.split("\n")))
        return f"{line}\n{without_controls(trace)}" if trace else line
