"""Telling the world outside that we live: systemd, and an address that misses us.

The address is for healthchecks.io and the like: it is pinged after each wake that went well, and
at /fail after one that did not; when pings stay out, it raises the alarm from outside.
"""

import os
import socket
import time

from jobs.logs import LOG

SECONDS = 10.0  # for all attempts together
ATTEMPTS = 3


def ping(address: str, ok: bool, text: str, seconds: float = SECONDS) -> bool:
    """Ping the address, "" for none; whether it answered within so many seconds. Never raises."""
    if not address:
        return False
    import httpx

    from jobs import exchange

    url = address if ok else address.rstrip("/") + "/fail"
    until, problem = time.monotonic() + seconds, ""
    with exchange.client() as http:
        for _ in range(ATTEMPTS):
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                content = text.encode()[:10_000]
                answer, _, _ = exchange.post(http, url, content, {}, seconds=left, most=0)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if answer.is_success:
                    return True
                problem = f"it answers {answer.status_code}"
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
    """Return how often systemd wants to hear from us: a third of its patience; 0 if it does not."""
    return int(os.environ.get("WATCHDOG_USEC", "0") or 0) / 3e6
