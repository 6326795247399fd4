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

What a webhook is given is a channel's: `jobs.deliver.channels`.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import httpx

from forecast import plugins
from forecast.config import ADDRESS, Hook, Mail
from forecast.errors import ConfigError, MailServerError
from forecast.sources.source import Source
from forecast.sources.wording import in_keys
from forecast.store import deliveries
from forecast.store.deliveries import Delivery, Message
from forecast.store.notices import Notice, Section
from forecast.words import check_command, one_line, printable
from jobs import exchange
from jobs.deliver import letter
from jobs.environment import MAIL_PASSWORD

LOCAL = ("localhost", "127.0.0.1", "::1")
TOO_BIG = 552  # is about the message; other 5xx answers to the sender are about us
SECONDS = 30.0  # for one delivery to a webhook
ANSWER_BYTES = 300  # bytes of an answer that are read
REPLY_SHOWN = 200  # characters of an answer that are kept
LATER = (408, 425, 429)


class DeliveryReply(NamedTuple):
    """What became of a delivery; text : why, in the other side's words. wait : at least so long."""

    outcome: Literal["sent", "refused", "later", "stopped"]
    text: str = ""
    wait: timedelta = timedelta(0)


Transport = Callable[[Delivery, datetime], DeliveryReply]


# -- mail ------------------------------------------------------------------------------------------


def check_mail(settings: Mail) -> None:
    """Refuse settings that do not say how to send; ConfigError names what would be right."""
    by_name = f"{settings.sender!r} has no address; write: Name <name@example.org>"
    open_to_others = settings.host not in LOCAL or settings.user
    for key, good, problem in (
        ("enabled", settings.enabled, "is false: mail is switched off"),
        ("host", settings.host, "is empty; name the mail server"),
        ("sender", re.fullmatch(ADDRESS, settings.address), by_name),
        (
            "security",
            settings.security != "local" or not open_to_others,
            "without TLS mail goes only to this host, without login; use starttls or tls",
        ),
    ):
        if not good:
            raise ConfigError("config.toml", f"mail.{key}", problem)


def password(settings: Mail) -> str:
    """Return the secret, from the environment or its file; ConfigError if there is none."""
    given = os.environ.get(MAIL_PASSWORD, "")
    if not given and settings.password_file:
        # A password may begin or end with a space.
        given = _content(settings.password_file, "mail.password_file").rstrip("\r\n")
    if not given:
        problem = f"has no password; set {MAIL_PASSWORD} or mail.password_file"
        raise ConfigError("config.toml", "mail.user", problem)
    return given


def tls(settings: Mail) -> ssl.SSLContext:
    """Return what verifies certificate and host name; ConfigError if ca_file cannot be read."""
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        problem = f"{settings.ca_file}: {error}"
        raise ConfigError("config.toml", "mail.ca_file", problem) from None


def by_mail(settings: Mail, own_lines: Callable[[Delivery], bytes] = lambda to: b"") -> Transport:
    """Return mail, a connection for each message: what goes wrong with one is not of the next.

    own_lines : of a head, for one recipient alone.

    ConfigError if the settings do not say how.
    """
    check_mail(settings)
    context, seconds = tls(settings), settings.message_seconds
    secret = password(settings) if settings.user else ""

    def hand_over(delivery: Delivery, now: datetime) -> DeliveryReply:
        content = addressed(delivery, own_lines(delivery))
        deadline = time.monotonic() + seconds
        with exchange.cut_off(deadline) as watch, closing(smtplib.SMTP()) as smtp:
            try:
                connect(smtp, settings, context, secret, watch)
                refused = smtp.sendmail(delivery.message.sender, [delivery.recipient], content)
                reply = DeliveryReply("sent")
                if refused:
                    raise smtplib.SMTPRecipientsRefused(refused)
            except MailServerError as error:
                smtp.close()
                reply = DeliveryReply("stopped", error.problem)
            except OSError as error:  # those of smtplib are
                reply = _meaning(error)
            # What came when the time was up may have been cut in the middle.
            if time.monotonic() >= deadline:
                reply = DeliveryReply("later", f"not done after {seconds:g} s; cut off")
            # Say goodbye if it listens; the message's fate is decided by now.
            with suppress(OSError):
                smtp.quit()
        return reply

    return hand_over


def reach(settings: Mail) -> None:
    """Open a connection as a message does, and close it; raises what `connect` does."""
    secret = password(settings) if settings.user else ""
    deadline = time.monotonic() + settings.message_seconds
    with exchange.cut_off(deadline) as watch, closing(smtplib.SMTP()) as smtp:
        connect(smtp, settings, tls(settings), secret, watch)
        with suppress(OSError):
            smtp.quit()


