"""How fast a bot may write to the Bot API server of the tests, and what happens when it writes faster."""

import pytest
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import RetryAfter

from tests.bot_api import BotApiServer, BreachKind, Chat, Limits, faults
from tests.bot_api.limits import GRACE, PROBES, Excess, Pace, counts
from tests.bot_api_server.shared import ANNA, TOKEN

pytestmark = [
    pytest.mark.enable_socket,
    # RetryAfter warns that its seconds will be a timedelta one day.
    pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning"),
]
GROUP = -1001


class Hand:
    """A clock that a test sets, in seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def pace(hand: Hand) -> Pace:
    return Pace(Limits(), hand)


def test_thirty_messages_fit_into_any_second(pace: Pace, hand: Hand) -> None:
    """The thirty-first within a second came too early, whichever chats they go to; a second later it is in order."""
    assert [pace.take(chat) for chat in range(1, 31)] == [None] * 30
    hand.seconds += 0.75
    assert pace.take(31) == Excess(BreachKind.PACE, 0.25, "more than 30 messages within a second")
    hand.seconds += 0.25
    assert [pace.take(chat) for chat in range(41, 70)] == [None] * 29
    too_many = pace.take(70)  # the one that came too early counts
    assert too_many == Excess(BreachKind.PACE, 0.75, "more than 30 messages within a second")


def test_one_chat_takes_five_at_once_and_one_a_second(pace: Pace, hand: Hand) -> None:
    """A burst of five passes in a private chat, then one a second; another chat has its own."""
    assert [pace.take(ANNA) for _ in range(5)] == [None] * 5
    hand.seconds += 1
    assert pace.take(ANNA) == Excess(BreachKind.PACE, 4, "more than 5 messages within 5 s")
    assert pace.take(43) is None
    hand.seconds += 5
    for _ in range(20):
        hand.seconds += 1
        assert pace.take(ANNA) is None


def test_a_group_takes_twenty_a_minute(pace: Pace, hand: Hand) -> None:
    """The twenty-first within a minute came too early, in a group or a channel."""
    for _ in range(20):
        hand.seconds += 1
        assert pace.take(GROUP) is None
    assert pace.take(GROUP) == Excess(BreachKind.PACE, 41, "more than 20 messages within 60 s")


def test_the_limits_scale(hand: Hand) -> None:
    """Ten times the limits are ten times the messages in the same time."""
    pace = Pace(Limits().scaled(10), hand)
    assert [pace.take(chat) for chat in range(1, 301)] == [None] * 300
    assert pace.take(301) == Excess(BreachKind.PACE, 1, "more than 300 messages within a second")
    assert Limits().scaled(2.5).per_second == 75


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_wait_is_a_wait_to_the_second(pace: Pace, hand: Hand, everywhere: bool) -> None:
    """After a 429 what was on its way passes, and nothing else in that chat until the time is over."""
    pace.hold(ANNA, 3, everywhere=everywhere)
    hand.seconds += GRACE
    assert pace.take(ANNA) is None
    hand.seconds += 1
    assert pace.take(ANNA) == Excess(BreachKind.WAIT, 1.75, "1.75 s before the wait was over")
    assert pace.take(43) is None
    hand.seconds += 1.75
    assert pace.take(ANNA) is None
    assert pace.waits(ANNA) <= 0


def test_a_wait_of_everybody_is_soon_understood(pace: Pace, hand: Hand) -> None:
    """No 429 says whom it is meant for: some other chats may be tried in vain, each once, and then no more."""
    pace.hold(ANNA, 3, everywhere=True)
    hand.seconds += 1
    tried = range(100, 100 + PROBES)
    assert [pace.take(chat) for chat in tried] == [None] * PROBES
    known = Excess(BreachKind.WAIT, 2, "2.00 s before the wait was over")
    assert [pace.take(chat) for chat in (*tried, 300)] == [known] * (PROBES + 1)
    assert pace.waits(300) == 2
    hand.seconds += 2
    assert [pace.take(chat) for chat in (*tried, 300)] == [None] * (PROBES + 1)


def test_what_counts_as_a_message() -> None:
    """Messages, files and edits count; chat actions, presses and menus do not."""
    assert all(map(counts, ("sendMessage", "sendPhoto", "sendDocument", "editMessageText", "EDITMESSAGEREPLYMARKUP")))
    assert not any(map(counts, ("sendChatAction", "answerCallbackQuery", "getUpdates", "setMyCommands", "getFile")))


async def test_too_fast_is_refused_and_counted() -> None:
    """The sixth message in one breath gets 429 with the seconds to wait; a chat action may come at any time."""
    with BotApiServer(TOKEN, limits=Limits()) as server:
        anna = server.chat(ANNA)
        async with Bot(TOKEN, base_url=f"{server.base_url}/bot") as bot:
            for _ in range(5):
                await bot.send_message(ANNA, "x")
            await bot.send_chat_action(ANNA, ChatAction.TYPING)
            with pytest.raises(RetryAfter, match=r"Retry in (5 seconds|0:00:05)"):
                await bot.send_message(ANNA, "y")
    assert [one.text for one in anna.messages] == ["x"] * 5
    assert [(one.kind, one.method, one.chat_id) for one in server.breaches] == [(BreachKind.PACE, "sendMessage", ANNA)]


async def test_a_flood_holds_the_chat_or_everybody() -> None:
    """What a 429 asked for is refused until it is over: in its chat, or everywhere, and elsewhere it is no matter."""
    with BotApiServer(TOKEN, limits=Limits()) as server:
        chats = [server.chat(number) for number in (43, 44, ANNA)]
        async with Bot(TOKEN, base_url=f"{server.base_url}/bot") as bot:
            server.fail_next("sendMessage", faults.flood(20), chat_id=ANNA)
            for _ in range(2):
                with pytest.raises(RetryAfter, match=r"Retry in (0:00:)?(1\d|20)"):
                    await bot.send_message(ANNA, "x")
            await bot.send_message(43, "x")
            server.fail_next("sendMessage", faults.flood(20, everywhere=True))
            for chat in (43, 44):
                with pytest.raises(RetryAfter, match=r"Retry in (0:00:)?(1\d|20)"):
                    await bot.send_message(chat, "y")
    assert [len(chat.messages) for chat in chats] == [1, 0, 0]
    assert [call.fault for call in server.calls("sendMessage")] == ["429", None, None, "429 to all", None]


async def test_without_limits_nothing_is_watched(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A server that was given no limits takes what comes."""
    for _ in range(40):
        await bot.send_message(ANNA, "x")
    assert (len(anna.messages), server.breaches) == (40, ())
