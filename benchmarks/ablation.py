"""What each sign of the ranking is worth: how often the right sentence comes first with it left out.

python -m benchmarks.ablation --qa FILE [--sample 40] [--cache FILE.npz] [--report docs/evaluation]

All variants rank the same questions in one run, those of FILE (articles in one language, so that there is no other
edition to hear) and our own about the announcement, with all its editions. Each sign is left out beside the reader, and
without it, where the signs choose alone. BM25 (the library bm25s, on the same terms) also stands in for our share of
rare words.
"""

import argparse
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import bm25s
import numpy as np
from tqdm import tqdm

from benchmarks.development import announcement_cases
from bot.answers.library import Library, throwaway_library
from bot.answers.opening import load_encoder_for
from bot.answers.ranking import WEIGHTS, Candidate, Query, Weights, make_query, rank, reread
from bot.answers.reader import Read, Reader, packaged_reader
from bot.answers.wording import terms
from bot.evaluation.cases import Case, Situation, cases
from bot.evaluation.command import DEFAULT_PAIRS, machine
from bot.evaluation.measures import SEED
from bot.evaluation.questions import read_questions
from bot.evaluation.remembering import RememberingEncoder
from bot.evaluation.scores import share
from bot.evaluation.tables import percent, table
from bot.settings import Settings
from corpus.model import Article
from corpus.reader import read_corpus

OWN_QUESTIONS = Path(__file__).parent / "questions" / "announcement.jsonl"
FILE = "ranking.md"
SATURATION = 1.5
"""BM25's k1: a term that stands once in a sentence of mean length counts 1 / (1 + k1) of its rarity."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to rank."""

    name: str
    weights: Weights
    bm25: bool = False


SIGNS = {
    "words in common": replace(WEIGHTS, coverage=0),
    "the paragraph": replace(WEIGHTS, paragraph=0),
    "the kind of value": replace(WEIGHTS, value=0),
    "other editions": replace(WEIGHTS, other_editions=0),
}
VARIANTS = (
    Variant("as it ships", WEIGHTS),
    *(Variant(f"without {name}", weights) for name, weights in SIGNS.items()),
    Variant("BM25 for words in common", SIGNS["words in common"], bm25=True),
    Variant("without the reader", replace(WEIGHTS, reader=0)),
    *(Variant(f"without the reader and {name}", replace(weights, reader=0)) for name, weights in SIGNS.items()),
    Variant("BM25 for words in common, without the reader", replace(SIGNS["words in common"], reader=0), bm25=True),
    Variant("cosine alone", Weights(other_editions=0, paragraph=0, coverage=0, value=0, reader=0)),
)


class RememberingReader:
    """A Reader over another one: the same sentences are read once, whichever variant asks."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._question = ""
        self._kept: dict[tuple[str, int], Mapping[int, Read]] = {}

    def read(self, question: str, title: str, sentences: Sequence[str], centre: int) -> Mapping[int, Read]:
        """See Reader."""
        if question != self._question:
            self._question, self._kept = question, {}
        key = title, centre
        if key not in self._kept:
            self._kept[key] = self._reader.read(question, title, sentences, centre)
        return self._kept[key]


def with_bm25(library: Library, query: Query, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with BM25 added to their scores, on the scale of the share that it stands in for: a sentence of
    mean length that has each of the question's terms once gets 1."""
    by_edition: dict[tuple[str, str], dict[str, float]] = {}
    for candidate in candidates:
        key = candidate.article.slug, candidate.edition.language
        if key not in by_edition:
            sentences = candidate.edition.sentences
            search = bm25s.BM25(k1=SATURATION)
            search.index([sorted(terms(sentence.text)) for sentence in sentences], show_progress=False)
            known = sorted(query.terms & set(search.vocab_dict))
            scores = search.get_scores(known) if known else np.zeros(len(sentences))
            total = library.words[key].rarity.of(query.terms) or 1.0
            by_edition[key] = {
                s.id: (1 + SATURATION) * float(x) / total for s, x in zip(sentences, scores, strict=True)
            }
    weighed = [
        replace(c, score=c.score + WEIGHTS.coverage * by_edition[c.article.slug, c.edition.language][c.sentence.id])
        for c in candidates
    ]
    return sorted(weighed, key=lambda candidate: -candidate.score)


