"""What the load benchmarks make of what they saw."""

import multiprocessing
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from benchmarks.load.crowd import (
    FIRST_ASKER,
    FRESH,
    GROWN,
    Ledger,
    doubled_by,
    in_the_air,
    ledger,
    subscriber_of,
    subscribers,
)
from benchmarks.load.engine import Sample
from benchmarks.load.plan import Plan, enough, instants
from benchmarks.load.subscribers import due
from benchmarks.load.telegram import Answers, Report, Telegram
from benchmarks.load.traffic import Traffic
from benchmarks.load.trial import Kill, Latency, Outcome, latency
from benchmarks.load.verdict import broken, lines, record
from benchmarks.load.weather import showers
from benchmarks.soak import ALLOWED, Soaked, found, judged, kept_to
from bot.clock import utc_now
from tests.bot_api import BotApiServer, Breach, BreachKind, Call, Limits, Sent, faults

TOKEN = "123:TEST"  # noqa: S105  # a made-up one
GROUP, ONE, TWO, THREE = subscribers(4)


def sent(chat_id: int, at: float, version: int = 0) -> Sent:
    """A message that was shown."""
    return Sent(chat_id, 1, "x", "x", version=version, at=at)


def call(chat_id: int, status: int | None = 200, fault: str | None = None, ended_at: float = 0.0) -> Call:
    """A request."""
    return Call("sendMessage", {"chat_id": chat_id}, status, fault=fault, ended_at=ended_at)


def test_people_and_groups_subscribe_and_askers_do_not() -> None:
    """Every twentieth subscriber is a group, and stays the same subscriber as it grows; who asks is none."""
    assert sum(chat_id < 0 for chat_id in subscribers(100)) == 5
    assert [subscriber_of(chat_id) for chat_id in (GROUP, GROUP + GROWN, ONE)] == [GROUP, GROUP, ONE]
    assert [subscriber_of(chat_id) for chat_id in (FIRST_ASKER, 42, None)] == [None, None, None]


def test_each_subscriber_once_is_a_clean_ledger() -> None:
    """One copy each, edits and answers to others aside."""
    told = ledger(
        (ONE, GROUP),
        [sent(ONE, 1), sent(GROUP + GROWN, 2), sent(ONE, 3, version=1), sent(FIRST_ASKER, 4), sent(FIRST_ASKER, 5)],
        [call(ONE), call(GROUP, 400, "migrated"), call(GROUP + GROWN)],
    )
    assert told == Ledger(taken=2, missing=(), ended=0, excused=0, doubled=(), after_the_end=0)


def test_what_did_not_come_is_missing_unless_a_fault_ended_the_chat() -> None:
    """A chat that was gone is owed nothing more, and must be left alone."""
    gone = call(TWO, 403, "user is deactivated")
    told = ledger((ONE, TWO), [], [call(ONE, 500, "500"), gone])
    assert (told.missing, told.ended, told.after_the_end) == ((ONE,), 1, 0)
    assert ledger((TWO,), [], [gone, call(TWO, 403)]).after_the_end == 1


def test_a_second_copy_needs_a_broken_line() -> None:
    """Two copies are excused where the line had broken behind the first, and are doubled where it had not."""
    cut = call(ONE, None, "cut after")
    told = ledger((ONE, TWO), [sent(ONE, 1), sent(ONE, 2), sent(TWO, 3), sent(TWO, 5)], [cut, call(ONE), call(TWO)])
    assert told.excused == 1
    assert [(one.chat_id, one.shown_at, one.again_at) for one in told.doubled] == [(TWO, 3, 5)]
    assert ledger((ONE,), [sent(ONE, at) for at in (1, 2, 3)], [cut]).excused == 1


def test_second_copies_belong_to_the_kill_between_them() -> None:
    """What came again after a kill came because of it; what no kill parts has no reason."""
    history = [sent(ONE, 1), sent(ONE, 4), sent(TWO, 7), sent(TWO, 8)]
    doubled = ledger((ONE, TWO), history, []).doubled
    assert doubled_by(doubled, (2, 5)) == {2: 1, 5: 0, float("inf"): 1}


def test_what_is_in_the_air_is_open_or_just_answered() -> None:
    """A request counts as in flight from its start until its answer must have been read."""
    request = replace(call(ONE, ended_at=5.0), at=4.0)
    moments = (3.9, 4.5, 5 + 0.9 * FRESH, 5 + 1.1 * FRESH)
    assert [in_the_air(request, moment) for moment in moments] == [False, True, True, False]
    assert in_the_air(replace(request, ended_at=None), 9.0)
    assert not in_the_air(replace(request, params={"chat_id": FIRST_ASKER}), 4.5)


