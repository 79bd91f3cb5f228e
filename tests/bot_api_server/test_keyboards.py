"""The keyboards that the Bot API server takes, and those that it refuses."""

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyKeyboardMarkup
from telegram.error import BadRequest

from tests.bot_api import BotApiServer, BreachKind, Chat
from tests.bot_api_server.shared import ANNA, button, buttons

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (buttons([button("Sì", "è" * 33)]), "BUTTON_DATA_INVALID"),
        (buttons([button("", "x")]), "inline keyboard button text must be non-empty"),
        (buttons(*[[button("x", "x")]] * 101), "REPLY_MARKUP_TOO_LONG"),
        (
            buttons([InlineKeyboardButton("x")]),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            buttons([InlineKeyboardButton("x", url="nowhere")]),
            "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
        ),
    ],
)
async def test_buttons_that_telegram_refuses(
    server: BotApiServer, bot: Bot, anna: Chat, markup: InlineKeyboardMarkup, reason: str
) -> None:
    """Long data, empty labels, too many buttons and buttons that do nothing are refused and counted."""
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANNA, "x", reply_markup=markup)
    assert refused.value.message == reason.capitalize()  # as python-telegram-bot writes it
    assert [(one.kind, one.description) for one in server.breaches] == [(BreachKind.BUTTONS, f"Bad Request: {reason}")]
    assert anna.messages == ()


async def test_keyboards_at_their_limits_pass(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """64 bytes of data, a hundred buttons and a reply keyboard pass."""
    await bot.send_message(ANNA, "x", reply_markup=buttons(*[[button("x", "è" * 32)]] * 100))
    await bot.send_message(ANNA, "x", reply_markup=ReplyKeyboardMarkup([["Sì", "No"]]))
    await bot.send_message(ANNA, "x", reply_markup=ForceReply())
    assert anna.messages[0].labels == ("x",) * 100
    assert anna.messages[1].keyboard == (("Sì", "No"),)
    assert server.breaches == ()


async def test_a_press_has_to_be_answered(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A press stays unanswered until the bot answers it; an unknown one is refused."""
    await bot.send_message(ANNA, "x", reply_markup=buttons([button("Sì", "yes")]))
    press = anna.presses("yes")
    [update] = await bot.get_updates()
    assert update.callback_query is not None
    assert isinstance(update.callback_query.message, Message)
    assert update.callback_query.message.text == "x"
    assert [one.query_id for one in server.unanswered_callbacks] == [press.query_id]
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query("1")
    await update.callback_query.answer("Fatto", show_alert=True)
    assert server.unanswered_callbacks == ()
    answer = anna.wait_for_answer(press)
    assert (answer.text, answer.alert) == ("Fatto", True)
    with pytest.raises(AssertionError, match="no button 'No' to press; there are: \\['Sì'\\]"):
        anna.presses("No")
