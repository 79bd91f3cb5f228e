"""A bot whose corpus grows, with an admin, on a Bot API server that watches Telegram's limits."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bot_api import BotApiServer, Chat, Limits
from tests.e2e.conftest import assert_no_breach
from tests.e2e.processes import TOKEN, BotProcess, annuncio

ADMIN = 77
LONG = 90.0
"""Seconds that storing, indexing and comparing an article may take on a busy machine: a bound against hanging."""
Ingest = Callable[[str], None]
Subscriber = Callable[[], Chat]
_NUMBERS = itertools.count(8_000_001)


@pytest.fixture(scope="package")
def shared_server() -> Iterator[BotApiServer]:
    """The server; at the end none of its limits was broken, and no button turns."""
    with BotApiServer(TOKEN, limits=Limits()) as running:
        yield running


@pytest.fixture(scope="package")
def shared_bot(
    shared_server: BotApiServer, built_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    """The bot."""
    folder = tmp_path_factory.mktemp("subscribers")
    data_dir = Path(shutil.copytree(built_data_dir, folder / "data"))
    with BotProcess(folder, data_dir, shared_server.base_url, settings={"ADMINS": str(ADMIN)}) as bot:
        yield bot


@pytest.fixture
def server(shared_server: BotApiServer, shared_bot: BotProcess) -> Iterator[BotApiServer]:
    """The server with the bot; after each test no limit of the Bot API was broken, and no button turns."""
    assert shared_bot.running
    yield shared_server
    assert_no_breach(shared_server)


@pytest.fixture
def ingest(shared_bot: BotProcess, tmp_path: Path) -> Ingest:
    """`annuncio ingest` of one edition file, beside the running bot."""

    def put(text: str) -> None:
        (tmp_path / "article.md").write_text(text, encoding="utf-8")
        done = annuncio("ingest", "article.md", "--data-dir", shared_bot.data_dir, folder=tmp_path)
        assert (done.code, done.stderr) == (0, "")

    return put


@pytest.fixture
def subscriber(server: BotApiServer) -> Iterator[Subscriber]:
    """Opens a private chat that nobody used before and subscribes it; it leaves after the test."""
    there: list[Chat] = []

    def open_chat() -> Chat:
        chat = server.chat(next(_NUMBERS), language_code="en")
        there.append(chat)
        chat.says("/subscribe")
        chat.wait_for_message("Done: you will hear of every new announcement")
        return chat

    yield open_chat
    for chat in there:
        chat.says("/unsubscribe")
    for chat in there:
        chat.wait_for_message("/subscribe")
