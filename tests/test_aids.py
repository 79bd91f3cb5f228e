"""The buttons under an answer: what they carry, what they bring, and when they are too old."""

from dataclasses import replace
from datetime import date

import pytest

from bot.answers.answering import Answer, Proof
from bot.answers.library import Library, library_of
from bot.chat.aids import CALLBACK_LIMIT, CONTEXT, LABEL, OTHER, aid, answer_buttons
from bot.chat.composing import plain, units
from bot.replies import Button, Reply
from bot.settings import LANGUAGES
from bot.texts import say
from corpus.model import Article
from tests.articles import article
from tests.test_composing import check_html

ARTICLE = article(
    "depot",
    {
        "it": [["Apre <a maggio>.", "È grande.", "Costa poco."], ["Uno solo."]],
        "en": [["It opens <in May>.", "It is large.", "It costs little."], ["One alone."]],
        "zh": [["它五月开放。", "它很大。", "它很便宜。"], ["只有一个。"]],
        "de": [["Er öffnet im Mai und ist groß.", "Er kostet wenig."], ["Einer allein."]],
    },
)


class NoSearch:
    """Buttons search for nothing."""


def library(*articles: Article) -> Library:
    """A library that can be read, not searched."""
    return library_of(articles, NoSearch(), "digest")  # type: ignore[arg-type]  # nothing here searches


def proof(number: int, language: str = "en", paragraph: int = 1, *, of: Article = ARTICLE) -> Proof:
    """One of an article's sentences, as a reader of that language sees it."""
    edition = of.edition(language)
    assert edition is not None
    return Proof(
        id=f"{of.slug}/p{paragraph}/s{number}",
        language=language,
        text=edition.paragraphs[paragraph - 1].sentences[number - 1].text,
        original_language="it",
        original="",
        title="News",
        published=date(2025, 1, 1),
        source="Acme",
        url=None,
        similarity=0.9,
    )


def buttons(answer: Answer) -> list[Button]:
    """The one row under an answer."""
    [row] = answer_buttons(answer)
    return list(row)


def answer(*proofs: Proof, language: str = "en") -> Answer:
    """An answer with this evidence."""
    return Answer("When?", language, None, 0.9, proofs)


def pressed(data: str, of: Library | None = None) -> Reply:
    """What a button brings that is not too old."""
    reply = aid(of or library(ARTICLE), data)
    assert reply is not None
    check_html(reply.html)
    return reply


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_buttons_under_an_answer(language: str) -> None:
    """In the language of the answer, marked as aids, their data within Telegram's 64 bytes and without any text."""
    context, other = buttons(answer(*(proof(number) for number in (1, 2, 3)), language=language))
    assert (context.label, other.label) == (say(language, "button_context"), say(language, "button_not_asked"))
    assert context.aid
    assert other.aid
    assert context.data.startswith(f"{CONTEXT}:{language}:")
    assert other.data.startswith(f"{OTHER}:{language}:")
    assert max(len(button.data.encode()) for button in (context, other)) <= CALLBACK_LIMIT


def test_more_evidence_than_a_button_carries() -> None:
    """Of many sentences the first few fit into the data; the rest are left out."""
    many = article("many", {"en": [[f"Sentence {n}." for n in range(20)]]})
    for button in buttons(answer(*(proof(n, of=many) for n in range(1, 21)))):
        assert CALLBACK_LIMIT - 17 < len(button.data.encode()) <= CALLBACK_LIMIT


def test_context_is_the_paragraph_with_the_sentence_in_bold() -> None:
    """The asker's edition, escaped, with the source; the button to say "not that" stays at hand."""
    context, other = buttons(answer(proof(1), proof(2)))
    reply = pressed(context.data)
    assert reply.html == (
        "<b>It opens &lt;in May&gt;.</b> It is large. It costs little.\n\n<i>Source: News. Acme, 1 January 2025</i>"
    )
    assert reply.buttons == ((other,),)
    middle, _ = buttons(answer(proof(2, "zh"), language="zh"))
    assert pressed(middle.data).html.startswith("它五月开放。<b>它很大。</b>它很便宜。\n\n<i>来源：")


def test_context_of_a_sentence_alone_is_what_stands_around_it() -> None:
    """Where the sentence is its whole paragraph, the paragraphs beside it are shown."""
    context, _ = buttons(answer(proof(1, paragraph=2)))
    assert pressed(context.data).html.startswith(
        "It opens &lt;in May&gt;. It is large. It costs little.\n\n<b>One alone.</b>\n\n<i>"
    )
    lonely = article("lonely", {"en": [["Nothing else."]]})
    context, _ = buttons(answer(proof(1, of=lonely)))
    assert pressed(context.data, library(lonely)).html.startswith("<b>Nothing else.</b>\n\n<i>Source")


def test_context_has_the_headline_over_it() -> None:
    """The headline over the paragraph says what it is about."""
    edition = ARTICLE.editions[0]
    headed = replace(
        ARTICLE, editions=(replace(edition, paragraphs=(replace(edition.paragraphs[0], heading="A & B"),)),)
    )
    context, _ = buttons(answer(proof(2, "it", of=headed), language="it"))
    assert pressed(context.data, library(headed)).html.startswith(
        "<i>A &amp; B</i>\n\nApre &lt;a maggio&gt;. <b>È grande.</b>"
    )


def test_a_sentence_without_a_counterpart_is_found_by_its_paragraph() -> None:
    """A reader whose edition parts its sentences otherwise was shown the paragraph, and gets it back."""
    shown = replace(proof(1), language="de", text="Er öffnet im Mai und ist groß. Er kostet wenig.")
    context, _ = buttons(answer(shown, language="de"))
    assert pressed(context.data).html.startswith(
        "<b>Er öffnet im Mai und ist groß. Er kostet wenig.</b>\n\nEiner allein."
    )
    _, other = buttons(answer(proof(2), shown, language="de"))
    assert "Im Original (Italienisch):\nApre &lt;a maggio&gt;. È grande. Costa poco." in pressed(other.data).html


