"""What is kept about a chat: told truly, handed out whole, and deleted when, and only when, it is confirmed."""

import json
from collections.abc import Mapping

import pytest

from bot.chat.composing import plain, units
from bot.chat.features import Visitor
from bot.chat.memory import LastQuestion, Memory
from bot.chat.privacy import FILE, Privacy
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.settings import LANGUAGES
from bot.texts import say
from tests.clocks import StoppedClock

ANNA = ChatAddress(Channel.TELEGRAM, "5000001")
BRUNO = ChatAddress(Channel.TELEGRAM, "5000002")
GROUP = ChatAddress(Channel.TELEGRAM, "-1005000003", thread=7)
PERSON = Visitor(ANNA)
MEMBER = Visitor(GROUP, user=5000001, private=False, in_charge=False)
QUESTION = "Dove apre il primo negozio?"
ROWS: dict[str, object] = {
    "chats": [
        {
            "channel": "telegram",
            "address": "5000001",
            "thread": 0,
            "language": None,
            "last_language": "it",
            "zone": "Europe/Rome",
            "subscription": {"state": "active", "rhythm": "daily", "quiet_from": 1350, "quiet_until": 420},
            "own_topics": [{"words": "prezzi in Italia", "language": "it"}, {"words": "colori", "language": "it"}],
            "awaited": [{"question": "Quanto costa?"}],
            "shown": [],
            "deliveries": [{"article": "one", "because": "news"}, {"article": "two"}, {"article": "three"}],
        }
    ],
    "refused": [{"month": "2025-09", "nearest": "one/p1/s1"}],
}
TOLD = {
    "chats": [
        {
            "channel": "telegram",
            "number_of_the_chat": "5000001",
            "forum_topic": 0,
            "language": None,
            "language_spoken_last": "it",
            "time_zone": "Europe/Rome",
            "subscription": {"state": "active", "how_often": "daily", "quiet_from": "22:30", "quiet_until": "07:00"},
            "own_topics": [{"words": "prezzi in Italia", "language": "it"}, {"words": "colori", "language": "it"}],
            "questions_to_be_answered_later": [{"question": "Quanto costa?"}],
            "sentences_shown": [],
            "messages": [{"article": "one", "sent_because_of": "news"}, {"article": "two"}, {"article": "three"}],
        }
    ],
    "notes_for_the_figures": [{"month": "2025-09", "nearest_sentence": "one/p1/s1"}],
}
ALERT_LIMIT = 200
"""Characters that Telegram shows over a chat."""
NOTHING: dict[str, object] = {"chats": [], "refused": []}


class Rows:
    """A database of dictionaries."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, object]] = {chat.address: ROWS for chat in (ANNA, BRUNO)}
        self.erased: list[ChatAddress] = []

    async def everything_of(self, chat: ChatAddress) -> Mapping[str, object]:
        """See Kept."""
        return self.rows.get(chat.address, NOTHING)

    async def erase(self, chat: ChatAddress) -> bool:
        """See Kept."""
        self.erased.append(chat)
        return self.rows.pop(chat.address, None) is not None


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of `memory` and of `privacy`."""
    return StoppedClock()


@pytest.fixture
def rows() -> Rows:
    """Anna and Bruno have a row; the group has none."""
    return Rows()


@pytest.fixture
def memory(clock: StoppedClock) -> Memory:
    """Anna asked something just now."""
    memory = Memory(clock)
    memory.heard(ANNA, "it")
    memory.asked(ANNA, LastQuestion(QUESTION, "it"))
    return memory


@pytest.fixture
def privacy(rows: Rows, memory: Memory, clock: StoppedClock) -> Privacy:
    """The feature, over both."""
    return Privacy(rows, [memory], now=clock)


async def pressed(privacy: Privacy, value: str, visitor: Visitor = PERSON, language: str = "en") -> Reply:
    """What one of the buttons under /forget brings."""
    [reply] = await privacy.feature.presses["forget"](visitor, language, value)
    return reply


