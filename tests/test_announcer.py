"""Who gets which article, once, whatever breaks: the announcer over a real database and a sender in memory."""

import asyncio
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import ChatGoneError, ChatMovedError, MessageGoneError, MessageRefusedError, TryLaterError
from bot.news.announcer import RENEWAL, Announcer
from bot.news.arrivals import FOLDER
from bot.news.message import Message
from bot.news.pushes import parts
from bot.news.resting import FIRST_REST, LONGEST_REST, Rest
from bot.news.tries import LASTS, LONGEST_BACKOFF, MAX_ATTEMPTS, Wait, later
from bot.replies import Channel, ChatAddress, Reply
from bot.state.database import Engines
from bot.state.deliveries import Arrival, Delivery, Parcel
from bot.state.kinds import DeliveryKind, PauseReason, SubscriptionState
from bot.state.migrating import migrate
from bot.state.outbox import LEASE, Outbox
from bot.state.subscriptions import Subscriptions
from tests.clocks import StoppedClock
from tests.killed import killed
from tests.senders import MemorySender
from tests.vaults import VAULT

ANNA, BRUNO, CARLA = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2", "3"))


async def compose(parcel: Parcel) -> Message | None:
    """A message that names and shows what it was made from; one article is not at hand, and one cannot be made."""
    articles = [delivery.article for delivery in parcel.deliveries]
    if "broken" in articles:
        raise ValueError("secret")
    if "withdrawn" in articles:
        return None
    text = f"{' and '.join(articles)} in {parcel.language}"
    return Message(Reply(text), ((articles[0], str(parcel.language), text),))


