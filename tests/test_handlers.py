"""Telegram's updates through the real library: who is answered where, in which order, and what happens in trouble."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram import Update
from telegram.ext import Application
from telegram.request import RequestData

from bot.answers.opening import Answering
from bot.chat.conversation import Conversation
from bot.chat.features import Visitor
from bot.chat.subscribing import subscriber_features
from bot.replies import Channel, ChatAddress, Reply
from bot.settings import Settings
from bot.state.kinds import PauseReason, SubscriptionState
from bot.state.opening import open_state
from bot.state.subscriptions import Subscriptions
from bot.telegram.apologies import Apologies
from bot.telegram.errors import NETWORK_WAIT
from bot.telegram.handlers import ALLOWED_UPDATES, Handlers
from bot.telegram.replying import SOON, TRIES, Replier
from bot.telegram.sender import TelegramSender
from bot.texts import say
from tests.senders import TOKEN, CannedBotApi, HastyTime, hasty_limiter
from tests.vaults import VAULT

BOT = {"id": 123456, "is_bot": True, "first_name": "Annuncio", "username": "Annuncio_Bot"}
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "language_code": "it"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
OTHER = {"id": 8, "type": "private", "first_name": "Bruno"}
GROUP = {"id": -100, "type": "supergroup", "title": "Cars"}
QUESTION = "Quando arrivano le auto Xiaomi in Europa?"
Call = tuple[str, dict[str, Any]]
Json = dict[str, Any]


class Telegram(CannedBotApi):
    """The Bot API of the tests: takes everything, unless an answer was put in for a method."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles: dict[str, list[tuple[int, bytes] | Exception]] = {}

    def trouble(self, method: str, code: int, description: str, **parameters: int) -> None:
        """The next call of this method is answered with this error."""
        self.refuse(code, description, **parameters)
        self.troubles.setdefault(method, []).append(self.answers.pop())

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,  # noqa: ARG002  (the library's signature, here and below)
        write_timeout: object = None,  # noqa: ARG002
        connect_timeout: object = None,  # noqa: ARG002
        pool_timeout: object = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Answer as Telegram does."""
        name = url.rpartition("/")[2]
        if name == "getMe":
            self.answers.append((200, json.dumps({"ok": True, "result": BOT}).encode()))
        elif self.troubles.get(name):
            self.answers.append(self.troubles[name].pop(0))
        elif name != "sendMessage":
            self.answers.append((200, b'{"ok": true, "result": true}'))
        return await super().do_request(url, method, request_data)

    @property
    def sent(self) -> list[tuple[int, str]]:
        """Every message that the bot tried to send: chat and text."""
        return [(call["chat_id"], call["text"]) for name, call in self.calls if name == "sendMessage"]

    @property
    def names(self) -> list[str]:
        """The methods called."""
        return [name for name, _ in self.calls if name != "getMe"]


class World:
    """A running bot but for its network: give it updates, and look at what it called."""

    def __init__(
        self, application: "Application[Any, Any, Any, Any, Any, Any]", api: Telegram, time: HastyTime
    ) -> None:
        self.application = application
        self.api = api
        self.time = time
        self._ids = iter(range(1, 1000))

    def update(self, **content: Json) -> Update:
        """An update as Telegram sends it."""
        update = Update.de_json({"update_id": next(self._ids), **content}, self.application.bot)
        assert update is not None
        return update

    def message(self, chat: Json = PRIVATE, user: Json | None = ANNA, **content: Any) -> Update:
        """A message; a text that begins with a slash has its command marked as Telegram marks it."""
        if str(content.get("text", "")).startswith("/"):
            length = len(content["text"].split()[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        sender = {"from": user} if user else {}
        return self.update(message={"message_id": 55, "date": 1758704400, "chat": chat, **sender, **content})

    def press(self, data: str, message: Json | None = None) -> Update:
        """A pressed button."""
        below = message or {"message_id": 9, "date": 1758704400, "chat": PRIVATE, "text": "x", "from": BOT}
        return self.update(
            callback_query={"id": "cb", "from": ANNA, "chat_instance": "1", "data": data, "message": below}
        )

    def member(self, status: str, chat: Json = PRIVATE) -> Update:
        """The bot's own standing in a chat changed."""
        until = {"until_date": 0} if status == "kicked" else {}
        change = {
            "chat": chat,
            "from": ANNA,
            "date": 1758704400,
            "old_chat_member": {"user": BOT, "status": "member"},
            "new_chat_member": {"user": BOT, "status": status, **until},
        }
        return self.update(my_chat_member=change)

    async def process(self, *updates: Update) -> None:
        """Work on updates one after another."""
        for update in updates:
            await self.application.process_update(update)


