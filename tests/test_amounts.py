"""Amounts that are asked for and that a sentence has no word of, in six languages."""

import pytest

from bot.answers.amounts import Amount, asks_for, lacks, may_tell
from bot.answers.asking import grammar
from bot.settings import LANGUAGES

ASKED: dict[str, dict[Amount, tuple[str, ...]]] = {
    "en": {
        Amount.PRICE: ("What does the ferry cost?", "How much is the T6?", "how much do children pay", "price ferry"),
        Amount.NUMBER: ("How many cars fit on the ferry?",),
        Amount.WEIGHT: ("How heavy is the ferry?", "What is its weight?"),
    },
    "it": {
        Amount.PRICE: ("quanto costa?", "Quanto pagano i bambini?", "Quanto viene il traghetto?", "prezzo traghetto"),
        Amount.NUMBER: ("Quante auto porta il traghetto?",),
        Amount.WEIGHT: ("Quanto pesa il traghetto?",),
    },
    "es": {
        Amount.PRICE: ("¿Cuánto cuesta?", "¿Cuánto vale?", "¿Cuánto pagan los niños?", "precio barco"),
        Amount.NUMBER: ("¿Cuántos coches lleva?",),
        Amount.WEIGHT: ("¿Cuánto pesa el barco?",),
    },
    "de": {
        Amount.PRICE: ("Was kostet die Fähre?", "Wie teuer ist sie?", "Wie viel zahlen Kinder?", "Preis Fähre"),
        Amount.NUMBER: ("Wie viele Autos passen hinein?",),
        Amount.WEIGHT: ("Wie schwer ist die Fähre?",),
    },
    "fr": {
        Amount.PRICE: ("Combien coûte le ferry ?", "C'est combien ?", "Quel est le prix ?", "prix ferry"),
        Amount.NUMBER: ("Combien de voitures transporte-t-il ?", "Combien d’enfants ?"),
        Amount.WEIGHT: ("Combien pèse le ferry ?",),
    },
    "zh": {
        Amount.PRICE: ("渡轮多少钱？", "票价", "什么价"),
        Amount.NUMBER: ("渡轮能装多少辆车？",),
        Amount.WEIGHT: ("渡轮有多重？",),
    },
}
NOTHING = {
    "en": "The ferry sails to Bergen.",
    "it": "Il traghetto va a Bergen.",
    "es": "El barco va a Bergen.",
    "de": "Die Fähre fährt nach Bergen.",
    "fr": "Le ferry va à Bergen.",
    "zh": "渡轮开往卑尔根。",
}
TOLD: dict[str, dict[Amount, tuple[str, ...]]] = {
    "en": {
        Amount.PRICE: ("It is 12 euros.", "Children travel free.", "€12", "NOK 120", "Rs. 500", "120 kr", "50p"),
        Amount.NUMBER: ("It takes 40 cars.", "It takes forty cars.", "None has sailed.", "Most of them.", "A couple."),
        Amount.WEIGHT: ("It is 900 tonnes.", "A model of 12kg.", "It is as light as a feather."),
    },
    "it": {
        Amount.PRICE: ("Sono 12 euro.", "I bambini viaggiano gratis."),
        Amount.NUMBER: ("Porta quaranta auto.", "Nessuna è partita."),
        Amount.WEIGHT: ("Sono 900 tonnellate.", "È leggero.", "Il 30% del PIL."),
    },
    "es": {
        Amount.PRICE: ("Son 12 euros.", "Los niños viajan gratis."),
        Amount.NUMBER: ("Lleva cuarenta coches.", "Ninguno ha salido."),
        Amount.WEIGHT: ("Son 900 toneladas.", "Es ligero."),
    },
    "de": {
        Amount.PRICE: ("Es sind 12 Euro.", "Kinder fahren kostenlos."),
        Amount.NUMBER: ("Vierzig Autos passen hinein.", "Keine fuhr ab."),
        Amount.WEIGHT: ("Es sind 900 Tonnen.", "Sie ist leicht."),
    },
    "fr": {
        Amount.PRICE: ("Il faut 12 euros.", "Les enfants voyagent gratuitement."),
        Amount.NUMBER: ("Il transporte quarante voitures.", "Aucun n'est parti."),
        Amount.WEIGHT: ("Il fait 900 tonnes.", "Il est léger."),
    },
    "zh": {
        Amount.PRICE: ("12欧元。", "儿童免票。"),
        Amount.NUMBER: ("能装四十辆车。", "没有一艘开出。"),
        Amount.WEIGHT: ("有900吨。", "它很轻。"),
    },
}
CASES = [(language, amount) for language in LANGUAGES for amount in Amount]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_amount(language: str) -> None:
    """Each language says how each amount is asked for and told."""
    assert set(grammar(language)["amounts"]) == {f"{amount}_{part}" for amount in Amount for part in ("asks", "told")}


