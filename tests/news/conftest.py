"""What several tests of the news share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.state.database import Engines
from bot.state.migrating import migrate
from tests.clocks import StoppedClock
from tests.news.stand import ANNA, BRUNO, CARLA, Stand
from tests.vaults import VAULT


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Three subscribers, nothing announced."""
    clock, file = StoppedClock(), tmp_path / "annuncio.db"
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url, VAULT)
    engines = Engines(url)
    stand = Stand(engines, clock, file)
    for chat, language in ((ANNA, "it"), (BRUNO, "en"), (CARLA, None)):
        await stand.subscriptions.subscribe(chat, language)
    yield stand
    await engines.close()
