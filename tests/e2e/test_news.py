"""A new article: `annuncio ingest` in another process, and what the running bot makes of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.bot_api import BotApiServer, Chat
from tests.bot_api.faults import Cut, Fault, slow
from tests.e2e.conftest import assert_no_breach
from tests.e2e.processes import TOKEN, BotProcess, Ended, annuncio, started
from tests.e2e.texts import (
    BRIDGE,
    BRIDGE_TITLE,
    FERRY,
    FERRY_TITLE,
    ORDERS,
    TRAM,
    TRAM_ANSWER,
    TRAM_QUESTION,
    TRAM_SUMMARY,
    TRAM_TITLE,
)

pytestmark = pytest.mark.enable_socket

DAY = {"en": "2 March 2026", "it": "2 marzo 2026", "zh": "2026年3月2日"}
WHY = {"en": "because you follow everything", "it": "perché segui tutto", "zh": "因为你关注了全部"}


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer(TOKEN) as running:
        yield running
        assert_no_breach(running)


@pytest.fixture
def bot(server: BotApiServer, data_dir: Path, tmp_path: Path) -> Iterator[BotProcess]:
    """A bot of the test's own, since its corpus grows."""
    with started(server, tmp_path, data_dir) as running:
        yield running


def ingest(folder: Path, data_dir: Path, *texts: tuple[str, str]) -> Ended:
    """`annuncio ingest` of files with these names and texts."""
    for name, text in texts:
        (folder / name).write_text(text, encoding="utf-8")
    done = annuncio("ingest", *(name for name, _ in texts), "--data-dir", data_dir, folder=folder)
    assert (done.code, done.stderr) == (0, "")
    return done


def subscribed(server: BotApiServer, number: int, language: str) -> Chat:
    """A new subscriber whose client reports this language."""
    chat = server.chat(number, language_code=language)
    chat.says("/subscribe")
    chat.wait_for_message("/unsubscribe")
    return chat


def news_of(chats: Sequence[Chat], title: str) -> list[int]:
    """How often each chat was told of the article."""
    return [sum("📣" in sent.text and title in sent.text for sent in chat.history) for chat in chats]


@pytest.mark.usefixtures("bot")
def test_a_new_article_reaches_each_subscriber_once_and_can_be_asked_at_once(
    server: BotApiServer, data_dir: Path, tmp_path: Path
) -> None:
    """Title, date and summary in the subscriber's language, a button with a question if there is one; then nothing."""
    readers = {language: subscribed(server, 100 + n, language) for n, language in enumerate(DAY)}
    stranger = server.chat(201, language_code="en")
    stranger.says("/start")
    stranger.wait_for_message("Hello!")
    leaver = subscribed(server, 202, "en")
    leaver.says("/unsubscribe")
    leaver.wait_for_message("Done: you will hear no more")
    blocker = subscribed(server, 203, "en")
    silent = subscribed(server, 204, "en")

    said = ingest(tmp_path, data_dir, ("tram.md", TRAM))
    slug = "2026-03-02-the-city-of-linden-opens-a-night-tram"
    assert said.stdout.splitlines() == [
        f"{slug}/en: {TRAM_TITLE} (2026-03-02; paragraphs: 2, sentences: 4)",
        f"{slug}: 5 subscribers will hear of it",
    ]
    for language, chat in readers.items():
        news = chat.wait_for_message("📣")
        told, _, why = news.text.rpartition("\n\n")
        assert told == f"📣 {TRAM_TITLE}\n{DAY[language]}\n\n{TRAM_SUMMARY}"
        assert WHY[language] in why
    silent.wait_for_message("📣")
    blocker.wait_for_message("📣")
    (news,) = [sent for sent in readers["en"].messages if "📣" in sent.text]
    assert news.labels[0] == TRAM_QUESTION
    readers["en"].wait_for_answer(readers["en"].presses(TRAM_QUESTION))
    assert "2.40 euros" in readers["en"].wait_for_message(TRAM_ANSWER).text
    stranger.says("How many stops does the night tram have?")
    stranger.wait_for_message("The night tram has 14 stops.")

    blocker.blocks()
    silent.deletes_account()
    everybody = [*readers.values(), stranger, leaver, blocker, silent]
    said = ingest(tmp_path, data_dir, ("tram.md", TRAM), ("ferry.txt", FERRY))
    assert "unchanged" in said.stdout.splitlines()[0]
    assert f"{slug}: 0 subscribers will hear of it" in said.stdout.splitlines()
    assert said.stdout.splitlines()[-1].endswith(": 4 subscribers will hear of it")
    for chat in readers.values():
        assert FERRY_TITLE in chat.wait_for_message("📣").text
    assert news_of(everybody, TRAM_TITLE) == [1, 1, 1, 0, 0, 1, 1]
    assert news_of(everybody, FERRY_TITLE) == [1, 1, 1, 0, 0, 0, 0]

    blocker.unblocks()
    blocker.says("/settings")
    assert "News: subscribed" in blocker.wait_for_message("Settings").text
    said = ingest(tmp_path, data_dir, ("bridge.html", BRIDGE))
    assert said.stdout.splitlines()[-1].endswith(": 4 subscribers will hear of it")
    blocker.wait_for_message(BRIDGE_TITLE)
    for chat in readers.values():
        chat.wait_for_message(BRIDGE_TITLE)
    assert news_of(everybody, FERRY_TITLE) == [1, 1, 1, 0, 0, 0, 0]
    assert news_of(everybody, BRIDGE_TITLE) == [1, 1, 1, 0, 0, 1, 0]


