"""Work in a process of its own: its answer, its limits, its death in words."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from forecast import child
from forecast.child import ChildError, ChildLimits

HANGS = 60.0
ANY = ChildLimits(seconds=HANGS, memory=0, answer=50_000_000)


def run(*words: str, given: bytes = b"", limits: ChildLimits = ANY) -> bytes:
    return child.run(words, given, limits, child.environment(os.environ))


def python(text: str, limits: ChildLimits = ANY, given: bytes = b"") -> bytes:
    return run(sys.executable, "-P", "-c", f"from forecast import child\n{text}", given=given)


def serving(work: str, *, alone: bool = False, **variables: str) -> child.Child:
    """A child of ours, whose work is the body of a function of what it is asked."""
    lines = "".join(f"    {line}\n" for line in work.splitlines())
    text = f"import os, sys, time\nfrom forecast import child\ndef work(asked, say):\n{lines}"
    words = [sys.executable, "-P", "-c", f"{text}child.serve(work)"]
    return child.Child(words, {**child.environment(os.environ), **variables}, alone=alone)


def gone(pid: int) -> None:
    deadline = time.monotonic() + HANGS
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


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
def test_a_command_ends_with_all_it_started(tmp_path, seconds):
    told = tmp_path / "pid"
    rest = "wait" if seconds < 1 else "exit 0"
    words = ("sh", "-c", f"sleep 600 >&- & echo $! > {told}; {rest}")
    with suppress(ChildError):
        run(*words, limits=ANY._replace(seconds=seconds))

    gone(int(told.read_text()))


@pytest.mark.parametrize("alone", [False, True])
def test_a_child_is_of_our_group_or_leads_its_own(alone):
    """Whoever ends our group, as the daemon does a worker's, ends the first kind too."""
    with serving("say(str(os.getpgid(0)).encode())", alone=alone) as process:
        group = int(process.answer(b"", ANY))

    assert group == (process.process.pid if alone else os.getpgid(0))
    assert not process.alive()


def test_questions_and_answers_are_as_large_as_they_are_and_may_cross(tmp_path):
    go_on = tmp_path / "go on"
    slow_first = (
        f"while asked == b'1' and not os.path.exists({str(go_on)!r}):\n    time.sleep(0.01)\n"
        "say(asked * 3_000_000)"
    )
    with serving(slow_first) as process, ThreadPoolExecutor(2) as threads:
        first = threads.submit(process.answer, b"1", ANY)
        assert process.answer(b"2", ANY) == b"2" * 3_000_000
        assert not first.done()
        go_on.touch()
        assert first.result() == b"1" * 3_000_000


@pytest.mark.parametrize(
    ("work", "limits", "problem", "code"),
    [
        ("time.sleep(600)", ANY._replace(seconds=0.3), "took more than 0.3 seconds", 0),
        ("say(b'x' * 10)", ANY._replace(answer=9), "gave more than 9 bytes", 0),
        ("os._exit(3)", ANY, "ended with exit code 3", 3),
        ("1 / 0", ANY, "ended with exit code 1", 1),
        ("sys.exit(5)", ANY, "ended with exit code 1", 1),
        ("os.kill(os.getpid(), 6)", ANY, "broke down (signal 6), perhaps for want", -6),
        (
            "child.confine(300_000_000); bytearray(400_000_000)",
            ANY._replace(memory=300_000_000),
            "ended with exit code 1",
            1,
        ),
    ],
)
def test_a_child_that_gives_no_answer_is_an_error_in_words(work, limits, problem, code):
    with serving(work) as process, pytest.raises(ChildError) as died:
        process.answer(b"", limits)

    assert (str(died.value), died.value.code, died.value.ended) == (problem, code, bool(code))


def test_an_answer_that_nobody_wants_any_more_is_not_waited_for():
    with serving("time.sleep(600)") as process, pytest.raises(ChildError, match="was stopped"):
        process.answer(b"", ANY, lambda: True)


def test_what_has_ended_is_asked_in_vain():
    with serving("say(b'here')") as process:
        assert process.answer(b"", ANY) == b"here"
        process.kill()
        assert not process.alive()
        with pytest.raises(ChildError, match="signal 9"):
            process.answer(b"", ANY)


def test_a_child_whose_parent_is_gone_ends_with_what_it_started(tmp_path):
    started = "import subprocess\nsay(str(subprocess.Popen(['sleep', '600']).pid).encode())"
    with serving(started, alone=True) as process:
        pid = int(process.answer(b"", ANY))
        process.door.close()  # as the system does, however we end
        process.process.wait(HANGS)
        gone(pid)


def test_what_a_child_starts_does_not_read_what_it_is_asked():
    with serving("import subprocess\nsay(subprocess.check_output(['cat']))") as process:
        assert process.answer(b"a secret", ANY) == b""


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


def test_a_child_of_ours_keeps_to_its_limits_and_answers(tmp_path, monkeypatch):
    (tmp_path / "kept.py").write_text(
        "import resource, sys\nfrom forecast import child\n"
        "kinds = [resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE]\n"
        "def work(asked):\n    limits = [resource.getrlimit(kind)[0] for kind in kinds]\n"
        "    return repr((asked, limits, sys.argv[2:])).encode()\n"
        "child.serve_once(work, sys.argv[1])\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    limits = ChildLimits(7.5, 700_000_000, 900)

    said = child.once("kept", b"abc", limits, "more")

    assert said == b"(b'abc', [700000000, 8, 0], ['more'])"


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
        "MALLOC_ARENA_MAX": "1",
    }
