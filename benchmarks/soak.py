"""Whether the bot holds what it took: an hour of mixed traffic in five minutes: `make soak`.

Questions, commands, buttons, groups, people who block and return, an article every so often to subscribers, and some of
every fault, twelve times as fast as in life, Telegram's limits scaled alike. Memory, open files, tasks and threads of
the bot must level off: over the last half they may rise by no more than what is printed; and no limit may be broken.
The bot must be up at the end. Exits with 1 where it is not so; `--report docs` adds a line to docs/delivery.md.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.load import journal, subscribers, weather
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
FEWEST = 20
"""Samples of the last half from which a line can be drawn."""
UNSEEN = 5.0
"""Seconds without a sample after which the bot is no more."""

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


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak was like."""

    began: float  # monotonic, like the samples' moments
    ended: float
    samples: Sequence[Sample]
    done: dict[str, int]  # what people did, and how often
    breaches: Sequence[Breach]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must hold, in a line, and whether it does not."""

    name: str
    line: str
    bad: bool
    why: str  # it is bad
    risen: str = ""  # by how much, of what must level off


def main() -> int:
    """Let people do things, look at the bot, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300, help="that the hour is compressed to (default 300)")
    parser.add_argument("--subscribers", type=int, default=500, metavar="N", help="default 500")
    parser.add_argument("--seed", type=int, default=1, help="of traffic and faults (default 1)")
    parser.add_argument("--report", type=Path, metavar="DIR", help="add a line to delivery.md in this folder")
    options = parser.parse_args()
    factor = HOUR / options.seconds
    print(f"an hour in {options.seconds:.0f} s: limits and traffic scaled by {factor:g}")
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        slugs = [_write(data_dir / "articles", number) for number in range(1, ARTICLES + 1)]
        build_index(data_dir)
        soaked = _soak(options, factor, data_dir, Path(folder), slugs)
    print(f"done: {', '.join(f'{what} {count}' for what, count in sorted(soaked.done.items()))}")
    findings = found(soaked)
    for finding in findings:
        print(f"{finding.line}{'  MUST NOT BE' if finding.bad else ''}")
    if options.report is not None:
        journal.add(options.report, journal.SOAKS, row(options.seconds, options.subscribers, soaked, findings))
    return 1 if any(finding.bad for finding in findings) else 0


def _soak(options: argparse.Namespace, factor: float, data_dir: Path, folder: Path, slugs: Sequence[str]) -> Soaked:
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
            began = time.monotonic()
            telegram.start_traffic(questions, EVERY / factor, options.seed)
            for number, slug in enumerate(slugs, 1):
                asyncio.run(subscribers.announce(settings, vault, slug))
                time.sleep(max(began + options.seconds * number / len(slugs) - time.monotonic(), 0))
            done = telegram.stop_traffic()
            samples, ended = engine.samples, time.monotonic()
        breaches = telegram.report().breaches
    return Soaked(began, ended, samples, done, breaches)


def found(soaked: Soaked) -> list[Finding]:
    """All that must hold of a soak, and whether it does."""
    samples = [sample for sample in soaked.samples if sample.at >= soaked.began]
    return [stayed_up(samples, soaked.began, soaked.ended), *judged(samples), kept_to(soaked.breaches)]


def stayed_up(samples: Sequence[Sample], began: float, ended: float) -> Finding:
    """Whether the bot was there to be looked at, from the beginning to the end: what is gone holds nothing."""
    seen = [began, *(sample.at for sample in samples), ended]
    gap = max(later - earlier for earlier, later in pairwise(seen))
    line = f"up         looked at {len(samples)} times in {ended - began:.0f} s, at most {gap:.1f} s apart"
    return Finding("up", line, gap > UNSEEN, "the bot was not there all the time")


def kept_to(breaches: Sequence[Breach]) -> Finding:
    """Telegram's limits, and whether one was broken."""
    example = f", as in {breaches[0].description!r}" if breaches else ""
    line = f"breaches   {len(breaches)} of Telegram's limits{example}"
    return Finding("breaches", line, bool(breaches), f"{len(breaches)} breaches of Telegram's limits")


def judged(samples: Sequence[Sample]) -> Iterator[Finding]:
    """Each thing that must level off, and whether it does not."""
    half = samples[len(samples) // 2 :]
    if len(half) < FEWEST:
        yield Finding("samples", f"samples    {len(samples)}", True, "too little was seen of the bot to judge")
        return
    times = [sample.at - half[0].at for sample in half]
    for name, allowed in ALLOWED.items():
        values = [float(getattr(sample, name)) for sample in half]
        slope = statistics.linear_regression(times, values).slope
        risen = slope * times[-1]
        line = (
            f"{name:<10} {values[0]:8.1f} -> {values[-1]:8.1f}, {60 * slope:+.2f} a minute over the last half: "
            f"{risen:+.1f} in all, at most {allowed:+.1f}"
        )
        why = f"{name} rose by {risen:.1f} over the last half, more than {allowed:g}"
        yield Finding(name, line, risen > allowed, why, f"{name} {risen:+.1f} of {allowed:g}")


def row(seconds: float, count: int, soaked: Soaked, findings: Sequence[Finding]) -> tuple[str, ...]:
    """A soak in the columns of its table."""
    return (
        *journal.origin(),
        f"{seconds:.0f}",
        f"{count:,}",
        f"{HOUR / seconds:g}",
        str(len(soaked.breaches)),
        ", ".join(finding.risen for finding in findings if finding.risen) or "-",
        journal.result([finding.why for finding in findings if finding.bad]),
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
