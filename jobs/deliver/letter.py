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

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from forecast.config import Config, Mail
from forecast.desk.sentences.section import SectionText
from forecast.desk.templating import template
from forecast.sources.source import Source
from forecast.store.deliveries import WITHIN, Message
from forecast.store.notices import Notice, Section
from forecast.words import capital, check_command, month_words, one_line, slug
from jobs.witness import attest

# What every section of a mail says, what only the first does, what it says of all totals, then of
# the months ahead, what only the page says; and what is between them, which no word from outside
# can hold: `one_line` takes it out.
PARTS = ("head", "more", "whole", "ahead", "details")
BREAK = "\x1e"
RULE = f"{'-' * 40}\n\n"
CHART = "<!-- chart -->"  # where the chart goes
QUOTE = "[run and digest]"  # where these go: they are known when the notice is approved
NOBODY = "bordercast <notices@bordercast.invalid>"  # whose file it is where no sender is set
TO_CHECK = "Bordercast, run {}. To check it:"
_CTE = "quoted-printable"
_POLICY = SMTP.clone(max_line_length=78)
_DIGEST = ".digest"  # ends the name of a section that is one, in an edition's
_NO_FINDING = "what else was unusual"


@dataclass(frozen=True)
class LetterContent:
    """What a letter is made of: a notice, those of its sections that are told, and of what."""

    notice: Notice
    sections: Sequence[Section]
    source: Source


@dataclass(frozen=True)
class AddressedLetter:
    """A letter to one reader, an address or a hook."""

    to: str
    mail: Message
    content: LetterContent


def frame(config: Config, month: str, source: Source, mark: str = "") -> dict[str, str]:
    """Return what stands around the sections of a month's notice; mark : in front of its title."""
    title = ": ".join(filter(None, (mark, f"{source.measure.title}, {month_words(month)}")))
    address, key = config.site.address, attest.public_key(config.witness)
    lines = (
        QUOTE,
        f"The record is signed. The public key: {key}" if key else "",
        source.publisher.credit,
        f"Questions: {one_line(config.notices.contact) or 'answer this mail'}.",
    )
    around = {
        "reading": f"{address.rstrip('/')}/reading/" if address else "",
        "lines": [line for line in lines if line],
        "way": "To unsubscribe, answer: unsubscribe.",
        "unsubscribe": config.mail.unsubscribe,
    }
    return {
        f"{name}_{kind}": typeset(suffix, name, **values)
        for kind, suffix in (("text", "txt"), ("html", "html"))
        for name, values in (("opening", {"title": title}), ("closing", around))
    }


def as_stored(section: SectionText, suffix: str) -> str:
    """Return a section as "html" or "txt", its parts divided by BREAK."""
    return BREAK.join(typeset(suffix, part, said=section) for part in PARTS)


def typeset(suffix: str, name: str, **values: object) -> str:
    """Return what a macro of the mail's templates, notice.html and notice.txt, makes of values."""
    return str(getattr(template(f"notice.{suffix}").module, name)(**values))


def edition(sections: Sequence[Section]) -> str:
    """Return the name of these sections' edition."""
    return "+".join(s.total if s.part == "finding" else f"{s.total}{_DIGEST}" for s in sections)


def only_digests(name: str) -> bool:
    """Whether an edition has no finding."""
    return all(part.endswith(_DIGEST) for part in name.split("+"))


def message_id(notice_id: str, name: str) -> str:
    """Return the Message-ID of an edition, from that of the notice."""
    local, _, domain = notice_id.strip("<>").partition("@")
    return f"<{local}.{hashlib.sha256(name.encode()).hexdigest()[:12]}@{domain}>"


