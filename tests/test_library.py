"""The library: articles with their words, who reads which edition, and where the same thing is said elsewhere."""

from bot.answers.library import Library, counterpart, library_of, reading_edition, words_of
from corpus.model import Article, Edition, Paragraph, Sentence
from index.store import FaissStore
from tests.articles import article, edition

EARLY = article("early", {"it": [["Una."]], "en": [["One."]], "de": [["Eins."]]}, day=1)
LATE = article("late", {"it": [["Due."]], "fr": [["Deux."]]}, day=2)
ALSO_LATE = article("later", {"de": [["Drei."]]}, day=2)


def library(*articles: Article) -> Library:
    """Without a vector."""
    return library_of(articles, FaissStore.empty(2), "state")


def test_articles_are_found_by_slug() -> None:
    """Every article is there under its slug, and the state has the name that it was given."""
    both = library(EARLY, LATE)
    assert both.articles == {"early": EARLY, "late": LATE}
    assert both.digest == "state"


def test_its_languages_are_those_of_its_editions() -> None:
    """The languages are those that some edition is in, sorted, each once."""
    assert library(EARLY, LATE).languages == ("de", "en", "fr", "it")
    assert library().languages == ()


def test_the_newest_is_first() -> None:
    """Articles are listed from the last published to the first, those of one day always in the same order."""
    assert library(EARLY, LATE, ALSO_LATE).newest_first == (ALSO_LATE, LATE, EARLY)
    assert library(ALSO_LATE, LATE, EARLY).newest_first == (ALSO_LATE, LATE, EARLY)


def test_words_are_counted_by_sentence_and_by_paragraph() -> None:
    """The terms of a sentence are its own, those of a paragraph all of its sentences'."""
    words = words_of(edition("a", "en", [["A red car.", "A boat."], ["Blue."]], title="Wheels"))
    assert words.sentences == {
        "a/p1/s1": {"a", "red", "car"},
        "a/p1/s2": {"a", "boat"},
        "a/p2/s1": {"blue"},
    }
    assert words.paragraphs == {"a/p1": {"a", "red", "car", "boat"}, "a/p2": {"blue"}}


def test_headings_and_titles_are_known_words() -> None:
    """A word of a heading or of the title is known to the edition, but no sentence has it."""
    plain = edition("a", "en", [["Red."]], title="Wheels")
    headed = Edition(
        slug="a",
        language="en",
        original="en",
        title="Wheels",
        published=plain.published,
        source="Acme",
        paragraphs=(Paragraph("a/p1", (Sentence("a/p1/s1", "Red."),), heading="Colours"),),
    )
    words = words_of(headed)
    assert words.everything == {"red", "wheel", "colou"}
    assert words.paragraphs == {"a/p1": {"red"}}
    assert words.rarity.weights.keys() == {"red"}


def test_an_asker_reads_their_own_language() -> None:
    """An asker reads the edition in their language; without one the English; without that the original."""
    assert reading_edition(EARLY, "de").language == "de"
    assert reading_edition(EARLY, "pt").language == "en"
    assert reading_edition(LATE, "en").language == "it"
    assert reading_edition(LATE, "fr").language == "fr"


def test_the_same_sentence_in_another_edition() -> None:
    """Where two paragraphs have as many sentences, sentence j of both says the same."""
    here = edition("a", "en", [["One.", "Two."], ["Three."]])
    there = edition("a", "it", [["Una.", "Due."], ["Tre."]])
    assert counterpart("a/p1/s2", here, there) == Sentence("a/p1/s2", "Due.")
    assert counterpart("a/p2/s1", here, there) == Sentence("a/p2/s1", "Tre.")


def test_no_counterpart_where_the_sentences_differ() -> None:
    """Where a paragraph is cut otherwise, its sentences have no counterpart, and the other paragraphs keep theirs."""
    here = edition("a", "en", [["One.", "Two."], ["Three."]])
    there = edition("a", "it", [["Una e due."], ["Tre."]])
    assert counterpart("a/p1/s1", here, there) is None
    assert counterpart("a/p2/s1", here, there) == Sentence("a/p2/s1", "Tre.")
    assert counterpart("a/p9/s9", here, there) is None
