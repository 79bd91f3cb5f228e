"""Sender over python-telegram-bot."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.chat.waiting import Waiting
from bot.errors import MessageGoneError, MessageRefusedError, TryLaterError
from bot.replies import Button, ChatAddress, Document, Lane, Reply
from bot.telegram.errors import says, send_error

log = logging.getLogger(__name__)

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None

DOCUMENT_WAITS = (5.0, 30.0)
"""Seconds between the tries of a file, at least; the last is also the longest wait that is waited out for one."""

KEYBOARD = timedelta(days=1)
"""How long it is kept in mind that a keyboard is shown in a chat, to be taken away."""

CARRIER = "✓"
"""The text of a message that is deleted at once."""

_NOT_MODIFIED = ("message is not modified",)
_NOT_EDITABLE = ("message to edit not found", "message can't be edited", "message_id_invalid")


class TelegramSender:
    """Sends a Reply as one HTML message with its buttons, link previews off, and its documents after it.

    A request that was written and got no answer may have been carried out. It is told as one in doubt: whoever makes it
    again loses nothing, but it may arrive twice, or as often as it is made where each of its answers is lost.
    """

    def __init__(self, bot: "ExtBot[Lane]", sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """`bot` needs a rate limiter that knows the lanes."""
        # python-telegram-bot reads this at each RetryAfter: unset, making one warns that `int` will go.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._bot = bot
        self._sleep = sleep
        self.keyboards: Waiting[bool] = Waiting("keyboard_shown", patience=KEYBOARD, shown=bool)
        """Chats in which the keyboard of an earlier message is still shown."""

    async def send(
        self, chat: ChatAddress, reply: Reply, *, reply_to: int | None = None, lane: Lane = Lane.ANSWERS
    ) -> int:
        """Send one message, as a reply to the message of that id if one is given and still there; its own id.

        On return Telegram has taken it. Raises a SendError, and no other error.
        """
        markup = await self._markup(chat, reply, lane)
        with _send_errors():
            message = await self._bot.send_message(
                chat_id=_chat_id(chat.address),
                text=reply.html,
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                message_thread_id=chat.thread or None,
                reply_markup=markup,
                reply_parameters=_reply_parameters(reply_to),
                rate_limit_args=lane,
            )
        for document in reply.documents:
            await self._send_document(chat, document, reply_to, lane)
        return message.message_id

    async def edit(self, chat: ChatAddress, message_id: int, reply: Reply, *, lane: Lane = Lane.ANSWERS) -> bool:
        """Put text and buttons in the place of a message's; False where it says so already.

        Raises MessageGoneError where that message cannot be edited any more, another SendError as `send` does.
        """
        try:
            with _send_errors():
                await self._bot.edit_message_text(
                    chat_id=_chat_id(chat.address),
                    message_id=message_id,
                    text=reply.html,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_markup=keyboard(reply.buttons),
                    rate_limit_args=lane,
                )
        except MessageRefusedError as error:
            if says(str(error), _NOT_MODIFIED):
                return False
            if says(str(error), _NOT_EDITABLE):
                raise MessageGoneError(str(error)) from error
            raise
        if reply.ends_asking and _is_private(chat):
            await self._take_keyboard_away(chat, lane)
        for document in reply.documents:
            await self._send_document(chat, document, None, lane)
        return True

    async def _send_document(self, chat: ChatAddress, document: Document, reply_to: int | None, lane: Lane) -> None:
        """Send a file after its message: tried again here, for whoever repeated all would repeat the message, too."""
        for wait in (*DOCUMENT_WAITS, None):
            # Made anew each time: a file that was sent once has been read to its end.
            file = InputFile(document.content, filename=document.name)
            try:
                with _send_errors():
                    if document.picture:
                        await self._bot.send_photo(
                            chat_id=_chat_id(chat.address),
                            photo=file,
                            message_thread_id=chat.thread or None,
                            reply_parameters=_reply_parameters(reply_to),
                            rate_limit_args=lane,
                        )
                    else:
                        await self._bot.send_document(
                            chat_id=_chat_id(chat.address),
                            document=file,
                            message_thread_id=chat.thread or None,
                            reply_parameters=_reply_parameters(reply_to),
                            rate_limit_args=lane,
                        )
            except TryLaterError as error:
                if wait is None:
                    raise MessageRefusedError(f"the file after it: {error}") from error
                await self._sleep(max(wait, min(error.seconds, DOCUMENT_WAITS[-1])))
            else:
                return

    async def _markup(self, chat: ChatAddress, reply: Reply, lane: Lane) -> Markup:
        """What stands under the message, or in the place of the person's keyboard."""
        # Only a person's own chat has such a button, and only there is it one person's place.
        if reply.asks_place is not None and _is_private(chat):
            self.keyboards.put(chat, None, True)
            button = KeyboardButton(reply.asks_place, request_location=True)
            return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
        buttons = keyboard(reply.buttons)
        if self.keyboards.take(chat, None) or (reply.ends_asking and _is_private(chat)):
            if buttons is None:
                return ReplyKeyboardRemove()
            await self._take_keyboard_away(chat, lane)
        return buttons

    async def _take_keyboard_away(self, chat: ChatAddress, lane: Lane) -> None:
        """A message has buttons or takes the keyboard away, not both: one more does, and is gone again at once."""
        try:
            carrier = await self._bot.send_message(
                chat_id=_chat_id(chat.address),
                text=CARRIER,
                reply_markup=ReplyKeyboardRemove(),
                disable_notification=True,
                rate_limit_args=lane,
            )
            await self._bot.delete_message(_chat_id(chat.address), carrier.message_id)
        except TelegramError as error:
            log.info("a keyboard stays where it is: %s", type(error).__name__)


@contextmanager
def _send_errors() -> Iterator[None]:
    """The library's errors as SendErrors."""
    try:
        yield
    except TelegramError as error:
        raise send_error(error) from error


def keyboard(buttons: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    """Rows of buttons as Telegram has them; None where there are none."""
    if not buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(button.label, callback_data=button.data) for button in row] for row in buttons]
    )


def _chat_id(address: str) -> int | str:
    """A number where it is one, or the @name of a public channel."""
    try:
        return int(address)
    except ValueError:
        return address


def _is_private(chat: ChatAddress) -> bool:
    """People have positive numbers; groups and channels negative ones, or names."""
    return chat.address.isdecimal()


def _reply_parameters(reply_to: int | None) -> ReplyParameters | None:
    return ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
