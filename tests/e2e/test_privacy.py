"""What the real bot keeps of people: told, handed out, deleted for good, and never in its log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bot_api import BotApiServer, Chat
from tests.bot_api.faults import Fault
from tests.bot_api.model import User
from tests.e2e.conftest import NewChat, assert_no_breach
from tests.e2e.processes import TOKEN, BotProcess, started
from tests.e2e.texts import EUROPE, NOT_STATED
from tests.vaults import VAULT

pytestmark = pytest.mark.enable_socket

DELETE = {"en": "Delete everything", "it": "Cancella tutto", "zh": "全部删除"}
DONE = {"en": "Done, it is all deleted:", "it": "Fatto, ho cancellato tutto:", "zh": "好了，已经全部删除："}
KEPT = {"en": "the subscription", "it": "l'iscrizione", "zh": "订阅"}


def data_of(chat: Chat) -> dict[str, Any]:
    """What /mydata sends."""
    chat.reads_all()
    chat.says("/mydata")
    sent = chat.wait_for_message(lambda message: message.attached is not None).attached
    assert sent is not None
    assert sent.name.endswith(".json")
    told: dict[str, Any] = json.loads(sent.content)
    return told


def in_files(folder: Path, text: str) -> bool:
    """Whether a text stands in any file below this folder."""
    return any(text.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_mydata_is_all_that_is_kept(person: NewChat) -> None:
    """After subscribing, choosing a language, asking: a JSON file with the chat, its wishes and the last question."""
    chat = person()
    chat.says("/language en")
    chat.wait_for_message("English")
    chat.says("/subscribe")
    chat.wait_for_message("/unsubscribe")
    chat.says(EUROPE["en"])
    chat.wait_for_message("2027")
    told = data_of(chat)
    [kept] = told["kept_in_the_database"]["chats"]
    assert kept["number_of_the_chat"] == str(chat.chat_id)
    assert kept["language"] == "en"
    assert kept["subscription"]["state"] == "active"
    held = {name: value for part in told["held_in_memory"] for name, value in part.items()}
    assert held["last_question"] == EUROPE["en"]


@pytest.mark.parametrize("language", DELETE)
def test_forget_asks_and_deletes(person: NewChat, bot: BotProcess, language: str) -> None:
    """/forget lists what would go; its button deletes it, from the files too, and says so in the same message."""
    chat = person(language)
    chat.says("/subscribe")
    chat.wait_for_message("/unsubscribe")
    assert in_files(bot.data_dir, VAULT.lookup(str(chat.chat_id)))
    chat.says("/forget")
    asked = chat.wait_for_message(KEPT[language])
    press = chat.presses(DELETE[language], asked)
    chat.wait_for_answer(press)
    done = chat.wait_for_message(DONE[language])
    assert (done.message_id, done.labels) == (asked.message_id, ())
    assert KEPT[language] in done.text
    assert not in_files(bot.data_dir, VAULT.lookup(str(chat.chat_id)))
    assert not in_files(bot.data_dir, str(chat.chat_id))
    chat.says("/mydata")
    assert chat.wait_for_message().attached is None


def test_forget_pressed_twice_and_taken_back(person: NewChat) -> None:
    """Two fast presses end in one deletion; the other button deletes nothing."""
    chat = person()
    chat.says("/subscribe")
    chat.wait_for_message("/unsubscribe")
    chat.says("/forget")
    chat.wait_for_message("It cannot be undone.")
    chat.presses("Keep it")
    chat.wait_for_message("All right, nothing was deleted.")
    assert data_of(chat)["kept_in_the_database"]["chats"]
    chat.says("/forget")
    asked = chat.wait_for_message("It cannot be undone.")
    presses = [chat.presses("Delete everything", asked) for _ in range(2)]
    chat.wait_for_message("There is nothing left to delete")
    for press in presses:
        chat.wait_for_answer(press)


def test_a_group_is_its_administrators_to_decide(group: NewChat) -> None:
    """A member can neither see nor delete what is kept of a group; an administrator can."""
    chat = group()
    member, admin = User(6_000_001, "Mia", "en"), User(6_000_002, "Ada", "en")
    chat.gives_role(member, "member")
    chat.gives_role(admin, "administrator")
    chat.says("/subscribe@annuncio_bot", user=admin)
    chat.wait_for_message("/unsubscribe")
    for command in ("/mydata@annuncio_bot", "/forget@annuncio_bot"):
        chat.says(command, user=member)
        chat.wait_for_message("Only its administrators decide about what is kept of this chat.")
    chat.says("/forget@annuncio_bot", user=admin)
    asked = chat.wait_for_message("It cannot be undone.")
    refused = chat.wait_for_answer(chat.presses("Delete everything", asked, user=member))
    assert refused.alert
    assert asked.message_id in [message.message_id for message in chat.messages if message.labels]
    chat.wait_for_answer(chat.presses("Delete everything", asked, user=admin))
    chat.wait_for_message("Done, it is all deleted:")


def test_the_log_tells_nobody_s_words_or_number(person: NewChat, bot: BotProcess, server: BotApiServer) -> None:
    """At DEBUG, with trouble on the way: lines of a chat carry its tag, and neither its number nor what was said."""
    chat = person()
    server.fail_next("sendChatAction", Fault(400, "Bad Request: chat not found"))
    for text in ("/subscribe", EUROPE["en"], NOT_STATED["en"][0], "/zyxocommand zyxowords", "zyxomobiles?"):
        chat.says(text)
        chat.wait_for_message()
    tag = VAULT.tag(str(chat.chat_id))
    bot.wait_until_said(f" INFO bot.telegram.replying [{tag}]: the typing sign could not be shown: ")
    for text in (str(chat.chat_id), EUROPE["en"], NOT_STATED["en"][0], "zyxo", "Anna"):
        assert text not in bot.stderr, text


@pytest.fixture
def own_server() -> Iterator[BotApiServer]:
    """A server for a bot that is killed."""
    with BotApiServer(TOKEN) as running:
        yield running
        assert_no_breach(running)


def test_what_was_deleted_does_not_come_back(own_server: BotApiServer, data_dir: Path, tmp_path: Path) -> None:
    """Also where the bot is killed right after it said that all is deleted, and starts again."""
    with started(own_server, tmp_path, data_dir) as bot:
        chat = own_server.chat(7_000_001, language_code="en")
        chat.says("/subscribe")
        chat.wait_for_message("/unsubscribe")
        chat.says("/forget")
        chat.wait_for_message("It cannot be undone.")
        chat.wait_for_answer(chat.presses("Delete everything"))
        chat.wait_for_message("Done, it is all deleted:")
        bot.kill()
        assert not in_files(data_dir, VAULT.lookup("7000001"))
        bot.start()
        chat.says("/mydata")
        chat.wait_for_message("Nothing is kept about this chat.")
