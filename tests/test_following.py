"""Topics in a person's own words."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from bot.chat.following import LONGEST, MOST, SHOWN
from bot.chat.waiting import PATIENCE
from bot.settings import LANGUAGES
from bot.state.kinds import PauseReason, SubscriptionState
from bot.state.preferences import OwnTopic
from bot.texts import day, say
from tests.subscribers import Office, open_office

FOUND = [(f"News <{n}>", date(2025, 9, 24 - n), f"A price & <{n}>.") for n in range(SHOWN + 2)]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


async def test_what_it_would_have_sent_is_shown_first(office: Office) -> None:
    """Title, date and sentence of what would have come, some of it where it is much; nothing is followed yet."""
    office.found = FOUND
    reply = await office.talk().types("/subscribe prices  in <Italy>")
    assert reply is not None
    parts = reply.html.split("\n\n")
    assert parts[0] == "<b>prices in &lt;Italy&gt;</b>\nIn the last 90 days this would have come:"
    assert parts[1] == "<i>24 September 2025</i>\n<b>News &lt;0&gt;</b>\nA price &amp; &lt;0&gt;."
    assert parts[-1] == "And 2 more."
    assert len(parts) == 1 + SHOWN + 1
    assert [button.label for row in reply.buttons for button in row] == ["Follow it", "Cancel"]
    assert office.previewed == [("prices in <Italy>", "en")]
    assert await office.subscriptions.preferences_of(office.talk().visitor.chat) is None


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_would_have_come(office: Office, language: str) -> None:
    """That is said as well, in the person's language, and is no reason not to follow it."""
    talk = office.talk(language=language)
    reply = await talk.types("/subscribe Preise")
    assert reply is not None
    assert reply.html == say(language, "own_preview_none", topic="Preise", days=90)
    assert day(language, FOUND[0][1]) not in reply.html
    await talk.presses(say(language, "button_follow"))
    assert (await office.wishes()).own == (OwnTopic(1, "Preise", language),)


async def test_a_newcomer_follows_it_alone(office: Office) -> None:
    """Who asked for one thing gets that one, not everything."""
    talk = office.talk()
    await talk.types("/subscribe prices in Italy")
    reply = await talk.presses("Follow it")
    assert reply.edits
    assert reply.html.startswith(say("en", "own_followed"))
    assert "Topics: only your own\nYour own: “prices in Italy”" in reply.html
    assert (await office.wishes()).topics == ()


@pytest.mark.parametrize("reason", [PauseReason.RESTING, PauseReason.BLOCKED])
async def test_who_rests_keeps_what_they_follow(office: Office, reason: PauseReason) -> None:
    """A topic of one's own comes beside the others also after a pause; only who had left begins anew."""
    talk = office.talk()
    await talk.types("/subscribe offers")
    await office.subscriptions.pause(talk.visitor.chat, reason)
    await talk.types("/subscribe prices in Italy")
    await talk.presses("Follow it")
    kept = await office.wishes()
    assert (kept.topics, [topic.words for topic in kept.own]) == (("offers",), ["prices in Italy"])
    assert kept.state is SubscriptionState.ACTIVE
    await talk.types("/unsubscribe")
    await talk.types("/subscribe a depot in Turin")
    await talk.presses("Follow it")
    assert (await office.wishes()).topics == ()


async def test_beside_everything(office: Office) -> None:
    """Who follows everything keeps it, and is told what that means."""
    talk = office.talk()
    await talk.types("/subscribe")
    await talk.types("/subscribe prices in Italy")
    reply = await talk.presses("Follow it")
    assert reply.html.endswith(say("en", "own_beside_everything"))
    assert (await office.wishes()).topics == ("everything",)


async def test_cancelled(office: Office) -> None:
    """Cancel leaves everything as it was."""
    talk = office.talk()
    await talk.types("/subscribe prices in Italy")
    reply = await talk.presses("Cancel")
    assert (reply.html, reply.edits) == (say("en", "own_cancelled"), True)
    assert await office.subscriptions.preferences_of(talk.visitor.chat) is None


async def test_too_late(office: Office) -> None:
    """The words are not kept for ever, nor over a restart, nor after /forget: then they are asked for again."""
    talk = office.talk()
    await talk.types("/subscribe prices in Italy")
    shown = talk.shown
    restarted = office.talk()
    restarted.shown = shown
    assert (await restarted.presses("Follow it")).html == say("en", "own_too_late")
    for feature in talk.features:
        if feature.holds is not None:
            feature.holds.forget(talk.visitor.chat)
    assert (await talk.presses("Follow it")).html == say("en", "own_too_late")
    await talk.types("/subscribe prices in Italy")
    office.clock.forward(PATIENCE.total_seconds())
    assert (await talk.presses("Follow it")).html == say("en", "own_too_late")


async def test_typed_after_a_button(office: Office) -> None:
    """No command need be known: a button asks for the words, and whatever is typed is taken as such."""
    talk = office.talk()
    await talk.types("/subscribe")
    asked = await talk.presses("＋")
    assert asked.html == say("en", "own_ask")
    reply = await talk.types("When are there discounts for students?")
    assert reply is not None
    assert reply.html.startswith("<b>When are there discounts for students?</b>")
    await talk.types("/settings")
    await talk.presses("＋")
    reply = await talk.types("offers")
    assert reply is not None
    assert reply.html.startswith(say("en", "topic_followed"))


async def test_listed_and_taken_away(office: Office) -> None:
    """The settings list one's own topics; a tap takes one away."""
    talk = office.talk()
    for words in ("prices in Italy", "<b>" * 20):
        await talk.types(f"/subscribe {words}")
        await talk.presses("Follow it")
    reply = await talk.presses("✎")
    assert reply.html == say("en", "own_list")
    assert talk.labels == ["✕ prices in Italy", f"✕ {'<b>' * 13}…", "＋ A topic of your own", "← Back"]
    await talk.presses("✕ prices")
    assert [topic.words for topic in (await office.wishes()).own] == ["<b>" * 20]
    reply = await talk.presses("✕")
    assert reply.html == say("en", "own_none")


async def test_the_same_words_twice(office: Office) -> None:
    """Words that are followed already are not followed twice."""
    talk = office.talk()
    await talk.types("/subscribe prices in Italy")
    await talk.presses("Follow it")
    reply = await talk.types("/subscribe Prices in  ITALY")
    assert reply is not None
    assert reply.html.startswith(say("en", "own_already"))
    assert len((await office.wishes()).own) == 1


async def test_there_is_a_limit(office: Office) -> None:
    """With as many as there can be, the next is told so, before and after its preview, with those there are."""
    talk = office.talk()
    await talk.types("/subscribe")
    for n in range(MOST - 1):
        await office.subscriptions.add_own_topic(talk.visitor.chat, f"topic {n}", "en")
    await talk.types("/subscribe one more")
    await office.subscriptions.add_own_topic(talk.visitor.chat, "meanwhile", "en")
    full = say("en", "own_full", count=MOST)
    assert (await talk.presses("Follow it")).html.startswith(full)
    for typed in ("/subscribe two more",):
        reply = await talk.types(typed)
        assert reply is not None
        assert reply.html.startswith(full)
    assert len(talk.labels) == MOST + 2
    assert (await talk.presses("＋")).html.startswith(full)
    assert len((await office.wishes()).own) == MOST


async def test_words_that_are_too_many(office: Office) -> None:
    """A whole page is no topic."""
    reply = await office.talk().types(f"/subscribe {'x' * (LONGEST + 1)}")
    assert reply is not None
    assert reply.html == say("en", "own_too_long", count=LONGEST)
    assert office.previewed == []
