"""A "why?" after an answer: what its asker has just read is no reason for it, unless it tells one in so many words.

"They will have to wait until 2027 to see the cars" is the sentence nearest to "why do the cars come?" too, by every
measure; but who has it before them and asks why did not find the reason there.
"""

import re
from functools import cache

from bot.answers.answering import Answer, Outcome, Refusal, Status
from bot.answers.asking import Asked, bounded, grammar, what_is_asked
from bot.answers.ellipsis import read_fragment
from bot.answers.wording import fold


@cache
def _told(language: str) -> re.Pattern[str]:
    return re.compile(bounded(grammar(language)["words"].get("reasons", "(?!)"), language))


def tells_reason(sentence: str, language: str) -> bool:
    """Whether a sentence has a word that leads a reason."""
    return _told(language).search(fold(sentence).replace("’", "'")) is not None


def asks_only_why(message: str, language: str) -> bool:
    """Whether a message that leans on the last question, whose words are `language`, asks for its reason alone."""
    fragment = read_fragment(message, language)
    if fragment is None or fragment.phrase is not None:
        return False
    return what_is_asked(fragment.asked, language) is Asked.WHY


def beyond_what_was_said(why: Outcome, before: Outcome) -> Outcome:
    """How a "why?" after `before` ends: not stated, where `why` is answered by what was shown there and no reason."""
    if not isinstance(why, Answer):
        return why
    shown = {proof.id for proof in (*before.evidence[:1], *(before.also if isinstance(before, Answer) else ()))}
    proof = why.evidence[0]
    if proof.id not in shown or tells_reason(proof.text, proof.language):
        return why
    return Refusal(why.question, why.language, Status.NOT_STATED, why.confidence, why.evidence)
