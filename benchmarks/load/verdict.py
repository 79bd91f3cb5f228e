"""What must hold of a broadcast, and how its figures are shown."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.load import weather
from benchmarks.load.crowd import FRESH
from benchmarks.load.trial import Latency, Outcome
from bot.state.outbox import LEASE

SHARE = 0.95
"""Of the permitted rate, at least."""
SLOWER = 1.5
"""Times the p95 of a quiet bot that an answer may take during a broadcast, at most."""
GROWTH = 50.0
"""MB by which the memory may grow, at most."""
QUESTIONS = 100
"""From so many on a p95 says something: five of them are slower."""
SILENCE = LEASE.total_seconds() / 2
"""Seconds after which a process that was started anew waits for leases and sends nothing."""


def broken(outcome: Outcome) -> Iterator[str]:
    """Each thing that must hold and did not."""
    report, plan = outcome.report, outcome.plan
    if report.breaches:
        kinds = Counter(breach.kind.value for breach in report.breaches)
        yield f"limits of Telegram were broken: {dict(kinds)}, as in {report.breaches[0].description!r}"
    if outcome.lost:
        ends = ", ".join(f"{count} {end}" for end, count in outcome.lost_because.items())
        yield f"{outcome.lost} messages were lost{f' ({ends})' if ends else ''}"
    if outcome.doubled:
        yield f"{outcome.doubled} messages came twice for no reason"
    if report.ledger.after_the_end:
        yield f"{report.ledger.after_the_end} messages went to chats that had ended"
    for number, kill in enumerate(outcome.kills, 1):
        if kill.doubled > kill.in_the_air:
            yield f"kill {number}: {kill.doubled} messages came twice, and {kill.in_the_air} were in flight"
        if kill.late:
            yield f"kill {number}: {kill.late} messages came twice that were answered over {1000 * FRESH:.0f} ms before"
        # Nothing else is left to send where all of the rest was in the hands of those that were killed.
        if kill.taken + sum(one.held for one in outcome.kills[:number]) < plan.count and kill.silence > SILENCE:
            yield f"kill {number}: the next process listened, and sent nothing for {kill.silence:.0f} s"
    if len(outcome.kills) < plan.kills:
        yield f"only {len(outcome.kills)} of {plan.kills} kills found a broadcast to interrupt"
    if not outcome.finished:  # what is due only after the end is left out of it: see trial
        yield f"after {plan.seconds:.0f} s {outcome.owed} messages were still owed"
    elif outcome.owed > allowed_to_owe(outcome):
        yield f"{outcome.owed} messages are put off beyond the end, more than {allowed_to_owe(outcome):.0f}"
    if not plan.kills and outcome.growth >= GROWTH:
        yield f"the memory grew by {outcome.growth:.0f} MB"
    if outcome.during is not None and outcome.during.unanswered:
        yield f"{outcome.during.unanswered} questions found no answer"
    if plan.share or plan.kills:
        return
    if outcome.share < SHARE:
        yield f"{outcome.share:.1%} of the permitted rate, not {SHARE:.0%}"
    if outcome.quiet is not None and outcome.during is not None and outcome.during.p95 > SLOWER * outcome.quiet.p95:
        yield f"an answer took {outcome.during.p95 / outcome.quiet.p95:.2f} times as long (p95) as in a quiet bot"


def allowed_to_owe(outcome: Outcome) -> float:
    """How many messages may be put off beyond the end: twice what fails so often by chance, and some more."""
    return 2 * weather.stubborn(outcome.plan.share) * outcome.plan.count + 10 if outcome.plan.share else 0.0


def lines(outcome: Outcome) -> Iterator[str]:
    """The figures, a line each."""
    report, plan = outcome.report, outcome.plan
    yield f"{plan.name}: {plan.count} subscribers, limits scaled by {plan.factor:g}"
    yield (
        f"  messages        {report.messages} in {report.seconds:.1f} s: {outcome.rate:.1f} a second, "
        f"{outcome.share:.1%} of what is permitted; {report.busiest} in the busiest second"
    )
    yield f"  breaches        {len(report.breaches)}"
    yield f"  lost            {outcome.lost}" + (f" (and {outcome.owed} owed still)" if outcome.owed else "")
    by_kills = f", and {sum(kill.doubled for kill in outcome.kills)} by the kills" if plan.kills else ""
    yield f"  doubled         {outcome.doubled} for no reason{by_kills}"
    if plan.share:
        yield f"  ended by faults {report.ledger.ended} chats; {report.ledger.after_the_end} messages after that"
        yield f"  line broken     {report.ledger.excused} messages came again, which only Telegram could have known"
        yield f"  faults          {', '.join(f'{name} {count}' for name, count in sorted(report.faults.items()))}"
    for number, kill in enumerate(outcome.kills, 1):
        yield (
            f"  kill -9 no. {number:<3} after {kill.taken} messages: {kill.in_the_air} in flight of {kill.held} taken; "
            f"{kill.doubled} came twice, {kill.answered_before} of them answered before, "
            f"up to {kill.oldest:.0f} ms, {kill.late} too long before to be in flight; "
            f"listens again after {kill.restart:.1f} s, sends {kill.silence:.1f} s later"
        )
    for name, latency in (("quiet", outcome.quiet), ("broadcast", outcome.during)):
        if latency is not None:
            yield f"  answers, {name:<9} {_shown(latency)}"
    if not plan.kills:
        yield f"  memory          {outcome.memory:.0f} MB, and {outcome.growth:+.1f} MB at most during the broadcast"
    for what in broken(outcome):
        yield f"  MUST NOT BE: {what}"


def record(outcome: Outcome) -> Mapping[str, Any]:
    """The figures as JSON has them."""
    report = outcome.report
    return {
        **asdict(outcome.plan),
        "messages": report.messages,
        "duration": report.seconds,
        "per_second": outcome.rate,
        "share_of_permitted": outcome.share,
        "busiest_second": report.busiest,
        "breaches": len(report.breaches),
        "lost": outcome.lost,
        "owed": outcome.owed,
        "doubled": outcome.doubled,
        "excused": report.ledger.excused,
        "ended": report.ledger.ended,
        "faults": report.faults,
        "kill": [asdict(kill) for kill in outcome.kills],
        "quiet": asdict(outcome.quiet) if outcome.quiet else None,
        "during": asdict(outcome.during) if outcome.during else None,
        "memory": outcome.memory,
        "growth": outcome.growth,
        "broken": list(broken(outcome)),
    }


def _shown(latency: Latency) -> str:
    missing = f", {latency.unanswered} without an answer" if latency.unanswered else ""
    few = f", fewer than the {QUESTIONS} that a p95 takes" if latency.questions < QUESTIONS else ""
    return f"p50 {latency.p50:.0f} ms, p95 {latency.p95:.0f} ms over {latency.questions} questions{few}{missing}"
