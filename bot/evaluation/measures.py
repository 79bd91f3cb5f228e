"""What is measured, as functions of arrays: ranking errors, calibration, spans in common, and how sure each figure is.

Everywhere `confidence` has shape (cases,), floats from 0 to 1, and higher is surer.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Positions = NDArray[np.intp]

RESAMPLES = 1000
SEED = 20250924
INTERVAL = (2.5, 97.5)
"""Percentiles of the resampled values: 95 % of them lie between."""

_ARTICLES = {
    "en": "a an the",
    "it": "il lo la i gli le l un uno una",
    "es": "el la los las un una unos unas",
    "de": "der die das den dem des ein eine einen einem einer eines",
    "fr": "le la les l un une des",
}


def mean(values: Floats) -> float:
    """The mean of what is there (not NaN); NaN where nothing is."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else float("nan")


def auroc(positive: Floats, negative: Floats) -> float:
    """How often a positive is above a negative, ties counting half; NaN where one of them is empty."""
    if not positive.size or not negative.size:
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / (2 * ordered.size))


def risks(confidence: Floats, wrong: Bools) -> Floats:
    """The share of errors among the k surest cases, for k from 1 to all; shape (cases,).

    Equally sure cases are taken in no order: each counts as their mean.
    """
    _, group, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    errors = np.bincount(group, weights=wrong.astype(float)) / sizes
    return np.asarray(np.cumsum(np.repeat(errors, sizes)) / np.arange(1, wrong.size + 1))


def aurc(confidence: Floats, wrong: Bools) -> float:
    """The area under the risk-coverage curve: the mean of `risks`, lower is better."""
    return float(risks(confidence, wrong).mean()) if wrong.size else float("nan")


def threshold_for(negative: Floats, rate: float) -> float:
    """The lowest threshold that at most this share of the negatives reaches (>=)."""
    allowed = int(rate * negative.size + 1e-9)
    if allowed >= negative.size:
        return float("-inf")
    return float(np.nextafter(np.sort(negative)[::-1][allowed], np.inf))


def answered_at(positive: Floats, negative: Floats, rate: float) -> float:
    """The share of positives that reach the threshold which at most `rate` of the negatives reach."""
    if not positive.size or not negative.size:
        return float("nan")
    return float((positive >= threshold_for(negative, rate)).mean())


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases of about the same confidence: their number, mean confidence, and the share that came true."""

    n: int
    confidence: float
    true: float


def calibration_bins(confidence: Floats, true: Bools, count: int = 10) -> tuple[Bin, ...]:
    """The cases in `count` bins of equal size, the least sure first."""
    order = np.argsort(confidence, kind="stable")
    return tuple(
        Bin(len(part), float(confidence[part].mean()), float(true[part].mean()))
        for part in np.array_split(order, count)
        if part.size
    )


def calibration_error(confidence: Floats, true: Bools, count: int = 10) -> float:
    """The expected calibration error: how far confidence and truth lie apart, over bins of equal size."""
    if not true.size:
        return float("nan")
    bins = calibration_bins(confidence, true, count)
    return sum(part.n * abs(part.confidence - part.true) for part in bins) / true.size


def normalise(text: str, language: str) -> str:
    """As SQuAD compares answers: lower case, no punctuation, no articles, single spaces."""
    bare = "".join(
        character
        for character in unicodedata.normalize("NFC", text).lower().replace("'", " ").replace("’", " ")
        if character not in string.punctuation and not unicodedata.category(character).startswith("P")
    )
    drop = _ARTICLES.get(language, "").split()
    return " ".join(word for word in bare.split() if word not in drop)


def _tokens(text: str, language: str) -> list[str]:
    """Words, and in Chinese characters."""
    normal = normalise(text, language)
    return re.findall(r"\S", normal) if language == "zh" else normal.split()


def exact_match(given: str, gold: str, language: str) -> bool:
    """Whether both are the same but for case, punctuation and articles."""
    return _tokens(given, language) == _tokens(gold, language)


def holds(given: str, gold: str, language: str) -> bool:
    """Whether one of them is the other with words before or after it, as a qualifier or a unit is."""
    shorter, longer = sorted((_tokens(given, language), _tokens(gold, language)), key=len)
    places = range(len(longer) - len(shorter) + 1)
    return bool(shorter) and any(longer[at : at + len(shorter)] == shorter for at in places)


def token_f1(given: str, gold: str, language: str) -> float:
    """The harmonic mean of the shares of tokens that each has of the other, 0 to 1."""
    ours, theirs = _tokens(given, language), _tokens(gold, language)
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * sum((Counter(ours) & Counter(theirs)).values()) / (len(ours) + len(theirs))


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value over `n` questions, and the interval that 95 % of its resamples lie in."""

    value: float
    low: float
    high: float
    n: int


def figure(statistic: Callable[[Positions], float], count: int, n: int | None = None) -> Figure | None:
    """A statistic of questions (by position, of `count`) with its bootstrap interval; None where it has no value.

    `n` says over how many of them it is, where that is not all. The same questions give the same interval.
    """
    value = statistic(np.arange(count))
    if np.isnan(value):
        return None
    generator = np.random.default_rng(SEED)
    drawn = np.array([statistic(generator.integers(count, size=count)) for _ in range(RESAMPLES)])
    low, high = np.percentile(drawn[~np.isnan(drawn)], INTERVAL)
    return Figure(value, float(low), float(high), count if n is None else n)
