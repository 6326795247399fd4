"""Work in a process of its own: its answer, its limits, its death in words."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from forecast import child
from forecast.child import ChildError, ChildLimits

HANGS = 60.0
ANY = ChildLimits(seconds=HANGS, memory=0, answer=50_000_000)


def run(*words: str, given: bytes = b"", limits: ChildLimits = ANY, alone: bool = False) -> bytes:
    return child.run(words, given, limits, child.environment(os.environ), alone=alone)


def python(text: str, limits: ChildLimits = ANY, given: bytes = b"") -> bytes:
    return run(sys.executable, "-P", "-c", f"from forecast import child\n{text}", given=given)


def lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_what_it_is_given_and_what_it_answers_may_be_larger_than_a_pipe():
    given = os.urandom(3_000_000)

    assert run("cat", given=given) == given


@pytest.mark.parametrize(
    ("words", "limits", "problem", "code"),
    [
        (("sleep", "600"), ANY._replace(seconds=0.2), "took more than 0.2 seconds", -9),
        (("cat", "/dev/zero"), ANY._replace(answer=9), "gave more than 9 bytes", -9),
        (("head", "-c10", "/dev/zero"), ANY._replace(answer=9), "gave more than 9 bytes", None),
        (("sh", "-c", "exit 3"), ANY, "ended with exit code 3", 3),
        (("sh", "-c", "kill -6 $$"), ANY, "broke down (signal 6), perhaps for want", -6),
        (
            ("sh", "-c", "kill -6 $$"),
            ANY._replace(memory=5_000_000),
            "broke down (signal 6), perhaps for want of 5 MB of memory",
            -6,
        ),
        (("sh", "-c", "kill -24 $$"), ANY, "took more than 60 seconds", -24),
    ],
)
def test_its_death_is_an_error_in_words(words, limits, problem, code):
    with pytest.raises(ChildError) as died:
        run(*words, limits=limits)

    assert str(died.value) == problem
    assert code is None or died.value.code == code


def test_its_last_words_are_kept_and_not_more():
    with pytest.raises(ChildError) as died:
        run("sh", "-c", "printf '%1000s' first >&2; echo ' the\n last' >&2; exit 1")

    assert died.value.said == "first the last"
    with pytest.raises(ChildError) as died:
        run("sh", "-c", "yes | head -1000 >&2; exit 1")
    assert len(died.value.said) == 400


def test_as_many_bytes_as_it_may_give_are_given():
    assert run("head", "-c9", "/dev/zero", limits=ANY._replace(answer=9)) == bytes(9)


@pytest.mark.parametrize("seconds", [0.3, HANGS], ids=["late", "ends by itself"])
def test_one_that_leads_a_group_ends_with_all_it_started(tmp_path, seconds):
    told = tmp_path / "pid"
    rest = "wait" if seconds < 1 else "exit 0"
    words = ("sh", "-c", f"sleep 600 >&- & echo $! > {told}; {rest}")
    with suppress(ChildError):
        run(*words, limits=ANY._replace(seconds=seconds), alone=True)

    started = int(told.read_text())
    deadline = time.monotonic() + HANGS
    while lives(started):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_that_does_not_lead_a_group_is_of_ours():
    """Whoever ends our group, as the daemon does a worker's, ends it too."""
    group = "import os; print(os.getpgid(0) == os.getppid() or os.getpgid(0))"

    assert int(run(sys.executable, "-c", group)) == os.getpgid(0)


def test_what_interrupts_the_wait_ends_the_child(tmp_path):
    told = tmp_path / "pid"

    def interrupt() -> None:
        """Once it is waited for: then its time is kept."""
        while not (told.exists() and told.read_text()) or not any(
            isinstance(each, threading.Timer) for each in threading.enumerate()
        ):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            run("sh", "-c", f"echo $$ > {told}; exec sleep 600")
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert not lives(int(told.read_text()))


def test_a_child_of_ours_keeps_to_its_limits_and_answers():
    work = "child.answer(lambda given: given[::-1] + str({0}).encode(), '{1}')"
    limit = "__import__('resource').getrlimit(__import__('resource').RLIMIT_{0})[0]"

    for kind, expected in (("AS", "700000000"), ("CPU", "8"), ("CORE", "0")):
        text = work.format(limit.format(kind), "[7.5, 700000000, 9]")
        assert python(text, given=b"abc") == b"cba" + expected.encode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("child.confine(300_000_000); bytearray(400_000_000)", "ended with exit code 1"),
        pytest.param(
            "child.confine(0, 0.1)\nwhile True: pass",
            "took more than 60 seconds",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_too_much_memory_or_computing_ends_a_child_of_ours(text, problem):
    with pytest.raises(ChildError) as died:
        python(text)

    assert str(died.value) == problem


def test_limits_that_are_none_are_not_set():
    limits = "[resource.getrlimit(k) for k in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]"
    text = f"import resource; a={limits}; child.confine(0, 0); print(a == {limits})"

    assert python(text) == b"True\n"


def test_a_child_of_ours_is_told_no_secret():
    ours = {"PATH": "/bin", "BORDERCAST_MAIL_PASSWORD": "x", "PYTHONPATH": "/a::/b", "TZ": "UTC"}
    root = str(Path(child.__file__).parent.parent)

    assert child.environment(ours) == {
        "PATH": "/bin",
        "TZ": "UTC",
        "PYTHONPATH": f"{root}:/a:/b",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
