"""What an article is about, as its edition file labels it (news, offers, the operator's own), and who follows which."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.answers.wording import fold
from bot.settings import LANGUAGES
from bot.state.kinds import EVERYTHING
from bot.texts import phrasebook, spoken
from corpus.model import Article

COMMON = ("news", "offers")
"""The topics that are offered whether an article carries them yet or not."""
MOST = 12
"""Topics that are offered at most, beside those that are followed."""
BUTTONS = 60
"""Topics that have a button at most: Telegram shows a hundred buttons under a message, and there are others."""


def topic_token(topic: str) -> str:
    """Names a topic in callback data: 8 hex digits of its SHA-256."""
    return hashlib.sha256(topic.encode()).hexdigest()[:8]


def known_topics(articles: Iterable[Article], followed: Sequence[str] = ()) -> tuple[str, ...]:
    """All that everything is made of: the common topics, those of the articles, the most frequent first, and whatever
    is followed already."""
    counted = Counter(topic for article in articles for topic in article.original.topics)
    known = dict.fromkeys((*COMMON, *(topic for topic, _ in counted.most_common()), *followed))
    known.pop(EVERYTHING, None)
    return tuple(known)


def offered_topics(known: Sequence[str], followed: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of the known topics that have a button: as many as a person reads, and whatever is followed already."""
    return tuple(topic for place, topic in enumerate(known) if place < MOST or topic in followed)[:BUTTONS]


def topic_name(topic: str, language: str) -> str:
    """What people call a topic: "offerte" for offers, "special offers" for the operator's special-offers."""
    names = phrasebook(spoken(language)).topics.get(topic)
    return names[0] if names else topic.replace("-", " ")


def topic_named(text: str, topics: Iterable[str]) -> str | None:
    """The one of `topics`, or EVERYTHING, that these words name in any of the bot's languages; None for other words."""
    wanted = fold(" ".join(text.replace("-", " ").split()))
    for topic in (EVERYTHING, *topics):
        names = {fold(topic.replace("-", " "))}
        for language in LANGUAGES:
            names.update(fold(name) for name in phrasebook(language).topics.get(topic, ()))
        if wanted in names:
            return topic
    return None


def tapped(followed: Sequence[str], topic: str) -> tuple[str, ...]:
    """What is followed once the button of a topic was tapped: everything stands alone, and gives way to any other."""
    if topic in followed:
        return tuple(other for other in followed if other != topic)
    if topic == EVERYTHING:
        return (EVERYTHING,)
    return (*(other for other in followed if other != EVERYTHING), topic)


def without(followed: Sequence[str], topic: str, known: Iterable[str]) -> tuple[str, ...]:
    """What is followed once a topic is muted: of everything, what else is known."""
    if followed and topic != EVERYTHING and EVERYTHING in followed:
        return tuple(other for other in known if other != topic)
    return tuple(other for other in followed if other != topic)
