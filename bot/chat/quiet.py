"""Quiet hours as people write them: "22:30-7", "from 10 pm to 7 am", "22h30 – 7h", "22点到7点"."""

import re

from bot.answers.wording import fold
from bot.settings import LANGUAGES
from bot.state.schedule import DAY, Quiet, digest_hour
from bot.texts import say, weekday

PRESETS = (Quiet(22 * 60, 7 * 60), Quiet(23 * 60, 8 * 60))
"""Those that have a button."""
EXAMPLE = "22:30-7"
"""How hours can be written, for who is told to."""
LONGEST_HOURS = 60
"""Characters that are read as hours."""

_TIME = re.compile(r"(\d{1,2})(?: ?[:.h点时](?: ?uhr)? ?(\d{2})?(?!\d))?(?!\d)")
_EVENING = re.compile(r"\bp\.? ?m\b|\bsera\b|\bnoche\b|\btarde\b|\babends?\b|\bsoir\b|\bpomeriggio\b|\bnachmittags?\b")
_MORNING = re.compile(r"\ba\.? ?m\b")
_OF_A_CLOCK = re.compile(r"\d ?(?:[:.h点时]|uhr\b|[ap]\.? ?m\b)")
_OF_A_ZONE = re.compile(r"utc|gmt|[+-]")
_CHINESE_EVENING = re.compile("[晚夜]|下午")


def quiet_named(text: str) -> Quiet | None:
    """The hours that a person means; None where the text is no two times of the day, or twice the same."""
    folded = fold(text).strip()
    times = list(_TIME.finditer(folded))
    if len(folded) > LONGEST_HOURS or len(times) != 2:
        return None
    first, second = times
    minutes = (
        _minute(first, before=folded[: first.start()], after=folded[first.end() : second.start()]),
        _minute(second, before=folded[first.end() : second.start()], after=folded[second.end() :]),
    )
    start, end = minutes
    return None if start is None or end is None or start == end else Quiet(start, end)


def like_hours(text: str) -> bool:
    """Whether somebody means hours, also such as no clock shows: no place has two numbers or a time in its name."""
    folded = fold(text).strip()
    if len(folded) > LONGEST_HOURS or _OF_A_ZONE.match(folded):
        return False
    numbers = re.findall(r"\d+", folded)
    bare = bool(numbers) and not any(map(str.isalpha, folded))
    return bare or len(numbers) > 1 or bool(_OF_A_CLOCK.search(folded))


def no_hours(text: str) -> bool:
    """Whether somebody says that there shall be none, as the button does in any of the bot's languages."""
    wanted = fold(text).strip()
    return wanted in {"no", "none", "0", *(fold(say(code, "quiet_off")) for code in LANGUAGES)}


def hours(quiet: Quiet) -> str:
    """How they are shown: "22:30–07:00"."""
    return f"{_clock(quiet.start)}–{_clock(quiet.end)}"


def short_hours(quiet: Quiet) -> str:
    """How a button shows them: "22:30–7"."""
    return f"{_short(quiet.start)}–{_short(quiet.end)}"


def digest_words(quiet: Quiet | None, language: str) -> dict[str, str]:
    """When digests come, for a text: the `day` of a weekly one and the `time`, which quiet hours may put off."""
    later, minute = digest_hour(quiet)
    return {"day": weekday(language, later), "time": f"{minute // 60}:{minute % 60:02d}"}


def _minute(time: re.Match[str], before: str, after: str) -> int | None:
    """The minute of the day; None for one that no clock shows."""
    hour, minute = int(time[1]), int(time[2] or 0)
    if hour == 12 and _MORNING.search(after):
        hour = 0
    elif hour < 12 and (_EVENING.search(after) or _CHINESE_EVENING.search(before)):
        hour += 12
    shown = hour * 60 + minute
    if minute > 59 or shown > DAY:
        return None
    return shown % DAY  # 24:00 is midnight


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _short(minute: int) -> str:
    return _clock(minute).removesuffix(":00").removeprefix("0")
