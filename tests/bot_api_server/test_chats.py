"""Chats on the Bot API server: who is there, who shuts the bot out, what moves."""

import pytest
from telegram import Bot
from telegram.error import ChatMigrated, Forbidden

from tests.bot_api import BotApiServer, Chat, User
from tests.bot_api_server.shared import ANNA

pytestmark = pytest.mark.enable_socket


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
    updates = await bot.get_updates()
    assert [one.message.text for one in updates if one.message] == ["/ask@annuncio_bot quando?", "/start", "e dove?"]
