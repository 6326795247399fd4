"""The program of a tree, asked as its users ask it, and what it said as text files.

A command runs in a fork of one process that has loaded the tree's code: a twentieth of a second in
place of one. Its clock stands still. What is not the program's own is taken out: folders, ports
and, listed apart, digests.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import pkgutil
import re
import signal
import socket
import sys
import time
import tomllib
import traceback
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import time_machine

PATIENCE = 600.0  # seconds for a command: only against hanging
LONG_NUMBER = re.compile(r"-?\d+\.\d{6,}(?:[eE][-+]?\d+)?|-?\d+(?:\.\d+)?[eE]-\d+")
DIGEST = re.compile(r"(?<![0-9A-Za-z])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{12,}(?![0-9A-Za-z])")
WORD = re.compile(r"[^A-Za-z0-9.*:+-]+")


class Answers:
    """A folder of texts, KIND/NAME.txt; digests are listed apart, each with its text's name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hidden: list[tuple[re.Pattern[str], str]] = []
        folder.mkdir(parents=True)

    def hide(self, text: str, name: str) -> None:
        """Write a name in the place of a text that differs from place to place."""
        self.hidden.append((re.compile(re.escape(text)), name))

    def hide_port(self, port: int) -> None:
        """The same of a port, where it is called one; a count may have the same digits."""
        called = re.compile(rf'(127\.0\.0\.1:|\bport"?(?:[:=]| =)? ?){port}\b')
        self.hidden.append((called, r"\1<port>"))

    def write(self, kind: str, name: str, text: str) -> None:
        for pattern, said in self.hidden:
            text = pattern.sub(said, text)
        text = LONG_NUMBER.sub(rounded, text)
        digests: list[str] = []

        def apart(found: re.Match[str]) -> str:
            digests.append(found[0])
            return "<digest>"

        text = DIGEST.sub(apart, text)
        self._put(self.folder / kind / f"{name}.txt", text)
        if digests:
            self._put(self.folder / "digests" / kind / f"{name}.txt", "\n".join(digests))

    def _put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise FileExistsError(f"{path}: two answers of one name")
        path.write_text(text if text.endswith("\n") else f"{text}\n", "utf-8")


def rounded(found: re.Match[str]) -> str:
    """A number to nine digits: what differs after them is the machine."""
    return f"{float(found[0]):.9g}"


def named(words: Sequence[str]) -> str:
    """A file's name for a command."""
    whole = " ".join(words)
    short = WORD.sub("_", whole).strip("_.-")[:100]
    tail = hashlib.sha256(whole.encode()).hexdigest()[:6]
    return short if short.replace("_", " ") == whole else f"{short}-{tail}"


