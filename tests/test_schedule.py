"""When messages may come: quiet hours, digests, and every way in which clocks are put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.state.kinds import Rhythm
from bot.state.schedule import DAY, DIGEST, Quiet, digest_hour, next_due, out_of_quiet, zone_of

NIGHT = Quiet(22 * 60, 7 * 60)
ROME = "Europe/Rome"

ZONES = (
    None,
    ROME,
    "America/New_York",
    "America/St_Johns",  # half an hour
    "America/Havana",  # changes at midnight
    "Africa/Casablanca",  # winter time is for Ramadan
    "Asia/Beirut",  # skips midnight
    "Asia/Kathmandu",  # quarters of an hour, no summer time
    "Asia/Shanghai",
    "Antarctica/Troll",  # two hours
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)

moments = st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (bounds are naive)
zones = st.sampled_from(ZONES)
rhythms = st.sampled_from(Rhythm)
minutes = st.integers(0, DAY - 1)
quiets = st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Quiet(*pair))


@st.composite
def around_changes(draw: st.DrawFn) -> tuple[datetime, str | None]:
    """A moment within two days of one at which the clocks of a zone are changed, where they are."""
    zone = draw(zones)
    place = zone_of(zone)
    moment = draw(moments)
    offset = moment.astimezone(place).utcoffset()
    for _ in range(366):
        if moment.astimezone(place).utcoffset() != offset:
            break
        moment += timedelta(days=1)
    return moment + timedelta(seconds=draw(st.integers(-2 * 86400, 86400))), zone


whens = st.one_of(st.tuples(moments, zones), around_changes())


def at(text: str, zone: str | None = ROME) -> datetime:
    """A moment by the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone))


def shown(moment: datetime, zone: str | None = ROME) -> str:
    """What the clock on the wall shows then."""
    return moment.astimezone(zone_of(zone)).strftime("%a %Y-%m-%d %H:%M:%S")


def is_quiet(moment: datetime, quiet: Quiet, zone: str | None) -> bool:
    """Whether the clock on the wall shows a quiet minute."""
    local = moment.astimezone(zone_of(zone))
    return quiet.covers(local.hour * 60 + local.minute)


def test_at_once_is_now_by_day_and_in_the_morning_by_night() -> None:
    """News comes at once; in quiet hours as they end, whether they began today or yesterday."""
    noon = at("2025-09-24 12:00:30")
    assert next_due(noon, Rhythm.AT_ONCE, NIGHT, ROME) == noon
    assert next_due(at("2025-09-24 23:30"), Rhythm.AT_ONCE, NIGHT, ROME) == at("2025-09-25 07:00")
    assert next_due(at("2025-09-25 01:00"), Rhythm.AT_ONCE, NIGHT, ROME) == at("2025-09-25 07:00")
    assert next_due(at("2025-09-25 01:00"), Rhythm.AT_ONCE, None, ROME) == at("2025-09-25 01:00")


def test_digests_come_at_nine_and_on_monday() -> None:
    """The daily digest comes at the next nine o'clock, the weekly one at that of Monday; at nine it is due."""
    wednesday = at("2025-09-24 09:00:01")
    assert shown(next_due(wednesday, Rhythm.DAILY, None, ROME)) == "Thu 2025-09-25 09:00:00"
    assert shown(next_due(wednesday, Rhythm.WEEKLY, None, ROME)) == "Mon 2025-09-29 09:00:00"
    monday = at("2025-09-29 09:00")
    assert next_due(monday, Rhythm.DAILY, None, ROME) == monday
    assert next_due(monday, Rhythm.WEEKLY, None, ROME) == monday


def test_nine_is_that_of_the_person() -> None:
    """The same moment is another hour, and another day, elsewhere; without a zone it is UTC's."""
    now = datetime(2025, 9, 28, 22, 30, tzinfo=UTC)
    assert next_due(now, Rhythm.DAILY, None, "Asia/Shanghai") == datetime(2025, 9, 29, 1, 0, tzinfo=UTC)
    assert next_due(now, Rhythm.WEEKLY, None, "America/New_York") == datetime(2025, 9, 29, 13, 0, tzinfo=UTC)
    assert next_due(now, Rhythm.WEEKLY, None, None) == datetime(2025, 9, 29, 9, 0, tzinfo=UTC)


def test_a_digest_in_quiet_hours_comes_as_they_end() -> None:
    """Who sleeps until eleven gets the digest at eleven, and who is quiet nearly always gets it all the same."""
    late = Quiet(60, 11 * 60)
    assert shown(next_due(at("2025-09-24 09:30"), Rhythm.DAILY, late, ROME)) == "Wed 2025-09-24 11:00:00"
    assert shown(next_due(at("2025-09-29 10:59"), Rhythm.WEEKLY, late, ROME)) == "Mon 2025-09-29 11:00:00"
    hermit = Quiet(8 * 60, 7 * 60)
    assert shown(next_due(at("2025-09-24 05:00"), Rhythm.DAILY, hermit, ROME)) == "Wed 2025-09-24 07:00:00"
    assert shown(next_due(at("2025-09-30 05:00"), Rhythm.WEEKLY, hermit, ROME)) == "Tue 2025-09-30 07:00:00"


@given(st.none() | quiets)
def test_the_hour_that_is_told_is_the_one_at_which_digests_come(quiet: Quiet | None) -> None:
    """What people are told of their digests is what the schedule does, whatever their quiet hours."""
    due = next_due(at("2025-09-24 12:00", None), Rhythm.WEEKLY, quiet, None)
    assert (due.weekday(), due.hour * 60 + due.minute) == digest_hour(quiet)


