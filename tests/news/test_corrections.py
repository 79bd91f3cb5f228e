"""What changed in an edition, as somebody who was shown it would see it."""

import pytest

from bot.news.corrections import Correction, corrections
from tests.articles import article

PRICE = "The depot ticket costs 20 euros."


def changes(before: list[str], after: list[str], language: str = "en") -> list[tuple[str, str | None]]:
    """What was and what is, of an article whose one paragraph was changed."""
    was, now = article("a", {language: [before]}), article("a", {language: [after]})
    return [(correction.was, correction.now) for correction in corrections(was, now)]


@pytest.mark.parametrize(
    ("language", "was", "now"),
    [
        ("en", "The depot opens on 12 May 2026 in Turin.", "The depot opens on 19 May 2026 in Turin."),
        ("en", "The depot opens in May.", "The depot opens in June."),
        ("en", PRICE, "The depot ticket costs 25 euros."),
        ("en", "The loss came to 20 million euros.", "The loss came to 20 billion euros."),
        ("en", "The firm will be led by Anna Rossi.", "The firm will be led by Bruno Conti."),
        ("en", "The depot will open in Turin.", "The depot will not open in Turin."),
        ("en", "The work takes fifteen months.", "The work takes sixteen months."),
        ("it", "Il deposito apre il 12 maggio a Torino.", "Il deposito apre il 19 maggio a Torino."),
        ("es", "La entrada cuesta 20 euros.", "La entrada cuesta 25 euros."),
        ("de", "Das Lager öffnet am 12. Mai in Turin.", "Das Lager öffnet am 19. Mai in Turin."),
        ("fr", "Le dépôt ouvre le 12 mai à Turin.", "Le dépôt ouvre le 19 mai à Turin."),
        ("zh", "仓库将于2026年5月12日在都灵开放。", "仓库将于2026年5月19日在都灵开放。"),
    ],
)
def test_another_value_is_a_correction(language: str, was: str, now: str) -> None:
    """A date, a number, a unit, a name or a "not" that is another one now is told as was and is."""
    assert changes([was], [now], language) == [(was, now)]


@pytest.mark.parametrize(
    ("language", "was", "now"),
    [
        ("en", PRICE, "The  depot ticket costs 20 euros"),
        ("en", PRICE, "The Depot ticket costs 20 Euros!"),
        ("en", "Acme builds 10,000 lorries in Turin.", "Acme builds 10 000 lorries in Turin."),
        ("en", "The depot ticket costs €20.", PRICE),
        ("en", PRICE, "A ticket of the depot will cost 20 euros."),
        ("en", PRICE, "The depot ticket costs 20 euros, and 5 for children."),
        ("en", "The firm is led by Anna Rosi of Turin.", "The firm is led by Anna Rossi of Turin."),
        ("en", "The firm of Anna Rossi opens a depot.", "The firm opens a depot."),
        ("de", "Das Haus wird im Mai 2026 eröffnet.", "Das Gebäude wird im Mai 2026 eröffnet."),
        ("it", "Perche il deposito apre il 12 maggio.", "Perché il deposito apre il 12 maggio."),
        ("zh", "仓库将于5月12日开放。", "仓库将于 5 月 12 日开放。"),
    ],
)
def test_other_words_and_signs_are_none(language: str, was: str, now: str) -> None:
    """Signs, spaces, accents, slips of the pen and other words for the same value correct nothing."""
    assert changes([was], [now], language) == []


def test_a_sentence_that_is_gone() -> None:
    """What no sentence says any more is told as said no longer."""
    assert changes([PRICE, "It is in Turin."], ["It is in Turin."]) == [(PRICE, None)]


def test_a_moved_sentence_is_no_change() -> None:
    """Ids that shift because a sentence was put before are no correction, and neither is another order."""
    before = article("a", {"en": [[PRICE, "It is in Turin."]]})
    after = article("a", {"en": [["Acme has news."], ["It is in Turin.", PRICE]]})
    assert corrections(before, after) == ()


def test_a_sentence_that_was_parted() -> None:
    """Two sentences that say together what one said correct nothing; neither does one that says it in other words."""
    assert (
        changes(
            ["The depot opens in May 2026 and a ticket costs 20 euros."],
            ["The depot opens in May 2026.", "A ticket costs 20 euros there."],
        )
        == []
    )
    assert changes(["Visitors pay 20 euros from May 2026."], ["Entry: 20 euros, as of May 2026."]) == []


def test_each_edition_is_compared_with_itself() -> None:
    """A correction names the sentence and the language that it was read in; other editions are left alone."""
    before = article("a", {"en": [[PRICE]], "it": [["Il biglietto costa 20 euro."]]})
    after = article("a", {"en": [[PRICE]], "it": [["Il biglietto costa 25 euro."]]})
    assert corrections(before, after) == (
        Correction("a/p1/s1", "it", "Il biglietto costa 20 euro.", "Il biglietto costa 25 euro."),
    )


def test_what_was_withdrawn_is_said_no_longer() -> None:
    """Of an edition or an article that is withdrawn nothing stands; of a new one nothing stood."""
    both = article("a", {"en": [[PRICE]], "it": [["Il biglietto costa 20 euro."]]})
    assert corrections(both, article("a", {"en": [[PRICE]]})) == (
        Correction("a/p1/s1", "it", "Il biglietto costa 20 euro."),
    )
    assert [correction.language for correction in corrections(both, None)] == ["en", "it"]
    assert corrections(None, both) == ()
    assert corrections(both, both) == ()


def test_the_texts_are_not_shown_where_a_correction_is_printed() -> None:
    """No log and no traceback holds what somebody was shown."""
    assert "20" not in repr(Correction("a/p1/s1", "en", PRICE, "25"))
