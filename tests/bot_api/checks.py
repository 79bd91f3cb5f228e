"""What Telegram refuses in a message, a keyboard, a command menu or a profile, in Telegram's words."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .entities import MAX_ENTITIES, Shown, trimmed, units
from .markup import parse_html
from .model import BreachKind, Button, Entity, Json, bad_request
from .params import Params

MAX_TEXT_UNITS = 4096
MAX_CAPTION_UNITS = 1024
MAX_RAW_TEXT_BYTES = 1 << 15
MAX_CALLBACK_BYTES = 64
MAX_BUTTONS = 100
MAX_COMMANDS = 100
MAX_COMMAND = 32
MAX_COMMAND_DESCRIPTION = 256
MAX_CALLBACK_ANSWER = 200

_COMMAND = re.compile(r"[a-z0-9_]+")
_LANGUAGE = re.compile(r"[a-z]{2}")
_OTHER_ACTIONS = (
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """The reply markup of a message."""

    buttons: tuple[tuple[Button, ...], ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    raw: Json | None = None  # the inline keyboard as the message carries it
    asks_place: bool = False


def message_text(params: Params) -> Shown:
    """The text of a message as a person will see it."""
    raw = params.text("text")
    if not raw:
        raise bad_request("message text is empty", BreachKind.TEXT)
    shown = _shown(raw, params, "entities")
    if not shown.text:
        raise bad_request("text must be non-empty", BreachKind.TEXT)
    if units(shown.text) > MAX_TEXT_UNITS:
        raise bad_request("message is too long", BreachKind.TEXT)
    return shown


def caption(params: Params) -> Shown:
    """What is written under a file."""
    shown = _shown(params.text("caption"), params, "caption_entities")
    if units(shown.text) > MAX_CAPTION_UNITS:
        raise bad_request("message caption is too long", BreachKind.TEXT)
    return shown


def _shown(raw: str, params: Params, entities: str) -> Shown:
    if len(raw.encode()) > MAX_RAW_TEXT_BYTES:
        raise bad_request("text is too long", BreachKind.TEXT)
    match params.text("parse_mode").lower():
        case "html":
            shown = parse_html(raw)
        case "" | "none":
            shown = Shown(raw, _given_entities(params.nested(entities) or []))
        case "markdown" | "markdownv2":
            raise bad_request("this server of the tests reads HTML only", BreachKind.MARKUP)
        case _:
            raise bad_request("unsupported parse_mode", BreachKind.MARKUP)
    return trimmed(shown)


def _given_entities(raw: Any) -> tuple[Entity, ...]:
    if not isinstance(raw, list):
        raise bad_request("can't parse MessageEntity: expected an Array", BreachKind.MARKUP)
    return tuple(
        Entity(
            one["type"],
            one["offset"],
            one["length"],
            one.get("url"),
            one.get("language"),
            one.get("custom_emoji_id"),
        )
        for one in raw[:MAX_ENTITIES]
    )


def keyboard(params: Params) -> Keyboard:
    """The reply markup, if there is one."""
    raw = params.nested("reply_markup")
    if raw is None:
        return Keyboard()
    if not isinstance(raw, dict):
        raise bad_request("object expected as reply markup", BreachKind.BUTTONS)
    if "inline_keyboard" in raw:
        return _inline(raw["inline_keyboard"])
    if "keyboard" in raw:
        rows = tuple(tuple(_label(button) for button in row) for row in raw["keyboard"])
        asked = [button for row in raw["keyboard"] for button in row if isinstance(button, dict)]
        return Keyboard(labels=rows, asks_place=any(button.get("request_location") for button in asked))
    return Keyboard()


def _label(button: Any) -> str:
    text = button if isinstance(button, str) else button.get("text", "")
    if not text:
        raise bad_request("keyboard button text must be non-empty", BreachKind.BUTTONS)
    return str(text)


def _inline(raw: Any) -> Keyboard:
    if not isinstance(raw, list) or not all(isinstance(row, list) for row in raw):
        reason = 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
        raise bad_request(reason, BreachKind.BUTTONS)
    rows = tuple(tuple(_button(button) for button in row) for row in raw if row)
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG", BreachKind.BUTTONS)
    return Keyboard(rows, raw={"inline_keyboard": raw} if rows else None)


def _button(raw: Json) -> Button:
    text, data, url = raw.get("text", ""), raw.get("callback_data"), raw.get("url")
    if not text:
        raise bad_request("inline keyboard button text must be non-empty", BreachKind.BUTTONS)
    if url:
        if not _is_url(url):
            reason = f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
            raise bad_request(reason, BreachKind.BUTTONS)
        return Button(text, url=url)
    if data:
        if len(data.encode()) > MAX_CALLBACK_BYTES:
            raise bad_request("BUTTON_DATA_INVALID", BreachKind.BUTTONS)
        return Button(text, data=data)
    if not any(name in raw for name in _OTHER_ACTIONS):
        reason = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        raise bad_request(reason, BreachKind.BUTTONS)
    return Button(text)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "tg" or (parts.scheme in ("http", "https") and "." in host)


def commands(raw: Any) -> list[Json]:
    """The commands of a menu."""
    if not isinstance(raw, list):
        raise bad_request("can't parse commands: expected an Array", BreachKind.COMMANDS)
    if len(raw) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH", BreachKind.COMMANDS)
    return [_command(one) for one in raw]


def _command(raw: Json) -> Json:
    name = str(raw.get("command", "")).strip().removeprefix("/")
    description = str(raw.get("description", "")).strip()
    if not name:
        raise bad_request("command must be non-empty", BreachKind.COMMANDS)
    if len(name) > MAX_COMMAND:
        raise bad_request(f"command length must not exceed {MAX_COMMAND}", BreachKind.COMMANDS)
    if not description:
        raise bad_request("command description must be non-empty", BreachKind.COMMANDS)
    if len(description) > MAX_COMMAND_DESCRIPTION:
        reason = f"command description length must not exceed {MAX_COMMAND_DESCRIPTION}"
        raise bad_request(reason, BreachKind.COMMANDS)
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID", BreachKind.COMMANDS)
    return {"command": name, "description": description}


def language_code(params: Params) -> str:
    """The language of a menu or a profile; empty for everybody else."""
    code = params.text("language_code")
    if code and not _LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified", BreachKind.PROFILE)
    return code


def profile_text(params: Params, name: str, limit: int) -> str:
    """A line of the bot's profile."""
    text = params.text(name).strip()
    if len(text) > limit:
        raise bad_request(f"{name.replace('_', ' ')} is too long", BreachKind.PROFILE)
    return text
