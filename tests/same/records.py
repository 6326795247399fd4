"""The records that are asked, each made by commands alone, as its operator would make it."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import figures
from terminal import Program

ROOT = Path(__file__).resolve().parents[2]
QUICK = """
[forecast]
models = ["naive", "snaive"]
first_cutoff = "{first_cutoff}"
{dimensions}
[compute]
processes = 1
"""
# Who is told: a person of everything, one of little, a machine of each kind.
READERS = """
[notices]
contact = "desk@example.org"
quiet_months = true
{recipients}
{hooks}
[mail]
enabled = true
host = "127.0.0.1"
port = {port}
security = "local"
sender = "Bordercast <notices@example.org>"
operator = "operator@example.org"
[site]
address = "https://example.org/counts"
"""
RECIPIENTS = """
[[notices.recipients]]
address = "ann@example.org"
digest = true
[[notices.recipients]]
address = "bob@example.org"
severity = "critical"
"""


@dataclass(frozen=True)
class Record:
    """How a record is made, and what it is asked about."""

    name: str
    make: Callable[[Program, tuple[int, int]], None]
    series: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()  # the first with a chart of its own
    dimensions: tuple[str, ...] = ()
    months: tuple[str, ...] = ()  # that a paragraph is asked of
    ahead: str = ""  # a month that is forecast
    years: tuple[str, ...] = ()  # one that is over, one that runs, one that comes
    facts: tuple[tuple[str, ...], ...] = ()
    text: str = ""  # to check; its day of publication
    published: str = ""
    embedded: bool = False  # made of the figures that come with the program alone
    helps: bool = False  # in words of its own, which other records share


def settings(program: Program, text: str, ports: tuple[int, int]) -> None:
    """Write the settings, with readers of each kind."""
    mail, hook = ports
    hooks = []
    for kind in ("generic", "slack", "teams", "ntfy"):
        (program.folder / f"{kind}.address").write_text(f"http://127.0.0.1:{hook}/{kind}\n")
        (program.folder / f"{kind}.address").chmod(0o600)
        topic = '\ntopic = "counts"' if kind == "ntfy" else ""
        hooks.append(
            f'[[notices.hooks]]\nname = "{kind}"\nkind = "{kind}"\n'
            f'address_file = "{program.folder}/{kind}.address"{topic}\n'
        )
    readers = READERS.format(port=mail, recipients=RECIPIENTS, hooks="".join(hooks))
    (program.folder / "config.toml").write_text(text + readers)
    program.answers.hide(f"127.0.0.1:{hook}", "<hooks>")
    program.answers.hide_port(mail)


def first_run(program: Program, ports: tuple[int, int]) -> None:
    """The service on its first day: the embedded figures, every default."""
    program.now = "2026-09-20T12:00:00+00:00"
    program.ask("terminal", "run", name="00_run")


def february(program: Program, ports: tuple[int, int]) -> None:
    """January of 2025 known, then the run after February's file came; mails go out."""
    settings(
        program,
        QUICK.format(first_cutoff="2024-02", dimensions='dimensions = ["state", "demographic"]'),
        ports,
    )
    files = program.folder.parent / "files"
    final = figures.state_file(files, "2023-09", 2020)
    program.now = "2025-01-17T12:00:00+00:00"
    program.ask(
        *("terminal", "ingest", "--no-bundle", "--first-seen", "2023-12-15", str(final)),
        name="00_ingest",
    )
    for number, (through, now, changed) in enumerate(
        (
            ("2024-12", "2025-01-17", {}),
            ("2025-01", "2025-02-18", {("northern", "2024-12"): 12}),
            ("2025-02", "2025-03-12", {("southwest", "2025-01"): -40, ("other", "2024-11"): 7}),
        ),
        start=1,
    ):
        program.now = f"{now}T12:00:00+00:00"
        file = figures.state_file(files, through, 2022, changed)
        program.ask("terminal", "run", "--no-bundle", str(file), name=f"0{number}_run")


def drugs(noun: str) -> Callable[[Program, tuple[int, int]], None]:
    def make(program: Program, ports: tuple[int, int]) -> None:
        program.now = "2026-05-20T12:00:00+00:00"
        program.ask("terminal", "config", "init", "--source", noun, name="00_config_init")
        program.ask("terminal", "run", name="01_run")

    return make


def _delivered(
    program: Program, ports: tuple[int, int], *steps: tuple[Callable[[Path], object], str]
) -> None:
    """Settings from the first file, with our readers in them; then a run for each file."""
    for number, (deliver, now) in enumerate(steps):
        program.now = f"{now}T12:00:00+00:00"
        deliver(program.folder / "deliveries" / f"{now}.csv")
        if not number:
            program.ask("terminal", "config", "init", "deliveries", name="00_config_init")
            written = (program.folder / "config.toml").read_text()
            program.answers.write("exports", "config.toml", written)
            sources = written[written.index("[[sources]]") :].split("\n[forecast]")[0]
            kept = [part for part in sources.split("\n[") if part.startswith(("sources", "[[sour"))]
            quick = QUICK.format(first_cutoff="2023-01", dimensions="")
            settings(program, "\n[".join(kept) + quick, ports)
        program.ask("terminal", "run", name=f"0{number + 1}_run")


def own(program: Program, ports: tuple[int, int]) -> None:
    """Three clinics: four years, then a month in which one of them falls to a quarter."""
    _delivered(
        program,
        ports,
        (lambda path: figures.visits(path, 48), "2024-01-10"),
        (lambda path: figures.visits(path, 49, dropped=True), "2024-02-10"),
    )


