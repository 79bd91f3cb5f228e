"""The conversation in a terminal: the same commands, texts and answers, drawn by rich."""

import asyncio
import locale
import logging
import os
import re
import select
import signal
import sys
import threading
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from html.parser import HTMLParser
from typing import TextIO, TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from bot.answers.opening import open_answering
from bot.app import open_services
from bot.chat.conversation import Conversation
from bot.chat.features import Visitor
from bot.news.announcer import Announcer
from bot.replies import Button, Channel, ChatAddress, Document, Lane, Reply
from bot.settings import Settings
from bot.state.database import in_one_line
from bot.texts import say

log = logging.getLogger(__name__)

T = TypeVar("T")

CHAT = ChatAddress(Channel.TERMINAL, "terminal")
SHORT_FILE = 50_000
"""Bytes of a file of text that a terminal shows."""
PATIENCE = 1.0
"""Seconds that a goodbye waits for the database."""
_NUMBER = re.compile(r"[0-9]{1,3}")
"""What can only be meant as that of a button: a year has four digits."""
_STYLES = {"b": "bold", "i": "italic", "code": "cyan", "a": "underline", "blockquote": "dim"}


class _Drawing(HTMLParser):
    """Turns the tags of a Reply into the styles of a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.text = Text()
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append((tag, dict(attrs).get("href") or ""))

    def handle_endtag(self, tag: str) -> None:
        del tag
        _, address = self._open.pop()
        if address and not self.text.plain.endswith(address):
            self.text.append(f" ({address})", style="dim")

    def handle_data(self, data: str) -> None:
        self.text.append(data, style=" ".join(_STYLES.get(tag, "") for tag, _ in self._open))


def drawn(html: str) -> Text:
    """A Reply's text with styles; an address behind a link is written after it."""
    drawing = _Drawing()
    drawing.feed(html)
    drawing.close()
    return drawing.text


class TerminalSender:
    """Sender for the one chat of this terminal; remembers the buttons of the last message."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.buttons: tuple[Button, ...] = ()

    async def send(
        self, chat: ChatAddress, reply: Reply, *, reply_to: int | None = None, lane: Lane = Lane.ANSWERS
    ) -> int:
        """See Sender; a terminal takes everything, and numbers nothing."""
        del chat, reply_to, lane
        self.show([reply])
        return 0

    async def edit(self, chat: ChatAddress, message_id: int, reply: Reply, *, lane: Lane = Lane.ANSWERS) -> bool:
        """See Sender; what was printed stays, and what it should say now is printed below."""
        del chat, message_id, lane
        self.show([reply])
        return True

    def show(self, replies: Sequence[Reply]) -> None:
        """Print messages and number the buttons of the last; where it asks for a place, that has to be typed."""
        for reply in replies:
            shows_aids = self._console.is_terminal  # a program that counts lines has no use for them
            self.buttons = tuple(button for row in reply.buttons for button in row if shows_aids or not button.aid)
            self._print(drawn(reply.html))
            for document in reply.documents:
                self._print(Text.assemble((document.name, "bold"), _content(document)))
            for number, button in enumerate(self.buttons, start=1):
                self._console.print(Text.assemble((f"  [{number}] ", "bold green"), button.label))
            self._console.print()

    def _print(self, text: Text) -> None:
        if self._console.is_terminal:
            self._console.print(Padding(text, (0, 0, 0, 2), expand=False))
        else:  # whoever reads a pipe wants the lines as they are
            self._console.print(text, soft_wrap=True)

    def pressed(self, line: str) -> Button | None:
        """The button that a line consisting of its number means."""
        numbers = {str(number): button for number, button in enumerate(self.buttons, start=1)}
        return numbers.get(line)


def _content(document: Document) -> str:
    """What a terminal shows after a file's name: all of a short text, else how large it is. Nothing is written."""
    if len(document.content) <= SHORT_FILE and not document.picture:
        with suppress(UnicodeDecodeError):
            return f":\n{document.content.decode().rstrip()}"
    return f" ({len(document.content):,} B)"


class LoopThread:
    """An event loop of its own, so that Ctrl-C reaches the reading of a line at once."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="conversation", daemon=True)
        self._thread.start()

    def wait_for(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def reported_language() -> str | None:
    """What the system's locale says the person speaks."""
    return locale.getlocale()[0]


