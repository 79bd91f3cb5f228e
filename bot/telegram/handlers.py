"""Telegram's updates, one thin callback a kind: read who speaks and what, ask the conversation, reply what it says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, CallbackQuery, Chat, Location, Update
from telegram import Document as File
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.chat.conversation import Conversation
from bot.chat.features import Place, Visitor
from bot.chat.links import start_of
from bot.replies import Channel, ChatAddress, Document, Reply
from bot.state.database import in_one_line
from bot.state.kinds import PauseReason
from bot.state.subscriptions import Subscriptions
from bot.telegram.replying import Replier
from bot.telegram.visitors import Visitors, address_of, decides, decides_pressed
from bot.texts import say

log = logging.getLogger(__name__)

ALLOWED_UPDATES = (Update.MESSAGE, Update.CHANNEL_POST, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""Edited messages are not among them: what was answered is not answered twice."""
LARGEST_FILE = 20_000_000
"""Bytes of a file that Telegram hands to a bot."""
_NOT_TEXT = (
    filters.VOICE
    | filters.PHOTO
    | filters.VIDEO
    | filters.VIDEO_NOTE
    | filters.AUDIO
    | filters.ANIMATION
    | filters.Sticker.ALL
    | filters.CONTACT
    | filters.POLL
    | filters.Dice.ALL
    | filters.STORY
    | filters.PAID_MEDIA
    | filters.CHECKLIST
    | filters.GAME
    | filters.GIVEAWAY
)


