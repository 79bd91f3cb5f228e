"""How long a whole channel is left alone: where it asks for that, and where it says nothing at all, to nobody.

By a clock that nobody can set: one of the wall that was put back would end all sending for as long.
"""

import math
import random
import time
from collections.abc import Callable

FIRST_REST = 5.0
"""Seconds after a first silence."""
LONGEST_REST = 300.0
"""Seconds from one probe to the next: news comes as late when an outage is over."""
JITTER = 0.25
"""Share of a rest by which it is longer at most: several processes do not probe at one moment."""


class Rest:
    """The rest of one channel; after a silence it is probed, with one message at a time, until something is heard."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        """`clock` gives seconds and never goes back, `chance` 0 to 1."""
        self._clock = clock
        self._chance = chance
        self._asked_until = -math.inf
        self._silent_until = -math.inf
        self._silences = 0
        self._heard_at = -math.inf

    @property
    def now(self) -> float:
        """By its clock."""
        return self._clock()

    @property
    def left(self) -> float:
        """Seconds until something may be sent."""
        return max(self._asked_until - self._clock(), self._silent_until - self._clock(), 0.0)

    @property
    def over(self) -> bool:
        """Whether something may be sent."""
        return self.left == 0

    @property
    def probing(self) -> bool:
        """Whether nothing was heard since the last silence: then one message is enough to find out."""
        return self._silences > 0

    def ask(self, seconds: float) -> None:
        """The channel asks everybody to wait."""
        self._asked_until = max(self._asked_until, self._clock() + seconds)

    def fall_silent(self, seconds: float, since: float, before: int = 0) -> float:
        """Nothing was said to a message that was begun at `since`; rest, at least these seconds, and twice as long
        after each probe. Gives how long that message waits.

        Where others have been heard since then, it waits alone, twice as long after each of the `before` tries that
        met with silence. What was in the air together fell silent once.
        """
        if self._heard_at >= since:
            return max(seconds, min(seconds * 2.0 ** min(before, 10), LONGEST_REST))
        now = self._clock()
        if now >= self._silent_until:
            backoff = min(FIRST_REST * 2 ** min(self._silences, 10), LONGEST_REST)
            self._silences += 1
            self._silent_until = now + max(seconds, backoff) * (1 + JITTER * self._chance())
        return self._silent_until - now

    def hear(self) -> None:
        """The channel is there."""
        self._heard_at = self._clock()
        self._silences = 0
        self._silent_until = -math.inf