async def reply_to(conversation: Conversation, sender: TerminalSender, visitor: Visitor, line: str) -> list[Reply]:
    """One line of a person: a command, the number of a button, or a question."""
    text = line.strip()
    if text.startswith("/"):
        name, _, argument = text[1:].partition(" ")
        return await conversation.command(visitor, name.partition("@")[0], argument)
    button = sender.pressed(text)
    if button is not None:
        return await conversation.press(visitor, button.data)
    if _NUMBER.fullmatch(text):  # unless it is what somebody was asked for, such as "0" for no quiet hours
        taken = await conversation.taken(visitor, line)
        return [_no_button(text, sender.buttons, await conversation.language_of(visitor))] if taken is None else taken
    return await conversation.message(visitor, line)


def _no_button(number: str, buttons: Sequence[Button], language: str) -> Reply:
    """Which numbers there are, for one that is none of them; with the buttons, for those of the last message count."""
    if not buttons:
        return Reply(say(language, "terminal_no_buttons", number=number))
    said = say(language, "terminal_no_button", number=number, count=len(buttons))
    return Reply(said, tuple((button,) for button in buttons))


def converse(
    conversation: Conversation,
    announcer: Announcer,
    sender: TerminalSender,
    console: Console,
    loop: "LoopThread",
    source: TextIO | None = None,
) -> None:
    """Talk until the input ends. On a terminal, news is shown as it comes; from a pipe, before each answer."""
    source = source or sys.stdin
    visitor = Visitor(CHAT, reported_language())
    interactive = source.isatty()
    stop = asyncio.Event()
    news = asyncio.run_coroutine_threadsafe(announcer.run(stop), loop.loop) if interactive else None
    try:
        if interactive:
            sender.show(loop.wait_for(conversation.command(visitor, "start")))
        while True:
            if not interactive:
                _unless_the_database_fails(loop, announcer.deliver_due())
            line = _typed(console, source) if interactive else source.readline()
            if not interactive and not line:
                break
            if interactive and not line.strip():
                continue
            replies = _unless_the_database_fails(loop, reply_to(conversation, sender, visitor, line))
            sender.show(loop.wait_for(conversation.trouble(visitor)) if replies is None else replies)
    except (EOFError, KeyboardInterrupt):
        console.print()
        console.print(say(loop.wait_for(language_of_farewell(conversation, visitor)), "terminal_bye"))
    finally:
        if news is not None:
            loop.loop.call_soon_threadsafe(stop.set)
            news.result()


def _typed(console: Console, source: TextIO) -> str:
    """One line typed at the prompt. Raises EOFError or KeyboardInterrupt, whatever moment the key is pressed at."""
    console.print("[bold]> [/bold]", end="")
    _wait_until_typed(source)
    return input()


def _wait_until_typed(source: TextIO) -> None:
    """Wait for a line or a signal, together.

    A read alone would sleep through a Ctrl-C that comes just before it begins, until the next line is typed.
    """
    heard, hears = os.pipe()
    os.set_blocking(hears, False)
    former = signal.set_wakeup_fd(hears, warn_on_full_buffer=False)
    try:
        # What is no file, and any file on Windows, cannot be waited for: there the read has to do.
        with suppress(OSError, ValueError):
            select.select([source.fileno(), heard], [], [])
    finally:
        signal.set_wakeup_fd(former)
        os.close(hears)
        os.close(heard)


def _unless_the_database_fails(loop: "LoopThread", work: Awaitable[T]) -> T | None:
    """What the work gives; None, and a line in the log, where the database failed."""
    try:
        return loop.wait_for(work)
    except SQLAlchemyError as error:
        log.error("the database failed: %s", in_one_line(error))  # noqa: TRY400  (the line says all there is to know)
        return None


async def language_of_farewell(conversation: Conversation, visitor: Visitor) -> str:
    """The conversation's; where its database has failed or takes long, as far as it is known without."""
    try:
        return await asyncio.wait_for(conversation.language_of(visitor), PATIENCE)
    except (SQLAlchemyError, TimeoutError):
        return conversation.language_at_hand(visitor)


def run_terminal(settings: Settings, console: Console) -> None:
    """Talk in this terminal until the person leaves."""
    answering = open_answering(settings)
    loop = LoopThread()
    opened = open_services(answering)
    try:
        services = loop.wait_for(opened.__aenter__())
        try:
            sender = TerminalSender(console)
            converse(services.conversation, services.announcer(sender, Channel.TERMINAL), sender, console, loop)
        finally:
            loop.wait_for(opened.__aexit__(None, None, None))
    finally:
        loop.close()
