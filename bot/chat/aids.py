"""The buttons under an answer: what stands around it, and what else may have been asked."""

from collections.abc import Sequence
from dataclasses import replace

from bot.answers.answering import Answer
from bot.answers.library import Library
from bot.answers.passages import find_passage, passage_token
from bot.chat.composing import compose_context, compose_perhaps, one_line
from bot.replies import Button, Reply
from bot.texts import say

CALLBACK_LIMIT = 64
"""Bytes that come back with a button."""
LABEL = 64
"""UTF-16 units of a button that is a sentence."""
CONTEXT, OTHER = "more", "not"
"""What the data of the two buttons begin with."""


def answer_buttons(answer: Answer) -> tuple[tuple[Button, ...], ...]:
    """What stands under an answer: a button for each reading of it, or for what stands around it, and one for what else
    may be meant, the evidence that it does not show."""
    readings = {passage_token(proof): proof.text for proof in (answer.evidence[0], *answer.also)}
    first, *rest = (passage_token(proof) for proof in answer.evidence)
    others = [first, *dict.fromkeys(token for token in rest if token not in readings)]
    if not answer.ambiguous or len(readings) == 1:
        return _row(answer.language, others)
    rows = [
        (Button(one_line(text, LABEL), _data(CONTEXT, answer.language, [token, *others[1:]]), aid=True),)
        for token, text in readings.items()
    ]
    return (*rows, (_not_asked(answer.language, others),))


def aid(library: Library, data: str) -> Reply | None:
    """What a pressed button brings; None where the library has changed since.

    All that it takes is in the data, so that a button works for as long as its sentence is there.
    """
    kind, _, value = data.partition(":")
    language, *tokens = value.split(":")
    if kind == OTHER and language and not tokens:
        return Reply(say(language, "nothing_else"))
    passage = find_passage(library, tokens[0], language) if tokens else None
    if passage is None:
        return None
    if kind == CONTEXT:
        return replace(compose_context(passage, language), buttons=((_not_asked(language, tokens),),))
    return replace(compose_perhaps(passage, language), buttons=_row(language, tokens))


def _row(language: str, tokens: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    """The row under a sentence, the first of `tokens`."""
    context = Button(say(language, "button_context"), _data(CONTEXT, language, tokens), aid=True)
    return ((context, _not_asked(language, tokens)),)


def _not_asked(language: str, tokens: Sequence[str]) -> Button:
    """Asks for the next of `tokens`, whose first is what was shown."""
    return Button(say(language, "button_not_asked"), _data(OTHER, language, tokens[1:]), aid=True)


def _data(kind: str, language: str, tokens: Sequence[str]) -> str:
    """Callback data with as many of the tokens as fit."""
    data = ":".join((kind, language, *tokens))
    return data if len(data.encode()) <= CALLBACK_LIMIT or not tokens else _data(kind, language, tokens[:-1])
