"""An embed at Discord."""

from typing import Any

from forecast.config import Hook
from jobs.deliver.channels import literal, short


def payload(_hook: Hook, made: dict[str, Any]) -> dict[str, Any]:
    """Return what a webhook of Discord takes."""

    def shown(text: str) -> str:  # bars hide what stands between them
        return literal(text).replace("|", "\\|")

    embed = {
        "title": shown(made["data"]["subject"])[:256],  # Discord's limit; 4,096 for the description
        "description": "\n\n".join(map(shown, short(made, lambda text: len(shown(text))))),
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}  # a name in a text calls nobody
