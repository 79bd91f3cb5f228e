"""What is sent unasked: an announcement or several, an answer that was waited for, what is said otherwise now.

A parcel becomes few messages. What all subscribers of a language read of an article is made once; what differs from
person to person is put to it, so that fifty thousand messages cost hardly more than one.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape

from bot.answers.answering import Answer, Answerer
from bot.answers.library import Library
from bot.answers.samples import Samples
from bot.chat.aids import answer_buttons
from bot.chat.composing import LINE, SUMMARY, TELEGRAM_LIMIT, compose, cut, one_line, plain, question_buttons, units
from bot.chat.leaving import LESS
from bot.chat.timeline import ABOUT, article_token
from bot.news.later import sentences_of
from bot.news.matching import answer_in
from bot.news.reasons import SHORT, is_followed, mute_button, reason
from bot.news.stories import Stories
from bot.replies import Button, Reply
from bot.state.deliveries import Delivery, Parcel
from bot.state.kinds import EVERYTHING, DeliveryKind
from bot.state.shown import KeptCorrection, Shown
from bot.texts import day, language_name, say, say_html
from corpus.model import Article, Edition

ASKABLE = 5
"""Articles of a digest that have a button."""
MUTABLE = 3
"""Topics of a digest that have a button to mute them."""
LEAST = 60
"""UTF-16 units that a title keeps in the longest of digests."""
ShownSentence = tuple[str, str, str]
"""Id, language and text of a sentence that somebody is shown."""


@dataclass(frozen=True, slots=True)
class News:
    """What subscribers of one language read of an article."""

    slug: str
    topic: str
    published: date
    title: str
    url: str | None
    told: str
    """HTML: title, date, opening, address."""
    also: str
    """HTML: who else tells it; "" where nobody does."""
    questions: tuple[str, ...]
    shown: tuple[ShownSentence, ...]


def parts(parcel: Parcel) -> tuple[Parcel, ...]:
    """The messages that a parcel becomes, in their order: announcements in one, corrections in one, answers apart."""
    apart = parcel.of(DeliveryKind.ANSWER, DeliveryKind.SECOND_SOURCE).deliveries
    together = (parcel.of(DeliveryKind.CORRECTION), parcel.of(DeliveryKind.ANNOUNCEMENT))
    single = (replace(parcel, deliveries=(delivery,)) for delivery in apart)
    return tuple(part for part in (together[0], *single, together[1]) if part.deliveries)


class Pushes:
    """Composes parcels for the chats of one bot, and notes what their people were shown."""

    def __init__(
        self,
        library: Callable[[], Library],
        samples: Callable[[], Samples],
        answerer: Answerer,
        stories: Stories,
        shown: Shown,
        language: str,
    ) -> None:
        self._library = library
        self._samples = samples
        self._answerer = answerer
        self._stories = stories
        self._shown = shown
        self._language = language
        self._turn = threading.Lock()
        self._digest = ""
        self._news: dict[tuple[str, str], News | None] = {}

    async def compose(self, parcel: Parcel) -> Reply | None:
        """The message for one of the `parts` of a parcel; None where nothing of it can be told any more."""
        told: dict[tuple[str, str, str, str | None], KeptCorrection] = {}
        for delivery in parcel.of(DeliveryKind.CORRECTION).deliveries:
            one = await self._shown.correction(int(delivery.about))
            if one is not None:  # a value that came and went leaves several that say the same by now
                told.setdefault((one.article, one.language, one.was, one.now), one)
        corrected = list(told.values())
        if parcel.of(DeliveryKind.ANSWER).deliveries or not self._made(parcel):
            return await asyncio.to_thread(self._composed, parcel, corrected)
        return self._composed(parcel, corrected)

    async def sent(self, parcels: Iterable[Parcel]) -> None:
        """Note what those who were sent these parcels were shown, so that it can be corrected.

        By the editions of this moment: of one that changed while a message was in the air it is not known what that
        showed, nor of a message whose process ended before this. Neither is corrected.
        """
        rows: list[tuple[int, str, str, str]] = []
        for parcel in parcels:
            shown = list(self._shown_in(_announced(parcel), parcel.language or self._language))
            for delivery in parcel.of(DeliveryKind.CORRECTION).deliveries:
                one = await self._shown.correction(int(delivery.about))
                if one is not None and one.now is not None:
                    shown.append((one.sentence, one.language, one.now))
            for delivery in parcel.of(DeliveryKind.ANSWER).deliveries:
                shown += await asyncio.to_thread(self._shown_by, delivery, parcel.language or self._language)
            rows += [(parcel.chat_id, *sentence) for sentence in shown]
        await self._shown.note_all(rows)

    def _shown_by(self, delivery: Delivery, language: str) -> list[ShownSentence]:
        """The sentences of an answer that was waited for."""
        library = self._library()
        answer = self._answer_to(library, delivery, language)
        return [] if answer is None else list(sentences_of(library, answer))

    def _made(self, parcel: Parcel) -> bool:
        """Whether all that takes time is at hand, and no thread is making more of it."""
        language = parcel.language or self._language
        current = not self._turn.locked() and self._library().digest == self._digest
        return current and all((delivery.article, language) in self._news for delivery in _announced(parcel))

    def _shown_in(self, announced: Sequence[Delivery], language: str) -> tuple[ShownSentence, ...]:
        if len(announced) != 1:
            return ()  # a digest has no more than titles
        news = self._news.get((announced[0].article, language))
        return news.shown if news is not None else ()

    def _composed(self, parcel: Parcel, corrected: Sequence[KeptCorrection]) -> Reply | None:
        language = parcel.language or self._language
        library = self._library()
        replies = [
            reply
            for delivery in parcel.of(DeliveryKind.ANSWER).deliveries
            if (reply := self._answer(library, delivery, language)) is not None
        ]
        room = (TELEGRAM_LIMIT - 2 * len(corrected)) // max(1, len(corrected))
        texts = [*(_corrected(library, one, language, room) for one in corrected), *(reply.html for reply in replies)]
        told = [(delivery, news) for delivery in _announced(parcel) if (news := self._news_of(delivery, language))]
        told.sort(key=lambda pair: (pair[1].published, pair[1].slug), reverse=True)
        buttons = replies[0].buttons if len(replies) == 1 and not told else ()
        if len(told) == 1 and not told[0][0].together:  # a digest that is edited stays one, whatever is left of it
            buttons = _under(*told[0], language)
            texts.append(_single(*told[0], language))
        elif told:
            buttons = _under_several(told, language)
            texts.append(_digest(told, language))
        return Reply("\n\n".join(texts), buttons) if texts else None

    def _answer(self, library: Library, delivery: Delivery, language: str) -> Reply | None:
        answer, question = self._answer_to(library, delivery, language), delivery.because_words
        if answer is None or question is None:
            return None
        asked = say(answer.language, "push_answer", question=one_line(question))
        return Reply(f"{asked}\n\n{compose(answer).html}", answer_buttons(answer))

    def _answer_to(self, library: Library, delivery: Delivery, language: str) -> Answer | None:
        article, question = library.articles.get(delivery.article), delivery.because_words
        if article is None or question is None:
            return None
        return answer_in(self._answerer, article, question, delivery.language or language)

    def _news_of(self, delivery: Delivery, language: str) -> News | None:
        """What is read of the article; made once for a language, as long as the library is the same."""
        with self._turn:
            library = self._library()
            if library.digest != self._digest:
                self._news.clear()
                self._digest = library.digest
            key = (delivery.article, language)
            if key not in self._news:
                article = library.articles.get(delivery.article)
                self._news[key] = None if article is None else self._make(library, article, language)
            return self._news[key]

    def _make(self, library: Library, article: Article, language: str) -> News:
        others = self._stories.tellings(library, article)
        also = dict.fromkeys(_named(other.edition(language) or other.original) for other in others)
        return news_of(article, language, self._samples().of_article(article.slug, language), tuple(also))


def news_of(article: Article, language: str, questions: Sequence[str], also: Sequence[str] = ()) -> News:
    """What is read of an article in this language: its edition, or else the original and what the English one says.

    `also` are links to other tellings, as HTML.
    """
    edition = article.edition(language) or article.original
    head = say(language, "news", title=one_line(edition.title), date=day(language, edition.published))
    parts = [head, _opening(edition, SUMMARY)]
    shown = list(_first_sentences(edition, SUMMARY))
    english = article.edition("en")
    if edition.language not in {language, "en"} and english is not None:
        label = say(language, "push_summary", language=language_name("en", language))
        parts.append(f"{label}\n<b>{escape(one_line(english.title), quote=False)}</b>\n{_opening(english, SUMMARY)}")
        shown += _first_sentences(english, SUMMARY)
    url = edition.url or article.original.url
    if url:
        parts.append(f'<a href="{escape(url)}">{escape(one_line(url), quote=False)}</a>')
    return News(
        slug=article.slug,
        topic=next(iter(article.original.topics), EVERYTHING),
        published=edition.published,
        title=edition.title,
        url=url,
        told="\n\n".join(parts),
        also=say_html(language, "push_also", sources=", ".join(also[:3])) if also else "",
        questions=tuple(questions[:1]),
        shown=tuple(shown),
    )


def _announced(parcel: Parcel) -> tuple[Delivery, ...]:
    """What of it announces an article, for the first time or in a message that is edited: then all that this told.

    What came by words that the person follows no more is not told.
    """
    return tuple(
        replace(delivery, article=one.article, because=one.because, because_words=one.because_words)
        for delivery in parcel.of(DeliveryKind.ANNOUNCEMENT, DeliveryKind.SECOND_SOURCE).deliveries
        for one in delivery.together or (delivery,)
        if delivery.together or is_followed(delivery)
    )


def _opening(edition: Edition, limit: int) -> str:
    text = edition.paragraphs[0].text(edition.language)
    return escape(cut(text, limit, edition.language), quote=False)


def _first_sentences(edition: Edition, limit: int) -> Iterable[ShownSentence]:
    """Those of the opening that are shown whole."""
    opening = cut(edition.paragraphs[0].text(edition.language), limit, edition.language)
    shown = (sentence for sentence in edition.paragraphs[0].sentences if sentence.text in opening)
    return ((sentence.id, edition.language, sentence.text) for sentence in shown)


def _named(edition: Edition) -> str:
    """Who tells it, linked where it has an address."""
    source = escape(one_line(edition.source, LINE // 2), quote=False)
    return f'<a href="{escape(edition.url)}">{source}</a>' if edition.url else source


def _single(delivery: Delivery, news: News, language: str) -> str:
    because = say(language, "push_because", topic=reason(delivery, language))
    return "\n\n".join([news.told, *filter(None, [news.also]), because])


def _under(delivery: Delivery, news: News, language: str) -> tuple[tuple[Button, ...], ...]:
    """The buttons of a single push."""
    about = Button(say(language, "button_about"), f"{ABOUT}:{article_token(news.slug)}")
    mute = mute_button(delivery, news.topic, language)
    return (*question_buttons(news.questions), (about,), (mute, _less(language)))


def _less(language: str) -> Button:
    return Button(say(language, "button_less"), f"{LESS}:")


def _digest(told: Sequence[tuple[Delivery, News]], language: str) -> str:
    """Several announcements, a line each, with what each came by; titles are shortened, and the oldest counted only,
    where they do not fit."""
    head = say(language, "push_digest", count=len(told))
    why = "\n" + say(language, "push_digest_because")
    for limit in (LINE, LINE // 2, LEAST):
        lines = [_line(delivery, news, language, limit) for delivery, news in told]
        html = "\n".join([f"{head}\n", *lines, why])
        if units(plain(html)) <= TELEGRAM_LIMIT:
            return html
    kept: list[str] = []
    rest = ""
    for number, line in enumerate(lines):
        rest = "\n" + say(language, "push_digest_more", count=len(lines) - number)
        if units(plain("\n".join([f"{head}\n", *kept, line, rest, why]))) > TELEGRAM_LIMIT:
            break
        kept.append(line)
    return "\n".join([f"{head}\n", *kept, rest, why])


def _line(delivery: Delivery, news: News, language: str, limit: int) -> str:
    title = escape(one_line(news.title, limit), quote=False)
    linked = f'<a href="{escape(news.url)}">{title}</a>' if news.url else f"<b>{title}</b>"
    also = f" {news.also}" if news.also else ""
    followed = escape(reason(delivery, language, SHORT), quote=False)
    why = f" ({followed})" if followed else ""  # in a digest that is edited it may be gone
    return f"• {linked} <i>{day(language, news.published)}</i>{why}{also}"


def _under_several(told: Sequence[tuple[Delivery, News]], language: str) -> tuple[tuple[Button, ...], ...]:
    """The buttons of a digest: its first articles, what can be muted of it, each topic once, and less."""
    rows = [(Button(one_line(news.title, SHORT), f"{ABOUT}:{article_token(news.slug)}"),) for _, news in told[:ASKABLE]]
    mutes = [mute_button(delivery, news.topic, language) for delivery, news in told if is_followed(delivery)]
    last = [*tuple(dict.fromkeys(mutes))[:MUTABLE], _less(language)]
    return (*rows, *(tuple(last[first : first + 2]) for first in range(0, len(last), 2)))


def _corrected(library: Library, correction: KeptCorrection, language: str, room: int) -> str:
    """What was shown and stands no longer, beside what stands there now, in so many UTF-16 units."""
    article = library.articles.get(correction.article)
    title = (article.edition(correction.language) or article.original).title if article else correction.article
    spared = min(LINE * 4, max(LEAST, (room - 2 * LEAST) // 3))
    title, was = one_line(title, min(LINE, spared)), cut(correction.was, spared, correction.language)
    if correction.now is None:
        return say(language, "push_withdrawn", title=title, was=was)
    return say(language, "push_corrected", title=title, was=was, now=cut(correction.now, spared, correction.language))
