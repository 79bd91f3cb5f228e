"""What the gate is trained on: public questions with known answers, and our own, in every situation."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.evaluation.cases import Case, Situation, without
from corpus.model import Article, Edition, Paragraph, Sentence

INVENTED = Path(__file__).parent / "questions" / "invented"
CONFUSABLE = INVENTED.parent / "confusable"
"""Invented like the others, but made to be mistaken: siblings, roles that nobody holds, plans for the present."""
PLAIN = INVENTED.parent / "plain"
"""Invented as well, asked about in the plainest words, which are not those of the text."""
RIVALS = INVENTED.parent / "rivals"
"""The same, and every third question is about somebody else, in two or three words, or typed by a hasty thumb."""


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
            editions = tuple(without(edition, right).original for edition in article.editions)
            yield Case(question, language, Article(article.slug, editions), frozenset(), Situation.NEAR_MISS, group)


def _invented_article(record: dict[str, object], slug: str) -> Article:
    language, title, texts = str(record["language"]), str(record["title"]), record["paragraphs"]
    assert isinstance(texts, list)
    paragraphs = tuple(
        Paragraph(
            f"{slug}/p{number}",
            tuple(Sentence(f"{slug}/p{number}/s{place}", text) for place, text in enumerate(sentences, start=1)),
        )
        for number, sentences in enumerate(texts, start=1)
    )
    return Article(slug, (Edition(slug, language, language, title, date(2025, 1, 1), "invented", paragraphs),))


def invented_article(path: Path, line: int) -> Article:
    """The announcement on a line (from 0) of a file."""
    record = json.loads(path.read_text(encoding="utf-8").splitlines()[line])
    return _invented_article(record, f"invented-{path.stem}-{line}")


def invented_cases(folder: Path = INVENTED, every: int = 1, first: int = 0) -> Iterator[Case]:
    """Our own questions about invented announcements: of each file the `first` and each `every`-th after it.

    A line of a file is an article and its questions; `s` are the sentences that state the answer, counted from 0
    through the article. Half of the questions are stated by none.
    """
    for path in sorted(folder.glob("*.jsonl")):
        records = path.read_text(encoding="utf-8").splitlines()
        for number in range(first, len(records), every):
            record = json.loads(records[number])
            article = _invented_article(record, f"{folder.name}-{path.stem}-{number}")
            sentences = article.original.sentences
            group = f"{folder.name} {path.stem} {number}"
            for entry in record["questions"]:
                language = entry.get("lang", record["language"])
                right = frozenset(sentences[place].id for place in entry["s"])
                situation = Situation.STATED if right else Situation.NOT_STATED
                yield Case(entry["q"], language, article, right, situation, group, gold=entry.get("a", ""))
                if right:
                    gone = without(article.original, right)
                    yield Case(entry["q"], language, gone, frozenset(), Situation.NEAR_MISS, group)
