"""What a webhook is given, by the kind of machine that listens: a file each.

A channel is a function, `payload`, of a hook's settings and the generic payload, `transports`' own,
that returns what is sent, as JSON has it: the same for the same notice, as a repeat bears the same
key. It shows nothing that the payload does not have. `forecast.plugins` finds ours by their files'
names, and those of installed packages by the entry points of bordercast.channels.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

MAX_BLOCK_CHARACTERS = 3000  # of a block at Slack; ntfy's limit of 4,096 bytes is beyond

_MARKS = re.compile(r"([\\`*_\[\]~#<&])")
_LISTS = re.compile(r"^(\s*)(?=[-+>])|^(\s*\d+)(?=[.)])")


def short(made: dict[str, Any], size: Callable[[str], int] = len) -> list[str]:
    """Return the first paragraph of each section, and how to check it, within MAX_BLOCK_CHARACTERS.

    size : how long a service takes a text to be.
    """
    check: str = made["data"]["check"]
    first = (section["text"].split("\n\n")[0] for section in made["data"]["sections"])
    text = "\n\n".join(" ".join(paragraph.split()) for paragraph in first)
    room = MAX_BLOCK_CHARACTERS - size(check) - len("\n\n ...")
    fits = bisect_right(range(len(text) + 1), room, key=lambda end: size(text[:end])) - 1
    if fits < len(text):
        text = f"{text[:fits].rsplit(' ', 1)[0]} ..."
    return [*text.split("\n\n"), check]


def literal(line: str) -> str:
    """Return a line as markdown that shows it as it is: names may have marks."""
    return _LISTS.sub(r"\g<0>\\", _MARKS.sub(r"\\\1", line))