@pytest.fixture
async def subscriptions(tmp_path: Path) -> AsyncIterator[Subscriptions]:
    """A database in a file of the test's own."""
    async with open_state(Settings(data_dir=tmp_path), VAULT) as state:
        yield state.subscriptions


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """As many as the bot has by default."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


class Talk(Conversation):
    """The real conversation, but for questions that wait or fail on purpose."""

    def __init__(self, answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor) -> None:
        library = answering.catalogue.current
        super().__init__(
            answering.catalogue,
            answering.answerer,
            answering.samples,
            subscriptions,
            threads,
            "en",
            features=subscriber_features(subscriptions, library, lambda _words, _language: (), threads),
        )
        self.gate = asyncio.Event()
        self.begun: list[str] = []

    async def message(self, visitor: Visitor, text: str) -> list[Reply]:
        """See Conversation."""
        self.begun.append(text)
        if text.startswith("wait"):
            await self.gate.wait()
        if text == "database":
            raise OperationalError("SELECT secret", {"secret": 1}, Exception("disk I/O error"))
        if text.startswith("fail"):
            raise ValueError("a bug")
        if text.startswith(("wait", "say")):
            return [Reply(part) for part in text.split(" and ")]
        return await super().message(visitor, text)

    async def press(self, visitor: Visitor, data: str) -> list[Reply]:
        """See Conversation."""
        if data.startswith("edit:"):
            edits = Reply("changed", edits=True, asks_place="Here" if data == "edit:place" else None)
            return [edits, Reply("and more", edits=data == "edit:twice")]
        return await super().press(visitor, data)


@pytest.fixture
async def talk(answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor) -> Talk:
    """The conversation behind the handlers."""
    return Talk(answering, subscriptions, threads)


@pytest.fixture
async def world(talk: Talk, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The library's application with our handlers, its network replaced; waits for Telegram take no time."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    api, time = Telegram(), HastyTime()
    builder = Application.builder().token(TOKEN).request(api).get_updates_request(Telegram()).job_queue(None)
    application = builder.rate_limiter(hasty_limiter(time)).build()
    await application.initialize()
    sender = TelegramSender(application.bot, time.sleep)
    replier = Replier(sender, application.bot, time.sleep)
    handlers = Handlers(talk, subscriptions, replier, application.bot)
    handlers.register(application)
    yield World(application, api, time)
    await replier.close()
    await application.shutdown()


async def settled(*tasks: "asyncio.Task[None]") -> None:
    """Let everything that can go on go on, and wait until the given tasks are done."""
    async with asyncio.timeout(60):
        if tasks:
            await asyncio.gather(*tasks)
        for _ in range(20):
            await asyncio.sleep(0)


def start(work: Awaitable[None]) -> "asyncio.Task[None]":
    """Run in the background."""
    return asyncio.ensure_future(work)


async def test_a_question_in_private(world: World) -> None:
    """A question is answered in its chat, without quoting it, and a typing sign is shown meanwhile."""
    await world.process(world.message(text=QUESTION))
    await settled()
    [(chat, text)] = world.api.sent
    assert chat == 7
    assert "2027" in text
    assert sorted(world.api.names) == ["sendChatAction", "sendMessage"]
    assert ("sendChatAction", {"chat_id": 7, "action": "typing"}) in world.api.calls
    assert all("reply_parameters" not in call for _, call in world.api.calls)


async def test_the_language_of_the_client_counts(world: World) -> None:
    """A command is answered in the language that Telegram reports of its sender."""
    await world.process(world.message(text="/privacy"))
    assert world.api.sent == [(7, say("it", "privacy"))]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("/subscribe", "subscribed"),
        ("/Subscribe", "subscribed"),
        ("/subscribe@annuncio_bot", "subscribed"),
        ("/start subscribe", "subscribed"),
        ("/language   Italiano ", "language_set"),
    ],
)
async def test_commands_in_private(world: World, text: str, key: str) -> None:
    """Commands work in any case, with the bot's name behind them, and with what follows them."""
    await world.process(world.message(text=text))
    [(chat, said)] = world.api.sent
    assert (chat, said.split("\n\n")[0]) == (7, say("it", key))


