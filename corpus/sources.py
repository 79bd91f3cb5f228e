"""ArticleSource: where news comes from. A file or an address, told apart by what is in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from corpus.draft import Draft, to_edition
from corpus.errors import SourceError
from corpus.extraction import Extract, Kind, decoded, from_html, from_pdf, from_text, html_text, kind_of
from corpus.fetching import MAX_BYTES, Allow, Download, Limits, download, is_public
from corpus.reader import FOLDER_NAME, parse_edition

__all__ = [
    "ArticleSource",
    "Draft",
    "EditionFile",
    "HtmlFile",
    "PdfFile",
    "TextFile",
    "WebPage",
    "downloaded",
    "open_source",
    "to_edition",
]

_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
_PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LIKE_A_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?", re.IGNORECASE)
_DATED_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}-.+")
_READABLE_TYPES = frozenset(
    {"", "application/xhtml+xml", "application/xml", "application/pdf", "application/octet-stream"}
)


class ArticleSource(Protocol):
    """Something that holds one announcement."""

    def fetch(self) -> Draft:
        """What it says now. AnnuncioError, one clear line, where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class TextFile:
    """Plain text, or Markdown by its suffix."""

    path: Path

    def fetch(self) -> Draft:
        """The text as it stands in the file."""
        data = _file_bytes(self.path)
        _expect(kind_of(data, str(self.path)), {Kind.TEXT, Kind.EDITION, Kind.HTML}, self.path)
        extract = from_text(decoded(data, str(self.path)), markdown=self.path.suffix in _MARKDOWN_SUFFIXES)
        return _draft(extract, source=self.path.name)


@dataclass(frozen=True, slots=True)
class EditionFile:
    """A file that is an edition already: what a person wrote in it stays as it is."""

    path: Path

    def fetch(self) -> Draft:
        """The edition in the file, whose name does not matter here; CorpusError names all its mistakes."""
        folder = self.path.absolute().parent.name
        return _edition_draft(_file_bytes(self.path), self.path, folder)


@dataclass(frozen=True, slots=True)
class HtmlFile:
    """A saved page."""

    path: Path

    def fetch(self) -> Draft:
        """The main text of the page."""
        data = _file_bytes(self.path)
        _expect(kind_of(data, str(self.path)), {Kind.TEXT, Kind.HTML}, self.path)
        extract = from_html(html_text(data, str(self.path), None), str(self.path))
        return _draft(extract, source=extract.site or self.path.name)


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF with text in it."""

    path: Path

    def fetch(self) -> Draft:
        """The text of its pages."""
        data = _file_bytes(self.path)
        _expect(kind_of(data, str(self.path)), {Kind.PDF}, self.path)
        return _draft(from_pdf(data, str(self.path)), source=self.path.name)


@dataclass(frozen=True, slots=True)
class WebPage:
    """Something at an http or https address: a page, a PDF, plain text or an edition file.

    `allow` judges every address that is connected to.
    """

    url: str
    allow: Allow = is_public
    limits: Limits | None = None

    def fetch(self) -> Draft:
        """What the address answers with, its redirects followed."""
        return downloaded(download(self.url, allow=self.allow, limits=self.limits))


def downloaded(answer: Download) -> Draft:
    """What a server answered with, as a draft. SourceError where it cannot be read."""
    where, host = answer.url, _host(answer.url)
    if not (answer.media_type.startswith("text/") or answer.media_type in _READABLE_TYPES):
        raise SourceError(f"{where}: {answer.media_type}, not text: give a page, a PDF or a text")
    name = Path(answer.url.partition("?")[0].rpartition("/")[2] or "page")
    match kind_of(answer.body, where):
        case Kind.PDF:
            extract = from_pdf(answer.body, where)
        case Kind.EDITION:
            return _edition_draft(answer.body, name, folder="")
        case Kind.TEXT if answer.media_type == "text/plain" or name.suffix in _MARKDOWN_SUFFIXES:
            markdown = name.suffix in _MARKDOWN_SUFFIXES
            extract = from_text(decoded(answer.body, where, answer.charset), markdown=markdown)
        case _:
            extract = from_html(html_text(answer.body, where, answer.charset), where, url=where)
    return _draft(extract, source=extract.site or host, url=where)


def open_source(path_or_url: str | Path, *, allow: Allow = is_public) -> ArticleSource:
    """The source that fits what `path_or_url` holds. An address is not asked before `fetch`.

    SourceError where there is nothing, or nothing that can be read.
    """
    if isinstance(path_or_url, str) and _URL.match(path_or_url):
        return WebPage(path_or_url, allow)
    path = Path(path_or_url)
    if (
        isinstance(path_or_url, str)
        and _LIKE_A_HOST.fullmatch(path_or_url)
        and "/" in path_or_url
        and not path.exists()
    ):
        raise SourceError(f"{path_or_url}: no such file: for a web page give https://{path_or_url}")
    match kind_of(_file_bytes(path), str(path)):
        case Kind.EDITION:
            return EditionFile(path)
        case Kind.PDF:
            return PdfFile(path)
        case Kind.TEXT if path.suffix.casefold() not in _PAGE_SUFFIXES:
            return TextFile(path)
        case _:
            return HtmlFile(path)


def _file_bytes(path: Path) -> bytes:
    """The whole file, if it is one and of a sensible size."""
    try:
        if path.is_dir():
            raise SourceError(f"{path}: a folder: give the files in it, such as {path / '*.txt'}")
        if path.exists() and not path.is_file():
            raise SourceError(f"{path}: neither a file nor a folder: give a file or an address")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: no such file: check the path") from error
    except (OSError, ValueError) as error:  # the second: a null byte in the path
        raise SourceError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{path}: longer than {MAX_BYTES / 1024 / 1024:g} MB: save the part that matters")
    return data


def _expect(kind: Kind, wanted: set[Kind], path: Path) -> None:
    if kind not in wanted:
        raise SourceError(f"{path}: this is {kind.name.lower()}, not what it was opened as: give its path to open it")


def _draft(extract: Extract, *, source: str, url: str | None = None) -> Draft:
    return Draft(
        text=extract.text,
        source=source,
        title=extract.title,
        published=extract.published,
        url=url or extract.url,
        language=extract.language,
        marked=extract.marked,
    )


def _edition_draft(data: bytes, path: Path, folder: str) -> Draft:
    """The draft of an edition; it keeps the name of a folder that is called as articles are."""
    edition = parse_edition(data, path, slug="draft")
    lines = (paragraph.text(edition.language) for paragraph in edition.paragraphs)
    return Draft(
        text="\n\n".join(lines),
        source=edition.source,
        title=edition.title,
        published=edition.published,
        url=edition.url,
        language=edition.language,
        edition=edition,
        slug=folder if _DATED_FOLDER.fullmatch(folder) and FOLDER_NAME.fullmatch(folder) else None,
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
