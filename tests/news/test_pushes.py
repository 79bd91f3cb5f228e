"""What subscribers read: a push, a digest, an answer, a correction, an edit; within the limits, in their language."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.answers.library import Library
from bot.answers.samples import Samples, question_token
from bot.chat.composing import SUMMARY, plain, units
from bot.chat.timeline import article_token
from bot.chat.topics import topic_token
from bot.news.openings import news_of
from bot.news.pushes import Pushes, parts
from bot.news.stories import Stories
from bot.replies import Button, Channel, ChatAddress, Reply
from bot.settings import LANGUAGES
from bot.state.database import Engines
from bot.state.deliveries import Delivery, Parcel, ShownSentence
from bot.state.kinds import DeliveryKind
from bot.state.shown import KeptCorrection, Shown
from bot.texts import day, say
from corpus.model import Article
from tests.answerers import word_answerer, word_library
from tests.articles import article
from tests.encoders import WordEncoder
from tests.test_composing import MONSTER, check_html
from tests.vaults import VAULT

CHAT = ChatAddress(Channel.TELEGRAM, "1")
DEPOT = article(
    "depot", {"en": [["Acme opens a depot in Turin on 3 May.", "It has room for 40 lorries."]]}, title="Acme <1>", day=5
)
ITALIAN = article("italian", {"it": [["Il deposito apre."]], "en": [["The depot opens."]]}, title="Il deposito", day=3)
CHINESE = article("chinese", {"zh": [["仓库开放。"]]}, title="仓库", day=1)


class Memory(Shown):
    """Keeps what is noted, and knows one correction."""

    def __init__(self, *corrections: KeptCorrection) -> None:
        super().__init__(Engines("sqlite+aiosqlite://"), VAULT)
        self.corrections = {correction.id: correction for correction in corrections}

    async def correction(self, number: int) -> KeptCorrection | None:
        """See Shown."""
        return self.corrections.get(number)


def correction(number: int, was: str, now: str | None) -> KeptCorrection:
    """Of the depot's first sentence."""
    return KeptCorrection(number, "depot", "depot/p1/s1", "en", was, now, datetime(2025, 1, 1, tzinfo=UTC))


class Desk:
    """Pushes over some articles, and how often their questions were looked for."""

    def __init__(self, articles: Sequence[Article], shown: Shown) -> None:
        encoder = WordEncoder("depot", "lorries", "acme")
        self.library = word_library(articles, encoder)
        self.looked = 0
        self.pushes = Pushes(
            self._library,
            self._samples,
            word_answerer(self._library, encoder),
            Stories(encoder),
            shown,
            "en",
        )

    def _library(self) -> Library:
        return self.library

    def _samples(self) -> Samples:
        self.looked += 1
        return Samples("x", {"depot": {"en": ["When does it open?", "Where?"], "it": ["Quando apre?"]}})


@pytest.fixture
def shown() -> Memory:
    """With two corrections."""
    return Memory(correction(1, "It opens <in> May.", "It opens in June."), correction(2, "It is red.", None))


@pytest.fixture
def desk(shown: Memory) -> Desk:
    """Over three articles."""
    return Desk([DEPOT, ITALIAN, CHINESE], shown)


def parcel(*deliveries: Delivery, language: str | None = "en") -> Parcel:
    """What one chat is due."""
    return Parcel(CHAT, 11, language, None, deliveries)


def news(slug: str, because: str | None = "offers", words: str | None = None) -> Delivery:
    """An announcement that is owed."""
    return Delivery(1, slug, DeliveryKind.ANNOUNCEMENT, because=because, because_words=words)


async def composed(desk: Desk, *deliveries: Delivery, language: str | None = "en") -> Reply:
    """The message that is sent."""
    message = await desk.pushes.compose(parcel(*deliveries, language=language))
    assert message is not None
    check_html(message.reply.html)
    assert all(len(button.data.encode()) <= 64 for row in message.reply.buttons for button in row)
    return message.reply


