"""What is kept no longer than needed: what has had its time goes, at the start and every hour."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, utc_now
from bot.state.database import in_one_line

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
"""Often enough for pauses to end on their day, and for a file that another process held to be cleared soon."""
LOOK_EVERY = 60.0
"""Seconds between two looks at the clock: a machine that slept, or whose clock was set, is not late."""

Sweep = Callable[[datetime], Awaitable[object]]
"""Deletes what has had its time at a moment. May raise SQLAlchemyError."""


async def keep_sweeping(
    sweep: Sweep, stop: asyncio.Event, now: Clock = utc_now, look_every: float = LOOK_EVERY
) -> None:
    """Sweep at the start and whenever an hour has passed, until `stop`; where the database fails, at the next look."""
    swept: datetime | None = None
    while not stop.is_set():
        moment = now()
        # A clock that was set back must not put the next time off by as much.
        if swept is None or not timedelta() <= moment - swept < EVERY:
            try:
                await sweep(moment)
            except SQLAlchemyError as error:
                log.warning("what has had its time is kept a little longer, the database says: %s", in_one_line(error))
            else:
                swept = moment
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), look_every)