async def commanded(privacy: Privacy, name: str, visitor: Visitor = PERSON, language: str = "en") -> Reply:
    """What a command brings."""
    [reply] = await privacy.feature.commands[name](visitor, language, "")
    return reply


@pytest.mark.parametrize("language", LANGUAGES)
async def test_privacy_says_what_is_kept_and_for_how_long(privacy: Privacy, language: str) -> None:
    """In every language: ten minutes, 180 days twice, 30 days and what waits on after them, two commands; a screen of a
    phone, or little more."""
    told = plain((await commanded(privacy, "privacy", language=language)).html)
    assert told.count("180") == 2
    assert told.count("30") == 1
    asked = {"en": "question", "it": "domanda", "es": "pregunta", "de": "Frage", "fr": "question", "zh": "问题"}
    assert asked[language] in told.partition("30")[2].partition("/mydata")[0]
    assert "/mydata" in told
    assert "/forget" in told
    assert told.count("•") == 4
    assert units(told) <= 1400


async def test_privacy_names_whom_to_ask(rows: Rows, memory: Memory) -> None:
    """Where the operator says how people reach them, /privacy passes it on, as it is written."""
    asked = Privacy(rows, [memory], contact="<Ann> privacy@example.org")
    for language in LANGUAGES:
        told = (await commanded(asked, "privacy", language=language)).html
        assert told.startswith(say(language, "privacy"))
        assert "&lt;Ann&gt; privacy@example.org" in told


async def test_mydata_is_a_file_of_all_that_is_kept(privacy: Privacy, clock: StoppedClock) -> None:
    """What the database has of the chat and what is in memory, in JSON that a person can read."""
    reply = await commanded(privacy, "mydata", language="it")
    assert reply.html == say("it", "mydata")
    [document] = reply.documents
    assert document.name == FILE
    assert QUESTION in document.content.decode()
    assert json.loads(document.content) == {
        "made": clock().isoformat(),
        "kept_in_the_database": TOLD,
        "held_in_memory": [{"topic": 0, "language": "it", "last_question": QUESTION}],
    }


async def test_mydata_of_somebody_who_only_asked(privacy: Privacy, rows: Rows, clock: StoppedClock) -> None:
    """Nothing is in the database, and after ten minutes no question is in memory; after a restart nothing is."""
    rows.rows.clear()
    clock.forward(601)
    [document] = (await commanded(privacy, "mydata")).documents
    told = json.loads(document.content)
    assert (told["kept_in_the_database"], told["held_in_memory"]) == ({}, [{"topic": 0, "language": "it"}])
    restarted = Privacy(rows, [Memory(clock)])
    assert await commanded(restarted, "mydata") == Reply(say("en", "mydata_none"))


async def test_a_note_without_a_sentence(privacy: Privacy, rows: Rows) -> None:
    """That somebody asked at all is noted near no sentence: the file names the month, and no empty sentence."""
    rows.rows[ANNA.address] = {"refused": [{"month": "2025-09", "nearest": ""}]}
    [document] = (await commanded(privacy, "mydata")).documents
    assert json.loads(document.content)["kept_in_the_database"] == {"notes_for_the_figures": [{"month": "2025-09"}]}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_forget_asks_first(privacy: Privacy, rows: Rows, memory: Memory, language: str) -> None:
    """/forget says what would go, kind by kind, with a button to delete it and one to keep it, and deletes nothing."""
    reply = await commanded(privacy, "forget", language=language)
    counts = [line.rpartition(" ")[2] for line in plain(reply.html).splitlines() if line.startswith("•")]
    assert len(counts) == 7  # chat, subscription, own topics, questions, messages, what was refused, memory
    assert reply.html.startswith(say(language, "forget"))
    for key, count in (("kept_own_topics", 2), ("kept_questions", 1), ("kept_messages", 3), ("kept_refused", 1)):
        assert f"• {say(language, key, count=count)}\n" in reply.html
    assert reply.buttons == (
        (Button(say(language, "button_forget"), "forget:yes"),),
        (Button(say(language, "button_keep"), "forget:no"),),
    )
    assert rows.erased == []
    assert memory.question_of(ANNA) is not None


