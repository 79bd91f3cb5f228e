"""The conversation, the same on every channel: commands, questions and buttons in, replies out.

Answering is the one piece of work here that takes a core's time; it crosses to a thread, so that a slow question
delays nobody else.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from bot.answering import LONGEST_QUESTION, Answerer, Asker, Refusal, Status
from bot.catalogue import Catalogue
from bot.composing import QUESTION_PREFIX, compose, compose_article_line, one_line, question_buttons
from bot.language import primary
from bot.library import reading_edition
from bot.replies import Button, ChatAddress, Reply
from bot.samples import Samples
from bot.settings import LANGUAGES
from bot.subscriptions import Subscriptions, SubscriptionState
from bot.texts import day, language_name, phrasebook, say, say_html, spoken

T = TypeVar("T")

COMMANDS = ("start", "help", "ask", "latest", "subscribe", "unsubscribe", "language", "settings", "privacy")
"""In the order of the menu."""
REMEMBERED = 10_000
"""Chats whose last language is kept in memory, the longest silent forgotten first."""
LATEST = 5
AUTOMATIC = "auto"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who speaks: the chat, and the language that its client reports."""

    chat: ChatAddress
    reported: str | None = None


class Conversation:
    """Answers whatever arrives; every method gives the messages to send, in order."""

    def __init__(
        self,
        catalogue: Catalogue,
        answerer: Answerer,
        samples: Callable[[], Samples],
        subscriptions: Subscriptions,
        threads: Executor,
        language: str,
    ) -> None:
        self._catalogue = catalogue
        self._answerer = answerer
        self._samples = samples
        self._subscriptions = subscriptions
        self._threads = threads
        self._language = language
        self._earlier: OrderedDict[ChatAddress, str] = OrderedDict()
        self._commands: Mapping[str, Callable[[Visitor, str, str], Awaitable[list[Reply]]]] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "latest": self._latest,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "language": self._choose_language,
            "settings": self._settings,
            "privacy": self._privacy,
        }

    async def message(self, visitor: Visitor, text: str) -> list[Reply]:
        """Free text: a question or small talk."""
        asker = await self._asker(visitor)
        if not text.strip():
            return [Reply(say(self._spoken(asker), "empty_question"))]
        outcome = await self._in_thread(self._answerer.answer, text, asker)
        self._remember(visitor.chat, outcome.language)
        needs_samples = isinstance(outcome, Refusal) and outcome.status is not Status.NOT_STATED
        offered = await self._offered(outcome.language) if needs_samples else ()
        replies = [compose(outcome, offered)]
        if len(text.strip()) > LONGEST_QUESTION:
            replies.insert(0, Reply(say(outcome.language, "too_long", count=LONGEST_QUESTION)))
        return replies

    async def command(self, visitor: Visitor, name: str, argument: str = "") -> list[Reply]:
        """A command without its slash, and what was typed after it."""
        language = self._spoken(await self._asker(visitor))
        handler = self._commands.get(name.lower())
        if handler is None:
            return [Reply(say(language, "unknown_command", command=one_line(f"/{name}")))]
        return await handler(visitor, language, argument.strip())

    def knows(self, name: str) -> bool:
        """Whether there is a command of this name."""
        return name.lower() in self._commands

    async def press(self, visitor: Visitor, data: str) -> list[Reply]:
        """A button, by its data; one that means nothing any more says so."""
        kind, _, value = data.partition(":")
        language = self._spoken(await self._asker(visitor))
        if kind == "q":
            question = (await self._in_thread(self._samples)).question(value)
            if question is not None:
                asked = Reply(f"<b>{escape(question, quote=False)}</b>")
                return [asked, *await self.message(visitor, question)]
        elif kind == "lang" and value in {*LANGUAGES, AUTOMATIC}:
            return await self._choose_language(visitor, language, value)
        elif kind == "do" and value in COMMANDS:
            return await self.command(visitor, value)
        return [Reply(say(language, "old_button"))]

    async def text_only(self, visitor: Visitor) -> list[Reply]:
        """To voice, pictures, stickers and everything else that is no text."""
        return [Reply(say(self._spoken(await self._asker(visitor)), "text_only"))]

    async def trouble(self, visitor: Visitor) -> list[Reply]:
        """When something of ours failed; asks nothing of what may have failed."""
        earlier = self._earlier.get(visitor.chat)
        return [Reply(say(self._spoken(Asker(earlier=earlier, reported=visitor.reported)), "busy"))]

    async def _asker(self, visitor: Visitor) -> Asker:
        known = await self._subscriptions.language_of(visitor.chat)
        return Asker(known.chosen, self._earlier.get(visitor.chat, known.last), visitor.reported)

    def _spoken(self, asker: Asker) -> str:
        """The language for texts that answer no question."""
        reported = primary(asker.reported)
        for language in (asker.chosen, asker.earlier, reported):
            if language in LANGUAGES:
                return language
        return self._language

    def _remember(self, chat: ChatAddress, language: str) -> None:
        self._earlier[chat] = language
        self._earlier.move_to_end(chat)
        while len(self._earlier) > REMEMBERED:
            self._earlier.popitem(last=False)

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def _offered(self, language: str) -> tuple[str, ...]:
        return (await self._in_thread(self._samples)).in_language(language)

    async def _start(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        kind, _, token = argument.partition("-")
        if kind == "ask" and token:
            return await self.press(visitor, f"{QUESTION_PREFIX}{token}")
        if argument in {"subscribe", "latest"}:
            return await self.command(visitor, argument)
        articles = (await self._in_thread(self._catalogue.current)).newest_first
        if not articles:
            return [Reply(say(language, "welcome_empty"))]
        edition = reading_edition(articles[0], language)
        welcome = say(language, "welcome", title=one_line(edition.title), date=day(language, edition.published))
        more = say(language, "welcome_subscribe")
        return [Reply(f"{welcome}\n\n{more}", question_buttons((await self._offered(language))[:3]))]

    async def _help(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del visitor, argument
        described = phrasebook(language).commands
        lines = "\n".join(f"/{name} – {escape(described[name], quote=False)}" for name in COMMANDS)
        return [Reply(say_html(language, "help", commands=lines))]

    async def _ask(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        if argument:
            return await self.message(visitor, argument)
        offered = await self._offered(language)
        if not offered:
            return [Reply(say(language, "ask_usage_bare"))]
        return [Reply(say(language, "ask_usage", example=one_line(offered[0])))]

    async def _latest(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del visitor, argument
        articles = (await self._in_thread(self._catalogue.current)).newest_first[:LATEST]
        if not articles:
            return [Reply(say(language, "latest_none"))]
        lines = "\n\n".join(compose_article_line(article, language) for article in articles)
        samples = await self._in_thread(self._samples)
        questions = samples.of_article(articles[0].slug, language)[:2]
        return [Reply(f"{say(language, 'latest')}\n\n{lines}", question_buttons(questions))]

    async def _subscribe(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del argument
        new = await self._subscriptions.subscribe(visitor.chat, language)
        return [Reply(say(language, "subscribed" if new else "subscribed_already"))]

    async def _unsubscribe(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del argument
        ended = await self._subscriptions.unsubscribe(visitor.chat)
        return [Reply(say(language, "unsubscribed" if ended else "unsubscribed_already"))]

    async def _choose_language(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        if not argument:
            return [Reply(say(language, "language_choose"), _language_buttons(language))]
        chosen = _language_named(argument)
        if chosen is None:
            return [Reply(say(language, "language_unknown", language=one_line(argument)), _language_buttons(language))]
        if chosen == AUTOMATIC:
            await self._subscriptions.choose_language(visitor.chat, None)
            return [Reply(say(language, "language_set_automatic"))]
        await self._subscriptions.choose_language(visitor.chat, chosen)
        return [Reply(say(chosen, "language_set"))]

    async def _settings(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del argument
        chosen = (await self._subscriptions.language_of(visitor.chat)).chosen
        subscription = await self._subscriptions.subscription_of(visitor.chat)
        active = subscription is not None and subscription.state is SubscriptionState.ACTIVE
        text = say(
            language,
            "settings",
            language=phrasebook(spoken(chosen)).own_name if chosen else say(language, "language_automatic"),
            news=say(language, "settings_subscribed" if active else "settings_unsubscribed"),
        )
        toggle = "unsubscribe" if active else "subscribe"
        row = (
            Button(say(language, "button_language"), "do:language"),
            Button(say(language, f"button_{toggle}"), f"do:{toggle}"),
        )
        return [Reply(text, (row,))]

    async def _privacy(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del visitor, argument
        return [Reply(say(language, "privacy"))]


def _language_buttons(language: str) -> tuple[tuple[Button, ...], ...]:
    named = [Button(phrasebook(code).own_name, f"lang:{code}") for code in LANGUAGES]
    rows = [tuple(named[i : i + 3]) for i in range(0, len(named), 3)]
    return (*rows, (Button(say(language, "language_automatic"), f"lang:{AUTOMATIC}"),))


def _language_named(text: str) -> str | None:
    """The code that a person means by "it", "Italiano", "Italian" or "automatic"; None for no language of ours."""
    wanted = text.casefold()
    for code in LANGUAGES:
        names = {code, phrasebook(code).own_name.casefold()}
        names |= {language_name(code, other).casefold() for other in LANGUAGES}
        if wanted in names or primary(wanted) == code:
            return code
    automatic = {AUTOMATIC, *(say(code, "language_automatic").casefold() for code in LANGUAGES)}
    return AUTOMATIC if wanted in automatic else None
