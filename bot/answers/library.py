"""What can be asked about: the articles together with their index, one frozen state of both at a time."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answers.territories import territories
from bot.answers.wording import Rarity, rarity, terms
from corpus.model import Article, Edition, Sentence
from index.encoder import Encoder
from index.store import FaissStore, VectorSearch, passages_of


@dataclass(frozen=True, slots=True)
class EditionWords:
    """The terms of an edition, by sentence id and by paragraph id, and how rare each is among its sentences."""

    sentences: Mapping[str, frozenset[str]]
    paragraphs: Mapping[str, frozenset[str]]
    everything: frozenset[str]
    rarity: Rarity
    territories: frozenset[str]
    """Codes of the countries and continents that it names."""


def words_of(edition: Edition) -> EditionWords:
    """Count the terms of one edition. Headings and title count as known words, but not as anybody's sentence."""
    sentences = {sentence.id: terms(sentence.text) for sentence in edition.sentences}
    paragraphs = {
        paragraph.id: frozenset[str]().union(*(sentences[sentence.id] for sentence in paragraph.sentences))
        for paragraph in edition.paragraphs
    }
    titles = " ".join([edition.title, *(p.heading for p in edition.paragraphs if p.heading)])
    named = frozenset(territories(f"{titles} {' '.join(s.text for s in edition.sentences)}", edition.language))
    everything = terms(titles).union(*paragraphs.values())
    return EditionWords(sentences, paragraphs, everything, rarity(sentences.values()), named)


@dataclass(frozen=True, slots=True)
class Library:
    """Articles by slug, the search over their passages, and the words of each edition by (slug, language)."""

    articles: Mapping[str, Article]
    search: VectorSearch
    words: Mapping[tuple[str, str], EditionWords]
    digest: str
    """Names this state; another state of corpus or index has another digest."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that some article has an edition in, sorted."""
        return tuple(sorted({language for _, language in self.words}))

    @property
    def newest_first(self) -> tuple[Article, ...]:
        """All articles, the last published first."""
        return tuple(
            sorted(self.articles.values(), key=lambda article: (article.original.published, article.slug), reverse=True)
        )


def library_of(articles: Sequence[Article], search: VectorSearch, digest: str) -> Library:
    """Bring articles and index together; counts every word of the corpus once."""
    words = {
        (article.slug, edition.language): words_of(edition) for article in articles for edition in article.editions
    }
    return Library({article.slug: article for article in articles}, search, words, digest)


def throwaway_library(articles: Sequence[Article], encoder: Encoder) -> Library:
    """A library of these articles, in memory."""
    passages = passages_of(articles)
    store = FaissStore.empty(encoder.dimension)
    store.add(passages, encoder.encode_passages([passage.text for passage in passages]))
    store.describe(passages)
    digests = "".join(edition.digest for article in articles for edition in article.editions)
    return library_of(articles, store, hashlib.sha256(digests.encode()).hexdigest())


def reading_edition(article: Article, language: str) -> Edition:
    """The edition that an asker of this language reads: their own, else English, else the original."""
    return article.edition(language) or article.edition("en") or article.original


def counterpart(sentence_id: str, edition: Edition, other: Edition) -> Sentence | None:
    """The sentence of `other` that says the same; None where the two paragraphs differ in their sentences."""
    for here, there in zip(edition.paragraphs, other.paragraphs, strict=False):
        for position, sentence in enumerate(here.sentences):
            if sentence.id == sentence_id:
                same_shape = len(here.sentences) == len(there.sentences)
                return there.sentences[position] if same_shape else None
    return None
