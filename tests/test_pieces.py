"""Tokens of the packaged model, and the characters of the text that each stands for."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.pieces import Pieces, pieces_of
from index.weights import packaged_weights

ANY_TEXT = st.text(st.characters(), max_size=60)
"""Of all of Unicode, lone surrogates included."""


def written(text: str) -> list[str]:
    """The pieces as the vocabulary writes them."""
    return [packaged_weights().pieces[number] for number in pieces_of(text).ids]


@given(ANY_TEXT)
@example("中国 汽车")
@example("㍿ﷺ½…\u00a8")
@example("e\u0301\u0323 \u0301a")
@example("\ud800\0\u200b")
@settings(deadline=None, max_examples=200)
def test_spans_cover_the_text_in_order(text: str) -> None:
    """Whatever the text, its tokens stand for characters inside it, in order, and for all that are no white space."""
    pieces = pieces_of(text)
    assert len(pieces.ids) == len(pieces.spans)
    assert all(0 <= start < end <= len(text) for start, end in pieces.spans)
    assert [start for start, _ in pieces.spans] == sorted(start for start, _ in pieces.spans)
    assert [end for _, end in pieces.spans] == sorted(end for _, end in pieces.spans)
    covered = {place for start, end in pieces.spans for place in range(start, end)}
    assert covered >= {place for place, character in enumerate(text) if not character.isspace()}


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_token_is_a_known_piece(text: str) -> None:
    """No text gives a token of the special ones, which begin, end or pad a sequence."""
    known = len(packaged_weights().pieces)
    assert all(packaged_weights().unknown <= number < known for number in pieces_of(text).ids)


def test_pieces_and_their_characters() -> None:
    """A token stands for its word's characters, without the space before it."""
    text = "When does it open?"
    assert written(text) == ["▁When", "▁does", "▁it", "▁open", "?"]
    assert [text[start:end] for start, end in pieces_of(text).spans] == ["When", "does", "it", "open", "?"]


def test_the_likeliest_way_is_taken() -> None:
    """A word that the vocabulary has whole is one token, one that it lacks is cut into several that make it up."""
    assert written("open") == ["▁open"]
    parts = written("Valdoro")
    assert len(parts) > 1
    assert "".join(parts) == "▁Valdoro"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ｗｈｅｎ", "when"),
        ("ﬁne", "fine"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("when  \t\n does", "when does"),
        ("when\u00a0does\u3000it", "when does it"),
        ("  when does ", "when does"),
    ],
)
def test_ways_to_write_the_same(text: str, same: str) -> None:
    """Compatible characters, accents apart from their letters, and runs of white space make no difference."""
    assert pieces_of(text).ids == pieces_of(same).ids


def test_an_accent_belongs_to_its_letter() -> None:
    """A letter and the accent after it are pointed at together."""
    text = "l'e\u0301te\u0301 2027"
    spans = [text[start:end] for start, end in pieces_of(text).spans]
    assert "".join(spans) == text.replace(" ", "")
    assert not any(span.startswith("\u0301") for span in spans)


def test_unknown_characters() -> None:
    """A character that no piece has is one token for what is unknown, and the words around it stay known."""
    text = "a \U0001f9ff open"
    assert written(text) == ["▁a", "▁", "<unk>", "▁open"]
    start, end = pieces_of(text).spans[2]
    assert text[start:end] == "\U0001f9ff"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_text_without_characters_has_no_tokens(text: str) -> None:
    """Nothing, and nothing but white space, is no token."""
    assert pieces_of(text) == Pieces((), ())
