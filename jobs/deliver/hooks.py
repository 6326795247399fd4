"""The outbox -> webhooks: the same notices for machines, with the same guarantees as mail.

    2xx                                     sent
    408, 425, 429, 5xx, silence             put off, as long as Retry-After says; as mail
    any other                               refused, for good; the operator is told

A repeat is the same to the last byte and bears the same key (`Idempotency-Key`, `webhook-id`), by
which the receiver knows it. Signatures are those of standardwebhooks.com.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from forecast.config import Hook
from forecast.errors import ConfigError, MailError
from forecast.sources.source import Source
from forecast.sources.wording import in_keys
from forecast.store import deliveries, ops
from forecast.store.connect import LOCK_WAIT, locked
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice, Section
from forecast.words import check_command, printable
from jobs import exchange
from jobs.deliver import letter
from jobs.deliver.send import LOCK, DeliveryOutcome

SECONDS = 30.0  # for one delivery
ANSWER_BYTES = 300  # bytes of an answer that are read
LATER = (408, 425, 429)
LONGEST_WAIT = timedelta(days=1)  # more than that no receiver can ask of us
MAX_BLOCK_CHARACTERS = (
    3000  # Slack's limit for a block, in characters; ntfy's of 4,096 bytes is beyond
)


def recipient(hook: Hook) -> str:
    """The name under which its deliveries are kept; its address is a secret and is not."""
    return f"{deliveries.HOOK}{hook.name}"


def message(hook: Hook, notice: Notice, sections: Sequence[Section], source: Source) -> Message:
    """A notice as this hook gets it; the same bytes at every attempt."""
    subject = letter.subject(notice, sections, source)
    content = _PAYLOADS[hook.kind](hook, notice, sections, subject, source)
    payload = json.dumps(content, ensure_ascii=False)  # escaped, a text could be too long for ntfy
    edition = f"{hook.name}: {letter.edition(sections)}"
    return Message(notice.content_key, edition, subject, "", payload.encode())


def send_all(
    path: Path,
    hooks: Sequence[Hook],
    now: Callable[[], datetime] | None = None,
    seconds: float = SECONDS,
) -> list[DeliveryOutcome]:
    """Post what is due; one outcome a delivery. BusyError : another process is sending.

    seconds : that one delivery may take.
    """
    now = now or (lambda: datetime.now(UTC))
    outcomes: list[DeliveryOutcome] = []
    with locked(path.with_name(LOCK), LOCK_WAIT):
        with ops.writing(path) as db:
            deliveries.begin(db, now())
            deliveries.unclaim(db)
        by_name = {recipient(hook): hook for hook in hooks}
        with exchange.client() as client:
            while outcome := send_one(path, by_name, client, now(), seconds):
                outcomes.append(outcome)
    return outcomes


def send_one(
    path: Path,
    hooks: dict[str, Hook],
    client: httpx.Client,
    now: datetime,
    seconds: float = SECONDS,
) -> DeliveryOutcome | None:
    """Post one delivery that is due; None if there is none."""
    with ops.writing(path) as db:
        delivery = deliveries.claim(db, now, hooks=True)
    if delivery is None:
        return None
    try:
        if delivery.recipient not in hooks:
            raise MailError(delivery.recipient, True, "no such hook in the settings any more")
        wait = _post(client, hooks[delivery.recipient], delivery, now, seconds)
    except MailError as error:
        with ops.writing(path) as db:
            deliveries.settle(db, delivery, "refused", error.problem, now)
        return "refused"
    with ops.writing(path) as db:
        if wait is None:
            deliveries.settle(db, delivery, "sent", "", now)
            return "sent"
        later = deliveries.put_off(db, delivery, wait[0], now, wait[1])
    return "put off" if later else "given up"


def _post(
    client: httpx.Client, hook: Hook, delivery: Delivery, now: datetime, seconds: float
) -> tuple[str, timedelta] | None:
    """None if it was taken; else why not, and how long to wait at least. MailError : never."""
    address = secret(hook.address_file, f"{hook.name}.address_file")
    body = delivery.message.mime
    try:
        fields = headers(hook, delivery, now)
        answer = exchange.post(client, address, body, fields, seconds=seconds, most=ANSWER_BYTES)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise MailError(delivery.recipient, True, "its address is none") from None
    except TimeoutError:
        return f"does not answer within {seconds:g} seconds", timedelta(0)
    except httpx.HTTPError as error:
        return f"does not answer: {type(error).__name__}", timedelta(0)
    if answer.is_success:
        return None
    text = answer.content[:ANSWER_BYTES].decode(errors="replace")
    problem = f"{answer.status} {printable(text, 200)}".strip()
    if answer.status in LATER or answer.status >= 500:
        return problem, _retry_after(answer.headers.get("Retry-After", ""), now)
    raise MailError(delivery.recipient, True, problem)


def headers(hook: Hook, delivery: Delivery, now: datetime) -> dict[str, str]:
    """What goes with a payload; the key is the delivery's, so a repeat has the same one."""
    content = f"{delivery.message.content_key}|{delivery.message.edition}|{delivery.recipient}"
    key = hashlib.sha256(content.encode()).hexdigest()[:32]
    fields = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "webhook-id": key,
    }
    if hook.secret_file:
        moment = str(int(now.timestamp()))
        signed = f"{key}.{moment}.".encode() + delivery.message.mime
        shared = secret(hook.secret_file, f"{hook.name}.secret_file").encode()
        mark = base64.b64encode(hmac.new(shared, signed, hashlib.sha256).digest()).decode()
        fields |= {"webhook-timestamp": moment, "webhook-signature": f"v1,{mark}"}
    return fields


