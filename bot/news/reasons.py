"""Why something came that nobody asked for, and the button that ends it: what its reader follows."""

from bot.chat.composing import LINE, one_line, plain
from bot.chat.leaving import MUTE
from bot.chat.topics import topic_name, topic_token
from bot.replies import Button
from bot.state.audience import OWN
from bot.state.deliveries import Delivery
from bot.state.kinds import EVERYTHING
from bot.texts import say

SHORT = 40
"""UTF-16 units of a topic or of a title on a button."""


def is_followed(delivery: Delivery) -> bool:
    """Whether it has a reason still: not where it came by words of the person's own, and those are gone."""
    return not _in_own_words(delivery) or bool(delivery.because_words)


def reason(delivery: Delivery, language: str, limit: int = LINE // 2) -> str:
    """What the person follows, in `limit` UTF-16 units: a topic by its name, or in their own words; "" if those are
    gone."""
    if _in_own_words(delivery):
        return one_line(delivery.because_words or "", limit)
    return one_line(topic_name(delivery.because or EVERYTHING, language), limit)


def mute_button(delivery: Delivery, topic: str, language: str) -> Button:
    """The button that mutes what it came by; of everything, that is the topic of the article."""
    if _in_own_words(delivery) and delivery.because is not None:
        token = f"o{delivery.because.removeprefix(OWN)}"
        name = reason(delivery, language, SHORT)
    else:
        label = topic if delivery.because in {None, EVERYTHING} else delivery.because
        name, token = topic_name(label or EVERYTHING, language), f"t{topic_token(label or EVERYTHING)}"
    return Button(plain(say(language, "button_mute", topic=one_line(name, SHORT))), f"{MUTE}:{token}")


def _in_own_words(delivery: Delivery) -> bool:
    return delivery.because is not None and delivery.because.startswith(OWN)
