"""Train the gate: `make gate` writes bot/gate.json from questions with known answers, and says what it reaches.

Every question is put to its article as it is, without the sentence that answers it, without that sentence's
paragraph, and to another article. Two logistic regressions learn from the evidence: does the best sentence state the
answer, and is the question about the article at all. Figures are cross-validated: no article is judged by numbers
that have seen it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from benchmarks.development import Case, Situation, announcement_cases, cases
from bot.evidence import Evidence, evidence_for
from bot.library import Library, library_of
from bot.ranking import make_query, rank
from bot.settings import Settings
from corpus.model import Article
from corpus.reader import read_corpus
from index.encoder import Encoder, Vectors, load_encoder
from index.store import FaissStore, passages_of

Probabilities = NDArray[np.float64]

SAME = [(language, language) for language in ("en", "it", "es", "de", "zh")]
ACROSS = [("en", "it"), ("it", "en"), ("en", "es"), ("de", "en"), ("zh", "it"), ("es", "it"), ("zh", "en")]
OUTPUT = Path(__file__).parents[1] / "bot" / "gate.json"
OWN_QUESTIONS = Path(__file__).parent / "questions" / "announcement.jsonl"
OWN_WEIGHT = 8.0
"""How much one of our own questions counts: they are short, as people type them, and few beside the others."""
FALSE_ANSWERS = 0.05
OFF_TOPIC = 0.8
"""Share of the questions to another article that are told off as off topic."""


class KeptVectors:
    """An encoder that remembers: removing a sentence leaves most passages as they were."""

    def __init__(self, encoder: Encoder, path: Path | None) -> None:
        self._encoder = encoder
        self._path = path
        self._kept: dict[str, NDArray[np.float32]] = {}
        if path is not None and path.exists():
            with np.load(path) as stored:
                self._kept = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, shape (texts, dimension)."""
        return self._all("query: ", texts, self._encoder.encode_queries)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (texts, dimension)."""
        return self._all("passage: ", texts, self._encoder.encode_passages)

    def _all(self, prefix: str, texts: Sequence[str], encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
        missing = list(dict.fromkeys(text for text in texts if prefix + text not in self._kept))
        for text, vector in zip(missing, encode(missing), strict=True):
            self._kept[prefix + text] = vector
        return np.stack([self._kept[prefix + text] for text in texts])

    def save(self) -> None:
        """Keep the vectors for the next run, if a path was given."""
        if self._path is not None:
            np.savez(self._path, texts=np.array(list(self._kept)), vectors=np.stack(list(self._kept.values())))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the ranking made of a case."""

    case: Case
    evidence: Evidence
    right_first: bool
    right_among_three: bool


def _library(article: Article, vectors: KeptVectors) -> Library:
    passages = passages_of([article])
    embedded = vectors.passages([passage.text for passage in passages])
    store = FaissStore.empty(embedded.shape[1])
    store.add(passages, embedded)
    store.describe(passages)
    return library_of([article], store, "development")


def outcomes(all_cases: Sequence[Case], vectors: KeptVectors) -> list[Outcome]:
    """Put every question to its corpus through the ranking and the evidence that the bot itself uses."""
    library_for = lru_cache(maxsize=64)(lambda article: _library(article, vectors))
    found = []
    for case in tqdm(all_cases, desc="questions", disable=not sys.stderr.isatty()):
        library = library_for(case.article)
        query = make_query(case.question, case.language, vectors.queries([case.question])[0])
        candidates = rank(library, query)
        right = [candidate.sentence.id in case.right for candidate in candidates]
        found.append(Outcome(case, evidence_for(library, query, candidates), right[0], any(right[:3])))
    return found


def _model() -> "make_pipeline":
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))


def _cross_validated(
    x: NDArray[np.float64], y: NDArray[np.bool_], groups: list[str], weights: NDArray[np.float64]
) -> Probabilities:
    folds = GroupKFold(n_splits=8)
    probabilities: NDArray[np.float64] = cross_val_predict(
        _model(),
        x,
        y,
        groups=groups,
        cv=folds,
        method="predict_proba",
        params={"logisticregression__sample_weight": weights},
    )[:, 1]
    return probabilities


def _regression(x: NDArray[np.float64], y: NDArray[np.bool_], weights: NDArray[np.float64]) -> dict[str, object]:
    """Fit on everything, and fold the scaling into the weights so that the file can be read and checked by hand."""
    model = _model().fit(x, y, logisticregression__sample_weight=weights)
    scaler, regression = model[0], model[1]
    slopes = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (slopes * scaler.mean_).sum())
    names = [field.name for field in fields(Evidence)]
    return {"bias": round(bias, 4), "weights": {n: round(float(w), 4) for n, w in zip(names, slopes, strict=True)}}


