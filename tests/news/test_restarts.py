"""What a process that ends, or a database that refuses, costs: nothing that was owed, and nothing twice."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import MessageRefusedError
from bot.news.announcer import RENEWAL
from bot.replies import Channel, ChatAddress, Reply
from bot.state.deliveries import Arrival, Parcel
from bot.state.outbox import LEASE
from tests.killed import killed
from tests.news.stand import BRUNO, CARLA, Stand
from tests.senders import MemorySender


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
