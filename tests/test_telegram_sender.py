"""What Telegram is asked, and what each of its errors means."""

import os
from datetime import timedelta

import httpx
import pytest
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.errors import (
    ChatGoneError,
    ChatMovedError,
    MessageGoneError,
    MessageRefusedError,
    SendError,
    TryLaterError,
)
from bot.replies import Button, Channel, ChatAddress, Document, Lane, Reply
from bot.telegram.errors import NETWORK_WAIT, TOKEN_WAIT, LaneHeldError, send_error
from bot.telegram.sender import CARRIER, DOCUMENT_WAITS, TelegramSender
from tests.senders import CannedBotApi, HastyTime, canned_bot

CHAT = ChatAddress(Channel.TELEGRAM, "42")


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> tuple[TelegramSender, CannedBotApi]:
    """A sender over the real library, in a process that said nothing of how the library gives times."""
    monkeypatch.delenv("PTB_TIMEDELTA", raising=False)
    time = HastyTime()
    bot, api = canned_bot(time)
    sender = TelegramSender(bot, time.sleep)
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
        # An announcement, for an answer would wait until it arrives.
        await sender.send(CHAT, Reply("text"), lane=Lane.ANNOUNCEMENTS)
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
        ((409, b'{"ok": false, "description": "Conflict: terminated by other request"}'), NETWORK_WAIT),
        ((500, b'{"ok": false, "description": "Internal Server Error"}'), NETWORK_WAIT),
    ],
    ids=["timeout", "connection", "502", "429 without a wait", "no JSON", "token", "409", "500"],
)
async def test_trouble_on_the_way_is_for_later(
    sender: TelegramSender, api: CannedBotApi, answer: tuple[int, bytes] | Exception, seconds: float
) -> None:
    """Where the message is not at fault it is tried again, after a modest wait."""
    api.answers.append(answer)
    error = await failure(sender)
    assert isinstance(error, TryLaterError)
    assert error.seconds == seconds
    assert error.silent is True


@pytest.mark.parametrize(
    ("cause", "in_doubt"),
    [
        (httpx.ReadTimeout("?"), True),
        (httpx.WriteTimeout("?"), True),
        (httpx.ReadError("?"), True),
        (httpx.RemoteProtocolError("?"), True),
        (httpx.ConnectTimeout("?"), False),
        (httpx.PoolTimeout("?"), False),
        (httpx.ConnectError("?"), False),
        (None, False),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_may_have_arrived_is_told_as_in_doubt(
    sender: TelegramSender, api: CannedBotApi, cause: httpx.HTTPError | None, in_doubt: bool
) -> None:
    """A request that got no answer may have been carried out, unless no connection was there to write it to."""
    raised = TimedOut() if isinstance(cause, httpx.TimeoutException) else NetworkError("?")
    raised.__cause__ = cause
    api.answers.append(raised)
    error = await failure(sender)
    assert isinstance(error, TryLaterError)
    assert (error.silent, error.in_doubt) == (True, in_doubt)


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


async def test_a_wait_for_everybody_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is the whole lane that has to wait, the error says so."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    error = send_error(LaneHeldError(timedelta(seconds=20)))
    assert isinstance(error, TryLaterError)
    assert (error.seconds, error.everywhere) == (20, True)
    error = send_error(RetryAfter(timedelta(seconds=20)))
    assert isinstance(error, TryLaterError)
    assert (error.everywhere, error.silent) == (False, False)


async def test_a_message_has_its_number(sender: TelegramSender) -> None:
    """The number is Telegram's own."""
    assert [await sender.send(CHAT, Reply(text)) for text in ("one", "two")] == [1, 2]


async def test_an_edit_changes_text_and_buttons(sender: TelegramSender, api: CannedBotApi) -> None:
    """An edit names the message, and gives it text and buttons anew."""
    assert await sender.edit(CHAT, 9, Reply("<b>new</b>", ((Button("Read", "read:1"),),))) is True
    assert api.calls == [
        (
            "editMessageText",
            {
                "chat_id": 42,
                "message_id": 9,
                "text": "<b>new</b>",
                "parse_mode": "HTML",
                "link_preview_options": {"is_disabled": True},
                "reply_markup": {"inline_keyboard": [[{"text": "Read", "callback_data": "read:1"}]]},
            },
        )
    ]


async def test_an_edit_that_changes_nothing_is_no_error(sender: TelegramSender, api: CannedBotApi) -> None:
    """Telegram refuses an edit to what a message says already; it says what it should."""
    same = "specified new message content and reply markup are exactly the same"
    api.refuse(400, f"Bad Request: message is not modified: {same} as a current content of the message")
    assert await sender.edit(CHAT, 9, Reply("old")) is False


@pytest.mark.parametrize("reason", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"])
async def test_a_message_that_cannot_be_edited_is_gone(sender: TelegramSender, api: CannedBotApi, reason: str) -> None:
    """Deleted or too old: the message is gone, and the chat is not."""
    api.refuse(400, f"Bad Request: {reason}")
    with pytest.raises(MessageGoneError):
        await sender.edit(CHAT, 9, Reply("new"))


async def test_files_come_after_the_message(sender: TelegramSender, api: CannedBotApi) -> None:
    """A file is offered to be saved, a picture is shown, both after the text and in its thread."""
    files = (Document("data.json", b"{}"), Document("stats.png", b"PNG", picture=True))
    group = ChatAddress(Channel.TELEGRAM, "-1005", 12)
    assert await sender.send(group, Reply("yours", documents=files), reply_to=3) == 1
    assert [name for name, _ in api.calls] == ["sendMessage", "sendDocument", "sendPhoto"]
    assert [call["message_thread_id"] for _, call in api.calls] == [12, 12, 12]
    assert [call["reply_parameters"]["message_id"] for _, call in api.calls] == [3, 3, 3]


async def test_a_file_is_tried_again_without_its_message(sender: TelegramSender, api: CannedBotApi) -> None:
    """Trouble on the way of a file repeats the file; after a few tries it is refused, and the message stands."""
    reply = Reply("yours", documents=(Document("data.json", b"{}"),))
    api.answers.append(
        (200, b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 42, "type": "private"}}}')
    )
    api.answers.append(TimedOut())
    assert await sender.send(CHAT, reply) == 1
    assert [name for name, _ in api.calls] == ["sendMessage", "sendDocument", "sendDocument"]
    api.answers.append(
        (200, b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 42, "type": "private"}}}')
    )
    api.answers.extend([TimedOut()] * (len(DOCUMENT_WAITS) + 1))
    with pytest.raises(MessageRefusedError):
        await sender.send(CHAT, reply)
    assert [name for name, _ in api.calls[3:]] == ["sendMessage", "sendDocument", "sendDocument", "sendDocument"]


