"""The headline: the one value that a question asks for, in six languages, with and without what the reader says."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.headlines import ALONE, HAN, POINTED, WORDS, headline
from bot.answers.ranking import Query, make_query
from bot.answers.reader import Read
from bot.settings import LANGUAGES

DAY = date(2025, 9, 24)
SURE = ALONE + 1


def query(question: str, language: str) -> Query:
    """A question whose vector is of no account here."""
    return make_query(question, language, np.zeros(1, dtype=np.float32))


def shown(question: str, sentence: str, language: str, at: str | None = None, pointed: float = SURE) -> str | None:
    """The headline, where the reader points at the words `at` of the sentence."""
    start = sentence.index(at) if at is not None else 0
    read = Read(0.0, start, start + len(at), pointed) if at is not None else None
    return headline(query(question, language), sentence, language, DAY, read)


ONE: list[tuple[str, str, str, str | None]] = [
    ("en", "When does it start?", "It starts from 2027.", "from 2027"),
    ("en", "When does it close?", "It closes by the end of 2026.", "by the end of 2026"),
    ("en", "When does it open?", "It opens in early 2026.", "in early 2026"),
    ("it", "Quando comincia?", "Comincia a partire dal 2027.", "a partire dal 2027"),
    ("es", "¿Cuándo empieza?", "Empieza a partir de 2027.", "a partir de 2027"),
    ("de", "Wann beginnt es?", "Es beginnt ab 2027.", "ab 2027"),
    ("fr", "Quand commence-t-elle ?", "Elle commence à partir de 2027.", "à partir de 2027"),
    ("zh", "什么时候？", "小米将从2027年起销售。", "从2027年起"),
    ("en", "How many came?", "More than 500 came.", "More than 500"),
    ("it", "Quanti sono venuti?", "Sono venuti più di 500.", "più di 500"),
    ("es", "¿Cuántos vinieron?", "Vinieron más de 500.", "más de 500"),
    ("de", "Wie viele kamen?", "Es kamen mehr als 500.", "mehr als 500"),
    ("fr", "Combien sont venus ?", "Plus de 500 sont venus.", "Plus de 500"),
    ("zh", "来了多少人？", "来了超过500人。", "超过500人"),
    ("en", "How many were sold?", "Sales passed 300,000 in just 15 months.", "passed 300,000 in just 15 months"),
    ("it", "In quanti mesi?", "Ha superato quota 300.000 in soli 15 mesi.", "soli 15 mesi"),
    ("en", "Who said it?", "It was said by Xu Fei.", "Xu Fei"),
    ("it", "Chi lo ha detto?", "Xu Fei lo ha detto in Cina.", "Xu Fei"),
    ("zh", "谁宣布的？", "徐飞（Xu Fei）宣布。", "徐飞（Xu Fei）"),
    ("en", "Who spoke?", "Xu Fei spoke on 24 September 2026.", "Xu Fei"),
    ("en", "Who is Xu Fei?", "Xu Fei is a manager.", None),
    ("en", "Who is Xu Fei?", "Xu Fei is Chief Marketing Officer.", None),
    ("en", "Who makes it?", "It is made with the Human x Car x Home SU7 Ultra.", None),
    ("de", "Wer war das?", "Das war der Rücktritt von Xu Fei.", None),
    ("en", "When?", "It opens in 2027 and, after the works, closes in 2030.", None),
    ("en", "When in 2027?", "It starts in 2027.", None),
    ("en", "When does it start?", "It starts soon.", None),
    ("en", "Where is it made?", "It is made in Beijing.", None),
    ("en", "How much does it cost?", "It costs 40,000 euros, and 10,000 were sold.", "40,000 euros"),
    ("en", "How much does it cost?", "10,000 were sold.", None),
    ("en", "Why is it so?", "Because of 2027.", None),
    ("en", "What is it?", "It starts in 2027.", None),
    ("pt", "Quando?", "Em 2027.", None),
]


@pytest.mark.parametrize(("language", "question", "sentence", "expected"), ONE)
def test_the_one_value(language: str, question: str, sentence: str, expected: str | None) -> None:
    """The one value of the kind asked for that the question does not say itself; none where there are two, or none."""
    assert shown(question, sentence, language) == expected


DENIED = [
    ("en", "When does it start?", "It will not start in 2027."),
    ("it", "Quando parte?", "Non parte prima del 2027."),
    ("es", "¿Cuándo empieza?", "No empieza antes de 2027."),
    ("de", "Wann beginnt es?", "Es beginnt im Jahr 2027 nicht."),
    ("fr", "Quand commence-t-elle ?", "Elle ne commence jamais en 2027."),
    ("zh", "什么时候开始？", "不会在2027年开始。"),
    ("en", "How many orders came?", "The YU7 did not reach 200,000 orders."),
]


@pytest.mark.parametrize(("language", "question", "sentence"), DENIED)
def test_what_is_denied_is_no_headline(language: str, question: str, sentence: str) -> None:
    """A value that the sentence denies is not shown as the answer, whatever the reader points at."""
    assert shown(question, sentence, language) is None
    assert shown(question, sentence, language, "2027" if "2027" in sentence else "200,000") is None


def test_a_place_or_a_person_that_is_denied() -> None:
    """Nor are the reader's own words."""
    assert shown("Where is it sold?", "It is not sold in Italy.", "en", "in Italy") is None
    assert shown("Who announced it?", "It was not announced by Xu Fei.", "en", "Xu Fei") is None


