from __future__ import annotations

import socket

import pytest

from jobs.service import heartbeat


@pytest.mark.parametrize(
    ("patience", "seconds"), [("", 0), ("0", 0), ("30000000", 10), ("3", 1e-6)]
)
def test_systemd_hears_from_us_three_times_in_its_patience(monkeypatch, patience, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", patience)

    assert heartbeat.watchdog_seconds() == pytest.approx(seconds)


def test_without_systemd_there_is_no_watchdog(monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    assert heartbeat.watchdog_seconds() == 0
    heartbeat.notify("READY=1")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_by_its_socket(monkeypatch, tmp_path, abstract):
    name = f"@bordercast-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + name[1:] if abstract else name)
        systemd.settimeout(60)

        heartbeat.notify("STATUS=well")

        assert systemd.recv(100) == b"STATUS=well"


def test_a_systemd_that_does_not_listen_stops_nobody(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))

    heartbeat.notify("READY=1")
