"""The server that a test starts: a Bot API on this machine, and what the test asks of it."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.routing import URLSpec
from tornado.web import Application

from .delivery import Delivery
from .driver import Chat
from .endpoint import Download, Endpoint, NotFound
from .faults import Fault, Faults, Rule, Shower
from .limits import Limits
from .model import Breach, Call, ChatKind, Json, Press, Sent, User
from .service import METHODS, Method, Service
from .world import Room, World

_GROUP_USER = 900_000_001
_START = 10.0  # seconds that the server may take to open or close


class BotApiServer:
    """A Bot API server over HTTP, with a thread and a loop of its own.

    With `limits` it watches how fast messages come: what comes too fast is a breach, and gets 429.
    """

    def __init__(
        self,
        token: str = "123:TEST",  # noqa: S107  # a made-up one
        *,
        username: str = "annuncio_bot",
        privacy_mode: bool = True,
        limits: Limits | None = None,
    ) -> None:
        self.token = token
        self.world = World(token, username, privacy_mode=privacy_mode, limits=limits)
        self.port = 0
        self._faults = Faults()
        self._methods: dict[str, Method] = dict(METHODS)
        self._chats: dict[int, Chat] = {}
        self._mistakes: list[BaseException] = []
        self._opened = threading.Event()
        self._close: Callable[[], object] | None = None
        self._thread = threading.Thread(target=self._run, name="bot-api", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._opened.wait(_START):
            raise RuntimeError("the Bot API server did not open")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._close is not None:
            self._close()
        self._thread.join(_START)
        if self._thread.is_alive():
            raise RuntimeError("the Bot API server did not close")
        if kind is None and self._mistakes:
            raise RuntimeError("the Bot API server made a mistake of its own") from self._mistakes[0]

    @property
    def base_url(self) -> str:
        """What TELEGRAM_API_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def chat(
        self,
        chat_id: int,
        *,
        kind: str = "private",
        language_code: str | None = "it",
        first_name: str = "Anna",
        username: str | None = None,
        title: str = "Gruppo",
        forum: bool = False,
    ) -> Chat:
        """A chat that the bot can write to; the same one for the same number."""
        if chat_id not in self._chats:
            of_kind = ChatKind(kind)
            user_id = chat_id if of_kind is ChatKind.PRIVATE else _GROUP_USER
            user = User(user_id, first_name, language_code, username)
            room = Room(chat_id, of_kind, user, title, username, forum)
            with self.world.changed:
                self.world.rooms[chat_id] = room
            self._chats[chat_id] = Chat(self.world, room, self.chat)
        return self._chats[chat_id]

    def push(self, kind: str, payload: Json) -> int | None:
        """Queue an update of any kind; None where the bot did not ask for it."""
        return self.world.push(kind, payload)

    def answer_method(self, name: str, method: Method) -> None:
        """Teach the server a method, or replace one that it knows."""
        self._methods[name] = method

    def fail_next(self, method: str, error: Fault, times: int | None = 1, *, chat_id: int | None = None) -> None:
        """Let the next requests of a method (or faults.ANY) fail; times None: until `heal`."""
        self._faults.add(Rule(method, error, chat_id), times)

    def rain(self, *showers: Shower) -> None:
        """Let faults fall at random, until `heal`; what `fail_next` asks for goes first."""
        self._faults.rain(*showers)

    def heal(self) -> None:
        """Let every request pass again."""
        self._faults.clear()

    def calls(self, method: str, *, chat_id: int | None = None) -> tuple[Call, ...]:
        """The requests of a method so far, in order."""
        with self.world.changed:
            made = tuple(call for call in self.world.calls if call.method.lower() == method.lower())
        return tuple(call for call in made if chat_id in (None, call.chat_id))

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Every version of every message that the bot showed, in order."""
        with self.world.changed:
            return tuple(self.world.history)

    def busiest(self, seconds: float, *, chat_id: int | None = None) -> int:
        """The most new messages that the bot sent within any stretch of so many seconds."""
        times = [one.at for one in self.sent if not one.version and chat_id in (None, one.chat_id)]
        most = first = 0
        for place, at in enumerate(times):
            while at - times[first] > seconds:
                first += 1
            most = max(most, place - first + 1)
        return most

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """The limits of the Bot API that the bot broke."""
        with self.world.changed:
            return tuple(self.world.breaches)

    @property
    def unanswered_callbacks(self) -> tuple[Press, ...]:
        """The presses that the bot never answered."""
        with self.world.changed:
            return self.world.unanswered()

    @property
    def pending_updates(self) -> tuple[Json, ...]:
        """The updates that the bot did not take yet."""
        with self.world.changed:
            return tuple(self.world.updates.pending)

    @property
    def webhook_failures(self) -> tuple[str, ...]:
        """Why updates were given up at the webhook, one for each."""
        with self.world.changed:
            return tuple(self.world.webhook_failures)

    def wait_for_call(
        self,
        method: str,
        wanted: Callable[[Call], bool] | None = None,
        *,
        count: int = 1,
        timeout: float = 20.0,
    ) -> Call:
        """Wait for so many requests of a method; the last of them."""

        def matching() -> list[Call]:
            return [call for call in self.calls(method) if wanted is None or wanted(call)]

        if not self.world.await_that(lambda: len(matching()) >= count, timeout):
            made = sorted({call.method for call in self.world.calls})
            raise AssertionError(f"{len(matching())} calls of {method}, not {count}; there were: {made}")
        return matching()[count - 1]

    def wait_idle(self, *, quiet: float = 0.5, timeout: float = 30.0) -> None:
        """Wait until the bot took every update, no request is open, and nothing stirred for a while."""
        if not self.world.await_that(lambda: self.world.is_idle(quiet), timeout):
            with self.world.changed:
                waiting, flying = len(self.world.updates.pending), self.world.in_flight
            raise AssertionError(f"not idle: {waiting} updates wait, {flying} requests are open")

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        closing = asyncio.Event()
        delivery = Delivery(self.world)
        service = Service(self.world, delivery, self._faults, self._methods)
        self._mistakes = service.mistakes
        routes = [
            URLSpec(r"/bot([^/]+)/([^/]+)", Endpoint, {"service": service}),
            URLSpec(r"/file/bot([^/]+)/(.+)", Download, {"service": service}),
            URLSpec(r".*", NotFound),
        ]
        server = HTTPServer(Application([*routes], log_function=lambda _handler: None))
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self.world.wake = partial(loop.call_soon_threadsafe, delivery.wake)
        self._close = partial(loop.call_soon_threadsafe, closing.set)
        posting = asyncio.create_task(delivery.post_updates())
        self._opened.set()
        await closing.wait()
        self.world.wake = lambda: None
        delivery.stop()
        posting.cancel()
        server.stop()
        await server.close_all_connections()