async def test_an_unknown_command(world: World) -> None:
    """In private an unknown command is said to be unknown; in a group it may be meant for another bot."""
    await world.process(world.message(text="/weather"), world.message(GROUP, text="/weather"))
    assert world.api.sent == [(7, say("it", "unknown_command", command="/weather"))]
    await world.process(world.message(GROUP, text="/weather@Annuncio_Bot"))
    assert world.api.sent[1:] == [(-100, say("it", "unknown_command", command="/weather"))]


@pytest.mark.parametrize("chat", [PRIVATE, GROUP], ids=["private", "group"])
async def test_a_command_for_another_bot(world: World, chat: Json) -> None:
    """A command that names another bot is not ours."""
    await world.process(world.message(chat, text="/help@weather_bot"), world.message(chat, text="/ask@weather_bot x"))
    assert world.api.calls[1:] == []


async def test_a_group_asks(world: World) -> None:
    """In a group /ask is answered as a reply to the question, with or without the bot's name."""
    for text in (f"/ask {QUESTION}", f"/ask@Annuncio_Bot {QUESTION}"):
        await world.process(world.message(GROUP, text=text))
    calls = [call for name, call in world.api.calls if name == "sendMessage"]
    assert [call["chat_id"] for call in calls] == [-100, -100]
    for call in calls:
        assert "2027" in call["text"]
        assert call["reply_parameters"]["message_id"] == 55
        assert call["reply_parameters"]["allow_sending_without_reply"] is True


async def test_a_group_talks_among_itself(world: World) -> None:
    """What a group says to itself, to another bot or in pictures is none of the bot's business."""
    somebody = {"message_id": 3, "date": 1, "chat": GROUP, "text": "x", "from": {**BOT, "id": 99}}
    channel = {"message_id": 3, "date": 1, "chat": GROUP, "text": "x"}
    await world.process(
        world.message(GROUP, text=QUESTION),
        world.message(GROUP, text=QUESTION, reply_to_message=somebody),
        world.message(GROUP, text=QUESTION, reply_to_message=channel),
        world.message(GROUP, sticker=STICKER),
        world.message(GROUP, new_chat_members=[BOT]),
    )
    assert world.api.calls[1:] == []


async def test_a_reply_to_the_bot(world: World) -> None:
    """In a group, a reply to a message of the bot is a question."""
    ours = {"message_id": 3, "date": 1, "chat": GROUP, "text": "x", "from": BOT}
    await world.process(world.message(GROUP, text=QUESTION, reply_to_message=ours))
    [(chat, text)] = world.api.sent
    assert chat == -100
    assert "2027" in text


async def test_a_forum_topic_is_kept(world: World) -> None:
    """A question in a forum topic is answered in that topic."""
    forum = {**GROUP, "is_forum": True}
    await world.process(world.message(forum, text="/privacy", message_thread_id=12, is_topic_message=True))
    [call] = [call for name, call in world.api.calls if name == "sendMessage"]
    assert call["message_thread_id"] == 12


async def test_a_message_of_a_channel_in_a_group(world: World) -> None:
    """A message without a person behind it (a channel, an anonymous admin) is answered as well."""
    await world.process(world.message(GROUP, None, text="/privacy"))
    assert world.api.sent == [(-100, say("en", "privacy"))]


FILE = {"file_id": "f", "file_unique_id": "u"}
STICKER = {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {**FILE, "duration": 1}},
        {"photo": [{**FILE, "width": 1, "height": 1}]},
        {"sticker": STICKER},
        {"document": FILE, "caption": "When do they arrive?"},
        {"location": {"latitude": 1.0, "longitude": 1.0}},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_what_is_no_text(world: World, content: Json) -> None:
    """Voice, pictures, stickers, files and places get a friendly "text only"."""
    await world.process(world.message(**content))
    assert world.api.sent == [(7, say("it", "text_only"))]


async def test_a_question_under_a_picture(world: World) -> None:
    """What is written under a picture was typed like any message, and is answered like one."""
    await world.process(world.message(photo=[{**FILE, "width": 1, "height": 1}], caption="say hello"))
    assert world.api.sent == [(7, "say hello")]


