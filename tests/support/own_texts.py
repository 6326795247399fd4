"""What a record says of itself, as texts: pages, mails, paragraphs, reports."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner

from jobs.cli import main

DIGITS = re.compile(r"\d{4}(-\d\d)?|\b\d+\b")


def asked(path: Path, *words: str) -> str:
    with chdir(path.parent):
        done = CliRunner().invoke(main, ["--db", str(path), *words])
    assert done.exit_code in (0, 1), done.output
    return done.stdout


def texts(path: Path, into: Path, total: str, months: tuple[str, ...], year: str) -> Iterator[Path]:
    """Write a record's texts to a folder, and yield them: two pages of each kind there is."""
    asked(path, "site", "-o", str(into / "site"))
    kinds: dict[str, list[Path]] = {}
    for page in sorted((into / "site").rglob("*.html")):
        place = DIGITS.sub("N", str(page.relative_to(into / "site").parent))
        # Pages of one kind differ by a name and by how deep they lie.
        kinds.setdefault("/".join(place.split("/")[:2] + [""] * (place.count("/") - 1)), []).append(
            page
        )
    for pages in kinds.values():
        yield from {pages[0], pages[-1]}
    for month in months:
        told = into / f"brief-{month}.txt"
        told.write_text(asked(path, "brief", total, month), "utf-8")
        yield told
    asked(path, "report", year, "-o", str(into / "report.md"))
    yield into / "report.md"
    if demo(path, into / "demo.eml"):
        mail = email.message_from_bytes(
            (into / "demo.eml").read_bytes(), policy=email.policy.default
        )
        body = mail.get_body(("plain",))
        assert body
        (into / "demo.txt").write_text(body.get_content(), "utf-8")
        yield into / "demo.txt"


def demo(path: Path, into: Path) -> bool:
    """Write the mail that shows what notices are; False where the record ends before its month."""
    with chdir(path.parent):
        done = CliRunner().invoke(main, ["--db", str(path), "notices", "demo", "-o", str(into)])
    assert done.exit_code == 0 or "no 2025-02 to show" in done.output, done.output
    return done.exit_code == 0
