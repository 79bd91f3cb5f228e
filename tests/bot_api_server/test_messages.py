"""Messages on the Bot API server: kept as a person sees them, edited, deleted, reacted to."""

import pytest
from telegram import Bot, InlineKeyboardButton, Message, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest

from tests.bot_api import BotApiServer, Chat
from tests.bot_api_server.shared import ANNA, button, buttons

pytestmark = pytest.mark.enable_socket


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
    assert message.reply_to_message.message_id == said.message_id
    assert (group.messages[0].thread_id, group.messages[0].reply_to) == (5, said.message_id)


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
    assert [(one.version, one.text) for one in anna.history] == [(0, "uno")]


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


async def test_the_rush_of_messages_is_counted(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """The most messages shown within a stretch of time can be asked, of all chats or of one."""
    server.chat(43)
    assert server.busiest(60) == 0
    for chat_id in (43, ANNA, ANNA):
        await bot.send_message(chat_id, "x")
    assert (server.busiest(600), server.busiest(600, chat_id=ANNA), server.busiest(0)) == (3, 2, 1)
    assert [one.at for one in anna.history] == sorted(one.at for one in anna.history)
