"""Who speaks and who decides, read from updates through the real library; and what reaches the conversation of them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import pytest
from telegram.ext import Application
from telegram.request import RequestData

from bot.chat.conversation import Conversation
from bot.chat.features import Place, Visitor
from bot.chat.links import data_of
from bot.replies import Channel, ChatAddress, Document, Reply
from bot.state.subscriptions import Subscriptions
from bot.telegram.administrators import KNOWN_FOR, Administrators
from bot.telegram.handlers import LARGEST_FILE, Handlers
from bot.telegram.replying import Replier
from bot.telegram.sender import TelegramSender
from bot.texts import say
from tests.clocks import StoppedClock
from tests.senders import TOKEN, HastyTime, hasty_limiter
from tests.test_handlers import ANNA, BOT, GROUP, PRIVATE, Json, Telegram, World, settled

CHANNEL = {"id": -200, "type": "channel", "title": "News"}
IN_CHANNEL = {"message_id": 9, "date": 1, "chat": CHANNEL, "text": "x"}
NOBODY = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
FILE = {"file_id": "f", "file_unique_id": "u"}
ALERT = "Only administrators."


class Api(Telegram):
    """The Bot API of the tests, with members and a file."""

    def __init__(self) -> None:
        super().__init__()
        self.status = "member"

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
        results: dict[str, Json] = {
            "getChatMember": {"user": ANNA, "status": self.status, "until_date": 0, "is_anonymous": False},
            "getFile": {**FILE, "file_path": "documents/news.txt"},
        }
        if name in results and not self.troubles.get(name):
            rights = dict.fromkeys(("can_be_edited", "can_manage_chat", "can_delete_messages"), True)
            rights |= dict.fromkeys(("can_manage_video_chats", "can_restrict_members", "can_promote_members"), True)
            rights |= dict.fromkeys(("can_change_info", "can_invite_users"), True)
            rights |= dict.fromkeys(("can_post_stories", "can_edit_stories", "can_delete_stories"), True)
            result = results[name] | (rights if self.status == "administrator" else {})
            self.troubles.setdefault(name, []).append((200, json.dumps({"ok": True, "result": result}).encode()))
        if name == "news.txt":
            return 200, b"New!"
        return await super().do_request(url, method, request_data)


@dataclass
class Heard:
    """A conversation that writes down what it is told."""

    things: list[tuple[Visitor, object]] = field(default_factory=list)
    reply: Reply = field(default_factory=lambda: Reply("heard"))

    async def command(self, visitor: Visitor, name: str, argument: str = "") -> list[Reply]:
        return self._hear(visitor, f"/{name} {argument}".strip())

    async def message(self, visitor: Visitor, text: str) -> list[Reply]:
        return self._hear(visitor, text)

    async def press(self, visitor: Visitor, data: str) -> list[Reply]:
        return self._hear(visitor, data)

    async def sent(self, visitor: Visitor, what: object) -> list[Reply]:
        return self._hear(visitor, what)

    async def language_of(self, visitor: Visitor) -> str:
        return visitor.reported or "en"

    def knows(self, name: str, visitor: Visitor | None = None) -> bool:
        del visitor
        return name != "other"

    def _hear(self, visitor: Visitor, what: object) -> list[Reply]:
        self.things.append((visitor, what))
        return [self.reply]

    @property
    def last(self) -> tuple[Visitor, object]:
        """What was heard last, and of whom."""
        return self.things[-1]


class Present:
    """Subscriptions of chats that were never absent."""

    async def resume(self, chat: ChatAddress) -> bool:
        del chat
        return False


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def world(heard: Heard, api: Api, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The library's application with our handlers over that conversation; the files of Anna are of use."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    time = HastyTime()
    builder = Application.builder().token(TOKEN).request(api).get_updates_request(Telegram()).job_queue(None)
    application = builder.rate_limiter(hasty_limiter(time)).build()
    await application.initialize()
    replier = Replier(TelegramSender(application.bot, time.sleep), application.bot, time.sleep)
    handlers = Handlers(
        cast("Conversation", heard),
        cast("Subscriptions", Present()),
        replier,
        application.bot,
        takes_files=lambda visitor: visitor.user == ANNA["id"],
    )
    handlers.register(application)
    yield World(application, api, time)
    await replier.close()
    await application.shutdown()


def asked(api: Api) -> int:
    """How often Telegram was asked who somebody is."""
    return api.names.count("getChatMember")


async def test_in_private_everybody_decides(world: World, heard: Heard, api: Api) -> None:
    """A person in their own chat is in charge there, and nobody is asked about it."""
    await world.process(world.message(text="/subscribe"), world.press("set:done"))
    here = ChatAddress(Channel.TELEGRAM, "7")
    assert heard.things == [(Visitor(here, "it", 7), "/subscribe"), (Visitor(here, "it", 7), "set:done")]
    assert asked(api) == 0


@pytest.mark.parametrize(("status", "decides"), [("administrator", True), ("member", False)])
async def test_in_a_group_its_administrators_decide(
    world: World, heard: Heard, api: Api, status: str, decides: bool
) -> None:
    """Telegram is asked who somebody is, once a minute, for what changes something, and for nothing else."""
    api.status = status
    in_group = {"message_id": 9, "date": 1, "chat": GROUP, "text": "x", "from": BOT}
    for command in ("/subscribe", "/settings@annuncio_bot Rome", "/language de"):
        await world.process(world.message(GROUP, text=command))
        assert heard.last[0] == Visitor(
            ChatAddress(Channel.TELEGRAM, "-100"), "it", 7, private=False, in_charge=decides
        )
    await world.process(world.press("set:done", in_group))
    assert heard.last[0].in_charge is decides
    assert asked(api) == 1
    for update in (world.message(GROUP, text="/ask When?"), world.press("q:0123", in_group)):
        await world.process(update)
    assert not heard.last[0].in_charge
    assert asked(api) == 1


async def test_a_forum_topic_is_a_chat_of_its_own(world: World, heard: Heard, api: Api) -> None:
    """What is typed in a topic is heard as said there."""
    api.status = "administrator"
    forum = {**GROUP, "is_forum": True}
    await world.process(world.message(forum, text="/subscribe", message_thread_id=12, is_topic_message=True))
    assert heard.last[0].chat == ChatAddress(Channel.TELEGRAM, "-100", 12)
    assert heard.last[0].in_charge


async def test_anonymous_administrators(world: World, heard: Heard, api: Api) -> None:
    """Who speaks as the group itself is one of its administrators; who speaks as some channel need not be."""
    await world.process(world.message(GROUP, NOBODY, text="/subscribe", sender_chat=GROUP))
    assert heard.last[0] == Visitor(ChatAddress(Channel.TELEGRAM, "-100"), None, None, private=False, in_charge=True)
    await world.process(world.message(GROUP, NOBODY, text="/subscribe", sender_chat=CHANNEL))
    assert not heard.last[0].in_charge
    assert asked(api) == 0


async def test_when_telegram_does_not_say(world: World, heard: Heard, api: Api) -> None:
    """Where nobody knows who somebody is, they do not decide; the next time it is asked again."""
    api.trouble("getChatMember", 400, "Bad Request: member list is inaccessible")
    api.status = "administrator"
    await world.process(world.message(GROUP, text="/subscribe"))
    assert not heard.last[0].in_charge
    await world.process(world.message(GROUP, text="/subscribe"))
    assert heard.last[0].in_charge


async def test_what_telegram_said_holds_for_a_minute(world: World, api: Api) -> None:
    """Who was made an administrator waits a minute at most."""
    clock = StoppedClock()
    administrators = Administrators(world.application.bot, clock)
    for status, seconds in (("member", 0.0), ("administrator", KNOWN_FOR.total_seconds() - 1)):
        api.status = status
        clock.forward(seconds)
        assert not await administrators.include(-100, 7)
    clock.forward(1)
    assert await administrators.include(-100, 7)


async def test_what_is_remembered_of_administrators_is_bounded(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many groups, those asked about longest ago are asked about again."""
    monkeypatch.setattr("bot.telegram.administrators.KNOWN", 2)
    administrators = Administrators(world.application.bot, StoppedClock())
    for chat in (-1, -2, -3, -3, -1):
        await administrators.include(chat, 7)
    assert asked(api) == 4


