"""How many requests somebody takes in a stretch of time, reckoned by whoever sends them."""

import math
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

SECOND = 1.005
"""A second, and what two clocks may disagree about one."""
ANSWERED_WITHIN = 0.25
"""Seconds after which a request without an answer counts as taken: later it is the answer that is late."""
UNANSWERED = ANSWERED_WITHIN + SECOND
"""Seconds for which a request without an answer counts."""
REMEMBERED = 60.0
"""Seconds for which a latency is remembered at least, and half of those for which it is at most: a slow stretch that
is shorter makes nobody believe that the way has become longer."""
ENOUGH = 3
"""Seconds at the full rate, as many requests as go in which must be known before anything is concluded from them."""


class Heard(Enum):
    """What there was to be heard of a request by its end."""

    ANSWER = "answer"
    FAILURE = "failure"
    """That the server fails, said by it or by whoever stands before it."""
    NOTHING = "nothing"


class Rate:
    """At most `size` requests in any second, by the clock of whoever takes them.

    A request is taken at some moment between its start and its answer. So it counts for a second after its answer, but
    for the time that every request is on its way at the least, there and back: one that starts so much earlier is not
    taken earlier. What holds of it, where each answer comes within UNANSWERED:

    - no second has more, as long as the shortest latency that is remembered is what the way there and the way back
      take at the least, each for itself; and in any case until so many latencies are known;
    - whatever is remembered, no SECOND - ANSWERED_WITHIN has more.

    What is answered later counts anew then, but did not for a while.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._flying: dict[object, float] = {}  # since when, the oldest first
        self._ends: deque[float] = deque(maxlen=size)  # in order; no earlier one matters
        self._latencies = Latencies(ENOUGH * size)

    def free_at(self, now: float, spare: int = 0) -> float:
        """When one more may start and leave `spare` places, as far as is known: `now`, or later."""
        while self._flying and self._oldest + UNANSWERED <= now:
            del self._flying[next(iter(self._flying))]
        places = self.size - spare - len(self._flying)
        at = math.inf
        if places > 0:
            if len(self._ends) < places:
                return now
            # Reckoned only here: what was learnt since it ended is true of it as well.
            at = self._ends[-places] + SECOND - min(self._latencies.shortest(now), ANSWERED_WITHIN)
        if self._flying:
            at = min(at, self._oldest + UNANSWERED)
        return max(at, now)

    def start(self, request: object, now: float) -> None:
        """A request starts; once more, where it was let go and a busy process came to send it only now."""
        self._flying.pop(request, None)
        self._flying[request] = now

    def end(self, request: object, now: float, heard: Heard = Heard.ANSWER) -> None:
        """A request that was started has ended, however late.

        One of which nothing was heard may be on its way still: it counts as if it started now. Its time says nothing of
        the way, nor does that of a failure.
        """
        since = self._flying.pop(request, None)
        if heard is Heard.NOTHING:
            self._flying[object()] = now
            return
        self._ends.append(now)
        if since is not None and heard is Heard.ANSWER:
            self._latencies.note(now - since, now)

    @property
    def _oldest(self) -> float:
        return next(iter(self._flying.values()))


class Latencies:
    """The shortest of the latencies that were noted lately, where there are at least `enough`."""

    def __init__(self, enough: int) -> None:
        self._enough = enough
        self._before = _Period()
        self._this = _Period()
        self._until = -math.inf  # when this period is over

    def note(self, latency: float, now: float) -> None:
        """A request was answered after so many seconds."""
        self._pass(now)
        self._this.count += 1
        self._this.shortest = min(self._this.shortest, latency)

    def shortest(self, now: float) -> float:
        """Seconds that every request takes, as far as is known; 0 where that is not enough."""
        self._pass(now)
        known = self._before.count + self._this.count >= self._enough
        return min(self._before.shortest, self._this.shortest) if known else 0.0

    def _pass(self, now: float) -> None:
        if now < self._until:
            return
        follows = now < self._until + REMEMBERED
        self._before = self._this if follows else _Period()
        self._this = _Period()
        self._until = (self._until if follows else now) + REMEMBERED


@dataclass(slots=True)
class _Period:
    """What was noted in a stretch of REMEMBERED seconds."""

    count: int = 0
    shortest: float = math.inf


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
