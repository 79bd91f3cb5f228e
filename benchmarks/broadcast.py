"""How a broadcast to very many subscribers goes: `make broadcast`.

The real bot in a process of its own, with the packaged model and SQLite, against the tests' Bot API server in another,
over HTTP on this machine. Telegram's limits are scaled by a factor, for both alike; the server counts every breach.
Three trials: as it is; with five percent of every fault; and with kill -9 at random instants, where each start is
another process, so that nothing is asked and no memory is measured. Exits with 1 where something that must hold does
not.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks.load import verdict
from benchmarks.load.engine import build_index
from benchmarks.load.trial import Outcome, Plan, run
from bot.settings import Settings
from corpus.reader import read_corpus

TRIALS = ("plain", "faults", "kills")


def main() -> int:
    """Carry out the trials, report, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--subscribers", type=int, default=50_000, metavar="N", help="default 50,000")
    parser.add_argument("--factor", type=float, default=4, help="by which Telegram's limits are scaled (default 4)")
    parser.add_argument("--seconds", type=float, default=1200, help="that a broadcast may take at most (default 1200)")
    parser.add_argument("--questions", type=int, default=120, help="put to the quiet bot (default 120; 0: none at all)")
    parser.add_argument("--share", type=float, default=0.05, help="of requests that meet each fault (default 0.05)")
    parser.add_argument("--kills", type=int, default=10, help="default 10")
    parser.add_argument("--seed", type=int, default=1, help="of faults and instants (default 1)")
    parser.add_argument("--trial", choices=TRIALS, action="append", help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    said = sys.stderr if options.json else sys.stdout
    machine = platform.processor() or platform.machine()
    print(f"machine: {machine}, {os.cpu_count()} cores, Python {platform.python_version()}", file=said)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        build_index(data_dir)
        (article,) = read_corpus([Settings().shipped_articles])
        questions = [question for edition in article.editions for question in edition.questions]
        for plan in _plans(options):
            outcomes.append(run(plan, data_dir, article.slug, questions, _tell))
            for line in verdict.lines(outcomes[-1]):
                print(line, file=said, flush=True)
    if options.json:
        print(json.dumps([verdict.record(outcome) for outcome in outcomes], indent=2))
    return 1 if any(list(verdict.broken(outcome)) for outcome in outcomes) else 0


def _plans(options: argparse.Namespace) -> list[Plan]:
    def plan(name: str, questions: int, share: float = 0.0, kills: int = 0) -> Plan:
        return Plan(
            name, options.subscribers, options.factor, options.seconds, questions, share, kills, seed=options.seed
        )

    plans = {
        "plain": plan("plain", options.questions),
        "faults": plan("faults", options.questions, share=options.share),
        "kills": plan("kills", 0, kills=options.kills),
    }
    return [plans[name] for name in TRIALS if not options.trial or name in options.trial]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
