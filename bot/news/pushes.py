"""What is sent unasked: an announcement or several, an answer that was waited for, what is said otherwise now.

A parcel becomes few messages. What all subscribers of a language read of an article is made once; what differs from
person to person is put to it, so that fifty thousand messages cost hardly more than one.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.answers.answering import Answer, Answerer
from bot.answers.library import Library
from bot.answers.samples import Samples
from bot.chat.aids import answer_buttons
from bot.chat.composing import LINE, TELEGRAM_LIMIT, compose, cut, one_line
from bot.news.announcements import digest, single, under, under_several
from bot.news.later import sentences_of
from bot.news.matching import answer_in
from bot.news.message import Message
from bot.news.openings import News, named, news_of
from bot.news.reasons import is_followed
from bot.news.stories import Stories
from bot.replies import Button, Reply
from bot.state.deliveries import Delivery, Parcel
from bot.state.kinds import DeliveryKind
from bot.state.shown import KeptCorrection, Shown
from bot.texts import say
from corpus.model import Article

LEAST = 60
"""UTF-16 units that a title and a sentence keep in the longest of corrections."""


def parts(parcel: Parcel) -> tuple[Parcel, ...]:
    """The messages that a parcel becomes, in their order: announcements in one, corrections in one, answers apart."""
    apart = parcel.of(DeliveryKind.ANSWER, DeliveryKind.SECOND_SOURCE).deliveries
    together = (parcel.of(DeliveryKind.CORRECTION), parcel.of(DeliveryKind.ANNOUNCEMENT))
    single = (replace(parcel, deliveries=(delivery,)) for delivery in apart)
    return tuple(part for part in (together[0], *single, together[1]) if part.deliveries)


class Pushes:
    """Composes parcels for the chats of one bot."""

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

    async def compose(self, parcel: Parcel) -> Message | None:
        """The message for one of the `parts` of a parcel; None where nothing of it can be told any more."""
        corrected = [
            one
            for delivery in parcel.of(DeliveryKind.CORRECTION).deliveries
            if (one := await self._shown.correction(int(delivery.about))) is not None
        ]
        return await asyncio.to_thread(self._composed, parcel, corrected)

    def _composed(self, parcel: Parcel, corrected: Sequence[KeptCorrection]) -> Message | None:
        """All that takes time: a library that changed is read, and what is read of it is made anew."""
        language = parcel.language or self._language
        library = self._library()
        gone = [one for one in corrected if not _stands(library, one)]
        shown = [(one.sentence, one.language, one.now) for one in gone if one.now is not None]
        # A value that came and went leaves several corrections that say the same by now.
        apart: dict[tuple[str, str, str, str | None], KeptCorrection] = {}
        for one in gone:
            apart.setdefault((one.article, one.language, one.was, one.now), one)
        room = (TELEGRAM_LIMIT - 2 * len(apart)) // max(1, len(apart))
        texts = [_corrected(library, one, language, room) for one in apart.values()]
        buttons: tuple[tuple[Button, ...], ...] = ()
        for delivery in parcel.of(DeliveryKind.ANSWER).deliveries:
            answer = self._answer_to(library, delivery, language)
            if answer is not None:
                asked = say(answer.language, "push_answer", question=one_line(delivery.because_words or ""))
                texts.append(f"{asked}\n\n{compose(answer).html}")
                buttons = answer_buttons(answer)
                shown += sentences_of(library, answer)
        told = [(delivery, news) for delivery in _announced(parcel) if (news := self._news_of(delivery, language))]
        told.sort(key=lambda pair: (pair[1].published, pair[1].slug), reverse=True)
        if len(told) == 1 and not told[0][0].together:  # a digest that is edited stays one, whatever is left of it
            buttons = under(*told[0], language)
            texts.append(single(*told[0], language))
            shown += told[0][1].shown
        elif told:  # no more than titles are shown
            buttons = under_several(told, language)
            texts.append(digest(told, language))
        return Message(Reply("\n\n".join(texts), buttons), tuple(shown)) if texts else None

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
        also = dict.fromkeys(named(other.edition(language) or other.original) for other in others)
        return news_of(article, language, self._samples().of_article(article.slug, language), tuple(also))


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


def _stands(library: Library, correction: KeptCorrection) -> bool:
    """Whether what was corrected is said again."""
    article = library.articles.get(correction.article)
    edition = article.edition(correction.language) if article is not None else None
    return edition is not None and any(sentence.text == correction.was for sentence in edition.sentences)


def _corrected(library: Library, correction: KeptCorrection, language: str, room: int) -> str:
    """What was shown and stands no longer, beside what stands there now, in so many UTF-16 units."""
    article = library.articles.get(correction.article)
    title = (article.edition(correction.language) or article.original).title if article else correction.article
    spared = min(LINE * 4, max(LEAST, (room - 2 * LEAST) // 3))
    title, was = one_line(title, min(LINE, spared)), cut(correction.was, spared, correction.language)
    if correction.now is None:
        return say(language, "push_withdrawn", title=title, was=was)
    return say(language, "push_corrected", title=title, was=was, now=cut(correction.now, spared, correction.language))
