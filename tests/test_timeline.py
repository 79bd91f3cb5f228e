"""The last announcements as a timeline."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers.samples import question_token
from bot.chat.composing import TELEGRAM_LIMIT, plain, units
from bot.chat.timeline import ASKABLE, LABEL, SHOWN, article_token
from bot.replies import Button
from bot.settings import LANGUAGES
from bot.texts import say
from corpus.model import Article
from tests.articles import article
from tests.subscribers import CARS, FAIR, QUESTION, Office, labelled, open_office
from tests.talking import somebody


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


def many(count: int) -> list[Article]:
    """So many articles, two a day."""
    return [
        article(f"a{n:02d}", {"en": [["Text."]]}, title=f"{n:02d} {'x' * 99}", day=1 + n // 2) for n in range(count)
    ]


async def test_day_by_day(office: Office) -> None:
    """The newest first, each day once, titles as the reader reads them, with topics; a button asks about one."""
    office.articles.append(labelled(article("show", {"en": [["A show."]]}, title="A show", day=2), "offers"))
    talk = office.talk(language="it")
    reply = await talk.types("/latest")
    assert reply is not None
    assert reply.html == (
        "Gli ultimi annunci:\n\n"
        "<i>2 gennaio 2025</i>\n<b>A show</b> · offerte\n<b>A fair</b> · novità, test drives\n\n"
        "<i>1 gennaio 2025</i>\n<b>Cars &lt;abroad&gt;</b> · novità"
    )
    assert talk.labels == ["💬 A show", "💬 A fair", "💬 Cars <abroad>"]


async def test_a_single_article(office: Office) -> None:
    """With one announcement its questions are offered at once."""
    office.articles[:] = [CARS]
    reply = await office.talk().types("/latest")
    assert reply is not None
    assert reply.buttons == ((Button(QUESTION, f"q:{question_token(QUESTION)}"),),)


async def test_asking_about_one(office: Office) -> None:
    """The button says how to ask, with questions that the article answers where there are some."""
    talk = office.talk()
    await talk.types("/latest")
    reply = await talk.presses("Cars")
    assert reply.html == say("en", "ask_about", title="Cars <abroad>")
    assert not reply.edits
    assert talk.labels == [QUESTION]
    assert (await talk.sends_data(f"about:{article_token('fair')}")).html == say("en", "ask_about_bare", title="A fair")
    office.articles.remove(FAIR)
    assert (await talk.sends_data(f"about:{article_token('fair')}")).html == say("en", "old_button")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_how_to_ask_about_one_where_others_are(office: Office, language: str) -> None:
    """In a group, where the bot hears only commands and replies to it, the button says so."""
    data = f"about:{article_token('cars')}"
    how = say(language, "type_here", command="/ask ...")
    assert (await office.talk(somebody(-100, private=False), language).sends_data(data)).html.endswith(f"\n\n{how}")
    assert how not in (await office.talk(somebody(), language).sends_data(data)).html


async def test_only_so_many(office: Office) -> None:
    """Of many announcements the last ones are listed, and the last of these have a button that fits its place."""
    office.articles[:] = many(SHOWN + 3)
    talk = office.talk()
    reply = await talk.types("/latest")
    assert reply is not None
    assert reply.html.count("<b>") == SHOWN
    assert len(talk.buttons) == ASKABLE
    assert all(len(label) <= LABEL + 2 for label in talk.labels)


async def test_titles_with_an_address_are_links(office: Office) -> None:
    """A title leads to the article where that has an address."""
    office.articles[:] = [replace(CARS, editions=(replace(CARS.original, url="https://acme.example/?a&b"),))]
    reply = await office.talk().types("/latest")
    assert reply is not None
    assert '<a href="https://acme.example/?a&amp;b">Cars &lt;abroad&gt;</a> · news' in reply.html


async def test_monstrous_articles_fit(office: Office) -> None:
    """However long titles, addresses and topics are, Telegram takes the message."""
    monster = "<&x>" * 2000
    office.articles[:] = [
        labelled(
            article(f"a{n}", {"en": [["Text."]]}, title=monster, day=1 + n), *(f"{n}-{'y' * 200}" for n in range(9))
        )
        for n in range(SHOWN)
    ]
    reply = await office.talk().types("/latest")
    assert reply is not None
    assert units(plain(reply.html)) <= TELEGRAM_LIMIT


async def test_nothing_yet(office: Office) -> None:
    """Where there is no announcement, that is said."""
    office.articles.clear()
    reply = await office.talk().types("/latest")
    assert reply is not None
    assert reply.html == say("en", "latest_none")
