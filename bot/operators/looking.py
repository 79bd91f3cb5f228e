"""What a source holds at one moment: the entries of a feed, the text of a page, the files of a folder.

Everything here blocks, and is called in a thread.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from corpus.draft import Draft
from corpus.errors import SourceError
from corpus.feeds import Entry, entry_draft, parse_feed
from corpus.fetching import UNKNOWN, Allow, Limits, Validators, download
from corpus.sources import downloaded, open_source

LIMITS = Limits(wait=10, total=30)
"""Nobody waits for it, and a bot that is told to stop should not have to either."""
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".swp", "~")
"""How the names of files end that somebody is still writing."""

Read = Callable[[bool], Draft]
"""Reads a find; given True, from what is at hand alone. SourceError where that cannot be done."""
Stamp = tuple[int, int]
"""Size and time of change of a file."""


@dataclass(frozen=True, slots=True)
class Find:
    """Something that can become an edition."""

    key: str
    """Tells it from the others of its source."""
    version: str
    """SHA-256 of what it says now."""
    read: Read
    name: str
    """What a person calls it: an address or a file name."""
    moment: datetime | None = None
    """When it was published, where it says so to the minute."""
    lasting: bool = True
    """Whether another version of it is another version of the same article; a page may tell a new story."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a source holds, the oldest first."""

    finds: tuple[Find, ...]
    validators: Validators = UNKNOWN
    history: bool = False
    """Whether all but the last are what was before."""
    whole: bool = True
    """False where some of it cannot be told yet."""


def look_at_address(url: str, known: Validators, allow: Allow) -> Sight | None:
    """A feed or a page, told apart by what is there; None where the server says that nothing changed."""
    answer = download(url, allow=allow, limits=LIMITS, known=known)
    if not answer.changed:
        return None
    feed = parse_feed(answer)
    if feed is not None:
        finds = tuple(_entry_find(entry, allow) for entry in reversed(feed.entries))
        # Feeds are newest first by custom, not by rule; those without a date keep their place.
        return Sight(_by_moment(finds), answer.validators, history=True)
    draft = downloaded(answer)
    version = hashlib.sha256(draft.text.encode()).hexdigest()
    return Sight((Find("page", version, lambda _: draft, url, lasting=False),), answer.validators)


def _by_moment(finds: tuple[Find, ...]) -> tuple[Find, ...]:
    if any(find.moment is None for find in finds):
        return finds
    return tuple(sorted(finds, key=lambda find: find.moment.timestamp() if find.moment else 0))


def _entry_find(entry: Entry, allow: Allow) -> Find:
    def read(alone: bool) -> Draft:
        return entry_draft(entry, allow=allow, limits=LIMITS, alone=alone)

    return Find(entry.key, entry.digest, read, entry.link or entry.title or entry.id, entry.published)


class Folder:
    """A folder with texts in it; remembers the last look, for a file counts once it has stopped growing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamps: dict[Path, Stamp] = {}
        self._versions: dict[Path, tuple[Stamp, str]] = {}
        self._looked = False

    def look(self) -> Sight:
        """The files that are as they were at the last look. SourceError where there is no folder."""
        if not self._path.is_dir():
            raise SourceError(f"{self._path}: no such folder: make it, or take it out of SOURCES")
        try:
            files = sorted(path for path in self._path.rglob("*") if self._is_text(path))
            stamps = {path: self._stamp(path) for path in files}
        except OSError as error:
            raise SourceError(f"{self._path}: cannot be read ({error.strerror or error})") from error
        steady = [path for path in files if self._stamps.get(path) == stamps[path]]
        finds = tuple(self._find(path, stamps[path]) for path in steady)
        whole, self._looked, self._stamps = self._looked, True, stamps
        return Sight(finds, whole=whole)

    def _is_text(self, path: Path) -> bool:
        inside = path.relative_to(self._path).parts
        hidden = any(part.startswith((".", "_")) for part in inside)
        return not hidden and not path.name.endswith(_UNFINISHED) and path.is_file() and path.stat().st_size > 0

    def _stamp(self, path: Path) -> Stamp:
        status = path.stat()
        return status.st_size, status.st_mtime_ns

    def _find(self, path: Path, stamp: Stamp) -> Find:
        """The file; its bytes are read again only when it changed."""
        known = self._versions.get(path)
        if known is None or known[0] != stamp:
            try:
                version = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                version = f"unread {error.errno} {stamp}"  # reading it again will say what is wrong with it
            known = self._versions[path] = stamp, version
        name = path.relative_to(self._path).as_posix()
        key = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return Find(key, known[1], partial(_file_draft, path), name)


def _file_draft(path: Path, _: bool) -> Draft:
    return open_source(path).fetch()
