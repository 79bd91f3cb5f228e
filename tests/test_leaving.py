"""Less of the news, or none: nobody who wants to leave is asked anything, and everything else is one tap away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.topics import topic_token
from bot.settings import LANGUAGES
from bot.state.kinds import PauseReason, Rhythm, SubscriptionState
from bot.state.schedule import Quiet
from bot.texts import day, say
from tests.subscribers import FAIR, Office, labelled, open_office
from tests.talking import Talk


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
async def talk(office: Office) -> Talk:
    """A subscriber of everything."""
    talk = office.talk()
    await talk.types("/subscribe")
    return talk


async def test_it_ends_at_once(office: Office, talk: Talk) -> None:
    """/unsubscribe ends it, and offers below what may have been meant instead."""
    reply = await talk.types("/unsubscribe")
    assert reply is not None
    assert reply.html == say("en", "unsubscribed")
    assert talk.labels == ["Pause for a month instead", "Once a week instead", "Delete all that is kept"]
    assert talk.buttons[-1].data == "do:forget"
    assert (await office.wishes()).pause_reason is PauseReason.PERSON
    reply = await talk.types("/unsubscribe")
    assert reply is not None
    assert reply.html == say("en", "unsubscribed_already")
    assert talk.labels == ["Subscribe"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_month_of_rest(office: Office, talk: Talk, language: str) -> None:
    """Instead of an end, thirty days without a message, and it is said when they are over."""
    talk.language = language
    await talk.types("/unsubscribe")
    reply = await talk.presses(say(language, "button_rest"))
    wishes = await office.wishes()
    assert wishes.until is not None
    assert (wishes.pause_reason, (wishes.until - office.clock()).days) == (PauseReason.RESTING, 30)
    assert (reply.html, reply.edits) == (say(language, "resting", date=day(language, wishes.until.date())), True)


async def test_once_a_week(office: Office, talk: Talk) -> None:
    """Instead of an end, a weekly digest."""
    await talk.types("/unsubscribe")
    reply = await talk.presses("Once a week")
    assert reply.html == say("en", "fewer_weekly", day="Monday", time="9:00")
    wishes = await office.wishes()
    assert (wishes.state, wishes.rhythm) == (SubscriptionState.ACTIVE, Rhythm.WEEKLY)


async def test_nothing_brings_back_whose_data_was_deleted(office: Office, talk: Talk) -> None:
    """A button of before /forget subscribes nobody."""
    await talk.types("/unsubscribe")
    await office.subscriptions.erase(talk.visitor.chat)
    for data in ("leave:rest", "leave:weekly", "leave:", "leave:x"):
        assert (await talk.sends_data(data)).html == say("en", "old_button")
    for data in ("less:", f"mute:t{topic_token('news')}"):
        assert (await talk.sends_data(data)).html == say("en", "unsubscribed_already")
    assert await office.subscriptions.preferences_of(talk.visitor.chat) is None


@pytest.mark.parametrize("data", ["less:", f"mute:t{topic_token('news')}"])
async def test_who_rests_is_told_so(office: Office, talk: Talk, data: str) -> None:
    """Under an earlier message, who has paused hears until when, not that nothing is subscribed, and can end it."""
    await talk.types("/unsubscribe")
    await talk.presses("Pause for a month")
    until = (await office.wishes()).until
    assert until is not None
    reply = await talk.sends_data(data)
    assert say("en", "settings_resting", date=day("en", until.date())) in reply.html
    await talk.presses(say("en", "button_go_on"))
    assert (await office.wishes()).state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("data", ["less:", f"mute:t{topic_token('news')}"])
async def test_who_left_can_come_back(office: Office, talk: Talk, data: str) -> None:
    """Under an earlier message, who has left is told so, with the button that brings the news back."""
    await talk.types("/unsubscribe")
    assert (await talk.sends_data(data)).html == say("en", "unsubscribed_already")
    await talk.presses("Subscribe")
    assert (await office.wishes()).state is SubscriptionState.ACTIVE


async def test_less_and_less(office: Office, talk: Talk) -> None:
    """From at once to daily, to weekly; then what else can be done."""
    for said, rhythm in (("fewer_daily", Rhythm.DAILY), ("fewer_weekly", Rhythm.WEEKLY)):
        reply = await talk.sends_data("less:")
        assert reply.html == say("en", said, day="Monday", time="9:00")
        assert not reply.edits  # the news above stays where it is
        assert (await office.wishes()).rhythm is rhythm
        assert talk.labels == ["Settings"]
    reply = await talk.sends_data("less:")
    assert reply.html == say("en", "fewer_already", day="Monday", time="9:00")
    assert talk.labels == ["Unsubscribe", "Settings"]


@pytest.mark.parametrize(
    ("quiet", "when"),
    [
        (Quiet(22 * 60, 7 * 60), "Mondays at 9:00"),
        (Quiet(22 * 60, 10 * 60 + 30), "Mondays at 10:30"),
        (Quiet(9 * 60, 12 * 60), "Mondays at 12:00"),
        (Quiet(8 * 60, 1 * 60), "Tuesdays at 1:00"),
    ],
)
async def test_the_hour_that_is_said_is_the_one_that_counts(
    office: Office, talk: Talk, quiet: Quiet, when: str
) -> None:
    """Where nine o'clock is quiet a digest comes as the quiet ends, and wherever an hour is said it is that one."""
    await office.subscriptions.set_quiet(talk.visitor.chat, quiet)
    _, _, time = when.partition(" at ")
    assert (await talk.sends_data("less:")).html.endswith(f"a day, at {time}.")
    assert f"once a day, at {time}\n" in (await talk.presses("Settings")).html
    assert f", on {when}." in (await talk.sends_data("less:")).html
    assert f", on {when}." in (await talk.sends_data("less:")).html  # it is weekly already
    assert f"once a week, on {when}\n" in (await talk.presses("Settings")).html
    await talk.types("/unsubscribe")
    assert f", on {when}." in (await talk.presses("Once a week")).html