def test_latencies_are_in_milliseconds() -> None:
    """Median and p95 of all that was answered, and how much was not."""
    found = latency(Answers(tuple(place / 1000 for place in range(1, 101)), unanswered=2))
    assert (found.p50, found.questions, found.unanswered) == (50.5, 102, 2)
    assert 95 <= found.p95 <= 96
    assert latency(Answers((), 1)).p95 == float("inf")


CLEAN = Ledger(taken=1000, missing=(), ended=0, excused=0, doubled=(), after_the_end=0)
QUIET = Latency(100, 200, 50, 0)


@pytest.fixture
def good() -> Outcome:
    """A broadcast of which everything holds that must."""
    plan = Plan("plain", 1000, 2, 60, 50)
    report = Report(CLEAN, (), 59, 582, 10.0, {})
    return Outcome(plan, report, True, 0, 0, 0, (), QUIET, Latency(120, 300, 60, 0), 400, 49.9)


def test_a_good_broadcast_breaks_nothing(good: Outcome) -> None:
    """58.2 of 60 permitted messages a second are 97 %."""
    assert (good.rate, round(good.share, 3), list(broken(good))) == (58.2, 0.97, [])
    assert any("97.0% of what is permitted" in line for line in lines(good))
    assert record(good)["share_of_permitted"] == good.share


def test_everything_that_must_hold_is_checked(good: Outcome) -> None:
    """Breaches, losses, copies, the rate, slow and missing answers, memory, an end that was not reached."""
    report = replace(good.report, messages=540, breaches=(Breach(BreachKind.PACE, "sendMessage", 1, "too fast"),))
    bad = replace(
        good,
        report=replace(report, ledger=replace(CLEAN, after_the_end=1)),
        finished=False,
        lost=1,
        owed=2,
        doubled=1,
        during=Latency(120, 301, 60, 1),
        growth=50.0,
    )
    assert list(broken(bad)) == [
        "limits of Telegram were broken: {'pace': 1}, as in 'too fast'",
        "1 messages were lost",
        "1 messages came twice for no reason",
        "1 messages went to chats that had ended",
        "after 60 s 2 messages were still owed",
        "the memory grew by 50 MB",
        "1 questions found no answer",
        "90.0% of the permitted rate, not 95%",
        "an answer took 1.50 times as long (p95) as in a quiet bot",
    ]
    assert sum("MUST NOT BE" in line for line in lines(bad)) == 9


def test_a_bad_day_must_end_too(good: Outcome) -> None:
    """Amid faults, as on a good day, a broadcast that brings next to nothing in its time is none."""
    stuck = replace(good, plan=replace(good.plan, name="faults", share=0.05), finished=False, owed=990)
    assert list(broken(stuck)) == ["after 60 s 990 messages were still owed"]


def test_a_kill_may_double_what_was_in_flight(good: Outcome) -> None:
    """As many as were being sent, and no more; every kill that was planned must have found something to kill."""
    plan = replace(good.plan, kills=2)
    fine = replace(good, plan=plan, kills=(Kill(100, 64, 30, 30, 0), Kill(500, 64, 30, 0, 0)), quiet=None, during=None)
    assert list(broken(fine)) == []
    worse = replace(fine, kills=(Kill(100, 64, 30, 31, 0),))
    assert list(broken(worse)) == [
        "kill 1: 31 messages came twice, and 30 were in flight",
        "only 1 of 2 kills found a broadcast to interrupt",
    ]


def test_each_second_copy_after_a_kill_must_have_been_in_flight(good: Outcome) -> None:
    """Few copies excuse none whose answer had come so long before that it should be on disk."""
    kill = Kill(100, 64, 30, 2, 1, 80.0, late=1)
    late = replace(good, plan=replace(good.plan, kills=1), kills=(kill,), quiet=None, during=None)
    assert list(broken(late)) == ["kill 1: 1 messages came twice that were answered over 20 ms before"]
    assert any("0 for no reason, and 2 by the kills" in line for line in lines(late))


def test_who_is_started_anew_does_not_wait_for_leases(good: Outcome) -> None:
    """After a restart the rest is sent at once; silence is in order where all of it was in the hands of the dead."""
    plan = replace(good.plan, kills=1)
    waits = replace(good, plan=plan, kills=(Kill(100, 64, 3, 0, 0, silence=55.0),), quiet=None, during=None)
    assert list(broken(waits)) == ["kill 1: the next process listened, and sent nothing for 55 s"]
    nothing_else = replace(waits.kills[0], taken=940)
    assert list(broken(replace(waits, kills=(nothing_else,)))) == []


