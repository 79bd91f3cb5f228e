"""What a chat, Telegram or the network does to a message: waits, tries and their end."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, TryLaterError
from bot.news.resting import FIRST_REST, LONGEST_REST, Rest
from bot.news.tries import LASTS, LONGEST_BACKOFF, MAX_ATTEMPTS, Wait, later
from bot.replies import Channel, ChatAddress, Reply
from bot.state.deliveries import Delivery, Parcel
from bot.state.kinds import DeliveryKind, PauseReason, SubscriptionState
from tests.clocks import StoppedClock
from tests.news.stand import ANNA, CARLA, Stand
from tests.senders import MemorySender


async def test_a_wait_for_everybody_is_kept_by_everybody(stand: Stand) -> None:
    """Where the channel says that all have to wait, nobody else is tried in the meantime."""
    await stand.outbox.announce("news")
    stand.sender.fail(ANNA, TryLaterError(20, "too fast", everywhere=True))
    announcer = stand.another(at_once=1)
    assert await announcer.deliver_due() == 0
    stand.clock.forward(19)
    assert await announcer.deliver_due() == 0
    assert [state for _, state, _ in stand.states()] == ["pending"] * 3
    stand.clock.forward(1)
    assert await announcer.deliver_due() == 3


async def test_who_blocked_the_bot_is_paused_and_holds_up_nobody(stand: Stand) -> None:
    """A chat that is gone fails for good and is paused; the others get theirs; returning resumes it."""
    stand.sender.fail(ANNA, ChatGoneError("Forbidden: bot was blocked by the user"))
    await stand.outbox.announce("news")
    await stand.outbox.announce("offer")
    await stand.outbox.announce("later", at=stand.clock() + timedelta(hours=1))
    assert await stand.announcer.deliver_due() == 2
    assert [address for address, _ in stand.taken] == ["2", "3"]
    assert [state for state in stand.states() if state[0] == "1"] == [
        ("1", "failed", "Forbidden: bot was blocked by the user"),
        ("1", "failed", "Forbidden: bot was blocked by the user"),
        ("1", "skipped", "paused: gone"),
    ]
    paused = await stand.subscriptions.preferences_of(ANNA)
    assert paused is not None
    assert (paused.state, paused.pause_reason) == (SubscriptionState.PAUSED, PauseReason.GONE)
    assert await stand.subscriptions.resume(ANNA) is True
    await stand.outbox.announce("third")
    await stand.announcer.deliver_due()
    assert ("1", "third in it") in stand.taken


async def test_a_moved_group_gets_it_at_its_new_address(stand: Stand) -> None:
    """The rows move, and the message goes to the new address in the same go."""
    stand.sender.fail(ANNA, ChatMovedError("-1001"))
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 3
    assert stand.taken == [("2", "news in en"), ("3", "news in None"), ("-1001", "news in it")]
    assert await stand.subscriptions.preferences_of(ANNA) is None


async def test_a_group_that_moved_into_a_subscriber_gets_it_once(stand: Stand) -> None:
    """Where the new address is owed the same article, or has it, it is sent once."""
    stand.sender.fail(ANNA, ChatMovedError("2"))
    stand.sender.fail(CARLA, ChatMovedError("2"))
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 1
    assert stand.taken == [("2", "news in en")]
    assert stand.states() == [("2", "sent", None)]


async def test_the_wait_that_the_channel_asks_for_is_kept(stand: Stand) -> None:
    """Too fast for one chat: the others go on, and that one gets it when its seconds are over, not before."""
    stand.sender.fail(ANNA, TryLaterError(35, "too fast"))
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 2
    assert stand.states()[0] == ("1", "pending", "too fast (again in 35 s)")
    stand.clock.forward(34)
    assert await stand.announcer.deliver_due() == 0
    stand.clock.forward(1)
    assert await stand.announcer.deliver_due() == 1
    assert stand.taken[-1] == ("1", "news in it")


async def test_tries_have_an_end_and_outlast_an_outage(stand: Stand) -> None:
    """Ten tries with growing waits, over more than three hours, then it has failed for good."""
    stand.sender.fail(ANNA, *[TryLaterError(5, "not reached")] * 20)
    await stand.outbox.announce("news")
    waits = []
    for _ in range(MAX_ATTEMPTS):
        await stand.announcer.deliver_due()
        if stand.states()[0][1] == "pending":
            waits.append((stand.next_due() - stand.clock()).total_seconds())
            stand.clock.forward(waits[-1])
    assert waits == [5, 5, 16, 64, 256, 1024, 3600, 3600, 3600]
    assert stand.states()[0] == ("1", "failed", "not reached (again in 5 s)")
    assert len(stand.sender.errors[ANNA]) == 20 - MAX_ATTEMPTS


SILENCE = TryLaterError(5, "not reached", silent=True)


async def test_an_outage_fails_nothing(stand: Stand) -> None:
    """While the channel says nothing it is asked with one message at a time, ever more seldom, and none of the tries of
    anything is used up: all of it comes when the network is back."""
    for number in range(100, 110):
        await stand.subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    await stand.outbox.announce("news")
    asked: list[float] = []

    class Cut(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            del chat, reply, options
            asked.append((stand.clock() - begun).total_seconds())
            raise SILENCE

    begun, back = stand.clock(), stand.sender
    stand.sender = Cut()
    announcer = stand.another(at_once=8)
    for _ in range(12 * 60 * 6):
        assert await announcer.deliver_due() == 0
        stand.clock.forward(10)
    assert asked[:12] == [0] * 8 + [10, 20, 40, 80]
    assert 12 * 3600 / LONGEST_REST <= len(asked) <= 12 * 3600 / LONGEST_REST + 20
    assert {state for _, state, _ in stand.states()} == {"pending"}
    announcer._sender = back
    stand.clock.forward(LONGEST_REST)
    assert await announcer.deliver_due() == 13
    assert await announcer.deliver_due() == 0


async def test_a_silence_to_one_message_rests_nobody_else(stand: Stand) -> None:
    """Where others are heard while one message meets with silence, that one alone waits, longer each time: the channel
    is there."""

    class Unlucky(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            if chat == ANNA:
                await heard.wait()
                raise SILENCE
            number = await super().send(chat, reply, **options)
            heard.set()
            return number

    heard = asyncio.Event()
    stand.sender = Unlucky()
    announcer = stand.another()
    await stand.outbox.announce("news")
    assert await announcer.deliver_due() == 2
    assert stand.next_due() == stand.clock() + timedelta(seconds=5)
    await stand.outbox.announce("more", ["more"])
    assert await announcer.deliver_due() == 2
    assert [state for _, state, _ in stand.states()] == ["pending", "sent", "sent", "pending", "sent", "sent"]
    await stand.subscriptions.set_topics(ANNA, ["more"])
    for waited in (5, 10, 20):
        stand.clock.forward(waited)
        heard.clear()
        await stand.outbox.announce(f"after {waited} s", ["cars"])
        assert await announcer.deliver_due() == 2
        assert stand.next_due() == stand.clock() + timedelta(seconds=2 * waited)


async def test_after_a_pause_a_broadcast_goes_on_at_once(stand: Stand) -> None:
    """Who was asked for a pause in the middle goes on when it is over, however seldom it looks for news otherwise."""
    stop = asyncio.Event()

    class Paused(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            number = await super().send(chat, reply, **options)
            stand.clock.forward(5)
            if chat == ANNA:
                stop.set()
            return number

    stand.sender, stand.ticks = Paused(), time.monotonic
    stand.sender.fail(ANNA, TryLaterError(0.05, "too fast", everywhere=True))
    await stand.outbox.announce("news")
    await stand.another().run(stop, interval=3600)
    assert sorted(address for address, _ in stand.taken) == ["1", "2", "3"]


async def test_what_may_have_arrived_is_not_sent_for_days(stand: Stand) -> None:
    """A message that may have been taken each time spends its tries, while the channel rests as at any silence."""
    stand.sender.fail(ANNA, *[TryLaterError(5, "no answer", silent=True, in_doubt=True)] * 40)
    await stand.outbox.announce("news")
    assert await stand.another(at_once=1).deliver_due() == 0
    while stand.states()[0][1] == "pending":
        stand.clock.forward(2 * LONGEST_BACKOFF)
        await stand.announcer.deliver_due()
    assert stand.states()[0] == ("1", "failed", "no answer (again in 5 s)")
    assert len(stand.sender.errors[ANNA]) == 40 - MAX_ATTEMPTS


async def test_what_is_never_answered_ends_by_its_age(stand: Stand) -> None:
    """A chat for which nothing is ever said holds up nobody, and is given up some days after its first try."""
    stand.sender.fail(ANNA, *[SILENCE] * 40)
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 2
    begun = stand.clock()
    while stand.states()[0][1] == "pending":
        stand.clock.forward(7200)
        await stand.announcer.deliver_due()
    assert stand.states()[0] == ("1", "failed", "not reached (again in 5 s)")
    assert stand.clock() - begun == LASTS
    await stand.outbox.announce("later")
    stand.clock.forward(LONGEST_REST)
    assert await stand.announcer.deliver_due() == 0
    stand.clock.forward(LONGEST_REST)
    assert await stand.announcer.deliver_due() == 2


async def test_a_clock_that_was_put_back_ends_no_sending(stand: Stand) -> None:
    """A rest is as long as it is, whatever is made of the clock meanwhile."""
    stand.ticks = lambda: 100.0
    stand.sender.fail(ANNA, TryLaterError(20, "too fast", everywhere=True))
    await stand.outbox.announce("news")
    assert await stand.another(at_once=1).deliver_due() == 0
    announcer = stand.another(at_once=1)
    announcer._rest.ask(20)
    stand.clock.forward(-86400)
    stand.ticks = lambda: 120.0
    await stand.outbox.announce("offer")
    assert await announcer.deliver_due() == 3


def test_what_failed_together_comes_apart() -> None:
    """Waits are longer by chance, those of one message alike."""
    part = Parcel(ANNA, 1, None, None, tuple(Delivery(n, "a", DeliveryKind.ANNOUNCEMENT) for n in range(2)))
    now = StoppedClock()()
    due = [[outcome.due_at for _, outcome in later(part, Wait("?", 10), now, chance)] for chance in (0.0, 1.0)]
    assert due == [[now + timedelta(seconds=10)] * 2, [now + timedelta(seconds=11)] * 2]
    rests = [Rest(lambda: 0.0, chance).fall_silent(1, 0.0) for chance in (lambda: 0.0, lambda: 1.0)]
    assert rests == [FIRST_REST, FIRST_REST * 1.25]


async def test_what_is_new_does_not_share_the_tries_of_what_is_old(stand: Stand) -> None:
    """An article that joins one which failed nine times has ten tries of its own, and is not kept waiting for it."""
    stand.sender.fail(ANNA, TryLaterError(5, "not reached"))
    await stand.outbox.announce("old")
    stand.run_sql("UPDATE deliveries SET attempts = 9 WHERE chat_id = 1")
    await stand.outbox.announce("new")
    assert await stand.announcer.deliver_due() == 2
    mine = [(state, reason) for address, state, reason in stand.states() if address == "1"]
    assert mine == [("failed", "not reached (again in 5 s)"), ("pending", "not reached (again in 5 s)")]
    stand.clock.forward(5)
    assert await stand.announcer.deliver_due() == 1
    assert stand.taken[-1] == ("1", "new in it")


async def test_a_message_that_ends_the_process_is_given_up(stand: Stand) -> None:
    """After ten tries that nobody settled it is not tried again."""
    await stand.outbox.announce("news")
    assert MAX_ATTEMPTS == 10
    stand.run_sql("UPDATE deliveries SET attempts = 10 WHERE chat_id = 1")
    assert await stand.announcer.deliver_due() == 2
    assert stand.states()[0] == ("1", "failed", "no answer in 10 tries")


async def test_a_refused_message_has_failed(stand: Stand) -> None:
    """A message that is refused is not tried again, the subscription stands, the others get theirs."""
    stand.sender.fail(ANNA, MessageRefusedError("Message is too long"))
    await stand.outbox.announce("news")
    assert await stand.announcer.deliver_due() == 2
    assert stand.states()[0] == ("1", "failed", "Message is too long")
    kept = await stand.subscriptions.preferences_of(ANNA)
    assert kept is not None
    assert kept.state is SubscriptionState.ACTIVE
