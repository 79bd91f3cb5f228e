"""Long polling that loses no question: what is asked of Telegram, and when, on a clock that jumps over every wait."""

import asyncio
import json
import logging
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from telegram import Bot, Update
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.errors import TelegramError
from bot.telegram.handlers import ALLOWED_UPDATES
from bot.telegram.poller import BATCH, CONFLICTS, FIRST_WAIT, LONG_POLL, LONGEST_WAIT, Poller
from tests.senders import TOKEN, CannedBotApi

CONFLICT = (409, "Conflict: terminated by other getUpdates request")
Trouble = Callable[[], Exception] | tuple[int, str]
"""What makes the exception of one call, or code and description of a refusal."""


def down() -> Exception:
    """The network is not there."""
    return NetworkError("down")


class _JumpingSelector(selectors.DefaultSelector):
    """Does not wait, but remembers for how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            self.jumped += timeout
            timeout = 0
        return super().select(timeout)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as there is nothing else to do."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds, jumps included."""
        return super().time() + self._jumping.jumped


class Feed(BaseRequest):
    """getUpdates as Telegram answers it: keeps updates until the offset confirms them, holds a long poll open."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        """Ids of updates that are not confirmed yet."""
        self.polls: list[tuple[int, int]] = []
        """Offset and timeout of every poll."""
        self.asked: list[dict[str, Any]] = []
        self.troubles: deque[Trouble] = deque()
        self.ignores_offset = False
        """As Telegram does with an offset far in the future: it answers from the head of its queue."""
        self._news = asyncio.Event()

    def add(self, *ids: int) -> None:
        """New updates."""
        self.waiting.extend(ids)
        self._news.set()

    @property
    def read_timeout(self) -> float | None:
        """No call takes any time of its own."""
        return None

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """There is nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002  (the library's signature, here and below)
        request_data: RequestData | None = None,
        read_timeout: object = None,  # noqa: ARG002
        write_timeout: object = None,  # noqa: ARG002
        connect_timeout: object = None,  # noqa: ARG002
        pool_timeout: object = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Answer one getUpdates."""
        assert url.endswith("/getUpdates")
        call: dict[str, Any] = dict(request_data.parameters) if request_data else {}
        # The library leaves zeros out, which is what the Bot API takes them for.
        offset, limit, timeout = call.get("offset", 0), call.get("limit", 100), call.get("timeout", 0)
        self.polls.append((offset, timeout))
        self.asked.append(call)
        if self.troubles:
            trouble = self.troubles.popleft()
            if not isinstance(trouble, tuple):
                raise trouble()
            code, description = trouble
            answer: dict[str, object] = {"ok": False, "error_code": code, "description": description}
            if code == 429:
                answer["parameters"] = {"retry_after": 17}
            return code, json.dumps(answer).encode()
        if not self.ignores_offset or (self.waiting and offset <= max(self.waiting) + 1):
            self.waiting = [number for number in self.waiting if number >= offset]
        if not self.waiting and timeout:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), timeout)
        updates = [{"update_id": number} for number in self.waiting[:limit]]
        return 200, json.dumps({"ok": True, "result": updates}).encode()


class Stand:
    """A poller over a feed, with callbacks that hold updates back."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.begun: list[int] = []
        self.done: list[int] = []
        self.held: dict[int, asyncio.Event] = {}
        self.stop = asyncio.Event()
        self.errors: dict[int, Exception] = {}
        bot = Bot(TOKEN, request=CannedBotApi(), get_updates_request=self.feed)
        self.poller = Poller(bot, self._process, ALLOWED_UPDATES)
        self._running: asyncio.Task[None] | None = None

    async def _process(self, update: Update) -> None:
        self.begun.append(update.update_id)
        if update.update_id in self.errors:
            raise self.errors[update.update_id]
        if update.update_id in self.held:
            await self.held[update.update_id].wait()
        self.done.append(update.update_id)

    def hold(self, *ids: int) -> None:
        """These updates are not finished until `release`."""
        self.held.update({number: asyncio.Event() for number in ids})

    def release(self, number: int) -> None:
        """Let an update be finished."""
        self.held[number].set()

    def start(self) -> "asyncio.Task[None]":
        """Poll in the background."""
        self._running = asyncio.create_task(self.poller.run(self.stop))
        return self._running

    async def finish(self) -> None:
        """Stop, and wait until the poller has ended."""
        self.stop.set()
        assert self._running is not None
        await self._running

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let time go on until something holds."""
        for _ in range(20_000):
            if condition():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came: polls {self.feed.polls[-5:]}, done {self.done[-5:]}")


def play(scenario: Callable[[Stand], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario on the loop whose clock jumps."""

    async def main() -> None:
        await scenario(Stand())

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main())


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the operator was told."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_updates_are_answered_and_then_confirmed() -> None:
    """Each update is worked on once; the offset moves behind it only when it is done."""

    async def scenario(stand: Stand) -> None:
        stand.feed.add(10, 11)
        stand.start()
        await stand.until(lambda: stand.done == [10, 11])
        await stand.until(lambda: stand.feed.waiting == [])
        assert stand.feed.polls[0] == (0, LONG_POLL)
        assert stand.feed.polls[-1] == (12, LONG_POLL)
        stand.feed.add(12)
        await stand.until(lambda: stand.done == [10, 11, 12])
        await stand.finish()
        assert stand.feed.polls[-1] == (13, 0)
        assert stand.begun == [10, 11, 12]

    play(scenario)


