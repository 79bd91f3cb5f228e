"""What reaches subscribers by what they chose, and says why, on the real bot."""

import pytest

from tests.e2e.subscribers.conftest import LONG, Ingest, Subscriber
from tests.e2e.subscribers.texts import LIBRARY, LIBRARY_TITLE, SALE, SALE_TITLE

pytestmark = pytest.mark.enable_socket


def test_a_push_says_why_and_can_be_muted(subscriber: Subscriber, ingest: Ingest) -> None:
    """Who follows offers hears of offers, is told that this is why, and mutes them with one tap."""
    everything, offers = subscriber(), subscriber()
    offers.says("/subscribe offers")
    offers.wait_for_message("offers")
    offers.reads_all()
    ingest(SALE)
    for chat in (everything, offers):
        assert SALE_TITLE in chat.wait_for_message("📣", timeout=LONG).text
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
    preview = chat.wait_for_message("90 days", timeout=LONG)
    chat.presses("Follow it", preview)
    chat.wait_for_message("opening hours of the library in Linden")
    chat.reads_all()
    ingest(LIBRARY)
    push = chat.wait_for_message("📣", timeout=LONG)
    assert LIBRARY_TITLE in push.text
    assert "because you follow opening hours of the library in Linden" in push.text
