"""What a question asks for, by its words, in six languages."""

import pytest

from bot.answers.asking import Asked, content_terms, grammar, languages_asking, telling_words, what_is_asked
from bot.settings import LANGUAGES

QUESTIONS: dict[str, dict[Asked, tuple[str, ...]]] = {
    "en": {
        Asked.WHEN: ("When do the cars arrive?", "In what year do they start?", "on which date was it"),
        Asked.HOW_LONG: ("How long did it take?", "In how many months?", "How many years until then?"),
        Asked.HOW_MANY: ("How many SU7 have been delivered?", "How much is it?"),
        Asked.PRICE: ("How much do the cars cost?", "What is the price of it?", "How expensive is it?"),
        Asked.WHO: ("Who made the announcement?", "Whose idea was it?"),
        Asked.WHERE: ("Where is it sold?", "In which country is it sold?"),
        Asked.WHY: ("Why is Xiaomi ready?", "What is the reason?"),
        Asked.OTHER: ("What is Human x Car x Home?", "Is there an Ultra?", "Tell me more", "SU7", ""),
    },
    "it": {
        Asked.WHEN: ("Quando arrivano le auto?", "In che anno iniziano?", "Entro quando apriranno?"),
        Asked.HOW_LONG: ("Quanto tempo ci vuole?", "In quanti mesi?", "Tra quanti anni?"),
        Asked.HOW_MANY: ("Quante SU7 sono state consegnate?", "Qual è il numero?"),
        Asked.PRICE: ("Quanto costa?", "Qual è il prezzo?", "Quanto costeranno le auto?"),
        Asked.WHO: ("Chi ha dato l'annuncio?", "Chi è Xu Fei?"),
        Asked.WHERE: ("Dove si trova?", "In quali paesi saranno vendute?"),
        Asked.WHY: ("Perché Xiaomi è pronta?", "Come mai?"),
        Asked.OTHER: ("Che cos’è Human x Car x Home?", "Che cosa fa?", "SU7"),
    },
    "es": {
        Asked.WHEN: ("¿Cuándo llegan los coches?", "¿En qué año empiezan?"),
        Asked.HOW_LONG: ("¿Cuánto tiempo tardó?", "¿En cuántos meses?"),
        Asked.HOW_MANY: ("¿Cuántos SU7 se han entregado?", "¿Cuál es el número?"),
        Asked.PRICE: ("¿Cuál es el precio?", "¿Cuánto costarán los coches?"),
        Asked.WHO: ("¿Quién hizo el anuncio?", "¿Quiénes son?"),
        Asked.WHERE: ("¿Dónde se venden?", "¿En qué países?"),
        Asked.WHY: ("¿Por qué está lista?",),
        Asked.OTHER: ("¿Qué es Human x Car x Home?", "¿Cómo funciona?"),
    },
    "de": {
        Asked.WHEN: ("Wann kommen die Autos?", "In welchem Jahr beginnt es?", "Ab wann?"),
        Asked.HOW_LONG: ("Wie lange dauert es?", "In wie vielen Monaten?"),
        Asked.HOW_MANY: ("Wie viele SU7 wurden ausgeliefert?", "Welche Anzahl?"),
        Asked.PRICE: ("Was kostet es?", "Wie hoch ist der Preis?", "Was werden die Autos kosten?"),
        Asked.WHO: ("Wer hat das angekündigt?", "Wem gehört es?"),
        Asked.WHERE: ("Wo wird es verkauft?", "In welchen Ländern?"),
        Asked.WHY: ("Warum ist Xiaomi bereit?", "Aus welchem Grund?"),
        Asked.OTHER: ("Was ist Human x Car x Home?", "Wie funktioniert es?"),
    },
    "fr": {
        Asked.WHEN: ("Quand arrivent-elles ?", "En quelle année ?", "À partir de quand ?"),
        Asked.HOW_LONG: ("Combien de temps faut-il ?", "En combien de mois ?"),
        Asked.HOW_MANY: ("Combien de SU7 ont été livrées ?", "Quel est le nombre ?"),
        Asked.PRICE: ("Quel est le prix ?", "Combien coûteront les voitures ?"),
        Asked.WHO: ("Qui a fait l'annonce ?",),
        Asked.WHERE: ("Où sont-elles vendues ?", "Dans quels pays ?", "D’où vient-elle ?"),
        Asked.WHY: ("Pourquoi est-elle prête ?",),
        Asked.OTHER: ("Qu'est-ce que Human x Car x Home ?", "Qu’est-ce que c’est ?", "Comment ça marche ?"),
    },
    "zh": {
        Asked.WHEN: ("小米汽车什么时候进入欧洲？", "从哪一年开始？", "何时？"),
        Asked.HOW_LONG: ("用了多少个月？", "多久？", "要等几年？"),
        Asked.HOW_MANY: ("SU7交付了多少辆？", "有几家门店？"),
        Asked.PRICE: ("多少钱？", "SU7的价格是多少？"),
        Asked.WHO: ("是谁宣布的？",),
        Asked.WHERE: ("在哪里销售？", "在哪些国家？"),
        Asked.WHY: ("为什么准备好了？",),
        Asked.OTHER: ("什么是人车家全生态？", "如何使用？", "小米汽车有Ultra版本吗？"),
    },
}


