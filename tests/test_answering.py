"""Whole answers with the real model: the shipped announcement in six languages, and small corpora of the test's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.answers.answering import LONGEST_QUESTION, Answer, Answerer, Asker, Outcome, Refusal, Status
from bot.answers.catalogue import Catalogue
from bot.answers.evidence import Regression, packaged_gate
from bot.answers.opening import Answering, answerer_over, gate_of
from bot.answers.reader import Read
from bot.answers.smalltalk import Smalltalk
from bot.settings import LANGUAGES, Settings
from corpus.model import Edition
from corpus.reader import write_edition
from tests.articles import Paragraphs, edition

SLUG = "2025-09-24-xiaomi-cars-abroad"
EUROPE, DELIVERED, ANNOUNCED, STORES = ("p1/s1", "p8/s1", "p7/s2"), ("p4/s3",), ("p2/s1", "p2/s2"), ("p6/s1",)

STATED: list[tuple[str, str, Sequence[str], str]] = [
    ("en", "When do Xiaomi cars reach Europe?", EUROPE, "2027"),
    ("it", "Quando arrivano le auto Xiaomi in Europa?", EUROPE, "2027"),
    ("es", "¿Cuándo llegan los coches de Xiaomi a Europa?", EUROPE, "2027"),
    ("de", "Wann kommen die Autos von Xiaomi nach Europa?", EUROPE, "2027"),
    ("fr", "Quand les voitures Xiaomi arrivent-elles en Europe ?", EUROPE, "2027"),
    ("zh", "小米汽车什么时候进入欧洲？", EUROPE, "2027年"),
    ("en", "How many SU7 have been delivered?", DELIVERED, "300,000"),
    ("it", "Quante SU7 sono state consegnate?", DELIVERED, "300.000"),
    ("es", "¿Cuántos SU7 se han entregado?", DELIVERED, "300.000"),
    ("de", "Wie viele SU7 wurden ausgeliefert?", DELIVERED, "300.000"),
    ("fr", "Combien de SU7 ont été livrées ?", DELIVERED, "300\u202f000"),
    ("zh", "SU7交付了多少辆？", DELIVERED, "30万"),
    ("en", "Who announced the sale of Xiaomi cars outside China?", ANNOUNCED, "Xu Fei"),
    ("it", "Chi ha annunciato la vendita delle auto Xiaomi fuori dalla Cina?", ANNOUNCED, "Xu Fei"),
    ("es", "¿Quién anunció la venta de los coches de Xiaomi fuera de China?", ANNOUNCED, "Xu Fei"),
    ("de", "Wer hat den Verkauf der Xiaomi-Autos außerhalb Chinas angekündigt?", ANNOUNCED, "Xu Fei"),
    ("fr", "Qui a annoncé la vente des voitures Xiaomi hors de Chine ?", ANNOUNCED, "Xu Fei"),
    ("zh", "谁宣布小米汽车将在中国以外销售？", ANNOUNCED, "徐飞（Xu Fei）"),
    ("en", "How many official stores does Xiaomi plan around the world?", STORES, "10,000"),
    ("it", "Quanti negozi ufficiali prevede Xiaomi in tutto il mondo?", STORES, "10.000"),
    ("es", "¿Cuántas tiendas oficiales prevé Xiaomi en todo el mundo?", STORES, "10.000"),
    ("de", "Wie viele offizielle Geschäfte plant Xiaomi weltweit?", STORES, "10.000"),
    ("fr", "Combien de magasins officiels Xiaomi prévoit-elle dans le monde ?", STORES, "10\u202f000"),
    ("zh", "小米计划在全世界开设多少家官方门店？", STORES, "1万"),
]

NOT_STATED = {
    "en": ("How much will the cars cost in Italy?", "What is the range of the battery?", "Who is the CEO of Tesla?"),
    "it": ("Quanto costeranno le auto in Italia?", "Qual è l'autonomia della batteria?", "Chi è il CEO di Tesla?"),
    "es": ("¿Cuánto costarán los coches en Italia?", "¿Qué autonomía tiene la batería?", "¿Quién es el CEO de Tesla?"),
    "de": ("Was kosten die Autos in Italien?", "Welche Reichweite hat die Batterie?", "Wer ist der CEO von Tesla?"),
    "fr": ("Combien coûteront les voitures en Italie ?", "Quelle est l'autonomie ?", "Qui est le PDG de Tesla ?"),
    "zh": ("小米汽车在意大利卖多少钱？", "电池续航里程是多少？", "特斯拉的首席执行官是谁？"),
}


def ask(answering: Answering, question: str, asker: Asker | None = None) -> Outcome:
    """What the shipped announcement says."""
    return answering.answerer.answer(question, asker)


@pytest.mark.parametrize(("language", "question", "places", "value"), STATED)
def test_what_is_stated_is_answered(
    answering: Answering, language: str, question: str, places: Sequence[str], value: str
) -> None:
    """A plain question is answered in its language, by the sentence that states it and with the value as written."""
    answer = ask(answering, question)
    assert answer.language == language
    assert isinstance(answer, Answer), answer.confidence
    best = answer.evidence[0]
    assert best.id in {f"{SLUG}/{place}" for place in places}
    assert best.language == language
    assert answer.headline is not None
    assert value in answer.headline
    assert answer.headline in best.text


@pytest.mark.parametrize(
    ("language", "question"), [(code, question) for code, questions in NOT_STATED.items() for question in questions]
)
def test_what_is_not_stated_is_refused(answering: Answering, language: str, question: str) -> None:
    """A question that the announcement does not answer is refused in its language, with the nearest passages."""
    refusal = ask(answering, question)
    assert refusal.language == language
    assert isinstance(refusal, Refusal), (refusal.confidence, refusal.evidence[0].id)
    assert refusal.status in {Status.NOT_STATED, Status.OFF_TOPIC}
    assert [proof.language for proof in refusal.evidence] == [language] * 3


def test_the_name_that_is_missing_is_said(answering: Answering) -> None:
    """A refusal names what the announcement never mentions, and not what it does."""
    refusal = ask(answering, "How much does Xiaomi pay Tesla for the SU7?")
    assert isinstance(refusal, Refusal)
    assert refusal.status is Status.OFF_TOPIC or refusal.missing == ("Tesla",)


def test_evidence_is_true(answering: Answering) -> None:
    """Each proof quotes its sentence, the original's sentence with the same id, and the article's own particulars."""
    article = answering.catalogue.current().articles[SLUG]
    outcome = ask(answering, "When do Xiaomi cars reach Europe?")
    assert len({proof.id for proof in outcome.evidence}) == len(outcome.evidence) == 3
    english, italian = article.edition("en"), article.edition("it")
    assert english is not None
    assert italian is not None
    here, there = ({s.id: s.text for s in each.sentences} for each in (english, italian))
    for proof in outcome.evidence:
        assert (proof.text, proof.language) == (here[proof.id], "en")
        assert (proof.original, proof.original_language) == (there[proof.id], "it")
        assert (proof.title, proof.source) == (english.title, english.source)
        assert (proof.published, proof.url) == (date(2025, 9, 24), None)
        assert -1 <= proof.similarity <= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shown_is_copied(answering: Answering, language: str) -> None:
    """Whatever is asked, the headline stands in the sentence that is shown, letter for letter."""
    for code, question, _, _ in STATED:
        if code == language:
            for asker in (Asker(), Asker(chosen="en"), Asker(chosen="zh")):
                outcome = ask(answering, question, asker)
                if isinstance(outcome, Answer) and outcome.headline:
                    assert outcome.headline in outcome.evidence[0].text


def test_confidence_is_a_probability(answering: Answering) -> None:
    """Confidence lies between 0 and 1, reaches the threshold for answers and stays below it for refusals."""
    threshold = gate_of(answering.settings).answer_threshold
    for question in [question for _, question, _, _ in STATED[:6]] + list(NOT_STATED["en"]):
        outcome = ask(answering, question)
        assert 0 <= outcome.confidence <= 1
        assert (outcome.confidence >= threshold) == (outcome.status is Status.ANSWERED)


def test_the_same_question_has_the_same_answer(answering: Answering) -> None:
    """Nothing is remembered from one question to the next."""
    question = "When do Xiaomi cars reach Europe?"
    first = ask(answering, question)
    ask(answering, "Wer ist der CEO von Tesla?")
    assert ask(answering, question) == first


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        ("hello", Smalltalk.GREETING, "en"),
        ("Ciao!", Smalltalk.GREETING, "it"),
        ("grazie mille", Smalltalk.THANKS, "it"),
        ("danke", Smalltalk.THANKS, "de"),
        ("你好", Smalltalk.GREETING, "zh"),
        ("👍", Smalltalk.WORDLESS, "en"),
        ("", Smalltalk.WORDLESS, "en"),
        ("???", Smalltalk.WORDLESS, "en"),
    ],
)
def test_small_talk(answering: Answering, text: str, kind: Smalltalk, language: str) -> None:
    """A message that asks nothing is small talk in its language, without evidence."""
    outcome = ask(answering, text)
    assert isinstance(outcome, Refusal)
    assert (outcome.status, outcome.smalltalk, outcome.language) == (Status.SMALLTALK, kind, language)
    assert outcome.evidence == ()


def test_the_chosen_language_overrides(answering: Answering) -> None:
    """Who has chosen a language is answered in it, whatever they write in; a region or a capital is no other choice."""
    for chosen in ("it", "IT", "it-CH"):
        outcome = ask(answering, "When do Xiaomi cars reach Europe?", Asker(chosen=chosen, earlier="de", reported="fr"))
        assert outcome.language == "it"
        assert {proof.language for proof in outcome.evidence} == {"it"}
    assert ask(answering, "hello", Asker(chosen="de")).language == "de"


def test_what_is_known_of_the_asker_counts(answering: Answering) -> None:
    """Where words tell no language the chat's earlier one counts, then the client's, and plain words beat both."""
    assert ask(answering, "2027?", Asker(earlier="de", reported="fr")).language == "de"
    assert ask(answering, "2027?", Asker(reported="fr-CA")).language == "fr"
    assert ask(answering, "When do Xiaomi cars reach Europe?", Asker(earlier="de", reported="fr")).language == "en"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("pt", "Quando é que os carros da Xiaomi chegam à Europa?"),
        ("ru", "Когда автомобили Xiaomi появятся в Европе?"),
        ("ja", "シャオミの車はいつヨーロッパに来ますか？"),
    ],
)
def test_who_has_no_edition_reads_english(answering: Answering, language: str, question: str) -> None:
    """An asker whose language has no edition is shown the English sentence, and the right one."""
    outcome = ask(answering, question)
    assert outcome.language == language
    assert {proof.language for proof in outcome.evidence} == {"en"}
    assert outcome.evidence[0].id in {f"{SLUG}/{place}" for place in EUROPE}
    assert outcome.evidence[0].original_language == "it"


ODD = [
    "\0",
    "when\0cars",
    "\ud800",
    "when \udfff do the cars come?",
    "\u200b\u200b",
    "‮?nehw",
    "متى تصل سيارات شاومي إلى أوروبا؟",
    "מתי המכוניות מגיעות?",
    "😀" * 50 + " when?",
    "👩‍👩‍👧‍👦",
    "\n\r\t",
    "<b>when</b> & why",
    "%s {0} {} \\d [a-z]",
    "'; DROP TABLE chats; --",
    "/start",
    "e\u0301" * 40,
    "\U0010ffff",
    "0" * 300,
]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_any_text_is_a_question(answering: Answering, text: str) -> None:
    """No text is an error: whatever comes, there is an outcome that can be written down."""
    for asker in (None, Asker(chosen="zh"), Asker(chosen="xx")):
        outcome = ask(answering, text, asker)
        assert outcome.status in Status
        outcome.question.encode()


@pytest.mark.parametrize("piece", ["when ", "\n", "😀"])
def test_a_huge_text_is_cut(answering: Answering, piece: str) -> None:
    """Of a megabyte only the beginning is read."""
    outcome = ask(answering, piece * (1_000_000 // len(piece)))
    assert len(outcome.question) <= LONGEST_QUESTION


def test_what_stands_first_of_a_long_text_counts(answering: Answering) -> None:
    """A question with much behind it is still known by its beginning, its spaces made one."""
    outcome = ask(answering, "  When\n do   Xiaomi cars reach Europe? " + " " * 1500 + "x")
    assert outcome.question == "When do Xiaomi cars reach Europe? x"


def own(answering: Answering, tmp_path: Path, *editions: Edition) -> Answerer:
    """Answers from these editions alone, with the same model."""
    articles = tmp_path / "articles"
    articles.mkdir()
    for each in editions:
        write_edition(each, articles)
    settings = Settings(data_dir=tmp_path / "data", articles_dir=articles)
    return answerer_over(settings, answering.encoder, Catalogue(settings, answering.encoder).current)


BRIDGE: Paragraphs = [
    ["Il ponte di Valdoro aprirà il 3 maggio 2031.", "Il ponte di Valdoro costa 40 milioni di euro."],
    ["L'architetta Livia Serra ha disegnato il ponte.", "La galleria vicina resta chiusa."],
]


def test_one_italian_edition_answers_an_english_question(answering: Answering, tmp_path: Path) -> None:
    """An article with one edition is whole: a question in another language is answered from it, in its words."""
    answerer = own(answering, tmp_path, edition("2031-bridge", "it", BRIDGE, original="it"))
    outcome = answerer.answer("When will the Valdoro bridge open?")
    assert outcome.language == "en"
    best = outcome.evidence[0]
    assert (best.id, best.language, best.text) == ("2031-bridge/p1/s1", "it", BRIDGE[0][0])
    assert (best.original_language, best.original) == ("it", BRIDGE[0][0])
    assert isinstance(outcome, Answer), outcome.confidence
    assert outcome.headline is not None
    assert "3 maggio 2031" in outcome.headline


def test_the_paragraph_aligns_where_sentences_do_not(answering: Answering, tmp_path: Path) -> None:
    """Where a translation cuts its sentences otherwise, the original shown beside it is the whole paragraph."""
    english = [["The Valdoro bridge opens on 3 May 2031 and costs 40 million euros."], list(BRIDGE[1])]
    answerer = own(
        answering,
        tmp_path,
        edition("2031-bridge", "it", BRIDGE, original="it"),
        edition("2031-bridge", "en", english, original="it"),
    )
    outcome = answerer.answer("When does the Valdoro bridge open?")
    assert (outcome.evidence[0].id, outcome.evidence[0].language) == ("2031-bridge/p1/s1", "en")
    assert outcome.evidence[0].original == " ".join(BRIDGE[0])


def test_the_right_one_of_several_articles(answering: Answering, tmp_path: Path) -> None:
    """Of several announcements the one that the question is about answers."""
    school = [["The school of Norbury opens on 1 September 2029.", "Dora Lindt is the head of the school."]]
    bridge = [["The bridge of Valdoro opens on 3 May 2031.", "Livia Serra designed the bridge."]]
    answerer = own(answering, tmp_path, edition("school", "en", school), edition("bridge", "en", bridge))
    for question, right in (
        ("When does the school of Norbury open?", "school/p1/s1"),
        ("When does the bridge of Valdoro open?", "bridge/p1/s1"),
        ("Who is the head of the school?", "school/p1/s2"),
        ("Who designed the bridge?", "bridge/p1/s2"),
    ):
        assert answerer.answer(question).evidence[0].id == right


def test_an_empty_corpus_answers_nothing(answering: Answering, tmp_path: Path) -> None:
    """Where there is no announcement, every question is off topic and nothing is shown."""
    outcome = own(answering, tmp_path).answer("When does it open?")
    assert outcome == Refusal("When does it open?", "en", Status.OFF_TOPIC, 0.0)


def test_the_thresholds_decide(answering: Answering) -> None:
    """At threshold 0 everything is answered, at 1 nothing; refusals are near the topic at 0 and off it at 1."""
    library = answering.catalogue.current
    question = "When do Xiaomi cars reach Europe?"
    for answer, topic, status in (
        (0.0, 0.5, Status.ANSWERED),
        (1.0, 0.0, Status.NOT_STATED),
        (1.0, 1.0, Status.OFF_TOPIC),
    ):
        gate = replace(packaged_gate(reader=False), answer_threshold=answer, topic_threshold=topic)
        assert Answerer(library, answering.encoder, gate, "en").answer(question).status is status


class LiteralReader:
    """Takes the sentences that have this text in them for answers, and no others."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def read(
        self,
        question: str,  # noqa: ARG002  # as Reader has it
        title: str,  # noqa: ARG002  # the same
        sentences: Sequence[str],
        centre: int,
    ) -> Mapping[int, Read]:
        """See Reader."""
        return {centre: Read(9.0 if self.wanted in sentences[centre] else -9.0, 0, 1, 0.0)}


