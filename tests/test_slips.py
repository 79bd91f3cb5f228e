"""Questions typed in a hurry, as the reader learns from them."""

import random

import pytest

from benchmarks.reader.slips import slipped


@pytest.mark.parametrize(
    "question",
    [
        "When does the SU7 arrive in Europe in 2027?",
        "Wann kommt der SU7 2027 nach Österreich?",
        "SU7什么时候到2027年？",
    ],
)
def test_numbers_and_models_stay(question: str) -> None:
    """Whatever is misspelt, the number asked for and the name with a number are the same, but for capitals."""
    for seed in range(200):
        made = slipped(question, random.Random(seed)).casefold()  # noqa: S311  # nothing secret
        assert "su7" in made
        assert "2027" in made


def test_a_slip_is_small_and_common() -> None:
    """Nearly every question comes out otherwise, by a few signs of a word, and no word of four letters is lost."""
    question = "how many cars were delivered to Spain last month"
    words = question.lower().split()
    made = [slipped(question, random.Random(seed)).lower().split() for seed in range(200)]  # noqa: S311  # nothing secret
    assert sum(one == words for one in made) == 0
    for one in made:
        assert len(one) >= sum(len(word) > 3 for word in words)
        wrong = [word for word in one if word not in words]
        assert 1 <= len(wrong) <= 2
        assert all(any(_near(word, right) for right in words) for word in wrong)


def _near(word: str, right: str) -> bool:
    return abs(len(word) - len(right)) <= 1 and len(set(word) ^ set(right)) <= 1


def test_accents_are_lost_and_letters_stay() -> None:
    """Who types without accents types the letters below them."""
    made = {slipped("où était-ce", random.Random(seed)).lower().rstrip("?") for seed in range(50)}  # noqa: S311  # nothing secret
    assert any(one.startswith("ou ") for one in made)
    assert any(one.startswith("où ") for one in made)


def test_other_scripts_lose_marks_alone() -> None:
    """Chinese, Russian and Hindi keep every letter; of a word too short to be misspelt nothing is left out alone."""
    for question in ("小米汽车什么时候来欧洲？", "Когда они приедут?", "कब आएगा?"):
        bare = question.rstrip("?？").casefold()
        made = {slipped(question, random.Random(seed)).casefold() for seed in range(50)}  # noqa: S311  # nothing secret
        assert made == {bare, question.casefold()}
    assert slipped("why", random.Random(1)) == "why"  # noqa: S311  # nothing secret
