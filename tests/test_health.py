"""The heartbeat: written while the bot runs, gone when it stops, judged by its age."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from bot.errors import StateError
from bot.health import STALE, Health, beat, check, keep_beating


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the heartbeat will be."""
    return tmp_path / "heartbeat.json"


def beaten_at(file: Path) -> float:
    """The moment in a heartbeat."""
    return float(json.loads(file.read_text(encoding="utf-8"))["at"])


def test_a_beat_says_when_and_who(file: Path) -> None:
    """A heartbeat holds the moment and the process, and nothing is left beside it."""
    before = time.time()
    beat(file)
    record = json.loads(file.read_text(encoding="utf-8"))
    assert before <= record["at"] <= time.time()
    assert record["pid"] == os.getpid()
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("age", "health"),
    [
        (0, Health(True, "alive: the last heartbeat is 0 s old")),
        (STALE, Health(True, "alive: the last heartbeat is 60 s old")),
        (STALE + 1, Health(False, "not alive: the last heartbeat is 61 s old, at most 60 s are allowed")),
        (86_400, Health(False, "not alive: the last heartbeat is 86400 s old, at most 60 s are allowed")),
        (-1, Health(True, "alive: the last heartbeat is 0 s old")),
    ],
)
def test_age_decides(file: Path, age: float, health: Health) -> None:
    """A heartbeat is good for a minute; a clock that was set back by a little does no harm."""
    file.write_text('{"at": 1000000, "pid": 1}', encoding="utf-8")
    assert check(file, 1_000_000 + age) == health


def test_no_heartbeat(file: Path) -> None:
    """Without a heartbeat the bot is not running, and the line says where one was looked for."""
    assert check(file, 0) == Health(False, f"not running: there is no heartbeat at {file}")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"at": null}', b'{"at": "x"}', b'{"pid": 1}', b"\xff", b'{"at": NaN}', b"[" * 9999],
)
def test_a_damaged_heartbeat(file: Path, content: bytes) -> None:
    """A heartbeat that cannot be read is no sign of life, and no traceback."""
    file.write_bytes(content)
    assert check(file, 0) == Health(False, f"not known: the heartbeat {file} cannot be read")


def test_a_heartbeat_that_is_a_folder(file: Path) -> None:
    """Nor is something that is no file."""
    file.mkdir()
    assert check(file, 0) == Health(False, f"not known: the heartbeat {file} cannot be read")


def test_a_place_that_takes_no_heartbeat(tmp_path: Path) -> None:
    """Where it cannot be written, the line names the file and what to look at."""
    (tmp_path / "data").write_text("x", encoding="utf-8")
    file = tmp_path / "data" / "heartbeat.json"
    with pytest.raises(StateError, match=rf"the heartbeat {file} cannot be written \(.+\): check the data directory"):
        beat(file)


async def test_it_beats_until_the_stop(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the bot runs it beats again and again; on stop the heartbeat is taken away at once."""
    monkeypatch.setattr("bot.health.EVERY", 0.001)
    stop, beaten = asyncio.Event(), asyncio.Queue[float]()

    def noted(file: Path) -> None:
        beat(file)
        beaten.put_nowait(beaten_at(file))

    monkeypatch.setattr("bot.health.beat", noted)
    beating = asyncio.create_task(keep_beating(file, stop))
    async with asyncio.timeout(30):
        assert len({await beaten.get() for _ in range(3)}) == 3
    monkeypatch.setattr("bot.health.EVERY", 3600)
    stop.set()
    async with asyncio.timeout(30):
        await beating
    assert check(file, time.time()) == Health(False, f"not running: there is no heartbeat at {file}")


async def test_it_ends_with_the_bot(file: Path) -> None:
    """A bot that is cancelled takes its heartbeat away as well."""
    beating = asyncio.create_task(keep_beating(file, asyncio.Event()))
    await asyncio.sleep(0)
    assert check(file, time.time()).alive
    beating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beating
    assert check(file, time.time()) == Health(False, f"not running: there is no heartbeat at {file}")
