"""Replies on their way into Telegram: sent or put in the place of a message, tried again, and shown over a chat."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from telegram import Bot, CallbackQuery, Chat, Update
from telegram.constants import ChatAction, ChatType
from telegram.error import TelegramError

from bot.chat.composing import plain
from bot.errors import ChatGoneError, ChatMovedError, MessageGoneError, SendError, TryLaterError
from bot.replies import ChatAddress, Reply
from bot.telegram.apologies import Apologies
from bot.telegram.sender import TelegramSender
from bot.telegram.visitors import address_of

log = logging.getLogger(__name__)

TRIES = 5
SOON = 1.0
"""Seconds until the second try where the first met with silence, most often one broken line: somebody waits for it."""
LONGEST_WAIT = 60.0
"""Seconds that an answer waits for Telegram at most, each try; where it asks for more, it is given up, and whoever
asked is told so later. An update that waited for as long would hold back those that came after it."""

Late = Callable[[], Awaitable[Reply]]
"""What is said once Telegram takes something again, in the place of an answer that is given up."""


class Replier:
    """Brings replies to where an update came from, and gives signs of life meanwhile."""

    def __init__(
        self, sender: TelegramSender, bot: Bot, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._sender = sender
        self._bot = bot
        self._sleep = sleep
        self.apologies = Apologies(sender, sleep)
        """What is owed to those whose answers were given up."""
        self._background: set[asyncio.Task[object]] = set()

    async def reply(self, update: Update, replies: Sequence[Reply], late: Late | None = None) -> None:
        """Send them in their order; one that Telegram refuses holds up none of the others.

        Where one is given up because Telegram takes nothing for now, what `late` gives is said later.
        """
        to, message, query = update.effective_chat, update.effective_message, update.callback_query
        assert to is not None  # noqa: S101  # see Visitors
        chat = address_of(to, message)
        reply_to = message.message_id if message is not None and to.type != ChatType.PRIVATE and query is None else None
        pressed = query.message.message_id if query is not None and query.message is not None else None
        for reply in replies:
            wait = 0.0
            for tries in range(TRIES):
                try:
                    await self._show(chat, reply, reply_to, pressed)
                except TryLaterError as error:
                    wait = error.seconds
                    if wait > LONGEST_WAIT:
                        log.error("an answer is given up: %s", error)  # noqa: TRY400  (the line says all there is to know)
                        await self._apologise(chat, late, wait)
                        return
                    log.info("an answer waits: %s", error)
                    await self._sleep(min(wait, SOON) if error.silent and not tries else wait)
                except ChatMovedError as error:
                    self.apologies.move(chat, error.address)
                    chat, reply_to, pressed = ChatAddress(chat.channel, error.address, chat.thread), None, None
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
                await self._apologise(chat, late, wait)
            if reply.edits:
                pressed = None  # what follows would take its place

    def asks_place(self, chat: ChatAddress) -> bool:
        """Whether the button that asks for a place is shown in the chat, as far as is known."""
        return self._sender.keyboards.waited_for(chat, None) is not None

    def acknowledge(self, query: CallbackQuery, alerts: Sequence[Reply] = (), url: str | None = None) -> None:
        """Tell Telegram, in the background, that a press has come; the first alert is shown over the chat, and a link
        to the bot itself is opened."""
        self._in_background(self._acknowledge(query, alerts, url))

    def typing(self, update: Update) -> None:
        """Show in the background that somebody is at work; in channels the sign is not shown."""
        chat = update.effective_chat
        if chat is not None and chat.type != ChatType.CHANNEL:
            self._in_background(self._typing(chat, address_of(chat, update.effective_message).thread))

    async def close(self) -> None:
        """Wait for signs that are still on their way; what is owed is not said any more."""
        await self.apologies.close()
        if self._background:
            await asyncio.wait(self._background, timeout=5)

    async def _apologise(self, chat: ChatAddress, late: Late | None, seconds: float) -> None:
        if late is not None:
            self.apologies.owe(chat, await late(), seconds)

    async def _show(self, chat: ChatAddress, reply: Reply, reply_to: int | None, pressed: int | None) -> None:
        """In the place of the message whose button was pressed, where the reply wants that and Telegram can do it."""
        if reply.edits and reply.asks_place is None and pressed is not None:
            with suppress(MessageGoneError):
                await self._sender.edit(chat, pressed, reply)
                return
        await self._sender.send(chat, reply, reply_to=reply_to)

    async def _acknowledge(self, query: CallbackQuery, alerts: Sequence[Reply], url: str | None) -> None:
        try:
            await query.answer(plain(alerts[0].html) if alerts else None, show_alert=bool(alerts), url=url)
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
