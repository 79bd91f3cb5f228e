"""The gate: is the best sentence an answer, near one, or beside the point?

Evidence is what can be counted about the best candidate; the gate turns it into two probabilities by logistic
regression. Its numbers are in gate.json, which names the command that made it, and know no article.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files

from bot.answers.amounts import Amount, lacks
from bot.answers.library import EditionWords, Library
from bot.answers.offices import names_other_offices
from bot.answers.ranking import SPREAD, Candidate, Query
from bot.answers.territories import around, territories, territory_name
from bot.answers.wording import fold, terms
from bot.answers.written import names_other_models, question_names, question_numbers


@dataclass(frozen=True, slots=True)
class ReaderEvidence:
    """What the reader says of the best candidate, in log-odds."""

    reads: float
    """That the sentence states the answer."""
    reads_above_second: float
    """The same, above the likeliest other sentence that was read; 0 where none was."""
    pointed: float
    """How sure it is of the words that answer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best candidate. Cosines are given in spreads of 0.03, shares from 0 to 1."""

    similarity: float
    above_mean: float
    """The best sentence above the mean of its article."""
    above_second: float
    """The best score above the next."""
    paragraph_similarity: float
    paragraph_above_mean: float
    coverage: float
    paragraph_coverage: float
    article_coverage: float
    """Share of the question's words that the article has anywhere."""
    title_similarity: float
    """Words of the question among the title's, as a share of the question's."""
    missing_numbers: float
    """1 if the question has a number that the paragraph lacks."""
    missing_names: float
    """Share of the question's names that the article lacks in every edition."""
    missing_places: float
    """1 if the question names a country or continent that the article lacks in every edition."""
    names_beside: float
    """Share of the question's names that the paragraph lacks, though the article has them."""
    other_model: float
    """1 if the question names a model or the like (SU7, Line 18), and the sentence others only."""
    other_office: float
    """1 if the question asks who holds an office, and the sentence names others only."""
    lacks_price: float
    """1 if the question asks for a price, and the sentence has neither money nor a word of paying."""
    lacks_number: float
    """1 if the question asks how many, and the sentence has no number and no word for one."""
    lacks_weight: float
    """1 if the question asks for a weight, and the sentence has neither a unit nor a word of it."""
    value_found: float
    """1 if a kind of value is asked for and the sentence holds one."""
    value_lacking: float
    """1 if a kind of value is asked for and the sentence holds none."""
    short: float
    """1 over the number of the question's words."""
    foreign: float
    """1 if the text compared is in another language than the question."""
    foreign_similarity: float
    foreign_above_mean: float
    reader: ReaderEvidence | None = None
    """None where no reader was asked."""

    @property
    def without_reader(self) -> dict[str, float]:
        """By name, all but what the reader says."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "reader"}

    @property
    def features(self) -> dict[str, float]:
        """By name, what the reader says among the others."""
        return {**self.without_reader, **asdict(self.reader)} if self.reader is not None else self.without_reader


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a question; `territory` is the code of the country or continent that it is the name of."""

    text: str
    territory: str | None = None


def mentions(query: Query) -> tuple[Mention, ...]:
    """The names of a question: places however they are written, others where they are written like names."""
    places = territories(query.text, query.language)
    known = {fold(words) for words in places.values()}
    others = [name for name in question_names(query.text, query.language) if fold(name) not in known]
    return (*(Mention(words, code) for code, words in places.items()), *map(Mention, others))


def _lacking(names: Sequence[Mention], had: frozenset[str], places: frozenset[str]) -> list[Mention]:
    """Those that are neither among the terms nor among the territories of a text."""
    return [name for name in names if name.territory not in places and not terms(name.text) <= had]


def _editions(library: Library, candidate: Candidate) -> list[EditionWords]:
    return [library.words[candidate.article.slug, edition.language] for edition in candidate.article.editions]


def _missing(library: Library, names: Sequence[Mention], candidate: Candidate) -> list[Mention]:
    editions = _editions(library, candidate)
    everywhere = frozenset[str]().union(*(words.everything for words in editions))
    return _lacking(names, everywhere, frozenset[str]().union(*(words.territories for words in editions)))


def missing_names(library: Library, query: Query, candidate: Candidate, language: str) -> tuple[str, ...]:
    """The names of the question that no edition of the candidate's article has, places as `language` calls them."""
    return tuple(
        name.text if name.territory is None else territory_name(name.territory, language)
        for name in _missing(library, mentions(query), candidate)
    )


def places_around(library: Library, query: Query, candidate: Candidate, language: str) -> tuple[str, ...]:
    """The continents that the candidate's article speaks of, and that hold what the question names and it does not."""
    missing = [name.territory for name in _missing(library, mentions(query), candidate) if name.territory is not None]
    named = frozenset[str]().union(*(words.territories for words in _editions(library, candidate)))
    return tuple(territory_name(code, language) for code in sorted(frozenset().union(*map(around, missing)) & named))


def _reader_evidence(candidates: Sequence[Candidate]) -> ReaderEvidence | None:
    best = candidates[0].read
    if best is None:
        return None
    others = [c.read.states for c in candidates[1:] if c.read is not None]
    return ReaderEvidence(best.states, best.states - max(others, default=best.states), best.pointed)


