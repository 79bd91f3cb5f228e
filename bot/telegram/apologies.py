"""Answers that Telegram would not take: whoever asked is told so in one line, once it takes something again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.errors import ChatMovedError, SendError, TryLaterError
from bot.replies import ChatAddress, Reply
from bot.telegram.sender import TelegramSender

log = logging.getLogger(__name__)

TRIES = 4
SHORTEST_WAIT = 60.0
"""Seconds before the first try at least; twice as many before each that follows."""
OWED = 10_000
"""Chats that a line is owed to at once; those beyond are told nothing."""


class Apologies:
    """Says them, one a chat. In this process only: who waits as it ends is told nothing."""

    def __init__(self, sender: TelegramSender, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._sender = sender
        self._sleep = sleep
        self._owed: dict[ChatAddress, asyncio.Task[None]] = {}

    def owe(self, chat: ChatAddress, line: Reply, seconds: float) -> None:
        """Say this line there after so many seconds; nothing where one is owed already."""
        if chat in self._owed or len(self._owed) >= OWED:
            return
        task = asyncio.create_task(self._say(chat, line, seconds))
        self._owed[chat] = task
        task.add_done_callback(lambda _: self._said(chat, task))

    def everything_of(self, chat: ChatAddress) -> list[dict[str, object]]:
        """That a line is owed to this chat, in whichever of its topics, ready for JSON."""
        return [{"topic": other.thread, "answer_not_sent": True} for other in self._owed if other.same_chat(chat)]

    def forget(self, chat: ChatAddress) -> None:
        """Owe this chat nothing, in any of its topics."""
        for other in [other for other in self._owed if other.same_chat(chat)]:
            self._owed.pop(other).cancel()

    async def close(self) -> None:
        """Nobody is told any more."""
        tasks = tuple(self._owed.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _say(self, chat: ChatAddress, line: Reply, seconds: float) -> None:
        for times in range(TRIES):
            await self._sleep(max(seconds, SHORTEST_WAIT * 2**times))
            try:
                await self._sender.send(chat, line)
            except TryLaterError as error:
                seconds = error.seconds
            except ChatMovedError as error:
                chat, seconds = replace(chat, address=error.address), 0.0
            except SendError:
                log.info("an apology was refused")
                return
            else:
                return
        log.error("somebody was not told in %d tries that an answer is lost", TRIES)

    def _said(self, chat: ChatAddress, task: asyncio.Task[None]) -> None:
        if self._owed.get(chat) is task:  # or it was forgotten, and another is owed by now
            del self._owed[chat]
