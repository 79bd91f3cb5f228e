"""Trials of one pair of languages -> its figures, as the record that `annuncio eval --json` prints."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from bot.answers.answering import Answer
from bot.answers.asking import Asked, what_is_asked
from bot.evaluation import measures
from bot.evaluation.baseline import BaselineTrial
from bot.evaluation.cases import Pair, Situation
from bot.evaluation.measures import Bools, Figure, Floats, Positions, figure
from bot.evaluation.trials import Trial

UNANSWERABLE = (Situation.OTHER_ARTICLE, Situation.PARAGRAPH_MISSING, Situation.NEAR_MISS)
FALSE_RATES = (0.05, 0.10)
VALUES = (Asked.WHEN, Asked.HOW_MANY, Asked.HOW_LONG, Asked.PRICE, Asked.WHO)
"""The kinds of question whose answer has a form of its own."""
POINTS = 100
"""Points of a risk-coverage curve that are kept for its drawing."""

Record = dict[str, Any]
"""JSON: texts, numbers, lists and objects."""


@dataclass(frozen=True, slots=True)
class PairTrials:
    """All that was asked for one pair; each sequence has the same questions in the same order, or none."""

    pair: Pair
    stated: Sequence[Trial]
    unanswerable: Mapping[Situation, Sequence[Trial]]
    together: Sequence[Trial]
    """The same questions, to all articles at once."""
    baseline: Sequence[BaselineTrial]


def as_record(found: Figure | None) -> Record | None:
    if found is None:
        return None
    return {"value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4), "n": found.n}


def share(values: Sequence[bool] | Bools) -> Record | None:
    true = np.asarray(values, dtype=float)
    return as_record(figure(lambda at: float(true[at].mean()), true.size))


def _mean(values: Sequence[float | None]) -> Record | None:
    there = np.array([np.nan if value is None else value for value in values], dtype=float)
    return as_record(figure(lambda at: measures.mean(there[at]), there.size, int((~np.isnan(there)).sum())))


def _ids(trial: Trial) -> list[str]:
    return [proof.id for proof in trial.outcome.evidence]


def _first(trials: Sequence[Trial]) -> Bools:
    return np.array([bool(trial.case.right.intersection(_ids(trial)[:1])) for trial in trials])


def _among_three(trials: Sequence[Trial]) -> Bools:
    return np.array([bool(trial.case.right.intersection(_ids(trial)[:3])) for trial in trials])


def _holds_gold(trial: Trial, shown: int) -> bool:
    gold = " ".join(trial.case.gold.split())
    return any(gold in " ".join(proof.text.split()) for proof in trial.outcome.evidence[:shown])


def _answered(trials: Sequence[Trial]) -> Bools:
    return np.array([isinstance(trial.outcome, Answer) for trial in trials])


def _confidence(trials: Sequence[Trial]) -> Floats:
    return np.array([trial.outcome.confidence for trial in trials])


def _seconds(trials: Sequence[Trial]) -> Record:
    times = [trial.seconds for trial in trials]
    return {"median": round(float(np.median(times)), 4), "p95": round(float(np.percentile(times, 95)), 4)}


def _headlines(trials: Sequence[Trial]) -> Record:
    """Of all questions, and of each kind that has some: how often a headline is given, and how near the gold it is."""
    kinds = [what_is_asked(trial.case.question, trial.case.language) for trial in trials]
    record = {"all": _headline(trials)}
    for kind in VALUES:
        asked = [trial for trial, its in zip(trials, kinds, strict=True) if its is kind]
        if asked:
            record[str(kind)] = _headline(asked)
    return record


def _headline(trials: Sequence[Trial]) -> Record:
    exact: list[float | None] = []
    held: list[float | None] = []
    f1: list[float | None] = []
    for trial in trials:
        outcome = trial.outcome
        given = outcome.headline if isinstance(outcome, Answer) else None
        language = outcome.evidence[0].language if outcome.evidence else trial.case.language
        gold = trial.case.gold
        exact.append(None if given is None else float(measures.exact_match(given, gold, language)))
        held.append(None if given is None else float(measures.holds(given, gold, language)))
        f1.append(None if given is None else measures.token_f1(given, gold, language))
    given_any = share([value is not None for value in f1])
    return {"given": given_any, "exact": _mean(exact), "held": _mean(held), "f1": _mean(f1)}


def _against(stated: Floats, first: Bools, absent: Floats) -> Record:
    """How well a confidence (or a cosine) tells questions that are answered from such as are not."""

    def rightly(rate: float, at: Positions) -> float:
        return float(((stated[at] >= measures.threshold_for(absent[at], rate)) & first[at]).mean())

    def area(at: Positions) -> float:
        wrong = np.concatenate([~first[at], np.ones(at.size, dtype=bool)])
        return measures.aurc(np.concatenate([stated[at], absent[at]]), wrong)

    def answered(rate: float, at: Positions) -> float:
        return measures.answered_at(stated[at], absent[at], rate)

    count = stated.size
    return {
        "auroc": as_record(figure(lambda at: measures.auroc(stated[at], absent[at]), count)),
        "aurc": as_record(figure(area, count)),
        "answered_at": {str(rate): as_record(figure(partial(answered, rate), count)) for rate in FALSE_RATES},
        "rightly_at": {str(rate): as_record(figure(partial(rightly, rate), count)) for rate in FALSE_RATES},
        "curve": _curve(np.concatenate([stated, absent]), np.concatenate([~first, np.ones(absent.size, dtype=bool)])),
    }


def _curve(confidence: Floats, wrong: Bools) -> list[list[float]]:
    """Points (coverage, risk) of the curve."""
    risks = measures.risks(confidence, wrong)
    places = np.unique(np.linspace(1, risks.size, min(POINTS, risks.size)).round().astype(int))
    return [[round(float(k / risks.size), 4), round(float(risks[k - 1]), 4)] for k in places]


def _calibration(trials: PairTrials, first: Bools) -> Record:
    """Confidence against "the first sentence states the answer", where the question is about the article."""
    about = [trials.unanswerable[kind] for kind in (Situation.PARAGRAPH_MISSING, Situation.NEAR_MISS)]
    confidence = np.stack([_confidence(trials.stated), *(_confidence(absent) for absent in about)])
    true = np.stack([first, *(np.zeros(first.size, dtype=bool) for _ in about)])
    error = figure(lambda at: measures.calibration_error(confidence[:, at].ravel(), true[:, at].ravel()), first.size)
    bins = measures.calibration_bins(confidence.ravel(), true.ravel())
    return {
        "error": as_record(error),
        "bins": [{name: round(value, 4) for name, value in asdict(one).items()} for one in bins],
    }


def _baseline(trials: Sequence[BaselineTrial]) -> Record:
    first = np.array([trial.first for trial in trials])
    stated = np.array([trial.stated for trial in trials])
    record: Record = {"first": share(first), "three": share([trial.three for trial in trials])}
    record["against"] = {
        str(Situation.PARAGRAPH_MISSING): _against(stated, first, np.array([trial.missing for trial in trials]))
    }
    others = [trial.other for trial in trials if trial.other is not None]
    if others:
        record["against"][str(Situation.OTHER_ARTICLE)] = _against(stated, first, np.array(others))
    return record


def pair_record(trials: PairTrials) -> Record:
    """All figures of a pair: shares, areas and errors from 0 to 1, each with its n and interval; times in seconds."""
    stated, together = trials.stated, trials.together
    first, confidence = _first(stated), _confidence(stated)
    absent = {str(kind): found for kind in UNANSWERABLE if (found := trials.unanswerable.get(kind))}
    return {
        "question": trials.pair[0],
        "edition": trials.pair[1],
        "n": len(stated),
        "sentences": float(np.median([len(trial.case.article.original.sentences) for trial in stated])),
        "first": share(first),
        "three": share(_among_three(stated)),
        "gold_in_first": share([_holds_gold(trial, 1) for trial in stated]),
        "gold_in_three": share([_holds_gold(trial, 3) for trial in stated]),
        "headline": _headlines(stated),
        "against": {kind: _against(confidence, first, _confidence(found)) for kind, found in absent.items()},
        "shipped": {
            "answered": share(_answered(stated)),
            "rightly": share(_answered(stated) & first),
            "false": {kind: share(_answered(found)) for kind, found in absent.items()},
        },
        "calibration": _calibration(trials, first),
        "language": share([trial.outcome.language == trial.case.language for trial in stated]),
        "seconds": _seconds(stated),
        "together": {
            "first": share(_first(together)),
            "three": share(_among_three(together)),
            "answered": share(_answered(together)),
            "rightly": share(_answered(together) & _first(together)),
            "seconds": _seconds(together),
        },
        "baseline": _baseline(trials.baseline),
    }
