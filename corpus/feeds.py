"""Feeds: RSS and Atom as entries, each of which can become an edition."""

import hashlib
import html
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from corpus.cleaning import clean_line
from corpus.draft import Draft
from corpus.errors import SourceError
from corpus.extraction import from_html
from corpus.fetching import Allow, Download, Limits, is_public
from corpus.sources import WebPage

ENOUGH = 500
"""Characters of text from which on an entry is the article itself, and not what should make one read it."""
SOMETHING = 80
"""Characters without which an entry says nothing of its own."""
MAX_ENTRIES = 200
"""Entries read of a feed, those at its top: more is an archive, and each may cost a page."""
_GOES_ON = re.compile(r"(?:…|\.\.\.|\[(?:…|\.\.\.|\+\d+ chars)\])\s*$")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|blockquote|tr|section|article)\s*>|<br\s*/?>\s*<br\s*/?>", re.IGNORECASE)
_NO_CHARACTER = re.compile(rb"&#(?:x[0-9a-f]{6,}|[0-9]{7,});?", re.IGNORECASE)
"""A reference beyond the last character there is, perhaps: the parser would give up over it."""
_TRACKING = re.compile(r"(?<=[?&])(?:utm_\w+|fbclid|gclid)=[^&#]*&?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed; `id` is what the feed tells it from the others by."""

    id: str
    title: str | None
    link: str | None
    published: datetime | None
    """In UTC; None where the feed does not say."""
    day: date | None
    """The day on which it was published, where it was published."""
    source: str
    language: str | None
    html: str = field(repr=False)
    """The longest that the feed itself has of it, in HTML."""

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of what it says: another text, another digest."""
        return hashlib.sha256(f"{self.title}\0{self.link}\0{self.html}".encode()).hexdigest()

    @property
    def key(self) -> str:
        """16 hex digits that stand for `id`, which may be of any length."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds now, in its own order, which is most often the newest first."""

    title: str
    entries: tuple[Entry, ...]


def parse_feed(answer: Download) -> Feed | None:
    """The feed in a server's answer; None where it is something else, whatever type the server names.

    SourceError for one that is broken beyond reading.
    """
    import feedparser

    headers = {"content-location": answer.url, "content-type": _content_type(answer)}
    try:
        found: Any = feedparser.parse(BytesIO(_NO_CHARACTER.sub(_if_one, answer.body)), response_headers=headers)
    except ValueError as error:  # bytes or characters that cannot be
        raise SourceError(f"{answer.url}: a feed that cannot be read ({error}): tell whoever makes it") from error
    if not found.get("version"):  # there is none at all where there is nothing to read
        return None
    source = _plain(found.feed.get("title")) or urlsplit(answer.url).hostname or answer.url
    language = clean_line(found.feed.get("language") or "").casefold()[:2] or None
    return Feed(source, tuple(_entries(found.entries[:MAX_ENTRIES], source, language)))


def entry_draft(entry: Entry, *, allow: Allow = is_public, limits: Limits | None = None, alone: bool = False) -> Draft:
    """The entry's own text where that is enough, else the page that it links to.

    With `alone` what the feed has must do. SourceError where there is nothing to read.
    """
    text = own_text(entry)
    if len(text) >= ENOUGH and not _GOES_ON.search(_plain(entry.html)):
        return _draft(entry, text)
    if entry.link is not None and not alone:
        page = WebPage(entry.link, allow, limits).fetch()
        return replace(page, title=entry.title or page.title, published=entry.day or page.published)
    if len(text) < SOMETHING:
        raise SourceError(f"{entry.link or entry.source}: an entry without a text of its own: nothing to store")
    return _draft(entry, text)


def own_text(entry: Entry) -> str:
    """What the feed itself has of an entry, in paragraphs, its headings marked where it is long enough for some."""
    if len(entry.html) >= ENOUGH:
        try:
            return from_html(f"<html><body><article>{entry.html}</article></body></html>", entry.id).text
        except SourceError:
            pass  # no page, which it need not be: its paragraphs will do
    lines = (_plain(block) for block in _BLOCK_END.split(entry.html))
    return "\n\n".join(filter(None, lines))


def _draft(entry: Entry, text: str) -> Draft:
    marked = re.search(r"^#{1,6}\s", text, re.MULTILINE) is not None
    return Draft(text, entry.source, entry.title, entry.day, entry.link, entry.language, marked)


def _if_one(reference: re.Match[bytes]) -> bytes:
    digits = reference[0].strip(b"&#;")
    number = int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
    return reference[0] if number < 0x110000 else b""


def _content_type(answer: Download) -> str:
    """What the server says of the bytes, where that can be: a parser that is told of a wrong type does not look."""
    kind = answer.media_type if "xml" in answer.media_type else "application/xml"
    return f"{kind}; charset={answer.charset}" if answer.charset else kind


def _entries(found: list[Mapping[str, Any]], source: str, language: str | None) -> Iterator[Entry]:
    for one in map(dict, found):  # its own kind of dictionary gives one date for another, and warns of that
        title, link = _plain(one.get("title")) or None, _address(one.get("link"))
        content = max((part.get("value") or "" for part in one.get("content", ())), key=len, default="")
        text = max(content, one.get("summary") or "", key=len)
        written = str(one.get("published") or one.get("updated") or "")
        published = _moment(one.get("published_parsed") or one.get("updated_parsed"))
        id_ = clean_line(str(one.get("id") or link or title or ""))
        if id_:
            day = _day(written) or (published.date() if published else None)
            yield Entry(id_, title, link, published, day, source, language, text)


def _address(link: object) -> str | None:
    """The link, without what only tells its site where a reader came from."""
    text = clean_line(link) if isinstance(link, str) else ""
    return _TRACKING.sub("", text).rstrip("?&") if text.startswith(("http://", "https://")) else None


def _plain(text: object) -> str:
    """A line of HTML as plain text."""
    return clean_line(html.unescape(_TAG.sub(" ", text))) if isinstance(text, str) else ""


def _moment(parts: Any) -> datetime | None:
    """feedparser's nine numbers, which are UTC."""
    try:
        return datetime.fromtimestamp(timegm(parts), UTC) if parts else None
    except (ValueError, OverflowError, OSError):
        return None


def _day(written: str) -> date | None:
    """The day that is written there, which may be another one in UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(written.strip()).date()
        except ValueError:
            continue
    return None
