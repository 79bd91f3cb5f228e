"""The conversation around an answer, with the real bot, over HTTP: asking on, asking for more, forgetting."""

import pytest

from tests.bot_api import BotApiServer
from tests.e2e.conftest import NewChat
from tests.e2e.processes import BotProcess
from tests.e2e.texts import ABROAD, ANNOUNCED_IT, EUROPE, NOT_STATED, ORDERS

pytestmark = pytest.mark.enable_socket

FOLLOW_UPS = {
    "en": ("and in America?", "When do Xiaomi cars reach America?"),
    "it": ("e in America?", "Quando arrivano le auto Xiaomi in America?"),
    "es": ("¿y en América?", "¿Cuándo llegan los coches de Xiaomi en América?"),
    "de": ("und in Amerika?", "Wann kommen die Autos von Xiaomi in Amerika?"),
    "fr": ("et en Amérique ?", "Quand les voitures Xiaomi arrivent-elles en Amérique\u202f?"),
    "zh": ("那美洲呢？", "小米汽车什么时候进入美洲？"),
}
BUTTONS = {
    "en": ("More context", "Not what I asked"),
    "it": ("Più contesto", "Non chiedevo questo"),
    "es": ("Más contexto", "No pregunté eso"),
    "de": ("Mehr Zusammenhang", "Das meinte ich nicht"),
    "fr": ("Plus de contexte", "Pas ma question"),
    "zh": ("查看上下文", "我问的不是这个"),
}
MORE, NOT_ASKED = BUTTONS["en"]


@pytest.mark.parametrize("language", FOLLOW_UPS)
def test_a_question_is_followed_up_in_its_language(person: NewChat, language: str) -> None:
    """A few words after an answer: the reply begins with the question in full, in italics, and answers it."""
    message, whole = FOLLOW_UPS[language]
    chat = person(language)
    chat.says(EUROPE[language])
    chat.wait_for_message("2027")
    chat.says(message)
    reply = chat.wait_for_message(whole)
    lines = reply.text.split("\n\n")
    assert lines[0] == whole
    assert "2027" in lines[1]
    assert next(entity.covers(reply.text) for entity in reply.entities if entity.kind == "italic") == whole


def test_a_follow_up_of_what_is_not_stated(person: NewChat) -> None:
    """A refused question can be asked on, too, and is refused or answered like any other."""
    question, refusal = NOT_STATED["en"]
    chat = person()
    chat.says(question)
    assert chat.wait_for_message(refusal).labels == ("Tell me when you know",)
    chat.says("and in Germany?")
    assert chat.wait_for_message(refusal).text.startswith("What is the price of the SU7 in Germany?\n\n")


@pytest.mark.parametrize("language", BUTTONS)
def test_more_context_and_something_else(person: NewChat, language: str) -> None:
    """Under an answer: the paragraph with the sentence in bold, and the next sentence that may be meant."""
    more, not_asked = BUTTONS[language]
    chat = person(language)
    chat.says(ORDERS[language].question)
    answer = chat.wait_for_message(ORDERS[language].sentence)
    assert tuple(answer.labels) == (more, not_asked)
    press = chat.presses(more, answer)
    assert chat.wait_for_answer(press).text == ""
    context = chat.wait_for_message(ORDERS[language].sentence)
    bold = [entity.covers(context.text) for entity in context.entities if entity.kind == "bold"]
    assert bold == [ORDERS[language].sentence]
    assert "Ultra" in context.text
    assert context.text.endswith(ORDERS[language].source)
    chat.wait_for_answer(chat.presses(not_asked, answer))
    other = chat.wait_for_message()
    assert ORDERS[language].sentence not in other.text
    assert "bold" not in {entity.kind for entity in other.entities}


def test_what_was_not_asked_comes_to_a_kind_end(person: NewChat) -> None:
    """Each press brings another sentence after "Perhaps this:", the last one an invitation to ask otherwise."""
    chat = person()
    chat.says(ABROAD["en"])
    message = chat.wait_for_message("2027")
    seen = {message.text}
    for _ in range(10):
        chat.wait_for_answer(chat.presses(NOT_ASKED, message))
        message = chat.wait_for_message()
        assert message.text not in seen
        seen.add(message.text)
        if not message.labels:
            break
        assert message.text.startswith("Perhaps this:\n")
    assert message.text == "That is all I found that comes near. Please ask again in other words."


def test_an_answer_s_buttons_work_in_its_own_language_whatever_came_after(person: NewChat) -> None:
    """An Italian answer has an Italian context, also after the chat went on in German."""
    chat = person("it")
    chat.says(ABROAD["it"])
    answer = chat.wait_for_message("2027")
    chat.says(ABROAD["de"])
    chat.wait_for_message("Quelle: ")
    chat.presses(BUTTONS["it"][0], answer)
    context = chat.wait_for_message("Fonte: ")
    assert ANNOUNCED_IT in [entity.covers(context.text) for entity in context.entities if entity.kind == "bold"]


def test_forgetting_ends_the_thread(person: NewChat, bot: BotProcess) -> None:
    """After /forget the same words lean on nothing; and no question ever stood in the bot's log."""
    chat = person()
    chat.says(EUROPE["en"])
    chat.wait_for_message("2027")
    chat.says("/forget")
    chat.wait_for_message("the last question and its language")
    chat.presses("Delete everything")
    chat.wait_for_message("Done, it is all deleted:")
    chat.says("since when?")
    assert "Since when do" not in chat.wait_for_message().text
    assert EUROPE["en"] not in bot.stderr


def test_a_group_asks_on(group: NewChat, server: BotApiServer) -> None:
    """In a group a follow-up comes by /ask or as a reply to the bot."""
    del server
    chat = group()
    chat.says(f"/ask {EUROPE['en']}")
    answer = chat.wait_for_message("2027")
    chat.says("/ask and in America?")
    chat.wait_for_message("When do Xiaomi cars reach America?")
    chat.replies_to(answer, "and in India?")
    chat.wait_for_message("When do Xiaomi cars reach India?")
