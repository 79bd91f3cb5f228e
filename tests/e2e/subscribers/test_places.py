"""Groups, forum topics and channels that subscribe to the real bot."""

import pytest

from tests.bot_api import BotApiServer, User
from tests.bot_api.updates import ANONYMOUS
from tests.e2e.subscribers.conftest import LONG, Ingest
from tests.e2e.subscribers.texts import MARKET, MARKET_TITLE

pytestmark = pytest.mark.enable_socket

ADA, BEN = User(601, "Ada", "en"), User(602, "Ben", "en")
TOPIC = 5


def test_who_is_in_charge_subscribes_a_topic_and_a_channel(server: BotApiServer, ingest: Ingest) -> None:
    """An administrator decides, also in the group's name; the news comes to that topic and to that channel."""
    group = server.chat(-1_000_000_000_601, kind="supergroup", forum=True)
    group.gives_role(ADA, "administrator")
    group.gives_role(BEN, "member")
    group.opens_topic(TOPIC)
    plain = server.chat(-1_000_000_000_602, kind="supergroup")
    channel = server.chat(-1_000_000_000_603, kind="channel")
    group.says("/subscribe@annuncio_bot", user=BEN, thread_id=TOPIC)
    assert group.wait_for_message("administrator").thread_id == TOPIC
    group.says("/subscribe@annuncio_bot", user=ADA, thread_id=TOPIC)
    group.wait_for_message("Done: you will hear")
    plain.says("/subscribe@annuncio_bot", user=ANONYMOUS)
    plain.wait_for_message("Done: you will hear")
    channel.says("/subscribe@annuncio_bot")
    channel.wait_for_message("Done: you will hear")
    ingest(MARKET)
    pushes = [chat.wait_for_message("📣", timeout=LONG) for chat in (group, plain, channel)]
    assert [MARKET_TITLE in push.text for push in pushes] == [True] * 3
    assert [push.thread_id for push in pushes] == [TOPIC, None, None]
    for chat, user in ((group, ADA), (plain, ANONYMOUS), (channel, None)):
        chat.says("/unsubscribe@annuncio_bot", user=user, thread_id=TOPIC if chat is group else None)
        chat.wait_for_message("Done: you will hear no more")