@pytest.mark.parametrize(
    ("language", "asked", "question"),
    [
        (language, asked, question)
        for language, kinds in QUESTIONS.items()
        for asked, questions in kinds.items()
        for question in questions
    ],
)
def test_the_question_word_tells(language: str, asked: Asked, question: str) -> None:
    """Question words say what kind of answer is wanted, in every language of the bot."""
    assert what_is_asked(question, language) is asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_asks_for_everything(language: str) -> None:
    """Every language has words for every kind of question."""
    assert set(grammar(language)["asks"]) == {str(kind) for kind in Asked}
    assert set(QUESTIONS[language]) == set(Asked)


def test_the_earliest_question_word_decides() -> None:
    """A word that asks later in the sentence does not change what is asked."""
    assert what_is_asked("Who said when it comes?", "en") is Asked.WHO
    assert what_is_asked("When did they say who comes?", "en") is Asked.WHEN


def test_the_longer_question_word_decides() -> None:
    """Of question words in the same place the one that says most decides."""
    assert what_is_asked("How many months?", "en") is Asked.HOW_LONG
    assert what_is_asked("How many cars?", "en") is Asked.HOW_MANY


def test_only_whole_words_ask() -> None:
    """A question word inside another word asks nothing."""
    assert what_is_asked("Whenever wholesale", "en") is Asked.OTHER
    assert what_is_asked("Chiaramente", "it") is Asked.OTHER


def test_a_language_without_a_grammar_asks_for_anything() -> None:
    """A question in a language that the bot does not speak has no kind, and is no error."""
    assert what_is_asked("Quando chegam?", "pt") is Asked.OTHER


def test_question_words_tell_the_language() -> None:
    """A telling question word names the languages that have it; one that says little only where it begins the text."""
    assert languages_asking("when?", LANGUAGES) == {"en"}
    assert languages_asking("Xiaomi, wann?", LANGUAGES) == {"de"}
    assert languages_asking("¿Cuándo?", LANGUAGES) == {"es"}
    assert languages_asking("quando?", LANGUAGES) == {"it"}
    assert languages_asking("SU7 is fine", LANGUAGES) == frozenset()
    assert "en" in languages_asking("is SU7 fine", LANGUAGES)
    assert languages_asking("when?", ["it", "de"]) == frozenset()


@pytest.mark.parametrize(
    ("language", "question", "content"),
    [
        ("en", "When do the cars arrive in Europe?", {"cars", "arriv", "europ"}),
        ("it", "Quando arrivano le auto?", {"arriv", "auto"}),
        ("de", "Wie viele SU7 wurden ausgeliefert?", {"su7", "ausge"}),
        ("en", "Who is it?", {"who", "is", "it"}),
        ("pt", "Quando chegam?", {"quand", "chega"}),
        ("zh", "什么车", {"什么", "么车"}),
        ("en", "?", set()),
    ],
)
def test_content(language: str, question: str, content: set[str]) -> None:
    """What a question is about is its words without those of any question; one of nothing else keeps them all."""
    assert content_terms(question, language) == content


def test_words_of_one_language() -> None:
    """Small words and question words count for the one language that has them, those of several for none."""
    assert telling_words("Was kostet der YU7?", ["en", "de", "zh"]) == {
        "en": set(),
        "de": {"kostet", "der"},
        "zh": set(),
    }
    assert telling_words("was kostet der", ["de"]) == {"de": {"was", "kostet", "der"}}
    assert telling_words("SU7", LANGUAGES) == dict.fromkeys(LANGUAGES, frozenset())
    assert telling_words("quando chegam", ["pt"]) == {"pt": frozenset()}
