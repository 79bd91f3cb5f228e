"""The front matter of an edition file: flat `key: value` lines between two lines of `---`.

Each line is read on its own, so that one mistake does not hide the next.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from corpus.cleaning import clean_line
from corpus.errors import Mistake

KEYS = ("title", "language", "original", "published", "source", "url", "topics", "questions")
FENCE = "---"
DEFAULT_TOPICS = ("news",)
_LINE = re.compile(r"(?P<key>[A-Za-z_][\w-]*)\s*:(?P<value>.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TOPIC = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of a front matter that is in order."""

    title: str
    language: str
    original: str
    published: date
    source: str
    url: str | None
    topics: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What was read: `end` counts the lines up to and with the closing fence, None where there is none."""

    fields: Fields | None
    lines: Mapping[str, int]
    end: int | None
    mistakes: tuple[Mistake, ...]


def is_language(code: str) -> bool:
    """Whether `code` has the shape of a language code: two or three small letters."""
    return _LANGUAGE.fullmatch(code) is not None


def is_topic(name: str) -> bool:
    """Whether `name` can be a topic: small letters and digits, parted by single hyphens."""
    return _TOPIC.fullmatch(name) is not None


def iso_date(text: str) -> date | None:
    """The date written as YYYY-MM-DD, or None where there is no such day."""
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_web_address(text: str) -> bool:
    """Whether `text` is an http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def scalar_text(value: str) -> str:
    """`value` as it is written after a key: in quotes where it could be read as something else."""
    try:
        plain = yaml.safe_load(f"key: {value}") == {"key": value}
    except yaml.YAMLError:
        plain = False
    return value if plain and _scalar(value) == value else json.dumps(value, ensure_ascii=False)


def parse_front_matter(lines: Sequence[str], path: Path, *, stem: str | None) -> FrontMatter:
    """The front matter at the top of `lines`; `language` must equal `stem` unless that is None."""
    start = next((index for index, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return FrontMatter(None, {}, None, (Mistake(path, None, "the file is empty"),))
    if lines[start].rstrip() != FENCE:
        text = f"the first line must be {FENCE}, then `key: value` lines, then {FENCE} again"
        return FrontMatter(None, {}, None, (Mistake(path, start + 1, text),))
    rest = range(start + 1, len(lines))
    fence = next((index for index in rest if lines[index].rstrip() == FENCE), None)
    if fence is None:
        text = f"the front matter that begins here has no closing {FENCE}"
        return FrontMatter(None, {}, None, (Mistake(path, start + 1, text),))
    mistakes: list[Mistake] = []
    values: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for index in range(start + 1, fence):
        number, line = index + 1, lines[index].strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            mistakes.append(Mistake(path, number, f"not a `key: value` line: {_short(line)}"))
        elif match["key"] not in KEYS:
            mistakes.append(Mistake(path, number, _unknown(match["key"])))
        elif match["key"] in values:
            first = numbers[match["key"]]
            mistakes.append(Mistake(path, number, f"`{match['key']}` stands already in line {first}"))
        else:
            values[match["key"]] = match["value"].strip()
            numbers[match["key"]] = number
    fields, found = _Checker(path, values, numbers, stem).fields()
    mistakes += found
    return FrontMatter(fields if not mistakes else None, numbers, fence + 1, tuple(mistakes))


class _Checker:
    """Turns the raw values of one front matter into Fields, gathering what is wrong on the way."""

    def __init__(self, path: Path, values: Mapping[str, str], lines: Mapping[str, int], stem: str | None) -> None:
        self._path, self._values, self._lines, self._stem = path, values, lines, stem
        self._mistakes: list[Mistake] = []

    def fields(self) -> tuple[Fields | None, list[Mistake]]:
        """The fields, or None beside the mistakes that stand in their way."""
        for key in ("title", "language", "published"):
            if key not in self._values:
                self._mistakes.append(Mistake(self._path, None, f"`{key}` is missing from the front matter"))
        title = self._text("title")
        if "title" in self._values and not title:
            self._wrong("title", "`title` is empty")
        language = self._language("language")
        if language and self._stem is not None and language != self._stem:
            self._wrong("language", f"language is {language}, but the file is named {self._stem}.md")
        original = self._language("original") or language
        published = self._published()
        url = self._url()
        source = self._text("source") or (urlsplit(url).hostname or "" if url else "")
        if not source and not self._text("url"):
            line = self._lines.get("source")
            self._mistakes.append(Mistake(self._path, line, "`source` is missing: say who announced it, or give `url`"))
        topics = self._topics()
        questions = self._list("questions")
        if self._mistakes or published is None:
            return None, self._mistakes
        return Fields(title, language, original, published, source, url, topics, questions), []

    def _wrong(self, key: str, text: str) -> None:
        self._mistakes.append(Mistake(self._path, self._lines.get(key), text))

    def _text(self, key: str) -> str:
        return clean_line(_scalar(self._values.get(key, "")))

    def _list(self, key: str) -> tuple[str, ...]:
        return tuple(filter(None, map(clean_line, _items(self._values.get(key, "")))))

    def _language(self, key: str) -> str:
        code = self._text(key)
        if key in self._values and not is_language(code) and (code or key == "language"):
            self._wrong(key, f"{key} is {_short(code)!r}, not a language code of two or three small letters such as it")
            return ""
        return code

    def _published(self) -> date | None:
        text = self._text("published")
        day = iso_date(text)
        if day is None and "published" in self._values:
            self._wrong("published", f"published is {_short(text)!r}, not a date such as 2025-09-24")
        return day

    def _url(self) -> str | None:
        text = self._text("url")
        if text and not is_web_address(text):
            self._wrong("url", f"url is {_short(text)!r}, not an address that begins with http:// or https://")
            return None
        return text or None

    def _topics(self) -> tuple[str, ...]:
        topics = tuple(dict.fromkeys(self._list("topics")))
        for topic in topics:
            if not is_topic(topic):
                self._wrong(
                    "topics", f"{_short(topic)!r} is no topic: small letters and digits, such as special-offers"
                )
        return topics or DEFAULT_TOPICS


def _scalar(raw: str) -> str:
    """One value as text: quotes are YAML's, and anything else is what stands there, up to a comment."""
    if raw[:1] in {'"', "'"}:
        value = _yaml(raw)
        if isinstance(value, str):
            return value
    return _COMMENT.sub("", raw).strip()


def _items(raw: str) -> list[str]:
    """One value as a list: `[a, b]`, or a single word."""
    if raw.startswith("["):
        value = _yaml(raw)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
    return [_scalar(raw)]


def _yaml(raw: str) -> object:
    try:
        # BaseLoader makes nothing but text, lists and mappings: it is stricter than the safe one.
        return yaml.load(f"key: {raw}", Loader=yaml.BaseLoader)["key"]  # noqa: S506  (see the line above)
    except (yaml.YAMLError, RecursionError):  # the second: thousands of brackets in a row
        return None


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key.casefold(), KEYS, n=1)
    hint = f" (did you mean `{near[0]}`?)" if near else ""
    return f"unknown key `{key}`{hint}: the keys are {', '.join(KEYS)}"


def _short(line: str) -> str:
    """As much of `line` as fits into a message."""
    return line if len(line) <= 60 else f"{line[:57]}..."
