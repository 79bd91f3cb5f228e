"""Questions as they are typed in a hurry: without capitals, accents and marks, with letters lost, doubled, exchanged.

Numbers stay, and names that hold one: who types "U7" for "SU7" asks for something else.
"""

import random
import re
import unicodedata

PLAIN = 0.6
"""Share of slips that have no capitals; as many have no marks."""
DROPPED = 0.2
"""Share of the short words that are left out."""
SHORT = 3
"""Letters of a word that may be left out, or that is too short to be misspelt."""
WORDS_A_SLIP = 6

_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?![\w'’])")
_MARKS = re.compile(r"[?？¿!！.。]")


def slipped(question: str, chance: random.Random) -> str:
    """The question with some of this; in scripts other than the Latin only marks are lost."""
    if chance.random() < PLAIN:
        question = _MARKS.sub("", question).strip()
    if chance.random() < PLAIN:
        question = question.lower()
    if chance.random() < PLAIN:
        question = _without_accents(question)
    words = [match.span() for match in _WORD.finditer(question) if not _joined(question, match.start())]
    long = [span for span in words if span[1] - span[0] > SHORT]
    wrong = set(chance.sample(long, min(len(long), 1 + len(words) // WORDS_A_SLIP)))
    parts, at = [], 0
    for span in words:
        start, end = span
        parts.append(question[at:start])
        if span in wrong:
            parts.append(_misspelt(question[start:end], chance))
        elif end - start > SHORT or len(words) <= SHORT or chance.random() >= DROPPED:
            parts.append(question[start:end])
        at = end
    return " ".join("".join((*parts, question[at:])).split()) or question


def _joined(text: str, at: int) -> bool:
    """Whether something stands right before, such as the number of a model."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] in "'’")


def _without_accents(text: str) -> str:
    """Latin letters without their marks; in other scripts these are no ornament."""
    return "".join(unicodedata.normalize("NFD", sign)[0] if "À" <= sign <= "ɏ" else sign for sign in text)


def _misspelt(word: str, chance: random.Random) -> str:
    """One letter lost, doubled, or exchanged with its neighbour."""
    at = chance.randrange(1, len(word))
    match chance.randrange(3):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
