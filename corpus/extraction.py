"""Bytes -> text: what kind of thing was given, and what it says in plain text with Markdown headings and lists."""

import logging
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from io import BytesIO
from typing import TYPE_CHECKING, Any

from corpus.cleaning import clean_line
from corpus.errors import SourceError
from corpus.frontmatter import iso_date
from corpus.splitter import is_headline_like

if TYPE_CHECKING:
    from pypdf import PdfReader


class Kind(Enum):
    """What bytes are, told by what is in them."""

    TEXT = auto()
    EDITION = auto()
    HTML = auto()
    PDF = auto()


@dataclass(frozen=True, slots=True)
class Extract:
    """What a document says, and what it says about itself."""

    text: str
    title: str | None = None
    published: date | None = None
    site: str | None = None
    url: str | None = None
    language: str | None = None
    marked: bool = False
    """Whether headings are marked in the text, so that no other line is taken for one."""


_BINARY = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a picture or a recording"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\x7fELF", "a program"),
    (b"ID3", "a recording"),
    (b"OggS", "a recording"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|article|main|section|div|meta|title|p|h1)\b",
    re.IGNORECASE | re.DOTALL,
)
_FRONT_MATTER = re.compile(rb"---[ \t]*\r?\n(?:[^\n]*\n){0,20}?(?:title|language|published)[ \t]*:")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_HTML_LANGUAGE = re.compile(r"<html\b[^>]*?\slang\s*=\s*[\"']?([A-Za-z]{2,3})\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:\w+\.? )?\d{1,4}(?: ?(?:/|di|of|de|von|sur) ?\d{1,4})?", re.IGNORECASE)
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad][ \t]*\n[ \t]*(?=[^\W\d_A-Z])")
_NO_TITLE = re.compile(
    r"(?:untitled|document\d*|microsoft (?:word|powerpoint)\b.*|.*\.(?:docx?|odt|pdf|indd|pptx?|tex|txt))",
    re.IGNORECASE,
)
_MAX_PAGES = 500


def kind_of(data: bytes, where: str) -> Kind:
    """What `data` is; SourceError names `where` when it is empty or nothing that can be read."""
    if not data.strip(b"\xef\xbb\xbf\0 \t\r\n"):
        raise SourceError(f"{where}: empty: give a file or an address with text")
    if b"%PDF-" in data[:1024]:
        return Kind.PDF
    name = next((name for magic, name in _BINARY if data.startswith(magic)), None)
    if name is None and b"\0" in data[:8192] and not data.startswith(_UTF16):
        name = "a binary file"
    if name is not None:
        raise SourceError(f"{where}: {name}, not text: give text, HTML, PDF or an edition file")
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _FRONT_MATTER.match(start):
        return Kind.EDITION
    return Kind.HTML if _HTML.match(start[:4096]) else Kind.TEXT


def decoded(data: bytes, where: str, charset: str | None = None) -> str:
    """`data` as text: in the `charset` that its sender names, UTF-8, UTF-16 with its mark, or Windows-1252."""
    if data.startswith(_UTF16):
        charset = "utf-16"
    for encoding in filter(None, (charset, "utf-8-sig")):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):  # the second: a charset that does not exist
            continue
    try:
        text = data.decode("cp1252")
    except UnicodeError:
        text = ""
    # Nearly every byte means something in Windows-1252: it is believed only where the text is mostly plain ASCII
    # and the rest mostly letters and quotes, as in a western language.
    unusual = [character for character in text if ord(character) > 127]
    fitting = sum(character.isalpha() or character in "‘’“”«»–—…€°ºª\xa0" for character in unusual)
    if not text or len(unusual) > 0.3 * len(text) or fitting < 0.9 * len(unusual):
        raise SourceError(f"{where}: its encoding cannot be told: save it as UTF-8 text")
    return text


def from_text(text: str, *, markdown: bool) -> Extract:
    """Plain text as it is; Markdown without the marks inside its lines."""
    if not markdown:
        return Extract(text)
    return Extract(_without_inline_marks(text), marked=re.search(r"^#{1,6}\s", text, re.MULTILINE) is not None)


def html_text(data: bytes, where: str, charset: str | None) -> str:
    """A page decoded as its sender or its own head says; its XML declaration goes, which text may not have."""
    head = _META_CHARSET.search(data[:4096])
    named = charset or (head[1].decode("ascii", "ignore") if head else None)
    return re.sub(r"\A\s*<\?xml[^>]*>", "", decoded(data, where, named))


def from_html(html: str, where: str, url: str | None = None) -> Extract:
    """The main text of a page; SourceError where there is none."""
    import trafilatura

    # Its complaints about a page are for who tunes it; a person is told by the error below.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = trafilatura.bare_extraction(
        html,
        url=url,
        include_comments=False,
        include_formatting=True,
        favor_recall=True,
        with_metadata=True,
        # A date somewhere in the page is more often a copyright than the day of the news.
        date_extraction_params={"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d"},
    )
    text = ""
    if found is not None and not isinstance(found, dict) and found.body is not None:
        text = "\n\n".join(_html_lines(found.body))
    if found is None or isinstance(found, dict) or not text:
        raise SourceError(f"{where}: a page without text of its own (a script may write it): save the text in a file")
    language = _HTML_LANGUAGE.search(html[:4096])
    return Extract(
        text=text,
        title=_page_title(found.title, found.sitename),
        published=iso_date(found.date or ""),
        site=clean_line(found.sitename or "") or None,
        url=found.url,
        language=language[1].casefold() if language else None,
        marked=True,
    )


