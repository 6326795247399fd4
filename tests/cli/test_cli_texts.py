"""What every command prints of the full record made by hand, its exit code, the files it leaves.

The texts stand in texts/*.txt, to the letter; see `tests.support.golden_texts`.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import time_machine
from click.testing import CliRunner
from pptx import Presentation

from jobs.cli import main
from tests.support import golden_texts
from tests.support.commands import COMMANDS
from tests.support.golden_texts import masked
from tests.support.undrawn import drawn_from, undrawn

TEXTS = Path(__file__).with_name("texts")
TODAY = datetime(2024, 4, 25, 12, tzinfo=UTC)

ARTICLE = """CBP counted 9,300 encounters at the southwest border in March 2024, down 54% from
a year earlier. At the northern border there were 1,010, the lowest since October 2022. In January
2024 agents met 2,020 people at the northern border, nearly double the month before. Nationwide
there were 11,560 encounters in March. The Border Patrol counted 2,325 of the southwest's.
"""
SAID = """known_by,series,month,count,source,rounded
2024-03-19,northern,2024-02,"1,750",a release of that day,
2024-03-20,southwest,2024-01..2024-02,18300,a newspaper,100
"""
SETTINGS = """
[forecast]
models = ["naive"]
first_cutoff = "2023-10"
dimensions = ["state"]

