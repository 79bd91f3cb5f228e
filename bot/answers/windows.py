"""What the reader sees at once: question, title, and a run of an article's sentences around the one in doubt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.pieces import BEGIN, END, Pieces, pieces_of

BUDGET = 128
"""Tokens of the article's own text in a window; a longer sentence stands alone, cut to them."""
REACH = 64
"""Sentences on either side that a window could hold: of a long article no others are cut into tokens."""
LONGEST_QUESTION = 48
LONGEST_TITLE = 16
QUERY, PASSAGE = "query:", "passage:"
"""What the packaged model puts before its texts."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sequence of token ids, and where in it each sentence stands."""

    ids: tuple[int, ...]
    sentences: tuple[int, ...]
    """Numbers of the article's sentences in the window, in order."""
    places: tuple[tuple[int, int], ...]
    """For each, the tokens from (inclusive) and to (exclusive)."""


def around(centre: int, lengths: Sequence[int], budget: int = BUDGET) -> range:
    """The longest run of sentences within `budget` tokens around `centre`, growing by turns after and before it."""
    first, last, used = centre, centre, lengths[centre]
    growing = True
    while growing:
        growing = False
        for neighbour in (last + 1, first - 1):
            if 0 <= neighbour < len(lengths) and used + lengths[neighbour] <= budget:
                used += lengths[neighbour]
                first, last, growing = min(first, neighbour), max(last, neighbour), True
    return range(first, last + 1)


def lay_out(
    question: str, title: str, sentences: Sequence[Pieces], numbers: Iterable[int], budget: int = BUDGET
) -> Window:
    """Question, title and the numbered sentences as one sequence."""
    ids = [BEGIN, *pieces_of(QUERY).ids, *pieces_of(question).ids[:LONGEST_QUESTION], END]
    ids += [*pieces_of(PASSAGE).ids, *pieces_of(title).ids[:LONGEST_TITLE], END]
    kept, places = [], []
    for number in numbers:
        start = len(ids)
        ids += sentences[number].ids[:budget]
        kept.append(number)
        places.append((start, len(ids)))
    return Window((*ids, END), tuple(kept), tuple(places))


def window_around(question: str, title: str, sentences: Sequence[str], centre: int) -> Window:
    """The window of the sentence with this number, and of as many around it as the budget lets in."""
    near = range(max(0, centre - REACH), min(len(sentences), centre + REACH + 1))
    pieces = [pieces_of(sentences[number]) for number in near]
    run = around(centre - near.start, [len(p.ids) for p in pieces])
    window = lay_out(question, title, pieces, run)
    return replace(window, sentences=tuple(near[place] for place in window.sentences))
