"""The bot under load: `annuncio run` with the limits of Telegram scaled, in a process of its own.

`python -m benchmarks.load.engine FACTOR FILE` is the process; settings come from its environment, and how many tasks
its loop holds goes into the file.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from bot.logs import set_up_logs
from bot.settings import load_settings
from bot.telegram.app import run_telegram
from bot.telegram.limiter import Limits
from tests.e2e.processes import ANNUNCIO, environment

LISTENING = "the bot listens"
INDEX_SECONDS = 900
START_SECONDS = 300
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at a moment (monotonic)."""

    at: float
    megabytes: float
    files: int
    threads: int
    tasks: int


@dataclass(slots=True)
class Watch:
    """Looks at a process every so many seconds, from a thread."""

    pid: int
    tasks: Path
    every: float = 0.5
    samples: list[Sample] = field(default_factory=list)
    _enough: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look until `stop`, or until the process is no more."""
        try:
            process = psutil.Process(self.pid)
            while not self._enough.wait(self.every):
                self.samples.append(sample(process, self.tasks))
        except psutil.Error:
            return

    def stop(self) -> None:
        """Look no more."""
        self._enough.set()


def sample(process: psutil.Process, tasks: Path) -> Sample:
    """What the process holds now."""
    written = tasks.read_text(encoding="ascii") if tasks.exists() else ""
    with process.oneshot():
        return Sample(
            time.monotonic(),
            process.memory_info().rss / 2**20,
            process.num_fds(),
            process.num_threads(),
            int(written or 0),
        )


def build_index(data_dir: Path) -> None:
    """Index the shipped articles in a process of its own, so that no model stays in this one."""
    command = [str(ANNUNCIO), "index", "--data-dir", str(data_dir)]
    subprocess.run(  # noqa: S603  # our own script
        command, env=environment(), stdout=subprocess.DEVNULL, timeout=INDEX_SECONDS, check=True
    )


class Engine:
    """The handle of the process; what it says goes to a file that lasts over restarts."""

    def __init__(self, folder: Path, settings: Mapping[str, str], factor: float) -> None:
        self.log = folder / "engine.log"
        self._tasks = folder / "tasks"
        self._environment = environment(settings)
        self._command = [sys.executable, "-m", "benchmarks.load.engine", f"{factor:g}", str(self._tasks)]
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What was seen of it since its start."""
        return tuple(self._watch.samples) if self._watch is not None else ()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        before = self._said().count(LISTENING)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                self._command,
                env=self._environment,
                stdin=subprocess.PIPE,  # whose end, whatever became of us, ends the process
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._said().count(LISTENING) == before:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the bot does not start:\n{self._said()[-2000:]}")
            time.sleep(0.1)
        self._watch = Watch(self._process.pid, self._tasks)
        threading.Thread(target=self._watch.run, daemon=True).start()

    def kill(self) -> float:
        """kill -9, and wait for its end; the moment of the signal (monotonic), after which it does nothing more."""
        process, self._process = self._process, None
        self._unwatch()
        at = time.monotonic()
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            _close(process)
        return at

    def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        self._unwatch()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            _close(self._process)
            self._process = None

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _count_tasks(place: int) -> None:
    """Write how many tasks there are, padded so that each count overwrites the last."""
    while True:
        os.pwrite(place, f"{len(asyncio.all_tasks()):8}".encode(), 0)
        await asyncio.sleep(0.5)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


async def _run(factor: float, tasks: str) -> None:
    place = os.open(tasks, os.O_WRONLY | os.O_CREAT, 0o600)
    settings = load_settings(Path(os.devnull))
    set_up_logs(settings.log_level)
    if settings.telegram_bot_token is None:
        raise SystemExit("the benchmark gives a token")

    def ready(_name: str) -> None:
        print(LISTENING, flush=True)

    threading.Thread(target=_end_with_parent, daemon=True).start()
    counting = asyncio.create_task(_count_tasks(place))
    await run_telegram(settings, settings.telegram_bot_token, ready, limits=Limits().scaled(factor))
    counting.cancel()
    os.close(place)


if __name__ == "__main__":
    asyncio.run(_run(float(sys.argv[1]), sys.argv[2]))
