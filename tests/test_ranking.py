"""The order of the sentences: by cosine, words in common, the paragraph, the other editions and the value asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bot.answers.asking import Asked
from bot.answers.library import Library, library_of
from bot.answers.ranking import (
    LEAD,
    LOOKS,
    WEIGHTS,
    Candidate,
    Query,
    make_query,
    nearest_articles,
    rank,
    rank_article,
    reread,
)
from bot.answers.reader import Read
from corpus.model import Article
from index.store import FaissStore, passages_of
from tests.articles import article
from tests.encoders import WordEncoder

ENCODER = WordEncoder("red", "green", "blue", "rosso", "verde")


def library(articles: Sequence[Article]) -> Library:
    """Articles with the vectors of their words."""
    passages = passages_of(articles)
    store = FaissStore.empty(ENCODER.dimension)
    store.add(passages, ENCODER.encode_passages([passage.text for passage in passages]))
    store.describe(passages)
    return library_of(articles, store, "state")


def query(text: str, language: str = "en", said: str | None = None) -> Query:
    """A question, with the vector of `said` if that is given."""
    return make_query(text, language, ENCODER.encode_queries([said or text])[0])


def ids(candidates: Sequence[Candidate]) -> list[str]:
    """Of the sentences, best first."""
    return [candidate.sentence.id for candidate in candidates]


def test_a_query_knows_what_is_asked() -> None:
    """A question is read once: its words, its vector and the kind of answer that it wants."""
    asked = query("When will the red cars come?")
    assert (asked.asked, asked.language, asked.text) == (Asked.WHEN, "en", "When will the red cars come?")
    assert "red" in asked.terms
    assert asked.vector.shape == (6,)


def test_the_closest_sentence_is_first() -> None:
    """Without words in common the cosine decides, and every sentence of the edition is there, once."""
    news = article("a", {"en": [["green"], ["red"], ["blue", "Nothing."]]})
    ranked = rank(library([news]), query("Farbe", said="red"))
    assert ids(ranked)[0] == "a/p2/s1"
    assert sorted(ids(ranked)) == ["a/p1/s1", "a/p2/s1", "a/p3/s1", "a/p3/s2"]
    assert ranked[0].similarity == pytest.approx(1.0)
    assert [c.score for c in ranked] == sorted((c.score for c in ranked), reverse=True)


def test_words_in_common_decide_between_equals() -> None:
    """Of sentences that are equally close, the one with the question's words is better."""
    news = article("a", {"en": [["A red boat."], ["A red car."], ["A red plane."]]})
    best, *others = rank(library([news]), query("the car", said="red"))
    assert best.sentence.text == "A red car."
    assert best.coverage == 1.0
    assert [other.coverage for other in others] == [0.0, 0.0]


def test_the_value_asked_for_decides_between_equals() -> None:
    """Of sentences that are equally close, one with a value of the kind asked for is better."""
    news = article("a", {"en": [["red soon"], ["red in 2027"], ["red 300 times"]]})
    for question, right in (("When?", "red in 2027"), ("How many?", "red 300 times")):
        best, *others = rank(library([news]), query(question, said="red"))
        assert (best.sentence.text, best.has_value) == (right, True)
        assert [other.has_value for other in others] == [False, False]
    assert {c.has_value for c in rank(library([news]), query("Red?", said="red"))} == {None}


def test_the_paragraph_decides_between_equals() -> None:
    """Of sentences that are equally close, the one in a closer paragraph is better."""
    news = article("a", {"en": [["red", "blue"], ["red", "red"]]})
    assert set(ids(rank(library([news]), query("Farbe", said="red")))[:2]) == {"a/p2/s1", "a/p2/s2"}


def test_other_editions_have_a_say() -> None:
    """What says it plainly in another language lifts the same sentence in the language that is read."""
    said = {"en": [["green"], ["green"]], "it": [["verde"], ["rosso"]]}
    ranked = rank(library([article("a", said)]), query("Farbe", said="rosso green"))
    assert [(c.sentence.id, c.edition.language) for c in ranked] == [("a/p2/s1", "en"), ("a/p1/s1", "en")]
    assert ranked[0].similarity == ranked[1].similarity  # the cosine that is shown is that of the sentence shown
    assert ranked[0].fused > ranked[1].fused


