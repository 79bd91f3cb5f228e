"""What a subscriber can choose, tap by tap, on the real bot."""

import pytest

from tests.e2e.subscribers.conftest import Ingest, Subscriber
from tests.e2e.subscribers.texts import LIBRARY, LIBRARY_TITLE, SALE, SALE_TITLE

pytestmark = pytest.mark.enable_socket


def test_one_message_holds_all_choices_and_edits_itself(subscriber: Subscriber) -> None:
    """Rhythm, quiet hours and clock are a tap or a word each; the same message shows them, and folds to a line."""
    chat = subscriber()
    [page] = chat.messages
    assert "How often: at once" in page.text
    chat.wait_for_answer(chat.presses("Daily", page))
    daily = chat.wait_for_message("How often: once a day, at 9:00")
    assert (daily.message_id, daily.version) == (page.message_id, 1)
    chat.presses("Time zone", page)
    chat.wait_for_message("city")
    chat.says("Milano")
    chat.wait_for_message("Rome")
    chat.says("/settings 22:30-7")
    chat.wait_for_message("Quiet hours: 22:30–07:00")
    chat.says("/settings")
    page = chat.wait_for_message("Quiet hours: 22:30–07:00")
    chat.presses("Done", page)
    assert chat.wait_for_message("All set").message_id == page.message_id


def test_leaving_asks_nothing_and_offers_less(subscriber: Subscriber) -> None:
    """/unsubscribe ends it at once; below stands what may have been meant, and a tap on it brings that."""
    chat = subscriber()
    chat.says("/unsubscribe")
    ended = chat.wait_for_message("Done: you will hear no more")
    assert ended.labels[:2] == ("Pause for a month instead", "Once a week instead")
    chat.presses("Pause for a month instead", ended)
    chat.wait_for_message("Done: nothing comes until")
    chat.says("/subscribe")
    chat.wait_for_message("Settings of this chat")


def test_a_push_says_why_and_can_be_muted(subscriber: Subscriber, ingest: Ingest) -> None:
    """Who follows offers hears of offers, is told that this is why, and mutes them with one tap."""
    everything, offers = subscriber(), subscriber()
    offers.says("/subscribe offers")
    offers.wait_for_message("offers")
    offers.reads_all()
    ingest(SALE)
    for chat in (everything, offers):
        assert SALE_TITLE in chat.wait_for_message("📣").text
    push = offers.messages[-1]
    assert "You get this because you follow offers." in push.text
    assert {"Mute offers", "Less", "Ask about this"} <= set(push.labels)
    offers.presses("Mute offers", push)
    offers.wait_for_message("Done: no more of “offers”")
    everything.presses("Less")
    everything.wait_for_message("at most one message a day")
    everything.presses("Ask about this")
    everything.wait_for_message(f"Ask me about {SALE_TITLE}")


def test_a_topic_in_own_words_is_followed(subscriber: Subscriber, ingest: Ingest) -> None:
    """ "/subscribe opening hours of libraries" shows what would have come, and then brings what is about it alone."""
    chat = subscriber()
    chat.says("/subscribe opening hours of the library in Linden")
    preview = chat.wait_for_message("90 days")
    chat.presses("Follow it", preview)
    chat.wait_for_message("opening hours of the library in Linden")
    chat.reads_all()
    ingest(LIBRARY)
    push = chat.wait_for_message("📣")
    assert LIBRARY_TITLE in push.text
    assert "because you follow opening hours of the library in Linden" in push.text