async def test_edited_messages_are_not_answered(world: World) -> None:
    """What was answered is not answered twice, even where Telegram sends the edit."""
    edit = {"message_id": 55, "date": 1, "edit_date": 2, "chat": PRIVATE, "from": ANNA, "text": QUESTION}
    await world.process(world.update(edited_message=edit))
    command = {**edit, "text": "/help", "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}
    await world.process(world.update(edited_message=command))
    assert world.api.calls[1:] == []
    assert "edited_message" not in ALLOWED_UPDATES


async def test_a_service_message_is_not_answered(world: World) -> None:
    """A title, a pin, a channel's post: nobody asked anything."""
    post = {"message_id": 5, "date": 1, "chat": {"id": -5, "type": "channel", "title": "C"}, "text": QUESTION}
    await world.process(world.message(GROUP, new_chat_title="Autos"), world.update(channel_post=post))
    assert world.api.calls[1:] == []


async def test_a_button_is_acknowledged_and_answered(world: World) -> None:
    """A pressed button is answered to Telegram once, and to the person in the same chat, without quoting anything."""
    await world.process(world.press("do:language"))
    await settled()
    assert [
        (name, call.get("callback_query_id")) for name, call in world.api.calls if name == "answerCallbackQuery"
    ] == [("answerCallbackQuery", "cb")]
    assert world.api.sent == [(7, say("it", "language_choose"))]
    assert all("reply_parameters" not in call for _, call in world.api.calls)


@pytest.mark.parametrize("data", ["q:0123456789abcdef", "gone", ""])
async def test_an_old_button(world: World, data: str) -> None:
    """A button of former times is acknowledged, and told to be too old."""
    await world.process(world.press(data))
    await settled()
    assert world.api.sent == [(7, say("it", "old_button"))]
    assert world.api.names.count("answerCallbackQuery") == 1


async def test_a_button_under_a_message_that_is_gone(world: World) -> None:
    """A button under a message that Telegram does not show any more works all the same."""
    await world.process(world.press("do:privacy", {"message_id": 9, "date": 0, "chat": PRIVATE}))
    assert world.api.sent == [(7, say("it", "privacy"))]


async def test_a_button_is_acknowledged_even_when_answering_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, talk: Talk
) -> None:
    """The clock on the button stops whatever happens, and the person hears that something went wrong."""

    async def broken(_visitor: Visitor, _data: str) -> list[Reply]:
        raise ValueError("a bug")

    monkeypatch.setattr(talk, "press", broken)
    await world.process(world.press("do:privacy"))
    await settled()
    assert world.api.names.count("answerCallbackQuery") == 1
    assert world.api.sent == [(7, say("it", "busy"))]


async def test_a_button_that_cannot_be_acknowledged(world: World) -> None:
    """Telegram refuses to acknowledge an old press; the answer is sent all the same."""
    world.api.trouble("answerCallbackQuery", 400, "Bad Request: query is too old and response timeout expired")
    world.api.trouble("sendChatAction", 400, "Bad Request: no typing here")
    await world.process(world.press("do:privacy"))
    await settled()
    assert world.api.sent == [(7, say("it", "privacy"))]


async def test_one_chat_is_answered_in_its_order(world: World, talk: Talk) -> None:
    """Of two questions in one chat the second waits for the first; another chat waits for neither."""
    first = start(world.process(world.message(text="wait first")))
    second = start(world.process(world.message(text="say second")))
    other = start(world.process(world.message(OTHER, text="say other")))
    await settled(other)
    assert world.api.sent == [(8, "say other")]
    assert talk.begun == ["wait first", "say other"]
    talk.gate.set()
    await settled(first, second)
    assert world.api.sent[1:] == [(7, "wait first"), (7, "say second")]


async def test_a_chat_goes_on_after_a_failure(world: World, talk: Talk) -> None:
    """A question that failed does not hold up the next one of its chat."""
    tasks = [start(world.process(world.message(text=text))) for text in ("wait one", "fail two", "say three")]
    await settled()
    talk.gate.set()
    await settled(*tasks)
    assert sorted(world.api.sent) == sorted([(7, "wait one"), (7, say("it", "busy")), (7, "say three")])


