"""Windows to train on: with the answer, with the answering sentence taken out, and from elsewhere in the article."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.reader.texts import Asking, Text
from bot.windows import Window, around, lay_out
from index.pieces import Pieces, pieces_of

BUDGETS = (64, 160)
"""Tokens of a window: varied, so that the reader does not depend on them."""
NEAR_MISSES = 0.75
ELSEWHERE = 0.35
"""Windows without an answer for each with one, as probabilities."""
SAME_LANGUAGE = 0.6
UNTITLED = 0.2


@dataclass(frozen=True, slots=True)
class Example:
    """A window, the places of its sentences that state the answer, and the tokens of the answer (both inclusive)."""

    window: Window
    right: tuple[int, ...]
    span: tuple[int, int] | None


def _asked(asking: Asking, chance: random.Random) -> str:
    languages = sorted(asking.questions)
    if asking.text.language in languages and chance.random() < SAME_LANGUAGE:
        return asking.questions[asking.text.language]
    return asking.questions[chance.choice(languages)]


def _span(window: Window, asking: Asking, pieces: Sequence[Pieces]) -> tuple[int, int] | None:
    answer = asking.answer
    if answer is None or answer.sentence not in window.sentences:
        return None
    start, end = window.places[window.sentences.index(answer.sentence)]
    inside = [
        token
        for token, (first, last) in enumerate(pieces[answer.sentence].spans[: end - start])
        if first < answer.end and answer.start < last
    ]
    return (start + inside[0], start + inside[-1]) if inside else None


def _nearest(asking: Asking, question: str, pieces: Sequence[Pieces], chance: random.Random) -> int | None:
    """The sentence, of a few that do not answer, that shares most pieces with the question."""
    wrong = [number for number in range(len(pieces)) if number not in asking.right]
    if not wrong:
        return None
    asked = set(pieces_of(question).ids)
    few = chance.sample(wrong, min(len(wrong), 6))
    return max(few, key=lambda number: len(asked & set(pieces[number].ids)))


def _pieces(text: Text) -> list[Pieces]:
    return [pieces_of(sentence) for sentence in text.sentences]


def examples(asking: Asking, chance: random.Random) -> Iterator[Example]:
    """The examples of one question in one pass over the data."""
    pieces = _pieces(asking.text)
    lengths = [len(p.ids) for p in pieces]
    title = "" if chance.random() < UNTITLED else asking.text.title

    def example(centre: int, without: frozenset[int]) -> Example:
        kept = [number for number in range(len(lengths)) if number not in without]
        budget = chance.randint(*BUDGETS)
        run = around(kept.index(centre), [lengths[number] for number in kept], budget)
        window = lay_out(_asked(asking, chance), title, pieces, [kept[place] for place in run], budget)
        right = tuple(place for place, number in enumerate(window.sentences) if number in asking.right)
        return Example(window, right, _span(window, asking, pieces) if right else None)

    if asking.right:
        centre = chance.choice(sorted(asking.right))
        near = [n for n in range(centre - 2, centre + 3) if 0 <= n < len(lengths)]
        yield example(chance.choice([centre, *near]), frozenset())
        left = [n for n in near if n not in asking.right]
        if left and chance.random() < NEAR_MISSES:
            yield example(chance.choice(left), asking.right)
    if not asking.right or chance.random() < ELSEWHERE:
        other = _nearest(asking, _asked(asking, chance), pieces, chance)
        if other is not None:
            yield example(other, frozenset())


def batches(askings: Sequence[Asking], tokens: int, seed: int) -> list[list[Example]]:
    """One pass over the data, in random order, as batches of about `tokens` tokens of windows alike in length."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    made = [example for asking in askings for example in examples(asking, chance)]
    chance.shuffle(made)
    buckets: dict[int, list[Example]] = defaultdict(list)
    full: list[list[Example]] = []
    for example in made:
        length = -(-len(example.window.ids) // 16) * 16
        bucket = buckets[length]
        bucket.append(example)
        if len(bucket) * length >= tokens:
            full.append(bucket)
            buckets[length] = []
    full += [bucket for bucket in buckets.values() if bucket]
    chance.shuffle(full)
    return full