def test_quiet_hours_that_end_in_a_skipped_hour_end_as_it_is_skipped() -> None:
    """In March the clock goes from 02:00 to 03:00: quiet hours until 02:30 end there, those until 07:00 at 07:00."""
    evening = at("2026-03-28 23:00")
    assert out_of_quiet(evening, Quiet(22 * 60, 150), ROME) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert out_of_quiet(evening, NIGHT, ROME) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


def test_quiet_hours_in_an_hour_that_comes_twice() -> None:
    """In October 02:30 comes twice: quiet hours until then end both times, and once begun they are not interrupted."""
    evening = at("2026-10-24 23:00")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert out_of_quiet(evening, Quiet(22 * 60, 150), ROME) == first
    assert out_of_quiet(first + timedelta(minutes=45), Quiet(22 * 60, 150), ROME) == first + timedelta(hours=1)
    assert out_of_quiet(first + timedelta(minutes=15), Quiet(160, 7 * 60), ROME) == at("2026-10-25 07:00")


def test_a_day_that_was_left_out_has_no_digest() -> None:
    """Samoa had no 30 December 2011: after the digest of the 29th comes that of the 31st."""
    samoa = "Pacific/Apia"
    after = datetime(2011, 12, 29, 9, 1, tzinfo=ZoneInfo(samoa))
    assert shown(next_due(after, Rhythm.DAILY, None, samoa), samoa) == "Sat 2011-12-31 09:00:00"


@pytest.mark.parametrize("name", ["Mars/Olympus", "America", "", "../Europe/Rome", "/etc/passwd", "a\0b", "é" * 300])
@pytest.mark.parametrize("quiet", [None, NIGHT])
def test_an_unknown_zone_is_the_callers_mistake(name: str, quiet: Quiet | None) -> None:
    """A name that is no time zone is a ValueError that names it, whether or not the zone matters here."""
    now = datetime(2025, 9, 24, 12, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="is no time zone"):
        next_due(now, Rhythm.AT_ONCE, quiet, name)
    with pytest.raises(ValueError, match="is no time zone"):
        out_of_quiet(now, quiet, name)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (540, 540), (-1, 5), (0, 1440), (1440, 0)])
def test_quiet_hours_begin_end_and_are_on_the_clock(start: int, end: int) -> None:
    """Minutes that no clock shows are refused, and so is a day that is quiet from end to end."""
    with pytest.raises(ValueError, match="quiet hours"):
        Quiet(start, end)


@given(whens, rhythms, st.none() | quiets)
def test_due_is_never_in_the_past_and_never_quiet(
    when: tuple[datetime, str | None], rhythm: Rhythm, quiet: Quiet | None
) -> None:
    """Whatever the moment, the zone and the wishes: due now or later, in UTC, not in quiet hours, and within days."""
    now, zone = when
    due = next_due(now, rhythm, quiet, zone)
    assert due.tzinfo is UTC
    assert due >= now
    assert quiet is None or not is_quiet(due, quiet, zone)
    assert due - now < timedelta(days=3 if rhythm is not Rhythm.WEEKLY else 9)


@given(whens, quiets)
def test_quiet_hours_end_at_their_end(when: tuple[datetime, str | None], quiet: Quiet) -> None:
    """A quiet moment waits until the clock shows the end, or was put forward past it; any other does not wait."""
    now, zone = when
    end = out_of_quiet(now, quiet, zone)
    assert (end is None) is not is_quiet(now, quiet, zone)
    if end is None:
        return
    assert end > now
    assert not is_quiet(end, quiet, zone)
    local = end.astimezone(zone_of(zone))
    before = (end - timedelta(seconds=1)).astimezone(zone_of(zone))
    skipped = local.utcoffset() != before.utcoffset()
    assert (local.hour * 60 + local.minute, local.second) == (quiet.end, 0) or skipped
    assert is_quiet(before, quiet, zone) or local.utcoffset() != now.astimezone(zone_of(zone)).utcoffset()


@given(whens, st.none() | quiets)
def test_daily_digests_are_a_day_apart(when: tuple[datetime, str | None], quiet: Quiet | None) -> None:
    """Three digests in a row come on three calendar days in a row, at the same hour where no clock is changed."""
    now, zone = when
    place = zone_of(zone)
    first = next_due(now, Rhythm.DAILY, quiet, zone)
    second = next_due(first + timedelta(seconds=1), Rhythm.DAILY, quiet, zone)
    third = next_due(second + timedelta(seconds=1), Rhythm.DAILY, quiet, zone)
    days = [due.astimezone(place).date() for due in (first, second, third)]
    assert days == [days[0] + timedelta(days=ahead) for ahead in range(3)]
    if quiet is None:
        assert {due.astimezone(place).strftime("%H:%M:%S") for due in (first, second, third)} == {"09:00:00"}


@given(whens, st.none() | quiets)
def test_weekly_digests_are_a_week_apart(when: tuple[datetime, str | None], quiet: Quiet | None) -> None:
    """Two digests in a row come on the same day of two weeks in a row: Monday, where quiet hours do not put it off."""
    now, zone = when
    place = zone_of(zone)
    first = next_due(now, Rhythm.WEEKLY, quiet, zone).astimezone(place).date()
    second = next_due(datetime.combine(first, datetime.max.time(), place), Rhythm.WEEKLY, quiet, zone)
    assert second.astimezone(place).date() - first == timedelta(days=7)
    assert first.weekday() == (0 if quiet is None or not quiet.covers(DIGEST) else first.weekday())
