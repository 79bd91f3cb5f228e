"""What the tests of the Bot API server share."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

TOKEN = "123:TEST"  # noqa: S105  # a made-up one
ANNA = 42


def buttons(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """A keyboard of these rows."""
    return InlineKeyboardMarkup(rows)


def button(text: str, data: str) -> InlineKeyboardButton:
    """A button that gives its data back."""
    return InlineKeyboardButton(text, callback_data=data)
