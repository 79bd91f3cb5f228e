"""What every Sender keeps, whichever channel it reaches."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pytest
from rich.console import Console

from bot.chat.composing import plain
from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, SendError, TryLaterError
from bot.news.announcer import Sender
from bot.replies import Button, Channel, ChatAddress, Lane, Reply
from bot.telegram.sender import TelegramSender
from bot.terminal import CHAT, TerminalSender
from tests.senders import MemorySender, canned_bot

GONE = ChatGoneError("Forbidden: bot was blocked by the user")
MOVED = ChatMovedError("-1007")
LATER = TryLaterError(7, "too fast")
REFUSED = MessageRefusedError("Message is too long")

Received = tuple[ChatAddress, str, tuple[Button, ...]]
"""The chat, what a person reads there, and the buttons below it, row after row."""


@dataclass(frozen=True, slots=True)
class Rig:
    """A Sender with both its ends: `received` is what arrived at `chats`, which may be one and the same."""

    sender: Sender
    chats: tuple[ChatAddress, ChatAddress]
    received: Callable[[], list[Received]]


@dataclass(frozen=True, slots=True)
class WideRig(Rig):
    """One of a channel with many chats, which can refuse: `fail` makes the next message end in this error."""

    fail: Callable[[ChatAddress, SendError], None]


def two_chats(channel: Channel) -> tuple[ChatAddress, ChatAddress]:
    """Two chats of a channel that has many."""
    return ChatAddress(channel, "42"), ChatAddress(channel, "43")


def flat(rows: Iterable[Iterable[Button]]) -> tuple[Button, ...]:
    """Buttons, row after row."""
    return tuple(button for row in rows for button in row)


def memory() -> WideRig:
    """The one that the announcer's tests use."""
    sender = MemorySender()
    return WideRig(
        sender,
        two_chats(Channel.TERMINAL),
        lambda: [
            (chat, plain(reply.html), flat(reply.buttons))
            for chat, reply in (*sender.taken, *((chat, reply) for chat, _, reply in sender.edited))
        ],
        sender.fail,
    )


def terminal() -> Rig:
    """The screen of this terminal; the buttons of a message are what its numbers press until the next one comes."""
    screen = io.StringIO()
    sender = TerminalSender(Console(file=screen, highlight=False, soft_wrap=True))

    def received() -> list[Received]:
        messages = [message.split("\n  [") for message in screen.getvalue().removesuffix("\n\n").split("\n\n")]
        pressed = [sender.pressed(line.partition("]")[0]) for line in messages[-1][1:]]
        assert [f"{n}] {button.label}" for n, button in enumerate(pressed, start=1) if button] == messages[-1][1:]
        earlier: list[Received] = [(CHAT, message[0], ()) for message in messages[:-1]]
        return [*earlier, (CHAT, messages[-1][0], tuple(button for button in pressed if button))]

    return Rig(sender, (CHAT, CHAT), received)


def telegram() -> WideRig:
    """The real library over canned answers."""
    bot, api = canned_bot()

    def received() -> list[Received]:
        return [
            (
                ChatAddress(Channel.TELEGRAM, str(call["chat_id"]), call.get("message_thread_id", 0)),
                plain(call["text"]),
                flat(
                    [Button(button["text"], button["callback_data"]) for button in row]
                    for row in call.get("reply_markup", {}).get("inline_keyboard", ())
                ),
            )
            for _, call in api.calls
        ]

    def fail(_chat: ChatAddress, error: SendError) -> None:
        match error:
            case ChatGoneError():
                api.refuse(403, str(error))
            case ChatMovedError():
                api.refuse(400, "Bad Request: group upgraded", migrate_to_chat_id=int(error.address))
            case TryLaterError():
                api.refuse(429, "Too Many Requests: retry later", retry_after=int(error.seconds))
            case _:
                api.refuse(400, f"Bad Request: {error}")

    return WideRig(TelegramSender(bot), two_chats(Channel.TELEGRAM), received, fail)


