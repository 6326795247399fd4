"""What a server asks for with its answer; see test_slow_servers for deadlines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jobs.exchange import retry_after

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 90 ", 90),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 400, 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Sun, 20 Sep 2026 12:01:00 GMT", 60),
        ("Sun, 20 Sep 2026 12:01:00", 60),  # without its zone: UTC
        ("Sun, 20 Sep 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_a_server_asks_for_a_day_of_patience_at_most(text, seconds):
    found = retry_after(httpx.Headers({"Retry-After": text}), NOW)

    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_a_server_that_asks_for_nothing_asks_for_nothing():
    assert retry_after(httpx.Headers({}), NOW) is None