async def test_a_press_that_is_for_one_is_answered_to_one(world: World, heard: Heard, api: Api) -> None:
    """An alert is shown over the chat to whoever pressed, and the group sees nothing of it."""
    heard.reply = Reply(f"<b>{ALERT}</b>", alert=True)
    await world.process(world.press("set:done", {"message_id": 9, "date": 1, "chat": GROUP, "text": "x", "from": BOT}))
    await settled()
    [answer] = [call for name, call in api.calls if name == "answerCallbackQuery"]
    assert (answer["text"], answer["show_alert"]) == (ALERT, True)
    assert api.sent == []


@pytest.mark.parametrize(
    ("data", "start"),
    [
        ("about:0123456789abcdef", "about-0123456789abcdef"),
        ("q:0123456789abcdef", "ask-0123456789abcdef"),
        ("more:zh:0123456789abcdef:fedcba9876543210", "more-zh-0123456789abcdef-fedcba9876543210"),
        ("not:en", "not-en"),
    ],
)
async def test_who_asks_in_a_channel_is_led_to_the_private_chat(
    world: World, heard: Heard, api: Api, data: str, start: str
) -> None:
    """A reader who presses a button that asks makes the bot post nothing in the channel: a link to the bot opens, and
    does there what the button does."""
    await world.process(world.press(data, IN_CHANNEL))
    await settled()
    assert [call for name, call in api.calls if name != "getMe"] == [
        {"callback_query_id": "cb", "show_alert": False, "url": f"https://t.me/{BOT['username']}?start={start}"}
    ]
    assert heard.things == []
    assert len(start) <= 64
    assert data_of(start) == data


