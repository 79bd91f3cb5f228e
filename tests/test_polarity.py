"""Yes and no: which questions want them, which sentences say them plainly, and that no negation becomes a yes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.answering import Answer
from bot.answers.opening import Answering
from bot.answers.polarity import Polarity, asks_yes_or_no, polarity
from bot.answers.ranking import Query, make_query
from bot.chat.composing import compose, plain
from bot.settings import LANGUAGES

YES, NO = Polarity.YES, Polarity.NO


def query(question: str, language: str) -> Query:
    """A question whose vector is of no account here."""
    return make_query(question, language, np.zeros(1, dtype=np.float32))


ASKED = {
    "en": ("Will the cars come to Europe?", "is the SU7 a sedan", "Has Xiaomi sold cars?", "Can I buy it?"),
    "it": ("Verranno le auto in Europa?", "È una berlina la SU7?", "Arrivano in Italia?", "Xiaomi venderà auto?"),
    "es": ("¿Llegan los coches a Europa?", "¿Es el SU7 una berlina?", "¿Venderá Xiaomi coches?", "¿Están en venta?"),
    "de": ("Kommen die Autos nach Europa?", "Ist der SU7 schnell?", "Wird Xiaomi Autos verkaufen?", "Gibt es ihn?"),
    "fr": (
        "Est-ce que les voitures arrivent ?",
        "Les voitures arriveront-elles ?",
        "Xiaomi vendra-t-il des voitures ?",
    ),
    "zh": ("小米汽车会进入欧洲吗？", "小米是否卖汽车？", "有没有Ultra版本？", "会不会进入欧洲？"),
}
NOT_ASKED = {
    "en": (
        "When will the cars come?",
        "What is it?",
        "Is it red or blue?",
        "Xiaomi cars?",
        "Will it cost much, and how?",
    ),
    "it": (
        "Quando verranno le auto?",
        "Auto Xiaomi in Europa?",
        "È rossa o blu?",
        "Che cosa verrà?",
        "Verranno le auto.",
    ),
    "es": ("¿Cuándo llegan?", "¿Es rojo o azul?", "¿Qué es?", "¿Coches en Europa?", "Llegan los coches."),
    "de": ("Wann kommen die Autos?", "Was ist das?", "Ist er rot oder blau?", "Autos in Europa?", "Kommen die Autos."),
    "fr": ("Quand arrivent-elles ?", "Qu'est-ce que c'est ?", "Est-elle rouge ou bleue ?", "Voitures en Europe ?"),
    "zh": ("小米汽车什么时候来？", "红色还是蓝色？", "什么是人车家？", "欧洲？"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_asks_for_yes_or_no(language: str) -> None:
    """A question with its verb and without a question word wants yes or no; one with a choice, or none, does not."""
    assert [asks_yes_or_no(query(question, language)) for question in ASKED[language]] == [True] * len(ASKED[language])
    others = NOT_ASKED[language]
    assert [asks_yes_or_no(query(question, language)) for question in others] == [False] * len(others)


PLAIN: list[tuple[str, str, str, str]] = [
    (
        "en",
        "Will Xiaomi sell its cars outside China?",
        "Xiaomi will sell its electric cars outside China from 2027.",
        "Xiaomi will not sell its cars outside China.",
    ),
    (
        "it",
        "Xiaomi venderà le sue auto fuori dalla Cina?",
        "Xiaomi venderà le proprie auto fuori dalla Cina a partire dal 2027.",
        "Xiaomi non venderà le sue auto fuori dalla Cina.",
    ),
    (
        "es",
        "¿Venderá Xiaomi sus coches fuera de China?",
        "Xiaomi venderá sus coches fuera de China a partir de 2027.",
        "Xiaomi no venderá sus coches fuera de China.",
    ),
    (
        "de",
        "Wird Xiaomi seine Autos außerhalb Chinas verkaufen?",
        "Xiaomi wird seine Autos ab 2027 auch außerhalb Chinas verkaufen.",
        "Xiaomi wird seine Autos nicht außerhalb Chinas verkaufen.",
    ),
    (
        "fr",
        "Xiaomi vendra-t-il ses voitures hors de Chine ?",
        "Xiaomi vendra ses voitures hors de Chine à partir de 2027.",
        "Xiaomi ne vendra pas ses voitures hors de Chine.",
    ),
    ("zh", "小米会在中国以外销售汽车吗？", "小米将从2027年起在中国以外销售汽车。", "小米不会在中国以外销售汽车。"),
]


@pytest.mark.parametrize(("language", "question", "yes", "no"), PLAIN)
def test_a_plain_sentence(language: str, question: str, yes: str, no: str) -> None:
    """All that the question says, affirmed, is a yes; the same, denied, is a no; a negated question gets neither."""
    asked = query(question, language)
    assert polarity(asked, yes, language) is YES
    assert polarity(asked, no, language) is NO
    assert polarity(asked, yes, "fr" if language != "fr" else "en") is None


SAID_ANEW = [
    ("en", "Is the SU7 available in the Ultra variant?", "The Xiaomi SU7 is also available in the Ultra variant."),
    ("en", "Have SU7 deliveries in Rome passed 300000?", "The SU7 deliveries in Rome have passed 300,000."),
    ("it", "È disponibile la SU7 nella variante Ultra?", "La SU7 è disponibile anche nella variante Ultra."),
    ("es", "¿Marcará el debut el inicio de una fase?", "El debut de 2027 marcará el inicio de una nueva fase."),
    ("de", "Kommen die Autos nach Europa?", "Die Autos kommen ab 2027 nach Europa."),
    ("fr", "Est-ce que la SU7 est une berline rouge ?", "La Xiaomi SU7 est une berline rouge."),
    ("zh", "小米门店会提供沉浸式体验吗？", "小米门店将提供沉浸式体验。"),
]


@pytest.mark.parametrize(("language", "question", "sentence"), SAID_ANEW)
def test_a_question_turned_into_a_statement(language: str, question: str, sentence: str) -> None:
    """The verb may open the question, and the sentence may have words of its own: it is still a plain yes."""
    assert polarity(query(question, language), sentence, language) is YES


def test_a_chinese_question_with_both_sides() -> None:
    """是不是 offers both sides and denies nothing; what Chinese adds to a name parts no clause."""
    asked = query("小米SU7是不是一款运动型轿车？", "zh")
    assert polarity(asked, "小米SU7（Xiaomi SU7）是一款运动型轿车。", "zh") is YES
    assert polarity(asked, "小米SU7不是运动型轿车。", "zh") is NO


SELL = "Will Xiaomi sell its cars outside China?"
OPEN = [
    ("en", SELL, "Xiaomi may sell its cars outside China."),
    ("en", SELL, "Xiaomi will sell its cars outside China only if it grows."),
    ("en", SELL, "Xiaomi has no plans, but will sell its cars outside China."),
    ("en", SELL, "Xiaomi denied that it will sell its cars outside China."),
    ("en", SELL, "Xiaomi sells its cars outside China."),
    ("en", SELL, "Xiaomi will sell its phones outside China and cars in China."),
    ("en", SELL, "Xiaomi will sell its phones outside China, its cars in China."),
    ("en", SELL, "Xiaomi will stop to sell its cars outside China."),
    ("en", SELL, "Xiaomi will sell its boats outside China."),
    ("en", "Does Xiaomi sell its cars outside China?", "Xiaomi will sell its cars outside China from 2027."),
    ("en", "Will Xiaomi sell cars outside China before 2027?", "Xiaomi will sell cars outside China from 2027."),
    ("en", "Will Xiaomi sell cars outside China in 2026?", "Xiaomi will sell cars outside China from 2027."),
    ("en", "Will Xiaomi sell all its cars outside China?", "Xiaomi will sell its cars outside China."),
    ("en", "Will Xiaomi never sell its cars outside China?", "Xiaomi will sell its cars outside China."),
    ("en", "Won't Xiaomi sell its cars outside China?", "Xiaomi will not sell its cars outside China."),
    ("en", "Is Xu Fei president of Xiaomi?", "Xu Fei is vice president of Xiaomi."),
    ("en", "Has the firm Acme bought Bolt?", "The firm Bolt has bought Acme."),
    ("en", "Is Xiaomi a brand of smartphones?", "Xiaomi is no longer only a brand of smartphones."),
    ("en", "Is it red?", "It is red."),
    ("en", "Will Xiaomi sell its cars in China?", "Xiaomi will sell its cars outside China."),
    ("en", "Does Xiaomi sell cars in China?", "Xiaomi sells phones for cars in China."),
    ("en", "Has Xiaomi moved from Rome to Turin?", "Xiaomi has moved to Turin from Rome."),
    ("en", "Did Acme acquire Bolt?", "Acme was acquired by Bolt in 2020."),
    ("en", "has acme bought the firm bolt?", "The firm Bolt has bought Acme."),
    ("en", "Is Human x Car x Home a car?", "Human x Car x Home is a vision."),
    ("en", "Is Xu Fei the CEO of Xiaomi?", "Xu Fei met the CEO of Xiaomi."),
    ("en", "Is Xu Fei the CEO of Xiaomi?", "Xu Fei was the CEO of Xiaomi."),
    ("en", "Do Xiaomi cars catch fire?", "Critics say Xiaomi cars catch fire."),
    ("en", "Do the stores offer an experience?", "The stores are meant to offer an experience."),
    ("en", SELL, SELL),
    ("en", "Will tickets be sold online in May?", "Tickets will be sold online in May or June."),
    ("es", "¿Se venden los coches en Roma este año?", "Los coches se venden en Roma el año que viene."),
    ("de", "Wird Xiaomi in ganz Rom verkauft?", "Xiaomi wird Autos in ganz Rom verkaufen."),
    ("de", "Verkauft Xiaomi Autos in Rom?", "Xiaomi verkaufte Autos in Rom."),
    ("zh", "小米在罗马有门店吗？", "小米在罗马的竞争对手有门店。"),
    ("en", "Does Xiaomi sell cars in Rome?", "Xiaomi does not sell cars with engines in Rome."),
    ("en", SELL, "Xiaomi will not sell its electric cars outside China."),
    ("en", "Did Xiaomi deliver 2 cars in Rome?", "Xiaomi delivered 2 million cars in Rome."),
    ("en", "Did the YU7 collect 200 orders?", "The YU7 collected 200,000 orders."),
    ("en", "Will Xiaomi sell electric cars in Rome?", "Xiaomi will sell electronic cars in Rome."),
    ("it", "Xiaomi venderà le auto in Cina?", "Xiaomi venderà le auto fuori dalla Cina."),
    ("it", "Arriveranno auto Xiaomi dalla Cina?", "Arriveranno auto Xiaomi fuori dalla Cina."),
    ("it", "Acme ha acquisito Bolt nel 2020?", "Acme è stata acquisita da Bolt nel 2020."),
    ("it", "La SU7 ha superato quota 300?", "La SU7 ha già superato quota 300.000."),
    ("es", "¿Venderá Xiaomi sus coches en China?", "Xiaomi venderá sus coches fuera de China."),
    ("es", "¿Era el SU7 una berlina roja?", "El SU7 es una berlina roja."),
    ("de", "Wird Xiaomi ab 2027 Autos in China verkaufen?", "Xiaomi wird ab 2027 Autos außerhalb Chinas verkaufen."),
    ("de", "Hat Xiaomi Geschäfte in Rom?", "Xiaomi hat Geschichte in Rom."),
    ("de", "Hat Xu Fei den Verkauf angekündigt?", "Kein anderer als Xu Fei hat den Verkauf angekündigt."),
    ("fr", "Xiaomi vendra-t-il ses voitures en Chine ?", "Xiaomi vendra ses voitures hors de Chine."),
    ("de", "Hat der Hund den Mann gebissen?", "Den Hund hat der Mann gebissen."),
    ("en", "Is the firm Acme owned by Bolt?", "The firm Acme is owned by the rival of the sister of Bolt."),
    ("fr", "Est-ce que la SU7 est la voiture de Xu Fei ?", "La SU7 est la voiture de la rivale de Xu Fei."),
    ("fr", "Xiaomi vend-il des voitures électriques à Rome ?", "Xiaomi vend des voitures non électriques à Rome."),
    ("fr", "La caméra de la SU7 sera-t-elle noire ?", "La caméra de la SU7 est noire."),
    ("zh", "小米在中国有没有门店？", "小米在中国以外有门店。"),
    ("zh", "徐飞是小米的CEO吗？", "徐飞采访了小米的CEO。"),
    ("zh", "小米SU是一款运动型轿车吗？", "小米SU7是一款运动型轿车。"),
    ("zh", "小米在中国有3家门店吗？", "小米在中国有13家门店。"),
    ("zh", "小米会收购特斯拉吗？", "小米会被收购特斯拉的公司起诉。"),
    ("it", "Xiaomi venderà le auto in Italia?", "Xiaomi venderà le auto in Italia solo dopo il 2030."),
    ("it", "Le auto Xiaomi sono in Italia?", "Le auto Xiaomi saranno in Italia."),
    ("it", "Xiaomi venderà le auto in Italia?", "Xiaomi non venderà solo le auto in Italia."),
    ("es", "¿Venderá Xiaomi coches en Italia?", "Xiaomi podría vender coches en Italia."),
    ("es", "¿Venderá Xiaomi coches en Italia?", "Xiaomi no solo venderá coches en Italia."),
    ("de", "Wird Xiaomi Autos in Italien verkaufen?", "Xiaomi wird vielleicht Autos in Italien verkaufen."),
    ("de", "Wird Xiaomi Autos in Italien verkaufen?", "Xiaomi wird nicht nur Autos in Italien verkaufen."),
    ("fr", "Xiaomi vendra-t-il des voitures en Italie ?", "Xiaomi vendra peut-être des voitures en Italie."),
    ("fr", "Xiaomi vendra-t-il des voitures en Italie ?", "Xiaomi ne vendra des voitures qu'en Italie."),
    ("zh", "小米会在意大利销售汽车吗？", "小米可能会在意大利销售汽车。"),
    ("zh", "小米会在意大利销售汽车吗？", "小米不仅会在意大利销售汽车。"),
    ("zh", "小米会在意大利销售汽车吗？", "小米会在中国销售汽车。"),
]


@pytest.mark.parametrize(("language", "question", "sentence"), OPEN)
def test_what_is_not_plain(language: str, question: str, sentence: str) -> None:
    """A hedge, another time, place, role or number, a negation that is not plain: the sentence speaks for itself."""
    assert asks_yes_or_no(query(question, language))
    assert polarity(query(question, language), sentence, language) is None


NEGATIONS = {
    "en": ("not", "never", "no longer", "without it", "hardly"),
    "it": ("non", "mai", "senza", "nessuno", "nemmeno"),
    "es": ("no", "nunca", "sin ello", "tampoco", "nadie"),
    "de": ("nicht", "nie", "ohne", "kein", "niemand"),
    "fr": ("ne", "pas", "jamais", "sans", "aucun"),
    "zh": ("不", "没有", "未", "无", "别"),
}


@given(data=st.data(), language=st.sampled_from(LANGUAGES))
@settings(max_examples=400, deadline=None)
def test_never_yes_where_one_side_is_negated(data: st.DataObject, language: str) -> None:
    """Wherever a negation is put, in the question or in the sentence, it is no yes any more."""
    _, question, sentence, _ = next(row for row in PLAIN if row[0] == language)
    negation = data.draw(st.sampled_from(NEGATIONS[language]))
    joint = "" if language == "zh" else " "
    in_question = data.draw(st.booleans())
    text = question if in_question else sentence
    words = list(text) if language == "zh" else text.split()
    place = data.draw(st.integers(1, len(words) - 1))
    negated = joint.join([*words[:place], negation, *words[place:]])
    asked, said = (negated, sentence) if in_question else (question, negated)
    assert polarity(query(asked, language), said, language) is not YES


ANNOUNCED = [
    ("en", "Will Xiaomi sell its electric cars outside China?", "Yes: Xiaomi will sell"),
    ("it", "Xiaomi venderà le sue auto elettriche fuori dalla Cina?", "Sì: Xiaomi venderà"),
    ("es", "¿Venderá Xiaomi sus coches eléctricos fuera de China?", "Sí: Xiaomi venderá"),
    ("de", "Wird Xiaomi seine Elektroautos außerhalb Chinas verkaufen?", "Ja: Xiaomi wird"),
    ("fr", "Est-ce que Xiaomi vendra ses voitures électriques hors de Chine ?", "Oui\u202f: Xiaomi vendra"),
    ("zh", "小米会在中国以外销售电动汽车吗？", "是的：小米将"),
]


@pytest.mark.parametrize(("language", "question", "beginning"), ANNOUNCED)
def test_the_announcement_says_yes(answering: Answering, language: str, question: str, beginning: str) -> None:
    """A plain question about the shipped announcement is told yes by the sentence that says it, without a headline."""
    outcome = answering.answerer.answer(question)
    assert isinstance(outcome, Answer), outcome.confidence
    assert (outcome.language, outcome.polarity, outcome.headline) == (language, YES, None)
    assert plain(compose(outcome).html).startswith(beginning)


def test_the_announcement_leaves_it_open(answering: Answering) -> None:
    """Where the announcement's sentence says more or less than was asked, it stands alone."""
    for question in (
        "Will Xiaomi sell electric cars outside China before 2027?",
        "Is Xu Fei president of Xiaomi?",
        "Is Xiaomi only a brand of smartphones?",
        "Verranno le auto Xiaomi in Europa?",
    ):
        outcome = answering.answerer.answer(question)
        assert not isinstance(outcome, Answer) or outcome.polarity is None


@given(question=st.text(max_size=60), sentence=st.text(max_size=60), language=st.sampled_from([*LANGUAGES, "pt"]))
@settings(max_examples=200, deadline=None)
def test_no_text_is_an_error(question: str, sentence: str, language: str) -> None:
    """Whatever is asked and said, there is a yes, a no, or neither."""
    assert polarity(query(question, language), sentence, language) in {YES, NO, None}
