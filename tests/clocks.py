"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection


async def by_the_test(_connection: AsyncConnection, now: datetime) -> datetime:
    """The clock of all processes is the one that the test sets, also where the database has its own."""
    return now


class StoppedClock:
    """Stands at one moment until it is put forward."""

    def __init__(self) -> None:
        self.moment = datetime(2025, 9, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        """Put the clock forward, or back."""
        self.moment += timedelta(seconds=seconds)