@pytest.mark.parametrize(("language", "amount"), CASES)
def test_an_amount_that_is_lacking(language: str, amount: Amount) -> None:
    """A sentence without a word or sign of the amount asked for cannot state it."""
    for question in ASKED[language][amount]:
        assert lacks(amount, question, language, NOTHING[language], language), question


@pytest.mark.parametrize(("language", "amount"), CASES)
def test_an_amount_that_may_be_told(language: str, amount: Amount) -> None:
    """A number, a unit or a word of it may state it, whether exactly or not."""
    for sentence in TOLD[language][amount]:
        assert may_tell(amount, sentence, language), sentence
        assert not lacks(amount, ASKED[language][amount][0], language, sentence, language)


def test_a_price_is_no_number_of_orders() -> None:
    """How much something costs is not told by how many were ordered; the sentence may be in another language."""
    assert lacks(Amount.PRICE, "quanto costa?", "it", "Il T6 ha avuto 4.300 ordini in un'ora.", "it")
    assert lacks(Amount.PRICE, "quanto costa?", "it", "The T6 had 4,300 orders within an hour.", "en")
    assert not lacks(Amount.PRICE, "quanto costa?", "it", "The T6 costs more than ever.", "en")


@pytest.mark.parametrize(
    ("amount", "question", "language"),
    [
        (Amount.PRICE, "When do prices rise?", "en"),
        (Amount.PRICE, "Why was the fare cut?", "en"),
        (Amount.PRICE, "Do I have to pay?", "en"),
        (Amount.PRICE, "How many tickets were sold?", "en"),
        (Amount.PRICE, "What was the job of the man who first wrote about trade and cost?", "en"),
        (Amount.PRICE, "Was missfiel ihm an der Bezahlung?", "de"),
        (Amount.PRICE, "ogni quanto viene fotografato il campo?", "it"),
        (Amount.PRICE, "交付了多少辆？", "zh"),
        (Amount.PRICE, "Was zeigen die neuen Zahlen?", "de"),
        (Amount.PRICE, "quanto viene prodotto ogni anno?", "it"),
        (Amount.PRICE, "quanto spesso viene il medico?", "it"),
        (Amount.PRICE, "有什么价值？", "zh"),
        (Amount.PRICE, "What does the app pay attention to?", "en"),
        (Amount.PRICE, "Combien de personnes paient ?", "fr"),
        (Amount.NUMBER, "在哪几个国家？", "zh"),
        (Amount.WEIGHT, "Quanti chilometri percorre?", "it"),
        (Amount.WEIGHT, "Wie viele Kilometer fährt er?", "de"),
        (Amount.WEIGHT, "Quanto è grave la peste?", "it"),
        (Amount.WEIGHT, "What helps with weight loss?", "en"),
        (Amount.WEIGHT, "How heavy was the rain?", "en"),
        (Amount.WEIGHT, "Wie schwer ist er verletzt?", "de"),
        (Amount.WEIGHT, "这有多重要？", "zh"),
        (Amount.NUMBER, "How much milk is left?", "en"),
        (Amount.WEIGHT, "How many cows are there?", "en"),
        (Amount.PRICE, "Quanto custa?", "pt"),
        (Amount.PRICE, "", "en"),
    ],
)
def test_what_asks_for_no_such_amount(amount: Amount, question: str, language: str) -> None:
    """When, why and whether are other questions, and words of paying alone ask for no price."""
    assert not asks_for(amount, question, language)


def test_a_language_without_words_lacks_nothing() -> None:
    """Where the sentence is in a language that nothing is known of, nothing is said of it."""
    assert may_tell(Amount.PRICE, "O barco vai a Bergen.", "pt")
