"""The composition root: settings become services, services become a bot. Read it from top to bottom."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from telegram import Bot
from telegram.error import InvalidToken, NetworkError
from telegram.error import TelegramError as TelegramApiError
from telegram.ext import Application

from bot.announcer import Announcer, Compose
from bot.answering import Answerer
from bot.catalogue import Catalogue, check_places
from bot.composing import compose_news
from bot.conversation import Conversation
from bot.errors import TelegramError
from bot.evidence import Gate, packaged_gate
from bot.handlers import ALLOWED_UPDATES, Handlers
from bot.health import keep_beating
from bot.library import Library
from bot.menus import register_menus
from bot.poller import Poller
from bot.reader import packaged_reader
from bot.replies import Channel, Reply
from bot.samples import Samples, current_samples, state_of
from bot.settings import Settings
from bot.subscriptions import Subscriptions, open_subscriptions
from bot.telegram_sender import TelegramSender
from bot.terminal import LoopThread, TerminalSender, converse
from index.encoder import Encoder, load_encoder

log = logging.getLogger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
"""The library's type parameters describe data that we do not keep in it."""

WEBHOOK_CONCURRENCY = 256
"""Updates of a webhook that are worked on at once."""
READ_TIMEOUT = 30
"""Seconds that Telegram may take to answer a request."""
START_TRIES = 3
"""Tries to reach Telegram before the start is given up."""


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


def news_composer(answering: Answering) -> Compose:
    """How an article is announced to a subscriber of a language."""

    def compose(slug: str, language: str | None) -> Reply | None:
        article = answering.catalogue.current().articles.get(slug)
        if article is None:
            return None
        spoken = language or answering.settings.language
        return compose_news(article, spoken, answering.samples().of_article(slug, spoken))

    return compose


@asynccontextmanager
async def open_conversation(answering: Answering) -> AsyncIterator[tuple[Conversation, Subscriptions]]:
    """The conversation over an open database and the threads that answer."""
    threads = ThreadPoolExecutor(answering.settings.answer_threads, thread_name_prefix="answer")
    subscriptions = await open_subscriptions(answering.settings.database)
    try:
        yield (
            Conversation(
                answering.catalogue,
                answering.answerer,
                answering.samples,
                subscriptions,
                threads,
                answering.settings.language,
            ),
            subscriptions,
        )
    finally:
        await subscriptions.close()
        threads.shutdown()


def run_terminal(settings: Settings, console: Console) -> None:
    """Talk in this terminal until the person leaves."""
    answering = open_answering(settings)
    loop = LoopThread()
    opened = open_conversation(answering)
    try:
        conversation, subscriptions = loop.wait_for(opened.__aenter__())
        try:
            sender = TerminalSender(console)
            announcer = Announcer(subscriptions, sender, news_composer(answering), Channel.TERMINAL)
            converse(conversation, announcer, sender, console, loop)
        finally:
            loop.wait_for(opened.__aexit__(None, None, None))
    finally:
        loop.close()


async def run_telegram(settings: Settings, token: str, ready: Callable[[str], object]) -> None:
    """Serve Telegram until SIGINT or SIGTERM; `ready` hears the bot's name when it listens.

    Raises TelegramError when the start fails or the bot is shut out.
    """
    answering = await asyncio.to_thread(open_answering, settings)
    await asyncio.to_thread(answering.samples)
    application = (
        Application.builder()
        .token(token)
        .base_url(f"{settings.telegram_api_base_url}/bot")
        .base_file_url(f"{settings.telegram_api_base_url}/file/bot")
        .concurrent_updates(WEBHOOK_CONCURRENCY)
        .connection_pool_size(WEBHOOK_CONCURRENCY)
        .pool_timeout(30)
        # A message that Telegram takes slowly must not count as lost, and be sent once more.
        .read_timeout(READ_TIMEOUT)
        .job_queue(None)
        .build()
    )
    async with open_conversation(answering) as (conversation, subscriptions):
        await _connect(application, settings)
        bot: Bot = application.bot
        try:
            sender = TelegramSender(bot)
            handlers = Handlers(conversation, subscriptions, sender, bot)
            handlers.register(application)
            announcer = Announcer(subscriptions, sender, news_composer(answering), Channel.TELEGRAM)
            stop = _stop_on_signals()
            await application.start()
            ready(bot.username)
            try:
                await _together(
                    stop,
                    _receive(application, settings, token, stop),
                    announcer.run(stop),
                    keep_beating(settings.heartbeat_file, stop),
                    register_menus(bot, settings.data_dir, settings.language),
                )
            finally:
                await application.stop()
                await handlers.close()
        finally:
            await application.shutdown()


async def _connect(application: AnyApplication, settings: Settings) -> None:
    """getMe, tried a few times; what is wrong is said in one line."""
    for attempt in range(1, START_TRIES + 1):
        try:
            await application.initialize()
        except InvalidToken as error:
            raise TelegramError("Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN") from error
        except TelegramApiError as error:
            if attempt == START_TRIES or not isinstance(error, NetworkError):
                raise TelegramError(
                    f"the Bot API at {settings.telegram_api_base_url} is not reached ({error}): "
                    "check the network and TELEGRAM_API_BASE_URL"
                ) from error
            await asyncio.sleep(attempt)
        else:
            return


async def _receive(application: AnyApplication, settings: Settings, token: str, stop: asyncio.Event) -> None:
    """Updates by webhook where WEBHOOK_URL is set, by long polling otherwise."""
    if settings.webhook_url is None:
        try:
            await application.bot.delete_webhook(drop_pending_updates=False)
        except TelegramApiError as error:
            log.warning("an earlier webhook could not be removed: %s", error)
        await Poller(application.bot, application.process_update, ALLOWED_UPDATES).run(stop)
        return
    updater = application.updater
    if updater is None:
        raise TelegramError("this installation of python-telegram-bot cannot serve a webhook")
    try:
        await updater.start_webhook(
            listen=settings.webhook_listen,
            port=settings.webhook_port,
            url_path=_webhook_path(settings.webhook_url),
            webhook_url=settings.webhook_url,
            secret_token=settings.webhook_secret or webhook_secret(token),
            allowed_updates=list(ALLOWED_UPDATES),
        )
    except (TelegramApiError, OSError) as error:
        raise TelegramError(f"the webhook {settings.webhook_url} cannot be served: {error}") from error
    try:
        await stop.wait()
    finally:
        await updater.stop()


def _webhook_path(url: str) -> str:
    return url.split("://", 1)[1].partition("/")[2]


def webhook_secret(token: str) -> str:
    """The secret that Telegram must send with every update: derived from the token, so that none need be set."""
    return hmac.new(token.encode(), b"annuncio webhook", hashlib.sha256).hexdigest()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C still ends the loop
            loop.add_signal_handler(number, stop.set)
    return stop


async def _together(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Run all until done; the first that fails stops the others, and its error is the one that is raised."""

    async def guarded(one: Coroutine[Any, Any, None]) -> None:
        try:
            await one
        except BaseException:
            stop.set()
            raise

    results = await asyncio.gather(*(guarded(one) for one in work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
