"""All that is set for a chat, read at once: its subscription, its language, and the topics that it can choose from."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from bot.answers.library import Library
from bot.chat.topics import known_topics, offered_topics
from bot.replies import ChatAddress
from bot.state.kinds import EVERYTHING, SubscriptionState
from bot.state.preferences import Preferences
from bot.state.subscriptions import Subscriptions
from bot.threads import in_thread


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is set for a chat: its subscription if it has one, the chosen language, and the topics there are."""

    preferences: Preferences | None
    language: str | None
    known: tuple[str, ...]
    """Every topic that news may come by."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Those to choose from."""
        return offered_topics(self.known, self.preferences.topics if self.preferences is not None else ())

    @property
    def active(self) -> Preferences | None:
        """The wishes of a subscription that brings news at present."""
        here = self.preferences is not None and self.preferences.state is SubscriptionState.ACTIVE
        return self.preferences if here else None

    @property
    def everything(self) -> bool:
        """Whether the subscription is to everything."""
        return self.preferences is not None and EVERYTHING in self.preferences.topics


class WishReader:
    """Reads them from the database and the library."""

    def __init__(self, subscriptions: Subscriptions, library: Callable[[], Library], threads: Executor) -> None:
        self._subscriptions = subscriptions
        self._library = library
        self._threads = threads

    async def of(self, chat: ChatAddress) -> Wishes:
        """What is set for the chat now."""
        preferences = await self._subscriptions.preferences_of(chat)
        chosen = (await self._subscriptions.language_of(chat)).chosen
        library = await in_thread(self._threads, self._library)
        followed = preferences.topics if preferences is not None else ()
        return Wishes(preferences, chosen, known_topics(library.articles.values(), followed))
