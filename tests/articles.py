"""Small articles made in a line, for tests that need a corpus and no files."""

from collections.abc import Mapping, Sequence
from datetime import date

from corpus.model import Article, Edition, Paragraph, Sentence

Paragraphs = Sequence[Sequence[str]]
"""Paragraphs, each a sequence of its sentences."""


def edition(
    slug: str, language: str, paragraphs: Paragraphs, *, original: str = "en", title: str = "News", day: int = 1
) -> Edition:
    """An edition published on that day of January 2025."""
    return Edition(
        slug=slug,
        language=language,
        original=original,
        title=title,
        published=date(2025, 1, day),
        source="Acme",
        paragraphs=tuple(
            Paragraph(
                f"{slug}/p{k}",
                tuple(Sentence(f"{slug}/p{k}/s{j}", text) for j, text in enumerate(sentences, start=1)),
            )
            for k, sentences in enumerate(paragraphs, start=1)
        ),
    )


def article(slug: str, editions: Mapping[str, Paragraphs], *, title: str = "News", day: int = 1) -> Article:
    """An article with an edition for each language; the first is the original."""
    original = next(iter(editions))
    return Article(
        slug,
        tuple(
            edition(slug, language, paragraphs, original=original, title=title, day=day)
            for language, paragraphs in editions.items()
        ),
    )
