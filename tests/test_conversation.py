"""The conversation, as every channel has it: over a real database, the shipped announcement and the real model."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answers.answering import LONGEST_QUESTION, Answer, Answerer, Asker, Outcome
from bot.answers.catalogue import Catalogue
from bot.answers.evidence import packaged_gate
from bot.answers.opening import Answering, answerer_over
from bot.answers.samples import Samples, question_token
from bot.answers.smalltalk import Smalltalk
from bot.chat.aids import CONTEXT, OTHER
from bot.chat.composing import TELEGRAM_LIMIT, plain, question_buttons, units
from bot.chat.conversation import COMMANDS, Conversation
from bot.chat.features import Feature, Visitor
from bot.chat.links import start_of
from bot.chat.subscribing import subscriber_features
from bot.chat.timeline import Timeline
from bot.chat.waiting import Waiting
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.settings import LANGUAGES, Settings
from bot.state.kinds import PauseReason, SubscriptionState
from bot.state.opening import open_state
from bot.state.subscriptions import ChatLanguage, Subscriptions
from bot.texts import language_name, phrasebook, say
from tests.clocks import StoppedClock
from tests.encoders import WordEncoder
from tests.vaults import VAULT

QUESTIONS = {
    "en": "When do Xiaomi cars reach Europe?",
    "it": "Quando arrivano le auto Xiaomi in Europa?",
    "es": "¿Cuándo llegan los coches de Xiaomi a Europa?",
    "de": "Wann kommen die Autos von Xiaomi nach Europa?",
    "fr": "Quand les voitures Xiaomi arrivent-elles en Europe ?",
    "zh": "小米汽车什么时候进入欧洲？",
}
TITLES = {
    "en": "Xiaomi will take its electric cars outside China from 2027",
    "it": "Xiaomi porterà le sue auto elettriche fuori dalla Cina dal 2027",
}
GONE = question_token("a question that is offered no more")


def visitor(number: int = 1, reported: str | None = None) -> Visitor:
    """Somebody in a private chat."""
    return Visitor(ChatAddress(Channel.TELEGRAM, str(number)), reported)


@pytest.fixture
async def subscriptions(tmp_path: Path) -> AsyncIterator[Subscriptions]:
    """A database in a file of the test's own."""
    async with open_state(Settings(data_dir=tmp_path), VAULT) as state:
        yield state.subscriptions


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """As many as the bot has by default."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def conversation(answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor) -> Conversation:
    """The conversation as a subscriber has it."""
    library = answering.catalogue.current
    return Conversation(
        answering.catalogue,
        answering.answerer,
        answering.samples,
        subscriptions,
        threads,
        answering.settings.language,
        features=(
            *subscriber_features(subscriptions, library, lambda _words, _language: (), threads),
            Timeline(library, answering.samples, threads).feature,
        ),
    )


@pytest.fixture
def clock() -> StoppedClock:
    """The clock of `timed`."""
    return StoppedClock()


@pytest.fixture
def timed(
    answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor, clock: StoppedClock
) -> Conversation:
    """The conversation, by a clock that the test sets."""
    return Conversation(
        answering.catalogue, answering.answerer, answering.samples, subscriptions, threads, "en", now=clock
    )


@pytest.fixture
def offered(answering: Answering) -> Callable[[str], tuple[str, ...]]:
    """The sample questions of a language."""
    return answering.samples().in_language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_command_in_every_language(
    conversation: Conversation, offered: Callable[[str], tuple[str, ...]], language: str
) -> None:
    """Each command answers with its text in the language that the person's client reports, buttons included."""
    person = visitor(reported=f"{language}-XX")
    said = {name: await conversation.command(person, name) for name in COMMANDS}
    [start] = said["start"]
    assert start.html.endswith(say(language, "welcome_subscribe"))
    assert start.html.startswith(say(language, "welcome", title="|", date="|").partition("|")[0])
    assert start.buttons == question_buttons(offered(language)[:3])
    [help_] = said["help"]
    for name in COMMANDS:
        assert f"/{name} – {phrasebook(language).commands[name]}" in plain(help_.html)
    assert said["ask"] == [Reply(say(language, "ask_usage", example=offered(language)[0]))]
    [latest] = said["latest"]
    assert latest.html.startswith(f"{say(language, 'latest')}\n\n<i>")
    assert latest.buttons == question_buttons(offered(language)[:2])
    [subscribed] = said["subscribe"]
    assert subscribed.html.startswith(f"{say(language, 'subscribed')}\n\n<b>")
    [unsubscribed] = said["unsubscribe"]
    assert unsubscribed.html == say(language, "unsubscribed")
    [choice] = said["language"]
    assert choice.html == say(language, "language_choose")
    assert [button for row in choice.buttons for button in row] == [
        *(Button(phrasebook(code).own_name, f"lang:{code}") for code in LANGUAGES),
        Button(say(language, "language_automatic"), "lang:auto"),
    ]
    off = say(language, "settings_unsubscribed")
    [shown] = said["settings"]
    assert shown.html == say(language, "settings", language=say(language, "language_automatic"), news=off)
    assert shown.buttons == (
        (
            Button(say(language, "button_subscribe"), "do:subscribe"),
            Button(f"🌐 {say(language, 'button_language')}", "set:l"),
        ),
    )
    assert said["privacy"] == [Reply(say(language, "privacy"))]
    for replies in said.values():
        for reply in replies:
            assert units(plain(reply.html)) <= TELEGRAM_LIMIT
            assert all(len(button.data.encode()) <= 64 for row in reply.buttons for button in row)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_is_answered_in_its_own_language(conversation: Conversation, language: str) -> None:
    """Whoever asks is answered in the language of the question, with the year and the source."""
    [reply] = await conversation.message(visitor(reported="en"), QUESTIONS[language])
    assert "2027" in plain(reply.html).split("\n\n")[0]
    source = say(language, "source_dated", title="|", source="|").partition("|")[0]
    assert plain(reply.html).split("\n\n")[-1].startswith(source)
    assert ("<blockquote expandable>" in reply.html) == (language != "it")


