"""/ingest: an admin gives a link, a text or a file, reads what would come of it, and decides.

Only in a private chat, and only for those whom the settings name: for everybody else there is no such command.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from bot.answers.asking import languages_asking
from bot.chat.composing import TELEGRAM_LIMIT, old_button, units
from bot.chat.features import Feature, Place, Visitor
from bot.chat.waiting import Waiting
from bot.clock import Clock, utc_now
from bot.errors import AnnuncioError, ChatGoneError, SendError, TryLaterError
from bot.news.drafting import edition_of
from bot.operators.drafts import Desk, Offer, Undoable
from bot.operators.offers import (
    DISCARD,
    PREFIX,
    PUBLISH,
    RETITLE,
    SHOW,
    UNDO,
    compose_decided,
    compose_failure,
    compose_offer,
    compose_published,
    compose_waiting,
)
from bot.operators.payloads import DraftState, edition_in, undo_begun
from bot.replies import Channel, ChatAddress, Document, Reply
from bot.settings import LANGUAGES
from bot.state.drafts import KeptDraft
from bot.texts import say
from corpus.cleaning import clean_line
from corpus.draft import MAX_FOUND_TITLE_CHARS, Draft
from corpus.errors import SourceError
from corpus.fetching import Allow, is_public
from corpus.model import Edition
from corpus.sources import WebPage, open_source

log = logging.getLogger(__name__)

LISTED = 8
"""Drafts that wait, and of those that can be taken back, that are offered at once."""
NEARLY_A_MESSAGE = TELEGRAM_LIMIT * 3 // 4
"""UTF-16 units from which on a text may be the first piece of a longer one: clients split at the end of a line."""
SEND_TRIES = 3
LONGEST_WAIT = 60.0
"""Seconds that a message to an admin waits for the channel, each try."""
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_QUOTED = re.compile("[\"'“”„«»‘「『](.+)[\"'“”»«’」』]")
_SAFE = re.compile(r"[^\w. -]+")


def is_admin(visitor: Visitor, admins: Collection[int]) -> bool:
    """Whether one of the admins speaks, and nobody else reads along."""
    return visitor.private and visitor.user is not None and visitor.user in admins


class AdminIngest:
    """The part of the conversation in which articles are added and drafts decided about."""

    def __init__(self, desk: Desk, admins: Collection[int], *, allow: Allow = is_public, now: Clock = utc_now) -> None:
        self._desk = desk
        self._admins = admins
        self._allow = allow
        self._now = now
        self._titles: Waiting[int] = Waiting("draft_without_title", now, shown=int)
        """Of which draft an admin is to send the title."""

    @property
    def feature(self) -> Feature:
        """How it joins the conversation."""
        return Feature(
            commands={"ingest": self.command},
            presses={PREFIX: self.press},
            typed=self.typed,
            sent=self.sent,
            holds=self._titles,
            admits=self._admits,
        )

    def _admits(self, visitor: Visitor) -> bool:
        return is_admin(visitor, self._admins)

    async def command(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """A link, a text, or nothing: then how to use it, and what waits."""
        if not self._admits(visitor):
            return [Reply(say(language, "unknown_command", command="/ingest"))]
        self._titles.take(visitor.chat, visitor.user)
        if not argument:
            waiting, undoable = await self._desk.waiting(), await self._desk.undoable()
            return [compose_waiting(_titled(waiting), _titled(undoable), language)]
        split = not _LINK.fullmatch(argument) and units(argument) >= NEARLY_A_MESSAGE
        return await self._dry_run(language, lambda: self._given(argument, language), split=split)

    async def sent(self, visitor: Visitor, language: str, what: Place | Document) -> list[Reply] | None:
        """A file from an admin is an article to add."""
        if not isinstance(what, Document) or not self._admits(visitor):
            return None
        return await self._dry_run(language, lambda: _in_file(what))

    async def typed(self, visitor: Visitor, language: str, text: str) -> list[Reply] | None:
        """The new title, where one is waited for; what is plainly a question is none, and is answered."""
        number = self._titles.take(visitor.chat, visitor.user)
        if number is None or not self._admits(visitor):
            return None
        title = _title_in(text)
        if title is None:
            return None
        try:
            return [self._shown(await self._desk.retitle(number, title), language)]
        except AnnuncioError as error:
            return [compose_failure(error, language)]

    async def press(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """A button under a draft."""
        action, _, digits = value.partition(":")
        known = action in {PUBLISH, RETITLE, DISCARD, UNDO, SHOW} and digits.isascii() and digits.isdigit()
        if not known or len(digits) > 9 or not self._admits(visitor):
            return [old_button(visitor, language)]
        number = int(digits)
        try:
            match action:
                case "p":
                    return self._instead(await self._desk.publish(number), language)
                case "d":
                    return self._instead(await self._desk.discard(number), language)
                case "u":
                    return self._undone(await self._desk.undo(number), language)
                case "t":
                    return await self._ask_title(visitor, number, language)
                case _:
                    return [self._shown(await self._desk.shown(number), language)]
        except AnnuncioError as error:
            return [compose_failure(error, language)]

    def _undone(self, draft: KeptDraft | None, language: str) -> list[Reply]:
        if draft is not None and draft.state == DraftState.PUBLISHED:
            return [Reply(say(language, "draft_undo_late"))]
        return self._instead(draft, language)

    async def _ask_title(self, visitor: Visitor, number: int, language: str) -> list[Reply]:
        draft = await self._desk.shown(number)
        if not isinstance(draft, Offer):
            return self._instead(draft, language)
        self._titles.put(visitor.chat, visitor.user, number)
        return [Reply(say(language, "draft_ask_title"))]

    async def _dry_run(self, language: str, read: Callable[[], Edition], *, split: bool = False) -> list[Reply]:
        try:
            edition = await asyncio.to_thread(read)
            return [compose_offer(await self._desk.offer(edition), language, split=split)]
        except AnnuncioError as error:
            return [compose_failure(error, language)]

    def _instead(self, what: Offer | Undoable | KeptDraft | None, language: str) -> list[Reply]:
        """In place of the draft whose button was pressed."""
        return [replace(self._shown(what, language), edits=True)]

    def _shown(self, what: Offer | Undoable | KeptDraft | None, language: str) -> Reply:
        match what:
            case Offer():
                return compose_offer(what, language)
            case Undoable():
                return compose_published(what, language)
            case _:
                return compose_decided(what, edition_in(what).title if what else "", language, self._now())

    def _given(self, argument: str, language: str) -> Edition:
        """What a link leads to, or the text itself: never a file of ours, whatever was typed."""
        if _LINK.fullmatch(argument):
            return edition_of(WebPage(argument, self._allow).fetch())
        edition = edition_of(Draft(argument, language=language))
        return edition_of(Draft(argument, say(edition.language, "source_of_text"), language=edition.language))


def _titled(drafts: Sequence[KeptDraft]) -> list[tuple[KeptDraft, str]]:
    """The latest of them, with their titles."""
    return [(draft, edition_in(draft).title) for draft in drafts[-LISTED:]]


def _title_in(text: str) -> str | None:
    """The title that a message gives, in quotation marks whatever it says; None where it asks something, or says
    nothing."""
    title = clean_line(text)[:MAX_FOUND_TITLE_CHARS]
    quoted = _QUOTED.fullmatch(title)
    if quoted is None and _asks(title):
        return None
    title = quoted[1].strip() if quoted is not None else title
    return title if any(map(str.isalnum, title)) else None


def _asks(text: str) -> bool:
    """Whether it ends or opens as a question does; behind its first word many a headline has a "when"."""
    return text.endswith(("?", "？")) or bool(languages_asking(text.partition(" ")[0], LANGUAGES))


def _in_file(document: Document) -> Edition:
    """The edition in a file, under the name that its sender gave it."""
    name = _SAFE.sub("_", PurePosixPath(document.name.replace("\\", "/")).name).lstrip(".")[-100:] or "file"
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(document.content)
        try:
            return edition_of(open_source(path).fetch())
        except AnnuncioError as error:  # it names a place that its sender never saw
            raise SourceError(str(error).replace(str(path), name)) from error


class Inbox:
    """Where the watched sources put what they find: news before the admins with `review`, and published without."""

    def __init__(
        self,
        desk: Desk,
        admins: Collection[int],
        review: bool,
        send: Callable[[ChatAddress, Reply], Awaitable[object]],
        language_of: Callable[[ChatAddress], Awaitable[str]],
    ) -> None:
        self._desk = desk
        self._admins = admins
        self._review = review
        self._send = send
        self._language_of = language_of

    async def take(self, edition: Edition, quiet: bool) -> str:
        """See `bot.operators.watching.Take`.

        What nobody is to be told of is no news to review either, unless another text stood there: of that they are.
        """
        edition = await self._desk.apart(edition)
        if not self._review or (quiet and not await self._desk.replaces(edition)):
            await self._desk.publish_now(edition, quiet=quiet)
            return edition.slug
        offer = await self._desk.offer(edition)
        if offer.preview.known and not undo_begun(offer.draft):  # what was begun is for an admin to end
            await self._desk.discard(offer.draft.id)
            return edition.slug
        for admin in self._admins:
            chat = ChatAddress(Channel.TELEGRAM, str(admin))
            await self._tell(chat, compose_offer(offer, await self._language_of(chat), found=True))
        return edition.slug

    async def _tell(self, chat: ChatAddress, reply: Reply) -> None:
        for _ in range(SEND_TRIES):
            try:
                await self._send(chat, reply)
            except TryLaterError as error:
                await asyncio.sleep(min(error.seconds, LONGEST_WAIT))
            except ChatGoneError:
                log.warning("a draft waits, and one of ADMINS hears of none: they must press Start in the bot first")
                return
            except SendError as error:
                log.warning("a draft waits, and one of ADMINS could not be told: %s", type(error).__name__)
                return
            else:
                return
        log.warning("a draft waits, and one of ADMINS could not be told: /ingest lists it")
