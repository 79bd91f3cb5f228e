"""An office with nothing in it: an empty corpus, a database of its own, and an encoder that costs nothing."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.answers.opening import Answering, open_answering
from bot.news.publishing import Newsroom
from bot.operators.admin_ingest import AdminIngest
from bot.operators.drafts import Desk
from bot.settings import Settings
from bot.state.opening import State, open_state
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.loops import off_the_loop
from tests.operators.loopback import to_loopback
from tests.vaults import VAULT

ADMINS = (7, 8)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty corpus in a folder of the test's own."""
    (tmp_path / "articles").mkdir()
    return Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles", reader=False, admins=ADMINS)


@pytest.fixture
def answering(settings: Settings) -> Answering:
    """Answers by the words of a text."""
    return open_answering(settings, WordEncoder("depot", "turin", "rome", "lorries", "price"))


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of the state and of the desk."""
    return StoppedClock()


@pytest.fixture
async def state(settings: Settings, clock: StoppedClock) -> AsyncIterator[State]:
    """A database of the test's own."""
    async with open_state(settings, VAULT, now=clock) as opened:
        yield opened


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """One is enough for an office."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def desk(answering: Answering, state: State, threads: ThreadPoolExecutor, clock: StoppedClock) -> Desk:
    """As the bot has it."""
    library = off_the_loop(answering.catalogue.current)
    return Desk(state.drafts, Newsroom(answering, state), library, threads, clock)


@pytest.fixture
def ingest(desk: Desk, clock: StoppedClock) -> AdminIngest:
    """As the bot has it, but that it may read pages from the loopback."""
    return AdminIngest(desk, ADMINS, allow=to_loopback, now=clock)
