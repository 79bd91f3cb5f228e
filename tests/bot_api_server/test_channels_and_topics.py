"""Channels, forum topics and rights on the Bot API server of the tests."""

import pytest
from telegram import Bot, BotCommandScopeChat
from telegram.error import BadRequest

from tests.bot_api import BotApiServer, Chat, User
from tests.bot_api.updates import ANONYMOUS
from tests.bot_api_server.shared import ANNA

pytestmark = pytest.mark.enable_socket

BRUNO = User(8, "Bruno", "de")


async def test_a_channel_speaks_in_its_own_name(server: BotApiServer, bot: Bot) -> None:
    """A post arrives as `channel_post`, from nobody in person; what the bot posts is the channel's."""
    channel = server.chat(-1009, kind="channel", title="Novità", username="novita")
    channel.says("/subscribe@annuncio_bot")
    [update] = await bot.get_updates()
    post = update.channel_post
    assert post is not None
    assert (update.message, post.from_user, post.text) == (None, None, "/subscribe@annuncio_bot")
    assert (post.chat.type, post.sender_chat) == ("channel", post.chat)
    sent = await bot.send_message("@novita", "Fatto")
    assert (sent.sender_chat, sent.from_user) == (post.chat, None)
    assert [one.text for one in channel.messages] == ["Fatto"]


async def test_an_administrator_may_write_in_the_name_of_the_group(server: BotApiServer, bot: Bot) -> None:
    """Such a message comes from Telegram's own stand-in, with the group as its sender."""
    group = server.chat(-1001, kind="supergroup")
    group.says("/subscribe@annuncio_bot", user=ANONYMOUS)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.from_user.username, update.message.sender_chat) == ("GroupAnonymousBot", update.message.chat)


async def test_administrators_are_listed(server: BotApiServer, bot: Bot) -> None:
    """Who runs a group can be asked at once, or person by person."""
    group = server.chat(-1001, kind="supergroup")
    group.gives_role(BRUNO, "creator")
    group.gives_role(User(9), "member")
    assert [(one.user.id, one.status) for one in await bot.get_chat_administrators(-1001)] == [(8, "creator")]
    group.gives_role(BRUNO, "kicked")
    assert (await bot.get_chat_member(-1001, 8)).status == "kicked"


@pytest.mark.parametrize("kind", ["supergroup", "channel"])
async def test_a_bot_without_rights_is_refused(server: BotApiServer, bot: Bot, kind: str) -> None:
    """Where the bot may not write it is told so, until it may again."""
    chat = server.chat(-1001, kind=kind)
    chat.takes_rights()
    with pytest.raises(BadRequest, match="Not enough rights to send text messages to the chat"):
        await bot.send_message(-1001, "x")
    chat.gives_rights()
    await bot.send_message(-1001, "x")


async def test_topics_open_close_and_go(server: BotApiServer, bot: Bot) -> None:
    """A message reaches an open topic; a closed one and a deleted one refuse it, each in its own words."""
    group = server.chat(-1001, kind="supergroup", forum=True)
    group.opens_topic(5)
    await bot.send_message(-1001, "x", message_thread_id=5)
    group.closes_topic(5)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(-1001, "x", message_thread_id=5)
    group.opens_topic(5)
    group.deletes_topic(5)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(-1001, "x", message_thread_id=5)
    assert group.messages == ()


async def test_a_person_can_delete_what_the_bot_wrote(bot: Bot, anna: Chat) -> None:
    """An edit of a message that is gone finds it gone."""
    sent = await bot.send_message(ANNA, "x")
    anna.deletes(sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("y", ANNA, sent.message_id)


@pytest.mark.usefixtures("anna")
async def test_a_menu_may_belong_to_one_chat(bot: Bot) -> None:
    """A menu of one chat is kept beside the others; the chat must be there."""
    await bot.set_my_commands([("stats", "Statistiche")], scope=BotCommandScopeChat(ANNA))
    assert [one.command for one in await bot.get_my_commands(scope=BotCommandScopeChat(ANNA))] == ["stats"]
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("stats", "Statistiche")], scope=BotCommandScopeChat(7))
