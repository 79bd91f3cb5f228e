"""The Bot API server of the tests, asked through the real python-telegram-bot: it refuses what Telegram refuses."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.bot_api import BotApiServer, BreachKind, Chat, User, faults
from tests.bot_api.entities import units
from tests.bot_api.markup import parse_html
from tests.bot_api.model import Refusal
from tests.bot_api.params import Params
from tests.bot_api.updates import entities_of
from tests.bot_api.world import World

pytestmark = pytest.mark.enable_socket

TOKEN = "123:TEST"  # noqa: S105  # a made-up one
SECRET = "abc_-1"  # noqa: S105  # a made-up one
ANNA = 42


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer(TOKEN) as running:
        yield running


@pytest.fixture
def anna(server: BotApiServer) -> Chat:
    return server.chat(ANNA, language_code="it", first_name="Anna")


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{server.base_url}/bot") as running:
        yield running


def buttons(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(rows)


def button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=data)


# Who is asked, and how.


async def test_a_known_token_is_the_bot(bot: Bot) -> None:
    """`getMe` names the bot that the token stands for."""
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (123, "annuncio_bot", True)


async def test_another_token_is_unauthorized(server: BotApiServer) -> None:
    """A wrong token gets 401, as from Telegram."""
    stranger = Bot("124:OTHER", base_url=f"{server.base_url}/bot")
    with pytest.raises(InvalidToken, match="rejected by the server"):
        await stranger.initialize()
    await stranger.shutdown()
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{server.base_url}/bot124:OTHER/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


@pytest.mark.parametrize("path", [f"/bot{TOKEN}/flyToMoon", "/bot12/getMe", "/", "/elsewhere"])
async def test_an_unknown_method_is_not_found(server: BotApiServer, path: str) -> None:
    """An unknown method, a malformed token and any other address get 404."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(server.base_url + path)
    assert (answer.status_code, answer.json()["description"]) == (404, "Not Found")


@pytest.mark.parametrize("body", ["form", "json", "multipart", "query"])
async def test_every_kind_of_body_is_read(server: BotApiServer, anna: Chat, body: str) -> None:
    """Parameters arrive the same from a form, JSON, a form with files, and the query."""
    markup = {"inline_keyboard": [[{"text": "Sì", "callback_data": "yes"}]]}
    form = {"chat_id": str(ANNA), "text": "Perché no? 🚗", "reply_markup": json.dumps(markup)}
    url = f"{server.base_url}/bot{TOKEN}/sendmessage"
    async with httpx.AsyncClient() as client:
        if body == "form":
            answer = await client.post(url, data=form)
        elif body == "json":
            answer = await client.post(url, json=form | {"chat_id": ANNA, "reply_markup": markup})
        elif body == "multipart":
            answer = await client.post(url, data=form, files={"file": ("a.txt", b"a")})
        else:
            answer = await client.get(url, params=form)
    assert answer.json()["result"]["text"] == "Perché no? 🚗"
    assert anna.messages[0].labels == ("Sì",)


# What a message may be.


