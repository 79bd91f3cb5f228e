"""Who was not answered because Telegram took nothing hears of it later: once, not at once, and not for ever."""

import asyncio
from dataclasses import replace

import pytest

from bot.errors import ChatGoneError, ChatMovedError, SendError, TryLaterError
from bot.replies import Channel, ChatAddress, Reply
from bot.telegram.apologies import SHORTEST_WAIT, TRIES, Apologies
from bot.telegram.sender import TelegramSender
from tests.senders import HastyTime, canned_bot

ANNA = ChatAddress(Channel.TELEGRAM, "7")
LINE = Reply("Ask me again.")


class Reluctant(TelegramSender):
    """A sender that takes a message only after these errors."""

    def __init__(self, *errors: SendError) -> None:
        super().__init__(canned_bot()[0])
        self.errors = list(errors)
        self.taken: list[tuple[str, str]] = []

    async def send(self, chat: ChatAddress, reply: Reply, **_: object) -> int:
        """See TelegramSender."""
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append((chat.address, reply.html))
        return 1


async def owed(sender: Reluctant, *seconds: float) -> HastyTime:
    """The time that was waited for until all these lines were said, or given up."""
    time = HastyTime()
    apologies = Apologies(sender, time.sleep)
    for wait in seconds:
        apologies.owe(ANNA, LINE, wait)
    await over()
    assert apologies.everything_of(ANNA) == []
    return time


async def over() -> None:
    """Wait until nothing is under way any more."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    _, pending = await asyncio.wait(others, timeout=60)
    assert not pending


class Gate:
    """Waits that all end when it is opened."""

    def __init__(self) -> None:
        self._waiting, self._opened = asyncio.Semaphore(0), asyncio.Event()

    async def sleep(self, _seconds: float) -> None:
        """One of the waits."""
        self._waiting.release()
        await self._opened.wait()

    async def reached(self, times: int) -> None:
        """Wait until so many wait."""
        for _ in range(times):
            await self._waiting.acquire()

    async def open(self) -> None:
        """Let all go on, and wait until they have ended."""
        self._opened.set()
        await over()


async def test_a_line_is_said_once() -> None:
    """However many answers to a chat were lost in the same wait, one line tells of it, when the wait is over."""
    sender = Reluctant()
    time = await owed(sender, 900.0, 800.0, 5.0)
    assert (sender.taken, time.waits) == ([("7", "Ask me again.")], [900.0])


async def test_no_try_follows_at_once() -> None:
    """While Telegram is not reached, the waits between the tries grow, and after a few it is given up."""
    sender = Reluctant(*(TryLaterError(5.0, "not reached") for _ in range(TRIES)))
    time = await owed(sender, 5.0)
    assert sender.taken == []
    assert time.waits == [SHORTEST_WAIT * 2**times for times in range(TRIES)]


async def test_a_longer_wait_is_kept_to() -> None:
    """Where Telegram asks for another wait, it is waited for, too."""
    sender = Reluctant(TryLaterError(3600.0, "a pause"))
    assert (await owed(sender, 900.0)).waits == [900.0, 3600.0]
    assert len(sender.taken) == 1


@pytest.mark.parametrize(
    ("error", "taken"), [(ChatMovedError("-1007"), [("-1007", "Ask me again.")]), (ChatGoneError("blocked"), [])]
)
async def test_a_chat_that_is_elsewhere(error: SendError, taken: list[tuple[str, str]]) -> None:
    """The line follows a group that moved; of a chat that is gone nothing is wanted any more."""
    sender = Reluctant(error)
    await owed(sender, 900.0)
    assert sender.taken == taken


async def test_what_is_owed_moves_with_the_group() -> None:
    """Where a group has another address, in each of its topics what is owed is said there, once, without a vain try;
    there it is told of, and forgotten."""
    sender, gate = Reluctant(), Gate()
    apologies = Apologies(sender, gate.sleep)
    moved, other = ChatAddress(Channel.TELEGRAM, "-1007"), ChatAddress(Channel.TELEGRAM, "8")
    for chat in (ANNA, replace(ANNA, thread=12), replace(moved, thread=12), other):
        apologies.owe(chat, LINE, 900.0)
    await gate.reached(4)
    apologies.move(ANNA, moved.address)
    assert apologies.everything_of(ANNA) == []
    assert sorted(str(one["topic"]) for one in apologies.everything_of(moved)) == ["0", "12"]
    await gate.open()
    assert sorted(address for address, _ in sender.taken) == ["-1007", "-1007", "8"]
    assert apologies.everything_of(moved) == []


async def test_what_was_moved_can_be_forgotten() -> None:
    """After /forget in the group's new place nothing of before is said in it."""
    sender, gate = Reluctant(), Gate()
    apologies = Apologies(sender, gate.sleep)
    apologies.owe(ANNA, LINE, 900.0)
    await gate.reached(1)
    apologies.move(ANNA, "-1007")
    apologies.forget(ChatAddress(Channel.TELEGRAM, "-1007"))
    await gate.open()
    assert sender.taken == []


async def test_what_is_forgotten_is_not_said() -> None:
    """After /forget nothing is said in any topic of the chat, and nothing is known of it; elsewhere it is."""
    sender, gate = Reluctant(), Gate()
    apologies = Apologies(sender, gate.sleep)
    for chat in (ANNA, ChatAddress(Channel.TELEGRAM, "7", 12), ChatAddress(Channel.TELEGRAM, "8")):
        apologies.owe(chat, LINE, 900.0)
    await gate.reached(3)
    assert [one["topic"] for one in apologies.everything_of(ANNA)] == [0, 12]
    apologies.forget(ANNA)
    assert apologies.everything_of(ANNA) == []
    await gate.open()
    assert [address for address, _ in sender.taken] == ["8"]
    await apologies.close()
