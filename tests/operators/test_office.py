"""What the operators have, put together: from a file in a watched folder to an admin's button, in their language."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.answers.opening import Answering
from bot.chat.composing import plain
from bot.chat.conversation import COMMANDS, Conversation
from bot.news.publishing import Newsroom
from bot.operators import watching
from bot.operators.office import Office
from bot.replies import Channel, ChatAddress, Reply
from bot.settings import Settings
from bot.state.opening import State
from tests.operators.conftest import ADMINS
from tests.talking import Talk, somebody


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """One folder is watched, and what it brings is reviewed."""
    (tmp_path / "texts").mkdir()
    return replace(settings, sources=(str(tmp_path / "texts"),), review=True)


async def test_from_a_folder_to_a_button(
    answering: Answering,
    state: State,
    settings: Settings,
    threads: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that is put into a watched folder is shown to each admin in their language, and published by a tap."""
    monkeypatch.setattr(watching, "FOLDER_INTERVAL", 0.01)
    office = Office(answering, state, Newsroom(answering, state), threads)
    taken: list[tuple[str, Reply]] = []
    both, stop = asyncio.Event(), asyncio.Event()

    async def send(chat: ChatAddress, reply: Reply) -> None:
        taken.append((chat.address, reply))
        if len(taken) == len(ADMINS):
            both.set()

    await state.subscriptions.choose_language(ChatAddress(Channel.TELEGRAM, "8"), "de")
    watcher = office.watcher(send)
    for _ in range(2):  # two looks tell what a folder held before; what comes after them is news
        await watcher.look(settings.sources[0])
    watch = asyncio.create_task(watcher.run(stop))
    await asyncio.to_thread(Path(settings.sources[0], "one.txt").write_text, "Acme opens a depot in Turin.\n")
    await both.wait()
    stop.set()
    await watch
    assert [(address, plain(reply.html).split()[0]) for address, reply in taken] == [("7", "One"), ("8", "Eine")]
    talk = Talk(office.features, replace(somebody(8), user=8), "de", taken[1][1])
    assert plain((await talk.presses("Veröffentlichen")).html).startswith("Veröffentlicht: Acme opens a depot in Turin")
    assert len(answering.catalogue.current().articles) == 1


async def test_the_menu_names_no_command_of_the_admins(
    answering: Answering, state: State, threads: ThreadPoolExecutor
) -> None:
    """What only admins may do is in no public menu, and admits nobody else."""
    office = Office(answering, state, Newsroom(answering, state), threads)
    theirs = [feature for feature in office.features if feature.commands]
    assert {name for feature in theirs for name in feature.commands} == {"ingest", "stats"}
    assert not {"ingest", "stats"} & set(COMMANDS)
    for feature in theirs:
        assert feature.admits is not None
        assert not feature.admits(replace(somebody(9), user=9))
        assert feature.admits(replace(somebody(7), user=7))


@pytest.fixture
def conversation(answering: Answering, state: State, threads: ThreadPoolExecutor) -> Conversation:
    """The conversation with what the operators have in it."""
    return Conversation(
        answering.catalogue,
        answering.answerer,
        answering.samples,
        state.subscriptions,
        threads,
        "en",
        features=Office(answering, state, Newsroom(answering, state), threads).features,
    )


@pytest.mark.parametrize("name", ["ingest", "stats", "INGEST"])
async def test_to_others_the_commands_do_not_exist(conversation: Conversation, name: str) -> None:
    """Word for word they read what is said of a command that there never was; in groups that is nothing at all."""
    stranger, admin = replace(somebody(9), user=9), replace(somebody(7), user=7)
    [said] = await conversation.command(stranger, name, "https://example.org/")
    [of_none] = await conversation.command(stranger, "nothing")
    assert said == replace(of_none, html=of_none.html.replace("nothing", name))
    assert not conversation.knows(name)
    assert not conversation.knows(name, stranger)
    assert conversation.knows(name, admin)
    [reply] = await conversation.command(admin, name)
    assert reply.html.startswith("<b>The last" if name == "stats" else "Send /ingest")
    assert name.lower() not in (await conversation.command(admin, "help"))[0].html


async def test_questions_in_the_conversation_are_counted(conversation: Conversation, state: State) -> None:
    """Whoever asks is counted by how it ended."""
    await conversation.message(replace(somebody(9), user=9), "When does the depot open?")
    [(_, counted)] = (await state.counts.since(date(2025, 1, 1))).items()
    assert sum(counted.values()) == 1
