"""Having less of the news, or none: /unsubscribe with what may be wanted instead, and the buttons under a message."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.chat.composing import old_button, one_line
from bot.chat.features import Feature, Visitor
from bot.chat.quiet import digest_words
from bot.chat.settings_page import OWN_LABEL, settings_page, topic_names
from bot.chat.topics import topic_name, topic_token, without
from bot.chat.wishes import Wishes, WishReader
from bot.clock import utc_now
from bot.replies import Button, ChatAddress, Reply
from bot.state.kinds import EVERYTHING, PauseReason, Rhythm
from bot.state.subscriptions import Subscriptions
from bot.texts import day, listed, say

LEAVE, MUTE, LESS = "leave", "mute", "less"
"""What the data of the buttons begin with: `leave:rest`, `leave:weekly`, `mute:t<token of a topic>`,
`mute:o<number of a topic in own words>`, `less:`."""
REST = timedelta(days=30)
_REST, _WEEKLY = "rest", "weekly"


class Leaving:
    """The command /unsubscribe, the buttons under its answer, and those under a message that was sent unasked."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        wishes: WishReader,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._subscriptions = subscriptions
        self._wishes = wishes
        self._now = now

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        return Feature(
            commands={"unsubscribe": self.unsubscribe},
            presses={LEAVE: self.instead, MUTE: self.mute, LESS: self.less},
            holds=None,
        )

    async def unsubscribe(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """End it at once: whoever wants to leave is asked nothing. What they may have meant stands below."""
        del argument
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"))]
        if not await self._subscriptions.unsubscribe(visitor.chat):
            return [_not_subscribed(language)]
        instead = (
            (Button(say(language, "button_rest"), f"{LEAVE}:{_REST}"),),
            (Button(say(language, "button_fewer"), f"{LEAVE}:{_WEEKLY}"),),
            (Button(say(language, "button_delete"), "do:forget"),),
        )
        return [Reply(say(language, "unsubscribed"), instead)]

    async def instead(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """What somebody who has left chooses instead; nobody whose data was deleted is subscribed by it."""
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"), alert=True)]
        known = (await self._wishes.of(visitor.chat)).preferences
        if known is None or value not in {_REST, _WEEKLY}:
            return [old_button(visitor, language)]
        await self._subscriptions.subscribe(visitor.chat, language)
        if value == _REST:
            until = self._now() + REST
            await self._subscriptions.rest(visitor.chat, until)
            return [Reply(say(language, "resting", date=day(language, until.date())), edits=True)]
        await self._subscriptions.set_rhythm(visitor.chat, Rhythm.WEEKLY)
        said = say(language, "fewer_weekly", **digest_words(known.quiet, language))
        return [Reply(said, (_to_settings(language),), edits=True)]

    async def less(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """From at once to daily, from daily to weekly."""
        del value
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"), alert=True)]
        wishes = await self._wishes.of(visitor.chat)
        active = wishes.active
        if active is None:
            return [_no_news(wishes, language)]
        end = Button(say(language, "button_unsubscribe"), "do:unsubscribe")
        when = digest_words(active.quiet, language)
        if active.rhythm is Rhythm.WEEKLY:
            return [Reply(say(language, "fewer_already", **when), ((end, *_to_settings(language)),))]
        fewer = Rhythm.DAILY if active.rhythm is Rhythm.AT_ONCE else Rhythm.WEEKLY
        await self._subscriptions.set_rhythm(visitor.chat, fewer)
        key = "fewer_daily" if fewer is Rhythm.DAILY else "fewer_weekly"
        return [Reply(say(language, key, **when), (_to_settings(language),))]

    async def mute(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """No more of one topic; what is left is said."""
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"), alert=True)]
        wishes = await self._wishes.of(visitor.chat)
        if wishes.active is None:
            return [_no_news(wishes, language)]
        muted = await self._mute(visitor.chat, wishes, language, value)
        if muted is None:
            return [Reply(say(language, "muted_already"), (_to_settings(language),))]
        left = (await self._wishes.of(visitor.chat)).active
        names = listed(topic_names(left, language), language) if left is not None else ""
        key = "muted" if names else "muted_last"
        return [Reply(say(language, key, topic=muted, topics=names), (_to_settings(language),))]

    async def _mute(self, chat: ChatAddress, wishes: Wishes, language: str, value: str) -> str | None:
        """The name of the topic that is followed no more; None where it was not followed."""
        kind, token = value[:1], value[1:]
        followed, own = (wishes.active.topics, wishes.active.own) if wishes.active else ((), ())
        if kind == "o":
            topic = next((topic for topic in own if str(topic.id) == token), None)
            if topic is None or not await self._subscriptions.remove_own_topic(chat, topic.id):
                return None
            return one_line(topic.words, OWN_LABEL)
        label = next((label for label in (EVERYTHING, *wishes.known) if topic_token(label) == token), None)
        if kind != "t" or label is None or not {label, EVERYTHING} & set(followed):
            return None
        await self._subscriptions.set_topics(chat, without(followed, label, wishes.known))
        return topic_name(label, language)


def _no_news(wishes: Wishes, language: str) -> Reply:
    """To who gets no news: until when they rest, or that they are not subscribed, and what brings it back."""
    resting = wishes.preferences is not None and wishes.preferences.pause_reason is PauseReason.RESTING
    return settings_page(wishes, language) if resting else _not_subscribed(language)


def _not_subscribed(language: str) -> Reply:
    again = Button(say(language, "button_subscribe"), "do:subscribe")
    return Reply(say(language, "unsubscribed_already"), ((again,),))


def _to_settings(language: str) -> tuple[Button, ...]:
    return (Button(say(language, "button_settings"), "do:settings"),)