def connect(
    smtp: smtplib.SMTP,
    settings: Mail,
    context: ssl.SSLContext,
    secret: str,
    watch: exchange.Watch,
) -> None:
    """Open a connection, with TLS that verifies, and log in.

    watch : ends it at its deadline, however slowly the server drips. A timeout of smtplib is for
        one read: a byte now and then would hold us for ever. Only that of TLS's handshake is for
        all of it.

    MailServerError if it cannot be trusted, or refuses us; OSError if not now.
    """
    host = settings.host
    with _trusted():
        plain = socket.create_connection((host, settings.port), settings.answer_seconds)
        watch(plain)
        secure = settings.security == "tls"
        smtp.sock = context.wrap_socket(plain, server_hostname=host) if secure else plain
        code, reply = smtp.getreply()
    if code != 220:
        raise smtplib.SMTPConnectError(code, reply)
    smtp.ehlo_or_helo_if_needed()
    if settings.security == "starttls":
        # Whom a certificate must name; smtplib knows it only where it connects by itself.
        smtp._host = host  # type: ignore[attr-defined]
        try:  # it never goes on without it
            with _trusted():
                smtp.starttls(context=context)
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as error:
            problem = f"the server gives no TLS: {reply_words(str(error))}"
            raise MailServerError(problem) from None
    if settings.user:
        log_in(smtp, settings.user, secret)


def log_in(smtp: smtplib.SMTP, user: str, secret: str) -> None:
    """Say who we are, in UTF-8 (RFC 4616), where smtplib's own login takes only ASCII.

    The server's words are not kept: they might hold what was sent.
    """
    smtp.ehlo_or_helo_if_needed()  # what it offers may be another thing since TLS
    offered = smtp.esmtp_features.get("auth", "").upper().split()
    name, word, both = (
        base64.b64encode(text.encode()).decode() for text in (user, secret, f"\0{user}\0{secret}")
    )
    if "PLAIN" in offered:
        code, _ = smtp.docmd("AUTH", f"PLAIN {both}")
    elif "LOGIN" in offered:
        code, _ = smtp.docmd("AUTH", f"LOGIN {name}")
        if code == 334:
            code, _ = smtp.docmd(word)
    else:
        raise MailServerError("the server offers no supported login method")
    if code in (235, 503):  # done, or done before
        return
    if code < 500:
        raise smtplib.SMTPConnectError(code, "login put off")
    raise MailServerError(f"the server refuses the login of {user} ({code})")


@contextmanager
def _trusted() -> Iterator[None]:
    """Tell a server that is not to be trusted from one that hung up."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailServerError(f"the server's certificate: {error.verify_message}") from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise
    except ssl.SSLError as error:
        raise MailServerError(f"TLS failed: {error.reason}") from None


def _meaning(error: OSError) -> DeliveryReply:
    """Return what an exception of smtplib means for the delivery and the queue."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answer: tuple[int, bytes | str] = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_code, error.smtp_error
    else:
        return DeliveryReply("later", reply_words(str(error)) or type(error).__name__)
    code, text = answer[0], f"{answer[0]} {reply_words(answer[1])}"
    of_sender = isinstance(error, smtplib.SMTPSenderRefused)
    if of_sender and code >= 500 and code != TOO_BIG:
        return DeliveryReply("stopped", f"the server rejects the sender address: {text}")
    # Any other answer while connecting is of no recipient.
    settled = of_sender or isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    return DeliveryReply("refused" if code >= 500 and settled else "later", text)


def reply_words(reply: bytes | str) -> str:
    """Return a server's words on one line."""
    words = reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else reply
    return one_line(words)[:REPLY_SHOWN]


def addressed(delivery: Delivery, own_lines: bytes = b"") -> bytes:
    """Return the message as it goes to one recipient; the same at every attempt."""
    # In brackets: filters for spam count a bare address beside a picture as a sign of it.
    head = f"To: <{delivery.recipient}>\r\n".encode("ascii")
    headers = delivery.message.mime.partition(b"\r\n\r\n")[0]
    # The operator's own mail is of no list; one queued earlier may have a line already.
    if b"\r\nList-Id:" in headers and b"\r\nList-Unsubscribe:" not in headers:
        head += own_lines
    return head + delivery.message.mime


# -- webhooks --------------------------------------------------------------------------------------


