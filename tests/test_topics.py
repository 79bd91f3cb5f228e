"""What articles are about, and who follows which."""

import pytest

from bot.chat.topics import (
    BUTTONS,
    MOST,
    known_topics,
    offered_topics,
    tapped,
    topic_name,
    topic_named,
    topic_token,
    without,
)
from bot.settings import LANGUAGES
from bot.texts import phrasebook
from tests.articles import article
from tests.subscribers import CARS, FAIR, labelled


def test_what_is_known() -> None:
    """News and offers always, then what articles carry, the most frequent first, then what is followed already."""
    assert known_topics([]) == ("news", "offers")
    assert known_topics([CARS, FAIR, labelled(CARS, "prices"), labelled(FAIR, "prices")]) == (
        "news",
        "offers",
        "prices",
        "test-drives",
    )
    assert known_topics([CARS], ["everything", "news", "gone"]) == ("news", "offers", "gone")
    assert known_topics([labelled(CARS, "everything")]) == ("news", "offers")


def test_there_are_never_too_many_buttons() -> None:
    """Of many topics the most frequent are offered, and what is followed already, as long as a message has room."""
    known = known_topics([labelled(article("a", {"en": [["Text."]]}), *(f"topic-{n:02d}" for n in range(98)))])
    assert len(known) == 100
    assert offered_topics(known) == known[:MOST]
    assert offered_topics(known, ("topic-97",)) == (*known[:MOST], "topic-97")
    assert len(offered_topics(known, known)) == BUTTONS


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_names_the_same_topics(language: str) -> None:
    """Every language has names for the same topics, none of them twice."""
    assert set(phrasebook(language).topics) == {"everything", "news", "offers"}
    names = [name for names in phrasebook(language).topics.values() for name in names]
    assert len(names) == len(set(names))
    for topic, called in phrasebook(language).topics.items():
        for name in called:
            assert topic_named(f" {name.upper()} ", ("news", "offers")) == topic


def test_names() -> None:
    """A known topic is called as the language calls it, the operator's own by its label."""
    assert [topic_name("offers", language) for language in ("en", "de", "zh", "pt")] == [
        "offers",
        "Angebote",
        "优惠",
        "offers",
    ]
    assert topic_name("test-drives", "it") == "test drives"
    assert topic_named("Test-Drives", ("news", "test-drives")) == "test-drives"
    assert topic_named("prices in Italy", ("news", "test-drives")) is None
    assert topic_named("test drives", ("news",)) is None


def test_tapping() -> None:
    """Everything stands alone; a second tap takes a topic away."""
    assert tapped((), "everything") == ("everything",)
    assert tapped(("everything",), "news") == ("news",)
    assert tapped(("news",), "offers") == ("news", "offers")
    assert tapped(("news", "offers"), "news") == ("offers",)
    assert tapped(("news", "offers"), "everything") == ("everything",)
    assert tapped(("everything",), "everything") == ()


def test_muting() -> None:
    """What is muted goes; of everything, what else there is stays."""
    assert without(("news", "offers"), "news", ("news", "offers", "x")) == ("offers",)
    assert without(("everything",), "news", ("news", "offers", "x")) == ("offers", "x")
    assert without(("everything",), "everything", ("news", "offers")) == ()
    assert without((), "news", ("news", "offers")) == ()


def test_tokens() -> None:
    """A topic has the same token wherever it is made: old messages name it by that."""
    assert (topic_token("everything"), topic_token("news")) == ("a0a44ed8", "19fba0e9")
