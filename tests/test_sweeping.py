"""What has had its time goes: at the start, every hour, and also where a clock or the database has a bad day."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy.exc import OperationalError

from bot.state.sweeping import EVERY, keep_sweeping
from tests.clocks import StoppedClock

HOUR = EVERY.total_seconds()


class Sweeper:
    """Notes when it was called; fails as often as it is told to."""

    def __init__(self, clock: StoppedClock) -> None:
        self.clock = clock
        self.stop = asyncio.Event()
        self.swept: list[datetime] = []
        self.failures = 0
        self.looked = asyncio.Event()

    async def sweep(self, moment: datetime) -> None:
        """See Sweep."""
        assert moment == self.clock.moment
        if self.failures:
            self.failures -= 1
            raise OperationalError("DELETE", {}, Exception("disk I/O error"))
        self.swept.append(moment)

    def now(self) -> datetime:
        """The clock, and that somebody looked at it."""
        self.looked.set()
        return self.clock()

    async def look(self) -> None:
        """Let the task look at the clock twice."""
        for _ in range(2):
            self.looked.clear()
            async with asyncio.timeout(60):
                await self.looked.wait()


@pytest.fixture
async def sweeper() -> Sweeper:
    """One that has done nothing yet."""
    return Sweeper(StoppedClock())


async def run(sweeper: Sweeper, *passing: float) -> list[datetime]:
    """Start, let so many seconds pass before each look, stop; when was swept."""
    task = asyncio.create_task(keep_sweeping(sweeper.sweep, sweeper.stop, sweeper.now, look_every=0))
    await sweeper.look()
    for seconds in passing:
        sweeper.clock.forward(seconds)
        await sweeper.look()
    sweeper.stop.set()
    await task
    return sweeper.swept


async def test_at_the_start_and_once_an_hour(sweeper: Sweeper) -> None:
    """However often it looks, an hour has one sweep, and the first is at the start."""
    begun = sweeper.clock()
    assert await run(sweeper, 60, HOUR - 61, 1, 60, HOUR) == [begun, begun + EVERY, begun + 2 * EVERY + EVERY / 60]


async def test_after_a_long_sleep_once(sweeper: Sweeper) -> None:
    """A machine that slept for a week sweeps once when it wakes."""
    begun = sweeper.clock()
    assert await run(sweeper, 100 * HOUR, 60) == [begun, begun + 100 * EVERY]


async def test_a_clock_set_back(sweeper: Sweeper) -> None:
    """A clock that was a year ahead does not put the next sweep off for a year."""
    begun = sweeper.clock()
    assert await run(sweeper, -9000 * HOUR, HOUR) == [begun, begun - 9000 * EVERY, begun - 8999 * EVERY]


async def test_trouble_of_the_database(sweeper: Sweeper, caplog: pytest.LogCaptureFixture) -> None:
    """A database that fails is tried again at the next look, with a line each time."""
    sweeper.failures = 2
    begun = sweeper.clock()
    assert await run(sweeper, 60) == [begun + EVERY / 60]
    assert caplog.messages == ["what has had its time is kept a little longer, the database says: disk I/O error"] * 2
