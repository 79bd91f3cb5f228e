"""Corpus to index: embed what is new or changed, forget what is gone, put the result in place in one step."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from corpus.model import Article
from index.encoder import Encoder
from index.errors import IndexDamagedError, IndexMismatchError
from index.manifest import (
    FILE,
    LAYOUT,
    Manifest,
    check_manifest,
    editions_of,
    file_sha256,
    read_manifest,
    write_manifest,
)
from index.store import FaissStore, Passage, VectorSink, passages_of

LOCK = "index.lock"
LOOKS = 3
"""How often an index may be found damaged before it is: builders may put the same one in place again and again."""

Progress = Callable[[int], Callable[[int], object]]
"""Given how many passages will be embedded, gives the tick that hears of each batch."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: articles that the index had not seen in any language, and passages in and out."""

    new_articles: tuple[Article, ...]
    embedded: int
    removed: int
    kept: int

    @property
    def changed(self) -> bool:
        """Whether the index on disk is another one now."""
        return bool(self.embedded or self.removed)


def _silent(_: int) -> Callable[[int], object]:
    return lambda _done: None


@contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        yield


def _kept_store(folder: Path, manifest: Manifest | None, encoder: Encoder) -> FaissStore:
    """The vectors that may be used again: those of the same encoder and layout, undamaged; else none."""
    empty = FaissStore.empty(encoder.dimension)
    made_by = manifest and (manifest.encoder, manifest.dimension, manifest.layout)
    if manifest is None or made_by != (encoder.name, encoder.dimension, LAYOUT):
        return empty
    path = folder / manifest.vectors
    try:
        if file_sha256(path) != manifest.sha256:
            return empty
        return FaissStore.read(path, read_only=False)
    except (OSError, IndexDamagedError):
        return empty


def add_new(
    articles: Sequence[Article],
    encoder: Encoder,
    folder: Path,
    progress: Progress = _silent,
    *,
    rebuild: bool = False,
) -> BuildReport:
    """Make the index in `folder` hold exactly `articles`; idempotent, and atomic on disk.

    Only passages without a vector are embedded. A damaged or foreign index is built anew, as with `rebuild`.
    """
    with _only_builder(folder):
        try:
            manifest = None if rebuild else read_manifest(folder)
        except IndexDamagedError:
            manifest = None
        store = _kept_store(folder, manifest, encoder)
        passages = {passage.key: passage for passage in passages_of(articles)}
        here = store.keys
        missing = [passage for key, passage in passages.items() if key not in here]
        gone = here - passages.keys()
        known = {name.rpartition("/")[0] for name in manifest.editions} if manifest else set()
        report = BuildReport(
            new_articles=tuple(article for article in articles if article.slug not in known),
            embedded=len(missing),
            removed=len(gone),
            kept=len(passages) - len(missing),
        )
        editions = editions_of(articles)
        if manifest and not report.changed and manifest.editions == editions and here:
            return report
        _update(store, gone, missing, encoder, progress)
        _put_in_place(store, encoder, editions, folder)
        return report


def _update(
    sink: VectorSink, gone: frozenset[int], missing: Sequence[Passage], encoder: Encoder, progress: Progress
) -> None:
    if gone:
        sink.remove(gone)
    if missing:
        sink.add(missing, encoder.encode_passages([passage.text for passage in missing], progress(len(missing))))


def _put_in_place(store: FaissStore, encoder: Encoder, editions: dict[str, str], folder: Path) -> None:
    temporary = folder / f"vectors.{os.getpid()}.new"
    store.write(temporary)
    sha256 = file_sha256(temporary)
    vectors = folder / f"vectors-{sha256[:16]}.faiss"
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(vectors)
    write_manifest(
        Manifest(encoder.name, encoder.dimension, LAYOUT, editions, vectors.name, sha256, len(store.keys)),
        folder,
    )
    # Readers that still hold the old file keep it mapped; on disk it is done with, as is what dead builders left.
    for old in [*folder.glob("vectors*"), *folder.glob(f"{FILE}.*.new")]:
        if old != vectors:
            old.unlink(missing_ok=True)


def open_index(folder: Path, articles: Sequence[Article], encoder: str) -> tuple[Manifest, FaissStore]:
    """The index for asking, memory-mapped, read-only.

    Raises IndexMismatchError unless it was built from just these articles by the encoder of this name, and
    IndexDamagedError when its files cannot be read.
    """
    failed = Counter[str]()
    while True:
        manifest = read_manifest(folder)
        if manifest is None:
            raise IndexMismatchError(f"there is no index in {folder} yet")
        check_manifest(manifest, encoder=encoder, articles=articles)
        try:
            store = _intact_store(folder / manifest.vectors, manifest.sha256)
        except IndexDamagedError:
            failed[manifest.digest] += 1
            if failed[manifest.digest] == LOOKS:
                raise
            continue  # a builder put another index in place between the two files, and maybe this one again
        store.describe(passages_of(articles))
        return manifest, store


def _intact_store(path: Path, sha256: str) -> FaissStore:
    try:
        intact = file_sha256(path) == sha256
    except OSError as error:
        raise IndexDamagedError(f"{path} cannot be read ({error.strerror})") from error
    if not intact:
        raise IndexDamagedError(f"{path} is not what was written there")
    return FaissStore.read(path, read_only=True)