def test_only_what_the_bot_handles_is_asked_for() -> None:
    """Every poll names the kinds of updates that are handled."""

    async def scenario(stand: Stand) -> None:
        stand.start()
        await stand.until(lambda: len(stand.feed.asked) == 2)
        await stand.finish()
        assert all(call["allowed_updates"] == list(ALLOWED_UPDATES) for call in stand.feed.asked)

    play(scenario)


def test_an_idle_bot_polls_slowly() -> None:
    """With nothing to do one long poll follows the other, and nothing is confirmed that never came."""

    async def scenario(stand: Stand) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        stand.start()
        await stand.until(lambda: len(stand.feed.polls) == 4)
        assert loop.time() - began >= 3 * LONG_POLL
        await stand.finish()
        assert stand.feed.polls == [(0, LONG_POLL)] * 4

    play(scenario)


def test_the_offset_never_passes_an_unfinished_update() -> None:
    """While one update is being worked on, later ones are answered, and none is confirmed before it."""

    async def scenario(stand: Stand) -> None:
        stand.hold(11)
        stand.feed.add(10, 11, 12)
        stand.start()
        await stand.until(lambda: stand.done == [10, 12])
        stand.feed.add(13)
        await stand.until(lambda: stand.done == [10, 12, 13])
        polled = len(stand.feed.polls)
        await stand.until(lambda: len(stand.feed.polls) >= polled + 3)
        assert max(offset for offset, _ in stand.feed.polls) == 11
        assert stand.feed.waiting == [11, 12, 13]
        assert {timeout for _, timeout in stand.feed.polls[1:]} == {0}
        stand.release(11)
        await stand.until(lambda: stand.feed.waiting == [])
        assert stand.feed.polls[-1] == (14, LONG_POLL)
        assert sorted(stand.begun) == [10, 11, 12, 13]
        await stand.finish()

    play(scenario)


def test_short_polls_are_not_a_flood() -> None:
    """While an answer takes long, Telegram is asked a few times a second, not as often as it can answer."""

    async def scenario(stand: Stand) -> None:
        stand.hold(10)
        stand.feed.add(10)
        stand.start()
        await stand.until(lambda: stand.begun == [10])
        polled, loop = len(stand.feed.polls), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(10)
        assert len(stand.feed.polls) - polled <= 5 * (loop.time() - began)
        stand.release(10)
        await stand.finish()

    play(scenario)


def test_a_window_full_of_unfinished_work() -> None:
    """When all that Telegram would give is being worked on, it is not asked again until something is done."""

    async def scenario(stand: Stand) -> None:
        ids = range(10, 10 + BATCH + 5)
        stand.hold(*ids)
        stand.feed.add(*ids)
        stand.start()
        await stand.until(lambda: len(stand.begun) == BATCH)
        polled = len(stand.feed.polls)
        await asyncio.sleep(60)
        assert len(stand.feed.polls) == polled
        for number in ids:
            stand.release(number)
        await stand.until(lambda: len(stand.done) == len(ids))
        assert stand.begun == list(ids)
        await stand.finish()
        assert stand.feed.waiting == []

    play(scenario)