async def test_a_message_is_kept_as_a_person_sees_it(bot: Bot, anna: Chat) -> None:
    """A sent message is kept with its parsed text, its HTML, entities and buttons, and comes back parsed."""
    message = await bot.send_message(
        ANNA,
        " <b>Nel 2027</b>, 🚗 <a href='https://mi.com'>fonte</a> ",
        parse_mode=ParseMode.HTML,
        reply_markup=buttons([button("Perché?", "why"), InlineKeyboardButton("Apri", url="https://mi.com")]),
        disable_notification=True,
    )
    [sent] = anna.messages
    assert sent.text == message.text == "Nel 2027, 🚗 fonte"
    assert sent.html == " <b>Nel 2027</b>, 🚗 <a href='https://mi.com'>fonte</a> "
    assert [(one.kind, one.covers(sent.text)) for one in sent.entities] == [
        ("bold", "Nel 2027"),
        ("text_link", "fonte"),
    ]
    assert message.parse_entities() == dict(zip(message.entities, ["Nel 2027", "fonte"], strict=True))
    assert [(one.text, one.data, one.url) for one in sent.buttons[0]] == [
        ("Perché?", "why", None),
        ("Apri", None, "https://mi.com"),
    ]
    assert sent.silent


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "message text is empty"),
        (" \n", "text must be non-empty"),
        ("<b></b>", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("🚗" * 2048 + "x", "message is too long"),
        ("<p>x</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ("è <br/>", 'can\'t parse entities: Unsupported start tag "br/" at byte offset 3'),
        ("a < b", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            "<b>x</i>",
            'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        ),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        ("x <b", "can't parse entities: Unclosed start tag at byte offset 2"),
        (
            "<blockquote>x<blockquote>y</blockquote></blockquote>",
            "can't parse entities: Tag \"blockquote\" can't be nested at byte offset 13",
        ),
    ],
)
async def test_a_text_that_telegram_refuses(server: BotApiServer, bot: Bot, anna: Chat, html: str, reason: str) -> None:
    """Empty, too long and badly written texts are refused in Telegram's words, and counted."""
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANNA, html, parse_mode=ParseMode.HTML)
    assert refused.value.message == reason.capitalize()  # as python-telegram-bot writes it
    assert anna.messages == ()
    kind = BreachKind.MARKUP if reason.startswith("can't parse") else BreachKind.TEXT
    assert [(one.kind, one.chat_id, one.description) for one in server.breaches] == [
        (kind, ANNA, f"Bad Request: {reason}")
    ]


@pytest.mark.parametrize("html", ["<b>" + "x" * 4096 + "</b>", "🚗" * 2048, "&lt;" * 4096, "x" * 4096 + "\n"])
async def test_length_counts_after_the_markup_is_read(bot: Bot, anna: Chat, html: str) -> None:
    """4,096 UTF-16 units pass, whatever the markup around them weighs."""
    await bot.send_message(ANNA, html, parse_mode=ParseMode.HTML)
    assert units(anna.messages[0].text) == 4096


async def test_without_a_parse_mode_text_is_text(bot: Bot, anna: Chat) -> None:
    """Without a parse mode angle brackets stay, and given entities are kept."""
    await bot.send_message(ANNA, "a <b> c", entities=[MessageEntity("bold", 0, 1)])
    [sent] = anna.messages
    assert sent.text == "a <b> c"
    assert [(one.kind, one.offset, one.length) for one in sent.entities] == [("bold", 0, 1)]


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("&lt;&gt;&amp;&quot;&#39;&#x1F697;", "<>&\"'🚗", []),
        ("&nbsp; & &laquo; &#0;", "&nbsp; & &laquo; &#0;", []),
        ("<i>a<u>b</u></i>", "ab", [("italic", "ab"), ("underline", "b")]),
        ("<s>a</s><strike>b</strike><del>c</del>", "abc", [("strikethrough", one) for one in "abc"]),
        ('<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>', "ab", [("spoiler", "a"), ("spoiler", "b")]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", "a")]),
        ("<blockquote>🚗 a</blockquote> b", "🚗 a b", [("blockquote", "🚗 a")]),
        ('<pre><code class="language-python">a</code></pre>', "a", [("pre", "a")]),
        ("<code>a<b>b</b></code>", "ab", [("code", "ab")]),
        ('<tg-emoji emoji-id="5368">🚗</tg-emoji>', "🚗", [("custom_emoji", "🚗")]),
        ("<STRONG>a</STRONG><b></b>", "a", [("bold", "a")]),
        ('<a href="nothing">a</a><a href="tg://user?id=1&amp;x=2">b</a>', "ab", [("text_link", "b")]),
    ],
)
def test_html_that_telegram_reads(html: str, text: str, entities: list[tuple[str, str]]) -> None:
    """The tags and references of Telegram's HTML are read, unknown references stay as they are."""
    shown = parse_html(html)
    assert shown.text == text
    assert [(one.kind, one.covers(text)) for one in shown.entities] == entities


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 0'),
        ("<i aba = ", 'Unclosed start tag "i" at byte offset 0'),
        ("<i aba=19,", "Unexpected end of name token at byte offset 7"),
        ('è<i aba="x>', "Unclosed start tag at byte offset 2"),
        ("<i>a</i  ", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<tg-emoji emoji-id="x">y</tg-emoji>', "Invalid custom emoji identifier specified"),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
    ],
)
def test_html_that_telegram_refuses(html: str, reason: str) -> None:
    """A badly written tag is refused with the byte at which it begins."""
    with pytest.raises(Refusal) as refused:
        parse_html(html)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (buttons([button("Sì", "è" * 33)]), "BUTTON_DATA_INVALID"),
        (buttons([button("", "x")]), "inline keyboard button text must be non-empty"),
        (buttons(*[[button("x", "x")]] * 101), "REPLY_MARKUP_TOO_LONG"),
        (
            buttons([InlineKeyboardButton("x")]),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            buttons([InlineKeyboardButton("x", url="nowhere")]),
            "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
        ),
    ],
)
async def test_buttons_that_telegram_refuses(
    server: BotApiServer, bot: Bot, anna: Chat, markup: InlineKeyboardMarkup, reason: str
) -> None:
    """Long data, empty labels, too many buttons and buttons that do nothing are refused and counted."""
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANNA, "x", reply_markup=markup)
    assert refused.value.message == reason.capitalize()  # as python-telegram-bot writes it
    assert [(one.kind, one.description) for one in server.breaches] == [(BreachKind.BUTTONS, f"Bad Request: {reason}")]
    assert anna.messages == ()


