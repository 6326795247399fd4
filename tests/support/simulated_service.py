"""A service through a week of its life, with everything that can go wrong drawn from one seed.

    Week(seed).lived(folder)      what was done to it, wake by wake, and what is wrong in the end

Clock, disk, network, mail server and kills come together, as they do in a bad week; the seed alone
decides which, so a week that went wrong is lived again by its number. What is due at a wake is done
by the program itself, in a process of its own; what lies outside it, the publisher and the mail
server, are real servers on this machine. After the week nothing goes wrong any more, and whatever
was lost, doubled or left half done by then stays to be seen.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError
from forecast.store import connect, notices, ops
from jobs.service import wakeup
from tests.support import injected_faults, publisher, small_record
from tests.support.databases import rows
from tests.support.mail_server import HOST, Taken, server
from tests.support.publisher import FOLDER, INDEX, Publisher

BEGAN = datetime(2024, 5, 2, 12, tzinfo=UTC)  # every month that comes is over by then
WEEK = timedelta(days=7)
AFTER = timedelta(
    days=4
)  # in which all goes well: longer than a block of the publisher's, or a retry
READERS = ("ann@example.org", "bob@example.org")
SETTINGS = (
    small_record.SETTINGS.replace("[notices]", '[notices]\napproval = "auto"')
    + "".join(
        f'\n[[notices.recipients]]\naddress = "{reader}"\ndigest = true\n' for reader in READERS
    )
    + f"""
[fetch]
enabled = true
index = "{{index}}"
contact = "desk@example.org"
back_off = 0.01