def evidence_for(library: Library, query: Query, candidates: Sequence[Candidate]) -> Evidence:
    """Count what speaks for the first of `candidates` (ranked, at least one)."""
    best = candidates[0]
    words = library.words[best.article.slug, best.edition.language]
    siblings = [c for c in candidates if c.article.slug == best.article.slug]
    mean = sum(c.fused for c in siblings) / len(siblings)
    paragraphs = {c.paragraph.id: c.paragraph_similarity for c in siblings}
    paragraph_mean = sum(paragraphs.values()) / len(paragraphs)
    paragraph_terms = words.paragraphs[best.paragraph.id]
    paragraph_text = best.paragraph.text(best.edition.language)
    paragraph_numbers = question_numbers(fold(paragraph_text))
    names = mentions(query)
    absent = _missing(library, names, best)
    places = frozenset(territories(paragraph_text, best.edition.language))
    beside = [name for name in _lacking(names, paragraph_terms, places) if name not in absent]
    foreign = float(best.edition.language != query.language)
    similarity = best.fused / SPREAD
    texts = query.text, query.language, best.sentence.text, best.edition.language
    above_mean = (best.fused - mean) / SPREAD
    return Evidence(
        similarity=similarity,
        above_mean=above_mean,
        above_second=best.score - candidates[1].score if len(candidates) > 1 else 0.0,
        paragraph_similarity=best.paragraph_similarity / SPREAD,
        paragraph_above_mean=(best.paragraph_similarity - paragraph_mean) / SPREAD,
        coverage=best.coverage,
        paragraph_coverage=words.rarity.coverage(query.terms, paragraph_terms),
        article_coverage=words.rarity.coverage(query.terms, words.everything),
        title_similarity=words.rarity.coverage(query.terms, terms(best.edition.title)),
        missing_numbers=float(bool(question_numbers(query.text) - paragraph_numbers)),
        missing_names=len(absent) / len(names) if names else 0.0,
        missing_places=float(any(name.territory is not None for name in absent)),
        names_beside=len(beside) / len(names) if names else 0.0,
        other_model=float(names_other_models(query.text, best.sentence.text)),
        other_office=float(names_other_offices(*texts)),
        lacks_price=float(lacks(Amount.PRICE, *texts)),
        lacks_number=float(lacks(Amount.NUMBER, *texts)),
        lacks_weight=float(lacks(Amount.WEIGHT, *texts)),
        value_found=float(best.has_value is True),
        value_lacking=float(best.has_value is False),
        short=1 / max(1, len(query.terms)),
        foreign=foreign,
        foreign_similarity=foreign * similarity,
        foreign_above_mean=foreign * above_mean,
        reader=_reader_evidence(candidates),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Two calibrated probabilities, 0 to 1."""

    confidence: float
    """That the best sentence states the answer."""
    relevance: float
    """That the question is about what the articles are about, answered or not."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Logistic regression: the log-odds are `bias` plus the weighted features."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Of the positive class, 0 to 1. The weights must name the features exactly."""
        if features.keys() != self.weights.keys():
            raise ValueError(f"gate.json knows {sorted(self.weights)}, but the evidence has {sorted(features)}")
        log_odds = self.bias + sum(self.weights[name] * value for name, value in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


OF_ANOTHER_PLACE = 0.07
"""Of the development questions that name a country or continent which no edition names, so many are stated all the
same: 37 of 569."""


OF_ANOTHER_MODEL = 0.1
"""Where the best sentence names models, and none of those in the question, so many state the answer all the same: 6 of
58 development questions."""
OF_ANOTHER_OFFICE = 0.02
"""Of our own questions for the holder of an office, where the sentence names others only, it is the right one all the
same in 1 of 94: counted are the sentences that state an answer, and where none does, the one most like the question."""
WITHOUT_AMOUNT = 0.01
"""The same, for prices, numbers and weights that the sentence has no word of: 2 of 1,459."""


def capped(confidence: float, evidence: Evidence) -> float:
    """The probability that the sentence states the answer, where it speaks of another place, model or office or has no
    word of the amount: whatever else speaks for it, no more than is known of such sentences."""
    caps = (
        (evidence.missing_places, OF_ANOTHER_PLACE),
        (evidence.other_model, OF_ANOTHER_MODEL),
        (evidence.other_office, OF_ANOTHER_OFFICE),
        (evidence.lacks_price or evidence.lacks_number or evidence.lacks_weight, WITHOUT_AMOUNT),
    )
    return min(confidence, *(cap for holds, cap in caps if holds), 1.0)


@dataclass(frozen=True, slots=True)
class Gate:
    """The two regressions and the thresholds that they were calibrated for."""

    states: Regression
    concerns: Regression
    answer_threshold: float
    """Answer from this confidence on."""
    topic_threshold: float
    """Below the first threshold: from this relevance on, the announcement does not state it; below, off topic."""

    def judge(self, evidence: Evidence) -> Verdict:
        """Weigh the evidence."""
        confidence = capped(self.states.probability(evidence.features), evidence)
        return Verdict(confidence, self.concerns.probability(evidence.without_reader))


WITH_READER, WITHOUT_READER = "with reader", "without reader"


@cache
def packaged_gate(reader: bool = True) -> Gate:
    """The gate of gate.json for evidence with or without what the reader says."""
    record = json.loads(files("bot.answers").joinpath("gate.json").read_text(encoding="utf-8"))
    record = record["gates"][WITH_READER if reader else WITHOUT_READER]
    states, concerns = (Regression(record[name]["bias"], record[name]["weights"]) for name in ("states", "concerns"))
    return Gate(states, concerns, record["thresholds"]["answer"], record["thresholds"]["topic"])