async def test_keyboards_at_their_limits_pass(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """64 bytes of data, a hundred buttons and a reply keyboard pass."""
    await bot.send_message(ANNA, "x", reply_markup=buttons(*[[button("x", "è" * 32)]] * 100))
    await bot.send_message(ANNA, "x", reply_markup=ReplyKeyboardMarkup([["Sì", "No"]]))
    await bot.send_message(ANNA, "x", reply_markup=ForceReply())
    assert len(anna.messages[0].labels) == 100
    assert anna.messages[1].keyboard == (("Sì", "No"),)
    assert server.breaches == ()


async def test_unknown_chats_threads_and_messages_are_refused(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """A chat, a topic or a message that is not there is named in the refusal."""
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(7, "x")
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(ANNA, "x", message_thread_id=9)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ANNA, "x", reply_to_message_id=9)
    missing = ReplyParameters(9, allow_sending_without_reply=True)
    await bot.send_message(ANNA, "x", reply_parameters=missing)
    assert anna.messages[0].reply_to is None
    group = server.chat(-1001, kind="supergroup", forum=True, username="gruppo")
    said = group.says("/ask x", thread_id=5)
    message = await bot.send_message("@gruppo", "y", message_thread_id=5, reply_to_message_id=said.message_id)
    assert (message.message_thread_id, message.is_topic_message) == (5, True)
    assert message.reply_to_message is not None
    assert (group.messages[0].thread_id, group.messages[0].reply_to) == (5, said.message_id)


# Changing messages.


async def test_edits_make_versions(bot: Bot, anna: Chat) -> None:
    """An edit is a new version of the message; without a keyboard it takes the old one away."""
    message = await bot.send_message(ANNA, "uno", reply_markup=buttons([button("x", "x")]))
    edited = await message.edit_text("<i>due</i>", parse_mode=ParseMode.HTML)
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup) == ("due", None)
    await message.edit_reply_markup(buttons([button("y", "y")]))
    assert [(one.version, one.text, one.labels) for one in anna.history] == [
        (0, "uno", ("x",)),
        (1, "due", ()),
        (2, "due", ("y",)),
    ]
    assert [one.version for one in anna.messages] == [2]


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, anna: Chat) -> None:
    """The same text and keyboard are "not modified"; a message that is missing, or a person's, cannot be edited."""
    markup = buttons([button("x", "x")])
    message = await bot.send_message(ANNA, "<b>uno</b>", parse_mode=ParseMode.HTML, reply_markup=markup)
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
        await message.edit_text("<strong>uno</strong>", parse_mode=ParseMode.HTML, reply_markup=markup)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await message.edit_reply_markup(markup)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", ANNA, 99)
    said = anna.says("ciao")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", ANNA, said.message_id)
    assert len(anna.history) == 1


