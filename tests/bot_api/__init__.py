"""A small Telegram Bot API server, against which the real bot runs in tests."""

from . import faults
from .driver import Chat
from .model import (
    Breach,
    BreachKind,
    Button,
    Call,
    CallbackAnswer,
    Entity,
    Press,
    Refusal,
    Said,
    Sent,
    User,
)
from .server import BotApiServer

__all__ = [
    "BotApiServer",
    "Breach",
    "BreachKind",
    "Button",
    "Call",
    "CallbackAnswer",
    "Chat",
    "Entity",
    "Press",
    "Refusal",
    "Said",
    "Sent",
    "User",
    "faults",
]
