"""What an index was built from. The manifest is the index's one point of truth: it names the file of vectors.

It is replaced in one step after the vectors lie on disk, so a crash at any instant leaves the old index or the new.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus.model import Article
from index.errors import IndexDamagedError, IndexMismatchError

FILE = "manifest.json"
LAYOUT = 1
"""Counts up when a passage is cut or keyed in another way, so that an older index is built anew."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Encoder, layout and editions by content hash; the vectors' file, its SHA-256 and its row count."""

    encoder: str
    dimension: int
    layout: int
    editions: dict[str, str]
    vectors: str
    sha256: str
    passages: int

    @property
    def digest(self) -> str:
        """Names this state of the index: equal manifests, equal digests (16 hex digits)."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


_KINDS = {
    "encoder": str,
    "dimension": int,
    "layout": int,
    "editions": dict,
    "vectors": str,
    "sha256": str,
    "passages": int,
}
"""What JSON must hold for each field: a file that was damaged may still be JSON."""


def editions_of(articles: Iterable[Article]) -> dict[str, str]:
    """`<slug>/<language>` to content hash, for every edition."""
    return {
        f"{edition.slug}/{edition.language}": edition.digest for article in articles for edition in article.editions
    }


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(record: Any) -> Manifest:
    manifest = Manifest(**record)
    for name, kind in _KINDS.items():
        if not isinstance(getattr(manifest, name), kind):
            raise TypeError(f"{name} is no {kind.__name__}")
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in `folder`, None where nothing was built yet. Raises IndexDamagedError."""
    path = folder / FILE
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise IndexDamagedError(f"{path} cannot be read") from error


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Replace the manifest in one step, after all that it names is safely on disk."""
    temporary = folder / f"{FILE}.{os.getpid()}.new"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=2, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / FILE)


def check_manifest(manifest: Manifest, *, encoder: str, articles: Iterable[Article]) -> None:
    """Raise IndexMismatchError, naming both sides, unless the index was built from just this."""
    if manifest.encoder != encoder:
        raise IndexMismatchError(f"the index was built by {manifest.encoder}, but EMBEDDING_MODEL is {encoder}")
    if manifest.layout != LAYOUT:
        raise IndexMismatchError(f"the index has layout {manifest.layout}, this version reads {LAYOUT}")
    now = editions_of(articles)
    differing = sorted(
        name for name in manifest.editions.keys() | now.keys() if manifest.editions.get(name) != now.get(name)
    )
    if differing:
        raise IndexMismatchError(
            f"the index was built from other texts than the corpus holds ({', '.join(differing[:3])}"
            f"{', ...' if len(differing) > 3 else ''})"
        )
