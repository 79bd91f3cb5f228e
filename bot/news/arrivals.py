"""What has arrived, on disk at once: the database is told in groups, and the process may end in between.

Each announcer has a file of its own and holds the lock beside it; a file whose lock is free was left by a process that
ended. What is in it is safe from the end of a process, as by `kill -9`, but not from that of the machine. No address
is in it, and it is emptied as soon as the database knows.
"""

import errno
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from bot.state.deliveries import Arrival

log = logging.getLogger(__name__)

FOLDER = "arrivals"
"""Where in the data directory."""


class Arrivals:
    """The file of one announcer; and those that others left."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._lock = FileLock(_lock_of(folder, owner))
        self._file: int | None = None
        self._trouble = False
        self._cut = False  # the last line has no end

    def open(self) -> bool:
        """Show that the announcer is alive, from before it takes anything until `close`; False where it was open.

        Where the disk does not let us it is logged, and a kill may send something twice.
        """
        if self._file is not None:
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.open(_file_of(self._folder, self._owner), flags, 0o600)
        except OSError as error:
            self._complain(error)
        return True

    def note(self, arrival: Arrival) -> None:
        """Write it down, in some microseconds; nothing before `open`."""
        if self._file is None:
            return
        line = json.dumps(asdict(arrival), ensure_ascii=False).encode()
        data = b"\n" * self._cut + line + b"\n"
        try:
            self._cut = os.write(self._file, data) < len(data)
        except OSError as error:
            self._complain(error)
            return
        if self._cut:
            self._complain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        else:
            self._trouble = False

    def clear(self) -> None:
        """Forget them all: the database knows; where the disk keeps them, they are written once more, to no effect."""
        if self._file is None:
            return
        try:
            os.truncate(self._file, 0)
            self._cut = False
        except OSError as error:
            self._complain(error)

    def close(self) -> None:
        """Leave, with nothing unwritten; what was opened is removed."""
        if self._file is None:
            return
        os.close(self._file)
        self._file = None
        _remove(self._folder, self._owner)
        self._lock.release()

    def others(self) -> tuple[str, ...]:
        """Whose files there are, but for our own; most of them are alive."""
        return tuple(sorted(file.stem for file in self._folder.glob("*.jsonl") if file.stem != self._owner))

    @contextmanager
    def left_by(self, owner: str) -> Iterator[tuple[Arrival, ...] | None]:
        """What a process that ended had noted, None where it is alive; removed at the end of the block.

        Where the block raises it stays. Meanwhile nobody else is given it.
        """
        try:
            lock = FileLock(_lock_of(self._folder, owner)).acquire(timeout=0)
        except (Timeout, OSError):
            yield None
            return
        with lock:
            yield _read(_file_of(self._folder, owner))
            _remove(self._folder, owner)

    def _complain(self, error: OSError) -> None:
        """Once, not for every message."""
        if not self._trouble:
            log.warning("What arrives cannot be noted in %s: %s", self._folder, error.strerror or error)
        self._trouble = True


def _file_of(folder: Path, owner: str) -> Path:
    return folder / f"{owner}.jsonl"


def _lock_of(folder: Path, owner: str) -> Path:
    return folder / f"{owner}.lock"


def _remove(folder: Path, owner: str) -> None:
    """The file first: without it nobody asks for the lock."""
    _file_of(folder, owner).unlink(missing_ok=True)
    _lock_of(folder, owner).unlink(missing_ok=True)


def _read(file: Path) -> tuple[Arrival, ...]:
    """The lines of the file, but for one that a full disk cut short; none where another was faster to remove it."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        return ()
    found = []
    for line in filter(None, lines):  # texts may hold what else ends a line somewhere
        try:
            found.append(_parse(line, at))
        except (ValueError, KeyError, TypeError) as error:
            log.warning("A line of %s cannot be read: %s", file, type(error).__name__)
    return tuple(found)


def _parse(line: str, at: datetime) -> Arrival:
    kept = json.loads(line)
    return Arrival(
        int(kept["chat_id"]),
        tuple((int(number), int(tries)) for number, tries in kept["deliveries"]),
        None if kept["message_id"] is None else int(kept["message_id"]),
        tuple((str(sentence), str(language), str(text)) for sentence, language, text in kept["shown"]),
        at,
    )
