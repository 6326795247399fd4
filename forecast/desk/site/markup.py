"""Words that name `commands`, as HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape


def coded(words: str) -> Markup:
    """Escaped, with what stands between backticks as code."""
    code = re.sub("`(.+?)`", r"<code>\1</code>", str(escape(words)))
    return Markup(code)  # noqa: S704 - escaped a line above
