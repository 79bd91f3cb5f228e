"""Which sentence answers best: similarity, words in common and the kind of value asked for, in one score.

Scores compare across the articles of a corpus, so nothing in them depends on what else was found. The weights were
chosen on the development questions (`make gate` prints what they reach).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.answers.asking import Asked, content_terms, what_is_asked
from bot.answers.library import Library, counterpart, reading_edition
from bot.answers.reader import Read, Reader
from bot.answers.values import holds_value
from corpus.model import Article, Edition, Paragraph, Sentence
from index.encoder import Vectors
from index.store import Unit

SPREAD = 0.03
"""Cosines of e5 lie close together: about this far apart within one article (standard deviation)."""
NEAREST = 8
"""Hits of each language that name the articles worth ranking."""
ARTICLES = 3
LOOKS = 3
"""Windows that the reader is shown for one question at most, whichever articles they are from."""
LEAD = 3.0
"""Once the best sentence that it has seen is so far before the next that it has not, it looks no further.
`docs/evaluation/targets.md` says what that changed."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts beside the cosine of the sentence; 0 leaves it out."""

    other_editions: float = 0.5
    """What the article's other editions say of the sentence, as a share of what the one that is read says."""
    paragraph: float = 0.3
    """Cosine of the paragraph, in spreads."""
    coverage: float = 4.0
    """Share of the question's words that the sentence has."""
    value: float = 1.5
    """Whether the sentence holds the kind of value that is asked for."""
    reader: float = 1.0
    """The reader's log-odds."""


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to be searched for: `vector` has shape (dimension,)."""

    text: str
    language: str
    """What it is worded in; the asker may have chosen to read another."""
    vector: Vectors
    terms: frozenset[str]
    """What it is about: its words without those that any question could have."""
    asked: Asked


def make_query(text: str, language: str, vector: Vectors) -> Query:
    """Read what the question asks for."""
    return Query(text, language, vector, content_terms(text, language), what_is_asked(text, language))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be the answer; higher scores are better, and comparable within one question."""

    article: Article
    edition: Edition
    paragraph: Paragraph
    sentence: Sentence
    similarity: float
    """Cosine of the question and the sentence in `edition`, higher is closer."""
    fused: float
    """The same, shifted by what the article's other editions say of the sentence."""
    paragraph_similarity: float
    coverage: float
    """Share of the question's words (by rarity) that the sentence has, 0 to 1."""
    has_value: bool | None
    score: float
    read: Read | None = None
    """What the reader says, where it was asked."""


def _similarities(library: Library, query: Query, article: Article, language: str, unit: Unit) -> dict[str, float]:
    hits = library.search.search(query.vector, language=language, unit=unit, limit=10_000, article=article.slug)
    return {hit.passage.id: hit.similarity for hit in hits}


def _fused(
    library: Library, query: Query, article: Article, edition: Edition, own: dict[str, float], others: float
) -> dict[str, float]:
    """Each sentence's similarity, shifted by what the other editions, `others` as weighty, say of it relative to their
    own mean."""
    if not own or not others:
        return own
    shifts: dict[str, list[float]] = {sentence_id: [] for sentence_id in own}
    for other in article.editions:
        if other.language == edition.language:
            continue
        theirs = _similarities(library, query, article, other.language, Unit.SENTENCE)
        if not theirs:
            continue
        mean = float(np.mean(list(theirs.values())))
        for sentence_id, shift in shifts.items():
            same = counterpart(sentence_id, edition, other)
            if same is not None:
                shift.append(theirs[same.id] - mean)
    mean = float(np.mean(list(own.values())))
    return {
        sentence_id: mean + ((own[sentence_id] - mean) + others * float(np.mean(shift))) / (1 + others)
        if shift
        else own[sentence_id]
        for sentence_id, shift in shifts.items()
    }


