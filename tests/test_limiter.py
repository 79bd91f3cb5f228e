"""How fast Telegram is asked: in lanes, within its limits, and what a wait that it asks for holds."""

import asyncio
import itertools
import random
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from bot.replies import Lane
from bot.telegram.chats import SWEEP, chat_key
from bot.telegram.errors import LaneHeldError, seconds_of
from bot.telegram.limiter import (
    IN_A_ROW,
    PATIENCE,
    TRIES,
    Limits,
    TwoLanes,
)
from bot.telegram.rates import ANSWERED_WITHIN, SECOND, UNANSWERED
from tests.senders import TOKEN, CannedBotApi
from tests.virtual_time import VirtualTime

ANSWERS, NEWS = Lane.ANSWERS, Lane.ANNOUNCEMENTS
Chat = int | str | None


@pytest.fixture(autouse=True)
def _times_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or each RetryAfter would warn; in the bot, TelegramSender sets this."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass(frozen=True, slots=True)
class Start:
    """One request that reached Telegram."""

    at: float
    lane: Lane
    chat: Chat


@dataclass
class Rig:
    """A limiter in virtual time, and a Telegram that notes what it is asked and answers as it is told."""

    limits: Limits = field(default_factory=Limits)
    travels: Callable[[], float] = lambda: 0.0
    """Seconds until a request is there, and again until its answer is."""
    time: VirtualTime = field(default_factory=VirtualTime)
    starts: list[Start] = field(default_factory=list)
    begun: list[Start] = field(default_factory=list)
    """The same, as they left."""
    waiting: dict[object, Start] = field(default_factory=dict)
    """Requests whose turn has not come, since when."""
    early: list[Start] = field(default_factory=list)
    """Requests that left although their chat was held."""
    overtaken: list[Start] = field(default_factory=list)
    """Answers that an announcement left before, although their chat was free."""
    troubles: dict[Chat, deque[TelegramError]] = field(default_factory=lambda: defaultdict(deque))
    breaks: deque[TelegramError | None] = field(default_factory=deque)
    """What becomes of the next requests before they leave."""
    flooded_until: float = 0.0
    held: dict[Chat, float] = field(default_factory=lambda: defaultdict(float))
    """Until when Telegram asked to wait in a chat."""

    def __post_init__(self) -> None:
        self.limiter = TwoLanes(self.limits, clock=self.time, sleep=self.time.sleep, jitter=lambda: 0.0)

    def request(self, chat: Chat, lane: Lane = ANSWERS, endpoint: str = "sendMessage") -> Coroutine[Any, Any, object]:
        """One request through the limiter."""

        me = object()

        async def callback(*_args: object, **_kwargs: object) -> bool:
            self.waiting.pop(me, None)
            if lane is NEWS:
                self.overtaken += [
                    other
                    for other in self.waiting.values()
                    if other.lane is ANSWERS and other.at < self.time.now and self.is_free(other.chat)
                ]
            self.begun.append(Start(self.time.now, lane, chat))
            if self.held[chat] > self.time.now:
                self.early.append(Start(self.time.now, lane, chat))
            if self.breaks and (broken := self.breaks.popleft()):
                raise broken
            await self._travel()
            self.starts.append(Start(self.time.now, lane, chat))
            flood = self.flooded_until - self.time.now
            await self._travel()
            if flood > 0:
                raise RetryAfter(timedelta(seconds=flood))
            if self.troubles[chat]:
                trouble = self.troubles[chat].popleft()
                if isinstance(trouble, RetryAfter):
                    self.held[chat] = max(self.held[chat], self.time.now + seconds_of(trouble.retry_after))
                raise trouble
            return True

        async def request() -> object:
            self.waiting[me] = Start(self.time.now, lane, chat)
            try:
                return await self.limiter.process_request(callback, (), {}, endpoint, data, lane)
            finally:
                self.waiting.pop(me, None)

        data = {} if chat is None else {"chat_id": chat}
        return request()

    def is_free(self, chat: Chat) -> bool:
        """Whether Telegram would take a message of this chat now, by what it was asked so far."""
        mine = [start.at for start in self.begun if start.chat == chat]
        private = isinstance(chat, int) and chat > 0
        size, seconds = (self.limits.private, 5) if private else (self.limits.group, 60)
        held = self.held[chat] > self.time.now
        return chat is None or (not held and sum(at > self.time.now - seconds - ANSWERED_WITHIN for at in mine) < size)

    async def _travel(self) -> None:
        if seconds := self.travels():
            await self.time.sleep(seconds)

    def ask(self, *chats: Chat, lane: Lane = ANSWERS) -> "list[asyncio.Task[object]]":
        """Requests side by side, in this order."""
        return [asyncio.create_task(self.request(chat, lane)) for chat in chats]

    def flood(self, chat: Chat, *seconds: float) -> None:
        """The next requests of this chat are each asked to wait so long."""
        self.troubles[chat].extend(RetryAfter(timedelta(seconds=each)) for each in seconds)

    @property
    def times(self) -> list[float]:
        """When each request started, in seconds since the beginning."""
        return [round(start.at - 1000, 3) for start in self.starts]

    async def ended(self, tasks: "Iterable[asyncio.Task[object]]") -> list[object]:
        """What each request ended in, all of them being done."""
        assert all(task.done() for task in tasks)
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def rig() -> Rig:
    """Telegram's own limits."""
    return Rig()


