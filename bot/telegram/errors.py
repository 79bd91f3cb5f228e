"""The errors of python-telegram-bot: what they mean for a message and its chat, and whether Telegram said them."""

from collections.abc import Iterable
from datetime import timedelta

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.errors import ChatGoneError, ChatMovedError, MessageRefusedError, SendError, TryLaterError
from bot.telegram.rates import Heard

NETWORK_WAIT = 5.0
"""Seconds to wait after the network or the server failed."""

TOKEN_WAIT = 60.0
"""Seconds to wait after the token was refused: a person has to act."""

_NOT_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

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


class LaneHeldError(RetryAfter):
    """It is not this chat's turn that has to be waited for, but everybody's in the lane."""


def heard_of(error: TelegramError) -> Heard:
    """What was heard of the request that ended so."""
    if isinstance(error, BadRequest) or not isinstance(error, NetworkError):  # the library has one under the other
        return Heard.ANSWER
    return Heard.FAILURE if error.__cause__ is None else Heard.NOTHING


def send_error(error: TelegramError) -> SendError:
    """What an error of python-telegram-bot means for the message and its chat."""
    match error:  # BadRequest is a NetworkError there, so the order matters
        case ChatMigrated():
            return ChatMovedError(str(error.new_chat_id))
        case LaneHeldError():
            return TryLaterError(seconds_of(error.retry_after), "Telegram asks for a pause", everywhere=True)
        case RetryAfter():
            return TryLaterError(seconds_of(error.retry_after), "Telegram asks for a pause")
        case Forbidden():
            return ChatGoneError(error.message)
        case BadRequest() if says(error.message, _GONE):
            return ChatGoneError(error.message)
        case BadRequest():
            return MessageRefusedError(error.message)
        case NetworkError():
            reason = f"Telegram was not reached: {type(error).__name__}"
            return TryLaterError(NETWORK_WAIT, reason, silent=True, in_doubt=_may_have_arrived(error))
        case InvalidToken():
            return TryLaterError(TOKEN_WAIT, "Telegram refuses the bot's token", silent=True)
        case _:  # as a proxy does that stands in between
            reason = f"Telegram answered in no known way: {type(error).__name__}"
            return TryLaterError(NETWORK_WAIT, reason, silent=True)


def _may_have_arrived(error: NetworkError) -> bool:
    """Whether the request may have been carried out: it was not answered, and was written, or may have been.

    A server that answers that it fails is taken at its word.
    """
    return heard_of(error) is Heard.NOTHING and not isinstance(error.__cause__, _NOT_WRITTEN)


def seconds_of(wait: float | timedelta) -> float:
    """Seconds, whichever of the two this version of the library gives."""
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def says(message: str, signs: Iterable[str]) -> bool:
    """Whether what Telegram says has one of these signs in it."""
    return any(sign in message.lower() for sign in signs)
