"""The command menus and descriptions that Telegram shows, in every language; sent again only when they changed."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.chat.conversation import COMMANDS
from bot.settings import LANGUAGES
from bot.texts import phrasebook, say

log = logging.getLogger(__name__)

FILE = "menus.sha256"
ADMINS_FILE = "menus-of-admins.sha256"


def _digest(bot_id: int, language: str) -> str:
    books = {code: (phrasebook(code).bot, phrasebook(code).commands) for code in LANGUAGES}
    content = json.dumps([bot_id, language, COMMANDS, books], sort_keys=True, default=dict)
    return hashlib.sha256(content.encode()).hexdigest()


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


async def register_menus(bot: Bot, data_dir: Path, language: str) -> None:
    """Tell Telegram all of it, `language` being what people of other languages see; a refusal is only a warning."""
    kept, digest = data_dir / FILE, _digest(bot.id, language)
    if _read(kept) == digest:
        return
    try:
        for code in (None, *LANGUAGES):
            book = phrasebook(code or language)
            commands = [BotCommand(name, book.commands[name]) for name in COMMANDS]
            await bot.set_my_commands(commands, language_code=code)
            await bot.set_my_description(book.bot["description"], language_code=code)
            await bot.set_my_short_description(book.bot["short_description"], language_code=code)
    except TelegramError as error:
        log.warning("Telegram did not take the menus and descriptions, the bot works without: %s", error)
        return
    _keep(kept, digest)


async def register_admin_menus(bot: Bot, data_dir: Path, language: str, admins: Sequence[int]) -> None:
    """Show the admins, and nobody else, their own commands too, in their private chats with the bot.

    Who never opened one is asked for at every start; nothing else is held up by it.
    """
    content = json.dumps([_digest(bot.id, language), sorted(admins), [_for_admins(code) for code in LANGUAGES]])
    kept, digest = data_dir / ADMINS_FILE, hashlib.sha256(content.encode()).hexdigest()
    if not admins or _read(kept) == digest:
        return
    complete = True
    for admin in admins:
        try:
            for code in (None, *LANGUAGES):
                book = phrasebook(code or language)
                commands = [(name, book.commands[name]) for name in COMMANDS] + _for_admins(code or language)
                scope = BotCommandScopeChat(admin)
                await bot.set_my_commands([BotCommand(*each) for each in commands], scope, language_code=code)
        except TelegramError as error:
            log.warning("one of ADMINS has no menu of their own yet, they must press Start in the bot first: %s", error)
            complete = False
    if complete:
        _keep(kept, digest)


def _for_admins(language: str) -> list[tuple[str, str]]:
    return [("ingest", say(language, "command_ingest")), ("stats", say(language, "command_stats"))]


def _keep(file: Path, digest: str) -> None:
    try:
        file.write_text(digest, encoding="utf-8")
    except OSError as error:
        log.warning("the menus are sent again at the next start, %s cannot be written: %s", file, error.strerror)
