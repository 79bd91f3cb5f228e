"""What is asked most often in vain, told by sentences of the announcements: never in the words of who asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.answers.library import reading_edition
from bot.state.counts import ASKED, Askers
from corpus.model import Article
from index.encoder import Vectors

FEWEST = 5
"""People who asked, below which nothing is told: one of them could be found out."""
MOST = 100
"""Sentences that are compared with each other, those of most people."""
ONE_THEME = 0.91
"""Cosine from which on two sentences are about the same; between most sentences of one announcement it is near .84."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Questions in vain about one thing: the sentence that came nearest most often, and how many people asked."""

    sentence: str
    text: str
    people: int
    """At least so many: the most of any month, for nobody can be followed from one month into the next."""


def themes_of(
    askers: Askers, articles: Mapping[str, Article], language: str, embed: Callable[[Sequence[str]], Vectors]
) -> tuple[Theme, ...]:
    """The themes of FEWEST people or more, the commonest first; `embed` gives unit vectors (texts, dimension)."""
    texts = _texts(articles, language)
    everywhere = {sentence for sentences in askers.values() for sentence in sentences if sentence != ASKED}
    ranked = sorted(everywhere & texts.keys(), key=lambda sentence: (-_people(askers, [sentence]), sentence))[:MOST]
    clusters = _clusters(ranked, [texts[sentence] for sentence in ranked], embed)
    themes = (Theme(cluster[0], texts[cluster[0]], _people(askers, cluster)) for cluster in clusters)
    return tuple(sorted((t for t in themes if t.people >= FEWEST), key=lambda theme: -theme.people))


def _clusters(
    sentences: Sequence[str], texts: Sequence[str], embed: Callable[[Sequence[str]], Vectors]
) -> list[list[str]]:
    """Each sentence goes to the first, the most asked about, that it is near to, or begins a cluster of its own."""
    if len(sentences) < 2:
        return [[sentence] for sentence in sentences]
    vectors = embed(texts)
    leads: list[int] = []
    clusters: list[list[str]] = []
    for number, sentence in enumerate(sentences):
        near = next((n for n, lead in enumerate(leads) if float(vectors[lead] @ vectors[number]) >= ONE_THEME), None)
        if near is None:
            leads.append(number)
            clusters.append([sentence])
        else:
            clusters[near].append(sentence)
    return clusters


def _people(askers: Askers, sentences: Sequence[str]) -> int:
    """Different people who asked near any of these sentences, in the month in which they were most."""
    nobody: frozenset[str] = frozenset()
    return max(
        (
            len(nobody.union(*(of_month.get(sentence, nobody) for sentence in sentences)))
            for of_month in askers.values()
        ),
        default=0,
    )


def _texts(articles: Mapping[str, Article], language: str) -> Mapping[str, str]:
    """Every sentence as a reader of the language reads it, by id."""
    editions = [reading_edition(article, language) for article in articles.values()]
    originals = [article.original for article in articles.values()]
    # Where an edition has fewer sentences than the original, the original says what a sentence was.
    return {sentence.id: sentence.text for edition in [*originals, *editions] for sentence in edition.sentences}