def most_within(times: Iterable[float], seconds: float) -> int:
    """The most that fall into any stretch of so many seconds."""
    latest: deque[float] = deque()
    most = 0
    for at in sorted(times):
        latest.append(at)
        while latest[0] <= at - seconds:
            latest.popleft()
        most = max(most, len(latest))
    return most


async def test_a_broadcast_uses_the_permitted_rate_and_no_more(rig: Rig) -> None:
    """Thirty a second over all, evenly: never more in any second, and at least 96 % of it."""
    tasks = rig.ask(*range(1, 3000), lane=NEWS)
    await rig.time.forward(4)
    assert 0.96 * 120 <= len(rig.starts) <= 121
    assert most_within(rig.times, 1.0) <= 30
    gaps = [later - earlier for earlier, later in zip(rig.times[10:], rig.times[11:], strict=False)]
    assert max(gaps) < 0.04
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize(("usual", "late"), [(0.0, 0.2), (0.05, 0.15), (0.01, 0.0)])
async def test_no_second_of_telegrams_has_more(usual: float, late: float) -> None:
    """However unevenly requests travel, what arrives in any second is never more than Telegram takes."""
    chance = random.Random(7)  # noqa: S311  (no secret)
    rig = Rig(travels=lambda: usual / 2 + (chance.random() * late / 2 if chance.random() < 0.1 else 0))
    tasks = rig.ask(*range(1, 600), lane=NEWS) + rig.ask(*range(1001, 1050))
    await rig.time.forward(6)
    assert most_within(rig.times, 1.0) <= 30
    assert len(rig.starts) >= 0.95 * 6 * 30
    for task in tasks:
        task.cancel()


async def test_a_server_that_stalls_is_not_caught_up_with() -> None:
    """Where everything is held up for 0.4 seconds and then taken at once, no second has more all the same."""
    rig = Rig()
    rig.travels = lambda: 0.01 + max(0.4 - rig.time.now % 3, 0)
    tasks = rig.ask(*range(1, 600), lane=NEWS)
    await rig.time.forward(8)
    assert most_within(rig.times, 1.0) <= 30
    assert len(rig.starts) >= 0.8 * 8 * 30
    for task in tasks:
        task.cancel()


async def test_answers_that_stay_out_do_not_stop_the_others(rig: Rig) -> None:
    """Requests that are slow to be answered hold their places a while, and again from their answer; not for good."""
    rig.travels = iter(lambda: 0.0 if len(rig.starts) % 2 else 2.0, None).__next__
    tasks = rig.ask(*range(1, 600), lane=NEWS)
    await rig.time.forward(8)
    assert len(rig.starts) >= 6 * 30 / (UNANSWERED + SECOND)
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("error", [NetworkError("refused"), TimedOut()])
async def test_requests_that_fail_here_say_nothing_of_the_way(error: TelegramError) -> None:
    """A line that breaks at once now and then costs a broadcast nothing but the requests that it broke."""
    rig = Rig(travels=lambda: 0.05)
    error.__cause__ = OSError("the line broke")
    rig.breaks.extend([None] * 120 + [error])
    tasks = rig.ask(*range(1, 600), lane=NEWS)
    await rig.time.forward(9)
    assert most_within(rig.times, 1.0) <= 30
    assert sum(start.at > 1006 for start in rig.starts) >= 0.95 * 3 * 30
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_answers_go_before_announcements(rig: Rig) -> None:
    """However many announcements wait, an answer is the next to go."""
    tasks = rig.ask(*range(1, 100), lane=NEWS)
    await rig.time.forward(1)
    before = len(rig.starts)
    tasks += rig.ask(1001, 1002, 1003)
    await rig.time.forward(0.2)
    assert [start.chat for start in rig.starts[before : before + 3]] == [1001, 1002, 1003]
    await rig.time.forward(5)
    assert await rig.ended(tasks) == [True] * len(tasks)


