"""The program of a tree, asked as its users ask it, and what it said as text files.

The tree's code is loaded once. A command that writes runs in a fork of that process; those that
only read run one after another in a fork. Their clock stands still. What is not the program's own
is taken out: folders, ports and, listed apart, digests. Nothing is drawn: what is handed to the
library that draws is kept in its place, and an SVG holds the plot that it would show.
"""

from __future__ import annotations

import gc
import hashlib
import html
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import signal
import socket
import sys
import time
import tomllib
import traceback
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import time_machine

BEGAN = "2026-09-20T12:00:00+00:00"
SPECS = "SAME_SPECS"  # where a command is told the name of what it draws
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


def load(tree: Path) -> click.Group:
    """The command of a tree, with every module of it, and so what they need; what is late too."""
    sys.path.insert(0, str(tree))
    settings = tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))
    draw_nothing()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for package in settings["tool"]["setuptools"]["packages"]["find"]["include"]:
            found = importlib.import_module(package.rstrip("*"))
            for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
                if not module.name.endswith(("__main__", ".build")):
                    importlib.import_module(module.name)
    module, _, name = settings["project"]["scripts"]["bordercast"].partition(":")
    command: click.Group = getattr(importlib.import_module(module), name)
    gc.freeze()  # pages that no fork writes to are shared by all
    return command


