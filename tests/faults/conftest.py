from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import fault_tables, small_record

BEGAN = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--page", type=Path, help="Write the tables of faults into this page.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was seen, and write it into the page if one is named."""
    figures = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "figure"
    ]
    to = terminalreporter.config.getoption("--page", None)
    if not figures or not (to or terminalreporter.config.option.markexpr in ("faults", "soak")):
        return
    bad = sum(len(terminalreporter.stats.get(name, ())) for name in ("failed", "error"))
    about = fault_tables.where((time.monotonic() - BEGAN) / 60, bad)
    terminalreporter.section("faults")
    terminalreporter.write_line(about)
    for lines in fault_tables.tables(figures).values():
        terminalreporter.write_line("\n".join(("", *lines)))
    if to:
        fault_tables.write(to, figures, about)


@pytest.fixture(scope="session")
def before(session_artifact: Callable[..., Path]) -> Path:
    """The small record before the run under test; not to be changed."""
    return session_artifact("small", small_record.made) / small_record.NAME


@pytest.fixture
def record(before: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return small_record.copied(before, tmp_path)


@pytest.fixture(scope="session")
def after(before: Path, session_artifact: Callable[..., Path]) -> Path:
    """The same record after a run that nothing disturbed; not to be changed."""

    def make(folder: Path) -> None:
        assert small_record.run(small_record.copied(before, folder)) == 3

    return session_artifact("small-after", make) / small_record.NAME
