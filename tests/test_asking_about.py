"""Asking about one article: its button is pressed, and the question that follows is put to it before all others."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.answers.opening import open_answering
from bot.app import open_services
from bot.chat.composing import plain
from bot.chat.conversation import Conversation
from bot.chat.features import Visitor
from bot.chat.memory import ATTENTION
from bot.chat.timeline import ABOUT, Timeline, article_token
from bot.news.ingesting import write_editions
from bot.replies import Channel, ChatAddress
from bot.settings import Settings
from tests.answerers import GATE
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.subscribers import open_office
from tests.talking import somebody

ANNA = Visitor(ChatAddress(Channel.TELEGRAM, "5000001"), "en", user=5000001)
OTHER = Visitor(ChatAddress(Channel.TELEGRAM, "5000002"), "en", user=5000002)
TURIN = "The depot opens in Turin."
PARIS = "The depot opens in Paris."
QUESTION = "Where is it that the depot opens?"


@pytest.fixture
async def conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Conversation]:
    """Over two articles that say the same of two towns, without a model."""
    monkeypatch.setattr("bot.answers.opening.gate_of", lambda _: GATE)
    (tmp_path / "articles").mkdir()
    settings = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles", reader=False)
    answering = open_answering(settings, WordEncoder("depot", "opens", "lorry"))
    for slug, sentences in (("paris", [PARIS, "A lorry waits in front of it."]), ("turin", [TURIN])):
        write_editions(answering, [edition(slug, "en", [sentences])])
    answering.catalogue.refresh()
    async with open_services(answering) as services:
        yield services.conversation


async def asked(conversation: Conversation, question: str, visitor: Visitor = ANNA) -> str:
    """What is read first of the reply to a question."""
    [reply] = await conversation.message(visitor, question)
    return plain(reply.html)


@pytest.mark.parametrize(("slug", "said"), [("turin", TURIN), ("paris", PARIS)])
async def test_the_next_question_is_put_to_the_article(conversation: Conversation, slug: str, said: str) -> None:
    """Small talk in between does not count; the question after the next is put to all, as that of anybody else is."""
    before = await asked(conversation, QUESTION, OTHER)
    await conversation.press(ANNA, f"{ABOUT}:{article_token(slug)}")
    await conversation.message(ANNA, "hello!")
    answer = await asked(conversation, QUESTION)
    assert said in answer
    assert (PARIS if said == TURIN else TURIN) not in answer
    assert await asked(conversation, QUESTION) == await asked(conversation, QUESTION, OTHER) == before


async def test_a_follow_up_stays_with_the_article(conversation: Conversation) -> None:
    """However many lean on each other; a question in full is put to all, as what leans on that one is."""
    await conversation.press(ANNA, f"{ABOUT}:{article_token('paris')}")
    for question in (QUESTION, "and when?", "and where?"):
        answer = await asked(conversation, question)
        assert PARIS in answer
        assert TURIN not in answer
    for question in (QUESTION, "and when?"):
        answer = await asked(conversation, question)
        assert TURIN in answer
        assert answer == await asked(conversation, question, OTHER)


async def test_a_follow_up_after_another_button_is_about_that_article(conversation: Conversation) -> None:
    """What is chosen last counts, whatever the message leans on."""
    await conversation.press(ANNA, f"{ABOUT}:{article_token('turin')}")
    await asked(conversation, QUESTION)
    await conversation.press(ANNA, f"{ABOUT}:{article_token('paris')}")
    answer = await asked(conversation, "and when?")
    assert PARIS in answer
    assert TURIN not in answer


async def test_what_the_article_does_not_say_is_asked_of_all(conversation: Conversation) -> None:
    """Where only another article answers, that one does."""
    await conversation.press(ANNA, f"{ABOUT}:{article_token('turin')}")
    assert "A lorry waits" in await asked(conversation, "Where does a lorry wait?")


async def test_it_is_told_and_forgotten(conversation: Conversation) -> None:
    """/mydata names the article that a question is waited for, and after /forget none is waited for."""
    await conversation.press(ANNA, f"{ABOUT}:{article_token('turin')}")
    [told] = await conversation.command(ANNA, "mydata")
    held = json.loads(told.documents[0].content)["held_in_memory"]
    assert {"topic": 0, "article_to_be_asked_about": "turin"} in held
    before = await asked(conversation, QUESTION, OTHER)
    await conversation.press(ANNA, "forget:yes")
    assert await asked(conversation, QUESTION) == before


async def test_ten_minutes_later_nothing_is_known_of_it(tmp_path: Path) -> None:
    """Who asks later asks about anything, and so does somebody else in the same group."""
    clock = StoppedClock()
    async with open_office(tmp_path) as office:
        timeline = Timeline(office.library, office.samples, office.threads, clock).feature
        assert timeline.about is not None
        person, another = somebody(), somebody(2)
        await timeline.presses[ABOUT](person, "en", article_token("fair"))
        assert (timeline.about(person), timeline.about(another)) == ("fair", None)
        clock.forward(ATTENTION.total_seconds() + 1)
        assert timeline.about(person) is None