async def test_a_broadcast_leaves_a_place_for_an_answer(rig: Rig) -> None:
    """However fast announcements are sent, an answer that comes meanwhile starts at once, and the next one soon."""
    tasks = rig.ask(*range(1, 400), lane=NEWS)
    for number in range(5):
        await rig.time.forward(1.7)
        asked = rig.time.now
        tasks += rig.ask(1000 + number)
        await rig.time.forward(0)
        assert [start.at for start in rig.starts if start.chat == 1000 + number] == [asked]
    for task in tasks:
        task.cancel()


async def test_answers_without_a_broadcast_do_not_wait(rig: Rig) -> None:
    """A quiet bot answers thirty people at once."""
    tasks = rig.ask(*range(1, 31))
    await rig.time.forward()
    assert await rig.ended(tasks) == [True] * 30


async def test_whoever_waits_goes_a_second_after_the_answers() -> None:
    """One more than may go at once goes as soon as the others are known to have been taken a second ago."""
    rig = Rig(travels=lambda: 0.02)
    tasks = rig.ask(*range(1, 32))
    await rig.time.forward(SECOND + 0.07)
    assert rig.times == [0.02] * 30 + [1.065]
    await rig.time.forward(1)
    assert await rig.ended(tasks) == [True] * 31


async def test_an_answer_in_several_messages_goes_at_once(rig: Rig) -> None:
    """A private chat takes five messages at once, and one a second as a mean of five seconds."""
    tasks = rig.ask(*[7] * 12)
    await rig.time.forward(20)
    assert await rig.ended(tasks) == [True] * 12
    assert rig.times == [0, 0, 0, 0, 0, 5.25, 5.25, 5.25, 5.25, 5.25, 10.5, 10.5]


@pytest.mark.parametrize("group", [-1001, "@annuncio"])
async def test_a_group_takes_twenty_a_minute(rig: Rig, group: Chat) -> None:
    """Twenty in any minute of a group or channel, whatever it is called by; private chats go on meanwhile."""
    tasks = rig.ask(*[group] * 25, 7)
    await rig.time.forward(1)
    assert [start.chat for start in rig.starts] == [group] * 20 + [7]
    await rig.time.forward(70)
    assert await rig.ended(tasks) == [True] * 26
    assert set(rig.times[21:]) == {60.25}


async def test_a_chat_has_one_name(rig: Rig) -> None:
    """A number is the same chat as text, and a name is the same in any case."""
    assert chat_key("-1001") == chat_key(-1001) == -1001
    assert chat_key("7") == 7
    assert chat_key("@Annuncio") == chat_key("@annuncio") == "@annuncio"
    assert chat_key(None) is None
    assert rig.limiter.chats == 0


@pytest.mark.parametrize(
    "endpoint", ["getMe", "sendChatAction", "answerCallbackQuery", "setMyCommands", "deleteMessage"]
)
async def test_what_is_no_message_passes_freely(rig: Rig, endpoint: str) -> None:
    """Requests that Telegram does not count as messages wait for nothing, and their errors are the caller's."""
    rig.flood(7, 30)
    await rig.ended(await started(rig, rig.ask(7, lane=NEWS)))
    for _ in range(50):
        await rig.request(7, endpoint=endpoint)
    assert set(rig.times) == {0}
    rig.flood(7, 30)
    with pytest.raises(RetryAfter):
        await rig.request(7, endpoint=endpoint)


async def started(rig: Rig, tasks: "list[asyncio.Task[object]]", seconds: float = 0.0) -> "list[asyncio.Task[object]]":
    """Let everything go on that can, for so long."""
    await rig.time.forward(seconds)
    return tasks