async def test_a_place_is_asked_for_by_a_key(sender: TelegramSender, api: CannedBotApi) -> None:
    """In a person's own chat a key shares where they are; the next message takes it away, once."""
    await sender.send(CHAT, Reply("Where?", asks_place="Share where I am"))
    await sender.send(CHAT, Reply("Rome"))
    await sender.send(CHAT, Reply("and on"))
    asked, answered, after = [call.get("reply_markup") for _, call in api.calls]
    assert asked == {
        "keyboard": [[{"text": "Share where I am", "request_location": True}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }
    assert answered == {"remove_keyboard": True}
    assert after is None


async def test_a_message_with_buttons_takes_the_key_away_too(sender: TelegramSender, api: CannedBotApi) -> None:
    """Telegram takes buttons or the taking away: one more message, gone at once, does the latter."""
    await sender.send(CHAT, Reply("Where?", asks_place="Share where I am"))
    await sender.send(CHAT, Reply("Rome", ((Button("Done", "done"),),)))
    assert [(name, call.get("text")) for name, call in api.calls] == [
        ("sendMessage", "Where?"),
        ("sendMessage", CARRIER),
        ("deleteMessage", None),
        ("sendMessage", "Rome"),
    ]
    assert api.calls[1][1]["reply_markup"] == {"remove_keyboard": True}
    assert api.calls[2][1]["message_id"] == 2
    assert "inline_keyboard" in api.calls[3][1]["reply_markup"]


@pytest.mark.parametrize("known", [True, False])
async def test_the_last_word_takes_the_key_away(sender: TelegramSender, api: CannedBotApi, *, known: bool) -> None:
    """What ends all asking takes the key away, also in the place of an earlier message, and where the bot does not know
    any more that it showed one."""
    await sender.send(CHAT, Reply("Where?", asks_place="Share where I am"))
    if not known:
        sender.keyboards.forget(CHAT)
    await sender.edit(CHAT, 1, Reply("All forgotten", edits=True, ends_asking=True))
    assert [(name, call.get("text")) for name, call in api.calls[1:]] == [
        ("editMessageText", "All forgotten"),
        ("sendMessage", CARRIER),
        ("deleteMessage", None),
    ]
    assert api.calls[2][1]["reply_markup"] == {"remove_keyboard": True}
    await sender.send(CHAT, Reply("All forgotten", ends_asking=True))
    assert api.calls[-1][1]["reply_markup"] == {"remove_keyboard": True}


async def test_a_group_has_no_key_to_be_taken_away(sender: TelegramSender, api: CannedBotApi) -> None:
    """In a group nothing was shown, and nothing more is sent."""
    await sender.edit(ChatAddress(Channel.TELEGRAM, "-1005"), 1, Reply("All forgotten", edits=True, ends_asking=True))
    assert [name for name, _ in api.calls] == ["editMessageText"]


async def test_a_key_that_stays_holds_nothing_up(sender: TelegramSender, api: CannedBotApi) -> None:
    """Where the key cannot be taken away, the message comes all the same."""
    await sender.send(CHAT, Reply("Where?", asks_place="Share where I am"))
    api.refuse(400, "Bad Request: no")
    await sender.send(CHAT, Reply("Rome", ((Button("Done", "done"),),)))
    assert api.calls[-1][1]["text"] == "Rome"


@pytest.mark.parametrize("address", ["-1005", "@annuncio"])
async def test_no_place_is_asked_for_in_groups(sender: TelegramSender, api: CannedBotApi, address: str) -> None:
    """A group is in no place: there the buttons stand, which would not in a person's chat."""
    rows = ((Button("Back", "back"),),)
    await sender.send(ChatAddress(Channel.TELEGRAM, address), Reply("Where?", rows, asks_place="Share where I am"))
    assert "inline_keyboard" in api.calls[0][1]["reply_markup"]
