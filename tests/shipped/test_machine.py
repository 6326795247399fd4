"""From an empty Debian to the first mail by the page on operations, then the units under systemd.

The tests are one story on one machine, in this order.
"""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import mail_server
from tests.support.machines import ROOT, Machine, debian, done, need

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SETTINGS = "/etc/bordercast/config.toml"
READER = "reader@example.org"
UNITS = ("bordercast.service", "bordercast-once.service", "bordercast-web.service")
EXPOSURE = 1.5  # of systemd-analyze security: 0 best, 10 worst


def section(heading: str) -> str:
    """What the page says under a heading."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def commands(text: str) -> list[str]:
    """The indented lines of a section: what its reader types."""
    return [line.partition("  #")[0].strip() for line in re.findall(r"^    (\S.*)$", text, re.M)]


@pytest.fixture(scope="module")
def machine(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    need("mmdebstrap", "unshare", "nsenter")
    root = debian("trixie", "systemd-sysv", tmp_path_factory.mktemp("machine") / "root")
    done("cp", "-a", sources, root / "srv/bordercast")
    done("chown", "-R", "0:0", root / "srv/bordercast")
    git = (
        "git",
        "-C",
        root / "srv/bordercast",
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.example",
    )
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "As it is here")):
        done(*git, *words)
    with Machine(root) as booted:
        yield booted
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[mail_server.Taken, int, str]]:
    """A server that wants STARTTLS and a login, its port, and the authority of its certificate."""
    taken = mail_server.Taken()
    authority = mail_server.authority(tmp_path_factory.mktemp("authority"))
    with mail_server.server(taken, authority.good) as port:
        yield taken, port, Path(authority.file).read_text()


def edited(text: str, section: str, name: str, value: str) -> str:
    """The settings with another value, as an editor would leave them; the name must be there."""
    line = re.compile(rf"(^\[{section}\]\n(?:(?!\[).*\n)*?){name} = .*$", re.M)
    changed, count = line.subn(lambda found: f"{found[1]}{name} = {value}", text)
    assert count == 1, f"the page names [{section}] {name}, which the settings do not have"
    return changed


def written_by_the_page(text: str, port: int) -> str:
    """The page's own settings; the server is this test's, and no publisher is there to be asked."""
    here = {"host": f'"{mail_server.HOST}"', "port": str(port), "user": f'"{mail_server.USER}"'}
    stated = section("From an empty machine to the first notice")
    (block,) = re.findall(r"```toml\n(.+?)```", stated, re.S)
    place = ""
    for line in block.splitlines():
        if line.startswith("["):
            place = line.strip("[]")
            continue
        name, value = line.split(" = ", 1)
        value = "false" if (place, name) == ("fetch", "enabled") else here.get(name, value)
        text = edited(text, place, name, value)
    return edited(text, "mail", "ca_file", '"/etc/bordercast/authority.pem"')


def test_the_page_leads_from_an_empty_machine_to_the_first_mail(machine, mail, tell):
    taken, port, authority = mail
    typed = commands(section("From an empty machine to the first notice"))
    edited_by_now = typed.index("bordercast config check")
    install, look = typed[:edited_by_now], typed[edited_by_now:]

    for command in install:
        machine.run(command.replace("REPOSITORY", "/srv/bordercast"))
    settings = machine.root / SETTINGS[1:]
    settings.write_text(written_by_the_page(settings.read_text(), port))
    (settings.parent / "authority.pem").write_text(authority)
    (settings.parent / "environment").write_text(
        f"BORDERCAST_MAIL_PASSWORD='{mail_server.SECRET}'\n"
    )
    for command in look[:2]:
        machine.run(command)
    machine.becomes("bordercast status --json | grep -c '\"last_run\": 1'", "1")
    # The figures that come with the program are old, and nothing is fetched here: so it says.
    overdue = machine.asked("bordercast status")
    look.remove("bordercast status")
    said = {command: machine.run(command.replace("you@example.org", READER)) for command in look}

    alarms = [line for line in overdue.splitlines() if line.startswith("ALARM: ")]
    assert [line for line in alarms if not line.startswith("ALARM: overdue: ")] == []
    assert f"{mail_server.HOST}:{port} accepts the login" in said["bordercast doctor"]
    assert "northern" in said["bordercast show"].lower()
    mails = [message for recipient, message in taken.messages if recipient == READER]
    test, demo = (email.message_from_bytes(one, policy=email.policy.default) for one in mails)
    assert mail_server.SECRET.encode() in taken.logins
    assert demo.get_body(("plain",))
    assert demo.get_body(("html",))
    tell(f"{len(typed)} commands as documented; mail: {test['Subject']!r}, {demo['Subject']!r}")


def test_systemd_finds_nothing_wrong_with_the_units(machine, tell):
    machine.run("install -m 0644 /opt/bordercast/docs/systemd/*.* /etc/systemd/system/")
    machine.run("systemctl daemon-reload")
    exposed = {}
    for unit in UNITS:
        assert machine.run(f"systemd-analyze verify /etc/systemd/system/{unit}") == ""
        said = machine.run(f"systemd-analyze security --no-pager {unit}")
        (exposed[unit],) = map(float, re.findall(r"Overall exposure level.*: ([\d.]+)", said))
    machine.run("systemd-analyze verify /etc/systemd/system/bordercast-once.timer")
    tell("exposure: " + ", ".join(f"{unit} {level}" for unit, level in exposed.items()))

    assert max(exposed.values()) <= EXPOSURE


def pid(machine: Machine) -> str:
    return machine.shown("bordercast", "MainPID")


def test_the_service_comes_back_from_a_kill_and_from_standing_still(machine, tell):
    assert machine.run("systemctl is-active bordercast").strip() == "active"  # it said READY
    assert machine.shown("bordercast", "StatusText") or machine.shown("bordercast", "Type")
    before = pid(machine)
    machine.run(f"kill -KILL {before}")
    machine.becomes("systemctl is-active bordercast", "activating", "inactive", "failed", "active")
    machine.becomes(
        f"test $(systemctl show -P MainPID bordercast) -gt 0"
        f" -a $(systemctl show -P MainPID bordercast) != {before}"
        " && systemctl is-active bordercast",
        "active",
    )

    # A minute each as shipped: the same, sooner.
    machine.run("mkdir -p /etc/systemd/system/bordercast.service.d")
    machine.run(
        "printf '[Service]\\nWatchdogSec=8\\nTimeoutAbortSec=4\\n'"
        " > /etc/systemd/system/bordercast.service.d/sooner.conf"
    )
    machine.run("systemctl daemon-reload && systemctl restart bordercast")
    before = pid(machine)
    machine.run(f"kill -STOP {before}")
    machine.becomes(
        f"test $(systemctl show -P MainPID bordercast) -gt 0"
        f" -a $(systemctl show -P MainPID bordercast) != {before}"
        " && systemctl is-active bordercast",
        "active",
    )
    assert "watchdog" in machine.asked("journalctl -u bordercast --no-pager").lower()
    tell(f"restarts: {machine.shown('bordercast', 'NRestarts')} after SIGSTOP (watchdog)")


def test_a_bad_setting_ends_it_with_2_and_it_stays_down(machine):
    machine.run(f"cp {SETTINGS} /root/good.toml && echo 'misspelled = 1' >> {SETTINGS}")
    machine.asked("systemctl restart bordercast")
    machine.becomes("systemctl is-active bordercast", "failed")

    assert machine.shown("bordercast", "ExecMainStatus") == "2"
    assert machine.shown("bordercast", "NRestarts") == "0"
    assert "misspelled" in machine.asked("journalctl -u bordercast --no-pager -n 20")
    machine.run(f"cp /root/good.toml {SETTINGS} && systemctl restart bordercast")
    assert machine.run("systemctl is-active bordercast").strip() == "active"


def test_the_timer_wakes_it_instead_of_the_daemon(machine):
    machine.run("systemctl disable --now bordercast")
    machine.run("systemctl enable --now bordercast-once.timer")
    machine.run("systemctl start bordercast-once.service")

    assert machine.shown("bordercast-once.service", "Result") == "success"
    assert "bordercast-once.timer" in machine.run("systemctl list-timers --no-pager")
    machine.run("systemctl disable --now bordercast-once.timer")


def test_the_page_answers_without_libnss_systemd(machine):
    assert "libnss-systemd" not in machine.run("dpkg-query -Wf '${Package}\\n'").split()
    machine.run("systemctl start bordercast-web")
    ask = (
        "python3 -c \"import urllib.request as u; print(b'northern' in u.urlopen("
        "'http://127.0.0.1:8001/').read().lower())\" 2>/dev/null"
    )
    machine.becomes(ask, "True")
    machine.run("systemctl stop bordercast-web")


def test_the_upgrade_is_as_documented(machine):
    git = "git -C /srv/bordercast -c user.name=A -c user.email=a@b.example"
    machine.run("systemctl start bordercast")
    machine.run(f"{git} commit -q --allow-empty -m 'The next version'")

    for command in commands(section("Upgrade")):
        machine.run(command)

    assert machine.run("systemctl is-active bordercast").strip() == "active"
    assert "next version" in machine.run("git -C /opt/bordercast log -1")
    machine.run("bordercast verify")