async def test_a_wait_holds_its_chat_alone(rig: Rig) -> None:
    """Telegram asks for 35 seconds in one chat: there the answer goes then, to the second; elsewhere at once."""
    rig.flood(7, 35)
    tasks = rig.ask(7, 7, 8)
    await rig.time.forward(34.9)
    assert [(start.at - 1000, start.chat) for start in rig.starts] == [(0, 7), (0, 8)]
    late = rig.ask(7, 8)
    await rig.time.forward(0.2)
    assert [(round(start.at - 1000, 3), start.chat) for start in rig.starts[2:]] == [
        (34.9, 8),
        (35, 7),
        (35, 7),
        (35, 7),
    ]
    assert await rig.ended([*tasks, *late]) == [True] * 5


async def test_an_announcement_is_put_back_rather_than_waited_for(rig: Rig) -> None:
    """Where the wait is long an announcement is given back with it, unasked: it would take a place from the others."""
    rig.flood(7, 35)
    [first] = await rig.ended(await started(rig, rig.ask(7, lane=NEWS)))
    [second] = await rig.ended(await started(rig, rig.ask(7, lane=NEWS)))
    assert isinstance(first, RetryAfter)
    assert isinstance(second, RetryAfter)
    assert not isinstance(second, LaneHeldError)
    assert seconds_of(first.retry_after) == seconds_of(second.retry_after) == 35
    assert len(rig.starts) == 1
    await rig.time.forward(26)
    tasks = rig.ask(7, lane=NEWS)
    await rig.time.forward(9)
    assert await rig.ended(tasks) == [True]
    assert rig.times == [0, 35]


async def test_tries_have_an_end(rig: Rig) -> None:
    """An answer that is asked to wait each time is tried so often, then the error is raised."""
    rig.flood(7, *[2] * 9)
    [task] = rig.ask(7)
    await rig.time.forward(10)
    assert rig.times == [0, 2, 4, 6]
    assert len(rig.times) == TRIES[ANSWERS]
    with pytest.raises(RetryAfter):
        await task


async def test_an_answer_has_an_end_too(rig: Rig) -> None:
    """A wait of hours is not waited out: who asked is told at once."""
    rig.flood(7, 3600)
    [error] = await rig.ended(await started(rig, rig.ask(7)))
    assert isinstance(error, RetryAfter)
    assert seconds_of(error.retry_after) == 3600


@pytest.mark.parametrize("error", [TimedOut(), Forbidden("Forbidden: bot was blocked by the user"), BadRequest("no")])
async def test_other_errors_are_the_callers(rig: Rig, error: TelegramError) -> None:
    """Nothing else is tried again here, and nothing is held for it."""
    rig.troubles[7].append(error)
    failed, fine = await rig.ended(await started(rig, rig.ask(7, 7)))
    assert failed is error
    assert fine is True


async def test_a_wait_for_everybody_holds_the_lane(rig: Rig) -> None:
    """Several chats in a row are asked to wait: it is the bot that is meant, and the broadcast stops until then."""
    rig.flooded_until = rig.time.now + 20
    tasks = rig.ask(*range(1, 40), lane=NEWS)
    await rig.time.forward(10)
    assert len(rig.starts) <= IN_A_ROW + 3
    outcomes = await rig.ended(tasks)
    assert all(isinstance(outcome, RetryAfter) for outcome in outcomes)
    assert sum(isinstance(outcome, LaneHeldError) for outcome in outcomes) == len(tasks) - len(rig.starts)
    await rig.time.forward(10)
    again = rig.ask(*range(1, 40), lane=NEWS)
    await rig.time.forward(2)
    assert await rig.ended(again) == [True] * 39


async def test_late_answers_do_not_hide_a_wait_for_everybody(rig: Rig) -> None:
    """What was taken before everybody was asked to wait, and is answered after that, says nothing against it."""
    ways = itertools.cycle([0.0, 0.02, 0.0, 0.02, 0.0, 0.5])
    rig.travels = lambda: next(ways)
    tasks = rig.ask(*range(1, 200), lane=NEWS)
    await rig.time.forward(2)
    before = len(rig.starts)
    rig.flooded_until = rig.time.now + 20
    await rig.time.forward(4)
    assert IN_A_ROW <= len(rig.starts) - before <= IN_A_ROW + 3
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_held_broadcast_does_not_freeze_the_answers(rig: Rig) -> None:
    """Announcements wait for a minute, and answers go at once."""
    for chat in range(1, IN_A_ROW + 1):
        rig.flood(chat, 60)
    await rig.ended(await started(rig, rig.ask(*range(1, IN_A_ROW + 1), lane=NEWS), 0.2))
    [held] = await rig.ended(await started(rig, rig.ask(99, lane=NEWS)))
    assert isinstance(held, LaneHeldError)
    assert await rig.ended(await started(rig, rig.ask(100, 101))) == [True, True]


