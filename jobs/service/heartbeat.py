"""Telling the world outside that we live: systemd, and an address that misses us.

The address is for healthchecks.io and the like: it is pinged after each wake that went well, and
at /fail after one that did not; when pings stay out, it raises the alarm from outside.
"""

from __future__ import annotations

import os
import socket

from jobs.service.logs import LOG

SECONDS = 10.0
ATTEMPTS = 3


def ping(address: str, ok: bool, said: str) -> bool:
    """Ping the address, "" for none; whether it answered. Never raises."""
    if not address:
        return False
    import httpx

    url = address if ok else address.rstrip("/") + "/fail"
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            httpx.post(url, content=said.encode()[:10_000], timeout=SECONDS).raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = f"{type(error).__name__}: {error}"
        else:
            return True
    LOG.warning("the heartbeat's address does not answer: %s", problem)
    return False


def notify(state: str) -> None:
    """Tell systemd, if it started us: "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=..."."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
        try:
            to.sendto(state.encode(), place)
        except OSError as error:
            LOG.warning("systemd does not listen: %s", error)


def watchdog_seconds() -> float:
    """How often systemd wants to hear from us: a third of its patience; 0 if it does not."""
    return int(os.environ.get("WATCHDOG_USEC", "0") or 0) / 3e6
