"""The last announcements as a timeline, and asking about one of them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from html import escape
from itertools import groupby

from bot.answers.answering import Outcome, Status
from bot.answers.library import Library, reading_edition
from bot.answers.samples import Samples
from bot.chat.composing import ASK, old_button, one_line, question_buttons, typed_here
from bot.chat.features import Feature, Visitor
from bot.chat.memory import ATTENTION
from bot.chat.topics import topic_name
from bot.chat.waiting import Waiting
from bot.clock import Clock, utc_now
from bot.replies import Button, Reply
from bot.texts import day, listed, say
from bot.threads import in_thread
from corpus.model import Article

ABOUT = "about"
"""What the data of a button begins with that asks about an article; its token follows."""
SHOWN = 8
"""Articles of the timeline."""
ASKABLE = 5
"""Of these, those that have a button."""
QUESTIONS = 2
"""Questions that are offered with an article."""
TOPICS = 80
"""UTF-16 units of the topics behind a title."""
LABEL = 48
"""UTF-16 units of a button that is a title."""


def article_token(slug: str) -> str:
    """Names an article in callback data: 16 hex digits of its slug's SHA-256."""
    return hashlib.sha256(slug.encode()).hexdigest()[:16]


class Timeline:
    """The command /latest and the buttons that ask about one article."""

    def __init__(
        self,
        library: Callable[[], Library],
        samples: Callable[[], Samples],
        threads: Executor,
        now: Clock = utc_now,
    ) -> None:
        self._library = library
        self._samples = samples
        self._threads = threads
        self._chosen: Waiting[str] = Waiting("article_to_be_asked_about", now, patience=ATTENTION)
        """Slugs of the articles whose buttons were pressed, each until its question comes."""

    @property
    def feature(self) -> Feature:
        """What this brings to the conversation."""
        return Feature(
            commands={"latest": self.latest},
            presses={ABOUT: self.about},
            answered=self.answered,
            about=lambda visitor: self._chosen.waited_for(visitor.chat, visitor.user),
            holds=self._chosen,
        )

    async def latest(self, visitor: Visitor, language: str, argument: str) -> list[Reply]:
        """The last articles, day by day, the newest first; of a single one, questions to press."""
        del visitor, argument
        articles = (await in_thread(self._threads, self._library)).newest_first[:SHOWN]
        if not articles:
            return [Reply(say(language, "latest_none"))]
        text = "\n\n".join([say(language, "latest"), *_days(articles, language)])
        if len(articles) == 1:
            return [Reply(text, question_buttons(await self._questions(articles[0], language)))]
        return [Reply(text, tuple((_ask_about(article, language),) for article in articles[:ASKABLE]))]

    async def about(self, visitor: Visitor, language: str, value: str) -> list[Reply]:
        """How to ask about one article, with questions that it answers."""
        library = await in_thread(self._threads, self._library)
        article = next((one for one in library.articles.values() if article_token(one.slug) == value), None)
        if article is None:
            return [old_button(visitor, language)]
        self._chosen.put(visitor.chat, visitor.user, article.slug)
        questions = await self._questions(article, language)
        title = one_line(reading_edition(article, language).title)
        key = "ask_about" if questions else "ask_about_bare"
        reply = Reply(say(language, key, title=title), question_buttons(questions))
        return [typed_here(visitor, language, reply, ASK)]

    async def answered(self, visitor: Visitor, outcome: Outcome, reply: Reply) -> Reply:
        """The question about the article has come, unless it was small talk; the next may be about anything."""
        if outcome.status is not Status.SMALLTALK:
            self._chosen.take(visitor.chat, visitor.user)
        return reply

    async def _questions(self, article: Article, language: str) -> tuple[str, ...]:
        samples = await in_thread(self._threads, self._samples)
        return samples.of_article(article.slug, language)[:QUESTIONS]


def _days(articles: Sequence[Article], language: str) -> Iterable[str]:
    """A part for each day: the day, and a line for each article of it."""
    for published, told in groupby(articles, key=lambda article: article.original.published):
        yield "\n".join([f"<i>{day(language, published)}</i>", *(_line(article, language) for article in told)])


def _line(article: Article, language: str) -> str:
    """The title, linked where the article has an address, and its topics."""
    edition = reading_edition(article, language)
    title = escape(one_line(edition.title), quote=False)
    url = edition.url or article.original.url
    linked = f'<a href="{escape(url)}">{title}</a>' if url else f"<b>{title}</b>"
    topics = listed((topic_name(topic, language) for topic in article.original.topics), language)
    return f"{linked} · {escape(one_line(topics, TOPICS), quote=False)}"


def _ask_about(article: Article, language: str) -> Button:
    title = one_line(reading_edition(article, language).title, LABEL)
    return Button(f"💬 {title}", f"{ABOUT}:{article_token(article.slug)}")
