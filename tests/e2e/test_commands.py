"""The commands of the real bot, over HTTP."""

import pytest

from bot.chat.conversation import COMMANDS
from bot.settings import LANGUAGES
from tests.bot_api import BotApiServer
from tests.e2e.conftest import NewChat
from tests.e2e.texts import ABROAD, ORDERS

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("language", "hello", "title", "day"),
    [
        ("en", "Hello!", "Xiaomi will take its electric cars outside China from 2027", "24 September 2025"),
        ("it", "Ciao!", "Xiaomi porterà le sue auto elettriche fuori dalla Cina dal 2027", "24 settembre 2025"),
        ("pt-BR", "Hello!", "Xiaomi will take its electric cars outside China from 2027", "24 September 2025"),
    ],
)
def test_start_says_what_the_bot_answers_about(
    person: NewChat, language: str, hello: str, title: str, day: str
) -> None:
    """The title and the date of the announcement in the language that Telegram reports, with questions to press."""
    chat = person(language)
    chat.says("/start")
    welcome = chat.wait_for_message(hello)
    assert title in welcome.text
    assert day in welcome.text
    assert 1 <= len(welcome.labels) <= 3


def test_a_deep_link_asks_its_question(person: NewChat) -> None:
    """/start with the name of an offered question answers it at once."""
    chat = person("de")
    chat.says("/start")
    button = chat.wait_for_message().buttons[0][0]
    assert button.data is not None
    chat.says(f"/start ask-{button.data.removeprefix('q:')}")
    assert chat.wait_for_message(button.text).text == button.text
    assert ORDERS["de"].source in chat.wait_for_message().text


def test_a_deep_link_subscribes(person: NewChat) -> None:
    """/start subscribe is what a link under a page says."""
    chat = person("fr")
    chat.says("/start subscribe")
    chat.wait_for_message("/unsubscribe")
    chat.says("/settings")
    assert "Se désabonner" in chat.wait_for_message().labels


def test_a_deep_link_that_means_nothing_welcomes(person: NewChat) -> None:
    """An old or broken link is no dead end."""
    chat = person()
    chat.says("/start ask-0000000000000000")
    chat.wait_for_message("This button is too old for me")
    chat.says("/start whatever")
    chat.wait_for_message("Hello!")


def test_help_lists_every_command(person: NewChat) -> None:
    """All nine, in the order of the menu."""
    chat = person()
    chat.says("/help")
    lines = chat.wait_for_message().text.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("/")] == [f"/{name}" for name in COMMANDS]


def test_ask_answers_what_follows_it(person: NewChat) -> None:
    """/ask with a question is that question; without one it shows an example."""
    chat = person()
    chat.says(f"/ask {ORDERS['en'].question}")
    chat.wait_for_message(ORDERS["en"].sentence)
    chat.says("/ask")
    assert "/ask " in chat.wait_for_message("Write the question after the command").text


def test_latest_names_the_announcement_with_its_date(person: NewChat) -> None:
    """Newest first, in the chat's language."""
    chat = person("es")
    chat.says("/latest")
    latest = chat.wait_for_message("Los últimos anuncios:").text
    assert "24 de septiembre de 2025\nXiaomi llevará sus coches eléctricos fuera de China a partir de 2027" in latest


def test_subscribing_is_seen_in_the_settings_and_ends_by_a_button(person: NewChat) -> None:
    """/subscribe, once more, /settings, its button, /unsubscribe: each says how things stand."""
    chat = person()
    chat.says("/subscribe")
    chat.wait_for_message("Done: you will hear of every new announcement, once.")
    chat.says("/subscribe")
    chat.wait_for_message("You are subscribed already.")
    chat.says("/settings")
    settings = chat.wait_for_message("Settings of this chat")
    assert settings.text.splitlines()[1:3] == ["Language: automatic", "News: subscribed"]
    assert chat.wait_for_answer(chat.presses("Unsubscribe")).alert is False
    chat.wait_for_message("Done: you will hear no more from me")
    chat.says("/unsubscribe")
    chat.wait_for_message("You are not subscribed.")


def test_a_chosen_language_overrides_the_question_s_until_automatic(person: NewChat) -> None:
    """/language de answers English in German; the button for automatic goes back to the question's language."""
    chat = person()
    chat.says("/language de")
    chat.wait_for_message("Deutsch")
    chat.says(ORDERS["en"].question)
    chat.wait_for_message(ORDERS["de"].sentence)
    chat.says("/settings")
    assert "Deutsch" in chat.wait_for_message().text
    chat.says("/language")
    chosen = chat.wait_for_message("automatisch")
    assert chosen.labels == ("English", "Italiano", "Español", "Deutsch", "Français", "中文", "automatisch")
    chat.wait_for_answer(chat.presses("automatisch"))
    chat.wait_for_message()
    chat.says(ORDERS["en"].question)
    chat.wait_for_message(ORDERS["en"].sentence)


def test_a_language_is_chosen_by_its_name_and_an_unknown_one_is_named(person: NewChat) -> None:
    """/language Chinese works; /language Klingon says that it does not, with the choice."""
    chat = person()
    chat.says("/language Klingon")
    assert len(chat.wait_for_message("I do not speak “Klingon”.").labels) == 7
    chat.says("/language chinese")
    chat.wait_for_message("好了，我现在说中文。")


def test_privacy_says_what_is_kept(person: NewChat) -> None:
    """In the chat's language."""
    chat = person("it")
    chat.says("/privacy")
    told = chat.wait_for_message("Che cosa viene conservato di te").text
    assert "Se fai solo domande, non vengono conservate." in told
    assert "/mydata" in told


def test_an_unknown_command_is_named(person: NewChat) -> None:
    """With the way to those that there are."""
    chat = person("it")
    chat.says("/pizza con tutto")
    assert chat.wait_for_message().text == "Non conosco il comando /pizza. Con /help vedi quelli che conosco."


def test_the_language_of_a_chat_is_kept_for_its_commands(person: NewChat) -> None:
    """Who asked in French hears the next command in French, whatever the client reports."""
    chat = person("en")
    chat.says(ABROAD["fr"])
    chat.wait_for_message("2027")
    chat.says("/latest")
    chat.wait_for_message("Les dernières annonces")


def test_menus_and_descriptions_are_there_in_every_language(server: BotApiServer, person: NewChat) -> None:
    """For everybody else, and for each edition language."""
    del person
    server.wait_for_call("setMyShortDescription", count=1 + len(LANGUAGES))
    profile = server.world.profile
    scope = '{"type": "default"}'
    for code in ("", *LANGUAGES):
        assert [command["command"] for command in profile.commands[scope, code]] == list(COMMANDS)
        assert profile.descriptions[code]
        assert profile.short_descriptions[code]
