"""Questions as corpora: the article that answers a question, and the same with the answer taken out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.evaluation.questions import Source
from corpus.model import Article, Edition, Paragraph, Sentence
from corpus.sentences import split_sentences

Pair = tuple[str, str]
"""The language of the question, and that of the edition it is put to."""
_NO_NAME = re.compile(r"[^\w().,-]+")


class Situation(StrEnum):
    """What the corpus holds when the question is put."""

    STATED = "stated"
    NEAR_MISS = "near miss"
    """Only the sentence that answers is missing."""
    PARAGRAPH_MISSING = "paragraph missing"
    OTHER_ARTICLE = "other article"
    """The question belongs to another article altogether."""
    NOT_STATED = "not stated"
    """The question is about the article, which says nothing of what is asked."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question to one article in one edition; `right` are the ids of the sentences that state the answer."""

    question: str
    language: str
    article: Article
    right: frozenset[str]
    situation: Situation
    group: str
    """The article that the question is about: whatever is tuned is validated on other groups."""
    id: str = ""
    """The question, the same in every situation; "" where only the text tells."""
    gold: str = ""
    """The answer as the article's edition writes it; "" where only the sentences are known."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a sentence lies in its paragraph's text, in characters."""

    id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Written:
    """An article in one language, and by paragraph (counted from 0) where its sentences lie."""

    edition: Edition
    spans: Mapping[int, tuple[Span, ...]]


def write_in(source: Source, language: str) -> Written | None:
    """The article as an edition of its own; None where no paragraph has the language."""
    slug = _NO_NAME.sub("-", source.title.lower())
    paragraphs = []
    spans = {}
    for number, texts in enumerate(source.paragraphs):
        if language not in texts:
            continue
        text, position, found = texts[language], 0, []
        sentences = split_sentences(text.replace("\ufeff", " "), language)
        for count, sentence in enumerate(sentences, start=1):
            start = text.find(sentence[:20], position)
            start = position if start < 0 else start
            position = start + len(sentence)
            found.append(Span(f"{slug}/p{number + 1}/s{count}", start, position))
        ids = [span.id for span in found]
        paragraphs.append(
            Paragraph(
                f"{slug}/p{number + 1}",
                tuple(Sentence(name, sentence) for name, sentence in zip(ids, sentences, strict=True)),
            )
        )
        spans[number] = tuple(found)
    if not paragraphs:
        return None
    title = source.title.replace("_", " ")
    edition = Edition(slug, language, language, title, date(2016, 1, 1), "XQuAD", tuple(paragraphs))
    return Written(edition, spans)


def without(edition: Edition, sentences: frozenset[str] = frozenset(), paragraph: str = "") -> Article:
    """The article of this edition alone, less some sentences or one paragraph (by id)."""
    kept = tuple(
        replace(p, sentences=left)
        for p in edition.paragraphs
        if p.id != paragraph and (left := tuple(s for s in p.sentences if s.id not in sentences))
    )
    return Article(edition.slug, (replace(edition, paragraphs=kept),))


def articles_in(sources: Sequence[Source], language: str) -> tuple[Article, ...]:
    """Every article that has something in the language."""
    editions = [written.edition for source in sources if (written := write_in(source, language)) is not None]
    return tuple(Article(edition.slug, (edition,)) for edition in editions)


def cases(sources: Sequence[Source], pairs: Sequence[Pair], others: int = 1) -> Iterator[Case]:
    """Every question in every situation, the situations of a question one after the other, for each pair.

    `others` articles, the next ones in the file, are asked each question as if it were theirs.
    """
    for asked_in, written_in in pairs:
        made = [write_in(source, written_in) for source in sources]
        for number, (source, written) in enumerate(zip(sources, made, strict=True)):
            if written is None:
                continue
            following = [other.edition for other in made[number + 1 :] + made[:number] if other is not None]
            strangers = [Article(edition.slug, (edition,)) for edition in following[:others]]
            yield from _of_article(source, written, strangers, (asked_in, written_in))


def _of_article(source: Source, written: Written, strangers: Sequence[Article], pair: Pair) -> Iterator[Case]:
    asked_in, written_in = pair
    edition = written.edition
    whole = Article(edition.slug, (edition,))
    for question in source.questions:
        text, gold = question.texts.get(asked_in), question.golds.get(written_in)
        if text is None or gold is None:
            continue
        spans = written.spans[question.paragraph]
        right = frozenset(span.id for span in spans if span.start < gold.end and gold.start < span.end)
        if not right:
            continue
        stated = Case(text, asked_in, whole, right, Situation.STATED, source.title, question.id, gold.text)
        gone = replace(stated, right=frozenset())
        yield stated
        yield replace(gone, article=without(edition, right), situation=Situation.NEAR_MISS)
        paragraph = f"{edition.slug}/p{question.paragraph + 1}"
        yield replace(gone, article=without(edition, paragraph=paragraph), situation=Situation.PARAGRAPH_MISSING)
        for stranger in strangers:
            yield replace(gone, article=stranger, situation=Situation.OTHER_ARTICLE)
