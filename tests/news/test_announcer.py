"""Who gets which article, once: the announcer over a real database and a sender in memory."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import ChatGoneError, MessageGoneError, MessageRefusedError, TryLaterError
from bot.news.announcer import Announcer
from bot.news.message import Message
from bot.news.pushes import parts
from bot.replies import Channel, ChatAddress, Reply
from bot.state.deliveries import Parcel
from bot.state.kinds import SubscriptionState
from tests.news.stand import ANNA, BRUNO, CARLA, Stand, compose
from tests.senders import MemorySender


async def test_each_subscriber_gets_an_article_once(stand: Stand) -> None:
    """Everybody gets it in their language, and nobody a second time."""
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 3
    assert await stand.announcer.deliver_due() == 0
    assert await stand.another().deliver_due() == 0
    assert stand.taken == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]
    assert stand.states() == [("1", "sent", None), ("2", "sent", None), ("3", "sent", None)]


async def test_more_than_one_batch_is_sent_in_one_go(stand: Stand) -> None:
    """However many are due, all of them are sent."""
    for number in range(100, 157):
        await stand.subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 60
    assert len(set(stand.taken)) == len(stand.taken) == 60


async def test_two_announcers_at_once_send_once(stand: Stand) -> None:
    """Two that deliver at the same time share the work and double nothing."""
    await stand.outbox.announce("news")
    counts = await asyncio.gather(stand.announcer.deliver_due(), stand.another().deliver_due())
    assert sum(counts) == 3
    assert sorted(stand.taken) == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]


async def test_many_are_written_to_at_a_time_and_no_more(stand: Stand) -> None:
    """Chats are written to side by side, at most so many at once, and each place is used again."""
    for number in range(100, 140):
        await stand.subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    await stand.outbox.announce("news")
    in_the_air = most = 0
    full = asyncio.Event()

    class Slow(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            nonlocal in_the_air, most
            in_the_air += 1
            most = max(most, in_the_air)
            if most == 8:
                full.set()
            await full.wait()
            await asyncio.sleep(0.001)
            in_the_air -= 1
            return await super().send(chat, reply, **options)

    stand.sender = Slow()
    assert await stand.another(at_once=8).deliver_due() == 43
    assert most == 8
    assert {state for _, state, _ in stand.states()} == {"sent"}


async def test_a_chat_that_takes_long_holds_up_nobody(stand: Stand) -> None:
    """While one chat's message is on its way, all the others get theirs."""
    await stand.outbox.announce("news")
    free = asyncio.Event()

    class Stuck(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            if chat == ANNA:
                await free.wait()
            return await super().send(chat, reply, **options)

    stand.sender = Stuck()
    delivering = asyncio.create_task(stand.another(at_once=2).deliver_due())
    await stand.until_arrived(2)
    assert [state for _, state, _ in stand.states()] == ["sending", "sent", "sent"]
    free.set()
    assert await delivering == 3


async def test_what_waited_comes_together(stand: Stand) -> None:
    """All that a chat is due is one message."""
    await stand.outbox.announce("news")
    await stand.outbox.announce("offer")
    assert await stand.announcer.deliver_due() == 3
    assert stand.taken == [
        ("1", "news and offer in it"),
        ("2", "news and offer in en"),
        ("3", "news and offer in None"),
    ]
    assert [state for _, state, _ in stand.states()] == ["sent"] * 6


async def test_who_was_sent_something_is_told(stand: Stand) -> None:
    """Once it is written that a message was sent, whoever wants to know hears of it, and of what it showed as it was
    made; their mistakes are their own."""
    stand.sender.fail(ANNA, MessageRefusedError("Message is too long"))
    await stand.outbox.announce("news")
    await stand.announcer.deliver_due()
    assert [(arrival.chat_id, arrival.shown) for arrival in stand.arrived] == [
        (2, (("news", "en", "news in en"),)),
        (3, (("news", "None", "news in None"),)),
    ]

    async def mistaken(arrived: Sequence[object]) -> None:
        raise ValueError(arrived)

    await stand.outbox.announce("offer")
    other = Announcer(
        stand.outbox, stand.sender, compose, Channel.TELEGRAM, stand.folder, sent=mistaken, now=stand.clock
    )
    assert await other.deliver_due() == 3


async def test_a_message_that_cannot_be_made_holds_up_nobody(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in making one message is tried again like trouble on the way; the others come meanwhile."""
    await stand.outbox.announce("broken")
    assert await stand.announcer.deliver_due() == 0
    assert stand.states()[0] == ("1", "pending", "not made or sent: ValueError")
    assert stand.next_due() == stand.clock() + timedelta(seconds=1)
    assert "A message could not be made or sent" in caplog.messages
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 3


async def test_a_second_source_edits_the_message(stand: Stand) -> None:
    """The message that told the story first names the second source; one that says so or is gone is passed over."""
    await stand.outbox.announce("news")
    await stand.announcer.deliver_due()
    await stand.outbox.owe_edits("news", "other")
    stand.sender.fail(ANNA, MessageGoneError("message to edit not found"))
    assert await stand.announcer.deliver_due() == 0
    assert [(chat, number, reply.html) for chat, number, reply in stand.sender.edited] == [
        (BRUNO, 2, "news in en"),
        (CARLA, 3, "news in None"),
    ]
    assert stand.states()[3:] == [
        ("1", "skipped", "message to edit not found"),
        ("2", "skipped", "the message says so already"),
        ("3", "skipped", "the message says so already"),
    ]
    kept = await stand.subscriptions.preferences_of(ANNA)
    assert kept is not None
    assert kept.state is SubscriptionState.ACTIVE


async def test_a_digest_is_edited_as_a_whole(stand: Stand) -> None:
    """A message about several articles that names a second source of one still tells of all of them."""
    await stand.outbox.announce("news")
    await stand.outbox.announce("offer")
    await stand.announcer.deliver_due()
    assert await stand.outbox.owe_edits("news", "other") == 3
    parcels = await stand.outbox.take(Channel.TELEGRAM, stand.clock(), 9, "us")
    edits = [delivery for parcel in parcels for delivery in parcel.deliveries]
    assert [[one.article for one in edit.together] for edit in edits] == [["news", "offer"]] * 3


async def test_edits_come_after_the_message(stand: Stand) -> None:
    """A chat that is due an edit and something new gets both, and where it is gone neither."""
    await stand.outbox.announce("news")
    await stand.announcer.deliver_due()
    await stand.outbox.owe_edits("news", "other")
    await stand.outbox.announce("offer")
    stand.sender.fail(BRUNO, ChatGoneError("Forbidden: bot was blocked by the user"))
    stand.sender.fail(CARLA, TryLaterError(35, "too fast"))
    assert await stand.announcer.deliver_due() == 1
    assert stand.taken[3:] == [("1", "offer in it")]
    assert [chat for chat, _, _ in stand.sender.edited] == [ANNA]
    assert sorted(stand.states()[3:]) == [
        ("1", "sent", None),
        ("1", "skipped", "the message says so already"),
        ("2", "failed", "Forbidden: bot was blocked by the user"),
        ("2", "skipped", "left while it was being sent"),
        ("3", "pending", "too fast (again in 35 s)"),
        ("3", "pending", "too fast (again in 35 s)"),
    ]


async def test_an_article_that_is_gone_is_skipped(stand: Stand) -> None:
    """Nothing is sent of an article that is not at hand any more."""
    await stand.outbox.announce("withdrawn")
    assert await stand.announcer.deliver_due() == 0
    assert {state for _, state, _ in stand.states()} == {"skipped"}
    assert stand.states()[0][2] == "nothing of it can be told any more"


async def test_leaving_during_a_broadcast(stand: Stand) -> None:
    """Whoever leaves while the broadcast runs is not messaged any more."""
    await stand.outbox.announce("news")

    class Leaving(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            await stand.subscriptions.unsubscribe(CARLA)
            return await super().send(chat, reply, **options)

    stand.sender = Leaving()
    assert await stand.another(at_once=1).deliver_due() == 2
    assert [address for address, _ in stand.taken] == ["1", "2"]


@pytest.mark.parametrize("how", ["forget", "unsubscribe", "take over"])
async def test_what_is_owed_no_more_is_not_sent(stand: Stand, how: str) -> None:
    """Who leaves or is forgotten between the taking and the sending gets nothing, nor what another process took."""
    await stand.outbox.announce("news")

    async def leaving(parcel: Parcel) -> Message | None:
        if parcel.chat == ANNA and how == "forget":
            assert await stand.subscriptions.erase(ANNA)
        elif parcel.chat == ANNA and how == "unsubscribe":
            assert await stand.subscriptions.unsubscribe(ANNA)
        elif parcel.chat == ANNA:
            stand.run_sql("UPDATE deliveries SET attempts = 2, owner = 'another' WHERE chat_id = 1")
        return await compose(parcel)

    announcer = Announcer(
        stand.outbox, stand.sender, leaving, Channel.TELEGRAM, stand.folder, parts=parts, now=stand.clock
    )
    assert await announcer.deliver_due() == 2
    assert [address for address, _ in stand.taken] == ["2", "3"]
    left = {
        "forget": [],
        "unsubscribe": [("1", "skipped", "left while it was being sent")],
        "take over": [("1", "sending", None)],
    }
    assert [state for state in stand.states() if state[0] == "1"] == left[how]
    assert await stand.announcer.deliver_due() == 0


async def test_what_is_left_of_a_digest_is_sent(stand: Stand) -> None:
    """A digest of which one article is taken back while it is made comes again without it."""
    await stand.outbox.announce("news")
    await stand.outbox.announce("offer")

    async def late(parcel: Parcel) -> Message | None:
        if parcel.chat == ANNA:
            stand.run_sql("UPDATE deliveries SET state = 'skipped' WHERE chat_id = 1 AND article = 'news'")
        return await compose(parcel)

    announcer = Announcer(
        stand.outbox, stand.sender, late, Channel.TELEGRAM, stand.folder, parts=parts, now=stand.clock
    )
    assert await announcer.deliver_due() == 2
    stand.clock.forward(2)
    assert await announcer.deliver_due() == 1
    assert stand.taken[-1] == ("1", "offer in it")
