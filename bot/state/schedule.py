"""When a message may come: at once or in a digest, and never in quiet hours. Pure functions of the moment.

Quiet hours and digests follow the clock on the person's wall, through every change to summer time and back.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.state.kinds import Rhythm

DIGEST = 9 * 60
"""Minute of the local day at which digests come, the weekly one on Monday."""
DAY = 24 * 60
"""Minutes that the clock shows of a day, however long this one is."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without messages, in minutes of the local day: from `start` on, until just before `end`.

    Where `end` is the smaller they go over midnight. Raises ValueError for minutes that no clock shows, and for
    hours without end.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start < DAY and 0 <= self.end < DAY and self.start != self.end):
            raise ValueError(f"quiet hours from minute {self.start} to minute {self.end} of the day")

    def covers(self, minute: int) -> bool:
        """Whether this minute of the local day is quiet."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone of this name, as in "Europe/Rome"; UTC for None. Raises ValueError for any other name."""
    try:
        return ZoneInfo("UTC" if name is None else name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # by what the name would be as a path
        raise ValueError(f"{name!r} is no time zone") from error


def digest_hour(quiet: Quiet | None) -> tuple[int, int]:
    """What the local clock shows as a digest comes: 1 where the day after its own has begun, else 0; and the minute."""
    if quiet is None or not quiet.covers(DIGEST):
        return 0, DIGEST
    return int(quiet.end < DIGEST), quiet.end


def out_of_quiet(now: datetime, quiet: Quiet | None, zone: str | None) -> datetime | None:
    """When the quiet hours end that `now` falls into, in UTC; None where a message may come now.

    Once begun they last until the clock shows their end, or is put forward past it. Raises ValueError for an
    unknown zone.
    """
    place = zone_of(zone)
    return None if quiet is None else _end_of_quiet(now, quiet, place)


def next_due(now: datetime, rhythm: Rhythm, quiet: Quiet | None, zone: str | None) -> datetime:
    """The first moment, in UTC, from `now` on at which somebody with these wishes wants to hear of something.

    A digest whose hour is quiet comes as the quiet hours end. Raises ValueError for an unknown zone.
    """
    place = zone_of(zone)
    if rhythm is Rhythm.AT_ONCE:
        return _after_quiet(now.astimezone(UTC), quiet, place)
    day = now.astimezone(place).date()
    # The first that can still be to come: quiet hours may have put it off by up to a day.
    step, first = (7, day - timedelta(days=day.weekday())) if rhythm is Rhythm.WEEKLY else (1, day - timedelta(days=1))
    for count in range(4):
        on = first + timedelta(days=step * count)
        shown = _moments(on, DIGEST, place)[0]  # an hour that comes twice has one digest
        if shown.astimezone(place).date() != on:
            continue  # a country left this day out, as Samoa did one
        due = _after_quiet(shown, quiet, place)
        if due >= now:
            return due
    raise AssertionError(f"no digest after {now}")


def _after_quiet(moment: datetime, quiet: Quiet | None, place: ZoneInfo) -> datetime:
    return (None if quiet is None else _end_of_quiet(moment, quiet, place)) or moment


def _end_of_quiet(moment: datetime, quiet: Quiet, place: ZoneInfo) -> datetime | None:
    """When the quiet hours of this moment end; None where it is in none."""
    if not _is_quiet(moment, quiet, place):
        return None
    today = moment.astimezone(place).date()
    return next(
        end
        for ahead in range(4)  # a day may be left out, and one on which the end is skipped may go on quietly
        for end in _moments(today + timedelta(days=ahead), quiet.end, place)
        if end > moment and not _is_quiet(end, quiet, place)
    )


def _is_quiet(moment: datetime, quiet: Quiet, place: ZoneInfo) -> bool:
    local = moment.astimezone(place)
    return quiet.covers(local.hour * 60 + local.minute)


def _moments(day: date, minute: int, place: ZoneInfo) -> tuple[datetime, ...]:
    """The moments at which the local clock shows this minute of the day begin, in UTC and in order.

    Two where the clock is put back over it; where it is put forward over it, the moment at which it is.
    """
    wall = datetime.combine(day, time(*divmod(minute, 60)), place)
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if first < second:
        return (first, second)
    # Skipped: by the offset from before the change `wall` lies after it, and by the new one before it.
    before, after = second, first
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(place).utcoffset() == before.astimezone(place).utcoffset():
            before = middle
        else:
            after = middle
    return (after,)
