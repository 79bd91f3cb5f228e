"""What anyone would try first: the nearest piece of 500 characters by cosine, and one threshold on the cosine.

It has the bot's own encoder, so that what lies between the two is what the bot does besides.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.cases import Pair
from bot.evaluation.questions import Question, Source
from index.encoder import Encoder, Vectors

CHUNK = 500
"""Characters."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an article's text, `start` to `end` in characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class BaselineTrial:
    """Whether the answer lies in the nearest chunk and in the nearest three, and the nearest cosines: of the article
    itself, of the article without the paragraph that answers, and of another article (None where there is none)."""

    first: bool
    three: bool
    stated: float
    missing: float
    other: float | None


def chunks(text: str, size: int = CHUNK) -> tuple[Chunk, ...]:
    """The text in pieces of at most `size` characters, cut at a space where there is one."""
    found = []
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            space = text.rfind(" ", start + 1, end + 1)
            end = space if space > start else end
        found.append(Chunk(start, end, text[start:end]))
        start = end
        while start < len(text) and text[start].isspace():
            start += 1
    return tuple(found)


def article_text(source: Source, language: str, less: int | None = None) -> str:
    """All paragraphs that the language has, a line each, or all but the one of that number."""
    return "\n".join(
        texts[language] for number, texts in enumerate(source.paragraphs) if language in texts and number != less
    )


def _nearest(query: Vectors, pieces: Sequence[Chunk], encoder: Encoder) -> tuple[list[Chunk], float]:
    """The chunks by cosine, nearest first, and the nearest cosine (-1 where there is no chunk)."""
    if not pieces:
        return [], -1.0
    cosines = encoder.encode_passages([piece.text for piece in pieces]) @ query
    order = np.argsort(-cosines, kind="stable")
    return [pieces[position] for position in order], float(cosines[order[0]])


def _place(source: Source, question: Question, language: str) -> tuple[int, int]:
    """Where the answer lies in the article's text, start and end in characters."""
    before = [texts[language] for texts in source.paragraphs[: question.paragraph] if language in texts]
    offset = sum(len(text) + 1 for text in before)
    gold = question.golds[language]
    return offset + gold.start, offset + gold.end


def baseline_trials(
    sources: Sequence[Source], pair: Pair, wanted: Collection[str], encoder: Encoder
) -> Iterator[BaselineTrial]:
    """The questions with these ids, in the order of the file."""
    asked_in, written_in = pair
    held = [source for source in sources if article_text(source, written_in)]
    for number, source in enumerate(held):
        whole = chunks(article_text(source, written_in))
        stranger = held[(number + 1) % len(held)]
        others = chunks(article_text(stranger, written_in))
        for question in source.questions:
            if question.id not in wanted:
                continue
            query = encoder.encode_queries([question.texts[asked_in]])[0]
            ordered, stated = _nearest(query, whole, encoder)
            start, end = _place(source, question, written_in)
            right = [piece.start <= start and end <= piece.end for piece in ordered]
            left = chunks(article_text(source, written_in, less=question.paragraph))
            yield BaselineTrial(
                first=right[0],
                three=any(right[:3]),
                stated=stated,
                missing=_nearest(query, left, encoder)[1],
                other=_nearest(query, others, encoder)[1] if stranger is not source else None,
            )
