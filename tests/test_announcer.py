"""Who gets which article, once, whatever breaks: the announcer over a real database and a sender in memory."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.announcer import MAX_ATTEMPTS, Announcer
from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, TryLaterError
from bot.replies import Channel, ChatAddress, Reply
from bot.subscriptions import PauseReason, Subscriptions, SubscriptionState, open_subscriptions
from tests.clocks import StoppedClock
from tests.senders import MemorySender

ANNA, BRUNO, CARLA = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2", "3"))


def compose(slug: str, language: str | None) -> Reply | None:
    """A message that names what it was made from; one article is not at hand."""
    return None if slug == "withdrawn" else Reply(f"{slug} in {language}")


class Stand:
    """An announcer with all that it touches: database, sender, clock, and the waits that it asked for."""

    def __init__(self, subscriptions: Subscriptions, clock: StoppedClock, file: Path) -> None:
        self.subscriptions = subscriptions
        self.clock = clock
        self.file = file
        self.sender = MemorySender()
        self.waits: list[float] = []
        self.announcer = self.another()

    def another(self) -> Announcer:
        """A second announcer over the same."""
        return Announcer(self.subscriptions, self.sender, compose, Channel.TELEGRAM, now=self.clock, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    @property
    def taken(self) -> list[tuple[str, str]]:
        """Each message that arrived: address and text."""
        return [(chat.address, reply.html) for chat, reply in self.sender.taken]

    def states(self) -> list[tuple[str, str, str | None]]:
        """Every delivery: address, state, reason."""
        query = "SELECT address, state, reason FROM deliveries JOIN chats ON chats.id = chat_id ORDER BY deliveries.id"
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()

    def next_due(self) -> datetime:
        """When the first pending delivery is due."""
        with closing(sqlite3.connect(self.file)) as connection:
            [(due_at,)] = connection.execute("SELECT min(due_at) FROM deliveries WHERE state = 'pending'")
        return datetime.fromisoformat(due_at).replace(tzinfo=UTC)

    def run_sql(self, statement: str) -> None:
        """Change the file behind the announcer's back."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(statement)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Three subscribers, nothing announced."""
    clock, file = StoppedClock(), tmp_path / "annuncio.db"
    async with await open_subscriptions(f"sqlite+aiosqlite:///{file}", now=clock) as subscriptions:
        for chat, language in ((ANNA, "it"), (BRUNO, "en"), (CARLA, None)):
            await subscriptions.subscribe(chat, language)
        yield Stand(subscriptions, clock, file)


async def test_each_subscriber_gets_an_article_once(stand: Stand) -> None:
    """Everybody gets it in their language, and nobody a second time."""
    await stand.subscriptions.announce("news")
    assert await stand.announcer.deliver_due() == 3
    assert await stand.announcer.deliver_due() == 0
    assert await stand.another().deliver_due() == 0
    assert stand.taken == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]
    assert stand.states() == [("1", "sent", None), ("2", "sent", None), ("3", "sent", None)]


async def test_more_than_one_batch_is_sent_in_one_go(stand: Stand) -> None:
    """However many are due, all of them are sent."""
    for number in range(100, 157):
        await stand.subscriptions.subscribe(ChatAddress(Channel.TELEGRAM, str(number)), "it")
    await stand.subscriptions.announce("news")
    assert await stand.announcer.deliver_due() == 60
    assert len(set(stand.taken)) == len(stand.taken) == 60


async def test_two_announcers_at_once_send_once(stand: Stand) -> None:
    """Two that deliver at the same time share the work and double nothing."""
    await stand.subscriptions.announce("news")
    counts = await asyncio.gather(stand.announcer.deliver_due(), stand.another().deliver_due())
    assert sum(counts) == 3
    assert sorted(stand.taken) == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]


async def test_messages_are_paced(stand: Stand) -> None:
    """At most 25 a second: after each message what is left of its 40 ms is waited out."""
    await stand.subscriptions.announce("news")
    await stand.announcer.deliver_due()
    assert stand.waits == [0.04, 0.04, 0.04]


async def test_a_slow_message_needs_no_further_wait(stand: Stand) -> None:
    """The time that sending took counts; a clock that was set back costs one share at most."""
    await stand.subscriptions.announce("news")
    forward = {"1": 0.03, "2": 5.0, "3": -3600.0}

    class Slow(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply) -> None:
            await super().send(chat, reply)
            stand.clock.forward(forward[chat.address])

    stand.sender = Slow()
    await stand.another().deliver_due()
    assert [round(wait, 6) for wait in stand.waits] == [0.01, 0.04]


