"""What every Sender keeps, whichever channel it reaches."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.announcer import Sender
from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, SendError, TryLaterError
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.telegram_sender import TelegramSender
from tests.senders import MemorySender, canned_bot

GONE = ChatGoneError("Forbidden: bot was blocked by the user")
MOVED = ChatMovedError("-1007")
LATER = TryLaterError(7, "too fast")
REFUSED = MessageRefusedError("Message is too long")

Received = tuple[ChatAddress, str, tuple[tuple[Button, ...], ...]]


@dataclass(frozen=True, slots=True)
class Rig:
    """A Sender with both its ends: `fail` makes the next message end in this error, `received` is what arrived."""

    sender: Sender
    channel: Channel
    received: Callable[[], list[Received]]
    fail: Callable[[ChatAddress, SendError], None] | None
    """None where the channel cannot fail."""


def memory() -> Rig:
    """The one that the announcer's tests use."""
    sender = MemorySender()
    return Rig(
        sender,
        Channel.TERMINAL,
        lambda: [(chat, reply.html, reply.buttons) for chat, reply in sender.taken],
        sender.fail,
    )


def telegram() -> Rig:
    """The real library over canned answers."""
    bot, api = canned_bot()

    def received() -> list[Received]:
        return [
            (
                ChatAddress(Channel.TELEGRAM, str(call["chat_id"]), call.get("message_thread_id", 0)),
                call["text"],
                tuple(
                    tuple(Button(button["text"], button["callback_data"]) for button in row)
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

    return Rig(TelegramSender(bot), Channel.TELEGRAM, received, fail)


@pytest.fixture(params=[memory, telegram], ids=["memory", "telegram"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """Each implementation in turn."""
    made = request.param()
    assert isinstance(made, Rig)
    return made


async def test_a_message_arrives_as_it_was_written(rig: Rig) -> None:
    """Text and buttons reach the chat that they are meant for, the buttons in their rows."""
    chat = ChatAddress(rig.channel, "42")
    rows = ((Button("Read", "read:1"), Button("Ask", "ask:1")), (Button("Mute", "mute:news"),))
    await rig.sender.send(chat, Reply("<b>2027</b> &amp; later", rows))
    assert rig.received() == [(chat, "<b>2027</b> &amp; later", rows)]


async def test_messages_keep_their_order(rig: Rig) -> None:
    """Messages that are sent one after another arrive one after another."""
    chats = [ChatAddress(rig.channel, address) for address in ("1", "2", "1")]
    for number, chat in enumerate(chats):
        await rig.sender.send(chat, Reply(str(number)))
    assert rig.received() == [(chats[0], "0", ()), (chats[1], "1", ()), (chats[2], "2", ())]


async def test_a_forum_topic_is_kept(rig: Rig) -> None:
    """A message for a thread arrives in that thread."""
    chat = ChatAddress(rig.channel, "-1005", thread=12)
    await rig.sender.send(chat, Reply("news"))
    assert rig.received() == [(chat, "news", ())]


@pytest.mark.parametrize("error", [GONE, MOVED, LATER, REFUSED], ids=lambda error: type(error).__name__)
async def test_a_failure_is_one_of_the_send_errors(rig: Rig, error: SendError) -> None:
    """Whatever goes wrong is said as the SendError that tells what to do about it, and the next message goes."""
    if rig.fail is None:
        pytest.skip("this channel cannot fail")
    chat = ChatAddress(rig.channel, "42")
    rig.fail(chat, error)
    with pytest.raises(type(error)) as caught:
        await rig.sender.send(chat, Reply("lost"))
    if isinstance(error, ChatMovedError):
        assert isinstance(caught.value, ChatMovedError)
        assert caught.value.address == "-1007"
    if isinstance(error, TryLaterError):
        assert isinstance(caught.value, TryLaterError)
        assert caught.value.seconds == 7
    await rig.sender.send(chat, Reply("arrives"))
    assert rig.received()[-1] == (chat, "arrives", ())