def test_kills_fall_within_the_broadcast() -> None:
    """Each at random in a tenth of its own, whatever the seed: none before it runs, none after it."""
    plan = Plan("kills", 50_000, 4, 0, 0, kills=10)
    for seed in range(20):
        kill_at = instants(plan, random.Random(seed))  # noqa: S311  # instants, no secrets
        assert [int((taken - 1000) / 4650) for taken in kill_at] == list(range(10))
        assert kill_at[0] >= 1000
        assert kill_at[-1] <= 47_500


def test_a_trial_says_how_long_it_may_take() -> None:
    """50,000 at four times the limits: seven minutes at the full rate, and no trial sends for twice as long."""
    plan = Plan("plain", 50_000, 4, 0, 110)
    assert round(plan.needed) == 417
    times = [enough(plan.needed), enough(plan.needed, share=0.05), enough(plan.needed, kills=10)]
    assert all(plan.needed < seconds < 2 * plan.needed for seconds in times)
    assert replace(plan, seconds=500).most > 500 + 110


def test_what_is_put_off_has_a_bound(good: Outcome) -> None:
    """On a bad day some messages fail so often that they are not waited for: as many as chance explains."""
    plan = replace(good.plan, name="faults", share=0.05)
    few = replace(good, plan=plan, quiet=None, owed=17)
    assert list(broken(few)) == []
    assert list(broken(replace(few, owed=18))) == ["18 messages are put off beyond the end, more than 18"]


def test_what_fails_again_and_again_is_not_waited_for(tmp_path: Path) -> None:
    """Due is what is being sent and what is next within the time, unless it was tried in vain so often as to be put
    off."""
    rows = (
        ("sending", -1, 1, 0),
        ("sent", -1, 1, 0),
        ("pending", 10, 3, 0),
        ("pending", 10, 4, 0),
        ("pending", 10, 5, 2),
        ("pending", 60, 1, 0),
    )
    with sqlite3.connect(tmp_path / "annuncio.db") as connection:
        connection.execute("CREATE TABLE deliveries (state, due_at, attempts, unheard)")
        for state, seconds, attempts, unheard in rows:
            due_at = f"{utc_now() + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S.%f}"
            connection.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?)", (state, due_at, attempts, unheard))
    connection.close()
    database = tmp_path / "annuncio.db"
    assert [due(database, timedelta(seconds=20), 4), due(database, timedelta(seconds=20))] == [2, 4]
    assert due(database, timedelta(days=1)) == 5


def test_a_p95_says_how_many_questions_it_rests_on(good: Outcome) -> None:
    """And whether that is too few."""
    said = [line for line in lines(good) if "answers" in line]
    assert said[1].endswith("p95 300 ms over 60 questions, fewer than the 100 that a p95 takes")
    [enough_of_them] = [
        line for line in lines(replace(good, quiet=Latency(100, 200, 100, 0), during=None)) if "answers" in line
    ]
    assert enough_of_them.endswith("p95 200 ms over 100 questions")


def test_every_fault_has_its_share_of_a_bad_day() -> None:
    """Ten faults of messages at five percent each leave half of them to pass."""
    for shower in showers(0.05, 1):
        assert shower.share == 0.05
        assert len(shower.faults) * shower.share <= 0.5


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram(TOKEN, 40, Limits()) as running:
        yield running


