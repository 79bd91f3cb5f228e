"""Windows to train on: with the answer, with the answering sentence taken out, and from elsewhere in the article."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.reader.slips import slipped
from benchmarks.reader.swaps import Swaps
from benchmarks.reader.texts import Asking, Text
from bot.answers.windows import Window, around, lay_out
from index.pieces import Pieces, pieces_of

BUDGETS = (64, 160)
"""Tokens of a window: varied, so that the reader does not depend on them."""
NEAR_MISSES = 0.75
"""Share of the questions that are also put without the sentences that answer."""
SWAPPED = 0.4
"""Share of the questions that are also put about something else, where they hold a name or a number."""
ELSEWHERE = 2
"""Windows from elsewhere in the article that are read with the one where the answer is, or was."""
SOME = 10
"""Sentences among which the likeliest to mislead are looked for."""
SAME_LANGUAGE = 0.6
HURRIED = 0.15
"""Share of the questions that are put as they are typed in a hurry."""
UNTITLED = 0.2


@dataclass(frozen=True, slots=True)
class Example:
    """A window, the places of its sentences that state the answer, and the tokens of the answer (both inclusive)."""

    window: Window
    right: tuple[int, ...]
    span: tuple[int, int] | None
    reading: int = 0
    """Windows of one number belong to one question, and their sentences are weighed against each other."""


def _asked(asking: Asking, chance: random.Random) -> tuple[str, str]:
    """The question in one of its languages, now and then as it is typed in a hurry, and which language."""
    languages = sorted(asking.questions)
    same = asking.text.language in languages and chance.random() < SAME_LANGUAGE
    language = asking.text.language if same else chance.choice(languages)
    question = asking.questions[language]
    return (slipped(question, chance) if chance.random() < HURRIED else question), language


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


def _nearest(asking: Asking, question: str, pieces: Sequence[Pieces], chance: random.Random, count: int) -> list[int]:
    """Of some sentences that do not answer, those that share most pieces with the question."""
    wrong = [number for number in range(len(pieces)) if number not in asking.right]
    asked = set(pieces_of(question).ids)
    few = chance.sample(wrong, min(len(wrong), SOME))
    return sorted(few, key=lambda number: -len(asked & set(pieces[number].ids)))[:count]


def _pieces(text: Text) -> list[Pieces]:
    return [pieces_of(sentence) for sentence in text.sentences]


def examples(asking: Asking, chance: random.Random, swaps: Swaps | None = None) -> Iterator[tuple[Example, ...]]:
    """The examples of one question in one pass over the data, each some windows that are read together.

    Without `swaps` no question is put about something else.
    """
    pieces = _pieces(asking.text)
    lengths = [len(p.ids) for p in pieces]
    title = "" if chance.random() < UNTITLED else asking.text.title

    def reading(centres: Sequence[int], without: frozenset[int], other: str | None = None) -> tuple[Example, ...]:
        kept = [number for number in range(len(lengths)) if number not in without]
        question, budget = other or _asked(asking, chance)[0], chance.randint(*BUDGETS)
        stating = frozenset() if other else asking.right
        made: list[Example] = []
        seen: set[int] = set()
        for centre in centres:
            if centre in seen:
                continue
            run = around(kept.index(centre), [lengths[number] for number in kept], budget)
            window = lay_out(question, title, pieces, [kept[place] for place in run], budget)
            right = tuple(place for place, number in enumerate(window.sentences) if number in stating)
            made.append(Example(window, right, _span(window, asking, pieces) if right else None))
            seen.update(window.sentences)
        return tuple(made)

    question, language = _asked(asking, chance)
    others = _nearest(asking, question, pieces, chance, ELSEWHERE)
    if asking.right:
        centre = chance.choice(sorted(asking.right))
        near = [n for n in range(centre - 2, centre + 3) if 0 <= n < len(lengths)]
        yield reading([chance.choice([centre, *near]), *others], frozenset())
        left = [n for n in near if n not in asking.right]
        if left and chance.random() < NEAR_MISSES:
            yield reading([chance.choice(left), *others[: ELSEWHERE - 1]], asking.right)
        if swaps is not None and chance.random() < SWAPPED:
            other = swaps.swapped(question, language, asking.text, chance)
            if other is not None:
                yield reading([centre, *others[: ELSEWHERE - 1]], frozenset(), other)
    elif others:
        yield reading(others, frozenset())


def batches(askings: Sequence[Asking], tokens: int, seed: int, swaps: Swaps | None = None) -> list[list[Example]]:
    """One pass over the data, in random order, as batches of about `tokens` tokens of windows alike in length.

    What is read together stays in one batch.
    """
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    made = [reading for asking in askings for reading in examples(asking, chance, swaps)]
    chance.shuffle(made)
    buckets: dict[int, list[Example]] = defaultdict(list)
    full: list[list[Example]] = []
    for number, reading in enumerate(made):
        length = -(-max(len(example.window.ids) for example in reading) // 16) * 16
        bucket = buckets[length]
        bucket += [replace(example, reading=number) for example in reading]
        if len(bucket) * length >= tokens:
            full.append(bucket)
            buckets[length] = []
    full += [bucket for bucket in buckets.values() if bucket]
    chance.shuffle(full)
    return full
