"""The desk: what a source or an admin brings becomes a draft or news, and may be taken back for ten minutes."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.answers.library import Library
from bot.clock import Clock, utc_now
from bot.errors import CorpusError
from bot.news.previewing import Preview
from bot.news.publishing import Published
from bot.news.undoing import HELD
from bot.operators.addresses import bare_address
from bot.operators.payloads import DraftState, edition_in, payload_of, undo_begun, undo_until
from bot.state.drafts import Drafts, KeptDraft
from bot.threads import in_thread
from corpus.draft import slugify
from corpus.model import Edition, Paragraph, Sentence


class News(Protocol):
    """What becomes of editions that somebody decided about; see `bot.news.publishing.Newsroom`."""

    async def preview(self, editions: Sequence[Edition], *, at: datetime | None = None) -> Sequence[Preview]:
        """What publishing them would do, one an article, and nobody told before `at`."""
        ...

    async def publish(
        self,
        editions: Sequence[Edition],
        *,
        at: datetime | None = None,
        quiet: bool = False,
        begun: Callable[[str], Awaitable[None]] | None = None,
    ) -> Published:
        """Store, index and owe them, from `at` on; with `quiet` nobody is told. `begun` hears first how to undo it."""
        ...

    async def withdraw(self, undo: str, *, begun: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Put everything back as it was, unless `begun` says no; it hears once that will be done, whatever ends."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A draft as an admin decides about it."""

    draft: KeptDraft
    edition: Edition
    preview: Preview
    changes: bool
    """Whether it takes the place of another text."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """A draft that was published just now: until `undo_until` nobody is told, and it can be taken back."""

    draft: KeptDraft
    edition: Edition
    hears: int
    undo_until: datetime


class Desk:
    """Drafts and what becomes of them; one decision at a time."""

    def __init__(
        self,
        drafts: Drafts,
        news: News,
        library: Callable[[], Library],
        threads: Executor,
        now: Clock = utc_now,
    ) -> None:
        self._library = library
        self._threads = threads
        self._drafts = drafts
        self._news = news
        self._now = now
        self._turn = asyncio.Lock()

    async def offer(self, edition: Edition) -> Offer:
        """Keep the edition as a draft; one of the same article and language that waits is replaced.

        What was begun with that is taken back, or ended, by the new one.
        """
        offered = await self._offer(edition)
        payload, publish_at = payload_of(edition), None
        async with self._turn:
            replaced = [
                earlier
                for earlier in await self.waiting()
                if earlier.slug == edition.slug and edition_in(earlier).language == edition.language
            ]
            for earlier in replaced:
                if (undo := undo_begun(earlier)) and publish_at is None:
                    payload, publish_at = payload_of(edition, undo), earlier.publish_at
            draft = await self._drafts.add(edition.slug, payload, DraftState.WAITING, publish_at)
            for earlier in replaced:
                await self._decide(earlier, DraftState.DISCARDED)
        return offered(draft)

    async def replaces(self, edition: Edition) -> bool:
        """Whether it would take the place of another text."""
        stored = await self._stored(edition)
        return stored is not None and stored != edition

    async def apart(self, edition: Edition) -> Edition:
        """The edition under a name of its own, where another address has an article of the same title and day.

        An address that differs only in how it is linked is no other one: the article keeps that which it has.
        """
        stored = await self._stored(edition)
        if stored is None or stored.url is None or edition.url is None:
            return edition
        here = bare_address(edition.url)
        if bare_address(stored.url) == here:
            return replace(edition, url=stored.url)
        named = renamed(edition, f"{edition.slug}-{hashlib.sha256(here.encode()).hexdigest()[:6]}")
        namesake = await self._stored(named)
        return named if namesake is None else replace(named, url=namesake.url)

    async def publish_now(self, edition: Edition, *, quiet: bool) -> None:
        """Publish what nobody has to review."""
        async with self._turn:
            await self._news.publish([edition], quiet=quiet)

    async def waiting(self) -> tuple[KeptDraft, ...]:
        """The drafts that wait, the oldest first."""
        return await self._drafts.in_state(DraftState.WAITING)

    async def undoable(self) -> tuple[KeptDraft, ...]:
        """The published drafts that can still be taken back, the oldest first."""
        published = await self._drafts.in_state(DraftState.PUBLISHED)
        return tuple(draft for draft in published if undo_until(draft, self._now()) is not None)

    async def shown(self, number: int) -> Offer | KeptDraft | None:
        """The draft with what would come of it; as it is where it waits no more; None where there is none."""
        draft = await self._drafts.get(number)
        if draft is None or draft.state != DraftState.WAITING:
            return draft
        return (await self._offer(edition_in(draft)))(draft)

    async def _offer(self, edition: Edition) -> Callable[[KeptDraft], Offer]:
        [preview] = await self._news.preview([edition], at=self._now() + HELD)
        changes = await self.replaces(edition)
        return lambda draft: Offer(draft, edition, preview, changes)

    async def _stored(self, edition: Edition) -> Edition | None:
        """The edition that has its place now."""
        library = await in_thread(self._threads, self._library)
        article = library.articles.get(edition.slug)
        return article.edition(edition.language) if article else None

    async def retitle(self, number: int, title: str) -> Offer | KeptDraft | None:
        """Give a waiting draft another title, and the name that goes with it where it is a new article; as `shown`."""
        async with self._turn:
            draft = await self._drafts.get(number)
            if draft is not None and draft.state == DraftState.WAITING:
                edition = edition_in(draft)
                undo = undo_begun(draft)
                if await self._stored(edition) is None:
                    edition = renamed(edition, f"{edition.published.isoformat()}-{slugify(title)}")
                    undo = ""
                edition = replace(edition, title=title)
                await self._drafts.change(
                    number,
                    was=DraftState.WAITING,
                    state=DraftState.WAITING,
                    slug=edition.slug,
                    payload=payload_of(edition, undo),
                    publish_at=draft.publish_at if undo else None,
                )
        return await self.shown(number)

    async def discard(self, number: int) -> KeptDraft | None:
        """Drop a waiting draft, and take back what was begun with it; gives it as it is now. Raises AnnuncioError."""
        async with self._turn:
            draft = await self._drafts.get(number)
            if draft is not None and draft.state == DraftState.WAITING:
                if undo := undo_begun(draft):
                    await self._news.withdraw(undo)
                await self._decide(draft, DraftState.DISCARDED)
        return await self._drafts.get(number)

    async def publish(self, number: int) -> Undoable | KeptDraft | None:
        """Publish a waiting draft; as it is where it waits no more. Raises AnnuncioError.

        When people are told and how it is undone is noted first: where a crash ends it in between, the next try takes
        it up, and can be undone as that could have been; where that time went by and nobody was owed it, it is begun
        anew.
        """
        async with self._turn:
            draft = await self._drafts.get(number)
            if draft is None or draft.state != DraftState.WAITING:
                return draft
            edition, undo = edition_in(draft), undo_begun(draft)
            taken_up = draft.publish_at if undo else None
            if taken_up is not None and taken_up <= self._now():
                [preview] = await self._news.preview([edition])
                if preview.news:  # or it would be what its undoing leads back to
                    await self._news.withdraw(undo)
                if preview.news or not preview.known:
                    taken_up = None
            until = taken_up or self._now() + HELD

            async def note(undo: str) -> None:
                payload = payload_of(edition, undo)
                await self._drafts.change(
                    number, was=DraftState.WAITING, state=DraftState.WAITING, payload=payload, publish_at=until
                )

            publication = await self._news.publish([edition], at=until, begun=None if taken_up else note)
            await self._drafts.change(number, was=DraftState.WAITING, state=DraftState.PUBLISHED, publish_at=until)
        return Undoable(draft, edition, sum(told.hears or 0 for told in publication.told), until)

    async def undo(self, number: int) -> KeptDraft | None:
        """Take back a published draft in time; gives it as it is now. Raises AnnuncioError."""
        async with self._turn:
            draft = await self._drafts.get(number)
            if draft is None or draft.state != DraftState.PUBLISHED or draft.publish_at is None:
                return draft
            if self._now() < draft.publish_at:
                await self._take_back(draft)
        return await self._drafts.get(number)

    async def _take_back(self, draft: KeptDraft) -> None:
        """Undone is what it is from the moment on from which nothing but the articles themselves can refuse it."""

        async def note() -> bool:
            return await self._drafts.change(draft.id, was=draft.state, state=DraftState.UNDONE)

        try:
            await self._news.withdraw(undo_begun(draft), begun=note)
        except CorpusError:
            await self._drafts.change(
                draft.id, was=DraftState.UNDONE, state=DraftState.PUBLISHED, publish_at=draft.publish_at
            )
            raise

    async def _decide(self, draft: KeptDraft, state: DraftState) -> None:
        await self._drafts.change(draft.id, was=draft.state, state=state)


def renamed(edition: Edition, slug: str) -> Edition:
    """The edition as one of the article `slug`."""
    paragraphs = tuple(
        Paragraph(
            f"{slug}/p{k}",
            tuple(Sentence(f"{slug}/p{k}/s{j}", sentence.text) for j, sentence in enumerate(paragraph.sentences, 1)),
            paragraph.heading,
        )
        for k, paragraph in enumerate(edition.paragraphs, 1)
    )
    return replace(edition, slug=slug, paragraphs=paragraphs)
