"""Which language a person writes in, from few words and what is known of them."""

import pytest

from bot.answers.language import detect, primary, wording_of
from bot.settings import LANGUAGES

SAID = {
    "en": (
        "When do Xiaomi cars reach Europe?",
        "How many stores will open?",
        "who announced it",
        "price of the SU7?",
        "when?",
    ),
    "it": ("Quando arrivano le auto Xiaomi?", "Quanti negozi aprirà?", "chi l'ha annunciato", "prezzo?", "quando?"),
    "es": ("¿Cuándo llegan los coches?", "¿Cuántas tiendas abrirá?", "quién lo anunció", "¿precio?", "¿cuándo?"),
    "de": ("Wann kommen die Autos?", "Wie viele Geschäfte?", "wer hat es angekündigt", "Preis des SU7?", "wann?"),
    "fr": ("Quand arrivent les voitures ?", "Combien de magasins ?", "qui l'a annoncé", "quel prix ?", "quand ?"),
    "zh": ("小米汽车什么时候进入欧洲？", "多少家门店", "谁宣布的", "SU7的价格", "何时"),
}


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in SAID.items() for text in texts])
def test_short_questions(language: str, text: str) -> None:
    """A question of a few words is in the language of its words, whatever else the bot speaks."""
    assert detect(text, LANGUAGES) == language
    assert detect(text.upper(), LANGUAGES) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "Quando é que os carros da Xiaomi chegam à Europa?"),
        ("ru", "Когда автомобили Xiaomi появятся в Европе?"),
        ("ja", "シャオミの車はいつヨーロッパに来ますか？"),
        ("ko", "샤오미 자동차는 언제 유럽에 옵니까?"),
        ("ar", "متى تصل سيارات شاومي إلى أوروبا؟"),
        ("pl", "Kiedy samochody Xiaomi dotrą do Europy?"),
    ],
)
def test_a_language_that_the_bot_does_not_speak(language: str, text: str) -> None:
    """Plain words of another language are known as that language, and a prior does not change it."""
    assert detect(text, LANGUAGES) == language
    assert detect(text, LANGUAGES, "it", "de") == language


@pytest.mark.parametrize("text", ["", "123", "?!", "😀", "\0", "2027 / 2030", "__", "\u200b"])
def test_without_letters_what_is_known_decides(text: str) -> None:
    """Without a letter to judge by: the chat's language, then the client's, then the first that the bot speaks."""
    assert detect(text, LANGUAGES) == "en"
    assert detect(text, ("it", "en")) == "it"
    assert detect(text, LANGUAGES, None, "fr-CA") == "fr"
    assert detect(text, LANGUAGES, "de", "fr") == "de"
    assert detect(text, LANGUAGES, None, "pt") == "en"


def test_what_is_known_tips_the_balance() -> None:
    """Words that several languages share are in the one that the chat, or the client, spoke before."""
    assert detect("Ultra?", LANGUAGES, "it") == "it"
    assert detect("Telegram?", LANGUAGES, "de") == "de"
    assert detect("Ultra?", LANGUAGES, None, "it-IT") == "it"


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "SU7 price"), ("en", "SU7 deliveries"), ("es", "precio SU7"), ("de", "Preis YU7"), ("zh", "小米SU7")],
)
def test_a_code_is_in_no_language(language: str, text: str) -> None:
    """A product's code says nothing of the language: the words beside it decide."""
    assert detect(text, LANGUAGES) == language


@pytest.mark.parametrize("text", ["SU7?", "SU7 / YU7", "su7"])
def test_a_code_alone_leaves_it_to_what_is_known(text: str) -> None:
    """A message that is nothing but codes is in the language of the chat, as one that is nothing but numbers."""
    assert detect(text, LANGUAGES) == "en"
    assert detect(text, LANGUAGES, "de") == "de"


def test_what_is_known_does_not_overrule_plain_words() -> None:
    """A plain question is in its own language, though the chat and the client spoke another."""
    assert detect("When do the cars arrive in Europe?", LANGUAGES, "it", "it") == "en"
    assert detect("Quando arrivano le auto in Europa?", LANGUAGES, "en", "en-GB") == "it"


