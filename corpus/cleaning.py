"""Clean text: what is invisible and means nothing goes, everything else stays as it was written."""

import re
import unicodedata

_NO_MEANING = frozenset("\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb")
"""Soft hyphen, zero-width space, word joiner and their like. Direction marks and joiners (Arabic, Hebrew, Persian,
emoji) are not among them: taking those away changes what a reader sees."""
_LINE_END = re.compile(r"\r\n|[\r\x0b\x85\u2028]")
_SPACES = re.compile(r"(?:(?!(?<=\d)[\u00a0\u202f]\d)\s)+")
"""Any run of whitespace but the one no-break space that groups digits: a number stays as it was written."""
_PAGE_END = re.compile(r"[\x0c\u2029]")


def is_forbidden(character: str) -> bool:
    """Whether the character has no place in a line: controls but the tab, line separators, noncharacters."""
    if character == "\t":
        return False
    code = ord(character)
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    )


def clean_line(text: str) -> str:
    """One line: NFC, without controls and zero-width junk, its whitespace collapsed to single spaces."""
    kept = "".join(c for c in _SPACES.sub(" ", text) if not is_forbidden(c) and c not in _NO_MEANING)
    # A character that went may leave two spaces, or a base and an accent, side by side.
    return unicodedata.normalize("NFC", _SPACES.sub(" ", kept).strip())


def clean_lines(text: str) -> list[str]:
    """The cleaned lines of a text; "" stands for a blank line. A page break counts as one."""
    pages = _PAGE_END.sub("\n\n", text)
    return [clean_line(line) for line in _LINE_END.sub("\n", pages).split("\n")]
