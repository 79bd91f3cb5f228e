"""The one message with all settings: each tap changes one thing, and the message shows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.topics import topic_token
from bot.chat.waiting import PATIENCE
from bot.replies import Channel, ChatAddress
from bot.settings import LANGUAGES
from bot.state.kinds import Rhythm
from bot.state.schedule import Quiet
from bot.texts import phrasebook, say
from tests.subscribers import CARS, Office, labelled, open_office
from tests.talking import Talk, somebody

MILAN = (45.464, 9.19)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
async def talk(office: Office) -> Talk:
    """A subscriber in front of the settings."""
    talk = office.talk()
    await talk.types("/subscribe")
    return talk


async def test_topics_and_everything_exclude_each_other(office: Office, talk: Talk) -> None:
    """A topic takes the place of everything, others come beside it, and everything takes the place of all."""
    for tap, topics in (
        ("News", ("news",)),
        ("Test drives", ("news", "test-drives")),
        ("✓ News", ("test-drives",)),
        ("Everything", ("everything",)),
    ):
        reply = await talk.presses(tap)
        assert reply.edits
        assert (await office.wishes()).topics == topics


async def test_the_last_topic_taken_away(office: Office, talk: Talk) -> None:
    """Who takes all topics away is told what that means."""
    reply = await talk.presses("✓ Everything")
    assert "Topics: none. Nothing comes until you tick one." in reply.html
    assert (await office.wishes()).topics == ()
    await office.subscriptions.add_own_topic(talk.visitor.chat, "prices in Italy", "en")
    await talk.presses("News")
    assert "Topics: only your own\nYour own: “prices in Italy”" in (await talk.presses("✓ News")).html


async def test_how_often(office: Office, talk: Talk) -> None:
    """One tap chooses the rhythm; with a digest it matters whose clock counts, and the message says so."""
    reply = await talk.presses("Weekly")
    assert "How often: once a week, on Mondays at 9:00" in reply.html
    assert "Clock: UTC. Tell me your city below" in reply.html
    assert talk.ticked == ["Everything", "Weekly", "🌙 off"]
    for label, rhythm in (("Daily", Rhythm.DAILY), ("At once", Rhythm.AT_ONCE)):
        await talk.presses(label)
        assert (await office.wishes()).rhythm is rhythm


async def test_quiet_hours_ask_for_the_city_once(office: Office, talk: Talk) -> None:
    """A preset is set by one tap; whose clock counts is asked where it is not known, and not again."""
    asked = await talk.presses("22–7")
    assert "Quiet from now on: 22:00–07:00." in asked.html
    assert (await office.wishes()).quiet == Quiet(22 * 60, 7 * 60)
    reply = await talk.types("Milano")
    assert reply is not None
    assert reply.html.startswith("Milano, Italy: it is 14:00 there now.")
    assert "Quiet hours: 22:00–07:00\nClock: Rome" in reply.html
    reply = await talk.presses("23–8")
    assert "Quiet hours: 23:00–08:00" in reply.html
    assert talk.ticked[-1] == "🌙 23–8"
    await talk.presses("🌙 off")
    assert (await office.wishes()).quiet is None
    assert (await office.wishes()).zone == "Europe/Rome"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_how_to_type_where_others_are(office: Office, language: str) -> None:
    """In a group the bot hears only replies to it, in a channel only commands: whoever asks to type says so there, with
    a command that does it; in a private chat there is nothing to say."""
    group = somebody(-100, private=False)
    for visitor in (group, somebody()):
        talk = office.talk(visitor, language)
        for label, command in (
            ("🌙 …", "/settings 22:30-7"),
            (say(language, "button_zone"), "/settings Roma"),
            (say(language, "button_own_new"), "/subscribe ..."),
        ):
            await talk.types("/subscribe")
            asks = await talk.presses(label)
            assert asks.html.endswith(say(language, "type_here", command=command)) is (visitor is group)
    talk = office.talk(group, language)
    for command in ("/settings 22:30-7", "/settings Roma"):
        await talk.types(command)
    kept = await office.wishes(group)
    assert (kept.quiet, kept.zone) == (Quiet(22 * 60 + 30, 7 * 60), "Europe/Rome")


async def test_quiet_hours_are_typed(office: Office, talk: Talk) -> None:
    """Hours that have no button are typed; what is no hours is told, and asked for again."""
    await office.subscriptions.set_zone(talk.visitor.chat, "Europe/Rome")
    asked = await talk.presses("🌙 …")
    assert asked.html == say("en", "quiet_ask")
    reply = await talk.types("from nine")
    assert reply is not None
    assert reply.html == say("en", "hours_unknown", example="22:30-7")
    reply = await talk.types("22:30-7")
    assert reply is not None
    assert not reply.edits
    assert talk.ticked[-1] == "🌙 22:30–7"
    await talk.presses("🌙 22:30–7")
    await talk.types("off")
    assert (await office.wishes()).quiet is None


async def test_a_question_is_no_answer_to_what_was_asked(talk: Talk) -> None:
    """Who asks a question instead of naming a city or hours is heard as one who asks, and is not kept waiting for."""
    for tap in ("🌙 …", "🕐"):
        await talk.types("/settings")
        await talk.presses(tap)
        assert await talk.types("When do the cars arrive?") is None
        assert await talk.types("Rome") is None


async def test_nobody_is_waited_for_for_ever(office: Office, talk: Talk) -> None:
    """Half an hour later a message is a message."""
    await talk.presses("🕐")
    office.clock.forward(PATIENCE.total_seconds())
    assert await talk.types("Rome") is None


async def test_a_city_that_nobody_knows(talk: Talk) -> None:
    """A place that is not found is named, escaped, and asked for again."""
    await talk.presses("🕐")
    reply = await talk.types("<Nowhereville>")
    assert reply is not None
    assert reply.html == "I do not know “&lt;Nowhereville&gt;”. Try the name of a larger city nearby."
    assert await talk.types("Roma") is not None


async def test_nobody_is_asked_a_third_time(talk: Talk) -> None:
    """What is no city twice is something else that the person wants; so is anything after another button."""
    await talk.presses("🕐")
    assert await talk.types("Nowhereville") is not None
    assert await talk.types("Nowhereville") is None
    await talk.types("/settings")
    await talk.presses("🕐")
    await talk.presses("← Back")
    assert await talk.types("Roma") is None


async def test_a_city_of_which_there_are_several(office: Office, talk: Talk) -> None:
    """The largest is taken at once, and the others are offered."""
    await talk.presses("🕐")
    reply = await talk.types("paris")
    assert reply is not None
    assert reply.html.startswith("Paris, France: it is 14:00 there now. Did you mean another one?")
    assert (await office.wishes()).zone == "Europe/Paris"
    reply = await talk.presses("Paris, United States")
    assert reply.html.startswith("Paris, United States: it is 07:00 there now.")
    assert (await office.wishes()).zone == "America/Chicago"


async def test_a_location_is_asked_for_once_and_kept_nowhere(office: Office, talk: Talk) -> None:
    """A button asks for the place; the clock there is what is kept of it."""
    await talk.presses("🕐")
    asked = await talk.presses("📍")
    assert asked.asks_place == say("en", "button_place")
    assert not asked.edits
    reply = await talk.sends_place(*MILAN)
    assert reply is not None
    assert reply.html.startswith("Milan, Italy: it is 14:00 there now.")
    kept = str(await office.subscriptions.everything_of(talk.visitor.chat))
    assert "Europe/Rome" in kept
    assert not any(figure in kept for figure in ("45.46", "9.19", "Milan"))


async def test_a_location_that_nobody_asked_for_changes_nothing(office: Office, talk: Talk) -> None:
    """Who sends one is told so, also while a city is asked for, and how to go by the clock there."""
    await talk.presses("🕐")
    for _ in range(2):
        reply = await talk.sends_place(*MILAN, asked=False)
        assert reply is not None
        assert reply.html == say("en", "zone_unasked")
        assert (await office.wishes()).zone is None
    assert await office.talk(somebody(9)).sends_place(*MILAN, asked=False) is None
    reply = await talk.presses("🕐 Time zone")
    assert reply.html == say("en", "zone_ask")
    assert (await talk.presses("📍")).asks_place == say("en", "button_place")


async def test_where_no_location_can_be_sent(office: Office) -> None:
    """In groups and in a terminal only a city is asked for; a place of somebody who is no subscriber is not taken."""
    terminal = somebody()
    for visitor in (somebody(-5, private=False), type(terminal)(ChatAddress(Channel.TERMINAL, "terminal"))):
        talk = office.talk(visitor)
        await talk.types("/subscribe")
        await talk.presses("🕐")
        assert talk.labels == ["← Back"]
    assert await office.talk(somebody(-5, private=False)).sends_place(*MILAN) is None
    assert await office.talk(somebody(9)).sends_place(*MILAN) is None


async def test_what_one_was_asked_another_does_not_answer(office: Office) -> None:
    """In a group only who pressed the button is heard as the one who answers."""
    anna = somebody(-5, private=False)
    talk = office.talk(anna)
    await talk.types("/subscribe")
    await talk.presses("🕐")
    bruno = type(anna)(anna.chat, "en", 8, private=False, in_charge=False)
    assert await talk.as_(bruno).types("Rome") is None
    assert await talk.types("Rome") is not None


@pytest.mark.parametrize(("typed", "shown"), [("22:30-7", "🌙 22:30–7"), ("Roma", "🕐 Rome"), ("意大利", "🕐 Rome")])
async def test_settings_can_be_typed_behind_the_command(talk: Talk, typed: str, shown: str) -> None:
    """`/settings Roma` and `/settings 22:30-7` work where nothing else can be typed, as in a channel."""
    await talk.types(f"/settings {typed}")
    await talk.types("/settings")
    assert shown in [label.removeprefix("✓ ") for label in talk.labels]


async def test_settings_behind_the_command_that_mean_nothing(office: Office, talk: Talk) -> None:
    """Other words are told; a stranger is shown that nothing comes."""
    reply = await talk.types("/settings Nowhereville")
    assert reply is not None
    assert reply.html == say("en", "city_unknown", city="Nowhereville")
    reply = await talk.types("/settings 25:99-7")
    assert reply is not None
    assert reply.html == say("en", "hours_unknown", example="/settings 22:30-7")
    reply = await office.talk(somebody(9)).types("/settings Rome")
    assert reply is not None
    assert "News: not subscribed" in reply.html


@pytest.mark.parametrize("code", LANGUAGES)
async def test_the_language(office: Office, talk: Talk, code: str) -> None:
    """A language is one tap away, and the message speaks it; automatic takes it back."""
    await talk.presses("🌐")
    reply = await talk.presses(phrasebook(code).own_name)
    assert reply.html.startswith(say(code, "settings", language="|", news="|").partition("|")[0])
    assert (await office.subscriptions.language_of(talk.visitor.chat)).chosen == code
    talk.language = code
    await talk.presses("🌐")
    assert talk.ticked == [phrasebook(code).own_name]
    await talk.presses(say(code, "language_automatic"))
    assert (await office.subscriptions.language_of(talk.visitor.chat)).chosen is None


async def test_strangers_choose_a_language_too(office: Office) -> None:
    """The language has nothing to do with a subscription."""
    talk = office.talk()
    await talk.types("/settings")
    await talk.presses("🌐")
    await talk.presses("Deutsch")
    assert (await office.subscriptions.language_of(talk.visitor.chat)).chosen == "de"
    assert await office.subscriptions.preferences_of(talk.visitor.chat) is None


async def test_back_and_done(talk: Talk) -> None:
    """Every page leads back; done folds the message to one line without a button."""
    whole = await talk.types("/settings")
    assert whole is not None
    for page in ("🕐", "🌐", "🌙 …"):
        await talk.presses(page)
        assert (await talk.presses("← Back")).html == whole.html
    done = await talk.presses("Done")
    assert done.html == "All set: everything; at once. /settings opens this again."
    assert done.buttons == ()


@pytest.mark.parametrize("data", ["set:x", "set:nonsense:1", "set:t", "set:t:00000000", "set:r:hourly", "set:q:1-2"])
async def test_old_buttons(office: Office, talk: Talk, data: str) -> None:
    """A button that means nothing any more changes nothing, and shows how things stand or says that it is old."""
    before = await office.wishes()
    reply = await talk.sends_data(data)
    assert reply.html == say("en", "old_button") or "News: subscribed" in reply.html
    assert await office.wishes() == before


async def test_a_button_of_somebody_who_left(office: Office, talk: Talk) -> None:
    """Under an old message of somebody who left, a tap subscribes to nothing; it shows that nothing comes."""
    await office.subscriptions.unsubscribe(talk.visitor.chat)
    for data in (f"set:t:{topic_token('news')}", "set:r:weekly", "set:done", "set:o:new", "set:z", "set:l"):
        reply = await talk.sends_data(data)
        assert "News: not subscribed" in reply.html or data == "set:l"
    assert (await office.wishes()).topics == ("everything",)


async def test_a_topic_that_no_article_has_any_more(office: Office, talk: Talk) -> None:
    """What is followed is shown as long as it is, so that it can be taken away; then it is gone."""
    await talk.presses("Test drives")
    office.articles[:] = [labelled(CARS, "news")]
    await talk.types("/settings")
    assert talk.ticked[0] == "Test drives"
    await talk.presses("Test drives")
    assert "Test drives" not in talk.labels
