"""One story told twice, and two stories of one company."""

from dataclasses import replace
from datetime import date

import pytest

from bot.news.stories import Stories, gist_of, likeness, opening_of
from corpus.model import Article
from tests.answerers import word_library
from tests.articles import article
from tests.encoders import WordEncoder

FIRST = article("first", {"en": [["Brevio shows the Uno on 3 November.", "It costs 449 francs."]]}, title="Brevio Uno")
ANEW = article("anew", {"it": [["Brevio presenta la Uno il 3 novembre.", "Costa 449 franchi."]]}, title="La Brevio Uno")
NEXT = article(
    "next", {"en": [["Brevio recalls 6,200 kettles.", "They cost 79 francs."]]}, title="Brevio recalls kettles"
)


@pytest.fixture
def stories() -> Stories:
    """With an encoder for which all texts about Brevio point the same way."""
    return Stories(WordEncoder("brevio"))


def moved(told: Article, day: date) -> Article:
    """The same, published on another day."""
    return replace(told, editions=tuple(replace(edition, published=day) for edition in told.editions))


def test_a_story_told_anew_is_known(stories: Stories) -> None:
    """Another language and other words: the figures and the names are the same."""
    found = stories.compared(FIRST, ANEW)
    assert (found.shared, found.agreement) == (2, 1.0)
    assert found.names > 0
    assert found.one_story
    library = word_library([FIRST, ANEW, NEXT], WordEncoder("brevio"))
    assert stories.told_before(library, ANEW, ["first", "next"]) == "first"
    assert stories.tellings(library, FIRST) == (ANEW,)


def test_the_next_story_of_a_company_is_another(stories: Stories) -> None:
    """The same name and trade with other figures: nobody must miss it."""
    library = word_library([FIRST, NEXT], WordEncoder("brevio"))
    assert not stories.compared(FIRST, NEXT).one_story
    assert stories.told_before(library, NEXT, ["first"]) is None
    assert stories.tellings(library, NEXT) == ()


def test_a_telling_without_figures_is_no_duplicate(stories: Stories) -> None:
    """Where there is too little to tell by, it is a story of its own."""
    vague = article("vague", {"en": [["Brevio shows a machine."]]}, title="Brevio Uno")
    assert not stories.compared(FIRST, vague).one_story


def test_a_text_that_comes_again_word_for_word_is_one_story(stories: Stories) -> None:
    """A page without figures that moved, and was taken for one of another day, is told once; but what is said of
    tomorrow is said of another day then."""
    text = [["The museum is open again.", "Its café stays closed."], ["Entry is free."]]
    page = article("a-page", {"en": text}, title="Open again")
    page_moved = moved(article("page-moved", {"en": text}, title="Open again!"), date(2025, 1, 3))
    library = word_library([page, page_moved, NEXT], WordEncoder("brevio"))
    assert stories.told_before(library, page_moved, ["a-page", "next"]) == "a-page"
    less = article("less", {"en": [["The museum is open again."]]}, title="Open again")
    assert not stories.compared(page, less).one_story
    more = article("more", {"en": [*text, ["The shop opens on Sundays."]]}, title="Open again")
    assert not stories.compared(page, more).one_story
    strike = article("strike", {"en": [["No trains run tomorrow."]]}, title="Strike")
    again = moved(article("again", {"en": [["No trains run tomorrow."]]}, title="Strike"), date(2025, 1, 8))
    assert not stories.compared(strike, again).one_story


def test_years_and_the_numbers_of_names_count_nothing() -> None:
    """2026 is in every other announcement, and the 125 of a model is its name."""
    one = article("a", {"en": [["Wulai builds the Kite 125 in 2026.", "It weighs 80 kilos."]]}).original
    gist = gist_of(one, WordEncoder().encode_passages([opening_of(one)])[0])
    assert gist.figures == {"80"}
    assert gist.names == {"kite"}


def test_what_every_text_ends_in_is_not_compared() -> None:
    """Figures after the opening, such as how many people a company employs, make no two stories one."""
    ending = ["Brevio has 310 people and 27 shops."]
    one = article("a", {"en": [["Brevio shows the Uno."], ["It is red."], ending]}).original
    other = article("b", {"en": [["Brevio closes a plant."], ["It is old."], ending]}).original
    encoder = WordEncoder("brevio")
    gists = [gist_of(edition, encoder.encode_passages([opening_of(edition)])[0]) for edition in (one, other)]
    assert likeness(*gists).shared == 0


def test_a_story_of_long_ago_is_another(stories: Stories) -> None:
    """What comes weeks later is told again: it may be the anniversary, and few will mind."""
    later = moved(ANEW, date(2025, 2, 1))
    library = word_library([FIRST, later], WordEncoder("brevio"))
    assert stories.told_before(library, later, ["first"]) is None
    assert stories.told_before(library, later, ["nowhere", "anew"]) is None