[compute]
processes = 1
"""

READING = {
    "months": """
        show
        show northern
        show southwest --json
        show southwest
        show nationwide
        show northern FY2024
        show southwest 2024-06
        show northern 2024-04..2024-06
        show northern:NY
        show northern:"Border Patrol"
        show northern:Vermont 2024-05
        show northern:Swanton
        show northern --from 2024-01
        show northern:Vermont --from 2024-02 --json
        show northern --from 2030-01
        show nationwide:"Border Patrol"
        show nationwide:"Border Patrol" 2024-05
        show --from 2024-02
        compare nationwide:"Border Patrol" northern:"Border Patrol" --since 2024-02
        brief nationwide:"Border Patrol"
        movers northern
        movers southwest --from forecast --json
        movers
        movers northern:Vermont
        movers northern -o movers.csv
        compare northern southwest --since 2024-01
        compare northern:Vermont northern --as share --json
        compare northern 2024-03 2023-03
        compare northern FY2024 FY2023
        compare northern
        brief northern:Swanton
        brief northern:"Buffalo field office" 2024-01
        show northern:state FY2024
        show northern --model naive
        show northern --model ets
        show northern FY2024 --json
        brief northern
        brief northern 2024-01
        brief northern 2024-02
        brief northern 2023-03
        brief northern 2022-10
        brief southwest
        brief southwest 2023-12
        brief southwest 2024-01
        brief southwest 2024-02
        brief nationwide
        brief other 2023-10
        brief northern:VT
        brief southwest:INDIA 2024-02
        brief northern 2024-01 --json
        brief northern 2024-09
        brief northern 2021-09
    """,
    "flags": """
        flags
        flags northern
        flags southwest --since 2024-01
        flags --watch
        flags --parts
        flags --json --since 2024-03
        flags other
        changes northern
        changes southwest
        changes other
        changes northern --json
        score
        score northern
        score southwest --era 2023
        score nationwide --json
        score --questions
        score northern --questions
        score --questions --json
    """,
    "chances": """
        chance northern 2024-04 >1000
        chance northern 2024-04 >2000
        chance northern FY2024 >14000
        chance northern 2024-04..2024-09 "record month"
        chance southwest 2024-04..2025-03 "record low"
        chance southwest 2024-05 >2023-05
        chance southwest FY2024 >FY2023
        chance northern FY2024 >FY2023 --json
        chance northern 2024-02 >1400
        chance northern:NY 2024-06 >500
        chance southwest 2024-05 "above year before"
        chance northern 2024-04..2024-06 "highest since 2023-12"
        chance northern 2024-04 9000..10000
        chance northern 2024-04 odd
        chance northern 2031-04 >5
        chance other 2024-04 >5
        chance nationwide:"Border Patrol" 2024-05 >2500
    """,
    "facts": """
        fact southwest 2024-03 9300
        fact southwest 2024-03 "9,301"
        fact southwest 2024-03 "9,310"
        fact southwest 2024-03 9400
        fact southwest 2024-03 9.3K
        fact northern 2024-01 2000
        fact northern 2024-01 2010
        fact northern 2024-01 2020
        fact northern 2024-01 "more than 2,000"
        fact northern 2024-01 "more than 2,100"
        fact southwest 2024-03 -54% --from 2023-03
        fact southwest 2024-03 -50% --from 2023-03
        fact southwest 2024-03 halved --from 2023-03
        fact northern 2024-01 x2 --from 2023-12
        fact northern 2024-01 record
        fact northern 2024-03 record
        fact northern 2024-03 "lowest since 2022"
        fact northern 2024-03 "2nd lowest"
        fact northern 2024-01 highest
        fact northern FY2023 12687
        fact northern FY2024 7920
        fact northern 2024-03 "share of nationwide 9%"
        fact northern 2024-03 "share of nationwide 12%"
        fact northern 2024-03 "average 33 a day"
        fact northern 2024-03 "average 40 a day"
        fact northern:VT 2024-03 505
        fact northern 2024-07 5
        fact 9300
        fact 12687
        fact 7777777
        fact southwest 2024-03 9300 --json
        check article.txt --published 2024-04-22
        check article.txt --published 2024-04-22 --json
        check nothing.txt
    """,
    "record": """
        releases list
        releases list --refused
        releases list --json
        releases show 3
        releases show 4
        releases show 6
        releases show 1 --json
        notices list
        notices list --json
        notices show 1
        notices show 2
        notices show 3 --json
        notices preview 1
        notices preview 2
        notices preview 3
        notices preview 4
        notices preview 9
        notices send --dry-run
        verify
        verify --digest 00
        verify --run 9 --digest 0000000000000000000000000000000000000000000000000000000000000000
        status
        status --json
        config check
        help
        help flags
        help nonsense
        version
    """,
    "files": """
        report FY2024 -o year.md
        report FY2024 -o year.html
        report 2023 -o year.md
        plot northern -o fan.svg
        plot northern --kind history -o history.svg
        plot northern --kind drivers -o drivers.svg
        plot southwest --kind calibration -o calibration.svg
        plot northern --kind score -o score.svg
        plot northern --since 2023-10 --title "In short" --size 640x360 -o sized.svg
        plot northern --log --lead 2 --kind history -o leads.svg
        plot northern --kind nonsense -o x.svg
        brief northern -o month.png
        brief southwest 2023-12 -o shift.png
        brief northern -o month.pptx
        brief southwest 2024-02 -o february.pptx
        brief northern -o month.txt
        score --questions -o chances.svg
        plot northern:NY -o part.svg
        plot nationwide:"Border Patrol" -o all.svg
        plot other --kind calibration -o other.svg
        plot southwest --kind drivers -o other.svg
        plot other -o other.svg --since 2024-01
        plot southwest --kind fan --month 2024-01 -o fan2.svg
        export hub -o hub
        export hub -o hub-hindcasts --hindcasts
        export hindcasts -o hindcasts.csv
        export scorecard -o scores.parquet
        export border_months -o old.csv --as-of 2024-03-01
        forecast odd.csv
        config init -o made.toml
        config init -o made.toml
    """,
}
# In this order on one copy of the record.
WRITING = """
    notices approve 4 --content 0123 --by Lee
    notices approve 4 --content CONTENT --by Lee
    notices approve 4 --content CONTENT --by Lee
    notices reject 3 --by Lee --why late
    notices reject 3 --by Lee --why late
    notices approve 1 --content 0123 --by Lee
    notices show 4
    notices list
    notices send --yes
    notices unsubscribe ann@example.org
    notices demo -o demo.eml
    notices test --to ann@example.org
    releases accept 6 --why seen
    releases accept 1 --why seen
    releases accept 9 --why seen
    ingest --no-bundle odd.csv
    fetch --once --no-bundle
    run --no-bundle
    witness now
    witness export proofs
    backup --to kept
    backup --drill
    withdraw 3 --why odd --by Lee
    withdraw 3 --why odd --by Lee
    show northern
    notices list
    verify
    restore kept
    releases withdraw 1 --why wrong --by Lee
    releases withdraw 1 --why wrong --by Lee
    releases show 1
    vintages list
    vintages add said.csv
    vintages add said.csv
    vintages add odd.csv
    vintages list northern 2024-02
    vintages list southwest --json
    vintages withdraw 1 --why misread
    vintages withdraw 7 --why misread
    vintages list
    preliminary add northern 2024-04 'about 30' --on 2024-05-05 --source 'a release'
    preliminary add northern 2024-03 30 --on 2024-05-05 --source 'a release'
    preliminary list
    audit
