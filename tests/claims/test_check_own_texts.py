"""Our own pages, mails, reports and documents through `check`: none is called false."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import same_records
from tests.support.own_texts import asked, texts

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ACCUSED = ("wrong", "mislabelled")
# Record, its database, a total, months, a year, and the day of publication.
RECORDS = {
    "own": ("Clinic 1", ("2023-12", "2024-01"), "2023", "2024-02-15"),
    "parts": ("North", ("2023-12", "2024-01"), "2023", "2024-02-15"),
    "gaps": ("Clinic 2", ("2023-12", "2024-01"), "2023", "2024-02-15"),
    "february": ("southwest", ("2025-01", "2025-02"), "FY2024", "2025-03-15"),
    "schema18": ("northern", ("2024-02",), "FY2024", "2024-05-25"),
}
DOCUMENTS = sorted(
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    # Their examples are wrong on purpose, or are of other counts.
    if path.name
    not in ("claims.md", "article.md", "assistants.md", "own-counts.md", "upgrading.md")
)


def accused(path: Path, text: Path, published: str) -> list[str]:
    said = json.loads(asked(path, "check", str(text), "--published", published, "--json"))
    return [
        f"{text.name}: {claim['quote']}: {claim.get('why') or claim['verdict']}"
        for claim in said["claims"]
        if claim["verdict"] in ACCUSED
    ]


@pytest.mark.parametrize("name", RECORDS)
def test_nothing_that_a_record_says_of_itself_is_accused(session_artifact, tmp_path, name):
    total, months, year, day = RECORDS[name]
    path = same_records.database(session_artifact(f"same-{name}", same_records.make(name)))
    copy = same_records.copied(path, tmp_path)

    found = [
        one for text in texts(copy, tmp_path / "told", total, months, year)
        for one in accused(copy, text, day)
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_that_a_document_says_of_the_record_is_accused(published, page):
    assert accused(published, page, "2026-12-01") == []