async def test_a_command_in_capitals(conversation: Conversation) -> None:
    """/HELP is /help."""
    assert await conversation.command(visitor(), "HELP") == await conversation.command(visitor(), "help")
    assert conversation.knows("Help")
    assert not conversation.knows("helpme")


async def test_an_unknown_command(conversation: Conversation) -> None:
    """A command that does not exist is named, escaped, with where to find the others."""
    assert await conversation.command(visitor(), "<b>") == [
        Reply("I do not know the command /&lt;b&gt;. /help lists those I know.")
    ]


@pytest.mark.parametrize("flood", ["x" * 4095, "\U0001f6e9" * 2048, "<" * 4095], ids=["x", "emoji", "html"])
async def test_what_is_repeated_to_a_person_is_short(conversation: Conversation, flood: str) -> None:
    """A command or language as long as a whole message is not repeated whole, or the reply could not be sent."""
    for reply in [
        *await conversation.command(visitor(), flood),
        *await conversation.command(visitor(), "language", flood),
    ]:
        assert units(plain(reply.html)) < 500


async def test_ask_takes_its_question_along(conversation: Conversation) -> None:
    """/ask with a question answers it, as the question alone would be."""
    asked = await conversation.command(visitor(), "ask", f"  {QUESTIONS['en']} ")
    assert asked == await conversation.message(visitor(2), QUESTIONS["en"])
    assert "2027" in asked[0].html


async def test_start_shows_the_newest_announcement(conversation: Conversation) -> None:
    """The first message names the announcement and its date in the person's language."""
    for language, date in (("en", "24 September 2025"), ("it", "24 settembre 2025")):
        [reply] = await conversation.command(visitor(reported=language), "start")
        assert f"<b>{TITLES[language]}</b>\n<i>{date}</i>" in reply.html


@pytest.mark.parametrize("language", LANGUAGES)
async def test_in_a_group_it_is_said_how_to_ask(conversation: Conversation, language: str) -> None:
    """Where the bot hears only commands and replies to it, nobody is told to just type: /start and /help say how."""
    how = say(language, "type_here", command="/ask ...")
    alone = visitor(reported=language)
    for name in ("start", "help"):
        [told] = await conversation.command(replace(alone, private=False), name)
        assert told.html.endswith(f"\n\n{how}")
        [told] = await conversation.command(alone, name)
        assert how not in told.html


async def test_a_deep_link_subscribes(conversation: Conversation, subscriptions: Subscriptions) -> None:
    """`/start subscribe` from a link subscribes, in one step."""
    person = visitor(reported="it")
    [reply] = await conversation.command(person, "start", "subscribe")
    assert reply.html.startswith(say("it", "subscribed"))
    found = await subscriptions.preferences_of(person.chat)
    assert found is not None
    assert found.state is SubscriptionState.ACTIVE


