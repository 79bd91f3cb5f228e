"""A whole bot against the Bot API server."""

import asyncio
import socket

import pytest
from telegram import Bot, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.bot_api import BotApiServer, Chat
from tests.bot_api_server.shared import TOKEN, button, buttons

pytestmark = pytest.mark.enable_socket
SECRET = "abc_-1"  # noqa: S105  # a made-up one


async def _start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.effective_chat is not None
    markup = buttons([button("Sì", "yes")])
    await update.effective_chat.send_message("<b>Ciao</b>", parse_mode=ParseMode.HTML, reply_markup=markup)


async def _echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(f"Hai scritto: {update.message.text}")


async def _agree(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer()
    await update.callback_query.edit_message_text("Bene")


def _application(server: BotApiServer) -> Application:  # type: ignore[type-arg]  # six of them, none used
    application = ApplicationBuilder().token(TOKEN).base_url(f"{server.base_url}/bot").build()
    application.add_handler(CommandHandler("start", _start))
    application.add_handler(CallbackQueryHandler(_agree))
    application.add_handler(MessageHandler(filters.TEXT, _echo))
    return application


def _converse(server: BotApiServer, anna: Chat) -> None:
    anna.says("/start")
    welcome = anna.wait_for_message("Ciao")
    assert welcome.labels == ("Sì",)
    press = anna.presses("Sì", welcome)
    edited = anna.wait_for_message("Bene")
    assert (edited.message_id, edited.version) == (welcome.message_id, 1)
    assert anna.wait_for_answer(press).text == ""
    anna.says("uno")
    anna.says("due")
    assert anna.wait_for_message("due").text == "Hai scritto: due"
    assert anna.wait_for_message(lambda sent: "uno" in sent.text).text == "Hai scritto: uno"
    server.wait_idle(quiet=0.2)
    assert anna.unread == ()
    with pytest.raises(AssertionError, match=r"no message with 'tre'(?s:.*)Hai scritto: due"):
        anna.wait_for_message("tre", timeout=0.1)
    assert server.breaches == ()
    assert server.unanswered_callbacks == ()


async def test_a_bot_that_polls_converses(server: BotApiServer, anna: Chat) -> None:
    """A real Application that polls answers, is pressed, edits, and comes to rest."""
    async with _application(server) as application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)
        await asyncio.to_thread(_converse, server, anna)
        await application.updater.stop()
        await application.stop()
    assert server.pending_updates == ()


async def test_a_bot_with_a_webhook_converses(server: BotApiServer, anna: Chat) -> None:
    """A real Application with a webhook gets its updates posted, with the secret that it set."""
    port = _free_port()
    async with _application(server) as application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_webhook(
            "127.0.0.1", port, "hook", webhook_url=f"http://127.0.0.1:{port}/hook", secret_token=SECRET
        )
        await asyncio.to_thread(_converse, server, anna)
        await application.updater.stop()
        await application.stop()
    assert server.webhook_failures == ()


async def test_a_webhook_that_refuses_is_given_up(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A webhook that does not take an update is tried a bounded number of times, and its error is kept."""
    await bot.set_webhook(f"http://127.0.0.1:{_free_port()}/hook", secret_token=SECRET)
    anna.says("ciao")
    await asyncio.to_thread(server.wait_idle, quiet=0.1)
    assert len(server.webhook_failures) == 1
    assert server.webhook_failures[0].startswith("Connection failed: ")
    info = await bot.get_webhook_info()
    assert info.last_error_message == server.webhook_failures[0]
    assert info.pending_update_count == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
