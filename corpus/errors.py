"""What can be wrong with a corpus, in words for the person who must mend it.

    AnnuncioError              every error that a person is shown as one line
    ├── CorpusError            edition files that break the format: one Mistake a line
    └── SourceError            something given to `ingest` that cannot become an edition
        └── SourceBusyError    a server that wants to be asked later

`index.errors` and `bot.errors` hang their own branches on this tree; `bot.errors` draws it whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class AnnuncioError(Exception):
    """The root: its text is one clear line (what is wrong, where, what to type)."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in an edition file; `line` counts from 1, and is None for the file as a whole."""

    path: Path
    line: int | None
    text: str

    def __str__(self) -> str:
        where = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.text}"


class CorpusError(AnnuncioError):
    """All the mistakes of a folder, found in one run."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class SourceError(AnnuncioError):
    """A file or an address that cannot become an edition."""


class SourceBusyError(SourceError):
    """A server that does not answer now; `seconds` is how long it wants to be left alone, where it says so."""

    def __init__(self, text: str, seconds: float | None) -> None:
        super().__init__(text)
        self.seconds = seconds
