"""An adaptive card at Teams."""

from typing import Any

from forecast.config import Hook
from jobs.deliver.channels import literal, short


def payload(_hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return what a workflow of Teams takes."""
    bold = {"weight": "Bolder", "size": "Medium"}
    lines = [(made["data"]["subject"], bold), *((line, {}) for line in short(made))]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": literal(line), "wrap": True} | look
            for line, look in lines
        ],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}
