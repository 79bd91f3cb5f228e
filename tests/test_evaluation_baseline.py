"""The baseline: pieces of an article, the nearest by cosine, and the answer in it or not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.baseline import BaselineTrial, Chunk, article_text, baseline_trials, chunks
from bot.evaluation.questions import read_questions
from tests.aligned import WORDS, write_aligned
from tests.encoders import WordEncoder


def test_chunks_end_at_a_space() -> None:
    """As many whole words as fit, and where no space is near, as many characters."""
    assert chunks("one two three", 8) == (Chunk(0, 7, "one two"), Chunk(8, 13, "three"))
    assert chunks("onetwothree", 4) == (Chunk(0, 4, "onet"), Chunk(4, 8, "woth"), Chunk(8, 11, "ree"))
    assert chunks("one two", 3) == (Chunk(0, 3, "one"), Chunk(4, 7, "two"))
    assert chunks("") == ()


@given(st.text(alphabet="ab \n中", max_size=200), st.integers(1, 20))
def test_chunks_hold_the_whole_text(text: str, size: int) -> None:
    """Nothing but space is lost, nothing said twice, and no piece is longer than allowed."""
    found = chunks(text, size)
    assert "".join("".join(chunk.text.split()) for chunk in found) == "".join(text.split())
    assert all(chunk.text == text[chunk.start : chunk.end] and len(chunk.text) <= size for chunk in found)


def test_trials(tmp_path: Path) -> None:
    """The nearest piece of its own article, of the rest without its paragraph, and of the next article."""
    sources = read_questions(write_aligned(tmp_path / "qa.json"))
    encoder = WordEncoder(*WORDS)
    asked = [source.questions[0].id for source in sources]
    car, goat = baseline_trials(sources, ("en", "en"), asked, encoder)
    # An article is one piece: it says red, car and paris, the question red and car.
    assert car == BaselineTrial(True, True, car.stated, missing=0.0, other=0.0)
    assert car.stated == pytest.approx(2 / 6**0.5)
    # The other paragraph of the goats says milk alone, a goat and its hay are in the first.
    assert goat == BaselineTrial(True, True, goat.stated, missing=0.0, other=0.0)
    assert goat.stated == pytest.approx(3**-0.5)


def test_the_answer_lies_in_a_later_piece(tmp_path: Path) -> None:
    """A piece that is nearer but lacks the answer is wrong; among three is told apart from first."""
    filler = "The car is red. " * 40
    record = {
        "articles": [
            {
                "title": "Long",
                "paragraphs": [
                    {"text": {"en": filler.strip()}, "questions": []},
                    {
                        "text": {"en": "Somebody paints the car."},
                        "questions": [
                            {
                                "id": "1",
                                "question": {"en": "Who paints the red car?"},
                                "answer": {"en": {"text": "Somebody", "start": 0}},
                            }
                        ],
                    },
                ],
            }
        ]
    }
    sources = read_questions(write_aligned(tmp_path / "qa.json", record))
    (found,) = baseline_trials(sources, ("en", "en"), ["1"], WordEncoder("red", "car"))
    assert (found.first, found.three) == (False, True)
    assert found.other is None
    assert article_text(sources[0], "en", less=0) == "Somebody paints the car."
    assert len(chunks(article_text(sources[0], "en"))) == 2
