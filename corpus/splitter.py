"""Raw text -> blocks: paragraphs of sentences with the headline over each, split once, at ingest.

A person's text has no marks for what is what, so its shape decides: blank lines part paragraphs, lines that end
where the next word would not have fitted are one paragraph, bullets and numbers make lists, and a short line
without a full stop is headline-like. Such a line is the headline of the paragraph that follows it; where another
headline-like line follows, it says something of its own (a call to action) and is a short paragraph.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from corpus.cleaning import clean_lines
from corpus.model import UNSPACED_LANGUAGES
from corpus.sentences import split_sentences

MAX_HEADING_COLUMNS = 140
_MIN_WRAP, _MAX_WRAP = 40, 120
"""Columns between which text is taken for hard-wrapped."""

_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+(?P<text>.*?)(?:\s+#+)?")
_BOLD_LINE = re.compile(r"(\*\*|__)(?P<text>\S(?:(?!\1).)*)\1")
_RULE = re.compile(r"(?:[-*_=~] ?){3,}")
_BULLET = re.compile(r"(?:[-*+•·‣◦▪▫●○■□▶►➤➢✓✔–]\s+|[•●▪►➤✓✔]\s*)(?=\S)")
_BRACKET_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-z])\)\s+(?=\S)")
_DOT_NUMBER = re.compile(r"(?P<number>\d{1,3})[.、．]\s*(?=\S)")
_ENDS = ".!?…:;,。！？：；，、؟۔।"
_CLOSERS = "\"'”’»›)]}」』）】》〉*_"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph to be, with the headline over it.

    `sentences` is empty only for a Markdown heading with nothing under it. `headline_like` tells that the one
    sentence stood on a line of its own, short and without a full stop: it may be the title of the whole.
    """

    heading: str | None
    sentences: tuple[str, ...]
    headline_like: bool = False


class _Kind(Enum):
    HEADING = auto()
    """Marked as one, in Markdown."""
    HEADLINE_LIKE = auto()
    BULLET = auto()
    NUMBERED = auto()
    PROSE = auto()


_ITEMS = frozenset({_Kind.BULLET, _Kind.NUMBERED})


@dataclass(frozen=True, slots=True)
class _Unit:
    """Lines that belong together; no sentence reaches from one of the `parts` into the next."""

    kind: _Kind
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def split_text(text: str, language: str, *, marked: bool = False) -> tuple[Block, ...]:
    """The blocks of `text`, top to bottom: clean, each with its sentences in `language`.

    Every visible character of the text is in a heading or in a sentence, but for the marks of bullets, numbered
    items, Markdown headings and rules. Text without anything visible gives no block.

    Where the text is `marked` (a web page, Markdown), a line is headline-like only when it is wholly `**bold**`.
    """
    groups = _groups(_with_hash_headings(clean_lines(text)))
    width = _wrap_width([line for group in groups for line in group])
    numbered = _numbered_lines(groups)
    units: list[_Unit] = []
    for g, group in enumerate(groups):
        units += _units(
            group,
            width,
            numbered.get(g, frozenset()),
            parted=len(groups) > 1,
            spaced=language not in UNSPACED_LANGUAGES,
        )
    return _blocks([_recognised(unit, marked=marked) for unit in units], language)


def is_headline_like(line: str) -> bool:
    """Whether a clean line could be a headline: short, with a letter, and no punctuation that ends it."""
    core = line.rstrip(_CLOSERS + " ")
    return any(map(str.isalpha, core)) and core[-1] not in _ENDS and _columns(line) <= MAX_HEADING_COLUMNS


def _with_hash_headings(lines: Sequence[str]) -> list[str]:
    """The lines with every Markdown heading written `# so`, and rules made blank."""
    result: list[str] = []
    for line in lines:
        if not _RULE.fullmatch(line):
            result.append(line)
            continue
        underlines = line[0] in "=-" and bool(result) and is_headline_like(result[-1])
        alone = underlines and (len(result) < 2 or not result[-2])
        if alone and not _MARKDOWN_HEADING.fullmatch(result[-1]) and not _BULLET.match(result[-1]):
            result[-1] = f"{'#' if line[0] == '=' else '##'} {result[-1]}"
        result.append("")
    return result


def _groups(lines: Sequence[str]) -> list[list[str]]:
    """The runs of lines between blank ones; a Markdown heading is a run of its own."""
    groups: list[list[str]] = [[]]
    for line in lines:
        if not line:
            groups.append([])
        elif _MARKDOWN_HEADING.fullmatch(line):
            groups += [[line], []]
        else:
            groups[-1].append(line)
    return [group for group in groups if group]


