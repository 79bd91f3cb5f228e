"""Whatever people send that is no plain question: pictures, edits, huge and strange texts, old buttons."""

from pathlib import Path

import httpx
import pytest

from bot.answers.answering import LONGEST_QUESTION
from tests.bot_api import BotApiServer, Chat
from tests.e2e.conftest import NewChat
from tests.e2e.processes import TOKEN, annuncio
from tests.e2e.texts import ABROAD, ORDERS

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize("what", ["sends_voice", "sends_photo", "sends_sticker", "sends_location", "sends_document"])
def test_what_is_no_text_gets_a_friendly_line(person: NewChat, what: str) -> None:
    """Voice, pictures, stickers, places and files: the bot says that it reads text, in the chat's language."""
    chat = person("it")
    getattr(chat, what)()
    assert chat.wait_for_message().text == "So leggere solo il testo. Scrivimi la tua domanda."


def test_a_question_under_a_picture_is_answered(person: NewChat) -> None:
    """What is written under a picture is taken for a question, as if it had come alone."""
    chat = person()
    chat.sends_photo(ORDERS["en"].question)
    chat.wait_for_message("200,000")


def test_an_edited_question_is_not_answered_twice(person: NewChat) -> None:
    """The edit of an answered message brings nothing; the next message does."""
    chat = person()
    said = chat.says(ABROAD["en"])
    chat.wait_for_message("2027")
    assert not chat.edits(said, ORDERS["en"].question).delivered
    chat.says("Thank you!")
    chat.wait_for_message("You are welcome!")
    assert len(chat.messages) == 2


@pytest.mark.parametrize(
    "text",
    [
        "🚗🚀✨",
        "🇮🇹👨‍👩‍👧‍👦 ❤️‍🔥",
        "مرحبا، متى ستصل سيارات شاومي إلى أوروبا؟",
        "\u202eWhen do Xiaomi cars reach Europe?\u202c",
        "\u200b\u200d\ufeff",
        "<b>When & where</b> <script>alert(1)</script>",
        "&lt;i&gt; &amp; {title} %s \\u0000 ```",
        "?",
        "/",
        "//",
        "/ask \u200b",
        "/language <b>",
        "/start ask-",
        "a" * 4096,
        "🚗" * 2048,
        "When? " * 600,
        "Z̸̢̨̛͖̺̦̣̬͎̩̑̈́̇͑̚a̷̛̝͎͗l̸̡̮̎g̶o̸",
        "２０２７年？",
    ],
    ids=lambda text: ascii(text)[1:20],
)
def test_any_text_gets_an_answer(person: NewChat, text: str) -> None:
    """Emoji, right-to-left, invisible, markup and very long texts: each is replied to, and the next question too."""
    chat = person()
    chat.says(text)
    chat.wait_for_message()
    chat.says(ORDERS["en"].question)
    assert ORDERS["en"].value in chat.wait_for_message(ORDERS["en"].value).text


@pytest.mark.parametrize("text", ["\x00", "\x00How many orders\x00 did the YU7 receive?\x00", "\ud83d"])
def test_a_null_byte_or_half_a_character_harms_nobody(person: NewChat, server: BotApiServer, text: str) -> None:
    """Texts that no client sends, but a server might: replied to, and the next question too."""
    chat = person()
    sends(server, chat, text)
    chat.wait_for_message()
    chat.says(ORDERS["en"].question)
    chat.wait_for_message(ORDERS["en"].value)


def test_a_question_inside_a_long_message_is_read_from_its_beginning(person: NewChat) -> None:
    """The person is told how much was read, and gets the answer to that."""
    chat = person()
    chat.says(f"{ORDERS['en'].question} {'I would really like to know. ' * 100}")
    assert chat.wait_for_message().text == f"Your message is very long: I read its first {LONGEST_QUESTION} characters."
    chat.wait_for_message()


def test_a_message_of_20_megabytes_is_replied_to(person: NewChat, server: BotApiServer) -> None:
    """Its size delays nobody and ends nothing."""
    chat = person()
    sends(server, chat, f"{ORDERS['en'].question} {'x' * 20_000_000}")
    chat.wait_for_message("Your message is very long", timeout=60)
    chat.wait_for_message()
    chat.says(ORDERS["en"].question)
    chat.wait_for_message(ORDERS["en"].value)


@pytest.mark.parametrize("data", ["q:0000000000000000", "q:", "lang:xx", "do:nothing", "whatever", "🚗"])
def test_an_old_button_is_acknowledged_and_explained(person: NewChat, server: BotApiServer, data: str) -> None:
    """A button of a former version: it stops turning, and a line says what to do instead."""
    chat = person("en")
    httpx.post(
        f"{server.base_url}/bot{TOKEN}/sendMessage",
        json={
            "chat_id": chat.chat_id,
            "text": "From before",
            "reply_markup": {"inline_keyboard": [[{"text": "Old", "callback_data": data}]]},
        },
    ).raise_for_status()
    chat.wait_for_message("From before")
    chat.wait_for_answer(chat.presses("Old"))
    assert chat.wait_for_message().text == "This button is too old for me. Please type your question."


def sends(server: BotApiServer, chat: Chat, text: str) -> None:
    """A message as the server delivers it, whatever its text."""
    person = {"id": chat.chat_id, "is_bot": False, "first_name": "Anna", "language_code": "en"}
    place = {"id": chat.chat_id, "type": "private", "first_name": "Anna"}
    server.push("message", {"message_id": 1, "date": 1, "chat": place, "from": person, "text": text})


def test_no_text_is_too_much_for_the_model(data_dir: Path, tmp_path: Path) -> None:
    """A sign that stands for eighteen letters, again and again: a process of its own, since it once ended one."""
    ended = annuncio("ask", "ﷺ" * 500, "--data-dir", data_dir, folder=tmp_path)
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout
