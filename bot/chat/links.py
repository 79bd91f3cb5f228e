"""Buttons that only ask, as links into the private chat with the bot: what `t.me/<bot>?start=...` carries for each.

Where many read and few write, as in a channel, whoever presses such a button is answered there.
"""

from bot.chat.aids import CONTEXT, OTHER
from bot.chat.composing import QUESTION_PREFIX
from bot.chat.timeline import ABOUT

_QUESTION = QUESTION_PREFIX.removesuffix(":")
_NAMES = {"ask": _QUESTION, ABOUT: ABOUT, CONTEXT: CONTEXT, OTHER: OTHER}
"""What a link begins with -> what the data of the button begin with."""
_KINDS = {kind: name for name, kind in _NAMES.items()}
ASKS = frozenset(_KINDS)
"""What the data of these buttons begin with: they change nothing for anybody."""


def start_of(data: str) -> str | None:
    """What the link carries that does what a button with these data does; None where the button does more than ask."""
    kind, _, value = data.partition(":")
    return f"{_KINDS[kind]}-{value.replace(':', '-')}" if kind in _KINDS else None


def data_of(start: str) -> str | None:
    """The data of the button whose link carries this; None where no button's does."""
    name, _, value = start.partition("-")
    return f"{_NAMES[name]}:{value.replace('-', ':')}" if name in _NAMES and value else None