async def shows(desk: Desk, *deliveries: Delivery) -> list[ShownSentence]:
    """What is known to be shown by the message."""
    message = await desk.pushes.compose(parcel(*deliveries))
    assert message is not None
    return list(message.shown)


async def test_a_push_says_why_it_came_and_can_be_muted(desk: Desk) -> None:
    """Title, date, opening, the topic; a question to press, and mute, less and ask."""
    assert await composed(desk, news("depot")) == Reply(
        "📣 <b>Acme &lt;1&gt;</b>\n<i>5 January 2025</i>\n\n"
        "Acme opens a depot in Turin on 3 May. It has room for 40 lorries.\n\n"
        "You get this because you follow <i>offers</i>.",
        (
            (Button("When does it open?", f"q:{question_token('When does it open?')}"),),
            (Button("Ask about this", f"about:{article_token('depot')}"),),
            (Button("Mute offers", f"mute:t{topic_token('offers')}"), Button("Less", "less:")),
        ),
    )


async def test_a_push_by_words_of_ones_own(desk: Desk) -> None:
    """The words are named, escaped, and muted by their number; where they are gone there is no reason to push it."""
    reply = await composed(desk, news("depot", "own:7", "prices & <b>"))
    assert reply.html.endswith("because you follow <i>prices &amp; &lt;b&gt;</i>.")
    assert reply.buttons[-1][0] == Button("Mute prices & <b>", "mute:o7")
    assert await desk.pushes.compose(parcel(news("depot", "own:7"))) is None
    left = await composed(desk, news("depot", "own:7"), news("italian"))
    assert left == await composed(desk, news("italian"))


