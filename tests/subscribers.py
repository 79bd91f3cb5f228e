"""What the tests of a subscriber's features stand on: a real database, two announcements, and a canned preview."""

from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from bot.answers.library import Library, library_of
from bot.answers.samples import Samples
from bot.chat.features import Visitor
from bot.chat.subscribing import subscriber_features
from bot.chat.timeline import Timeline
from bot.state.database import Engines
from bot.state.migrating import migrate
from bot.state.preferences import Preferences
from bot.state.subscriptions import Subscriptions
from corpus.model import Article
from index.store import FaissStore
from tests.articles import article
from tests.clocks import StoppedClock
from tests.talking import Talk, somebody
from tests.vaults import VAULT


def labelled(one: Article, *topics: str) -> Article:
    """The article with these topics in every edition."""
    return replace(one, editions=tuple(replace(edition, topics=topics) for edition in one.editions))


CARS = labelled(article("cars", {"en": [["Cars."]], "it": [["Auto."]]}, title="Cars <abroad>", day=1), "news")
FAIR = labelled(article("fair", {"en": [["A fair."]]}, title="A fair", day=2), "news", "test-drives")
QUESTION = "When do they come?"
_EMPTY: list[bytes] = []
"""The file of a database without a row, once it was made: making it takes longer than a test."""


@dataclass
class Office:
    """The features over a database in a file, with what they were asked to preview."""

    subscriptions: Subscriptions
    threads: ThreadPoolExecutor
    clock: StoppedClock
    articles: list[Article]
    found: Sequence[tuple[str, date, str]] = ()
    previewed: list[tuple[str, str]] = field(default_factory=list)

    def preview(self, words: str, language: str) -> Sequence[tuple[str, date, str]]:
        """What was put into `found`."""
        self.previewed.append((words, language))
        return self.found

    def library(self) -> Library:
        """The articles, without a vector."""
        return library_of(self.articles, FaissStore.empty(2), "state")

    def samples(self) -> Samples:
        """One question, about the cars."""
        return Samples("state", {"cars": {"en": [QUESTION]}})

    def talk(self, visitor: Visitor | None = None, language: str = "en") -> Talk:
        """Somebody, a person in a private chat if nobody is named, in front of freshly started features."""
        features = (
            *subscriber_features(self.subscriptions, self.library, self.preview, self.threads, self.clock),
            Timeline(self.library, self.samples, self.threads).feature,
        )
        return Talk(features, visitor or somebody(), language)

    async def wishes(self, visitor: Visitor | None = None) -> Preferences:
        """What is kept of the chat, which has a subscription."""
        preferences = await self.subscriptions.preferences_of((visitor or somebody()).chat)
        assert preferences is not None
        return preferences


@asynccontextmanager
async def open_office(folder: Path) -> AsyncIterator[Office]:
    """Everything, over a database in this folder."""
    file = folder / "annuncio.db"
    url = f"sqlite+aiosqlite:///{file}"
    if not _EMPTY:
        await migrate(url, VAULT)
        _EMPTY.append(file.read_bytes())
    file.write_bytes(_EMPTY[0])
    engines, clock = Engines(url), StoppedClock()
    try:
        with ThreadPoolExecutor(1) as threads:
            yield Office(Subscriptions(engines, VAULT, clock), threads, clock, [CARS, FAIR])
    finally:
        await engines.close()
