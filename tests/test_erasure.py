"""What /forget deletes is gone: every row of the chat, its bytes in the files, and for good, whatever was under way."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, event, select

from bot.chat.features import Visitor
from bot.chat.memory import Memory
from bot.chat.privacy import Privacy
from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.database import Engines
from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason, Rhythm
from bot.state.opening import State, open_state
from bot.state.preferences import OwnTopic
from bot.state.schedule import Quiet
from bot.state.schema import metadata
from tests.clocks import StoppedClock
from tests.vaults import VAULT

ANNA = ChatAddress(Channel.TELEGRAM, "5000001")
IN_A_TOPIC = ChatAddress(Channel.TELEGRAM, "5000001", 7)
BRUNO = ChatAddress(Channel.TELEGRAM, "5000002")
CARLA = ChatAddress(Channel.TELEGRAM, "5000003")
WORDS = "prices of zyxomobiles"
QUESTION = "When do zyxophones open?"
SENTENCE = ("one/p1/s1", "en", "The zyxomobile costs nothing.")
OF_A_CHAT = tuple(
    table for table in metadata.sorted_tables if table.name == "chats" or "chat_id" in {c.name for c in table.columns}
)
OURS = {"id", "chat_id", "key", "owner", "lease_until"}
"""Columns that only our own work needs."""


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of `state`."""
    return StoppedClock()


