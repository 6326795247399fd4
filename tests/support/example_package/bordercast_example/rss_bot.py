"""A channel for a program that wants a title and a text."""

from __future__ import annotations

from typing import Any

from forecast.config import Hook


def payload(hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return the notice's subject and text, and the command that checks it."""
    data = made["data"]
    return {"feed": hook.topic or hook.name, "title": data["subject"], "body": data["text"]}
