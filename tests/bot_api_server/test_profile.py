"""What a bot says of itself on the Bot API server."""

import pytest
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import BadRequest

from tests.bot_api import BotApiServer, BreachKind

pytestmark = pytest.mark.enable_socket


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
    await bot.set_my_commands([("x" * 32, "x" * 256)])
    assert await bot.get_my_commands() == (BotCommand("x" * 32, "x" * 256),)


async def test_descriptions_have_limits_and_languages(server: BotApiServer, bot: Bot) -> None:
    """512 characters of description and 120 of the short one pass, in each language; one more is refused."""
    await bot.set_my_description("x" * 512)
    await bot.set_my_short_description("y" * 120, "it")
    await bot.set_my_name("Annuncio!")
    assert (await bot.get_my_description("de")).description == "x" * 512
    assert (await bot.get_my_short_description("it")).short_description == "y" * 120
    assert (await bot.get_my_short_description()).short_description == ""
    assert (await bot.get_my_name()).name == "Annuncio!"
    with pytest.raises(BadRequest, match="Description is too long"):
        await bot.set_my_description("x" * 513)
    with pytest.raises(BadRequest, match="Short description is too long"):
        await bot.set_my_short_description("x" * 121)
    with pytest.raises(BadRequest, match="Invalid language code specified"):
        await bot.set_my_description("x", "ita")
    assert {one.kind for one in server.breaches} == {BreachKind.PROFILE}
