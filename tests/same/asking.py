"""What a record is asked: every command, page, mail, table and wire, each kept as a text."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import figures
import readers
from records import Record
from terminal import Program, get

TEXTS = {".sql", ".html", ".css", ".atom", ".txt", ".xml", ".js", ".toml", ".yml"}
DATA = {".json", ".csv"}
# What is the machine's: versions, its file system, room on it.
OF_THE_MACHINE = re.compile(
    r"\d+(?:\.\d+)+|\d[\d,]*(?= ?(?:[kMGT]?i?B|bytes)\b)|(?<=file system  ).*"
)
BYTES = re.compile(r'((?:wal|database|free)[ _]bytes"?:? +)[\d,]+')
# Of files with numbers in full: the last digit of some, and so its length, is the processor's.
SIZES = re.compile(r'("contentSize": ")\d+')
VIEW_ROWS = 30_000


def everything(program: Program, record: Record, mailbox: Path) -> None:
    """Ask a record all there is, what changes it last."""
    if not record.series:
        helps(program)
        newcomer(program)
        return
    program.now = (datetime.fromisoformat(program.now) + timedelta(days=1)).isoformat()
    with program.together():
        if record.helps:
            helps(program)
        tables(program, record)
        answers(program, record)
        wrong(program, record)
        plots(program, record)
    files(program, record)
    exports(program)
    views(program)
    mails(program, mailbox)
    site(program)
    web(program, record)
    assistant(program, record)
    changes(program, () if record.embedded else ("--no-bundle",))


def helps(program: Program) -> None:
    for words in program.commands():
        program.ask("help", *words, "--help", name="_".join(words) or "bordercast")
    program.ask("help", "help", "show", name="help_show")


def both(program: Program, *words: str) -> None:
    """As a person reads it, and as a program does."""
    program.ask("terminal", *words)
    program.ask("json", *words, "--json")


def tables(program: Program, record: Record) -> None:
    first = record.series[0]
    both(program, "show")
    both(program, "flags")
    both(program, "flags", "--watch", "--parts")
    both(program, "flags", first, "--since", "2024-01")
    both(program, "score")
    both(program, "score", first)
    both(program, "score", "--era", record.years[0][-4:])
    both(program, "score", "--questions")
    both(program, "releases", "list")
    both(program, "releases", "show", "1")
    both(program, "notices", "list")
    both(program, "replay", "--from", record.months[0])
    status(program)
    program.ask("terminal", "releases", "list", "--refused")
    program.ask("terminal", "verify")
    program.ask("terminal", "verify", "--witnesses")
    program.ask("terminal", "config", "show")
    program.ask("terminal", "config", "check")
    said, complaint, code = program.run("doctor")
    lines = (said + complaint).splitlines()
    told = "\n".join(
        line if " mail " in line else OF_THE_MACHINE.sub("<of the machine>", line)
        for line in lines
        if not re.match(r"\w+ +SQLite ", line)  # what is said of a version, where it has faults
    )
    program.answers.write("terminal", "doctor", f"{told}\nexit code {code}")
    for number in _runs(program):
        program.ask("terminal", "verify", "--run", str(number[0]), "--digest", number[1],
                    name=f"verify_run_{number[0]}")  # fmt: skip
    program.ask("terminal", "verify", "--run", "1", "--digest", "0123456789abcdef")


def status(program: Program, name: str = "status") -> None:
    for kind, more in (("terminal", ()), ("json", ("--json",))):
        said = BYTES.sub(r"\1<of the machine>", "".join(program.run("status", *more)[:2]))
        program.answers.write(kind, name, said)


def _runs(program: Program) -> list[tuple[int, str]]:
    """Number and digest of each run, in order."""
    with closing(sqlite3.connect(program.database)) as db:
        return db.execute("select id, digest from runs order by id").fetchall()


def answers(program: Program, record: Record) -> None:
    first, (over, now, next_year) = record.series[0], record.years
    ask = program.ask
    for name in (*record.series, *record.parts):
        both(program, "show", name)
        both(program, "brief", name)
        for month in record.months:
            both(program, "brief", name, month)
        both(program, "show", name, "next 12 months")
        for event in (">1000", "above year before", "record", "record low", "20000..30000"):
            both(program, "chance", name, record.ahead, event)
    for name in record.series:
        both(program, "changes", name)
        both(program, "show", name, next_year)
        both(program, "chance", name, next_year, f"> {now}")
        both(program, "chance", name, record.ahead, "highest since 2023-12")
    for name in record.dimensions:
        both(program, "show", name)
    ask("terminal", "show", first, "--model", "naive")
    ask("terminal", "show", first, over)
    ask("terminal", "show", first, now)
    for words in record.facts:
        both(program, "fact", *words)


def files(program: Program, record: Record) -> None:
    """Yearly reports, and a text checked."""
    for year in record.years[:2]:
        for ending in ("md", "html"):
            with program.drawing("report", year, ending):
                program.run("report", year, "-o", f"report-{year}.{ending}")
            told = (program.folder / f"report-{year}.{ending}").read_text("utf-8")
            program.answers.write("pages", f"report-{year}.{ending}", without_pictures(told))
    text = "text.txt"
    (program.folder / text).write_text(record.text)
    if record.text:
        both(program, "check", text, "--published", record.published)
        program.ask("terminal", "check", "-", stdin=f"{record.text}\nPublished 2025-03-26.")
        program.run("check", text, "--published", record.published, "--html", "checked.html")
        if (checked := program.folder / "checked.html").exists():
            program.answers.write("pages", "checked.html", checked.read_text("utf-8"))


def wrong(program: Program, record: Record) -> None:
    """What people get wrong: each is told what, and what to do."""
    first = record.series[0]
    for words in (
        ("show", "nowhere"),
        ("show", f"{first}:nobody"),
        ("show", first, "2031"),
        ("show", first, "--model", "other"),
        ("chance", first, record.ahead, "about 10"),
        ("chance", first, "2019-01", ">10"),
        ("brief", first, "1987-01"),
        ("brief", first, "13/2024"),
        ("fact", first, "sometime", "10"),
        ("flags", "--since", "yesterday"),
        ("report", "FY1999", "-o", "x.md"),
        ("plot", first, "-o", "x.gif"),
        ("plot", first, "--kind", "drivers", "--month", "2019-01", "-o", "x.svg"),
        ("releases", "show", "999"),
        ("notices", "preview", "999"),
        ("export", "nothing", "-o", "x.csv"),
        ("withdraw", "999", "--why", "a test", "--by", "Ann"),
        ("restore", "nowhere"),
        ("nonsense",),
    ):
        program.ask("refusals", *words)


def without_pictures(text: str) -> str:
    """A page without the bytes of the pictures in it."""
    text = re.sub(r"data:[a-z/+]+;base64,[A-Za-z0-9+/=]+", "data:<picture>", text)
    return re.sub(r"<svg\b.*?</svg>", lambda found: picture(found[0]), text, flags=re.S)


def picture(svg: str) -> str:
    """What an SVG says, in order, and the plot that it would show."""
    spoken = re.findall(r'aria-label="([^"]*)"|<(?:text|title|desc)\b[^>]*>([^<]*)<', svg)
    return "\n".join(html.unescape(label or written) for label, written in spoken)


def plots(program: Program, record: Record) -> None:
    first = record.series[0]
    for name in record.series:
        for kind in ("fan", "history", "drivers", "calibration", "score"):
            program.ask("plots", "plot", name, "--kind", kind, "-o", "plot.svg")
    for name in record.parts[:1]:
        program.ask("plots", "plot", name, "-o", "plot.svg")
    program.ask(
        "plots", "plot", first, "-o", "plot.svg", "--size", "slide", "--title", "A title", "--log"
    )
    program.ask(
        "plots", "plot", first, "--kind", "history", "--lead", "3", "--linear", "-o", "plot.svg"
    )
    program.ask("plots", "score", "--questions", "-o", "questions.svg")
    program.ask("plots", "brief", first, "-o", "slide.png")
    program.ask("plots", "brief", first, "-o", "slide.pptx")


def exports(program: Program) -> None:
    names = [words[1] for words in program.commands() if words[:1] == ("export",) and words[1:]]
    folders = {"hub", "all"} & {*names}
    names = [name for name in names if name not in folders]
    with program.together():
        for name in names:
            program.ask("terminal", "export", name, "-o", f"{name}.csv", name=f"export_{name}")
        program.ask("terminal", "export", "latest_forecasts", "-o", "latest_forecasts.xlsx")
        program.ask("terminal", "export", "wide_months", "-o", "wide_months.parquet")
        for name in sorted(folders):
            program.ask("terminal", "export", name, "-o", name, name=f"export_{name}")
    for name in names:
        _file(program, program.folder / f"{name}.csv")
    for name in ("latest_forecasts.xlsx", "slide.pptx"):
        if (path := program.folder / name).exists():
            program.answers.write("exports", name, _office(path))
    _parquet(program, "wide_months")
    # Of all tables their statements alone: each view's rows are asked for above.
    for path in sorted([*(program.folder / "hub").rglob("*"), program.folder / "all/tables.sql"]):
        if path.is_file():
            _file(program, path)


def _parquet(program: Program, name: str) -> None:
    import pyarrow.parquet

    found = pyarrow.parquet.read_table(program.folder / f"{name}.parquet")
    head = [f"{each.name}: {each.type}" for each in found.schema]
    program.answers.write("exports", f"{name}.parquet", "\n".join([*head, *_lines(found)]))


def _lines(found: object) -> Iterator[str]:
    for row in found.to_pylist():  # type: ignore[attr-defined]
        yield json.dumps(row, default=str)


def _file(program: Program, path: Path) -> None:
    if not path.exists():
        return
    name = str(path.relative_to(program.folder))
    if path.suffix == ".parquet":
        import pyarrow.parquet

        program.answers.write("exports", name, "\n".join(_lines(pyarrow.parquet.read_table(path))))
    elif path.suffix in TEXTS | DATA | {".md", ""}:
        lines = path.read_text("utf-8", errors="replace").splitlines()
        program.answers.write("exports", name, "\n".join(lines[:VIEW_ROWS]))


def _office(path: Path) -> str:
    """The words and numbers of an Office file, part by part."""
    found = []
    with zipfile.ZipFile(path) as parts:
        for name in sorted(parts.namelist()):
            if name.endswith(".xml") and "theme" not in name and "slideLayout" not in name:
                text = parts.read(name).decode("utf-8", "replace")
                found += [f"== {name}", re.sub(r"(>)(<)", r"\1\n\2", text)]
    return "\n".join(found)


def views(program: Program) -> None:
    """Every view of the record and of the analysts' copy, with its columns; of ops.db too."""
    for path in sorted(program.folder.glob("*.db")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            of_kind = "select name from sqlite_master where type = 'view' order by name"
            for (view,) in db.execute(of_kind).fetchall():
                rows = db.execute(f"select * from {view}")
                head = "\t".join(column[0] for column in rows.description)
                lines = sorted("\t".join(map(repr, row)) for row in rows)
                shown = [head, *lines[:VIEW_ROWS], f"{len(lines)} rows"]
                program.answers.write("views", f"{path.stem}/{view}", "\n".join(shown))


def mails(program: Program, mailbox: Path) -> None:
    """Every notice previewed, one rejected, the others approved and sent."""
    ids = [row["id"] for row in json.loads(program.run("notices", "list", "--json")[0])["notices"]]
    content = {}
    with program.together():
        for number in map(str, ids):
            program.ask("mails", "notices", "preview", number)
            both(program, "notices", "show", number)
    for number in map(str, ids):
        told = re.search(r"--content (\S+)", program.run("notices", "preview", number)[1])
        content[number] = told[1] if told else ""
        with program.drawing("notice", number):
            program.run("notices", "preview", number, "-o", f"notice-{number}.html")
        page = (program.folder / f"notice-{number}.html").read_text("utf-8")
        program.answers.write("mails", f"notice-{number}.html", without_pictures(page))
    program.ask("mails", "notices", "demo", "-o", "demo.eml")
    if (demo := program.folder / "demo.eml").exists():
        program.answers.write("mails", "demo.eml", readers.told(demo.read_bytes()))
    for number in map(str, ids):
        if ids and number == str(ids[0]) and len(ids) > 1:
            program.ask("mails", "notices", "reject", number, "--by", "Bob", "--why", "late")
        else:
            approval = ("--content", content[number], "--by", "Ann Lee")
            program.ask("mails", "notices", "approve", number, *approval, name=f"approve_{number}")
    program.ask("mails", "notices", "send", stdin="y\n")
    program.ask("mails", "notices", "test", "--to", "ann@example.org")
    program.ask("mails", "notices", "unsubscribe", "bob@example.org")
    both_after = program.run("notices", "list")[0]
    program.answers.write("mails", "notices_list_after", both_after)
    taken(program, mailbox)


def taken(program: Program, mailbox: Path) -> None:
    """What mail server and webhooks took since they were asked last, in an order of its own."""
    for kind in ("mail", "hook"):
        contents = sorted((path.name[9:], path.read_bytes()) for path in mailbox.glob(f"{kind}-*"))
        for number, (to, content) in enumerate(contents):
            text = readers.told(content) if kind == "mail" else content.decode("utf-8", "replace")
            if kind == "hook":
                text = without_pictures(text)
            program.answers.write("mails", f"{kind}-{number:02}-{to}", text)
        for path in mailbox.glob(f"{kind}-*"):
            path.unlink()


def site(program: Program) -> None:
    """The page as files; pictures by what they say."""
    folder = program.folder / "site"
    shutil.rmtree(folder, ignore_errors=True)
    program.ask("terminal", "site", "-o", "site")
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        name = str(path.relative_to(folder))
        kind = path.suffix
        if kind in TEXTS:
            text = SIZES.sub(r"\1<size>", without_pictures(path.read_text("utf-8")))
            program.answers.write("pages", name, text)
        elif kind in DATA:
            text = SIZES.sub(r"\1<size>", path.read_text("utf-8"))
            program.answers.write("data", name, text)
        elif kind == ".svg":
            program.answers.write("pictures", name, picture(path.read_text("utf-8")))
        elif kind == ".png":
            program.answers.write("pictures", name, _size(path))
    program.ask("terminal", "site", "-o", "site", name="site_again")


def _size(path: Path) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return f"{image.format} {image.width} x {image.height}"


def web(program: Program, record: Record) -> None:
    """What a visitor gets of the server, and what one who errs gets."""
    first, fact = record.series[0], record.facts[0] if record.facts else ("a", "2024-01", "1")
    query = quote("select border, month, encounters from border_months order by 1, 2 limit 5")
    with program.serving("web", "--port", "0") as address:
        for path in (
            "/", "/nowhere", "/check/index.html", "/bordercast", "/bordercast.json",
            "/bordercast/latest_run", "/bordercast/latest_run.json", "/bordercast/latest_run.csv",
            "/bordercast/border_months?_size=3", f"/bordercast.json?sql={query}",
            "/bordercast.json?sql=drop+table+runs", "/bordercast.json?sql=select+nothing",
            f"/fact/{quote(first)}/{quote(fact[1])}/{quote(fact[-1])}" if len(fact) > 2 else "/x",
            f"/fact/nowhere/{quote(record.months[0])}/10",
        ):  # fmt: skip
            name = path.strip("/").replace("/", "_") or "front"
            program.answers.write("web", name, get(address, path))
        if record.text:
            form = urlencode({"text": f"{record.text}\nPublished {record.published}"}).encode()
            program.answers.write("web", "check", get(address, "/check/index.html", form))


def assistant(program: Program, record: Record) -> None:
    """What an assistant is told: the tools, and an answer of each."""
    first = record.series[0]
    fact = {"series": first, "span": record.months[0], "claim": "1,000"}
    calls = (
        ("series", {}),
        ("counts", {"series": first}),
        ("forecast", {"series": first}),
        ("chance", {"series": first, "span": record.ahead, "event": ">1000"}),
        ("fact", fact),
        ("check", {"text": record.text or "1,000 in 2024.", "published": record.published}),
        ("flags", {}),
        ("counts", {"series": "nowhere"}),
    )
    start = {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "same", "version": "1"},
    }
    messages: list[dict[str, object]] = [
        {"id": 0, "method": "initialize", "params": start},
        {"method": "notifications/initialized"},
        {"id": 1, "method": "tools/list"},
    ]
    messages += [
        {"id": number, "method": "tools/call", "params": {"name": name, "arguments": given}}
        for number, (name, given) in enumerate(calls, start=2)
    ]
    for number, answer in program.converse(messages, "mcp").items():
        name = "tools" if number < 2 else calls[number - 2][0]
        text = json.dumps(answer, indent=1).replace("\\n", "\n")
        program.answers.write("assistant", f"{number:02}_{name}", text)


