"""Faults at random on the Bot API server of the tests: as many as were asked for, the same for the same seed."""

from collections import Counter

import pytest
from telegram import Bot
from telegram.error import TelegramError

from tests.bot_api import BotApiServer, faults
from tests.bot_api.faults import Shower

KINDS = (faults.flood(1), faults.server_error(), faults.cut_before(), faults.cut_after(), faults.no_rights())


def drawn(seed: int, order: range) -> dict[int, str]:
    """What meets the first message to each of these chats."""
    shower = Shower(KINDS, 0.05, seed)
    met = {chat: shower.draw("sendMessage", chat) for chat in order}
    return {chat: fault.name for chat, fault in met.items() if fault is not None}


def test_each_fault_has_its_share() -> None:
    """Of 4,000 messages about one in twenty meets each of the five faults."""
    counted = Counter(drawn(7, range(4000)).values())
    assert set(counted) == {fault.name for fault in KINDS}
    assert all(150 <= count <= 250 for count in counted.values())


def test_the_same_seed_gives_the_same_faults_in_any_order() -> None:
    """What a chat meets does not depend on who was served before it; another seed gives other faults."""
    assert drawn(7, range(1000)) == drawn(7, range(999, -1, -1))
    assert drawn(7, range(1000)) != drawn(8, range(1000))


def test_a_second_try_draws_anew() -> None:
    """A chat that met a fault does not meet it for ever."""
    shower = Shower(KINDS, 0.2, 1)
    assert {shower.draw("sendMessage", 1) for _ in range(70)} == set(KINDS)
    assert shower.draw("getUpdates", 1) is None


def test_more_than_everything_is_too_much() -> None:
    """Shares that leave no request to pass are a mistake of the test."""
    with pytest.raises(ValueError, match="5 faults cannot each meet 25% of the requests"):
        Shower(KINDS, 0.25, 1)


@pytest.mark.enable_socket
async def test_a_shower_falls_until_healed(server: BotApiServer, bot: Bot) -> None:
    """On the server it meets the methods that it names, beside what a test asked for itself."""
    anna = server.chat(42)
    server.rain(Shower((faults.no_rights(),), 1.0, 3))
    server.fail_next("sendMessage", faults.bad_request("refused here"))
    for reason in ("Refused here", "Not enough rights"):
        with pytest.raises(TelegramError, match=reason):
            await bot.send_message(42, "x")
    await bot.get_me()
    server.heal()
    await bot.send_message(42, "x")
    assert [sent.text for sent in anna.messages] == ["x"]