class Stand:
    """An announcer with all that it touches: database, sender and clock."""

    def __init__(self, engines: Engines, clock: StoppedClock, file: Path) -> None:
        self.subscriptions = Subscriptions(engines, VAULT, clock)
        self.outbox = Outbox(engines, VAULT, clock)
        self.clock = clock
        self.file = file
        self.folder = file.parent / FOLDER
        self.sender = MemorySender()
        self.arrived: list[Arrival] = []
        self._heard = asyncio.Condition()
        self.ticks: Callable[[], float] = lambda: clock().timestamp()
        self.announcer = self.another()

    def another(self, at_once: int = 64) -> Announcer:
        """A second announcer over the same."""
        return Announcer(
            self.outbox,
            self.sender,
            compose,
            Channel.TELEGRAM,
            self.folder,
            parts=parts,
            sent=self._sent,
            now=self.clock,
            clock=lambda: self.ticks(),
            chance=lambda: 0.0,
            at_once=at_once,
        )

    async def _sent(self, arrived: Sequence[Arrival]) -> None:
        async with self._heard:
            self.arrived += arrived
            self._heard.notify_all()

    async def until_arrived(self, number: int) -> None:
        """Wait until so many messages were sent, and that is written."""
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: len(self.arrived) >= number)

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Each message that arrived: address and text."""
        return [(chat.address, reply.html) for chat, reply in self.sender.taken]

    def states(self) -> list[tuple[str, str, str | None]]:
        """Every delivery: address, state, reason."""
        query = "SELECT address, state, reason FROM deliveries JOIN chats ON chats.id = chat_id ORDER BY deliveries.id"
        with closing(sqlite3.connect(self.file)) as connection:
            return [(VAULT.decrypt(sealed), state, reason) for sealed, state, reason in connection.execute(query)]

    def next_due(self) -> datetime:
        """When the first pending delivery is due."""
        with closing(sqlite3.connect(self.file)) as connection:
            [(due_at,)] = connection.execute("SELECT min(due_at) FROM deliveries WHERE state = 'pending'")
        return datetime.fromisoformat(due_at).replace(tzinfo=UTC)

    def run_sql(self, statement: str) -> None:
        """Change the file behind the announcer's back."""
        with closing(sqlite3.connect(self.file, timeout=60)) as connection, connection:
            connection.execute(statement)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Three subscribers, nothing announced."""
    clock, file = StoppedClock(), tmp_path / "annuncio.db"
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url, VAULT)
    engines = Engines(url)
    stand = Stand(engines, clock, file)
    for chat, language in ((ANNA, "it"), (BRUNO, "en"), (CARLA, None)):
        await stand.subscriptions.subscribe(chat, language)
    yield stand
    await engines.close()


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


async def test_a_process_that_starts_takes_up_what_the_last_one_left(stand: Stand) -> None:
    """When its lease has ended, `run` owes again what was being sent, delivers it, and ends when it is told to."""
    await stand.outbox.announce("news")
    await stand.outbox.take(Channel.TELEGRAM, stand.clock(), 1, "the last one")
    stand.clock.forward(LEASE.total_seconds())
    stop = asyncio.Event()
    running = asyncio.create_task(stand.announcer.run(stop, interval=0.01))
    await stand.until_arrived(3)
    stop.set()
    await running
    assert sorted(stand.taken) == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]


async def test_what_arrived_before_a_kill_is_not_sent_again(stand: Stand) -> None:
    """What a killed process had been told of is sent by then, and who got it is heard of; what was on its way goes out
    again at once, no lease is waited for."""
    await stand.outbox.announce("news")
    [first, _second] = await stand.outbox.take(Channel.TELEGRAM, stand.clock(), 2, "the last one")
    killed(stand.folder, "the last one", (first.chat_id, first.deliveries[0].id, 1, 77))
    stop = asyncio.Event()
    running = asyncio.create_task(stand.announcer.run(stop, interval=0.01))
    await stand.until_arrived(3)  # the first of them before the kill
    stop.set()
    await running
    assert sorted(stand.taken) == [("2", "news in en"), ("3", "news in None")]
    assert [state for _, state, _ in stand.states()] == ["sent", "sent", "sent"]
    assert stand.arrived[0] == Arrival(
        first.chat_id, ((first.deliveries[0].id, 1),), 77, (("news/p1/s1", "en", "It opens in May."),)
    )
    assert list(stand.folder.iterdir()) == []


async def test_what_cannot_be_read_keeps_nobody_from_the_rest(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """A file that the disk does not give is passed over and logged; the others are taken over, and leases renewed."""
    (stand.folder / "damaged.jsonl").mkdir(parents=True)
    await stand.outbox.announce("news")
    [first] = await stand.outbox.take(Channel.TELEGRAM, stand.clock(), 1, "the last one")
    killed(stand.folder, "the last one", (first.chat_id, first.deliveries[0].id, 1, 77))
    with caplog.at_level(logging.WARNING):
        stop = asyncio.Event()
        running = asyncio.create_task(stand.announcer.run(stop, interval=0.01))
        await stand.until_arrived(3)
        stop.set()
        await running
    assert sorted(stand.taken) == [("2", "news in en"), ("3", "news in None")]
    assert caplog.messages == ["What an announcer that ended had noted is not read: Is a directory"]


async def test_stopping_ends_between_two_messages(stand: Stand) -> None:
    """A stop in the middle of a broadcast lets the message in hand end, and leaves the rest as owed."""
    await stand.outbox.announce("news")
    stop = asyncio.Event()

    class Last(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            stop.set()
            return await super().send(chat, reply, **options)

    stand.sender = Last()
    await stand.another(at_once=1).run(stop)
    assert [state for _, state, _ in stand.states()] == ["sent", "pending", "pending"]


async def test_what_is_being_sent_is_not_taken_for_lost(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that takes longer than a lease is still ours: signs of life keep others from sending it, too."""
    monkeypatch.setattr("bot.news.announcer.RENEWAL", 0.01)
    assert LEASE.total_seconds() / 2 > RENEWAL
    await stand.outbox.announce("news")
    free, looked, looks, recover = asyncio.Event(), asyncio.Condition(), Counter[str](), stand.outbox.recover

    class Stuck(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply, **options: Any) -> int:
            await free.wait()
            return await super().send(chat, reply, **options)

    async def counted(channel: Channel, now: datetime, owner: str) -> int:
        recovered = await recover(channel, now, owner)
        async with looked:
            looks[owner] += 1
            looked.notify_all()
        return recovered

    monkeypatch.setattr(stand.outbox, "recover", counted)
    stand.sender = Stuck()
    stops = asyncio.Event(), asyncio.Event()
    running = [asyncio.create_task(stand.another().run(stop, interval=0.01)) for stop in stops]
    for _ in range(10):
        async with asyncio.timeout(60), looked:
            before = looks.copy()  # one of each may be under way, with the time of before
            await looked.wait_for(lambda: len(looks) == 2 and all(looks[owner] > before[owner] + 1 for owner in looks))  # noqa: B023  (called at once)
        stand.clock.forward(LEASE.total_seconds() / 2)
    free.set()
    for stop in stops:
        stop.set()
    await asyncio.gather(*running)
    assert sorted(stand.taken) == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]


