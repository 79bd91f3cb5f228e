"""What a request goes through: the record, the limits, the faults, the method."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from . import attachments, messages, profile
from .delivery import Delivery, Ended
from .faults import Fault, Faults
from .limits import counts
from .model import Breach, Call, Refusal
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
    "getChatAdministrators": profile.get_chat_administrators,
    "getChatMember": profile.get_chat_member,
    "getFile": attachments.get_file,
    "getMe": profile.get_me,
    "getMyCommands": profile.get_my_commands,
    "getMyDescription": profile.get_my_description,
    "getMyName": profile.get_my_name,
    "getMyShortDescription": profile.get_my_short_description,
    "leaveChat": profile.leave_chat,
    "sendChatAction": messages.send_chat_action,
    "sendDocument": attachments.send_document,
    "sendMessage": messages.send_message,
    "sendPhoto": attachments.send_photo,
    "setMessageReaction": messages.set_message_reaction,
    "setMyCommands": profile.set_my_commands,
    "setMyDescription": profile.set_my_description,
    "setMyName": profile.set_my_name,
    "setMyShortDescription": profile.set_my_short_description,
}
_DELIVERY = ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")


class Service:
    """One Bot API: the world and the ways to it."""

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
                self.world.open_to_chats += counts(method)
            self.world.changed.notify_all()
            return len(self.world.calls) - 1

    def note_fault(self, place: int, fault: Fault, chat_id: int | None) -> None:
        """Record which fault a request met; what a 429 asks for stands from now on."""
        with self.world.changed:
            self.world.calls[place] = replace(self.world.calls[place], fault=fault.name or fault.description)
            if fault.code == 429 and fault.retry_after is not None and chat_id is not None:
                self.world.pace.hold(chat_id, fault.retry_after, everywhere=fault.everywhere)

    def check_pace(self, method: str, chat_id: int | None) -> None:
        """Refuse a message that comes before its time, as Telegram does, where the limits are watched."""
        if chat_id is None or not counts(method):
            return
        with self.world.changed:
            if self.world.pace.limits is None:
                return
            excess = self.world.pace.take(chat_id)
            if excess is not None:
                self.world.breaches.append(Breach(excess.kind, method, chat_id, excess.reason))
            seconds = math.ceil(max(excess.seconds if excess else 0.0, self.world.pace.waits(chat_id)))
            if seconds > 0:
                reason = f"Too Many Requests: retry after {seconds}"
                raise Refusal(429, reason, retry_after=seconds)

    def close_call(self, place: int, status: int | None) -> None:
        """Record how a request ended."""
        with self.world.changed:
            call = self.world.calls[place]
            self.world.calls[place] = replace(call, status=status, ended_at=time.monotonic())
            if call.method != "getUpdates":
                self.world.in_flight -= 1
                self.world.open_to_chats -= counts(call.method)
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
