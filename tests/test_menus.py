"""Command menus and descriptions: in every language, sent only when they changed, a refusal is no reason to stop."""

import json
from pathlib import Path

import pytest

from bot.chat.conversation import COMMANDS
from bot.settings import LANGUAGES
from bot.telegram.menus import ADMINS_FILE, FILE, register_admin_menus, register_menus
from bot.texts import phrasebook
from tests.senders import CannedBotApi, canned_bot

METHODS = ("setMyCommands", "setMyDescription", "setMyShortDescription")
TAKEN = (200, b'{"ok": true, "result": true}')
CALLS = len(METHODS) * (1 + len(LANGUAGES))


async def register(data_dir: Path, language: str = "en", answers: int = CALLS, bot_id: int = 123456) -> CannedBotApi:
    """Register with a Telegram that takes so many calls and refuses the next."""
    bot, api = canned_bot()
    me = {"id": bot_id, "is_bot": True, "first_name": "Annuncio", "username": "annuncio_bot"}
    api.answers.append((200, json.dumps({"ok": True, "result": me}).encode()))
    await bot.initialize()
    api.calls.clear()
    api.answers.extend([TAKEN] * answers)
    api.refuse(429, "Too Many Requests: retry after 5", retry_after=5)
    await register_menus(bot, data_dir, language)
    return api


async def test_every_language_has_its_menu(tmp_path: Path) -> None:
    """Each language gets its commands in order and both descriptions; people of other languages get the default's."""
    calls = (await register(tmp_path, "it")).calls
    assert [name for name, _ in calls] == list(METHODS) * (1 + len(LANGUAGES))
    for number, code in enumerate((None, *LANGUAGES)):
        commands, description, short = (call for _, call in calls[3 * number : 3 * number + 3])
        book = phrasebook(code or "it")
        assert [(c["command"], c["description"]) for c in commands["commands"]] == [
            (name, book.commands[name]) for name in COMMANDS
        ]
        assert description["description"] == book.bot["description"]
        assert short["short_description"] == book.bot["short_description"]
        assert [call.get("language_code") for call in (commands, description, short)] == [code] * 3


async def test_menus_are_sent_once(tmp_path: Path) -> None:
    """As long as nothing changed, a start sends nothing."""
    assert len((await register(tmp_path)).calls) == CALLS
    assert (await register(tmp_path)).calls == []


async def test_a_change_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another default language, other commands: all of it is sent again."""
    await register(tmp_path, "en")
    assert len((await register(tmp_path, "it")).calls) == CALLS
    monkeypatch.setattr("bot.telegram.menus.COMMANDS", ("start", "help"))
    assert len((await register(tmp_path, "it")).calls) == CALLS


async def test_another_bot_gets_its_own(tmp_path: Path) -> None:
    """What was sent to one bot says nothing of another one in the same data directory."""
    await register(tmp_path)
    assert len((await register(tmp_path, bot_id=7)).calls) == CALLS


@pytest.fixture(autouse=True)
def _times_as_the_library_will_give_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or each RetryAfter would warn; in the bot, TelegramSender sets this."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.mark.parametrize("taken", [0, 4, CALLS - 1])
async def test_a_refusal_is_a_warning(tmp_path: Path, taken: int, caplog: pytest.LogCaptureFixture) -> None:
    """A server that refuses a menu is one warning; the next start tries again."""
    assert len((await register(tmp_path, answers=taken)).calls) == taken + 1
    [line] = caplog.messages
    assert line.startswith("Telegram did not take the menus and descriptions, the bot works without: ")
    assert not (tmp_path / FILE).exists()
    assert len((await register(tmp_path)).calls) == CALLS


async def test_a_damaged_note_is_none(tmp_path: Path) -> None:
    """A note of what was sent that cannot be read is written anew."""
    (tmp_path / FILE).write_bytes(b"\xff\xfe\0")
    assert len((await register(tmp_path)).calls) == CALLS
    assert (await register(tmp_path)).calls == []


async def test_a_note_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the note finds no place, the menus are there all the same, and a line says what follows."""
    (tmp_path / FILE).mkdir()
    assert len((await register(tmp_path)).calls) == CALLS
    [line] = caplog.messages
    assert line.startswith(f"the menus are sent again at the next start, {tmp_path / FILE} cannot be written: ")


async def register_admins(data_dir: Path, admins: list[int], refused: int = 0) -> CannedBotApi:
    """Register the menus of these admins with a Telegram that knows none of the first `refused` of their chats."""
    bot, api = canned_bot()
    me = {"id": 123456, "is_bot": True, "first_name": "Annuncio", "username": "annuncio_bot"}
    api.answers.append((200, json.dumps({"ok": True, "result": me}).encode()))
    await bot.initialize()
    api.calls.clear()
    for _ in range(refused):
        api.refuse(400, "Bad Request: chat not found")
    api.answers.extend([TAKEN] * (len(admins) - refused) * (1 + len(LANGUAGES)))
    await register_admin_menus(bot, data_dir, "it", admins)
    return api


async def test_admins_have_a_menu_of_their_own(tmp_path: Path) -> None:
    """Each admin's chat, and no other, gets the commands of admins beside the others; once."""
    calls = [call for _, call in (await register_admins(tmp_path, [11, 22])).calls]
    assert [call["scope"]["chat_id"] for call in calls] == [11] * 7 + [22] * 7
    assert [call.get("language_code") for call in calls[:7]] == [None, *LANGUAGES]
    assert all([each["command"] for each in call["commands"]] == [*COMMANDS, "ingest", "stats"] for call in calls)
    assert (await register_admins(tmp_path, [11, 22])).calls == []
    assert len((await register_admins(tmp_path, [11])).calls) == 7


async def test_an_admin_who_never_opened_a_chat(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Is a warning without a number, keeps no other from their menu, and is asked for again at the next start."""
    assert len((await register_admins(tmp_path, [11, 22], refused=1)).calls) == 1 + 7
    [line] = caplog.messages
    assert line.startswith("one of ADMINS has no menu of their own yet, they must press Start in the bot first: ")
    assert "11" not in line
    assert not (tmp_path / ADMINS_FILE).exists()
    assert (await register_admins(tmp_path, [])).calls == []
