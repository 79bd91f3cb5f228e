"""Tell me when you know: a question that nothing answers yet is kept, where its asker says so, and answered once.

And what subscribers are shown in answers is noted, so that it can be corrected.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from bot.answers.answering import Answer, Outcome, Proof, Refusal, Status
from bot.answers.library import Library
from bot.answers.wording import bare
from bot.chat.composing import old_button, one_line
from bot.chat.features import Feature, Visitor
from bot.chat.waiting import Waiting
from bot.clock import utc_now
from bot.replies import Button, ChatAddress, Reply
from bot.state.database import in_one_line
from bot.state.questions import AWAITED_DAYS, Questions
from bot.state.shown import Shown
from bot.texts import say
from bot.threads import in_thread

log = logging.getLogger(__name__)

LATER = "later"
"""What the data of the buttons begin with."""
MOST = 10
"""Questions of one chat that are kept at once."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that was refused, held in memory until somebody says that it be kept, or half an hour."""

    text: str = field(repr=False)
    language: str


class Later:
    """Offers to answer later, and keeps the questions of those who agree. Not for several threads."""

    def __init__(
        self,
        questions: Questions,
        shown: Shown,
        library: Callable[[], Library],
        threads: Executor,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._questions = questions
        self._shown = shown
        self._library = library
        self._threads = threads
        self._offered: Waiting[Unanswered] = Waiting("question_not_answered", now, shown=lambda question: question.text)

    @property
    def feature(self) -> Feature:
        """The part of the conversation."""
        return Feature(presses={LATER: self.press}, answered=self.answered, holds=self._offered)

    async def answered(self, visitor: Visitor, outcome: Outcome, reply: Reply) -> Reply:
        """Note what was shown; under a refusal of what may be stated some day, offer to answer then."""
        if isinstance(outcome, Answer):
            await self._note(visitor.chat, outcome)
        elif isinstance(outcome, Refusal) and outcome.status is Status.NOT_STATED and visitor.private:
            token = secrets.token_hex(8)
            self._offered.put(visitor.chat, token, Unanswered(outcome.question, outcome.language))
            offer = Button(say(outcome.language, "button_later"), f"{LATER}:ask:{token}")
            return replace(reply, buttons=(*reply.buttons, (offer,)))
        return reply

    async def press(self, visitor: Visitor, language: str, data: str) -> list[Reply]:
        """A button of ours: the offer, or what somebody says to keeping the question."""
        step, _, token = data.partition(":")
        question = self._offered.take(visitor.chat, token)
        if question is None:
            return [old_button(visitor, language)]
        if step == "yes":
            return [await self._keep(visitor.chat, language, question)]
        if step == "no":
            return [Reply(say(language, "later_not"), edits=True)]
        self._offered.put(visitor.chat, token, question)
        text = say(language, "later_consent", question=one_line(question.text), days=AWAITED_DAYS)
        row = (
            Button(say(language, "button_later_yes"), f"{LATER}:yes:{token}"),
            Button(say(language, "button_later_no"), f"{LATER}:no:{token}"),
        )
        return [Reply(text, (row,))]

    async def _keep(self, chat: ChatAddress, language: str, question: Unanswered) -> Reply:
        waiting = await self._questions.awaiting(chat)
        if any(bare(one.question) == bare(question.text) for one in waiting):
            return Reply(say(language, "later_kept_already"), edits=True)
        if len(waiting) >= MOST:
            return Reply(say(language, "later_full", count=MOST), edits=True)
        await self._questions.await_answer(chat, question.text, question.language)
        return Reply(say(language, "later_kept", days=AWAITED_DAYS), edits=True)

    async def _note(self, chat: ChatAddress, answer: Answer) -> None:
        """An answer is not lost because this could not be written."""
        library = await in_thread(self._threads, self._library)
        try:
            await self._shown.note(chat, list(sentences_of(library, answer)))
        except SQLAlchemyError as error:
            log.warning("what was shown is not noted, the database says: %s", in_one_line(error))


def sentences_of(library: Library, answer: Answer) -> Iterator[tuple[str, str, str]]:
    """The sentences that an answer shows, by id, language and text."""
    for proof in (answer.evidence[0], *answer.also):
        yield from _within(library, proof)


def _within(library: Library, proof: Proof) -> Iterator[tuple[str, str, str]]:
    """The sentence that a proof shows, or those of the paragraph that stands for it."""
    article = library.articles.get(proof.id.partition("/")[0])
    edition = article.edition(proof.language) if article is not None else None
    for paragraph in edition.paragraphs if edition is not None else ():
        if paragraph.text(proof.language) == proof.text:
            yield from ((sentence.id, proof.language, sentence.text) for sentence in paragraph.sentences)
            return
        for sentence in paragraph.sentences:
            if sentence.text == proof.text:
                yield sentence.id, proof.language, sentence.text
                return
