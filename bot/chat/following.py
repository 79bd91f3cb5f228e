"""Topics in a person's own words: shown by what they would have sent, then followed."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import date, datetime
from html import escape

from bot.chat.composing import one_line
from bot.chat.features import Feature, Visitor
from bot.chat.settings_page import own_page, settings_page
from bot.chat.topics import tapped, topic_named
from bot.chat.waiting import Waiting
from bot.chat.wishes import WishReader
from bot.clock import utc_now
from bot.replies import Button, ChatAddress, Reply
from bot.state.kinds import PauseReason
from bot.state.preferences import Preferences
from bot.state.subscriptions import Subscriptions
from bot.texts import day, say, say_html
from bot.threads import in_thread

OWN = "own"
"""What the data of the two buttons under a preview begin with."""
MOST = 10
"""Topics in their own words that a chat can have."""
LONGEST = 200
"""Characters of one."""
PREVIEW_DAYS = 90
SHOWN = 5
"""Articles of a preview that are shown."""
_YES, _NO = "y", "n"

Preview = Callable[[str, str], Sequence[tuple[str, date, str]]]
"""Words and the language that their writer reads -> what the last PREVIEW_DAYS days would have sent for them, newest
first: title, date and the sentence for which it is sent. Takes a core's time."""


class Following:
    """Proposes topics, adds those that are wanted, and lists them."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        wishes: WishReader,
        preview: Preview,
        threads: Executor,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._subscriptions = subscriptions
        self._wishes = wishes
        self._preview = preview
        self._threads = threads
        self._proposed: Waiting[str] = Waiting("topic_proposed", now)
        """Words whose preview was shown, by the token of its buttons: they are too long to come back with a button."""

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        return Feature(presses={OWN: self.decided}, holds=self._proposed)

    async def named(self, visitor: Visitor, language: str, words: str) -> Reply:
        """Follow the topic that the words name; propose one for words that name none."""
        wishes = await self._wishes.of(visitor.chat)
        topic = topic_named(words, wishes.known)
        if topic is None:
            full = await self.refused(visitor.chat, language, words)
            return full or await self._propose(visitor, language, words)
        await self._subscriptions.subscribe(visitor.chat, language)
        before = wishes.preferences.topics if wishes.preferences is not None else ()
        await self._subscriptions.set_topics(visitor.chat, before if topic in before else tapped(before, topic))
        return settings_page(await self._wishes.of(visitor.chat), language, head=say(language, "topic_followed"))

    async def refused(self, chat: ChatAddress, language: str, words: str = "") -> Reply | None:
        """Why no topic can be added: these very words, or as many as there can be; None where one can."""
        preferences = await self._subscriptions.preferences_of(chat)
        if preferences is None:
            return None
        if _follows(preferences, words):
            return own_page(preferences.own, language, head=say(language, "own_already"))
        if len(preferences.own) >= MOST:
            return own_page(preferences.own, language, head=say(language, "own_full", count=MOST))
        return None

    async def listed(self, visitor: Visitor, language: str, taken_away: int | None = None) -> Reply:
        """The topics in the chat's own words, without the one of this number."""
        if taken_away is not None:
            await self._subscriptions.remove_own_topic(visitor.chat, taken_away)
        preferences = await self._subscriptions.preferences_of(visitor.chat)
        return own_page(preferences.own if preferences is not None else (), language)

    async def decided(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """A button under a preview."""
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"), alert=True)]
        answer, _, token = value.partition(":")
        words = self._proposed.take(visitor.chat, token)
        if words is None:
            return [Reply(say(language, "own_too_late"))]
        if answer != _YES:
            return [Reply(say(language, "own_cancelled"), edits=True)]
        reply = await self.refused(visitor.chat, language, words) or await self._followed(visitor, language, words)
        return [replace(reply, edits=True)]

    async def _propose(self, visitor: Visitor, language: str, words: str) -> Reply:
        """What these words would have sent, and whether to follow them."""
        words = " ".join(words.split())
        if len(words) > LONGEST:
            return Reply(say(language, "own_too_long", count=LONGEST))
        found = await in_thread(self._threads, self._preview, words, language)
        token = hashlib.sha256(words.encode()).hexdigest()[:8]
        self._proposed.put(visitor.chat, token, words)
        buttons = (
            Button(say(language, "button_follow"), f"{OWN}:{_YES}:{token}"),
            Button(say(language, "button_cancel"), f"{OWN}:{_NO}:{token}"),
        )
        return Reply(_preview_text(words, found, language), (buttons,))

    async def _followed(self, visitor: Visitor, language: str, words: str) -> Reply:
        """Add the topic; who was not subscribed hears of this alone, who only rests keeps what they follow."""
        before = await self._subscriptions.preferences_of(visitor.chat)
        await self._subscriptions.subscribe(visitor.chat, language)
        if before is None or before.pause_reason is PauseReason.PERSON:
            await self._subscriptions.set_topics(visitor.chat, ())
        await self._subscriptions.add_own_topic(visitor.chat, words, language)
        wishes = await self._wishes.of(visitor.chat)
        note = say(language, "own_beside_everything") if wishes.everything else ""
        return settings_page(wishes, language, say(language, "own_followed"), note)


def _follows(preferences: Preferences, words: str) -> bool:
    """Whether these very words are followed already."""
    wanted = " ".join(words.casefold().split())
    return any(topic.words.casefold() == wanted for topic in preferences.own)


def _preview_text(words: str, found: Sequence[tuple[str, date, str]], language: str) -> str:
    topic = escape(words, quote=False)
    if not found:
        return say_html(language, "own_preview_none", topic=topic, days=str(PREVIEW_DAYS))
    parts = [say_html(language, "own_preview", topic=topic, days=str(PREVIEW_DAYS))]
    for title, published, sentence in found[:SHOWN]:
        parts.append(
            f"<i>{day(language, published)}</i>\n<b>{escape(one_line(title), quote=False)}</b>\n"
            f"{escape(one_line(sentence), quote=False)}"
        )
    if len(found) > SHOWN:
        parts.append(say(language, "own_preview_more", count=len(found) - SHOWN))
    return "\n\n".join(parts)
