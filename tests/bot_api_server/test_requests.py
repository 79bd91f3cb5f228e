"""Who asks the Bot API server, and how."""

import asyncio
import json

import httpx
import pytest
from telegram import Bot
from telegram.error import InvalidToken

from tests.bot_api import BotApiServer, Chat
from tests.bot_api.params import Params
from tests.bot_api.world import World
from tests.bot_api_server.shared import ANNA, TOKEN

pytestmark = pytest.mark.enable_socket


async def test_a_known_token_is_the_bot(bot: Bot) -> None:
    """`getMe` names the bot that the token stands for."""
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (123, "annuncio_bot", True)


async def test_another_token_is_unauthorized(server: BotApiServer) -> None:
    """A wrong token gets 401, as from Telegram."""
    stranger = Bot("124:OTHER", base_url=f"{server.base_url}/bot")
    with pytest.raises(InvalidToken, match="rejected by the server"):
        await stranger.initialize()
    await stranger.shutdown()
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{server.base_url}/bot124:OTHER/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


@pytest.mark.parametrize("path", [f"/bot{TOKEN}/flyToMoon", "/bot12/getMe", "/", "/elsewhere"])
async def test_an_unknown_method_is_not_found(server: BotApiServer, path: str) -> None:
    """An unknown method, a malformed token and any other address get 404."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(server.base_url + path)
    assert (answer.status_code, answer.json()["description"]) == (404, "Not Found")


@pytest.mark.parametrize("body", ["form", "json", "multipart", "query"])
async def test_every_kind_of_body_is_read(server: BotApiServer, anna: Chat, body: str) -> None:
    """Parameters arrive the same from a form, JSON, a form with files, and the query."""
    markup = {"inline_keyboard": [[{"text": "Sì", "callback_data": "yes"}]]}
    form = {"chat_id": str(ANNA), "text": "Perché no? 🚗", "reply_markup": json.dumps(markup)}
    url = f"{server.base_url}/bot{TOKEN}/sendmessage"
    async with httpx.AsyncClient() as client:
        if body == "form":
            answer = await client.post(url, data=form)
        elif body == "json":
            answer = await client.post(url, json=form | {"chat_id": ANNA, "reply_markup": markup})
        elif body == "multipart":
            answer = await client.post(url, data=form, files={"file": ("a.txt", b"a")})
        else:
            answer = await client.get(url, params=form)
    assert answer.json()["result"]["text"] == "Perché no? 🚗"
    assert anna.messages[0].labels == ("Sì",)


async def test_a_mistake_of_the_server_fails_the_test() -> None:
    """A method that breaks inside the server is told to the test, not only to the bot."""

    def broken(_world: World, _params: Params) -> object:
        raise ZeroDivisionError

    async def ask(server: BotApiServer) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{server.base_url}/bot{TOKEN}/getMe")).status_code

    def run() -> int:
        with BotApiServer(TOKEN) as server:
            server.answer_method("getMe", broken)
            return asyncio.run(ask(server))

    with pytest.raises(RuntimeError, match="a mistake of its own"):
        await asyncio.to_thread(run)
