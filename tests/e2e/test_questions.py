"""Questions to the real bot with the real model, over HTTP: what a person reads and presses."""

import pytest

from tests.bot_api import BotApiServer, Sent
from tests.e2e.conftest import NewChat
from tests.e2e.texts import ABROAD, ANNOUNCED_IT, EUROPE, NOT_STATED, ORDERS, ORDERS_IT

pytestmark = pytest.mark.enable_socket

SOURCES = ("Source", "Fonte", "Fuente", "Quelle", "来源")


def quoted(message: Sent) -> list[str]:
    """What stands in expandable quotes."""
    return [entity.covers(message.text) for entity in message.entities if entity.kind == "expandable_blockquote"]


@pytest.mark.parametrize("language", ORDERS)
def test_a_question_is_answered_in_its_language_with_the_value_as_written(person: NewChat, language: str) -> None:
    """The value first, in bold, then the sentence in the asker's language, and at the end the source with its date."""
    expected = ORDERS[language]
    chat = person("en")
    chat.says(expected.question)
    answer = chat.wait_for_message()
    parts = answer.text.split("\n\n")
    assert (parts[0], parts[1], parts[-1]) == (expected.value, expected.sentence, expected.source)
    bold = [entity.covers(answer.text) for entity in answer.entities if entity.kind == "bold"]
    assert bold == [expected.value]


@pytest.mark.parametrize("language", [language for language in ORDERS if language != "it"])
def test_the_italian_original_is_quoted_beside_a_translation(person: NewChat, language: str) -> None:
    """Where the languages differ, an expandable quote holds the original sentence."""
    chat = person(language)
    chat.says(ORDERS[language].question)
    assert quoted(chat.wait_for_message()) == [f"{ORDERS[language].original}\n{ORDERS_IT}"]


def test_an_italian_reads_the_original_itself_and_no_quote(person: NewChat) -> None:
    """The original sentence is not shown twice."""
    chat = person("it")
    chat.says(ORDERS["it"].question)
    answer = chat.wait_for_message()
    assert quoted(answer) == []
    assert answer.text.count(ORDERS_IT) == 1


@pytest.mark.parametrize("language", EUROPE)
def test_everybody_s_first_question_is_answered(person: NewChat, language: str) -> None:
    """When do the cars reach Europe: in 2027, in every edition language."""
    chat = person(language)
    chat.says(EUROPE[language])
    answer = chat.wait_for_message()
    assert "2027" in answer.text.split("\n\n")[0]
    assert ORDERS[language].source in answer.text


@pytest.mark.parametrize(
    ("question", "value"),
    [("How many SU7 have been delivered?", "300,000"), ("How many stores will Xiaomi open?", "10,000")],
)
def test_the_figures_of_the_announcement_are_answered(person: NewChat, question: str, value: str) -> None:
    """Deliveries and stores: the sentence with the figure, the figure in the first line."""
    chat = person()
    chat.says(question)
    assert value in chat.wait_for_message().text.split("\n\n")[0]


def test_an_asker_without_an_edition_reads_english_beside_the_original(person: NewChat) -> None:
    """A Russian question is answered with the English sentence and the Italian quote."""
    chat = person("ru")
    chat.says("Когда Xiaomi начнёт продавать электромобили за пределами Китая?")
    answer = chat.wait_for_message()
    assert "Xiaomi will sell its electric cars outside China from 2027." in answer.text
    assert quoted(answer) == [f"In the original (Italian):\n{ANNOUNCED_IT}"]


@pytest.mark.parametrize("language", NOT_STATED)
def test_what_is_not_stated_is_refused_without_a_source(person: NewChat, language: str) -> None:
    """A question that the announcement does not answer gets a plain no in its language, and no source under it."""
    question, refusal = NOT_STATED[language]
    chat = person(language)
    chat.says(question)
    answer = chat.wait_for_message()
    assert answer.text.startswith(refusal)
    assert not any(line.startswith(SOURCES) for line in answer.text.splitlines())


def test_what_is_about_something_else_is_told_so(person: NewChat) -> None:
    """Off topic is another refusal than not stated; it offers questions that can be answered."""
    chat = person()
    chat.says("How do I cook a carbonara?")
    answer = chat.wait_for_message()
    assert answer.text.startswith("This seems to be about something else.")
    assert 1 <= len(answer.labels) <= 3
    assert not any(line.startswith(SOURCES) for line in answer.text.splitlines())


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("Hello!", "Hello! Ask me anything about the announcement"),
        ("Danke schön", "Gern geschehen!"),
        ("chi sei?", "Sono un bot che risponde in base all'annuncio"),
        ("你好", "你好！关于公告"),
    ],
)
def test_small_talk_is_answered_kindly_with_two_questions_that_are_answered(
    person: NewChat, server: BotApiServer, words: str, reply: str
) -> None:
    """Each of the two buttons, when pressed, stops turning, repeats its question and brings an answer."""
    chat = person("en")
    chat.says(words)
    greeting = chat.wait_for_message(reply)
    assert len(greeting.labels) == 2
    for label in greeting.labels:
        press = chat.presses(label)
        assert chat.wait_for_answer(press).text == ""
        assert chat.wait_for_message(label).text == label
        assert any(line.startswith(SOURCES) for line in chat.wait_for_message().text.splitlines())
    assert len(server.calls("sendMessage", chat_id=chat.chat_id)) == 5


def test_the_bot_types_while_it_thinks_and_shows_no_link_preview(person: NewChat, server: BotApiServer) -> None:
    """A typing action for the question, and previews off in the answer."""
    chat = person()
    chat.says(ABROAD["en"])
    chat.wait_for_message("2027")
    server.wait_for_call("sendChatAction", lambda call: call.chat_id == chat.chat_id)
    assert chat.actions == ("typing",)
    (call,) = server.calls("sendMessage", chat_id=chat.chat_id)
    assert call.params["link_preview_options"] == {"is_disabled": True}
