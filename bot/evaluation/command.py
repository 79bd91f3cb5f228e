"""`annuncio eval`: read the questions, put them, and make figures of what was said."""

import os
import platform
import random
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from bot.answers.answering import Asker
from bot.answers.opening import gate_of, load_encoder_for, open_answering
from bot.errors import QuestionsError
from bot.evaluation.baseline import baseline_trials
from bot.evaluation.cases import Case, Pair, Situation, articles_in, cases
from bot.evaluation.measures import SEED
from bot.evaluation.own import OwnQuestion, own_record, read_own
from bot.evaluation.questions import Source, read_questions
from bot.evaluation.remembering import RememberingEncoder
from bot.evaluation.scores import UNANSWERABLE, PairTrials, Record, pair_record
from bot.evaluation.trials import Examination, Trial
from bot.settings import Settings
from index.encoder import Encoder

DEFAULT_PAIRS: tuple[Pair, ...] = (("en", "en"), ("it", "it"), ("es", "es"), ("de", "de"), ("zh", "zh"), ("en", "it"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: `qa` are questions with known answers and their articles, `own` those about the corpus."""

    qa: Path | None = None
    own: Path | None = None
    pairs: tuple[Pair, ...] = DEFAULT_PAIRS
    sample: int | None = None
    """How many questions of each pair to put, all where none is given."""
    cache: Path | None = None

    @property
    def command(self) -> str:
        """The command that measures this, files by name."""
        parts = ["annuncio", "eval"]
        parts += ["--qa", self.qa.name] if self.qa else []
        parts += ["--pairs", ",".join("/".join(pair) for pair in self.pairs)] if self.pairs != DEFAULT_PAIRS else []
        parts += ["--sample", str(self.sample)] if self.sample else []
        return shlex.join(parts + (["--questions", self.own.name] if self.own else []))


def measure(wanted: Wanted, settings: Settings, say: Callable[[str], object]) -> Record:
    """The figures by part, "qa" and "announcement"; `say` hears how much will be asked. Raises QuestionsError."""
    sources = read_questions(wanted.qa) if wanted.qa else ()
    questions = read_own(wanted.own) if wanted.own else ()
    chosen = {pair: _questions_of(sources, pair, wanted) for pair in wanted.pairs} if wanted.qa else {}
    if chosen:
        counts = ", ".join(f"{'/'.join(pair)} {len(asked)}" for pair, asked in chosen.items())
        total = sum(len(asked) for asked in chosen.values())
        say(
            f"{total} questions ({counts}), each put to its article, to the same without its answer, to another "
            "article, to all of them, and to the baseline"
        )
    if questions:
        say(f"{len(questions)} questions about the articles of the bot")
    encoder = load_encoder_for(settings)
    parts: Record = {}
    if wanted.qa:
        parts["qa"] = _about(wanted, settings, encoder) | {
            "pairs": _measure_pairs(chosen, sources, settings, encoder, wanted.cache)
        }
    if questions:
        parts["announcement"] = _about(wanted, settings, encoder) | _measure_own(questions, settings, encoder)
    return parts


def _about(wanted: Wanted, settings: Settings, encoder: Encoder) -> Record:
    threshold = gate_of(settings).answer_threshold
    return {"command": wanted.command, "machine": machine(), "encoder": encoder.name, "threshold": threshold}


def machine() -> Record:
    """The processor as it calls itself, its cores, and the Python that ran."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # no such file elsewhere than on Linux: the name that Python knows stands
    return {"processor": name, "cores": os.cpu_count(), "python": platform.python_version()}


def _questions_of(sources: Sequence[Source], pair: Pair, wanted: Wanted) -> dict[str, list[Case]]:
    """The cases of each question that is put, by id, in the order of the file."""
    found: dict[str, list[Case]] = {}
    for case in cases(sources, [pair]):
        found.setdefault(case.id, []).append(case)
    if not found:
        raise QuestionsError(f"{wanted.qa}: no question in {pair[0]!r} has its answer in a text in {pair[1]!r}")
    if wanted.sample is None or wanted.sample >= len(found):
        return found
    drawn = set(random.Random(SEED).sample(list(found), wanted.sample))  # noqa: S311  # a fair choice, no secret
    return {name: its for name, its in found.items() if name in drawn}


def _measure_pairs(
    chosen: dict[Pair, dict[str, list[Case]]],
    sources: Sequence[Source],
    settings: Settings,
    encoder: Encoder,
    cache: Path | None,
) -> list[Record]:
    remembering = RememberingEncoder(encoder)
    if cache is not None:
        remembering.load(cache)
    examination = Examination(settings, remembering)
    total = sum(len(its) + 2 for asked in chosen.values() for its in asked.values())
    records = []
    with tqdm(total=total, desc="questions", disable=not sys.stderr.isatty()) as bar:
        for pair, asked in chosen.items():
            by_kind: dict[Situation, list[Trial]] = {kind: [] for kind in (Situation.STATED, *UNANSWERABLE)}
            for case in (case for its in asked.values() for case in its):
                by_kind[case.situation].append(examination.put(case))
                bar.update()
            everything = articles_in(sources, pair[1])
            together = []
            for case in (its[0] for its in asked.values()):
                together.append(examination.put(case, everything))
                bar.update()
            baseline = []
            for trial in baseline_trials(sources, pair, set(asked), remembering):
                baseline.append(trial)
                bar.update()
            stated = by_kind.pop(Situation.STATED)
            records.append(pair_record(PairTrials(pair, stated, by_kind, together, baseline)))
    if cache is not None:
        remembering.save(cache)
    return records


def _measure_own(questions: Sequence[OwnQuestion], settings: Settings, encoder: Encoder) -> Record:
    """Each question as the client of a person who speaks its language sends it, in a new chat."""
    answerer = open_answering(settings, encoder).answerer
    shown = tqdm(questions, desc="own questions", disable=not sys.stderr.isatty())
    return own_record([(one, answerer.answer(one.text, Asker(reported=one.language))) for one in shown])
