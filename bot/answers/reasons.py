"""A "why?" after an answer: what its asker has just read is no reason for it, unless it tells one in so many words.

"They will have to wait until 2027 to see the cars" is the sentence nearest to "why do the cars come?" too, by every
measure; but who has it before them and asks why did not find the reason there.
"""

import re
from functools import cache

from bot.answers.answering import Answer, Outcome, Refusal, Status
from bot.answers.asking import Asked, bounded, what_is_asked
from bot.answers.ellipsis import read_fragment
from bot.answers.wording import fold

_TOLD = {
    "en": r"because|due to|owing to|thanks to|reasons?|why|therefore|thus|hence|as a result|result\w* (?:of|from)"
    r"|caus(?:e|es|ed|ing)|so that|in order to|for fear|given that|explain\w*|led to|lead(?:s|ing)? to|motivat\w*"
    r"|in response to|on account of|since(?! \d)",
    "it": r"perche|poiche|dato che|visto che|giacche|siccome|in quanto|a causa|per via|grazie a\w*|motiv\w+|ragion[ei]"
    r"|quindi|percio|dunque|affinche|caus\w+|dovut\w+|spieg\w+|in seguito a\w*|per evitare",
    "es": r"porque|ya que|puesto que|dado que|debido|a causa|gracias a\w*|motiv\w+|raz(?:on|ones)|por (?:eso|ello)"
    r"|por lo que|por tanto|para que|caus\w+|explic\w+|a raiz|para evitar",
    "de": r"weil|da|denn|wegen|aufgrund|auf grund|dank|deshalb|daher|darum|deswegen|damit|grund|grunde\w*|\w*ursach\w*"
    r"|erklar\w*|infolge|sodass|so dass|zumal|anlasslich",
    "fr": r"parce qu\w*|car|puisqu\w*|en raison|a cause|grace a\w*|raisons?|motif\w*|donc|c'est pourquoi|afin"
    r"|pour qu\w*|caus\w+|expliqu\w+|du fait|faute de|suite a\w*|pour eviter",
    "zh": "因|由于|所以|原因|导致|以便|使得|为了|为避免|理由|鉴于",
}
"""By language, what tells a reason. Not "to see" and the like: that says what something is for, as any sentence may."""


@cache
def _told(language: str) -> re.Pattern[str]:
    return re.compile(bounded(_TOLD.get(language, "(?!)"), language))


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
