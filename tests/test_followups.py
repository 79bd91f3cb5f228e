"""Follow-ups told in full, in six languages; and questions of their own, which are never touched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.asking import grammar
from bot.answers.followups import follow_up
from bot.answers.smalltalk import Smalltalk
from bot.settings import LANGUAGES
from bot.texts import phrasebook

ARRIVE = {
    "en": "When do Xiaomi cars reach Europe?",
    "it": "Quando arrivano le auto Xiaomi in Europa?",
    "es": "¿Cuándo llegan los coches de Xiaomi a Europa?",
    "de": "Wann kommen die Autos von Xiaomi nach Europa?",
    "fr": "Quand les voitures Xiaomi arrivent-elles en Europe ?",
    "zh": "小米汽车什么时候进入欧洲？",
}
DELIVERED = {
    "en": "How many SU7 have been delivered?",
    "it": "Quante SU7 sono state consegnate?",
    "es": "¿Cuántos SU7 se han entregado?",
    "de": "Wie viele SU7 wurden ausgeliefert?",
    "fr": "Combien de SU7 ont été livrées ?",
    "zh": "SU7交付了多少辆？",
}
WORDS = {
    "en": ("and", "or", "when", "how many", "why", "America", "the", "in", "SU7", "price", "what about", "2030"),
    "it": ("e", "o", "quando", "quanti", "perché", "America", "la", "in", "SU7", "prezzo", "dell'", "2030"),
    "es": ("y", "o", "cuándo", "cuántos", "por qué", "América", "el", "en", "SU7", "precio", "¿", "2030"),
    "de": ("und", "oder", "wann", "wie viele", "warum", "Amerika", "der", "in", "SU7", "Preis", "groß", "2030"),
    "fr": ("et", "ou", "quand", "combien", "pourquoi", "Amérique", "la", "en", "SU7", "prix", "d'", "2030"),
    "zh": ("那", "而", "什么时候", "多少", "为什么", "美国", "在", "呢", "SU7", "价格", "的", "2030"),
}

PAIRS = [
    # English
    ("en", ARRIVE, "and in America?", "When do Xiaomi cars reach America?"),
    ("en", ARRIVE, "And America?", "When do Xiaomi cars reach America?"),
    ("en", ARRIVE, "what about the United States", "When do Xiaomi cars reach the United States?"),
    ("en", ARRIVE, "in the US?", "When do Xiaomi cars reach the US?"),
    ("en", "When do the cars reach the UK?", "and Italy?", "When do the cars reach Italy?"),
    ("en", ARRIVE, "in China?", "When do Xiaomi cars reach China?"),
    ("en", ARRIVE, "and outside Europe?", "When do Xiaomi cars reach outside Europe?"),
    ("en", ARRIVE, "in Rome?", "When do Xiaomi cars reach Rome?"),
    ("en", ARRIVE, "and Tesla?", "When do Tesla cars reach Europe?"),
    ("en", ARRIVE, "why?", "Why do Xiaomi cars reach Europe?"),
    ("en", ARRIVE, "Since when exactly?", "Since when do Xiaomi cars reach Europe?"),
    ("en", ARRIVE, "and in America, from when?", "From when do Xiaomi cars reach America?"),
    ("en", ARRIVE, "how many?", "How many: do Xiaomi cars reach Europe?"),
    ("en", ARRIVE, "and the price?", "The price: Xiaomi, Europe?"),
    ("en", DELIVERED, "and the YU7?", "How many YU7 have been delivered?"),
    ("en", DELIVERED, "how about the SUV?", "How many SUV have been delivered?"),
    ("en", DELIVERED, "and in Europe?", "How many SU7 have been delivered in Europe?"),
    ("en", DELIVERED, "In the UK?", "How many SU7 have been delivered in the UK?"),
    ("en", DELIVERED, "and in 2024?", "How many SU7 have been delivered in 2024?"),
    ("en", "Did they sell cars?", "how many?", "How many did they sell cars?"),
    ("en", "How many orders did the YU7 receive?", "and deliveries?", "How many deliveries did the YU7 receive?"),
    ("en", "Europe when", "and America?", "America when?"),
    ("en", "Are there stores in Europe, Asia and America?", "and in China?", "Are there stores in China?"),
    ("en", "How many SU7 and YU7 were delivered?", "and the YU7?", "How many YU7 were delivered?"),
    ("en", "When do the cars reach Europe?", "and the stores?", "The stores: Europe?"),
    ("en", "Who made the announcement?", "who exactly?", "Who made the announcement?"),
    ("en", "Europe when", "why?", "Why Europe?"),
    # Italian
    ("it", ARRIVE, "e in America?", "Quando arrivano le auto Xiaomi in America?"),
    ("it", ARRIVE, "E l'America?", "Quando arrivano le auto Xiaomi in America?"),
    ("it", ARRIVE, "e negli Stati Uniti?", "Quando arrivano le auto Xiaomi negli Stati Uniti?"),
    ("it", ARRIVE, "e fuori dall'Europa?", "Quando arrivano le auto Xiaomi fuori dall'Europa?"),
    ("it", ARRIVE, "e gli Stati Uniti?", "Quando arrivano le auto Xiaomi negli Stati Uniti?"),
    ("it", ARRIVE, "e la batteria?", "La batteria: Xiaomi, Europa?"),
    ("it", "Le auto arrivano in Europa ed in America?", "e in Cina?", "Le auto arrivano in Cina?"),
    ("it", "Quanti ordini ha ricevuto la YU7?", "e le consegne?", "Quante consegne ha ricevuto la YU7?"),
    ("it", "Quanto costa la SU7?", "e le ricariche?", "Le ricariche: SU7?"),
    ("it", "Arriveranno le auto in Europa?", "quando?", "Quando arriveranno le auto in Europa?"),
    ("it", ARRIVE, "e le batterie?", "Le batterie: Xiaomi, Europa?"),
    ("it", ARRIVE, "e all'estero?", "Quando arrivano le auto Xiaomi all'estero?"),
    ("it", ARRIVE, "in Cina?", "Quando arrivano le auto Xiaomi in Cina?"),
    ("it", ARRIVE, "perché?", "Perché arrivano le auto Xiaomi in Europa?"),
    ("it", ARRIVE, "ma da quando di preciso?", "Da quando arrivano le auto Xiaomi in Europa?"),
    ("it", ARRIVE, "e in America, da quando?", "Da quando arrivano le auto Xiaomi in America?"),
    ("it", ARRIVE, "quanti?", "Quanti: arrivano le auto Xiaomi in Europa?"),
    ("it", ARRIVE, "e il prezzo?", "Il prezzo: Xiaomi, Europa?"),
    ("it", ARRIVE, "e Tesla?", "Quando arrivano le auto Tesla in Europa?"),
    ("it", DELIVERED, "e la YU7?", "Quante YU7 sono state consegnate?"),
    ("it", DELIVERED, "e il SUV?", "Quante SUV sono state consegnate?"),
    ("it", DELIVERED, "in Europa?", "Quante SU7 sono state consegnate in Europa?"),
    ("it", "Esiste una versione Ultra della SU7?", "e della YU7?", "Esiste una versione Ultra della YU7?"),
    ("it", "La SU7 sarà venduta in Italia?", "quando?", "Quando la SU7 sarà venduta in Italia?"),
    # Spanish
    ("es", ARRIVE, "¿y en América?", "¿Cuándo llegan los coches de Xiaomi en América?"),
    ("es", ARRIVE, "¿Y América?", "¿Cuándo llegan los coches de Xiaomi a América?"),
    ("es", ARRIVE, "y en los Estados Unidos", "¿Cuándo llegan los coches de Xiaomi en los Estados Unidos?"),
    ("es", ARRIVE, "¿qué hay de China?", "¿Cuándo llegan los coches de Xiaomi a China?"),
    ("es", ARRIVE, "¿y el Reino Unido?", "¿Cuándo llegan los coches de Xiaomi al Reino Unido?"),
    ("es", "¿Cuántos pedidos recibió el YU7?", "¿y las entregas?", "¿Cuántas entregas recibió el YU7?"),
    ("es", "¿Llegarán los coches a Europa?", "¿cuándo?", "¿Cuándo llegarán los coches a Europa?"),
    ("es", "¿Llegan a Europa y a América?", "¿y a China?", "¿Llegan a China?"),
    ("es", ARRIVE, "¿y fuera de Europa?", "¿Cuándo llegan los coches de Xiaomi fuera de Europa?"),
    ("es", ARRIVE, "¿por qué?", "¿Por qué llegan los coches de Xiaomi a Europa?"),
    ("es", ARRIVE, "¿desde cuándo exactamente?", "¿Desde cuándo llegan los coches de Xiaomi a Europa?"),
    ("es", ARRIVE, "¿y en América, desde cuándo?", "¿Desde cuándo llegan los coches de Xiaomi en América?"),
    ("es", ARRIVE, "¿cuántos?", "¿Cuántos: llegan los coches de Xiaomi a Europa?"),
    ("es", ARRIVE, "¿y el precio?", "¿El precio: Xiaomi, Europa?"),
    ("es", DELIVERED, "¿Y el YU7?", "¿Cuántos YU7 se han entregado?"),
    ("es", DELIVERED, "¿en Europa?", "¿Cuántos SU7 se han entregado en Europa?"),
    ("es", "¿Se venderá el SU7 en Italia?", "¿y cuándo?", "¿Cuándo se venderá el SU7 en Italia?"),
    # German
    ("de", ARRIVE, "und in Amerika?", "Wann kommen die Autos von Xiaomi in Amerika?"),
    ("de", ARRIVE, "Und Amerika?", "Wann kommen die Autos von Xiaomi nach Amerika?"),
    ("de", ARRIVE, "und in den USA?", "Wann kommen die Autos von Xiaomi in den USA?"),
    ("de", ARRIVE, "wie sieht es mit Amerika aus?", "Wann kommen die Autos von Xiaomi nach Amerika?"),
    ("de", ARRIVE, "und die USA?", "Wann kommen die Autos von Xiaomi in die USA?"),
    ("de", "Kommen die Autos nach Europa?", "wann?", "Wann kommen die Autos nach Europa?"),
    ("de", "Kommen sie nach Europa oder nach Amerika?", "und nach China?", "Kommen sie nach China?"),
    ("de", ARRIVE, "und im Ausland?", "Wann kommen die Autos von Xiaomi im Ausland?"),
    ("de", ARRIVE, "und außerhalb Europas?", "Wann kommen die Autos von Xiaomi außerhalb Europas?"),
    ("de", ARRIVE, "warum?", "Warum kommen die Autos von Xiaomi nach Europa?"),
    ("de", ARRIVE, "ab wann genau?", "Ab wann kommen die Autos von Xiaomi nach Europa?"),
    ("de", ARRIVE, "und in Amerika, ab wann?", "Ab wann kommen die Autos von Xiaomi in Amerika?"),
    ("de", ARRIVE, "wie viele?", "Wie viele: kommen die Autos von Xiaomi nach Europa?"),
    ("de", ARRIVE, "und der Preis?", "Der Preis: Xiaomi, Europa?"),
    ("de", ARRIVE, "und Tesla?", "Wann kommen die Autos von Tesla nach Europa?"),
    ("de", ARRIVE, "und nach china?", "Wann kommen die Autos von Xiaomi nach china?"),
    ("de", DELIVERED, "was ist mit dem YU7?", "Wie viele YU7 wurden ausgeliefert?"),
    ("de", DELIVERED, "in Europa?", "Wie viele SU7 wurden ausgeliefert in Europa?"),
    ("de", "Gibt es eine Ultra-Version des SU7?", "und der YU7?", "Gibt es eine Ultra-Version des YU7?"),
    # French
    ("fr", ARRIVE, "et en Amérique ?", "Quand les voitures Xiaomi arrivent-elles en Amérique\u202f?"),
    ("fr", ARRIVE, "Et l'Amérique ?", "Quand les voitures Xiaomi arrivent-elles en Amérique\u202f?"),
    ("fr", ARRIVE, "et les États-Unis ?", "Quand les voitures Xiaomi arrivent-elles aux États-Unis\u202f?"),
    ("fr", ARRIVE, "et le Canada ?", "Quand les voitures Xiaomi arrivent-elles au Canada\u202f?"),
    ("fr", ARRIVE, "et la batterie ?", "La batterie\u202f: Xiaomi, Europe\u202f?"),
    ("fr", "Arrivent-elles en Europe et en Asie ?", "et en Chine ?", "Arrivent-elles en Chine\u202f?"),
    ("fr", ARRIVE, "et aux États-Unis ?", "Quand les voitures Xiaomi arrivent-elles aux États-Unis\u202f?"),
    ("fr", ARRIVE, "qu'en est-il de la Chine ?", "Quand les voitures Xiaomi arrivent-elles en Chine\u202f?"),
    ("fr", ARRIVE, "et à Rome ?", "Quand les voitures Xiaomi arrivent-elles à Rome\u202f?"),
    ("fr", ARRIVE, "et hors d'Europe ?", "Quand les voitures Xiaomi arrivent-elles hors d'Europe\u202f?"),
    ("fr", ARRIVE, "pourquoi ?", "Pourquoi les voitures Xiaomi arrivent-elles en Europe\u202f?"),
    ("fr", ARRIVE, "et depuis quand ?", "Depuis quand les voitures Xiaomi arrivent-elles en Europe\u202f?"),
    ("fr", ARRIVE, "combien ?", "Combien\u202f: les voitures Xiaomi arrivent-elles en Europe\u202f?"),
    ("fr", ARRIVE, "et le prix ?", "Le prix\u202f: Xiaomi, Europe\u202f?"),
    ("fr", ARRIVE, "et Tesla ?", "Quand les voitures Tesla arrivent-elles en Europe\u202f?"),
    ("fr", DELIVERED, "et la YU7 ?", "Combien de YU7 ont été livrées\u202f?"),
    ("fr", DELIVERED, "en Europe ?", "Combien de SU7 ont été livrées en Europe\u202f?"),
    # Chinese
    ("zh", ARRIVE, "那美国呢？", "小米汽车什么时候进入美国？"),
    ("zh", ARRIVE, "美国呢", "小米汽车什么时候进入美国？"),
    ("zh", ARRIVE, "香港呢？", "小米汽车什么时候进入香港？"),
    ("zh", "小米汽车会在欧洲和美国销售吗？", "那在中国呢？", "小米汽车会在中国销售吗？"),
    ("zh", ARRIVE, "那在中国呢？", "小米汽车什么时候进入中国？"),
    ("zh", ARRIVE, "在欧洲以外呢？", "小米汽车什么时候进入欧洲以外？"),
    ("zh", ARRIVE, "为什么？", "为什么小米汽车进入欧洲？"),
    ("zh", ARRIVE, "从什么时候开始？", "从什么时候开始小米汽车进入欧洲？"),
    ("zh", ARRIVE, "那美国怎么样？", "小米汽车什么时候进入美国？"),
    ("zh", ARRIVE, "那YU7呢？", "YU7什么时候进入欧洲？"),
    ("zh", ARRIVE, "特斯拉呢？", "特斯拉什么时候进入欧洲？"),
    ("zh", DELIVERED, "YU7呢？", "YU7交付了多少辆？"),
    ("zh", DELIVERED, "在欧洲呢？", "在欧洲SU7交付了多少辆？"),
    ("zh", DELIVERED, "什么时候？", "什么时候SU7交付了？"),
    ("zh", DELIVERED, "价格呢？", "价格：SU7？"),
]

WHOLE = {
    "en": [
        "And when do Xiaomi cars reach America?",
        "And who is Xu Fei?",
        "And will it be sold in America?",
        "What about the price of the SU7 in Europe?",
        "In which year will Xiaomi sell cars abroad?",
        "Why is Xiaomi ready for a global expansion?",
        "How many stores?",
        "SU7?",
        "America?",
        "Europe when",
        "SU7 Ultra colour",
        "so what?",
        "what?",
        "and you?",
        "and then?",
        "and does it cost more in America?",
        "How do I get news and offers first?",
        "Since when does Xiaomi build cars?",
        "in the evening smart devices do what?",
        "of course",
        "in English please",
        "and in Chinese?",
        "for example?",
        "at all?",
        "but wait",
        "who?",
        "with whom?",
        "what colour?",
        "how often?",
        "But the SU7 costs too much",
        "or is it sold in Italy?",
    ],
    "it": [
        "E quando arrivano in America?",
        "E chi è Xu Fei?",
        "E la SU7 costa molto?",
        "E Xiaomi venderà le auto in America?",
        "È in America?",
        "Perché Xiaomi è pronta per un'espansione globale?",
        "Quanti negozi?",
        "SU7?",
        "Europa quando",
        "E costa tanto?",
        "e tu?",
        "e poi?",
        "cosa?",
        "come?",
        "Che cos'è Human x Car x Home?",
        "E si vende?",
        "per favore",
        "e in inglese?",
        "in breve?",
        "chi?",
        "da chi?",
        "di che colore?",
        "e il prezzo della SU7?",
    ],
    "es": [
        "¿Y cuándo llegan a América?",
        "¿Y quién es Xu Fei?",
        "¿Y el SU7 cuesta mucho?",
        "¿Y Xiaomi venderá los coches en América?",
        "¿Por qué está Xiaomi lista para una expansión global?",
        "¿Cuántas tiendas?",
        "¿SU7?",
        "Europa cuándo",
        "¿Y cuesta mucho?",
        "¿y tú?",
        "¿qué?",
        "¿cómo?",
        "por favor",
        "¿y en inglés?",
        "¿quién?",
        "¿de qué color?",
        "¿por ejemplo?",
        "¿Qué es Human x Car x Home?",
    ],
    "de": [
        "Und wann kommen sie nach Amerika?",
        "Und wer ist Xu Fei?",
        "Und kostet der SU7 viel?",
        "Und verkauft Xiaomi die Autos in Amerika?",
        "Warum ist Xiaomi für eine globale Expansion bereit?",
        "Wie viele Geschäfte?",
        "SU7?",
        "Europa wann",
        "Was ist mit den Preisen des SU7 in Europa?",
        "und du?",
        "und dann?",
        "was?",
        "wie?",
        "zum Beispiel",
        "zum Beispiel?",
        "und auf Englisch?",
        "wer?",
        "wie oft?",
        "in welcher Farbe?",
        "Was ist Human x Car x Home?",
    ],
    "fr": [
        "Et quand arrivent-elles en Amérique ?",
        "Et qui est Xu Fei ?",
        "Et la SU7 coûte cher ?",
        "Et Xiaomi vendra-t-il les voitures en Amérique ?",
        "Pourquoi Xiaomi est-elle prête pour une expansion mondiale ?",
        "Combien de magasins ?",
        "SU7 ?",
        "Europe quand",
        "Est-ce en Amérique ?",
        "et toi ?",
        "et alors ?",
        "quoi ?",
        "comment ?",
        "par exemple",
        "par exemple ?",
        "et en anglais ?",
        "qui ?",
        "de quelle couleur ?",
        "Qu'est-ce que Human x Car x Home ?",
        "Europe ou Amérique ?",
        "Qui l'a annoncé ?",
    ],
    "zh": [
        "那小米汽车什么时候进入美国呢？",
        "那徐飞是谁？",
        "SU7会在意大利销售吗？",
        "为什么小米已经准备好全球扩张？",
        "多少家门店会在欧洲？",
        "SU7？",
        "美国？",
        "那会在美国卖吗？",
        "你呢？",
        "然后呢？",
        "什么？",
        "怎么样？",
        "英文呢？",
        "谁？",
        "多快？",
        "那当然",
        "日本和韩国呢？",
        "罗马天气怎么样？",
        "什么是人车家全生态？",
        "小米在美国有门店吗？",
    ],
}


@pytest.mark.parametrize(("language", "last", "message", "whole"), PAIRS, ids=[f"{p[0]}-{p[2]}" for p in PAIRS])
def test_what_is_missing_is_taken_from_the_last_question(
    language: str, last: str | dict[str, str], message: str, whole: str
) -> None:
    """A few words that lean on the last question become that question, with what they name in its place."""
    asked = last if isinstance(last, str) else last[language]
    assert follow_up(message, asked, language) == whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_question_is_never_touched(language: str) -> None:
    """What has a verb of its own, or can be asked alone, stands alone, whatever word it begins with."""
    for last in (ARRIVE[language], DELIVERED[language]):
        assert [message for message in WHOLE[language] if follow_up(message, last, language) is not None] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_samples_and_the_small_talk_are_no_follow_ups(language: str) -> None:
    """Neither the bot's own sample questions nor what it knows as small talk leans on anything."""
    book = phrasebook(language)
    said = [*book.samples["pool"], *(pattern.format(name="Acme") for pattern in book.samples["about"])]
    said += [phrase for kind in Smalltalk for phrase in book.smalltalk.get(kind, ())]
    assert [phrase for phrase in said if follow_up(phrase, ARRIVE[language], language) is not None] == []


