"""One broadcast, from a fresh database to the last message, and what it was like."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.load import subscribers, weather
from benchmarks.load.crowd import FRESH, doubled_by
from benchmarks.load.engine import Engine
from benchmarks.load.plan import ASK_EVERY, WARM_EVERY, Plan, instants
from benchmarks.load.telegram import ANSWER_SECONDS, Answers, Report, Telegram
from bot.settings import Settings
from bot.state.vault import Vault
from tests.bot_api import Limits, faults

TOKEN = "7654321:AAGe-made_up_for-the-load"  # noqa: S105  # a made-up one
LOOK = 0.1
"""Seconds between two looks at how far the message got."""
LOOK_IN_DATABASE = 2.0
SOON, EVER = timedelta(seconds=20), timedelta(days=3650)
"""Within which a try must be due to be waited for: amid faults the wait before the fourth, else whatever is owed."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a question to its answer."""

    p50: float
    p95: float
    questions: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill -9: what was in flight, and what came twice because of it."""

    taken: int  # messages that Telegram had taken by then
    held: int  # deliveries that the process had taken, most of which wait for their turn
    in_the_air: int  # of those, on the wire, or answered too lately to be read: see FRESH
    doubled: int
    answered_before: int  # of the doubled, those whose answer had left the server before the kill
    oldest: float = 0.0  # milliseconds from the first of these answers to the kill
    late: int = 0  # of the doubled, those answered so long before that they should be on disk: see FRESH
    restart: float = 0.0  # seconds until the next process listened
    silence: float = 0.0  # seconds from then to the next message to a subscriber, whoever's lease still runs


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial was like."""

    plan: Plan
    report: Report
    finished: bool
    lost: int  # neither taken, nor owed, nor ended by a fault
    owed: int  # still to come when the time was over
    doubled: int  # second copies that neither a broken line nor a kill explains
    kills: tuple[Kill, ...]
    quiet: Latency | None
    during: Latency | None
    memory: float  # MB before the broadcast
    growth: float  # MB, the most during it beyond that
    lost_because: Mapping[str, int] = field(default_factory=dict)  # what the database says of the lost

    @property
    def rate(self) -> float:
        """Messages a second, answers too, from the first announcement to the last."""
        return self.report.messages / self.report.seconds if self.report.seconds else 0.0

    @property
    def share(self) -> float:
        """Of the rate that the limits permit."""
        return self.rate / Limits().scaled(self.plan.factor).per_second


def run(plan: Plan, data_dir: Path, slug: str, questions: Sequence[str], say: Callable[[str], object]) -> Outcome:
    """Carry out the plan over a data directory whose index is built; its database is made anew."""
    for file in data_dir.glob("annuncio.db*"):
        file.unlink()
    key = Fernet.generate_key().decode()
    vault = Vault((key,))
    with (
        tempfile.TemporaryDirectory() as folder,
        Telegram(TOKEN, plan.count, Limits().scaled(plan.factor)) as telegram,
    ):
        settings = Settings(data_dir=data_dir, key=key)
        asyncio.run(subscribers.subscribe_all(settings, vault, plan.count))
        engine = Engine(
            Path(folder),
            {
                "TELEGRAM_BOT_TOKEN": TOKEN,
                "TELEGRAM_API_BASE_URL": telegram.base_url,
                "ANNUNCIO_DATA_DIR": str(data_dir.resolve()),
                "ANNUNCIO_KEY": key,
            },
            plan.factor,
        )
        with engine:
            return _Trial(plan, telegram, engine, settings, vault, say).run(slug, questions)


