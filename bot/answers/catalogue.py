"""The library that is asked now, and how it is kept true: built when missing or stale, taken anew when it changed.

`annuncio ingest` works in another process. The manifest of the index is the sign between the two: when it changes,
the corpus and the index are read again, both at once; until that succeeds the former state goes on answering.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from bot.answers.library import Library, library_of
from bot.errors import AnnuncioError, IndexDamagedError, IndexMismatchError, StateError
from bot.settings import Settings
from corpus.model import Article
from corpus.reader import read_corpus
from index.builder import BuildReport, add_new, open_index
from index.encoder import Encoder
from index.manifest import FILE

log = logging.getLogger(__name__)

LOOK_AGAIN = 1.0
"""Seconds between two looks at the manifest."""


def progress_bar(count: int) -> Callable[[int], object]:
    """A bar on a terminal for `count` passages to embed; nothing where the output is no terminal."""
    bar = tqdm(total=count, desc="embedding", unit="passage", disable=not sys.stderr.isatty(), file=sys.stderr)

    def tick(done: int) -> None:
        bar.update(done)
        if bar.n >= count:
            bar.close()

    return tick


def prepare_data_dir(folder: Path) -> None:
    """Make the data directory; StateError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"the data directory {folder} cannot be made ({error.strerror}): set ANNUNCIO_DATA_DIR"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StateError(f"the data directory {folder} cannot be written: change its owner or set ANNUNCIO_DATA_DIR")


def corpus_of(settings: Settings) -> tuple[Article, ...]:
    """All articles that the settings name. Raises CorpusError."""
    if settings.articles_dir is not None and not settings.articles_dir.is_dir():
        raise StateError(f"the articles folder {settings.articles_dir} does not exist")
    return read_corpus(settings.corpus_folders)


def check_places(settings: Settings) -> None:
    """Say what is wrong with the folders and the articles in them before the model takes its seconds to load."""
    prepare_data_dir(settings.data_dir)
    corpus_of(settings)


def build(settings: Settings, encoder: Encoder, *, rebuild: bool = False) -> BuildReport:
    """Bring the index up to the corpus."""
    prepare_data_dir(settings.data_dir)
    articles = corpus_of(settings)
    try:
        return add_new(articles, encoder, settings.index_dir, progress_bar, rebuild=rebuild)
    except OSError as error:
        raise StateError(
            f"the index in {settings.index_dir} cannot be written ({error.strerror or error}): "
            "make room there, or set ANNUNCIO_DATA_DIR"
        ) from error


def open_library(settings: Settings, encoder: Encoder) -> Library:
    """The library as it lies on disk. Raises CorpusError, IndexMismatchError or IndexDamagedError."""
    articles = corpus_of(settings)
    manifest, store = open_index(settings.index_dir, articles, encoder.name)
    if store.dimension != encoder.dimension:  # another model in the folder that EMBEDDING_MODEL names
        raise IndexMismatchError(
            f"the index holds vectors of {store.dimension} floats, but EMBEDDING_MODEL makes {encoder.dimension}"
        )
    return library_of(articles, store, manifest.digest)


def open_or_build(settings: Settings, encoder: Encoder) -> Library:
    """The library, its index built first where it is missing, stale or damaged."""
    prepare_data_dir(settings.data_dir)
    try:
        return open_library(settings, encoder)
    except (IndexMismatchError, IndexDamagedError) as error:
        damaged = isinstance(error, IndexDamagedError)
        if (settings.index_dir / FILE).exists():
            log.warning("%s: %s", "building the index anew" if damaged else "updating the index", error.reason)
        build(settings, encoder, rebuild=damaged)
        return open_library(settings, encoder)


class Catalogue:
    """Hands out the current library; cheap to call for every question, from any thread."""

    def __init__(self, settings: Settings, encoder: Encoder) -> None:
        self._settings = settings
        self._encoder = encoder
        self._turn = threading.Lock()
        self._stamp = self._manifest_stamp()  # taken first: what changes while we read is seen at the next look
        self._library = open_or_build(settings, encoder)
        self._looked = time.monotonic()

    def _manifest_stamp(self) -> tuple[int, int] | None:
        try:
            status = (self._settings.index_dir / FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def current(self) -> Library:
        """The library as of at most a second ago."""
        with self._turn:
            now = time.monotonic()
            if now - self._looked >= LOOK_AGAIN:
                self._looked = now
                self._look()
            return self._library

    def refresh(self) -> None:
        """Look now, not within the second."""
        with self._turn:
            self._look()

    def _look(self) -> None:
        stamp = self._manifest_stamp()
        if stamp is None or stamp == self._stamp:
            return
        try:
            library = open_library(self._settings, self._encoder)
        except AnnuncioError as error:
            # Half-way through somebody's change: the former state answers, and we look again in a second.
            log.warning("the changed corpus is not taken over yet: %s", error)
            return
        self._stamp = stamp
        if library.digest == self._library.digest:
            return
        self._library = library
        log.info("took over the corpus with %d articles", len(self._library.articles))