def own_parts(program: Program, ports: tuple[int, int]) -> None:
    """Five clinics of two regions, likewise."""
    _delivered(
        program,
        ports,
        (lambda path: figures.regions(path, 48), "2024-01-10"),
        (lambda path: figures.regions(path, 49, dropped=True), "2024-02-10"),
    )


def own_gaps(program: Program, ports: tuple[int, int]) -> None:
    """Clinics with gaps, short and long, two that opened and one that closed."""
    _delivered(
        program,
        ports,
        (lambda path: figures.gaps(path, 60), "2024-01-10"),
        (lambda path: figures.gaps(path, 61), "2024-02-10"),
    )


def upgraded(schema: str) -> Callable[[Program, tuple[int, int]], None]:
    """The record of an earlier program, from tests, as this one finds it."""

    def make(program: Program, ports: tuple[int, int]) -> None:
        program.now = "2024-05-20T12:00:00+00:00"
        (packed,) = (ROOT / "tests").glob(f"**/{schema}.db.gz")
        for name, to in ((".db", "bordercast.db"), ("-ops.db", "ops.db")):
            with gzip.open(packed.with_name(f"{schema}{name}.gz")) as file:
                (program.folder / to).write_bytes(file.read())
        shutil.copy(packed.with_name(f"{schema}.toml"), program.folder / "config.toml")
        program.ask("terminal", "run", "--no-bundle", name="00_run")

    return make


def nothing(program: Program, ports: tuple[int, int]) -> None:
    """No record yet: what a newcomer reads, and what the engine says of a file."""


BORDER_TEXT = """In February 2025, agents recorded 11,709 encounters at the southwest border,
81% fewer than in January. That was the lowest month since 2020. Nationwide there were 28,613.
At the northern border, 18,944 were encountered in August 2024, a record, and 4,098 in February.
Encounters at the southwest border fell from 249,741 in December 2023 to 9,700 a year later.
"""
DRUG_TEXT = """Officers seized 1,000 pounds of fentanyl at the southwest border in March 2026,
down 40% from a year before. Seizures of methamphetamine were a record. In 2025 there were 5,000
seizures of cocaine nationwide.
"""
BORDERS = ("northern", "southwest", "other", "nationwide")
HEADLINE_FACTS = (
    ("northern", "2024-08", "18,944"),
    ("southwest", "2025-01", "record low"),
    ("northern", "2024-12", "-50%", "--from", "2023-12"),
    ("southwest", "FY2024", "nearly 2.1 million"),
    ("18,944",),
    ("123,456,789",),
)
RECORDS = (
    Record(
        "first", first_run, BORDERS,
        parts=("northern:Swanton", "southwest:Mexico", "southwest:UAC"),
        dimensions=("southwest:citizenship", "northern:state", "other:field"),
        months=("2025-02", "2026-08"), ahead="2026-12", years=("FY2025", "FY2026", "FY2027"),
        facts=HEADLINE_FACTS, text=BORDER_TEXT, published="2025-03-26", embedded=True,
    ),
    Record(
        "february", february, BORDERS, parts=("northern:NY", "southwest:UAC"),
        dimensions=("northern:state", "southwest:demographic"),
        months=("2025-01", "2025-02"), ahead="2025-06", years=("FY2024", "FY2025", "FY2026"),
        facts=HEADLINE_FACTS, text=BORDER_TEXT, published="2025-03-26",
    ),
    Record(
        "seizures", drugs("seizures"), ("southwest", "nationwide"), parts=("southwest:Fentanyl",),
        dimensions=("southwest:drug",), months=("2026-03",), ahead="2026-09",
        years=("FY2025", "FY2026", "FY2027"), facts=(("southwest", "2026-03", "1,000"),),
        text=DRUG_TEXT, published="2026-05-01", embedded=True, helps=True,
    ),
    Record(
        "pounds", drugs("pounds"), ("southwest", "nationwide"), parts=("southwest:Fentanyl",),
        dimensions=("southwest:drug",), months=("2026-03",), ahead="2026-09",
        years=("FY2025", "FY2026", "FY2027"), facts=(("southwest", "2026-03", "1,000"),),
        text=DRUG_TEXT, published="2026-05-01", embedded=True, helps=True,
    ),
    Record(
        "own", own, ("Clinic 1", "Clinic 2"), months=("2023-12", "2024-01"), ahead="2024-06",
        years=("2022", "2023", "2024"), facts=(("Clinic 1", "2024-01", "40"), ("300",)),
        text="Clinic 1 had 40 visits in January 2024.", published="2024-02-15", helps=True,
    ),
    Record(
        "parts", own_parts, ("North", "South"), parts=("North:Clinic 2", "South:Clinic 5"),
        dimensions=("North:clinic",), months=("2023-12", "2024-01"), ahead="2024-06",
        years=("2022", "2023", "2024"), facts=(("North", "2024-01", "900"), ("300",)),
        text="North had 900 visits in January 2024.", published="2024-02-15",
    ),
    Record(
        "gaps", own_gaps, ("Clinic 2", "Clinic 5", "Clinic 6", "Clinic 7"),
        months=("2023-12", "2024-01"), ahead="2024-06",
        years=("2022", "2023", "2024"), facts=(("Clinic 2", "2023", "1,000"),),
        text="Clinic 2 had 900 visits in January 2024.", published="2024-02-15",
    ),
    *(
        Record(name, upgraded(name), ("northern", "nationwide"), months=("2024-02",),
               ahead="2024-05", years=("FY2023", "FY2024", "FY2025"))
        for name in ("schema8", "schema18")
    ),
    Record("none", nothing),
)  # fmt: skip
