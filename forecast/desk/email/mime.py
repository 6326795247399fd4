"""Notices -> messages as they go out: headers, text and HTML, one chart inside.

    multipart/alternative
        text/plain                 complete on its own
        multipart/related
            text/html
            image/png              by Content-ID

An *edition* is what readers of the same borders get: those of a notice's sections. Same notice,
same edition, same bytes: boundaries and Content-IDs are made of the notice's key, the date is that
of its approval. The line that names the recipient is put in front when it is sent.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from forecast.desk.email.typeset import CHART, QUOTE
from forecast.desk.wording import check_command, measure, month_words
from forecast.records import HEADLINES
from forecast.store.notices import Notice, Section

_POLICY = SMTP.clone(max_line_length=78)
_FIGURE = (
    '<p style="margin:0 0 12px"><img src="cid:{cid}" alt="{alt}" width="560" '
    'style="width:100%;max-width:560px;height:auto"></p>'
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: "Name <address>"; reply_to an address, where to unsubscribe too."""

    sender: str
    reply_to: str = ""

    @property
    def address(self) -> str:
        """The bare address mail comes from."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """Of the sender's address."""
        return self.address.rpartition("@")[2] or "bordercast.invalid"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message without its recipient: the edition, the subject and the bytes."""

    edition: str
    subject: str
    message_id: str
    mime: bytes


def edition(sections: Sequence[Section]) -> str:
    """The name of these sections' edition."""
    return "+".join(s.border if s.part == "finding" else f"{s.border}.digest" for s in sections)


def chosen(
    sections: Sequence[Section], borders: Sequence[str], digest: bool
) -> tuple[Section, ...]:
    """The sections that are for a reader of these borders."""
    return tuple(s for s in sections if s.border in borders and (digest or s.part == "finding"))


def message_id(notice_id: str, name: str) -> str:
    """The Message-ID of an edition, from that of the notice."""
    local, _, domain = notice_id.strip("<>").partition("@")
    return f"<{local}.{hashlib.sha256(name.encode()).hexdigest()[:12]}@{domain}>"


def subject(notice: Notice, sections: Sequence[Section]) -> str:
    """What it is about; no brackets, no word from outside."""
    about = f"{measure().title}, {month_words(notice.month)}: "
    start = f"Correction: {about[0].lower()}{about[1:]}" if notice.kind == "correction" else about
    by_phrase: dict[str, list[str]] = {}
    for section in sections:
        if section.part == "finding":
            by_phrase.setdefault(section.phrase, []).append(section.border)
    if not by_phrase:
        return f"{start}what else stands out"
    texts = [f"{_joined(borders)} {phrase}" for phrase, borders in by_phrase.items()]
    return start + ", ".join(texts)


def _joined(borders: Sequence[str]) -> str:
    ordered = sorted(borders, key=HEADLINES.index)
    return " and ".join((", ".join(ordered[:-1]), ordered[-1])) if ordered[1:] else ordered[0]


def letter(
    notice: Notice,
    sections: Sequence[Section],
    head: Letterhead,
    approved_at: str,
    answers: str = "",
) -> Letter:
    """One edition of a notice.

    Parameters
    ----------
    sections : those of the edition, in order. approved_at : the moment of the Date header.
    answers : Message-ID of the notice that a correction corrects.
    """
    name = edition(sections) + (f" after {answers}" if answers else "")
    own_id = message_id(notice.message_id, name)
    about = subject(notice, sections)
    headers = {
        "From": head.sender,
        "Reply-To": head.reply_to or head.sender,
        "Subject": about,
        "Date": format_datetime(datetime.fromisoformat(approved_at)),
        "Message-ID": own_id,
        **({"In-Reply-To": answers, "References": answers} if answers else {}),
        "Auto-Submitted": "auto-generated",
        "List-Id": f"Border {measure().attribute} notices <bordercast.{head.domain}>",
        "List-Unsubscribe": f"<mailto:{_bare(head)}?subject=unsubscribe>",
    }
    mime = _mime(notice, sections, headers, own_id.strip("<>"))
    return Letter(name, about, own_id, mime)


def _bare(head: Letterhead) -> str:
    return parseaddr(head.reply_to or head.sender)[1]


def _mime(
    notice: Notice, sections: Sequence[Section], headers: Mapping[str, str], own_id: str
) -> bytes:
    chart = next((s for s in sections if s.chart is not None), None)
    message = EmailMessage(policy=_POLICY)
    for name, value in headers.items():
        message[name] = value
    message.set_content(text(notice, sections), cte="quoted-printable")
    message.add_alternative(
        html(notice, sections, f"chart.{own_id}"), subtype="html", cte="quoted-printable"
    )
    if chart is not None and chart.chart is not None:
        body = message.get_body(("html",))
        assert isinstance(body, EmailMessage)
        body.add_related(
            chart.chart,
            "image",
            "png",
            cid=f"<chart.{own_id}>",
            disposition="inline",
            filename=f"{chart.border}-{notice.month}.png",
        )
        body.set_boundary(f"related-{notice.content_key[:32]}")
    message.set_boundary(f"alternative-{notice.content_key[:32]}")
    return message.as_bytes()


def text(notice: Notice, sections: Sequence[Section]) -> str:
    """An edition as text."""
    command, _, digest = check_command(notice.quoted_run, notice.digest).rpartition(" ")
    # In two lines that a shell takes as one: a mail program may break a longer one anywhere.
    check = f"{_quote(notice)}\n\n    {command} \\\n    {digest}\n"
    closing = notice.closing_text.replace(QUOTE, check)
    return notice.opening_text + "".join(s.text for s in sections) + closing


def _quote(notice: Notice) -> str:
    return (
        f"Bordercast, run {notice.quoted_run}. To check that the record still says\nwhat it said "
        "when this notice was approved:"
    )


def html(notice: Notice, sections: Sequence[Section], cid: str = "chart") -> str:
    """An edition as HTML; the chart of the first section that has one stands in it."""
    first = next((s for s in sections if s.chart is not None), None)
    parts = [notice.opening_html]
    for section in sections:
        figure = _FIGURE.format(cid=cid, alt=escape(section.alt)) if section is first else ""
        parts.append(section.html.replace(CHART, figure))
    check = escape(check_command(notice.quoted_run, notice.digest))
    quote = f"{_quote(notice)}<br><code>{check}</code>"
    return "".join((*parts, notice.closing_html.replace(QUOTE, quote)))


def page(notice: Notice, sections: Sequence[Section]) -> str:
    """An edition as a page on its own, the chart inside it."""
    made = html(notice, sections)
    chart = next((s.chart for s in sections if s.chart is not None), None)
    if chart is None:
        return made
    return made.replace(
        'src="cid:chart"', f'src="data:image/png;base64,{b64encode(chart).decode()}"'
    )