async def test_messages_can_be_deleted_and_reacted_to(bot: Bot, anna: Chat) -> None:
    """Deleting takes the message away once; a reaction needs a message and a known emoji."""
    said = anna.says("ciao")
    message = await bot.send_message(ANNA, "uno")
    await bot.set_message_reaction(ANNA, said.message_id, "👍")
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await bot.set_message_reaction(ANNA, said.message_id, "x")
    with pytest.raises(BadRequest, match="Message to react not found"):
        await bot.set_message_reaction(ANNA, 99, "👍")
    await message.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await message.delete()
    assert anna.messages == ()
    assert await bot.send_chat_action(ANNA, ChatAction.TYPING)
    assert anna.actions == ("typing",)


# What the bot says of itself, and where it is.


async def test_menus_are_kept_by_scope_and_language(bot: Bot) -> None:
    """Command menus are kept by scope and language, and can be taken away."""
    await bot.set_my_commands([("ask", "Chiedi")], language_code="it")
    await bot.set_my_commands([("ask", "Ask")], scope=BotCommandScopeAllPrivateChats())
    assert await bot.get_my_commands(language_code="it") == (BotCommand("ask", "Chiedi"),)
    assert await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats()) == (BotCommand("ask", "Ask"),)
    assert await bot.get_my_commands() == ()
    await bot.delete_my_commands(language_code="it")
    assert await bot.get_my_commands(language_code="it") == ()


@pytest.mark.parametrize(
    ("command", "description", "reason"),
    [
        ("x" * 33, "x", "command length must not exceed 32"),
        ("x", "x" * 257, "command description length must not exceed 256"),
        ("x", "", "command description must be non-empty"),
        ("", "x", "command must be non-empty"),
        ("Ask", "x", "BOT_COMMAND_INVALID"),
    ],
)
async def test_commands_that_telegram_refuses(
    server: BotApiServer, bot: Bot, command: str, description: str, reason: str
) -> None:
    """A command of more than 32 small letters, or a description of more than 256, is refused and counted."""
    with pytest.raises(BadRequest) as refused:
        await bot.set_my_commands([(command, description)])
    assert refused.value.message == reason.capitalize()  # as python-telegram-bot writes it
    assert [(one.kind, one.description) for one in server.breaches] == [(BreachKind.COMMANDS, f"Bad Request: {reason}")]
    assert await bot.set_my_commands([("x" * 32, "x" * 256)])


async def test_descriptions_have_limits_and_languages(server: BotApiServer, bot: Bot) -> None:
    """512 characters of description and 120 of the short one pass, in each language; one more is refused."""
    await bot.set_my_description("x" * 512)
    await bot.set_my_short_description("y" * 120, "it")
    await bot.set_my_name("Annuncio!")
    assert (await bot.get_my_description("de")).description == "x" * 512
    assert (await bot.get_my_short_description("it")).short_description == "y" * 120
    assert (await bot.get_my_short_description()).short_description == ""
    assert (await bot.get_my_name()).name == "Annuncio!"
    with pytest.raises(BadRequest):
        await bot.set_my_description("x" * 513)
    with pytest.raises(BadRequest):
        await bot.set_my_short_description("x" * 121)
    with pytest.raises(BadRequest, match="Invalid language code specified"):
        await bot.set_my_description("x", "ita")
    assert {one.kind for one in server.breaches} == {BreachKind.PROFILE}


