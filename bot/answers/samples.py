"""Questions offered as buttons: only such as the bot answers with confidence, checked when the index is built.

An edition may bring its own (`questions:`). Where it brings none, general ones of the language are tried, about the
article and about the names that occur in it most.
"""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.answers.answering import Answer, Answerer, Asker
from bot.answers.evidence import Gate
from bot.answers.library import Library, reading_edition
from bot.answers.values import dates, names
from bot.settings import LANGUAGES
from bot.texts import phrasebook
from corpus.model import Article, Edition

log = logging.getLogger(__name__)

FILE = "samples.json"
EACH = 6
"""Questions kept an article and language."""
NEWEST = 5
"""Articles that questions are kept of."""
NAMES = 3
MARGIN = 0.05
"""How far above the threshold the confidence must lie, so that a button never ends in a refusal."""


def question_token(question: str) -> str:
    """Names a sample question in callback data and deep links: 16 hex digits of its SHA-256."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Samples:
    """Questions by language, those of the newest article first, and by article."""

    digest: str
    """What they were checked on, see `state_of`."""
    by_article: Mapping[str, Mapping[str, Sequence[str]]]

    def in_language(self, language: str) -> tuple[str, ...]:
        """Questions of all articles in one language, English where the bot does not speak it."""
        spoken = language if language in LANGUAGES else "en"
        return tuple(q for questions in self.by_article.values() for q in questions.get(spoken, ()))

    def of_article(self, slug: str, language: str) -> tuple[str, ...]:
        """Questions of one article: in this language, or else in any that it answers some in."""
        questions = self.by_article.get(slug, {})
        spoken = language if language in LANGUAGES else "en"
        return tuple(questions.get(spoken, ()) or next(filter(None, questions.values()), ()))

    def question(self, token: str) -> str | None:
        """The question behind a button or deep link, None for one that is no longer offered."""
        every = (q for languages in self.by_article.values() for questions in languages.values() for q in questions)
        return next((question for question in every if question_token(question) == token), None)


def _frequent_names(edition: Edition) -> list[str]:
    language = edition.language
    counted = Counter(
        name.text
        for sentence in edition.sentences
        for name in names(sentence.text, language)
        if not any(date.start <= name.start < date.end for date in dates(sentence.text, language))  # months
    )
    return [name for name, count in counted.most_common(NAMES) if count > 1]


def _tried(article: Article, language: str) -> Iterator[str]:
    edition = article.edition(language)
    if edition is not None:
        yield from edition.questions
    book = phrasebook(language).samples
    for name in _frequent_names(reading_edition(article, language)):
        for pattern in book["about"]:
            yield pattern.format(name=name)
    yield from book["pool"]


def _confident(article: Article, language: str, answerer: Answerer, threshold: float) -> list[str]:
    """The questions that this article answers in this language, no two by the same sentence."""
    kept: list[str] = []
    used: set[str] = set()
    for question in _tried(article, language):
        outcome = answerer.answer(question, Asker(chosen=language))
        if not isinstance(outcome, Answer) or outcome.confidence < min(threshold + MARGIN, 1.0):
            continue
        sentence = outcome.evidence[0].id
        if sentence.startswith(f"{article.slug}/") and sentence not in used:
            kept.append(question)
            used.add(sentence)
        if len(kept) == EACH:
            break
    return kept


def state_of(library: Library, gate: Gate) -> str:
    """Names what decides about the questions (16 hex digits): the library, and the gate with its thresholds."""
    return hashlib.sha256(f"{library.digest} {gate}".encode()).hexdigest()[:16]


def check_samples(library: Library, answerer: Answerer, gate: Gate) -> Samples:
    """Ask every candidate question, as a person would, and keep those that are answered. Takes seconds."""
    threshold = gate.answer_threshold
    return Samples(
        state_of(library, gate),
        {
            article.slug: {language: _confident(article, language, answerer, threshold) for language in LANGUAGES}
            for article in library.newest_first[:NEWEST]
        },
    )


def read_samples(folder: Path) -> Samples | None:
    """The checked questions beside the index, None where there are none that can be read."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Samples(record["digest"], record["by_article"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_samples(samples: Samples, folder: Path) -> None:
    """Put them beside the index, in one step."""
    temporary = folder / f"{FILE}.{os.getpid()}.new"
    record = {"digest": samples.digest, "by_article": samples.by_article}
    try:
        temporary.write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
        temporary.replace(folder / FILE)
    finally:
        temporary.unlink(missing_ok=True)


def current_samples(library: Library, answerer: Answerer, gate: Gate, folder: Path) -> Samples:
    """Those on disk if they were checked on this library by this gate, else checked now and kept."""
    stored = read_samples(folder)
    if stored is not None and stored.digest == state_of(library, gate):
        return stored
    samples = check_samples(library, answerer, gate)
    try:
        write_samples(samples, folder)
    except OSError as error:
        log.warning("the sample questions are checked at every start, %s takes none: %s", folder / FILE, error.strerror)
    return samples
