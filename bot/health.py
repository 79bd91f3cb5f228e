"""Is the bot alive? The running bot writes a heartbeat, `annuncio health` reads it; nothing heavy is imported."""

import asyncio
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StateError

EVERY = 10.0
"""Seconds between two heartbeats."""
STALE = 60.0
"""Seconds after which a heartbeat is too old to trust."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the bot is alive, and one line that says why."""

    alive: bool
    text: str


def beat(file: Path) -> None:
    """Write one heartbeat, in one step. Raises StateError."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        temporary.write_text(json.dumps({"at": time.time(), "pid": os.getpid()}), encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise StateError(
            f"the heartbeat {file} cannot be written ({error.strerror}): check the data directory"
        ) from error


def _stop_beating(file: Path) -> None:
    file.unlink(missing_ok=True)


async def keep_beating(file: Path, stop: asyncio.Event) -> None:
    """Beat until `stop`, then take the heartbeat away: a bot that has stopped is not alive."""
    waiting = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            beat(file)
            await asyncio.wait({waiting}, timeout=EVERY)
    finally:
        waiting.cancel()
        _stop_beating(file)


def check(file: Path, now: float) -> Health:
    """Judge the heartbeat at `now` (seconds since the epoch)."""
    try:
        at = float(json.loads(file.read_text(encoding="utf-8"))["at"])
    except FileNotFoundError:
        return Health(False, f"not running: there is no heartbeat at {file}")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        at = math.nan
    if not math.isfinite(at):
        return Health(False, f"not known: the heartbeat {file} cannot be read")
    age = now - at
    if age > STALE:
        return Health(False, f"not alive: the last heartbeat is {age:.0f} s old, at most {STALE:.0f} s are allowed")
    return Health(True, f"alive: the last heartbeat is {max(age, 0):.0f} s old")
