"""/stats and `annuncio stats`: what is asked and not answered, who subscribes, what was sent. Counts, no people."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.answers.answering import Outcome, Refusal, Status
from bot.answers.library import Library
from bot.chat.aids import OTHER
from bot.chat.composing import one_line
from bot.chat.features import Feature, Visitor
from bot.chat.topics import topic_name
from bot.clock import Clock, utc_now
from bot.operators.admin_ingest import is_admin
from bot.operators.figures import Audience, Messages, audience_in, messages_in
from bot.operators.pictures import draw
from bot.operators.themes import Theme, themes_of
from bot.replies import Document, Reply
from bot.state.counts import ASKED, Askers
from bot.state.database import in_one_line
from bot.state.kinds import DeliveryState, PauseReason, Rhythm
from bot.state.opening import State
from bot.texts import say, say_html
from bot.threads import in_thread
from corpus.model import Article
from index.encoder import Vectors

log = logging.getLogger(__name__)

DAYS = 30
SHOWN = 8
"""Themes, topics and reasons told."""
QUESTION = "question:"
"""Begins the names of what is counted of questions; how they ended follows."""
PRESS = "press:"
"""Begins the names of what is counted of buttons; what their data begin with follows."""

Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Stats:
    """The figures of the days from `since` to `until`, both among them."""

    since: date
    until: date
    days: Mapping[date, Mapping[Status, int]]
    """How the questions of each day ended; a day without any is missing."""
    people: int
    """Different chats that asked in the month of `until`."""
    themes: tuple[Theme, ...]
    audience: Audience
    messages: Messages
    not_asked: int = 0
    """How often somebody said of an answer that they had asked something else."""

    def ended(self, status: Status) -> int:
        """How many questions ended so."""
        return sum(of_day.get(status, 0) for of_day in self.days.values())

    @property
    def questions(self) -> int:
        """How many questions were asked; small talk is none."""
        return sum(sum(of_day.values()) for of_day in self.days.values())


async def stats_of(state: State, articles: Mapping[str, Article], language: str, embed: Embed, until: date) -> Stats:
    """Count it all; what takes a core's time crosses to a thread."""
    since = until - timedelta(days=DAYS - 1)
    counted = await state.counts.since(since)
    askers = await state.counts.askers(since, until)
    return Stats(
        since=since,
        until=until,
        days={day: _ended(names) for day, names in counted.items() if _ended(names)},
        people=len(askers.get(f"{until:%Y-%m}", {}).get(ASKED, ())),
        themes=await asyncio.to_thread(_themes, askers, articles, language, embed),
        audience=await audience_in(state.engines),
        messages=await messages_in(state.engines, datetime.combine(since, time.min, UTC)),
        not_asked=sum(names.get(f"{PRESS}{OTHER}", 0) for names in counted.values()),
    )


def _themes(askers: Askers, articles: Mapping[str, Article], language: str, embed: Embed) -> tuple[Theme, ...]:
    return themes_of(askers, articles, language, embed)[:SHOWN]


def _ended(names: Mapping[str, int]) -> dict[Status, int]:
    asked = (Status.ANSWERED, Status.NOT_STATED, Status.OFF_TOPIC)
    return {status: names[f"{QUESTION}{status}"] for status in asked if names.get(f"{QUESTION}{status}")}


def compose_stats(stats: Stats, language: str) -> str:
    """The figures as HTML."""
    asked, audience, messages = stats.questions, stats.audience, stats.messages

    def share(status: Status) -> str:
        count = stats.ended(status)
        return f"{count} ({100 * count / asked:.0f} %)" if asked else "0"

    def listed(counted: Mapping[str, int]) -> str:
        return ", ".join(f"{escape(one_line(name, 80), quote=False)} {count}" for name, count in counted.items())

    parts = [
        [
            say(language, "stats", days=DAYS),
            say(language, "stats_questions", count=asked, people=stats.people),
            say(
                language,
                "stats_shares",
                answered=share(Status.ANSWERED),
                not_stated=share(Status.NOT_STATED),
                off_topic=share(Status.OFF_TOPIC),
            ),
        ],
        [
            say(language, "stats_themes" if stats.themes else "stats_no_themes"),
            *(f"• {theme.people}: {escape(one_line(theme.text), quote=False)}" for theme in stats.themes),
        ],
        [
            say(language, "stats_subscribers", active=audience.active, paused=sum(audience.paused.values())),
            say(
                language,
                "stats_rhythms",
                at_once=audience.rhythms.get(Rhythm.AT_ONCE, 0),
                daily=audience.rhythms.get(Rhythm.DAILY, 0),
                weekly=audience.rhythms.get(Rhythm.WEEKLY, 0),
            ),
        ],
        [
            say(
                language,
                "stats_deliveries",
                sent=messages.states.get(DeliveryState.SENT, 0),
                waiting=_waiting(messages),
                failed=messages.states.get(DeliveryState.FAILED, 0),
                skipped=messages.states.get(DeliveryState.SKIPPED, 0),
            ),
        ],
    ]
    if stats.not_asked:
        button = say(language, "button_not_asked")
        parts[0].append(say(language, "stats_not_asked", button=button, count=stats.not_asked))
    if audience.topics:
        topics = {topic_name(topic, language): count for topic, count in list(audience.topics.items())[:SHOWN]}
        parts[2].append(say_html(language, "stats_topics", topics=listed(topics)))
    if audience.own_topics:
        parts[2].append(say(language, "stats_own_topics", count=audience.own_topics))
    if audience.paused:
        paused = {str(reason): audience.paused.get(reason, 0) for reason in PauseReason}
        parts[2].append(say(language, "stats_paused", **paused))
    if messages.failures:
        reasons = dict(list(messages.failures.items())[:SHOWN])
        parts[3].append(say_html(language, "stats_failures", reasons=listed(reasons)))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _waiting(messages: Messages) -> int:
    return messages.states.get(DeliveryState.PENDING, 0) + messages.states.get(DeliveryState.SENDING, 0)