QUALIFIED = [
    ("en", "How many came?", "No more than 500 came.", "No more than 500"),
    ("it", "Quanti sono venuti?", "Non più di 500 sono venuti.", "Non più di 500"),
    ("es", "¿Cuántos vinieron?", "No más de 500 vinieron.", "No más de 500"),
    ("de", "Wie viele kamen?", "Es kamen nicht mehr als 500.", "nicht mehr als 500"),
    ("fr", "Combien sont venus ?", "Pas plus de 500 sont venus.", "Pas plus de 500"),
    ("zh", "来了多少人？", "来了不超过500人。", "不超过500人"),
    ("en", "When does it start?", "It starts not before 2027.", "not before 2027"),
    ("it", "Quando parte?", "Parte non prima del 2027.", "non prima del 2027"),
    ("de", "Wann beginnt es?", "Es beginnt erst im Jahr 2027.", "erst im Jahr 2027"),
    ("fr", "Quand commence-t-elle ?", "Elle commence au plus tôt en 2027.", "au plus tôt en 2027"),
    ("zh", "什么时候开始？", "最早2027年开始。", "最早2027年"),
    ("en", "How many stores are there?", "It has between 500 and 600 stores.", "between 500 and 600"),
    ("de", "Wie viele Läden gibt es?", "Es hat zwischen 500 und 600 Läden.", "zwischen 500 und 600"),
    ("en", "What temperature was it?", "It was -5 degrees.", "-5 degrees"),
    ("fr", "Combien coûte-t-elle ?", "Elle coûte 40 000 €.", "40 000 €"),
]


@pytest.mark.parametrize(("language", "question", "sentence", "expected"), QUALIFIED)
def test_what_turns_a_value_is_shown_with_it(language: str, question: str, sentence: str, expected: str | None) -> None:
    """A value is never shown without the "no", the "not before", the minus or the other end that make it what it is."""
    assert shown(question, sentence, language) == expected


COUNTED = [
    ("en", "How many countries is it sold in?", "It has 500 stores, 20 brands and 30 countries.", "30"),
    ("it", "In quanti paesi si vende?", "Ha 500 negozi, 20 marchi e 30 paesi.", "30"),
    ("es", "¿En cuántos países se vende?", "Tiene 500 tiendas, 20 marcas y 30 países.", "30"),
    ("de", "In wie vielen Ländern gibt es das?", "Es hat 500 Läden, 20 Marken und 30 Länder.", "30"),
    ("fr", "Dans combien de pays est-elle vendue ?", "Elle a 500 magasins, 20 marques et 30 pays.", "30"),
    ("zh", "有多少家门店？", "它有20个品牌、500家门店和30条产线。", "500家"),
    ("en", "How many stores are there?", "In 2030 there are 2000 stores.", "2000"),
    ("en", "What percentage agreed?", "Of 800 people asked, 40 percent agreed.", "40 percent"),
    ("en", "How many cars were delivered?", "The YU7 collected 200,000 confirmed orders.", None),
    ("it", "Quante auto sono state consegnate?", "La YU7 ha raccolto 200.000 ordini confermati.", None),
    ("es", "¿Cuántos coches se entregaron?", "El YU7 reunió 200.000 pedidos confirmados.", None),
    ("de", "Wie viele Autos wurden ausgeliefert?", "Der YU7 erhielt 200.000 bestätigte Bestellungen.", None),
    ("fr", "Combien de voitures ont été livrées ?", "La YU7 a reçu 200 000 commandes confirmées.", None),
    ("en", "How many cars were sold?", "Xiaomi sold 300,000 cars and 5,000 boats.", "300,000"),
    ("en", "How many boats were sold?", "Xiaomi sold 300,000 cars and 5,000 boats.", "5,000"),
    ("en", "How fast is it?", "It is a car of Category 2 with 110 mph.", "110"),
]


