"""Updates as Telegram shapes them."""

import re
import secrets
import time

from .entities import units
from .model import ChatKind, Json, User
from .world import Room, World

_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{4,32}(?!\w)")
_HASHTAG = re.compile(r"(?<!\w)#\w*[^\W\d]\w*")
_URL = re.compile(r"https?://[^\s<>]+")

ANONYMOUS = User(1_087_968_824, "Group", None, "GroupAnonymousBot")
"""Who writes when an administrator of a group does so in the group's name."""


def now() -> int:
    """The date of a message."""
    return int(time.time())


def entities_of(text: str) -> list[Json]:
    """The commands, links, mentions and hashtags that Telegram marks in what a person writes."""
    found: list[Json] = []
    taken: set[int] = set()
    kinds = (("url", _URL), ("bot_command", _COMMAND), ("mention", _MENTION), ("hashtag", _HASHTAG))
    for kind, pattern in kinds:
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                taken.update(range(*match.span()))
                offset = units(text[: match.start()])
                found.append({"type": kind, "offset": offset, "length": units(match.group())})
    return sorted(found, key=lambda entity: int(entity["offset"]))


def person_message(
    room: Room, user: User, content: Json, *, thread_id: int | None = None, reply_to: int | None = None
) -> Json:
    """A new message of a person, kept in the chat."""
    if room.kind is ChatKind.CHANNEL:
        author: Json = {"sender_chat": room.as_json()}
    elif user.user_id == ANONYMOUS.user_id:
        author = {"from": user.as_json(), "sender_chat": room.as_json()}
    else:
        author = {"from": user.as_json()}
    message: Json = {
        "message_id": room.new_message_id(),
        **author,
        "chat": room.as_json(),
        "date": now(),
        **content,
    }
    if thread_id is not None:
        room.threads.add(thread_id)
        message |= {"message_thread_id": thread_id, "is_topic_message": True}
    if reply_to is not None:
        message["reply_to_message"] = without_reply(room.messages[reply_to])
    room.messages[message["message_id"]] = message
    return message


def without_reply(message: Json) -> Json:
    """A message as a reply carries it: without what it replies to itself."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def reaches_bot(world: World, room: Room, message: Json) -> bool:
    """Whether privacy mode lets the bot see this message of a group."""
    if room.kind in (ChatKind.PRIVATE, ChatKind.CHANNEL) or not world.privacy_mode:
        return True
    replied = message.get("reply_to_message", {})
    if replied.get("from", {}).get("id") == world.bot_id:
        return True
    text = message.get("text", "") or message.get("caption", "")
    called = [match.group().partition("@")[2] for match in _COMMAND.finditer(text)]
    return any(name.lower() in ("", world.username.lower()) for name in called)


def membership(room: Room, user: User, bot: Json, old: str, new: str) -> Json:
    """A `my_chat_member` update: what became of the bot in a chat."""

    def member(status: str) -> Json:
        return {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})

    return {
        "chat": room.as_json(),
        "from": user.as_json(),
        "date": now(),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    }


def voice() -> Json:
    """What a spoken message holds."""
    return {"voice": file_json() | {"duration": 3, "mime_type": "audio/ogg"}}


def photo(caption: str) -> Json:
    """What a picture holds: two sizes, and its caption."""
    content: Json = {"photo": [file_json() | {"width": side, "height": side} for side in (90, 800)]}
    return content | {"caption": caption, "caption_entities": entities_of(caption)} if caption else content


def sticker(emoji: str) -> Json:
    """What a sticker holds."""
    looks = {"width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {"sticker": file_json() | looks | {"type": "regular", "emoji": emoji}}


def document(name: str, content: bytes, mime_type: str) -> Json:
    """What a file holds."""
    return {"document": file_json(content) | {"file_name": name, "mime_type": mime_type}}


def file_json(content: bytes = b"") -> Json:
    """A file as a message carries it."""
    file_id = secrets.token_hex(8)
    return {"file_id": file_id, "file_unique_id": file_id[:8], "file_size": len(content) or 4096}
