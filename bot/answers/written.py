"""What is written like a number, a name or a model in a question or a sentence, whatever it means."""

import re

from bot.answers.wording import CAPITALS, fold

_DIGITS = re.compile(r"(?<![^\W_])\d[\d.,\u00a0\u202f]*")
_NAME_WORD = rf"[{CAPITALS}][\w'’-]*"
_CODE = r"(?<![^\W_])[^\W_]*[A-Za-z]\d\w*|\b[A-Z]{2,}\w*"
_CODES = re.compile(_CODE)
_NAMES = re.compile(rf"(?<=[^.!?¿¡\s]\s){_NAME_WORD}(?:\s{_NAME_WORD})*|{_CODE}")
_MODELS = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z]+-?\d+[A-Za-z0-9]*|(?<![^\W\d_])[{CAPITALS}][^\W\d_]{{2,}}\s\d{{1,3}}(?![\w.,]*\d)"
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z\d-]*")


def question_numbers(question: str) -> frozenset[str]:
    """The numbers of a question, digits only."""
    return frozenset(re.sub(r"\D", "", match) for match in _DIGITS.findall(question))


def question_names(question: str, language: str) -> tuple[str, ...]:
    """What is written like a name in a question: capitals inside it, codes such as SU7, Latin words in Chinese.

    German capitalises every noun: only codes and abbreviations count there.
    """
    if language == "zh":
        return tuple(dict.fromkeys(_LATIN.findall(question)))
    pattern = _CODES if language == "de" else _NAMES
    return tuple(dict.fromkeys(pattern.findall(question)))


def models(text: str) -> frozenset[str]:
    """What is told from its siblings by a number: "SU7", "Line 18"; folded, without spaces and hyphens."""
    return frozenset(re.sub(r"[\s-]", "", fold(match)) for match in _MODELS.findall(text))


def names_other_models(question: str, sentence: str) -> bool:
    """Whether a sentence names models, and none of those that the question names."""
    asked, told = models(question), models(sentence)
    return bool(asked and told) and not asked & told
