"""How a broadcast to very many subscribers goes: `make broadcast`.

The real bot in a process of its own, with the packaged model and SQLite, against the tests' Bot API server in another,
over HTTP on this machine. Telegram's limits are scaled by a factor, for both alike; the server counts every breach.
Three trials: as it is; with five percent of every fault; and with kill -9 at random instants, where each start is
another process, so that nothing is asked and no memory is measured. Only the first is compared with a quiet bot. Each
says beforehand how long it takes. Exits with 1 where something that must hold does not; `--report docs` adds a line a
trial to docs/delivery.md.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.load import journal, verdict
from benchmarks.load.engine import build_index
from benchmarks.load.plan import Plan, enough
from benchmarks.load.trial import Outcome, run
from bot.settings import Settings
from corpus.reader import read_corpus

TRIALS = ("plain", "faults", "kills")


def main() -> int:
    """Carry out the trials, report, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--subscribers", type=int, default=50_000, metavar="N", help="default 50,000")
    parser.add_argument("--factor", type=float, default=4, help="by which Telegram's limits are scaled (default 4)")
    parser.add_argument("--seconds", type=float, help="that a broadcast may take at most (default: by its size)")
    parser.add_argument("--questions", type=int, default=110, help="put to the quiet bot (default 110; 0: none at all)")
    parser.add_argument("--share", type=float, default=0.05, help="of requests that meet each fault (default 0.05)")
    parser.add_argument("--kills", type=int, default=10, help="default 10")
    parser.add_argument("--seed", type=int, default=1, help="of faults and instants (default 1)")
    parser.add_argument("--trial", choices=TRIALS, action="append", help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--report", type=Path, metavar="DIR", help="add a line a trial to delivery.md in this folder")
    options = parser.parse_args()
    said = sys.stderr if options.json else sys.stdout
    _, commit, machine = journal.origin()
    print(f"machine: {machine}; commit {commit}", file=said)
    outcomes: list[Outcome] = []
    broke_off = False
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        build_index(data_dir)
        (article,) = read_corpus([Settings().shipped_articles])
        questions = [question for edition in article.editions for question in edition.questions]
        for plan in _plans(options):
            _tell(
                f"{plan.name}: {plan.needed:.0f} s at the full rate; sending is given up after {plan.seconds:.0f} s, "
                f"and everything is over after {plan.most:.0f} s, whatever happens"
            )
            try:
                outcome = run(plan, data_dir, article.slug, questions, _tell)
            except RuntimeError as error:  # of the bot or the server: the other trials say something all the same
                print(f"{plan.name}: MUST NOT BE: {error}", file=said, flush=True)
                broke_off = True
                if options.report is not None:
                    journal.add(options.report, journal.BROADCASTS, journal.broken_row(plan, str(error)))
                continue
            outcomes.append(outcome)
            for line in verdict.lines(outcome):
                print(line, file=said, flush=True)
            if options.report is not None:
                journal.add(options.report, journal.BROADCASTS, journal.broadcast_row(outcome))
    if options.json:
        print(json.dumps([verdict.record(outcome) for outcome in outcomes], indent=2))
    return 1 if broke_off or any(list(verdict.broken(outcome)) for outcome in outcomes) else 0


def _plans(options: argparse.Namespace) -> list[Plan]:
    bare = Plan("plain", options.subscribers, options.factor, 0.0, options.questions, seed=options.seed)
    bare = replace(bare, asked=options.questions > 0)
    plans = {
        "plain": bare,
        "faults": replace(bare, name="faults", questions=0, share=options.share),
        "kills": replace(bare, name="kills", questions=0, asked=False, kills=options.kills),
    }
    timed = {
        name: replace(plan, seconds=options.seconds or enough(plan.needed, share=plan.share, kills=plan.kills))
        for name, plan in plans.items()
    }
    return [timed[name] for name in TRIALS if not options.trial or name in options.trial]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