def record(stats: Stats) -> dict[str, Any]:
    """The figures as `annuncio stats --json` prints them."""
    return {
        "since": stats.since.isoformat(),
        "until": stats.until.isoformat(),
        "questions": stats.questions,
        "ended": {str(s): stats.ended(s) for s in (Status.ANSWERED, Status.NOT_STATED, Status.OFF_TOPIC)},
        "not_what_was_asked": stats.not_asked,
        "people_this_month": stats.people,
        "days": {day.isoformat(): {str(s): n for s, n in ended.items()} for day, ended in stats.days.items()},
        "asked_in_vain": [{"sentence": t.sentence, "text": t.text, "people": t.people} for t in stats.themes],
        "subscribers": {
            "active": stats.audience.active,
            "paused": {str(reason): count for reason, count in stats.audience.paused.items()},
            "rhythms": {str(rhythm): count for rhythm, count in stats.audience.rhythms.items()},
            "topics": dict(stats.audience.topics),
            "own_topics": stats.audience.own_topics,
        },
        "deliveries": {str(state): count for state, count in stats.messages.states.items()},
        "failures": dict(stats.messages.failures),
    }


class Counting:
    """Counts each question as it is answered."""

    def __init__(self, state: State) -> None:
        self._counts = state.counts

    @property
    def feature(self) -> Feature:
        """How it joins the conversation."""
        return Feature(answered=self.answered, pressed=self.pressed, holds=self._counts)

    async def answered(self, visitor: Visitor, outcome: Outcome, reply: Reply) -> Reply:
        """Count it; of who asked only a hash is kept that lasts for the month, of the question nothing."""
        if outcome.status is Status.SMALLTALK:
            return reply
        try:
            await self._counts.add(f"{QUESTION}{outcome.status}")
            await self._counts.asked(visitor.chat)
            if isinstance(outcome, Refusal) and outcome.status is Status.NOT_STATED and outcome.evidence:
                await self._counts.refused(visitor.chat, outcome.evidence[0].id)
        except SQLAlchemyError as error:  # an answer is worth more than its place in a sum
            log.warning("a question was not counted, the database says: %s", in_one_line(error))
        return reply

    async def pressed(self, kind: str) -> None:
        """Count it where it says that an answer was none, and nothing of who said so."""
        if kind != OTHER:
            return
        try:
            await self._counts.add(f"{PRESS}{OTHER}")
        except SQLAlchemyError as error:
            log.warning("a press was not counted, the database says: %s", in_one_line(error))


class AdminStats:
    """/stats, for those whom the settings name."""

    def __init__(
        self,
        state: State,
        library: Callable[[], Library],
        embed: Embed,
        threads: Executor,
        admins: Collection[int],
        now: Clock = utc_now,
    ) -> None:
        self._state = state
        self._library = library
        self._embed = embed
        self._threads = threads
        self._admins = admins
        self._now = now

    @property
    def feature(self) -> Feature:
        """How it joins the conversation."""
        return Feature(
            commands={"stats": self.command}, admits=lambda visitor: is_admin(visitor, self._admins), holds=None
        )

    async def command(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """The figures as text and as two pictures."""
        del argument
        if not is_admin(visitor, self._admins):
            return [Reply(say(language, "unknown_command", command="/stats"))]
        until = self._now().date()
        library = await in_thread(self._threads, self._library)
        stats = await stats_of(self._state, library.articles, language, self._embed, until)
        return [Reply(compose_stats(stats, language), documents=await asyncio.to_thread(pictures, stats, language))]


def pictures(stats: Stats, language: str) -> tuple[Document, ...]:
    """Two charts, as PNG: the questions of each day; what became of messages, and who subscribes to what."""
    ended = (Status.ANSWERED, Status.NOT_STATED, Status.OFF_TOPIC)
    days = [stats.since + timedelta(days=n) for n in range(DAYS)]
    questions = [[stats.days.get(day, {}).get(status, 0) for day in days] for status in ended]
    return draw(
        language,
        days,
        questions,
        [
            stats.messages.states.get(DeliveryState.SENT, 0),
            _waiting(stats.messages),
            stats.messages.states.get(DeliveryState.FAILED, 0),
            stats.messages.states.get(DeliveryState.SKIPPED, 0),
        ],
        dict(list(stats.audience.topics.items())[:SHOWN]),
    )