def changes(program: Program, bundle: tuple[str, ...]) -> None:
    """What changes the record: withdrawn, backed up, restored; and what is seen of it then."""
    last = str(_runs(program)[-1][0])
    program.ask("terminal", "withdraw", last, "--why", "a wrong file", "--by", "Ann Lee")
    status(program, "after_withdrawal_status")
    for words in (("flags",), ("notices", "list"), ("releases", "list"), ("verify",)):
        program.ask("terminal", *words, name=f"after_withdrawal_{'_'.join(words)}")
    program.ask("terminal", "backup", "--to", "kept")
    program.ask("terminal", "backup", "--drill")
    program.ask("terminal", "restore", "kept")
    program.ask("terminal", "run", *bundle, name="after_withdrawal_run")
    program.ask("terminal", "witness", "export", "proofs")


def newcomer(program: Program) -> None:
    """No record: what is said then, the settings, and the engine on anybody's files."""
    for words in (
        ("show",), ("flags",), ("score",), ("status",), ("verify",), ("brief", "northern"),
        ("check", "-"), ("notices", "list"), ("releases", "list"), ("site", "-o", "site"),
        ("config", "show"), ("config", "check"), ("--version",), ("version",),
        ("--config", "none.toml", "show"),
    ):  # fmt: skip
        program.ask("refusals" if words[0] != "config" else "terminal", *words)
    program.ask("terminal", "config", "init")
    program.answers.write("exports", "config.toml", (program.folder / "config.toml").read_text())
    for noun in ("seizures", "pounds"):
        program.ask("terminal", "config", "init", "--source", noun, "-o", f"{noun}.toml")
        written = (program.folder / f"{noun}.toml").read_text()
        program.answers.write("exports", f"{noun}.toml", written)
    for line in ("[forecast]\nhorizon = 99", "[forecats]\n", "[mail]\nenabled = true", "horizon ="):
        (program.folder / "wrong.toml").write_text(line)
        program.ask("refusals", "--config", "wrong.toml", "show", name=f"settings_{line[:9]}")
    forecasts(program)


