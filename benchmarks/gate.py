"""Train the gate: `make gate` writes bot/answers/gate.json from questions with known answers, and says what it reaches.

Every question is put to its article as it is, without the sentence that answers it, without that sentence's
paragraph, and to another article. Two logistic regressions learn from the evidence: does the best sentence state the
answer, and is the question about the article at all. Figures are cross-validated: no article is judged by numbers
that have seen it.

There are two gates, for evidence with and without what the reader says; `--reader` trains the first. The reader has
learnt from most of these articles, and would seem better on them than it is: its gate is trained on those that
`benchmarks.reader.train --hold-out` kept from it.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from benchmarks.development import CONFUSABLE, INVENTED, PLAIN, RIVALS, announcement_cases, invented_cases
from benchmarks.reader.texts import OWN_KEPT, kept_apart
from bot.answers.evidence import WITH_READER, WITHOUT_READER, Evidence, capped, evidence_for
from bot.answers.library import throwaway_library
from bot.answers.ranking import make_query, rank, reread
from bot.answers.reader import OnnxReader, Reader
from bot.evaluation.cases import Case, Situation, cases
from bot.evaluation.questions import read_questions
from bot.evaluation.remembering import RememberingEncoder
from bot.settings import Settings
from corpus.reader import read_corpus
from index.encoder import load_encoder

Probabilities = NDArray[np.float64]

SAME = [(language, language) for language in ("en", "it", "es", "de", "zh")]
ACROSS = [("en", "it"), ("it", "en"), ("en", "es"), ("de", "en"), ("zh", "it"), ("es", "it"), ("zh", "en")]
OUTPUT = Path(__file__).parents[1] / "bot" / "answers" / "gate.json"
OWN_QUESTIONS = Path(__file__).parent / "questions" / "announcement.jsonl"
OWN_WEIGHT = 8.0
"""How much a question about the announcement counts: they are short, as people type them, and few beside the others."""
OWN_FOLDERS = (INVENTED, CONFUSABLE, PLAIN, RIVALS)
INVENTED_WEIGHT = 2.0
FALSE_ANSWERS = 0.05
OFF_TOPIC = 0.8
"""Share of the questions to another article that are told off as off topic."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the ranking made of a case."""

    case: Case
    evidence: Evidence
    right_first: bool
    right_among_three: bool


def outcomes(all_cases: Iterable[Case], encoder: RememberingEncoder, reader: Reader | None) -> list[Outcome]:
    """Put every question to its corpus through the ranking and the evidence that the bot itself uses."""
    library_for = lru_cache(maxsize=64)(lambda article: throwaway_library([article], encoder))
    found = []
    for case in tqdm(list(all_cases), desc="questions", disable=not sys.stderr.isatty()):
        library = library_for(case.article)
        query = make_query(case.question, case.language, encoder.encode_queries([case.question])[0])
        candidates = rank(library, query)
        if reader is not None:
            candidates = reread(reader, query, candidates)
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


def _regression(
    names: Sequence[str], x: NDArray[np.float64], y: NDArray[np.bool_], weights: NDArray[np.float64]
) -> dict[str, object]:
    """Fit on everything, and fold the scaling into the weights so that the file can be read and checked by hand."""
    model = _model().fit(x, y, logisticregression__sample_weight=weights)
    scaler, regression = model[0], model[1]
    slopes = regression.coef_[0] / scaler.scale_
    bias = float(regression.intercept_[0] - (slopes * scaler.mean_).sum())
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
        if not stated:
            continue
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


def _answered_from(unanswerable: Sequence[Probabilities]) -> float:
    """The confidence that 5 % of the unanswerable reach, each kind as weighty as the others."""
    shares = np.concatenate([np.full(values.size, 1 / values.size) for values in unanswerable])
    values = np.concatenate(list(unanswerable))
    return float(np.quantile(values, 1 - FALSE_ANSWERS, weights=shares, method="inverted_cdf"))


def thresholds(found: Sequence[Outcome], confidence: Probabilities, relevance: Probabilities) -> dict[str, float]:
    """Answer from where 5 % of the unanswerable would be answered: of public ones (paragraph missing, one language), or
    of those and our own about the announcement (not stated) counted alike, whichever answers more.

    Without the reader few of our own are told apart; to go by them would refuse what most people ask.
    """
    public = [i for i, outcome in enumerate(found) if _weight(outcome.case) == 1.0]
    asked = [found[i] for i in public]
    known = confidence[[public[i] for i in _pick(asked, SAME, Situation.PARAGRAPH_MISSING)]]
    own = [i for i, o in enumerate(found) if _weight(o.case) == OWN_WEIGHT and o.case.situation is Situation.NOT_STATED]
    answer = min(_answered_from([known]), _answered_from([known, confidence[own]]))
    elsewhere = relevance[[public[i] for i in _pick(asked, SAME, Situation.OTHER_ARTICLE)]]
    return {"answer": round(answer, 3), "topic": round(float(np.quantile(elsewhere, OFF_TOPIC)), 3)}


