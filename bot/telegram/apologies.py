"""Answers that Telegram would not take: whoever asked is told so in one line, once it takes something again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.errors import ChatMovedError, SendError, TryLaterError
from bot.replies import ChatAddress, Reply
from bot.telegram.sender import TelegramSender

log = logging.getLogger(__name__)

TRIES = 4
SHORTEST_WAIT = 60.0
"""Seconds before the first try at least; twice as many before each that follows."""
OWED = 10_000
"""Chats that a line is owed to at once; those beyond are told nothing."""


@dataclass(slots=True, eq=False)
class _Line:
    """What is owed to a chat, wherever that is by now."""

    chat: ChatAddress
    line: Reply
    saying: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """It is not said."""
        if self.saying is not None:
            self.saying.cancel()


class Apologies:
    """Says them, one a chat. In this process only: who waits as it ends is told nothing."""

    def __init__(self, sender: TelegramSender, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._sender = sender
        self._sleep = sleep
        self._owed: dict[ChatAddress, _Line] = {}

    def owe(self, chat: ChatAddress, line: Reply, seconds: float) -> None:
        """Say this line there after so many seconds; nothing where one is owed already."""
        if chat in self._owed or len(self._owed) >= OWED:
            return
        owed = _Line(chat, line)
        owed.saying = asyncio.create_task(self._say(owed, seconds))
        self._owed[chat] = owed
        owed.saying.add_done_callback(lambda _: self._said(owed))

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """That a line is owed to this chat, in whichever of its topics, ready for JSON."""
        return [{"topic": other.thread, "answer_not_sent": True} for other in self._owed if other.same_chat(chat)]

    def forget(self, chat: ChatAddress) -> None:
        """Owe this chat nothing, in any of its topics."""
        for other in [other for other in self._owed if other.same_chat(chat)]:
            self._owed.pop(other).cancel()

    def move(self, old: ChatAddress, address: str) -> None:
        """A group has another address now: what is owed to it, in any of its topics, is owed to it there."""
        for chat in [chat for chat in self._owed if chat.same_chat(old) and chat.address != address]:
            owed = self._owed.pop(chat)
            owed.chat = replace(chat, address=address)
            if owed.chat in self._owed:
                owed.cancel()
            else:
                self._owed[owed.chat] = owed

    async def close(self) -> None:
        """Nobody is told any more."""
        tasks = [owed.saying for owed in self._owed.values() if owed.saying is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _say(self, owed: _Line, seconds: float) -> None:
        for times in range(TRIES):
            await self._sleep(max(seconds, SHORTEST_WAIT * 2**times))
            try:
                await self._sender.send(owed.chat, owed.line)
            except TryLaterError as error:
                seconds = error.seconds
            except ChatMovedError as error:
                self.move(owed.chat, error.address)
                seconds = 0.0
            except SendError:
                log.info("an apology was refused")
                return
            else:
                return
        log.error("somebody was not told in %d tries that an answer is lost", TRIES)

    def _said(self, owed: _Line) -> None:
        if self._owed.get(owed.chat) is owed:  # or it was forgotten, and another is owed by now
            del self._owed[owed.chat]
