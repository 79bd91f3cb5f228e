"""Subscribing: one command is enough, and what it does can be changed in the very message that says so."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from bot.answers.library import Library
from bot.chat.features import Feature, Visitor
from bot.chat.following import Following, Preview
from bot.chat.leaving import Leaving
from bot.chat.setting import Setting
from bot.chat.settings_page import settings_page
from bot.chat.wishes import WishReader
from bot.clock import utc_now
from bot.replies import Reply
from bot.state.subscriptions import Subscriptions
from bot.texts import say


class Subscribing:
    """The command /subscribe."""

    def __init__(self, subscriptions: Subscriptions, wishes: WishReader, following: Following) -> None:
        self._subscriptions = subscriptions
        self._wishes = wishes
        self._following = following

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        return Feature(commands={"subscribe": self.subscribe}, holds=None)

    async def subscribe(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """Bring all news from now on; or what the argument names, a topic by its label or in any words."""
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"))]
        if argument:
            return [await self._following.named(visitor, language, argument)]
        new = await self._subscriptions.subscribe(visitor.chat, language)
        wishes = await self._wishes.of(visitor.chat)
        key = "subscribed_already" if not new else "subscribed" if wishes.everything else "subscribed_again"
        return [settings_page(wishes, language, head=say(language, key))]


def subscriber_features(
    subscriptions: Subscriptions,
    library: Callable[[], Library],
    preview: Preview,
    threads: Executor,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Feature, ...]:
    """What a subscriber can do in the conversation: subscribe, set, follow, have less, leave."""
    wishes = WishReader(subscriptions, library, threads)
    following = Following(subscriptions, wishes, preview, threads, now)
    return (
        Subscribing(subscriptions, wishes, following).feature,
        following.feature,
        Setting(subscriptions, wishes, following, threads, now).feature,
        Leaving(subscriptions, wishes, now).feature,
    )
