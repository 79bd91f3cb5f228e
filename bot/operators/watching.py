"""The sources of SOURCES, looked at again and again while the bot runs; what they bring is handed on.

What a source holds when it is seen for the first time is no news: the newest entry of a feed, the files of a folder
and the text of a page are stored, so that they can be asked about, and nobody is told. What comes later is news.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, utc_now
from bot.errors import AnnuncioError, CorpusError, SourceBusyError, SourceError
from bot.news.drafting import edition_of
from bot.operators.looking import Find, Folder, Sight, look_at_address
from bot.state.database import in_one_line
from bot.state.watched import Watch
from corpus.draft import Draft
from corpus.fetching import UNKNOWN, Allow, Validators, is_public
from corpus.model import Edition

log = logging.getLogger(__name__)

INTERVAL = 600.0
"""Seconds between two looks at an address."""
FOLDER_INTERVAL = 10.0
"""Seconds between two looks at a folder, which costs nobody anything."""
LONGEST_INTERVAL = 24 * 3600.0
"""Seconds: as seldom as this a source is tried that has long been broken."""
LONGEST_REQUEST = 7 * 24 * 3600.0
"""Seconds: no server is believed that wants to be left alone for longer."""
JITTER = 0.1
"""Share of an interval by which it varies, so that many bots do not ask one server at the same instant."""
FIND_TRIES = 3
"""Tries to read what an entry links to, before what the feed itself has of it must do."""
LATE = timedelta(days=2)
"""How long before its source was added an entry may say that it was published, and still be news: clocks differ."""
FORGOTTEN = timedelta(days=30)
"""A source that was not looked at for so long is seen for the first time once more."""
NOTED = timedelta(hours=1)
"""How often it is noted of a folder that it was looked at."""
SINCE = "since"
"""Under this key it is noted when a source was seen for the first time."""
AT_ONCE = 2
"""Sources looked at together: reading a page takes a core."""


class Notes(Protocol):
    """What is remembered of places, over restarts."""

    async def get(self, place: str) -> Watch | None:
        """What is remembered of the place."""
        ...

    async def put(self, watch: Watch) -> None:
        """Remember this of the place, in place of what was."""


Take = Callable[[Edition, bool], Awaitable[str]]
"""Given an edition and whether nobody is to be told: makes news or a draft of it, and gives the name of its article."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a source."""

    source: Watch
    first: bool
    since: datetime
    """When it was seen for the first time."""


