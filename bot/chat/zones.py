"""Whose clock a chat goes by: what a person types or where they are -> a time zone, and what it is called."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale
from babel.dates import get_timezone_location

from bot.chat.gazetteer import City, folded, gazetteer
from bot.settings import LANGUAGES
from bot.state.schedule import zone_of
from bot.texts import spoken

CHOICES = 4
"""Places of one name that are offered; each in a time zone of its own."""
LONGEST_NAME = 80
"""Characters of a place that is looked up."""
MOST = 0.8
"""Share of a country's people (of those in cities) from which on its name stands for one time zone."""
_OFFSET = re.compile(r"(?:utc|gmt)? ?(?:(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?00)?)?")
_SHORT = {"uk": "GB", "usa": "US", "uae": "AE"}
"""What people call countries beside their names and their two letters."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place with a clock: what it is called, and the city's number in GeoNames; None where it is no city."""

    name: str
    zone: str
    city: int | None = None


def places_named(text: str, language: str) -> tuple[Place, ...]:
    """The places that a person may mean by "Milano", "Paris, US", "意大利", "UTC+8" or "Europe/Rome", likeliest first.

    At most CHOICES, each in a time zone of its own; none where there is no such place. Reads the list of cities at
    its first call, which takes a second.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME:
        return ()
    zone = _zone_itself(name)
    if zone is not None:
        return (Place(zone_name(zone, language), zone),)
    country = _countries().get(folded(name))
    if country is not None:
        zone = _zone_of_country(country)
        return () if zone is None else (Place(_country(country, language), zone),)
    cities = gazetteer().named(name)
    if not cities:
        name, _, country = name.replace("，", ",").rpartition(",")
        code = _countries().get(folded(country))
        cities = tuple(city for city in gazetteer().named(name) if city.country == code)
    return _each_zone_once(cities, name.title() if name.islower() else name, language)


def place_of_city(number: int, language: str) -> Place | None:
    """The city of this number, or None."""
    city = gazetteer().numbered(number)
    return None if city is None else _place(city, city.name, language)


def place_at(latitude: float, longitude: float, language: str) -> Place:
    """The city nearest to these degrees."""
    city = gazetteer().nearest(latitude, longitude)
    return _place(city, city.name, language)


def zone_name(zone: str, language: str) -> str:
    """What people call a time zone: "Rome" for Europe/Rome, "UTC+8" for Etc/GMT-8."""
    if zone.startswith("Etc/GMT"):
        hours = -int(zone.removeprefix("Etc/GMT") or 0)
        return f"UTC{hours:+d}" if hours else "UTC"
    city = str(get_timezone_location(zone_of(zone), locale=spoken(language), return_city=True))
    return city.rpartition("/")[2]  # "Argentina/Buenos Aires"


def time_in(zone: str | None, now: datetime) -> str:
    """What the clock shows there: "14:05"."""
    return f"{now.astimezone(zone_of(zone)):%H:%M}"


def _place(city: City, called: str, language: str) -> Place:
    return Place(f"{called}, {_country(city.country, language)}", city.zone, city.number)


def _each_zone_once(cities: Iterable[City], called: str, language: str) -> tuple[Place, ...]:
    first: dict[str, City] = {}
    for city in cities:
        first.setdefault(city.zone, city)
    return tuple(_place(city, called, language) for city in first.values())[:CHOICES]


def _zone_itself(name: str) -> str | None:
    """The time zone that is named as such."""
    offset = _OFFSET.fullmatch(name.lower().replace("\N{MINUS SIGN}", "-"))
    if offset is not None:
        # The sign of these names is what must be added to get UTC.
        hours = int(offset["hours"] or 0) * (-1 if offset["sign"] == "+" else 1)
        return ("UTC" if hours == 0 else f"Etc/GMT{hours:+d}") if -14 <= hours <= 12 else None
    if "/" not in name:
        return None
    try:
        return zone_of(name.replace(" ", "_")).key
    except ValueError:
        return None


def _country(code: str, language: str) -> str:
    return str(Locale.parse(spoken(language)).territories.get(code, code))


@cache
def _countries() -> Mapping[str, str]:
    """The two letters of every country by its folded names in the bot's languages."""
    names = {
        folded(name): code
        for language in LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }
    return {**names, **{code.lower(): code for code in list(names.values())}, **_SHORT}


def _zone_of_country(code: str) -> str | None:
    """The time zone that nearly all of a country lives by; None where it has several."""
    people: dict[str, int] = {}
    for city in gazetteer().in_country(code):
        people[city.zone] = people.get(city.zone, 0) + city.people
    if not people:
        return None
    largest = max(people, key=lambda zone: people[zone])
    return largest if people[largest] >= MOST * sum(people.values()) else None
