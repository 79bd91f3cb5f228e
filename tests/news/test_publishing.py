"""From editions to what is owed: whom an article concerns, once, and what it says otherwise than before."""

import asyncio
import json
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.answers.catalogue import build
from bot.answers.opening import Answering, open_answering
from bot.errors import CorpusError, StateError
from bot.news import matching, publishing, undoing
from bot.news.ingesting import put_back
from bot.news.publishing import Newsroom, Told
from bot.news.told import FILE, read_told
from bot.news.undoing import Undo, begin_undoing, begun_undoing, end_undoing, parse_undo, undoing_alone
from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from bot.state.deliveries import Outcome
from bot.state.kinds import DeliveryKind, DeliveryState, Rhythm
from bot.state.opening import State, open_state
from corpus.model import Edition
from corpus.reader import write_edition
from tests.answerers import GATE
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.state.looking import owed_of
from tests.vaults import VAULT

ANNA, BRUNO, CARLA = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2", "3"))
DEPOT = edition("depot", "en", [["Acme opens a depot in Turin on 3 May.", "It has room for 40 lorries."]], title="Acme")
ANEW = edition("anew", "it", [["Acme apre un depot a Turin il 3 maggio.", "Ci stanno 40 lorries."]], original="it")
OFFER = replace(edition("offer", "en", [["A ticket costs 20 euros."]], title="Tickets"), topics=("offers",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty corpus in a folder of the test's own."""
    (tmp_path / "articles").mkdir()
    return Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles", reader=False)


@pytest.fixture
def answering(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Answers by the words of a text."""
    monkeypatch.setattr("bot.answers.opening.gate_of", lambda _: GATE)
    monkeypatch.setattr(matching, "NEAR", 0.3)
    monkeypatch.setattr(matching, "ASKED_NEAR", 0.3)
    monkeypatch.setattr(matching, "BELONGS", 0.5)
    return open_answering(settings, WordEncoder("depot", "turin", "lorries", "ticket", "euros"))


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of the state."""
    return StoppedClock()


@pytest.fixture
async def state(settings: Settings, clock: StoppedClock) -> AsyncIterator[State]:
    """A database of the test's own."""
    async with open_state(settings, VAULT, now=clock) as opened:
        yield opened


@pytest.fixture
def newsroom(answering: Answering, state: State, clock: StoppedClock) -> Newsroom:
    """As the bot has it."""
    return Newsroom(answering, state, clock)


async def taken(state: State, clock: Callable[[], object]) -> list[tuple[str, DeliveryKind, str, str | None]]:
    """All that is due now, taken and sent: whose, what kind, of which article, and why."""
    del clock
    found = []
    while parcels := await state.outbox.take(Channel.TELEGRAM, state.outbox._now(), 10, "test"):
        await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT, message_id=7)) for parcel in parcels])
        found += [(p.chat.address, d.kind, d.article, d.because) for p in parcels for d in p.deliveries]
    return sorted(found)


class Once(asyncio.Event):
    """Is set as soon as somebody has looked whether it is."""

    def is_set(self) -> bool:
        """See asyncio.Event."""
        before = super().is_set()
        self.set()
        return before


async def kept_up(newsroom: Newsroom) -> None:
    """One look at what has changed."""
    await newsroom.keep_up(Once(), every=3600)


