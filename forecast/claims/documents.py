"""Files as text: plain text, Markdown, HTML, Word and PDF, within limits.

Everything is measured before it is read; Word and PDF are read by `packed`, which may die of them.
"""

import re

from lxml import etree

from forecast.claims.text import packed
from forecast.claims.text.tokens import word_set
from forecast.errors import DocumentError

LARGEST = 10_000_000  # bytes of a file
CHARACTERS = 150_000  # of the text: about 25,000 words

_BLOCKS = word_set(
    "p div h1 h2 h3 h4 h5 h6 li ul ol table section article header footer blockquote br dt "
    "dd figcaption caption title main aside hr"
)
_HIDDEN = word_set("script style noscript template svg head")
_IN_TABLES = {"tr": "\n", "td": " | ", "th": " | "}


def read(name: str, content: bytes) -> str:
    """The text of a file.

    Parameters
    ----------
    name : the file's name; its ending says what it is. Without one it is plain text.

    Raises
    ------
    DocumentError : it is too large, damaged, encrypted, or of an unknown kind.
    """
    if len(content) > LARGEST:
        raise DocumentError(name, f"it has {len(content):,} bytes; at most {LARGEST:,} are read")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if content[:5] == b"%PDF-":
        ending = "pdf"
    if ending in ("pdf", "docx"):
        text = packed.read(name, content, ending)
    else:
        text = _plain(name, content, ending)
    if len(text) > CHARACTERS:
        raise DocumentError(
            name, f"it has {len(text):,} characters of text; at most {CHARACTERS:,} are checked"
        )
    return text


def _plain(name: str, content: bytes, ending: str) -> str:
    if content[:2] == b"PK" or b"\0" in content[:4096]:
        raise DocumentError(name, "it is not text; give .txt, .md, .html, .docx or .pdf")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    html = text[:200].lstrip().lower().startswith(("<!doctype", "<html"))
    if not (html or ending in ("html", "htm")):
        return text
    # Without needless blanks; the rows of a table stay lines.
    lines = "\n".join(" ".join(line.split()) for line in _visible(name, text).split("\n"))
    paragraphs = (re.sub("\n+", "\n", part.strip("\n")) for part in lines.split("\n\n"))
    return "\n\n".join(filter(None, paragraphs))


def _visible(name: str, text: str) -> str:
    """The text that a reader of a page sees: a blank line around blocks, bars between cells."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    tree = etree.HTML(text.encode(), parser)
    if any("depth" in problem.message for problem in parser.error_log):
        raise DocumentError(name, "its tags are nested too deeply")
    if tree is None:
        return ""
    etree.strip_elements(tree, etree.Comment, etree.PI, *_HIDDEN, with_tail=False)
    for element in tree.iter():
        mark = "\n\n" if element.tag in _BLOCKS else _IN_TABLES.get(element.tag, "")
        element.text = mark + re.sub(r"\s+", " ", element.text or "")
        element.tail = ("\n\n" if element.tag in _BLOCKS else "") + re.sub(
            r"\s+", " ", element.tail or ""
        )
    return "".join(tree.itertext())
