"""How long what is kept of people is kept, and that nothing of it is left when it goes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.database import Engines
from bot.state.deliveries import Outcome
from bot.state.kinds import DeliveryKind, DeliveryState, PauseReason
from bot.state.opening import State, open_state
from bot.state.schedule import Quiet
from bot.state.schema import chats, metadata
from tests.clocks import StoppedClock
from tests.state.looking import number_of, rows
from tests.vaults import VAULT

ANNA = ChatAddress(Channel.TELEGRAM, "987654321012")
BRUNO = ChatAddress(Channel.TELEGRAM, "2")
TOPIC = ChatAddress(Channel.TELEGRAM, "987654321012", thread=7)
DAY = 86400
OF_PEOPLE = (
    "chats",
    "subscriptions",
    "subscription_topics",
    "own_topics",
    "awaited",
    "shown",
    "deliveries",
    "refusals",
)


async def fill(state: State, chat: ChatAddress) -> None:
    """Everything that there can be of a chat."""
    await state.subscriptions.subscribe(chat, "it")
    await state.subscriptions.choose_language(chat, "it")
    await state.subscriptions.set_quiet(chat, Quiet(0, 60))
    await state.subscriptions.add_own_topic(chat, "the words of nobody else", "en")
    await state.questions.await_answer(chat, "the question of nobody else", "en")
    await state.shown.note(chat, [("news/p1/s1", "en", "It costs 1.")])
    await state.counts.refused(chat, "news/p1/s1")
    await state.counts.flush()


async def test_everything_is_everything(state: State, clock: StoppedClock) -> None:
    """What is kept of a chat is given as JSON has it, opened, from every table that names chats, all threads."""
    assert await state.subscriptions.everything_of(ANNA) == {"chats": [], "refused": []}
    for chat in (ANNA, TOPIC, BRUNO):
        await fill(state, chat)
    await state.outbox.announce("news")
    kept = await state.subscriptions.everything_of(TOPIC)
    assert json.loads(json.dumps(kept)) == kept
    assert [chat["thread"] for chat in kept["chats"]] == [0, 7]
    [mine, _] = kept["chats"]
    assert mine["address"] == ANNA.address
    assert mine["created_at"] == clock().isoformat()
    assert mine["subscription"]["topics"] == ["everything"]
    assert [topic["words"] for topic in mine["own_topics"]] == ["the words of nobody else"]
    assert [asked["question"] for asked in mine["awaited"]] == ["the question of nobody else"]
    assert [delivery["article"] for delivery in mine["deliveries"]] == ["news"]
    assert kept["refused"] == [{"month": "2025-09", "nearest": "news/p1/s1"}]
    of_chats = {table.name for table in metadata.sorted_tables if "chat_id" in table.c}
    assert of_chats == {*(name for name in mine if name in metadata.tables), "subscriptions", "subscription_topics"}


async def test_erasing_deletes_every_row(state: State, url: str) -> None:
    """All that was kept of a chat and its threads goes, of nobody else; the second time there is nothing."""
    for chat in (ANNA, TOPIC, BRUNO):
        await fill(state, chat)
    await state.outbox.announce("news")
    assert await state.subscriptions.erase(ANNA) is True
    assert await state.subscriptions.erase(ANNA) is False
    assert {table: number_of(url, table) for table in OF_PEOPLE} == dict.fromkeys(OF_PEOPLE, 1)


async def test_what_waits_to_be_written_is_dropped(state: State, url: str) -> None:
    """Numbers that wait in memory bring nothing of an erased chat back."""
    await state.counts.refused(ANNA, "news/p1/s1")
    state.counts.forget(ANNA)
    await state.subscriptions.erase(ANNA)
    await state.counts.flush()
    assert number_of(url, "refusals") == 0


def bytes_of(file: Path) -> bytes:
    """All that lies in the database's files."""
    return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_nothing_of_the_erased_is_left_in_the_file(state: State, url: str, tmp_path: Path) -> None:
    """After erasing, the database file, its log and its index of the log hold neither tokens nor hashes of the chat."""
    for chat in (ANNA, *(ChatAddress(Channel.TELEGRAM, str(number)) for number in range(40))):
        await fill(state, chat)
    await state.outbox.announce("news")
    [(address, key)] = rows(url, f"SELECT address, key FROM chats WHERE key = '{VAULT.lookup(ANNA.address)}'")  # noqa: S608  (a hash)
    [(words,)] = rows(url, "SELECT words FROM own_topics ORDER BY id LIMIT 1")
    [(question,)] = rows(url, "SELECT question FROM awaited ORDER BY id LIMIT 1")
    secrets = [secret.encode() for secret in (address, key, words, question)]
    file = tmp_path / "annuncio.db"
    assert all(secret in bytes_of(file) for secret in secrets)
    assert await state.subscriptions.erase(ANNA)
    left = bytes_of(file)
    assert [secret for secret in secrets if secret in left] == []
    assert ANNA.address.encode() not in left
    assert b"nobody else" not in left
    assert VAULT.lookup("5").encode() in left


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_reader_in_the_way_is_waited_out(
    state: State,
    settings: Settings,
    url: str,
    clock: StoppedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where another process holds on to the log, the rows go at once, and the next start or sweep clears the bytes."""
    monkeypatch.setattr("bot.state.database.BUSY_SECONDS", 0)
    async with open_state(settings, VAULT, now=clock) as impatient:
        await impatient.subscriptions.sweep(clock())
        await fill(state, ANNA)
        key = VAULT.lookup(ANNA.address).encode()
        reader = Engines(url)
        async with reader.read() as connection:
            await connection.execute(select(chats))
            assert await impatient.subscriptions.erase(ANNA) is True
            assert number_of(url, "chats") == 0
            assert key in bytes_of(tmp_path / "annuncio.db")
        await reader.close()
        await impatient.subscriptions.sweep(clock())
        assert key not in bytes_of(tmp_path / "annuncio.db")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_the_file_is_cleared_once_a_day(state: State, url: str, clock: StoppedClock, tmp_path: Path) -> None:
    """What goes by itself is gone from the file within a day; what is erased at somebody's word is, at once."""
    await state.subscriptions.sweep(clock())
    topic = await state.subscriptions.add_own_topic(ANNA, "the words of nobody else", "en")
    [(words,)] = rows(url, "SELECT words FROM own_topics")
    await state.subscriptions.remove_own_topic(ANNA, topic.id)
    for seconds in (DAY - 1, 1):
        assert words.encode() in bytes_of(tmp_path / "annuncio.db")
        clock.forward(seconds)
        await state.subscriptions.sweep(clock())
    assert words.encode() not in bytes_of(tmp_path / "annuncio.db")
    await fill(state, ANNA)
    [(words,)] = rows(url, "SELECT words FROM own_topics")
    await state.subscriptions.erase(ANNA)
    assert words.encode() not in bytes_of(tmp_path / "annuncio.db")


async def test_who_left_is_kept_for_thirty_days(state: State, clock: StoppedClock, url: str) -> None:
    """Rows of people who left or whose chat is gone go after 30 days; of those who rest or are there they stay."""
    resting = ChatAddress(Channel.TELEGRAM, "3")
    gone = ChatAddress(Channel.TELEGRAM, "4")
    for chat in (ANNA, BRUNO, resting, gone):
        await state.subscriptions.subscribe(chat, "it")
    await state.outbox.announce("news")
    await state.subscriptions.unsubscribe(ANNA)
    await state.subscriptions.pause(gone, PauseReason.GONE)
    await state.subscriptions.rest(resting, clock() + timedelta(days=60))
    clock.forward(30 * DAY - 1)
    await state.subscriptions.sweep(clock())
    assert number_of(url, "chats") == 4
    clock.forward(1)
    assert await state.subscriptions.sweep(clock()) == 2
    assert {table: number_of(url, table) for table in ("chats", "subscriptions", "deliveries")} == {
        "chats": 2,
        "subscriptions": 2,
        "deliveries": 2,
    }


async def test_a_question_goes_with_who_asked_it(state: State, clock: StoppedClock, url: str) -> None:
    """What somebody asked before they left goes 30 days after it, too, with the number, and with what was sent."""
    await fill(state, ANNA)
    await state.outbox.announce("news")
    await state.subscriptions.unsubscribe(ANNA)
    clock.forward(30 * DAY)
    await state.subscriptions.sweep(clock())
    assert {table: number_of(url, table) for table in OF_PEOPLE} == {**dict.fromkeys(OF_PEOPLE, 0), "refusals": 1}


async def test_who_left_and_asked_waits_for_the_answer(state: State, clock: StoppedClock, url: str) -> None:
    """Of somebody who asked since they left, all goes but what the answer needs; and that goes with the answer."""
    await fill(state, ANNA)
    await state.subscriptions.set_zone(ANNA, "Europe/Rome")
    await state.outbox.announce("news")
    await state.subscriptions.unsubscribe(ANNA)
    clock.forward(1)
    number = await state.questions.await_answer(ANNA, "And since?", "en")
    [old, _] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "late", [(old.chat_id, str(old.id), None)])
    clock.forward(30 * DAY - 1)
    await state.subscriptions.sweep(clock())
    tables = ("chats", "awaited", "subscriptions", "own_topics", "shown", "deliveries")
    assert [number_of(url, table) for table in tables] == [1, 1, 0, 0, 0, 0]
    assert rows(url, "SELECT language, last_language, zone FROM chats") == [(None, "it", None)]
    [asked] = await state.questions.awaited()
    assert (asked.id, asked.question) == (number, "And since?")
    assert await state.outbox.owe(DeliveryKind.ANSWER, "late", [(asked.chat_id, str(asked.id), None)]) == 1
    await state.subscriptions.sweep(clock())
    parcels = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT)) for parcel in parcels])
    await state.subscriptions.sweep(clock())
    assert [number_of(url, table) for table in tables] == [0] * len(tables)
    await state.subscriptions.subscribe(ANNA)
    await state.questions.await_answer(ANNA, "Again?", "en")
    await state.subscriptions.sweep(clock())
    assert [number_of(url, table) for table in tables] == [1, 1, 1, 0, 0, 0]


