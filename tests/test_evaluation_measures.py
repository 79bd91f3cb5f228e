"""The measures, each against an example that is worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from bot.evaluation.measures import (
    Bin,
    Figure,
    answered_at,
    aurc,
    auroc,
    calibration_bins,
    calibration_error,
    exact_match,
    figure,
    holds,
    mean,
    normalise,
    risks,
    threshold_for,
    token_f1,
)


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """An array, as the measures take them."""
    return np.array(values, dtype=float)


def test_auroc() -> None:
    """Of 2 x 3 pairs the positive is above in 4 and equal in 1: 4.5 of 6."""
    assert auroc(floats(0.9, 0.4), floats(0.1, 0.4, 0.6)) == pytest.approx(4.5 / 6)
    assert auroc(floats(0.9), floats(0.1)) == 1
    assert auroc(floats(0.1), floats(0.9)) == 0
    assert np.isnan(auroc(floats(), floats(0.9)))


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
)
def test_auroc_agrees_with_another(positive: list[int], negative: list[int]) -> None:
    """It is what scikit-learn computes, whatever the ties."""
    labels = [True] * len(positive) + [False] * len(negative)
    assert auroc(floats(*positive), floats(*negative)) == pytest.approx(roc_auc_score(labels, positive + negative))


def test_risks_and_their_area() -> None:
    """Surest first: right, wrong, right: risks 0, 1/2 and 1/3, and their mean is the area."""
    confidence, wrong = floats(0.2, 0.9, 0.5), np.array([False, False, True])
    assert risks(confidence, wrong).tolist() == pytest.approx([0, 1 / 2, 1 / 3])
    assert aurc(confidence, wrong) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert np.isnan(aurc(floats(), np.array([], dtype=bool)))


def test_equally_sure_cases_count_as_their_mean() -> None:
    """Where two are equally sure and one is wrong, it makes no difference which stands first."""
    for wrong in ([True, False, False], [False, True, False]):
        assert risks(floats(0.5, 0.5, 0.1), np.array(wrong)).tolist() == pytest.approx([1 / 2, 1 / 2, 1 / 3])


def test_the_threshold_that_lets_a_share_through() -> None:
    """Of ten negatives at most one may reach the threshold for 10 %, and none that for 5 %."""
    negative = floats(*(n / 10 for n in range(10)))
    assert (negative >= threshold_for(negative, 0.10)).sum() == 1
    assert (negative >= threshold_for(negative, 0.05)).sum() == 0
    assert threshold_for(floats(0.3), 1.0) == float("-inf")
    assert (floats(0.4, 0.4) >= threshold_for(floats(0.4, 0.4), 0.5)).sum() == 0


def test_answered_at_a_rate_of_false_answers() -> None:
    """Two of four positives are above the second highest of ten negatives, one above the highest."""
    positive, negative = floats(0.95, 0.85, 0.80, 0.1), floats(*(n / 10 for n in range(10)))
    assert answered_at(positive, negative, 0.10) == 0.5
    assert answered_at(positive, negative, 0.05) == 0.25
    assert np.isnan(answered_at(positive, floats(), 0.05))


def test_calibration() -> None:
    """Two bins of two: sure of .1 and never true, sure of .8 and half true: the error is (.1 + .3) / 2."""
    confidence, true = floats(0.7, 0.0, 0.9, 0.2), np.array([False, False, True, False])
    unsure, sure = calibration_bins(confidence, true, 2)
    assert unsure == Bin(2, unsure.confidence, 0.0)
    assert sure == Bin(2, sure.confidence, 0.5)
    assert (unsure.confidence, sure.confidence) == pytest.approx((0.1, 0.8))
    assert calibration_error(confidence, true, 2) == pytest.approx(0.2)
    assert calibration_error(confidence, true, 10) == pytest.approx((0.0 + 0.2 + 0.7 + 0.1) / 4)
    assert np.isnan(calibration_error(floats(), np.array([], dtype=bool)))


@pytest.mark.parametrize(
    ("text", "language", "normal"),
    [
        ("The  10,000 Stores!", "en", "10000 stores"),
        ("L'auto è “rossa”.", "it", "auto è rossa"),
        ("l’automne", "fr", "automne"),
        ("¿El Ávila?", "es", "ávila"),
        ("Die Autos", "de", "autos"),
        ("the", "zh", "the"),
    ],
)
def test_normalising(text: str, language: str, normal: str) -> None:
    """Case, punctuation of any script and the language's articles are no difference."""
    assert normalise(text, language) == normal


def test_exact_match() -> None:
    """The same but for what is normalised away; in Chinese the spaces, too."""
    assert exact_match("the 24 September", "24 September.", "en")
    assert not exact_match("24 September 2025", "24 September", "en")
    assert exact_match("30 万", "30万", "zh")


@pytest.mark.parametrize(
    ("given", "gold", "language", "expected"),
    [
        ("from 2027", "2027", "en", True),
        ("12", "12 million people", "en", True),
        ("Xu Fei", "the Xu Fei", "en", True),
        ("30万辆", "30 万", "zh", True),
        ("in 2027", "2026", "en", False),
        ("20", "2027", "en", False),
        ("more 2027", "2027 or more", "en", False),
        ("the", "2027", "en", False),
    ],
)
def test_holds(given: str, gold: str, language: str, expected: bool) -> None:
    """A headline with its qualifier is right, and so is the value without its unit; parts of words are not."""
    assert holds(given, gold, language) is expected


def test_token_f1() -> None:
    """Two of three words in common with two: 2 * 2 / 5; in Chinese characters count."""
    assert token_f1("24 September 2025", "24 September", "en") == pytest.approx(4 / 5)
    assert token_f1("2027年", "2027", "zh") == pytest.approx(8 / 9)
    assert token_f1("Anna", "Bruno", "en") == 0
    assert token_f1("the", "...", "en") == 1
    assert token_f1("the", "Anna", "en") == 0


def test_the_mean_leaves_out_what_is_missing() -> None:
    """NaN stands for no value."""
    assert mean(floats(1, np.nan, 2)) == 1.5
    assert np.isnan(mean(floats(np.nan)))


def test_a_figure_has_an_interval() -> None:
    """Of 100 questions, half right: about .4 to .6 (two standard errors of .05), the same each time."""
    right = floats(*([1.0, 0.0] * 50))
    found = figure(lambda at: float(right[at].mean()), 100)
    assert found is not None
    assert (found.value, found.n) == (0.5, 100)
    assert found.low == pytest.approx(0.4, abs=0.02)
    assert found.high == pytest.approx(0.6, abs=0.02)
    assert figure(lambda at: float(right[at].mean()), 100) == found


def test_a_figure_without_spread() -> None:
    """What is the same for every question is certain; what has no value is no figure."""
    assert figure(lambda _: 1.0, 7, 3) == Figure(1.0, 1.0, 1.0, 3)
    assert figure(lambda _: float("nan"), 7) is None


def test_resamples_without_a_value_are_left_out() -> None:
    """Where a draw holds none of the few that count, the others make the interval."""
    few = floats(1.0, np.nan, np.nan)
    assert figure(lambda at: mean(few[at]), 3, 1) == Figure(1.0, 1.0, 1.0, 1)
