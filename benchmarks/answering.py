"""How long an answer takes, and how much memory the answering process holds: `make bench`.

The questions are those that the shipped editions offer, in six languages, each asked several times after a warm-up.
Times are of whole answers (language, embedding, search, gate), in one thread.
"""

import argparse
import platform
import resource
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from bot.answers.answering import Asker
from bot.answers.opening import open_answering
from bot.settings import Settings


def main() -> None:
    """Ask, time, report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=100, help="how many are timed (default 100)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        answering = open_answering(Settings(data_dir=Path(folder)))
        ready = time.perf_counter() - started
        articles = answering.catalogue.current().articles.values()
        offered = [question for article in articles for edition in article.editions for question in edition.questions]
        for question in offered:
            answering.answerer.answer(question, Asker())
        times = []
        for question in islice(cycle(offered), options.questions):
            begun = time.perf_counter()
            answering.answerer.answer(question, Asker())
            times.append(1000 * (time.perf_counter() - begun))
    percentiles = statistics.quantiles(times, n=20)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"machine: {platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"ready after {ready:.1f} s, the index built from nothing")
    print(
        f"an answer: median {statistics.median(times):.0f} ms, p95 {percentiles[18]:.0f} ms over {len(times)} questions"
    )
    print(f"peak memory of the process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