async def test_a_deep_link_asks(conversation: Conversation, offered: Callable[[str], tuple[str, ...]]) -> None:
    """`/start ask-<token>` asks the question behind the token, as its button does."""
    question = offered("en")[0]
    linked = await conversation.command(visitor(), "start", f"ask-{question_token(question)}")
    assert linked == await conversation.press(visitor(2), f"q:{question_token(question)}")
    assert linked[0] == Reply(f"<b>{question}</b>")
    assert "2027" in linked[1].html


async def test_a_deep_link_is_any_button_that_asks(conversation: Conversation) -> None:
    """A link does in the private chat what the buttons under an answer do, whose colons it cannot carry."""
    [answered] = await conversation.message(visitor(), "Quando arrivano le auto Xiaomi in Europa?")
    buttons = [button for row in answered.buttons for button in row]
    assert buttons
    for button in buttons:
        start = start_of(button.data)
        assert start is not None
        assert re.fullmatch("[A-Za-z0-9_-]{1,64}", start)
        assert await conversation.command(visitor(2), "start", start) == await conversation.press(
            visitor(3), button.data
        )
    assert start_of("set:done") is None


async def test_a_deep_link_that_is_old(conversation: Conversation) -> None:
    """A link to a question that is not offered any more says so; one that means nothing is a plain /start."""
    assert await conversation.command(visitor(), "start", f"ask-{GONE}") == [Reply(say("en", "old_button"))]
    welcome = await conversation.command(visitor(), "start")
    for argument in ("ask-", "nonsense", "../etc/passwd"):
        assert await conversation.command(visitor(), "start", argument) == welcome


@pytest.mark.parametrize(
    "data",
    [
        "",
        "q:",
        f"q:{GONE}",
        "lang:",
        "lang:tlh",
        "do:",
        "do:reboot",
        "x:y",
        "subscribe",
        "more",
        "more:",
        "more:en",
        f"more:en:{GONE}",
        "not",
        "not:",
        f"not:en:{GONE}",
    ],
)
async def test_an_old_button(conversation: Conversation, data: str) -> None:
    """A button that means nothing any more says so, in the person's language."""
    assert await conversation.press(visitor(reported="de"), data) == [Reply(say("de", "old_button"))]


@pytest.mark.parametrize("data", ["x:y", "leave:x", "about:gone", "set:x", "forget:x"])
async def test_an_old_button_where_others_are(conversation: Conversation, data: str) -> None:
    """In a group, where the bot hears only commands and replies to it, who is to type a question is told how."""
    [reply] = await conversation.press(replace(visitor(), private=False), data)
    assert reply.html == f"{say('en', 'old_button')}\n\n{say('en', 'type_here', command='/ask ...')}"


async def test_buttons_of_the_settings(conversation: Conversation) -> None:
    """The buttons under /settings do what they say, and /settings then says what was done."""
    [reply] = await conversation.press(visitor(), "do:subscribe")
    assert reply.html.startswith(say("en", "subscribed"))
    [reply] = await conversation.command(visitor(), "settings")
    assert "News: subscribed" in reply.html
    assert reply.buttons[-1][1] == Button("Unsubscribe", "do:unsubscribe")
    [reply] = await conversation.press(visitor(), "do:unsubscribe")
    assert reply.html == say("en", "unsubscribed")
    assert await conversation.press(visitor(), "do:language") == await conversation.command(visitor(), "language")


async def test_subscribing_twice(conversation: Conversation, subscriptions: Subscriptions) -> None:
    """A second /subscribe and a second /unsubscribe say that nothing changed."""
    person = visitor(reported="fr")
    said = [await conversation.command(person, name) for name in ("subscribe", "subscribe", "unsubscribe")]
    said.append(await conversation.command(person, "unsubscribe"))
    keys = ("subscribed", "subscribed_already", "unsubscribed", "unsubscribed_already")
    assert [reply.html.partition("\n\n")[0] for [reply] in said] == [say("fr", key) for key in keys]
    found = await subscriptions.preferences_of(person.chat)
    assert found is not None
    assert (found.state, found.pause_reason) == (SubscriptionState.PAUSED, PauseReason.PERSON)
    assert await subscriptions.language_of(person.chat) == ChatLanguage(last="fr")


