"""How a message goes out: a transport takes one delivery and tells what the other side made of it.

    sent        it was taken
    refused     never, for good; the operator is told
    later       not now: put off a minute, two, ... six hours, or as long as a receiver asks
    stopped     no fault of this delivery: nothing goes this way until a person has looked

By mail: 2xx is sent, 5xx refused, 4xx, silence and a dropped connection later; a certificate, no
TLS or a refused login stop. By a webhook: 2xx is sent, 408, 425, 429, 5xx and silence later, any
other answer refused. A repeat is the same to the last byte and bears the same key (`Message-ID`;
`Idempotency-Key` and `webhook-id`), by which the receiver knows it. Signatures are those of
standardwebhooks.com. Each has a deadline for all of it.

A channel is a function from a notice to a payload, and its name in CHANNELS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import smtplib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx

from forecast.config import Hook
from forecast.errors import ConfigError, MailServerError
from forecast.sources.source import Source
from forecast.sources.wording import in_keys
from forecast.store import deliveries
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice, Section
from forecast.words import check_command, printable
from jobs import exchange
from jobs.deliver import letter
from jobs.deliver.smtp import Connect, reply_words

TOO_BIG = 552  # is about the message; other 5xx answers to the sender are about us
SECONDS = 30.0  # for one delivery
ANSWER_BYTES = 300  # bytes of an answer that are read
LATER = (408, 425, 429)
MAX_BLOCK_CHARACTERS = (
    3000  # Slack's limit for a block, in characters; ntfy's of 4,096 bytes is beyond
)


class DeliveryReply(NamedTuple):
    """What became of a delivery; text : why, in the other side's words. wait : at least so long."""

    outcome: Literal["sent", "refused", "later", "stopped"]
    text: str = ""
    wait: timedelta = timedelta(0)


Transport = Callable[[Delivery, datetime], DeliveryReply]


# -- mail ------------------------------------------------------------------------------------------


def by_mail(connect: Connect, own_lines: Callable[[Delivery], bytes] = lambda to: b"") -> Transport:
    """Mail, a connection for each message: what goes wrong with one says nothing of the next.

    Parameters
    ----------
    connect : gives an open, trusted, logged-in connection that does not last for ever.
    own_lines : of a head, for one recipient alone.
    """

    def hand_over(delivery: Delivery, now: datetime) -> DeliveryReply:
        content = addressed(delivery, own_lines(delivery))
        try:
            smtp = connect()
            try:
                refused = smtp.sendmail(delivery.message.sender, [delivery.recipient], content)
                if refused:
                    raise smtplib.SMTPRecipientsRefused(refused)
            finally:
                try:  # say goodbye if it listens; the message's fate is decided by now
                    smtp.quit()
                except (OSError, smtplib.SMTPException):
                    smtp.close()
        except MailServerError as error:
            return DeliveryReply("stopped", error.problem)
        except (OSError, smtplib.SMTPException) as error:
            return _meaning(error)
        return DeliveryReply("sent")

    return hand_over


def addressed(delivery: Delivery, own_lines: bytes = b"") -> bytes:
    """The message as it goes to one recipient; the same at every attempt."""
    # In brackets: filters for spam count a bare address beside a picture as a sign of it.
    head = f"To: <{delivery.recipient}>\r\n".encode("ascii")
    headers = delivery.message.mime.partition(b"\r\n\r\n")[0]
    # The operator's own mail is of no list; one queued earlier may have a line already.
    if b"\r\nList-Id:" in headers and b"\r\nList-Unsubscribe:" not in headers:
        head += own_lines
    return head + delivery.message.mime


