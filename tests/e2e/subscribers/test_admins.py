"""What an admin does with the real bot in the chat."""

import pytest

from tests.bot_api import BotApiServer
from tests.e2e.subscribers.conftest import ADMIN, LONG, Subscriber
from tests.e2e.subscribers.texts import SCHOOL, SCHOOL_TITLE, ZOO, ZOO_TITLE

pytestmark = pytest.mark.enable_socket


def test_an_article_is_looked_at_published_and_taken_back(server: BotApiServer, subscriber: Subscriber) -> None:
    """A file or a text is answered with a dry run; what was published is taken back, and nobody heard of it."""
    reader = subscriber()
    admin = server.chat(ADMIN, language_code="en")
    for place, (text, title) in enumerate(((ZOO, ZOO_TITLE), (SCHOOL, SCHOOL_TITLE))):
        admin.sends_document(f"article{place}.md", text.encode(), "text/markdown")
        offer = admin.wait_for_message(title, timeout=LONG)
        assert {"Publish", "Edit the title", "Discard"} <= set(offer.labels)
        admin.presses("Publish" if place == 0 else "Discard", offer)
        decided = admin.wait_for_message("Published:" if place == 0 else "Discarded:", timeout=LONG)
        assert title in decided.text
    published = next(sent for sent in admin.messages if "Published:" in sent.text)
    admin.presses("Take it back", published)
    assert ZOO_TITLE in admin.wait_for_message("Taken back:", timeout=LONG).text
    server.wait_idle(quiet=3)
    assert not any("📣" in sent.text for sent in reader.messages)


def test_nobody_else_is_an_admin(server: BotApiServer) -> None:
    """/ingest and /stats are unknown to others, and a file is no article."""
    person = server.chat(8_900_100, language_code="en")
    for command in ("/ingest https://example.org", "/stats"):
        person.says(command)
        person.wait_for_message(f"I do not know the command {command.split()[0]}")
    person.sends_document("article.md", ZOO.encode(), "text/markdown")
    person.wait_for_message()
    assert not any(ZOO_TITLE in sent.text for sent in person.messages)


def test_figures_come_as_text_and_pictures(server: BotApiServer) -> None:
    """/stats by an admin: text, and pictures."""
    admin = server.chat(ADMIN, language_code="en")
    admin.says("/stats")
    admin.wait_for_message("Subscribers:")
    figures = admin.wait_for_message(lambda sent: sent.attached is not None, timeout=LONG).attached
    assert figures is not None
    assert (figures.picture, figures.content[:8]) == (True, b"\x89PNG\r\n\x1a\n")