def test_not_what_i_asked_shows_the_next_and_never_calls_it_the_answer() -> None:
    """One candidate after the other, each after a "perhaps", with original and source; then a kind end."""
    _, other = buttons(answer(proof(1), proof(2), proof(3)))
    second = pressed(other.data)
    assert second.html.split("\n\n") == [
        "Perhaps this:\nIt is large.",
        "<blockquote expandable>In the original (Italian):\nÈ grande.</blockquote>",
        "<i>Source: News. Acme, 1 January 2025</i>",
    ]
    [[context, other]] = second.buttons
    assert "<b>It is large.</b>" in pressed(context.data).html
    third = pressed(other.data)
    assert third.html.startswith("Perhaps this:\nIt costs little.")
    assert pressed(third.buttons[0][1].data) == Reply(say("en", "nothing_else"))


def test_each_reading_of_an_ambiguous_question_has_a_button() -> None:
    """Where the answer shows two readings, a button opens what stands around each, one more asks for something else."""
    both = replace(answer(proof(1), proof(2), proof(3)), also=(proof(2),), ambiguous=True)
    first, second, other = (button for row in answer_buttons(both) for button in row)
    assert (first.label, second.label) == (proof(1).text, proof(2).text)
    assert "<b>It opens &lt;in May&gt;.</b>" in pressed(first.data).html
    assert "<b>It is large.</b>" in pressed(second.data).html
    assert pressed(other.data).html.startswith("Perhaps this:\nIt costs little.")
    for reading in (first, second):
        assert len(reading.data.encode()) <= CALLBACK_LIMIT
        [[neither]] = pressed(reading.data).buttons
        assert pressed(neither.data).html.startswith("Perhaps this:\nIt costs little.")


def test_readings_that_read_the_same_are_one() -> None:
    """Where the reader's edition has one sentence for both, there is nothing to choose between."""
    twice = replace(answer(proof(1), replace(proof(1), similarity=0.8)), also=(proof(1),), ambiguous=True)
    assert [button.label for button in buttons(twice)] == ["More context", "Not what I asked"]


def test_a_reading_that_is_long_is_shortened() -> None:
    """The label of a button is short, whatever the sentence; the sentence itself is a press away."""
    long = article("long", {"en": [["Some words. " * 3 + "and so on " * 30, "Another thing."]]})
    both = replace(answer(proof(1, of=long), proof(2, of=long)), also=(proof(2, of=long),), ambiguous=True)
    (first,), (second,), _ = answer_buttons(both)
    assert units(first.label) <= LABEL < units(proof(1, of=long).text)
    assert second.label == "Another thing."


def test_the_same_sentence_is_not_offered_twice() -> None:
    """Two proofs that read the same are one candidate."""
    _, other = buttons(answer(proof(1), proof(1), proof(2)))
    assert pressed(other.data).html.startswith("Perhaps this:\nIt is large.")


def test_what_the_answer_shows_already_is_not_offered() -> None:
    """A sentence that stands beside the first in the answer is no other candidate."""
    _, other = buttons(replace(answer(proof(1), proof(2), proof(3)), also=(proof(2),)))
    assert pressed(other.data).html.startswith("Perhaps this:\nIt costs little.")


def test_a_button_is_too_old_when_its_sentence_has_changed() -> None:
    """A reworded sentence, a removed article, a forged button: none of them brings another sentence."""
    context, other = buttons(answer(proof(1), proof(2)))
    reworded = article("depot", {"it": [["Apre.", "È enorme."]], "en": [["It opens.", "It is huge."]]})
    for changed in (library(reworded), library()):
        assert aid(changed, context.data) is None
        assert aid(changed, other.data) is None
    for forged in (
        CONTEXT,
        f"{CONTEXT}:",
        f"{CONTEXT}:en",
        f"{CONTEXT}:en:",
        f"{OTHER}:en:x",
        f"{CONTEXT}:x:y:z:::",
        f"{OTHER}:",
    ):
        assert aid(library(ARTICLE), forged) is None


def test_a_button_works_on_another_start() -> None:
    """Nothing but the data and the articles is needed: another process makes the same of it."""
    context, _ = buttons(answer(proof(1)))
    assert aid(library(ARTICLE), context.data) == aid(
        library(article("other", {"en": [["Else."]]}), ARTICLE), context.data
    )


@pytest.mark.parametrize("monster", ["Wort" * 2000, "\U0001f6e9" * 3000, "<&>" * 2000, "Ein Satz. " * 1000])
def test_context_is_never_too_long(monster: str) -> None:
    """However long what stands around is, the message keeps Telegram's limit, and the sentence stays in it."""
    sentences = [monster, "The one.", monster]
    for paragraphs in ([sentences], [[sentence] for sentence in sentences]):
        long = article("long", {"en": paragraphs}, title=monster)
        edition = long.original
        place = next(p for p in edition.paragraphs if any(s.text == "The one." for s in p.sentences))
        [sentence] = [s for s in place.sentences if s.text == "The one."]
        found = replace(proof(1, of=long), id=sentence.id, text="The one.")
        context, other = buttons(answer(found, replace(found, id=edition.sentences[0].id, text=monster)))
        shown = pressed(context.data, library(long))
        assert "<b>The one.</b>" in shown.html
        assert units(plain(shown.html)) < 3500
        pressed(other.data, library(long))
