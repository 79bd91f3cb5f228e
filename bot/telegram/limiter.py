"""How fast Telegram is asked, in two lanes: answers always before announcements.

Messages and edits are counted over all, in each private chat and in each group; what else is asked of Telegram
passes freely. A wait that Telegram asks for holds the chat that it was said in and no other; where it is said in
several chats in a row it is meant for the bot, and holds the lane that heard it.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.replies import Lane
from bot.telegram.chats import Chats, ChatTurn, chat_key
from bot.telegram.errors import LaneHeldError, heard_of, seconds_of
from bot.telegram.rates import Heard, Rate

CATCH_UP = 0.1
"""Seconds of announcements that may go out at once, where a busy process woke late for them."""
SPARE = 1
"""Places that announcements leave, so that an answer finds one when it is ready: where all are taken, and a busy
process sent many at once a second ago, the next may be a tenth of a second away."""

PATIENCE = {Lane.ANSWERS: 90.0, Lane.ANNOUNCEMENTS: 10.0}
"""Seconds that a request may wait for its turn. An answer is worth nothing later; an announcement is kept in the
outbox meanwhile, where it takes no place from the others."""
TRIES = {Lane.ANSWERS: 4, Lane.ANNOUNCEMENTS: 1}
"""Requests until the error is raised, where Telegram asks for a wait each time."""
JITTER = 0.25
"""Seconds at most by which a wait is longer than Telegram asked for."""
IN_A_ROW = 5
"""Chats that are asked to wait, until it is no matter of theirs. Where one request in twenty is refused so by chance
and six are on their way at a time, it is mistaken about once in ten thousand."""
Result = bool | dict[str, Any] | list[dict[str, Any]]
"""What Telegram answers, as the library has it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages that Telegram takes from one bot."""

    overall: float = 30
    """In any second."""
    private: float = 5
    """In any five seconds of a private chat: a mean of one a second, where an answer in several messages may go out
    at once."""
    group: float = 20
    """In any minute of a group or channel."""

    def scaled(self, factor: float) -> "Limits":
        """So many times as many messages in the same time: for a server that takes them."""
        return Limits(self.overall * factor, self.private * factor, self.group * factor)


@dataclass(frozen=True, slots=True)
class _Wait:
    said_at: float
    until: float


@dataclass(slots=True)
class _Held:
    """A lane, and the chats that were asked to wait since it was known that something is taken in it."""

    until: float = -math.inf
    row: dict[int | str | None, _Wait] = field(default_factory=dict)

    def taken(self, begun: float) -> None:
        """A request that was begun then was taken. Of a wait that was said later it tells nothing."""
        self.row = {chat: wait for chat, wait in self.row.items() if wait.said_at >= begun}


@dataclass(slots=True, eq=False)
class _Waiting:
    chat: ChatTurn | None
    deadline: float
    turn: asyncio.Future[None]
    started: bool = False


class TwoLanes(BaseRateLimiter[Lane]):
    """A rate limiter for `ApplicationBuilder.rate_limiter`; `rate_limit_args` of a request is its lane."""

    def __init__(
        self,
        limits: Limits = Limits(),
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`clock` gives seconds, `jitter` 0 to 1."""
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._overall = Rate(max(1, int(limits.overall)))
        self._spare = min(SPARE, self._overall.size - 1)
        self._spacing = 1 / (self._overall.size - self._spare)
        self._paced_at = -math.inf  # when the next announcement may start, so that they are evenly spaced
        self._chats = Chats(limits.private, limits.group, self._awaited)
        self._lanes = {lane: _Held() for lane in Lane}
        self._waiting: dict[Lane, dict[_Waiting, None]] = {lane: {} for lane in Lane}  # in their order
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = math.inf

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """Nobody is woken any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Lane | None,
    ) -> Result:
        """Make the request when it is its turn; without a lane it is an answer.

        Raises RetryAfter where its turn does not come in time or Telegram asks for a wait at each try, and any
        other error of the request at once.
        """
        if not counts(endpoint):
            return await callback(*args, **kwargs)
        lane = rate_limit_args or Lane.ANSWERS
        key = chat_key(data.get("chat_id"))
        deadline = self._clock() + PATIENCE[lane]
        for tries_left in reversed(range(TRIES[lane])):
            waiting = _Waiting(self._chats.of(key, self._clock()), deadline, asyncio.get_running_loop().create_future())
            heard = Heard.NOTHING
            try:
                await self._turn(lane, waiting)
                begun = self._clock()
                self._overall.start(waiting, begun)
                result = await callback(*args, **kwargs)
            except LaneHeldError:
                raise
            except RetryAfter as error:
                if waiting.started:
                    heard = Heard.ANSWER
                    self._hold(lane, key, seconds_of(error.retry_after))
                if not waiting.started or not tries_left:
                    raise
            except TelegramError as error:
                heard = heard_of(error)
                if heard is Heard.ANSWER:
                    self._lanes[lane].taken(begun)
                raise
            else:
                heard = Heard.ANSWER
                self._lanes[lane].taken(begun)
                return result
            finally:
                self._land(waiting, heard)
        raise AssertionError("the last try ends in a result or in an error")

    @property
    def chats(self) -> int:
        """How many chats are kept in mind."""
        return len(self._chats)

    async def _turn(self, lane: Lane, waiting: "_Waiting") -> None:
        """Return when the request may start, which is then counted; raise RetryAfter where that is too late."""
        if lane is Lane.ANNOUNCEMENTS and not self._waiting[lane]:
            self._paced_at = max(self._paced_at, self._clock())  # what was not used is gone
        self._waiting[lane][waiting] = None
        try:
            self._let_go()
            await waiting.turn
        finally:
            self._waiting[lane].pop(waiting, None)

    def _land(self, waiting: "_Waiting", heard: Heard) -> None:
        """A request is over."""
        if not waiting.started:
            return
        self._overall.end(waiting, self._clock(), heard)
        if any(self._waiting.values()):
            self._let_go()

    def _let_go(self) -> None:
        """Start everything whose turn it is, turn away what waits in vain, and set the alarm for the next."""
        now = self._clock()
        alarm = math.inf
        for lane, waitings in self._waiting.items():
            ended = []
            for waiting in waitings:
                lane_at = self._lane_free_at(lane, now)
                chat_at = now if waiting.chat is None else waiting.chat.free_at(now)
                at = max(lane_at, chat_at)
                if at <= now:
                    self._start(waiting, now)
                elif at > waiting.deadline or now >= waiting.deadline:
                    wait = timedelta(seconds=max(at - now, 1))
                    _end(waiting, LaneHeldError(wait) if lane_at >= chat_at else RetryAfter(wait))
                elif lane_at > now:  # then nobody behind it has the turn, and whoever does need not be this one
                    alarm = min(alarm, lane_at)
                    break
                else:
                    alarm = min(alarm, at)
                    continue
                ended.append(waiting)
            for waiting in ended:
                del waitings[waiting]
        self._set_alarm(alarm)

    def _lane_free_at(self, lane: Lane, now: float) -> float:
        if lane is Lane.ANSWERS:
            return max(self._overall.free_at(now), self._lanes[lane].until)
        return max(self._overall.free_at(now, self._spare), self._lanes[lane].until, self._paced_at)

    def _start(self, waiting: _Waiting, now: float) -> None:
        waiting.started = True
        self._overall.start(waiting, now)
        self._paced_at = max(self._paced_at, now - CATCH_UP) + self._spacing
        if waiting.chat is not None:
            waiting.chat.window.times.append(now)
        _end(waiting, None)

    def _hold(self, lane: Lane, key: int | str | None, seconds: float) -> None:
        """Telegram asked for a wait of so many seconds in this chat."""
        now = self._clock()
        until = now + seconds + self._jitter() * JITTER
        chat = self._chats.of(key, now)
        if chat is not None:
            chat.held_until = max(chat.held_until, until)
        held = self._lanes[lane]
        held.row = {chat: wait for chat, wait in held.row.items() if wait.until > now} | {key: _Wait(now, until)}
        # What a lane was held for is no matter of chats, and an answer that hears the same hears it of the bot.
        if len(held.row) >= IN_A_ROW or any(any_lane.until > now for any_lane in self._lanes.values()):
            held.until = max(wait.until for wait in held.row.values())
        self._let_go()

    def _awaited(self) -> list[ChatTurn]:
        """The chats whose turn somebody waits for."""
        return [one.chat for waitings in self._waiting.values() for one in waitings if one.chat is not None]

    def _set_alarm(self, at: float) -> None:
        """See to it that somebody looks at what waits by then."""
        if at >= self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = asyncio.create_task(self._ring(at - self._clock()))

    async def _ring(self, seconds: float) -> None:
        await self._sleep(max(seconds, 0.0))
        self._alarm, self._alarm_at = None, math.inf
        self._let_go()


def counts(endpoint: str) -> bool:
    """Whether Telegram counts this request as a message."""
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"


def _end(waiting: _Waiting, error: RetryAfter | None) -> None:
    if waiting.turn.done():  # given up by who asked
        return
    if error is None:
        waiting.turn.set_result(None)
    else:
        waiting.turn.set_exception(error)
