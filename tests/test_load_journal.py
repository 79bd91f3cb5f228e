"""The page that every broadcast and soak adds a line to."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import soak
from benchmarks.load import journal
from benchmarks.load.crowd import Ledger
from benchmarks.load.engine import Sample
from benchmarks.load.plan import Plan
from benchmarks.load.telegram import Report
from benchmarks.load.trial import Kill, Latency, Outcome
from tests.bot_api import Breach, BreachKind

ROOT = Path(__file__).parents[1]
ORIGIN = ("2026-03-01", "abc1234", "A processor, 2 cores")
CLEAN = Ledger(taken=1000, missing=(), ended=0, excused=0, doubled=(), after_the_end=0)


@pytest.fixture(autouse=True)
def origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same day, commit and machine each time."""
    monkeypatch.setattr(journal, "origin", lambda: ORIGIN)


@pytest.fixture
def outcome() -> Outcome:
    """A broadcast of which everything holds that must."""
    report = Report(CLEAN, (), 59, 5820, 100.0, {})
    quiet, during = Latency(100, 200, 110, 0), Latency(120, 290, 400, 0)
    return Outcome(Plan("plain", 5000, 2, 60, 110), report, True, 0, 0, 0, (), quiet, during, 400, 12.3)


def test_the_page_of_the_project_has_the_head_that_the_code_writes() -> None:
    """docs/delivery.md begins as a new page does, and each of its tables has today's columns."""
    page = (ROOT / "docs" / journal.PAGE).read_text(encoding="utf-8")
    assert page.startswith(journal.INTRODUCTION)
    assert all(table.head in page for table in journal.TABLES)


def test_each_run_adds_a_line_at_the_end_of_its_table(tmp_path: Path, outcome: Outcome) -> None:
    """What stood on the page stays: the head, the rows before, and the other table."""
    for name in ("plain", "faults"):
        row = journal.broadcast_row(replace(outcome, plan=replace(outcome.plan, name=name)))
        journal.add(tmp_path / "docs", journal.BROADCASTS, row)
    page = (tmp_path / "docs" / journal.PAGE).read_text(encoding="utf-8")
    before, after = journal.empty().split("\n\n## Soaks")
    assert page.startswith(before)
    assert page.endswith(f"## Soaks{after}")
    rows = page.removeprefix(before).partition("\n\n## Soaks")[0].strip().splitlines()
    assert [row.split(" | ")[3] for row in rows] == ["plain", "faults"]


def test_a_broadcast_in_a_row(outcome: Outcome) -> None:
    """Where it comes from, what was measured, with the number of questions, and that it holds."""
    assert journal.broadcast_row(outcome) == (
        *ORIGIN,
        *("plain", "5,000", "2", "97.0%", "0", "0", "0"),
        *("100 / 200 (n 110)", "120 / 290 (n 400)", "400 MB +12.3", "holds"),
    )


def test_a_row_says_what_fails(outcome: Outcome) -> None:
    """All of it, on one line; and how many came twice by a kill."""
    breach = Breach(BreachKind.PACE, "sendMessage", 1, "a | b")
    bad = replace(
        outcome,
        plan=replace(outcome.plan, kills=1),
        report=replace(outcome.report, breaches=(breach,)),
        lost=2,
        owed=1,
        kills=(Kill(100, 64, 9, 3, 0),),
        quiet=None,
        during=Latency(1, 2, 30, 0),
    )
    row = journal.broadcast_row(bad)
    assert row[7:10] == ("1", "2, 1 owed", "0, 3 by 1 kills")
    assert row[10:13] == ("-", "1 / 2 (n 30, too few)", "-")
    assert row[13].startswith("FAILS: limits of Telegram were broken")
    assert "; 2 messages were lost; 1 messages are put off" in row[13]
    assert "'a / b'" in journal.with_row(journal.empty(), journal.BROADCASTS, row)


def test_a_trial_that_breaks_off_leaves_a_row(outcome: Outcome) -> None:
    """With the first line of why."""
    row = journal.broken_row(outcome.plan, "the bot does not start:\nTraceback")
    assert len(row) == len(journal.BROADCASTS.columns)
    assert row[-1] == "FAILS: the bot does not start:"


def test_a_soak_in_a_row() -> None:
    """By how much each thing rose, and what failed."""
    samples = [Sample(float(at), 400 + at / 10, 20, 9, 7) for at in range(301)]
    soaked = soak.Soaked(0.0, 300.0, samples, {"asks": 3}, ())
    assert soak.row(300, 500, soaked, soak.found(soaked)) == (
        *ORIGIN,
        *("300", "500", "12", "0", "megabytes +15.0 of 15, files +0.0 of 4, threads +0.0 of 2, tasks +0.0 of 6"),
        "holds",
    )
    worse = replace(soaked, samples=[replace(one, files=int(20 + one.at)) for one in samples])
    assert soak.row(300, 500, worse, soak.found(worse))[-1] == (
        "FAILS: files rose by 150.0 over the last half, more than 4"
    )


def test_a_page_with_other_columns_is_not_written_to() -> None:
    """Nor is a row that has not a cell for each."""
    with pytest.raises(ValueError, match="no table of broadcasts"):
        journal.with_row("# Other\n", journal.BROADCASTS, ("-",) * len(journal.BROADCASTS.columns))
    with pytest.raises(ValueError, match="1 cells in a table of"):
        journal.with_row(journal.empty(), journal.SOAKS, ("-",))


def test_without_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    """A copy of the files alone can be measured, too."""
    assert journal.commit(tmp_path) == "-"
