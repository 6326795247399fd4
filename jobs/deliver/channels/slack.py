"""A message of two blocks at Slack."""

import html
from typing import Any

from forecast.config import Hook
from jobs.deliver.channels import short


def payload(_hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return what an incoming webhook of Slack takes."""

    def escaped(text: str) -> str:  # three characters steer its markup
        return html.escape(text, quote=False)

    subject = made["data"]["subject"]
    text = escaped("\n\n".join(short(made, lambda text: len(escaped(text)))))
    return {
        "text": escaped(subject),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": subject[:150]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        ],
    }