async def test_the_chosen_language_overrides_everything(conversation: Conversation) -> None:
    """Once a language is chosen, questions in any language and every text are answered in it, until "automatic"."""
    person = visitor(reported="en")
    assert await conversation.press(person, "lang:de") == [Reply(say("de", "language_set"))]
    [answer] = await conversation.message(person, QUESTIONS["en"])
    assert "Quelle: " in answer.html
    [hello] = await conversation.message(person, "hello")
    assert hello.html == say("de", f"smalltalk_{Smalltalk.GREETING}")
    [settings] = await conversation.command(person, "settings")
    assert "Sprache: Deutsch" in settings.html
    assert await conversation.press(person, "lang:auto") == [Reply(say("de", "language_set_automatic"))]
    [answer] = await conversation.message(person, QUESTIONS["en"])
    assert "Source: " in answer.html
    assert "Language: automatic" in (await conversation.command(person, "settings"))[0].html


async def test_in_a_group_its_administrators_choose_the_language(
    conversation: Conversation, subscriptions: Subscriptions
) -> None:
    """Others are told so, where they typed it or over the chat where they pressed it; the choice may be looked at."""
    member = replace(visitor(-5), private=False, in_charge=False)
    refused = Reply(say("en", "in_charge"))
    assert await conversation.command(member, "language", "de") == [refused]
    assert await conversation.press(member, "lang:de") == [replace(refused, alert=True)]
    assert (await conversation.command(member, "language"))[0].buttons
    assert await subscriptions.language_of(member.chat) == ChatLanguage()
    assert await conversation.press(replace(member, in_charge=True), "lang:de") == [Reply(say("de", "language_set"))]


async def test_the_chosen_language_survives_a_restart(
    answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor, conversation: Conversation
) -> None:
    """What was chosen is in the database, not in the process."""
    await conversation.press(visitor(), "lang:es")
    another = Conversation(
        answering.catalogue, answering.answerer, answering.samples, subscriptions, threads, answering.settings.language
    )
    assert await another.command(visitor(), "privacy") == [Reply(say("es", "privacy"))]


@pytest.mark.parametrize("code", LANGUAGES)
async def test_a_language_can_be_named_in_many_ways(conversation: Conversation, code: str) -> None:
    """/language understands the code, the language's own name, its name in any of ours, and a region behind it."""
    names = {code, f"{code}-XX", phrasebook(code).own_name.upper()} | {
        language_name(code, other) for other in LANGUAGES
    }
    for name in sorted(names):
        assert await conversation.command(visitor(), "language", f" {name} ") == [Reply(say(code, "language_set"))]


async def test_automatic_can_be_typed(conversation: Conversation) -> None:
    """The word on the button works as well, in every language."""
    for code in LANGUAGES:
        await conversation.command(visitor(), "language", "it")
        typed = await conversation.command(visitor(), "language", say(code, "language_automatic"))
        assert typed == [Reply(say("it", "language_set_automatic"))]


async def test_a_language_that_is_not_spoken(conversation: Conversation, subscriptions: Subscriptions) -> None:
    """A language without texts is named, with those to choose from, and nothing is kept."""
    [reply] = await conversation.command(visitor(), "language", "<Klingon>")
    assert reply.html == "I do not speak “&lt;Klingon&gt;”. Choose one of these:"
    assert reply.buttons[0][0] == Button("English", "lang:en")
    assert await subscriptions.language_of(visitor().chat) == ChatLanguage()


async def test_the_language_of_a_chat_is_remembered(conversation: Conversation) -> None:
    """After a question in Italian, commands and words that tell no language are answered in Italian."""
    person = visitor(reported="en")
    await conversation.message(person, QUESTIONS["it"])
    assert await conversation.command(person, "privacy") == [Reply(say("it", "privacy"))]
    [reply] = await conversation.message(person, "2027")
    assert plain(reply.html).count("Source: ") == 0
    assert await conversation.command(person, "privacy") == [Reply(say("it", "privacy"))]
    assert await conversation.command(visitor(2, reported="en"), "privacy") == [Reply(say("en", "privacy"))]


async def test_asking_keeps_nothing_in_the_database(conversation: Conversation, subscriptions: Subscriptions) -> None:
    """Who only asks is not written down, as /privacy promises."""
    await conversation.message(visitor(), QUESTIONS["it"])
    assert await subscriptions.language_of(visitor().chat) == ChatLanguage()


