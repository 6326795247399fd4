"""Which test, or which fixture that tests share, enters a function: for `make mutants`.

    ENTERED=FILE PYTHONPATH=tests/mutation/traced python -m pytest -p tests.mutation.entered

Lines of FILE, with tabs between: who enters which function; which fixtures a test asks for; how
long each took, and whether the test passed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator

import pytest
import sitecustomize

seconds: dict[str, float] = {}  # of the shared fixtures that were made for the running test


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    sitecustomize.credit(item.nodeid)
    if isinstance(item, pytest.Function):
        for defined in item._fixtureinfo.name2fixturedefs.values():
            if defined[-1].scope != "function":
                sitecustomize.note("asks", _named(defined[-1]))
    done = yield
    sitecustomize.credit("")
    return done


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object],
) -> Generator[None, object, object]:
    if fixturedef.scope == "function":
        return (yield)
    before, began = os.environ.get("ENTERED_FOR", ""), time.perf_counter()
    sitecustomize.credit(_named(fixturedef))
    try:
        return (yield)
    finally:
        took = seconds[_named(fixturedef)] = time.perf_counter() - began
        sitecustomize.note("takes", round(took, 2))
        sitecustomize.credit(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    took = call.duration - (sum(seconds.values()) if call.when == "setup" else 0.0)
    sitecustomize.note("takes", round(took, 2))
    if not report.passed:
        sitecustomize.note("fails")
    seconds.clear()
    return report


def _named(fixture: pytest.FixtureDef[object]) -> str:
    """A record that runs share is named apart: it is made anew where what makes it has changed."""
    kind = "record" if "session_artifact" in fixture.argnames else "fixture"
    return f"{kind} {fixture.func.__module__}.{fixture.argname}"
