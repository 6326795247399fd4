"""Which test, or which fixture that tests share, ran a line: for the traced run of `make mutants`.

    COVERAGE_PROCESS_START=tests/mutation/traced.ini python -m pytest \
        -p tests.mutation.tracing --junitxml=tests.xml

Coverage starts with every process, those that tests start too, and each says for whom it works:
TRACED_FOR of its environment. A fixture made once for many tests is credited with its own lines,
and tests.xml names the fixtures of each test, with the seconds that it waited for one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import coverage
import pytest

WAITED = pytest.StashKey[dict[str, float]]()  # seconds for each shared fixture made for a test


@contextmanager
def _credited_to(name: str) -> Iterator[None]:
    before = os.environ.get("TRACED_FOR", "")
    _credit(name)
    try:
        yield
    finally:
        _credit(before)


def _credit(name: str) -> None:
    os.environ["TRACED_FOR"] = name
    if tracer := coverage.Coverage.current():
        tracer.switch_context(name)


def _named(fixture: pytest.FixtureDef[object]) -> str:
    return f"fixture {fixture.baseid}::{fixture.argname}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with _credited_to(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    if fixturedef.scope == "function":
        return (yield)
    began = time.perf_counter()
    with _credited_to(_named(fixturedef)):
        made = yield
    # Of a wider scope than a test: which test asked for it first is known to its item only.
    waited = request._pyfuncitem.stash.setdefault(WAITED, {})
    waited[_named(fixturedef)] = time.perf_counter() - began
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    made = yield
    if isinstance(item, pytest.Function):
        fixtures = (defined[-1] for defined in item._fixtureinfo.name2fixturedefs.values())
        waited = item.stash.get(WAITED, {})
        item.user_properties += [
            (_named(fixture), round(waited.get(_named(fixture), 0.0), 2))
            for fixture in fixtures
            if fixture.scope != "function"
        ]
    return made


def pytest_sessionfinish() -> None:
    """Save before execnet ends a worker's process."""
    if tracer := coverage.Coverage.current():
        tracer.save()