@pytest.mark.parametrize(("language", "question", "sentence", "expected"), COUNTED)
def test_the_thing_counted(language: str, question: str, sentence: str, expected: str | None) -> None:
    """Of several numbers the one of the thing asked for is meant; one of another thing is none."""
    assert shown(question, sentence, language) == expected


ARTICLE_DAY = [
    ("en", "When do the cars come?", "When were they announced?", "Sales were announced on 24 September 2025."),
    (
        "it",
        "Quando arrivano le auto?",
        "Quando è stato annunciato?",
        "La vendita è stata annunciata il 24 settembre 2025.",
    ),
    ("es", "¿Cuándo llegan los coches?", "¿Cuándo se anunció?", "La venta se anunció el 24 de septiembre de 2025."),
    ("de", "Wann kommen die Autos?", "Wann wurde das angekündigt?", "Das wurde am 24. September 2025 angekündigt."),
    ("fr", "Quand arrivent les voitures ?", "Quand a-t-elle été annoncée ?", "Annoncée le 24 septembre 2025."),
    ("zh", "汽车什么时候来？", "什么时候宣布的？", "小米在2025年9月24日宣布。"),
]


@pytest.mark.parametrize(("language", "other", "asked", "sentence"), ARTICLE_DAY)
def test_the_day_of_the_article(language: str, other: str, asked: str, sentence: str) -> None:
    """An article's own day is the answer to when it was announced, and to nothing else."""
    assert shown(other, sentence, language) is None
    assert "2025" in (shown(asked, sentence, language) or "")


TWO = "It opened in 1991 near the river, and closed in 2002 near the sea."


def test_the_reader_chooses_among_values() -> None:
    """Of two that fit, the one that the reader points at is shown with its qualifier; of both, none."""
    assert shown("When was it?", TWO, "en") is None
    assert shown("When was it?", TWO, "en", "1991") == "in 1991"
    assert shown("When was it?", TWO, "en", "in 2002 near") == "in 2002"
    assert shown("When was it?", TWO, "en", TWO) is None
    assert shown("When was it?", TWO, "en", "river") is None


def test_the_reader_contradicts() -> None:
    """Where the reader surely points at another value of the kind than the words suggest, none is shown."""
    sentence = "It has 5 stores, a leader with 136."
    assert shown("How many stores?", sentence, "en") == "5"
    assert shown("How many stores?", sentence, "en", "5") == "5"
    assert shown("How many stores?", sentence, "en", "136") is None


def test_a_value_that_its_form_hides() -> None:
    """What counts other things by its words is shown where the reader is sure, and so is a time without figures."""
    sentence = "It was tested on 1,840 volunteers."
    assert shown("How many people took part?", sentence, "en", "1,840 volunteers") == "1,840"
    assert shown("How many people took part?", sentence, "en", "1,840 volunteers", ALONE - 1) is None
    assert shown("When was that?", "It was on 24 September 2025.", "en", "24 September 2025") is None
    assert shown("How many shops will there be?", "Shops follow by 2030.", "en", "2030") is None


POINTED_AT = [
    ("en", "When did it enter the market?", "It entered the market only recently.", "only recently"),
    ("de", "Seit wann gibt es sie?", "Sie fährt seit gut anderthalb Jahren.", "seit gut anderthalb Jahren"),
    ("fr", "Depuis quand ?", "Elle est cultivée depuis des temps immémoriaux.", "depuis des temps immémoriaux"),
    ("es", "¿Cuándo llegan?", "Los otros llegan en breve.", "en breve"),
    ("en", "How often is it full?", "It is full practically every weekend.", "practically every weekend"),
    ("en", "Where is it made?", "It is made in a factory near Beijing.", "near Beijing"),
    ("it", "Dove si produce?", "Si produce in una fabbrica vicino a Pechino.", "vicino a Pechino"),
    ("es", "¿Dónde se fabrica?", "Se fabrica cerca de Pekín.", "cerca de Pekín"),
    ("de", "Wo wird es gebaut?", "Es wird in der Nähe von Peking gebaut.", "in der Nähe von Peking"),
    ("fr", "Où est-elle produite ?", "Elle est produite près de Pékin.", "près de Pékin"),
    ("zh", "在哪里生产？", "它在北京附近的工厂生产。", "北京附近的工厂"),
    ("en", "Who heard it?", "Students came to hear it.", "Students"),
    ("zh", "谁宣布的？", "在北京，王小明宣布了消息。", "王小明"),
]


@pytest.mark.parametrize(("language", "question", "sentence", "at"), POINTED_AT)
def test_what_has_no_form_is_what_the_reader_points_at(language: str, question: str, sentence: str, at: str) -> None:
    """Where, why, which and who else: the reader's words, if it is sure of them, and nothing without it."""
    assert shown(question, sentence, language, at) == at
    assert shown(question, sentence, language, at, POINTED - 1) is None
    assert shown(question, sentence, language) is None


