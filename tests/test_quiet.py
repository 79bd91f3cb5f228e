"""Quiet hours as people type them."""

import pytest

from bot.chat.quiet import EXAMPLE, PRESETS, hours, like_hours, no_hours, quiet_named, short_hours
from bot.settings import LANGUAGES
from bot.state.schedule import Quiet
from bot.texts import say


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("22:30-7", "22:30–07:00"),
        ("22-7", "22:00–07:00"),
        ("22.30 – 7.00", "22:30–07:00"),
        ("22:30 7", "22:30–07:00"),
        ("from 10 pm to 7 am", "22:00–07:00"),
        ("10pm-7am", "22:00–07:00"),
        ("10 p.m. to 7 a.m.", "22:00–07:00"),
        ("12 am - 6 am", "00:00–06:00"),
        ("12pm to 2pm", "12:00–14:00"),
        ("dalle 22 alle 7", "22:00–07:00"),
        ("dalle 10 di sera alle 7", "22:00–07:00"),
        ("de 10 de la noche a 7", "22:00–07:00"),
        ("22 Uhr bis 7 Uhr", "22:00–07:00"),
        ("von 10 Uhr abends bis 7", "22:00–07:00"),
        ("22h30 à 7h", "22:30–07:00"),
        ("22点30分到7点", "22:30–07:00"),
        ("晚上10点到早上7点", "22:00–07:00"),
        ("24-7", "00:00–07:00"),
    ],
)
def test_hours_are_read(typed: str, shown: str) -> None:
    """Two times of the day, written as people of the six languages write them."""
    quiet = quiet_named(typed)
    assert quiet is not None
    assert hours(quiet) == shown


@pytest.mark.parametrize(
    "typed",
    ["", "22", "22-22", "25-7", "22:60-7", "24:30-7", "1-2-3", "2230-700", "prices in 2027", "off", "22-7 " + "x" * 99],
)
def test_what_is_no_two_times(typed: str) -> None:
    """Anything else is no quiet hours."""
    assert quiet_named(typed) is None


@pytest.mark.parametrize(
    "typed",
    [EXAMPLE, "25:99-7", "22", "25-7", "2230-700", "from 25 to 7", "25 Uhr", "10 pm", "22点", "dalle 25 alle 7"],
)
def test_what_is_meant_as_hours(typed: str) -> None:
    """Whoever types numbers as of a clock means hours, whether or not a clock shows them."""
    assert like_hours(typed)


@pytest.mark.parametrize(
    "typed", ["", "Roma", "Paris 15", "UTC+5:30", "-3", "GMT 14", "Sydney, AU", "1-2" + " " * 9 + "x" * 60]
)
def test_what_is_not_meant_as_hours(typed: str) -> None:
    """A place, a time zone, or more than anybody reads as hours."""
    assert not like_hours(typed)


def test_hours_on_a_button() -> None:
    """As short as can be."""
    assert [short_hours(quiet) for quiet in (*PRESETS, Quiet(22 * 60 + 30, 0))] == ["22–7", "23–8", "22:30–0"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_at_all(language: str) -> None:
    """The word on the button can be typed."""
    assert no_hours(f" {say(language, 'quiet_off').upper()} ")
    assert not no_hours("22-7")
