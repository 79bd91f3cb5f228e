"""The conversation, the same on every channel: commands, questions and buttons in, replies out.

Answering is the one piece of work here that takes a core's time; it crosses to a thread, so that a slow question
delays nobody else.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import TypeVar

from bot.answers.answering import LONGEST_QUESTION, Answer, Answerer, Asker, Refusal, Status
from bot.answers.catalogue import Catalogue
from bot.answers.language import primary
from bot.answers.library import reading_edition
from bot.answers.samples import Samples
from bot.chat.aids import CONTEXT, OTHER, aid, answer_buttons
from bot.chat.choosing import AUTOMATIC, language_buttons, language_named
from bot.chat.composing import (
    ASK,
    compose,
    old_button,
    one_line,
    question_buttons,
    typed_here,
    understood,
)
from bot.chat.features import Command, Feature, Place, Visitor
from bot.chat.inquiry import Inquiry, ended, inquiry
from bot.chat.links import data_of
from bot.chat.memory import LastQuestion, Memory
from bot.chat.privacy import Privacy
from bot.clock import utc_now
from bot.replies import Document, Reply
from bot.settings import LANGUAGES
from bot.state.subscriptions import Subscriptions
from bot.texts import day, phrasebook, say, say_html
from bot.threads import in_thread

T = TypeVar("T")

COMMANDS = (
    "start",
    "help",
    "ask",
    "latest",
    "subscribe",
    "unsubscribe",
    "language",
    "settings",
    "privacy",
    "mydata",
    "forget",
)
"""In the order of the menu."""
_BUTTONS = frozenset({"q", "lang", "do", CONTEXT, OTHER})


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
        now: Callable[[], datetime] = utc_now,
        features: Sequence[Feature] = (),
        contact: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._answerer = answerer
        self._samples = samples
        self._subscriptions = subscriptions
        self._threads = threads
        self._language = language
        self._memory = Memory(now)
        held = (self._memory, *(feature.holds for feature in features if feature.holds is not None))
        self._features = (*features, Privacy(subscriptions, held, contact, now).feature)
        self.presses: Counter[str] = Counter()
        """How often each kind of button was pressed since the start, by what its data begins with: no chat, no text."""
        self._commands: dict[str, Command] = {
            "start": self._start,
            "help": self._help,
            "ask": self._ask,
            "language": self._choose_language,
        }
        self._admits: dict[str, Callable[[Visitor], bool]] = {}
        for feature in self._features:
            self._commands.update(feature.commands)
            if feature.admits is not None:
                self._admits |= dict.fromkeys(feature.commands, feature.admits)
        self._presses = {kind: press for feature in self._features for kind, press in feature.presses.items()}

    async def message(self, visitor: Visitor, text: str) -> list[Reply]:
        """Free text: a question, what follows up the last one, or small talk."""
        asker = await self._asker(visitor)
        if not text.strip():
            return [Reply(say(self._spoken(asker), "empty_question"))]
        replies = await self._taken(visitor, asker, text)
        return await self._question(visitor, asker, text) if replies is None else replies

    async def taken(self, visitor: Visitor, text: str) -> list[Reply] | None:
        """What is said to a message that somebody was asked for; None for one that nothing waits for."""
        return await self._taken(visitor, await self._asker(visitor), text)

    async def language_of(self, visitor: Visitor) -> str:
        """What this visitor is spoken to in, where no question is answered."""
        return self._spoken(await self._asker(visitor))

    def language_at_hand(self, visitor: Visitor) -> str:
        """As `language_of`, where the database may have failed: what was chosen is not known then."""
        earlier = self._memory.language_of(visitor.chat)
        return self._spoken(Asker(earlier=earlier, reported=visitor.reported))

    async def _taken(self, visitor: Visitor, asker: Asker, text: str) -> list[Reply] | None:
        for feature in self._features:
            if feature.typed is not None:
                replies = await feature.typed(visitor, self._spoken(asker), text)
                if replies is not None:
                    return replies
        return None

    async def _question(self, visitor: Visitor, asker: Asker, text: str) -> list[Reply]:
        """A question, or what follows up the last one; whatever else was waited for."""
        asked = inquiry(text, self._memory.question_of(visitor.chat))
        reply = await self._replied(visitor, asker, asked)
        if asked.leaning:
            return [understood(reply, asked.question)]
        if len(text.strip()) > LONGEST_QUESTION:
            language = self._memory.language_of(visitor.chat) or self._spoken(asker)
            return [Reply(say(language, "too_long", count=LONGEST_QUESTION)), reply]
        return [reply]

    async def _replied(self, visitor: Visitor, asker: Asker, asked: Inquiry) -> Reply:
        """The reply to a question, which is remembered; of the articles, one that the visitor chose is asked first."""
        chat = visitor.chat
        chosen = (feature.about(visitor) for feature in self._features if feature.about)
        asked = replace(asked, article=next(filter(None, chosen), asked.article))
        outcome, worded = await self._in_thread(ended, asked, self._answerer, asker)
        self._memory.heard(chat, outcome.language)
        if outcome.evidence:
            self._memory.asked(chat, LastQuestion(outcome.question, worded, asked.article))
        needs_samples = isinstance(outcome, Refusal) and outcome.status is not Status.NOT_STATED
        reply = compose(outcome, await self._offered(outcome.language) if needs_samples else ())
        if isinstance(outcome, Answer):
            reply = replace(reply, buttons=answer_buttons(outcome))
        for feature in self._features:
            if feature.answered is not None:
                reply = await feature.answered(visitor, outcome, reply)
        return reply

    async def command(self, visitor: Visitor, name: str, argument: str = "") -> list[Reply]:
        """A command without its slash, and what was typed after it."""
        language = await self.language_of(visitor)
        handler = self._commands.get(name.lower())
        if handler is None or not self.knows(name, visitor):
            return [Reply(say(language, "unknown_command", command=one_line(f"/{name}")))]
        return await handler(visitor, language, argument.strip())

    def knows(self, name: str, visitor: Visitor | None = None) -> bool:
        """Whether there is a command of this name for this visitor, or for everybody."""
        admits = self._admits.get(name.lower())
        return name.lower() in self._commands and (admits is None or (visitor is not None and admits(visitor)))

    async def press(self, visitor: Visitor, data: str) -> list[Reply]:
        """A button, by its data; one that means nothing any more says so."""
        kind, _, value = data.partition(":")
        asker = await self._asker(visitor)
        language = self._spoken(asker)
        if kind in _BUTTONS:
            self.presses[kind] += 1
            for pressed in filter(None, (feature.pressed for feature in self._features)):
                await pressed(kind)
        if kind == "q":
            question = (await self._in_thread(self._samples)).question(value)
            if question is not None:
                asked = Reply(f"<b>{escape(question, quote=False)}</b>")
                return [asked, await self._replied(visitor, asker, Inquiry(question))]
        elif kind in {CONTEXT, OTHER}:
            reply = await self._in_thread(lambda: aid(self._catalogue.current(), data))
            if reply is not None:
                return [reply]
        elif kind == "lang" and value in {*LANGUAGES, AUTOMATIC}:
            replies = await self._choose_language(visitor, language, value)
            return [replace(reply, alert=not visitor.in_charge) for reply in replies]
        elif kind == "do" and value in COMMANDS:
            return await self.command(visitor, value)
        elif kind in self._presses:
            self.presses[kind] += 1
            return await self._presses[kind](visitor, language, value)
        return [old_button(visitor, language)]

    async def sent(self, visitor: Visitor, what: Place | Document | None) -> list[Reply]:
        """To a location, a file (None where it is nothing that could be read), voice, pictures, stickers and so on."""
        language = await self.language_of(visitor)
        for feature in self._features:
            if feature.sent is not None and what is not None:
                replies = await feature.sent(visitor, language, what)
                if replies is not None:
                    return replies
        return [Reply(say(language, "text_only"))]

    async def trouble(self, visitor: Visitor) -> list[Reply]:
        """When something of ours failed; asks nothing of what may have failed."""
        return [Reply(say(self.language_at_hand(visitor), "busy"))]

    async def late(self, visitor: Visitor) -> Reply:
        """Once the channel takes something again, in the place of an answer that it would not take."""
        return Reply(say(await self.language_of(visitor), "answer_lost"))

    async def _asker(self, visitor: Visitor) -> Asker:
        known = await self._subscriptions.language_of(visitor.chat)
        return Asker(known.chosen, self._memory.language_of(visitor.chat) or known.last, visitor.reported)

    def _spoken(self, asker: Asker) -> str:
        """The language for texts that answer no question."""
        reported = primary(asker.reported)
        for language in (asker.chosen, asker.earlier, reported):
            if language in LANGUAGES:
                return language
        return self._language

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        return await in_thread(self._threads, work, *args)

    async def _offered(self, language: str) -> tuple[str, ...]:
        return (await self._in_thread(self._samples)).in_language(language)

    async def _start(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        pressed = data_of(argument)
        if pressed is not None:
            return await self.press(visitor, pressed)
        if argument in {"subscribe", "latest"}:
            return await self.command(visitor, argument)
        articles = (await self._in_thread(self._catalogue.current)).newest_first
        if not articles:
            return [Reply(say(language, "welcome_empty"))]
        edition = reading_edition(articles[0], language)
        welcome = say(language, "welcome", title=one_line(edition.title), date=day(language, edition.published))
        more = say(language, "welcome_subscribe")
        reply = Reply(f"{welcome}\n\n{more}", question_buttons((await self._offered(language))[:3]))
        return [typed_here(visitor, language, reply, ASK)]

    async def _help(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        del argument
        described = phrasebook(language).commands
        lines = "\n".join(f"/{name} – {escape(described[name], quote=False)}" for name in COMMANDS)
        return [typed_here(visitor, language, Reply(say_html(language, "help", commands=lines)), ASK)]

    async def _ask(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        if argument:
            return await self._question(visitor, await self._asker(visitor), argument)
        offered = await self._offered(language)
        if not offered:
            return [Reply(say(language, "ask_usage_bare"))]
        return [Reply(say(language, "ask_usage", example=one_line(offered[0])))]

    async def _choose_language(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        if not argument:
            return [Reply(say(language, "language_choose"), language_buttons(language))]
        if not visitor.in_charge:
            return [Reply(say(language, "in_charge"))]
        chosen = language_named(argument)
        if chosen is None:
            return [Reply(say(language, "language_unknown", language=one_line(argument)), language_buttons(language))]
        if chosen == AUTOMATIC:
            await self._subscriptions.choose_language(visitor.chat, None)
            return [Reply(say(language, "language_set_automatic"))]
        await self._subscriptions.choose_language(visitor.chat, chosen)
        return [Reply(say(chosen, "language_set"))]
