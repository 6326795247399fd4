"""An open connection to the mail server: TLS that verifies, the login, and an end to waiting."""

from __future__ import annotations

import base64
import hmac
import os
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from forecast.config import ADDRESS, Mail
from forecast.errors import ConfigError, MailServerError
from forecast.words import one_line
from jobs.environment import MAIL_PASSWORD

LOCAL = ("localhost", "127.0.0.1", "::1")
MOST_CHALLENGES = 5  # of a server that asks on and on; a login needs two
REPLY_SHOWN = 200  # characters of the server's answer that are kept

Connect = Callable[[], smtplib.SMTP]


def check(settings: Mail) -> None:
    """Refuse settings that do not say how to send.

    Raises
    ------
    ConfigError : names the setting and what would be right.
    """
    if not settings.enabled:
        raise ConfigError("config.toml", "mail.enabled", "is false: mail is switched off")
    if not settings.host:
        raise ConfigError("config.toml", "mail.host", "is empty; name the mail server")
    if not re.fullmatch(ADDRESS, parseaddr(settings.sender)[1]):
        problem = f"{settings.sender!r} has no address; write: Name <name@example.org>"
        raise ConfigError("config.toml", "mail.sender", problem)
    if settings.security == "local" and (settings.host not in LOCAL or settings.user):
        problem = "without TLS mail goes only to this host, without login; use starttls or tls"
        raise ConfigError("config.toml", "mail.security", problem)


def password(settings: Mail) -> str:
    """The secret, from the environment or from its file; never shown anywhere.

    Raises
    ------
    ConfigError : the file cannot be read, or there is no password.
    """
    secret = os.environ.get(MAIL_PASSWORD, "")
    if not secret and settings.password_file:
        try:
            secret = Path(settings.password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            problem = f"cannot be read: {type(error).__name__}"
            raise ConfigError("config.toml", "mail.password_file", problem) from None
    if not secret:
        problem = f"has no password; set {MAIL_PASSWORD} or mail.password_file"
        raise ConfigError("config.toml", "mail.user", problem)
    return secret


def connection(settings: Mail) -> Connect:
    """How to open a connection: TLS that verifies, then the login.

    What it gives raises MailServerError where the server cannot be trusted or refuses us.
    """
    context = tls(settings)
    secret = password(settings) if settings.user else ""

    def connect() -> smtplib.SMTP:
        smtp = TimedSMTP(settings, context)
        try:
            with _trusted():
                code, reply = smtp.connect(settings.host, settings.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, reply)
            smtp.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                try:  # it never goes on without it
                    with _trusted():
                        smtp.starttls(context=context)
                except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as error:
                    problem = f"the server gives no TLS: {reply_words(str(error))}"
                    raise MailServerError(problem) from None
            if settings.user:
                _log_in(smtp, settings.user, secret)
        except BaseException:
            smtp.close()
            raise
        return smtp

    return connect


def tls(settings: Mail) -> ssl.SSLContext:
    """A context that verifies certificate and host name; ConfigError if ca_file cannot be read."""
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        problem = f"{settings.ca_file}: {error}"
        raise ConfigError("config.toml", "mail.ca_file", problem) from None


@contextmanager
def _trusted() -> Iterator[None]:
    """Tells a server that is not to be trusted from one that hung up."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailServerError(f"the server's certificate: {error.verify_message}") from None
    except ssl.SSLError as error:
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise
        raise MailServerError(f"TLS failed: {error.reason}") from None


def _log_in(smtp: smtplib.SMTP, user: str, secret: str) -> None:
    """The server's words are not kept: they might hold what was sent."""
    try:
        smtp.login(user, secret)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < 500:
            raise smtplib.SMTPConnectError(error.smtp_code, "login put off") from None
        raise MailServerError(
            f"the server refuses the login of {user} ({error.smtp_code})"
        ) from None
    except smtplib.SMTPException:
        raise MailServerError("the server offers no supported login method") from None
    except ValueError:  # smtplib decodes a challenge as it comes
        raise smtplib.SMTPServerDisconnected("a challenge that cannot be read") from None


def reply_words(reply: bytes | str) -> str:
    """A server's words on one line."""
    words = reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else reply
    return one_line(words)[:REPLY_SHOWN]


class TimedSMTP(smtplib.SMTP):
    """A connection that is cut when its time is up, however slowly the server drips.

    smtplib's own timeout is for one read; a byte now and then would hold us for ever.
    """

    def __init__(self, settings: Mail, context: ssl.SSLContext) -> None:
        self._late = False
        self._context = context if settings.security == "tls" else None
        self._seconds = settings.message_seconds
        self._timer = threading.Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()
        super().__init__(timeout=settings.answer_seconds)
        self._host = settings.host  # whom a certificate must name

    def _cut(self) -> None:
        self._late = True
        if self.sock is not None:
            with suppress(OSError):
                # Not SSLSocket's own shutdown, which would go on in plain text.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            wrapped = (
                self._context.wrap_socket(plain, server_hostname=host) if self._context else plain
            )
        except BaseException:
            plain.close()
            raise
        if self._late:
            wrapped.close()
            raise self._too_late()
        return wrapped

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer; TimeoutError if it took too long in all."""
        with self._in_time():
            answer = super().getreply()
        if self._late:  # what came may have been cut in the middle
            raise self._too_late()
        return answer

    def send(self, s: Any) -> None:
        """Hand bytes to the server; TimeoutError if it took too long in all."""
        with self._in_time():
            super().send(s)

    def auth(self, mechanism: str, authobject: Any, *, initial_response_ok: bool = True) -> Any:
        """Log in; in UTF-8 (RFC 4616), where smtplib's own takes only ASCII."""
        if mechanism == "CRAM-MD5":  # its answer is ASCII, whatever the password
            return super().auth(mechanism, self._challenged, initial_response_ok=False)

        def encoded(text: str) -> str:
            return base64.b64encode(text.encode()).decode("ascii")

        self._auth_challenge_count = 1  # by which smtplib's auth_login tells user from password
        code, reply = self.docmd("AUTH", f"{mechanism} {encoded(authobject())}")
        while code == 334 and self._auth_challenge_count < MOST_CHALLENGES:
            self._auth_challenge_count += 1
            code, reply = self.docmd(encoded(authobject(base64.decodebytes(reply))))
        if code not in (235, 503):
            raise smtplib.SMTPAuthenticationError(code, reply)
        return code, reply

    def _challenged(self, challenge: bytes | None = None) -> str:
        """The answer to a challenge, as RFC 2195 has it."""
        digest = hmac.new(self.password.encode(), challenge or b"", "md5").hexdigest()
        return f"{self.user} {digest}"

    def close(self) -> None:
        """Close, whatever state it is in."""
        self._timer.cancel()
        super().close()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            yield
        except (OSError, smtplib.SMTPException) as error:
            if self._late:
                raise self._too_late() from error
            raise

    def _too_late(self) -> TimeoutError:
        return TimeoutError(f"not done after {self._seconds:g} s; cut off")
