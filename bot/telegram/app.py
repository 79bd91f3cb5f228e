"""The bot on Telegram: one process that answers, announces, watches its sources and sweeps. Read it from top to
bottom."""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, NetworkError
from telegram.error import TelegramError as TelegramApiError
from telegram.ext import Application, ExtBot, TypeHandler

from bot.answers.opening import open_answering
from bot.app import open_services
from bot.chat.features import Feature, Held
from bot.errors import TelegramError
from bot.health import keep_beating
from bot.logs import tagging
from bot.operators.admin_ingest import is_admin
from bot.replies import Channel, Lane
from bot.settings import Settings
from bot.state.sweeping import keep_sweeping
from bot.telegram.handlers import ALLOWED_UPDATES, Handlers
from bot.telegram.limiter import Limits, TwoLanes
from bot.telegram.menus import register_admin_menus, register_menus
from bot.telegram.poller import Poller
from bot.telegram.replying import Replier
from bot.telegram.sender import TelegramSender

log = logging.getLogger(__name__)

AnyApplication = Application[Any, Any, Any, Any, Any, Any]
"""The library's type parameters describe data that we do not keep in it."""

WEBHOOK_CONCURRENCY = 256
"""Updates of a webhook that are worked on at once."""
READ_TIMEOUT = 30
"""Seconds that Telegram may take to answer a request."""
IN_THE_AIR = 2
"""Seconds of what Telegram takes that announcements may be on their way at a time, or wait for their turn."""
START_TRIES = 3
"""Tries to reach Telegram before the start is given up."""


async def run_telegram(
    settings: Settings, token: str, ready: Callable[[str], object], *, limits: Limits | None = None
) -> None:
    """Serve Telegram until SIGINT or SIGTERM; `ready` hears the bot's name when it listens.

    `limits` are Telegram's own where none are given.

    Raises TelegramError when the start fails or the bot is shut out.
    """
    answering = await asyncio.to_thread(open_answering, settings)
    await asyncio.to_thread(answering.samples)
    limits = limits or Limits()
    application = _application(settings, token, limits)
    bot: ExtBot[Lane] = application.bot
    sender = TelegramSender(bot)
    replier = Replier(sender, bot)
    async with open_services(answering, [Feature(holds=held) for held in holding(sender, replier)]) as services:
        await _connect(application, settings)
        subscriptions = services.state.subscriptions
        try:
            handlers = Handlers(
                services.conversation, subscriptions, replier, bot, lambda visitor: is_admin(visitor, settings.admins)
            )
            application.add_handler(TypeHandler(Update, tagging(services.vault.tag)), group=-1)
            handlers.register(application)
            stop = _stop_on_signals()
            await application.start()
            ready(bot.username)
            try:
                await _together(
                    stop,
                    _receive(application, settings, token, stop),
                    services.announcer(sender, Channel.TELEGRAM, round(IN_THE_AIR * limits.overall)).run(stop),
                    services.newsroom.keep_up(stop),
                    services.office.watcher(sender.send).run(stop),
                    keep_sweeping(services.state.sweep, stop),
                    keep_beating(settings.heartbeat_file, stop),
                    register_menus(bot, settings.data_dir, settings.language),
                    register_admin_menus(bot, settings.data_dir, settings.language, settings.admins),
                )
            finally:
                await application.stop()
                await replier.close()
        finally:
            await application.shutdown()


def holding(sender: TelegramSender, replier: Replier) -> tuple[Held, ...]:
    """What of the way into Telegram holds something of chats in memory, for /mydata to tell and /forget to drop."""
    return sender.keyboards, replier.apologies


def _application(settings: Settings, token: str, limits: Limits) -> AnyApplication:
    return (
        Application.builder()
        .token(token)
        .base_url(f"{settings.telegram_api_base_url}/bot")
        .base_file_url(f"{settings.telegram_api_base_url}/file/bot")
        .concurrent_updates(WEBHOOK_CONCURRENCY)
        .connection_pool_size(WEBHOOK_CONCURRENCY)
        .pool_timeout(30)
        # A message that Telegram takes slowly must not count as lost, and be sent once more.
        .read_timeout(READ_TIMEOUT)
        .rate_limiter(TwoLanes(limits))
        .job_queue(None)
        .build()
    )


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
