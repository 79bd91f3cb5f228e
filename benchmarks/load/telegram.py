"""The Bot API server of the tests in a process of its own: the benchmark's handle, and what runs at its far end."""

import itertools
import multiprocessing
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from benchmarks.load.crowd import FIRST_ASKER, GROWN, Ledger, ended, in_the_air, ledger, subscriber_of, subscribers
from benchmarks.load.traffic import Traffic
from tests.bot_api import BotApiServer, Breach, Chat, ChatKind, ChatState, Limits
from tests.bot_api.faults import Fault, Shower

ANSWER_SECONDS = 60.0
"""How long the last questions are given to be answered."""
HANGS = 180.0
"""Seconds after which a far end that says nothing has failed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a message got."""

    taken: int  # messages to subscribers so far
    in_flight: int  # requests to subscribers that are open now


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds from each question to the first message that came of it, and the questions that nothing came of."""

    seconds: tuple[float, ...]
    unanswered: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the server saw."""

    ledger: Ledger
    breaches: tuple[Breach, ...]
    busiest: int  # messages and edits within the busiest second
    messages: int  # messages and edits between the first and the last message to a subscriber
    seconds: float  # between these two
    faults: dict[str, int]  # requests that met each
    in_the_air: tuple[int, ...] = ()  # at each of the kills that were asked about
    silences: tuple[float, ...] = ()  # seconds from each restart to the next message to a subscriber