def rank_article(library: Library, query: Query, article: Article, weights: Weights = WEIGHTS) -> list[Candidate]:
    """Every sentence of the edition in the question's language (or what stands in for it), best first."""
    edition = reading_edition(article, query.language)
    words = library.words[article.slug, edition.language]
    own = _similarities(library, query, article, edition.language, Unit.SENTENCE)
    fused = _fused(library, query, article, edition, own, weights.other_editions)
    of_paragraphs = _similarities(library, query, article, edition.language, Unit.PARAGRAPH)
    candidates = []
    for paragraph in edition.paragraphs:
        for sentence in paragraph.sentences:
            coverage = words.rarity.coverage(query.terms, words.sentences[sentence.id])
            has_value = holds_value(query.asked, sentence.text, edition.language, query.terms)
            score = (
                fused[sentence.id] / SPREAD
                + weights.paragraph * of_paragraphs[paragraph.id] / SPREAD
                + weights.coverage * coverage
                + weights.value * bool(has_value)
            )
            candidates.append(
                Candidate(
                    article,
                    edition,
                    paragraph,
                    sentence,
                    own[sentence.id],
                    fused[sentence.id],
                    of_paragraphs[paragraph.id],
                    coverage,
                    has_value,
                    score,
                )
            )
    return sorted(candidates, key=lambda candidate: -candidate.score)


def nearest_articles(library: Library, query: Query) -> list[Article]:
    """The few articles that hold the nearest sentences, in any language."""
    best: dict[str, float] = {}
    for language in library.languages:
        hits = library.search.search(query.vector, language=language, unit=Unit.SENTENCE, limit=NEAREST)
        # Cosines across languages are lower throughout: what counts is the distance to the best of that language.
        for hit in hits:
            slug = hit.passage.article
            best[slug] = max(best.get(slug, -1.0), hit.similarity + (0.02 if language == query.language else 0.0))
    slugs = sorted(best, key=lambda slug: -best[slug])[:ARTICLES]
    return [library.articles[slug] for slug in slugs]


def rank(
    library: Library, query: Query, articles: Iterable[Article] | None = None, weights: Weights = WEIGHTS
) -> list[Candidate]:
    """The sentences of the nearest articles (or of those given), best first."""
    chosen = nearest_articles(library, query) if articles is None else articles
    candidates = [candidate for article in chosen for candidate in rank_article(library, query, article, weights)]
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _read(reader: Reader, query: Query, candidates: Sequence[Candidate], weights: Weights) -> dict[str, Read]:
    """What the reader says of the likeliest sentences and of those around them, by id; where it sees one twice, the
    better."""
    scores = {candidate.sentence.id: candidate.score for candidate in candidates}
    reads: dict[str, Read] = {}
    looks, best = 0, -math.inf
    for candidate in candidates:
        if candidate.sentence.id in reads:
            continue
        if looks == LOOKS or best - candidate.score >= LEAD:
            break
        looks += 1
        sentences = candidate.edition.sentences
        centre = [sentence.id for sentence in sentences].index(candidate.sentence.id)
        texts = [sentence.text for sentence in sentences]
        for number, read in reader.read(query.text, candidate.edition.title, texts, centre).items():
            sentence_id = sentences[number].id
            if sentence_id not in reads or read.states > reads[sentence_id].states:
                reads[sentence_id] = read
            best = max(best, scores[sentence_id] + weights.reader * read.states)
    return reads


def reread(
    reader: Reader, query: Query, candidates: Sequence[Candidate], weights: Weights = WEIGHTS
) -> list[Candidate]:
    """The candidates in the order that they have once the reader has looked at the first of them.

    It sees the sentences around them too, and what it says of those counts as well; sentences that it has not seen
    are taken for as unlikely as the least likely of those that it has.
    """
    reads = _read(reader, query, candidates, weights)
    lowest = min((read.states for read in reads.values()), default=0.0)
    weighed = [
        replace(c, read=read, score=c.score + weights.reader * (read.states if read is not None else lowest))
        for c in candidates
        for read in [reads.get(c.sentence.id)]
    ]
    return sorted(weighed, key=lambda candidate: -candidate.score)
