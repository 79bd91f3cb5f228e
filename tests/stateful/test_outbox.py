"""Any order of faults, ends of processes, leaving, returning and jumps of the clock, as hypothesis finds them."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.replies import Channel
from bot.state.chats import find_chat
from bot.state.database import Engines
from bot.state.deliveries import Delivery, Outcome, arrival_of
from bot.state.kinds import EVERYTHING, DeliveryKind, DeliveryState, PauseReason, Rhythm, SubscriptionState
from bot.state.outbox import LEASE, Outbox
from bot.state.questions import Questions
from bot.state.subscriptions import Subscriptions
from tests.clocks import by_the_test
from tests.stateful.databases import Databases
from tests.stateful.people import JUMPS, Books, Held, Person, Thing, quiet_hours, thing_of
from tests.vaults import VAULT

T = TypeVar("T")

TOPICS = ("news", "offers")
ZONES = (None, "Europe/Rome", "Asia/Kolkata", "America/Los_Angeles")
PEOPLE = ("anna", "bruno", "carla", "group")
START = datetime(2025, 10, 24, 12, 0, tzinfo=UTC)  # two days before the clocks of Europe go back

people = st.sampled_from(PEOPLE)
which = st.integers(0, 1)

ENDS = ("sent", "sent", "sent", "unknown", "later", "gone", "refused", "moved")
"""How a request ends, the common way more often."""


@dataclass(slots=True)
class Process:
    """One of the processes that deliver from the database, with what only its memory holds."""

    owner: str
    engines: Engines
    outbox: Outbox
    held: list[Held] = field(default_factory=list)
    unsettled: list[tuple[Held, Outcome]] = field(default_factory=list)


class Deliveries(RuleBasedStateMachine):
    """Two processes on one database, four subscribers, and a Telegram that fails in every way."""

    databases: ClassVar[Databases]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.url = self.stack.enter_context(self.databases.new())
        self.runner = asyncio.Runner()
        self.now = self.latest = START
        self.numbers = iter(range(1, 1_000_000))
        self.people = {name: Person(name, str(1 + place)) for place, name in enumerate(PEOPLE)}
        self.people["group"].address = "-5"
        self.books = Books()
        self.announced: list[tuple[str, frozenset[str]]] = []
        self.engines = Engines(self.url)
        self.subscriptions = Subscriptions(self.engines, VAULT, lambda: self.now)
        self.questions = Questions(self.engines, VAULT, lambda: self.now)
        self.outbox = Outbox(self.engines, VAULT, lambda: self.now, by_the_test)
        self.processes = [self._process(), self._process()]

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end."""
        return self.runner.run(work)

    # Who wants what

    @initialize()
    def everybody_subscribes(self) -> None:
        """As it begins."""
        for person in self.people.values():
            self.subscribe(person)

    @rule(name=people, how=st.sampled_from(("subscribe", "subscribe", "unsubscribe", "block", "unblock", "erase")))
    def come_or_go(self, name: str, how: str) -> None:
        """/subscribe, /unsubscribe, /forget; Telegram tells that the bot was blocked, or let in again."""
        person = self.people[name]
        match how:
            case "subscribe":
                self.subscribe(person)
            case "unsubscribe":
                self.do(self.subscriptions.unsubscribe(person.chat))
                person.leaves()
            case "block":
                assert self.do(self.subscriptions.pause(person.chat, PauseReason.BLOCKED)) is person.active
                person.stops(PauseReason.BLOCKED)
            case "unblock":
                person.returns()
                self.do(self.subscriptions.resume(person.chat))
            case "erase":
                self.do(self.subscriptions.erase(person.chat))
                person.is_forgotten()
        if how in ("unsubscribe", "block", "erase"):
            self.books.excuse(person)

    def subscribe(self, person: Person) -> None:
        """Begin, or begin again."""
        assert self.do(self.subscriptions.subscribe(person.chat, "it")) is not person.active
        person.subscribes()

    @rule(name=people, days=st.integers(1, 60))
    def rest(self, name: str, days: int) -> None:
        """Pause for a while."""
        person = self.people[name]
        until = self.now + timedelta(days=days)
        assert self.do(self.subscriptions.rest(person.chat, until)) is person.active
        person.stops(PauseReason.RESTING, until)
        self.books.excuse(person)

    @rule(name=people, topics=st.frozensets(st.sampled_from((EVERYTHING, *TOPICS))))
    def choose_topics(self, name: str, topics: frozenset[str]) -> None:
        """Tick and untick."""
        person = self.people[name]
        if self.do(self.subscriptions.set_topics(person.chat, topics)):
            person.topics = topics
            unfollowed = {slug for slug, of_it in self.announced if not {EVERYTHING, *of_it} & topics}
            self.books.must = {
                thing for thing in self.books.must if thing[0] != person.name or thing[1] not in unfollowed
            }

    @rule(
        name=people,
        rhythm=st.sampled_from(Rhythm),
        quiet=st.none() | st.builds(quiet_hours, st.integers(0, 23), st.integers(1, 12)),
        zone=st.sampled_from(ZONES),
    )
    def choose_times(self, name: str, rhythm: Rhythm, quiet: Any, zone: str | None) -> None:
        """How often, when not, and by which clock."""
        person = self.people[name]
        self.books.changed(person)
        if self.do(self.subscriptions.set_rhythm(person.chat, rhythm)):
            assert self.do(self.subscriptions.set_quiet(person.chat, quiet))
            assert self.do(self.subscriptions.set_zone(person.chat, zone))
            person.rhythm, person.quiet, person.zone = rhythm, quiet, zone

    # What is owed

    @rule(topics=st.frozensets(st.sampled_from(TOPICS), min_size=1))
    def announce(self, topics: frozenset[str]) -> None:
        """A new article: every active subscriber of its topics is owed it, in their own rhythm."""
        slug = f"article-{next(self.numbers)}"
        self._wake()
        hearing = [person for person in self.people.values() if person.hears_of(topics)]
        assert self.do(self.outbox.announce(slug, tuple(topics))) == len(hearing)
        for person in hearing:
            self.books.owe((person.name, slug, DeliveryKind.ANNOUNCEMENT, ""), person.next(self.now))
        self.announced.append((slug, topics))

    @precondition(lambda self: bool(self.announced))
    @rule(data=st.data())
    def announce_again(self, data: st.DataObject) -> None:
        """What was announced is not announced again, by whichever process."""
        slug, topics = data.draw(st.sampled_from(self.announced))
        assert self.do(self.outbox.announce(slug, tuple(topics))) == 0

    @rule(name=people)
    def answer_later(self, name: str) -> None:
        """A question was kept, and an article answers it; owed twice, it is owed once."""
        person = self.people[name]
        number = self.do(self.questions.await_answer(person.chat, "Quando?", "it"))
        [chat_id] = [asked.chat_id for asked in self.do(self.questions.awaited()) if asked.id == number]
        rows = [(chat_id, str(number), None)]
        owed = self.do(self.outbox.owe(DeliveryKind.ANSWER, "later", rows))
        assert self.do(self.outbox.owe(DeliveryKind.ANSWER, "later", rows)) == 0
        if owed:
            self.books.owe((person.name, "later", DeliveryKind.ANSWER, str(number)))

    @rule(name=people)
    def correct(self, name: str) -> None:
        """Something that a subscriber was shown stands no more: it is owed over every pause, and to nobody else."""
        person = self.people[name]
        chat_id, number = self.do(self._number(person)), str(next(self.numbers))
        rows = [] if chat_id is None else [(chat_id, number, None)]
        if self.do(self.outbox.owe(DeliveryKind.CORRECTION, "corrected", rows)):
            assert person.known
            self.books.owe((person.name, "corrected", DeliveryKind.CORRECTION, number))
        else:
            assert not person.known

    @precondition(lambda self: bool(self.announced))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """Undo: what nobody began to send is owed no more."""
        slug, topics = data.draw(st.sampled_from(self.announced))
        self.do(self.outbox.withdraw(slug))
        self.books.must = {thing for thing in self.books.must if thing[1] != slug}
        self.announced.remove((slug, topics))

    # How it is sent

    @rule(number=which, limit=st.integers(1, 5))
    def take(self, number: int, limit: int) -> None:
        """A process takes what is due: nobody else holds it, nobody sleeps, nobody gets two parcels."""
        self._take(self.processes[number], limit)

    @rule(number=which, hows=st.lists(st.sampled_from(ENDS), min_size=1, max_size=5), written=st.booleans())
    def send(self, number: int, hows: list[str], written: bool) -> None:
        """A process takes something and its requests end, in any of the ways in which requests end."""
        process = self.processes[number]
        self._take(process, len(hows))
        for how in hows:
            if process.held:
                self._land(process, process.held.pop(0), how)
        if written:
            self._settle(process)

    @rule(number=which, twice=st.booleans())
    def settle(self, number: int, twice: bool) -> None:
        """A process writes what it knows; a second time changes nothing."""
        for _ in range(1 + twice):
            self._settle(self.processes[number])

    @rule(number=which)
    def stay_alive(self, number: int) -> None:
        """A process renews its lease, and owes again what those held whose lease ended."""
        self._recover(self.processes[number])

    @rule(number=which, arrived=st.booleans(), followed=st.booleans())
    def kill(self, number: int, arrived: bool, followed: bool) -> None:
        """kill -9: what was in the air may have arrived; what was not written is known to who follows on the same
        machine, else to nobody."""
        process = self.processes[number]
        for held in process.held:
            for thing in held.things if arrived else ():
                self.books.unknown[thing] += 1
                self.books.arrives(thing)
        if followed:
            sent = [arrival_of(held.parcel, end) for held, end in process.unsettled if end.state is DeliveryState.SENT]
            self.do(self.outbox.take_over(process.owner, sent))
        else:
            self._forget_unsettled(process)
        self.do(process.engines.close())
        self.processes[number] = self._process()

    @rule(jump=st.sampled_from(JUMPS))
    def clock(self, jump: timedelta) -> None:
        """Time passes, the machine slept, or somebody set the clock."""
        self.now += jump
        self.latest = max(self.latest, self.now)

    @rule()
    def sweep(self) -> None:
        """What was kept long enough goes, and rests end."""
        self._wake()
        self.do(self.subscriptions.sweep(self.now))
        for person in self.people.values():
            if not person.active and person.known:
                self._look(person)

    # What must always hold

    @invariant()
    def each_thing_is_in_one_hand(self) -> None:
        """No two processes hold the same parcel, unless the clock took one's lease away."""
        first, second = (
            {delivery.id for held in process.held if not held.lost for delivery in held.parcel.deliveries}
            for process in self.processes
        )
        assert not first & second

    def teardown(self) -> None:
        """The storm is over: everything that is owed arrives, and all that there is to know is known."""
        try:
            self._drain()
            assert self.books.lost == set()
        finally:
            for process in self.processes:
                self.do(process.engines.close())
            self.do(self.engines.close())
            self.runner.close()
            self.stack.close()

    def _drain(self) -> None:
        self.now = self.latest
        for process in self.processes:
            while process.held:
                self._land(process, process.held.pop(0), "sent")
            self._settle(process)
        for person in self.people.values():
            if person.away or (not person.active and self.books.corrects(person)):
                self.subscribe(person)
        last = self.processes[0]
        for _ in range(60):
            # Seven hours on: within a week every hour of everybody's day, and Monday, has come.
            self.now += timedelta(hours=7)
            self._recover(last)
            while self._take(last, 3):
                while last.held:
                    self._land(last, last.held.pop(0), "sent")
                self._settle(last)

    # How it is done

    def _process(self) -> Process:
        engines = Engines(self.url)
        return Process(f"process {next(self.numbers)}", engines, Outbox(engines, VAULT, lambda: self.now, by_the_test))

    def _take(self, process: Process, limit: int) -> int:
        parcels = self.do(process.outbox.take(Channel.TELEGRAM, self.now, limit, process.owner))
        assert len({parcel.chat_id for parcel in parcels}) == len(parcels) <= limit
        for parcel in parcels:
            person = self._at(parcel.chat.address)
            things = tuple(thing_of(person, delivery) for delivery in parcel.deliveries)
            assert len(set(things)) == len(things) > 0
            for thing in things:
                assert thing in self.books.owed
                assert self.books.taken[thing] <= self.books.unknown[thing], f"{thing} is sent again"
                assert self._may_get(person, thing), f"{thing} goes to somebody who left"
                assert self.books.not_before[thing] <= self.now, f"{thing} comes too early"
            assert not (person.active and person.sleeps(self.now)), f"{person} is woken"
            process.held.append(Held(parcel, things, self.now + LEASE))
        return len(parcels)

    def _land(self, process: Process, held: Held, how: str) -> None:
        """A request ends; none is made of what is owed no more by then."""
        fresh = self.do(process.outbox.still_owed(held.parcel)).deliveries
        stale = tuple(delivery for delivery in held.parcel.deliveries if delivery not in fresh)
        if stale:
            again = Outcome(DeliveryState.PENDING, "owed no more, or not now", due_at=self.now)
            process.unsettled.append((self._part(held, stale), again))
        if not fresh:
            return
        held = self._part(held, fresh)
        person = self._at(held.parcel.chat.address)
        for thing in held.things:
            assert self._may_get(person, thing), f"{thing} goes to somebody who left"
        if how in ("sent", "unknown"):
            for thing in held.things:
                self.books.unknown[thing] += how == "unknown"
                self.books.arrives(thing)
        group = self.people["group"]
        match how:
            case "sent":
                outcome = Outcome(DeliveryState.SENT, message_id=next(self.numbers))
            case "gone":
                outcome = Outcome(DeliveryState.FAILED, "gone", pause=PauseReason.GONE)
            case "refused":
                outcome = Outcome(DeliveryState.FAILED, "refused")
                self.books.must -= set(held.things)
            case "moved" if held.parcel.chat.address == group.address == "-5":
                outcome = Outcome(DeliveryState.PENDING, "moved", due_at=self.now, moved_to="-1005")
            case _:
                outcome = Outcome(DeliveryState.PENDING, "later", due_at=self.now + timedelta(seconds=30))
        process.unsettled.append((held, outcome))

    def _may_get(self, person: Person, thing: Thing) -> bool:
        """Whether it is for them now: an answer was asked for apart, but waits for who is away."""
        return person.active or (thing[2] is DeliveryKind.ANSWER and not person.away)

    def _part(self, held: Held, deliveries: tuple[Delivery, ...]) -> Held:
        things = zip(held.parcel.deliveries, held.things, strict=True)
        some = tuple(thing for delivery, thing in things if delivery in deliveries)
        return replace(held, parcel=replace(held.parcel, deliveries=deliveries), things=some)

    def _settle(self, process: Process) -> None:
        items = process.unsettled
        self.do(process.outbox.settle([(held.parcel, outcome) for held, outcome in items]))
        process.unsettled = []
        for held, outcome in items:
            person = self._at(held.parcel.chat.address)
            if outcome.moved_to is not None and self.do(self._kept(outcome.moved_to)):
                person.address = outcome.moved_to
            if outcome.pause is not None:
                self._look(person)
                if not person.away:  # who left is not expected back
                    self.books.must -= set(held.things)

    def _recover(self, process: Process) -> None:
        self.do(process.outbox.recover(Channel.TELEGRAM, self.now, process.owner))
        for one in self.processes:
            for held in (*one.held, *(held for held, _ in one.unsettled)):
                if one is process:
                    held.lease_until = self.now + LEASE
                elif held.lease_until <= self.now and not held.lost:
                    held.lost = True
                    self.books.unknown.update(held.things)

    def _forget_unsettled(self, process: Process) -> None:
        for held, outcome in process.unsettled:
            if outcome.state is DeliveryState.SENT:
                self.books.unknown.update(held.things)

    def _wake(self) -> None:
        for person in self.people.values():
            person.wakes(self.now)

    def _look(self, person: Person) -> None:
        """See what became of a subscription where only the database can know."""
        found = self.do(self.subscriptions.preferences_of(person.chat))
        if found is None:
            person.is_forgotten()
        elif found.state is SubscriptionState.PAUSED and person.active:
            person.stops(found.pause_reason or PauseReason.GONE)
        if not person.active:
            self.books.excuse(person)

    def _at(self, address: str) -> Person:
        """Who is there, also under the number from before the group grew."""
        return next(
            person
            for person in self.people.values()
            if address == person.address or (person.name == "group" and address.startswith("-"))
        )

    async def _number(self, person: Person) -> int | None:
        """The id of their chat."""
        async with self.engines.read() as connection:
            return await find_chat(connection, VAULT, person.chat)

    async def _kept(self, address: str) -> bool:
        found = await self.subscriptions.everything_of(Person("moved", address).chat)
        return bool(found["chats"])


def test_nothing_is_lost_or_doubled(databases: Databases) -> None:
    """In any order of faults, restarts and jumps of the clock each thing that is owed arrives once, on any database."""
    here = type("Here", (Deliveries,), {"databases": databases})
    run_state_machine_as_test(
        here,
        settings=settings(
            max_examples=databases.examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
