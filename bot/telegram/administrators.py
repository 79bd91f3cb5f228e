"""Who decides for a group or channel of Telegram: its administrators, asked for once a minute at most."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.clock import utc_now

KNOWN_FOR = timedelta(minutes=1)
"""How long an answer holds: somebody who was made an administrator should not have to wait."""
KNOWN = 1000
"""Answers that are kept."""
_DECIDE = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})


class Administrators:
    """Asks Telegram, and remembers for a minute. Not for several threads."""

    def __init__(self, bot: Bot, now: Callable[[], datetime] = utc_now) -> None:
        self._bot = bot
        self._now = now
        self._known: OrderedDict[tuple[int, int], tuple[datetime, bool]] = OrderedDict()

    async def include(self, chat: int, user: int) -> bool:
        """Whether this person is an administrator of this chat; no where Telegram does not say."""
        until, known = self._known.get((chat, user), (None, False))
        if until is not None and self._now() < until:
            return known
        try:
            member = await self._bot.get_chat_member(chat, user)
        except TelegramError:
            return False
        found = member.status in _DECIDE
        self._known.pop((chat, user), None)
        self._known[chat, user] = (self._now() + KNOWN_FOR, found)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return found
