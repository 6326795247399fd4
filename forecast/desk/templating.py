"""The desk's templates for mail and paper, and text made fit for HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2.environment import Template


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


def coded(words: str) -> Markup:
    """Escape words, and show what is between backticks as code."""
    code = re.sub("`(.+?)`", r"<code>\1</code>", str(escape(words)))
    return Markup(code)  # noqa: S704 - escaped a line above
