"""The conversation in a terminal: how it looks, how buttons are pressed, how it ends."""

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console
from sqlalchemy.exc import OperationalError

from bot.answers.opening import Answering
from bot.chat.conversation import Conversation
from bot.chat.features import Visitor
from bot.chat.subscribing import subscriber_features
from bot.news.announcer import Announcer
from bot.news.arrivals import FOLDER
from bot.news.message import Message
from bot.news.openings import news_of
from bot.replies import Button, Channel, Document, Reply
from bot.state.database import Engines
from bot.state.deliveries import Parcel
from bot.state.migrating import migrate
from bot.state.outbox import Outbox
from bot.state.subscriptions import Subscriptions
from bot.terminal import CHAT, SHORT_FILE, LoopThread, TerminalSender, converse, drawn, reported_language
from bot.texts import say
from tests.vaults import VAULT

SHIPPED = "2025-09-24-xiaomi-cars-abroad"
BUTTONS = ((Button("One?", "q:1"), Button("Two?", "q:2")), (Button("[bold]Three?[/bold]", "q:3"),))


class Keyboard(io.StringIO):
    """An input that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def console_on(file: io.StringIO) -> Console:
    """A console that draws into a text, without colours and without breaking lines."""
    return Console(file=file, highlight=False, soft_wrap=True)


def screen() -> tuple[TerminalSender, io.StringIO]:
    """A sender, and what it shows."""
    file = io.StringIO()
    return TerminalSender(console_on(file)), file


def test_tags_become_styles() -> None:
    """What Telegram shows in bold is bold here; entities are characters, and an unknown tag is only its text."""
    text = drawn("<b>2027</b> &amp; <i>later</i>\n<blockquote expandable>quoted</blockquote><code>/ask</code><u>x</u>")
    assert text.plain == "2027 & later\nquoted/askx"
    assert [(text.plain[span.start : span.end], str(span.style)) for span in text.spans] == [
        ("2027", "bold"),
        ("later", "italic"),
        ("quoted", "dim"),
        ("/ask", "cyan"),
    ]


def test_nested_tags() -> None:
    """Styles add up, and end where their tag ends."""
    text = drawn('<i>Source: <a href="https://a.example/?x=1&amp;y">T</a>. S</i> end')
    assert text.plain == "Source: T (https://a.example/?x=1&y). S end"
    styles = {text.plain[span.start : span.end]: set(str(span.style).split()) for span in text.spans}
    assert styles["T"] == {"italic", "underline"}
    assert styles[". S"] == {"italic"}


def test_an_address_is_not_written_twice() -> None:
    """A link whose text is its address stands for itself."""
    assert drawn('<a href="https://a.example/">https://a.example/</a>').plain == "https://a.example/"


def test_what_is_shown_is_never_markup() -> None:
    """Brackets in a message or on a button are shown as they are."""
    sender, file = screen()
    sender.show([Reply("[bold]x[/bold] [/] :smile:", BUTTONS)])
    assert file.getvalue() == "[bold]x[/bold] [/] :smile:\n  [1] One?\n  [2] Two?\n  [3] [bold]Three?[/bold]\n\n"


def test_a_number_presses_its_button() -> None:
    """The buttons are numbered through all rows; another number presses none."""
    sender, _ = screen()
    sender.show([Reply("choose", BUTTONS)])
    assert [sender.pressed(str(n)) for n in (1, 2, 3)] == [button for row in BUTTONS for button in row]
    for line in ("0", "4", "-1", "", "one", "1.0", "²", "１", "9" * 5000):
        assert sender.pressed(line) is None


def test_only_the_last_message_has_buttons() -> None:
    """A number means a button of the message that was shown last."""
    sender, _ = screen()
    sender.show([Reply("choose", BUTTONS), Reply("done")])
    assert sender.pressed("1") is None


def test_aids_are_for_people_alone() -> None:
    """Where a program reads along, the buttons under an answer are neither listed nor meant by a number."""
    reply = Reply("2027", ((Button("More context", "more:en:1", aid=True), Button("Two?", "q:2")),))
    sender, file = screen()
    sender.show([reply])
    assert file.getvalue() == "2027\n  [1] Two?\n\n"
    assert sender.pressed("1") == Button("Two?", "q:2")
    drawn_on = io.StringIO()
    sender = TerminalSender(Console(file=drawn_on, force_terminal=True, color_system=None, highlight=False))
    sender.show([reply])
    assert "[1] More context" in drawn_on.getvalue()
    assert sender.pressed("1") == reply.buttons[0][0]


def test_a_short_text_is_shown_whole() -> None:
    """A file of text stands below its message, name first; nothing is written to a disk."""
    sender, file = screen()
    sender.show([Reply("All that is kept:", documents=(Document("mydata.json", b'{"zone": "[b]"}\n'),))])
    assert file.getvalue() == 'All that is kept:\nmydata.json:\n{"zone": "[b]"}\n\n'


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (Document("stats.png", b"PNG", picture=True), "stats.png (3 B)"),
        (Document("data.bin", b"\xff\xfe\xfd"), "data.bin (3 B)"),
        (Document("long.txt", b"x" * (SHORT_FILE + 1)), "long.txt (50,001 B)"),
    ],
    ids=["picture", "no text", "long"],
)
def test_what_a_terminal_cannot_show_is_named(document: Document, line: str) -> None:
    """Of pictures, and of what is no short text, the name and the size are shown."""
    sender, file = screen()
    sender.show([Reply("Here:", documents=(document,))])
    assert file.getvalue() == f"Here:\n{line}\n\n"


@dataclass
class Room:
    """A whole terminal conversation: what it is made of, and what is on the screen."""

    conversation: Conversation
    announcer: Announcer
    sender: TerminalSender
    console: Console
    loop: LoopThread
    subscriptions: Subscriptions
    outbox: Outbox
    file: io.StringIO

    def talk(self, text: str) -> str:
        """Pipe some lines through the conversation."""
        return self._talk(io.StringIO(text))

    def type(self) -> str:
        """Sit at the keyboard; what is typed comes from `input`."""
        return self._talk(Keyboard())

    def _talk(self, source: io.StringIO) -> str:
        self.file.truncate(0)
        self.file.seek(0)
        converse(self.conversation, self.announcer, self.sender, self.console, self.loop, source)
        return self.file.getvalue()


@pytest.fixture
def room(answering: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """The shipped announcement, the real model, a database of the test's own, a system that speaks Italian."""
    monkeypatch.setattr("bot.terminal.reported_language", lambda: "it_IT")
    file = io.StringIO()
    console = console_on(file)
    sender, loop = TerminalSender(console), LoopThread()
    url = f"sqlite+aiosqlite:///{tmp_path / 'annuncio.db'}"
    loop.wait_for(migrate(url, VAULT))
    engines = Engines(url)
    subscriptions, outbox = Subscriptions(engines, VAULT), Outbox(engines, VAULT)

    async def compose(parcel: Parcel) -> Message:
        article = answering.catalogue.current().articles[parcel.deliveries[0].article]
        return Message(Reply(news_of(article, parcel.language or "en", ()).told))

    with ThreadPoolExecutor(1) as threads:
        library = answering.catalogue.current
        conversation = Conversation(
            answering.catalogue,
            answering.answerer,
            answering.samples,
            subscriptions,
            threads,
            "en",
            features=subscriber_features(subscriptions, library, lambda _words, _language: (), threads),
        )
        announcer = Announcer(outbox, sender, compose, Channel.TERMINAL, tmp_path / FOLDER)
        yield Room(conversation, announcer, sender, console, loop, subscriptions, outbox, file)
        loop.wait_for(engines.close())
    loop.close()


