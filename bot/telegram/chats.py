"""The chats that are written to, kept in mind as long as there is something to be waited for: when each takes more."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.telegram.rates import ANSWERED_WITHIN, Window

SWEEP = 1024
"""Chats that are kept before the idle ones are looked for."""


@dataclass(slots=True, eq=False)
class ChatTurn:
    """What one chat takes, and until when Telegram asked it to be left alone."""

    window: Window
    held_until: float = -math.inf

    def free_at(self, now: float) -> float:
        """When it takes one more, by the clock of `now`."""
        return max(self.window.free_at(now), self.held_until)

    def idle(self, now: float) -> bool:
        """Whether there is nothing to be kept in mind of it."""
        return self.free_at(now) <= now and not self.window.times


class Chats:
    """Those that are written to, by their keys."""

    def __init__(self, private: float, group: float, awaited: Callable[[], Collection[ChatTurn]]) -> None:
        """Messages in any five seconds of a private chat, and in any minute of a group; `awaited` are those whose turn
        somebody waits for."""
        self._private = private
        self._group = group
        self._awaited = awaited
        self._chats: dict[int | str, ChatTurn] = {}
        self._sweep_at = SWEEP

    def __len__(self) -> int:
        """How many are kept in mind."""
        return len(self._chats)

    def of(self, key: int | str | None, now: float) -> ChatTurn | None:
        """The chat of this key; None for what is sent to no chat."""
        if key is None:
            return None
        if key not in self._chats:
            if len(self._chats) >= self._sweep_at:
                self._sweep(now)
            private = isinstance(key, int) and key > 0
            self._chats[key] = ChatTurn(_window(self._private, 5) if private else _window(self._group, 60))
        return self._chats[key]

    def _sweep(self, now: float) -> None:
        """Forget the chats in which nothing has to be waited for, and nobody waits."""
        awaited = {id(chat) for chat in self._awaited()}
        self._chats = {key: chat for key, chat in self._chats.items() if not chat.idle(now) or id(chat) in awaited}
        self._sweep_at = max(SWEEP, 2 * len(self._chats))


def chat_key(chat_id: object) -> int | str | None:
    """One key a chat, however it is named: a number, a number as text, or the @name of a public group or channel."""
    if isinstance(chat_id, str) and not chat_id.removeprefix("-").isdecimal():
        return chat_id.lower()
    return int(chat_id) if isinstance(chat_id, int | str) else None


def _window(limit: float, seconds: float) -> Window:
    return Window(max(1, int(limit)), seconds + ANSWERED_WITHIN)
