"""What Slack, Teams, ntfy and Discord take of a webhook, by their published rules.

Slack: docs.slack.dev/reference/block-kit/blocks and /messaging/formatting-message-text. Teams:
adaptivecards.io/schemas/adaptive-card.json 1.5, learn.microsoft.com "Create incoming webhooks".
ntfy: docs.ntfy.sh/publish/#publish-as-json and #limitations. Discord: discord.com/developers,
"Execute Webhook" and "Embed Limits". Of each only what a notice could use.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema


def _closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def _text(most: int | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, **({"maxLength": most} if most else {}), **more}


# The three characters that steer Slack's own markup have to be written as entities.
_ESCAPED = {"pattern": r"^([^&<>]|&(amp|lt|gt);)*$"}
_SLACK_ID = {"block_id": _text(255)}
_SLACK_PLAIN = {"type": {"const": "plain_text"}}
_SLACK_HEADER = _closed(
    {
        "type": {"const": "header"},
        "text": _closed(_SLACK_PLAIN | {"text": _text(150)}, {"emoji": {"type": "boolean"}}),
    },
    _SLACK_ID,
)
_SLACK_SECTION = _closed(
    {
        "type": {"const": "section"},
        "text": _closed(
            {"type": {"const": "mrkdwn"}, "text": _text(3000, **_ESCAPED)},
            {"verbatim": {"type": "boolean"}},
        ),
    },
    _SLACK_ID,
)
_SLACK_BLOCKS = {
    "type": "array",
    "minItems": 1,
    "maxItems": 50,
    "items": {"oneOf": [_SLACK_HEADER, _SLACK_SECTION]},
}

_TEXT_BLOCK = _closed(
    {"type": {"const": "TextBlock"}, "text": _text()},
    {
        "wrap": {"type": "boolean"},
        "weight": {"enum": ["Default", "Lighter", "Bolder"]},
        "size": {"enum": ["Default", "Small", "Medium", "Large", "ExtraLarge"]},
        "color": {"enum": ["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]},
        "isSubtle": {"type": "boolean"},
        "maxLines": {"type": "integer", "minimum": 1},
    },
)
_CARD = _closed(
    {
        "type": {"const": "AdaptiveCard"},
        "version": {"enum": ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]},
        "body": {"type": "array", "minItems": 1, "items": _TEXT_BLOCK},
    },
    {"$schema": _text(), "lang": _text(), "fallbackText": _text()},
)
_ATTACHMENT = _closed(
    {"contentType": {"const": "application/vnd.microsoft.card.adaptive"}, "content": _CARD},
    {"contentUrl": {"type": "null"}},
)

SCHEMAS = {
    "generic": _closed(
        {
            "type": _text(pattern=r"^notice\.[a-z]+$"),
            "timestamp": _text(format="date-time"),
            "data": {"type": "object", "required": ["id", "text", "digest", "sections"]},
        }
    ),
    "slack": _closed({"text": _text(40_000), "blocks": _SLACK_BLOCKS}),
    "teams": _closed(
        {
            "type": {"const": "message"},
            "attachments": {"type": "array", "minItems": 1, "maxItems": 1, "items": _ATTACHMENT},
        }
    ),
    "ntfy": _closed(
        {"topic": _text(pattern="^[-_A-Za-z0-9]{1,64}$"), "message": _text()},
        {
            "title": _text(),
            "tags": {"type": "array", "items": _text(pattern="^[^,]+$")},
            "priority": {"type": "integer", "minimum": 1, "maximum": 5},
            "click": _text(format="uri"),
            "markdown": {"type": "boolean"},
        },
    ),
    "discord": _closed(
        {
            "embeds": {
                "type": "array",
                "minItems": 1,
                "maxItems": 10,
                "items": _closed({"title": _text(256), "description": _text(4096)}),
            }
        },
        {
            "content": _text(2000),
            "username": _text(80),
            "allowed_mentions": _closed(
                {"parse": {"type": "array", "items": {"enum": ["roles", "users", "everyone"]}}}
            ),
        },
    ),
}
# Bytes of a whole request; Slack gives none. A longer message becomes a file at ntfy.
LARGEST = {"teams": 28 * 1024, "ntfy": 2 * 4096}
NTFY_MESSAGE = 4096


def refused(kind: str, headers: dict[str, str], body: bytes) -> str:
    """Why this service does not take a request; "" if it does."""
    if headers.get("Content-Type", "").split(";")[0] != "application/json":
        return "not JSON by its headers"
    if len(body) > LARGEST.get(kind, len(body)):
        return f"{len(body)} bytes"
    try:
        payload = json.loads(body)
        jsonschema.Draft202012Validator(
            SCHEMAS[kind], format_checker=jsonschema.FormatChecker()
        ).validate(payload)
    except (ValueError, jsonschema.ValidationError) as error:
        return str(error)
    if kind == "ntfy" and len(payload["message"].encode()) > NTFY_MESSAGE:
        return "the message becomes a file"
    return ""