async def test_who_blocked_the_bot_is_paused_and_holds_up_nobody(stand: Stand) -> None:
    """A chat that is gone fails for good and is paused; the others get theirs; returning resumes it."""
    stand.sender.fail(ANNA, ChatGoneError("Forbidden: bot was blocked by the user"))
    await stand.subscriptions.announce("news")
    await stand.subscriptions.announce("offer")
    assert await stand.announcer.deliver_due() == 4
    assert [address for address, _ in stand.taken] == ["2", "3", "2", "3"]
    assert [state for state in stand.states() if state[0] == "1"] == [
        ("1", "failed", "Forbidden: bot was blocked by the user"),
        ("1", "skipped", "paused: gone"),
    ]
    paused = await stand.subscriptions.subscription_of(ANNA)
    assert paused is not None
    assert (paused.state, paused.pause_reason) == (SubscriptionState.PAUSED, PauseReason.GONE)
    assert await stand.subscriptions.resume(ANNA) is True
    await stand.subscriptions.announce("third")
    await stand.announcer.deliver_due()
    assert ("1", "third in it") in stand.taken


async def test_a_moved_group_gets_it_at_its_new_address(stand: Stand) -> None:
    """The rows move, and the message goes to the new address in the same go."""
    stand.sender.fail(ANNA, ChatMovedError("-1001"))
    await stand.subscriptions.announce("news")
    assert await stand.announcer.deliver_due() == 3
    assert stand.taken == [("2", "news in en"), ("3", "news in None"), ("-1001", "news in it")]
    assert await stand.subscriptions.subscription_of(ANNA) is None


async def test_a_group_that_moved_into_a_subscriber_gets_it_once(stand: Stand) -> None:
    """Where the new address is owed the same article, or has it, it is sent once."""
    stand.sender.fail(ANNA, ChatMovedError("2"))
    stand.sender.fail(CARLA, ChatMovedError("2"))
    await stand.subscriptions.announce("news")
    assert await stand.announcer.deliver_due() == 1
    assert stand.taken == [("2", "news in en")]
    assert stand.states() == [("2", "sent", None)]


async def test_the_wait_that_the_channel_asks_for_is_kept(stand: Stand) -> None:
    """Too fast for one chat: the others go on, and that one gets it when its seconds are over, not before."""
    stand.sender.fail(ANNA, TryLaterError(35, "too fast"))
    await stand.subscriptions.announce("news")
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
    await stand.subscriptions.announce("news")
    waits = []
    for _ in range(MAX_ATTEMPTS):
        await stand.announcer.deliver_due()
        if stand.states()[0][1] == "pending":
            waits.append((stand.next_due() - stand.clock()).total_seconds())
            stand.clock.forward(waits[-1])
    assert waits == [5, 5, 16, 64, 256, 1024, 3600, 3600, 3600]
    assert stand.states()[0] == ("1", "failed", "not reached (again in 5 s)")
    assert len(stand.sender.errors[ANNA]) == 20 - MAX_ATTEMPTS


async def test_a_message_that_ends_the_process_is_given_up(stand: Stand) -> None:
    """After ten tries that nobody settled it is not tried again."""
    await stand.subscriptions.announce("news")
    assert MAX_ATTEMPTS == 10
    stand.run_sql("UPDATE deliveries SET attempts = 10 WHERE chat_id = 1")
    assert await stand.announcer.deliver_due() == 2
    assert stand.states()[0] == ("1", "failed", "no answer in 10 tries")


async def test_a_refused_message_has_failed(stand: Stand) -> None:
    """A message that is refused is not tried again, the subscription stands, the others get theirs."""
    stand.sender.fail(ANNA, MessageRefusedError("Message is too long"))
    await stand.subscriptions.announce("news")
    assert await stand.announcer.deliver_due() == 2
    assert stand.states()[0] == ("1", "failed", "Message is too long")
    kept = await stand.subscriptions.subscription_of(ANNA)
    assert kept is not None
    assert kept.state is SubscriptionState.ACTIVE


