"""The console script as a process: one command to its end, or the bot until it is stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.settings import FIELDS
from tests.bot_api import BotApiServer

ANNUNCIO = Path(sys.executable).parent / "annuncio"
TOKEN = "7654321:AAGe-made_up_for-the-tests"  # noqa: S105  # a made-up one
SECRET_PART = TOKEN.partition(":")[2]
LONGEST = 120.0
"""Seconds that any process may take: a bound against hanging, not a measurement."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that came to its end."""

    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def line(self) -> str:
        """What it said on standard error, which must be one line."""
        lines = self.stderr.splitlines()
        assert len(lines) == 1, f"{self.command} should say one line, not {self.stderr!r}"
        return lines[0]


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with no setting of the bot but those given, and never Telegram itself."""
    outside = {name: value for name, value in os.environ.items() if name not in FIELDS}
    nowhere = {"TELEGRAM_API_BASE_URL": "http://127.0.0.1:1"}
    return {**outside, **nowhere, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", **(settings or {})}


def annuncio(
    *arguments: str | Path,
    folder: Path,
    settings: Mapping[str, str] | None = None,
    text: str | None = None,
) -> Ended:
    """Run one command in `folder`, `text` on its standard input, to its end.

    Whatever it does, it shows neither the token nor a traceback.
    """
    command = [str(ANNUNCIO), *map(str, arguments)]
    done = subprocess.run(  # noqa: S603  # our own script, with arguments of the test
        command,
        cwd=folder,
        env=environment(settings),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST,
        check=False,
    )
    ended = Ended(" ".join(command[1:]), done.returncode, done.stdout, done.stderr)
    assert_discreet(ended.stdout + ended.stderr)
    return ended


def assert_discreet(output: str) -> None:
    """No output holds the token or a traceback."""
    assert SECRET_PART not in output, f"the token is shown: {output}"
    assert "Traceback" not in output, f"a traceback is shown: {output}"


def free_port() -> int:
    """A port of the loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BotProcess:
    """`annuncio run`; its standard error goes to a file that lasts over restarts."""

    def __init__(
        self,
        folder: Path,
        data_dir: Path,
        api: str,
        *,
        settings: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.data_dir = data_dir
        self._command = [str(ANNUNCIO), "run", "--data-dir", str(data_dir), *arguments]
        self._environment = environment({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE_URL": api, **(settings or {})})
        self._log = folder / "bot.stderr"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            code = self.stop()
            assert kind is not None or code == 0, f"the bot ended with {code}: {self.stderr}"
        if kind is None:
            assert_discreet(self.stderr)

    @property
    def stderr(self) -> str:
        """All that it said so far, on both outputs."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        assert self._process is None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own script, with arguments of the test
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Start it, and wait until it listens."""
        before = self.stderr.count("is listening on Telegram")
        self.launch()
        self.wait_until_said("is listening on Telegram", before + 1)

    def wait_until_said(self, text: str, times: int = 1) -> None:
        """Wait until its output holds a text so many times."""
        deadline = time.monotonic() + LONGEST
        while self.stderr.count(text) < times:
            assert self.running, f"the bot ended before it said {text!r}: {self.stderr}"
            assert time.monotonic() < deadline, f"the bot does not say {text!r}: {self.stderr}"
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        """Whether it runs still."""
        return self._process is not None and self._process.poll() is None

    def wait_for_end(self) -> int:
        """Its exit code, once it ended by itself."""
        assert self._process is not None
        try:
            return self._process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._process = None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait_for_end()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(LONGEST)


def started(server: BotApiServer, folder: Path, data_dir: Path, **settings: str) -> BotProcess:
    """A bot for `server`; enter it to start it."""
    return BotProcess(folder, data_dir, server.base_url, settings=settings)
