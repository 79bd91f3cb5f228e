"""How publishing is undone: what was there before, kept by whoever may ask for it.

While it is undone that lies in the data directory: the database and the files of the editions know no common
transaction, so a process that ends in the middle leaves it to the next, which does all of it once more. A lock beside
it tells one that ended from one that is at work.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from filelock import AsyncFileLock

from bot.errors import StateError
from bot.news.files import write_whole
from corpus.model import Article, Edition
from corpus.reader import render_edition

log = logging.getLogger(__name__)

FILE = "undoing.json"
LOCK = "undoing.lock"
LOCKED_SECONDS = 120.0
"""How long another process that undoes something is waited for; what it leaves when it ends is locked no more."""
HELD = timedelta(minutes=10)
"""How long nobody is told of what an admin published, or of what changed by it: so long it can be taken back."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a publication back."""

    files: Mapping[str, str | None] = field(repr=False)
    """What stood in the place of each edition (`<slug>/<language>`): its file, or nothing."""
    at: datetime | None
    """From when on people were to be told, if not at once."""
    made: datetime | None
    """When it was published; it was not noted always."""
    stories: Mapping[str, str | None] | None = None
    """The story that each article told again, where it did; None before the undoing is begun."""

    @property
    def slugs(self) -> tuple[str, ...]:
        """The articles that were published."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name in self.files))


def undo_of(editions: Sequence[Edition], before: Mapping[str, Article], at: datetime | None, made: datetime) -> Undo:
    """What takes these editions back, from the articles that were there before."""
    former = {
        f"{edition.slug}/{edition.language}": before[edition.slug].edition(edition.language)
        if edition.slug in before
        else None
        for edition in editions
    }
    return Undo({name: render_edition(edition) if edition else None for name, edition in former.items()}, at, made)


def render_undo(undo: Undo) -> str:
    """As JSON, which may be kept."""
    at, made = (moment.isoformat() if moment else None for moment in (undo.at, undo.made))
    return json.dumps({"files": undo.files, "at": at, "made": made, "stories": undo.stories})


def parse_undo(text: str) -> Undo:
    """What `render_undo` wrote."""
    kept = json.loads(text)
    at, made = (datetime.fromisoformat(kept[key]) if kept.get(key) else None for key in ("at", "made"))
    return Undo(kept["files"], at, made, kept.get("stories"))


@asynccontextmanager
async def undoing_alone(folder: Path) -> AsyncIterator[None]:
    """Let no other process undo anything meanwhile: what one was about to undo is undone. Raises StateError."""
    path = folder / LOCK
    lock = AsyncFileLock(path, timeout=LOCKED_SECONDS)
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await lock.acquire()
    except TimeoutError as error:
        raise StateError(f"{path} has been locked by another process for {LOCKED_SECONDS:g} s: end that one") from error
    except OSError as error:
        raise StateError(f"{path} cannot be written ({error.strerror or error}): make room there") from error
    try:
        yield
    finally:
        await lock.release()


def begin_undoing(folder: Path, undo: Undo) -> None:
    """Note that it is being undone. Raises StateError."""
    write_whole(folder / FILE, render_undo(undo))


def begun_undoing(folder: Path) -> Undo | None:
    """What somebody began to undo and did not end."""
    try:
        return parse_undo((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read, what was begun to be undone is not ended: %s", folder / FILE, error)
        return None


def end_undoing(folder: Path) -> None:
    """Note that nothing is being undone. Raises StateError."""
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"{folder / FILE} cannot be removed ({error.strerror or error}): remove it") from error
