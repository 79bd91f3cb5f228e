"""Countries and continents by name: in every language, in any case, and where they lie."""

from collections.abc import Mapping

import pytest

from bot.answers.territories import around, territories, territory_name


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        ("japan when", "en", {"JP": "japan"}),
        ("Giappone e corea del sud", "it", {"JP": "Giappone", "KR": "corea del sud"}),
        ("¿Y en México?", "es", {"MX": "México"}),
        ("Chinas Autos in den USA", "de", {"CN": "China", "US": "USA"}),
        ("aux États-Unis et en Côte d’Ivoire", "fr", {"US": "États-Unis", "CI": "Côte d’Ivoire"}),
        ("什么时候去日本和欧洲？", "zh", {"JP": "日本", "150": "欧洲"}),
        ("Niger, not Nigeria", "en", {"NE": "Niger", "NG": "Nigeria"}),
        ("chinaware in a romanian shop", "en", {}),
        ("the whole world", "en", {}),
        ("no Brasil", "pt", {"BR": "Brasil"}),
        ("anything", "xx", {}),
        ("", "en", {}),
    ],
)
def test_places_in_a_text(text: str, language: str, codes: Mapping[str, str]) -> None:
    """Each country and continent is told by its code and by the words that name it; other words are none."""
    assert territories(text, language) == codes


def test_places_have_names() -> None:
    """A code is said as a language says it, and as it is where it has no name."""
    assert (territory_name("JP", "it"), territory_name("150", "zh")) == ("Giappone", "欧洲")
    assert territory_name("ZQ", "en") == "ZQ"


@pytest.mark.parametrize(
    ("code", "continents"),
    [("IT", {"150"}), ("US", {"003", "019"}), ("BR", {"005", "019"}), ("003", {"019"}), ("150", set()), ("EU", set())],
)
def test_continents_hold_countries(code: str, continents: set[str]) -> None:
    """A country lies in its continent, one of the Americas in both; a continent in none but those."""
    assert around(code) == continents
