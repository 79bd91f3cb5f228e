"""How well topics in plain words find their articles: `python -m benchmarks.topics`.

Each topic of questions/topics.jsonl is put to its article and to some others that it has nothing to do with. Printed
are the figures from which BELONGS and NEAR in bot/news/matching.py were chosen. With `--crowd 20000` it is measured
instead what an article costs where so many topics and so many questions wait for one, and how near the questions come
that it answers (ASKED_NEAR): from a sample of the invented questions.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks.development import INVENTED, invented_article
from bot.answers.library import Library, throwaway_library
from bot.answers.opening import answerer_over
from bot.news.matching import ASKED_NEAR, BELONGS, NEAR, Matcher
from bot.settings import Settings
from corpus.model import Article
from index.encoder import Encoder, load_encoder

TOPICS = Path(__file__).parent / "questions" / "topics.jsonl"
OTHERS = 1
"""Other articles that each topic is also put to: they are about something else."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A topic, an article, and whether a person would want to hear of it."""

    words: str
    language: str
    article: Article
    belongs: bool


def trials(path: Path = TOPICS) -> Iterator[Trial]:
    """Every topic with its article and with OTHERS more."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    articles = [invented_article(INVENTED / r["article"]["file"], r["article"]["line"]) for r in records]
    wanted = {(topic["words"], n) for n, r in enumerate(records) for topic in r["topics"] if topic["belongs"]}
    for number, record in enumerate(records):
        for topic in record["topics"]:
            yield Trial(topic["words"], topic["lang"], articles[number], topic["belongs"])
            for step in range(1, OTHERS + 1):
                other = (number + 5 * step) % len(records)
                if topic["belongs"] and (topic["words"], other) not in wanted:
                    yield Trial(topic["words"], topic["lang"], articles[other], False)


def report(name: str, scores: Sequence[float], labels: Sequence[bool]) -> None:
    """How far a score tells the two apart, and what each threshold would let through."""
    found = np.array(scores)
    wanted = np.array(labels)
    print(f"{name}: AUROC {roc_auc_score(wanted, found):.3f}")
    for share in (0.5, 0.7, 0.8, 0.9, 0.95, 1.0):
        threshold = float(np.quantile(found[wanted], 1 - share))
        wrong = float((found[~wanted] >= threshold).mean())
        print(f"  from {threshold:.4f} on: {100 * share:3.0f} % of what belongs, {100 * wrong:4.1f} % of what does not")


def crowd(many: int, encoder: Encoder, sample: int = 24) -> None:
    """Print what finding those who wait for an article costs, from the questions of so many invented articles."""
    places = [(path, line) for path in sorted(INVENTED.glob("*.jsonl")) for line in range(len(_lines(path)))]
    chosen = places[:: len(places) // sample]
    articles = [invented_article(path, line) for path, line in chosen]
    asked = [
        (number, question["q"])
        for number, (path, line) in enumerate(chosen)
        for question in [q for q in json.loads(_lines(path)[line])["questions"] if q["s"]][:4]
    ]
    passages = [
        encoder.encode_passages([sentence.text for sentence in article.original.sentences]) for article in articles
    ]
    begun = time.process_time()
    vectors = encoder.encode_queries([question for _, question in asked])
    print(f"embedding {many} phrases, once: {(time.process_time() - begun) / len(asked) * many:.0f} s")
    nearest = np.array([(vectors @ sentences.T).max(axis=1) for sentences in passages]).T
    own = np.zeros(nearest.shape, dtype=bool)
    own[np.arange(len(asked)), [number for number, _ in asked]] = True
    for floor in (ASKED_NEAR, 0.76, 0.78, NEAR, 0.82, 0.84):
        kept, others = (nearest[own] >= floor).mean(), (nearest[~own] >= floor).mean()
        print(f"  from {floor} on: {100 * kept:.1f} % of what is answered, {100 * others:.1f} % of all others")
    print(f"  what is answered lies at {nearest[own].min():.3f} at least")
    waiting = np.resize(vectors, (many, vectors.shape[1]))
    begun = time.process_time()
    (waiting @ passages[0].T).max(axis=1)
    print(f"laying {many} phrases beside {len(passages[0])} sentences: {time.process_time() - begun:.3f} s")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def main() -> None:
    """Put every topic to its articles, and print what each figure tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-v", "--wrong", action="store_true", help="list what the thresholds get wrong")
    parser.add_argument("--crowd", type=int, metavar="N", help="measure the cost of N topics or questions instead")
    options = parser.parse_args()
    encoder = load_encoder()
    if options.crowd:
        crowd(options.crowd, encoder)
        return
    libraries: dict[str, Library] = {}
    current: list[Library] = []
    answerer = answerer_over(Settings(), encoder, lambda: current[0])
    matcher = Matcher(encoder, answerer)
    every = list(trials())
    figures: dict[str, list[float]] = {"nearest": [], "states": [], "concerns": [], "read": []}
    for trial in tqdm(every, disable=not sys.stderr.isatty()):
        article = trial.article
        if article.slug not in libraries:
            libraries[article.slug] = throwaway_library([article], encoder)
        library = libraries[article.slug]
        query = matcher.query(trial.words, trial.language)
        weighed = answerer.weigh(library, query, [article])
        assert weighed is not None
        candidates, verdict = weighed
        figures["nearest"].append(matcher.nearest(library, article, query))
        figures["states"].append(verdict.confidence)
        figures["concerns"].append(verdict.relevance)
        figures["read"].append(max(c.read.states for c in candidates if c.read is not None))
    labels = [trial.belongs for trial in every]
    print(f"{sum(labels)} that belong, {len(labels) - sum(labels)} that do not; BELONGS {BELONGS}, NEAR {NEAR}")
    for name, scores in figures.items():
        report(name, scores, labels)
    if options.wrong:
        for n, trial in enumerate(every):
            row = " ".join(f"{name} {scores[n]:.3f}" for name, scores in figures.items())
            print(f"{'+' if trial.belongs else '-'} {row} {trial.words} | {trial.article.original.title}")


if __name__ == "__main__":
    main()
