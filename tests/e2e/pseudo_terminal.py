"""A command in a terminal of its own: keys go in, what a person sees comes out."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.processes import ANNUNCIO, LONGEST, assert_discreet, environment

CTRL_C = "\x03"
CTRL_D = "\x04"
_STYLES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])")
# The terminal must be the process's own for Ctrl-C to reach it, and a shell that put us into the background may have
# told us to ignore it.
_OWN_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


class PseudoTerminal:
    """`annuncio` with arguments, in a terminal of 200 columns; leaving the block ends what still runs."""

    def __init__(self, *arguments: str | Path, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self._process = subprocess.Popen(  # noqa: S603  # our own script, with arguments of the test
            [sys.executable, "-c", _OWN_TERMINAL, str(ANNUNCIO), *map(str, arguments)],
            cwd=folder,
            env=environment({"TERM": "xterm", **(settings or {})}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._raw = b""
        self._read_to = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(LONGEST)
        os.close(self._master)
        if kind is None:
            assert_discreet(self.shown)

    @property
    def shown(self) -> str:
        """All that was shown so far, without colours."""
        return _STYLES.sub("", self._raw.decode("utf-8", "replace")).replace("\r\n", "\n")

    def types(self, keys: str) -> None:
        """Press keys; "\\n" is the Enter key."""
        os.write(self._master, keys.encode())

    def wait_for(self, text: str) -> str:
        """What is shown from where the last wait ended, as soon as it holds `text`."""
        deadline = time.monotonic() + LONGEST
        while (found := self.shown.find(text, self._read_to)) < 0:
            assert time.monotonic() < deadline, f"{text!r} is not shown: {self.shown}"
            assert self._read(), f"the command ended before it showed {text!r}: {self.shown}"
        seen = self.shown[self._read_to : found + len(text)]
        self._read_to = found + len(text)
        return seen

    def wait_for_end(self) -> int:
        """Its exit code, once it ended and all that it showed was read."""
        deadline = time.monotonic() + LONGEST
        while self._read():
            assert time.monotonic() < deadline, f"the command does not end: {self.shown}"
        return self._process.wait(LONGEST)

    def _read(self) -> bool:
        """Read what comes within a moment; False when nothing can come any more."""
        if not select.select([self._master], [], [], 0.1)[0]:
            return True
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # on Linux: the other side is closed
            return False
        self._raw += piece
        return bool(piece)
