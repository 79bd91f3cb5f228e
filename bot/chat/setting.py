"""What is set for a chat, in one message that edits itself: the buttons, and what is typed or sent for them."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from bot.answers.asking import languages_asking
from bot.chat.choosing import AUTOMATIC
from bot.chat.composing import old_button, one_line, typed_here
from bot.chat.features import Feature, Place, Visitor
from bot.chat.following import Following
from bot.chat.quiet import EXAMPLE, LONGEST_HOURS, PRESETS, like_hours, no_hours, quiet_named
from bot.chat.settings_page import (
    SET,
    folded_page,
    hours_page,
    language_page,
    other_places,
    settings_page,
    unasked_page,
    zone_page,
)
from bot.chat.topics import tapped, topic_token
from bot.chat.waiting import Waiting
from bot.chat.wishes import WishReader
from bot.chat.zones import LONGEST_NAME, place_at, place_of_city, places_named, time_in
from bot.chat.zones import Place as NamedPlace
from bot.clock import utc_now
from bot.replies import Channel, ChatAddress, Document, Reply
from bot.settings import LANGUAGES
from bot.state.kinds import EVERYTHING, Rhythm
from bot.state.schedule import Quiet
from bot.state.subscriptions import Subscriptions
from bot.texts import say
from bot.threads import in_thread


class _Asked(Enum):
    """What a person may be asked to type; the last two once more, where it could not be read."""

    TOPIC = auto()
    HOURS = auto()
    CITY = auto()
    HOURS_AGAIN = auto()
    CITY_AGAIN = auto()


_AGAIN = {_Asked.HOURS: _Asked.HOURS_AGAIN, _Asked.CITY: _Asked.CITY_AGAIN}
_FOR_HOURS = frozenset({_Asked.HOURS, _Asked.HOURS_AGAIN})
_CITY = "Roma"
"""The city of an example; it is found in every language."""
_WORDS_OF_A_CITY = 5
"""As many words as the name of a place may have; more are a question."""

Step = Callable[[Visitor, str, str], Awaitable[Reply]]


class Setting:
    """The command /settings, its buttons, and what is typed or sent for them."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        wishes: WishReader,
        following: Following,
        threads: Executor,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._subscriptions = subscriptions
        self._wishes = wishes
        self._following = following
        self._threads = threads
        self._now = now
        self._asked: Waiting[_Asked] = Waiting("asked_for", now, shown=lambda asked: asked.name.lower())
        self._steps: dict[str, Step] = {
            "t": self._topic,
            "r": self._rhythm,
            "q": self._quiet,
            "z": self._zone,
            "l": self._language,
            "o": self._own,
            "done": self._done,
        }

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        return Feature(
            commands={"settings": self.settings},
            presses={SET: self.pressed},
            typed=self.typed,
            sent=self.sent,
            holds=self._asked,
        )

    async def page(self, chat: ChatAddress, language: str, head: str = "") -> Reply:
        """The settings as they stand."""
        return settings_page(await self._wishes.of(chat), language, head)

    async def settings(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """What is set; with an argument, quiet hours or the city whose clock counts, where nothing can be typed."""
        if not argument:
            return [await self.page(visitor.chat, language)]
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"))]
        reply = await self._hours_typed(visitor, language, argument) or await self._city_typed(
            visitor, language, argument
        )
        if reply is None and like_hours(argument):
            reply = Reply(say(language, "hours_unknown", example=f"/settings {EXAMPLE}"))
        return [reply or Reply(say(language, "city_unknown", city=one_line(argument, LONGEST_NAME)))]

    async def pressed(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """A button of the settings: the message shows what it did."""
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"), alert=True)]
        self._asked.take(visitor.chat, visitor.user)
        name, _, rest = value.partition(":")
        step = self._steps.get(name)
        if value and step is None:
            return [old_button(visitor, language)]
        if step is None or (step != self._language and (await self._wishes.of(visitor.chat)).active is None):
            return [replace(await self.page(visitor.chat, language), edits=True)]
        reply = await step(visitor, language, rest)
        return [replace(reply, edits=reply.asks_place is None)]

    async def _topic(self, visitor: Visitor, language: str, token: str) -> Reply:
        wishes = await self._wishes.of(visitor.chat)
        topic = next((topic for topic in (EVERYTHING, *wishes.known) if topic_token(topic) == token), None)
        if topic is not None and wishes.preferences is not None:
            await self._subscriptions.set_topics(visitor.chat, tapped(wishes.preferences.topics, topic))
        return await self.page(visitor.chat, language)

    async def _rhythm(self, visitor: Visitor, language: str, name: str) -> Reply:
        if name in set(Rhythm):
            await self._subscriptions.set_rhythm(visitor.chat, Rhythm(name))
        return await self.page(visitor.chat, language)

    async def _quiet(self, visitor: Visitor, language: str, value: str) -> Reply:
        if value == "ask":
            self._asked.put(visitor.chat, visitor.user, _Asked.HOURS)
            return typed_here(visitor, language, hours_page(language), f"settings {EXAMPLE}")
        preset = next((preset for preset in PRESETS if value == f"{preset.start}-{preset.end}"), None)
        if preset is not None:
            return await self._set_quiet(visitor, language, preset)
        if value == "off":
            await self._subscriptions.set_quiet(visitor.chat, None)
        return await self.page(visitor.chat, language)

    async def _set_quiet(self, visitor: Visitor, language: str, quiet: Quiet) -> Reply:
        """Set the hours; they mean nothing until it is known whose clock counts."""
        await self._subscriptions.set_quiet(visitor.chat, quiet)
        wishes = await self._wishes.of(visitor.chat)
        if wishes.preferences is not None and wishes.preferences.zone is None:
            return await self._zone(visitor, language, "")
        return settings_page(wishes, language)

    async def _zone(self, visitor: Visitor, language: str, value: str) -> Reply:
        if value.isdecimal():
            place = await in_thread(self._threads, place_of_city, int(value), language)
            if place is not None:
                return await self._set_zone(visitor, language, (place,))
        self._asked.put(visitor.chat, visitor.user, _Asked.CITY)
        if value == "here":
            return Reply(say(language, "zone_send_place"), asks_place=say(language, "button_place"))
        can_send = visitor.private and visitor.chat.channel is Channel.TELEGRAM
        page = zone_page(await self._wishes.of(visitor.chat), language, can_send_place=can_send)
        return typed_here(visitor, language, page, f"settings {_CITY}")

    async def _set_zone(self, visitor: Visitor, language: str, places: tuple[NamedPlace, ...]) -> Reply:
        """Go by the clock of the first place, and offer the others of its name."""
        here = places[0]
        await self._subscriptions.set_zone(visitor.chat, here.zone)
        which, buttons = other_places(places, language)
        head = say(language, "zone_set", place=here.name, time=time_in(here.zone, self._now()))
        reply = await self.page(visitor.chat, language, " ".join(filter(None, (head, which))))
        return replace(reply, buttons=(*buttons, *reply.buttons))

    async def _language(self, visitor: Visitor, language: str, code: str) -> Reply:
        if code == AUTOMATIC:
            await self._subscriptions.choose_language(visitor.chat, None)
        elif code in LANGUAGES:
            await self._subscriptions.choose_language(visitor.chat, code)
            return await self.page(visitor.chat, code)
        else:
            return language_page(await self._wishes.of(visitor.chat), language)
        return await self.page(visitor.chat, language)

    async def _own(self, visitor: Visitor, language: str, value: str) -> Reply:
        if value != "new":
            return await self._following.listed(visitor, language, int(value) if value.isdecimal() else None)
        refused = await self._following.refused(visitor.chat, language)
        if refused is None:
            self._asked.put(visitor.chat, visitor.user, _Asked.TOPIC)
        return refused or typed_here(visitor, language, Reply(say(language, "own_ask")), "subscribe ...")

    async def _done(self, visitor: Visitor, language: str, value: str) -> Reply:
        del value
        return folded_page(await self._wishes.of(visitor.chat), language)

    # What is typed or sent

    async def typed(self, visitor: Visitor, language: str, text: str) -> list[Reply] | None:
        """What was asked for a moment ago; None where it is something else, such as a question."""
        asked = self._asked.take(visitor.chat, visitor.user)
        if asked is None:
            return None
        if asked is _Asked.TOPIC:
            return [await self._following.named(visitor, language, text)]
        read = self._hours_typed if asked in _FOR_HOURS else self._city_typed
        reply = await read(visitor, language, text)
        if reply is None and asked in _AGAIN and not _is_a_question(text):
            self._asked.put(visitor.chat, visitor.user, _AGAIN[asked])
            if asked in _FOR_HOURS:
                return [Reply(say(language, "hours_unknown", example=EXAMPLE))]
            return [Reply(say(language, "city_unknown", city=one_line(text.strip(), LONGEST_NAME)))]
        return None if reply is None else [reply]

    async def sent(self, visitor: Visitor, language: str, what: Place | Document) -> list[Reply] | None:
        """Where a subscriber is tells whose clock counts, where that was asked; it is kept nowhere."""
        if not isinstance(what, Place) or not visitor.private or (await self._wishes.of(visitor.chat)).active is None:
            return None
        if not what.asked:
            return [unasked_page(language)]
        self._asked.take(visitor.chat, visitor.user)
        place = await in_thread(self._threads, place_at, what.latitude, what.longitude, language)
        return [await self._set_zone(visitor, language, (place,))]

    async def _hours_typed(self, visitor: Visitor, language: str, text: str) -> Reply | None:
        """The settings with these quiet hours; None where the words are none, or nothing comes here at all."""
        quiet = quiet_named(text)
        if quiet is None and (len(text) > LONGEST_HOURS or not no_hours(text)):
            return None
        if (await self._wishes.of(visitor.chat)).active is None:
            return await self.page(visitor.chat, language)
        if quiet is not None:
            return await self._set_quiet(visitor, language, quiet)
        return await self._quiet(visitor, language, "off")

    async def _city_typed(self, visitor: Visitor, language: str, text: str) -> Reply | None:
        """The settings with the clock of this place; None where there is no such place."""
        if (await self._wishes.of(visitor.chat)).active is None:
            return await self.page(visitor.chat, language)
        places = await in_thread(self._threads, places_named, text, language)
        return await self._set_zone(visitor, language, places) if places else None


def _is_a_question(text: str) -> bool:
    """Whether somebody who was asked for hours or a city asks something instead."""
    return (
        len(text) > LONGEST_NAME
        or len(text.split()) > _WORDS_OF_A_CITY
        or "?" in text
        or "？" in text
        or bool(languages_asking(text, LANGUAGES))
    )
