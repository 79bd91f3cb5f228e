"""Who speaks in an update of Telegram, and whether they may decide for everybody in the chat."""

from telegram import Bot, Chat, Message, Update
from telegram.constants import ChatType

from bot.chat.features import Visitor
from bot.chat.links import ASKS
from bot.replies import Channel, ChatAddress
from bot.telegram.administrators import Administrators

_NOTHING = frozenset({"ask", "help", "latest", "privacy"})
"""Commands that change nothing for a whole chat: whoever types them, nobody is asked who they are."""


def decides(command: str) -> bool:
    """Whether a command may change something for everybody in the chat."""
    return command.lower() not in _NOTHING


def decides_pressed(data: str) -> bool:
    """The same for a button with these data."""
    return data.partition(":")[0] not in ASKS


def address_of(chat: Chat, message: Message | None) -> ChatAddress:
    """The chat, and the forum topic inside it if there is one."""
    thread = message.message_thread_id if message is not None and message.is_topic_message else None
    return ChatAddress(Channel.TELEGRAM, str(chat.id), thread or 0)


class Visitors:
    """Reads them from updates, and asks Telegram for what an update does not say."""

    def __init__(self, bot: Bot) -> None:
        self._administrators = Administrators(bot)

    async def of(self, update: Update, *, deciding: bool = False) -> Visitor:
        """Who speaks; with `deciding`, also whether they may decide for all of the chat."""
        chat, message, user = update.effective_chat, update.effective_message, update.effective_user
        assert chat is not None  # noqa: S101  # every update that we ask for has a chat
        private = chat.type == ChatType.PRIVATE
        speaks_as = message.sender_chat if message is not None and update.callback_query is None else None
        number = user.id if user is not None and speaks_as is None else None
        in_charge = private
        if deciding and speaks_as is not None:
            in_charge = speaks_as.id == chat.id  # a channel, or an administrator who stays anonymous
        elif deciding and not private and number is not None:
            in_charge = await self._administrators.include(chat.id, number)
        return Visitor(address_of(chat, message), user.language_code if user else None, number, private, in_charge)
