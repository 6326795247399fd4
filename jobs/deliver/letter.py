"""Notices -> messages as they go out: headers, text and HTML, one chart inside.

    multipart/alternative
        text/plain                 the facts of the HTML
        multipart/related
            text/html
            image/png              by Content-ID

With `attach_page` a multipart/mixed is around it, and text/html, the page, beside it.

An *edition* is what readers of the same totals get: those of a notice's sections. Same notice,
same edition, same bytes: boundaries and Content-IDs are made of the notice's key, the date is that
of its approval. The line that names the recipient is put in front when it is sent.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr, parsedate_to_datetime
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from forecast.desk.sentences.section import SectionText
from forecast.desk.templating import template
from forecast.store.deliveries import WITHIN, Message
from forecast.store.notices import Frame, Notice, Section
from forecast.words import COMPARED_HEADS, capital, check_command, month_words, one_line, slug

if TYPE_CHECKING:
    from jinja2.environment import TemplateModule

    from forecast.sources.source import Source


WIDTH = 78


# Between the parts of a section: what every section of a mail says, what only the first does, what
# it says of all totals, what only the page does. No word from outside can hold it: `one_line` takes
# it out.
BREAK = "\x1e"
PARTS = 4


RULE = f"{'-' * 40}\n\n"


CHART = "<!-- chart -->"  # where the chart goes


QUOTE = "[run and digest]"  # where these go: they are known when the notice is approved


def frame(
    title: str,
    contact: str,
    source: Source,
    unsubscribe: str = "",
    address: str = "",
    public_key: str = "",
) -> Frame:
    """What stands before and after the sections.

    unsubscribe : mail address. address : of the site, "" without one.
    public_key : of the record's signatures.
    """
    reading = f"{address.rstrip('/')}/reading/" if address else ""
    signed = f"The record is signed. The public key: {public_key}" if public_key else ""
    questions = f"Questions: {one_line(contact) or 'answer this mail'}."
    lines = [line for line in (QUOTE, signed, source.publisher.credit, questions) if line]
    way = "To unsubscribe, answer: unsubscribe."
    texts = [f"How to read a notice: {reading}"] if reading else []
    page = _page()
    return Frame(
        opening_text=f"{title}\n{'=' * len(title)}\n\n",
        opening_html=str(page.opening(title)),  # type: ignore[attr-defined]
        closing_text="\n".join(_wrapped(line) for line in (*texts, *lines, way)) + "\n",
        closing_html=str(page.closing(reading, lines, way, unsubscribe)),  # type: ignore[attr-defined]
    )


def as_html(section: SectionText) -> str:
    """A section as HTML, its parts divided by BREAK; everything in it is escaped."""
    from markupsafe import Markup

    page: Any = _page()
    chart = Markup(CHART)  # noqa: S704 - our own constant
    parts = (
        page.head(section),
        page.more(section, chart),
        page.whole(section),
        page.details(section),
    )
    return BREAK.join(map(str, parts))


@cache
def _page() -> TemplateModule:
    return template("notice.html").module


def as_text(section: SectionText) -> str:
    """A section as text of at most 78 columns, its parts divided by BREAK."""
    head = [_wrapped(section.finding), *map(_wrapped, section.more)]
    if section.items:
        head.append("\n".join(map(_item, section.items)))
    advice = (("What you can say", section.say), ("What not to say", section.avoid))
    more = [*map(_wrapped, section.lead)]
    more += [f"{heading}\n{_wrapped(words, '  ')}" for heading, words in advice if words]
    if section.compared:
        more.append(_table(section))
    if section.ahead:
        more.append(_wrapped(section.ahead))
    if section.link:
        more.append(f"All of this month: {section.link}")
    blocks = [
        "\n".join(
            (
                block.heading,
                *([_wrapped(block.text, "  ")] if block.text else []),
                *map(_item, block.items),
            )
        )
        for block in section.blocks
    ]
    parts = (head, more, [_wrapped(section.whole)] if section.whole else [], blocks)
    return BREAK.join("".join(f"{paragraph}\n\n" for paragraph in part) for part in parts)


def _wrapped(text: str, indent: str = "", start: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=start or indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _table(section: SectionText) -> str:
    figure, counted, change = COMPARED_HEADS
    lines = [section.caption, f"{'against':<44}{figure:>11}{counted:>12}{change:>11}"]
    for line in section.compared:
        label = f"{line.name} ({line.when})"
        if len(label) > 44:  # its numbers stand below it
            lines.append(label)
            label = ""
        lines.append(f"{label:<44}{line.then:>11}{line.now:>12}{line.change:>11}")
    return "\n".join(line.rstrip() for line in lines)


def _item(item: tuple[str, str]) -> str:
    return _wrapped(" ".join(filter(None, item)), "    ", "  - ")


_POLICY = SMTP.clone(max_line_length=78)
_CTE = "quoted-printable"
_DIGEST = ".digest"  # ends the name of a section that is one, in an edition's
_NO_FINDING = "what else was unusual"


_FIGURE = (
    '<p style="margin:0 0 12px"><img src="cid:{cid}" alt="{alt}" width="560" '
    'style="width:100%;max-width:560px;height:auto"></p>'
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: "Name <address>"; reply_to an address, where to unsubscribe too.

    one_click : each mail is given a line of its own by which to unsubscribe, when it is sent.
    """

    sender: str
    reply_to: str = ""
    one_click: bool = False

    @property
    def address(self) -> str:
        """The bare address mail comes from."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """Of the sender's address."""
        return self.address.rpartition("@")[2] or "bordercast.invalid"

    @property
    def unsubscribe(self) -> str:
        """The bare address to which a reader writes to get no more."""
        return parseaddr(self.reply_to or self.sender)[1]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message without its recipient: the edition, the subject and the bytes."""

    edition: str
    subject: str
    message_id: str
    mime: bytes


def edition(sections: Sequence[Section]) -> str:
    """The name of these sections' edition."""
    return "+".join(s.total if s.part == "finding" else f"{s.total}{_DIGEST}" for s in sections)