async def test_an_answer_that_hears_the_same_waits_with_the_others(rig: Rig) -> None:
    """While the broadcast is held, one answer that is asked to wait is enough to know that everybody has to."""
    rig.flooded_until = rig.time.now + 20
    await rig.ended(await started(rig, rig.ask(*range(1, IN_A_ROW + 1), lane=NEWS), 0.2))
    tasks = rig.ask(100)
    await rig.time.forward(1)
    tasks += rig.ask(101, 102)
    await rig.time.forward(18.7)
    assert len(rig.starts) == IN_A_ROW + 1
    await rig.time.forward(1)
    assert await rig.ended(tasks) == [True] * 3


async def test_who_waits_for_a_chat_holds_up_nobody_behind(rig: Rig) -> None:
    """The first in the row waits for its group, and the second, who waits for all alone, goes as soon as it can."""
    rig = Rig(Limits(6, 3, 4))
    tasks = rig.ask(*[-1] * 5, 1, 1, 1)
    await rig.time.forward(1.1)
    assert [task.done() for task in tasks] == [True] * 4 + [False] + [True] * 3
    await rig.time.forward(60)
    assert await rig.ended(tasks) == [True] * 8


async def test_single_waits_with_messages_in_between_hold_no_lane(rig: Rig) -> None:
    """One chat in every two is asked to wait: the others are sent to all the time."""
    for chat in range(1, 41, 2):
        rig.flood(chat, 60)
    tasks = rig.ask(*range(1, 41), lane=NEWS)
    await rig.time.forward(2)
    outcomes = await rig.ended(tasks)
    assert [outcome is True for outcome in outcomes] == [False, True] * 20
    assert not any(isinstance(outcome, LaneHeldError) for outcome in outcomes)


async def test_announcements_that_answers_crowd_out_are_given_back() -> None:
    """Where answers take all that Telegram takes, announcements go back to the outbox after a while."""
    rig = Rig(Limits(2, 100, 100))
    [news] = rig.ask(1, lane=NEWS)
    await rig.time.forward()
    assert news.done()
    [news] = rig.ask(2, lane=NEWS)
    answers = rig.ask(*range(100, 200))
    await rig.time.forward(PATIENCE[NEWS] + 1)
    [outcome] = await rig.ended([news])
    assert isinstance(outcome, LaneHeldError)
    await rig.time.forward(60)
    assert await rig.ended(answers) == [True] * 100


async def test_giving_up_frees_the_place(rig: Rig) -> None:
    """A request that is cancelled while it waits is not made, and holds up nobody."""
    tasks = rig.ask(*[7] * 7)
    await rig.time.forward()
    tasks[5].cancel()
    await rig.time.forward(6)
    assert len(rig.starts) == 6
    assert tasks[6].result() is True


async def test_idle_chats_are_forgotten(rig: Rig) -> None:
    """However many chats are written to, those that matter are kept: the latest, and the ones that are held."""
    rig = Rig(Limits(1e6, 5, 20))
    rig.flood(-5, 80)
    held = rig.ask(-5)
    for batch in range(30):
        tasks = rig.ask(*range(1 + batch * 500, 501 + batch * 500))
        await rig.time.forward(2)
        await rig.ended(tasks)
    assert rig.limiter.chats <= 4 * SWEEP
    assert not held[0].done()
    await rig.time.forward(30)
    assert await rig.ended(held) == [True]


