"""Telegram's HTML: the few tags that it knows, with the refusals that it gives for the rest."""

import re
from dataclasses import dataclass, replace

from .entities import Shown, is_link, settled, units
from .model import BreachKind, Entity, Refusal, bad_request

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SPACE = " \t\r\n\v\0"

_PLAIN = re.compile(r"[^&<]+")
_REFERENCE = re.compile(r"&(?:#(?:x(?P<hex>[0-9a-fA-F]+)|(?P<dec>[0-9]+))|(?P<name>[a-zA-Z]+));?")
_TAG_NAME = re.compile(rf"[^{_SPACE}>]*")
_GAP = re.compile(rf"[{_SPACE}]*")
_ATTRIBUTE = re.compile(rf"[^{_SPACE}=>/\"']*")
_TOKEN = re.compile(r"[a-zA-Z0-9.-]*")


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    argument: str
    offset: int
    shown_before: int


def parse_html(source: str) -> Shown:
    """Read HTML as Telegram does; raises Refusal with Telegram's own words."""
    return _Reader(source).read()


class _Reader:
    """One pass over one text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._shown: list[str] = []
        self._units = 0
        self._open: list[_Tag] = []
        self._entities: list[Entity] = []

    def read(self) -> Shown:
        while self._at < len(self._source):
            if plain := _PLAIN.match(self._source, self._at):
                self._show(plain.group())
                self._at = plain.end()
            elif self._source[self._at] == "&":
                shown, self._at = _dereference(self._source, self._at)
                self._show(shown)
            elif self._source.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise _unreadable(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        return Shown("".join(self._shown), settled(self._entities))

    def _show(self, text: str) -> None:
        self._shown.append(text)
        self._units += units(text)

    def _byte(self, at: int) -> int:
        return len(self._source[:at].encode())

    def _start_tag(self) -> None:
        begin = self._at
        name, self._at = _scan(_TAG_NAME, self._source, begin + 1)
        name = name.lower()
        if self._at == len(self._source):
            raise _unreadable(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if name not in _KINDS:
            raise _unreadable(f'Unsupported start tag "{name}" at byte offset {self._byte(begin)}')
        argument = ""
        while (attribute := self._attribute(name, begin)) is not None:
            argument = _argument(name, *attribute) or argument
        if name == "span" and argument != "spoiler":
            raise _unreadable(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        if name == "tg-emoji" and not argument.isdecimal():
            raise _unreadable("Invalid custom emoji identifier specified")
        if name == "blockquote" and any(tag.name == name for tag in self._open):
            raise _unreadable(f'Tag "blockquote" can\'t be nested at byte offset {self._byte(begin)}')
        self._open.append(_Tag(name, argument, self._units, len(self._shown)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str] | None:
        """The next attribute of the tag, or None when the tag ends."""
        source = self._source
        _, self._at = _scan(_GAP, source, self._at)
        if source.startswith(">", self._at):
            self._at += 1
            return None
        name, self._at = _scan(_ATTRIBUTE, source, self._at)
        if not name:
            raise _unreadable(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}')
        _, self._at = _scan(_GAP, source, self._at)
        unclosed = _unreadable(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
        if self._at == len(source):
            raise unclosed
        if source[self._at] != "=":
            return name, ""
        _, self._at = _scan(_GAP, source, self._at + 1)
        if self._at == len(source):
            raise unclosed
        value = self._value()
        if self._at == len(source):
            raise _unreadable(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return name, value

    def _value(self) -> str:
        source, begin = self._source, self._at
        if source[begin] not in "\"'":
            token, self._at = _scan(_TOKEN, source, begin)
            if not source.startswith(tuple(_SPACE + ">"), self._at):
                raise _unreadable(f"Unexpected end of name token at byte offset {self._byte(begin)}")
            return token.lower()
        value: list[str] = []
        self._at += 1
        while self._at < len(source) and source[self._at] != source[begin]:
            shown, self._at = _dereference(source, self._at)
            value.append(shown)
        self._at = min(self._at + 1, len(source))
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _unreadable(f"Unexpected end tag at byte offset {self._byte(begin)}")
        name, self._at = _scan(_TAG_NAME, self._source, begin + 2)
        _, self._at = _scan(_GAP, self._source, self._at)
        if not self._source.startswith(">", self._at):
            raise _unreadable(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self._at += 1
        tag = self._open.pop()
        if name and name.lower() != tag.name:
            where = f"at byte offset {self._byte(begin)}"
            raise _unreadable(f'Unmatched end tag {where}, expected "</{tag.name}>", found "</{name}>"')
        if self._units > tag.offset:
            self._close(tag)

    def _close(self, tag: _Tag) -> None:
        entity = Entity(_KINDS[tag.name], tag.offset, self._units - tag.offset)
        if tag.name == "a":
            url = tag.argument or "".join(self._shown[tag.shown_before :])
            if not is_link(url):
                return
            entity = replace(entity, url=url)
        elif tag.name == "tg-emoji":
            entity = replace(entity, custom_emoji_id=tag.argument)
        elif tag.name == "code":
            entity = replace(entity, language=tag.argument or None)
        elif tag.name == "blockquote" and tag.argument:
            entity = replace(entity, kind="expandable_blockquote")
        self._entities.append(entity)


def _unreadable(reason: str) -> Refusal:
    return bad_request(f"can't parse entities: {reason}", BreachKind.MARKUP)


def _scan(pattern: re.Pattern[str], source: str, at: int) -> tuple[str, int]:
    found = pattern.match(source, at)
    return (found.group(), found.end()) if found else ("", at)


def _dereference(source: str, at: int) -> tuple[str, int]:
    """The character at this place, read through a reference; an unknown reference stays as it is."""
    found = _REFERENCE.match(source, at)
    if found is None:
        return source[at], at + 1
    if found["name"]:
        shown = _NAMED.get(found["name"])
        return (shown, found.end()) if shown else ("&", at + 1)
    code = int(found["hex"], 16) if found["hex"] else int(found["dec"])
    if not 0 < code < 0x10FFFF or len(found.group().rstrip(";")) >= 10:
        return "&", at + 1
    if 0xD800 <= code < 0xE000:
        raise _unreadable(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(code), found.end()


def _argument(tag: str, name: str, value: str) -> str:
    """What an attribute means to Telegram; empty where it means nothing."""
    if (tag, name) in (("a", "href"), ("tg-emoji", "emoji-id")):
        return value
    if (tag, name) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, name) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    return "1" if (tag, name) == ("blockquote", "expandable") else ""