def test_the_reader_has_a_say(answering: Answering) -> None:
    """With a reader, the sentence that it takes for an answer comes first, and its evidence is judged with the rest."""
    plain = packaged_gate(reader=False)
    read = {"reads": 2.0, "reads_above_second": 0.0, "pointed": 0.0}
    gate = replace(plain, states=Regression(plain.states.bias, {**plain.states.weights, **read}))
    library, question = answering.catalogue.current, "When do Xiaomi cars reach Europe?"
    best = Answerer(library, answering.encoder, plain, "en").answer(question).evidence
    for wanted in (best[0], best[1]):
        outcome = Answerer(library, answering.encoder, gate, "en", LiteralReader(wanted.text)).answer(question)
        assert outcome.evidence[0] == wanted
        assert isinstance(outcome, Answer), outcome.confidence
    refusal = Answerer(library, answering.encoder, gate, "en", LiteralReader("nothing of the kind")).answer(question)
    assert isinstance(refusal, Refusal)


def test_without_the_reader(answering: Answering) -> None:
    """An operator who sets READER to off is answered all the same, by the gate that was trained for that."""
    settings = replace(answering.settings, reader=False)
    answerer = answerer_over(settings, answering.encoder, answering.catalogue.current)
    answer = answerer.answer("When do Xiaomi cars reach Europe?")
    assert isinstance(answer, Answer)
    assert answer.evidence[0].id in {f"{SLUG}/{place}" for place in EUROPE}


@pytest.mark.parametrize("question", ["who?", "wer", "Perché?", "¿cuándo?", "Et pourquoi ?", "how many"])
def test_a_question_word_alone_is_not_answered(answering: Answering, question: str) -> None:
    """A question that names nothing gets no answer, however near some sentence lies to its word."""
    assert ask(answering, question).status is Status.OFF_TOPIC
