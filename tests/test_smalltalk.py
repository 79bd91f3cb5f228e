"""Small talk: recognised in every language, and never taken for a question or the other way round."""

import pytest

from bot.answers.smalltalk import Chatter, Smalltalk, recognise
from bot.settings import LANGUAGES
from bot.texts import phrasebook

KINDS = [kind for kind in Smalltalk if kind is not Smalltalk.WORDLESS]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_phrase_is_of_its_kind(kind: Smalltalk, language: str) -> None:
    """Each phrase of a language's file, however it is written, is recognised as the kind that it stands under."""
    for phrase in phrasebook(language).smalltalk[kind]:
        for written in (phrase, f"{phrase.upper()}!!", f"  {phrase.capitalize()} 🙂 "):
            assert recognise(written, [language]) == Chatter(kind, language), written


@pytest.mark.parametrize(
    ("text", "chatter"),
    [
        ("Hello!", Chatter(Smalltalk.GREETING, "en")),
        ("hellooooo", Chatter(Smalltalk.GREETING, "en")),
        ("Grazie mille", Chatter(Smalltalk.THANKS, "it")),
        ("¿Quién eres?", Chatter(Smalltalk.IDENTITY, "es")),
        ("Wer bist du?", Chatter(Smalltalk.IDENTITY, "de")),
        ("Ça va ?", Chatter(Smalltalk.WELLBEING, "fr")),
        ("谢谢你！", Chatter(Smalltalk.THANKS, "zh")),
        ("再见", Chatter(Smalltalk.FAREWELL, "zh")),
        ("Ciao, chi sei?", Chatter(Smalltalk.IDENTITY, "it")),
        ("hi there, how are you", Chatter(Smalltalk.WELLBEING, "en")),
        ("ok thanks bye", Chatter(Smalltalk.FAREWELL, "en")),
        ("subscribe me pls", Chatter(Smalltalk.FOLLOW, "en")),
        ("Ciao, tienimi aggiornato per favore", Chatter(Smalltalk.FOLLOW, "it")),
        ("hi, please stop messaging me, thanks", Chatter(Smalltalk.LEAVE, "en")),
        ("tienimi aggiornato pls", Chatter(Smalltalk.FOLLOW, "it")),
        ("别再给我发消息了！", Chatter(Smalltalk.LEAVE, "zh")),
    ],
)
def test_small_talk_in_any_language(text: str, chatter: Chatter) -> None:
    """Without any hint, kind and language are told by the phrase; of several phrases the most telling one counts."""
    assert recognise(text) == chatter


@pytest.mark.parametrize("text", ["", "   ", "?", "!!!", "🚗🔥", "👍", "...", "_-_", "\u200f\u200f"])
def test_signs_alone_are_wordless(text: str) -> None:
    """A message of nothing but signs is small talk without words, and tells no language."""
    assert recognise(text, ["it"]) == Chatter(Smalltalk.WORDLESS, None)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "hey there",
                "hello again, my dear bot",
                "great answer",
                "hahahaha 😂",
                "no, nothing",
                "that's all, thanks",
            ),
        ),
        ("it", ("ciao a tutti", "salve a voi", "ahahah", "no, niente grazie", "sei gentilissimo", "buon anno a tutti")),
        ("es", ("¡hola, buenas tardes!", "jajajaj", "nada, gracias", "eres muy amable", "feliz año a todos", "vale")),
        ("de", ("guten Abend zusammen", "Hallo in die Runde", "hehehe", "nein, danke", "ja", "das war sehr nett")),
        (
            "fr",
            ("salut, ça va ?", "bonjour le bot", "mdr", "non, rien, merci", "c'était très utile", "bonne année à tous"),
        ),
        ("zh", ("早上好", "大家早上好", "哈哈哈", "不用了，谢谢", "对不起", "好的，知道了，谢谢")),
    ],
)
def test_words_in_any_order(language: str, texts: tuple[str, ...]) -> None:
    """Nobody listed these messages: every word of them is one of small talk, or fills."""
    for text in texts:
        found = recognise(text, [language])
        assert found is not None, text
        assert found.language == language


def test_a_longer_phrase_that_leads_nowhere() -> None:
    """Where the longest phrase leaves words over, a shorter one is tried; and a text of many of them takes no time."""
    assert recognise("hola buenas tardes", ["es"]) == Chatter(Smalltalk.GREETING, "es")
    assert recognise("thanks a lot " * 40 + "lorry", ["en"]) is None


@pytest.mark.parametrize("text", ["really?", "ok?", "wirklich? danke!", "¿de verdad?", "真的吗？"])
def test_a_remark_may_have_a_question_mark(text: str) -> None:
    """Phrases that need no filler ask nothing, whatever sign stands behind them."""
    assert recognise(text) is not None


def test_the_likely_language_wins() -> None:
    """A phrase of several languages is heard in the likely one."""
    assert recognise("ok", ["de"]) == Chatter(Smalltalk.THANKS, "de")
    assert recognise("ok", ["zh"]) == Chatter(Smalltalk.THANKS, "zh")
    assert recognise("ok", ["pt"]) == Chatter(Smalltalk.THANKS, "en")


@pytest.mark.parametrize(
    "question",
    [
        "When do Xiaomi cars reach Europe?",
        "Hello, when do Xiaomi cars reach Europe?",
        "Thanks, and how many SU7 have been delivered?",
        "Who is Xu Fei?",
        "What can Human x Car x Home do?",
        "What is the YU7?",
        "How is the YU7 going?",
        "SU7?",
        "2027",
        "Quando arrivano le auto Xiaomi in Europa?",
        "Ciao, quanti negozi apriranno?",
        "Chi è Xu Fei?",
        "Come funziona Human x Car x Home?",
        "¿Cuándo llegan los coches a Europa?",
        "Hola, ¿qué es el SU7?",
        "Wann kommen die Autos nach Europa?",
        "Was ist der YU7?",
        "Quand arrivent les voitures en Europe ?",
        "Qui est Xu Fei ?",
        "小米汽车什么时候进入欧洲？",
        "你好，SU7交付了多少辆？",
        "谁宣布的？",
        "hi, when do the cars come?",
        "haha and how many stores?",
        "no, the price",
        "is it true that the cars come?",
        "good, but why?",
        "hallo zusammen, wann kommen die Autos?",
        "buenas tardes, ¿cuánto cuesta?",
        "please",
        "Goodbyee Lenin",
        "Ist das sicher?",
        "ist das sicher",
        "¿Qué es la prueba?",
        "es una prueba?",
        "che prova è",
        "Est-ce un test ?",
        "È utile?",
        "a test?",
        "When do they stop selling the SU7?",
        "Can I subscribe to a test drive?",
        "How do I follow Xiaomi on Telegram?",
        "Kann ich das Auto abonnieren?",
        "Quando smettono di venderla?",
        "para cuándo?",
    ],
)
def test_a_question_is_no_small_talk(question: str) -> None:
    """Whatever asks for something, also after a greeting, is left to the search."""
    assert recognise(question) is None