class Telegram:
    """The handle: starts the process, asks it things, and ends it by itself."""

    def __init__(self, token: str, count: int, limits: Limits) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._here, there = spawning.Pipe()
        self._process = spawning.Process(target=_serve, args=(there, token, count, limits), name="telegram")
        self.base_url = ""

    def __enter__(self) -> Self:
        self._process.start()
        self.base_url = self._ask("base_url")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()  # which the far end takes for the end
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def progress(self) -> Progress:
        """How far the message got by now."""
        got: Progress = self._ask("progress")
        return got

    def start_asking(self, questions: Sequence[str], every: float) -> None:
        """Let somebody new ask one of these every so many seconds, whether or not the last one was answered."""
        self._ask("start_asking", tuple(questions), every)

    def stop_asking(self) -> Answers:
        """Ask no more; how long each answer took."""
        got: Answers = self._ask("stop_asking")
        return got

    def asked(self) -> int:
        """How many questions were asked since asking was started."""
        got: int = self._ask("asked")
        return got

    def start_traffic(self, questions: Sequence[str], every: float, seed: int) -> None:
        """Let people do something every so many seconds."""
        self._ask("start_traffic", tuple(questions), every, seed)

    def stop_traffic(self) -> dict[str, int]:
        """Let them do no more; what they did."""
        got: dict[str, int] = self._ask("stop_traffic")
        return got

    def rain(self, *showers: Shower) -> None:
        """Let faults fall at random."""
        self._ask("rain", *showers)

    def fail_next(self, method: str, fault: Fault) -> None:
        """Let the next request of a method fail."""
        self._ask("fail_next", method, fault)

    def grow(self) -> None:
        """Every group becomes a supergroup, and the bot hears of it only when it writes to the old number."""
        self._ask("grow")

    def heal(self) -> None:
        """Let every request pass again."""
        self._ask("heal")

    def report(self, kills: Sequence[tuple[float, float]] = ()) -> Report:
        """All that was seen so far, also at these kills: when the bot was dead, when the next listened (monotonic)."""
        got: Report = self._ask("report", tuple(kills))
        return got

    def _ask(self, name: str, *arguments: object) -> Any:
        self._here.send((name, arguments))
        if not self._here.poll(HANGS):
            raise RuntimeError(f"the Bot API server says nothing to {name!r}")
        answer = self._here.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class _FarEnd:
    """What the handle asks for, each by its name."""

    def __init__(self, server: BotApiServer, count: int) -> None:
        self._server = server
        self._chats = subscribers(count)
        self._askers = itertools.count(FIRST_ASKER)
        self._asked: list[tuple[Chat, float]] = []
        self._asking: threading.Thread | None = None
        self._enough = threading.Event()
        self._traffic: Traffic | None = None
        self._counted = self._taken = 0
        for chat_id in self._chats:
            server.chat(chat_id, kind="private" if chat_id > 0 else "group", language_code="en")

    def base_url(self) -> str:
        return self._server.base_url

    def progress(self) -> Progress:
        world = self._server.world
        with world.changed:
            new = world.history[self._counted :]
            self._counted = len(world.history)
            in_flight = world.open_to_chats
        self._taken += sum(subscriber_of(sent.chat_id) is not None and not sent.version for sent in new)
        return Progress(self._taken, in_flight)

    def start_asking(self, questions: Sequence[str], every: float) -> None:
        self._asked = []
        self._enough.clear()
        self._asking = threading.Thread(target=self._ask_on, args=(questions, every), daemon=True)
        self._asking.start()

    def asked(self) -> int:
        return len(self._asked)

    def stop_asking(self) -> Answers:
        self._enough.set()
        if self._asking is not None:
            self._asking.join()
        deadline = time.monotonic() + ANSWER_SECONDS
        while any(not chat.messages for chat, _ in self._asked) and time.monotonic() < deadline:
            time.sleep(0.05)
        with self._server.world.changed:
            gone = ended(self._server.world.calls)
        told = [(chat.history, at) for chat, at in self._asked if chat.history or chat.chat_id not in gone]
        seconds = tuple(history[0].at - at for history, at in told if history)
        return Answers(seconds, len(told) - len(seconds))

    def start_traffic(self, questions: Sequence[str], every: float, seed: int) -> None:
        self._traffic = Traffic(self._server, questions, every, seed)
        self._traffic.start()

    def stop_traffic(self) -> dict[str, int]:
        return dict(self._traffic.stop()) if self._traffic is not None else {}

    def rain(self, *showers: Shower) -> None:
        self._server.rain(*showers)

    def fail_next(self, method: str, fault: Fault) -> None:
        self._server.fail_next(method, fault)

    def grow(self) -> None:
        for chat_id in self._chats:
            room = self._server.world.rooms[chat_id]
            if room.kind is ChatKind.GROUP:
                self._server.chat(chat_id + GROWN, kind="supergroup")
                with self._server.world.changed:
                    room.state, room.migrated_to = ChatState.MIGRATED, chat_id + GROWN

    def heal(self) -> None:
        self._server.heal()

    def report(self, kills: Sequence[tuple[float, float]]) -> Report:
        server = self._server
        with server.world.changed:
            calls, history = tuple(server.world.calls), tuple(server.world.history)
        times = [sent.at for sent in history if subscriber_of(sent.chat_id) is not None and not sent.version]
        first, last = (times[0], times[-1]) if times else (0.0, 0.0)
        faults: dict[str, int] = {}
        for call in calls:
            if call.fault is not None:
                faults[call.fault] = faults.get(call.fault, 0) + 1
        return Report(
            ledger=ledger(self._chats, history, calls),
            breaches=server.breaches,
            busiest=server.busiest(1.0),
            messages=sum(first <= sent.at <= last for sent in history),
            seconds=last - first,
            faults=faults,
            in_the_air=tuple(sum(in_the_air(call, dead) for call in calls) for dead, _ in kills),
            silences=tuple(next((at - up for at in times if at > up), float("inf")) for _, up in kills),
        )

    def _ask_on(self, questions: Sequence[str], every: float) -> None:
        due = time.monotonic()
        for question in itertools.cycle(questions):
            if self._enough.wait(max(due - time.monotonic(), 0)):
                return
            chat = self._server.chat(next(self._askers), language_code="en")
            now = time.monotonic()
            chat.says(question)
            self._asked.append((chat, now))
            due += every


def _serve(connection: Connection, token: str, count: int, limits: Limits) -> None:
    """The process: serve until the handle is closed."""
    with BotApiServer(token, limits=limits) as server:
        far_end = _FarEnd(server, count)
        while True:
            try:
                name, arguments = connection.recv()
            except (EOFError, KeyboardInterrupt):
                return
            try:
                connection.send(getattr(far_end, name)(*arguments))
            except Exception as error:  # noqa: BLE001  # raised again at the near end
                connection.send(error)
