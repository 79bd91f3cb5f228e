"""The figures of /stats as two pictures. Matplotlib by its objects alone: nothing that two threads would share."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

from bot.chat.topics import topic_name
from bot.replies import Document
from bot.texts import say, short_day

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ANSWERED, NOT_STATED, OFF_TOPIC, NEUTRAL = "#2a6f97", "#e09f3e", "#9e9e9e", "#5c8001"
"""Told apart in grey too, and by those who see no red or green."""
CHINESE_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "Microsoft YaHei")
"""Without one of them the words of a picture are English where a chat's are Chinese."""


def draw(
    language: str,
    days: Sequence[date],
    questions: Sequence[Sequence[int]],
    messages: Sequence[int],
    topics: Mapping[str, int],
) -> tuple[Document, ...]:
    """Both pictures as PNG.

    `questions` are those answered, not stated and off topic, each by day; `messages` those sent, waiting, failed and
    skipped; `topics` how many subscribers each has.
    """
    # Where it keeps its fonts is of no interest to whoever reads the log.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    words, font = words_and_font(language)
    return (
        Document("questions.png", _png(_questions(words, font, days, questions)), picture=True),
        Document("subscribers.png", _png(_subscribers(words, font, messages, topics)), picture=True),
    )


def words_and_font(language: str) -> tuple[str, str]:
    """The language of the words in a picture, and the font that has its letters."""
    if language != "zh":
        return language, "DejaVu Sans"
    from matplotlib.font_manager import fontManager

    there = set(fontManager.get_font_names())
    font = next((name for name in CHINESE_FONTS if name in there), None)
    return ("zh", font) if font else ("en", "DejaVu Sans")


def _questions(words: str, font: str, days: Sequence[date], questions: Sequence[Sequence[int]]) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    labels = (
        say(words, "stats_answered"),
        say(words, "stats_not_stated"),
        say(words, "stats_off_topic"),
    )
    below = [0] * len(days)
    places = range(len(days))
    for counts, label, colour in zip(questions, labels, (ANSWERED, NOT_STATED, OFF_TOPIC), strict=True):
        axes.bar(places, counts, bottom=below, label=label, color=colour)
        below = [low + count for low, count in zip(below, counts, strict=True)]
    ticks = [place for place in places if (len(days) - 1 - place) % 7 == 0]
    axes.set_xticks(ticks, [short_day(words, days[place]) for place in ticks], family=font)
    axes.set_ylim(0, max(*below, 1) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(say(words, "stats_chart_questions"), family=font)
    axes.legend(frameon=False, loc="upper left", ncols=3, prop={"family": font})
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _subscribers(words: str, font: str, messages: Sequence[int], topics: Mapping[str, int]) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    states = (
        say(words, "stats_sent"),
        say(words, "stats_waiting"),
        say(words, "stats_failed"),
        say(words, "stats_skipped"),
    )
    named = {topic_name(topic, words): count for topic, count in topics.items()}
    for axes, names, counts, colour, title in (
        (left, list(states), list(messages), NEUTRAL, say(words, "stats_chart_deliveries")),
        (right, list(named), list(named.values()), ANSWERED, say(words, "stats_chart_subscribers")),
    ):
        bars = axes.barh(range(len(names)), counts, color=colour)
        axes.bar_label(bars, padding=3)
        axes.set_yticks(range(len(names)), names, family=font)
        axes.invert_yaxis()
        axes.set_xlim(0, max(*counts, 1, 1) * 1.15)
        axes.set_xticks([])
        axes.set_title(title, family=font)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    return figure


def _png(figure: "Figure") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    written = BytesIO()
    FigureCanvasAgg(figure)  # which makes itself the figure's canvas
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
