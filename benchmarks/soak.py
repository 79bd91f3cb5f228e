"""Whether the bot holds what it took: an hour of mixed traffic in five minutes: `make soak`.

Questions, commands, buttons, groups, people who block and return, an article every so often to subscribers, and some of
every fault, twelve times as fast as in life, Telegram's limits scaled alike. Memory, open files, tasks and threads of
the bot must level off: over the last half they may rise by no more than what is printed; and no limit may be broken.
Exits with 1 where it is not so.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.load import subscribers, weather
from benchmarks.load.engine import Engine, Sample, build_index
from benchmarks.load.telegram import Telegram
from benchmarks.load.trial import TOKEN
from bot.settings import Settings
from bot.state.vault import Vault
from corpus.model import Edition
from corpus.reader import parse_edition, read_corpus, write_edition
from tests.bot_api import Breach, Limits

HOUR = 3600
SHARE = 0.01
"""Of the requests, for each fault."""
EVERY = 6.0
"""Seconds of the hour from one thing that people do to the next."""
ARTICLES = 10
ALLOWED = {"megabytes": 15.0, "files": 4.0, "threads": 2.0, "tasks": 6.0}
"""By how much each may rise over the last half, by the line through its samples."""

_ARTICLE = """\
---
title: Line {number} of the night tram opens
language: en
original: en
published: 2026-03-{number:02d}
source: City of Linden
topics: [news]
---
Line {number} of the night tram opens on {number} March 2026.
It has {stops} stops, and a ticket costs {number}.40 euros.

The first tram leaves the harbour at midnight.
"""


def main() -> int:
    """Let people do things, look at the bot, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300, help="that the hour is compressed to (default 300)")
    parser.add_argument("--subscribers", type=int, default=500, metavar="N", help="default 500")
    parser.add_argument("--seed", type=int, default=1, help="of traffic and faults (default 1)")
    options = parser.parse_args()
    factor = HOUR / options.seconds
    print(f"an hour in {options.seconds:.0f} s: limits and traffic scaled by {factor:g}")
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        slugs = [_write(data_dir / "articles", number) for number in range(1, ARTICLES + 1)]
        build_index(data_dir)
        samples, done, breaches = _soak(options, factor, data_dir, Path(folder), slugs)
    print(f"done: {', '.join(f'{what} {count}' for what, count in sorted(done.items()))}")
    bad = False
    for line, must_not_be in (*judged(samples), kept_to(breaches)):
        print(line)
        bad = bad or must_not_be
    return 1 if bad else 0


def _soak(
    options: argparse.Namespace, factor: float, data_dir: Path, folder: Path, slugs: Sequence[str]
) -> tuple[Sequence[Sample], dict[str, int], Sequence[Breach]]:
    key = Fernet.generate_key().decode()
    vault = Vault((key,))
    settings = Settings(data_dir=data_dir, key=key)
    asyncio.run(subscribers.subscribe_all(settings, vault, options.subscribers))
    articles = read_corpus([Settings().shipped_articles])
    questions = [question for article in articles for edition in article.editions for question in edition.questions]
    with Telegram(TOKEN, options.subscribers, Limits().scaled(factor)) as telegram:
        environment = {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE_URL": telegram.base_url,
            "ANNUNCIO_DATA_DIR": str(data_dir.resolve()),
            "ANNUNCIO_KEY": key,
        }
        with Engine(folder, environment, factor) as engine:
            telegram.rain(*weather.showers(SHARE, options.seed))
            telegram.start_traffic(questions, EVERY / factor, options.seed)
            for slug in slugs:
                asyncio.run(subscribers.announce(settings, vault, slug))
                time.sleep(options.seconds / len(slugs))
            done = telegram.stop_traffic()
            samples = engine.samples
        breaches = telegram.report().breaches
    return samples, done, breaches


def kept_to(breaches: Sequence[Breach]) -> tuple[str, bool]:
    """A line about Telegram's limits, and whether one was broken."""
    example = f", as in {breaches[0].description!r}  MUST NOT BE" if breaches else ""
    return f"breaches   {len(breaches)} of Telegram's limits{example}", bool(breaches)


def judged(samples: Sequence[Sample]) -> Iterator[tuple[str, bool]]:
    """A line for each thing that must level off, and whether it does not."""
    half = samples[len(samples) // 2 :]
    times = [sample.at - half[0].at for sample in half]
    for name, allowed in ALLOWED.items():
        values = [float(getattr(sample, name)) for sample in half]
        slope = statistics.linear_regression(times, values).slope
        risen = slope * times[-1]
        bad = risen > allowed
        yield (
            f"{name:<10} {values[0]:8.1f} -> {values[-1]:8.1f}, {60 * slope:+.2f} a minute over the last half: "
            f"{risen:+.1f} in all, at most {allowed:+.1f}{'  MUST NOT BE' if bad else ''}",
            bad,
        )


def _write(folder: Path, number: int) -> str:
    """Put a small article into the folder; its slug."""
    slug = f"2026-03-{number:02d}-line-{number}-of-the-night-tram-opens"
    text = _ARTICLE.format(number=number, stops=10 + number)
    edition: Edition = parse_edition(text.encode(), folder / slug / "en.md", slug=slug)
    folder.mkdir(parents=True, exist_ok=True)
    write_edition(edition, folder)
    return slug


if __name__ == "__main__":
    sys.exit(main())