@pytest.mark.parametrize("data", ["do:settings", "do:subscribe", "set:done", "less:", "from an older version"])
async def test_in_a_channel_only_those_who_run_it_make_the_bot_post(
    world: World, heard: Heard, api: Api, data: str
) -> None:
    """Whatever a reader presses there is answered over the chat to them alone; an administrator's press counts."""
    await world.process(world.press(data, IN_CHANNEL))
    await settled()
    [answer] = [call for name, call in api.calls if name == "answerCallbackQuery"]
    assert (answer["text"], answer["show_alert"]) == (say("it", "in_charge"), True)
    assert (heard.things, api.sent) == ([], [])


async def test_administrators_press_in_their_channel(world: World, heard: Heard, api: Api) -> None:
    """What they decide is done and shown there."""
    api.status = "administrator"
    await world.process(world.press("set:done", IN_CHANNEL))
    assert [(visitor.in_charge, what) for visitor, what in heard.things] == [(True, "set:done")]
    assert api.sent == [(-200, "heard")]


async def sorry(_visitor: Visitor) -> list[Reply]:
    """What is said where something went wrong."""
    return [Reply("sorry")]


async def test_a_press_that_fails_in_a_channel_is_no_post(
    world: World, heard: Heard, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of trouble with one press not all readers are told, only who pressed."""

    async def broken(_visitor: Visitor) -> str:
        raise ValueError("a bug")

    monkeypatch.setattr(heard, "language_of", broken, raising=False)
    monkeypatch.setattr(heard, "trouble", sorry, raising=False)
    await world.process(world.press("set:done", IN_CHANNEL))
    await settled()
    assert api.names.count("answerCallbackQuery") == 1
    assert api.sent == []


async def test_a_press_in_a_group_is_acknowledged_even_when_it_fails(
    world: World, heard: Heard, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock on the button stops, whatever happens, and the group is spared."""

    async def broken(_visitor: Visitor, _data: str) -> list[Reply]:
        raise ValueError("a bug")

    monkeypatch.setattr(heard, "press", broken, raising=False)
    monkeypatch.setattr(heard, "trouble", sorry, raising=False)
    await world.process(world.press("set:done", {"message_id": 9, "date": 1, "chat": GROUP, "text": "x", "from": BOT}))
    await settled()
    assert api.names.count("answerCallbackQuery") == 1
    assert api.sent == []


async def test_posts_of_a_channel(world: World, heard: Heard, api: Api) -> None:
    """A command posted in a channel comes from those who run it; anything else there is not for the bot."""

    def post(text: str) -> Json:
        length = len(text.split()[0])
        marked = {"entities": [{"type": "bot_command", "offset": 0, "length": length}]} if text[0] == "/" else {}
        return {"message_id": 5, "date": 1, "chat": CHANNEL, "sender_chat": CHANNEL, "text": text, **marked}

    for text in ("/subscribe", "/ask When?", "When?", "/other", "/help@other_bot"):
        await world.process(world.update(channel_post=post(text)))
    await settled()
    in_channel = Visitor(ChatAddress(Channel.TELEGRAM, "-200"), None, None, private=False, in_charge=True)
    assert [what for _, what in heard.things] == ["/subscribe", "/ask When?"]
    assert heard.things[0][0] == in_channel
    assert [chat for chat, _ in api.sent] == [-200, -200]
    assert "sendChatAction" not in api.names
    repeated = world.message(GROUP, NOBODY, text="/subscribe", sender_chat=CHANNEL, is_automatic_forward=True)
    await world.process(repeated)
    assert len(heard.things) == 2


async def test_a_place(world: World, heard: Heard) -> None:
    """A location in a private chat is handed on, and shown in no log; in a group it is none of the bot's business."""
    spot = {"latitude": 45.5, "longitude": 9.25}
    await world.process(world.message(location=spot), world.message(GROUP, location=spot))
    [(_, place)] = heard.things
    assert place == Place(45.5, 9.25, asked=False)
    assert "45" not in repr(place)


async def test_a_place_that_was_asked_for(world: World, heard: Heard) -> None:
    """What is sent while the button for it is shown is told from what comes unasked, as when it is gone again."""
    heard.reply = Reply("Where are you?", asks_place="Here")
    await world.process(world.message(text="my clock"))
    heard.reply = Reply("I see.")
    for _ in range(2):
        await world.process(world.message(location={"latitude": 45.5, "longitude": 9.25}))
    assert [what for _, what in heard.things[1:]] == [Place(45.5, 9.25, asked=True), Place(45.5, 9.25, asked=False)]


async def test_a_file(world: World, heard: Heard, api: Api) -> None:
    """A file is fetched from those whose files are of use, unless it is too large; that of others is not looked at."""
    document = {**FILE, "file_name": "news.txt", "file_size": 4}
    await world.process(world.message(document=document))
    assert heard.last[1] == Document("news.txt", b"New!")
    fetched = api.names.count("getFile")
    stranger = {**ANNA, "id": 8}
    await world.process(
        world.message(document={**document, "file_size": LARGEST_FILE + 1}),
        world.message({**PRIVATE, "id": 8}, stranger, document=document),
    )
    assert [what for _, what in heard.things[1:]] == [None, None]
    assert api.names.count("getFile") == fetched == 1
