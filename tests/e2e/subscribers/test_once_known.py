"""What is told to one person because of what that person asked or was shown, on the real bot."""

import pytest

from tests.bot_api import BotApiServer
from tests.e2e.subscribers.conftest import LONG, Ingest, Subscriber
from tests.e2e.subscribers.texts import (
    POOL,
    POOL_LATER,
    POOL_NOW,
    POOL_QUESTION,
    POOL_WAS,
    PRICE,
    PRICE_ANSWER,
    PRICE_QUESTION,
)

pytestmark = pytest.mark.enable_socket


def test_a_question_is_answered_once_it_can_be(server: BotApiServer, ingest: Ingest) -> None:
    """Under a refusal one button keeps the question, after consent; the answer comes once, to the asker alone."""
    asker, other = (server.chat(number, language_code="en") for number in (8_900_001, 8_900_002))
    for chat in (asker, other):
        chat.says(PRICE_QUESTION)
        refusal = chat.wait_for_message("The announcement does not state this.")
        chat.presses("Tell me when you know", refusal)
        consent = chat.wait_for_message(PRICE_QUESTION)
        chat.presses("Yes, keep it" if chat is asker else "No", consent)
    asker.wait_for_message("Kept: you will hear from me")
    other.wait_for_message("the question is not kept")
    ingest(PRICE)
    answer = asker.wait_for_message("Now I know:", timeout=LONG)
    assert PRICE_QUESTION in answer.text
    assert PRICE_ANSWER in answer.text
    ingest(PRICE)
    server.wait_idle(quiet=3)
    assert sum("Now I know:" in sent.text for sent in asker.messages) == 1
    assert not any("Now I know:" in sent.text for sent in other.messages)


def test_what_somebody_was_shown_is_corrected_once(
    server: BotApiServer, subscriber: Subscriber, ingest: Ingest
) -> None:
    """An edition changes: who saw the old sentence is told what it was and what it is, and nobody else."""
    ingest(POOL)
    reader, stranger = subscriber(), subscriber()
    reader.says(POOL_QUESTION)
    reader.wait_for_message(POOL_WAS)
    ingest(POOL_LATER)
    correction = reader.wait_for_message("Correction", timeout=LONG)
    assert f"It was: {POOL_WAS}\nIt is now: {POOL_NOW}" in correction.text
    ingest(POOL_LATER)
    server.wait_idle(quiet=3)
    assert sum("Correction" in sent.text for sent in reader.messages) == 1
    assert not any("Correction" in sent.text for sent in stranger.messages)