def test_an_edition_cut_otherwise_has_no_say() -> None:
    """A paragraph with another number of sentences in another edition changes nothing, and is no error."""
    alone = {"en": [["green", "red"]]}
    both = {"en": [["green", "red"]], "it": [["verde e rosso"]]}
    asked = query("Farbe", said="red")
    (first, second), (same, other) = (rank(library([article("a", said)]), asked) for said in (alone, both))
    assert (first.score, second.score) == (same.score, other.score)


def test_the_asker_reads_their_edition() -> None:
    """Candidates are in the asker's language, else in English, else in the original's."""
    news = article("a", {"it": [["rosso"]], "en": [["red"]], "de": [["rot"]]})
    only_italian = article("b", {"it": [["rosso"]]})
    for language, read in (("de", "de"), ("it", "it"), ("pt", "en"), ("ja", "en")):
        assert {c.edition.language for c in rank_article(library([news]), query("red", language), news)} == {read}
    (found,) = rank(library([only_italian]), query("red", "en"))
    assert found.edition.language == "it"


def test_the_nearest_articles_are_ranked() -> None:
    """Only the three articles with the closest sentences are ranked, and their sentences in one order."""
    far = [article(f"far{i}", {"en": [["blue", "blue"]]}) for i in range(5)]
    near = article("near", {"en": [["Nothing."], ["red"]]})
    nearer = library([*far, near])
    assert nearest_articles(nearer, query("Farbe", said="red"))[0] == near
    assert len(nearest_articles(nearer, query("Farbe", said="red"))) == 3
    assert ids(rank(nearer, query("Farbe", said="red")))[0] == "near/p2/s1"


def test_an_article_in_another_language_is_found() -> None:
    """A question in English is answered from an article that only has an Italian edition, where that is closest."""
    english = article("english", {"en": [["blue"]]})
    italian = article("italian", {"it": [["rosso"]]})
    assert ids(rank(library([english, italian]), query("Farbe", "en", said="rosso")))[0] == "italian/p1/s1"


def test_only_the_articles_given() -> None:
    """With articles given, no other is ranked."""
    both = [article("a", {"en": [["red"]]}), article("b", {"en": [["blue"]]})]
    assert ids(rank(library(both), query("red"), [both[1]])) == ["b/p1/s1"]


def test_an_empty_library_has_no_candidates() -> None:
    """Where there is nothing to ask about, nothing is found, and that is no error."""
    assert rank(library([]), query("red")) == []


class KnowingReader:
    """Says of each sentence what it was told, by the sentence's text, and sees `reach` on either side of the one that
    it is asked about; of others nothing. Keeps what it was asked."""

    def __init__(self, states: Mapping[str, float], reach: int = 100) -> None:
        self.states = states
        self.reach = reach
        self.asked: list[tuple[str, str, Sequence[str], int]] = []

    def read(self, question: str, title: str, sentences: Sequence[str], centre: int) -> Mapping[int, Read]:
        """See Reader."""
        self.asked.append((question, title, sentences, centre))
        return {
            number: Read(self.states[text], 0, len(text), 1.0)
            for number, text in enumerate(sentences)
            if text in self.states and abs(number - centre) <= self.reach
        }


COLOURS = article("a", {"en": [["red", "red and green"], ["red, green and blue", "blue"]]}, title="Colours")


def test_the_reader_changes_the_order() -> None:
    """What the reader says of a sentence is added to its score, and the order is that of the sums."""
    asked = query("Farbe", said="red")
    ranked = rank(library([COLOURS]), asked)
    known = {"red": -4.0, "red and green": 1.0, "red, green and blue": 60.0, "blue": 0.0}
    found = reread(KnowingReader(known), asked, ranked)
    assert found[0].sentence.text == "red, green and blue"
    before = {c.sentence.id: c.score for c in ranked}
    for candidate in found:
        read = candidate.read
        assert read is not None
        assert read.states == known[candidate.sentence.text]
        assert candidate.score == pytest.approx(before[candidate.sentence.id] + WEIGHTS.reader * read.states)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


