"""Outcomes as messages: what stands in them, what never does, and that Telegram takes every one of them."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.answering import Answer, Proof, Refusal, Status
from bot.answers.polarity import Polarity
from bot.answers.samples import question_token
from bot.answers.smalltalk import Smalltalk
from bot.chat.composing import (
    TELEGRAM_LIMIT,
    compose,
    cut,
    plain,
    question_buttons,
    record,
    understood,
    units,
)
from bot.replies import Button, Reply
from bot.settings import LANGUAGES
from bot.texts import say

ITALIAN = Proof(
    id="2025-01-01-depot/p1/s1",
    language="en",
    text="Acme & Sons opens <one> depot in May.",
    original_language="it",
    original="Acme & figli apre <un> deposito a maggio.",
    title="Acme & Sons <news>",
    published=date(2025, 1, 1),
    source="Acme > press",
    url='https://acme.example/?a=1&b="2"',
    similarity=0.87654321,
)
ENGLISH = replace(ITALIAN, original_language="en", original=ITALIAN.text, url=None)
ANSWER = Answer("When?", "en", "in <May>", 0.91, (ITALIAN, ENGLISH))
NOT_STATED = Refusal("Why?", "en", Status.NOT_STATED, 0.2, (ITALIAN,))
OFF_TOPIC = Refusal("Who won?", "en", Status.OFF_TOPIC, 0.01, (ITALIAN,))
HELLO = Refusal("hi", "en", Status.SMALLTALK, 0.0, smalltalk=Smalltalk.GREETING)
SAMPLES = ("When does it open?", "Where is it?", "Who is Acme?", "How many?")
MONSTER = "Wort" * 5000
GLIDER = "\U0001f6e9" * 5000
"""Characters of two UTF-16 units each."""


class _Strict(HTMLParser):
    """Refuses what Telegram refuses: unknown tags, and tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "a", "code", "blockquote"}
        assert {name for name, _ in attrs} <= {"href", "expandable"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_html(html: str) -> None:
    """Assert that Telegram would parse it, and that it is not too long."""
    strict = _Strict()
    strict.feed(html)
    strict.close()
    assert strict.open == []
    assert 1 <= units(plain(html)) <= TELEGRAM_LIMIT


def test_an_answer_in_another_language_than_the_original() -> None:
    """Direct line, sentence, the original in an expandable quote, source with date and link: each escaped."""
    assert compose(ANSWER).html.split("\n\n") == [
        "<b>in &lt;May&gt;</b>",
        "Acme &amp; Sons opens &lt;one&gt; depot in May.",
        "<blockquote expandable>In the original (Italian):\nAcme &amp; figli apre &lt;un&gt; deposito a maggio."
        "</blockquote>",
        '<i>Source: <a href="https://acme.example/?a=1&amp;b=&quot;2&quot;">Acme &amp; Sons &lt;news&gt;</a>. '
        "Acme &gt; press, 1 January 2025</i>",
    ]
    check_html(compose(ANSWER).html)


def test_an_answer_in_the_original_language() -> None:
    """Where the sentence is the original, it is not quoted a second time; without an address the title has no link."""
    assert compose(replace(ANSWER, evidence=(ENGLISH,))).html.split("\n\n") == [
        "<b>in &lt;May&gt;</b>",
        "Acme &amp; Sons opens &lt;one&gt; depot in May.",
        "<i>Source: Acme &amp; Sons &lt;news&gt;. Acme &gt; press, 1 January 2025</i>",
    ]


def test_an_answer_without_a_headline_begins_with_its_sentence() -> None:
    """No direct line is made up where the sentence holds no single value."""
    assert compose(replace(ANSWER, headline=None)).html.startswith("Acme &amp; Sons opens")


def test_a_source_that_says_its_date_does_not_say_it_twice() -> None:
    """The date is left out where the source itself ends in it, in the language of the answer."""
    proof = replace(ENGLISH, title="T", source="Keynote, 1 January 2025")
    assert plain(compose(replace(ANSWER, evidence=(proof,))).html).endswith("Source: T. Keynote, 1 January 2025")
    italian = compose(replace(ANSWER, language="it", evidence=(proof,)))
    assert plain(italian.html).endswith("Fonte: T. Keynote, 1 January 2025, 1 gennaio 2025")


def test_what_was_understood_stands_over_the_reply() -> None:
    """One short line, escaped, and the buttons as they were; however long the question, the message is not."""
    reply = compose(OFF_TOPIC, SAMPLES)
    assert understood(reply, "Why <b>?") == replace(reply, html=f"<i>Why &lt;b&gt;?</i>\n\n{reply.html}")
    monster = replace(ITALIAN, text=MONSTER, original=MONSTER, title=MONSTER, source=MONSTER)
    for language in LANGUAGES:
        check_html(understood(compose(Answer(MONSTER, language, MONSTER, 0.9, (monster,))), MONSTER).html)


YES_NO = {
    "en": ("Yes: ", "No: "),
    "it": ("Sì: ", "No: "),
    "es": ("Sí: ", "No: "),
    "de": ("Ja: ", "Nein: "),
    "fr": ("Oui\u202f: ", "Non\u202f: "),
    "zh": ("是的：", "并非如此："),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_or_no_leads_the_sentence(language: str) -> None:
    """Where a sentence says yes or no, the word stands before it, never alone."""
    for polarity, word in zip(Polarity, YES_NO[language], strict=True):
        answer = replace(ANSWER, language=language, headline=None, evidence=(ENGLISH,), polarity=polarity)
        assert compose(answer).html.startswith(f"{word}Acme &amp; Sons opens")


TODAY = {
    "en": ("It opens today.", "(today = 1 January 2025)", "(said on 1 January 2025)"),
    "it": ("Apre oggi.", "(oggi = 1 gennaio 2025)", "(detto in data 1 gennaio 2025)"),
    "es": ("Abre hoy.", "(hoy = 1 de enero de 2025)", "(dicho el 1 de enero de 2025)"),
    "de": ("Es öffnet heute.", "(heute = 1. Januar 2025)", "(gesagt am 1. Januar 2025)"),
    "fr": ("Il ouvre aujourd'hui.", "(aujourd'hui = 1 janvier 2025)", "(dit le 1 janvier 2025)"),
    "zh": ("今天开放。", "（今天＝2025年1月1日）", "（说于2025年1月1日）"),
}
SOON = {"en": "Soon.", "it": "A breve.", "es": "En breve.", "de": "Bald.", "fr": "Bientôt.", "zh": "近日。"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_relative_words_are_followed_by_their_date(language: str) -> None:
    """Under a sentence that says "today" stands the day it means; under a vague one, the day it was said."""
    sentence, means, said = TODAY[language]
    for text, note in ((sentence, means), (SOON[language], said)):
        proof = replace(ENGLISH, language=language, original_language=language, text=text)
        shown = compose(replace(ANSWER, language=language, headline=None, evidence=(proof,))).html
        assert shown.split("\n\n")[0] == f"{text}\n<i>{note}</i>"


def test_several_sentences_are_shown_together() -> None:
    """Sentences that belong to one answer stand one below the other, their originals in one quote, a source once."""
    second = replace(ITALIAN, id="2025-01-01-depot/p1/s2", text="It closes today.", original="Chiude oggi.")
    other = replace(ENGLISH, text="Bolt opens.", title="Bolt")
    assert compose(replace(ANSWER, headline=None, also=(second, other))).html.split("\n\n") == [
        "Acme &amp; Sons opens &lt;one&gt; depot in May.",
        "It closes today.\n<i>(today = 1 January 2025)</i>",
        "Bolt opens.",
        "<blockquote expandable>In the original (Italian):\nAcme &amp; figli apre &lt;un&gt; deposito a maggio.\n"
        "Chiude oggi.</blockquote>",
        '<i>Source: <a href="https://acme.example/?a=1&amp;b=&quot;2&quot;">Acme &amp; Sons &lt;news&gt;</a>. '
        "Acme &gt; press, 1 January 2025</i>\n<i>Source: Bolt. Acme &gt; press, 1 January 2025</i>",
    ]


def test_a_composed_answer_has_no_buttons() -> None:
    """An answer stands for itself; a conversation adds what can be pressed."""
    assert compose(ANSWER, SAMPLES).buttons == ()


def test_what_is_not_stated_shows_the_nearest_sentence() -> None:
    """A refusal about the announcement says so, and what comes nearest, escaped."""
    assert compose(NOT_STATED, SAMPLES) == Reply(
        "The announcement does not state this.\n\nThe nearest it says:\nAcme &amp; Sons opens &lt;one&gt; depot in May."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_nearest_sentence_is_followed_by_the_date_of_its_words(language: str) -> None:
    """Under a refusal, too, "today" is told by the day it means; there is no source, for nothing was answered."""
    sentence, means, _ = TODAY[language]
    proof = replace(ENGLISH, language=language, original_language=language, text=sentence)
    shown = compose(replace(NOT_STATED, language=language, evidence=(proof,))).html
    nearest = say(language, "nearest")
    assert shown == f"{say(language, 'not_stated')}\n\n{nearest}\n{sentence}\n<i>{means}</i>"


def test_names_that_the_announcement_never_mentions_are_named() -> None:
    """Where a name of the question is what is missing, the refusal says which, escaped."""
    html = compose(replace(NOT_STATED, missing=("Tesla", "<b>"))).html
    assert html.startswith("The announcement does not state this. It does not mention: Tesla, &lt;b&gt;.")


def test_a_refusal_tells_the_continent_that_it_speaks_of() -> None:
    """Where a country is missing and its continent is not, the refusal says both."""
    html = compose(replace(NOT_STATED, missing=("Italy",), speaks_of=("Europe",))).html
    assert html.startswith(say("en", "not_stated_elsewhere", known="Europe", names="Italy"))


def test_missing_names_are_listed_as_the_language_lists() -> None:
    """Several names have the comma of the reader's language between them."""
    refused = replace(NOT_STATED, language="zh", missing=("意大利", "法国"))
    assert compose(refused).html.startswith(say("zh", "not_stated_missing", names="意大利、法国"))
    html = compose(replace(refused, speaks_of=("欧洲", "亚洲"))).html
    assert html.startswith(say("zh", "not_stated_elsewhere", known="欧洲、亚洲", names="意大利、法国"))


def test_a_question_about_something_else_offers_three_that_can_be_answered() -> None:
    """Off topic is said without any passage, with at most three sample questions."""
    assert compose(OFF_TOPIC, SAMPLES) == Reply(say("en", "off_topic"), question_buttons(SAMPLES[:3]))
    assert compose(OFF_TOPIC) == Reply(say("en", "off_topic_bare"))


def test_an_empty_corpus_says_that_it_is_empty() -> None:
    """Where there was nothing to search, the question is not called off topic."""
    assert compose(replace(OFF_TOPIC, evidence=())) == Reply(
        "There is no announcement here yet that I could answer from. "
        "Send /subscribe, and you will hear of the first one."
    )


def test_a_question_that_names_nothing_is_told_so() -> None:
    """A mere "why?" was searched for nowhere: nobody hears that it is off topic, or that there is no announcement."""
    why = replace(OFF_TOPIC, question="Why?", evidence=(), names_nothing=True)
    assert compose(why, SAMPLES) == Reply(say("en", "names_nothing"), question_buttons(SAMPLES[:3]))
    assert compose(why) == Reply(say("en", "off_topic_bare"))


@pytest.mark.parametrize("kind", [kind for kind in Smalltalk if kind not in {Smalltalk.FOLLOW, Smalltalk.LEAVE}])
@pytest.mark.parametrize("language", LANGUAGES)
def test_small_talk_is_kind_and_offers_two_questions(kind: Smalltalk, language: str) -> None:
    """Each kind of small talk has its sentence in each language, and two questions to press."""
    reply = compose(replace(HELLO, language=language, smalltalk=kind), SAMPLES)
    assert reply == Reply(say(language, f"smalltalk_{kind}"), question_buttons(SAMPLES[:2]))


@pytest.mark.parametrize(
    ("kind", "command"), [(Smalltalk.FOLLOW, "subscribe"), (Smalltalk.LEAVE, "unsubscribe")], ids=str
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wish_for_news_or_for_none_is_one_tap(kind: Smalltalk, command: str, language: str) -> None:
    """Who says in plain words that they want the news, or no more of it, gets the button that does just that."""
    reply = compose(replace(HELLO, language=language, smalltalk=kind), SAMPLES)
    does = Button(say(language, f"button_{command}"), f"do:{command}")
    assert reply == Reply(say(language, f"smalltalk_{kind}"), ((does,),))


@pytest.mark.parametrize("refusal", [NOT_STATED, OFF_TOPIC, HELLO], ids=lambda refusal: refusal.status)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_source_in_a_refusal(refusal: Refusal, language: str) -> None:
    """A refusal never names a source: nothing was found there."""
    html = compose(replace(refusal, language=language), SAMPLES).html
    assert "Acme &gt; press" not in html
    assert "2025" not in html
    assert "acme.example" not in html


@pytest.mark.parametrize("monster", [MONSTER, GLIDER, "<&>" * 2000, "Ein Satz. " * 1000], ids=range(4))
def test_no_message_is_too_long(monster: str) -> None:
    """Whatever is monstrously long, every message keeps Telegram's 4,096 UTF-16 units and stays whole HTML."""
    proof = replace(ITALIAN, text=monster, original=monster, title=monster, source=monster)
    for language in LANGUAGES:
        check_html(compose(Answer(monster, language, monster, 0.9, (proof,))).html)
        others = tuple(replace(proof, title=f"{n} {monster}", text=f"{n} today, soon {monster}") for n in range(2))
        several = compose(Answer(monster, language, None, 0.9, (proof,), others, polarity=Polarity.YES))
        check_html(understood(several, monster).html)
        check_html(compose(Refusal(monster, language, Status.NOT_STATED, 0.1, (proof,))).html)
        check_html(compose(Refusal(monster, language, Status.OFF_TOPIC, 0.1, (proof,))).html)


def test_a_long_sentence_is_cut_at_the_end_of_a_sentence() -> None:
    """A long passage loses whole sentences from its end; nothing is cut in the middle of one."""
    sentences = [f"Sentence number {n} is about as long as this." for n in range(1, 101)]
    proof = replace(ENGLISH, text=" ".join(sentences))
    shown = compose(replace(ANSWER, headline=None, evidence=(proof,))).html.split("\n\n")[0]
    assert shown == " ".join(sentences[: shown.count(".")])
    assert 10 < shown.count(".") < 100


def test_cut_counts_utf16_units() -> None:
    """The limit is in UTF-16 units: an emoji counts twice, and is never cut in half."""
    assert units("a\U0001f6e9") == 3
    assert cut("\U0001f6e9" * 5, 10, "en") == "\U0001f6e9" * 5
    assert cut("\U0001f6e9" * 5, 9, "en") == "\U0001f6e9" * 4 + "…"
    assert cut("\U0001f6e9" * 5, 8, "en") == "\U0001f6e9" * 3 + "…"


def test_cut_keeps_what_fits() -> None:
    """A text within the limit stays as it is; a longer one keeps whole sentences; one long sentence ends in "…"."""
    assert cut("One. Two. Three.", 16, "en") == "One. Two. Three."
    assert cut("One. Two. Three.", 15, "en") == "One. Two."
    assert cut("One. Two. Three.", 3, "en") == "On…"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    """Whatever the text, what is kept fits."""
    assert units(cut(text, limit, "en")) <= limit


def test_callback_data_is_short_and_stable() -> None:
    """A question of any length is a button of at most 64 bytes, the same on every start, another for another."""
    [[button], [other]] = question_buttons(["车" * 500, "When?"])
    assert button == Button("车" * 500, f"q:{question_token('车' * 500)}")
    assert len(button.data.encode()) <= 64
    assert re.fullmatch(r"q:[0-9a-f]{16}", button.data)
    assert other.data != button.data
    assert question_token("When?") == "e5d2524902b78a2d"


def test_plain_is_what_a_person_reads() -> None:
    """Tags go, entities become characters, text that looks like a tag stays."""
    assert plain(compose(ANSWER).html) == (
        "in <May>\n\n"
        "Acme & Sons opens <one> depot in May.\n\n"
        "In the original (Italian):\nAcme & figli apre <un> deposito a maggio.\n\n"
        "Source: Acme & Sons <news>. Acme > press, 1 January 2025"
    )


def test_the_record_of_an_answer() -> None:
    """The record has exactly the keys that others rely on, its answer being what a person reads."""
    assert record(replace(ANSWER, evidence=(ITALIAN,))) == {
        "question": "When?",
        "language": "en",
        "status": "answered",
        "answer": plain(compose(ANSWER).html),
        "headline": "in <May>",
        "confidence": 0.91,
        "evidence": [
            {
                "id": "2025-01-01-depot/p1/s1",
                "language": "en",
                "text": "Acme & Sons opens <one> depot in May.",
                "original_language": "it",
                "original": "Acme & figli apre <un> deposito a maggio.",
                "article": "Acme & Sons <news>",
                "published": "2025-01-01",
                "source": "Acme > press",
                "similarity": 0.876543,
            }
        ],
    }


@pytest.mark.parametrize(
    ("refusal", "status"), [(NOT_STATED, "not_stated"), (OFF_TOPIC, "off_topic"), (HELLO, "smalltalk")]
)
def test_the_record_of_a_refusal(refusal: Refusal, status: str) -> None:
    """A refusal has no headline, but its confidence and the nearest passages, best first."""
    kept = record(refusal, SAMPLES)
    assert kept["status"] == status
    assert kept["answer"] == plain(compose(refusal, SAMPLES).html)
    assert kept["headline"] is None
    assert kept["confidence"] == refusal.confidence
    assert [proof["id"] for proof in kept["evidence"]] == [proof.id for proof in refusal.evidence]
    assert set(kept) == set(record(ANSWER))
