from __future__ import annotations

import time
from pathlib import Path

import page
import pytest
import small

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
    about = page.where((time.monotonic() - BEGAN) / 60, bad)
    terminalreporter.section("faults")
    terminalreporter.write_line(about)
    for lines in page.tables(figures).values():
        terminalreporter.write_line("\n".join(("", *lines)))
    if to:
        page.write(to, figures, about)


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small record before the run under test; not to be changed."""
    return small.made(tmp_path_factory.mktemp("small"))


@pytest.fixture
def record(before: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return small.copied(before, tmp_path)


@pytest.fixture(scope="session")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same record after a run that nothing disturbed; not to be changed."""
    path = small.copied(before, tmp_path_factory.mktemp("after"))
    assert small.run(path) == 3
    return path