def test_who_somebody_is() -> None:
    """Asked who a person is, what the reader points at is shown whole, and no name out of it."""
    sentence = "Xu Fei is vice president and Chief Marketing Officer of Acme."
    role = "vice president and Chief Marketing Officer"
    assert shown("Who is Xu Fei?", sentence, "en", role) == role
    assert shown("Who is Xu Fei?", sentence, "en", role, POINTED - 1) is None
    assert shown("Who are they?", "They are Xu Fei and Lei Jun.", "en", "Xu Fei and Lei Jun") == "Xu Fei and Lei Jun"


def test_parts_of_words_are_made_whole() -> None:
    """What the reader cuts in half is shown whole, without the signs around it."""
    assert shown("Where is it?", 'It is near "Beijing", far away.', "en", 'ar "Beiji') == 'near "Beijing'
    assert shown("Where is it?", "It is in Beijing, far away.", "en", " in Beijing, ") == "in Beijing"


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Because " + "of it " * WORDS + "all."), ("zh", "因为" * HAN + "。")]
)
def test_a_long_answer_is_no_headline(language: str, sentence: str) -> None:
    """What the reader points at is not shown where it is nearly the whole sentence again."""
    question = {"en": "Why was that?", "zh": "为什么？"}[language]
    assert shown(question, sentence, language, sentence[:-1]) is None


def test_nothing_of_the_question_is_repeated() -> None:
    """Words that the question has, or that say nothing alone, are no answer."""
    assert shown("Which car is the SU7?", "The SU7 is a car and it is fast.", "en", "SU7") is None
    assert shown("Which car is the SU7?", "The SU7 is a car and it is fast.", "en", "and") is None


def test_a_question_in_another_language() -> None:
    """Who reads another language than they ask in is shown the one value of the kind, and none of two."""
    asked = query("Quante SU7 sono state consegnate?", "it")
    assert headline(asked, "More than 300,000 SU7 were delivered.", "en", DAY) == "More than 300,000"
    assert headline(asked, "Xiaomi sold 300,000 cars and 5,000 boats.", "en", DAY) is None


QUESTIONS = {
    "en": ["When?", "How many cars?", "How long?", "Who?", "How much does it cost?", "Where?", "Why?", "What is it?"],
    "it": ["Quando?", "Quante auto?", "Quanto tempo?", "Chi?", "Quanto costa?", "Dove?", "Perché?", "Cosa?"],
    "es": ["¿Cuándo?", "¿Cuántos coches?", "¿Cuánto tiempo?", "¿Quién?", "¿Cuánto cuesta?", "¿Dónde?", "¿Qué es?"],
    "de": ["Wann?", "Wie viele Autos?", "Wie lange?", "Wer?", "Was kostet das?", "Wo?", "Warum?", "Was ist das?"],
    "fr": ["Quand ?", "Combien de voitures ?", "Combien de temps ?", "Qui ?", "Combien coûte-t-elle ?", "Où ?"],
    "zh": ["什么时候？", "多少辆？", "多久？", "谁？", "多少钱？", "在哪里？", "为什么？", "什么？"],
}
PIECES = [
    "from 2027",
    "dal 2027",
    "300,000",
    "300.000 auto",
    "in 15 months",
    "15 mesi",
    "Xu Fei",
    "Xiaomi",
    "40 €",
    "in",
    "徐飞（Xu Fei）",
    "2027年",
    "30万辆",
    "15个月",
    "，",
    ",",
    ". ",
    " - ",
    "to",
    "(half)",
    "ß",
    "İ",
    "😀",
    "\0",
]


@given(
    language=st.sampled_from(LANGUAGES),
    number=st.integers(0, 7),
    pieces=st.lists(st.sampled_from(PIECES), max_size=12),
    span=st.tuples(st.integers(0, 150), st.integers(0, 60)),
    pointed=st.sampled_from([None, 0.0, SURE]),
)
@settings(max_examples=400, deadline=None)
def test_a_headline_is_copied(
    language: str, number: int, pieces: list[str], span: tuple[int, int], pointed: float | None
) -> None:
    """Whatever the sentence, the question and the reader say, a headline stands in the sentence, letter for letter."""
    sentence = " ".join(pieces)
    asked = QUESTIONS[language][number % len(QUESTIONS[language])]
    start = min(span[0], len(sentence))
    read = None if pointed is None else Read(0.0, start, min(start + span[1], len(sentence)), pointed)
    found = headline(query(asked, language), sentence, language, DAY, read)
    assert found is None or (found and found in sentence)
