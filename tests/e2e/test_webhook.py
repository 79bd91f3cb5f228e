"""The bot behind a webhook: Telegram posts, and proves by the secret that it is Telegram; and who else polls."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.bot_api import BotApiServer, Chat
from tests.e2e.conftest import assert_no_breach
from tests.e2e.processes import TOKEN, BotProcess, annuncio, assert_discreet, free_port, started
from tests.e2e.texts import ORDERS

pytestmark = pytest.mark.enable_socket

HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture(scope="module")
def server() -> Iterator[BotApiServer]:
    with BotApiServer(TOKEN) as running:
        yield running
        assert_no_breach(running)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def bot(
    server: BotApiServer, port: int, built_data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    """A bot that waits for posts instead of polling."""
    folder = tmp_path_factory.mktemp("webhook")
    data_dir = Path(shutil.copytree(built_data_dir, folder / "data"))
    where = {"WEBHOOK_LISTEN": "127.0.0.1", "WEBHOOK_PORT": str(port)}
    with started(server, folder, data_dir, WEBHOOK_URL="https://bot.example/hooks/annuncio", **where) as running:
        server.wait_for_call("setWebhook", lambda call: call.status == 200)
        yield running


def post(server: BotApiServer, port: int, chat: Chat, text: str, secret: str | None, path: str | None = None) -> int:
    """An update, as whoever knows the address could post it; the status of the answer."""
    told = server.calls("setWebhook")[-1].params
    person = {"id": chat.chat_id, "is_bot": False, "first_name": "Anna", "language_code": "en"}
    place = {"id": chat.chat_id, "type": "private", "first_name": "Anna"}
    message = {"message_id": 1, "date": 1, "chat": place, "from": person, "text": text}
    return httpx.post(
        f"http://127.0.0.1:{port}{urlsplit(told['url']).path if path is None else path}",
        content=json.dumps({"update_id": chat.chat_id, "message": message}),
        headers={"Content-Type": "application/json", **({} if secret is None else {HEADER: secret})},
    ).status_code


@pytest.mark.usefixtures("bot")
def test_telegram_is_told_the_address_and_a_secret(server: BotApiServer) -> None:
    """The address as it was set, a secret that is not the token, and only the kinds of update that are used."""
    (call,) = server.calls("setWebhook")
    assert call.params["url"] == "https://bot.example/hooks/annuncio"
    assert len(call.params["secret_token"]) == 64
    assert call.params["secret_token"] not in TOKEN
    assert sorted(call.params["allowed_updates"]) == ["callback_query", "channel_post", "message", "my_chat_member"]
    assert server.calls("getUpdates") == ()


@pytest.mark.usefixtures("bot")
def test_a_post_with_the_right_secret_is_answered(server: BotApiServer, port: int) -> None:
    """The answer comes through sendMessage."""
    chat = server.chat(11, language_code="en")
    secret = server.calls("setWebhook")[-1].params["secret_token"]
    assert post(server, port, chat, ORDERS["en"].question, secret) == 200
    assert ORDERS["en"].value in chat.wait_for_message(ORDERS["en"].sentence).text


@pytest.mark.parametrize("secret", [None, "", "wrong", TOKEN])
@pytest.mark.usefixtures("bot")
def test_a_post_without_the_secret_is_refused(server: BotApiServer, port: int, secret: str | None) -> None:
    """403, and nobody is answered; a right post after it is."""
    victim = server.chat(21, language_code="en")
    assert post(server, port, victim, ORDERS["en"].question, secret) == 403
    right = server.calls("setWebhook")[-1].params["secret_token"]
    friend = server.chat(22, language_code="en")
    assert post(server, port, friend, "Thank you!", right) == 200
    friend.wait_for_message("You are welcome!")
    assert victim.messages == ()


@pytest.mark.usefixtures("bot")
def test_another_path_is_not_there(server: BotApiServer, port: int) -> None:
    """Only the address that Telegram was told is served."""
    chat = server.chat(31, language_code="en")
    secret = server.calls("setWebhook")[-1].params["secret_token"]
    assert post(server, port, chat, ORDERS["en"].question, secret, path="/") == 404
    assert chat.messages == ()


def test_a_webhook_without_tls_is_refused(tmp_path: Path) -> None:
    """Telegram calls https only: one line says so before anything is loaded."""
    settings = {"TELEGRAM_BOT_TOKEN": TOKEN, "WEBHOOK_URL": "http://bot.example/hook"}
    ended = annuncio("run", folder=tmp_path, settings=settings)
    assert ended.code == 1
    assert ended.stderr.splitlines()[1:] == [
        "WEBHOOK_URL: 'http://bot.example/hook' must begin with https://, Telegram calls no other"
    ]


def test_a_port_that_is_taken_is_named(server: BotApiServer, port: int, bot: BotProcess, tmp_path: Path) -> None:
    """A second bot on the same port ends with one line."""
    settings = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_BASE_URL": server.base_url,
        "WEBHOOK_URL": "https://bot.example/other",
        "WEBHOOK_LISTEN": "127.0.0.1",
        "WEBHOOK_PORT": str(port),
    }
    ended = annuncio("run", "--data-dir", bot.data_dir, folder=tmp_path, settings=settings)
    assert ended.code == 1
    assert ended.stderr.splitlines()[-1].startswith("annuncio: the webhook https://bot.example/other cannot be served")


def test_a_second_poller_that_stays_ends_the_bot(second_poller: BotProcess) -> None:
    """After ten refusals in a row it gives up with one line, exit code 1, and no heartbeat is left."""
    assert second_poller.wait_for_end() == 1
    assert second_poller.stderr.splitlines()[-1] == (
        "annuncio: another program polls Telegram with the same token (409): stop it, or give this one a token of "
        "its own; no question is lost"
    )
    assert not (second_poller.data_dir / "heartbeat.json").exists()
    assert_discreet(second_poller.stderr)
