"""The people of a load test: subscribers, who only listen, and askers, who only ask; how often each was served."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tests.bot_api import Call, Sent

FIRST_SUBSCRIBER = 1_000_000
FIRST_ASKER = 900_000_000
FRESH = 0.02
"""Seconds that an answer of Telegram's may lie unread at most, while the bot is at something else; what was read is on
disk."""
EVERY_GROUP = 20
"""Of so many subscribers one is a group."""
GROWN = -1_000_000_000_000
"""Added to the number of a group that became a supergroup."""

ENDINGS = frozenset(
    {
        "bot was blocked by the user",
        "user is deactivated",
        "chat not found",
        "not enough rights to send text messages to the chat",
    }
)
"""The faults after which a chat is owed nothing more."""

UNKNOWABLE = frozenset({"cut after"})
"""The faults after which nobody but Telegram knows whether the message was taken."""


def subscribers(count: int) -> tuple[int, ...]:
    """The chats of so many subscribers: people, and some groups."""
    numbers = range(FIRST_SUBSCRIBER, FIRST_SUBSCRIBER + count)
    return tuple(number if number % EVERY_GROUP else -number for number in numbers)


def subscriber_of(chat_id: int | None) -> int | None:
    """The subscriber whose chat this is, also where it has moved; None for an asker."""
    if chat_id is None:
        return None
    number = chat_id - GROWN if chat_id <= GROWN else chat_id
    return number if FIRST_SUBSCRIBER <= abs(number) < FIRST_ASKER else None


@dataclass(frozen=True, slots=True)
class Doubled:
    """A second copy of a message: when the first was shown and answered, and when the second came (monotonic)."""

    chat_id: int
    shown_at: float
    answered_at: float | None
    again_at: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Who got the message: each subscriber once, or there is a reason."""

    taken: int  # messages, copies too
    missing: tuple[int, ...]  # chats that got none, and that no fault has ended
    ended: int  # chats that a fault has ended
    excused: int  # second copies after the line had broken behind the first
    doubled: tuple[Doubled, ...]  # second copies that nothing excuses
    after_the_end: int  # requests to chats that a fault has ended


def ledger(chats: Collection[int], history: Iterable[Sent], calls: Iterable[Call]) -> Ledger:
    """What became of one message to these chats, from all that the server showed and was asked."""
    copies: dict[int, list[Sent]] = defaultdict(list)
    for sent in history:
        subscriber = subscriber_of(sent.chat_id)
        if not sent.version and subscriber is not None:
            copies[subscriber].append(sent)
    answered: dict[int, list[float | None]] = defaultdict(list)
    unknowable: Counter[int] = Counter()
    ended: set[int] = set()
    after_the_end = 0
    for call in calls:
        chat_id = subscriber_of(call.chat_id)
        if chat_id is None or call.method != "sendMessage":
            continue
        after_the_end += chat_id in ended
        if call.fault in ENDINGS:
            ended.add(chat_id)
        unknowable[chat_id] += call.fault in UNKNOWABLE
        if call.status == 200 or call.fault in UNKNOWABLE or (call.status is None and call.fault is None):
            answered[chat_id].append(call.ended_at if call.status == 200 else None)
    doubled: list[Doubled] = []
    excused = 0
    for chat_id, several in copies.items():
        beyond = len(several) - 1
        excused += min(beyond, unknowable[chat_id])
        for place in range(max(beyond - unknowable[chat_id], 0)):
            first = answered[chat_id][place] if place < len(answered[chat_id]) else None
            doubled.append(Doubled(chat_id, several[place].at, first, several[place + 1].at))
    return Ledger(
        taken=sum(map(len, copies.values())),
        missing=tuple(chat_id for chat_id in chats if chat_id not in copies and chat_id not in ended),
        ended=len(ended),
        excused=excused,
        doubled=tuple(doubled),
        after_the_end=after_the_end,
    )


def ended(calls: Iterable[Call]) -> frozenset[int]:
    """The chats that a fault has ended, askers too: Telegram said that nothing can be sent there."""
    return frozenset(call.chat_id for call in calls if call.fault in ENDINGS and call.chat_id is not None)


def in_the_air(call: Call, moment: float) -> bool:
    """Whether a message to a subscriber was on the wire then, or its answer too fresh to be written down."""
    if subscriber_of(call.chat_id) is None or call.at > moment:
        return False
    return call.ended_at is None or call.ended_at >= moment - FRESH


def doubled_by(doubled: Iterable[Doubled], kills: Iterable[float]) -> Mapping[float, int]:
    """Second copies by the kill that came between the two; those that no kill explains under infinity."""
    moments = sorted(kills)
    by_kill: Counter[float] = Counter(dict.fromkeys(moments, 0))
    for one in doubled:
        between = [moment for moment in moments if one.shown_at - 1 <= moment <= one.again_at]
        by_kill[between[0] if between else float("inf")] += 1
    return by_kill
