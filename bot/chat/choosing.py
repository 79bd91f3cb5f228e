"""Choosing a language: the buttons, and what a person may call it."""

from bot.answers.language import primary
from bot.replies import Button
from bot.settings import LANGUAGES
from bot.texts import language_name, phrasebook, say

AUTOMATIC = "auto"
"""Stands for the language of each question."""


def language_buttons(language: str) -> tuple[tuple[Button, ...], ...]:
    """Every language of the bot, and "automatic"."""
    named = [Button(phrasebook(code).own_name, f"lang:{code}") for code in LANGUAGES]
    rows = [tuple(named[i : i + 3]) for i in range(0, len(named), 3)]
    return (*rows, (Button(say(language, "language_automatic"), f"lang:{AUTOMATIC}"),))


def language_named(text: str) -> str | None:
    """The code that a person means by "it", "Italiano", "Italian" or "automatic"; None for no language of ours."""
    wanted = text.casefold()
    for code in LANGUAGES:
        names = {code, phrasebook(code).own_name.casefold()}
        names |= {language_name(code, other).casefold() for other in LANGUAGES}
        if wanted in names or primary(wanted) == code:
            return code
    automatic = {AUTOMATIC, *(say(code, "language_automatic").casefold() for code in LANGUAGES)}
    return AUTOMATIC if wanted in automatic else None
