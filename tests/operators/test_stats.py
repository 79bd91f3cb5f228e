"""The figures: what is asked and answered, who subscribes, what was sent; counts alone, from which nobody is told."""

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from sqlalchemy.exc import OperationalError

from bot.answers.answering import Answer, Outcome, Proof, Refusal, Status
from bot.answers.library import Library, library_of
from bot.chat.aids import CONTEXT, OTHER
from bot.chat.composing import TELEGRAM_LIMIT, plain, units
from bot.chat.features import Visitor
from bot.cli import main
from bot.operators.figures import audience_in, messages_in
from bot.operators.pictures import CHINESE_FONTS, words_and_font
from bot.operators.stats import DAYS, AdminStats, Counting, Stats, compose_stats, pictures, record, stats_of
from bot.operators.themes import FEWEST, Theme, themes_of
from bot.replies import Channel, ChatAddress, Reply
from bot.settings import FIELDS, LANGUAGES, Settings
from bot.state.deliveries import Outcome as Ended
from bot.state.kinds import DeliveryState, PauseReason, Rhythm
from bot.state.opening import State, open_state
from bot.texts import say
from corpus.model import Article
from corpus.reader import write_edition
from index.encoder import Vectors
from index.store import FaissStore
from tests.articles import article, edition
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.loops import off_the_loop
from tests.operators.conftest import ADMINS
from tests.talking import somebody
from tests.vaults import KEY, VAULT

CARS = article(
    "cars",
    {
        "en": [["The car costs 20 euros.", "Its price is 20 euros."], ["A depot opens."]],
        "it": [["L'auto costa 20 euro.", "Il prezzo è di 20 euro."], ["Apre un deposito."]],
    },
)
ARTICLES: Mapping[str, Article] = {"cars": CARS}
PRICE, SAME, DEPOT = (f"cars/p{k}/s{j}" for k, j in ((1, 1), (1, 2), (2, 1)))
QUESTION = "a question that is nobody's business"
TODAY = date(2025, 9, 24)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def embed(texts: Sequence[str]) -> Vectors:
    """Texts with 20 in them are about the same."""
    return np.array([[1.0, 0.0] if "20" in text else [0.0, 1.0] for text in texts], dtype=np.float32)


def library() -> Library:
    """The cars, without a vector."""
    return library_of(list(ARTICLES.values()), FaissStore.empty(2), "state")


def proof(sentence: str) -> Proof:
    """The sentence that came nearest."""
    return Proof(sentence, "en", "x", "en", "x", "Cars", TODAY, "Acme", None, 0.8)


def refusal(sentence: str = PRICE, status: Status = Status.NOT_STATED) -> Refusal:
    """A question in vain."""
    return Refusal(QUESTION, "en", status, 0.1, (proof(sentence),))


def answer() -> Answer:
    """A question that was answered."""
    return Answer(QUESTION, "en", None, 0.9, (proof(PRICE),))


def people(*numbers: int) -> list[Visitor]:
    """So many people, each in a private chat."""
    return [replace(somebody(number), user=number) for number in numbers]


async def ask(state: State, outcome: Outcome, visitors: Sequence[Visitor]) -> None:
    """Each of them asks something that ends so."""
    for visitor in visitors:
        assert await Counting(state).answered(visitor, outcome, Reply("said")) == Reply("said")


async def figures(state: State, until: date = TODAY) -> Stats:
    """All figures."""
    return await stats_of(state, ARTICLES, "en", embed, until)


async def test_questions_are_counted(state: State) -> None:
    """Each question counts once by how it ended, each chat once a month; small talk is none."""
    await ask(state, answer(), people(1, 1, 2))
    await ask(state, refusal(), people(2))
    await ask(state, refusal(status=Status.OFF_TOPIC), people(3))
    await ask(state, Refusal(QUESTION, "en", Status.SMALLTALK, 0.0), people(4))
    stats = await figures(state)
    assert stats.days == {TODAY: {Status.ANSWERED: 3, Status.NOT_STATED: 1, Status.OFF_TOPIC: 1}}
    assert (stats.questions, stats.people) == (5, 3)


