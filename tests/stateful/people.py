"""What the property tests of the outbox know by themselves: who wants what, what Telegram took, what may come twice."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.replies import Channel, ChatAddress
from bot.state.deliveries import Delivery, Parcel
from bot.state.kinds import EVERYTHING, DeliveryKind, PauseReason, Rhythm
from bot.state.schedule import Quiet, next_due, out_of_quiet

NEVER = datetime(1, 1, 1, tzinfo=UTC)

Thing = tuple[str, str, DeliveryKind, str]
"""Person, article, kind, about: what comes once."""


@dataclass(slots=True)
class Person:
    """Somebody, or a group, as they would tell themselves."""

    name: str
    address: str
    active: bool = False
    known: bool = False  # has a subscription, paused or not
    reason: PauseReason | None = None
    until: datetime = NEVER
    topics: frozenset[str] = frozenset({EVERYTHING})
    rhythm: Rhythm = Rhythm.AT_ONCE
    quiet: Quiet | None = None
    zone: str | None = None

    @property
    def chat(self) -> ChatAddress:
        """Where to write to them."""
        return ChatAddress(Channel.TELEGRAM, self.address)

    def subscribes(self) -> None:
        """They want to hear."""
        if not self.known:
            self.topics, self.rhythm, self.quiet = frozenset({EVERYTHING}), Rhythm.AT_ONCE, None
        self.active, self.known, self.reason = True, True, None

    def stops(self, reason: PauseReason, until: datetime = NEVER) -> None:
        """They do not, for now."""
        if self.active:
            self.active, self.reason, self.until = False, reason, until

    def leaves(self) -> None:
        """They do not want to, wherever they were."""
        if self.known:
            self.active, self.reason = False, PauseReason.PERSON

    @property
    def away(self) -> bool:
        """Whether they are expected back."""
        return self.reason in (PauseReason.BLOCKED, PauseReason.GONE, PauseReason.RESTING)

    def returns(self) -> None:
        """They are there again."""
        if self.reason in (PauseReason.BLOCKED, PauseReason.GONE):
            self.active, self.reason = True, None

    def wakes(self, now: datetime) -> None:
        """Their rest is over."""
        if self.reason is PauseReason.RESTING and self.until <= now:
            self.active, self.reason = True, None

    def is_forgotten(self) -> None:
        """Nothing is known of them any more."""
        self.active = self.known = False
        self.reason, self.zone = None, None

    def hears_of(self, topics: frozenset[str]) -> bool:
        """Whether an article of these topics is for them."""
        return self.active and bool(self.topics & (topics | {EVERYTHING}))

    def sleeps(self, now: datetime) -> bool:
        """Whether these are their quiet hours."""
        return out_of_quiet(now, self.quiet, self.zone) is not None

    def next(self, now: datetime) -> datetime:
        """When they want to hear of what is announced now."""
        return next_due(now, self.rhythm, self.quiet, self.zone)


@dataclass(slots=True)
class Books:
    """What is owed, what Telegram took, and how often nobody can know that it did."""

    owed: set[Thing] = field(default_factory=set)
    """Ever."""
    must: set[Thing] = field(default_factory=set)
    """Of that, what nothing excuses from arriving."""
    taken: Counter[Thing] = field(default_factory=Counter)
    unknown: Counter[Thing] = field(default_factory=Counter)
    """How often a process ended, or lost a line or its lease, and cannot say whether the thing has arrived."""
    not_before: dict[Thing, datetime] = field(default_factory=dict)

    def owe(self, thing: Thing, not_before: datetime = NEVER) -> None:
        """It shall arrive."""
        self.owed.add(thing)
        self.must.add(thing)
        self.not_before[thing] = not_before

    def excuse(self, person: Person) -> None:
        """Nothing has to arrive there that has not arrived yet, but answers and corrections where anything is known of
        them."""
        self.must = {
            thing
            for thing in self.must
            if thing[0] != person.name or (thing[2] in (DeliveryKind.ANSWER, DeliveryKind.CORRECTION) and person.known)
        }

    def corrects(self, person: Person) -> bool:
        """Whether they are still to be told that something stands no more."""
        return any(thing[0] == person.name and thing[2] is DeliveryKind.CORRECTION for thing in self.lost)

    def changed(self, person: Person) -> None:
        """They want it at other times now."""
        for thing in self.not_before:
            if thing[0] == person.name:
                self.not_before[thing] = NEVER

    def arrives(self, thing: Thing) -> None:
        """Telegram takes it."""
        self.taken[thing] += 1
        assert self.taken[thing] <= 1 + self.unknown[thing], f"{thing} came twice, and it was known to have arrived"

    @property
    def lost(self) -> set[Thing]:
        """What should have arrived and has not."""
        return {thing for thing in self.must if not self.taken[thing]}


@dataclass(slots=True)
class Held:
    """A parcel in the hands of a process."""

    parcel: Parcel
    things: tuple[Thing, ...]
    lease_until: datetime
    lost: bool = False
    """Whether another process took it for lost: then both may send it, and neither can know."""


def thing_of(person: Person, delivery: Delivery) -> Thing:
    """What the delivery brings."""
    return person.name, delivery.article, delivery.kind, delivery.about


def quiet_hours(start: int, length: int) -> Quiet:
    """So many hours from this hour on."""
    return Quiet(60 * start, 60 * ((start + length) % 24))


JUMPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 61, 3600, 9 * 3600, 8 * 86400, 40 * 86400, -1, -90, -3600, -86400, -20 * 86400)
)
"""What a clock does: it goes on, sleeps, is set forward and back."""