@pytest.fixture(params=[memory, telegram, terminal], ids=["memory", "telegram", "terminal"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """Each implementation in turn."""
    made = request.param()
    assert isinstance(made, Rig)
    return made


@pytest.fixture(params=[memory, telegram], ids=["memory", "telegram"])
def wide_rig(request: pytest.FixtureRequest) -> WideRig:
    """Each whose channel has many chats and can refuse."""
    made = request.param()
    assert isinstance(made, WideRig)
    return made


async def test_a_message_arrives_as_it_was_written(rig: Rig) -> None:
    """Text and buttons reach the chat that they are meant for, the buttons in their order."""
    rows = ((Button("Read", "read:1"), Button("Ask", "ask:1")), (Button("Mute", "mute:news"),))
    await rig.sender.send(rig.chats[0], Reply("<b>2027</b> &amp; later", rows))
    assert rig.received() == [(rig.chats[0], "2027 & later", flat(rows))]


async def test_messages_keep_their_order(rig: Rig) -> None:
    """Messages that are sent one after another arrive one after another."""
    one, two = rig.chats
    for number, chat in enumerate((one, two, one)):
        await rig.sender.send(chat, Reply(str(number)))
    assert rig.received() == [(one, "0", ()), (two, "1", ()), (one, "2", ())]


async def test_a_forum_topic_is_kept(wide_rig: WideRig) -> None:
    """A message for a thread arrives in that thread."""
    chat = replace(wide_rig.chats[0], thread=12)
    await wide_rig.sender.send(chat, Reply("news"))
    assert wide_rig.received() == [(chat, "news", ())]


@pytest.mark.parametrize("error", [GONE, MOVED, LATER, REFUSED], ids=lambda error: type(error).__name__)
async def test_a_failure_is_one_of_the_send_errors(wide_rig: WideRig, error: SendError) -> None:
    """Whatever goes wrong is said as the SendError that tells what to do about it, and the next message goes."""
    chat = wide_rig.chats[0]
    wide_rig.fail(chat, error)
    with pytest.raises(type(error)) as caught:
        # An announcement, for an answer would wait until it arrives.
        await wide_rig.sender.send(chat, Reply("lost"), lane=Lane.ANNOUNCEMENTS)
    if isinstance(error, ChatMovedError):
        assert isinstance(caught.value, ChatMovedError)
        assert caught.value.address == "-1007"
    if isinstance(error, TryLaterError):
        assert isinstance(caught.value, TryLaterError)
        assert caught.value.seconds == 7
    await wide_rig.sender.send(chat, Reply("arrives"))
    assert wide_rig.received()[-1] == (chat, "arrives", ())


async def test_a_message_has_a_number_where_its_channel_numbers(rig: Rig) -> None:
    """Two messages have two numbers, or 0 where the channel has none."""
    numbers = [await rig.sender.send(rig.chats[0], Reply(text)) for text in ("one", "two")]
    assert numbers == [0, 0] or 0 < numbers[0] < numbers[1]


async def test_an_edit_takes_the_place_of_a_message(rig: Rig) -> None:
    """What a message says and its buttons are changed; where that cannot be, it is said anew."""
    chat, rows = rig.chats[0], ((Button("Ask", "ask:1"),),)
    number = await rig.sender.send(chat, Reply("before"))
    assert await rig.sender.edit(chat, number, Reply("after", rows)) is True
    assert rig.received() == [(chat, "before", ()), (chat, "after", flat(rows))]


async def test_a_failed_edit_is_one_of_the_send_errors(wide_rig: WideRig) -> None:
    """An edit fails like a message."""
    chat = wide_rig.chats[0]
    number = await wide_rig.sender.send(chat, Reply("before"))
    wide_rig.fail(chat, GONE)
    with pytest.raises(ChatGoneError):
        await wide_rig.sender.edit(chat, number, Reply("after"))


@pytest.mark.parametrize("lane", Lane)
async def test_each_lane_leads_to_the_chat(rig: Rig, lane: Lane) -> None:
    """However soon a message matters, it arrives."""
    await rig.sender.send(rig.chats[0], Reply("news"), lane=lane)
    assert rig.received() == [(rig.chats[0], "news", ())]
