"""Which sentences are shown: the best one, and another only where one alone would say half of it.

Two cases: a second sentence that is nearly as likely states another value, and nobody can tell which is meant; or the
question asks for several things, and sentences next to the best are nearly as likely.
"""

from collections.abc import Sequence

from bot.answers.asking import Asked
from bot.answers.counting import mentions
from bot.answers.headlines import headline
from bot.answers.ranking import Candidate, Query
from bot.answers.wording import terms

CLOSE = 0.5
"""Points of score between two sentences of which neither is likelier."""
NEAR = 3.0
"""Points of score below the best within which a sentence of its paragraph belongs to a list."""
FURTHER = 2
"""Sentences shown beside the best at most."""
_VALUES = frozenset({Asked.WHEN, Asked.HOW_LONG, Asked.HOW_MANY, Asked.PRICE, Asked.WHO})


def listed(query: Query, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """What belongs to the list that the first of `candidates` (ranked, at least one) is part of, in order."""
    best = candidates[0]
    if not mentions(query, "several"):
        return ()
    near = [c for c in candidates[1:] if c.paragraph is best.paragraph and c.score >= best.score - NEAR][:FURTHER]
    return tuple(sorted(near, key=lambda candidate: best.paragraph.sentences.index(candidate.sentence)))


def rival(query: Query, candidates: Sequence[Candidate]) -> Candidate | None:
    """The second sentence, if it states another value than the first and is nearly as likely."""
    if query.asked not in _VALUES or len(candidates) < 2 or candidates[0].score - candidates[1].score > CLOSE:
        return None
    first, second = (_value(query, candidate) for candidate in candidates[:2])
    alike = not first or not second or first <= second or second <= first
    return None if alike else candidates[1]


def _value(query: Query, candidate: Candidate) -> frozenset[str]:
    """The terms of what would stand above a sentence, its figures alone where it has some."""
    edition = candidate.edition
    shown = terms(headline(query, candidate.sentence.text, edition.language, edition.published, candidate.read) or "")
    return frozenset(term for term in shown if term[0].isdigit()) or shown
