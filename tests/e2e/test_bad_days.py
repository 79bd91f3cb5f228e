"""Servers that refuse, networks that are not there, files that were damaged: one line, and nothing is lost."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot_api import BotApiServer, faults
from tests.e2e.conftest import CONFLICT, assert_no_breach
from tests.e2e.processes import TOKEN, BotProcess, assert_discreet, free_port, started
from tests.e2e.texts import ABROAD

# The second poller takes half a minute to give up: it is started here, and asked about in test_webhook.
pytestmark = [pytest.mark.enable_socket, pytest.mark.usefixtures("second_poller")]

OTHER_TOKEN = "7654321:AAGe-another_one-entirely"  # noqa: S105  # a made-up one


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer(TOKEN) as running:
        yield running
        assert_no_breach(running)


GARBAGE = bytes(range(255, -1, -1)) * 32


@dataclass(frozen=True, slots=True)
class Doomed:
    """Bots that cannot live, all started at once."""

    refused: BotProcess
    unreached: BotProcess
    damaged: BotProcess


@pytest.fixture(scope="module", autouse=True)
def doomed(built_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doomed]:
    """They end by themselves while the other tests run."""

    def launched(name: str, api: str, **settings: str) -> BotProcess:
        folder = tmp_path_factory.mktemp(name)
        data_dir = Path(shutil.copytree(built_data_dir, folder / "data"))
        if name == "damaged":
            (data_dir / "annuncio.db").write_bytes(GARBAGE)
        bot = BotProcess(folder, data_dir, api, settings=settings)
        bot.launch()
        return bot

    with BotApiServer(TOKEN) as server:
        bots = Doomed(
            refused=launched("refused", server.base_url, TELEGRAM_BOT_TOKEN=OTHER_TOKEN, LOG_LEVEL="DEBUG"),
            unreached=launched("unreached", f"http://127.0.0.1:{free_port()}", LOG_LEVEL="DEBUG"),
            damaged=launched("damaged", server.base_url),
        )
        yield bots
        for bot in (bots.refused, bots.unreached, bots.damaged):
            bot.kill()


def test_a_token_that_is_refused_is_said_in_one_line(doomed: Doomed) -> None:
    """401: the line names the setting; nothing of the token is shown, however much is logged."""
    assert doomed.refused.wait_for_end() == 1
    said = doomed.refused.stderr
    assert said.splitlines()[-1] == "annuncio: Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN"
    assert "another_one" not in said
    assert_discreet(said)


def test_a_bot_api_that_is_not_there_is_named(doomed: Doomed) -> None:
    """A closed port: the line holds the address that was tried, and the setting to change."""
    assert doomed.unreached.wait_for_end() == 1
    last = doomed.unreached.stderr.splitlines()[-1]
    assert last.startswith("annuncio: the Bot API at http://127.0.0.1:")
    assert last.endswith("): check the network and TELEGRAM_API_BASE_URL")
    assert_discreet(doomed.unreached.stderr)


def test_a_damaged_database_is_named_and_left_alone(doomed: Doomed) -> None:
    """Subscribers are not thrown away: the line says what may be done, and the file is as it was."""
    assert doomed.damaged.wait_for_end() == 1
    database = doomed.damaged.data_dir / "annuncio.db"
    assert doomed.damaged.stderr.splitlines()[-1].startswith(f"annuncio: The database {database} is damaged")
    assert database.read_bytes() == GARBAGE
    assert_discreet(doomed.damaged.stderr)


def test_a_token_that_is_revoked_ends_the_bot(server: BotApiServer, data_dir: Path, tmp_path: Path) -> None:
    """401 while it runs: the same line, exit code 1, and no heartbeat is left."""
    bot = started(server, tmp_path, data_dir)
    bot.start()
    server.fail_next("getUpdates", faults.unauthorized(), None)
    server.world.wake()  # the request that hangs at the server ends
    assert bot.wait_for_end() == 1
    assert bot.stderr.splitlines()[-1] == "annuncio: Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN"
    assert not (data_dir / "heartbeat.json").exists()
    assert_discreet(bot.stderr)


def test_only_getme_and_getupdates_must_succeed(server: BotApiServer, data_dir: Path, tmp_path: Path) -> None:
    """Menus, descriptions, chat actions and deleteWebhook refused: a warning each, and questions are answered.

    A second poller that gives way costs one line as well.
    """
    for method in ("setMyCommands", "setMyDescription", "setMyShortDescription", "sendChatAction", "deleteWebhook"):
        server.fail_next(method, faults.bad_request("refused here"), None)
    server.fail_next("getUpdates", CONFLICT, 2)
    with started(server, tmp_path, data_dir) as bot:
        chat = server.chat(1, language_code="en")
        chat.says(ABROAD["en"])
        chat.wait_for_message("2027")
        assert chat.actions == ()
        bot.wait_until_said("Telegram is reached again")
        said = [line.partition(": ")[2] for line in bot.stderr.splitlines() if " WARNING " in line]
    assert sorted(said) == [
        "Telegram did not take the menus and descriptions, the bot works without: Refused here",
        "Telegram is reached again",
        "an earlier webhook could not be removed: Refused here",
        "another program polls Telegram with the same token (409): stop it, or give this one a token of its own; "
        "no question is lost",
    ]
    server.heal()