@pytest.fixture
async def state(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[State]:
    """An open database in a file of the test's own."""
    async with open_state(Settings(data_dir=tmp_path), VAULT, now=clock) as opened:
        yield opened


async def lives(state: State, chat: ChatAddress, words: str = WORDS, question: str = QUESTION) -> OwnTopic:
    """Do everything that leaves something behind of a chat."""
    kept = state.subscriptions
    await kept.subscribe(chat, "en")
    await kept.choose_language(chat, "it")
    await kept.set_topics(chat, ["news", "offers"])
    await kept.set_rhythm(chat, Rhythm.DAILY)
    await kept.set_zone(chat, "Europe/Rome")
    await kept.set_quiet(chat, Quiet(1350, 420))
    topic = await kept.add_own_topic(chat, words, "en")
    await state.questions.await_answer(chat, question, "en")
    await state.shown.note(chat, [SENTENCE])
    await state.counts.refused(chat, SENTENCE[0])
    await state.counts.flush()
    return topic


async def taken(state: State, clock: StoppedClock) -> tuple[Parcel, ...]:
    """What is due by the next day's noon, in the hands of a process that sends it."""
    clock.forward(86_400)
    return await state.outbox.take(Channel.TELEGRAM, clock(), 100, "me")


@pytest.fixture
async def engines(tmp_path: Path, state: State) -> AsyncIterator[Engines]:
    """A look into the tables behind `state`."""
    del state
    opened = Engines(Settings(data_dir=tmp_path).database)
    yield opened
    await opened.close()


async def rows(engines: Engines) -> dict[str, int]:
    """How many rows each table has that is about chats, without the empty ones."""

    async def count(table: Table) -> int:
        async with engines.read() as connection:
            return len((await connection.execute(select(table))).all())

    counts = {table.name: await count(table) for table in OF_A_CHAT}
    return {name: found for name, found in counts.items() if found}


def traces(folder: Path, *texts: str) -> list[str]:
    """Which of these texts stand in which file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [f"{text} in {path.name}" for path in files for text in texts if text.encode() in path.read_bytes()]


def texts_of(value: object) -> Iterator[str]:
    """Every text inside a value of JSON."""
    match value:
        case dict():
            for part in value.values():
                yield from texts_of(part)
        case list():
            for part in value:
                yield from texts_of(part)
        case str():
            yield value


async def test_mydata_leaves_nothing_out(state: State, engines: Engines, clock: StoppedClock) -> None:
    """Every column of every row about the chat is in what /mydata sends, but for what only our own work needs."""
    await lives(state, ANNA)
    await state.outbox.announce("one", ["news"])
    [parcel] = await taken(state, clock)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT, message_id=77))])
    everything = await state.subscriptions.everything_of(IN_A_TOPIC)
    [told] = everything["chats"]
    assert len(everything["refused"]) == 1
    for table in OF_A_CHAT:
        async with engines.read() as connection:
            found = (await connection.execute(select(table))).mappings().all()
        assert found, f"the test leaves no row in {table.name}"
        there = {"chats": [told], "subscriptions": [told["subscription"]]}.get(table.name) or told.get(table.name)
        if table.name == "subscription_topics":
            assert told["subscription"]["topics"] == ["news", "offers"]
            continue
        assert there is not None, f"{table.name} is left out"
        assert len(there) == len(found)
        assert set(found[0]) - OURS <= set(there[0]), table.name
    assert {"5000001", WORDS, QUESTION, "Europe/Rome"} <= set(texts_of(everything))


async def test_what_is_kept_cannot_be_read_off_the_files(state: State, tmp_path: Path) -> None:
    """Neither the number of a chat nor what it wishes in its own words nor its questions stand in any file."""
    await lives(state, ANNA)
    assert traces(tmp_path, "5000001", "zyxo") == []


async def test_nothing_is_left_in_any_file(state: State, engines: Engines, tmp_path: Path, clock: StoppedClock) -> None:
    """Not a byte of what stood in the chat's rows is left, though the database was open all the while."""
    await lives(state, BRUNO, "colours", "Where?")
    others = await rows(engines)
    await lives(state, ANNA)
    await state.outbox.announce("one", ["news"])
    await taken(state, clock)
    stood: set[str] = set()
    for name, column in (("chats", "address"), ("chats", "key"), ("own_topics", "words"), ("awaited", "question")):
        table = metadata.tables[name]
        async with engines.read() as connection:
            found = (await connection.scalars(select(table.c[column]).order_by(table.c.id))).all()
        assert len(found) == 2
        stood.add(found[1])
    assert len(traces(tmp_path, *stood)) >= len(stood)
    assert await state.subscriptions.erase(ANNA) is True
    assert traces(tmp_path, *stood) == []
    assert {**await rows(engines), "deliveries": 0} == {**others, "deliveries": 0}
    assert await state.subscriptions.everything_of(ANNA) == {"chats": [], "refused": []}
    assert await state.subscriptions.erase(ANNA) is False


async def test_nothing_is_left_of_long_words(state: State, engines: Engines, tmp_path: Path) -> None:
    """Of words that fill pages of their own no piece is left, and no page that is free for others to use."""
    await lives(state, BRUNO, "colours", "Where?")
    await lives(state, ANNA, 900 * WORDS, 900 * QUESTION)
    for number in range(20):
        await state.subscriptions.add_own_topic(ANNA, number * 99 * WORDS, "en")
    async with engines.read() as connection:
        sealed = (await connection.scalars(select(metadata.tables["own_topics"].c.words))).all()[1:]
    pieces = [token[start : start + 40] for token in sealed for start in range(0, len(token), 700)]
    assert len(traces(tmp_path, *pieces)) > 0.9 * len(pieces) > 700  # some are cut in two by the end of a page
    assert await state.subscriptions.erase(ANNA) is True
    assert traces(tmp_path, *pieces) == []
    async with engines.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA freelist_count")).scalar_one() == 0


async def test_two_processes_may_forget_at_once(state: State, tmp_path: Path) -> None:
    """What another process deletes while the file is written anew for us is not taken for cleared, too."""
    await lives(state, ANNA)
    file = tmp_path / "annuncio.db"

    def meanwhile(connection: object, cursor: object, statement: str, *_: object) -> None:
        del connection, cursor
        if statement == "VACUUM":
            with closing(sqlite3.connect(file, isolation_level=None)) as another:
                [(noted,)] = another.execute("PRAGMA user_version")
                another.execute(f"PRAGMA user_version = {noted + 1}")

    event.listen(Engine, "after_cursor_execute", meanwhile)
    try:
        assert await state.subscriptions.erase(ANNA) is True
    finally:
        event.remove(Engine, "after_cursor_execute", meanwhile)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() != (0,)
    assert await state.engines.compact() is True
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (0,)


async def test_forget_over_the_real_database(state: State, engines: Engines) -> None:
    """The command and its button delete all the topics of a chat at once; a second press is harmless."""
    for chat in (ANNA, IN_A_TOPIC, BRUNO):
        await lives(state, chat)
    feature = Privacy(state.subscriptions, [Memory()]).feature
    [asked] = await feature.commands["forget"](Visitor(IN_A_TOPIC), "en", "")
    assert "topics in your own words: 2\n" in asked.html
    assert (await rows(engines))["chats"] == 3
    [done] = await feature.presses["forget"](Visitor(IN_A_TOPIC), "en", "yes")
    assert done.html.startswith("Done, it is all deleted:\n")
    assert (await rows(engines))["chats"] == 1
    [again] = await feature.presses["forget"](Visitor(IN_A_TOPIC), "en", "yes")
    assert again.html == "There is nothing left to delete: nothing is kept about this chat."


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(DeliveryState.SENT, message_id=9),
        Outcome(DeliveryState.FAILED, reason="blocked", pause=PauseReason.BLOCKED),
        Outcome(DeliveryState.PENDING, reason="again", due_at=StoppedClock()()),
        Outcome(DeliveryState.PENDING, reason="moved", due_at=StoppedClock()(), moved_to="-1005000009"),
    ],
    ids=["sent", "blocked", "again", "moved"],
)
async def test_what_was_being_sent_brings_nothing_back(
    state: State, engines: Engines, clock: StoppedClock, outcome: Outcome
) -> None:
    """However a message ends that was out while its chat was deleted: no row comes back, and nobody else's changes."""
    await lives(state, ANNA)
    await state.outbox.announce("one", ["news"])
    parcels = await taken(state, clock)
    await state.subscriptions.erase(ANNA)
    await lives(state, BRUNO)
    await state.outbox.announce("two", ["news"])
    before = await rows(engines)
    his = await state.subscriptions.everything_of(BRUNO)
    await state.outbox.settle([(parcel, outcome) for parcel in parcels])
    await state.outbox.recover(Channel.TELEGRAM, clock() + timedelta(days=1), "another")
    assert await rows(engines) == before
    assert await state.subscriptions.everything_of(BRUNO) == his
    assert await state.subscriptions.everything_of(ANNA) == {"chats": [], "refused": []}