[mail]
enabled = true
host = "{HOST}"
port = {{port}}
security = "local"
sender = "Bordercast <notices@example.org>"
"""
)
STATEMENTS = 3000  # about as many as the longest wake executes
LARGEST_FILE = 3_000_000  # bytes; no database here grows further
FAILED = 3  # how a wake ends that could not do its work
HANGS = 240.0  # seconds
_WAKES = multiprocessing.get_context("forkserver")
_WAKES.set_forkserver_preload(["jobs.service.wakeup", "jobs.deliver.outbox", "jobs.monthly"])


@dataclass
class Week:
    """One week; `said` is what was done and what came of it, a line a wake.

    Every fourth one begins with nothing: there is no database yet.
    news : when the publisher puts out which file, by name. kills : wakes that were killed.
    """

    seed: int
    said: list[str] = field(default_factory=list)
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    news: list[tuple[datetime, str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        moved = dict(small_record.FEBRUARY[2])
        moments = sorted(self.chance.uniform(0, 0.9) for _ in range(3))
        for at, month in zip(moments, ("2024-02", "2024-03", "2024-04"), strict=True):
            border = self.chance.choice(("northern", "southwest"))
            moved[month, border] = self.chance.choice((-20, 5, 300, 900))
            if self.chance.random() < 0.5:  # an earlier month is restated
                moved["2024-01", "southwest"] += self.chance.choice((1, 40))
            name = publisher.file_name(month, first=small_record.FIRST_YEAR)
            content = publisher.file_bytes(month, first=small_record.FIRST_YEAR, moved=moved)
            self.news.append((BEGAN + at * WEEK, name, content))

    def lived(self, path: Path) -> list[str]:
        """Live it on a copy of the small record; what is wrong at its end, or after any wake."""
        taken = Taken()
        if self.seed % 4 == 3:
            for file in (file for file in path.parent.iterdir() if file.is_file()):
                file.unlink()
        for file in (path.parent / "inbox").iterdir():
            file.unlink()  # February comes from the publisher here
        with publisher.running() as site, server(taken) as port:
            settings = SETTINGS.format(index=site.index, port=port)
            path.with_name("config.toml").write_text(settings)
            config = small_record.settings(path)
            for now in self._moments():
                in_trouble = now < BEGAN + WEEK
                problems = self._wake(path, config, now, site, taken, in_trouble)
                if problems:
                    return [f"{now:%d %H:%M}: {problem}" for problem in problems]
            return self._lost(path, taken)

    def _moments(self) -> list[datetime]:
        """When the service wakes: some hours apart; the clock is set back or jumps now and then."""
        now, moments = BEGAN, []
        while now < BEGAN + WEEK:
            moments.append(now)
            jump = self.chance.random()
            hours = -3 if jump < 0.05 else 40 if jump > 0.97 else self.chance.uniform(2, 14)
            now += timedelta(hours=hours)
        calm = [BEGAN + WEEK + timedelta(hours=13 * n) for n in range(1, 9)]
        return [*moments, *(moment for moment in calm if moment <= BEGAN + WEEK + AFTER)]

    def _wake(
        self, path: Path, config: Config, now: datetime, site: Publisher, taken: Taken, bad: bool
    ) -> list[str]:
        """What the service does at this moment, and what is wrong after it."""
        site.publish(**{name: content for moment, name, content in self.news if moment <= now})
        network, mail, fault = self._faults() if bad else ("", "", "")
        self._put(site, network)
        taken.refuse = lambda recipient: mail or None
        code = _apart(path, config, now, fault)
        self.kills += code == -signal.SIGKILL
        for name in filter(None, (network.split(" ")[0], mail and "mail", fault.split(" ")[0])):
            self.faults[name] += 1
        self.said.append(f"{now:%d %H:%M} {code} | {network} | {mail} | {fault}")
        problems = small_record.damage(path) if path.exists() else []
        if code not in (0, -signal.SIGKILL) and not (code == FAILED and fault.startswith("disk")):
            problems.append(f"ended with {code}")
        return problems

    def _faults(self) -> tuple[str, str, str]:
        """What goes wrong at this wake: on the network, with the mail, in the process."""
        chance = self.chance
        network = chance.choice(("", "", "closed 503", "gone 404", f"cut {chance.random():.3f}"))
        mail = chance.choice(("", "", "421 4.3.2 closing", "451 4.3.0 failed"))
        statement = int(STATEMENTS ** chance.random())
        fault = chance.choice(
            (
                "", "",
                f"kill before {statement}",
                f"kill after {statement}",
                f"disk {int(LARGEST_FILE ** chance.uniform(0.6, 1))}",
            )
        )  # fmt: skip
        return network, mail, fault

    def _put(self, site: Publisher, network: str) -> None:
        """Have the publisher answer as he should, or not."""
        kind, _, how = network.partition(" ")
        if kind in ("closed", "gone"):
            site.answers[INDEX] = publisher.status(int(how))
        elif kind == "cut":
            for name, content in ((name, content) for _, name, content in self.news):
                if FOLDER + name in site.answers:
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode()
                    whole = head + content
                    at = int(float(how) * len(whole))
                    site.answers[FOLDER + name] = publisher.cut(whole, at, reset=False)

    def _lost(self, path: Path, taken: Taken) -> list[str]:
        """What was lost, doubled or left half done."""
        problems = []
        accepted = Counter(
            sha for (sha,) in rows(path, "select sha256 from releases where status = 'accepted'")
        )
        for _, name, content in self.news:
            times = accepted[hashlib.sha256(content).hexdigest()]
            if times != 1:
                problems.append(f"{name} was taken in {times} times")
        without = rows(
            path,
            "select file_name from releases where status = 'accepted' and seq > 0 and id not in "
            "(select release_id from run_releases)",
        )
        problems += [f"{name} has no run" for (name,) in without]
        problems += self._mail_lost(path, taken)
        waiting = rows(
            ops.ops_path(path), "select recipient, state from deliveries where state != 'sent'"
        )
        problems += [f"mail to {who} is {status}" for who, status in waiting]
        known = {"mail.lock", "fetch.lock", "unsubscribe.key"}
        problems += [
            f"left over: {file}"
            for file in small_record.left_over(path.parent)
            if file not in known
        ]
        return problems

    def _mail_lost(self, path: Path, taken: Taken) -> list[str]:
        """What a reader did not get, got too often, or got in two wordings under one key."""
        got = Counter((to, _key(message)) for to, message in taken.messages)
        wordings = Counter((to, _key(message)) for to, message in set(taken.messages))
        problems = [f"two wordings of {key} to {to}" for (to, key), n in wordings.items() if n > 1]
        # Who dies between the server's yes and writing it down asks again, under the same key.
        repeats = sum(got.values()) - len(got)
        if repeats > self.kills:
            problems.append(f"{repeats} messages were sent again, {self.kills} senders killed")
        with closing(connect.read(path)) as connection:
            due = [n for n in notices.every(connection, "to send") if n.kind != "preliminary"]
        for notice in due:
            key = notice.message_id.partition("@")[0]
            problems += [
                f"no {key} to {reader}"
                for reader in READERS
                if not any(to == reader and of.startswith(key) for to, of in got)
            ]
        return problems


def _key(message: bytes) -> str:
    """The identifier by which a reader's program knows a repeat."""
    line = next(line for line in message.splitlines() if line.lower().startswith(b"message-id:"))
    return line.partition(b":")[2].strip().decode()


def _apart(path: Path, config: Config, now: datetime, fault: str) -> int:
    """Wake in a process of its own, with this fault; how it ended, negative if by a signal."""
    process = _WAKES.Process(target=_wake, args=(path, config, now, fault))
    process.start()
    process.join(HANGS)
    hung = process.is_alive()
    process.kill()
    process.join()
    assert not hung, f"a wake does not end: {fault}"
    return process.exitcode or 0


def _wake(path: Path, config: Config, now: datetime, fault: str) -> None:
    _arrange(fault)
    try:
        # The mail's own clock stands still, too.
        silent = config.mail.model_copy(update={"enabled": False})
        wake = Context.open(path, config.model_copy(update={"mail": silent}))
        wakeup.wake(wake, now, with_bundle=False)
        if path.exists():
            wakeup.deliver(Context.open(path, config), lambda: now)
    except (OSError, sqlite3.Error, BordercastError) as error:  # the wake failed, and says why
        print(f"{now:%d %H:%M} {fault}: {error}", flush=True)
        os._exit(FAILED)


def _arrange(fault: str) -> None:
    kind, _, how = fault.partition(" ")
    if kind == "kill":
        when, number = how.split()
        left = int(number)

        def look(statement: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        seen = injected_faults.looked_at(**{when: look})
        sqlite3.connect = partial(sqlite3.connect, factory=seen)  # type: ignore
    elif kind == "disk":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(how), int(how)))
