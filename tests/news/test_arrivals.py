"""What arrived is known to whoever comes after a process that was killed."""

import errno
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.news.arrivals import Arrivals
from bot.state.deliveries import Arrival
from tests.killed import killed

FIRST = Arrival(7, ((11, 1), (12, 3)), 345, (("depot/p1/s1", "zh", "“六月”\u2028开业\x85。"),))
SECOND = Arrival(8, ((13, 1),), None)


def test_what_a_killed_process_noted_is_read_and_then_gone(tmp_path: Path) -> None:
    """Whoever comes after a kill is given all that was noted, once; nothing of it stays on the disk."""
    killed(tmp_path, "last", (7, 11, 1, 345), (8, 12, 2, 346))
    os.utime(tmp_path / "last.jsonl", (1_750_000_000, 1_750_000_000))
    mine = Arrivals(tmp_path, "mine")
    assert mine.others() == ("last",)
    with mine.left_by("last") as left:
        assert left is not None
        assert [(one.chat_id, one.deliveries, one.message_id) for one in left] == [
            (7, ((11, 1),), 345),
            (8, ((12, 2),), 346),
        ]
        assert left[0].shown == (("news/p1/s1", "en", "It opens in May."),)
        assert left[0].at == datetime.fromtimestamp(1_750_000_000, UTC)
        with Arrivals(tmp_path, "third").left_by("last") as again:
            assert again is None
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_used_stays(tmp_path: Path) -> None:
    """Where what was left cannot be written into the database, it is there the next time."""
    killed(tmp_path, "last", (7, 11, 1, 345))
    mine = Arrivals(tmp_path, "mine")
    with pytest.raises(OSError, match="full"), mine.left_by("last"):
        raise OSError("full")
    with mine.left_by("last") as left:
        assert left is not None
        assert len(left) == 1


def test_nobody_takes_over_from_the_living(tmp_path: Path) -> None:
    """As long as an announcer is there, what it noted is its own; it keeps nothing that the database knows, and leaves
    nothing when it goes."""
    one, other = Arrivals(tmp_path, "one"), Arrivals(tmp_path, "other")
    assert one.open()
    assert not one.open()
    one.note(FIRST)
    one.clear()
    one.note(SECOND)
    with other.left_by("one") as left:
        assert left is None
    assert (tmp_path / "one.jsonl").read_text().count("\n") == 1
    one.close()
    assert list(tmp_path.iterdir()) == []
    assert other.others() == ()


def test_what_is_read_is_what_was_noted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every value comes back as it was, in any script; a line that a full disk cut short is passed over and logged."""
    one = Arrivals(tmp_path, "one")
    one.open()
    one.note(FIRST)
    one.note(SECOND)
    with (tmp_path / "one.jsonl").open("a") as file:
        file.write('{"chat_id": 9, "deli')
    (tmp_path / "one.jsonl").rename(tmp_path / "copy.jsonl")
    one.close()
    with caplog.at_level(logging.WARNING), Arrivals(tmp_path, "other").left_by("copy") as left:
        assert left == (FIRST, SECOND)
    assert [message.partition(" cannot")[0] for message in caplog.messages] == [f"A line of {tmp_path / 'copy.jsonl'}"]


def test_a_disk_that_refuses_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be noted, that is said once, and announcing goes on."""
    (tmp_path / "file").write_text("")
    shut = Arrivals(tmp_path / "file", "one")
    shut.open()
    shut.note(FIRST)
    shut.clear()
    shut.close()
    assert len(caplog.messages) == 1
    full = Arrivals(tmp_path / "full", "two")
    full.open()

    def refuse(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", refuse)
        full.note(FIRST)
        full.note(SECOND)
        broken.setattr(os, "truncate", refuse)
        full.clear()
    assert caplog.messages[1:] == [f"What arrives cannot be noted in {tmp_path / 'full'}: No space left on device"]
    full.close()


def test_a_line_that_was_cut_short_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted once the disk has room again can be read, whatever stands unfinished before it."""
    one = Arrivals(tmp_path, "one")
    one.open()
    write = os.write
    with monkeypatch.context() as nearly_full:
        nearly_full.setattr(os, "write", lambda file, data: write(file, data[:20]))
        one.note(FIRST)
    one.note(SECOND)
    (tmp_path / "one.jsonl").rename(tmp_path / "copy.jsonl")
    one.close()
    with Arrivals(tmp_path, "other").left_by("copy") as left:
        assert left == (SECOND,)
