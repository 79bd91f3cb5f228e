"""Whose clock a person means, by the names that people of six languages type."""

from datetime import UTC, datetime

import pytest

from bot.chat.zones import CHOICES, Place, place_at, place_of_city, places_named, time_in, zone_name
from bot.settings import LANGUAGES

MILAN = 3173435
NOON = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Milano", "Europe/Rome"),
        ("mailand", "Europe/Rome"),
        ("米兰", "Europe/Rome"),
        ("米蘭", "Europe/Rome"),
        ("Munich", "Europe/Berlin"),
        ("München", "Europe/Berlin"),
        ("muenchen", "Europe/Berlin"),
        ("Monaco di Baviera", "Europe/Berlin"),
        ("北京", "Asia/Shanghai"),
        ("北京市", "Asia/Shanghai"),
        ("Pekín", "Asia/Shanghai"),
        ("Nueva York", "America/New_York"),
        ("纽约", "America/New_York"),
        ("Londres", "Europe/London"),
        ("Saint-Étienne", "Europe/Paris"),
        ("saint etienne", "Europe/Paris"),
        ("SÃO PAULO", "America/Sao_Paulo"),
        ("Kraków", "Europe/Warsaw"),
        ("Roma, Italia", "Europe/Rome"),
        ("Paris, USA", "America/Chicago"),
        ("巴黎，法国", "Europe/Paris"),
        ("Italia", "Europe/Rome"),
        ("Spanien", "Europe/Madrid"),
        ("意大利", "Europe/Rome"),
        ("Singapur", "Asia/Singapore"),
        ("Europe/Rome", "Europe/Rome"),
        ("America/New York", "America/New_York"),
        ("UTC", "UTC"),
        ("gmt+0", "UTC"),
        ("UTC+8", "Etc/GMT-8"),
        ("GMT -3", "Etc/GMT+3"),
    ],
)
def test_a_place_is_found_by_what_people_call_it(typed: str, zone: str) -> None:
    """Cities in any of the languages, with or without their country, countries of one time zone, zones, offsets."""
    assert places_named(typed, "en")[0].zone == zone


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "Nowhereville",
        "USA",
        "Russia",
        "Paris, Nowhere",
        "UTC+15",
        "UTC+5:30",
        "../etc/passwd",
        "/",
        "x" * 999,
    ],
)
def test_what_is_no_place_or_has_several_clocks(typed: str) -> None:
    """Neither a name that nobody bears nor a country from ocean to ocean says what the clock shows."""
    assert places_named(typed, "en") == ()


def test_places_of_one_name() -> None:
    """The largest first, one a time zone, with their countries as the reader calls them, and not too many."""
    assert places_named("parigi", "it") == (Place("Parigi, Francia", "Europe/Paris", 2988507),)
    paris = places_named("Paris", "it")
    assert [place.name for place in paris] == ["Paris, Francia", "Paris, Stati Uniti"]
    springfield = places_named("Springfield", "en")
    assert len({place.zone for place in springfield}) == len(springfield) <= CHOICES


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        (45.46, 9.19, "Europe/Rome"),
        (48.2, 16.37, "Europe/Vienna"),
        (-33.9, 151.2, "Australia/Sydney"),
        (64.1, -21.9, "Atlantic/Reykjavik"),
    ],
)
def test_a_place_by_its_degrees(latitude: float, longitude: float, zone: str) -> None:
    """The nearest city tells the clock."""
    assert place_at(latitude, longitude, "de").zone == zone


def test_a_city_by_its_number() -> None:
    """Buttons name cities by number; one that is in no list is None."""
    assert place_of_city(MILAN, "de") == Place("Milan, Italien", "Europe/Rome", MILAN)
    assert place_of_city(1, "de") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_has_a_name(language: str) -> None:
    """A time zone is called by its city, as the language calls it, or by its distance from UTC."""
    rome = {"en": "Rome", "it": "Roma", "es": "Roma", "de": "Rom", "fr": "Rome", "zh": "罗马"}
    assert zone_name("Europe/Rome", language) == rome[language]
    assert zone_name("America/Argentina/Buenos_Aires", language) == "Buenos Aires"
    named = [zone_name(zone, language) for zone in ("UTC", "Etc/GMT", "Etc/GMT-8", "Etc/GMT+3")]
    assert named == ["UTC", "UTC", "UTC+8", "UTC-3"]


def test_what_the_clock_shows() -> None:
    """With summer time, and in UTC where nothing is known."""
    assert [time_in(zone, NOON) for zone in ("Europe/Rome", "Asia/Shanghai", None)] == ["14:00", "20:00", "12:00"]