async def test_an_answer_on_its_way_is_not_lost_by_leaving(state: State, clock: StoppedClock, url: str) -> None:
    """What is owed to a question asked since the leaving still comes when the rest is deleted."""
    await state.subscriptions.subscribe(ANNA, "it")
    await state.subscriptions.unsubscribe(ANNA)
    clock.forward(1)
    number = await state.questions.await_answer(ANNA, "And since?", "en")
    clock.forward(30 * DAY - 1)
    [asked] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "late", [(asked.chat_id, str(number), None)])
    await state.subscriptions.sweep(clock())
    assert number_of(url, "subscriptions") == 0
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    assert [delivery.about for delivery in parcel.deliveries] == [str(number)]


async def test_what_was_shown_and_sent_is_kept_for_half_a_year(state: State, clock: StoppedClock, url: str) -> None:
    """After 180 days questions, what was shown and what was delivered go; after 90, who was refused an answer."""
    await fill(state, ANNA)
    await state.outbox.announce("news")
    await state.subscriptions.pause(ANNA, PauseReason.BLOCKED)
    await state.subscriptions.resume(ANNA)
    clock.forward(180 * DAY - 1)
    await state.subscriptions.sweep(clock())
    tables = ("awaited", "shown", "deliveries", "refusals")
    assert [number_of(url, table) for table in tables] == [1, 1, 1, 0]
    clock.forward(1)
    await state.subscriptions.sweep(clock())
    assert [number_of(url, table) for table in tables] == [0, 0, 0, 0]
    assert await state.subscriptions.preferences_of(ANNA) is not None


