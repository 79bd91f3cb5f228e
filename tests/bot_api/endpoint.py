"""The HTTP side: `/bot<token>/<method>`, in any of the bodies that Telegram reads."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any

from tornado import web

from . import messages, profile
from .delivery import Delivery, Ended
from .faults import Cut, Fault, Faults
from .model import Breach, Call, Refusal, bad_request
from .params import Params
from .world import World

Method = Callable[[World, Params], object]

METHODS: Mapping[str, Method] = {
    "answerCallbackQuery": messages.answer_callback_query,
    "deleteMessage": messages.delete_message,
    "deleteMyCommands": profile.delete_my_commands,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "editMessageText": messages.edit_message_text,
    "getChat": profile.get_chat,
    "getChatMember": profile.get_chat_member,
    "getMe": profile.get_me,
    "getMyCommands": profile.get_my_commands,
    "getMyDescription": profile.get_my_description,
    "getMyName": profile.get_my_name,
    "getMyShortDescription": profile.get_my_short_description,
    "leaveChat": profile.leave_chat,
    "sendChatAction": messages.send_chat_action,
    "sendMessage": messages.send_message,
    "setMessageReaction": messages.set_message_reaction,
    "setMyCommands": profile.set_my_commands,
    "setMyDescription": profile.set_my_description,
    "setMyName": profile.set_my_name,
    "setMyShortDescription": profile.set_my_short_description,
}
_DELIVERY = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
_TOKEN = re.compile(r"[0-9]+:[^/]+")


class Service:
    """What a request goes through: the record, the faults, the method."""

    def __init__(self, world: World, delivery: Delivery, faults: Faults, methods: dict[str, Method]) -> None:
        self.world = world
        self.delivery = delivery
        self.faults = faults
        self.methods = methods
        self.mistakes: list[BaseException] = []  # of this server itself

    def name_of(self, method: str) -> str | None:
        """The method as Telegram spells it; case does not matter. None for an unknown one."""
        known = {name.lower(): name for name in (*self.methods, *_DELIVERY)}
        return known.get(method.lower())

    def open_call(self, method: str, params: Params) -> int:
        """Record a request; its place in the record."""
        with self.world.changed:
            self.world.calls.append(Call(method, params.decoded(), at=time.monotonic()))
            if method != "getUpdates":
                self.world.in_flight += 1
            self.world.changed.notify_all()
            return len(self.world.calls) - 1

    def close_call(self, place: int, status: int | None) -> None:
        """Record how a request ended."""
        with self.world.changed:
            call = self.world.calls[place]
            self.world.calls[place] = replace(call, status=status)
            if call.method != "getUpdates":
                self.world.in_flight -= 1
                self.world.stir()
            self.world.changed.notify_all()

    async def carry_out(self, method: str, params: Params, poll: asyncio.Future[Ended]) -> object:
        """The result of a method; raises Refusal."""
        match method:
            case "getUpdates":
                return await self.delivery.get_updates(params, poll)
            case "setWebhook":
                return self.delivery.set_webhook(params)
            case "deleteWebhook":
                return self.delivery.delete_webhook(params)
            case "getWebhookInfo":
                return self.delivery.webhook_info()
        with self.world.changed:
            try:
                return self.methods[method](self.world, params)
            except Refusal as refusal:
                if refusal.breach is not None:
                    chat_id = params.integer("chat_id")
                    breach = Breach(refusal.breach, method, chat_id, refusal.description)
                    self.world.breaches.append(breach)
                raise


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
            params = Params(self._values())
        except Refusal as refusal:
            return self._refuse(refusal)
        self._place = self._service.open_call(name or method, params)
        try:
            if name is None:
                return self._refuse(_not_found())
            fault = self._service.faults.take(name, params.integer("chat_id"))
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


class NotFound(web.RequestHandler):
    """Any other address."""

    def prepare(self) -> None:
        """Refuse it."""
        self.set_status(404)
        self.finish(_not_found().as_json())


def _not_found() -> Refusal:
    return Refusal(404, "Not Found")
