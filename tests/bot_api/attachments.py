"""The methods about files: those that the bot sends, and those that it fetches."""

from . import checks
from .entities import Shown
from .messages import send
from .model import Attached, BreachKind, Json, bad_request
from .params import Params
from .updates import file_json
from .world import World

MAX_DOCUMENT = 50_000_000
MAX_PHOTO = 10_000_000
MAX_DOWNLOAD = 20_000_000
"""Bytes that a bot may send in a file and in a picture, and fetch."""


def send_document(world: World, params: Params) -> Json:
    """`sendDocument`."""
    attached = _attached(params, "document", MAX_DOCUMENT)
    content = {"document": file_json(attached.content) | {"file_name": attached.name}}
    return _send(world, params, attached, content)


def send_photo(world: World, params: Params) -> Json:
    """`sendPhoto`."""
    attached = _attached(params, "photo", MAX_PHOTO)
    if not attached.content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff")):
        raise bad_request("IMAGE_PROCESS_FAILED", BreachKind.FILE)
    sizes = [file_json(attached.content) | {"width": side, "height": side} for side in (90, 800)]
    return _send(world, params, Attached(attached.name, attached.content, picture=True), {"photo": sizes})


def get_file(world: World, params: Params) -> Json:
    """`getFile`: where to fetch a file that somebody sent."""
    file_id = params.text("file_id")
    content = world.files.get(f"documents/{file_id}")
    if content is None:
        raise bad_request("invalid file_id")
    if len(content) > MAX_DOWNLOAD:
        raise bad_request("file is too big", BreachKind.FILE)
    path = f"documents/{file_id}"
    return {"file_id": file_id, "file_unique_id": file_id[:8], "file_size": len(content), "file_path": path}


def _attached(params: Params, name: str, limit: int) -> Attached:
    attached = params.file(name)
    if attached is None:
        raise bad_request(f"there is no {name} in the request", BreachKind.FILE)
    if not attached.content:
        raise bad_request("file must be non-empty", BreachKind.FILE)
    if len(attached.content) > limit:
        raise bad_request("Request Entity Too Large", BreachKind.FILE)
    return attached


def _send(world: World, params: Params, attached: Attached, content: Json) -> Json:
    room = world.room(params)
    room.check_open()
    shown = checks.caption(params) if params.text("caption") else Shown("")
    if shown.text:
        content["caption"] = shown.text
    if shown.entities:
        content["caption_entities"] = [entity.as_json() for entity in shown.entities]
    return send(world, room, params, shown, params.text("caption"), content, attached)
