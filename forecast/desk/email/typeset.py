"""What a notice says, set as text of 78 columns and as HTML: the same strings in both."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

from forecast.desk.email.content import SectionText, TextBlock, clean
from forecast.desk.wording import CREDIT
from forecast.store.notices import Frame

if TYPE_CHECKING:
    from jinja2.environment import TemplateModule

WIDTH = 78
CHART = "<!-- chart -->"  # where the chart of the mail's first section goes
QUOTE = "[run and digest]"  # where these go: they are known when the notice is approved


def frame(title: str, month: str, contact: str, public_key: str = "") -> Frame:
    """What stands before and after the sections; public_key : of the record's signatures."""
    lines = [
        f"Every figure can be looked up: `bordercast brief BORDER {month}`; in the record, the "
        f"rows of {month} in the views wide_months, vintages, flag_drivers, all_flags, and the "
        "views flag_episodes and scorecard.",
        QUOTE,
        *(
            [f"The record is signed, so that nobody can rewrite it unseen. The key: {public_key}"]
            if public_key
            else []
        ),
        CREDIT,
        f"Questions: {clean(contact) or 'answer this mail'}. To get no more of these, answer with "
        "the word unsubscribe.",
    ]
    page = _page()
    return Frame(
        opening_text=f"{title}\n{'=' * len(title)}\n\n",
        opening_html=str(page.opening(title)),  # type: ignore[attr-defined]
        closing_text="\n".join(_wrapped(line) for line in lines) + "\n",
        closing_html=str(page.closing(lines)),  # type: ignore[attr-defined]
    )


def as_html(said: SectionText) -> str:
    """A section as HTML; everything in it is escaped."""
    from markupsafe import Markup

    return str(_page().section(said, Markup(CHART)))  # type: ignore[attr-defined]


@cache
def _page() -> TemplateModule:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("forecast.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("notice.html").module


def as_text(said: SectionText) -> str:
    """A section as text of at most 78 columns, complete on its own."""
    paragraphs = [_wrapped(said.finding), *map(_wrapped, said.more)]
    if said.compared:
        paragraphs.append(_table(said))
    paragraphs += map(_block, said.blocks)
    return "\n\n".join(paragraphs) + f"\n\n{'-' * 40}\n\n"


def _wrapped(text: str, indent: str = "", start: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=start or indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _table(said: SectionText) -> str:
    lines = [said.caption, f"{'against':<42}{'then':>12}{'now':>12}{'change':>11}"]
    for line in said.compared:
        label = f"{line.name} ({line.when})"
        lines.append(f"{label:<42}{line.then:>12}{line.now:>12}{line.change:>11}")
    return "\n".join(line.rstrip() for line in lines)


def _block(block: TextBlock) -> str:
    lines = [block.heading]
    if block.text:
        lines.append(_wrapped(block.text, "  "))
    for label, text in block.items:
        lines.append(_wrapped(f"{label} {text}".strip(), "    ", "  - "))
    return "\n".join(lines)
