"""One cleaned line of prose -> its sentences: pysbd proposes where they end, the rules here correct it.

Only offsets into the text are ever decided, never its characters, so nothing can be lost or altered. The rules
mend what pysbd gets wrong in the languages that Annuncio ships: units and company forms ("5 mld. di euro",
"Inc. ha"), titles ("Sr. García"), closing quotes that belong to the sentence before, speech that ends in a quote.
"""

import re
import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from corpus.model import UNSPACED_LANGUAGES

MAX_SENTENCE_CHARS = 1500
"""Longer "sentences" (tables, keys, text without punctuation) are cut at a space: no encoder reads more."""
_WINDOW_CHARS = 4000
"""What pysbd is given at once: its time grows faster than its input."""

_WIDE_ENDS = "。！？｡"
_ENDS = ".!?…؟۔।։።" + _WIDE_ENDS
_CLOSERS = "\"'”’»›)]}」』）】》〉"
_OPENERS = "\"'“‘„«‹([{「『（【《〈¿¡"
_SPOKEN_END = re.compile(rf"[.!?…]\s?[{re.escape(_CLOSERS)}]+(?=\s)")
_WIDE_END = re.compile(rf"[{_WIDE_ENDS}]+[{re.escape(_CLOSERS)}]*")
_NUMBER_MARK = re.compile(r"\(?\d{1,3}[.)]")

_ABBREVIATIONS = {
    language: frozenset(words.split())
    for language, words in {
        "": "dr prof mr mrs sr sra cfr vs e.g i.e",
        "it": "sig sig.ra sig.na dott dott.ssa prof.ssa avv ing geom egr spett p.es",
        "es": "sres srta dra dña lic ing p.ej ej",
        "fr": "mme mmes mlle mlles",
        "de": "z.b d.h u.a hr mio mrd tsd",  # a German noun after a million has a capital
        "en": "ms gen sen rep gov",
    }.items()
}
"""Words whose dot ends no sentence even before a capital, beyond pysbd's own; "" holds for every language."""
_MILLIONS = frozenset(["mld", "mln", "mio", "mrd", "mill", "bn"])
_BEFORE_A_NUMBER = frozenset(["n", "nr", "no", "num", "núm", "art", "pag", "pág", "p", "pp", "fig", "vol", "tel"])
_ORDINARY = frozenset({("it", "post")})
"""Everyday words that pysbd takes for abbreviations, so that it misses the end of a sentence after them."""


def split_sentences(text: str, language: str) -> tuple[str, ...]:
    """The sentences of `text`, a single clean line, in order; joined with their spaces they are the text again.

    A language that pysbd does not know is split like English.
    """
    ends = []
    start = 0
    for end in sorted(_proposals(text, language)):
        end_ = _past_closers(text, end, language)
        if end_ > start and _is_end(text, start, end_, language):
            ends.append(end_)
            start = end_
    cuts = [0, *ends, len(text)]
    spans = (text[a:b].strip() for a, b in pairwise(cuts))
    return tuple(piece for span in spans if span for piece in _capped(span))