async def test_the_library_takes_it() -> None:
    """A bot of the real library sends through it, its lane in `rate_limit_args`, and shuts it down with itself."""
    time = VirtualTime()
    limiter = TwoLanes(clock=time, sleep=time.sleep)
    api, polls = CannedBotApi(), CannedBotApi()
    bot: ExtBot[Lane] = ExtBot(TOKEN, request=api, get_updates_request=polls, rate_limiter=limiter)
    api.refuse(429, "Too Many Requests: retry after 3", retry_after=3)
    sending = asyncio.create_task(bot.send_message(7, "an answer"))
    news = asyncio.create_task(bot.send_message(8, "news", rate_limit_args=Lane.ANNOUNCEMENTS))
    await time.forward(4)
    assert (await sending).text == "an answer"
    assert (await news).text == "news"
    assert [call["chat_id"] for _, call in api.calls] == [7, 8, 7]
    waiting = [asyncio.create_task(bot.send_message(9, "x")) for _ in range(9)]
    await time.forward()
    await limiter.shutdown()
    await time.forward(60)
    assert sum(task.done() for task in waiting) == 5
    for task in waiting:
        task.cancel()


CHATS: tuple[Chat, ...] = (1, 2, 3, -1, "@one", None)
FLOODED: tuple[Chat, ...] = CHATS[: IN_A_ROW - 1]
"""Fewer than it takes for a wait to be everybody's."""
LITTLE = Limits(6, 3, 4)


class LimiterMachine(RuleBasedStateMachine):
    """Any order of requests, waits that Telegram asks for, requests that are given up, and time that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.rig = Rig(LITTLE, travels=lambda: 0.03)
        self.tasks: list[tuple[Lane, Chat, asyncio.Task[object]]] = []

    @rule(lane=st.sampled_from(Lane), chat=st.sampled_from(CHATS), count=st.integers(1, 8))
    def ask(self, lane: Lane, chat: Chat, count: int) -> None:
        """Somebody wants something sent."""

        async def begin() -> None:
            self.tasks += [(lane, chat, task) for task in self.rig.ask(*[chat] * count, lane=lane)]
            await self.rig.time.forward()

        self.runner.run(begin())

    @rule(chat=st.sampled_from(FLOODED), seconds=st.integers(1, 40), count=st.integers(1, 3))
    def flood(self, chat: Chat, seconds: int, count: int) -> None:
        """Telegram will ask for a wait."""
        self.rig.flood(chat, *[seconds] * count)

    @rule(which=st.integers(0, 50))
    def give_up(self, which: int) -> None:
        """Whoever wanted it does not any more."""
        if which < len(self.tasks):
            self.tasks[which][2].cancel()
            self.runner.run(self.rig.time.forward())

    @rule(seconds=st.floats(0, 70, allow_nan=False))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        self.runner.run(self.rig.time.forward(seconds))

    @invariant()
    def keeps_the_limits(self) -> None:
        """No stretch of time has more requests than Telegram takes, over all and in each chat."""
        assert most_within([start.at for start in self.rig.starts], 1.0) <= LITTLE.overall
        for chat in CHATS[:-1]:
            mine = [start.at for start in self.rig.starts if start.chat == chat]
            private = isinstance(chat, int) and chat > 0
            assert most_within(mine, 5.0 if private else 60.0) <= (LITTLE.private if private else LITTLE.group)

    @invariant()
    def no_answer_waits_that_could_go(self) -> None:
        """An answer waits for its own chat, or for what others sent within the last second, and for nothing else."""
        now = self.rig.time.now
        crowded = sum(start.at > now - 1 - ANSWERED_WITHIN - 0.1 for start in self.rig.begun) >= LITTLE.overall
        for waiting in self.rig.waiting.values():
            assert waiting.lane is not ANSWERS or crowded or not self.rig.is_free(waiting.chat)

    @invariant()
    def answers_go_first(self) -> None:
        """No announcement goes while an answer waits that could."""
        assert self.rig.overtaken == []

    @invariant()
    def waits_are_kept(self) -> None:
        """Nothing reaches a chat before its wait is over, but what had left before it was told."""
        assert self.rig.early == []

    def teardown(self) -> None:
        """Nothing waits for ever, and nothing is left running."""
        self.runner.run(self.rig.time.forward(TRIES[ANSWERS] * 100))
        undone = [(lane, chat) for lane, chat, task in self.tasks if not task.done()]
        for _, _, task in self.tasks:
            if task.done() and not task.cancelled():
                task.exception()
        self.runner.run(self.rig.limiter.shutdown())
        self.runner.close()
        assert undone == []


TestLimiterMachine = LimiterMachine.TestCase
TestLimiterMachine.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