@pytest.mark.usefixtures("anna")
async def test_chats_and_their_members(server: BotApiServer, bot: Bot) -> None:
    """The bot can look at a chat and its members, and leave a group."""
    assert (await bot.get_chat(ANNA)).first_name == "Anna"
    group = server.chat(-5, kind="group", title="Amici")
    group.gives_role(User(8, "Bruno"), "administrator")
    assert (await bot.get_chat(-5)).title == "Amici"
    assert (await bot.get_chat_member(-5, 8)).status == "administrator"
    assert (await bot.get_chat_member(ANNA, ANNA)).status == "member"
    assert (await bot.get_chat_member(-5, 9)).status == "left"
    await bot.leave_chat(-5)
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(-5, "x")


# What people do.


async def test_what_people_write_arrives_parsed(bot: Bot, anna: Chat) -> None:
    """A message arrives with its sender, chat, date and the entities that Telegram marks, in UTF-16 units."""
    anna.says("🚗 /ask@annuncio_bot quando? https://mi.com @qualcuno #auto")
    [update] = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (message.from_user.first_name, message.from_user.language_code) == ("Anna", "it")
    assert (message.chat.id, message.chat.type) == (ANNA, "private")
    assert {one.type: text for one, text in message.parse_entities().items()} == {
        "bot_command": "/ask@annuncio_bot",
        "url": "https://mi.com",
        "mention": "@qualcuno",
        "hashtag": "#auto",
    }
    assert message.entities[0].offset == 3


@pytest.mark.parametrize(("text", "commands"), [("/a/b", 0), ("e/o", 0), ("/start x", 1), ("(/help)", 1), ("//", 0)])
def test_only_commands_are_commands(text: str, commands: int) -> None:
    """A slash inside a word or a path makes no command."""
    assert [one["type"] for one in entities_of(text)] == ["bot_command"] * commands


async def test_every_kind_of_update_parses(bot: Bot, anna: Chat) -> None:
    """Edits, replies, voice, pictures, stickers, places, files, blocks and presses arrive as their kinds."""
    said = anna.says("ciao")
    message = await bot.send_message(ANNA, "x", reply_markup=buttons([button("Sì", "yes")]))
    anna.edits(said, "ciao!")
    anna.replies_to(anna.messages[0], "perché?")
    anna.sends_voice()
    anna.sends_photo("guarda")
    anna.sends_sticker()
    anna.sends_location()
    anna.sends_document("a.pdf")
    press = anna.presses("Sì")
    anna.blocks()
    anna.unblocks()
    updates = await bot.get_updates()
    assert [_kind(update) for update in updates] == [
        "text ciao",
        "edited ciao!",
        f"text perché? to {message.message_id}",
        "voice",
        "photo guarda",
        "sticker",
        "location",
        "document a.pdf",
        "press yes",
        "my_chat_member member->kicked",
        "my_chat_member kicked->member",
    ]
    ids = [update.update_id for update in updates]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert press.update_id == ids[8]


