"""What a subscriber does with the real bot: one message that changes as it is tapped."""

import pytest

from tests.bot_api import Sent
from tests.e2e.conftest import NewChat

pytestmark = pytest.mark.enable_socket


def test_one_message_for_everything(person: NewChat) -> None:
    """Topics, rhythm, quiet hours, city and language are set in the message of /subscribe, which edits itself."""
    chat = person()
    chat.says("/subscribe")
    shown = chat.wait_for_message("Topics: everything")

    def tap(label: str, wanted: str) -> Sent:
        chat.wait_for_answer(chat.presses(label, shown))
        return chat.wait_for_message(lambda sent: sent.message_id == shown.message_id and wanted in sent.text)

    assert "✓ Offers" in tap("Offers", "Topics: offers").labels
    assert "✓ Daily" in tap("Daily", "How often: once a day, at 9:00").labels
    tap("🌙 22–7", "By which clock?")
    assert len(chat.messages) == 1
    chat.says("Mailand")
    shown = chat.wait_for_message("Mailand, Italy: it is ")
    assert "Quiet hours: 22:00–07:00\nClock: Rome" in shown.text
    tap("🌐 Language", "Which language")
    tap("Italiano", "Temi: offerte")
    done = tap("Fatto", "Tutto a posto: offerte; una volta al giorno, alle 9:00.")
    assert done.labels == ()
    assert len(chat.messages) == 2


def test_where_somebody_is(person: NewChat) -> None:
    """The location that a subscriber was asked for tells the clock, and no other one."""
    chat = person()
    chat.says("/subscribe")
    chat.wait_for_message("Topics: everything")
    chat.sends_location(45.46, 9.19)
    chat.wait_for_message("I had not asked where you are")
    chat.wait_for_answer(chat.presses("🕐 Time zone"))
    chat.wait_for_message("By which clock")
    chat.wait_for_answer(chat.presses("📍 Send my location once"))
    chat.wait_for_message("keep nothing of where you are")
    chat.sends_location(45.46, 9.19)
    assert "Clock: Rome" in chat.wait_for_message("Milan, Italy: it is ").text


def test_leaving_and_what_may_be_meant_instead(person: NewChat) -> None:
    """/unsubscribe ends it at once; a month of rest is one tap away, and its own message tells of it."""
    chat = person()
    chat.says("/subscribe")
    chat.wait_for_message("Done: you will hear")
    chat.says("/unsubscribe")
    left = chat.wait_for_message("Done: you will hear no more")
    assert left.labels == ("Pause for a month instead", "Once a week instead", "Delete all that is kept")
    chat.wait_for_answer(chat.presses("Pause for a month instead"))
    rests = chat.wait_for_message("Done: nothing comes until")
    assert rests.message_id == left.message_id
    chat.says("/settings")
    assert "News: paused until" in chat.wait_for_message("Settings of this chat").text


def test_a_topic_in_own_words(person: NewChat) -> None:
    """What it would have sent is shown before it is followed; then the settings list it, and it can be taken away."""
    chat = person()
    chat.says("/subscribe cars in Europe")
    asked = chat.wait_for_message("cars in Europe\nIn the last 90 days")
    assert asked.labels == ("Follow it", "Cancel")
    chat.wait_for_answer(chat.presses("Follow it"))
    assert "Your own: “cars in Europe”" in chat.wait_for_message("Done: you will hear as soon as").text
    chat.wait_for_answer(chat.presses("✎ Your own topics"))
    chat.wait_for_message("A tap takes one away")
    chat.wait_for_answer(chat.presses("✕ cars in Europe"))
    chat.wait_for_message("You have no topics in your own words.")
