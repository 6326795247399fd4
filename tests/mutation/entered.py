"""Which test, or which fixture that tests share, enters a function: for `make mutants`.

    ENTERED=FILE PYTHONPATH=tests/mutation/traced python -m pytest -p tests.mutation.entered

Lines of FILE, with tabs between: who enters which function; which fixtures a test asks for; how
much work each was, and whether the test passed.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
import sitecustomize

shared: list[float] = []  # seconds that making shared fixtures took for the running test


def _spent() -> float:
    """Seconds of work until now, of processes started and ended too: a busy machine has no say."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    before = _spent()
    shared.clear()
    sitecustomize.credit(item.nodeid)
    if isinstance(item, pytest.Function):
        for defined in item._fixtureinfo.name2fixturedefs.values():
            if defined[-1].scope != "function":
                sitecustomize.note("asks", _named(defined[-1]))
    done = yield
    sitecustomize.note("takes", round(_spent() - before - sum(shared), 2))
    sitecustomize.credit("")
    return done


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object],
) -> Generator[None, object, object]:
    if fixturedef.scope == "function":
        return (yield)
    asking, before, within = os.environ.get("ENTERED_FOR", ""), _spent(), sum(shared)
    sitecustomize.credit(_named(fixturedef))
    try:
        return (yield)
    finally:
        shared.append(_spent() - before - (sum(shared) - within))
        sitecustomize.note("takes", round(shared[-1], 2))
        sitecustomize.credit(asking)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not report.passed:
        sitecustomize.note("fails")
    return report


def _named(fixture: pytest.FixtureDef[object]) -> str:
    """A record that runs share is named apart: it is made anew where what makes it has changed."""
    kind = "record" if "session_artifact" in fixture.argnames else "fixture"
    return f"{kind} {fixture.func.__module__}.{fixture.argname}"
