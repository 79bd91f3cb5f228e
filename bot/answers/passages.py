"""Sentences found again: a button names one by a token, and the library gives it back with what stands around it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from bot.answers.answering import Proof
from bot.answers.library import Library, counterpart, reading_edition
from corpus.model import UNSPACED_LANGUAGES, Article, Edition, Sentence


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence in the reader's edition, as a Proof shows it, with the rest of its paragraph.

    Where the sentence is all of its paragraph, `before` and `after` are the paragraphs next to it. Both hold the space
    that parts them from the sentence.
    """

    language: str
    text: str
    original_language: str
    original: str
    title: str
    published: date
    source: str
    url: str | None
    heading: str | None
    before: str
    after: str


def passage_token(proof: Proof) -> str:
    """Names the sentence that a proof shows, in its place and wording: 16 hex digits. Another text, another token."""
    return _token(proof.id.rpartition("/")[0], proof.language, proof.text)


def find_passage(library: Library, token: str, reader: str) -> Passage | None:
    """The sentence behind a token, for a reader of this language; None where the library holds it no longer."""
    for article in library.newest_first:
        edition = reading_edition(article, reader)
        for position, paragraph in enumerate(edition.paragraphs):
            for sentence, text in _shown(edition, position):
                if _token(paragraph.id, edition.language, text) == token:
                    return _passage(article, edition, position, sentence)
    return None


def _token(paragraph_id: str, language: str, text: str) -> str:
    return hashlib.sha256(f"{paragraph_id}\n{language}\n{text}".encode()).hexdigest()[:16]


def _shown(edition: Edition, position: int) -> Iterator[tuple[Sentence | None, str]]:
    """What of a paragraph a proof may show: one of its sentences, or all of it (None)."""
    paragraph = edition.paragraphs[position]
    yield from ((sentence, sentence.text) for sentence in paragraph.sentences)
    yield None, paragraph.text(edition.language)


def _passage(article: Article, edition: Edition, position: int, sentence: Sentence | None) -> Passage:
    original = article.original
    paragraph = edition.paragraphs[position]
    same = counterpart(sentence.id, edition, original) if sentence else None
    before, after = _around(edition, position, sentence)
    return Passage(
        language=edition.language,
        text=sentence.text if sentence else paragraph.text(edition.language),
        original_language=original.language,
        original=same.text if same else original.paragraphs[position].text(original.language),
        title=edition.title,
        published=edition.published,
        source=edition.source,
        url=edition.url or original.url,
        heading=paragraph.heading,
        before=before,
        after=after,
    )


def _around(edition: Edition, position: int, sentence: Sentence | None) -> tuple[str, str]:
    """What stands before and after a sentence, in its paragraph or, where it fills that, in those next to it."""
    paragraph, language = edition.paragraphs[position], edition.language
    if sentence is not None and len(paragraph.sentences) > 1:
        at = paragraph.sentences.index(sentence)
        parts = (paragraph.sentences[:at], paragraph.sentences[at + 1 :])
        before, after = (replace(paragraph, sentences=part).text(language) for part in parts)
        space = "" if language in UNSPACED_LANGUAGES else " "
        return before and before + space, after and space + after
    before = edition.paragraphs[position - 1].text(language) if position else ""
    after = edition.paragraphs[position + 1].text(language) if position + 1 < len(edition.paragraphs) else ""
    return before and f"{before}\n\n", after and f"\n\n{after}"
