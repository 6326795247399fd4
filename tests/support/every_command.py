"""Every command of the program on the small record, in an order that gives each something to do."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.support import publisher, small_record

# What the later files change in the small record's figures.
MOVED = {("2024-01", "southwest"): 900, ("2023-11", "southwest"): 900}


CONNECTED = """
[fetch]
enabled = true
contact = "desk@example.org"
index = "{index}"

[mail]
enabled = true
host = "127.0.0.1"
port = {port}
security = "local"
sender = "Bordercast <notices@example.org>"

[[notices.recipients]]
address = "ann@example.org"
"""


def commands(folder: Path) -> list[list[str]]:
    """Every command of the program, in an order in which each has something to do."""
    (folder / "odd.csv").write_bytes(b"Fiscal Year\n2024\n")
    (folder / "text.txt").write_text("CBP counted 1,000 encounters in February.\n")
    said = "known_by,series,month,count,source\n2024-03-20,northern,2024-02,41,a release\n"
    (folder / "said.csv").write_text(said)
    lines = [f"a,{2020 + n // 12}-{n % 12 + 1:02d},{n + 5}" for n in range(40)]
    (folder / "own.csv").write_text("series,month,value\n" + "\n".join(lines) + "\n")
    revised = folder / publisher.file_name("2024-03", first=small_record.FIRST_YEAR)
    revised.write_bytes(publisher.file_bytes("2024-03", first=small_record.FIRST_YEAR, moved=MOVED))
    backup = str(folder / "kept")
    words = f"""
        run --no-bundle
        show
        flags
        score
        brief northern
        fact northern 2024-02
        check {folder}/text.txt --published 2024-04-02
        chance northern 2024-05 >100
        changes northern
        movers northern
        compare northern southwest
        report FY2024 -o {folder}/fy.md
        plot northern -o {folder}/fan.svg
        export latest_forecasts -o {folder}/ahead.csv
        export hub -o {folder}/hub
        forecast {folder}/own.csv -o {folder}/own-ahead.csv
        tidy {folder}/own.csv -o {folder}/own-tidy.csv
        replay --from 2023-10
        notices list
        notices show 1
        notices preview 2
        notices approve 2 --content PREVIEWED --by Lee
        notices reject 1 --by Lee --why late
        notices send --yes
        notices unsubscribe ann@example.org
        releases list
        releases show 1
        ingest --no-bundle {folder}/odd.csv
        ingest --no-bundle {revised}
        releases accept 5 --why seen
        run --no-bundle
        fetch --once --no-bundle
        serve --once
        vintages add {folder}/said.csv
        vintages list northern
        vintages withdraw 1 --why misread
        preliminary add northern 2024-05 'about 30' --on 2024-06-05 --source 'a release'
        preliminary list
        status
        doctor
        verify
        audit
        config check
        config show
        config init -o {folder}/made.toml
        site -o {folder}/site
        notices demo -o {folder}/demo.eml
        notices test --to ann@example.org
        witness now
        witness export {folder}/proofs
        backup --to {backup}
        backup --drill
        withdraw 4 --why odd --by Lee
        releases withdraw 5 --why odd --by Lee
        restore {backup}
    """
    return [shlex.split(line) for line in words.splitlines() if line.strip()]