def test_ids_that_begin_anew() -> None:
    """After a quiet week Telegram numbers updates anew, perhaps lower: they are answered, once, and confirmed."""

    async def scenario(stand: Stand) -> None:
        stand.feed.ignores_offset = True
        stand.feed.add(900)
        stand.start()
        await stand.until(lambda: stand.done == [900])
        await stand.until(lambda: stand.feed.polls[-1] == (901, LONG_POLL))
        stand.feed.waiting = []
        stand.hold(7)
        stand.feed.add(7, 8)
        await stand.until(lambda: stand.done == [900, 8])
        await asyncio.sleep(5)
        stand.release(7)
        await stand.until(lambda: stand.feed.polls[-1] == (9, LONG_POLL))
        assert stand.feed.waiting == []
        assert stand.begun == [900, 7, 8]
        await stand.finish()

    play(scenario)


def test_a_graceful_stop_finishes_and_confirms() -> None:
    """On stop no new update is fetched; what is being worked on is finished, and then confirmed."""

    async def scenario(stand: Stand) -> None:
        stand.hold(10)
        stand.feed.add(10)
        running = stand.start()
        await stand.until(lambda: stand.begun == [10])
        stand.stop.set()
        await asyncio.sleep(1)
        stand.feed.add(11)
        assert not running.done()
        stand.release(10)
        await running
        assert stand.done == [10]
        assert stand.feed.polls[-1] == (11, 0)
        assert stand.feed.waiting == [11]

    play(scenario)


def test_a_stop_does_not_wait_for_ever() -> None:
    """An update that does not finish is left unconfirmed: the next start answers it."""

    async def scenario(stand: Stand) -> None:
        stand.hold(10)
        stand.feed.add(10, 11)
        stand.start()
        await stand.until(lambda: stand.done == [11])
        began = asyncio.get_running_loop().time()
        await stand.finish()
        assert LONGEST_WAIT <= asyncio.get_running_loop().time() - began <= LONGEST_WAIT + 5
        assert stand.feed.polls[-1] == (10, 0)
        assert stand.feed.waiting == [10, 11]

    play(scenario)


def test_a_stop_ends_a_long_poll_at_once() -> None:
    """Nobody waits half a minute for Ctrl-C."""

    async def scenario(stand: Stand) -> None:
        stand.start()
        await stand.until(lambda: len(stand.feed.polls) == 1)
        began = asyncio.get_running_loop().time()
        await stand.finish()
        assert asyncio.get_running_loop().time() - began < 5

    play(scenario)


def test_a_stop_during_a_wait(caplog: pytest.LogCaptureFixture) -> None:
    """While it waits out an outage, too, the bot stops at once, and an outage at the stop is no error."""

    async def scenario(stand: Stand) -> None:
        stand.feed.add(10)
        stand.start()
        await stand.until(lambda: stand.done == [10])
        stand.feed.troubles.extend([down] * 9)
        await stand.until(lambda: len(stand.feed.troubles) == 0)
        stand.feed.troubles.append(down)
        began = asyncio.get_running_loop().time()
        await stand.finish()
        assert asyncio.get_running_loop().time() - began < 1

    play(scenario)
    assert warnings_of(caplog) == ["Telegram is not reached, trying on: down"]