def forecasts(program: Program) -> None:
    folder = program.folder
    figures.visits(folder / "visits.csv", 54)
    figures.regions(folder / "regions.csv", 54)
    figures.gaps(folder / "gaps.csv", 61)
    figures.visits(folder / "short.csv", 20)
    lines = (folder / "visits.csv").read_text().splitlines()
    (folder / "wrong.csv").write_text("\n".join([*lines[:5], "2020-06,Clinic 1,-5", "x,y,z"]))
    (folder / "twice.csv").write_text("\n".join([*lines, lines[3]]))
    (folder / "empty.csv").write_text("")
    for words in (
        ("visits.csv",), ("visits.csv", "--h", "18", "--hindcasts", "6"), ("regions.csv",),
        ("regions.csv", "--totals", "-o", "ahead.csv"), ("gaps.csv", "-o", "gaps-ahead.csv"),
        ("short.csv",), ("wrong.csv",), ("twice.csv",), ("empty.csv",), ("twice.csv", "--sum"),
        ("nothing.csv",),
    ):  # fmt: skip
        program.ask("engine", "forecast", *words)
    (folder / "serial.toml").write_text('[compute]\nengine = "serial"\n')
    program.ask("refitted", "--config", "serial.toml", "forecast", "visits.csv", "--models", "all",
                "--hindcasts", "0", "--h", "3")  # fmt: skip
    for path in ("ahead.csv", "gaps-ahead.csv"):
        _file(program, folder / path)
    with program.drawing("forecast", "visits"):
        program.ask("engine", "forecast", "visits.csv", "--plot", "pictures", "-o", "a.csv")