def only_digests(name: str) -> bool:
    """Whether an edition has no finding."""
    return all(part.endswith(_DIGEST) for part in name.split("+"))


def message_id(notice_id: str, name: str) -> str:
    """The Message-ID of an edition, from that of the notice."""
    local, _, domain = notice_id.strip("<>").partition("@")
    return f"<{local}.{hashlib.sha256(name.encode()).hexdigest()[:12]}@{domain}>"


def subject(notice: Notice, sections: Sequence[Section], source: Source) -> str:
    """What it is about; no brackets, no word from outside."""
    about = f"{source.measure.title}, {month_words(notice.month)}: "
    start = f"Correction: {about[0].lower()}{about[1:]}" if notice.kind == "correction" else about
    by_phrase: dict[str, list[str]] = {}
    for section in sections:
        if section.part == "finding":
            by_phrase.setdefault(section.phrase, []).append(section.total)
    if not by_phrase:
        return f"{start}{_NO_FINDING}"
    order = source.totals.every.index
    texts = (f"{_listed(sorted(t, key=order))} {phrase}" for phrase, t in by_phrase.items())
    return start + ", ".join(texts)


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else names[0]


def letter(
    notice: Notice,
    sections: Sequence[Section],
    head: Letterhead,
    approved_at: str,
    source: Source,
    answers: str = "",
    mark: str = "",
    attach_page: bool = False,
) -> Letter:
    """One edition of a notice.

    Parameters
    ----------
    sections : those of the edition, in order. approved_at : the moment of the Date header.
    answers : Message-ID of the notice that a correction corrects.
    mark : in front of the subject and of the text, such as "Demonstration".
    attach_page : whether the page, with all there is to say, comes as a file.
    """
    name = edition(sections) + (f" after {answers}" if answers else "")
    own_id = message_id(notice.message_id, name)
    about = ": ".join(filter(None, (mark, subject(notice, sections, source))))
    by_mail = {"List-Unsubscribe": f"<mailto:{head.unsubscribe}?subject=unsubscribe>"}
    headers = {
        "From": head.sender,
        "Reply-To": head.reply_to or head.sender,
        "Subject": about,
        "Date": format_datetime(datetime.fromisoformat(approved_at)),
        "Message-ID": own_id,
        **({"In-Reply-To": answers, "References": answers} if answers else {}),
        "Auto-Submitted": "auto-generated",
        "List-Id": f"{capital(source.measure.attribute)} notices <bordercast.{head.domain}>",
        **({} if head.one_click else by_mail),
    }
    message, chart = EmailMessage(policy=_POLICY), _drawn(sections)
    for field, value in headers.items():
        message[field] = value
    cid, key = f"chart.{own_id.strip('<>')}", notice.content_key[:32]
    message.set_content(text(notice, sections), cte=_CTE)
    message.add_alternative(html(notice, sections, cid), subtype="html", cte=_CTE)
    if chart is not None and chart.chart is not None:
        body = message.get_body(("html",))
        assert isinstance(body, EmailMessage)
        picture = f"{slug(chart.total)}-{notice.month}.png"
        body.add_related(
            chart.chart,
            "image",
            "png",
            cid=f"<{cid}>",
            disposition="inline",
            filename=picture,
        )
        body.set_boundary(f"related-{key}")
    # Boundaries that are drawn would make a repeat another message.
    message.set_boundary(f"alternative-{key}")
    if attach_page:
        called = f"{slug(source.measure.title)}-{notice.month}.html"
        message.add_attachment(page(notice, sections), subtype="html", cte=_CTE, filename=called)
        message.set_boundary(f"mixed-{key}")
    return Letter(name, about, own_id, message.as_bytes())