class Program:
    """The command of a tree, in a folder of its own, with an empty home."""

    def __init__(self, tree: Path, folder: Path, answers: Answers) -> None:
        self.tree, self.folder, self.answers = tree, folder, answers
        self.now = "2026-09-20T12:00:00+00:00"
        self.specs: Path | None = None
        sys.path.insert(0, str(tree))
        settings = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))
        self.packages = [name.rstrip("*") for name in _packages(settings)]
        self._record_specs()
        self._load()
        gc.freeze()  # pages that no fork writes to are shared by all
        module, _, name = settings["project"]["scripts"]["bordercast"].partition(":")
        self.main: click.Group = getattr(importlib.import_module(module), name)
        hidden = ((folder, "<folder>"), (folder.parent, "<work>"), (Path(sys.prefix), "<venv>"))
        for path, said in (*hidden, (tree, "<tree>")):
            answers.hide(str(path), said)

    def _load(self) -> None:
        """Every module of the tree, and so what they need; of what is loaded late too."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for package in self.packages:
                found = importlib.import_module(package)
                for module in pkgutil.walk_packages(found.__path__, f"{package}."):
                    if not module.name.endswith(("__main__", ".build")):
                        importlib.import_module(module.name)

    def _record_specs(self) -> None:
        """Keep what is handed to the library that draws, where a command's pictures are asked."""
        import vl_convert

        for name in ("vegalite_to_svg", "vegalite_to_png"):
            draws: Callable[..., Any] = getattr(vl_convert, name)

            def kept(spec: Any, *args: Any, draws: Callable[..., Any] = draws, **more: Any) -> Any:
                if self.specs:
                    number = len(list(self.specs.parent.glob(f"{self.specs.name}-*")))
                    text = json.dumps(spec, indent=1, sort_keys=True)
                    self.specs.with_name(f"{self.specs.name}-{number}").write_text(text)
                return draws(spec, *args, **more)

            setattr(vl_convert, name, kept)

    def commands(self) -> Iterator[tuple[str, ...]]:
        """Every command there is, as words; () is the program itself."""

        def below(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
            yield words
            if isinstance(command, click.Group):
                context = click.Context(command)
                for name in command.list_commands(context):
                    found = command.get_command(context, name)
                    if found is not None:
                        yield from below(found, (*words, name))

        yield from below(self.main, ())

    def begin(self, words: Sequence[str], out: Path, stdin: Path | int | None = None) -> int:
        """Start a command in a fork; its output goes to a file, and apart what it complains of."""
        sys.stdout.flush()
        process = os.fork()
        if process:
            return process
        code = 70
        try:
            os.setsid()
            os.chdir(self.folder)
            given = stdin if isinstance(stdin, int) else os.open(stdin or os.devnull, os.O_RDONLY)
            os.dup2(given, 0)
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
            err = out.with_suffix(".err")
            os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
            os.environ["SAME_NOW"] = self.now
            time_machine.travel(self.now, tick=False).start()
            sys.argv = ["bordercast", *words]
            self.main(args=list(words), prog_name="bordercast")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException as error:
            print("Traceback", *traceback.format_exception_only(error), file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def run(self, *words: str, stdin: str | None = None) -> tuple[str, str, int]:
        """What a command says, what it complains of, and its exit code."""
        out = self.folder.parent / "said.out"
        given = self.folder.parent / "said.in"
        if stdin is not None:
            given.write_text(stdin, "utf-8")
        process = self.begin(words, out, given if stdin is not None else None)
        code = _ended(process)
        return out.read_text("utf-8"), out.with_suffix(".err").read_text("utf-8"), code

    def ask(self, kind: str, *words: str, stdin: str | None = None, name: str = "") -> str:
        """Run a command and keep what it said, as somebody at a terminal sees it."""
        said, complaint, code = self.run(*words, stdin=stdin)
        quoted = " ".join(word if WORD.sub("", word) == word else repr(word) for word in words)
        parts = [f"$ bordercast {quoted}", said.rstrip("\n")]
        parts += [f"-- on stderr\n{complaint.rstrip()}"] if complaint.strip() else []
        parts += [f"-- exit code {code}"] if code else []
        self.answers.write(kind, name or named(words), "\n".join(parts))
        return said

    def draw(self, *words: str) -> None:
        """Run a command that writes a picture, and keep what is plotted."""
        with self.specs_of(words):
            self.ask("plots", *words)

    @contextmanager
    def specs_of(self, words: Sequence[str]) -> Iterator[None]:
        folder = self.folder.parent / "specs"
        folder.mkdir(exist_ok=True)
        self.specs = folder / named(words)
        try:
            yield
            for path in sorted(folder.iterdir()):
                self.answers.write("plots", f"{path.name}.spec", path.read_text("utf-8"))
                path.unlink()
        finally:
            self.specs = None

    def converse(self, messages: Sequence[dict[str, object]], *words: str) -> dict[int, object]:
        """What a command that is spoken to in lines of JSON answers to each; the next waits."""
        there, ours = os.pipe()
        out = self.folder.parent / "conversing.out"
        out.write_text("")
        process = self.begin(words, out, there)
        os.close(there)
        answers: dict[int, object] = {}
        until = time.monotonic() + PATIENCE
        try:
            for message in messages:
                os.write(ours, (json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode())
                while (number := message.get("id")) is not None and number not in answers:
                    for line in out.read_text("utf-8").splitlines(keepends=True):
                        if line.endswith("\n"):
                            answer = json.loads(line)
                            if "id" in answer:
                                answers[answer["id"]] = answer.get("result", answer.get("error"))
                    if time.monotonic() > until or os.waitpid(process, os.WNOHANG)[0]:
                        complaint = out.with_suffix(".err").read_text("utf-8")
                        raise RuntimeError(f"{words} answers nothing more: {complaint}")
                    time.sleep(0.02)
        finally:
            os.close(ours)
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
        return answers

    @contextmanager
    def serving(self, *words: str) -> Iterator[str]:
        """A command that serves pages, until the end; where."""
        out = self.folder.parent / "serving.out"
        out.write_text("")
        process = self.begin(words, out)
        try:
            until = time.monotonic() + PATIENCE
            while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", out.read_text("utf-8"))):
                if time.monotonic() > until or os.waitpid(process, os.WNOHANG)[0]:
                    complaint = out.with_suffix(".err").read_text("utf-8")
                    raise RuntimeError(f"{words} serves nothing: {complaint}")
                time.sleep(0.05)
            self.answers.hide(f"127.0.0.1:{found[1]}", "<address>")
            yield found[0]
        finally:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _packages(settings: dict[str, Any]) -> list[str]:
    found: list[str] = settings["tool"]["setuptools"]["packages"]["find"]["include"]
    return found


def _ended(process: int) -> int:
    """Its exit code; whatever it started is ended with it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return 124


BUSY = 503  # what answers has not started yet


def get(address: str, path: str, body: bytes | None = None, until: float = 0.0) -> str:
    """An answer of a server: its status, the headers that are promised, its text."""
    until = until or time.monotonic() + PATIENCE / 10
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    request = urllib.request.Request(address + path, body, kind)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return _told(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            if error.code == BUSY and time.monotonic() < until:
                time.sleep(0.2)
                return get(address, path, body, until)
            return _told(error.code, error.headers, error.read())


def _told(status: int, headers: Any, body: bytes) -> str:
    promised = ("Content-Type", "Content-Security-Policy", "Location", "Cache-Control")
    lines = [f"{name}: {headers[name]}" for name in promised if name in headers]
    return "\n".join([str(status), *lines, "", body.decode("utf-8", "replace")])


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
