"""The Bot API server on a bad day."""

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from tests.bot_api import BotApiServer, Chat, faults
from tests.bot_api_server.shared import ANNA

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("fault", "error", "text"),
    [
        (faults.flood(7), RetryAfter, r"Retry in (7 seconds|0:00:07)"),
        (faults.forbidden(), Forbidden, "bot was blocked by the user"),
        (faults.bad_request("chat not found"), BadRequest, "Chat not found"),
        (faults.migrated(-1005), ChatMigrated, "-1005"),
        (faults.server_error(), NetworkError, "Internal Server Error"),
        (faults.bad_gateway(), NetworkError, "Bad Gateway"),
        (faults.cut_before(), NetworkError, "RemoteProtocolError"),
        (faults.cut_after(), NetworkError, "RemoteProtocolError"),
    ],
)
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_the_next_request_fails_as_told(
    server: BotApiServer, bot: Bot, anna: Chat, fault: faults.Fault, error: type[TelegramError], text: str
) -> None:
    """A fault meets so many requests of its method and chat, as the error that a bot sees, then passes."""
    server.chat(43)
    server.fail_next("sendMessage", fault, chat_id=ANNA)
    await bot.send_message(43, "altrove")
    with pytest.raises(error, match=text):
        await bot.send_message(ANNA, "uno")
    await bot.send_message(ANNA, "due")
    taken = ["uno", "due"] if fault.cut is faults.Cut.AFTER else ["due"]
    assert [one.text for one in anna.messages] == taken
    assert [one.status for one in server.calls("sendMessage", chat_id=ANNA)] == [fault.code, 200]


async def test_faults_last_until_healed(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A fault can be slow, meet every method, and last until it is healed."""
    server.fail_next("sendMessage", faults.slow(3))
    with pytest.raises(TimedOut):
        await bot.send_message(ANNA, "uno", read_timeout=0.1)
    server.fail_next(faults.ANY, faults.server_error(503, "Service Unavailable"), times=None)
    for _ in range(3):
        with pytest.raises(NetworkError, match="Service Unavailable"):
            await bot.get_me()
    server.heal()
    await bot.send_message(ANNA, "due")
    assert "due" in [one.text for one in anna.messages]