def _proposals(text: str, language: str) -> set[int]:
    """Offsets at which a sentence may end: what pysbd says, and what it is known to miss."""
    offsets: set[int] = set()
    for start, end in _windows(text):
        offsets.update(start + offset for offset in _pysbd_ends(text[start:end], language))
        offsets.add(end)
    offsets.update(match.end() for match in _SPOKEN_END.finditer(text))
    offsets.update(match.end() for match in _WIDE_END.finditer(text))
    for spoken, word in _ORDINARY:
        if spoken == language:
            offsets.update(match.end() for match in re.finditer(rf"\b{word}\.(?=\s)", text))
    return offsets


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Spans of at most _WINDOW_CHARS that end after a sentence where they can, else at a space, else anywhere."""
    start = 0
    while len(text) - start > _WINDOW_CHARS:
        window = text[start : start + _WINDOW_CHARS]
        last = max((match.end() for match in re.finditer(rf"[{_ENDS}]\s|[{_WIDE_ENDS}]", window)), default=0)
        end = start + (last or window.rfind(" ") + 1 or _WINDOW_CHARS)
        yield start, end
        start = end
    yield start, len(text)


def _pysbd_ends(text: str, language: str) -> list[int]:
    """Offsets in `text` after which pysbd parts it."""
    try:
        pieces = _processed(text, language)
    except (re.error, IndexError):
        # pysbd puts pieces of the text into patterns unescaped, and indexes empty ones: then the rules decide alone.
        return [match.end() for match in re.finditer(rf"[{_ENDS}](?=\s)", text)]
    ends = []
    position = missed = 0
    for piece in pieces:
        # pysbd alters some characters (its own placeholders): such a piece is not found, and stays undivided.
        wanted = piece.strip()
        found = text.find(wanted, position, position + missed + len(wanted) + 8) if wanted else -1
        if found < 0:
            missed += len(piece) + 8
        else:
            position, missed = found + len(wanted), 0
            ends.append(position)
    return ends


def _processed(text: str, language: str) -> list[str]:
    """What pysbd makes of `text`, as it left it: pieces, some with characters altered."""
    module = _language_module(language)
    # pysbd compiles a pattern for each abbreviation that it knows, two thousand in Italian, for every paragraph.
    # Only those can matter that stand in the text with their dot: that makes it thirty times as fast.
    lowered = text.lower()
    present = [word for word in module.Abbreviation.ABBREVIATIONS if f"{word.strip()}." in lowered]
    abbreviation = type("Abbreviation", (module.Abbreviation,), {"ABBREVIATIONS": present})
    narrowed = type(module.__name__, (module,), {"Abbreviation": abbreviation})
    from pysbd.processor import Processor

    pieces: list[str] = getattr(module, "Processor", Processor)(text, narrowed).process()
    return pieces


@cache
def _language_module(language: str) -> Any:
    """pysbd's rules for a language, imported here because `annuncio health` must not pay for them."""
    with warnings.catch_warnings():
        # pysbd 0.3.4 writes "\s" in plain strings; Python says so whenever it compiles them afresh.
        warnings.filterwarnings("ignore", r".*invalid escape sequence", DeprecationWarning)
        warnings.filterwarnings("ignore", r".*invalid escape sequence", SyntaxWarning)
        from pysbd.languages import LANGUAGE_CODES
    return LANGUAGE_CODES.get(language, LANGUAGE_CODES["en"])


def _past_closers(text: str, end: int, language: str) -> int:
    """`end`, moved behind the quotes and brackets that close the sentence which ends there."""
    closers = _CLOSERS
    if language not in UNSPACED_LANGUAGES:
        closers += "“‘«"  # German closes with these; where no spaces are written they can only open
    while end < len(text) and (text[end] in closers or (text[end] in _WIDE_ENDS and text[end - 1] in _WIDE_ENDS)):
        end += 1
    if language != "de" and text[end : end + 2] in {" »", " )"}:
        end += 2
    return end


def _is_end(text: str, start: int, end: int, language: str) -> bool:
    """Whether a sentence that began at `start` may end at `end`."""
    core = text[max(start, end - 60) : end].rstrip(_CLOSERS + "“‘« ")
    after = text[end : end + 40]
    if not core or core[-1] not in _ENDS or not after.strip():
        return False
    if not after[0].isspace() and core[-1] not in _WIDE_ENDS:
        return False
    if _NUMBER_MARK.fullmatch(text[start:end].strip()):
        return False  # "1." alone is the mark of what follows
    following = after.strip().lstrip(_OPENERS + "-–—• ")
    if following[:1].islower() and not following[1:2].isupper():  # iPhone may begin a sentence
        return False
    if core[-1] in "!?…" and following[:1] in {",", ";", ":"}:
        return False
    return not (core[-1] == "." and not core.endswith("..") and _is_abbreviation(core, following, language))


def _is_abbreviation(core: str, following: str, language: str) -> bool:
    """Whether the dot at the end of `core` belongs to its last word and not to the sentence."""
    written = core.rsplit(maxsplit=1)[-1].lstrip(_OPENERS).rstrip(".")
    word = written.casefold()
    next_word = following.split(maxsplit=1)[0] if following else ""
    if next_word[:1].isdigit() and word in _BEFORE_A_NUMBER:
        return True
    if len(written) == 1 and written.isupper() and next_word[:1].isupper():
        return not (language == "en" and written == "I")  # "M. Dupont", "J. K. Rowling"
    if word in _MILLIONS and re.match(r"[A-Z]{2,}|[$€£¥]", next_word):
        return True  # "5 mln. EUR"
    return word in _ABBREVIATIONS[""] or word in _ABBREVIATIONS.get(language, frozenset())


def _capped(sentence: str) -> Iterator[str]:
    """The sentence, in pieces of at most MAX_SENTENCE_CHARS where it is longer."""
    while len(sentence) > MAX_SENTENCE_CHARS:
        cut = sentence.rfind(" ", MAX_SENTENCE_CHARS // 2, MAX_SENTENCE_CHARS)
        if cut < 0:
            cut = MAX_SENTENCE_CHARS
            while cut > 1 and unicodedata.category(sentence[cut])[0] == "M":
                cut -= 1  # an accent stays with its letter
        yield sentence[:cut].rstrip()
        sentence = sentence[cut:].lstrip()
    yield sentence
