"""When a delivery that was not taken is tried again, and when it is given up."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.state.deliveries import Outcome, Parcel
from bot.state.kinds import DeliveryState

MAX_ATTEMPTS = 10
"""Tries of one delivery before it has failed: with the waits below some three and a half hours."""

LONGEST_BACKOFF = 3600
"""Seconds: where a channel names a longer wait, its own stands."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not taken now, and why; in so many seconds at the earliest."""

    reason: str
    seconds: float


def spent(part: Parcel) -> Parcel:
    """What of it a process ended in the middle of at each of its tries."""
    return replace(part, deliveries=tuple(one for one in part.deliveries if one.attempts >= MAX_ATTEMPTS))


def without(part: Parcel, others: Parcel) -> Parcel:
    """The part without some of its deliveries."""
    return replace(part, deliveries=tuple(one for one in part.deliveries if one not in others.deliveries))


def later(part: Parcel, wait: Wait, now: datetime) -> list[tuple[Parcel, Outcome]]:
    """Each delivery again after the wait that the channel names, or longer after many tries in vain; or not any more.

    An outage of some hours must not use up the tries of everything that is owed, nor those of what only came along
    with it.
    """
    ended = []
    for delivery in part.deliveries:
        tries = delivery.attempts + 1
        if tries >= MAX_ATTEMPTS:
            outcome = Outcome(DeliveryState.FAILED, reason=wait.reason)
        else:
            backoff = min(4 ** (tries - 1), LONGEST_BACKOFF)
            due_at = now + timedelta(seconds=max(wait.seconds, backoff))
            outcome = Outcome(DeliveryState.PENDING, reason=wait.reason, due_at=due_at)
        ended.append((replace(part, deliveries=(delivery,)), outcome))
    return ended