async def test_nothing_of_a_question_is_kept(state: State, settings: Settings) -> None:
    """The file of the database holds neither what was asked nor who asked."""
    await ask(state, refusal(), people(5_000_001))
    await state.counts.flush()
    everything = b"".join(path.read_bytes() for path in settings.data_dir.glob("annuncio.db*"))
    assert PRICE.encode() in everything
    assert QUESTION.encode() not in everything
    assert b"5000001" not in everything


async def test_an_answer_is_worth_more_than_its_count(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the database takes no count, the answer goes out all the same, and a line says so."""

    async def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(type(state.counts), "add", full)
    await ask(state, answer(), people(1))
    assert caplog.messages == ["a question was not counted, the database says: database or disk is full"]


async def test_a_theme_takes_five_people(state: State) -> None:
    """What four people asked in vain is told to nobody, however often they ask; the fifth makes it a theme."""
    await ask(state, refusal(), people(1, 2, 3, 4, 4, 4, 4))
    assert (await figures(state)).themes == ()
    await ask(state, refusal(), people(5))
    assert (await figures(state)).themes == (Theme(PRICE, "The car costs 20 euros.", FEWEST),)


async def test_the_same_people_in_two_months_are_no_more_people(state: State, clock: StoppedClock) -> None:
    """Three people who ask in August and in September are not six."""
    clock.forward(-26 * 24 * 3600)
    await ask(state, refusal(), people(1, 2, 3))
    clock.forward(26 * 24 * 3600)
    await ask(state, refusal(), people(1, 2, 3))
    assert (await figures(state)).themes == ()
    await ask(state, refusal(), people(4, 5))
    assert [theme.people for theme in (await figures(state)).themes] == [5]


async def test_what_is_off_topic_is_no_theme(state: State) -> None:
    """Questions about something else say nothing of the announcement."""
    await ask(state, refusal(status=Status.OFF_TOPIC), people(*range(9)))
    assert (await figures(state)).themes == ()


async def test_themes_are_clusters(state: State) -> None:
    """Sentences about the same are one theme, told by that of most people; somebody who asked near both counts once."""
    await ask(state, refusal(SAME), people(1, 2, 3, 4))
    await ask(state, refusal(PRICE), people(3, 4, 5))
    await ask(state, refusal(DEPOT), people(*range(11, 20)))
    assert (await figures(state)).themes == (
        Theme(DEPOT, "A depot opens.", 9),
        Theme(SAME, "Its price is 20 euros.", 5),
    )


def test_a_theme_is_told_in_the_readers_language() -> None:
    """By the edition that the admin reads; a sentence that is gone is no theme, and nothing is embedded for one."""
    askers = {"2025-09": {PRICE: frozenset("12345"), "gone/p1/s1": frozenset("123456")}}

    def fail(_: Sequence[str]) -> Vectors:
        raise AssertionError("one sentence is compared with nothing")

    assert themes_of(askers, ARTICLES, "it", fail) == (Theme(PRICE, "L'auto costa 20 euro.", 5),)


@pytest.fixture
async def busy(state: State, clock: StoppedClock) -> State:
    """Four subscribers, one of whom left, and an article that reached one and failed for two."""
    chats = [ChatAddress(Channel.TELEGRAM, str(number)) for number in range(1, 5)]
    for chat in chats:
        await state.subscriptions.subscribe(chat, "en")
    await state.subscriptions.set_topics(chats[1], ["offers", "news"])
    await state.subscriptions.set_rhythm(chats[2], Rhythm.DAILY)
    await state.subscriptions.add_own_topic(chats[0], "prices", "en")
    await state.subscriptions.pause(chats[3], PauseReason.BLOCKED)
    await state.outbox.announce("cars", ["news"])
    parcels = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us")
    sent, failed = parcels
    await state.outbox.settle(
        [
            (sent, Ended(DeliveryState.SENT)),
            (failed, Ended(DeliveryState.FAILED, reason="Bad Request: chat -1001234567 not found")),
        ]
    )
    return state


async def test_subscribers_and_deliveries(busy: State) -> None:
    """Who subscribes to what and how, and what became of messages; a reason names nobody."""
    audience, messages = await audience_in(busy.engines), await messages_in(busy.engines, LONG_AGO)
    assert audience.active == 3
    assert audience.paused == {PauseReason.BLOCKED: 1}
    assert audience.rhythms == {Rhythm.AT_ONCE: 2, Rhythm.DAILY: 1}
    assert audience.topics == {"everything": 2, "news": 1, "offers": 1}
    assert audience.own_topics == 1
    assert messages.states == {DeliveryState.SENT: 1, DeliveryState.FAILED: 1, DeliveryState.PENDING: 1}
    assert messages.failures == {"Bad Request: chat … not found": 1}


async def test_messages_of_the_days_that_are_told(busy: State, clock: StoppedClock) -> None:
    """What was sent or failed before the days in the heading is not counted; what still waits always is."""
    last = TODAY + timedelta(days=DAYS - 1)
    clock.forward(timedelta(days=DAYS).total_seconds())
    assert (await figures(busy, last)).messages.states == {
        DeliveryState.SENT: 1,
        DeliveryState.FAILED: 1,
        DeliveryState.PENDING: 1,
    }
    after = (await figures(busy, last + timedelta(days=1))).messages
    assert (after.states, after.failures) == ({DeliveryState.PENDING: 1}, {})


async def test_as_text(busy: State) -> None:
    """The text says all of it."""
    await ask(busy, answer(), people(1, 2, 3))
    await ask(busy, refusal(), people(4, 5, 6, 7, 8))
    assert plain(compose_stats(await figures(busy), "en")).splitlines() == [
        "The last 30 days",
        "Questions: 8; different chats this month: 8.",
        "Answered: 3 (38 %); not stated: 5 (62 %); about something else: 0 (0 %).",
        "",
        "Asked in vain most often, told by the nearest sentence (only where five people or more asked):",
        "• 5: The car costs 20 euros.",
        "",
        "Subscribers: 3; paused: 1.",
        "At once: 2; daily: 1; weekly: 0.",
        "Topics: everything 2, news 1, offers 1.",
        "Topics in their own words: 1.",
        "Paused because they blocked the bot: 1; are gone: 0; left: 0; rest: 0.",
        "",
        "Messages sent: 1; waiting: 1; failed: 1; skipped: 0.",
        "Failed because: Bad Request: chat … not found 1.",
    ]


async def test_as_a_record(busy: State) -> None:
    """The record for programs holds the same, and is JSON."""
    await ask(busy, refusal(), people(4, 5, 6, 7, 8))
    found = json.loads(json.dumps(record(await figures(busy))))
    assert found["ended"] == {"answered": 0, "not_stated": 5, "off_topic": 0}
    assert found["days"] == {"2025-09-24": {"not_stated": 5}}
    assert found["asked_in_vain"] == [{"sentence": PRICE, "text": "The car costs 20 euros.", "people": 5}]
    assert found["subscribers"]["rhythms"] == {"at_once": 2, "daily": 1}
    assert (found["since"], found["until"]) == ("2025-08-26", "2025-09-24")
    assert found["deliveries"] == {"sent": 1, "failed": 1, "pending": 1}


async def test_not_what_i_asked_is_counted(state: State) -> None:
    """How often an answer was called none is told in text and record, in every language; other buttons are not."""
    counting = Counting(state)
    assert "Not what I asked" not in compose_stats(await figures(state), "en")
    for kind in (OTHER, CONTEXT, OTHER, "q"):
        await counting.pressed(kind)
    stats = await figures(state)
    assert stats.not_asked == record(stats)["not_what_was_asked"] == 2
    assert stats.questions == 0
    for language in LANGUAGES:
        button = say(language, "button_not_asked")
        assert say(language, "stats_not_asked", button=button, count=2) in compose_stats(stats, language)


async def test_a_press_is_worth_more_than_its_count(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A press that cannot be counted goes on, and the log says why."""

    async def broken(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(type(state.counts), "add", broken)
    await Counting(state).pressed(OTHER)
    assert "a press was not counted, the database says" in caplog.text


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a picture that can be read."""
    pixels = matplotlib.image.imread(io.BytesIO(png), format="png")
    assert pixels.std() > 0
    return pixels.shape[1], pixels.shape[0]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_in_the_chat(busy: State, threads: ThreadPoolExecutor, clock: StoppedClock, language: str) -> None:
    """An admin gets the text and two pictures in their language, within what a channel takes."""
    command = AdminStats(busy, off_the_loop(library), embed, threads, ADMINS, clock).feature.commands["stats"]
    await ask(busy, refusal(), people(4, 5, 6, 7, 8))
    [reply] = await command(replace(somebody(7), user=7), language, "")
    assert units(plain(reply.html)) <= TELEGRAM_LIMIT
    assert "{" not in reply.html
    assert [(document.name, document.picture) for document in reply.documents] == [
        ("questions.png", True),
        ("subscribers.png", True),
    ]
    for document in reply.documents:
        width, height = size(document.content)
        assert width + height <= 10_000
        assert len(document.content) < 1_000_000


async def test_figures_of_nothing(state: State) -> None:
    """A bot that nobody has talked to yet has figures and pictures too."""
    stats = await figures(state)
    assert "Questions: 0" in plain(compose_stats(stats, "en"))
    assert len(pictures(stats, "zh")) == 2


def test_a_font_with_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a font has Chinese letters, the words of a picture are Chinese for who reads it; else they are English."""
    assert words_and_font("it")[0] == "it"
    monkeypatch.setattr("matplotlib.font_manager.fontManager.get_font_names", lambda: ["DejaVu Sans"])
    assert words_and_font("zh")[0] == "en"
    monkeypatch.setattr("matplotlib.font_manager.fontManager.get_font_names", lambda: [CHINESE_FONTS[-1]])
    assert words_and_font("zh") == ("zh", CHINESE_FONTS[-1])


@pytest.mark.parametrize("visitor", [replace(somebody(9), user=9), replace(somebody(-5, private=False), user=7)])
async def test_for_others_there_are_no_figures(
    state: State, threads: ThreadPoolExecutor, clock: StoppedClock, visitor: Visitor
) -> None:
    """Whoever is no admin, or has others reading along, is told that there is no such command."""
    feature = AdminStats(state, library, embed, threads, ADMINS, clock).feature
    [reply] = await feature.commands["stats"](visitor, "en", "")
    assert "I do not know the command /stats" in reply.html
    assert reply.documents == ()
    assert feature.admits is not None
    assert not feature.admits(visitor)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory with some questions and a corpus of one article; nothing else is set."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANNUNCIO_KEY", KEY)
    monkeypatch.setattr("bot.answers.opening.load_encoder", lambda *_: WordEncoder("euros"))
    write_edition(edition("cars", "en", [["The car costs 20 euros.", "Its price is 20 euros."]]), tmp_path / "articles")

    async def asked() -> None:
        async with open_state(Settings(data_dir=tmp_path / "data"), VAULT) as state:
            await ask(state, refusal(PRICE), people(1, 2, 3))
            await ask(state, refusal(SAME), people(3, 4, 5))

    asyncio.run(asked())
    yield tmp_path
    root.handlers[:] = handlers
    root.setLevel(level)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    """`annuncio stats` over that corpus."""
    with pytest.raises(SystemExit) as ended:
        main(["stats", "--articles", "articles", *arguments])
    return (ended.value.code, *capsys.readouterr())


def test_the_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`annuncio stats` prints the text, with --json the record; with --pictures it writes two."""
    code, out, err = run(capsys, "--pictures", "here/too")
    assert (code, err) == (0, "")
    assert out.startswith(f"The last {DAYS} days\nQuestions: 6; different chats this month: 5.\n")
    assert "• 5: The car costs 20 euros." in out
    assert sorted(path.name for path in (place / "here" / "too").iterdir()) == ["questions.png", "subscribers.png"]
    code, out, _ = run(capsys, "--json")
    assert (code, json.loads(out)["people_this_month"]) == (0, 5)


def test_pictures_that_cannot_be_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no room for the pictures, one line says so."""
    (place / "file").touch()
    code, _, err = run(capsys, "--pictures", "file/too")
    assert code == 1
    assert err.startswith("annuncio: the pictures cannot be written into file/too (")


def test_counting_changes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading the figures leaves every count as it was."""

    def rows() -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(place / "data" / "annuncio.db")) as database:
            return (
                database.execute("SELECT * FROM counts").fetchall()
                + database.execute("SELECT * FROM refusals ORDER BY 2, 3").fetchall()
            )

    before = rows()
    run(capsys)
    assert rows() == before
    assert before
