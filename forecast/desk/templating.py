"""The desk's templates, for pages, feeds, mail and paper, and words made fit for them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from shlex import quote
from textwrap import fill
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from forecast.words import (
    COMPARED_HEADS,
    basis_noun,
    capital,
    change_words,
    day_words,
    interval,
    judged_by,
    known_words,
    month_words,
    one_line,
    short_months,
    signed,
    slug,
)

if TYPE_CHECKING:
    from jinja2.environment import Environment, Template

DESK = Path(__file__).parent
MAIL_COLUMNS = 78
FOLDERS = (DESK / "templates", DESK / "site" / "templates")


@cache
def _environment() -> Environment:
    # Not imported above: commands that write no page do without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(list(map(str, FOLDERS))),
        autoescape=select_autoescape(("html", "atom")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A name that is missing is an error: an empty place in a sentence is worse than no page.
    environment.globals.update(compared_heads=COMPARED_HEADS, judged_by=judged_by)
    environment.filters.update(
        basis=basis_noun,
        capital=capital,
        change=change_words,
        coded=coded,
        day=day_words,
        known=known_words,
        line=one_line,
        n=lambda number: "-" if number is None else f"{number:,}",
        shell=quote,
        short=short_months,
        range=lambda low, high: interval(low, high).replace("-", "\N{EN DASH}"),
        signed=signed,
        slug=slug,
        words=month_words,
        wrapped=lambda text, indent="", start="": fill(
            text,
            MAIL_COLUMNS,
            initial_indent=start or indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        ),
    )
    return environment


def template(name: str) -> Template:
    """Find one of the desk's templates; a value that is missing is an error."""
    return _environment().get_template(name)


def coded(words: str) -> Markup:
    """Escape words, and show what is between backticks as code."""
    # Escaped first: what stands between backticks may be somebody else's.
    code = re.sub("`(.+?)`", r"<code>\1</code>", str(escape(words)))
    return Markup(code)  # noqa: S704 - escaped a line above
