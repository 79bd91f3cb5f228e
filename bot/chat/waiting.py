"""What a person was asked for a moment ago, and may type or press now. In this process only, and bounded."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.clock import Clock, utc_now
from bot.replies import ChatAddress

T = TypeVar("T")

PATIENCE = timedelta(minutes=30)
"""How long anything is waited for, if nothing else is said."""
WAITED_FOR = 1000
"""How much is waited for at once; what has waited longest is dropped first."""


class Waiting(Generic[T]):
    """What is waited for, by chat and a key inside it: a person, or the token of a button. Not for several threads."""

    def __init__(
        self,
        name: str,
        now: Clock = utc_now,
        *,
        shown: Callable[[T], object] = str,
        patience: timedelta = PATIENCE,
    ) -> None:
        """`name` is what a person calls such a thing, in one word; `shown` makes what they read of one."""
        self._name = name
        self._now = now
        self._patience = patience
        self._shown = shown
        self._things: OrderedDict[tuple[ChatAddress, object], tuple[datetime, T]] = OrderedDict()

    def put(self, chat: ChatAddress, key: object, thing: T) -> None:
        """Wait for this, and no longer for what had the same key."""
        self._let_go()
        self._things.pop((chat, key), None)
        self._things[chat, key] = (self._now() + self._patience, thing)
        while len(self._things) > WAITED_FOR:
            self._things.popitem(last=False)

    def waited_for(self, chat: ChatAddress, key: object) -> T | None:
        """What is waited for, and goes on to be; None as `take` gives it."""
        self._let_go()
        _, thing = self._things.get((chat, key), (None, None))
        return thing

    def take(self, chat: ChatAddress, key: object) -> T | None:
        """What was waited for, which it is no longer; None where there was nothing, or too long ago."""
        self._let_go()
        _, thing = self._things.pop((chat, key), (None, None))
        return thing

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """All that is waited for of this chat, in any of its forum topics, ready for JSON."""
        self._let_go()
        return [
            {"topic": other.thread, self._name: self._shown(thing)}
            for (other, _), (_, thing) in self._things.items()
            if other.same_chat(chat)
        ]

    def forget(self, chat: ChatAddress) -> None:
        """Wait for nothing of this chat, in any of its forum topics."""
        for other, key in list(self._things):
            if other.same_chat(chat):
                del self._things[other, key]

    def _let_go(self) -> None:
        """Keep nothing that has waited too long, of whatever chat. The oldest stand first."""
        now = self._now()
        while self._things and next(iter(self._things.values()))[0] <= now:
            self._things.popitem(last=False)