@pytest.mark.parametrize("times", [1, TRIES - 1])
async def test_a_pause_that_telegram_asks_for(world: World, times: int) -> None:
    """Under flood control an answer waits and is sent again, its parts in order."""
    for _ in range(times):
        world.api.trouble("sendMessage", 429, "Too Many Requests: retry after 9", retry_after=9)
    await world.process(world.message(text="say one and two"))
    assert world.api.sent == [(7, "say one")] * (times + 1) + [(7, "two")]


async def test_waits_are_those_that_telegram_names(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The wait is as long as Telegram asks for; where that is longer than people wait, they hear so after it."""
    world.api.trouble("sendMessage", 429, "Too Many Requests: retry after 9", retry_after=9)
    await world.process(world.message(text="say one"))
    assert sum(world.time.waits) == pytest.approx(9, abs=0.01)
    world.api.trouble("sendMessage", 429, "Too Many Requests: retry after 900", retry_after=900)
    await world.process(world.message(text="say two and three"))
    await settled()
    assert world.api.sent == [(7, "say one")] * 2 + [(7, "say two"), (7, say("it", "answer_lost"))]
    assert sum(world.time.waits) == pytest.approx(909, abs=0.01)
    assert "an answer is given up: Telegram asks for a pause (again in 900 s)" in caplog.messages


async def test_a_line_that_breaks_once_costs_a_second(world: World) -> None:
    """Where Telegram says nothing to an answer it is sent again after a second, and less soon after that."""
    for _ in range(2):
        world.api.trouble("sendMessage", 502, "Bad Gateway")
    await world.process(world.message(text="say one"))
    assert world.api.sent == [(7, "say one")] * 3
    assert world.time.waits == pytest.approx([SOON, NETWORK_WAIT], abs=0.01)


async def test_an_answer_that_never_gets_through(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """After a few tries an answer is given up with a line for the operator, and one later for the person; the bot goes
    on."""
    for _ in range(TRIES):
        world.api.trouble("sendMessage", 502, "Bad Gateway")
    await world.process(world.message(text="say one"))
    await settled()
    assert world.api.sent == [(7, "say one")] * TRIES + [(7, say("it", "answer_lost"))]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == [
        f"an answer could not be sent in {TRIES} tries"
    ]
    await world.process(world.message(text="say two"))
    assert world.api.sent[-1] == (7, "say two")


async def test_a_refused_message_does_not_hold_back_the_next(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Where Telegram refuses one message of an answer, the others are sent and the operator hears of it."""
    world.api.trouble("sendMessage", 400, "Bad Request: can't parse entities")
    await world.process(world.message(text="say one and two"))
    assert world.api.sent == [(7, "say one"), (7, "two")]
    assert "an answer was refused" in caplog.messages


async def test_a_chat_that_is_gone_is_left_alone(world: World) -> None:
    """Somebody who asked and blocked the bot meanwhile is sent nothing more, and nothing is an error."""
    world.api.trouble("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await world.process(world.message(text="say one and two"))
    assert world.api.sent == [(7, "say one")]


async def test_a_group_that_moved_while_it_was_answered(world: World) -> None:
    """The answer follows a group that became a supergroup, without quoting a message that stayed behind."""
    world.api.trouble("sendMessage", 400, "Bad Request: group upgraded", migrate_to_chat_id=-1007)
    ours = {"message_id": 3, "date": 1, "chat": GROUP, "text": "x", "from": BOT}
    await world.process(world.message(GROUP, text="say one and two", reply_to_message=ours))
    assert world.api.sent == [(-100, "say one"), (-1007, "say one"), (-1007, "two")]
    assert "reply_parameters" not in world.api.calls[-1][1]


async def test_blocked_and_unblocked(world: World, subscriptions: Subscriptions) -> None:
    """Who blocks the bot is paused at once, and gets the news again after unblocking it."""
    chat = ChatAddress(Channel.TELEGRAM, "7")
    await subscriptions.subscribe(chat, "it")
    await world.process(world.member("kicked"))
    paused = await subscriptions.preferences_of(chat)
    assert paused is not None
    assert (paused.state, paused.pause_reason) == (SubscriptionState.PAUSED, PauseReason.BLOCKED)
    await world.process(world.member("member"))
    active = await subscriptions.preferences_of(chat)
    assert active is not None
    assert active.state is SubscriptionState.ACTIVE
    assert world.api.calls[1:] == []


@pytest.mark.parametrize(
    ("reason", "speaks", "awake"),
    [
        (PauseReason.GONE, "message", True),
        (PauseReason.GONE, "press", False),
        (PauseReason.BLOCKED, "press", False),
        (PauseReason.GONE, "elsewhere in the group", False),
        (PauseReason.BLOCKED, "elsewhere in the group", True),
        (PauseReason.GONE, "let in again", True),
    ],
)
async def test_whoever_writes_is_there(
    world: World, subscriptions: Subscriptions, reason: PauseReason, speaks: str, awake: bool
) -> None:
    """A chat that took nothing any more gets the news again from the first message that comes from it, all of it where
    it was blocked, and the very thread where that was gone; a press under an old message says nothing of that."""
    group = speaks in {"elsewhere in the group", "let in again"}
    chat = ChatAddress(Channel.TELEGRAM, "-100", 12) if group else ChatAddress(Channel.TELEGRAM, "7")
    await subscriptions.subscribe(chat, "it")
    await subscriptions.pause(chat, reason)
    updates = {
        "message": world.message(text="say hello"),
        "press": world.press("do:privacy"),
        "elsewhere in the group": world.message(GROUP, text="/privacy@annuncio_bot"),
        "let in again": world.member("member", GROUP),
    }
    await world.process(updates[speaks])
    found = await subscriptions.preferences_of(chat)
    assert found is not None
    assert (found.state, found.pause_reason) == (
        (SubscriptionState.ACTIVE, None) if awake else (SubscriptionState.PAUSED, reason)
    )


async def test_a_press_is_acknowledged_whatever_the_database_does(
    world: World, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be read of who is away, a button that decides for a group still stops waiting."""

    async def broken(_chat: ChatAddress, **_: bool) -> bool:
        raise OperationalError("", {}, Exception("disk I/O error"))

    monkeypatch.setattr(subscriptions, "resume", broken)
    below = {"message_id": 9, "date": 1758704400, "chat": GROUP, "text": "x", "from": BOT}
    world.api.trouble("getChatMember", 400, "Bad Request: member list is inaccessible")
    await world.process(world.press("do:subscribe", below))
    await settled()
    assert "answerCallbackQuery" in world.api.names


async def test_a_press_is_acknowledged_whatever_fails(
    world: World, talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where it cannot be told who pressed, or what they asked for fails, a button that decides for a group stops
    waiting, and who pressed it alone is told so, in their language."""
    below = {"message_id": 9, "date": 1758704400, "chat": GROUP, "text": "x", "from": BOT}
    await world.process(world.press("do:subscribe", below))  # what comes back for getChatMember is no member at all
    await settled()

    async def broken(*_: object) -> list[Reply]:
        raise ValueError("another bug")

    monkeypatch.setattr(talk, "press", broken)
    world.api.trouble("getChatMember", 400, "Bad Request: member list is inaccessible")
    await world.process(world.press("do:subscribe", below))
    await settled()
    told = [call for name, call in world.api.calls if name == "answerCallbackQuery"]
    assert [(call["text"], call["show_alert"]) for call in told] == [(say("it", "busy"), True)] * 2
    assert world.api.sent == []
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


async def test_speaking_does_not_undo_a_wish(world: World, subscriptions: Subscriptions) -> None:
    """Who left by /unsubscribe, or rests, may ask and press whatever they like: they hear no news."""
    chat = ChatAddress(Channel.TELEGRAM, "7")
    await subscriptions.subscribe(chat, "it")
    for reason in (PauseReason.RESTING, PauseReason.PERSON):
        await (subscriptions.unsubscribe(chat) if reason is PauseReason.PERSON else subscriptions.pause(chat, reason))
        await world.process(world.message(text="say hello"), world.press("do:privacy"))
        found = await subscriptions.preferences_of(chat)
        assert found is not None
        assert found.pause_reason is reason


async def test_unblocking_does_not_undo_a_wish(world: World, subscriptions: Subscriptions) -> None:
    """Who left by /unsubscribe stays out, whatever happens to the chat."""
    chat = ChatAddress(Channel.TELEGRAM, "7")
    await subscriptions.subscribe(chat, "it")
    await subscriptions.unsubscribe(chat)
    await world.process(world.member("kicked"), world.member("member"))
    found = await subscriptions.preferences_of(chat)
    assert found is not None
    assert found.pause_reason is PauseReason.PERSON


async def test_removed_from_a_group(world: World, subscriptions: Subscriptions) -> None:
    """A group that throws the bot out is paused."""
    chat = ChatAddress(Channel.TELEGRAM, "-100")
    await subscriptions.subscribe(chat, "it")
    await world.process(world.member("left", GROUP))
    found = await subscriptions.preferences_of(chat)
    assert found is not None
    assert found.pause_reason is PauseReason.BLOCKED


async def test_a_group_becomes_a_supergroup(
    world: World, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The subscription moves along to the new address, and what is still to be said to the group."""
    owed: list[tuple[str, str]] = []
    monkeypatch.setattr(Apologies, "move", lambda _, chat, address: owed.append((chat.address, address)))
    old, new = (ChatAddress(Channel.TELEGRAM, address) for address in ("-5", "-1005"))
    await subscriptions.subscribe(old, "it")
    group = {"id": -5, "type": "group", "title": "Cars"}
    await world.process(world.message(group, migrate_to_chat_id=-1005))
    await world.process(world.message({**GROUP, "id": -1005}, migrate_from_chat_id=-5))
    assert await subscriptions.preferences_of(old) is None
    moved = await subscriptions.preferences_of(new)
    assert moved is not None
    assert moved.state is SubscriptionState.ACTIVE
    assert owed == [("-5", "-1005")]
    assert world.api.calls[1:] == []


async def test_a_failure_gets_a_kind_sentence(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """When answering fails, the person hears so in their language and the operator gets the cause, without the text."""
    await world.process(world.message(text="fail: my secret question"))
    assert world.api.sent == [(7, say("it", "busy"))]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "a message was not answered: ValueError"
    assert record.exc_info is not None
    assert "my secret question" not in caplog.text


async def test_a_database_that_fails(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Trouble of the database is one line for the operator, without statement or traceback, and a kind sentence."""
    await world.process(world.message(text="database"))
    assert world.api.sent == [(7, say("it", "busy"))]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "the database failed, a message was not answered: disk I/O error"
    assert not record.exc_info


async def test_a_failure_while_nobody_speaks(
    world: World, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where blocking the bot cannot be written down, nobody is written to."""

    async def broken(_chat: ChatAddress, _reason: PauseReason) -> bool:
        raise OperationalError("", {}, Exception("disk I/O error"))

    monkeypatch.setattr(subscriptions, "pause", broken)
    await world.process(world.member("kicked"))
    assert world.api.calls[1:] == []
    assert "the database failed, a message was not answered: disk I/O error" in caplog.messages


async def test_a_button_changes_its_message(world: World) -> None:
    """What is to take the place of the message whose button was pressed does, and what follows is sent after it."""
    await world.process(world.press("edit:"))
    edits = [(call["message_id"], call["text"]) for name, call in world.api.calls if name == "editMessageText"]
    assert edits == [(9, "changed")]
    assert world.api.sent == [(7, "and more")]


async def test_one_message_has_one_place(world: World) -> None:
    """A second message does not take the place of what the first one changed."""
    await world.process(world.press("edit:twice"))
    assert world.api.names.count("editMessageText") == 1
    assert world.api.sent == [(7, "and more")]


@pytest.mark.parametrize("reason", ["message to edit not found", "message can't be edited"])
async def test_what_cannot_be_changed_is_said_anew(world: World, reason: str) -> None:
    """Where the message was deleted or is too old, the answer comes as a message of its own."""
    world.api.trouble("editMessageText", 400, f"Bad Request: {reason}")
    await world.process(world.press("edit:"))
    assert world.api.sent == [(7, "changed"), (7, "and more")]


async def test_what_a_message_says_already_is_not_said_again(world: World) -> None:
    """Pressing a button twice changes nothing the second time, and is no error."""
    world.api.trouble("editMessageText", 400, "Bad Request: message is not modified: exactly the same")
    await world.process(world.press("edit:"))
    assert world.api.sent == [(7, "and more")]


async def test_a_key_for_a_place_needs_a_new_message(world: World) -> None:
    """Telegram puts no keyboard under a message that is there already."""
    await world.process(world.press("edit:place"))
    assert "editMessageText" not in world.api.names
    assert [text for _, text in world.api.sent] == ["changed", "and more"]
