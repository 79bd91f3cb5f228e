"""A message that is sent unasked, with what is to be known of it once it has arrived."""

from dataclasses import dataclass

from bot.replies import Reply
from bot.state.deliveries import ShownSentence


@dataclass(frozen=True, slots=True)
class Message:
    """What a chat is sent, and the sentences of articles in it as they stood when it was made."""

    reply: Reply
    shown: tuple[ShownSentence, ...] = ()
