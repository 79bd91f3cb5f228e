"""When a delivery that was not taken is tried again, and when it is given up."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryState

MAX_ATTEMPTS = 10
"""Tries of one delivery before it has failed: with the waits below some three and a half hours. Only what the channel
said, what may have arrived, and an end in the middle, is a try."""

LASTS = timedelta(days=3)
"""How long after its first try a delivery is tried again, where the channel says nothing."""

LONGEST_BACKOFF = 3600
"""Seconds: where a channel names a longer wait, its own stands."""

JITTER = 0.1
"""Share of a wait by which it is longer at most: what failed together does not come again at one moment."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not taken now, and why; in so many seconds at the earliest.

    `silent`: nothing was said of the message, and it did not arrive.
    """

    reason: str
    seconds: float
    silent: bool = False


def spent(part: Parcel) -> Parcel:
    """What of it a process ended in the middle of at each of its tries."""
    return replace(part, deliveries=tuple(one for one in part.deliveries if one.tries >= MAX_ATTEMPTS))


def without(part: Parcel, others: Parcel) -> Parcel:
    """The part without some of its deliveries."""
    return replace(part, deliveries=tuple(one for one in part.deliveries if one not in others.deliveries))


def later(part: Parcel, wait: Wait, now: datetime, chance: float = 0.0) -> list[tuple[Parcel, Outcome]]:
    """Each delivery again after the wait that the channel names, or longer after many tries in vain; or not any more.

    `chance` is 0 to 1, the same for what is to come together again. An outage uses up the tries of nothing that is
    owed, nor those of what only came along with it: only its age ends it then.
    """
    ended = []
    for delivery in part.deliveries:
        tries = delivery.tries + 1
        if wait.silent:
            over = delivery.begun_at is not None and now - delivery.begun_at >= LASTS
            backoff = 0
        else:
            over = tries >= MAX_ATTEMPTS
            backoff = min(4 ** (tries - 1), LONGEST_BACKOFF)
        if over:
            outcome = Outcome(DeliveryState.FAILED, reason=wait.reason)
        else:
            due_at = now + timedelta(seconds=max(wait.seconds, backoff) * (1 + JITTER * chance))
            outcome = Outcome(DeliveryState.PENDING, reason=wait.reason, due_at=due_at, unheard=wait.silent)
        ended.append((replace(part, deliveries=(delivery,)), outcome))
    return ended
