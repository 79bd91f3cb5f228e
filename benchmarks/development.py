"""The development questions as corpora: articles that answer them, and the same articles with the answer taken out.

The file is in the format of `qa_dev.json`: aligned paragraphs in several languages, questions with the answer's
text and start (XQuAD and SQuAD-it, both CC BY-SA 4.0).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from corpus.model import Article, Edition, Paragraph, Sentence
from corpus.sentences import split_sentences


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


@dataclass(frozen=True, slots=True)
class _Question:
    texts: dict[str, str]
    answers: dict[str, tuple[int, int]]
    paragraph: int


@dataclass(frozen=True, slots=True)
class _Source:
    title: str
    paragraphs: tuple[dict[str, str], ...]
    questions: tuple[_Question, ...]


def _source(record: dict[str, Any]) -> _Source:
    questions = tuple(
        _Question(
            entry["question"],
            {lang: (a["start"], a["start"] + len(a["text"])) for lang, a in entry["answer"].items()},
            number,
        )
        for number, paragraph in enumerate(record["paragraphs"])
        for entry in paragraph["questions"]
    )
    return _Source(record["title"], tuple(paragraph["text"] for paragraph in record["paragraphs"]), questions)


def _edition(source: _Source, language: str) -> tuple[Edition, dict[int, list[tuple[str, int, int]]]] | None:
    """The article in one language, and where each sentence lies in its paragraph's text (id, start, end)."""
    paragraphs: list[Paragraph] = []
    spans: dict[int, list[tuple[str, int, int]]] = {}
    slug = source.title.lower()
    for number, texts in enumerate(source.paragraphs):
        if language not in texts:
            continue
        text, position, name = texts[language], 0, f"{slug}/p{number + 1}"
        sentences = []
        spans[number] = []
        for count, sentence in enumerate(split_sentences(text.replace("\ufeff", " "), language), start=1):
            start = text.find(sentence[:20], position)
            start = position if start < 0 else start
            position = start + len(sentence)
            sentences.append(Sentence(f"{name}/s{count}", sentence))
            spans[number].append((sentences[-1].id, start, position))
        paragraphs.append(Paragraph(name, tuple(sentences)))
    if not paragraphs:
        return None
    title = source.title.replace("_", " ")
    return Edition(slug, language, language, title, date(2016, 1, 1), "XQuAD", tuple(paragraphs)), spans


def _without(edition: Edition, sentences: frozenset[str] = frozenset(), paragraph: str = "") -> Article:
    kept = tuple(
        replace(p, sentences=left)
        for p in edition.paragraphs
        if p.id != paragraph and (left := tuple(s for s in p.sentences if s.id not in sentences))
    )
    return Article(edition.slug, (replace(edition, paragraphs=kept),))


def announcement_cases(path: Path, article: Article) -> Iterator[Case]:
    """Our own questions about the shipped announcement, in each language that it has an edition in.

    A line of the file holds one question in several languages, and what is expected: the ids of the sentences that
    state the answer (without the slug), "not stated" or "off topic". Questions with an answer are also put to the
    announcement without those sentences.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        record = json.loads(line)
        expected = record["expected"]
        for language, question in record["questions"].items():
            group = f"announcement {number}"
            if isinstance(expected, str):
                situation = Situation.OTHER_ARTICLE if expected == "off topic" else Situation.NOT_STATED
                yield Case(question, language, article, frozenset(), situation, group)
                continue
            right = frozenset(f"{article.slug}/{name}" for name in expected)
            yield Case(question, language, article, right, Situation.STATED, group)
            editions = tuple(_without(edition, right).original for edition in article.editions)
            yield Case(question, language, Article(article.slug, editions), frozenset(), Situation.NEAR_MISS, group)


def cases(path: Path, pairs: list[tuple[str, str]], others: int = 1) -> Iterator[Case]:
    """Every question of the file in every situation, for each (question language, edition language).

    `others` articles, the next ones in the file, are asked each question as if it were theirs.
    """
    sources = [_source(record) for record in json.loads(path.read_text(encoding="utf-8"))["articles"]]
    for asked_in, written_in in pairs:
        editions = [_edition(source, written_in) for source in sources]
        for number, (source, made) in enumerate(zip(sources, editions, strict=True)):
            if made is None:
                continue
            edition, spans = made
            whole = Article(edition.slug, (edition,))
            strangers = [e[0] for e in editions[number + 1 :] + editions[:number] if e is not None][:others]
            for question in source.questions:
                if asked_in not in question.texts or written_in not in question.answers:
                    continue
                start, end = question.answers[written_in]
                right = frozenset(i for i, s, e in spans.get(question.paragraph, []) if s < end and start < e)
                if not right:
                    continue
                text = question.texts[asked_in]
                group = source.title
                yield Case(text, asked_in, whole, right, Situation.STATED, group)
                yield Case(text, asked_in, _without(edition, right), frozenset(), Situation.NEAR_MISS, group)
                gone = _without(edition, paragraph=f"{edition.slug}/p{question.paragraph + 1}")
                yield Case(text, asked_in, gone, frozenset(), Situation.PARAGRAPH_MISSING, group)
                for stranger in strangers:
                    other = Article(stranger.slug, (stranger,))
                    yield Case(text, asked_in, other, frozenset(), Situation.OTHER_ARTICLE, group)
