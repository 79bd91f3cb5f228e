"""Amounts that are asked for and that a sentence cannot state, for it has neither a word nor a sign of such a thing.

"What does it cost?" is not answered by the number of orders. The words are the `amounts` of grammar.toml: what asks for
an amount, and what a sentence has that tells one, exactly or not ("free", "more than ever").
"""

import re
from enum import StrEnum
from functools import cache, lru_cache

from babel import Locale

from bot.answers.asking import Asked, bounded, grammar, what_is_asked
from bot.answers.wording import fold

_ASKED = frozenset({Asked.PRICE, Asked.HOW_MANY, Asked.OTHER})
FEW = 5
"""A question of so few words asks for the price where it has the word: "price yu7"; a longer one may tell of prices."""
_ABBREVIATED = ("kr", "Kr", "Kč", "zł", "Ft", "Rs", "Fr", "SFr", "ct", "p")
"""What currencies are called beside a number, other than by a code."""
CACHED = 20_000
"""Sentences whose amounts are remembered."""


class Amount(StrEnum):
    """What is asked for."""

    PRICE = "price"
    NUMBER = "number"
    """How many of something."""
    WEIGHT = "weight"


@cache
def _pattern(language: str, name: str) -> re.Pattern[str]:
    return re.compile(bounded(grammar(language).get("amounts", {}).get(name) or "(?!)", language))


@cache
def _numerals(language: str) -> re.Pattern[str]:
    values = grammar(language)["values"]
    return re.compile(bounded(f"{values['number_words']}|{values['scales']}", language))


@cache
def _money() -> re.Pattern[str]:
    """A sign, or a code of ISO 4217 or a common abbreviation beside a number: "NOK 120", "120 kr", "Rs. 500"."""
    beside = "|".join([*sorted(Locale.parse("en").currencies), *_ABBREVIATED])
    return re.compile(rf"[$＄€£￡¥￥₩₽₺₹₫₱₴₪฿₦¢]|(?<!\w)(?:{beside})\.?\s?\d|\d\s?(?:{beside})(?!\w)")


def asks_for(amount: Amount, question: str, language: str) -> bool:
    """Whether a question asks for such an amount."""
    kind = what_is_asked(question, language)
    folded = fold(question).replace("’", "'")
    if kind not in _ASKED:
        return False
    if _pattern(language, f"{amount}_asks").search(folded):
        return True
    length = len(question) / 2 if language == "zh" else len(re.findall(r"\w+", question))
    return amount is Amount.PRICE and kind is Asked.PRICE and length <= FEW


@lru_cache(CACHED)
def may_tell(amount: Amount, sentence: str, language: str) -> bool:
    """Whether a sentence has anything that tells such an amount; one in a language without a grammar may always."""
    if not grammar(language).get("amounts"):
        return True
    folded = fold(sentence).replace("’", "'")
    if _pattern(language, f"{amount}_told").search(folded):
        return True
    if amount is Amount.PRICE:
        return _money().search(sentence) is not None
    return amount is Amount.NUMBER and (
        any(map(str.isdigit, sentence)) or _numerals(language).search(folded) is not None
    )


def lacks(amount: Amount, question: str, language: str, sentence: str, told_in: str) -> bool:
    """Whether a question asks for an amount that the sentence (in the language `told_in`) has no word or sign of."""
    return asks_for(amount, question, language) and not may_tell(amount, sentence, told_in)