def joined(digests: tuple[tuple[str, Notice, Message], ...]) -> list[Message]:
    """One mail of several measures' digests, and for each other one what stands for it.

    digests : each measure's title, and its notice as a reader would get it on its own.

    Each says in turn, to the word, what was approved. The mail's thread is that of each of them:
    a correction of any answers an identifier that it refers to.
    """
    first, *others = (message for _, _, message in digests)
    edition = " with ".join(
        (first.edition, *(f"{other.content_key[:16]}:{other.edition}" for other in others))
    )
    within = [replace(other, edition=WITHIN + first.content_key, mime=b"") for other in others]
    thread = [
        message_id(notice.message_id, stand_in.edition)
        for (_, notice, _), stand_in in zip(digests[1:], within, strict=True)
    ]
    mails = [message_from_bytes(message.mime, policy=_POLICY) for _, _, message in digests]
    (title, notice, _), *rest = digests
    titles = [title, *(f"{title[0].lower()}{title[1:]}" for title, _, _ in rest)]
    about = f"{_listed(titles)}, {month_words(notice.month)}: {_NO_FINDING}"
    mail = EmailMessage(policy=_POLICY)
    changed = {
        "Subject": about,
        "Date": max((m["Date"] for m in mails), key=parsedate_to_datetime),
        "Message-ID": message_id(notice.message_id, edition),
    }
    for name, value in mails[0].items():
        if not name.startswith(("MIME", "Content")):
            mail[name] = changed.get(name, str(value).strip())
    mail["References"] = " ".join(thread)
    texts, pages = (
        [str(m.get_body((kind,)).get_content()) for m in mails]  # type: ignore[union-attr]
        for kind in ("plain", "html")
    )
    mail.set_content("\n\n".join(texts), cte=_CTE)
    # The bodies of all pages in one.
    bodies = [re.sub(r"(?s).*<body[^>]*>|</body>.*", "", page) for page in pages]
    whole, title = pages[0].replace(bodies[0], "\n".join(bodies)), f"<title>{escape(about)}</title>"
    whole = re.sub(r"(?s)<title>.*?</title>", lambda _: title, whole)
    mail.add_alternative(whole, subtype="html", cte=_CTE)
    mail.set_boundary(f"alternative-{first.content_key[:32]}")
    for page_of in (part for m in mails for part in m.iter_attachments()):
        called = page_of.get_filename()
        mail.add_attachment(page_of.get_content(), subtype="html", cte=_CTE, filename=called)
        mail.set_boundary(f"mixed-{first.content_key[:32]}")
    return [replace(first, edition=edition, subject=about, mime=mail.as_bytes()), *within]


def _drawn(sections: Sequence[Section]) -> Section | None:
    """Return the section whose chart is shown: only the first one shows all of itself."""
    shown = [s for s in sections[:1] if CHART in s.html and s.chart is not None]
    return shown[0] if shown else None


def _shown(sections: Sequence[Section], html: bool, page: bool) -> Iterator[str]:
    """Yield what is shown of each section; page : also what only the page says."""
    parts = [(section.html if html else section.text).split(BREAK) for section in sections]
    # Only the section of all totals says nothing of them beside: where it is, once is enough.
    apart = any(
        section.part == "finding" and len(part) == PARTS and not part[2].strip()
        for section, part in zip(sections, parts, strict=True)
    )
    for n, (head, *rest) in enumerate(parts):
        # Sections of earlier versions have no part of its own for that line.
        more, whole, details = rest[:1], rest[1:-1], rest[-1:]
        first = [*more, *(() if apart else whole)] if n == 0 or page else []
        yield "".join((head, *first, *(details if page else ())))


def text(notice: Notice, sections: Sequence[Section], whole: bool = False) -> str:
    """An edition as text; whole : with what only the page says."""
    command, _, digest = check_command(notice.quoted_run, notice.digest).rpartition(" ")
    # In two lines that a shell takes as one: a mail program may break a longer one anywhere.
    check = f"{_quote(notice)}\n\n    {command} \\\n    {digest}\n"
    closing = notice.closing_text.replace(QUOTE, check)
    parts = _shown(sections, html=False, page=whole)
    return notice.opening_text + RULE.join(parts) + RULE + closing


def _quote(notice: Notice) -> str:
    return f"Bordercast, run {notice.quoted_run}. To check it:"


def html(
    notice: Notice, sections: Sequence[Section], cid: str = "chart", whole: bool = False
) -> str:
    """An edition as HTML, its chart in it; whole : with what only the page says."""
    drawn = _drawn(sections)
    parts = [notice.opening_html]
    shown = _shown(sections, html=True, page=whole)
    for section, said in zip(sections, shown, strict=True):
        figure = _FIGURE.format(cid=cid, alt=escape(section.alt)) if section is drawn else ""
        parts.append(said.replace(CHART, figure))
    check = escape(check_command(notice.quoted_run, notice.digest))
    quote = f"{_quote(notice)}<br><code>{check}</code>"
    return "".join((*parts, notice.closing_html.replace(QUOTE, quote)))


def page(notice: Notice, sections: Sequence[Section]) -> str:
    """An edition as a page on its own: all there is to say, the chart inside it."""
    made, drawn = html(notice, sections, whole=True), _drawn(sections)
    if drawn is None or drawn.chart is None:
        return made
    return made.replace(
        'src="cid:chart"', f'src="data:image/png;base64,{b64encode(drawn.chart).decode()}"'
    )