@pytest.mark.enable_socket
def test_the_server_in_its_own_process_tells_what_it_saw(telegram: Telegram) -> None:
    """A message to subscribers is counted, grown groups have moved, faults fall, questions are timed."""
    telegram.grow()
    telegram.fail_next("sendMessage", faults.server_error())

    def send(chat_id: int) -> int:
        parameters = {"chat_id": chat_id, "text": "📣"}
        return httpx.post(f"{telegram.base_url}/bot{TOKEN}/sendMessage", json=parameters).status_code

    assert [send(ONE), send(ONE), send(TWO), send(GROUP), send(GROUP + GROWN)] == [500, 200, 200, 400, 200]
    assert telegram.progress().taken == 3
    telegram.start_asking(["Quando?"], every=60)
    polled = httpx.post(f"{telegram.base_url}/bot{TOKEN}/getUpdates", json={"timeout": 20}, timeout=30).json()
    assert [update["message"]["text"] for update in polled["result"]] == ["Quando?"]
    assert telegram.asked() == 1
    assert send(FIRST_ASKER) == 200
    answers = telegram.stop_asking()
    assert (len(answers.seconds), answers.unanswered) == (1, 0)
    telegram.start_asking(["Dove?"], every=60)
    telegram.fail_next("sendMessage", faults.forbidden())
    assert send(FIRST_ASKER + 1) == 403
    answers = telegram.stop_asking()  # who blocked the bot waits for no answer
    assert (len(answers.seconds), answers.unanswered) == (0, 0)
    before = telegram.report().ledger
    moment = time.monotonic() + 1  # what was answered a moment before counts as in the air still
    report = telegram.report([(0.0, 0.0), (moment, moment)])
    assert report.ledger == before
    assert (report.in_the_air, report.silences[1]) == ((0, 0), float("inf"))
    assert 0 < report.silences[0] < moment
    assert (report.messages, report.faults, len(report.ledger.missing)) == (
        3,
        {"500": 1, "bot was blocked by the user": 1},
        37,
    )
    assert report.breaches == ()
    assert len(multiprocessing.active_children()) == 1


def samples(*, rise: float) -> list[Sample]:
    """Ten minutes of a process whose memory rises by so many MB a minute."""
    return [
        Sample(at=float(second), megabytes=400 + rise * second / 60, files=20, threads=9, tasks=7)
        for second in range(600)
    ]


def test_what_levels_off_is_well() -> None:
    """A slope of the last half that comes to less than is allowed is none."""
    told = list(judged(samples(rise=2.9)))
    assert [finding.bad for finding in told] == [False] * 4
    assert "+2.90 a minute over the last half: +14.5 in all" in told[0].line


def test_what_goes_on_rising_is_not() -> None:
    """Sixteen MB in the last half are more than fifteen."""
    assert [finding.bad for finding in judged(samples(rise=3.2))] == [True, False, False, False]


def leaks(name: str, amount: Callable[[int], float]) -> list[Sample]:
    """Ten minutes of a process, in which one figure is so much more at each second."""
    level = samples(rise=0)
    return [replace(one, **{name: getattr(one, name) + amount(at)}) for at, one in enumerate(level)]


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_each_of_files_tasks_threads_and_memory_must_level_off(name: str) -> None:
    """One that goes on rising fails; a beginning that rises, and what comes and goes, do not."""
    more = ALLOWED[name]
    steady = leaks(name, lambda at: 3 * more * at / 600)
    late = leaks(name, lambda at: 3 * more * (at > 450))
    begins = leaks(name, lambda at: 3 * more * min(at, 290) / 290)
    to_and_fro = leaks(name, lambda at: more * (at % 20) / 20)
    for series, fails in ((steady, [name]), (late, [name]), (begins, []), (to_and_fro, [])):
        assert [finding.name for finding in judged(series) if finding.bad] == fails


def test_a_bot_that_is_no_more_holds_nothing_and_fails() -> None:
    """A soak in which the bot ended, or was hardly seen, is none, however level the figures were."""
    level = samples(rise=0)

    def bad(seen: list[Sample]) -> list[str]:
        return [finding.why for finding in found(Soaked(0.0, 600.0, seen, {}, ())) if finding.bad]

    gone, unseen = "the bot was not there all the time", "too little was seen of the bot to judge"
    assert (bad(level), bad(level[:590]), bad(level[:30])) == ([], [gone], [gone, unseen])
    assert bad([]) == [gone, unseen]


def test_a_broken_limit_ends_a_soak_badly() -> None:
    """However level everything stays."""
    fine = kept_to(())
    assert (fine.line, fine.bad) == ("breaches   0 of Telegram's limits", False)
    bad = kept_to([Breach(BreachKind.PACE, "sendMessage", 1, "too fast")])
    assert (bad.line, bad.bad) == ("breaches   1 of Telegram's limits, as in 'too fast'", True)


@pytest.mark.enable_socket
def test_traffic_is_mixed() -> None:
    """People ask, command, press, come to groups, send pictures, block and return; blocked chats stay silent."""
    with BotApiServer(TOKEN) as server:
        traffic = Traffic(server, ["Quando?"], 0.001, seed=3)
        traffic.start()
        assert server.world.await_that(lambda: len(server.pending_updates) >= 300, 60)
        done = traffic.stop()
        kinds = {kind for update in server.pending_updates for kind in update}
    assert {"asks", "asks as a stranger", "commands", "presses", "asks in a group"} < set(done)
    assert {"message", "my_chat_member"} < kinds
