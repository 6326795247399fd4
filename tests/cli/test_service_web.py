"""`bordercast web`: where it listens, how it starts and ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support import running_service
from tests.support.site_visitor import ROOT, put, snapshot_of, visiting


def web(database: Path, *words: object) -> tuple[int, str]:
    said = CliRunner().invoke(main, ["--db", str(database), "web", *map(str, words)])
    return said.exit_code, said.output


def test_help_says_where_it_listens_unasked():
    said = " ".join(CliRunner().invoke(main, ["web", "--help"]).output.split())

    assert "Address to listen on. [default: 127.0.0.1]" in said
    assert "Port; 0 takes a free one. [default: 8001; 0<=x<=65535]" in said


@pytest.mark.slow
def test_files_are_written_once_and_then_nothing_has_changed(record, tmp_path):
    def site() -> str:
        words = ["--db", str(record), "site", "-o", str(tmp_path / "page")]
        return CliRunner().invoke(main, words).output

    first, second = site(), site()

    assert re.match(r".*page: [\d,]+ files written\. Open\n.*index.html\n", first)
    assert second.endswith("page: nothing has changed since run 1 was written.\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_others_are_not_let_in_unasked(record, host):
    code, said = web(record, "--host", host)

    assert code == 2
    assert "no login" in said
    assert "docs/web.md" in said


def test_a_port_in_use_is_named(record):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = web(record, "--port", port)

    assert code == 4
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_without_a_snapshot_the_command_ends_and_says_what_to_do(tmp_path):
    code, said = web(tmp_path / "bordercast.db", "--port", 0)

    assert code == 2
    assert "bordercast run" in said


def test_a_setting_without_a_snapshot_is_named(record, tmp_path):
    (tmp_path / "config.toml").write_text('[service]\nsnapshot = ""\n')
    said = CliRunner().invoke(
        main, ["--config", str(tmp_path / "config.toml"), "--db", str(record), "web"]
    )

    assert said.exit_code == 2
    assert "service.snapshot" in said.output


@contextmanager
def begun(folder: Path, copy: Path) -> Iterator[subprocess.Popen[str]]:
    """The command on a copy of the record, as a process whose temporary files are in folder/tmp."""
    database = folder / "bordercast.db"
    put(copy, snapshot_of(database))
    (folder / "tmp").mkdir()
    command = [sys.executable, "-m", "jobs", "--db", str(database), "web", "--port", "0"]
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **own},
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # else a failed assertion would wait for its end


@pytest.mark.slow
def test_it_ends_with_sigterm_while_it_writes_its_first_page_and_leaves_nothing(two_runs, tmp_path):
    _, copy, _ = two_runs
    with begun(tmp_path, copy) as process:
        running_service.wait_for(
            lambda: running_service.children(process.pid)
        )  # it is being written
        assert list((tmp_path / "tmp").iterdir())
        process.terminate()
        _, log = process.communicate(timeout=running_service.HANGS)

    assert (process.returncode, list((tmp_path / "tmp").iterdir())) == (0, [])
    assert "Traceback" not in log


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_answers_follows_the_copy_and_ends(two_runs, tmp_path, end):
    _, first, second = two_runs
    database = tmp_path / "bordercast.db"
    with begun(tmp_path, first) as process:
        address = process.stdout.readline().split()[0]
        page = fetched(f"{address}/")
        charts = re.findall(r"<svg [^>]*role=\"img\"", page.text)
        put(second, snapshot_of(database))
        running_service.wait_for(lambda: "run 2," in fetched(f"{address}/").text)
        process.send_signal(end)
        _, log = process.communicate(timeout=running_service.HANGS)

    assert len(charts) == 4
    assert (process.returncode, list((tmp_path / "tmp").iterdir())) == (0, [])
    assert "Traceback" not in log
    assert set(log.splitlines()) <= {line for line in log.splitlines() if "written" in line}


def fetched(address: str) -> httpx.Response:
    answer = httpx.get(address, timeout=running_service.HANGS)
    assert answer.status_code == 200
    return answer


@pytest.mark.slow
def test_nothing_stays_open_when_it_ends(own):
    with visiting(own) as visitor:
        visitor.get("/reading/")
        visitor.get("/bordercast/runs")
    left = (
        [os.readlink(f) for f in Path("/proc/self/fd").iterdir() if f.is_symlink()]
        if (Path("/proc/self/fd").exists())
        else []
    )

    assert not [name for name in left if name.startswith(str(own.parent))]
    with closing(sqlite3.connect(own)) as db:
        assert db.execute("select count(*) from runs").fetchone() == (1,)


def test_the_unit_draws_for_a_user_who_is_in_no_list():
    """Such is a DynamicUser where libnss-systemd is missing: nobody knows of a home."""
    lines = (ROOT / "docs" / "systemd" / "bordercast-web.service").read_text("utf-8").splitlines()
    given = dict(
        line.removeprefix("Environment=").split("=", 1)
        for line in lines
        if line.startswith("Environment=")
    )
    other = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]
    if shutil.which("unshare") is None or subprocess.run([*other, "true"]).returncode:
        pytest.skip("this machine lets nobody be another user")
    drawn = subprocess.run(
        [*other, sys.executable, "-c", "import forecast.desk.charts"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **given},
        stderr=subprocess.PIPE,
        text=True,
    )

    assert drawn.returncode == 0, drawn.stderr[-500:]
