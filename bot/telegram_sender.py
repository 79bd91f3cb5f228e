"""Sender over python-telegram-bot: the only place that knows its errors."""

import os
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, SendError, TryLaterError
from bot.replies import Button, ChatAddress, Reply

NETWORK_WAIT = 5.0
"""Seconds to wait after the network or the server failed."""

TOKEN_WAIT = 60.0
"""Seconds to wait after the token was refused: a person has to act."""

# Telegram tells these apart by their text alone: the chat is not there, or takes nothing from this bot.
_GONE = (
    "bot is not a member",
    "bot was kicked",
    "chat not found",
    "chat_restricted",
    "chat_write_forbidden",
    "group chat was deactivated",
    "have no rights to send",
    "input_user_deactivated",
    "message thread not found",
    "need administrator rights",
    "not enough rights",
    "peer_id_invalid",
    "topic_deleted",
    "user is deactivated",
    "user not found",
)


class TelegramSender:
    """Sends a Reply as one HTML message with its buttons, link previews off."""

    def __init__(self, bot: Bot) -> None:
        # python-telegram-bot reads this at each RetryAfter: unset, making one warns that `int` will go.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._bot = bot

    async def send(self, chat: ChatAddress, reply: Reply, *, reply_to: int | None = None) -> None:
        """Send one message, as a reply to the message of that id if one is given and still there.

        On return Telegram has taken it. Raises a SendError, and no other error.
        """
        try:
            await self._bot.send_message(
                chat_id=_chat_id(chat.address),
                text=reply.html,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                message_thread_id=chat.thread or None,
                reply_markup=keyboard(reply.buttons),
                reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
            )
        except TelegramError as error:
            raise send_error(error) from error


def keyboard(buttons: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    """Rows of buttons as Telegram has them; None where there are none."""
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in buttons]
    )


def send_error(error: TelegramError) -> SendError:
    """What an error of python-telegram-bot means for the message and its chat."""
    match error:  # BadRequest is a NetworkError there, so the order matters
        case ChatMigrated():
            return ChatMovedError(str(error.new_chat_id))
        case RetryAfter():
            return TryLaterError(seconds_of(error.retry_after), "Telegram asks for a pause")
        case Forbidden():
            return ChatGoneError(error.message)
        case BadRequest() if any(sign in error.message.lower() for sign in _GONE):
            return ChatGoneError(error.message)
        case BadRequest():
            return MessageRefusedError(error.message)
        case NetworkError():
            return TryLaterError(NETWORK_WAIT, f"Telegram was not reached: {type(error).__name__}")
        case InvalidToken():
            return TryLaterError(TOKEN_WAIT, "Telegram refuses the bot's token")
        case _:
            return TryLaterError(NETWORK_WAIT, f"Telegram answered in no known way: {type(error).__name__}")


def _chat_id(address: str) -> int | str:
    """A number where it is one, or the @name of a public channel."""
    try:
        return int(address)
    except ValueError:
        return address


def seconds_of(wait: float | timedelta) -> float:
    """Seconds, whichever of the two this version of the library gives."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
