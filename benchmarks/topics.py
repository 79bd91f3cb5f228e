"""How well topics in plain words find their articles: `python -m benchmarks.topics`.

Each topic of questions/topics.jsonl is put to its article and to some others that it has nothing to do with. Printed
are the figures from which BELONGS and NEAR in bot/news/matching.py were chosen.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from benchmarks.development import INVENTED, invented_article
from bot.answers.library import Library, throwaway_library
from bot.answers.opening import answerer_over
from bot.news.matching import BELONGS, NEAR, Matcher
from bot.settings import Settings
from corpus.model import Article
from index.encoder import load_encoder

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


def main() -> None:
    """Put every topic to its articles, and print what each figure tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-v", "--wrong", action="store_true", help="list what the thresholds get wrong")
    options = parser.parse_args()
    encoder = load_encoder()
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