def test_only_languages_that_are_spoken() -> None:
    """A guess between close languages stays among those that the bot speaks."""
    assert detect("quando arrivano", ("it", "en")) == "it"
    assert detect("何时", ("en", "it")) in {"en", "it", "zh"}


@pytest.mark.parametrize(
    ("code", "language"),
    [("pt-BR", "pt"), ("zh_Hans", "zh"), ("EN", "en"), ("de", "de"), ("zh-Hant-TW", "zh"), ("", None), (None, None)],
)
def test_the_primary_language_of_a_tag(code: str | None, language: str | None) -> None:
    """What a client reports counts by its first part, in lower case."""
    assert primary(code) == language


@pytest.mark.parametrize(
    "text", ["\ud800", "a\nb", "\r\n", "x" * 100_000, "שלום", "a\0b", "__label__xx", "‮nehw"], ids=ascii
)
def test_any_text_has_a_language(text: str) -> None:
    """No text is an error, and the answer is a short code."""
    assert 2 <= len(detect(text[:2000], LANGUAGES)) <= 3


@pytest.mark.parametrize("reported", [None, *LANGUAGES])
@pytest.mark.parametrize("earlier", [None, *LANGUAGES])
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "was kostet der YU7?"),
        ("en", "was the YU7 delayed?"),
        ("en", "was the price told?"),
        ("it", "il modello è una Ultra?"),
    ],
)
def test_words_that_one_language_has_outweigh_letters(
    language: str, text: str, earlier: str | None, reported: str | None
) -> None:
    """A question is in the language whose own small words it has, though its first word is one of another too and the
    chat said "hi" in that one before."""
    assert detect(text, LANGUAGES, earlier, reported) == language
    assert wording_of(text, earlier or language, LANGUAGES) == language


@pytest.mark.parametrize(("worded", "text"), [(code, texts[0]) for code, texts in SAID.items()])
@pytest.mark.parametrize("chosen", LANGUAGES)
def test_a_plain_question_is_worded_in_its_own_language(worded: str, text: str, chosen: str) -> None:
    """Who chose to read one language may ask in another: the words of the question decide what it is worded in."""
    assert wording_of(text, chosen, LANGUAGES) == worded


def test_the_choice_decides_where_words_do_not() -> None:
    """Without telling words a question is worded in the language that its asker chose."""
    assert wording_of("2027?", "de", LANGUAGES) == "de"
    assert wording_of("Ultra?", "it", LANGUAGES) == "it"
    assert wording_of("", "pt", LANGUAGES) == "pt"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "stores 2030"),
        ("it", "vendite 2027"),
        ("it", "data apertura"),
        ("es", "entregas coches"),
        ("es", "coches Italia"),
        ("de", "Läden 2030"),
        ("fr", "magasins 2030"),
        ("fr", "magasins Europe"),
        ("zh", "门店 2030"),
    ],
)
def test_two_words_that_leave_it_open(language: str, text: str) -> None:
    """Of two words whose letters tell little, what the client reports or the chat spoke decides."""
    assert detect(text, LANGUAGES, None, f"{language}-XX") == language
    assert detect(text, LANGUAGES, language) == language


@pytest.mark.parametrize("known", LANGUAGES)
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Europe when"),
        ("en", "car deliveries"),
        ("it", "Europa quando"),
        ("it", "consegne auto"),
        ("es", "precio SU7"),
        ("es", "fecha apertura"),
        ("de", "Europa wann"),
        ("de", "Preis SU7"),
        ("fr", "Europe quand"),
        ("fr", "livraisons voitures"),
        ("zh", "SU7 价格"),
    ],
)
def test_two_words_that_tell(language: str, text: str, known: str) -> None:
    """Two words of which one is in one language only are in that language, whatever the client reports."""
    assert detect(text, LANGUAGES, None, known) == language
