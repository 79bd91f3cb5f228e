"""Every fault of the Bot API server at once: what a broadcast on a bad day is measured in."""

from tests.bot_api import faults
from tests.bot_api.faults import Shower

FLOOD_EVERY = 20.0
"""Seconds between two waits of one second that are asked of everybody: five percent of the time."""

OF_MESSAGES = (
    faults.flood(1),
    faults.server_error(),
    faults.bad_gateway(),
    faults.cut_before(),
    faults.cut_after(),
    faults.slow(1.0),
    faults.forbidden(),
    faults.deactivated(),
    faults.chat_not_found(),
    faults.no_rights(),
)
AGAIN = 5
"""How many of these make another request of the message."""
TRIES = 4
"""A message that was tried so often in vain is not waited for: its next try is a minute off, and the one after it two
to four, depending on whether Telegram said anything."""
OF_POLLS = (faults.conflict(), faults.server_error(), faults.cut_before())


def stubborn(share: float) -> float:
    """Of the messages, those that fail so often, each fault at this share of the requests."""
    return (AGAIN * share) ** TRIES


def showers(share: float, seed: int) -> tuple[Shower, ...]:
    """Each fault at this share of the messages, and those that befall polls at this share of the polls."""
    return Shower(OF_MESSAGES, share, seed), Shower(OF_POLLS, share, seed, ("getUpdates",))