class Handlers:
    """The callbacks, over what they need."""

    def __init__(
        self,
        conversation: Conversation,
        subscriptions: Subscriptions,
        replier: Replier,
        bot: Bot,
        takes_files: Callable[[Visitor], bool] = lambda _: False,
    ) -> None:
        self._conversation = conversation
        self._subscriptions = subscriptions
        self._replier = replier
        self._bot = bot
        self._takes_files = takes_files
        self._visitors = Visitors(bot)
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def register(self, application: "Application[Any, Any, Any, Any, Any, Any]") -> None:
        """Say which callback hears of which updates."""
        new = filters.UpdateType.MESSAGE
        private = filters.ChatType.PRIVATE
        application.add_handler(MessageHandler(new & filters.StatusUpdate.MIGRATE, self.migrated))
        # A post of a channel that its discussion group repeats was typed in the channel, and is answered there.
        application.add_handler(MessageHandler(new & filters.COMMAND & ~filters.IS_AUTOMATIC_FORWARD, self.command))
        application.add_handler(MessageHandler(filters.UpdateType.CHANNEL_POST & filters.COMMAND, self.command))
        application.add_handler(MessageHandler(new & private & filters.TEXT, self.text))
        application.add_handler(
            MessageHandler(new & filters.ChatType.GROUPS & filters.TEXT & filters.REPLY, self.group_reply)
        )
        application.add_handler(MessageHandler(new & private & filters.LOCATION, self.place))
        application.add_handler(MessageHandler(new & private & filters.Document.ALL, self.file))
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
        argument = rest[0] if rest else ""
        await self._answer(
            update,
            lambda visitor: self._conversation.command(visitor, name, argument),
            deciding=self._conversation.knows(name) and decides(name),
        )

    async def text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A question in a private chat."""
        del context
        message = update.effective_message
        text = message.text if message is not None else None
        if text is not None:
            await self._answer(update, lambda visitor: self._conversation.message(visitor, text))

    async def group_reply(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """In groups: only what replies to a message of this bot."""
        message = update.effective_message
        if message is None or message.reply_to_message is None or message.reply_to_message.from_user is None:
            return
        if message.reply_to_message.from_user.id == self._bot.id:
            await self.text(update, context)

    async def no_text(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Voice, pictures, stickers and the like; a question may stand under them."""
        del context
        message = update.effective_message
        caption = message.caption if message is not None else None
        if caption:
            await self._answer(update, lambda visitor: self._conversation.message(visitor, caption))
        else:
            await self._answer(update, lambda visitor: self._conversation.sent(visitor, None))

    async def place(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Where somebody is: handed on, and dropped.

        Telegram does not tell what the button sends from any other place: it was asked for where the button is shown.
        """
        del context
        message = update.effective_message
        where = message.location if message is not None else None
        await self._answer(update, lambda visitor: self._conversation.sent(visitor, self._place(visitor, where)))

    def _place(self, visitor: Visitor, where: Location | None) -> Place | None:
        if where is None:
            return None
        return Place(where.latitude, where.longitude, asked=self._replier.asks_place(visitor.chat))

    async def file(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A file, which is fetched only from those whose files are of use."""
        del context
        message = update.effective_message
        file = message.document if message is not None else None
        await self._answer(update, lambda visitor: self._read(visitor, file))

    async def _read(self, visitor: Visitor, file: File | None) -> list[Reply]:
        if file is None or not self._takes_files(visitor) or (file.file_size or 0) > LARGEST_FILE:
            return await self._conversation.sent(visitor, None)
        content = bytes(await (await file.get_file()).download_as_bytearray())
        return await self._conversation.sent(visitor, Document(file.file_name or "", content))

    async def pressed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A button: always acknowledged, then answered like a message, or over the chat to whoever pressed it.

        In a channel nobody makes the bot post by pressing, but who runs it: who asks there is led to the private chat.
        """
        del context
        query, chat = update.callback_query, update.effective_chat
        if query is None:
            return
        data = query.data or ""
        deciding = decides_pressed(data)
        start = start_of(data) if chat is not None and chat.type == ChatType.CHANNEL else None
        if start is not None:
            self._replier.acknowledge(query, url=f"https://t.me/{self._bot.username}?start={start}")
        elif chat is None or chat.type == ChatType.PRIVATE or not deciding:
            self._replier.acknowledge(query)
            if chat is not None:
                await self._answer(update, lambda visitor: self._conversation.press(visitor, data))
        else:
            await self._answer(update, lambda visitor: self._decided(query, visitor, data), deciding=True)

    async def _decided(self, query: CallbackQuery, visitor: Visitor, data: str) -> list[Reply]:
        """What a button says in a group; what is meant for one person there is shown to nobody else.

        In a channel it does nothing for those who do not run it, and that is all that they are told.
        """
        if not visitor.in_charge and query.message is not None and query.message.chat.type == ChatType.CHANNEL:
            replies = [Reply(say(await self._conversation.language_of(visitor), "in_charge"), alert=True)]
        else:
            replies = await self._conversation.press(visitor, data)
        self._replier.acknowledge(query, [reply for reply in replies if reply.alert])
        return [reply for reply in replies if not reply.alert]

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
                await self._subscriptions.resume(chat, everywhere=True)

    async def migrated(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A group became a supergroup: its subscription moves along, and what is still to be said to it."""
        del context
        message = update.effective_message
        if message is not None and message.migrate_to_chat_id is not None:
            old = ChatAddress(Channel.TELEGRAM, str(message.chat.id))
            async with self._turn(message.chat):
                await self._subscriptions.move_chat(old, str(message.migrate_to_chat_id))
                self._replier.apologies.move(old, str(message.migrate_to_chat_id))

    async def failed(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Whatever went wrong in a callback: a line for the operator, a kind sentence for the person."""
        error = context.error
        if isinstance(error, SQLAlchemyError):
            log.error("the database failed, a message was not answered: %s", in_one_line(error))
        else:
            log.error("a message was not answered: %s", type(error).__name__, exc_info=error)
        if isinstance(update, Update) and update.effective_chat is not None and update.my_chat_member is None:
            told = await self._conversation.trouble(await self._visitors.of(update))
            query, where = update.callback_query, update.effective_chat.type
            if query is not None and where != ChatType.PRIVATE and decides_pressed(query.data or ""):
                self._replier.acknowledge(query, told)  # else its button waits on, and everybody is told of one press
            elif query is None or where != ChatType.CHANNEL:
                await self._replier.reply(update, told)

    def _turn(self, chat: Chat) -> asyncio.Lock:
        """Held while an update of this chat is worked on: what comes after it there waits, other chats do not."""
        return self._turns.setdefault(chat.id, asyncio.Lock())

    async def _answer(
        self, update: Update, think: Callable[[Visitor], Awaitable[list[Reply]]], *, deciding: bool = False
    ) -> None:
        """Messages of one chat are answered in their order, those of different chats side by side.

        Whoever writes is there: a pause because the chat was not is over, also where no change of rights was told. A
        press tells nothing of that: old messages keep their buttons where nothing can be sent any more.
        """
        chat = update.effective_chat
        assert chat is not None  # noqa: S101  # see Visitors
        async with self._turn(chat):
            self._replier.typing(update)
            if update.callback_query is None:
                await self._subscriptions.resume(address_of(chat, update.effective_message))
            visitor = await self._visitors.of(update, deciding=deciding)
            await self._replier.reply(update, await think(visitor), lambda: self._conversation.late(visitor))