def test_a_dry_run_shows_the_edition_and_stores_nothing(tmp_path: Path) -> None:
    """What would be written, with the given title, date and topic; no data directory is made."""
    (tmp_path / "ferry.txt").write_text(FERRY, encoding="utf-8")
    given = ("--title", "A ferry", "--published", "2026-04-01", "--topic", "offers", "--lang", "en")
    done = annuncio("ingest", "ferry.txt", "--dry-run", *given, "--data-dir", "data", folder=tmp_path)
    assert (done.code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "# 2026-04-01-a-ferry/en.md"
    assert {"title: A ferry", "language: en", "published: 2026-04-01", "topics: [offers]"} <= set(lines)
    assert not (tmp_path / "data").exists()


def test_nothing_is_lost_or_doubled_when_the_bot_ends(server: BotApiServer, data_dir: Path, tmp_path: Path) -> None:
    """Killed with questions in its hands while news comes, or asked to end: it owes nobody anything afterwards."""
    bot = started(server, tmp_path, data_dir)
    bot.start()
    german = subscribed(server, 301, "en")
    german.says("/language de")
    german.wait_for_message("Deutsch")
    alive = annuncio("health", "--data-dir", data_dir, folder=tmp_path)
    assert (alive.code, alive.stdout.split(":")[0]) == (0, "alive")
    ingest(tmp_path, data_dir, ("tram.md", TRAM))
    german.wait_for_message("📣")

    waiting = [server.chat(310 + n, language_code="en") for n in range(4)]
    for chat in waiting:
        # The connection hangs, then breaks: the bot is killed before it knows.
        server.fail_next("sendMessage", Fault(cut=Cut.BEFORE, delay=20), chat_id=chat.chat_id)
        chat.says(ORDERS["en"].question)
    server.wait_for_call("sendMessage", lambda call: (call.chat_id or 0) >= 310, count=4)
    bot.kill()
    server.heal()
    late = server.chat(320, language_code="en")
    late.says(ORDERS["it"].question)
    ingest(tmp_path, data_dir, ("ferry.txt", FERRY))

    with bot:
        for chat in waiting:
            chat.wait_for_message(ORDERS["en"].sentence)
        late.wait_for_message(ORDERS["it"].sentence)
        assert FERRY_TITLE in german.wait_for_message("📣").text
        german.says("/settings")
        settings = german.wait_for_message("Deutsch").text
        assert settings.splitlines()[2].endswith(": abonniert")
        assert [len(chat.messages) for chat in (*waiting, late)] == [1, 1, 1, 1, 1]
        assert news_of([german], TRAM_TITLE) == [1]
        assert news_of([german], FERRY_TITLE) == [1]
        assert (data_dir / "heartbeat.json").exists()
        # What is in its hands when it is asked to end is finished and confirmed.
        earlier = len(server.calls("sendMessage"))
        for chat in waiting:
            server.fail_next("sendMessage", slow(1), chat_id=chat.chat_id)
            chat.says(ORDERS["de"].question)
        server.wait_for_call("sendMessage", count=earlier + len(waiting))
    for chat in waiting:
        chat.wait_for_message(ORDERS["de"].sentence)
    assert [len(chat.messages) for chat in waiting] == [2, 2, 2, 2]
    assert server.pending_updates == ()
    assert not (data_dir / "heartbeat.json").exists()
    dead = annuncio("health", "--data-dir", data_dir, folder=tmp_path)
    assert (dead.code, dead.line.split(":")[0]) == (1, "not running")