async def test_an_article_that_is_gone_is_skipped(stand: Stand) -> None:
    """Nothing is sent of an article that is not at hand any more."""
    await stand.subscriptions.announce("withdrawn")
    assert await stand.announcer.deliver_due() == 0
    assert {state for _, state, _ in stand.states()} == {"skipped"}
    assert stand.states()[0][2] == "the article is not at hand any more"


async def test_leaving_during_a_broadcast(stand: Stand) -> None:
    """Whoever leaves while the broadcast runs is not messaged any more."""
    await stand.subscriptions.announce("news")

    class Leaving(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply) -> None:
            await super().send(chat, reply)
            await stand.subscriptions.unsubscribe(CARLA)

    stand.sender = Leaving()
    assert await stand.another().deliver_due() == 2
    assert [address for address, _ in stand.taken] == ["1", "2"]


async def test_a_process_that_starts_takes_up_what_the_last_one_left(stand: Stand) -> None:
    """`run` owes again what was being sent, delivers it, and ends when it is told to."""
    await stand.subscriptions.announce("news")
    [interrupted, *_] = await stand.subscriptions.due(Channel.TELEGRAM, stand.clock(), 9)
    await stand.subscriptions.claim(interrupted)
    stop = asyncio.Event()
    running = asyncio.create_task(stand.announcer.run(stop, interval=0.01))
    while len(stand.taken) < 3:  # noqa: ASYNC110  (a sender has no event, and the test its time limit)
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert sorted(stand.taken) == [("1", "news in it"), ("2", "news in en"), ("3", "news in None")]


async def test_stopping_ends_between_two_messages(stand: Stand) -> None:
    """A stop in the middle of a broadcast lets the message in hand end, and leaves the rest as owed."""
    await stand.subscriptions.announce("news")
    stop = asyncio.Event()

    class Last(MemorySender):
        async def send(self, chat: ChatAddress, reply: Reply) -> None:
            await super().send(chat, reply)
            stop.set()

    stand.sender = Last()
    await stand.another().run(stop)
    assert [state for _, state, _ in stand.states()] == ["sent", "pending", "pending"]


async def test_what_the_database_would_not_take_is_written_later(stand: Stand) -> None:
    """A message that was sent as the database failed is written at the next call, not sent again."""
    await stand.subscriptions.announce("news")
    stand.run_sql(
        "CREATE TRIGGER full BEFORE UPDATE ON deliveries WHEN NEW.state = 'sent' AND NEW.chat_id = 3"
        " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(SQLAlchemyError, match="disk full"):
        await stand.announcer.deliver_due()
    assert [address for address, _ in stand.taken] == ["1", "2", "3"]
    assert stand.states()[2] == ("3", "sending", None)
    stand.run_sql("DROP TRIGGER full")
    assert await stand.announcer.deliver_due() == 0
    assert [address for address, _ in stand.taken] == ["1", "2", "3"]
    assert {state for _, state, _ in stand.states()} == {"sent"}


async def test_trouble_of_the_database_does_not_end_the_loop(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """The loop says so in one line and goes on when the database is back."""
    await stand.subscriptions.announce("news")
    stand.run_sql("ALTER TABLE deliveries RENAME TO hidden")
    stop = asyncio.Event()
    with caplog.at_level(logging.WARNING, "bot.announcer"):
        running = asyncio.create_task(stand.announcer.run(stop, interval=0.01))
        while not caplog.messages:  # noqa: ASYNC110  (a log has no event, and the test its time limit)
            await asyncio.sleep(0.01)
        stand.run_sql("ALTER TABLE hidden RENAME TO deliveries")
        while len(stand.taken) < 3:  # noqa: ASYNC110  (the same)
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert caplog.messages[0] == "Announcements wait, the database says: no such table: deliveries"


async def test_logs_hold_neither_chats_nor_texts(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """The log counts how deliveries ended, and says nothing of who or what."""
    private = ChatAddress(Channel.TELEGRAM, "987654321")
    await stand.subscriptions.subscribe(private, "it")
    stand.sender.fail(private, MessageRefusedError("987654321 refused it"))
    await stand.subscriptions.announce("secret")
    with caplog.at_level(logging.INFO, "bot"):
        await stand.announcer.deliver_due()
        await stand.announcer.deliver_due()
    assert caplog.messages == ["Announcements on telegram: failed 1, sent 3"]
