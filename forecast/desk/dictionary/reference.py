"""The data dictionary as a page.

`python -m forecast.desk.dictionary.reference docs/tables.md` renews it.

What stands above the mark in that file is written by hand and stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.desk.dictionary.views import VIEWS, View, definitions
from forecast.sources import catalog

if TYPE_CHECKING:
    from forecast.sources.source import Source

MARK = "<!-- Below: python -m forecast.desk.dictionary.reference docs/tables.md -->"


def page(source: Source) -> str:
    """The generated part, as Markdown."""
    lines = ["## All views", "", "| view | a row is |", "|---|---|"]
    lines += [f"| [{view.name}](#{view.name}) | {view.row} |" for view in VIEWS]
    lines += [line for view in VIEWS for line in _view(view, source)]
    return "\n".join(lines) + "\n"


def renewed(written: str, source: Source) -> str:
    """A page with everything below the mark replaced."""
    above = written.partition(MARK)[0].rstrip()
    return f"{above}\n\n{MARK}\n\n{page(source)}"


def _view(view: View, source: Source) -> Iterator[str]:
    yield from ("", f"## {view.name}", "", f"A row is {view.row}.")
    if view.note:
        yield from ("", view.note)
    yield from ("", "| column | unit | values | meaning |", "|---|---|---|---|")
    for cells in definitions(view, source):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(
        renewed(path.read_text(encoding="utf-8"), catalog.find("cbp_encounters")), encoding="utf-8"
    )
