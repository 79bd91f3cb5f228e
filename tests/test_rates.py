"""How many requests are let go: never more arrive than are taken, however they travel, and hardly fewer in calm."""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.telegram.rates import ANSWERED_WITHIN, ENOUGH, REMEMBERED, SECOND, UNANSWERED, Heard, Latencies, Rate
from tests.test_limiter import most_within

WAY = (0.03, 0.02)
"""Seconds there and back that every request takes at the least."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One request, in seconds."""

    there: float = 0.0
    """From its start until it is taken."""
    back: float = 0.0
    """From then until its answer."""
    held: float = 0.0
    """From its turn until a busy process starts it."""
    pause: float = 0.0
    """In which nobody wants anything, before it."""
    given_up: float | None = None
    """From its start until nobody waits for its answer any more, where that is before it came."""
    fails: bool = False
    """Whether its answer is that the server fails."""

    @property
    def heard(self) -> Heard:
        """What is heard of it in the end."""
        if self.fails:
            return Heard.FAILURE
        return Heard.ANSWER if self.given_up is None else Heard.NOTHING


def arrivals(rate: Rate, journeys: Iterable[Journey], until: float = math.inf) -> list[float]:
    """When each request is taken, where each starts as soon as it may."""
    now = 0.0
    taken = []
    order = itertools.count()
    ahead: list[tuple[float, int, Callable[[float], None]]] = []  # what happens, in this order

    def pass_time(at: float) -> float:
        while ahead and ahead[0][0] <= at:
            happens_at, _, happen = heapq.heappop(ahead)
            happen(happens_at)
        return at

    def plan(at: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(ahead, (at, next(order), happen))

    for request, journey in enumerate(journeys):
        now = pass_time(now + journey.pause)
        while (free_at := rate.free_at(now)) > now:
            now = pass_time(min(free_at, ahead[0][0] if ahead else math.inf))
        if now > until:
            break
        rate.start(request, now)
        started = now + journey.held
        plan(started, partial(rate.start, request))
        taken.append(started + journey.there)
        ended = journey.there + journey.back if journey.given_up is None else journey.given_up
        plan(started + ended, partial(rate.end, request, heard=journey.heard))
        pass_time(now)
    return sorted(at for at in taken if at <= until)


def journeys(longest: float = UNANSWERED - 0.001, way: tuple[float, float] = (0.0, 0.0)) -> st.SearchStrategy[Journey]:
    """Any that are answered within `longest` seconds of their start, and take at least the way there and back.

    Where somebody gives one up, it is taken at most ANSWERED_WITHIN seconds after that.
    """

    def journey(whole: float, share: float, held: float, pause: float, early: float | None, fails: bool) -> Journey:
        there = way[0] + (whole - sum(way)) * share
        given_up = None if early is None else max(there - early, 0.0)
        return Journey(there, whole - there, held, pause, given_up, fails and early is None)

    rarely = st.one_of(st.just(0.0), st.just(0.0), st.floats(0, 1.5))
    return st.builds(
        journey,
        whole=st.one_of(st.just(sum(way)), st.floats(sum(way), longest)),
        share=st.sampled_from((0.0, 0.5, 1.0)),
        held=st.one_of(st.just(0.0), st.floats(0, 0.3)),
        pause=rarely,
        early=st.one_of(st.none(), st.none(), st.none(), st.floats(0, ANSWERED_WITHIN)),
        fails=st.booleans(),
    )


SIZE = 3
KNOWN = ENOUGH * SIZE
"""Answers from which on something is concluded from them."""


@given(st.lists(journeys(), max_size=KNOWN))
@example([Journey(there=0.4)] * SIZE + [Journey()] * SIZE)
@example([Journey(there=0.2)] * (KNOWN - SIZE) + [Journey()] * SIZE)
def test_nothing_is_presumed_of_a_way_that_is_not_known(travelled: list[Journey]) -> None:
    """Until enough answers came no second has more, whenever between start and answer each request is taken."""
    assert most_within(arrivals(Rate(SIZE), travelled), 1.0) <= SIZE


@given(st.lists(journeys(way=WAY), min_size=10, max_size=60))
@example([Journey(1.0, WAY[1])] * SIZE + [Journey(*WAY)] * SIZE)
def test_no_second_has_more_where_the_way_is_known(travelled: list[Journey]) -> None:
    """Once a request took no longer than it must, whatever delays the others: there, back, or both."""
    first = [Journey(*WAY), *[Journey(0.2, 0.2)] * (KNOWN - 1)]
    assert most_within(arrivals(Rate(SIZE), first + travelled), 1.0) <= SIZE


@given(st.lists(journeys(), min_size=KNOWN, max_size=60))
@example([Journey(back=0.9)] * KNOWN + [Journey(there=0.9)] * SIZE + [Journey()] * KNOWN)
def test_three_quarters_of_a_second_have_no_more_whatever_is_believed_of_the_way(travelled: list[Journey]) -> None:
    """Where all that is remembered was slow, and it is no longer, little more arrives than may."""
    assert most_within(arrivals(Rate(SIZE), travelled), SECOND - ANSWERED_WITHIN - 0.001) <= SIZE


@pytest.mark.parametrize("slow", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("stretch", [2.0, 20.0])
def test_a_slow_stretch_is_not_taken_for_the_way(slow: float, stretch: float) -> None:
    """Stretches in which everything is delayed before it is taken, and calm ones between them: never more."""
    rate = Rate(30)
    travelled = (Journey(WAY[0] + slow * (request // (30 * stretch) % 2), WAY[1]) for request in itertools.count())
    assert most_within(arrivals(rate, travelled, 100), 1.0) <= 30


@pytest.mark.parametrize("jitter", [0.0, 0.003, 0.01])
@pytest.mark.parametrize("way", [0.0, 0.05, 0.1, 0.2])
def test_in_calm_hardly_less_goes_than_may(way: float, jitter: float) -> None:
    """At least 98 % of the permitted rate in two minutes, from the first request on."""
    chance = random.Random(7)  # noqa: S311  (no secret)
    travelled = (
        Journey(way / 2 + chance.random() * jitter / 2, way / 2 + chance.random() * jitter / 2)
        for _ in itertools.count()
    )
    taken = arrivals(Rate(120), travelled, 120)
    assert most_within(taken, 1.0) <= 120
    assert len(taken) >= 0.98 * 120 * 120


def test_what_is_never_answered_holds_no_place_for_good() -> None:
    """A server that takes everything and says nothing is sent on, a little slower."""
    taken = arrivals(Rate(30), itertools.repeat(Journey(back=math.inf)), 60)
    assert len(taken) >= 0.99 * 60 * 30 / UNANSWERED


def test_what_is_answered_late_counts_anew() -> None:
    """However late an answer is, what it answers may have been taken just now."""
    rate = Rate(2)
    for request in ("one", "other"):
        rate.start(request, 0.0)
    assert rate.free_at(UNANSWERED - 0.1) == UNANSWERED
    assert rate.free_at(5.0) == 5.0
    for request in ("one", "other"):
        rate.end(request, 5.0)
    assert rate.free_at(5.1) == 5.0 + SECOND


def test_what_is_given_up_says_nothing_of_the_way() -> None:
    """Requests that fail at once here, among others, make nobody believe that the way is short."""
    travelled = [Journey(*WAY, given_up=0.0) if request % 500 == 250 else Journey(*WAY) for request in range(6000)]
    assert len(arrivals(Rate(30), travelled, 120)) >= 0.98 * 120 * 30


FAILING = Journey(*WAY, fails=True)
ON_THE_WAY = Journey(there=math.inf, given_up=0.0, fails=True)
"""What answers stands before the server, which never sees the request."""


@pytest.mark.parametrize(("failing", "share"), [(FAILING, 1.0), (ON_THE_WAY, 0.75)])
def test_a_server_that_answers_that_it_fails_has_had_the_request(failing: Journey, share: float) -> None:
    """Such a request holds its place no longer than others, and from wherever the answer comes, the way is as long as
    before."""
    travelled = (failing if request % 4 == 3 else Journey(*WAY) for request in itertools.count())
    taken = arrivals(Rate(30), travelled, 120)
    assert most_within(taken, 1.0) <= 30
    assert len(taken) >= share * 0.98 * 120 * 30


@given(st.lists(st.tuples(st.floats(0, 1.3 * REMEMBERED), st.floats(0, 1)), max_size=40), st.floats(0, 3 * REMEMBERED))
def test_latencies_are_remembered_for_one_to_two_minutes(noted: list[tuple[float, float]], idle: float) -> None:
    """The shortest of the last minute, of nothing older than two; nothing, where it is too little to go by."""
    latencies = Latencies(enough=4)
    at = 0.0
    known = []
    for pause, latency in noted:
        at += pause
        latencies.note(latency, at)
        known.append((at, latency))
    now = at + idle
    surely = [latency for when, latency in known if when > now - REMEMBERED]
    perhaps = [latency for when, latency in known if when >= now - 2 * REMEMBERED]
    shortest = latencies.shortest(now)
    if len(perhaps) < 4:
        assert shortest == 0.0
    elif len(surely) >= 4:
        assert min(perhaps) <= shortest <= min(surely)
    else:
        assert shortest == 0.0 or shortest >= min(perhaps)
