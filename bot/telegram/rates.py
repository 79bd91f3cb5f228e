"""How many requests somebody takes in a stretch of time, reckoned by whoever sends them."""

import heapq
from collections import deque
from dataclasses import dataclass, field

SECOND = 1.005
"""A second, and what two clocks may disagree about one."""
ANSWERED_WITHIN = 0.25
"""Seconds after which a request without an answer counts as taken: later it is the answer that is late."""
LATENCIES = 50
"""Requests by which the shortest way to Telegram and back is known."""


class Rate:
    """At most `size` requests in any second, by the clock of whoever takes them.

    A request is taken at some moment between its start and its answer. So it counts for a second after its answer, but
    for the time that no request has saved on its way yet: however unevenly they travel, or this process comes to
    send what it has begun, no second of the other side's has more.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._flying: dict[object, float] = {}  # since when, the oldest first
        self._free_at: list[float] = []  # a heap: when each of the others counts no longer
        self._latencies: deque[float] = deque(maxlen=LATENCIES)

    def free_at(self, now: float) -> float:
        """When one more may start, as far as is known: `now`, or later."""
        while self._flying:
            first, since = next(iter(self._flying.items()))
            if since + ANSWERED_WITHIN > now:
                break
            del self._flying[first]
            heapq.heappush(self._free_at, since + ANSWERED_WITHIN + SECOND)
        while self._free_at and self._free_at[0] <= now:
            heapq.heappop(self._free_at)
        if len(self._flying) + len(self._free_at) < self.size:
            return now
        if self._free_at:
            return self._free_at[0]
        return next(iter(self._flying.values())) + ANSWERED_WITHIN + SECOND

    def start(self, request: object, now: float) -> None:
        """A request starts; once more, where it was let go and a busy process came to send it only now."""
        self._flying.pop(request, None)
        self._flying[request] = now

    def end(self, request: object, now: float) -> bool:
        """A request has ended, or will not be made; False where it did not count as on its way any more."""
        since = self._flying.pop(request, None)
        if since is None:
            return False
        self._latencies.append(now - since)
        saved = min(self._latencies) if len(self._latencies) == LATENCIES else 0.0
        heapq.heappush(self._free_at, now + SECOND - saved)
        return True


@dataclass(slots=True)
class Window:
    """At most `size` requests in any stretch of `seconds`."""

    size: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def free_at(self, now: float) -> float:
        """When one more may start: `now`, or later."""
        while self.times and self.times[0] + self.seconds <= now:
            self.times.popleft()
        return now if len(self.times) < self.size else self.times[0] + self.seconds