def _columns(text: str) -> int:
    """The width of `text` on a screen, where Chinese characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _wrap_width(lines: Sequence[str]) -> int | None:
    """The column at which the text is hard-wrapped, or None where its lines are as long as they like."""
    widths = [_columns(line) for line in lines]
    narrow = [width for width in widths if width <= _MAX_WRAP]
    if not narrow or 2 * len(narrow) < len(widths) or max(narrow) < _MIN_WRAP:
        return None
    return max(narrow)


def _numbered_lines(groups: Sequence[Sequence[str]]) -> dict[int, frozenset[int]]:
    """For each group the lines in it that are items `1.`, `2.`, ... of one list.

    A number that starts no count and goes on with none is content: "24. September 2025".
    """
    found: dict[int, set[int]] = {}
    run: list[tuple[int, int]] = []
    for g, group in enumerate(groups):
        for n, line in enumerate(group):
            match = _DOT_NUMBER.match(line)
            if match is None:
                continue
            number = int(match["number"])
            if number != len(run) + 1:
                run = []
            if number == len(run) + 1:
                run.append((g, n))
            for group_number, line_number in run[-2:] if len(run) > 1 else ():
                found.setdefault(group_number, set()).add(line_number)
    return {g: frozenset(numbers) for g, numbers in found.items()}


def _units(
    lines: Sequence[str], width: int | None, numbered: frozenset[int], *, parted: bool, spaced: bool
) -> list[_Unit]:
    """The units of one run of lines; where blank lines part the text, its line ends part sentences at most."""
    kinds: list[_Kind] = []
    units: list[list[list[str]]] = []  # unit, part, and the pieces of the part
    for n, line in enumerate(lines):
        before = lines[n - 1] if n else ""
        bullet = _BULLET.match(line) or _BRACKET_NUMBER.match(line)
        if heading := _MARKDOWN_HEADING.fullmatch(line):
            kind, text = _Kind.HEADING, heading["text"]
        elif bullet:
            kind, text = _Kind.BULLET, line[bullet.end() :]
        elif n in numbered and (number := _DOT_NUMBER.match(line)):
            kind, text = _Kind.NUMBERED, line[number.end() :]
        elif before and _wraps(before, line, width):
            units[-1][-1] += [_between(before, line, spaced=spaced), line]
            continue
        elif parted and kinds and kinds[-1] is _Kind.PROSE and not is_headline_like(line) and _is_whole(before):
            units[-1].append([line])
            continue
        else:
            kind, text = _Kind.PROSE, line
        kinds.append(kind)
        units.append([[text]])
    return [_Unit(kind, tuple(map("".join, parts))) for kind, parts in zip(kinds, units, strict=True)]


def _recognised(unit: _Unit, *, marked: bool) -> _Unit:
    """The unit, known for headline-like where it is."""
    bold = _BOLD_LINE.fullmatch(unit.text)
    text = bold["text"].strip() if bold else unit.text
    if unit.kind is _Kind.PROSE and is_headline_like(text) and (bold or not marked):
        return _Unit(_Kind.HEADLINE_LIKE, (text,))
    return _Unit(unit.kind, (text,)) if bold else unit


def _wraps(before: str, line: str, width: int | None) -> bool:
    """Whether the line end between the two is there only because the column was reached."""
    columns = _columns(before)
    if line[0].islower() and not before.endswith((":", "：")) and (columns >= _MIN_WRAP or not _is_whole(before)):
        return True
    first = line[0] if _columns(line[0]) == 2 else line.split(maxsplit=1)[0]
    return width is not None and columns <= width < columns + 1 + _columns(first)


def _between(first: str, second: str, *, spaced: bool) -> str:
    """What a soft line end stands for: a space, but nothing between two Chinese characters."""
    wide = _columns(first[-1]) == 2 and _columns(second[0]) == 2
    return "" if wide and not spaced else " "


def _is_whole(text: str) -> bool:
    """Whether `text` ends as a sentence does."""
    return text.rstrip(_CLOSERS + " ")[-1:] in set(".!?…。！？؟۔।")


def _blocks(units: Sequence[_Unit], language: str) -> tuple[Block, ...]:
    """The units as paragraphs, with every headline over the one that it introduces."""
    blocks: list[Block] = []
    heading: str | None = None
    for n, unit in enumerate(units):
        before = units[n - 1] if n else None
        after = units[n + 1] if n + 1 < len(units) else None
        introduces = after is not None and after.kind in {_Kind.PROSE, *_ITEMS}
        lone_number = (
            unit.kind is _Kind.NUMBERED
            and is_headline_like(unit.text)
            and (after is not None and after.kind is _Kind.PROSE)
            and (before is None or before.kind is not _Kind.NUMBERED)
        )
        if unit.kind is _Kind.HEADING:
            if heading is not None:
                blocks.append(Block(heading, ()))
            heading = unit.text
        elif heading is None and introduces and (unit.kind is _Kind.HEADLINE_LIKE or lone_number):
            heading = unit.text
        elif unit.kind is _Kind.HEADLINE_LIKE:
            blocks.append(Block(heading, (unit.text,), headline_like=True))
            heading = None
        else:
            sentences = tuple(sentence for part in unit.parts for sentence in split_sentences(part, language))
            goes_on = before is not None and (before.kind is unit.kind or before.text.endswith((":", "：")))
            if unit.kind in _ITEMS and heading is None and goes_on:
                blocks[-1] = Block(blocks[-1].heading, blocks[-1].sentences + sentences)
            else:
                blocks.append(Block(heading, sentences))
                heading = None
    if heading is not None:
        blocks.append(Block(heading, ()))
    return tuple(blocks)