async def test_a_press_has_to_be_answered(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A press stays unanswered until the bot answers it; an unknown one is refused."""
    await bot.send_message(ANNA, "x", reply_markup=buttons([button("Sì", "yes")]))
    press = anna.presses("yes")
    [update] = await bot.get_updates()
    assert update.callback_query is not None
    assert isinstance(update.callback_query.message, Message)
    assert update.callback_query.message.text == "x"
    assert [one.query_id for one in server.unanswered_callbacks] == [press.query_id]
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query("1")
    await update.callback_query.answer("Fatto", show_alert=True)
    assert server.unanswered_callbacks == ()
    answer = anna.wait_for_answer(press)
    assert (answer.text, answer.alert) == ("Fatto", True)
    with pytest.raises(AssertionError, match="no button 'No' to press; there are: \\['Sì'\\]"):
        anna.presses("No")


async def test_a_bot_that_is_shut_out_is_forbidden(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """Blocked, removed or written to nobody, the bot gets the 403 of each case, until it is let in again."""
    anna.blocks()
    with pytest.raises(Forbidden, match="Forbidden: bot was blocked by the user"):
        await bot.send_message(ANNA, "x")
    with pytest.raises(ValueError, match="blocked"):
        anna.says("ciao")
    anna.unblocks()
    await bot.send_message(ANNA, "x")
    anna.deletes_account()
    with pytest.raises(Forbidden, match="Forbidden: user is deactivated"):
        await bot.send_message(ANNA, "x")
    group = server.chat(-1001, kind="supergroup")
    group.removes_bot()
    with pytest.raises(Forbidden, match="Forbidden: bot was kicked from the supergroup chat"):
        await bot.send_message(-1001, "x")
    group.adds_bot()
    await bot.send_message(-1001, "x")


async def test_a_group_that_grows_moves(bot: Bot, server: BotApiServer) -> None:
    """A group that becomes a supergroup tells its new number, in updates and to whoever writes to the old one."""
    grown = server.chat(-5, kind="group").becomes_supergroup(-1005)
    updates = await bot.get_updates()
    assert [(one.message.migrate_to_chat_id, one.message.migrate_from_chat_id) for one in updates if one.message] == [
        (-1005, None),
        (None, -5),
    ]
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-5, "x")
    assert moved.value.new_chat_id == -1005
    await bot.send_message(-1005, "x")
    assert [one.text for one in grown.messages] == ["x"]


async def test_privacy_mode_hides_what_is_not_for_the_bot(bot: Bot, server: BotApiServer) -> None:
    """In a group the bot hears commands for it and replies to it, and neither talk nor mentions."""
    group = server.chat(-5, kind="group")
    await bot.send_message(-5, "x")
    bruno = User(8, "Bruno", "de")
    heard = [
        group.says("che bello", user=bruno),
        group.says("@annuncio_bot quando?"),
        group.says("/ask@other_bot quando?"),
        group.says("/ask@annuncio_bot quando?", user=bruno),
        group.says("/start"),
        group.replies_to(group.messages[0], "e dove?"),
    ]
    assert [one.delivered for one in heard] == [False, False, False, True, True, True]
    assert len(await bot.get_updates()) == 3


# How updates arrive.


async def test_updates_stay_until_acknowledged(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """An update is given again until a later offset acknowledges it; the limit holds."""
    for text in "abc":
        anna.says(text)
    first, second = await bot.get_updates(limit=2)
    assert [one.update_id for one in await bot.get_updates(limit=1)] == [first.update_id]
    [third] = await bot.get_updates(offset=second.update_id + 1)
    assert third.message is not None
    assert third.message.text == "c"
    assert await bot.get_updates(offset=third.update_id + 1) == ()
    assert server.pending_updates == ()
    for text in "de":
        anna.says(text)
    [last] = await bot.get_updates(offset=-1)
    assert last.message is not None
    assert last.message.text == "e"


async def test_a_long_poll_ends_when_something_happens(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """A long poll waits for an update, and comes back empty when its time is over."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.to_thread(server.wait_for_call, "getUpdates")
    assert not poll.done()
    anna.says("ciao")
    assert len(await asyncio.wait_for(poll, 20)) == 1
    assert await bot.get_updates(offset=-1, timeout=1) != ()
    server.world.updates.pending.clear()
    assert await bot.get_updates(timeout=1) == ()


async def test_only_the_kinds_that_were_asked_for_arrive(bot: Bot, anna: Chat) -> None:
    """`allowed_updates` holds until it is given again; none means the default kinds."""
    await bot.get_updates(allowed_updates=[Update.CALLBACK_QUERY])
    assert not anna.says("a").delivered
    await bot.get_updates()
    assert not anna.says("b").delivered
    await bot.get_updates(allowed_updates=[])
    assert anna.says("c").delivered


async def test_a_second_poller_ends_the_first(server: BotApiServer, anna: Chat) -> None:
    """Of two pollers the earlier one gets 409, and a poller that hung up gets nobody into trouble."""
    async with (
        Bot(TOKEN, base_url=f"{server.base_url}/bot") as first,
        Bot(TOKEN, base_url=f"{server.base_url}/bot") as second,
    ):
        early = asyncio.create_task(first.get_updates(timeout=30))
        await asyncio.to_thread(server.wait_for_call, "getUpdates")
        late = asyncio.create_task(second.get_updates(timeout=30))
        with pytest.raises(Conflict, match="make sure that only one bot instance is running"):
            await early
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        anna.says("ciao")
        assert len(await first.get_updates(timeout=30)) == 1


async def test_polling_and_a_webhook_exclude_each_other(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """With a webhook set, polling gets 409, until the webhook is deleted; setting one ends the poll that waits."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.to_thread(server.wait_for_call, "getUpdates")
    with pytest.raises(BadRequest, match="Bad webhook: an https url must be provided for webhook"):
        await bot.set_webhook("http://example.org/hook")
    await bot.set_webhook("https://127.0.0.1:9/hook", allowed_updates=["callback_query"])
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    info = await bot.get_webhook_info()
    assert (info.url, info.allowed_updates) == ("https://127.0.0.1:9/hook", ("callback_query",))
    await bot.set_webhook("https://127.0.0.1:9/hook", allowed_updates=[])
    await bot.delete_webhook()
    anna.says("ciao")
    assert len(await bot.get_updates()) == 1


# On a bad day.


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        (faults.flood(7), RetryAfter, r"Retry in (7 seconds|0:00:07)"),
        (faults.forbidden(), Forbidden, "bot was blocked by the user"),
        (faults.bad_request("chat not found"), BadRequest, "Chat not found"),
        (faults.migrated(-1005), ChatMigrated, "-1005"),
        (faults.server_error(), NetworkError, "Internal Server Error"),
        (faults.bad_gateway(), NetworkError, "Bad Gateway"),
        (faults.cut_before(), NetworkError, "RemoteProtocolError"),
        (faults.cut_after(), NetworkError, "RemoteProtocolError"),
    ],
)
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_the_next_request_fails_as_told(
    server: BotApiServer, bot: Bot, anna: Chat, fault: faults.Fault, error: type[TelegramError], text: str
) -> None:
    """A fault meets so many requests of its method and chat, as the error that a bot sees, then passes."""
    server.chat(43)
    server.fail_next("sendMessage", fault, chat_id=ANNA)
    await bot.send_message(43, "altrove")
    with pytest.raises(error, match=text):
        await bot.send_message(ANNA, "uno")
    await bot.send_message(ANNA, "due")
    taken = ["uno", "due"] if fault.cut is faults.Cut.AFTER else ["due"]
    assert [one.text for one in anna.messages] == taken
    assert [one.status for one in server.calls("sendMessage", chat_id=ANNA)] == [fault.code, 200]


async def test_faults_last_until_healed(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A fault can be slow, meet every method, and last until it is healed."""
    server.fail_next("sendMessage", faults.slow(3))
    with pytest.raises(TimedOut):
        await bot.send_message(ANNA, "uno", read_timeout=0.1)
    server.fail_next(faults.ANY, faults.server_error(503, "Service Unavailable"), times=None)
    for _ in range(3):
        with pytest.raises(NetworkError, match="Service Unavailable"):
            await bot.get_me()
    server.heal()
    await bot.send_message(ANNA, "due")
    assert "due" in [one.text for one in anna.messages]


async def test_the_rush_of_messages_is_counted(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """The most messages shown within a stretch of time can be asked, of all chats or of one."""
    server.chat(43)
    assert server.busiest(60) == 0
    for chat_id in (43, ANNA, ANNA):
        await bot.send_message(chat_id, "x")
    assert (server.busiest(600), server.busiest(600, chat_id=ANNA), server.busiest(0)) == (3, 2, 1)
    assert [one.at for one in anna.history] == sorted(one.at for one in anna.history)


async def test_a_mistake_of_the_server_fails_the_test() -> None:
    """A method that breaks inside the server is told to the test, not only to the bot."""

    def broken(_world: World, _params: Params) -> object:
        raise ZeroDivisionError

    async def ask(server: BotApiServer) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{server.base_url}/bot{TOKEN}/getMe")).status_code

    def run() -> int:
        with BotApiServer(TOKEN) as server:
            server.answer_method("getMe", broken)
            return asyncio.run(ask(server))

    with pytest.raises(RuntimeError, match="a mistake of its own"):
        await asyncio.to_thread(run)


# A whole bot.


async def _start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.effective_chat is not None
    markup = buttons([button("Sì", "yes")])
    await update.effective_chat.send_message("<b>Ciao</b>", parse_mode=ParseMode.HTML, reply_markup=markup)


async def _echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(f"Hai scritto: {update.message.text}")


async def _agree(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer()
    await update.callback_query.edit_message_text("Bene")


def _application(server: BotApiServer) -> Application:  # type: ignore[type-arg]  # six of them, none used
    application = ApplicationBuilder().token(TOKEN).base_url(f"{server.base_url}/bot").build()
    application.add_handler(CommandHandler("start", _start))
    application.add_handler(CallbackQueryHandler(_agree))
    application.add_handler(MessageHandler(filters.TEXT, _echo))
    return application


def _converse(server: BotApiServer, anna: Chat) -> None:
    anna.says("/start")
    welcome = anna.wait_for_message("Ciao")
    assert welcome.labels == ("Sì",)
    press = anna.presses("Sì", welcome)
    edited = anna.wait_for_message("Bene")
    assert (edited.message_id, edited.version) == (welcome.message_id, 1)
    assert anna.wait_for_answer(press).text == ""
    anna.says("uno")
    anna.says("due")
    assert anna.wait_for_message("due").text == "Hai scritto: due"
    assert anna.wait_for_message(lambda sent: "uno" in sent.text)
    server.wait_idle(quiet=0.2)
    assert anna.unread == ()
    with pytest.raises(AssertionError, match=r"no message with 'tre'(?s:.*)Hai scritto: due"):
        anna.wait_for_message("tre", timeout=0.1)
    assert server.breaches == ()
    assert server.unanswered_callbacks == ()


async def test_a_bot_that_polls_converses(server: BotApiServer, anna: Chat) -> None:
    """A real Application that polls answers, is pressed, edits, and comes to rest."""
    async with _application(server) as application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)
        await asyncio.to_thread(_converse, server, anna)
        await application.updater.stop()
        await application.stop()
    assert server.pending_updates == ()


async def test_a_bot_with_a_webhook_converses(server: BotApiServer, anna: Chat) -> None:
    """A real Application with a webhook gets its updates posted, with the secret that it set."""
    port = _free_port()
    async with _application(server) as application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_webhook(
            "127.0.0.1", port, "hook", webhook_url=f"http://127.0.0.1:{port}/hook", secret_token=SECRET
        )
        await asyncio.to_thread(_converse, server, anna)
        await application.updater.stop()
        await application.stop()
    assert server.webhook_failures == ()


async def test_a_webhook_that_refuses_is_given_up(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A webhook that does not take an update is tried a bounded number of times, and its error is kept."""
    await bot.set_webhook(f"http://127.0.0.1:{_free_port()}/hook", secret_token=SECRET)
    anna.says("ciao")
    await asyncio.to_thread(server.wait_idle, quiet=0.1)
    assert len(server.webhook_failures) == 1
    assert server.webhook_failures[0].startswith("Connection failed: ")
    info = await bot.get_webhook_info()
    assert info.last_error_message == server.webhook_failures[0]
    assert info.pending_update_count == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kind(update: Update) -> str:
    if update.callback_query:
        return f"press {update.callback_query.data}"
    if change := update.my_chat_member:
        return f"my_chat_member {change.old_chat_member.status}->{change.new_chat_member.status}"
    if update.edited_message:
        return f"edited {update.edited_message.text}"
    message = update.message
    assert message is not None
    if message.text:
        replied = message.reply_to_message
        return f"text {message.text}" + (f" to {replied.message_id}" if replied else "")
    if message.document:
        return f"document {message.document.file_name}"
    kinds = [name for name in ("voice", "photo", "sticker", "location") if getattr(message, name)]
    return " ".join([*kinds, *([message.caption] if message.caption else [])])
