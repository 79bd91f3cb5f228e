"""A whole conversation at the highest level of detail: neither the log nor any file tells who said what."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot.answers.opening import Answering, open_answering
from bot.chat.conversation import Conversation
from bot.chat.features import Place, Visitor
from bot.chat.subscribing import subscriber_features
from bot.logs import lines_of, set_up_logs
from bot.news.ingesting import write_editions
from bot.news.later import Later
from bot.operators.stats import Counting
from bot.replies import Channel, ChatAddress, Reply
from bot.settings import Settings
from bot.state.opening import State, open_state
from bot.state.schedule import Quiet
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.vaults import VAULT

ANNA = Visitor(ChatAddress(Channel.TELEGRAM, "5000001"), "en", user=5000001)
log = logging.getLogger("bot.test")


@dataclass
class Room:
    """One person, the conversation, and what is kept."""

    conversation: Conversation
    state: State
    folder: Path

    async def says(self, text: str) -> list[Reply]:
        """A message or a command."""
        if not text.startswith("/"):
            return await self.conversation.message(ANNA, text)
        name, _, argument = text[1:].partition(" ")
        return await self.conversation.command(ANNA, name, argument)

    async def presses(self, label: str, replies: list[Reply]) -> list[Reply]:
        """The first button whose label holds these words."""
        data = [b.data for reply in replies for row in reply.buttons for b in row if label in b.label]
        assert data, f"no button {label!r} under {[reply.html for reply in replies]}"
        return await self.conversation.press(ANNA, data[0])

    def told(self, *texts: str) -> list[str]:
        """Which of these texts stand in a file of the data directory."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [f"{text} in {path.name}" for path in files for text in texts if text.encode() in path.read_bytes()]


@pytest.fixture
def answering(tmp_path: Path) -> Answering:
    """Answering over one small article, without a model."""
    (tmp_path / "articles").mkdir()
    places = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles", reader=False)
    small = open_answering(places, WordEncoder("depot", "lorry", "price", "opens"))
    write_editions(small, [edition("a", "en", [["The depot opens in Turin.", "A lorry waits there."]])])
    small.catalogue.refresh()
    return small


@pytest.fixture
async def room(answering: Answering) -> AsyncIterator[Room]:
    """The conversation with everything that a person can do in it."""
    clock, catalogue = StoppedClock(), answering.catalogue

    def preview(_words: str, _language: str) -> list[tuple[str, date, str]]:
        return []

    with ThreadPoolExecutor(1) as threads:
        async with open_state(answering.settings, VAULT, now=clock) as state:
            features = (
                *subscriber_features(state.subscriptions, catalogue.current, preview, threads, clock),
                Later(state.questions, state.shown, catalogue.current, threads, clock).feature,
                Counting(state).feature,
            )
            conversation = Conversation(
                catalogue, answering.answerer, answering.samples, state.subscriptions, threads, "en", clock, features
            )
            yield Room(conversation, state, answering.settings.data_dir)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Put the root logger back: setting logs up replaces its handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_a_conversation_leaves_no_text_and_no_number_anywhere(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """Questions, topics, cities, commands, places, numbers of chats: neither the log at DEBUG nor a file holds them."""
    set_up_logs("DEBUG")
    with lines_of(VAULT.tag(ANNA.chat.address)):
        await room.says("/subscribe")
        topic = await room.says("/subscribe prices of zyxomobiles")
        await room.presses("Follow", topic)
        await room.says("/settings Milano")
        await room.conversation.sent(ANNA, Place(45.4642, 9.1899, asked=True))
        await room.says("/settings 22:30-7")
        await room.says("When opens the depot for zyxolorries?")
        await room.says("and zyxovans?")
        await room.says("What is the price of a zyxodepot and a lorry in Zyxonia?")
        await room.state.questions.await_answer(ANNA.chat, "What do zyxodepots cost?", "en")
        await room.says("/zyxocommand zyxo")
        await room.says("/language zyxo")
        await room.conversation.press(ANNA, "zyxo:zyxo")
        await room.says("/mydata")
        log.debug("a line at the highest level of detail")
    await room.state.counts.flush()
    kept = await room.state.subscriptions.preferences_of(ANNA.chat)
    assert kept is not None
    assert [topic.words for topic in kept.own] == ["prices of zyxomobiles"]
    assert (kept.zone, kept.quiet) == ("Europe/Rome", Quiet(22 * 60 + 30, 7 * 60))
    said = capsys.readouterr().err
    assert f" DEBUG bot.test [{VAULT.tag('5000001')}]: a line at the highest level of detail\n" in said
    for text in ("zyxo", "5000001", "Milano", "45.46", "9.18"):
        assert not re.search(text, said, re.IGNORECASE), text
    assert room.told("zyxo", "5000001", "45.46") == []


async def test_all_of_it_is_told_and_forgotten(room: Room) -> None:
    """What a person did in the conversation is in /mydata, and after /forget in no row, no file and no memory."""
    await room.says("/subscribe")
    await room.presses("Follow", await room.says("/subscribe prices of zyxomobiles"))
    await room.says("/language it")
    await room.says("When opens the depot?")
    [told] = await room.says("/mydata")
    assert room.told(VAULT.lookup("5000001")) != []
    content = told.documents[0].content.decode()
    for text in ('"5000001"', "prices of zyxomobiles", '"it"', "When opens the depot?"):
        assert text in content
    done = await room.presses("Cancella tutto", await room.says("/forget"))
    assert done[0].html.startswith("Fatto, ho cancellato tutto:\n")
    await room.state.counts.flush()
    assert await room.state.subscriptions.everything_of(ANNA.chat) == {"chats": [], "refused": []}
    assert room.told(VAULT.lookup("5000001")) == []
    [nothing] = await room.says("/mydata")
    assert nothing == Reply("Nothing is kept about this chat.")
