"""What the reader sees at once: whole sentences around the one in doubt, within a budget of tokens."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.windows import BUDGET, LONGEST_QUESTION, LONGEST_TITLE, around, lay_out, window_around
from index.pieces import BEGIN, END, pieces_of

SENTENCES = [
    "The bridge of Valdoro opens on 3 May 2031.",
    "It costs 40 million euros.",
    "Livia Serra designed the bridge.",
    "",
    "The gallery beside it stays closed.",
]
LONG = [f"Sentence {n} says that room {n} is painted in another colour than the room before it." for n in range(40)]
LENGTHS = st.lists(st.integers(0, 200), min_size=1, max_size=20)


@given(st.data(), LENGTHS, st.integers(1, 300))
def test_a_run_holds_its_centre_and_keeps_the_budget(data: st.DataObject, lengths: list[int], budget: int) -> None:
    """A run holds its centre, stays inside the text and within the budget; only a longer sentence stands alone."""
    centre = data.draw(st.integers(0, len(lengths) - 1))
    run = around(centre, lengths, budget)
    assert centre in run
    assert run[0] >= 0
    assert run[-1] < len(lengths)
    assert sum(lengths[number] for number in run) <= budget or list(run) == [centre]


@given(st.data(), LENGTHS, st.integers(1, 300))
def test_a_run_is_as_long_as_the_budget_lets_it(data: st.DataObject, lengths: list[int], budget: int) -> None:
    """Neither neighbour of a run would have fitted."""
    run = around(data.draw(st.integers(0, len(lengths) - 1)), lengths, budget)
    used = sum(lengths[number] for number in run)
    for neighbour in (run[0] - 1, run[-1] + 1):
        assert not 0 <= neighbour < len(lengths) or used + lengths[neighbour] > budget


def test_a_run_grows_to_both_sides() -> None:
    """What stands after the centre and what stands before it come in by turns, the one after first."""
    lengths = [10] * 9
    assert list(around(4, lengths, 10)) == [4]
    assert list(around(4, lengths, 20)) == [4, 5]
    assert list(around(4, lengths, 30)) == [3, 4, 5]
    assert list(around(4, lengths, 50)) == [2, 3, 4, 5, 6]
    assert list(around(0, lengths, 30)) == [0, 1, 2]


@settings(deadline=None)  # the first call loads the tokenizer
@given(st.lists(st.sampled_from(SENTENCES + LONG[:3]), min_size=1, max_size=6), st.integers(1, 30))
def test_places_point_at_their_sentences(texts: list[str], budget: int) -> None:
    """Each place holds exactly the tokens of its sentence, or the first of them where it is longer than the budget."""
    pieces = [pieces_of(text) for text in texts]
    window = lay_out("When does it open?", "Bridge", pieces, range(len(texts)), budget)
    assert window.sentences == tuple(range(len(texts)))
    for number, (start, end) in zip(window.sentences, window.places, strict=True):
        assert window.ids[start:end] == pieces[number].ids[:budget]


def test_a_window_is_question_title_and_sentences() -> None:
    """The sequence begins as the model was trained: the question, the title, then the sentences in a row."""
    pieces = [pieces_of(sentence) for sentence in SENTENCES]
    window = lay_out("Who designed it?", "Valdoro", pieces, [2, 4])
    asked, titled = pieces_of("query: Who designed it?").ids, pieces_of("passage: Valdoro").ids
    assert window.ids == (BEGIN, *asked, END, *titled, END, *pieces[2].ids, *pieces[4].ids, END)
    assert window.sentences == (2, 4)


def test_a_window_has_an_end() -> None:
    """However long question, title and sentence are, the sequence stays within what the model was trained on."""
    window = lay_out("when " * 500, "bridge " * 100, [pieces_of("red green blue " * 100)], [0])
    assert len(window.ids) <= BUDGET + LONGEST_QUESTION + LONGEST_TITLE + 10
    assert window.places[0][1] - window.places[0][0] == BUDGET


def test_a_window_holds_its_centre_and_what_is_around_it() -> None:
    """The sentence in doubt is in the window with its neighbours: all of a short text, some of a long one."""
    assert window_around("Who?", "T", SENTENCES, 2).sentences == (0, 1, 2, 3, 4)
    found = window_around("Which colour?", "Rooms", LONG, 30).sentences
    assert {29, 30, 31} <= set(found) < set(range(len(LONG)))


def test_numbers_are_those_of_the_article() -> None:
    """Far into a long article, too, a window's numbers name the article's sentences, whose tokens it holds."""
    texts = [f"Room {n}." for n in range(500)]
    window = window_around("Which?", "Rooms", texts, 400)
    assert 400 in window.sentences
    for number, (start, end) in zip(window.sentences, window.places, strict=True):
        assert window.ids[start:end] == pieces_of(texts[number]).ids
