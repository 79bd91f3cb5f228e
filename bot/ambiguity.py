"""Two readings of one question: "how many?" may mean what was delivered or what was ordered."""

import re
from collections.abc import Sequence

from bot.answering import Proof
from bot.asking import Asked, content_terms, what_is_asked
from bot.values import dates, durations, prices, quantities
from bot.wording import terms

NEAR = 0.5
"""How far the second score may lie behind the first, in the units of `bot.ranking.Candidate.score`."""
_VALUES = {Asked.WHEN: dates, Asked.HOW_LONG: durations, Asked.HOW_MANY: quantities, Asked.PRICE: prices}


def two_readings(question: str, worded: str, ranked: Sequence[tuple[Proof, float]]) -> tuple[Proof, Proof] | None:
    """The two best sentences, where each answers another reading of `question`; None where one reading is likelier.

    It needs the proofs with the scores that ranked them, best first, and the language that the question is `worded`
    in. Two sentences are two readings if a kind of value is asked for, each holds exactly one, the values differ, and
    no word of the question speaks for either.
    """
    if len(ranked) < 2 or ranked[0][1] - ranked[1][1] > NEAR:
        return None
    wanted, asked = content_terms(question, worded), what_is_asked(question, worded)
    first, second = ranked[0][0], ranked[1][0]
    held = [_VALUES[asked](proof.text, proof.language) for proof in (first, second)] if asked in _VALUES else []
    values = {_bare(found[0].text) for found in held if len(found) == 1}
    if len(values) < 2:
        return None
    had = [wanted & terms(proof.text) for proof in (first, second)]
    return (first, second) if had[0] == had[1] else None


def _bare(value: str) -> str:
    """What two ways of writing one value have in common: its digits, or else its words."""
    return re.sub(r"\D", "", value) or value.casefold()
