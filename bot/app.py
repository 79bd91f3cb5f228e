"""The composition root: settings become services, services become a bot. Read it from top to bottom."""

import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from rich.console import Console

from bot.announcer import AT_ONCE, Announcer, Sender
from bot.answering import Answerer
from bot.catalogue import Catalogue, check_places
from bot.conversation import Conversation
from bot.evidence import Gate, packaged_gate
from bot.keys import open_vault
from bot.library import Library
from bot.logs import lines_of
from bot.news.later import Later
from bot.news.matching import topic_preview
from bot.news.publishing import Newsroom
from bot.news.pushes import Pushes, parts
from bot.operators.office import Office
from bot.reader import packaged_reader
from bot.replies import Channel
from bot.samples import Samples, current_samples, state_of
from bot.settings import Settings
from bot.state import State, open_state
from bot.subscribing import subscriber_features
from bot.terminal import LoopThread, TerminalSender, converse
from bot.timeline import Timeline
from bot.vault import Vault
from index.encoder import Encoder, load_encoder


@dataclass(frozen=True, slots=True)
class Answering:
    """What it takes to answer a question, without any channel."""

    settings: Settings
    encoder: Encoder
    catalogue: Catalogue
    answerer: Answerer
    samples: "CurrentSamples"


class CurrentSamples:
    """The sample questions of the current library; checked again, in seconds, when the library has changed."""

    def __init__(self, settings: Settings, catalogue: Catalogue, answerer: Answerer, gate: Gate) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._answerer = answerer
        self._gate = gate
        self._turn = threading.Lock()
        self._samples: Samples | None = None

    def __call__(self) -> Samples:
        """The questions that the library answers now."""
        with self._turn:
            library = self._catalogue.current()
            if self._samples is None or self._samples.digest != state_of(library, self._gate):
                self._samples = current_samples(library, self._answerer, self._gate, self._settings.index_dir)
            return self._samples


def gate_of(settings: Settings) -> Gate:
    """The packaged gate, with the operator's thresholds where they set any."""
    gate = packaged_gate(reader=settings.reader)
    return replace(
        gate,
        answer_threshold=gate.answer_threshold if settings.answer_threshold is None else settings.answer_threshold,
        topic_threshold=gate.topic_threshold if settings.topic_threshold is None else settings.topic_threshold,
    )


def load_encoder_for(settings: Settings) -> Encoder:
    """The model that the settings name. Takes seconds."""
    return load_encoder(settings.embedding_model, settings.embedding_query_prompt, settings.embedding_passage_prompt)


def answerer_over(settings: Settings, encoder: Encoder, library: Callable[[], Library]) -> Answerer:
    """The answerer as the settings want it, over whatever `library` gives at the moment of a question."""
    reader = packaged_reader() if settings.reader else None
    return Answerer(library, encoder, gate_of(settings), settings.language, reader)


def open_answering(settings: Settings, encoder: Encoder | None = None) -> Answering:
    """The library and all that answers from it, the index built where it is missing or stale.

    Takes seconds, most of them for the model where it is not given.
    """
    check_places(settings)
    encoder = encoder or load_encoder_for(settings)
    catalogue = Catalogue(settings, encoder)
    gate = gate_of(settings)
    answerer = answerer_over(settings, encoder, catalogue.current)
    return Answering(settings, encoder, catalogue, answerer, CurrentSamples(settings, catalogue, answerer, gate))


@dataclass(frozen=True, slots=True)
class Services:
    """What a channel serves people with: the conversation, what is kept, and the news."""

    conversation: Conversation
    state: State
    vault: Vault
    newsroom: Newsroom
    pushes: Pushes
    office: Office

    def announcer(self, sender: Sender, channel: Channel, at_once: int = AT_ONCE) -> Announcer:
        """Who delivers on this channel, to so many chats at a time."""
        return Announcer(
            self.state.outbox,
            sender,
            self.pushes.compose,
            channel,
            parts=parts,
            sent=self.pushes.sent,
            lines=lambda chat: lines_of(self.vault.tag(chat.address)),
            at_once=at_once,
        )


@asynccontextmanager
async def open_services(answering: Answering) -> AsyncIterator[Services]:
    """All of it over an open database, and the threads that answer. Raises StateError."""
    settings, library = answering.settings, answering.catalogue.current
    vault = open_vault(settings)
    with ThreadPoolExecutor(settings.answer_threads, thread_name_prefix="answer") as threads:
        async with open_state(settings, vault) as state:
            newsroom = Newsroom(answering, state)
            office = Office(answering, state, newsroom)
            preview = topic_preview(newsroom.matcher, library)
            features = (
                *office.features,
                *subscriber_features(state.subscriptions, library, preview, threads),
                Timeline(library, answering.samples, threads).feature,
                Later(state.subscriptions, state.shown, library).feature,
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
            yield Services(conversation, state, vault, newsroom, pushes, office)


def run_terminal(settings: Settings, console: Console) -> None:
    """Talk in this terminal until the person leaves."""
    answering = open_answering(settings)
    loop = LoopThread()
    opened = open_services(answering)
    try:
        services = loop.wait_for(opened.__aenter__())
        try:
            sender = TerminalSender(console)
            converse(services.conversation, services.announcer(sender, Channel.TERMINAL), sender, console, loop)
        finally:
            loop.wait_for(opened.__aexit__(None, None, None))
    finally:
        loop.close()