async def test_corrections_are_kept_for_a_year(state: State, clock: StoppedClock, url: str) -> None:
    """What one that still waits tells is kept until it is told, with all that followed; what led to it is not."""
    await state.subscriptions.subscribe(ANNA)
    earlier, told, between, last = [
        await state.shown.correct("news", f"news/p{place}/s1", "en", was, now)
        for place, was, now in ((1, "1", "2"), (1, "2", "3"), (2, "3", "4"), (1, "4", None))
    ]
    await state.shown.correct("news", "news/p1/s1", "it", "2", "3")
    await state.shown.correct("other", "other/p1/s1", "en", "2", "3")
    [(chat_id,)] = rows(url, "SELECT id FROM chats")
    await state.outbox.owe(DeliveryKind.CORRECTION, "news", [(chat_id, str(told.id), None)])
    await state.outbox.owe(DeliveryKind.SECOND_SOURCE, "news", [(chat_id, str(earlier.id), None)])
    clock.forward(365 * DAY - 1)
    young = await state.shown.correct("other", "other/p2/s1", "en", "2", "3")
    await state.subscriptions.sweep(clock())
    assert number_of(url, "corrections") == 7
    clock.forward(1)
    taken = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    await state.subscriptions.sweep(clock())
    left = rows(url, "SELECT id FROM corrections ORDER BY id")
    assert left == [(told.id,), (between.id,), (last.id,), (young.id,)]
    assert await state.shown.correction(told.id) == replace(told, now=None)
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT)) for parcel in taken])
    await state.subscriptions.sweep(clock())
    assert rows(url, "SELECT id FROM corrections") == [(young.id,)]