def test_what_is_not_read_counts_as_the_least_likely() -> None:
    """A sentence that the reader has not seen is as unlikely as the least likely of those that it has."""
    asked = query("Farbe", said="red")
    ranked = rank(library([COLOURS]), asked)
    found = reread(KnowingReader({"red": 2.0, "blue": -3.0}), asked, ranked)
    before = {c.sentence.id: c.score for c in ranked}
    for candidate in found:
        states = {"red": 2.0, "blue": -3.0}.get(candidate.sentence.text)
        assert (candidate.read is None) == (states is None)
        assert candidate.score == pytest.approx(before[candidate.sentence.id] + WEIGHTS.reader * (states or -3.0))
    assert found[0].sentence.text == "red"


ROOMS = [f"green {n}" for n in range(20)]


def test_the_reader_looks_at_the_best_first() -> None:
    """It is given the question, the title, the whole text and the likeliest sentence, then the next that it has not
    seen, and a few times at most."""
    news = article("a", {"en": [[room] for room in ROOMS] + [["red"]]}, title="Colours")
    asked = query("Farbe", said="red")
    ranked = rank(library([news]), asked)
    reader = KnowingReader(dict.fromkeys([*ROOMS, "red"], -90.0), reach=1)
    reread(reader, asked, ranked)
    sentences = [sentence.text for sentence in news.original.sentences]
    assert all(asking[:3] == ("Farbe", "Colours", sentences) for asking in reader.asked)
    looked, seen = [centre for *_, centre in reader.asked], set[int]()
    assert len(looked) == LOOKS
    for centre in looked:
        best = next(c for c in ranked if sentences.index(c.sentence.text) not in seen)
        assert sentences[centre] == best.sentence.text
        seen |= {centre - 1, centre, centre + 1}


def test_the_reader_looks_no_further_than_it_needs() -> None:
    """Once a sentence that it has seen leads the next that it has not, it looks at no other; before, it does."""
    asked = query("Farbe", said="red")
    ranked = rank(library([COLOURS]), asked)
    first, second, *_ = ranked
    gap = first.score - second.score
    for states, looks in ((LEAD - gap + 0.1, 1), (LEAD - gap - 0.1, 2)):
        reader = KnowingReader({first.sentence.text: states, second.sentence.text: LEAD + 90}, reach=0)
        reread(reader, asked, ranked)
        assert len(reader.asked) == looks


def test_what_is_seen_twice_counts_once() -> None:
    """Of a sentence that stands in two windows the better reading counts."""

    class Forgetful(KnowingReader):
        def read(self, question: str, title: str, sentences: Sequence[str], centre: int) -> Mapping[int, Read]:
            found = super().read(question, title, sentences, centre)
            return {n: replace(read, states=read.states - abs(n - centre)) for n, read in found.items()}

    asked = query("Farbe", said="red")
    ranked = rank(library([COLOURS]), asked)
    reader = Forgetful({c.sentence.text: -90.0 for c in ranked}, reach=1)
    found = {c.sentence.text: c.read.states for c in reread(reader, asked, ranked) if c.read is not None}
    looked = {sentences[centre] for *_, sentences, centre in reader.asked}
    assert len(looked) > 1
    assert {text for text, states in found.items() if states == -90.0} == looked


def test_articles_are_read_apart() -> None:
    """Each article is read by itself, in the edition that the asker reads, and their sentences are in one order."""
    one = article("one", {"it": [["rosso"], ["verde"]], "en": [["red"], ["green"]]}, title="One")
    two = article("two", {"it": [["rosso e verde"], ["rosso"]]}, title="Two")
    asked = query("Farbe", said="red rosso")
    ranked = rank(library([one, two]), asked)
    reader = KnowingReader({"red": 0.0, "green": 0.0, "rosso e verde": 90.0, "rosso": 0.0})
    found = reread(reader, asked, ranked)
    assert found[0].sentence.id == "two/p1/s1"
    assert sorted(ids(found)) == sorted(ids(ranked))
    assert {(title, *sentences) for _, title, sentences, _ in reader.asked} == {
        ("One", "red", "green"),
        ("Two", "rosso e verde", "rosso"),
    }


def test_nothing_is_reread() -> None:
    """Without candidates the reader is asked nothing."""
    reader = KnowingReader({})
    assert reread(reader, query("Farbe"), []) == []
    assert reader.asked == []
