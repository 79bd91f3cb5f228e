"""Dates that a text gives of itself: in a machine-written lead, or near its top in six languages."""

import re
from datetime import date

from corpus.frontmatter import iso_date

_TOP_CHARS = 300
"""How far down a date is that of the text; further down it is that of something told."""

_MONTHS = {
    name: number
    for names in (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "january february march april may june july august september october november december",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(names.split(), start=1)
}
_LABEL = (
    r"(?:date|data|datum|fecha|published|pubblicato|publicado|publié|veröffentlicht|发布时间|日期)"
    r"(?:\s+(?:on|il|el|le|am))?"
)
_LEAD = re.compile(rf"\s*{_LABEL}\s*[:：=]?\s*(\d{{4}}-\d{{2}}-\d{{2}})(?!\d)[ \t]*(?:[-–—:|·][ \t]+)?", re.IGNORECASE)
_ISO = re.compile(r"(?<![\d-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d-])")
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|º|°|er|st|nd|rd|th)?\s+(?:de\s+|of\s+)?([^\W\d_]{3,})\.?,?\s+(?:de\s+|del\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_NUMBERS = re.compile(r"(?<![\d./])(\d{1,2})[./](\d{1,2})[./](\d{4})(?![\d./])")
_DATE_LINE = re.compile(rf"(?:{_LABEL}\s*[:：]?\s*)?(?:[^\W\d_]+,?\s+)?[\W_]*DATE[\W_]*", re.IGNORECASE)


def lead_date(text: str) -> tuple[date | None, str]:
    """The date of a machine-written beginning such as `date 2025-09-24`, and the text without it."""
    match = _LEAD.match(text.removeprefix("\ufeff"))
    day = iso_date(match[1]) if match else None
    return (day, text.removeprefix("\ufeff")[match.end() :]) if match and day else (None, text)


def top_date(text: str, *, latest: date) -> tuple[date | None, str]:
    """The first date near the top that is not after `latest`, and the text; a line that is only that date goes."""
    found = sorted(written_dates(text[:_TOP_CHARS]))
    for start, end, day in found:
        if day > latest:
            continue
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        line = f"{text[line_start:start]}DATE{text[end:line_end]}".strip()
        if _DATE_LINE.fullmatch(line):
            return day, f"{text[:line_start]}\n{text[line_end:]}"
        return day, text
    return None, text


def written_dates(text: str) -> list[tuple[int, int, date]]:
    """(start, end, date) of every date in `text` whose meaning is certain."""
    found: list[tuple[int, int, date | None]] = [
        (match.start(), match.end(), _day(match[1], match[2], match[3]))
        for pattern in (_ISO, _CHINESE)
        for match in pattern.finditer(text)
    ]
    found += [(m.start(), m.end(), _day(m[3], _month(m[2]), m[1])) for m in _DAY_FIRST.finditer(text)]
    found += [(m.start(), m.end(), _day(m[3], _month(m[1]), m[2])) for m in _MONTH_FIRST.finditer(text)]
    for match in _NUMBERS.finditer(text):
        first, second = int(match[1]), int(match[2])
        # 03/04/2025 is in March or in April: only a number that can be no month says which is the day.
        if first > 12 or first == second:
            found.append((match.start(), match.end(), _day(match[3], second, first)))
        elif second > 12:
            found.append((match.start(), match.end(), _day(match[3], first, second)))
    return [(start, end, day) for start, end, day in found if day is not None]


def _month(name: str) -> int:
    return _MONTHS.get(name.casefold(), 0)


def _day(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
