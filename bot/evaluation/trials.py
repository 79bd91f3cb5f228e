"""Trials: a case put to the very Answerer that the bot uses, over a library that is thrown away."""

import time
from dataclasses import dataclass

from bot.answers.answering import Outcome
from bot.answers.library import Library, throwaway_library
from bot.answers.opening import answerer_over
from bot.evaluation.cases import Case
from bot.evaluation.remembering import RememberingEncoder
from bot.settings import Settings
from corpus.model import Article

KEPT = 8
"""Libraries kept for the next question: those of a paragraph's questions are mostly the same."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the bot said to a case, and how many seconds it took, the embedding of the question included."""

    case: Case
    outcome: Outcome
    seconds: float


class Examination:
    """One answerer, and one library after the other put before it."""

    def __init__(self, settings: Settings, encoder: RememberingEncoder) -> None:
        self._encoder = encoder
        self._libraries: dict[tuple[Article, ...], Library] = {}
        self._current = throwaway_library((), encoder)
        self._answerer = answerer_over(settings, encoder, lambda: self._current)

    def put(self, case: Case, articles: tuple[Article, ...] = ()) -> Trial:
        """Ask as an unknown person in a new chat does: the case's article, or all of `articles` where some are given.

        The library is made before the clock starts.
        """
        self._current = self._library(articles or (case.article,))
        saved, begun = self._encoder.saved, time.perf_counter()
        outcome = self._answerer.answer(case.question)
        return Trial(case, outcome, time.perf_counter() - begun + self._encoder.saved - saved)

    def _library(self, articles: tuple[Article, ...]) -> Library:
        library = self._libraries.pop(articles, None)
        if library is None:
            library = throwaway_library(articles, self._encoder)
            while len(self._libraries) >= KEPT:
                del self._libraries[next(iter(self._libraries))]
        self._libraries[articles] = library
        return library
