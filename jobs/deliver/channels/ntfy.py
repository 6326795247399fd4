"""A message on a topic of ntfy."""

from typing import Any

from forecast.config import Hook
from jobs.deliver.channels import short


def payload(hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return what a server of ntfy takes."""
    text = "\n\n".join(short(made, lambda text: len(text.encode())))
    title = made["data"]["subject"]
    return {"topic": hook.topic, "title": title, "message": text, "tags": ["chart"]}