async def test_forget_confirmed_deletes_all(privacy: Privacy, rows: Rows, memory: Memory) -> None:
    """The button deletes what is kept and remembered of that chat alone, and says so in the place of the question."""
    asked = plain((await commanded(privacy, "forget")).html).splitlines()
    reply = await pressed(privacy, "yes")
    assert reply.edits
    assert reply.ends_asking
    assert reply.buttons == ()
    assert plain(reply.html).splitlines() == [say("en", "forgotten"), *asked[1:]]
    assert rows.erased == [ANNA]
    assert list(rows.rows) == [BRUNO.address]
    assert memory.everything_of(ANNA) == []
    assert await commanded(privacy, "mydata") == Reply(say("en", "mydata_none"))


async def test_forget_pressed_twice(privacy: Privacy, rows: Rows) -> None:
    """A second press finds nothing, and says that."""
    await pressed(privacy, "yes")
    assert await pressed(privacy, "yes") == Reply(say("en", "forgotten_already"), edits=True, ends_asking=True)
    assert list(rows.rows) == [BRUNO.address]


async def test_forget_taken_back(privacy: Privacy, rows: Rows, memory: Memory) -> None:
    """The other button deletes nothing, and takes the question away."""
    assert await pressed(privacy, "no") == Reply(say("en", "forget_kept"), edits=True)
    assert rows.erased == []
    assert memory.question_of(ANNA) is not None


@pytest.mark.parametrize("value", ["", "YES", "yes:1"])
async def test_a_button_that_means_nothing(privacy: Privacy, rows: Rows, value: str) -> None:
    """Only the very data of the button deletes."""
    assert await pressed(privacy, value) == Reply(say("en", "old_button"))
    assert rows.erased == []


async def test_what_is_only_in_memory_is_forgotten_too(privacy: Privacy, rows: Rows, memory: Memory) -> None:
    """Who has no row but asked something hears that this is what would go, and that it went."""
    rows.rows.clear()
    asked = await commanded(privacy, "forget")
    assert plain(asked.html).splitlines()[1:] == [f"• {say('en', 'kept_memory')}"]
    assert (await pressed(privacy, "yes")).html.startswith(say("en", "forgotten"))
    assert memory.everything_of(ANNA) == []


async def test_only_who_is_in_charge_sees_and_deletes(privacy: Privacy, rows: Rows) -> None:
    """A member of a group hears that its administrators decide: at the commands and at both buttons."""
    rows.rows[GROUP.address] = ROWS
    refused = say("fr", "privacy_in_charge")
    for name in ("mydata", "forget"):
        assert await commanded(privacy, name, MEMBER, "fr") == Reply(refused)
    for value in ("yes", "no"):
        assert await pressed(privacy, value, MEMBER, "fr") == Reply(refused, alert=True)
    assert rows.erased == []
    assert (await commanded(privacy, "privacy", MEMBER)).html == say("en", "privacy")
    assert all(units(say(language, "privacy_in_charge")) <= ALERT_LIMIT for language in LANGUAGES)


async def test_a_database_that_fails_leaves_nothing_in_memory(
    rows: Rows, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be forgotten is, and the error is the conversation's to apologise for: the button works once more."""

    async def fails(chat: ChatAddress) -> bool:
        raise ConnectionError(f"no way to {chat.channel}")

    monkeypatch.setattr(rows, "erase", fails)
    with pytest.raises(ConnectionError):
        await pressed(Privacy(rows, [memory]), "yes")
    assert memory.everything_of(ANNA) == []
