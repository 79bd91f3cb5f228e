"""Announcements as messages: one by itself, or several as a digest, each with what it came by."""

from collections.abc import Sequence
from html import escape

from bot.chat.composing import LINE, TELEGRAM_LIMIT, one_line, plain, question_buttons, units
from bot.chat.leaving import LESS
from bot.chat.timeline import ABOUT, article_token
from bot.news.openings import News
from bot.news.reasons import SHORT, is_followed, mute_button, reason
from bot.replies import Button
from bot.state.deliveries import Delivery
from bot.texts import day, say

ASKABLE = 5
"""Articles of a digest that have a button."""
MUTABLE = 3
"""Topics of a digest that have a button to mute them."""
LEAST = 60
"""UTF-16 units that a title keeps in the longest of digests."""


def single(delivery: Delivery, news: News, language: str) -> str:
    """One announcement."""
    because = say(language, "push_because", topic=reason(delivery, language))
    return "\n\n".join([news.told, *filter(None, [news.also]), because])


def under(delivery: Delivery, news: News, language: str) -> tuple[tuple[Button, ...], ...]:
    """The buttons of a single push."""
    about = Button(say(language, "button_about"), f"{ABOUT}:{article_token(news.slug)}")
    mute = mute_button(delivery, news.topic, language)
    return (*question_buttons(news.questions), (about,), (mute, _less(language)))


def _less(language: str) -> Button:
    return Button(say(language, "button_less"), f"{LESS}:")


def digest(told: Sequence[tuple[Delivery, News]], language: str) -> str:
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


def under_several(told: Sequence[tuple[Delivery, News]], language: str) -> tuple[tuple[Button, ...], ...]:
    """The buttons of a digest: its first articles, what can be muted of it, each topic once, and less."""
    rows = [(Button(one_line(news.title, SHORT), f"{ABOUT}:{article_token(news.slug)}"),) for _, news in told[:ASKABLE]]
    mutes = [mute_button(delivery, news.topic, language) for delivery, news in told if is_followed(delivery)]
    last = [*tuple(dict.fromkeys(mutes))[:MUTABLE], _less(language)]
    return (*rows, *(tuple(last[first : first + 2]) for first in range(0, len(last), 2)))
