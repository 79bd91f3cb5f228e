"""What Telegram is asked, and what each of its errors means."""

import os

import pytest
from telegram.error import TimedOut

from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, SendError, TryLaterError
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.telegram_sender import NETWORK_WAIT, TOKEN_WAIT, TelegramSender
from tests.senders import CannedBotApi, canned_bot

CHAT = ChatAddress(Channel.TELEGRAM, "42")


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> tuple[TelegramSender, CannedBotApi]:
    """A sender over the real library, in a process that said nothing of how the library gives times."""
    monkeypatch.delenv("PTB_TIMEDELTA", raising=False)
    bot, api = canned_bot()
    sender = TelegramSender(bot)
    monkeypatch.setenv("PTB_TIMEDELTA", os.environ["PTB_TIMEDELTA"])  # so that it is unset again afterwards
    return sender, api


@pytest.fixture
def sender(rig: tuple[TelegramSender, CannedBotApi]) -> TelegramSender:
    """The sender under test."""
    return rig[0]


@pytest.fixture
def api(rig: tuple[TelegramSender, CannedBotApi]) -> CannedBotApi:
    """What it talks to."""
    return rig[1]


async def failure(sender: TelegramSender) -> SendError:
    """The error that sending ends in."""
    with pytest.raises(SendError) as caught:
        await sender.send(CHAT, Reply("text"))
    return caught.value


async def test_a_message_is_html_without_link_previews(sender: TelegramSender, api: CannedBotApi) -> None:
    """A reply is one sendMessage, HTML, link previews off, no thread and no keyboard where there is none."""
    await sender.send(CHAT, Reply("<b>2027</b>"))
    assert api.calls == [
        (
            "sendMessage",
            {
                "chat_id": 42,
                "text": "<b>2027</b>",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
            },
        )
    ]


async def test_buttons_and_thread(sender: TelegramSender, api: CannedBotApi) -> None:
    """Buttons become an inline keyboard of the same rows, and a thread its message_thread_id."""
    rows = ((Button("Read", "read:1"),), (Button("Mute", "mute"),))
    await sender.send(ChatAddress(Channel.TELEGRAM, "-1005", 12), Reply("news", rows))
    [(_, call)] = api.calls
    assert call["message_thread_id"] == 12
    assert call["reply_markup"] == {
        "inline_keyboard": [
            [{"text": "Read", "callback_data": "read:1"}],
            [{"text": "Mute", "callback_data": "mute"}],
        ]
    }


async def test_a_public_channel_is_addressed_by_its_name(sender: TelegramSender, api: CannedBotApi) -> None:
    """An address that is no number is handed on as it is."""
    api.refuse(403, "Forbidden: bot is not a member of the channel chat")
    with pytest.raises(ChatGoneError):
        await sender.send(ChatAddress(Channel.TELEGRAM, "@annuncio"), Reply("news"))
    assert api.calls[0][1]["chat_id"] == "@annuncio"


@pytest.mark.parametrize(
    ("code", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: PEER_ID_INVALID"),
        (400, "Bad Request: group chat was deactivated"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
        (400, "Bad Request: message thread not found"),
    ],
)
async def test_a_chat_that_takes_nothing_is_gone(
    sender: TelegramSender, api: CannedBotApi, code: int, description: str
) -> None:
    """Blocked, deleted, closed and never met are all: do not try again."""
    api.refuse(code, description)
    assert type(await failure(sender)) is ChatGoneError


async def test_a_group_that_became_a_supergroup_has_moved(sender: TelegramSender, api: CannedBotApi) -> None:
    """The new address is the one that Telegram names."""
    api.refuse(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100123456789012)
    error = await failure(sender)
    assert isinstance(error, ChatMovedError)
    assert error.address == "-100123456789012"


async def test_flood_control_names_its_seconds(sender: TelegramSender, api: CannedBotApi) -> None:
    """The wait is the one that Telegram asks for, and the library warns of nothing."""
    api.refuse(429, "Too Many Requests: retry after 35", retry_after=35)
    error = await failure(sender)
    assert isinstance(error, TryLaterError)
    assert error.seconds == 35


async def test_flood_control_in_whole_seconds(
    sender: TelegramSender, api: CannedBotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator's PTB_TIMEDELTA=false stands, and its plain seconds are understood as well."""
    monkeypatch.setenv("PTB_TIMEDELTA", "false")
    api.refuse(429, "Too Many Requests: retry after 35", retry_after=35)
    with pytest.warns(DeprecationWarning, match="retry_after"):
        error = await failure(sender)
    assert isinstance(error, TryLaterError)
    assert error.seconds == 35


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (TimedOut(), NETWORK_WAIT),
        (OSError("connection reset"), NETWORK_WAIT),
        ((502, b"<html>Bad Gateway</html>"), NETWORK_WAIT),
        ((429, b'{"ok": false, "description": "Too Many Requests"}'), NETWORK_WAIT),
        ((200, b"no JSON"), NETWORK_WAIT),
        ((401, b'{"ok": false, "description": "Unauthorized"}'), TOKEN_WAIT),
    ],
    ids=["timeout", "connection", "502", "429 without a wait", "no JSON", "token"],
)
async def test_trouble_on_the_way_is_for_later(
    sender: TelegramSender, api: CannedBotApi, answer: tuple[int, bytes] | Exception, seconds: float
) -> None:
    """Where the message is not at fault it is tried again, after a modest wait."""
    api.answers.append(answer)
    error = await failure(sender)
    assert isinstance(error, TryLaterError)
    assert error.seconds == seconds


@pytest.mark.parametrize(
    "description",
    ["can't parse entities: unsupported start tag", "message is too long", "BUTTON_DATA_INVALID"],
)
async def test_a_message_at_fault_is_refused(sender: TelegramSender, api: CannedBotApi, description: str) -> None:
    """Any other 400 is about the message: trying again changes nothing, and the reason is kept."""
    api.refuse(400, f"Bad Request: {description}")
    error = await failure(sender)
    assert type(error) is MessageRefusedError
    assert str(error) == description.capitalize()
