"""Telegram's updates, one thin callback a kind: read who speaks and what, ask the conversation, send what it says."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, CallbackQuery, Chat, Message, Update
from telegram.constants import ChatAction, ChatMemberStatus, ChatType
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.conversation import Conversation
from bot.database import in_one_line
from bot.errors import ChatGoneError, ChatMovedError, SendError, TryLaterError
from bot.features import Visitor
from bot.replies import Channel, ChatAddress, Reply
from bot.subscriptions import PauseReason, Subscriptions
from bot.telegram_sender import TelegramSender

log = logging.getLogger(__name__)

ALLOWED_UPDATES = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""Edited messages are not among them: what was answered is not answered twice."""
TRIES = 4
LONGEST_WAIT = 60.0
"""Seconds that an answer waits for Telegram at most, each try."""

_NOT_TEXT = (
    filters.VOICE
    | filters.PHOTO
    | filters.VIDEO
    | filters.VIDEO_NOTE
    | filters.AUDIO
    | filters.ANIMATION
    | filters.Sticker.ALL
    | filters.Document.ALL
    | filters.LOCATION
    | filters.CONTACT
    | filters.POLL
    | filters.Dice.ALL
    | filters.STORY
)


def address_of(chat: Chat, message: Message | None) -> ChatAddress:
    """The chat, and the forum topic inside it if there is one."""
    thread = message.message_thread_id if message is not None and message.is_topic_message else None
    return ChatAddress(Channel.TELEGRAM, str(chat.id), thread or 0)


