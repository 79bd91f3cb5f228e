"""The evidence that is counted about the best sentence, and the two regressions that weigh it."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace

import pytest

from bot.answers.evidence import (
    OF_ANOTHER_MODEL,
    OF_ANOTHER_OFFICE,
    OF_ANOTHER_PLACE,
    WITHOUT_AMOUNT,
    Evidence,
    Gate,
    ReaderEvidence,
    Regression,
    capped,
    evidence_for,
    missing_names,
    packaged_gate,
    places_around,
)
from bot.answers.ranking import SPREAD, Candidate, rank
from bot.answers.reader import Read
from bot.answers.written import models, names_other_models, question_names, question_numbers
from corpus.model import Article
from tests.articles import article
from tests.test_ranking import library, query

COUNTED = [field.name for field in fields(Evidence) if field.name != "reader"]
NOTHING = Evidence(**dict.fromkeys(COUNTED, 0.0), reader=None)
READ_NOTHING = replace(NOTHING, reader=ReaderEvidence(0.0, 0.0, 0.0))
NEWS = article(
    "a",
    {
        "en": [["Xiaomi sells a red SU7 in 2027.", "Anna likes green."], ["Bruno likes blue."]],
        "it": [["Xiaomi vende una SU7 rosso nel 2027.", "Anna ama il verde."], ["Bruno di Torino ama il blu."]],
    },
    title="Wheels of Turin",
)


def counted(
    text: str, language: str = "en", said: str | None = None, articles: Sequence[Article] = (NEWS,)
) -> Evidence:
    """The evidence for the best candidate."""
    held, asked = library(articles), query(text, language, said)
    return evidence_for(held, asked, rank(held, asked))


def test_cosines_are_counted_in_spreads() -> None:
    """The best cosine, and what it is above the mean of its article, are counted in spreads of 0.03."""
    found = counted("Farbe", said="red", articles=[article("a", {"en": [["red"], ["green"], ["blue"]]})])
    assert found.similarity == pytest.approx(1 / SPREAD)
    assert found.above_mean == pytest.approx((1 - 1 / 3) / SPREAD)
    assert found.paragraph_similarity == pytest.approx(1 / SPREAD)
    assert found.paragraph_above_mean == pytest.approx((1 - 1 / 3) / SPREAD)
    assert found.above_second == pytest.approx(1.3 / SPREAD)
    assert (found.foreign, found.foreign_similarity, found.foreign_above_mean) == (0, 0, 0)


def test_a_single_sentence_is_above_nothing() -> None:
    """An article of one sentence has no second one, and its best is its mean."""
    found = counted("Farbe", said="red", articles=[article("a", {"en": [["red"]]})])
    assert (found.above_second, found.above_mean, found.paragraph_above_mean) == (0, 0, 0)


def test_words_in_common_are_shares() -> None:
    """Coverage counts the sentence, its paragraph, the article and the title, each as a share."""
    all_here = counted("red SU7", said="red")
    assert (all_here.coverage, all_here.paragraph_coverage, all_here.article_coverage) == (1, 1, 1)
    beside = counted("Anna red", said="red")
    assert 0 < beside.coverage < beside.paragraph_coverage == 1
    elsewhere = counted("Bruno red", said="red")
    assert 0 < elsewhere.paragraph_coverage < elsewhere.article_coverage == 1
    assert counted("wheels", said="red").title_similarity == 1
    assert counted("wheels", said="red").article_coverage == 1
    assert counted("zebra", said="red").article_coverage == 0


def test_numbers_that_are_missing() -> None:
    """A number of the question that the paragraph lacks is counted; a part of a name is none."""
    assert counted("red in 2027", said="red").missing_numbers == 0
    assert counted("red in 2031", said="red").missing_numbers == 1
    assert counted("the SU7 in red", said="red").missing_numbers == 0
    assert question_numbers("300.000 or 1,5 of the SU7") == {"300000", "15"}


def test_names_that_are_missing() -> None:
    """A name that no edition has is missing; one that the article has elsewhere is beside the paragraph."""
    here = counted("will the SU7 be red", said="red")
    assert (here.missing_names, here.names_beside) == (0, 0)
    absent = counted("will the SU9 of Tesla be red", said="red")
    assert (absent.missing_names, absent.names_beside) == (1, 0)
    half = counted("will Bruno of Tesla be red", said="red")
    assert (half.missing_names, half.names_beside) == (0.5, 0.5)
    italian = counted("will Torino be red", said="red")
    assert (italian.missing_names, italian.names_beside) == (0, 1)


def test_missing_names_are_said() -> None:
    """The names that are missing are given as the question writes them, each once."""
    held = library([NEWS])
    asked = query("Will Tesla or the SU9 of Tesla beat Xiaomi?", said="red")
    assert missing_names(held, asked, rank(held, asked)[0], "en") == ("Tesla", "SU9")


def test_places_are_told_across_languages() -> None:
    """A country that any edition names, in its own language and however the question writes it, is not missing; one
    that none names is, and is told by its name with the continent that the article does speak of."""
    held = library([article("a", {"it": [["red in Germania e in Asia"]]})])
    asked = query("red germany or japan", said="red")
    best = rank(held, asked)[0]
    assert missing_names(held, asked, best, "de") == ("Japan",)
    assert missing_names(held, asked, best, "it") == ("Giappone",)
    assert places_around(held, asked, best, "es") == ("Asia",)
    evidence = evidence_for(held, asked, [best])
    assert (evidence.missing_names, evidence.missing_places, evidence.names_beside) == (0.5, 1, 0)
    assert counted("will Tesla be red", said="red").missing_places == 0


@pytest.mark.parametrize(
    ("question", "language", "names"),
    [
        ("When does Anna meet Bruno?", "en", ("Anna", "Bruno")),
        ("Does the SU7 cost more than the YU7?", "en", ("SU7", "YU7")),
        ("who is the CEO?", "en", ("CEO",)),
        ("What is it?", "en", ()),
        ("Was kostet das Auto SU7 in der EU?", "de", ("SU7", "EU")),
        ("特斯拉Model 3在中国？", "zh", ("Model",)),
        ("chi è Anna? E Bruno?", "it", ("Anna", "Bruno")),
        ("", "en", ()),
    ],
)
def test_names_of_a_question(question: str, language: str, names: tuple[str, ...]) -> None:
    """Names are capitals inside the question, codes and abbreviations; the first word and German nouns are none."""
    assert question_names(question, language) == names


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("متى تصل سيارات شاومي إلى أوروبا؟", "ar"),
        ("когда будет готова машина", "ru"),
        ("kiedy będzie łódź i świat", "pl"),
        ("c'est une œuvre de qui", "fr"),
        ("मशीन कब आएगी यहाँ", "hi"),
    ],
)
def test_small_letters_make_no_name(question: str, language: str) -> None:
    """Words without a capital are no names, in whatever script: else the bot would say that it never heard of them."""
    assert question_names(question, language) == ()


def test_the_value_asked_for() -> None:
    """A sentence with the value asked for, one without it and a question for no value are three cases."""
    has, lacks, none = (counted(text, said="red") for text in ("When?", "How long?", "Red?"))
    assert (has.value_found, has.value_lacking) == (1, 0)
    assert (lacks.value_found, lacks.value_lacking) == (0, 1)
    assert (none.value_found, none.value_lacking) == (0, 0)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("How many SU7 were delivered?", {"su7"}),
        ("小米YU7（Xiaomi YU7）在开放预订后", {"yu7"}),
        ("Wie viele Lotte 30 wurden ausgeliefert?", {"lotte30"}),
        ("The A-320neo and the a320neo", {"a320neo"}),
        ("Apollo 11 and Apollo 13", {"apollo11", "apollo13"}),
        ("In April 2025 it sold 12 million of them for 3.5 each", set()),
        ("Model 3.5 million, 5km and 20GB", set()),
    ],
)
def test_models_that_are_named(text: str, named: set[str]) -> None:
    """What is told from its siblings by a number, however it is spelt; years, amounts and units are none."""
    assert models(text) == named


def test_another_model_is_no_answer() -> None:
    """A sentence that names other models only speaks of something else; one that names none may mean the one asked."""
    assert names_other_models("How many SU7 were ordered?", "The YU7 got 200,000 orders.")
    assert not names_other_models("How many SU7 were ordered?", "The YU7 got more orders than the SU7.")
    assert not names_other_models("How many SU7 were ordered?", "It got 200,000 orders.")
    assert not names_other_models("How many were ordered?", "The YU7 got 200,000 orders.")
    news = article("a", {"en": [["The SU7 sells well.", "The red YU7 costs more."]]})
    assert counted("What does the SU7 cost?", said="red", articles=[news]).other_model == 1
    assert counted("What does the YU7 cost?", said="red", articles=[news]).other_model == 0


def test_what_speaks_of_something_else_is_capped() -> None:
    """Another place or model leaves no more confidence than such sentences deserve; nothing is raised by it."""
    assert capped(0.9, NOTHING) == 0.9
    assert capped(0.9, replace(NOTHING, other_model=1.0)) == OF_ANOTHER_MODEL
    assert capped(0.9, replace(NOTHING, missing_places=1.0, other_model=1.0)) == OF_ANOTHER_PLACE
    assert capped(0.01, replace(NOTHING, other_model=1.0)) == 0.01
    assert capped(0.9, replace(NOTHING, other_office=1.0, other_model=1.0)) == OF_ANOTHER_OFFICE
    assert capped(0.9, replace(NOTHING, lacks_price=1.0)) == WITHOUT_AMOUNT
    assert capped(0.9, replace(NOTHING, lacks_number=1.0)) == WITHOUT_AMOUNT
    assert capped(0.9, replace(NOTHING, lacks_weight=1.0)) == WITHOUT_AMOUNT


def test_another_office_is_counted() -> None:
    """Who holds an office is not told by a sentence that names others only."""
    news = article("a", {"en": [["The red vice president spoke."]]})
    assert counted("Who is the president?", said="red", articles=[news]).other_office == 1
    assert counted("Who is the vice president?", said="red", articles=[news]).other_office == 0
    assert counted("Who is Anna?", said="red", articles=[news]).other_office == 0


def test_an_amount_without_a_word_of_it_is_counted() -> None:
    """A price, a number and a weight are each counted as lacking where the sentence has no word of such a thing."""
    news = article("a", {"en": [["The red ferry sails daily."]]})
    amounts = ("What does it cost?", "How many cars fit on it?", "How heavy is it?")
    lacking = [counted(text, said="red", articles=[news]) for text in amounts]
    assert [(e.lacks_price, e.lacks_number, e.lacks_weight) for e in lacking] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    none = counted("When does it sail?", said="red", articles=[news])
    assert (none.lacks_price, none.lacks_number, none.lacks_weight) == (0, 0, 0)


def test_a_text_in_another_language_is_marked() -> None:
    """Where the asker reads a foreign edition, its cosines are counted apart too."""
    found = counted("rosso", "pt", said="red")
    assert found.foreign == 1
    assert found.foreign_similarity == found.similarity
    assert found.foreign_above_mean == found.above_mean


def test_a_regression_is_logistic() -> None:
    """The probability is the logistic function of the weighted sum, and stays in 0 to 1 for any evidence."""
    regression = Regression(-1.0, {"a": 2.0, "b": -1.0})
    assert regression.probability({"a": 0.5, "b": 0.0}) == pytest.approx(0.5)
    assert regression.probability({"a": 1.0, "b": 0.0}) == pytest.approx(1 / (1 + math.exp(-1)))
    assert 0 < regression.probability({"a": -1e9, "b": 0.0}) < 1e-9
    assert regression.probability({"a": 1e9, "b": 0.0}) == pytest.approx(1)


def test_weights_must_name_the_evidence() -> None:
    """A gate that was trained on other evidence is refused with both sides."""
    with pytest.raises(ValueError, match=r"gate.json knows \['a'\], but the evidence has \['b'\]"):
        Regression(0.0, {"a": 1.0}).probability({"b": 1.0})


def test_the_gate_weighs_both() -> None:
    """One regression gives the confidence, the other the relevance."""
    only = dict.fromkeys(COUNTED, 0.0)
    gate = Gate(Regression(0.0, only | {"coverage": 1.0}), Regression(0.0, only | {"similarity": 1.0}), 0.5, 0.5)
    verdict = gate.judge(replace(NOTHING, coverage=math.log(3), similarity=-math.log(3)))
    assert verdict.confidence == pytest.approx(0.75)
    assert verdict.relevance == pytest.approx(0.25)


def reread_as(states: Sequence[float | None]) -> ReaderEvidence | None:
    """The reader's evidence where it says this of the candidates, best first."""
    news = article("a", {"en": [["red"] * len(states)]})
    held, asked = library([news]), query("Farbe", said="red")
    reads = [None if said is None else Read(said, 0, 3, 2.5) for said in states]
    found: list[Candidate] = [replace(c, read=r) for c, r in zip(rank(held, asked), reads, strict=True)]
    return evidence_for(held, asked, found).reader