async def test_muting_a_topic(office: Office, talk: Talk) -> None:
    """A topic is followed no more; what still is, is said."""
    await office.subscriptions.set_topics(talk.visitor.chat, ("news", "offers"))
    reply = await talk.sends_data(f"mute:t{topic_token('offers')}")
    assert reply.html == "Done: no more of “offers”. You still follow: news."
    assert (await office.wishes()).topics == ("news",)
    reply = await talk.sends_data(f"mute:t{topic_token('offers')}")
    assert reply.html == say("en", "muted_already")
    reply = await talk.sends_data(f"mute:t{topic_token('news')}")
    assert reply.html == say("en", "muted_last", topic="news")


async def test_muting_one_topic_of_everything(office: Office, talk: Talk) -> None:
    """Of everything, all the other topics stay; everything itself can be muted, too."""
    await talk.sends_data(f"mute:t{topic_token('offers')}")
    assert (await office.wishes()).topics == ("news", "test-drives")
    await office.subscriptions.set_topics(talk.visitor.chat, ("everything",))
    reply = await talk.sends_data(f"mute:t{topic_token('everything')}")
    assert reply.html == say("en", "muted_last", topic="everything")
    assert (await office.wishes()).topics == ()


async def test_every_topic_can_be_muted(office: Office, talk: Talk) -> None:
    """The button under a message mutes its topic, though it be one of too many to be offered; all others stay."""
    office.articles.append(labelled(FAIR, *(f"topic-{n:02d}" for n in range(20))))
    reply = await talk.sends_data(f"mute:t{topic_token('topic-19')}")
    assert reply.html.startswith("Done: no more of “topic 19”.")
    assert len((await office.wishes()).topics) == 21  # news, offers, and nineteen of these
    assert await talk.types("/settings") is not None
    assert len(talk.ticked) >= 21


async def test_muting_a_topic_in_own_words(office: Office, talk: Talk) -> None:
    """By its number, once; a number of another chat is none of ours."""
    own = await office.subscriptions.add_own_topic(talk.visitor.chat, "<prices>", "en")
    reply = await talk.sends_data(f"mute:o{own.id}")
    assert reply.html == say("en", "muted", topic="<prices>", topics="everything")
    for data in (f"mute:o{own.id}", "mute:o99", "mute:ox", "mute:", "mute:t00000000"):
        assert (await talk.sends_data(data)).html == say("en", "muted_already")