def subject(notice: Notice, sections: Sequence[Section], source: Source) -> str:
    """Return what it is about; no brackets, no word from outside."""
    about = f"{source.measure.title}, {month_words(notice.month)}: "
    start = f"Correction: {about[0].lower()}{about[1:]}" if notice.kind == "correction" else about
    by_phrase: dict[str, list[str]] = {}
    for section in sections:
        if section.part == "finding":
            by_phrase.setdefault(section.phrase, []).append(section.total)
    order = source.totals.every.index
    texts = (f"{_listed(sorted(t, key=order))} {phrase}" for phrase, t in by_phrase.items())
    return start + (", ".join(texts) or _NO_FINDING)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def letter(
    config: Config,
    notice: Notice,
    sections: Sequence[Section],
    source: Source,
    answers: str = "",
    mark: str = "",
) -> Message:
    """Return one edition of a notice; one that is not approved bears the date of its writing.

    sections : those of the edition, in order.
    answers : Message-ID of the notice that a correction corrects.
    mark : in front of the subject, such as "Demonstration"; such a letter is never queued.
    """
    name = edition(sections) + (f" after {answers}" if answers else "")
    about = ": ".join(filter(None, (mark, subject(notice, sections, source))))
    thread = {"In-Reply-To": answers, "References": answers} if answers else {}
    contents = [LetterContent(notice, sections, source)]
    return _message(config, contents, name, about, thread, queued=not mark)


def joined(config: Config, digests: Sequence[AddressedLetter]) -> list[Message]:
    """Return one mail of several measures' digests, and for each other what stands for it.

    digests : each as its reader would get it on its own.

    Each says in turn, to the word, what was approved. The mail's thread is that of each of them:
    a correction of any answers an identifier that it refers to.
    """
    first, *others = (made.mail for made in digests)
    rest = [f"{message.content_key[:16]}:{message.edition}" for message in others]
    within = [replace(m, edition=WITHIN + first.content_key, mime=b"") for m in others]
    contents = [made.content for made in digests]
    thread = [
        message_id(content.notice.message_id, message.edition)
        for message, content in zip(within, contents[1:], strict=True)
    ]
    title, *titles = (content.source.measure.title for content in contents)
    every = _listed([title, *(f"{other[0].lower()}{other[1:]}" for other in titles)])
    about = f"{every}, {month_words(contents[0].notice.month)}: {_NO_FINDING}"
    name = " with ".join((first.edition, *rest))
    return [_message(config, contents, name, about, {"References": " ".join(thread)}), *within]


def _draw(made: EmailMessage, content: LetterContent, cid: str) -> None:
    """Put the chart of the most serious section, if one has a chart, into the HTML."""
    notice, drawn = content.notice, _drawn(content.sections)
    if drawn is None or drawn.chart is None:
        return
    body = made.get_body(("html",))
    assert isinstance(body, EmailMessage)
    picture = f"{slug(drawn.total)}-{notice.month}.png"
    body.add_related(
        drawn.chart, "image", "png", cid=f"<{cid}>", disposition="inline", filename=picture
    )
    body.set_boundary(f"related-{notice.content_key[:32]}")


def _message(
    config: Config,
    contents: Sequence[LetterContent],
    name: str,
    about: str,
    thread: dict[str, str],
    queued: bool = True,
) -> Message:
    """Return one message of all that is told, under a head of its first notice.

    queued : whether it goes out by the queue, which may add a line to its head.
    """
    notice, source, mail = contents[0].notice, contents[0].source, config.mail
    own_id, key = message_id(notice.message_id, name), notice.content_key[:32]
    date = max(c.notice.approved_at or c.notice.created_at for c in contents)
    made = EmailMessage(policy=_POLICY)
    head = {
        "From": mail.sender or NOBODY,
        "Reply-To": mail.reply_to or mail.sender or NOBODY,
        "Subject": about,
        "Date": format_datetime(datetime.fromisoformat(date)),
        "Message-ID": own_id,
        "Auto-Submitted": "auto-generated",
        "List-Id": f"{capital(source.measure.attribute)} notices <bordercast.{mail.domain}>",
    }
    # Else a line by which its reader alone unsubscribes is put in front when it is sent.
    if not (queued and config.one_click):
        way = mail.unsubscribe or parseaddr(NOBODY)[1]
        head["List-Unsubscribe"] = f"<mailto:{way}?subject=unsubscribe>"
    for field, value in (head | thread).items():
        made[field] = one_line(value)
    cid = f"chart.{own_id.strip('<>')}"
    bodies = [html(c.notice, c.sections, f"cid:{cid}") for c in contents]
    plain = "\n\n".join(text(c.notice, c.sections) for c in contents)
    made.set_content(plain, cte=_CTE)
    made.add_alternative(_one_page(bodies, about), subtype="html", cte=_CTE)
    _draw(made, contents[0], cid)
    # Boundaries that are drawn would make a repeat another message.
    made.set_boundary(f"alternative-{key}")
    if config.notices.attach_page and not config.site.address:
        for c in contents:
            called = f"{slug(c.source.measure.title)}-{c.notice.month}.html"
            whole = page(c.notice, c.sections)
            made.add_attachment(whole, subtype="html", cte=_CTE, filename=called)
        made.set_boundary(f"mixed-{key}")
    return Message(notice.content_key, name, about, mail.address, made.as_bytes())