class Watcher:
    """Looks at every source in its time, and hands on what is new."""

    def __init__(
        self,
        sources: Sequence[str],
        notes: Notes,
        take: Take,
        *,
        allow: Allow = is_public,
        now: Clock = utc_now,
        spread: Callable[[], float] = random.random,
    ) -> None:
        """`spread` gives numbers from 0 to 1, by which intervals vary."""
        self._sources = sources
        self._notes = notes
        self._cached: dict[str, Watch] = {}
        self._take = take
        self._allow = allow
        self._now = now
        self._spread = spread
        self._folders = {source: Folder(Path(source).expanduser()) for source in sources if "://" not in source}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; nothing that is wrong with one source ends it or holds up another."""
        await asyncio.gather(*(self._watch(source, stop) for source in self._sources))

    async def _watch(self, source: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            wait = INTERVAL
            try:
                wait = await self.look(source)
            except SQLAlchemyError as error:
                log.warning("%s is looked at later, the database says: %s", source, in_one_line(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)

    async def look(self, source: str) -> float:
        """Look at the source if its time has come; gives the seconds until the next look."""
        known = await self._known(source)
        due = known.source.next_at
        if due > self._now():
            return min((due - self._now()).total_seconds(), LONGEST_REQUEST)
        validators = _validators(known.source)
        try:
            async with self._turns:
                sight = await asyncio.to_thread(self._sight, source, known)
            if sight is not None:
                settled = await self._bring(source, known, sight)
                # What could not be read is tried again: then the server must not say that nothing changed.
                validators = sight.validators if settled else UNKNOWN
        except AnnuncioError as error:
            return await self._broken(known, error)
        except SQLAlchemyError:
            raise
        except Exception as error:  # parsers of other people's pages fail as none of them documents
            log.info("what went wrong with %s", source, exc_info=error)
            return await self._broken(known, SourceError(f"{source}: nothing can read it ({type(error).__name__})"))
        return FOLDER_INTERVAL if sight is not None and not sight.whole else await self._fine(known, validators)

    def _sight(self, source: str, known: _Known) -> Sight | None:
        folder = self._folders.get(source)
        return folder.look() if folder else look_at_address(source, _validators(known.source), self._allow)

    async def _known(self, source: str) -> _Known:
        now = self._now()
        row = await self._noted(source) or Watch(source, now)
        since = await self._noted(_place(source, SINCE))
        if since is None or row.next_at < now - FORGOTTEN:
            return _Known(row, True, now)
        return _Known(row, False, since.next_at)

    async def _noted(self, place: str) -> Watch | None:
        """What is remembered of a place: read once, for nobody else writes it while the bot runs."""
        if place not in self._cached:
            found = await self._notes.get(place)
            if found is None:
                return None
            self._cached[place] = found
        return self._cached[place]

    async def _note(self, watch: Watch) -> None:
        await self._notes.put(watch)
        self._cached[watch.place] = watch

    async def _broken(self, known: _Known, error: AnnuncioError) -> float:
        """One line when it breaks; then it is tried ever more seldom."""
        row = replace(known.source, failures=known.source.failures + 1)
        if row.failures == 1:
            log.warning("a source cannot be read, and is tried again ever more seldom: %s", error)
        asked = error.seconds if isinstance(error, SourceBusyError) and error.seconds else 0.0
        backoff = min(self._interval(row.place) * 2.0 ** min(row.failures, 30), LONGEST_INTERVAL)
        wait = max(self._varied(backoff), min(asked, LONGEST_REQUEST))
        await self._note(replace(row, next_at=self._now() + timedelta(seconds=wait)))
        return wait

    async def _fine(self, known: _Known, validators: Validators) -> float:
        source = known.source.place
        if known.source.failures:
            log.warning("the source %s is back", source)
        if known.first:
            await self._note(Watch(_place(source, SINCE), known.since))
        wait = self._varied(self._interval(source))
        lately = known.source.next_at > self._now() - NOTED
        if known.first or known.source.failures or not (source in self._folders and lately):
            next_at = self._now() + timedelta(seconds=wait)
            await self._note(Watch(source, next_at, validators.etag, validators.last_modified))
        return wait

    def _interval(self, source: str) -> float:
        return FOLDER_INTERVAL if source in self._folders else INTERVAL

    def _varied(self, seconds: float) -> float:
        return seconds * (1 + JITTER * (2 * self._spread() - 1))

    async def _bring(self, source: str, known: _Known, sight: Sight) -> bool:
        """Hand on what is new, the oldest first; False where something of it is to be tried again."""
        settled = True
        for place, find in enumerate(sight.finds):
            named = _place(source, find.key)
            row = await self._noted(named) or Watch(named, self._now())
            if row.etag == find.version:
                continue
            late = not known.first and find.moment is not None and find.moment < known.since - LATE
            past = (
                row.etag is not None and row.last_modified is None
            )  # not stored then, and no news for its new wording
            past |= known.first and place < len(sight.finds) - 1
            if (late and row.etag is None) or (past and sight.history):
                await self._note(replace(row, etag=find.version))
            else:
                settled &= await self._bring_one(source, find, row, known.first)
        return settled

    async def _bring_one(self, source: str, find: Find, row: Watch, first: bool) -> bool:
        """Hand on one find. False where it could not be read, and may be another time."""
        alone = row.failures >= FIND_TRIES
        try:
            async with self._turns:
                edition = await asyncio.to_thread(_edition, find, row.last_modified, alone)
            slug = await self._take(edition, first)
        except (SourceError, CorpusError) as error:
            given_up = alone or first or source in self._folders
            if given_up:
                log.warning("%s of the source %s is left out: %s", find.name, source, error)
                await self._note(replace(row, etag=find.version, failures=0))
            else:
                await self._note(replace(row, failures=row.failures + 1))
            return given_up
        # No server speaks of this place: in the field for its words stands the article that was made of it.
        await self._note(replace(row, etag=find.version, last_modified=slug, failures=0))
        return True


def _edition(find: Find, slug: str | None, alone: bool) -> Edition:
    """What was found as an edition, of the article that it was before where it is another version of that."""
    draft: Draft = find.read(alone)
    edition = edition_of(draft, slug=slug if find.lasting else None)
    if slug is not None and not find.lasting and edition.slug[11:] == slug[11:]:
        return edition_of(draft, slug=slug)  # under the same title: behind the date it is the same name
    return edition


def _place(source: str, key: str) -> str:
    """The name of something that a source holds, or is noted of it: no source has a space in its name."""
    return f"{source} {key}"


def _validators(row: Watch) -> Validators:
    return Validators(row.etag, row.last_modified)