async def test_who_follows_everything_mutes_the_topic_of_the_article(desk: Desk) -> None:
    """The reason is everything, and what can be muted of it is what this article is."""
    reply = await composed(desk, news("depot", "everything"))
    assert reply.html.endswith("because you follow <i>everything</i>.")
    assert reply.buttons[-1][0] == Button("Mute news", f"mute:t{topic_token('news')}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_push_in_every_language(desk: Desk, language: str) -> None:
    """The edition in the subscriber's language where there is one, else the original with the English summary."""
    reply = await composed(desk, news("italian"), language=language)
    own = {"en": "The depot opens.", "it": "Il deposito apre."}
    text = plain(reply.html)
    assert day(language, date(2025, 1, 3)) in text
    assert own.get(language, "Il deposito apre.") in text
    assert ("The depot opens." in text) == (language != "it")
    assert "仓库开放。" in (await composed(desk, news("chinese"), language=language)).html


async def test_nobodys_language_is_known(desk: Desk) -> None:
    """The bot's own language is spoken then."""
    assert await composed(desk, news("depot"), language=None) == await composed(desk, news("depot"))


async def test_several_are_one_digest(desk: Desk) -> None:
    """A line each with what it came by, the newest first, and a button for each; each topic can be muted, of everything
    that of the article; one that is gone from the corpus is passed over."""
    by_words = news("chinese", "own:7", "depots & <b>")
    reply = await composed(desk, by_words, news("depot"), news("gone"), news("italian", "everything"))
    assert reply.html == (
        "📣 <b>New announcements: 3</b>\n\n"
        "• <b>Acme &lt;1&gt;</b> <i>5 January 2025</i> (offers)\n"
        "• <b>Il deposito</b> <i>3 January 2025</i> (everything)\n"
        "• <b>仓库</b> <i>1 January 2025</i> (depots &amp; &lt;b&gt;)\n\n"
        "In brackets: the topic you follow, which is why you get it."
    )
    assert [row[0].label for row in reply.buttons[:3]] == ["Acme <1>", "Il deposito", "仓库"]
    assert [row[0].data.partition(":")[0] for row in reply.buttons[:3]] == ["about"] * 3
    assert reply.buttons[3:] == (
        (
            Button("Mute offers", f"mute:t{topic_token('offers')}"),
            Button("Mute news", f"mute:t{topic_token('news')}"),
        ),
        (Button("Mute depots & <b>", "mute:o7"), Button("Less", "less:")),
    )


async def test_a_digest_mutes_each_topic_once_and_few(desk: Desk) -> None:
    """One topic has one button however often it is in it, and of many topics the first three have one."""
    same = await composed(desk, news("depot"), news("italian"), news("chinese"))
    assert [button.label for button in same.buttons[-1]] == ["Mute offers", "Less"]
    topics = ("offers", "news", "dates", "prices")
    many = await composed(desk, *(news(slug, topic) for slug in ("depot", "italian") for topic in topics))
    labels = [button.label for row in many.buttons for button in row]
    assert labels[-4:] == ["Mute offers", "Mute news", "Mute dates", "Less"]
    assert "(prices)" in many.html


async def test_what_is_gone_is_not_told(desk: Desk) -> None:
    """An article that is no more at hand, an answer or a correction that is no more known: no message."""
    assert await desk.pushes.compose(parcel(news("gone"))) is None
    gone = Delivery(1, "depot", DeliveryKind.CORRECTION, about="99")
    assert await desk.pushes.compose(parcel(gone)) is None
    assert await desk.pushes.compose(parcel(Delivery(1, "depot", DeliveryKind.ANSWER, about="5"))) is None


@pytest.mark.parametrize("count", [2, 12, 90])
async def test_a_digest_is_never_too_long(shown: Memory, count: int) -> None:
    """However many and however long: titles are shortened first, then the oldest are only counted."""
    articles = [article(f"a{n}", {"en": [["News."]]}, title=f"{n} {'Wort' * 100}") for n in range(count)]
    desk = Desk(articles, shown)
    for language in ("en", "zh"):
        reply = await composed(desk, *(news(each.slug) for each in articles), language=language)
        more = say(language, "push_digest_more", count="|").partition("|")[2]
        assert (more in reply.html) == (count == 90)
        assert "90" not in reply.html or plain(reply.html).count("•") > 40


async def test_a_push_is_never_too_long(shown: Memory) -> None:
    """However long title, text, source and words are."""
    monster = article("depot", {"it": [[MONSTER]], "en": [[MONSTER]]}, title=MONSTER)
    url = f"https://acme.example/{MONSTER}"
    whole = replace(monster, editions=tuple(replace(e, url=url, source=MONSTER) for e in monster.editions))
    for language in ("it", "de"):
        await composed(Desk([whole], shown), news("depot", "own:3", MONSTER), language=language)


async def test_the_address_and_the_opening_only() -> None:
    """A long first paragraph is cut at the end of a sentence; the address follows, escaped."""
    sentences = [f"Sentence number {n} says something." for n in range(100)]
    told = article("a", {"en": [sentences, ["Never shown."]]}, title="A & B")
    linked = replace(told, editions=(replace(told.original, url="https://acme.example/?a&b"),))
    head, opening, address = news_of(linked, "zh", ()).told.split("\n\n")
    assert head == "📣 <b>A &amp; B</b>\n<i>2025年1月1日</i>"
    assert opening == " ".join(sentences[: opening.count(".")])
    assert units(opening) <= SUMMARY
    assert address == '<a href="https://acme.example/?a&amp;b">https://acme.example/?a&amp;b</a>'
    assert [sentence for sentence, _, _ in news_of(linked, "zh", ()).shown] == [
        f"a/p1/s{number}" for number in range(1, opening.count(".") + 1)
    ]


async def test_an_answer_that_was_waited_for(desk: Desk) -> None:
    """The question, and the answer as anybody gets it. Answered by nothing any more, it is not sent."""
    waited = Delivery(1, "depot", DeliveryKind.ANSWER, about="5", because_words="Has the <depot> room for lorries?")
    reply = await composed(desk, waited)
    assert reply.html.startswith(
        "You asked: <i>Has the &lt;depot&gt; room for lorries?</i>\nNow I know:\n\nIt has room for 40 lorries."
    )
    assert "Acme, 5 January 2025" in reply.html
    assert reply.buttons
    asked_in_german = await composed(desk, replace(waited, language="de"))
    assert asked_in_german.html.startswith(say("de", "push_answer", question=waited.because_words))
    assert day("de", date(2025, 1, 5)) in asked_in_german.html
    unanswered = replace(waited, because_words="Who won the elections yesterday?")
    assert await desk.pushes.compose(parcel(unanswered)) is None


async def test_an_answer_that_another_article_gives_too(shown: Memory) -> None:
    """Told by a second article meanwhile, and better, it is answered from the one by which it is owed."""
    worse = article("worse", {"en": [["Acme opens a depot in Turin.", "It has room for lorries, forty of them."]]})
    waited = Delivery(1, "worse", DeliveryKind.ANSWER, about="5", because_words="Has the depot room for lorries?")
    desk = Desk([DEPOT, worse], shown)
    assert "forty" in (await composed(desk, waited)).html
    assert "forty" not in (await composed(desk, replace(waited, article="depot"))).html


async def test_a_correction_says_what_was_and_what_is(desk: Desk) -> None:
    """Both sentences, escaped, or that it is said no longer; several in one message."""
    both = [Delivery(n, "depot", DeliveryKind.CORRECTION, about=str(n)) for n in (1, 2)]
    assert (await composed(desk, *both)).html == (
        "<b>Correction</b> of what I showed you from “Acme &lt;1&gt;”\nIt was: It opens &lt;in&gt; May.\n"
        "It is now: It opens in June.\n\n"
        "<b>Correction</b> of what I showed you from “Acme &lt;1&gt;”\nIt was: It is red.\nThis is no longer stated."
    )


@pytest.mark.parametrize("count", [1, 12])
async def test_corrections_are_never_too_long(count: int) -> None:
    """However long the sentences, they stay in one message."""
    shown = Memory(*(correction(n, MONSTER, f"{n}{MONSTER}") for n in range(count)))
    desk = Desk([DEPOT], shown)
    deliveries = [Delivery(n, "depot", DeliveryKind.CORRECTION, about=str(n)) for n in range(count)]
    for language in ("en", "zh"):
        reply = await composed(desk, *deliveries, language=language)
        assert reply.html.count("<b>") == count


async def test_a_second_source_is_named(shown: Memory) -> None:
    """The edited push says all that it said, and who else tells the story; so does one that is sent after it."""
    anew = article(
        "anew", {"it": [["Acme apre un depot a Turin il 3 maggio.", "Ci stanno 40 lorries."]]}, title="Acme", day=6
    )
    other = replace(anew, editions=(replace(anew.original, source="Il <Giorno>", url="https://giorno.example/1"),))
    desk = Desk([DEPOT, other], shown)
    edit = Delivery(2, "depot", DeliveryKind.SECOND_SOURCE, about="anew", because="offers", message_id=7)
    reply = await composed(desk, edit)
    named = 'Also told by: <a href="https://giorno.example/1">Il &lt;Giorno&gt;</a>'
    assert f"{named}\n\nYou get this because you follow <i>offers</i>." in reply.html
    assert reply == await composed(desk, news("depot"))
    assert named in (await composed(desk, news("depot"), news("anew"))).html


async def test_a_second_source_is_named_in_a_digest(shown: Memory) -> None:
    """The edited digest still tells all that it told, and who else tells the one story; of that nothing more is shown
    than its title, and so it stays when another article of it is gone."""
    anew = article(
        "anew", {"it": [["Acme apre un depot a Turin il 3 maggio.", "Ci stanno 40 lorries."]]}, title="Acme", day=6
    )
    desk = Desk([DEPOT, ITALIAN, anew], shown)
    told = (news("depot"), news("italian", "everything"))
    edit = Delivery(2, "depot", DeliveryKind.SECOND_SOURCE, about="anew", message_id=7, together=told)
    reply = await composed(desk, edit)
    assert reply == await composed(desk, *told)
    assert "Also told by: " in reply.html
    removed = await composed(desk, replace(edit, together=(news("depot", "own:7"), told[1])))
    assert "5 January 2025</i> Also told by: " in removed.html
    assert await shows(desk, edit) == []
    left = await composed(Desk([DEPOT, anew], shown), edit)
    assert left.html.startswith("📣 <b>New announcements: 1</b>")


async def test_fifty_thousand_cost_hardly_more_than_one(desk: Desk) -> None:
    """What all read alike is made once for a language, and anew when the library has changed."""
    for _ in range(100):
        await composed(desk, news("depot"))
    assert desk.looked == 1
    await composed(desk, news("depot"), language="it")
    assert desk.looked == 2
    desk.library = replace(desk.library, digest="another")
    await composed(desk, news("depot"))
    assert desk.looked == 3


async def test_a_message_knows_what_it_shows(desk: Desk) -> None:
    """The sentences of a push, not those of a digest; what an answer rests on; and what a correction says now."""
    opens, room = ((sentence.id, "en", sentence.text) for sentence in DEPOT.original.sentences)
    assert await shows(desk, news("depot")) == [opens, room]
    assert await shows(desk, news("depot"), news("italian")) == []
    waited = Delivery(1, "depot", DeliveryKind.ANSWER, about="5", because_words="Has the depot room for lorries?")
    assert room in await shows(desk, waited)
    both = [Delivery(n, "depot", DeliveryKind.CORRECTION, about=str(n)) for n in (1, 2)]
    assert await shows(desk, *both) == [("depot/p1/s1", "en", "It opens in June.")]


async def test_what_is_said_again_is_not_corrected(shown: Memory) -> None:
    """A sentence that was withdrawn and stands there again has changed for nobody."""
    again = article("depot", {"en": [["It is red."]]})
    gone = Delivery(2, "depot", DeliveryKind.CORRECTION, about="2")
    assert await Desk([again], shown).pushes.compose(parcel(gone)) is None


async def test_no_library_is_read_where_people_are_answered(desk: Desk) -> None:
    """A library that has changed takes a core's time to read: it is never read on the event loop, for no message."""
    readers: list[threading.Thread] = []
    library = desk.library

    def read() -> Library:
        readers.append(threading.current_thread())
        return library

    desk.pushes._library = read
    for _ in range(2):
        await composed(desk, news("depot"))
    assert readers
    assert threading.main_thread() not in readers


def test_the_parts_of_a_parcel() -> None:
    """Corrections in one message, each answer in its own, announcements in one, each edit by itself."""
    kinds = [DeliveryKind.ANNOUNCEMENT, DeliveryKind.SECOND_SOURCE, DeliveryKind.ANSWER, DeliveryKind.CORRECTION]
    whole = parcel(*(Delivery(n, "a", kind) for n, kind in enumerate(kinds * 2)))
    split = parts(whole)
    assert [[delivery.id for delivery in part.deliveries] for part in split] == [[3, 7], [1], [2], [5], [6], [0, 4]]
    assert {part.chat for part in split} == {CHAT}


async def test_the_same_correction_is_told_once() -> None:
    """A value that came, went and came again for somebody who rested is one change."""
    change = correction(1, "It opens in May.", "It opens in June.")
    desk = Desk([DEPOT], Memory(change, replace(change, id=2)))
    both = [Delivery(n, "depot", DeliveryKind.CORRECTION, about=str(n)) for n in (1, 2)]
    assert await composed(desk, *both) == await composed(desk, both[0])
