"""What a notice says, set as text of 78 columns and as HTML: the same strings in both."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

from forecast.desk.email.content import SectionText, TextBlock
from forecast.store.notices import Frame
from forecast.words import one_line

if TYPE_CHECKING:
    from jinja2.environment import Template, TemplateModule

    from forecast.sources.source import Source

WIDTH = 78
# Between the parts of a section: what every section of a mail says, what only the first does, what
# only the page does. No word from outside can hold it: `one_line` takes it out.
BREAK = "\x1e"
RULE = f"{'-' * 40}\n\n"
CHART = "<!-- chart -->"  # where the chart goes
QUOTE = "[run and digest]"  # where these go: they are known when the notice is approved


def frame(
    title: str,
    contact: str,
    source: Source,
    unsubscribe: str = "",
    address: str = "",
    public_key: str = "",
) -> Frame:
    """What stands before and after the sections.

    unsubscribe : mail address. address : of the site, "" without one.
    public_key : of the record's signatures.
    """
    reading = f"{address.rstrip('/')}/reading/" if address else ""
    signed = f"The record is signed. The public key: {public_key}" if public_key else ""
    questions = f"Questions: {one_line(contact) or 'answer this mail'}."
    lines = [line for line in (QUOTE, signed, source.publisher.credit, questions) if line]
    way = "To unsubscribe, answer with the word unsubscribe."
    texts = [f"How to read a notice: {reading}"] if reading else []
    page = _page()
    return Frame(
        opening_text=f"{title}\n{'=' * len(title)}\n\n",
        opening_html=str(page.opening(title)),  # type: ignore[attr-defined]
        closing_text="\n".join(_wrapped(line) for line in (*texts, *lines, way)) + "\n",
        closing_html=str(page.closing(reading, lines, way, unsubscribe)),  # type: ignore[attr-defined]
    )


def as_html(section: SectionText) -> str:
    """A section as HTML, its parts divided by BREAK; everything in it is escaped."""
    from markupsafe import Markup

    page = _page()
    chart = Markup(CHART)  # noqa: S704 - our own constant
    parts = (page.head(section), page.more(section, chart), page.details(section))  # type: ignore[attr-defined]
    return BREAK.join(map(str, parts))


def template(name: str) -> Template:
    """One of the desk's templates for mail and paper; a value that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("forecast.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _page() -> TemplateModule:
    return template("notice.html").module


def as_text(section: SectionText) -> str:
    """A section as text of at most 78 columns, its parts divided by BREAK."""
    head = [_wrapped(section.finding), *map(_wrapped, section.more)]
    if section.items:
        head.append("\n".join(map(_item, section.items)))
    advice = (("What you can say", section.say), ("What not to say", section.avoid))
    more = [*map(_wrapped, section.lead)]
    more += [f"{heading}\n{_wrapped(words, '  ')}" for heading, words in advice if words]
    if section.compared:
        more.append(_table(section))
    more += map(_wrapped, section.notes)
    if section.link:
        more.append(f"All of this month: {section.link}")
    parts = (head, more, map(_block, section.blocks))
    return BREAK.join("".join(f"{paragraph}\n\n" for paragraph in part) for part in parts)


def _wrapped(text: str, indent: str = "", start: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=start or indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _table(section: SectionText) -> str:
    lines = [section.caption, f"{'against':<44}{'then':>11}{'now':>12}{'change':>11}"]
    for line in section.compared:
        label = f"{line.name} ({line.when})"
        if len(label) > 44:  # its numbers stand below it
            lines.append(label)
            label = ""
        lines.append(f"{label:<44}{line.then:>11}{line.now:>12}{line.change:>11}")
    return "\n".join(line.rstrip() for line in lines)


def _block(block: TextBlock) -> str:
    lines = [block.heading]
    if block.text:
        lines.append(_wrapped(block.text, "  "))
    return "\n".join((*lines, *map(_item, block.items)))


def _item(item: tuple[str, str]) -> str:
    return _wrapped(" ".join(filter(None, item)), "    ", "  - ")
