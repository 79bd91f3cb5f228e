"""Words as the search compares them: folded, cut to stems, weighed by how rare they are."""

import math

import pytest

from bot.answers.wording import fold, rarity, terms


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CAFFÈ", "caffe"),
        ("perché", "perche"),
        ("¿Cuándo?", "¿cuando?"),
        ("Größe", "grose"),
        ("Çà", "ca"),
        ("dell’auto", "dell'auto"),
        ("ＳＵ７", "su7"),
        ("小米汽车", "小米汽车"),
        ("İstanbul", "istanbul"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    """Case, accents and width go; letters, signs and other scripts stay."""
    assert fold(text).replace("’", "'") == folded


def test_folding_keeps_every_position() -> None:
    """Folded text is as long as the text, character by character, whatever the character: positions hold in both."""
    assert [c for c in map(chr, range(0x10000)) if len(fold(c)) != 1] == []
    assert len(fold("ﬁnale ½ Ⅷ ǅ ŉ e\u0301 😀")) == len("ﬁnale ½ Ⅷ ǅ ŉ e\u0301 😀")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deliveries have passed", {"deliv", "have", "passe"}),
        ("le consegne, la consegna", {"le", "conse", "la"}),
        ("SU7 and YU7", {"su7", "and", "yu7"}),
        ("300.000", {"300", "000"}),
        ("1234567 in 2027", {"1234567", "in", "2027"}),
        ("小米汽车", {"小米", "米汽", "汽车"}),
        ("车", {"车"}),
        ("小米SU7在2027年", {"小米", "su7", "在", "2027", "年"}),
        ("L’auto", {"l", "auto"}),
        ("snake_case", {"snake", "case"}),
        ("?! …", set()),
        ("", set()),
    ],
)
def test_terms(text: str, found: set[str]) -> None:
    """Words count by their first five letters, numbers whole, Chinese as pairs of neighbours, signs not at all."""
    assert terms(text) == found


def test_forms_of_a_word_are_one_term() -> None:
    """Endings and accents make no other word."""
    assert terms("consegne") == terms("CONSEGNATE") == terms("consegnò")
    assert terms("expansión") == terms("Expansion")


TEXTS = [frozenset({"car", "red"}), frozenset({"car", "blue"}), frozenset({"car"})]


def test_rare_terms_weigh_more() -> None:
    """The fewer texts have a term, the more it weighs, and one that none has weighs most."""
    rare = rarity(TEXTS)
    assert rare.of(["car"]) == pytest.approx(math.log(1 + 0.5 / 3.5))
    assert rare.of(["red"]) == pytest.approx(math.log(1 + 2.5 / 1.5))
    assert rare.of(["green"]) == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert rare.of(["red", "green"]) == pytest.approx(rare.of(["red"]) + rare.of(["green"]))


def test_coverage_is_a_share() -> None:
    """Coverage is the share of the wanted weight that a text has: 1 for all, 0 for none, 0 where none is wanted."""
    rare = rarity(TEXTS)
    assert rare.coverage(frozenset({"red"}), TEXTS[0]) == 1
    assert rare.coverage(frozenset({"red", "blue"}), TEXTS[0]) == pytest.approx(0.5)
    assert rare.coverage(frozenset({"green"}), TEXTS[0]) == 0
    assert rare.coverage(frozenset(), TEXTS[0]) == 0
    assert rare.coverage(frozenset({"red", "car"}), TEXTS[0]) > rare.coverage(frozenset({"red", "car"}), TEXTS[2])


def test_no_texts_make_every_term_equal() -> None:
    """Where nothing was counted, nothing divides by zero."""
    assert rarity([]).coverage(frozenset({"a", "b"}), frozenset({"a"})) == pytest.approx(0.5)
