"""Time that passes when a test lets it: a clock, and sleeps that end by it."""

import asyncio
import heapq
import itertools

SETTLED = 12
"""Turns of the event loop after which everything that can go on has gone on."""


class VirtualTime:
    """Stands still until it is put forward, and then stops at each moment for which somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._order = itertools.count()
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the time was put forward so far."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.now + seconds, next(self._order), woken))
        await woken

    async def forward(self, seconds: float = 0.0) -> None:
        """Let so many seconds pass, and everything happen that happens meanwhile."""
        end = self.now + seconds
        while True:
            for _ in range(SETTLED):
                await asyncio.sleep(0)
            if not self._sleeping or self._sleeping[0][0] > end:
                break
            at, _, woken = heapq.heappop(self._sleeping)
            if not woken.done():
                self.now = max(self.now, at)
                woken.set_result(None)
        self.now = end