class Handlers:
    """The callbacks, over what they need."""

    def __init__(
        self, conversation: Conversation, subscriptions: Subscriptions, sender: TelegramSender, bot: Bot
    ) -> None:
        self._conversation = conversation
        self._subscriptions = subscriptions
        self._sender = sender
        self._bot = bot
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._background: set[asyncio.Task[object]] = set()

    def register(self, application: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Say which callback hears of which updates."""
        new = filters.UpdateType.MESSAGE
        private = filters.ChatType.PRIVATE
        application.add_handler(MessageHandler(new & filters.StatusUpdate.MIGRATE, self.migrated))
        application.add_handler(MessageHandler(new & filters.COMMAND, self.command))
        application.add_handler(MessageHandler(new & private & filters.TEXT, self.text))
        application.add_handler(
            MessageHandler(new & filters.ChatType.GROUPS & filters.TEXT & filters.REPLY, self.group_reply)
        )
        application.add_handler(MessageHandler(new & private & _NOT_TEXT, self.no_text))
        application.add_handler(CallbackQueryHandler(self.pressed))
        application.add_handler(ChatMemberHandler(self.membership, ChatMemberHandler.MY_CHAT_MEMBER))
        application.add_error_handler(self.failed)

    async def command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """/name, /name@this_bot, each with what follows it; commands for other bots are theirs."""
        del context
        message = update.effective_message
        assert message is not None and message.text  # noqa: S101, PT018  # the filter let nothing else through
        first, *rest = message.text[1:].split(maxsplit=1)
        name, at, bot_name = first.partition("@")
        if at and bot_name.lower() != self._bot.username.lower():
            return
        private = message.chat.type == ChatType.PRIVATE
        if not private and not at and not self._conversation.knows(name):
            return
        await self._answer(update, self._conversation.command(self._visitor(update), name, rest[0] if rest else ""))

    async def text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A question in a private chat."""
        del context
        message = update.effective_message
        if message is not None and message.text is not None:
            await self._answer(update, self._conversation.message(self._visitor(update), message.text))

    async def group_reply(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """In groups: only what replies to a message of this bot."""
        message = update.effective_message
        if message is None or message.reply_to_message is None or message.reply_to_message.from_user is None:
            return
        if message.reply_to_message.from_user.id == self._bot.id:
            await self.text(update, context)

    async def no_text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Voice, pictures, stickers and the like."""
        del context
        await self._answer(update, self._conversation.sent(self._visitor(update), None))

    async def pressed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A button: always acknowledged, then answered like a message."""
        del context
        query = update.callback_query
        if query is None:
            return
        self._in_background(self._acknowledge(query))
        if update.effective_chat is not None:
            await self._answer(update, self._conversation.press(self._visitor(update), query.data or ""))

    async def membership(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Blocked or removed: paused at once. Back again: what was paused so goes on."""
        del context
        change = update.my_chat_member
        if change is None:
            return
        chat = ChatAddress(Channel.TELEGRAM, str(change.chat.id))
        async with self._turn(change.chat):
            if change.new_chat_member.status in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}:
                await self._subscriptions.pause(chat, PauseReason.BLOCKED)
            else:
                await self._subscriptions.resume(chat)

    async def migrated(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A group became a supergroup: its subscription moves along."""
        del context
        message = update.effective_message
        if message is not None and message.migrate_to_chat_id is not None:
            old = ChatAddress(Channel.TELEGRAM, str(message.chat.id))
            async with self._turn(message.chat):
                await self._subscriptions.move_chat(old, str(message.migrate_to_chat_id))

    async def failed(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Whatever went wrong in a callback: a line for the operator, a kind sentence for the person."""
        error = context.error
        if isinstance(error, SQLAlchemyError):
            log.error("the database failed, a message was not answered: %s", in_one_line(error))
        else:
            log.error("a message was not answered: %s", type(error).__name__, exc_info=error)
        if isinstance(update, Update) and update.effective_chat is not None and update.my_chat_member is None:
            await self._send(update, await self._conversation.trouble(self._visitor(update)))

    def _visitor(self, update: Update) -> Visitor:
        chat, user = update.effective_chat, update.effective_user
        assert chat is not None  # noqa: S101  # every update that we ask for has a chat
        return Visitor(address_of(chat, update.effective_message), user.language_code if user else None)

    def _turn(self, chat: Chat) -> asyncio.Lock:
        """Held while an update of this chat is worked on: what comes after it there waits, other chats do not."""
        return self._turns.setdefault(chat.id, asyncio.Lock())

    async def _answer(self, update: Update, thinking: Awaitable[list[Reply]]) -> None:
        """Messages of one chat are answered in their order, those of different chats side by side."""
        chat = update.effective_chat
        assert chat is not None  # noqa: S101  # see _visitor
        async with self._turn(chat):
            self._in_background(self._typing(chat, self._visitor(update).chat.thread))
            await self._send(update, await thinking)

    async def _send(self, update: Update, replies: list[Reply]) -> None:
        visitor, message = self._visitor(update), update.effective_message
        in_group = message is not None and message.chat.type != ChatType.PRIVATE and update.callback_query is None
        chat, reply_to = visitor.chat, message.message_id if in_group and message is not None else None
        for reply in replies:
            for _ in range(TRIES):
                try:
                    await self._sender.send(chat, reply, reply_to=reply_to)
                except TryLaterError as error:
                    log.info("an answer waits: %s", error)
                    await asyncio.sleep(min(error.seconds, LONGEST_WAIT))
                except ChatMovedError as error:
                    chat, reply_to = ChatAddress(chat.channel, error.address, chat.thread), None
                except ChatGoneError:
                    log.info("an answer found its chat gone")
                    return
                except SendError:
                    log.exception("an answer was refused")
                    break
                else:
                    break
            else:
                log.error("an answer could not be sent in %d tries", TRIES)

    async def _acknowledge(self, query: CallbackQuery) -> None:
        try:
            await query.answer()
        except TelegramError as error:  # too old, most often: the answer below is what counts
            log.info("a pressed button could not be acknowledged: %s", error)

    async def _typing(self, chat: Chat, thread: int) -> None:
        try:
            await self._bot.send_chat_action(chat.id, ChatAction.TYPING, message_thread_id=thread or None)
        except TelegramError as error:
            log.info("the typing sign could not be shown: %s", error)

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Wait for signs that are still on their way."""
        if self._background:
            await asyncio.wait(self._background, timeout=5)
