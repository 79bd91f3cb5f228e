"""What a chat means by what it writes: a question of its own, or the last one changed."""

from bot.answers.answering import LONGEST_QUESTION
from bot.chat.inquiry import Inquiry, inquiry
from bot.chat.memory import LastQuestion

LAST = LastQuestion("When do the cars reach Europe?", "en", "cars")


def test_a_few_words_lean_on_the_last_question() -> None:
    """They are told in full, of the article that the last question was about."""
    assert inquiry("and in America?", LAST) == Inquiry("When do the cars reach America?", leaning=True, article="cars")


def test_a_why_knows_of_what() -> None:
    """Who asks only for the reason has read what was answered before."""
    asked = inquiry("why?", LAST)
    assert (asked.leaning, asked.article, asked.why_of) == (True, "cars", LAST.text)


def test_what_stands_alone_is_asked_as_it_is() -> None:
    """A whole question is no follow-up, nor are a few words where nothing was asked, or that would make too long a
    one; and it is about no article in particular."""
    assert inquiry("Who leads Acme?", LAST) == Inquiry("Who leads Acme?")
    assert inquiry("and in America?", None) == Inquiry("and in America?")
    place = f"and in {'A' * LONGEST_QUESTION}?"
    assert inquiry(place, LAST) == Inquiry(place)


def test_no_log_shows_what_was_asked() -> None:
    """Neither the question nor the one before it is in what a traceback prints."""
    assert "Europe" not in repr(inquiry("why?", LAST))