async def test_what_was_found_out_before_brings_nothing_back(
    state: State, engines: Engines, clock: StoppedClock
) -> None:
    """Answers, corrections, notes, a change of Telegram's for a chat that was deleted meanwhile come to nothing."""
    topic = await lives(state, ANNA)
    [question] = await state.questions.awaited()
    [saw] = await state.shown.who_saw(*SENTENCE)
    await state.subscriptions.erase(ANNA)
    await lives(state, BRUNO, "colours", "Where?")
    before = await rows(engines)
    his = await state.subscriptions.everything_of(BRUNO)
    assert await state.outbox.owe(DeliveryKind.ANSWER, "one", [(question.chat_id, str(question.id), None)]) == 0
    assert await state.outbox.owe(DeliveryKind.CORRECTION, "one", [(saw, "1", None)]) == 0
    assert await state.outbox.announce("one", own=[topic.id]) == 0
    await state.shown.note_all([(saw, *SENTENCE)])
    await state.shown.note(ANNA, [SENTENCE])
    await state.subscriptions.pause(ANNA, PauseReason.BLOCKED)
    await state.subscriptions.resume(ANNA)
    await state.subscriptions.move_chat(ANNA, "-1005000009")
    assert await state.subscriptions.set_rhythm(ANNA, Rhythm.WEEKLY) is False
    await state.subscriptions.sweep(clock())
    assert await rows(engines) == before
    assert await state.subscriptions.everything_of(BRUNO) == his


async def test_a_number_is_given_once(state: State, clock: StoppedClock) -> None:
    """Who comes after somebody that was deleted gets no number of theirs: not of the chat, nor of a message."""
    await lives(state, ANNA)
    await state.outbox.announce("one", ["news"])
    [hers] = await taken(state, clock)
    await state.subscriptions.erase(ANNA)
    await lives(state, CARLA)
    await state.outbox.announce("two", ["news"])
    [new] = await taken(state, clock)
    assert new.chat_id != hers.chat_id
    assert {delivery.id for delivery in new.deliveries}.isdisjoint(delivery.id for delivery in hers.deliveries)


async def test_who_left_is_gone_after_thirty_days(state: State, engines: Engines, clock: StoppedClock) -> None:
    """Rows of those who left or blocked the bot stay for 30 days, to come back to, and not a day longer.

    Not for an answer either, where nobody is there to hear it.
    """
    for chat in (ANNA, BRUNO, CARLA):
        await state.subscriptions.subscribe(chat, "en")
        await state.subscriptions.add_own_topic(chat, WORDS, "en")
    await state.questions.await_answer(BRUNO, QUESTION, "en")
    await state.subscriptions.unsubscribe(ANNA)
    await state.subscriptions.pause(BRUNO, PauseReason.BLOCKED)
    clock.forward(30 * 86_400 - 1)
    await state.subscriptions.sweep(clock())
    assert (await rows(engines))["chats"] == 3
    clock.forward(1)
    await state.subscriptions.sweep(clock())
    assert await rows(engines) == {"chats": 1, "subscriptions": 1, "subscription_topics": 1, "own_topics": 1}
    assert await state.subscriptions.preferences_of(CARLA) is not None
