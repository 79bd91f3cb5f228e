"""A small Telegram Bot API server, against which the real bot runs in tests."""

from . import faults
from .driver import Chat
from .limits import Limits
from .model import (
    Attached,
    Breach,
    BreachKind,
    Button,
    Call,
    CallbackAnswer,
    ChatKind,
    ChatState,
    Entity,
    Press,
    Refusal,
    Said,
    Sent,
    User,
)
from .server import BotApiServer

__all__ = [
    "Attached",
    "BotApiServer",
    "Breach",
    "BreachKind",
    "Button",
    "Call",
    "CallbackAnswer",
    "Chat",
    "ChatKind",
    "ChatState",
    "Entity",
    "Limits",
    "Press",
    "Refusal",
    "Said",
    "Sent",
    "User",
    "faults",
]