def test_follow_ups_can_be_chained() -> None:
    """What was told in full can be followed up again."""
    whole = ARRIVE["en"]
    for message in ("and in America?", "and Tesla?", "why?"):
        whole = follow_up(message, whole, "en") or ""
    assert whole == "Why do Tesla cars reach America?"


def test_a_colon_parts_names() -> None:
    """What was joined by a colon is not one name when it is followed up again."""
    whole = follow_up("in wie vielen Monaten?", DELIVERED["de"], "de") or ""
    assert whole == "In wie vielen Monaten: SU7 wurden ausgeliefert?"
    assert follow_up("und der YU7?", whole, "de") == "In wie vielen Monaten: YU7 wurden ausgeliefert?"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_rules(language: str) -> None:
    """The rules of each language are of the same kinds; Chinese needs one more."""
    assert set(grammar(language)["followups"]) == set(grammar("en")["followups"]) | (
        {"clause"} if language == "zh" else set()
    )


def test_a_language_without_rules_has_no_follow_ups() -> None:
    """Nothing is guessed in a language whose words are not known."""
    assert follow_up("и в Америке?", "Когда автомобили придут в Европу?", "ru") is None


@pytest.mark.parametrize(
    "message", ["", " ", "?", "…", "x" * 200, "and " * 10_000, "🚗", "\u202e", "'", "l'", "-", "¿?"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_says_nothing_is_no_follow_up(language: str, message: str) -> None:
    """Signs, floods and stumps lean on nothing."""
    assert follow_up(message, ARRIVE[language], language) is None


@pytest.mark.parametrize("last", ["", "?", "🚗", "'", "¿?"])
def test_nothing_follows_up_a_question_without_words(last: str) -> None:
    """Where there was nothing to lean on, a message stands alone."""
    assert follow_up("why?", last, "en") is None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LANGUAGES), st.data())
def test_any_words_at_all_are_survived(language: str, data: st.DataObject) -> None:
    """Whatever words a message and the last question are made of, the result is one line or nothing."""
    words = st.lists(st.sampled_from(WORDS[language]) | st.text(max_size=4), max_size=6)
    gap = "" if language == "zh" else " "
    message, last = gap.join(data.draw(words)), gap.join(data.draw(words))
    whole = follow_up(message, last, language)
    assert whole is None or (whole.strip() and "\n" not in whole.replace(last, ""))
