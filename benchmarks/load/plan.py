"""What a trial is to be, and how long it may take."""

import random
from dataclasses import dataclass

from benchmarks.load.engine import START_SECONDS, STOP_SECONDS
from benchmarks.load.telegram import ANSWER_SECONDS, HANGS
from bot.news.announcer import RENEWAL
from bot.state.outbox import LEASE
from tests.bot_api import Limits

ASK_EVERY = 1.0
"""Seconds from one question to the next, in the quiet bot and during the broadcast."""
WARM_EVERY = 0.05
"""The same, where answers are not timed: each question once, so close together that as many are worked on at a time as
ever are, and all the memory that this takes is there."""
WARM = 60
"""More of these than a library of one announcement suggests."""
RESTART = 10.0
"""Seconds that a killed bot is given to listen again, and to find where it was."""
SLACK = 30.0
"""Seconds for the beginning and the end of a broadcast, whatever its size."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a trial is to be."""

    name: str
    count: int  # subscribers
    factor: float  # by which the limits are scaled
    seconds: float  # that the broadcast may take at most
    questions: int  # put to the quiet bot; 0: none
    asked: bool = True  # whether there are questions during the broadcast
    share: float = 0.0  # of the requests, for each fault
    kills: int = 0
    seed: int = 1

    @property
    def needed(self) -> float:
        """Seconds of the broadcast at the full rate that the limits permit."""
        return self.count / Limits().scaled(self.factor).per_second

    @property
    def most(self) -> float:
        """Seconds after which the trial is over in any case, well or with an error; without making subscribers."""
        # The questions, twice what they may be late and their answers, and the answers to those of the broadcast.
        asking = (self.questions + WARM) * ASK_EVERY + 5 * ANSWER_SECONDS if self.asked else ANSWER_SECONDS
        ending = HANGS + STOP_SECONDS
        # The time is looked at between two restarts: the last may begin just before it is over.
        return START_SECONDS + asking + self.seconds + (START_SECONDS if self.kills else 0.0) + ending


def enough(needed: float, *, share: float = 0.0, kills: int = 0) -> float:
    """Seconds that a broadcast may take which needs so many at the full rate.

    A tenth beyond that is the rate that must be reached, and something for a machine that does other things. Of ten
    faults of a bad day five make another request of the message, one takes a second, for which it may be taken at any
    moment and holds its place, two cut the line, after which it may be taken for another quarter, and every twentieth
    second is a wait of everybody, before which what is on its way comes to its end. Each kill costs a restart, and the
    last a lease and the look for it.
    """
    seconds = 1.1 * needed + SLACK
    if share:
        again = 1 / (1 - 5 * share)
        held = 1 + (1 + 2 * 0.25) * share
        seconds += (again * held - 1 + 3 * share) * 1.1 * needed + SLACK
    if kills:
        seconds += kills * RESTART + LEASE.total_seconds() + RENEWAL
    return seconds


def instants(plan: Plan, chance: random.Random) -> list[int]:
    """After how many messages to kill: at random, one in each of as many equal stretches of the broadcast.

    The first messages are left out, in which there may be nothing to interrupt, and the last, of which so many may
    wait for leases that the process has none to send.
    """
    first, last = 0.02 * plan.count, 0.95 * plan.count
    stretch = (last - first) / max(plan.kills, 1)
    return [int(first + stretch * (place + chance.random())) for place in range(plan.kills)]
