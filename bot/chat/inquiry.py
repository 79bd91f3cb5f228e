"""A question as a chat means it: told in full where it leans on the one before it; and how it ends."""

from dataclasses import dataclass, field

from bot.answers.answering import LONGEST_QUESTION, Answer, Answerer, Asker, Outcome, Status
from bot.answers.followups import follow_up
from bot.answers.reasons import asks_only_why, beyond_what_was_said
from bot.chat.memory import LastQuestion


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question that stands alone."""

    question: str = field(repr=False)
    leaning: bool = False
    """Whether it was told in full from a few words."""
    article: str | None = None
    """The slug of the article that is asked first; None where all are."""
    why_of: str | None = field(default=None, repr=False)
    """The question before, where this one asks for its reason."""


def inquiry(text: str, last: LastQuestion | None) -> Inquiry:
    """What somebody asks whose last question this was.

    A message that leans on it is never tried as it stands: of "and in America?" alone any sentence about America would
    do.
    """
    whole = follow_up(text, last.text, last.language) if last is not None else None
    if last is None or whole is None or len(whole) > LONGEST_QUESTION:
        return Inquiry(text)
    return Inquiry(whole, True, last.article, last.text if asks_only_why(text, last.language) else None)


def ended(asked: Inquiry, answerer: Answerer, asker: Asker) -> tuple[Outcome, str]:
    """How it ends, and the language of its words. Takes a core's time."""
    outcome = _outcome(asked.question, asked.article, answerer, asker)
    if asked.why_of is not None and isinstance(outcome, Answer):
        outcome = beyond_what_was_said(outcome, _outcome(asked.why_of, asked.article, answerer, asker))
    return outcome, answerer.wording_of(outcome.question, outcome.language, asker)


def _outcome(question: str, article: str | None, answerer: Answerer, asker: Asker) -> Outcome:
    """Where a question is asked about one article, the others are asked only if that one does not say."""
    outcome = answerer.answer(question, asker, article)
    if article is not None and outcome.status not in {Status.ANSWERED, Status.SMALLTALK}:
        outcome = answerer.answer(question, asker)
    return outcome