def draw_nothing() -> None:
    """Blank pictures in place of the library that draws; an SVG holds its plot as text."""
    import vl_convert

    def svg(spec: Any, **_: object) -> str:
        told = json.dumps(spec, indent=1, sort_keys=True)
        keep_spec(told)
        size = [spec.get(name) for name in ("width", "height")]
        width, height = (each if isinstance(each, int | float) else 480 for each in size)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><desc>{html.escape(told)}</desc></svg>'
        )

    def svg_to_png(drawn: str, scale: float = 1, **_: object) -> bytes:
        bare = re.sub(r"<desc>.*?</desc>", "", drawn, flags=re.S)
        if "<text" in bare:  # words that are laid out besides a plot
            keep_spec(bare.replace("><", ">\n<"))
        sides = re.search(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"', drawn)
        assert sides
        return blank(float(sides[1]) * scale, float(sides[2]) * scale)

    def png(spec: Any, scale: float = 1, **_: object) -> bytes:
        return svg_to_png(svg(spec), scale)

    def svg_to_pdf(drawn: str, **_: object) -> bytes:
        return b"%PDF-1.4\n"

    for stand_in in (svg_to_png, svg_to_pdf):
        setattr(vl_convert, stand_in.__name__, stand_in)
    vl_convert.vegalite_to_svg, vl_convert.vegalite_to_png = svg, png


def keep_spec(told: str) -> None:
    """Keep it under the name that `specs_of` said, if it did."""
    if wanted := os.environ.get(SPECS):
        number = len(list(Path(wanted).parent.glob(f"{Path(wanted).name}-*")))
        Path(f"{wanted}-{number:02}").write_text(told, "utf-8")


def blank(width: float, height: float) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("P", (round(width), round(height))).save(file, "PNG")
    return file.getvalue()


class Program:
    """The command of a tree, in a folder of its own, with an empty home."""

    def __init__(self, tree: Path, main: click.Group, folder: Path, answers: Answers) -> None:
        self.main, self.folder, self.answers = main, folder, answers
        self.now = BEGAN
        self.waiting: list[tuple[str, tuple[str, ...], str, Path | None]] | None = None
        hidden = ((folder, "<folder>"), (folder.parent, "<work>"), (Path(sys.prefix), "<venv>"))
        for path, said in (*hidden, (tree, "<tree>")):
            answers.hide(str(path), said)

    @property
    def database(self) -> Path:
        """The record: that of other figures has another name."""
        others = ("-snapshot", "ops")
        (found,) = (path for path in self.folder.glob("*.db") if not path.stem.endswith(others))
        return found

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
        if not process:
            code = 70
            try:
                self._enter()
                code = self._do(words, out, stdin)
            finally:
                os._exit(code)
        return process

    def _enter(self) -> None:
        os.setsid()
        os.chdir(self.folder)
        (self.folder.parent / "frozen" / "moment").write_text(self.now)
        time_machine.travel(self.now, tick=False).start()
        time.perf_counter = lambda: 0.0  # how long fits took is on record, and digested

    def _do(self, words: Sequence[str], out: Path, stdin: Path | int | None) -> int:
        """Run a command in this process; its exit code."""
        err = out.with_suffix(".err")
        given = stdin if isinstance(stdin, int) else os.open(stdin or os.devnull, os.O_RDONLY)
        wanted = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        for number, to in enumerate(
            (given, os.open(out, wanted, 0o600), os.open(err, wanted, 0o600))
        ):
            os.dup2(to, number)
            os.close(to)
        sys.argv = ["bordercast", *words]
        code = 70
        try:
            self.main(args=list(words), prog_name="bordercast")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException as error:
            print("Traceback", *traceback.format_exception_only(error), file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def run(self, *words: str, stdin: str | None = None) -> tuple[str, str, int]:
        """What a command says, what it complains of, and its exit code."""
        out = self.folder.parent / "said.out"
        code = ended(self.begin(words, out, self._stdin(stdin, out)))
        return out.read_text("utf-8"), out.with_suffix(".err").read_text("utf-8"), code

    def _stdin(self, text: str | None, out: Path) -> Path | None:
        if text is None:
            return None
        out.with_suffix(".in").write_text(text, "utf-8")
        return out.with_suffix(".in")

    def ask(self, kind: str, *words: str, stdin: str | None = None, name: str = "") -> str:
        """Run a command and keep what it said, as somebody at a terminal sees it."""
        name = name or named(words)
        if self.waiting is not None:
            out = self.folder.parent / "together" / f"{len(self.waiting):03}.out"
            self.waiting.append((kind, words, name, self._stdin(stdin, out)))
            return ""
        said, complaint, code = self.run(*words, stdin=stdin)
        self._keep(kind, words, name, said, complaint, code)
        return said

    def _keep(
        self, kind: str, words: Sequence[str], name: str, said: str, complaint: str, code: int
    ) -> None:
        quoted = " ".join(word if WORD.sub("", word) == word else repr(word) for word in words)
        parts = [f"$ bordercast {quoted}", said.rstrip("\n")]
        parts += [f"-- on stderr\n{complaint.rstrip()}"] if complaint.strip() else []
        parts += [f"-- exit code {code}"] if code else []
        self.answers.write(kind, name, "\n".join(parts))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is asked meanwhile only reads: it is asked at the end, all of it in one fork."""
        folder = self.folder.parent / "together"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.waiting = []
        yield
        asked, self.waiting = self.waiting, None
        sys.stdout.flush()
        process = os.fork()
        if not process:
            try:
                self._enter()
                for number, (kind, words, _, stdin) in enumerate(asked):
                    with specs_of(self.folder.parent / "specs", words if kind == "plots" else ()):
                        code = self._do(words, folder / f"{number:03}.out", stdin)
                    (folder / f"{number:03}.code").write_text(str(code))
            finally:
                os._exit(0)
        ended(process)
        for number, (kind, words, name, _) in enumerate(asked):
            files = [folder / f"{number:03}.{ending}" for ending in ("out", "err", "code")]
            if not files[2].exists():
                raise RuntimeError(f"{words}: ended the process: {files[1].read_text('utf-8')}")
            said, complaint, code = (file.read_text("utf-8") for file in files)
            self._keep(kind, words, name, said, complaint, int(code))
        self.keep_specs()

    @contextmanager
    def drawing(self, *words: str) -> Iterator[None]:
        """Keep what is plotted meanwhile."""
        with specs_of(self.folder.parent / "specs", words):
            yield
        self.keep_specs()

    def keep_specs(self) -> None:
        for path in sorted((self.folder.parent / "specs").glob("*")):
            self.answers.write("plots", f"{path.name}.spec", path.read_text("utf-8"))
            path.unlink()

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


@contextmanager
def specs_of(folder: Path, words: Sequence[str]) -> Iterator[None]:
    """Keep in a folder what is to be drawn meanwhile, under the name of these words."""
    folder.mkdir(exist_ok=True)
    os.environ[SPECS] = str(folder / named(words)) if words else ""
    yield
    os.environ[SPECS] = ""


def ended(process: int) -> int:
    """Its exit code; whatever it started is ended with it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return 124


BUSY = 503  # what answers has not started yet


def get(address: str, path: str, body: bytes | None = None, until: float = 0.0) -> str:
    """An answer of a server: its status, the headers that are promised, its text."""
    until = until or time.monotonic() + PATIENCE
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
