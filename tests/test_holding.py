"""What the running bot holds of a chat in memory: told by /mydata and dropped by /forget, in whichever part it lies."""

import gc
import json
from pathlib import Path

import pytest

from bot.answers.opening import Answering, open_answering
from bot.app import open_services
from bot.chat.composing import plain
from bot.chat.conversation import Conversation
from bot.chat.features import Feature, Visitor
from bot.chat.waiting import Waiting
from bot.news.ingesting import write_editions
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.settings import Settings
from bot.telegram.app import holding
from bot.telegram.replying import Replier
from bot.telegram.sender import TelegramSender
from bot.texts import say
from tests.answerers import GATE
from tests.articles import edition
from tests.encoders import WordEncoder
from tests.senders import canned_bot

ANNA = Visitor(ChatAddress(Channel.TELEGRAM, "5000001"), "en", user=5000001)


class Anything(int):
    """Whatever a part of the conversation may wait for."""

    name = "anything"
    text = "anything"


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Over one small article, without a model; Anna is one of the admins."""
    monkeypatch.setattr("bot.answers.opening.gate_of", lambda _: GATE)
    (tmp_path / "articles").mkdir()
    settings = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles", reader=False, admins=(5000001,))
    small = open_answering(settings, WordEncoder("depot", "lorry", "price", "opens"))
    write_editions(small, [edition("a", "en", [["The depot opens in Turin.", "A lorry waits there."]])])
    small.catalogue.refresh()
    return small


def everything_waiting() -> list[Waiting[Anything]]:
    """Whatever there is in this process that waits for somebody's word."""
    return [thing for thing in gc.get_objects() if type(thing) is Waiting]


async def mydata(conversation: Conversation) -> list[dict[str, object]]:
    """What /mydata tells of the memory."""
    [reply] = await conversation.command(ANNA, "mydata")
    [document] = reply.documents
    held: list[dict[str, object]] = json.loads(document.content)["held_in_memory"]
    return held


async def pressed(conversation: Conversation, button: Button) -> str:
    """What is read after a button."""
    [reply] = await conversation.press(ANNA, button.data)
    return plain(reply.html)


async def test_what_waits_for_consent_is_told_and_forgotten(answering: Answering) -> None:
    """A question that is not answered, a topic that is proposed, what is asked for: all of it is in the file, and once
    it is forgotten the buttons under it mean nothing any more."""
    async with open_services(answering) as services:
        conversation = services.conversation
        [refused] = await conversation.message(ANNA, "What is the price of bread in the depot?")
        [proposed] = await conversation.command(ANNA, "subscribe", "prices in Turin")
        await conversation.command(ANNA, "subscribe")
        await conversation.press(ANNA, "set:q:ask")
        held = {name: value for thing in await mydata(conversation) for name, value in thing.items()}
        assert held["topic_proposed"] == "prices in Turin"
        assert held["question_not_answered"] == held["last_question"] == "What is the price of bread in the depot?"
        assert held["asked_for"] == "hours"
        [asked] = await conversation.command(ANNA, "forget")
        assert say("en", "kept_memory") in asked.html
        assert (await pressed(conversation, asked.buttons[0][0])).startswith("Done, it is all deleted")
        assert await pressed(conversation, refused.buttons[-1][0]) == say("en", "old_button")
        assert await pressed(conversation, proposed.buttons[0][0]) == plain(say("en", "own_too_late"))


async def test_no_part_holds_what_is_not_told(answering: Answering) -> None:
    """Whatever waits anywhere in the bot for a word of somebody is told and forgotten, though nobody named it here."""
    before = everything_waiting()
    async with open_services(answering) as services:
        found = [one for one in everything_waiting() if not any(one is other for other in before)]
        assert len(found) >= 4
        for waiting in found:
            waiting.put(ANNA.chat, "key", Anything(7))
        assert len(await mydata(services.conversation)) == len(found)
        await services.conversation.press(ANNA, "forget:yes")
        assert [waiting.take(ANNA.chat, "key") for waiting in found] == [None] * len(found)


async def test_the_way_into_telegram_forgets_too(answering: Answering) -> None:
    """That a keyboard is shown in a chat, or that it is owed word of a lost answer, is told and forgotten as well."""
    bot, api = canned_bot()
    sender = TelegramSender(bot)
    replier = Replier(sender, bot)
    async with open_services(answering, [Feature(holds=held) for held in holding(sender, replier)]) as services:
        await sender.send(ANNA.chat, Reply("Where are you?", asks_place="Here"))
        replier.apologies.owe(ANNA.chat, Reply("Ask me again."), 900)
        held = {name for thing in await mydata(services.conversation) for name in thing}
        assert {"keyboard_shown", "answer_not_sent"} < held
        await services.conversation.press(ANNA, "forget:yes")
        assert [part.everything_of(ANNA.chat) for part in holding(sender, replier)] == [[], []]
        await sender.send(ANNA.chat, Reply("Hello."))
        assert [call.get("reply_markup") is None for name, call in api.calls if name == "sendMessage"] == [False, True]
    await replier.close()
