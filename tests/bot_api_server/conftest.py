"""A Bot API server, a real bot that talks to it, and Anna."""

from collections.abc import AsyncIterator, Iterator

import pytest
from telegram import Bot

from tests.bot_api import BotApiServer, Chat
from tests.bot_api_server.shared import ANNA, TOKEN


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer(TOKEN) as running:
        yield running


@pytest.fixture
def anna(server: BotApiServer) -> Chat:
    return server.chat(ANNA, language_code="it", first_name="Anna")


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, base_url=f"{server.base_url}/bot", base_file_url=f"{server.base_url}/file/bot") as running:
        yield running
