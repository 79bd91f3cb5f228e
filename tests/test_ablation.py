"""The worth of each sign: variants rank the same questions, and BM25 stands in for the words in common."""

from benchmarks.ablation import VARIANTS, RememberingReader, measure, report, with_bm25
from bot.answers.ranking import WEIGHTS, rank
from bot.evaluation.cases import Case, Situation
from bot.evaluation.remembering import RememberingEncoder
from tests.articles import article
from tests.encoders import WordEncoder
from tests.test_ranking import KnowingReader, library, query

NEWS = article("a", {"en": [["A red boat."], ["A red car."], ["A red plane."]]})


def test_bm25_finds_the_words_in_common() -> None:
    """BM25 in the place of the share of rare words puts the sentence with the question's words first."""
    asked, held = query("the car", said="red"), library([NEWS])
    best, *others = with_bm25(held, asked, rank(held, asked))
    assert best.sentence.text == "A red car."
    assert {c.score for c in others} == {c.score for c in rank(held, asked) if c.sentence.text != best.sentence.text}


def test_every_variant_ranks_every_question() -> None:
    """A line a variant and a column a group of questions, each with how often the right sentence came first."""
    case = Case("the car", "en", NEWS, frozenset({"a/p2/s1"}), Situation.STATED, "a")
    encoder = RememberingEncoder(WordEncoder("red", "car"))
    reader = RememberingReader(KnowingReader({"A red plane.": 500.0, "A red car.": 0.0}))
    found = measure({"own": [case, case]}, encoder, reader, lambda: None)
    assert list(found) == [variant.name for variant in VARIANTS]
    assert found["as it ships"] == {"own": [False, False]}
    assert found["without the reader"] == {"own": [True, True]}
    text = report(found, "the command")
    assert all(f"| {variant.name} |" in text for variant in VARIANTS)
    assert "own, n 2" in text


def test_each_sign_is_left_out_beside_the_reader_and_without_it() -> None:
    """Every sign of the ranking, and only one of them at a time, but for the cosine alone, which has none."""
    signs = ("other_editions", "paragraph", "coverage", "value")
    left: dict[bool, list[str]] = {True: [], False: []}
    for variant in VARIANTS:
        out = [name for name in signs if getattr(variant.weights, name) != getattr(WEIGHTS, name)]
        assert len(out) <= 1 or variant.name == "cosine alone"
        if len(out) == 1 and not variant.bm25:
            left[variant.weights.reader != 0] += out
    assert sorted(left[True]) == sorted(left[False]) == sorted(signs)