def _pick(found: Sequence[Outcome], pairs: Sequence[tuple[str, str]], situation: Situation | None = None) -> list[int]:
    """Positions of the outcomes of these (question, edition) languages, in one situation or in any."""
    return [
        position
        for position, outcome in enumerate(found)
        if (outcome.case.language, outcome.case.article.original.language) in pairs
        and situation in (None, outcome.case.situation)
    ]


def report_ranking(found: Sequence[Outcome], confidence: Probabilities, relevance: Probabilities) -> None:
    """Per pair of languages: the right sentence first and among three, and how well the gate tells cases apart."""
    print(f"{'question/text':14}{'first':>7}{'top 3':>7}   AUROC: near miss, paragraph missing, other article")
    for pair in SAME + ACROSS:
        stated = _pick(found, [pair], Situation.STATED)
        first = np.mean([found[i].right_first for i in stated])
        three = np.mean([found[i].right_among_three for i in stated])
        areas = []
        for situation in (Situation.NEAR_MISS, Situation.PARAGRAPH_MISSING, Situation.OTHER_ARTICLE):
            against = _pick(found, [pair], situation)
            labels = [True] * len(stated) + [False] * len(against)
            areas.append(roc_auc_score(labels, confidence[stated + against]))
        here = _pick(found, [pair])
        topic = roc_auc_score([found[i].case.situation is not Situation.OTHER_ARTICLE for i in here], relevance[here])
        print(
            f"{'/'.join(pair):14}{100 * first:7.1f}{100 * three:7.1f}   "
            f"{' '.join(f'{area:.3f}' for area in areas)}   about the article: {topic:.3f}"
        )


def report_answers(title: str, found: Sequence[Outcome], confidence: Probabilities, threshold: float) -> None:
    """How often each situation is answered at a threshold, and how often rightly."""
    print(title)
    for situation in Situation:
        here = [(o, c >= threshold) for o, c in zip(found, confidence, strict=True) if o.case.situation is situation]
        if not here:
            continue
        answered = 100 * np.mean([given for _, given in here])
        line = f"  {situation:20}{len(here):6} questions, answered {answered:5.1f} %"
        if situation is Situation.STATED:
            line += f", rightly {100 * np.mean([given and o.right_first for o, given in here]):5.1f} %"
        print(line)


def thresholds(found: Sequence[Outcome], confidence: Probabilities, relevance: Probabilities) -> dict[str, float]:
    """Answer from where at most 5 % of the unanswerable (paragraph missing, one language) would be answered."""
    unanswerable = confidence[_pick(found, SAME, Situation.PARAGRAPH_MISSING)]
    elsewhere = relevance[_pick(found, SAME, Situation.OTHER_ARTICLE)]
    return {
        "answer": round(float(np.quantile(unanswerable, 1 - FALSE_ANSWERS)), 3),
        "topic": round(float(np.quantile(elsewhere, OFF_TOPIC)), 3),
    }


def main() -> None:
    """Train, report, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--qa", type=Path, required=True, help="questions with known answers, such as qa_dev.json")
    parser.add_argument("--cache", type=Path, help="keep the embeddings in this .npz file between runs")
    parser.add_argument("--dry-run", action="store_true", help="report only, do not write bot/gate.json")
    options = parser.parse_args()
    encoder = load_encoder()
    vectors = KeptVectors(encoder, options.cache)
    found = outcomes(list(cases(options.qa, SAME + ACROSS)), vectors)
    shipped = read_corpus([Settings().shipped_articles])[0]
    own = outcomes(list(announcement_cases(OWN_QUESTIONS, shipped)), vectors)
    vectors.save()
    weights = np.array([1.0] * len(found) + [OWN_WEIGHT] * len(own))
    everything = found + own
    x = np.array([list(asdict(outcome.evidence).values()) for outcome in everything])
    states = np.array([outcome.right_first for outcome in everything])
    concerns = np.array([outcome.case.situation is not Situation.OTHER_ARTICLE for outcome in everything])
    groups = [outcome.case.group for outcome in everything]
    confidence = _cross_validated(x, states, groups, weights)
    relevance = _cross_validated(x, concerns, groups, weights)
    count = len(found)
    report_ranking(found, confidence[:count], relevance[:count])
    chosen = thresholds(found, confidence[:count], relevance[:count])
    same, across = _pick(found, SAME), _pick(found, ACROSS)
    for title, positions in (("one language:", same), ("across languages:", across)):
        report_answers(title, [found[i] for i in positions], confidence[positions], chosen["answer"])
    report_answers("the announcement's own questions:", own, confidence[count:], chosen["answer"])
    record = {
        "version": 1,
        "command": f"python -m benchmarks.gate --qa {options.qa.name}",
        "encoder": encoder.name,
        "questions": len(everything),
        "thresholds": chosen,
        "states": _regression(x, states, weights),
        "concerns": _regression(x, concerns, weights),
    }
    if not options.dry_run:
        OUTPUT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        print(f"written: {OUTPUT.name}, thresholds {chosen}")


if __name__ == "__main__":
    main()