async def test_a_chat_of_which_nothing_is_left(state: State, clock: StoppedClock, url: str) -> None:
    """Whoever asked one question and had it answered is not kept; a chosen language is."""
    number = await state.questions.await_answer(ANNA, "When?", "en")
    await state.subscriptions.choose_language(BRUNO, "it")
    await state.subscriptions.sweep(clock())
    assert number_of(url, "chats") == 2
    [asked] = await state.questions.awaited()
    await state.outbox.owe(DeliveryKind.ANSWER, "news", [(asked.chat_id, str(number), None)])
    parcels = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT)) for parcel in parcels])
    clock.forward(200 * 86400)
    await state.subscriptions.sweep(clock())
    assert number_of(url, "chats") == 1


async def test_an_asker_is_another_one_each_month(state: State, clock: StoppedClock) -> None:
    """People are counted once a month, and nobody can be followed from one month into the next."""
    for _ in range(2):
        await state.counts.asked(ANNA)
        await state.counts.refused(ANNA, "news/p1/s1")
        clock.forward(31 * DAY)
    askers = await state.counts.askers(date(2025, 9, 1), date(2025, 10, 1))
    [september], [october] = (askers[month]["news/p1/s1"] for month in ("2025-09", "2025-10"))
    assert september != october
    assert askers == {
        "2025-09": {"": {september}, "news/p1/s1": {september}},
        "2025-10": {"": {october}, "news/p1/s1": {october}},
    }


async def test_months_end_where_they_end(state: State, clock: StoppedClock) -> None:
    """The last moment of a month, or of a year, is of that month, and no day of it asks for another month."""
    for moment in ("2025-11-30T23:59:59", "2025-12-01", "2025-12-31T23:59:59", "2026-01-01", "2026-02-28"):
        clock.moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        await state.counts.asked(ANNA)

    async def months(since: str, until: str) -> list[str]:
        return sorted(await state.counts.askers(date.fromisoformat(since), date.fromisoformat(until)))

    assert await months("2025-11-30", "2025-12-29") == ["2025-11", "2025-12"]
    assert await months("2025-12-02", "2025-12-31") == ["2025-12"]
    assert await months("2025-12-31", "2026-01-29") == ["2025-12", "2026-01"]
    assert await months("2026-01-30", "2026-02-28") == ["2026-01", "2026-02"]
    assert await months("2025-09-01", "2025-10-31") == []