def test_what_the_reader_says_is_counted() -> None:
    """Of the best sentence its log-odds, what they are above the likeliest other, and how sure its words are."""
    assert reread_as([1.5, -1.0, 0.5, None]) == ReaderEvidence(1.5, 1.0, 2.5)
    assert reread_as([1.0, 3.0]) == ReaderEvidence(1.0, -2.0, 2.5)
    assert reread_as([1.5, None]) == ReaderEvidence(1.5, 0.0, 2.5)
    assert reread_as([1.5]) == ReaderEvidence(1.5, 0.0, 2.5)


def test_without_a_reader_nothing_of_it_is_counted() -> None:
    """Where none was asked, the evidence has no features of a reader; where one was, it has them among the others."""
    assert reread_as([None, None]) is None
    assert list(NOTHING.features) == COUNTED
    assert READ_NOTHING.features == NOTHING.features | {"reads": 0.0, "reads_above_second": 0.0, "pointed": 0.0}


@pytest.mark.parametrize(("reader", "evidence"), [(False, NOTHING), (True, READ_NOTHING)], ids=["without", "with"])
def test_the_packaged_gate_fits_the_evidence(reader: bool, evidence: Evidence) -> None:
    """The gates that come with the bot know all their evidence; their thresholds and verdicts are probabilities."""
    gate = packaged_gate(reader)
    verdict = gate.judge(evidence)
    for probability in (gate.answer_threshold, gate.topic_threshold, verdict.confidence, verdict.relevance):
        assert 0 < probability < 1


def test_the_packaged_gate_prefers_an_answer() -> None:
    """Everything that speaks for an answer gives more confidence than everything that speaks against one."""
    stated = counted("red SU7 in 2027", said="red")
    beside = counted("How many zebras does Tesla have in 2031?", said="blue")
    gate = packaged_gate(reader=False)
    assert gate.judge(stated).confidence > gate.judge(beside).confidence


def test_the_packaged_gate_trusts_the_reader() -> None:
    """The same sentence is more confidently an answer where the reader says that it states one."""
    stated = counted("red SU7 in 2027", said="red")
    yes, no = (replace(stated, reader=ReaderEvidence(reads, reads, reads)) for reads in (8.0, -8.0))
    gate = packaged_gate(reader=True)
    assert gate.judge(yes).confidence > gate.judge(no).confidence
