"""Words that name `commands`, as HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape


def coded(words: str) -> Markup:
    """Escaped, with what stands between backticks as code."""
    return Markup(re.sub("`(.+?)`", r"<code>\1</code>", str(escape(words))))
