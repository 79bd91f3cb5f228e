"""Subscribing: at once, to everything, in one message with which all of it can be changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import LANGUAGES
from bot.state.kinds import PauseReason, Rhythm, SubscriptionState
from bot.state.preferences import Preferences
from bot.texts import say
from tests.subscribers import Office, open_office
from tests.talking import somebody


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


async def test_one_command_is_enough(office: Office) -> None:
    """/subscribe subscribes to everything, at once; the same message has every choice, with a tick on what is set."""
    talk = office.talk()
    reply = await talk.types("/subscribe")
    assert reply is not None
    assert reply.html == (
        "Done: you will hear of every new announcement, once. /unsubscribe ends it at any time.\n\n"
        "<b>Settings of this chat</b>\nLanguage: automatic\nNews: subscribed\n"
        "Topics: everything\nHow often: at once\nQuiet hours: none"
    )
    assert talk.labels == [
        *("✓ Everything", "News", "Offers", "Test drives"),
        *("✓ At once", "Daily", "Weekly"),
        *("✓ 🌙 off", "🌙 22–7", "🌙 23–8", "🌙 …"),
        *("🕐 Time zone", "🌐 Language", "＋ A topic of your own", "Done", "Unsubscribe"),
    ]
    assert await office.wishes() == Preferences(
        ("everything",), (), Rhythm.AT_ONCE, None, None, SubscriptionState.ACTIVE
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_in_every_language(office: Office, language: str) -> None:
    """The message and its buttons speak the language of the chat."""
    talk = office.talk(language=language)
    reply = await talk.types("/subscribe")
    assert reply is not None
    assert reply.html.startswith(say(language, "subscribed"))
    assert say(language, "button_unsubscribe") in talk.labels
    assert say(language, "button_weekly") in talk.labels


async def test_a_second_time(office: Office) -> None:
    """/subscribe once more says that nothing changed, and shows the same."""
    talk = office.talk()
    first = await talk.types("/subscribe")
    second = await talk.types("/subscribe")
    assert first is not None
    assert second is not None
    assert second.html == first.html.replace(say("en", "subscribed"), say("en", "subscribed_already"))
    assert second.buttons == first.buttons


async def test_coming_back_keeps_what_was_set(office: Office) -> None:
    """Who left with only some topics has them again, and is not told that everything comes."""
    talk = office.talk()
    await talk.types("/subscribe offers")
    await talk.types("/unsubscribe")
    reply = await talk.types("/subscribe")
    assert reply is not None
    assert reply.html.startswith(say("en", "subscribed_again"))
    assert talk.ticked[0] == "Offers"


@pytest.mark.parametrize("words", ["offers", "OFFERTE", "Angebote", "  ofertas ", "优惠", "offre"])
async def test_a_topic_by_its_name(office: Office, words: str) -> None:
    """`/subscribe offers` follows that topic alone, by its name in any language."""
    talk = office.talk()
    reply = await talk.types(f"/subscribe {words}")
    assert reply is not None
    assert reply.html.startswith(say("en", "topic_followed"))
    assert (await office.wishes()).topics == ("offers",)
    assert office.previewed == []


async def test_a_topic_beside_others(office: Office) -> None:
    """A second topic comes beside the first; the operator's own has a name as well; everything takes all in."""
    talk = office.talk()
    for words, topics in (
        ("news", ("news",)),
        ("test drives", ("news", "test-drives")),
        ("news", ("news", "test-drives")),
        ("tutto", ("everything",)),
    ):
        await talk.types(f"/subscribe {words}")
        assert (await office.wishes()).topics == topics


async def test_only_administrators_decide_for_a_group(office: Office) -> None:
    """In a group others hear one friendly line, a press of theirs is answered to them alone, and nothing changes."""
    talk = office.talk(somebody(-5, private=False, in_charge=False))
    for command in ("/subscribe", "/subscribe offers", "/unsubscribe", "/settings Rome"):
        reply = await talk.types(command)
        assert reply is not None
        assert reply.html == say("en", "in_charge")
        assert not reply.alert
    assert await office.subscriptions.preferences_of(talk.visitor.chat) is None
    await talk.as_(somebody(-5, private=False)).types("/subscribe")
    for data in ("set:r:weekly", "mute:t00000000", "less:", "leave:rest", "own:y:00000000", "set"):
        assert (await talk.sends_data(data)).alert
    assert (await office.wishes(talk.visitor)).rhythm is Rhythm.AT_ONCE


async def test_a_forum_topic_subscribes_for_itself(office: Office) -> None:
    """What an administrator types in a forum topic is for that topic."""
    topic = somebody(-5, private=False, thread=12)
    await office.talk(topic).types("/subscribe")
    assert (await office.wishes(topic)).state is SubscriptionState.ACTIVE
    assert await office.subscriptions.preferences_of(somebody(-5).chat) is None


async def test_leaving_and_resting_are_shown(office: Office) -> None:
    """/settings of somebody who left offers to subscribe; of somebody who rests it says until when."""
    talk = office.talk()
    for_strangers = await talk.types("/settings")
    assert for_strangers is not None
    assert "News: not subscribed" in for_strangers.html
    assert talk.labels == ["Subscribe", "🌐 Language"]
    await talk.presses("Subscribe")
    await talk.types("/unsubscribe")
    await talk.presses("Pause")
    rests = await talk.types("/settings")
    assert rests is not None
    assert "News: paused until 24 October 2025" in rests.html
    assert (await office.wishes()).pause_reason is PauseReason.RESTING
    await talk.presses("Bring the news back")
    assert (await office.wishes()).state is SubscriptionState.ACTIVE
