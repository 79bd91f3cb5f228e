"""What subscribers of one language read of an article: its title and opening, and where the rest of it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from bot.chat.composing import LINE, SUMMARY, cut, one_line
from bot.state.deliveries import ShownSentence
from bot.state.kinds import EVERYTHING
from bot.texts import day, language_name, say, say_html
from corpus.model import Article, Edition


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


def _opening(edition: Edition, limit: int) -> str:
    text = edition.paragraphs[0].text(edition.language)
    return escape(cut(text, limit, edition.language), quote=False)


def _first_sentences(edition: Edition, limit: int) -> Iterable[ShownSentence]:
    """Those of the opening that are shown whole."""
    opening = cut(edition.paragraphs[0].text(edition.language), limit, edition.language)
    shown = (sentence for sentence in edition.paragraphs[0].sentences if sentence.text in opening)
    return ((sentence.id, edition.language, sentence.text) for sentence in shown)


def named(edition: Edition) -> str:
    """Who tells it, linked where it has an address."""
    source = escape(one_line(edition.source, LINE // 2), quote=False)
    return f'<a href="{escape(edition.url)}">{source}</a>' if edition.url else source