def from_pdf(data: bytes, where: str) -> Extract:
    """The text of all pages, as lines; SourceError for a broken, an encrypted or a scanned PDF."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # pypdf tells of every oddity that it got over, which is of no use to who only wants the text.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError(f"{where}: a PDF with a password: save it without one")
        if len(reader.pages) > _MAX_PAGES:
            raise SourceError(f"{where}: more than {_MAX_PAGES} pages: save those that matter")
        pages = [page.extract_text().splitlines() for page in reader.pages]
        title, published = _pdf_title(reader), _pdf_date(reader)
    except DependencyError as error:
        raise SourceError(f"{where}: a PDF with an encryption that is not supported: save it without") from error
    except (
        PyPdfError,
        # "Broken PDF files might cause other exceptions", says pypdf: these are what a malformed object, number,
        # font or stream raises in it.
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        NotImplementedError,
        OSError,
        RecursionError,
        TypeError,
        ValueError,
        struct.error,
        zlib.error,
    ) as error:
        raise SourceError(f"{where}: a PDF that cannot be read ({type(error).__name__}): save it anew") from error
    text = _HYPHENATED.sub("", "\n".join(_running_text(pages)))
    if not clean_line(text):
        raise SourceError(f"{where}: a PDF without text, a scan perhaps: save its text in a file")
    return Extract(text, title=title, published=published)


def _html_lines(body: Any) -> Iterator[str]:
    """The blocks of trafilatura's tree (an lxml element: it ships no types), as Markdown."""
    for element in body:
        match element.tag:
            case "head":
                yield f"## {_line(element)}"
            case "list":
                yield "\n".join(f"- {line}" for item in element.iter("item") if (line := _line(item)))
            case "table":
                rows = ([_line(cell) for cell in row.iter("cell")] for row in element.iter("row"))
                yield "\n".join(f"- {', '.join(filter(None, row))}" for row in rows if any(row))
            case "quote" if len(element):
                yield from _html_lines(element) if not (element.text or "").strip() else [_line(element)]
            case _:
                line = _line(element)
                bold = len(element) == 1 and element[0].tag == "hi" and element[0].get("rend") == "#b"
                alone = bold and _line(element[0]) == line and is_headline_like(line)
                yield f"**{line}**" if alone else line


def _line(element: Any) -> str:
    for end in element.iter("lb"):
        end.tail = f" {end.tail or ''}"
    return clean_line("".join(element.itertext()))


def _page_title(title: str | None, site: str | None) -> str | None:
    """The title of a page without the name of the site, which many write after it."""
    text = clean_line(title or "")
    if site:
        text = re.sub(rf"\s+[-–—|·:]\s+{re.escape(clean_line(site))}$", "", text, flags=re.IGNORECASE)
    return text or None


def _running_text(pages: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of all pages without page numbers, and without the headers and footers of most pages."""
    edges: Counter[str] = Counter()
    for lines in pages:
        edges.update({clean_line(line) for line in (*lines[:1], *lines[-1:])})
    repeated = {line for line, times in edges.items() if line and times >= 3 and 2 * times > len(pages)}
    for lines in pages:
        for n, line in enumerate(lines):
            text = clean_line(line)
            edge = n in {0, len(lines) - 1}
            if not (edge and (text in repeated or _PAGE_NUMBER.fullmatch(text))):
                yield line


def _pdf_title(reader: "PdfReader") -> str | None:
    title = clean_line(str(reader.metadata.title or "")) if reader.metadata else ""
    return title if title and not _NO_TITLE.fullmatch(title) else None


def _pdf_date(reader: "PdfReader") -> date | None:
    try:
        moment = reader.metadata.creation_date if reader.metadata else None
    except ValueError:
        return None  # a date that pypdf cannot read is no reason to refuse the text
    return moment.date() if moment else None


def _without_inline_marks(text: str) -> str:
    """Markdown with its links, images, code and emphasis as plain text; wholly bold lines stay bold."""
    # Every length is bounded, so that marks which nothing closes cost no more than those which something does.
    text = re.sub(r"<!--.{0,1000}?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^(?:```|~~~).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[ \t]{0,9}> ?", "", text, flags=re.MULTILINE)
    text = re.sub(r"!\[[^\[\]\n]{0,500}\]\([^)\n]{0,2000}\)", "", text)
    text = re.sub(r"\[([^\[\]\n]{1,500})\]\([^)\n]{0,2000}\)", r"\1", text)
    text = re.sub(r"`([^`\n]{1,500})`", r"\1", text)
    text = re.sub(r"(?<![\w*])\*\*(\S(?:[^*\n]{0,500}\S)?)\*\*(?![\w*])", _unbold, text)
    return re.sub(r"(?<![\w*_])([*_])(?![\s*_])([^*_\n]{0,500}[^\s*_])\1(?![\w*_])", r"\2", text)


def _unbold(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    whole = text[:start].rpartition("\n")[2].strip() == "" and text[end:].partition("\n")[0].strip() == ""
    return match[0] if whole else match[1]