"""
# Servers, which answer until they are ended; their own tests ask them.
ELSEWHERE = {"web", "mcp", "config show", "serve", "replay", "site", "tidy"}


@pytest.fixture(autouse=True)
def _still(monkeypatch, tmp_path):
    """A folder to write to, one day, and no pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    undrawn(monkeypatch)
    Path("article.txt").write_text(ARTICLE)
    Path("config.toml").write_text(SETTINGS)
    Path("odd.csv").write_text("Fiscal Year\n2024\n")
    Path("said.csv").write_text(SAID)
    with time_machine.travel(TODAY, tick=False):
        yield


def printed(record: Path, line: str) -> str:
    """What a command prints, its exit code where that is not 0, and the files it left."""
    before = set(Path().rglob("*"))
    done = CliRunner().invoke(main, ["--db", str(record), *shlex.split(line)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    text = "".join(f"{row.rstrip()}\n" for row in same(done.output, record).splitlines() if row)
    made = [file for file in {*Path().rglob("*")} - before if file.is_file()]
    made = sorted(file for file in made if "record" not in file.parts)
    left = [f"left: {file} {content(file)}\n" for file in made if len(made) < 4]
    more = [f"left: {len(made)} files\n"] * (len(made) > 3)
    return f"{text}{''.join(left + more)}" + (f"exit {done.exit_code}\n" if done.exit_code else "")


def same(text: str, record: Path) -> str:
    """Without what differs from machine to machine and from migration to migration."""
    for path, name in ((record, "RECORD"), (record.parent, "FOLDER"), (Path.cwd(), "HERE")):
        text = text.replace(str(path), name)
    text = re.sub(r"(bytes\W+|RECORD, )[\d,]+", r"\1N", text)
    text = re.sub(r"(?i)(content )[0-9a-f]{12}\b", r"\1KEY", text)
    return masked(re.sub(r"[\d,]+ bytes", "N bytes", text))


def content(file: Path) -> str:
    """How many lines, and a digest; of a slide its words."""
    if file.suffix == ".pptx":
        slide = Presentation(str(file)).slides[0]
        cells = [
            cell.text for one in slide.shapes if one.has_table for cell in one.table.iter_cells()
        ]
        words = [one.text_frame.text for one in slide.shapes if one.has_text_frame]
        return masked(" | ".join((*words, *cells, slide.notes_slide.notes_text_frame.text)))
    if file.suffix == ".png":
        return drawn_from(file)
    if file.suffix in (".csv", ".md", ".html", ".svg", ".toml", ".json"):
        text = masked(file.read_text("utf-8"))
        return f"{len(text.splitlines())} lines {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return ""


def all_printed(record: Path, commands: str) -> dict[str, str]:
    """What each command prints, one after the other."""
    preview = CliRunner().invoke(main, ["--db", str(record), "notices", "preview", "4"]).output
    content = preview.partition("--content ")[2].partition(" ")[0]
    said: dict[str, str] = {}
    for line in map(str.strip, commands.strip().splitlines()):
        name = line if line not in said else f"{line} (again)"
        said[name] = printed(record, line.replace("CONTENT", content))
    return said


@pytest.mark.slow
@pytest.mark.parametrize("what", READING)
def test_commands_that_read_print_what_they_printed(full_record, what):
    golden_texts.compare(TEXTS / f"{what}.txt", all_printed(full_record, READING[what]))


@pytest.mark.slow
def test_commands_that_write_print_what_they_printed(full_record, tmp_path):
    (tmp_path / "record").mkdir()
    own = Path(shutil.copy(full_record, tmp_path / "record" / "bordercast.db"))

    golden_texts.compare(TEXTS / "writing.txt", all_printed(own, WRITING))


def test_the_doctor_names_what_it_looks_at(full_record):
    looks = printed(full_record, "doctor").splitlines()

    said = " ".join(row[6:20].strip() for row in looks if row[:4] in ("good", "note", "bad "))
    assert said == (
        "bordercast SQLite numpy pandas scipy statsmodels prophet apscheduler httpx settings "
        "database folder inbox file system clock fetch mail disk"
    )


def test_every_command_has_a_text():
    called = "\n".join([*READING.values(), WRITING, " doctor"])
    leaves = {name for name, command in COMMANDS.items() if not isinstance(command, click.Group)}
    tables = {name for name in leaves if name.startswith("export ")}

    left = {name for name in leaves - tables - ELSEWHERE if f" {name}" not in called}

    assert left == set()
