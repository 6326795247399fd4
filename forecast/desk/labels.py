"""A part's name in words: the publisher's codes and capitals as a reader writes them.

Tables, files and the terminal keep the publisher's names, by which parts are asked for.
"""

from __future__ import annotations

from forecast.intake.sources import registry


def dimension_words(name: str) -> str:
    """A dimension, or a crossing of several, as people say it."""
    return " and ".join(registry.main().labels.dimensions.get(one, one) for one in name.split("*"))


def member_words(dimension: str, member: str) -> str:
    """A part of a dimension as people write it; one that is not known as the publisher does."""
    dimensions, members = dimension.split("*"), member.split(" * ")
    if len(dimensions) > 1 and len(dimensions) == len(members):
        return ", ".join(map(member_words, dimensions, members))
    known = registry.main().labels.words.get(dimension, {}).get(member)
    shouted = dimension == "citizenship" and member.isupper()
    return known or (member.title() if shouted else member)