def check_hook(hook: Hook) -> None:
    """Refuse a hook that cannot be posted to: ConfigError, without the address, a secret."""
    if not plugins.CHANNELS.has(hook.kind):
        raise _wrong(hook, "kind", plugins.CHANNELS.unknown(hook.kind))
    plugins.CHANNELS.load(hook.kind)
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", secret(hook, "address_file")):
        raise _wrong(hook, "address_file", "holds no address such as https://example.org/hook")
    if hook.kind == "ntfy" and not hook.topic:
        raise _wrong(hook, "topic", "is empty; name ntfy's topic")
    if hook.secret_file:
        secret(hook, "secret_file")


def secret(hook: Hook, key: str) -> str:
    """Return what a file of a hook holds; ConfigError if it cannot be read or is empty."""
    content = _content(getattr(hook, key), f"notices.hooks.{hook.name}.{key}").strip()
    if not content:
        raise _wrong(hook, key, "is empty")
    return content


def _content(file: str, key: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read: {type(error).__name__}"
        raise ConfigError("config.toml", key, problem) from None


def _wrong(hook: Hook, key: str, problem: str) -> ConfigError:
    return ConfigError("config.toml", f"notices.hooks.{hook.name}.{key}", problem)


def recipient(hook: Hook) -> str:
    """Return the name under which its deliveries are kept; its address is a secret and is not."""
    return f"{deliveries.HOOK}{hook.name}"


def by_hook(hooks: Sequence[Hook], client: httpx.Client, seconds: float = SECONDS) -> Transport:
    """Return a POST to the hook that a delivery names; seconds : that one may take."""
    by_name = {recipient(hook): hook for hook in hooks}

    def post(delivery: Delivery, now: datetime) -> DeliveryReply:
        hook = by_name.get(delivery.recipient)
        if hook is None:
            return DeliveryReply("refused", "this hook is no longer in the settings")
        address, body = secret(hook, "address_file"), delivery.message.mime
        fields = headers(hook, delivery, now)
        try:
            answer, content, _ = exchange.post(
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
        text = content[:ANSWER_BYTES].decode(errors="replace")
        problem = f"{answer.status_code} {printable(text, REPLY_SHOWN)}".strip()
        # A redirect is none of these: whoever answers at the address need not be who was meant.
        if answer.status_code in LATER or answer.status_code >= 500:
            wait = exchange.retry_after(answer.headers, now) or timedelta(0)
            return DeliveryReply("later", problem, wait)
        return DeliveryReply("refused", problem)

    return post


def headers(hook: Hook, delivery: Delivery, now: datetime) -> dict[str, str]:
    """Return what goes with a payload; the key is the delivery's, so a repeat has the same one."""
    content = f"{delivery.message.content_key}|{delivery.message.edition}|{delivery.recipient}"
    key = hashlib.sha256(content.encode()).hexdigest()[:32]
    fields = {"Content-Type": "application/json", "Idempotency-Key": key, "webhook-id": key}
    if hook.secret_file:
        moment = str(int(now.timestamp()))
        signed = f"{key}.{moment}.".encode() + delivery.message.mime
        shared = secret(hook, "secret_file").encode()
        mark = base64.b64encode(hmac.new(shared, signed, hashlib.sha256).digest()).decode()
        fields |= {"webhook-timestamp": moment, "webhook-signature": f"v1,{mark}"}
    return fields


# -- what a webhook is given -----------------------------------------------------------------------


def message(hook: Hook, notice: Notice, sections: Sequence[Section], source: Source) -> Message:
    """Return a notice as this hook gets it; the same bytes at every attempt."""
    made = payload(notice, sections, source)
    # Escaped, a text could be too long for ntfy.
    content = json.dumps(plugins.CHANNELS.load(hook.kind)(hook, made), ensure_ascii=False)
    edition = f"{hook.name}: {letter.edition(sections)}"
    return Message(notice.content_key, edition, made["data"]["subject"], "", content.encode())


def payload(notice: Notice, sections: Sequence[Section], source: Source) -> dict[str, Any]:
    """Return the generic payload, which has all that any service may show."""
    rows = [
        {
            "border": section.total,
            "part": section.part,
            "phrase": section.phrase,
            "text": section.text.replace(letter.BREAK, ""),
            "statement": json.loads(section.statement),
        }
        for section in sections
    ]
    return {
        "type": f"notice.{notice.kind}",
        "timestamp": notice.approved_at or notice.created_at,
        "data": {
            "id": notice.message_id,
            "month": notice.month,
            "subject": letter.subject(notice, sections, source),
            "text": letter.text(notice, sections),
            "run": notice.quoted_run,
            "digest": notice.digest,
            "check": check_command(notice.quoted_run, notice.digest),
            "sections": in_keys(rows, source),
        },
    }
