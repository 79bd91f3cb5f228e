"""What the operators have, put together: their part of the conversation, and the watch over the sources."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from bot.chat.features import Feature
from bot.news.publishing import Newsroom
from bot.operators.admin_ingest import AdminIngest, Inbox
from bot.operators.drafts import Desk
from bot.operators.stats import AdminStats, Counting
from bot.operators.watching import Watcher
from bot.replies import ChatAddress, Reply
from bot.settings import LANGUAGES
from bot.state.opening import State

if TYPE_CHECKING:
    from bot.answers.opening import Answering


class Office:
    """One for a process."""

    def __init__(self, answering: "Answering", state: State, newsroom: Newsroom, threads: Executor) -> None:
        self._settings = answering.settings
        self._state = state
        admins, library = answering.settings.admins, answering.catalogue.current
        self._desk = Desk(state.drafts, newsroom, library, threads)
        self.features: tuple[Feature, ...] = (
            Counting(state).feature,
            AdminIngest(self._desk, admins).feature,
            AdminStats(state, library, answering.encoder.encode_passages, threads, admins).feature,
        )

    def watcher(self, send: Callable[[ChatAddress, Reply], Awaitable[object]]) -> Watcher:
        """The watch over SOURCES; `send` brings drafts to the admins, and raises SendError."""
        settings = self._settings
        inbox = Inbox(self._desk, settings.admins, settings.review, send, self._language_of)
        return Watcher(settings.sources, self._state.watched, inbox.take)

    async def _language_of(self, chat: ChatAddress) -> str:
        """What an admin is spoken to in, where the bot speaks first."""
        known = await self._state.subscriptions.language_of(chat)
        return next((code for code in (known.chosen, known.last) if code in LANGUAGES), self._settings.language)