async def test_what_the_database_would_not_take_is_written_later(stand: Stand) -> None:
    """A message that was sent as the database failed is written at the next call, not sent again."""
    await stand.outbox.announce("news")
    stand.run_sql(
        "CREATE TRIGGER full BEFORE UPDATE ON deliveries WHEN NEW.state = 'sent' AND NEW.chat_id = 3"
        " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(SQLAlchemyError, match="disk full"):
        await stand.announcer.deliver_due()
    with pytest.raises(SQLAlchemyError, match="disk full"):
        await stand.announcer.deliver_due()
    assert [address for address, _ in stand.taken] == ["1", "2", "3"]
    assert stand.states()[2] == ("3", "sending", None)
    stand.run_sql("DROP TRIGGER full")
    assert await stand.announcer.deliver_due() == 0
    assert [address for address, _ in stand.taken] == ["1", "2", "3"]
    assert {state for _, state, _ in stand.states()} == {"sent"}


async def test_what_was_sent_is_heard_of_before_it_ends(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops the bot then ends nothing that is still to be noted of what arrived."""
    hear, take, hearing = stand._sent, stand.outbox.take, asyncio.Event()

    async def slowly(arrived: Sequence[Arrival]) -> None:
        hearing.set()
        await asyncio.sleep(0.05)
        await hear(arrived)

    async def taken(channel: Channel, now: datetime, limit: int, owner: str) -> tuple[Parcel, ...]:
        parcels = await take(channel, now, limit, owner)
        if not parcels:  # all is written by now
            await hearing.wait()
        return parcels

    monkeypatch.setattr(stand, "_sent", slowly)
    monkeypatch.setattr(stand.outbox, "take", taken)
    for chat in (BRUNO, CARLA):
        await stand.subscriptions.unsubscribe(chat)
    await stand.outbox.announce("news")
    assert await stand.another().deliver_due() == len(stand.arrived) == 1


async def test_trouble_of_the_database_does_not_end_the_loop(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """The loop says so in one line and goes on when the database is back."""
    await stand.outbox.announce("news")
    stand.run_sql("ALTER TABLE deliveries RENAME TO hidden")
    stop = asyncio.Event()
    with caplog.at_level(logging.WARNING, "bot.news.announcer"):
        running = asyncio.create_task(stand.announcer.run(stop, interval=0.1))
        while not caplog.messages:  # noqa: ASYNC110  (a log has no event, and the test its time limit)
            await asyncio.sleep(0.01)
        # In a thread: what the loop has begun to write must be able to end.
        await asyncio.to_thread(stand.run_sql, "ALTER TABLE hidden RENAME TO deliveries")
        await stand.until_arrived(3)
    stop.set()
    await running
    assert caplog.messages[0] == "Announcements wait, the database says: no such table: deliveries"


async def test_logs_hold_neither_chats_nor_texts(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """The log counts how deliveries ended, and says nothing of who or what."""
    private = ChatAddress(Channel.TELEGRAM, "987654321")
    await stand.subscriptions.subscribe(private, "it")
    stand.sender.fail(private, MessageRefusedError("987654321 refused it"))
    await stand.outbox.announce("secret")
    with caplog.at_level(logging.INFO, "bot"):
        await stand.announcer.deliver_due()
        await stand.announcer.deliver_due()
    assert caplog.messages == ["Announcements on telegram: failed 1, sent 3"]
