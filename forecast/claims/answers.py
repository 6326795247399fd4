"""A checked text for people and programs: with marks on a terminal, as HTML, as JSON."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forecast import months
from forecast.claims.record.counts import agency_words, name_of
from forecast.claims.record.verdict import EXTREMES, JudgedClaim, Reading
from forecast.claims.show.words import DIFFERS, VERDICT_WORDS, CheckedText, ClaimFinding
from forecast.names import SeriesNames
from forecast.sources.source import Source
from forecast.words import many

# A stretch of a text: its words, and of a claim its number and what was found; 0 and None of plain.
Piece = tuple[str, int, ClaimFinding | None]


def pieces(checked: CheckedText) -> Iterator[Piece]:
    """The whole text in stretches, each claim one of its own."""
    notes = sorted((*checked.claims, *checked.not_understood), key=lambda n: (n.start, -n.end))
    last = number = 0
    for note in notes:
        if note.start < last:
            continue  # inside another claim
        number += 1
        yield checked.text[last : note.start], 0, None
        yield checked.text[note.start : note.end], number, note
        last = note.end
    yield checked.text[last:], 0, None


def summary(checked: CheckedText) -> str:
    """How many claims have which verdict, in a sentence."""
    # As they are numbered: what lies within another claim is said with it.
    counted: Counter[str] = Counter(note.label for _, _, note in pieces(checked) if note)
    parts = [
        f"{counted[words]} {words.partition(',')[0].lower()}"
        for words in (*VERDICT_WORDS.values(), DIFFERS)
        if counted[words]
    ]
    total = counted.total()
    if not total:
        return "No claims found: a claim names a number, what is counted, and a month or a year."
    return f"{many(total, 'claim')}: {', '.join(parts)}."


def as_json(
    checked: CheckedText, parts: Sequence[tuple[CheckedText, SeriesNames]]
) -> dict[str, Any]:
    """What programs get; start and end are places in the text, end exclusive.

    parts : the claims of each measure, with its names of series. Of several, each claim says what
    it counts.
    """
    several = len(parts) > 1
    claims = [
        claim_json(claim, names) | ({"counted": names.source.measure.noun} if several else {})
        for part, names in parts
        for claim in part.claims
    ]
    return {
        "published": checked.published.isoformat(),
        "claims": sorted(claims, key=lambda claim: (claim["start"], claim["end"])),
        "not_understood": [
            placed_json(unclear, names)
            | {"verdict": "differs" if unclear.readings else unclear.verdict}
            for part, names in parts
            for unclear in part.not_understood
        ],
    }


def placed_json(finding: ClaimFinding, names: SeriesNames) -> dict[str, Any]:
    """Give programs what is said of a stretch of the text, whether or not it is understood."""
    return {
        "quote": finding.quote,
        "start": finding.start,
        "end": finding.end,
        "number": finding.number,
        "why": finding.why,
        "readings": readings_json(finding, names),
    }


def claim_json(finding: ClaimFinding, names: SeriesNames) -> dict[str, Any]:
    """Give programs one claim."""
    counted = finding.sense and finding.sense.measure not in EXTREMES
    return {
        **placed_json(finding, names),
        **meaning_json(finding.sense, names),
        "claimed": _tidy(finding.claimed.value if counted else None),
        **judged_json(finding.sense, finding.judged),
        "say_instead": finding.say_instead or None,
        "evidence": finding.judged.evidence or None,
    }


def readings_json(finding: ClaimFinding, names: SeriesNames) -> list[dict[str, Any]]:
    """Give programs what the record has for what a number may mean, and how to ask for it."""
    return [
        meaning_json(one.reading, names) | {"truth": _tidy(one.truth), "query": one.query}
        for one in finding.readings
    ]


def meaning_json(sense: Reading | None, names: SeriesNames) -> dict[str, Any]:
    """Give programs what a claim was taken to mean."""
    return {
        "series": sense and (name_of(names, sense.subject) or None),
        "from": sense and months.from_index(sense.span.first),
        "to": sense and months.from_index(sense.span.last),
        "measure": sense and sense.measure,
    }


def judged_json(sense: Reading | None, judged: JudgedClaim) -> Mapping[str, Any]:
    """Give programs the truth and the verdict."""
    since = sense and sense.measure.endswith("since") and judged.truth
    return {
        "truth": months.from_index(int(judged.truth or 0)) if since else _tidy(judged.truth),
        "truth_when_published": judged.published,
        "verdict": judged.verdict,
    }


def _tidy(value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() else round(value, 2)


def as_html(checked: CheckedText, title: str, record: str, source: Source) -> str:
    """An annotated, printable page; everything in it is escaped.

    record : what it was checked against, in a sentence.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("forecast.claims", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filled = _paragraphs(checked, title)
    return environment.get_template("checked.html").render(
        measure=source.measure,
        between=agency_words("usbp", source),
        title=title,
        published=checked.published,
        summary=summary(checked),
        paragraphs=filled,
        notes=[piece for piece in pieces(checked) if piece[2]],
        record=record,
    )


def _paragraphs(checked: CheckedText, title: str) -> list[list[Piece]]:
    """The text's stretches by paragraph, which a blank line ends; without the title again."""
    paragraphs: list[list[Piece]] = [[]]
    for text, number, note in pieces(checked):
        first, *rest = [text] if note else text.split("\n\n")
        paragraphs[-1].append((first, number, note))
        paragraphs += [[(more, 0, None)] for more in rest]
    filled = [every for every in paragraphs if any(text.strip() for text, _, _ in every)]
    first = "".join(text for text, _, _ in filled[0]) if filled else ""
    return filled[1:] if first.strip("# \n") == title and len(filled) > 1 else filled


def as_word(checked: CheckedText, title: str, record: str, source: Source) -> bytes:
    """The same as a Word file: the text with its numbers marked, then what the record says.

    Raises
    ------
    ImportError : python-docx is not installed.
    """
    import docx
    from docx.shared import RGBColor

    blame, soft = RGBColor(0xA3, 0x21, 0x1C), RGBColor(0x5A, 0x5A, 0x5A)
    document = docx.Document()
    document.add_heading(title, 1)
    document.add_paragraph(summary(checked)).runs[0].bold = True
    document.add_paragraph(record).runs[0].font.color.rgb = soft
    paragraphs = _paragraphs(checked, title)
    for paragraph in paragraphs:
        line = document.add_paragraph()
        for text, number, note in paragraph:
            run = line.add_run(f"{text} [{number}]" if note else text)
            run.bold = bool(note)
            run.font.color.rgb = blame if note and note.blamed else None
    document.add_heading("What the record says", 2)
    for number, note in ((n, note) for paragraph in paragraphs for _, n, note in paragraph if note):
        line = document.add_paragraph()
        line.add_run(f"{number}. {note.label}: ").font.color.rgb = blame if note.blamed else None
        line.add_run(note.why)
        for one in note.readings:
            line.add_run(f"\n{one.words}: {one.query}").font.color.rgb = soft
    document.add_paragraph(source.measure.caveat).runs[0].font.color.rgb = soft
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()
