"""The composition root: settings become services, services become a bot. Read it from top to bottom."""

from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.answers.opening import Answering
from bot.chat.conversation import Conversation
from bot.chat.features import Feature
from bot.chat.subscribing import subscriber_features
from bot.chat.timeline import Timeline
from bot.logs import lines_of
from bot.news.announcer import AT_ONCE, Announcer, Sender
from bot.news.arrivals import FOLDER
from bot.news.later import Later
from bot.news.matching import topic_preview
from bot.news.noting import Noting
from bot.news.publishing import Newsroom
from bot.news.pushes import Pushes, parts
from bot.operators.office import Office
from bot.replies import Channel
from bot.state.keys import open_vault
from bot.state.opening import State, open_state
from bot.state.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    """What a channel serves people with: the conversation, what is kept, and the news."""

    conversation: Conversation
    state: State
    vault: Vault
    newsroom: Newsroom
    pushes: Pushes
    noting: Noting
    office: Office
    arrivals: Path

    def announcer(self, sender: Sender, channel: Channel, at_once: int = AT_ONCE) -> Announcer:
        """Who delivers on this channel, to so many chats at a time."""
        return Announcer(
            self.state.outbox,
            sender,
            self.pushes.compose,
            channel,
            self.arrivals,
            parts=parts,
            sent=self.noting.sent,
            lines=lambda chat: lines_of(self.vault.tag(chat.address)),
            at_once=at_once,
        )


@asynccontextmanager
async def open_services(answering: Answering, channel: Sequence[Feature] = ()) -> AsyncIterator[Services]:
    """All of it over an open database, and the threads that answer. Raises StateError.

    `channel` is what the channel itself brings to the conversation, such as what it holds of chats in memory.
    """
    settings, library = answering.settings, answering.catalogue.current
    vault = open_vault(settings)
    with ThreadPoolExecutor(settings.answer_threads, thread_name_prefix="answer") as threads:
        async with open_state(settings, vault) as state:
            newsroom = Newsroom(answering, state)
            office = Office(answering, state, newsroom, threads)
            preview = topic_preview(newsroom.matcher, library)
            features = (
                *office.features,
                *subscriber_features(state.subscriptions, library, preview, threads),
                Timeline(library, answering.samples, threads).feature,
                Later(state.questions, state.shown, library, threads).feature,
                *channel,
            )
            conversation = Conversation(
                answering.catalogue,
                answering.answerer,
                answering.samples,
                state.subscriptions,
                threads,
                settings.language,
                features=features,
                contact=settings.contact,
            )
            pushes = Pushes(
                library,
                answering.samples,
                answering.answerer,
                newsroom.stories,
                state.shown,
                settings.language,
            )
            noting = Noting(state.shown, state.outbox)
            yield Services(conversation, state, vault, newsroom, pushes, noting, office, settings.data_dir / FOLDER)