def _meaning(error: OSError | smtplib.SMTPException) -> DeliveryReply:
    """What an exception of smtplib means for the delivery and the queue."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return _answered(code, reply)
    if isinstance(error, smtplib.SMTPResponseException):
        answered = _answered(error.smtp_code, error.smtp_error)
        if isinstance(error, smtplib.SMTPDataError):
            return answered
        if not isinstance(error, smtplib.SMTPSenderRefused):  # while connecting: of no recipient
            return answered._replace(outcome="later")
        if answered.outcome == "refused" and error.smtp_code != TOO_BIG:
            return DeliveryReply(
                "stopped", f"the server rejects the sender address: {answered.text}"
            )
        return answered
    return DeliveryReply("later", reply_words(str(error)) or type(error).__name__)


def _answered(code: int, reply: bytes | str) -> DeliveryReply:
    return DeliveryReply("refused" if code >= 500 else "later", f"{code} {reply_words(reply)}")


# -- webhooks --------------------------------------------------------------------------------------


def recipient(hook: Hook) -> str:
    """The name under which its deliveries are kept; its address is a secret and is not."""
    return f"{deliveries.HOOK}{hook.name}"


def message(hook: Hook, notice: Notice, sections: Sequence[Section], source: Source) -> Message:
    """A notice as this hook gets it; the same bytes at every attempt."""
    subject = letter.subject(notice, sections, source)
    content = _channel(hook)(hook, notice, sections, subject, source)
    payload = json.dumps(content, ensure_ascii=False)  # escaped, a text could be too long for ntfy
    edition = f"{hook.name}: {letter.edition(sections)}"
    return Message(notice.content_key, edition, subject, "", payload.encode())


def by_hook(hooks: Sequence[Hook], client: httpx.Client, seconds: float = SECONDS) -> Transport:
    """A POST to the hook that a delivery names; seconds : that one may take."""
    by_name = {recipient(hook): hook for hook in hooks}

    def post(delivery: Delivery, now: datetime) -> DeliveryReply:
        if delivery.recipient not in by_name:
            return DeliveryReply("refused", "this hook is no longer in the settings")
        hook = by_name[delivery.recipient]
        address = secret(hook.address_file, f"{hook.name}.address_file")
        body, fields = delivery.message.mime, headers(hook, delivery, now)
        try:
            answer = exchange.post(
                client, address, body, fields, seconds=seconds, most=ANSWER_BYTES
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return DeliveryReply("refused", "its address is not a valid URL")
        except TimeoutError:
            return DeliveryReply("later", f"does not answer within {seconds:g} seconds")
        except httpx.HTTPError as error:
            return DeliveryReply("later", f"does not answer: {type(error).__name__}")
        if answer.is_success:
            return DeliveryReply("sent")
        text = answer.content[:ANSWER_BYTES].decode(errors="replace")
        problem = f"{answer.status} {printable(text, 200)}".strip()
        if answer.status in LATER or answer.status >= 500:
            return DeliveryReply(
                "later", problem, exchange.retry_after(answer.headers, now) or timedelta(0)
            )
        return DeliveryReply("refused", problem)

    return post


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
    _channel(hook)
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
                        "border": section.total,
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


def _discord(
    hook: Hook, notice: Notice, sections: Sequence[Section], subject: str, _source: Source
) -> dict[str, Any]:
    lines = _short(notice, sections, lambda text: len(_no_markdown(text)))
    embed = {
        "title": _no_markdown(subject)[:256],  # Discord's limit; 4,096 for the description
        "description": "\n\n".join(map(_no_markdown, lines)),
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}  # a name in a text calls nobody


def _no_markdown(text: str) -> str:
    """Text as Discord shows it; bars hide what stands between them."""
    return _literal(text).replace("|", "\\|")


Payload = Callable[[Hook, Notice, Sequence[Section], str, Source], dict[str, Any]]
CHANNELS: dict[str, Payload] = {
    "generic": _generic,
    "slack": _slack,
    "teams": _teams,
    "ntfy": _ntfy,
    "discord": _discord,
}


def _channel(hook: Hook) -> Payload:
    """How a hook's payload is made; ConfigError if it is of no kind that there is."""
    if hook.kind not in CHANNELS:
        problem = f"{hook.kind!r} is not one of {', '.join(CHANNELS)}"
        raise ConfigError("config.toml", f"notices.hooks.{hook.name}.kind", problem)
    return CHANNELS[hook.kind]
