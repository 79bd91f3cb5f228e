"""Many people at once, and one whose chat is slow."""

import pytest

from tests.bot_api import BotApiServer, faults
from tests.e2e.conftest import NewChat
from tests.e2e.texts import ORDERS

pytestmark = pytest.mark.enable_socket


def test_thirty_people_at_once_are_all_answered_right(person: NewChat) -> None:
    """Each in the language of the question, each once."""
    languages = list(ORDERS) * 5
    chats = [person(language) for language in languages]
    for chat, language in zip(chats, languages, strict=True):
        chat.says(ORDERS[language].question)
    for chat, language in zip(chats, languages, strict=True):
        answer = chat.wait_for_message(timeout=60)
        assert ORDERS[language].sentence in answer.text
        assert answer.text.endswith(ORDERS[language].source)
    assert [len(chat.messages) for chat in chats] == [1] * 30


def test_the_questions_of_one_person_are_answered_in_their_order(person: NewChat) -> None:
    """Six questions in one breath: six answers, in the same order."""
    chat = person()
    for expected in ORDERS.values():
        chat.says(expected.question)
    for expected in ORDERS.values():
        chat.wait_for_message(expected.source)
    shown = [message.text.rsplit("\n\n", 1)[1] for message in chat.messages]
    assert shown == [expected.source for expected in ORDERS.values()]


def test_a_slow_chat_delays_nobody_and_is_answered_once(person: NewChat, server: BotApiServer) -> None:
    """One chat is told to wait (429), another's line is slow: everybody else is answered before them."""
    flooded, slow, *others = [person() for _ in range(10)]
    server.fail_next("sendMessage", faults.flood(4), chat_id=flooded.chat_id)
    server.fail_next("sendMessage", faults.slow(3), chat_id=slow.chat_id)
    for chat in (flooded, slow):
        chat.says(ORDERS["en"].question)
    server.wait_for_call("sendMessage", lambda call: call.chat_id == flooded.chat_id)
    server.wait_for_call("sendMessage", lambda call: call.chat_id == slow.chat_id)
    for chat in others:
        chat.says(ORDERS["en"].question)
    quick = [chat.wait_for_message(ORDERS["en"].sentence) for chat in others]
    late = [chat.wait_for_message(ORDERS["en"].sentence) for chat in (slow, flooded)]
    assert max(one.sequence for one in quick) < min(one.sequence for one in late)
    assert [len(chat.messages) for chat in (flooded, slow)] == [1, 1]


def test_an_answer_survives_a_failure_of_the_server(person: NewChat, server: BotApiServer) -> None:
    """What could not be sent is sent a little later: after a 500, a page of HTML, a broken connection."""
    failures = {person(): fault for fault in (faults.server_error(), faults.bad_gateway(), faults.cut_before())}
    for chat, fault in failures.items():
        server.fail_next("sendMessage", fault, chat_id=chat.chat_id)
        chat.says(ORDERS["en"].question)
    for chat in failures:
        chat.wait_for_message(ORDERS["en"].sentence, timeout=60)
        assert len(chat.messages) == 1


def test_polling_survives_a_failure_of_the_server(person: NewChat, server: BotApiServer) -> None:
    """getUpdates that fail lose no question."""
    chat = person()
    for fault in (faults.bad_gateway(), faults.cut_before()):
        server.fail_next("getUpdates", fault)
    chat.says(ORDERS["en"].question)
    chat.wait_for_message(ORDERS["en"].sentence, timeout=60)
    assert len(chat.messages) == 1