def check(hook: Hook) -> None:
    """Refuse a hook that cannot be posted to: ConfigError, without the address, a secret."""
    key = f"notices.hooks.{hook.name}"
    address = secret(hook.address_file, f"{hook.name}.address_file")
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", address):
        problem = "holds no address such as https://example.org/hook"
        raise ConfigError("config.toml", f"{key}.address_file", problem)
    if hook.kind == "ntfy" and not hook.topic:
        raise ConfigError("config.toml", f"{key}.topic", "is empty; name ntfy's topic")
    if hook.secret_file:
        secret(hook.secret_file, f"{hook.name}.secret_file")


def secret(file: str, key: str) -> str:
    """What a file of the settings holds; ConfigError if it cannot be read or is empty."""
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read: {type(error).__name__}"
        raise ConfigError("config.toml", f"notices.hooks.{key}", problem) from None
    if not content:
        raise ConfigError("config.toml", f"notices.hooks.{key}", "is empty")
    return content


def _retry_after(text: str, now: datetime) -> timedelta:
    """How long a server asks us to wait: seconds, or a date; none if it does not."""
    try:
        if text.isdecimal():
            asked = timedelta(seconds=int(text))
        else:
            date = parsedate_to_datetime(text)
            asked = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return timedelta(0)
    return min(max(asked, timedelta(0)), LONGEST_WAIT)


def _short(
    notice: Notice, sections: Sequence[Section], size: Callable[[str], int] = len
) -> list[str]:
    """The first paragraph of each section, and how to check it; together no longer than MOST.

    size : how long a service takes a text to be.
    """
    check = check_command(notice.quoted_run, notice.digest)
    text = "\n\n".join(" ".join(section.text.split("\n\n")[0].split()) for section in sections)
    room = MAX_BLOCK_CHARACTERS - size(check) - len("\n\n ...")
    fits = bisect_right(range(len(text) + 1), room, key=lambda end: size(text[:end])) - 1
    if fits < len(text):
        text = f"{text[:fits].rsplit(' ', 1)[0]} ..."
    return [*text.split("\n\n"), check]


def _generic(
    hook: Hook, notice: Notice, sections: Sequence[Section], subject: str, source: Source
) -> dict[str, Any]:
    return {
        "type": f"notice.{notice.kind}",
        "timestamp": notice.approved_at or notice.created_at,
        "data": {
            "id": notice.message_id,
            "month": notice.month,
            "subject": subject,
            "text": letter.text(notice, sections),
            "run": notice.quoted_run,
            "digest": notice.digest,
            "check": check_command(notice.quoted_run, notice.digest),
            "sections": in_keys(
                [
                    {
                        "border": section.border,
                        "part": section.part,
                        "phrase": section.phrase,
                        "text": section.text,
                        "statement": json.loads(section.statement),
                    }
                    for section in sections
                ],
                source,
            ),
        },
    }


def _escaped(text: str) -> str:
    """As Slack wants it: these three steer its markup."""
    return html.escape(text, quote=False)


def _slack(
    hook: Hook, notice: Notice, sections: Sequence[Section], subject: str, _source: Source
) -> dict[str, Any]:
    text = _escaped("\n\n".join(_short(notice, sections, lambda text: len(_escaped(text)))))
    return {
        "text": _escaped(subject),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": subject[:150]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        ],
    }


_MARKS = re.compile(r"([\\`*_\[\]~#<&])")
_LISTS = re.compile(r"^(\s*)(?=[-+>])|^(\s*\d+)(?=[.)])")


def _literal(line: str) -> str:
    """A line as a Teams card shows it: it takes text for markdown, where names may have marks."""
    return _LISTS.sub(r"\g<0>\\", _MARKS.sub(r"\\\1", line))


def _teams(
    hook: Hook, notice: Notice, sections: Sequence[Section], subject: str, _source: Source
) -> dict[str, Any]:
    lines = [subject, *_short(notice, sections)]
    bold = {"weight": "Bolder", "size": "Medium"}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": _literal(line), "wrap": True, **({} if place else bold)}
            for place, line in enumerate(lines)
        ],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _ntfy(
    hook: Hook, notice: Notice, sections: Sequence[Section], subject: str, _source: Source
) -> dict[str, Any]:
    text = "\n\n".join(_short(notice, sections, lambda text: len(text.encode())))
    return {"topic": hook.topic, "title": subject, "message": text, "tags": ["chart"]}


_Payload = Callable[[Hook, Notice, Sequence[Section], str, Source], dict[str, Any]]
_PAYLOADS: dict[str, _Payload] = {
    "generic": _generic,
    "slack": _slack,
    "teams": _teams,
    "ntfy": _ntfy,
}