def typing(*lines: str, end: type[BaseException]) -> Callable[[], str]:
    """A person who types these lines, and then leaves so."""
    left = iter(lines)

    def type_one() -> str:
        for line in left:
            return line
        raise end

    return type_one


async def broken(*_: object) -> NoReturn:
    """In the place of what asks the database."""
    raise OperationalError("SELECT", {}, Exception("disk I/O error"))


def test_a_pipe_is_answered_line_by_line(room: Room) -> None:
    """Each line gets its answer, in order, and the conversation ends with the input, without a farewell."""
    shown = room.talk("When do Xiaomi cars reach Europe?\n/privacy\ngrazie")
    year, privacy, thanks = (
        shown.find("2027"),
        shown.find("What is kept about you"),
        shown.find(say("it", "smalltalk_thanks")),
    )
    assert 0 <= year < privacy < thanks
    assert "\x1b" not in shown
    assert say("it", "terminal_bye") not in shown


def test_an_empty_pipe(room: Room) -> None:
    """Without any input nothing is said."""
    assert room.talk("") == ""


def test_a_blank_line_in_a_pipe_has_its_answer(room: Room) -> None:
    """Whoever counts answers by lines gets one for a blank line as well."""
    assert room.talk("\n").strip() == say("it", "empty_question")


@pytest.mark.parametrize(
    ("line", "key"),
    [("/subscribe", "subscribed"), ("/SUBSCRIBE@annuncio", "subscribed"), ("  /language it  ", "language_set")],
)
def test_commands_work_as_on_telegram(room: Room, line: str, key: str) -> None:
    """Commands have the same names and the same texts here."""
    assert room.talk(line).strip().split("\n\n")[0] == say("it", key)


