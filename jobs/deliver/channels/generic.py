"""The generic payload as it is, for programs of one's own."""

from typing import Any

from forecast.config import Hook


def payload(_hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return all that any channel may show."""
    return made
