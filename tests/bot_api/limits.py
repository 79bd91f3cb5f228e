"""How much Telegram takes from one bot, and when it took too much.

Telegram says "about 30 messages a second" over all, "avoid sending more than one a second" in one chat, where "we
may allow short bursts", and "20 a minute" in a group. Here they are rules without a "may", each over any stretch of its
length: 30 messages in one second, 5 in five seconds of a private chat (a second's mean, with a burst of five), 20 in
sixty seconds of a group or channel. Messages and edits count, also those that were refused; chat actions do not.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .model import BreachKind

GRACE = 0.25
"""Seconds after a 429 in which what comes was still on its way when it was said."""
PROBES = 5
"""Other chats that are tried in vain while everybody is to wait: no 429 says whom it is meant for."""

_UNCOUNTED = ("sendchataction",)


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages that are taken in any stretch of so many seconds."""

    overall: float = 30
    overall_seconds: float = 1.0
    private: float = 5
    private_seconds: float = 5.0
    group: float = 20
    group_seconds: float = 60.0

    def scaled(self, factor: float) -> "Limits":
        """So many times as many messages in the same time."""
        return replace(self, overall=self.overall * factor, private=self.private * factor, group=self.group * factor)

    @property
    def per_second(self) -> float:
        """The rate that is permitted over all."""
        return self.overall / self.overall_seconds


def counts(method: str) -> bool:
    """Whether a request of this method is a message in the sense of the limits."""
    name = method.lower()
    return name.startswith(("send", "edit", "copy", "forward")) and name not in _UNCOUNTED


@dataclass(slots=True)
class Window:
    """The times of the latest messages, as many as may lie within `seconds`."""

    size: float
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> float:
        """Note a message; the seconds by which it came too early, 0 where it did not."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        early = self.times[0] + self.seconds - now if len(self.times) + 1 > self.size else 0.0
        self.times.append(now)
        return early


@dataclass(frozen=True, slots=True)
class Excess:
    """A message that should not have come now."""

    kind: BreachKind
    seconds: float  # until it would have been in order
    reason: str


@dataclass(slots=True)
class _Wait:
    said_at: float
    until: float
    told: set[int] = field(default_factory=set)
    """Of a wait of everybody: the chats in which it was said."""
    probes: int = 0

    def excuses(self, chat_id: int, now: float) -> bool:
        """Whether a message in this chat could not know of the wait."""
        if now <= self.said_at + GRACE:
            self.told.add(chat_id)
            return True
        if chat_id in self.told or self.probes == PROBES:
            return False
        self.told.add(chat_id)
        self.probes += 1
        return True


class Pace:
    """What came when; guarded by the world's lock."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._overall: Window | None = None
        self._chats: dict[int, Window] = {}
        self._waits: dict[int | None, _Wait] = {}  # None: of everybody

    def hold(self, chat_id: int, seconds: float, *, everywhere: bool = False) -> None:
        """A 429 was said in this chat: nothing more is taken before its time, there or from this bot at all."""
        now = self._clock()
        self._waits[None if everywhere else chat_id] = _Wait(now, now + seconds, {chat_id})

    def take(self, chat_id: int) -> Excess | None:
        """A message came; what was wrong with its time, if something was and the limits are watched."""
        if self.limits is None:
            return None
        now = self._clock()
        early = self._early(chat_id, now)
        if early is not None:
            return early
        if self._overall is None:
            self._overall = Window(self.limits.overall, self.limits.overall_seconds)
        over = self._overall.take(now)
        in_chat = self._chat(chat_id, self.limits).take(now)
        if over > 0:
            return Excess(BreachKind.PACE, over, f"more than {self.limits.overall:g} messages within a second")
        if in_chat > 0:
            window = self._chats[chat_id]
            return Excess(BreachKind.PACE, in_chat, f"more than {window.size:g} messages within {window.seconds:g} s")
        return None

    def waits(self, chat_id: int) -> float:
        """Seconds for which a 429 still stands in this chat."""
        now = self._clock()
        standing = [self._waits[key] for key in (chat_id, None) if key in self._waits]
        return max((wait.until - now for wait in standing), default=0.0)

    def _early(self, chat_id: int, now: float) -> Excess | None:
        for key in (chat_id, None):
            wait = self._waits.get(key)
            if wait is None:
                continue
            if now >= wait.until:
                del self._waits[key]
            elif not wait.excuses(chat_id, now):
                return Excess(BreachKind.WAIT, wait.until - now, f"{wait.until - now:.2f} s before the wait was over")
        return None

    def _chat(self, chat_id: int, limits: Limits) -> Window:
        if chat_id not in self._chats:
            private = chat_id > 0
            size, seconds = (
                (limits.private, limits.private_seconds) if private else (limits.group, limits.group_seconds)
            )
            self._chats[chat_id] = Window(size, seconds)
        return self._chats[chat_id]