async def test_memory_is_bounded(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more chats than are remembered, those that were silent longest are forgotten."""
    monkeypatch.setattr("bot.chat.memory.REMEMBERED", 2)
    for number in (1, 2, 1, 3):
        await conversation.message(visitor(number), "ciao")
    spoken = [(await conversation.command(visitor(number), "privacy"))[0].html for number in (1, 2, 3)]
    assert spoken == [say("it", "privacy"), say("en", "privacy"), say("it", "privacy")]


FOLLOW_UPS = {
    "en": ("and in America?", "When do Xiaomi cars reach America?"),
    "it": ("e in America?", "Quando arrivano le auto Xiaomi in America?"),
    "es": ("¿y en América?", "¿Cuándo llegan los coches de Xiaomi en América?"),
    "de": ("und in Amerika?", "Wann kommen die Autos von Xiaomi in Amerika?"),
    "fr": ("et en Amérique ?", "Quand les voitures Xiaomi arrivent-elles en Amérique\u202f?"),
    "zh": ("那美洲呢？", "小米汽车什么时候进入美洲？"),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_follow_up_is_answered_and_shows_how_it_was_understood(
    conversation: Conversation, language: str
) -> None:
    """A few words after an answer are read with it: the question in full in one line, then its answer."""
    person = visitor(reported="en")
    await conversation.message(person, QUESTIONS[language])
    message, whole = FOLLOW_UPS[language]
    [reply] = await conversation.message(person, message)
    first, headline, *_ = reply.html.split("\n\n")
    assert first == f"<i>{whole}</i>"
    assert "2027" in headline


async def test_a_follow_up_of_a_follow_up_and_of_a_refusal(conversation: Conversation) -> None:
    """What was understood can be followed up again, and so can a question that was refused."""
    await conversation.message(visitor(), QUESTIONS["en"])
    for message, whole in (
        ("and in India?", "When do Xiaomi cars reach India?"),
        ("and in America?", "When do Xiaomi cars reach America?"),
    ):
        [reply] = await conversation.message(visitor(), message)
        assert reply.html.startswith(f"<i>{whole}</i>\n\n")
    assert "2027" in reply.html


@pytest.mark.parametrize(
    ("language", "why"),
    [("en", "why?"), ("it", "perché?"), ("de", "warum?"), ("fr", "pourquoi ?"), ("es", "¿por qué?")],
)
async def test_why_is_not_answered_by_what_was_just_read(conversation: Conversation, language: str, why: str) -> None:
    """A "why?" that nothing but the sentence just shown comes near to is told that no reason is stated."""
    person = visitor(reported=language)
    await conversation.message(person, QUESTIONS[language])
    await conversation.message(person, FOLLOW_UPS[language][0])
    [reply] = await conversation.message(person, why)
    assert f"\n\n{say(language, 'not_stated')}" in reply.html


async def test_a_follow_up_comes_within_ten_minutes(timed: Conversation, clock: StoppedClock) -> None:
    """Eleven minutes later the same words stand alone."""
    await timed.message(visitor(), QUESTIONS["en"])
    clock.forward(9 * 60)
    [reply] = await timed.message(visitor(), "and in America?")
    assert reply.html.startswith("<i>When do Xiaomi cars reach America?</i>")
    clock.forward(11 * 60)
    [reply] = await timed.message(visitor(), "and in America?")
    assert "<i>When" not in reply.html


async def test_small_talk_and_commands_do_not_end_the_thread(conversation: Conversation) -> None:
    """Thanks, a command or a word that asks nothing lie between a question and its follow-up without harm."""
    await conversation.message(visitor(), QUESTIONS["en"])
    await conversation.message(visitor(), "thanks!")
    await conversation.command(visitor(), "help")
    [reply] = await conversation.message(visitor(), "what?")
    assert "<i>When" not in reply.html
    [reply] = await conversation.message(visitor(), "and in America?")
    assert reply.html.startswith("<i>When do Xiaomi cars reach America?</i>")


async def test_a_follow_up_belongs_to_its_chat(conversation: Conversation) -> None:
    """What one chat asked completes nothing in another, nor in another topic of the same."""
    await conversation.message(visitor(), QUESTIONS["en"])
    topic = Visitor(replace(visitor().chat, thread=7))
    for other in (visitor(2), topic):
        [reply] = await conversation.message(other, "and in America?")
        assert "<i>When" not in reply.html


async def test_a_pressed_question_is_asked_as_it_stands_and_can_be_followed_up(
    conversation: Conversation, offered: Callable[[str], tuple[str, ...]]
) -> None:
    """A button's question leans on nothing; a typed follow-up leans on it, also with /ask."""
    assert offered("en")[0] == QUESTIONS["en"]
    await conversation.press(visitor(), f"q:{question_token(QUESTIONS['en'])}")
    [reply] = await conversation.command(visitor(), "ask", "and in America?")
    assert reply.html.startswith("<i>When do Xiaomi cars reach America?</i>")


async def test_a_follow_up_in_a_chosen_language(conversation: Conversation) -> None:
    """Who reads Italian and asks in English follows up in English, and reads Italian."""
    await conversation.press(visitor(), "lang:it")
    await conversation.message(visitor(), QUESTIONS["en"])
    [reply] = await conversation.message(visitor(), "and in America?")
    assert reply.html.startswith("<i>When do Xiaomi cars reach America?</i>")
    assert "Fonte: " in reply.html


async def test_forgetting(answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor) -> None:
    """Once confirmed, /forget deletes what is kept, and nothing of the chat is left to lean on, in any part."""
    held: Waiting[str] = Waiting("thing")
    held.put(visitor().chat, "key", "a thing")
    conversation = Conversation(
        answering.catalogue,
        answering.answerer,
        answering.samples,
        subscriptions,
        threads,
        "en",
        features=[Feature(holds=held)],
    )
    person = visitor(reported="en")
    await subscriptions.subscribe(person.chat, "en")
    await conversation.message(person, QUESTIONS["it"])
    [asked] = await conversation.command(person, "forget")
    assert asked.html.startswith(say("it", "forget"))
    yes, no = (button.data for row in asked.buttons for button in row)
    assert await conversation.press(person, no) == [Reply(say("it", "forget_kept"), edits=True)]
    assert held.everything_of(person.chat) == [{"topic": 0, "thing": "a thing"}]
    [told] = await conversation.press(person, yes)
    assert told.html.startswith(say("it", "forgotten"))
    assert held.take(person.chat, "key") is None
    assert await subscriptions.preferences_of(person.chat) is None
    [reply] = await conversation.message(person, "e in America?")
    assert "<i>Quando" not in reply.html
    await conversation.press(visitor(2, reported="es"), yes)
    assert await conversation.press(visitor(2, reported="es"), yes) == [
        Reply(say("es", "forgotten_already"), edits=True, ends_asking=True)
    ]


async def test_whom_to_ask_about_privacy(
    answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor
) -> None:
    """/privacy ends with whom the operator names."""
    conversation = Conversation(
        answering.catalogue, answering.answerer, answering.samples, subscriptions, threads, "en", contact="@ann"
    )
    [told] = await conversation.command(visitor(), "privacy")
    assert told.html == f"{say('en', 'privacy')} {say('en', 'privacy_contact', contact='@ann')}"


def written_in(folder: Path, text: bytes) -> list[Path]:
    """The files of a folder that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


async def test_texts_are_written_nowhere(
    conversation: Conversation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a file nor the log holds what was asked, or who asked, at whatever level of detail."""
    caplog.set_level("DEBUG")
    person = visitor(5000001)
    await conversation.command(person, "subscribe")
    await conversation.message(person, "When do zyxomobiles reach Europe?")
    await conversation.message(person, "and in America?")
    await conversation.command(person, "zyxocommand", "zyxo")
    await conversation.command(person, "language", "zyxo")
    await conversation.press(person, "zyxo:zyxo")
    await conversation.command(person, "mydata")
    ours = [record for record in caplog.records if record.name.partition(".")[0] in {"bot", "corpus", "index"}]
    said = [record.getMessage() for record in ours]
    assert [line for line in said if "zyxo" in line or "5000001" in line] == []
    assert "zyxo" not in caplog.text
    assert written_in(tmp_path, b"zyxo") == []
    assert written_in(tmp_path, b"5000001") == []


async def test_two_buttons_under_an_answer_and_nowhere_else(conversation: Conversation) -> None:
    """An answer can be asked for more; a refusal, small talk and a command have no such buttons."""
    [reply] = await conversation.message(visitor(), QUESTIONS["en"])
    [row] = reply.buttons
    assert [button.label for button in row] == ["More context", "Not what I asked"]
    assert all(button.aid for button in row)
    others = [
        *await conversation.message(visitor(), "What is the price of the SU7 in Italy?"),
        *await conversation.message(visitor(), "hello"),
        *await conversation.command(visitor(), "latest"),
    ]
    assert not any(button.aid for reply in others for row in reply.buttons for button in row)


async def test_asking_for_more_and_for_something_else(conversation: Conversation) -> None:
    """More context brings the paragraph; what was not asked brings the next sentence, and in the end a kind word."""
    [answer] = await conversation.message(visitor(), QUESTIONS["en"])
    context, other = answer.buttons[0]
    [shown] = await conversation.press(visitor(), context.data)
    assert "<b>Users in Europe and America will have to wait" in shown.html
    assert "At the keynote, Xiaomi also presented" in shown.html
    [perhaps] = await conversation.press(visitor(), other.data)
    for _ in range(10):
        if perhaps.html == say("en", "nothing_else"):
            break
        assert perhaps.html.startswith("Perhaps this:\n")
        assert "<b>" not in perhaps.html
        [perhaps] = await conversation.press(visitor(), perhaps.buttons[0][1].data)
    assert perhaps == Reply(say("en", "nothing_else"))


async def test_an_answer_s_buttons_survive_a_restart(
    conversation: Conversation, answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor
) -> None:
    """Another process, another language of the chat meanwhile: the buttons bring the same."""
    [answer] = await conversation.message(visitor(), QUESTIONS["it"])
    another = Conversation(answering.catalogue, answering.answerer, answering.samples, subscriptions, threads, "de")
    for button in answer.buttons[0]:
        again = await another.press(visitor(reported="de"), button.data)
        assert again == await conversation.press(visitor(), button.data)
        assert "Fonte: " in again[0].html


async def test_features_hear_of_presses(
    answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor
) -> None:
    """A part of the conversation that counts presses hears of each kind of the conversation's own, and no data."""
    heard: list[str] = []

    async def pressed(kind: str) -> None:
        heard.append(kind)

    talk = Conversation(
        answering.catalogue,
        answering.answerer,
        answering.samples,
        subscriptions,
        threads,
        "en",
        features=(Feature(pressed=pressed, holds=None),),
    )
    for data in (f"{OTHER}:en", "do:help", "nonsense:x"):
        await talk.press(visitor(), data)
    assert heard == [OTHER, "do"]


async def test_every_press_is_counted(conversation: Conversation) -> None:
    """Each kind of button has its count in this process, and nothing but the count."""
    [answer] = await conversation.message(visitor(), QUESTIONS["en"])
    for number, button in ((1, 0), (1, 1), (2, 1)):
        await conversation.press(visitor(number), answer.buttons[0][button].data)
    await conversation.press(visitor(), "do:help")
    await conversation.press(visitor(), f"{'x' * 50}:{QUESTIONS['en'][:10]}")
    assert conversation.presses == {CONTEXT: 1, OTHER: 2, "do": 1}


async def test_small_talk_offers_questions(
    conversation: Conversation, offered: Callable[[str], tuple[str, ...]]
) -> None:
    """A greeting gets a kind sentence and two questions that can be pressed."""
    assert await conversation.message(visitor(), "Buongiorno!") == [
        Reply(say("it", "smalltalk_greeting"), question_buttons(offered("it")[:2]))
    ]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000"])
async def test_a_message_without_text(conversation: Conversation, text: str) -> None:
    """Where there is nothing to read, the bot asks what the person would like to know."""
    assert await conversation.message(visitor(), text) == [Reply(say("en", "empty_question"))]


async def test_a_very_long_message(conversation: Conversation) -> None:
    """Of a very long message the beginning is read, and the person is told."""
    first, answer = await conversation.message(visitor(), f"{QUESTIONS['en']} {'and so on ' * 2_000_000}")
    assert first == Reply(say("en", "too_long", count=LONGEST_QUESTION))
    assert units(plain(answer.html)) <= TELEGRAM_LIMIT


@pytest.mark.parametrize(
    "text", ["When\0 do Xiaomi cars\0 reach Europe?", "\u202eWhen do Xiaomi cars reach Europe?\u202c", "\ud800 when?"]
)
async def test_signs_that_mean_nothing(conversation: Conversation, text: str) -> None:
    """Null bytes, direction marks and half characters stop nothing."""
    [reply] = await conversation.message(visitor(reported="en"), text)
    reply.html.encode()
    assert units(plain(reply.html)) <= TELEGRAM_LIMIT
    if "Europe" in text:
        assert "2027" in reply.html


async def test_text_only(conversation: Conversation) -> None:
    """Voice, pictures and the like get a friendly sentence in the person's language."""
    assert await conversation.sent(visitor(reported="zh-hans"), None) == [Reply(say("zh", "text_only"))]


async def test_a_language_without_texts_hears_the_default(conversation: Conversation) -> None:
    """A client that reports a language which the bot does not speak is spoken to in the operator's language."""
    assert await conversation.command(visitor(reported="pt-BR"), "privacy") == [Reply(say("en", "privacy"))]


async def test_trouble_asks_nothing_of_the_database(
    conversation: Conversation, subscriptions: Subscriptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The apology comes in the chat's language even where the database answers nothing any more."""
    await conversation.message(visitor(), "ciao")

    async def gone(chat: ChatAddress) -> ChatLanguage:
        raise AssertionError(f"asked for the language of {chat.channel}")

    monkeypatch.setattr(subscriptions, "language_of", gone)
    assert await conversation.trouble(visitor()) == [Reply(say("it", "busy"))]
    assert await conversation.trouble(visitor(2, reported="es")) == [Reply(say("es", "busy"))]


class SlowAnswerer(Answerer):
    """Takes its time for "slow", until it is let go; answers everything else as ever."""

    def __init__(self, answering: Answering) -> None:
        super().__init__(answering.catalogue.current, answering.encoder, packaged_gate(reader=False), "en")
        self.begun, self.let_go = threading.Event(), threading.Event()

    def answer(self, question: str, asker: Asker | None = None, within: str | None = None) -> Outcome:
        """See Answerer."""
        if question == "slow":
            self.begun.set()
            assert self.let_go.wait(60)
        return super().answer(question, asker, within)


async def test_a_slow_answer_delays_nobody_else(
    answering: Answering, subscriptions: Subscriptions, threads: ThreadPoolExecutor
) -> None:
    """While one chat's question is being worked on, another chat is answered, and so are commands."""
    slow = SlowAnswerer(answering)
    conversation = Conversation(answering.catalogue, slow, answering.samples, subscriptions, threads, "en")
    waiting = asyncio.create_task(conversation.message(visitor(1), "slow"))
    await asyncio.to_thread(slow.begun.wait, 60)
    try:
        [reply] = await conversation.message(visitor(2), QUESTIONS["en"])
        assert "2027" in reply.html
        assert await conversation.command(visitor(3), "privacy") == [Reply(say("en", "privacy"))]
        assert not waiting.done()
    finally:
        slow.let_go.set()
    assert len(await waiting) == 1


async def test_an_empty_corpus(tmp_path: Path, subscriptions: Subscriptions, threads: ThreadPoolExecutor) -> None:
    """Without any article every command has its sentence, and a question is told that there is nothing yet."""
    (tmp_path / "articles").mkdir()
    places = Settings(data_dir=tmp_path / "data", articles_dir=tmp_path / "articles")
    encoder = WordEncoder("car")
    catalogue = Catalogue(places, encoder)
    answerer = answerer_over(places, encoder, catalogue.current)
    timeline = Timeline(catalogue.current, lambda: Samples("", {}), threads).feature
    conversation = Conversation(
        catalogue, answerer, lambda: Samples("", {}), subscriptions, threads, "en", features=[timeline]
    )
    person = visitor()
    assert await conversation.command(person, "start") == [Reply(say("en", "welcome_empty"))]
    assert await conversation.command(person, "ask") == [Reply(say("en", "ask_usage_bare"))]
    assert await conversation.command(person, "latest") == [Reply(say("en", "latest_none"))]
    assert await conversation.message(person, "When do the cars arrive?") == [Reply(say("en", "no_articles"))]
    assert await conversation.message(person, "hello") == [Reply(say("en", "smalltalk_greeting"))]


async def test_the_operator_can_demand_certainty(answering: Answering) -> None:
    """With the highest threshold, what is answered otherwise is refused."""
    certain = replace(answering.settings, answer_threshold=1.0)
    strict = answerer_over(certain, answering.encoder, answering.catalogue.current)
    assert isinstance(answering.answerer.answer(QUESTIONS["en"]), Answer)
    assert not isinstance(strict.answer(QUESTIONS["en"]), Answer)
