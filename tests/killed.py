"""A process that ends without a word."""

import subprocess
import sys
from pathlib import Path

NOTES = """
import os, signal, sys
from pathlib import Path
from bot.news.arrivals import Arrivals
from bot.state.deliveries import Arrival

arrivals = Arrivals(Path(sys.argv[1]), sys.argv[2])
arrivals.open()
for line in sys.argv[3:]:
    chat, number, tries, message = (int(part) for part in line.split())
    arrivals.note(Arrival(chat, ((number, tries),), message, (("news/p1/s1", "en", "It opens in May."),)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path, owner: str, *arrived: tuple[int, int, int, int]) -> None:
    """Let a process of that name note what arrived (chat, delivery, attempt, message), and kill it."""
    lines = [" ".join(str(part) for part in one) for one in arrived]
    command = [sys.executable, "-c", NOTES, str(folder), owner, *lines]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603  # our own words
    assert (ended.returncode, ended.stderr) == (-9, "")
