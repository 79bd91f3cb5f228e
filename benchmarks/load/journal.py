"""A page that each run adds a line to: what was measured, of which commit, on which machine, and whether it holds."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load.plan import Plan
from benchmarks.load.trial import Latency, Outcome
from benchmarks.load.verdict import QUESTIONS, broken
from bot.evaluation.command import machine

PAGE = "delivery.md"
ROOT = Path(__file__).parents[2]

INTRODUCTION = """\
# How news is delivered

Made by `make broadcast ARGS="--report docs"` and `make soak ARGS="--report docs"`: each run adds a line, a bad one too.
The real bot with the packaged model and SQLite runs against the Bot API server of the tests on the same machine, with
Telegram's limits multiplied by a factor for both; the server counts every breach. What must hold: no breach, nothing
lost, nothing doubled but what a kill or a broken line explains; and without faults at least 95 % of the permitted rate,
an answer at most 1.5 times as slow (p95) as in a quiet bot, under 50 MB of memory more. FAILS names each that does not.
A `+` behind a commit: with changes that are in none.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One of the page: its heading, what it tells, and its columns."""

    heading: str
    words: str
    columns: tuple[str, ...]

    @property
    def head(self) -> str:
        """The table without a row."""
        rule = "|".join(" --- " for _ in self.columns)
        return f"## {self.heading}\n\n{self.words}\n\n| {' | '.join(self.columns)} |\n|{rule}|\n"


BROADCASTS = Table(
    "Broadcasts",
    "Doubled: for no reason, and by the kills or because the line broke behind a message. Answers in milliseconds,\n"
    "with the number of questions. Memory: before, and the most that was added.",
    (
        "date",
        "commit",
        "machine",
        "trial",
        "subscribers",
        "factor",
        "share of the rate",
        "breaches",
        "lost",
        "doubled",
        "quiet, p50 / p95",
        "during, p50 / p95",
        "memory",
        "result",
    ),
)
SOAKS = Table(
    "Soaks",
    "An hour of mixed traffic compressed. Each figure: by how much it rose over the last half, by the line through\n"
    "its samples, and what is allowed.",
    ("date", "commit", "machine", "seconds", "subscribers", "factor", "breaches", "risen", "result"),
)
TABLES = (BROADCASTS, SOAKS)


def empty() -> str:
    """The page before the first run."""
    return "\n".join((INTRODUCTION, *(table.head for table in TABLES)))


def with_row(page: str, table: Table, row: Sequence[str]) -> str:
    """The page with one more row at the end of a table; its head, and whatever else stands there, is kept."""
    if len(row) != len(table.columns):
        raise ValueError(f"{len(row)} cells in a table of {len(table.columns)} columns")
    lines = page.splitlines()
    head = f"| {' | '.join(table.columns)} |"
    if head not in lines:
        raise ValueError(f"no table of {table.heading.lower()} with today's columns: {head}")
    end = lines.index(head)
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    cells = (cell.replace("|", "/").replace("\n", " ") for cell in row)
    lines.insert(end, f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def add(folder: Path, table: Table, row: Sequence[str]) -> None:
    """Write one more row onto the page in this folder, which is made where there is none."""
    file = folder / PAGE
    page = file.read_text(encoding="utf-8") if file.exists() else empty()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(with_row(page, table, row), encoding="utf-8")


def origin() -> tuple[str, str, str]:
    """What each row begins with: the day, the commit, the machine."""
    about = machine()
    return f"{datetime.now(UTC):%Y-%m-%d}", commit(ROOT), f"{about['processor']}, {about['cores']} cores"


def commit(root: Path) -> str:
    """What is checked out, with a plus where the files say something else; a dash where that cannot be known."""
    git = shutil.which("git")
    if git is None:
        return "-"

    def said(*arguments: str) -> str:
        command = [git, "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  # git

    try:
        # What these runs write themselves is no change of what they measure.
        changed = said("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
        return said("rev-parse", "--short", "HEAD") + ("+" if changed else "")
    except subprocess.CalledProcessError:
        return "-"


def result(failures: Sequence[str]) -> str:
    """Whether it holds, and else everything that does not."""
    return f"FAILS: {'; '.join(failures)}" if failures else "holds"


def broadcast_row(outcome: Outcome) -> tuple[str, ...]:
    """A broadcast in the columns of its table."""
    plan, report = outcome.plan, outcome.report
    reasons = f", {sum(kill.doubled for kill in outcome.kills)} by {len(outcome.kills)} kills" if plan.kills else ""
    reasons += f", {report.ledger.excused} by the line" if plan.share else ""
    return (
        *origin(),
        plan.name,
        f"{plan.count:,}",
        f"{plan.factor:g}",
        f"{outcome.share:.1%}",
        str(len(report.breaches)),
        str(outcome.lost) + (f", {outcome.owed} owed" if outcome.owed else ""),
        str(outcome.doubled) + reasons,
        _cell(outcome.quiet),
        _cell(outcome.during),
        "-" if plan.kills else f"{outcome.memory:.0f} MB {outcome.growth:+.1f}",
        result(list(broken(outcome))),
    )


def broken_row(plan: Plan, reason: str) -> tuple[str, ...]:
    """A broadcast that came to no figures."""
    about = (*origin(), plan.name, f"{plan.count:,}", f"{plan.factor:g}")
    unknown = ("-",) * (len(BROADCASTS.columns) - len(about) - 1)
    return (*about, *unknown, result([reason.partition("\n")[0]]))


def _cell(latency: Latency | None) -> str:
    if latency is None:
        return "-"
    few = ", too few" if latency.questions < QUESTIONS else ""
    return f"{latency.p50:.0f} / {latency.p95:.0f} (n {latency.questions}{few})"
