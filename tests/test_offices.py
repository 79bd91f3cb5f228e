"""Who holds an office is not told by a sentence that names other offices only, in six languages."""

import pytest

from bot.answers.asking import grammar
from bot.answers.offices import PART, names_other_offices, office_asked, offices
from bot.settings import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_office(language: str) -> None:
    """Each language has words for the same offices."""
    assert set(grammar(language)["offices"]) == set(grammar("en")["offices"])


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("vice president Anna Berg", "en", {"vice"}),
        ("founder and chief executive Anna Berg", "en", {"founder", "chief_executive"}),
        ("Marketingchef Jan Vos", "de", {"commerce"}),
        ("Vizebürgermeisterin Rita Klug", "de", {"vice"}),
        ("der Halbleiter und sein Begleiter", "de", set()),
        ("il fondatore e amministratore delegato", "it", {"founder", "chief_executive"}),
        ("fino ad agosto", "it", set()),
        ("el consejero delegado", "es", {"chief_executive"}),
        ("la directrice de la communication", "fr", {PART}),
        ("副总经理覃若溪", "zh", {"vice"}),
        ("公司财务总监", "zh", {"finance"}),
        ("vice-président et Chief Marketing Officer", "fr", {"vice", "commerce"}),
        ("the ferry sails daily", "en", set()),
        ("o presidente", "pt", set()),
    ],
)
def test_offices_of_a_text(text: str, language: str, named: set[str]) -> None:
    """Of words within longer ones the longest count; English titles are understood everywhere."""
    assert offices(text, language) == named


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who is the mayor of Bergen?", "en"),
        ("bergen mayor", "en"),
        ("Chi è il sindaco di Bergamo?", "it"),
        ("Come si chiama il sindaco?", "it"),
        ("¿Quién es la alcaldesa de Oviedo?", "es"),
        ("Wer ist Bürgermeisterin in Kiel?", "de"),
        ("Comment s'appelle le maire ?", "fr"),
        ("卑尔根市长是谁", "zh"),
    ],
)
def test_the_holder_of_an_office_is_asked_for(question: str, language: str) -> None:
    """Who it is, what their name is, or nothing but the office."""
    assert office_asked(question, language) == {"mayor"}


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Why did the mayor resign?", "en"),
        ("When was the mayor elected?", "en"),
        ("Who was chosen after a long quarrel in the town hall, though the mayor had been against it?", "en"),
        ("Has the mayor resigned?", "en"),
        ("Who is head of packaging?", "en"),
        ("Wer ist Personalchefin?", "de"),
        ("市长为什么辞职", "zh"),
        ("Who is Anna Berg?", "en"),
        ("", "en"),
        ("Quem é o presidente?", "pt"),
    ],
)
def test_something_else_is_asked_for(question: str, language: str) -> None:
    """What the holder of an office did is another question, and who leads one of many parts cannot be told apart."""
    assert office_asked(question, language) == frozenset()


@pytest.mark.parametrize(
    ("question", "language", "sentence", "told_in"),
    [
        ("Who is the CEO of the dairy?", "en", "“Milk is cheap,” said vice president Anna Berg.", "en"),
        ("Who is the CEO of the dairy?", "en", "Marketing director Anna Berg likes milk.", "en"),
        ("Who is the CEO of the dairy?", "en", "Vice president Anna Berg founded another one in 1990.", "en"),
        ("Who is the boss?", "en", "The colour was chosen by head of design Anna Berg.", "en"),
        ("Chi è l'amministratore delegato?", "it", "Il latte costa poco, dice la vicepresidente Anna Berti.", "it"),
        ("¿Quién es el director general?", "es", "«Hay leche», dijo la portavoz Ana Ríos.", "es"),
        ("Wer ist der Chef der Molkerei?", "de", "„Milch ist billig“, sagte Marketingchefin Anna Berg.", "de"),
        ("Qui est le PDG ?", "fr", "Le lait est bon, assure Anne Bergé, directrice de la communication.", "fr"),
        ("老板是谁？", "zh", "副总裁安娜说牛奶便宜。", "zh"),
        ("Who is the mayor of Molde?", "en", "Il vicesindaco Aldo Neri ha tagliato il nastro.", "it"),
    ],
)
def test_another_office_is_no_answer(question: str, language: str, sentence: str, told_in: str) -> None:
    """A sentence that names other offices only does not say who holds the one asked for."""
    assert names_other_offices(question, language, sentence, told_in)


@pytest.mark.parametrize(
    ("question", "language", "sentence", "told_in"),
    [
        ("Who is the CEO of the dairy?", "en", "Chief executive Anna Berg likes milk.", "en"),
        ("Who is the CEO of the dairy?", "en", "Anna Berg likes milk.", "en"),
        ("Who is the CEO of the dairy?", "en", "President Anna Berg runs the dairy.", "en"),
        ("Who is the CEO of the dairy?", "en", "Geschäftsführerin Anna Berg mag Milch.", "de"),
        ("Chi è il capo?", "it", "Lo dice il presidente Aldo Neri.", "it"),
        ("¿Quién fundó la lechería?", "es", "Lo dice la vicepresidenta Ana Ríos.", "es"),
        ("Wer ist der Finanzchef?", "de", "Finanzvorständin Anna Berg mag Milch.", "de"),
        ("Qui est le directeur financier ?", "fr", "Anne Bergé, directrice financière, aime le lait.", "fr"),
        ("公司的负责人是谁", "zh", "总经理安娜喜欢牛奶。", "zh"),
        ("Who is the CEO of the dairy?", "en", "O vice-presidente gosta de leite.", "pt"),
        ("Who is the founder of the dairy?", "en", "Chief executive Anna Berg founded it in 1990.", "en"),
        ("Chi è il fondatore?", "it", "L'amministratrice delegata Anna Berti la fondò nel 1990.", "it"),
        ("¿Quién es el fundador?", "es", "La consejera delegada Ana Ríos la fundó en 1990.", "es"),
        ("Wer ist der Gründer?", "de", "Geschäftsführerin Anna Berg hat sie 1990 gegründet.", "de"),
        ("Qui est la fondatrice ?", "fr", "La PDG Anne Bergé l'a fondée en 1990.", "fr"),
        ("创始人是谁？", "zh", "总裁安娜于1990年创建了公司。", "zh"),
        ("Who is the owner of the dairy?", "en", "Chairman Jan Vos bought it in 1990.", "en"),
        ("Who is the director of the castle?", "en", "The castle director, Anna Berg, opened it.", "en"),
        ("Who is the CEO of Lactora?", "en", "The head of Lactora, Anna Berg, likes milk.", "en"),
        ("Wer ist der Chef der Feuerwehr?", "de", "Feuerwehrchefin Anna Berg kam.", "de"),
        ("Who is the president of Norland?", "en", "Anna Berg, the head of state, likes milk.", "en"),
        ("Who is the minister of health?", "en", "Health Secretary Anna Berg likes milk.", "en"),
    ],
)
def test_the_office_or_none_may_be_an_answer(question: str, language: str, sentence: str, told_in: str) -> None:
    """One that names the office, or none, or says by a verb who leads, is left to the other evidence."""
    assert not names_other_offices(question, language, sentence, told_in)


def test_no_question_is_remembered() -> None:
    """What somebody asked stays in no cache: only sentences of articles do."""
    names_other_offices("Who is the mayor of Zzyzx?", "en", "The coach spoke.", "en")
    before = offices.cache_info().currsize
    names_other_offices("Who is the coach of Zzyzx?", "en", "The coach spoke.", "en")
    assert offices.cache_info().currsize == before
