"""All that answers, opened together: the settings become a model, a library and an answerer over both."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.answers.answering import Answerer
from bot.answers.catalogue import Catalogue, check_places
from bot.answers.evidence import Gate, packaged_gate
from bot.answers.library import Library
from bot.answers.reader import packaged_reader
from bot.answers.samples import Samples, current_samples, state_of
from bot.settings import Settings
from index.encoder import Encoder, load_encoder


@dataclass(frozen=True, slots=True)
class Answering:
    """What it takes to answer a question, without any channel."""

    settings: Settings
    encoder: Encoder
    catalogue: Catalogue
    answerer: Answerer
    samples: "CurrentSamples"


class CurrentSamples:
    """The sample questions of the current library; checked again, in seconds, when the library has changed."""

    def __init__(self, settings: Settings, catalogue: Catalogue, answerer: Answerer, gate: Gate) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._answerer = answerer
        self._gate = gate
        self._turn = threading.Lock()
        self._samples: Samples | None = None

    def __call__(self) -> Samples:
        """The questions that the library answers now."""
        with self._turn:
            library = self._catalogue.current()
            if self._samples is None or self._samples.digest != state_of(library, self._gate):
                self._samples = current_samples(library, self._answerer, self._gate, self._settings.index_dir)
            return self._samples


def gate_of(settings: Settings) -> Gate:
    """The packaged gate, with the operator's thresholds where they set any."""
    gate = packaged_gate(reader=settings.reader)
    return replace(
        gate,
        answer_threshold=gate.answer_threshold if settings.answer_threshold is None else settings.answer_threshold,
        topic_threshold=gate.topic_threshold if settings.topic_threshold is None else settings.topic_threshold,
    )


def load_encoder_for(settings: Settings) -> Encoder:
    """The model that the settings name. Takes seconds."""
    return load_encoder(settings.embedding_model, settings.embedding_query_prompt, settings.embedding_passage_prompt)


def answerer_over(settings: Settings, encoder: Encoder, library: Callable[[], Library]) -> Answerer:
    """The answerer as the settings want it, over whatever `library` gives at the moment of a question."""
    reader = packaged_reader() if settings.reader else None
    return Answerer(library, encoder, gate_of(settings), settings.language, reader)


def open_answering(settings: Settings, encoder: Encoder | None = None) -> Answering:
    """The library and all that answers from it, the index built where it is missing or stale.

    Takes seconds, most of them for the model where it is not given.
    """
    check_places(settings)
    encoder = encoder or load_encoder_for(settings)
    catalogue = Catalogue(settings, encoder)
    gate = gate_of(settings)
    answerer = answerer_over(settings, encoder, catalogue.current)
    return Answering(settings, encoder, catalogue, answerer, CurrentSamples(settings, catalogue, answerer, gate))
