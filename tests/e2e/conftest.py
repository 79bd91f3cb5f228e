"""One Bot API server and one bot for all tests that leave it as they found it; others make their own."""

import itertools
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.bot_api import BotApiServer, Chat, faults
from tests.e2e.processes import TOKEN, BotProcess, started

CONFLICT = faults.Fault(409, "Conflict: terminated by other getUpdates request")
NewChat = Callable[..., Chat]
_NUMBERS = itertools.count(5_000_001)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a bot said on standard error stands beside the failure of a test that used it."""
    report = yield
    for name, value in item.funcargs.items():
        if isinstance(value, BotProcess):
            report.sections.append((f"stderr of {name}", "\n".join(value.stderr.splitlines()[-30:])))
    return report


def assert_no_breach(server: BotApiServer) -> None:
    """The bot broke no limit of the Bot API, and every button that was pressed stopped turning."""
    server.wait_idle()
    assert server.breaches == ()
    assert server.unanswered_callbacks == ()


@pytest.fixture(scope="package")
def shared_server() -> Iterator[BotApiServer]:
    """The server of the shared bot."""
    with BotApiServer(TOKEN) as running:
        yield running


@pytest.fixture(scope="package")
def shared_bot(
    shared_server: BotApiServer, built_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    """A bot over the shipped corpus, started once; its log level is the one that says most."""
    folder = tmp_path_factory.mktemp("shared-bot")
    data_dir = Path(shutil.copytree(built_data_dir, folder / "data"))
    with BotProcess(folder, data_dir, shared_server.base_url, settings={"LOG_LEVEL": "DEBUG"}) as bot:
        yield bot


@pytest.fixture(scope="package")
def second_poller(built_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot beside another one that never gives way; it ends by itself, while other tests run."""
    folder = tmp_path_factory.mktemp("second")
    with BotApiServer(TOKEN) as server:
        server.fail_next("getUpdates", CONFLICT, None)
        bot = started(server, folder, Path(shutil.copytree(built_data_dir, folder / "data")))
        bot.launch()
        yield bot
        bot.kill()


@pytest.fixture(scope="module")
def server(shared_server: BotApiServer, shared_bot: BotProcess) -> Iterator[BotApiServer]:
    """The shared bot's server; at the end of each module the bot has broken none of its limits."""
    assert shared_bot.running
    yield shared_server
    assert_no_breach(shared_server)


@pytest.fixture
def bot(shared_bot: BotProcess, server: BotApiServer) -> BotProcess:
    """The shared bot, listening on `server`."""
    del server
    return shared_bot


@pytest.fixture
def person(server: BotApiServer, bot: BotProcess) -> NewChat:
    """Opens a private chat that nobody used before: person("de") reports German."""
    del bot

    def open_chat(language_code: str | None = "en") -> Chat:
        return server.chat(next(_NUMBERS), language_code=language_code)

    return open_chat


@pytest.fixture
def group(server: BotApiServer, bot: BotProcess) -> NewChat:
    """Opens a group that nobody used before."""
    del bot

    def open_group(*, forum: bool = False) -> Chat:
        number = -1_000_000_000_000 - next(_NUMBERS)
        return server.chat(number, kind="supergroup", forum=forum, language_code="en")

    return open_group
