"""An answerer whose judgement a reader can compute in the head."""

from collections.abc import Callable, Sequence
from dataclasses import fields

from bot.answers.answering import Answerer
from bot.answers.evidence import Evidence, Gate, Regression
from bot.answers.library import Library, throwaway_library
from corpus.model import Article
from tests.encoders import WordEncoder

HALF = Regression(
    -5.0,
    {field.name: 10.0 if field.name == "coverage" else 0.0 for field in fields(Evidence) if field.name != "reader"},
)
"""Goes by the words: .5 where the sentence has half of those that are asked for, less where it has fewer."""
GATE = Gate(HALF, HALF, 0.5, 0.01)
"""Answers from a sentence that has half of the question's words; hardly anything is off topic."""


def word_answerer(library: Callable[[], Library], encoder: WordEncoder) -> Answerer:
    """Answers with the sentence that has the question's words."""
    return Answerer(library, encoder, GATE, "en")


def word_library(articles: Sequence[Article], encoder: WordEncoder) -> Library:
    """The articles, embedded by their words."""
    return throwaway_library(articles, encoder)