def test_an_unknown_command(room: Room) -> None:
    """Also a mere slash is only an unknown command."""
    assert "/quit" in room.talk("/quit")
    assert room.talk("/").strip() == say("it", "unknown_command", command="/")


def test_a_number_asks(room: Room) -> None:
    """A number asks the question next to it, and shows which one that was."""
    first = room.talk("ciao")
    question = first.partition("[1] ")[2].partition("\n")[0]
    second = room.talk("1")
    assert second.startswith(f"{question}\n\n")
    assert "2027" in second


def test_a_number_without_a_button(room: Room) -> None:
    """Is no question: it is said which numbers there are, and those press what they did before."""
    assert room.talk("99").strip() == say("it", "terminal_no_buttons", number=99)
    question = room.talk("ciao").partition("[1] ")[2].partition("\n")[0]
    shown = room.talk("99")
    assert shown.startswith(f"{say('it', 'terminal_no_button', number=99, count=2)}\n  [1] {question}\n")
    assert room.talk("1").startswith(f"{question}\n\n")


def test_a_number_that_was_asked_for(room: Room) -> None:
    """A number that answers what somebody was asked for is taken as that."""
    room.talk("/subscribe")
    room.loop.wait_for(room.conversation.press(Visitor(CHAT, "it_IT"), "set:q:ask"))
    assert say("it", "quiet_none") in room.talk("0")


def test_news_comes_before_the_next_answer(room: Room) -> None:
    """A subscriber at a pipe hears of an article once, before the next answer."""
    room.talk("/subscribe")
    assert room.loop.wait_for(room.outbox.announce(SHIPPED)) == 1
    assert "📣 Xiaomi porterà" in room.talk("/privacy")
    assert "📣" not in room.talk("/privacy")


def test_at_the_keyboard(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the bot says hello, answers, lets an empty line pass, and says goodbye after Ctrl-D."""
    monkeypatch.setattr("builtins.input", typing("", "   ", "/privacy", end=EOFError))
    shown = room.type()
    assert shown.startswith("Ciao! Rispondo alle domande su questo annuncio:")
    assert say("it", "empty_question") not in shown
    assert shown.count("Che cosa viene conservato di te") == 1
    assert shown.rstrip().endswith(say("it", "terminal_bye"))


def test_goodbye_is_said_as_everything_else(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the language that was chosen; where the database has failed by then, in the system's."""
    monkeypatch.setattr("builtins.input", typing("/language de", end=EOFError))
    assert room.type().rstrip().endswith(say("de", "terminal_bye"))

    def leave_without_a_database() -> NoReturn:
        monkeypatch.setattr(room.subscriptions, "language_of", broken)
        raise EOFError

    monkeypatch.setattr("builtins.input", leave_without_a_database)
    assert room.type().rstrip().endswith(say("it", "terminal_bye"))


def test_ctrl_c_leaves_cleanly(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C says goodbye, too, and leaves nothing running."""
    monkeypatch.setattr("builtins.input", typing(end=KeyboardInterrupt))
    assert room.type().rstrip().endswith(say("it", "terminal_bye"))


def test_news_at_the_keyboard(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal news is shown as it comes, without anything being typed."""
    room.talk("/subscribe")
    room.loop.wait_for(room.outbox.announce(SHIPPED))
    write, told = room.file.write, threading.Event()

    def noted(text: str) -> int:
        written = write(text)
        if "📣" in text:
            told.set()
        return written

    def leave_once_it_is_there() -> NoReturn:
        assert told.wait(60), room.file.getvalue()
        raise EOFError

    monkeypatch.setattr(room.file, "write", noted)
    monkeypatch.setattr("builtins.input", leave_once_it_is_there)
    assert room.type().count("📣 Xiaomi porterà") == 1


def test_a_database_that_fails(room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """When the database fails, the person hears so, the operator gets a line, and the conversation goes on."""
    with monkeypatch.context() as patched:
        patched.setattr(room.subscriptions, "language_of", broken)
        assert room.talk("ciao").strip() == say("it", "busy")
    assert caplog.messages == ["the database failed: disk I/O error"]
    with monkeypatch.context() as patched:
        patched.setattr(room.outbox, "take", broken)
        assert room.talk("/privacy").strip().startswith("Che cosa viene conservato di te")
    assert room.talk("/privacy").strip().startswith("Che cosa viene conservato di te")


def test_the_system_says_what_the_person_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The language comes from the locale, and may be unknown."""
    monkeypatch.setattr("locale.getlocale", lambda: ("de_AT", "UTF-8"))
    assert reported_language() == "de_AT"
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert reported_language() is None


async def test_the_sender_takes_everything() -> None:
    """A terminal is one chat, and never refuses."""
    sender, file = screen()
    await sender.send(CHAT, Reply("<b>news</b>", BUTTONS))
    assert file.getvalue().startswith("news\n  [1] One?\n")