def test_being_cancelled_leaves_nothing_running() -> None:
    """A poller that is cancelled takes its request with it."""

    async def scenario(stand: Stand) -> None:
        running = stand.start()
        await stand.until(lambda: len(stand.feed.polls) == 1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    play(scenario)


def test_a_second_poller(caplog: pytest.LogCaptureFixture) -> None:
    """A 409 is one line that says what to do; when the other one leaves, questions are answered again."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([CONFLICT] * (CONFLICTS - 1))
        stand.feed.add(10)
        stand.start()
        await stand.until(lambda: stand.done == [10])
        await stand.finish()

    play(scenario)
    [line, over] = warnings_of(caplog)
    assert line.startswith("another program polls Telegram with the same token (409): stop it, ")
    assert over == "Telegram is reached again"


def test_a_second_poller_that_stays(caplog: pytest.LogCaptureFixture) -> None:
    """After many refusals in a row the bot gives up with the same line, having waited between them."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([CONFLICT] * (CONFLICTS + 1))
        began = asyncio.get_running_loop().time()
        with pytest.raises(TelegramError, match=r"another program polls Telegram with the same token \(409\)"):
            await stand.start()
        assert len(stand.feed.polls) == CONFLICTS
        assert asyncio.get_running_loop().time() - began > CONFLICTS - 1

    play(scenario)
    assert len(warnings_of(caplog)) == 1


def test_refusals_count_in_a_row_only() -> None:
    """Refusals with success between them are no second poller that stays."""

    async def scenario(stand: Stand) -> None:
        stand.start()
        for number in range(10, 14):
            stand.feed.troubles.extend([CONFLICT] * (CONFLICTS - 2))
            await stand.until(lambda: len(stand.feed.troubles) == 0)
            stand.feed.add(number)
            await stand.until(lambda number=number: number in stand.done)  # type: ignore[misc]  # bound per round
        await stand.finish()

    play(scenario)


@pytest.mark.parametrize(
    "trouble",
    [down, TimedOut, OSError, (502, "Bad Gateway"), (500, "Internal")],
    ids=["refused", "timeout", "os", "502", "500"],
)
def test_an_outage(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    """An outage of any length is one line, its end is another, and no question is lost."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([trouble] * 30)
        stand.feed.add(10)
        began = asyncio.get_running_loop().time()
        stand.start()
        await stand.until(lambda: stand.done == [10])
        assert asyncio.get_running_loop().time() - began < 30 * (LONGEST_WAIT + 1)
        await stand.finish()
        assert len(stand.feed.polls) in {32, 33}

    play(scenario)
    [line, over] = warnings_of(caplog)
    assert line.startswith("Telegram is not reached, trying on: ")
    assert over == "Telegram is reached again"


def test_waits_grow_but_stay_bounded() -> None:
    """Between two tries in an outage lies a tenth of a second at first, and never more than half a minute."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([down] * 20)
        loop, times = asyncio.get_running_loop(), list[float]()
        stand.start()
        for count in range(1, 21):
            await stand.until(lambda count=count: len(stand.feed.polls) >= count)  # type: ignore[misc]  # bound per round
            times.append(loop.time())
        gaps = [after - before for before, after in pairwise(times)]
        assert FIRST_WAIT <= gaps[0] <= FIRST_WAIT + 0.2
        assert gaps[4] > 8 * FIRST_WAIT
        assert LONGEST_WAIT - 0.2 <= max(gaps) <= LONGEST_WAIT + 0.2
        await stand.finish()

    play(scenario)


def test_each_kind_of_trouble_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """An outage that turns into a second poller is two lines: the second is for somebody else to mend."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([down, down, CONFLICT, CONFLICT])
        stand.feed.add(10)
        stand.start()
        await stand.until(lambda: stand.done == [10])
        await stand.finish()

    play(scenario)
    assert [line[:30] for line in warnings_of(caplog)] == [
        "Telegram is not reached, tryin",
        "another program polls Telegram",
        "Telegram is reached again",
    ]


def test_flood_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Telegram asks to poll more slowly, the named seconds are waited out."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.append((429, "Too Many Requests: retry after 17"))
        stand.feed.add(10)
        began = asyncio.get_running_loop().time()
        stand.start()
        await stand.until(lambda: stand.done == [10])
        assert 17 <= asyncio.get_running_loop().time() - began < 20
        await stand.finish()

    play(scenario)


def test_a_token_that_is_refused() -> None:
    """A token that was revoked while the bot ran ends it at once, with a line for the operator."""

    async def scenario(stand: Stand) -> None:
        stand.feed.troubles.extend([(401, "Unauthorized")] * 2)
        with pytest.raises(TelegramError, match="Telegram refuses the bot token: check TELEGRAM_BOT_TOKEN"):
            await stand.start()
        assert len(stand.feed.polls) == 1

    play(scenario)


def test_an_update_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """A failure nobody caught is one line without a word of the message; the others go on, and it is not repeated."""

    async def scenario(stand: Stand) -> None:
        stand.errors[10] = ValueError("my secret question")
        stand.feed.add(10, 11)
        stand.start()
        await stand.until(lambda: stand.feed.polls[-1:] == [(12, LONG_POLL)])
        await stand.finish()
        assert stand.begun == [10, 11]
        assert stand.done == [11]

    play(scenario)
    assert warnings_of(caplog) == ["an update could not be processed: ValueError"]
    assert "my secret question" not in caplog.text
