"""The real bot in groups: it speaks when it is spoken to, where it was spoken to."""

from collections.abc import Iterator

import pytest

from tests.bot_api import BotApiServer, User
from tests.e2e.conftest import NewChat
from tests.e2e.texts import ORDERS

pytestmark = pytest.mark.enable_socket

QUESTION = ORDERS["en"].question
VALUE = ORDERS["en"].value


@pytest.fixture
def sees_everything(server: BotApiServer) -> Iterator[None]:
    """The bot is an administrator: Telegram shows it what people say to one another."""
    server.world.privacy_mode = False
    yield
    server.world.privacy_mode = True


@pytest.mark.usefixtures("sees_everything")
def test_people_talk_to_one_another_undisturbed(group: NewChat) -> None:
    """Plain text, pictures, replies to people and commands of other bots are ignored; /ask is answered."""
    chat = group()
    said = chat.says(QUESTION)
    assert said.delivered
    chat.sends_photo("our car")
    chat.replies_to(said, QUESTION)
    chat.says(f"/ask@other_bot {QUESTION}")
    chat.says("/roll 20")
    asked = chat.says(f"/ask {QUESTION}")
    assert chat.wait_for_message(VALUE).reply_to == asked.message_id
    assert len(chat.messages) == 1


def test_ask_with_the_bot_s_name_is_answered_as_a_reply(group: NewChat) -> None:
    """/ask@annuncio_bot, in any case of its letters; the answer hangs on the question."""
    chat = group()
    for name in ("annuncio_bot", "Annuncio_Bot"):
        asked = chat.says(f"/ask@{name} {QUESTION}")
        assert chat.wait_for_message(VALUE).reply_to == asked.message_id


def test_a_reply_to_the_bot_is_a_question(group: NewChat) -> None:
    """Who replies to an answer goes on asking, without a command."""
    chat = group()
    chat.says(f"/ask {QUESTION}")
    answer = chat.wait_for_message(VALUE)
    asked = chat.replies_to(answer, "What is the price of the SU7 in Italy?")
    assert chat.wait_for_message("The announcement does not state this").reply_to == asked.message_id


def test_a_command_for_another_bot_is_its_own(group: NewChat) -> None:
    """/ask@other_bot is not answered, also where Telegram delivers it because it replies to this bot."""
    chat = group()
    chat.says(f"/ask {QUESTION}")
    answer = chat.wait_for_message(VALUE)
    assert chat.replies_to(answer, f"/ask@other_bot {QUESTION}").delivered
    chat.says("/help@annuncio_bot")
    chat.wait_for_message("/unsubscribe")
    assert len(chat.messages) == 2


def test_a_forum_topic_is_kept(group: NewChat) -> None:
    """The answer, and what a button brings, stand in the topic in which they were asked for."""
    chat = group(forum=True)
    asked = chat.says("/start@annuncio_bot", thread_id=7)
    welcome = chat.wait_for_message("Hello!")
    assert (welcome.thread_id, welcome.reply_to) == (7, asked.message_id)
    chat.wait_for_answer(chat.presses(welcome.labels[0]))
    assert chat.wait_for_message("Source:").thread_id == 7
    assert chat.wait_for_message(welcome.labels[0]).thread_id == 7


def test_an_administrator_subscribes_a_group_for_all_of_it(group: NewChat) -> None:
    """/subscribe in a group by one of its administrators, /settings shows it; others cannot change that."""
    chat = group()
    chat.says("/subscribe@annuncio_bot")
    chat.wait_for_message("Only an administrator of this chat can decide that.")
    anna = User(42, "Anna", "en")
    chat.gives_role(anna, "administrator")
    chat.says("/subscribe@annuncio_bot", user=anna)
    chat.wait_for_message("Done: you will hear of every new announcement")
    chat.says("/settings")
    assert "News: subscribed" in chat.wait_for_message("Settings").text
    refused = chat.wait_for_answer(chat.presses("Weekly"))
    assert (refused.text, refused.alert) == ("Only an administrator of this chat can decide that.", True)
    chat.wait_for_answer(chat.presses("Weekly", user=anna))
    assert "How often: once a week" in chat.wait_for_message("News: subscribed").text
    assert len(chat.messages) == 3