def first_by(variant: Variant, library: Library, query: Query, reader: Reader) -> str:
    """The id of the sentence that comes first."""
    ranked = rank(library, query, weights=variant.weights)
    if variant.bm25:
        ranked = with_bm25(library, query, ranked)
    if variant.weights.reader:
        ranked = reread(reader, query, ranked, variant.weights)
    return ranked[0].sentence.id


def measure(
    chosen: Mapping[str, Sequence[Case]], encoder: RememberingEncoder, reader: Reader, tick: Callable[[], object]
) -> dict[str, dict[str, list[bool]]]:
    """Per variant and group of questions, whether the right sentence came first."""
    found: dict[str, dict[str, list[bool]]] = {variant.name: {} for variant in VARIANTS}
    libraries: dict[Article, Library] = {}
    for name, its in chosen.items():
        for case in its:
            if case.article not in libraries:
                libraries = {case.article: throwaway_library((case.article,), encoder)}
            library = libraries[case.article]
            query = make_query(case.question, case.language, encoder.encode_queries([case.question])[0])
            for variant in VARIANTS:
                first = first_by(variant, library, query, reader)
                found[variant.name].setdefault(name, []).append(first in case.right)
            tick()
    return found


def _drawn(questions: Sequence[Case], sample: int | None) -> list[Case]:
    if sample is None or sample >= len(questions):
        return list(questions)
    places = random.Random(SEED).sample(range(len(questions)), sample)  # noqa: S311  # a fair choice, no secret
    return [questions[place] for place in sorted(places)]


def report(found: Mapping[str, Mapping[str, Sequence[bool]]], command: str) -> str:
    """The table in Markdown, a line a variant."""
    groups = list(next(iter(found.values())))
    counts = {name: len(next(iter(found.values()))[name]) for name in groups}
    rows = [
        [
            variant,
            *(percent(share(list(its[name]))) for name in groups),
            percent(share([*chain.from_iterable(its.values())])),
        ]
        for variant, its in found.items()
    ]
    on = machine()
    return (
        "# What each sign of the ranking is worth\n\n"
        f"`{command}` on {on['processor']}, {on['cores']} cores, Python {on['python']}. How often the right sentence "
        "comes first, in brackets the interval that holds 95 % of 1,000 resamples of the questions; all variants rank "
        "the same ones.\n\n"
        + table(["", *(f"{name}, n {counts[name]}" for name in groups), f"all, n {sum(counts.values())}"], rows)
        + "\n"
    )


def main() -> None:
    """Read the options, rank, and print or write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--qa", type=Path, required=True, help="articles with questions whose answers are known")
    parser.add_argument("--sample", type=int, help="put only so many questions of each pair of languages")
    parser.add_argument("--cache", type=Path, help="keep embeddings in this .npz file between runs")
    parser.add_argument("--report", type=Path, help=f"write {FILE} into this folder")
    options = parser.parse_args()
    settings = Settings()
    encoder = RememberingEncoder(load_encoder_for(settings))
    if options.cache:
        encoder.load(options.cache)
    stated = [c for c in cases(read_questions(options.qa), DEFAULT_PAIRS) if c.situation is Situation.STATED]
    pairs: dict[str, list[Case]] = {}
    for case in stated:
        pairs.setdefault(f"{case.language} / {case.article.original.language}", []).append(case)
    chosen = {name: _drawn(its, options.sample) for name, its in pairs.items()}
    shipped = read_corpus((settings.shipped_articles,))[0]
    own = announcement_cases(OWN_QUESTIONS, shipped)
    chosen["the announcement"] = [case for case in own if case.situation is Situation.STATED]
    with tqdm(total=sum(map(len, chosen.values())), disable=not sys.stderr.isatty()) as bar:
        found = measure(chosen, encoder, RememberingReader(packaged_reader()), bar.update)
    if options.cache:
        encoder.save(options.cache)
    sample = f" --sample {options.sample}" if options.sample else ""
    text = report(found, f"python -m benchmarks.ablation --qa {options.qa.name}{sample}")
    if options.report:
        (options.report / FILE).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