def _one_page(pages: Sequence[str], title: str) -> str:
    """Return the bodies of all pages in the first."""
    if not pages[1:]:
        return pages[0]
    bodies = [re.sub(r"(?s).*<body[^>]*>|</body>.*", "", page) for page in pages]
    whole = pages[0].replace(bodies[0], "\n".join(bodies))
    return re.sub(r"(?s)<title>.*?</title>", lambda _: f"<title>{escape(title)}</title>", whole)


def plain(mail: Mail, name: str, key: str, about: str, words: str, now: datetime) -> Message:
    """Return a message that is of no notice: what the operator gets, and a test of the way.

    key : 32 hex digits, by which a repeat is known.
    """
    made = EmailMessage(policy=SMTP)
    made["From"], made["Reply-To"] = mail.sender, mail.reply_to or mail.sender
    made["Subject"], made["Date"] = about, format_datetime(now)
    made["Message-ID"] = f"<{key[:32]}.{name}@{mail.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(words, cte=_CTE)
    return Message(key, name, about, mail.address, bytes(made))


def _drawn(sections: Sequence[Section]) -> Section | None:
    """Return the section whose chart is shown: only the first one shows all of itself."""
    shown = [s for s in sections[:1] if CHART in s.html and s.chart is not None]
    return shown[0] if shown else None


def _shown(stored: Sequence[str], sections: Sequence[Section], page: bool) -> Iterator[str]:
    """Yield what is shown of each section; page : also what only the page says.

    stored : their texts, or their HTML.
    """
    parts = [text.split(BREAK) for text in stored]
    # Only the section of all totals says nothing of them beside: where it is, once is enough.
    apart = any(
        section.part == "finding" and len(part) == len(PARTS) and not part[2].strip()
        for section, part in zip(sections, parts, strict=True)
    )
    for n, (head, *rest) in enumerate(parts):
        # Sections of earlier versions have one part, "more", for all that only the first says.
        more, whole, details = rest[:1], rest[2 if apart else 1 : -1], rest[-1:]
        first = [*more, *whole] if n == 0 or page else []
        yield "".join((head, *first, *(details if page else ())))


def text(notice: Notice, sections: Sequence[Section], whole: bool = False) -> str:
    """Return an edition as text; whole : with what only the page says."""
    command, _, digest = check_command(notice.quoted_run, notice.digest).rpartition(" ")
    # In two lines that a shell takes as one: a mail program may break a longer one anywhere.
    check = f"{TO_CHECK.format(notice.quoted_run)}\n\n    {command} \\\n    {digest}\n"
    parts = _shown([s.text for s in sections], sections, whole)
    closing = notice.closing_text.replace(QUOTE, check)
    return notice.opening_text + RULE.join(parts) + RULE + closing


def html(
    notice: Notice, sections: Sequence[Section], src: str = "cid:chart", whole: bool = False
) -> str:
    """Return an edition as HTML, its chart in it; whole : with what only the page says."""
    drawn = _drawn(sections)
    parts = [notice.opening_html]
    shown = _shown([s.html for s in sections], sections, whole)
    for section, body in zip(sections, shown, strict=True):
        figure = typeset("html", "figure", src=src, alt=section.alt) if section is drawn else ""
        parts.append(body.replace(CHART, figure))
    check = escape(check_command(notice.quoted_run, notice.digest))
    quote = f"{TO_CHECK.format(notice.quoted_run)}<br><code>{check}</code>"
    return "".join((*parts, notice.closing_html.replace(QUOTE, quote)))


def page(notice: Notice, sections: Sequence[Section]) -> str:
    """Return an edition as a page on its own: all there is to say, the chart inside it."""
    drawn = _drawn(sections)
    chart = drawn.chart if drawn and drawn.chart else b""
    return html(notice, sections, f"data:image/png;base64,{b64encode(chart).decode()}", whole=True)
