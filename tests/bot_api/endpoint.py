"""The HTTP side: `/bot<token>/<method>`, in any of the bodies that Telegram reads."""

import asyncio
import json
import re
from types import TracebackType
from typing import Any

from tornado import web

from .delivery import Ended
from .faults import Cut, Fault
from .model import Attached, Refusal, bad_request
from .params import Params
from .service import Service

_TOKEN = re.compile(r"[0-9]+:[^/]+")


class Endpoint(web.RequestHandler):
    """One request."""

    def initialize(self, service: Service) -> None:
        """Called by tornado with the arguments of the route."""
        self._service = service
        self._poll: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._place: int | None = None  # of the call in the record, while it is open

    async def get(self, token: str, method: str) -> None:
        """Parameters in the query."""
        await self.post(token, method)

    async def post(self, token: str, method: str) -> None:
        """Parameters in the body."""
        name = self._service.name_of(method)
        try:
            if token != self._service.world.token:
                raise Refusal(401, "Unauthorized") if _TOKEN.fullmatch(token) else _not_found()
            params = Params(self._values(), self._files())
        except Refusal as refusal:
            return self._refuse(refusal)
        self._place = self._service.open_call(name or method, params)
        try:
            if name is None:
                return self._refuse(_not_found())
            chat_id = params.integer("chat_id")
            try:
                self._service.check_pace(name, chat_id)
            except Refusal as refusal:
                return self._refuse(refusal)
            fault = self._service.faults.take(name, chat_id)
            if fault is not None:
                self._service.note_fault(self._place, fault, chat_id)
            await self._answer(name, params, fault)
        finally:
            self._close_call(None)

    async def _answer(self, method: str, params: Params, fault: Fault | None) -> None:
        if fault is not None:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.cut is Cut.BEFORE:
                return self._cut()
            if refusal := fault.refusal():
                return self._refuse(refusal, fault.body)
        try:
            result = await self._service.carry_out(method, params, self._poll)
        except Refusal as refusal:
            return self._refuse(refusal)
        if fault is not None and fault.cut is Cut.AFTER:
            return self._cut()
        return self._reply(200, json.dumps({"ok": True, "result": result}).encode())

    def on_connection_close(self) -> None:
        """The bot hung up: nobody waits for this poll any more."""
        if not self._poll.done():
            self._poll.set_result(Ended.GONE)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """A mistake of this server: kept for the test to fail with."""
        if value is not None:
            self._service.mistakes.append(value)
        super().log_exception(typ, value, tb)

    def _values(self) -> dict[str, Any]:
        """The parameters, from JSON, a form, a form with files, or the query."""
        arguments = self.request.arguments
        try:
            values: dict[str, Any] = {name: parts[-1].decode() for name, parts in arguments.items()}
            if "application/json" in self.request.headers.get("Content-Type", "") and self.request.body:
                values |= json.loads(self.request.body)
        except UnicodeDecodeError as error:
            raise bad_request("strings must be encoded in UTF-8") from error
        except json.JSONDecodeError as error:
            raise bad_request("can't parse request JSON object") from error
        return values | {name: files[-1].filename for name, files in self.request.files.items()}

    def _files(self) -> dict[str, Attached]:
        """The files of a form, by the names of their parts."""
        return {name: Attached(files[-1].filename, files[-1].body) for name, files in self.request.files.items()}

    def _refuse(self, refusal: Refusal, body: bytes | None = None) -> None:
        self._reply(refusal.code, body or json.dumps(refusal.as_json()).encode())

    def _reply(self, status: int, body: bytes) -> None:
        gone = self._poll.done() and self._poll.result() is Ended.GONE
        self._close_call(None if gone else status)
        self.set_status(status, None if 100 <= status < 600 else "Unknown")
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    def _close_call(self, status: int | None) -> None:
        """Record the end of the call, before the bot can know of it."""
        place, self._place = self._place, None
        if place is not None:
            self._service.close_call(place, status)

    def _cut(self) -> None:
        """Close the connection without a word."""
        self._close_call(None)
        self.detach().close()


class Download(web.RequestHandler):
    """`/file/bot<token>/<path>`: a file that somebody sent."""

    def initialize(self, service: Service) -> None:
        """Called by tornado with the arguments of the route."""
        self._service = service

    def get(self, token: str, path: str) -> None:
        """The bytes of the file."""
        with self._service.world.changed:
            content = self._service.world.files.get(path)
        if token != self._service.world.token or content is None:
            self.set_status(404)
            self.finish(_not_found().as_json())
        else:
            self.set_header("Content-Type", "application/octet-stream")
            self.finish(content)


class NotFound(web.RequestHandler):
    """Any other address."""

    def prepare(self) -> None:
        """Refuse it."""
        self.set_status(404)
        self.finish(_not_found().as_json())


def _not_found() -> Refusal:
    return Refusal(404, "Not Found")