async def test_everyone_whom_it_concerns_is_owed_it_once(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """Followers of its label, of everything and of words that it is about; again and again changes nothing."""
    await state.subscriptions.subscribe(ANNA)
    await state.subscriptions.subscribe(BRUNO)
    await state.subscriptions.set_topics(BRUNO, ["offers"])
    await state.subscriptions.subscribe(CARLA)
    await state.subscriptions.set_topics(CARLA, [])
    topic = await state.subscriptions.add_own_topic(CARLA, "depot Turin", "en")
    published = await newsroom.publish([DEPOT, OFFER])
    assert published.told == (Told("depot", 2), Told("offer", 2))
    assert [ingested.known for ingested in published.ingested] == [False, False]
    again = await newsroom.publish([DEPOT, OFFER])
    assert again.told == (Told("depot", 0), Told("offer", 0))
    assert [ingested.known for ingested in again.ingested] == [True, True]
    assert await taken(state, clock) == [
        ("1", DeliveryKind.ANNOUNCEMENT, "depot", "everything"),
        ("1", DeliveryKind.ANNOUNCEMENT, "offer", "everything"),
        ("2", DeliveryKind.ANNOUNCEMENT, "offer", "offers"),
        ("3", DeliveryKind.ANNOUNCEMENT, "depot", f"own:{topic.id}"),
    ]


async def test_nothing_is_owed_before_its_time(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """What is published for later is stored at once, and due then."""
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    assert await taken(state, clock) == []
    clock.forward(601)
    assert [row[2] for row in await taken(state, clock)] == ["depot"]


async def test_what_is_published_quietly_is_told_to_nobody(newsroom: Newsroom, state: State) -> None:
    """It is stored and can be asked about, and is no news, now or when it is published quietly again."""
    await state.subscriptions.subscribe(ANNA)
    assert (await newsroom.publish([DEPOT], quiet=True)).told == (Told("depot"),)
    assert await owed_of(state, "depot") == {}


async def test_an_article_that_comes_with_the_bot_is_no_news(
    newsroom: Newsroom, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever editions are added to it; where it is somebody's whole corpus, it is an article like any other."""
    assert publishing._shipped(Settings()) == {"2025-09-24-xiaomi-cars-abroad"}
    assert publishing._shipped(Settings(articles_dir=Settings().shipped_articles)) == frozenset()
    await state.subscriptions.subscribe(ANNA)
    monkeypatch.setattr(publishing, "_shipped", lambda _: frozenset({"depot"}))
    assert (await newsroom.publish([DEPOT])).told == (Told("depot"),)
    [preview] = await newsroom.preview([replace(DEPOT, title="Other")])
    assert preview.hears == {}


async def test_a_story_told_before_does_not_ping_again(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """Who has the first message has it edited; who has not is told of the second as of any other."""
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([DEPOT])
    await taken(state, clock)
    await state.subscriptions.subscribe(BRUNO)
    [told] = (await newsroom.publish([ANEW])).told
    assert (told.story, told.hears) == ("depot", 1)
    assert await taken(state, clock) == [
        ("1", DeliveryKind.SECOND_SOURCE, "depot", "everything"),
        ("2", DeliveryKind.ANNOUNCEMENT, "anew", "everything"),
    ]
    third = replace(edition("third", "en", [[s.text for s in DEPOT.sentences]], title="Acme"), source="Third")
    [told] = (await newsroom.publish([third])).told
    assert (told.story, told.hears) == ("depot", 0)
    assert [row[:3] for row in await taken(state, clock)] == [
        ("1", DeliveryKind.SECOND_SOURCE, "depot"),
        ("2", DeliveryKind.SECOND_SOURCE, "anew"),
    ]


async def test_a_page_that_moved_does_not_ping_again(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """An undated page that is seen some days later under another address is stored as another article, and told once,
    though there is no figure in it."""
    page = edition("2025-09-20-open-again", "en", [["The museum is open again.", "Entry is free."]], title="Open again")
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([replace(page, published=date(2025, 9, 20))])
    await taken(state, clock)
    later = edition(
        "2025-09-23-open-again", "en", [["The museum is open again.", "Entry is free."]], title="Open again"
    )
    [told] = (await newsroom.publish([replace(later, published=date(2025, 9, 23))])).told
    assert (told.hears, told.story) == (0, page.slug)


async def test_a_question_that_waits_is_answered_once(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """Whoever wanted to know is owed the answer, with or without a subscription, and nobody else anything."""
    number = await state.questions.await_answer(CARLA, "How many euros is a ticket?", "en")
    await state.questions.await_answer(BRUNO, "Who won the elections?", "en")
    assert [told.answers for told in (await newsroom.publish([DEPOT, OFFER])).told] == [0, 1]
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    assert parcel.chat == CARLA
    assert [(d.kind, d.article, d.about, d.because_words) for d in parcel.deliveries] == [
        (DeliveryKind.ANSWER, "offer", str(number), "How many euros is a ticket?")
    ]
    await state.outbox.settle([(parcel, Outcome(DeliveryState.SENT))])
    assert [told.answers for told in (await newsroom.publish([OFFER])).told] == [0]
    assert [question.chat_id for question in await state.questions.awaited()] != [parcel.chat_id]


async def test_a_changed_edition_is_corrected(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """Who was shown a price that is another one now is told was and is, once; who was shown another sentence is not."""
    await newsroom.publish([DEPOT], quiet=True)
    for chat, sentence in ((ANNA, DEPOT.sentences[1]), (BRUNO, DEPOT.sentences[0])):
        await state.subscriptions.subscribe(chat)
        await state.shown.note(chat, [(sentence.id, "en", sentence.text)])
    changed = edition(
        "depot", "en", [["Acme opens a depot in Turin on 3 May.", "It has room for 55 lorries."]], title="Acme"
    )
    assert [told.corrections for told in (await newsroom.publish([changed], quiet=True)).told] == [1]
    assert [told.corrections for told in (await newsroom.publish([changed], quiet=True)).told] == [0]
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    assert parcel.chat == ANNA
    [delivery] = parcel.deliveries
    correction = await state.shown.correction(int(delivery.about))
    assert correction is not None
    assert (correction.was, correction.now) == ("It has room for 40 lorries.", "It has room for 55 lorries.")


CHANGED = edition(
    "depot", "en", [["Acme opens a depot in Turin on 9 June.", "It has room for 40 lorries."]], title="Acme"
)
OPENS = ("depot/p1/s1", "en", "Acme opens a depot in Turin on 3 May.")


async def test_an_end_in_the_middle_loses_no_correction(
    newsroom: Newsroom, answering: Answering, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process ended after it stored a change and before it owed what follows, the next one owes it, once."""
    await newsroom.publish([DEPOT], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [OPENS])
    with monkeypatch.context() as patch:
        patch.setattr(newsroom._debts, "correct", None)
        with pytest.raises(TypeError):
            await newsroom.publish([CHANGED], quiet=True)
    for _ in range(2):
        await kept_up(Newsroom(answering, state))
    assert await taken(state, clock) == [("1", DeliveryKind.CORRECTION, "depot", None)]


async def test_what_is_changed_by_hand_is_corrected(
    newsroom: Newsroom, answering: Answering, state: State, settings: Settings, clock: StoppedClock
) -> None:
    """An edition that somebody takes out of the folder is withdrawn, and who was shown it hears so, once."""
    await newsroom.publish([DEPOT, OFFER], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [OPENS])
    await kept_up(newsroom)
    assert await taken(state, clock) == []
    shutil.rmtree(settings.own_articles / "depot")
    build(settings, answering.encoder)
    answering.catalogue.refresh()
    for _ in range(2):
        await kept_up(newsroom)
    assert await taken(state, clock) == [("1", DeliveryKind.CORRECTION, "depot", None)]


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"depot": {}}', '{"depot": {"en": "no edition"}}'])
async def test_what_cannot_be_read_is_begun_anew(
    newsroom: Newsroom, settings: Settings, state: State, clock: StoppedClock, text: str
) -> None:
    """A damaged note of what was told corrects nothing, stops nothing, and is written anew."""
    await newsroom.publish([DEPOT], quiet=True)
    (settings.data_dir / FILE).write_text(text, encoding="utf-8")
    await kept_up(newsroom)
    told = read_told(settings.data_dir)
    assert told is not None
    assert told.keys() == {"depot"}
    assert await taken(state, clock) == []


async def test_publishing_can_be_undone(
    newsroom: Newsroom, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """Until it was sent, nobody is told, and files, index and library are as they were: it may be published again."""
    await state.subscriptions.subscribe(ANNA)
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    assert json.loads(published.undo)["files"] == {"depot/en": None}
    await newsroom.withdraw(published.undo)
    clock.forward(601)
    assert await taken(state, clock) == []
    assert answering.catalogue.current().articles == {}
    assert not (answering.settings.own_articles / "depot").exists()
    assert (await newsroom.publish([DEPOT])).told == (Told("depot", 1),)


async def test_nothing_goes_out_while_it_is_undone(
    newsroom: Newsroom, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its time comes while the former files and their index are put back, nobody is told all the same."""
    await state.subscriptions.subscribe(ANNA)
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    loop, sent = asyncio.get_running_loop(), list[object]()

    def slow(answering: Answering, files: Mapping[str, str | None]) -> None:
        clock.forward(601)
        sent.extend(asyncio.run_coroutine_threadsafe(taken(state, clock), loop).result(60))
        put_back(answering, files)

    monkeypatch.setattr("bot.news.publishing.put_back", slow)
    await newsroom.withdraw(published.undo)
    assert (sent, await taken(state, clock)) == ([], [])


async def test_undoing_loses_no_story(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """Who was told nothing by a second source, because the first would have told it, is told by that when the first is
    taken back: once, by the first that stands, and by the first when it is published again by none."""
    await state.subscriptions.subscribe(ANNA)
    first = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    third = replace(edition("third", "en", [[s.text for s in DEPOT.sentences]], title="Acme"), source="Third")
    clock.forward(60)
    assert [told.hears for told in (await newsroom.publish([ANEW])).told] == [0]
    clock.forward(60)
    second = await newsroom.publish([third], at=clock() + timedelta(minutes=10))
    assert second.told == (Told("third", 0, story="depot"),)
    for _ in range(2):
        await newsroom.withdraw(first.undo)
    assert await taken(state, clock) == [("1", DeliveryKind.ANNOUNCEMENT, "anew", "everything")]
    clock.forward(3600)
    assert await taken(state, clock) == []
    assert (await newsroom.publish([DEPOT])).told == (Told("depot", 0, story="anew"),)
    assert [row[1] for row in await taken(state, clock)] == [DeliveryKind.SECOND_SOURCE]


@pytest.mark.parametrize("step", ["put_back", "_catch_up", "tell_anew", "answer"])
async def test_an_end_in_the_middle_of_undoing_loses_nothing(
    newsroom: Newsroom,
    answering: Answering,
    state: State,
    clock: StoppedClock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Wherever a process ends while it takes an article back, the next one ends that: the story is told by who repeats
    it, the question answered by who answers it, once, and nobody has to ask for it again."""
    await state.subscriptions.subscribe(ANNA)
    await state.questions.await_answer(CARLA, "How many lorries has the depot room for?", "en")
    first = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    clock.forward(60)
    again = replace(edition("again", "en", [[s.text for s in DEPOT.sentences]], title="Acme"), source="Again")
    assert (await newsroom.publish([again])).told == (Told("again", 0, story="depot"),)
    with monkeypatch.context() as patch:
        patch.setattr({"put_back": publishing, "_catch_up": newsroom}.get(step, newsroom._debts), step, None)
        with pytest.raises(TypeError):
            await newsroom.withdraw(first.undo)
    for _ in range(2):
        await kept_up(Newsroom(answering, state, clock))
    clock.forward(3600)
    assert await taken(state, clock) == [
        ("1", DeliveryKind.ANNOUNCEMENT, "again", "everything"),
        ("3", DeliveryKind.ANSWER, "again", None),
    ]
    assert answering.catalogue.current().articles.keys() == {"again"}
    assert [path.name for path in answering.settings.data_dir.glob("*.json")] == [FILE]


async def test_an_end_in_the_middle_of_undoing_a_repetition_keeps_its_story(
    newsroom: Newsroom, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which story it told again is known to the process that ends the undoing, though it is announced no more."""
    third = replace(edition("third", "en", [[s.text for s in DEPOT.sentences]], title="Acme"), source="Third")
    await state.subscriptions.subscribe(BRUNO)
    await newsroom.publish([DEPOT])
    await taken(state, clock)
    await state.subscriptions.subscribe(CARLA)
    again = await newsroom.publish([ANEW], at=clock() + timedelta(minutes=10))
    assert (await newsroom.publish([third])).told == (Told("third", 0, story="depot"),)
    with monkeypatch.context() as patch:
        patch.setattr(newsroom._debts, "tell_anew", None)
        with pytest.raises(TypeError):
            await newsroom.withdraw(again.undo)
    await newsroom.publish([OFFER], quiet=True)
    heard = [row for row in await taken(state, clock) if row[1] is DeliveryKind.ANNOUNCEMENT]
    assert heard == [("3", DeliveryKind.ANNOUNCEMENT, "third", "everything")]


async def test_an_undoing_that_failed_is_ended_soon(
    newsroom: Newsroom, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the database failed in between, it is tried again though nothing changed since, and nobody is told."""
    await state.subscriptions.subscribe(ANNA)
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    folder, stop = newsroom._answering.settings.data_dir, asyncio.Event()
    loop, looked, ended = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def looks(folder: Path) -> Undo | None:
        begun = begun_undoing(folder)
        loop.call_soon_threadsafe(looked.set)
        return begun

    def ends(folder: Path) -> None:
        end_undoing(folder)
        loop.call_soon_threadsafe(ended.set)

    monkeypatch.setattr(publishing, "begun_undoing", looks)
    monkeypatch.setattr(publishing, "end_undoing", ends)
    running = asyncio.create_task(newsroom.keep_up(stop, every=0.01))
    async with asyncio.timeout(60):
        await looked.wait()
        begin_undoing(folder, parse_undo(published.undo))
        await ended.wait()
    stop.set()
    await running
    clock.forward(3600)
    assert await taken(state, clock) == []
    assert newsroom._answering.catalogue.current().articles == {}


async def test_what_one_process_undoes_another_waits_for(
    newsroom: Newsroom, answering: Answering, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not do the same beside it, answers meanwhile, and finds it done."""
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    begun, let_go, undone = threading.Event(), threading.Event(), list[Mapping[str, str | None]]()

    def slow(answering: Answering, files: Mapping[str, str | None]) -> None:
        undone.append(files)
        if len(undone) == 1:
            begun.set()
            assert let_go.wait(60)
        put_back(answering, files)

    monkeypatch.setattr(publishing, "put_back", slow)
    first = asyncio.create_task(newsroom.withdraw(published.undo))
    assert await asyncio.to_thread(begun.wait, 60)
    second = asyncio.create_task(Newsroom(answering, state, clock).publish([OFFER], quiet=True))
    try:
        done, _ = await asyncio.wait({second}, timeout=0.5)  # as long as it would take where nothing is waited for
        assert not done
    finally:
        let_go.set()
    await first
    await second
    assert undone == [{"depot/en": None}]
    assert answering.catalogue.current().articles.keys() == {"offer"}


async def test_a_process_that_undoes_without_end_is_named(
    newsroom: Newsroom, settings: Settings, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waited for it in vain is told so, with nothing changed, and may try again."""
    await state.subscriptions.subscribe(ANNA)
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    monkeypatch.setattr(undoing, "LOCKED_SECONDS", 0)
    async with undoing_alone(settings.data_dir):
        with pytest.raises(StateError, match="locked by another process"):
            await newsroom.withdraw(published.undo)
    assert await owed_of(state, "depot") == {DeliveryState.PENDING: 1}
    await newsroom.withdraw(published.undo)
    assert await owed_of(state, "depot") == {}


async def test_nothing_is_taken_back_beside_an_article_that_is_damaged(
    newsroom: Newsroom, state: State, settings: Settings, clock: StoppedClock
) -> None:
    """What somebody spoiled by hand is said, and all stays as it was: owed, and to be taken back once it is mended."""
    await state.subscriptions.subscribe(ANNA)
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    spoiled = settings.own_articles / "spoiled" / "en.md"
    spoiled.parent.mkdir()
    spoiled.write_text("no edition", encoding="utf-8")
    with pytest.raises(StateError, match="spoiled"):
        await newsroom.withdraw(published.undo)
    assert await owed_of(state, "depot") == {DeliveryState.PENDING: 1}
    spoiled.unlink()
    spoiled.parent.rmdir()
    await newsroom.withdraw(published.undo)
    assert await owed_of(state, "depot") == {}


async def test_an_undoing_that_the_corpus_refuses_holds_up_nothing(
    newsroom: Newsroom, settings: Settings, clock: StoppedClock
) -> None:
    """Where the former text fits what stands there by now no more, that is said, and the next publication goes on."""
    await newsroom.publish([DEPOT], quiet=True)
    changed = await newsroom.publish([CHANGED], at=clock() + timedelta(minutes=10), quiet=True)
    damaged = json.dumps({**json.loads(changed.undo), "files": {"depot/en": "no edition"}})
    with pytest.raises(CorpusError):
        await newsroom.withdraw(damaged)
    begin_undoing(settings.data_dir, parse_undo(damaged))
    await newsroom.publish([OFFER], quiet=True)
    assert begun_undoing(settings.data_dir) is None
    (settings.data_dir / "undoing.json").write_text("no JSON", encoding="utf-8")
    assert begun_undoing(settings.data_dir) is None


async def test_what_is_told_anew_can_be_undone_itself(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """A second source that waits for its own time waits on, and can be taken back as well."""
    await state.subscriptions.subscribe(ANNA)
    first = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    clock.forward(60)
    second = await newsroom.publish([ANEW], at=clock() + timedelta(minutes=10))
    await newsroom.withdraw(first.undo)
    clock.forward(599)
    assert await taken(state, clock) == []
    await newsroom.withdraw(second.undo)
    clock.forward(3600)
    assert await taken(state, clock) == []


async def test_undoing_a_later_version_tells_nothing_anew(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """Where the first article stands as it was, those who repeat it have nothing to tell."""
    await newsroom.publish([DEPOT])
    await newsroom.publish([ANEW])
    await state.outbox.withdraw("nothing")
    await state.subscriptions.subscribe(ANNA)
    changed = await newsroom.publish([CHANGED], at=clock() + timedelta(minutes=10))
    await newsroom.withdraw(changed.undo)
    clock.forward(3600)
    assert await taken(state, clock) == []


async def test_undoing_loses_no_answer(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """A question that the first of two articles would have answered is answered by the second when the first is taken
    back, once."""
    await state.questions.await_answer(CARLA, "How many euros is a ticket?", "en")
    first = await newsroom.publish([OFFER], at=clock() + timedelta(minutes=10))
    clock.forward(60)
    second = replace(edition("second", "en", [["A ticket costs 20 euros."]], title="Tickets two"), topics=("offers",))
    assert [told.answers for told in (await newsroom.publish([second])).told] == [0]
    for _ in range(2):
        await newsroom.withdraw(first.undo)
    clock.forward(3600)
    assert await taken(state, clock) == [("3", DeliveryKind.ANSWER, "second", None)]
    assert await state.questions.awaited() == ()


async def test_a_value_that_comes_back_is_corrected_each_time(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """40, 55, 40, 55: whoever was told one is told the next, however often it was the same before."""
    await newsroom.publish([DEPOT], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    sentence = DEPOT.sentences[1]
    await state.shown.note(ANNA, [(sentence.id, "en", sentence.text)])
    for lorries in (55, 40, 55, 40):
        text = f"It has room for {lorries} lorries."
        changed = edition("depot", "en", [["Acme opens a depot in Turin on 3 May.", text]], title="Acme")
        for owed in (1, 0):
            [told] = (await newsroom.publish([changed], quiet=True)).told
            assert told.corrections == owed
        assert await taken(state, clock) == [("1", DeliveryKind.CORRECTION, "depot", None)]
        await state.shown.note(ANNA, [(sentence.id, "en", text)])


async def test_undoing_takes_back_no_more_than_was_published(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """What was owed of the article before stays owed when a later change of it is taken back."""
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([DEPOT])
    at = clock() + timedelta(minutes=10)
    changed = await newsroom.publish([CHANGED], at=at)
    await newsroom.withdraw(changed.undo)
    assert await taken(state, clock) == [("1", DeliveryKind.ANNOUNCEMENT, "depot", "everything")]
    assert (await newsroom.publish([DEPOT])).told == (Told("depot", 0),)


async def test_what_was_stored_quietly_is_no_news_when_it_changes(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """An article that was there before anybody watched is told to nobody, its later versions neither."""
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([DEPOT], quiet=True)
    [preview] = await newsroom.preview([CHANGED])
    assert preview.hears == {}
    assert (await newsroom.publish([CHANGED])).told == (Told("depot", 0),)
    assert await taken(state, clock) == []


async def test_a_change_by_hand_is_not_lost_in_the_next_publication(
    newsroom: Newsroom, state: State, settings: Settings, clock: StoppedClock
) -> None:
    """A change that was made in the folder just before something else is published is corrected, too."""
    await newsroom.publish([DEPOT], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [OPENS])
    write_edition(CHANGED, settings.own_articles)
    await newsroom.publish([OFFER], quiet=True)
    assert await taken(state, clock) == [("1", DeliveryKind.CORRECTION, "depot", None)]


async def test_a_sentence_that_moved_is_corrected_all_the_same(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """Who saw a sentence before another paragraph was put above it hears when it changes."""
    await newsroom.publish([DEPOT], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [OPENS])
    above = [["Acme is a firm."]]
    moved = edition("depot", "en", [*above, ["Acme opens a depot in Turin on 3 May."]], title="Acme")
    later = edition("depot", "en", [*above, ["Acme opens a depot in Turin on 9 June."]], title="Acme")
    await newsroom.publish([moved], quiet=True)
    assert await taken(state, clock) == []
    await newsroom.publish([later], quiet=True)
    assert await taken(state, clock) == [("1", DeliveryKind.CORRECTION, "depot", None)]


async def test_what_is_wrong_elsewhere_is_no_fault_of_what_is_published(newsroom: Newsroom, settings: Settings) -> None:
    """An unrelated edition that somebody is half through with refuses everything for now, and says that it is that."""
    broken = settings.own_articles / "2025-01-01-other" / "en.md"
    broken.parent.mkdir()
    broken.write_text("---\ntitle: half", encoding="utf-8")
    with pytest.raises(StateError, match="2025-01-01-other"):
        await newsroom.publish([DEPOT])


async def test_undoing_a_change_brings_the_former_text_back(
    newsroom: Newsroom, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """What stood there before stands there again, and who was shown the change meanwhile is told."""
    await newsroom.publish([DEPOT], quiet=True)
    changed = edition(
        "depot", "en", [["Acme opens a depot in Turin on 9 May.", "It has room for 40 lorries."]], title="Acme"
    )
    published = await newsroom.publish([changed], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [("depot/p1/s1", "en", changed.sentences[0].text)])
    await newsroom.withdraw(published.undo)
    assert answering.catalogue.current().articles["depot"].original == DEPOT
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    assert [delivery.kind for delivery in parcel.deliveries] == [DeliveryKind.CORRECTION]


async def test_a_preview_decides_the_same_and_does_nothing(
    newsroom: Newsroom, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """Who would hear, what it repeats and what it corrects, with neither files nor rows written."""
    await state.subscriptions.subscribe(ANNA)
    await state.subscriptions.subscribe(BRUNO)
    await state.subscriptions.set_rhythm(BRUNO, Rhythm.DAILY)
    [preview] = await newsroom.preview([DEPOT])
    assert (preview.article.slug, preview.known, preview.duplicates) == ("depot", False, ())
    assert preview.hears == {Rhythm.AT_ONCE: 1, Rhythm.DAILY: 1}
    assert preview.first == {Rhythm.AT_ONCE: clock(), Rhythm.DAILY: datetime(2025, 9, 25, 9, tzinfo=UTC)}
    await state.subscriptions.set_zone(BRUNO, "America/Los_Angeles")
    at = datetime(2025, 9, 24, 15, 59, tzinfo=UTC)
    [preview] = await newsroom.preview([DEPOT], at=at)
    assert preview.first == {Rhythm.AT_ONCE: at, Rhythm.DAILY: datetime(2025, 9, 24, 16, tzinfo=UTC)}
    assert list(answering.settings.own_articles.iterdir()) == []
    await newsroom.publish([DEPOT])
    await taken(state, clock)
    [preview] = await newsroom.preview([ANEW])
    assert [article.slug for article in preview.duplicates] == ["depot"]
    assert preview.hears == {}
    [preview] = await newsroom.preview([DEPOT])
    assert preview.known
    [preview] = await newsroom.preview([edition("depot", "en", [["Acme opens a depot in Turin on 9 May."]])])
    assert [correction.sentence for correction in preview.corrections] == ["depot/p1/s1", "depot/p1/s2"]


async def test_what_was_told_is_looked_up_once(
    newsroom: Newsroom, state: State, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many articles of these days there are, publishing one asks the database once which of them were told."""
    await state.subscriptions.subscribe(ANNA)
    await newsroom.publish([DEPOT, OFFER])
    await taken(state, clock)
    asked: list[set[str]] = []
    told_of = state.outbox.told_of

    async def counted(slugs: Collection[str]) -> Mapping[str, str | None]:
        asked.append(set(slugs))
        return await told_of(slugs)

    monkeypatch.setattr(state.outbox, "told_of", counted)
    [told] = (await newsroom.publish([ANEW])).told
    assert (told.story, asked) == ("depot", [{"depot", "offer"}])
    assert [row[1] for row in await taken(state, clock)] == [DeliveryKind.SECOND_SOURCE]


async def test_what_is_refused_owes_nothing(newsroom: Newsroom, state: State, answering: Answering) -> None:
    """Where one edition contradicts another, none is stored and nobody is told."""
    await state.subscriptions.subscribe(ANNA)
    broken = edition("depot", "it", [["Uno."], ["Due."]], original="en")
    with pytest.raises(CorpusError):
        await newsroom.publish([DEPOT, broken])
    assert await owed_of(state, "depot") == {}
    assert answering.catalogue.current().articles == {}


def depot(lorries: int) -> Edition:
    """The depot, with room for so many."""
    sentences = [DEPOT.sentences[0].text, f"It has room for {lorries} lorries."]
    return edition("depot", "en", [sentences], title="Acme")


async def test_a_correction_that_waited_tells_what_is_said_by_now(
    newsroom: Newsroom, state: State, clock: StoppedClock
) -> None:
    """Also where the last change is one of a text that nobody had been shown."""
    await newsroom.publish([depot(40)], quiet=True)
    await state.subscriptions.subscribe(ANNA)
    await state.shown.note(ANNA, [("depot/p1/s2", "en", "It has room for 40 lorries.")])
    for lorries in (55, 60):
        await newsroom.publish([depot(lorries)], at=clock() + timedelta(minutes=10), quiet=True)
        clock.forward(60)
    clock.forward(600)
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 10, "test")
    [delivery] = parcel.deliveries
    correction = await state.shown.correction(int(delivery.about))
    assert correction is not None
    assert (correction.was, correction.now) == ("It has room for 40 lorries.", "It has room for 60 lorries.")


@pytest.mark.parametrize("sent", [False, True])
async def test_undoing_what_told_a_story_again_loses_no_story(
    newsroom: Newsroom, state: State, clock: StoppedClock, sent: bool
) -> None:
    """Who would have heard it by the withdrawn article, and was not told by it, hears it by a third that stands."""
    third = replace(edition("third", "en", [[s.text for s in DEPOT.sentences]], title="Acme"), source="Third")
    await state.subscriptions.subscribe(BRUNO)
    await newsroom.publish([DEPOT])
    await taken(state, clock)
    await state.subscriptions.subscribe(CARLA)
    again = await newsroom.publish([ANEW], at=None if sent else clock() + timedelta(minutes=10))
    assert again.told == (Told("anew", 1, story="depot"),)
    if sent:
        await taken(state, clock)
    assert (await newsroom.publish([third])).told == (Told("third", 0, story="depot"),)
    await newsroom.withdraw(again.undo)
    clock.forward(3600)
    heard = [row for row in await taken(state, clock) if row[1] is DeliveryKind.ANNOUNCEMENT]
    assert heard == ([] if sent else [("3", DeliveryKind.ANNOUNCEMENT, "third", "everything")])
    assert await state.outbox.story_of("third") == "depot"


async def test_undoing_lets_no_quiet_article_answer(newsroom: Newsroom, state: State, clock: StoppedClock) -> None:
    """What was published quietly answers no question that waits, whatever is undone after it."""
    await state.questions.await_answer(CARLA, "How many euros is a ticket?", "en")
    published = await newsroom.publish([DEPOT], at=clock() + timedelta(minutes=10))
    clock.forward(60)
    await newsroom.publish([OFFER], quiet=True)
    await newsroom.withdraw(published.undo)
    assert await taken(state, clock) == []