def _weight(case: Case) -> float:
    if case.group.startswith("announcement "):
        return OWN_WEIGHT
    return INVENTED_WEIGHT if case.group.partition(" ")[0] in {folder.name for folder in OWN_FOLDERS} else 1.0


def train(found: Sequence[Outcome]) -> dict[str, Any]:
    """Fit both regressions on everything and report what they reach, cross-validated. Gives the gate's record."""
    weights = np.array([_weight(outcome.case) for outcome in found])
    names = list(found[0].evidence.features)
    x = np.array([list(outcome.evidence.features.values()) for outcome in found])
    states = np.array([outcome.right_first for outcome in found])
    concerns = np.array([outcome.case.situation is not Situation.OTHER_ARTICLE for outcome in found])
    groups = [outcome.case.group for outcome in found]
    weighed = _cross_validated(x, states, groups, weights)
    confidence = np.array([capped(c, outcome.evidence) for c, outcome in zip(weighed, found, strict=True)])
    plain_names = list(found[0].evidence.without_reader)
    plain = np.array([list(outcome.evidence.without_reader.values()) for outcome in found])
    relevance = _cross_validated(plain, concerns, groups, weights)
    public = [i for i, outcome in enumerate(found) if _weight(outcome.case) == 1.0]
    asked = [found[i] for i in public]
    report_ranking(asked, confidence[public], relevance[public])
    chosen = thresholds(found, confidence, relevance)
    parts = {
        "public questions, one language:": [public[i] for i in _pick(asked, SAME)],
        "public questions, across languages:": [public[i] for i in _pick(asked, ACROSS)],
        "our own, invented announcements:": [i for i, o in enumerate(found) if _weight(o.case) == INVENTED_WEIGHT],
        "our own, the announcement:": [i for i, o in enumerate(found) if _weight(o.case) == OWN_WEIGHT],
    }
    for title, positions in parts.items():
        report_answers(title, [found[i] for i in positions], confidence[positions], chosen["answer"])
    return {
        "questions": len(found),
        "thresholds": chosen,
        "states": _regression(names, x, states, weights),
        "concerns": _regression(plain_names, plain, concerns, weights),
    }


def thinned(found: Iterable[Case], every: int) -> Iterator[Case]:
    """Each `every`-th question of a pair of languages, in all its situations."""
    numbers: dict[tuple[str, str, str], int] = {}
    for case in found:
        key = case.language, case.article.original.language, case.id
        if numbers.setdefault(key, len(numbers)) % every == 0:
            yield case


def invented(every: int, first: int = 0) -> Iterator[Case]:
    """Questions about our own announcements: of each file the `first` and each `every`-th after it."""
    for folder in OWN_FOLDERS:
        yield from invented_cases(folder, every, first)


def main() -> None:
    """Train, report, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--qa", type=Path, required=True, help="questions with known answers, such as qa_dev.json")
    parser.add_argument("--reader", type=Path, help="train the gate for this reader (.onnx), else the one without any")
    parser.add_argument("--hold-out", type=int, default=3, help="as it was given to the reader's training")
    parser.add_argument("--every", type=int, default=1, help="put only each n-th public question, to be done sooner")
    parser.add_argument("--cache", type=Path, help="keep the embeddings in this .npz file between runs")
    parser.add_argument("--dry-run", action="store_true", help="report only, do not write bot/answers/gate.json")
    options = parser.parse_args()
    encoder = RememberingEncoder(load_encoder())
    if options.cache is not None:
        encoder.load(options.cache)
    sources = read_questions(options.qa)
    kept = kept_apart([source.title for source in sources], options.hold_out)
    unseen = [source for source in sources if source.title in kept]
    shipped = read_corpus([Settings().shipped_articles])[0]
    own = list(announcement_cases(OWN_QUESTIONS, shipped))
    name = WITHOUT_READER if options.reader is None else WITH_READER
    if options.reader is None:
        every = [*thinned(cases(sources, SAME + ACROSS), options.every), *invented(OWN_KEPT), *own]
        gate = train(outcomes(every, encoder, None))
    else:
        fresh = invented(OWN_KEPT * options.hold_out, first=1)
        few = [*thinned(cases(unseen, [*SAME, ACROSS[0]]), options.every), *fresh, *own]
        gate = train(outcomes(few, encoder, OnnxReader(options.reader)))
    if options.cache is not None:
        encoder.save(options.cache)
    if options.dry_run:
        return
    command = f"python -m benchmarks.gate --qa {options.qa.name}"
    command += f" --reader {options.reader.name}" if options.reader else ""
    command += f" --every {options.every}" if options.every > 1 else ""
    gate = {"command": command, **gate}
    gates = json.loads(OUTPUT.read_text(encoding="utf-8"))["gates"] if OUTPUT.exists() else {}
    if options.reader is not None and WITHOUT_READER in gates:  # what a question is about, the reader is not asked
        without = gates[WITHOUT_READER]
        gate["concerns"] = without["concerns"]
        gate["thresholds"]["topic"] = without["thresholds"]["topic"]
    record = {"version": 2, "encoder": encoder.name, "gates": {**gates, name: gate}}
    OUTPUT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written: {OUTPUT.name}, {name}")


if __name__ == "__main__":
    main()