class _Trial:
    """The steps of a trial over what takes part in it."""

    def __init__(
        self,
        plan: Plan,
        telegram: Telegram,
        engine: Engine,
        settings: Settings,
        vault: Vault,
        say: Callable[[str], object],
    ) -> None:
        self._plan = plan
        self._telegram = telegram
        self._engine = engine
        self._settings = settings
        self._database = settings.data_dir / "annuncio.db"
        self._vault = vault
        self._say = say
        self._random = random.Random(plan.seed)  # noqa: S311  # instants, no secrets
        self._kills: list[tuple[float, Kill]] = []
        self._killed: set[str] = set()  # the names of processes

    def run(self, slug: str, questions: Sequence[str]) -> Outcome:
        """Quiet, then the broadcast."""
        plan, telegram = self._plan, self._telegram
        quiet = during = None
        if plan.asked:
            self._ask(questions, len(questions), WARM_EVERY)  # all is loaded, and every question was heard once
        if plan.questions:
            quiet = latency(self._ask(questions, plan.questions, ASK_EVERY))
        before, memory = self._weigh()
        if plan.share:
            telegram.grow()
            telegram.rain(*weather.showers(plan.share, plan.seed))
        owed = asyncio.run(subscribers.announce(self._settings, self._vault, slug))
        self._say(f"{plan.name}: the outbox owes {owed} messages")
        if plan.asked:
            telegram.start_asking(questions, ASK_EVERY)
        finished = self._wait_for_all()
        if plan.asked:
            during = latency(telegram.stop_asking())
        left = subscribers.owed(self._database, self._vault)  # first: what is sent meanwhile is not lost
        report = telegram.report([(at, at + kill.restart) for at, kill in self._kills])
        lost = frozenset(report.ledger.missing) - left
        seen = [sample.megabytes for sample in self._engine.samples[before:]]
        by_kill = doubled_by(report.ledger.doubled, [at for at, _ in self._kills])
        return Outcome(
            plan,
            report,
            finished,
            lost=len(lost),
            lost_because=subscribers.ends(self._database, self._vault, lost),
            owed=len(left),
            doubled=by_kill.get(float("inf"), 0),
            kills=tuple(self._judged(at, kill, report, by_kill.get(at, 0)) for at, kill in self._kills),
            quiet=quiet,
            during=during,
            memory=memory,
            growth=max(seen, default=0.0) - memory if not plan.kills else 0.0,
        )

    def _ask(self, questions: Sequence[str], count: int, every: float) -> Answers:
        self._telegram.start_asking(questions, every)
        deadline = time.monotonic() + count * every + ANSWER_SECONDS
        while self._telegram.asked() < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{count} questions cannot be asked in time")
            time.sleep(LOOK)
        return self._telegram.stop_asking()

    def _weigh(self) -> tuple[int, float]:
        """How often the bot was looked at by now, and its memory in MB."""
        deadline = time.monotonic() + ANSWER_SECONDS
        time.sleep(1)
        while not (samples := self._engine.samples):
            if time.monotonic() > deadline:
                raise RuntimeError("the bot is not there any more")
            time.sleep(LOOK)
        return len(samples), samples[-1].megabytes

    def _wait_for_all(self) -> bool:
        """Wait until nothing is owed any more, killing and flooding as planned; False where the time was over first."""
        plan = self._plan
        began = time.monotonic()
        kill_at = instants(plan, self._random)
        next_flood = began + weather.FLOOD_EVERY if plan.share else float("inf")
        next_look = began + LOOK_IN_DATABASE
        next_word = began + 15
        while (now := time.monotonic()) < began + plan.seconds:
            time.sleep(LOOK)
            taken = self._telegram.progress().taken
            if kill_at and taken >= kill_at[0]:
                del kill_at[0]
                time.sleep(self._random.uniform(0, LOOK))
                self._kill()
            if now >= next_flood:
                self._telegram.fail_next("sendMessage", faults.flood(1, everywhere=True))
                next_flood = now + weather.FLOOD_EVERY
            if now >= next_word:
                self._say(f"  {now - began:.0f} s: {taken} taken")
                next_word = now + 15
            if now >= next_look:
                # On a bad day some have failed so often that their next try is far off: they are owed, not waited for.
                patience = (SOON, weather.TRIES) if plan.share else (EVER, None)
                if not kill_at and not subscribers.due(self._database, *patience):
                    return True
                next_look = time.monotonic() + LOOK_IN_DATABASE
        return False

    def _kill(self) -> None:
        progress = self._telegram.progress()
        at = self._engine.kill()
        by_process = subscribers.sending(self._database)
        # Processes that were killed before may hold theirs still, until their leases end.
        held = sum(count for process, count in by_process.items() if process not in self._killed)
        self._killed.update(by_process)
        self._say(f"  killed with {held} deliveries in its hands, after {progress.taken} messages")
        self._engine.start()
        kill = Kill(progress.taken, held, 0, 0, 0, restart=time.monotonic() - at)
        self._kills.append((at, kill))

    def _judged(self, at: float, kill: Kill, report: Report, doubled: int) -> Kill:
        answered = [
            one
            for one in report.ledger.doubled
            if one.answered_at is not None and one.answered_at < at < one.again_at and one.shown_at < at
        ]
        moments = [moment for moment, _ in self._kills]
        own = [one for one in answered if min(moment for moment in moments if moment > one.shown_at - 1) == at]
        ages = [at - one.answered_at for one in own if one.answered_at is not None]
        place = moments.index(at)
        return replace(
            kill,
            in_the_air=report.in_the_air[place],
            doubled=doubled,
            answered_before=min(len(own), doubled),
            oldest=1000 * max(ages, default=0.0),
            late=sum(age > FRESH for age in ages),
            silence=report.silences[place],
        )


def latency(answers: Answers) -> Latency:
    """What the times come to."""
    milliseconds = [1000 * seconds for seconds in answers.seconds] or [float("inf")]
    percentiles = statistics.quantiles(milliseconds, n=20) if len(milliseconds) > 1 else milliseconds * 19
    return Latency(
        statistics.median(milliseconds), percentiles[18], len(answers.seconds) + answers.unanswered, answers.unanswered
    )
