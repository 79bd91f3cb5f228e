"""The methods that a bot speaks with: messages, buttons, reactions, chat actions."""

from dataclasses import replace

from telegram.constants import ChatAction, ReactionEmoji

from . import checks
from .entities import Shown
from .model import Attached, BreachKind, CallbackAnswer, ChatKind, Json, Sent, bad_request
from .params import Params
from .updates import now, without_reply
from .world import Room, World

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_STALE_QUERY = "query is too old and response timeout expired or query ID is invalid"


def send_message(world: World, params: Params) -> Json:
    """`sendMessage`."""
    room = world.room(params)
    room.check_open()
    shown = checks.message_text(params)
    return send(world, room, params, shown, params.text("text"), _content(shown))


def send(
    world: World, room: Room, params: Params, shown: Shown, html: str, content: Json, attached: Attached | None = None
) -> Json:
    """A new message of the bot with this content."""
    keyboard = checks.keyboard(params)
    if keyboard.asks_place and room.kind is not ChatKind.PRIVATE:
        raise bad_request("location can be requested in private chats only", BreachKind.BUTTONS)
    thread_id = params.integer("message_thread_id")
    room.check_writable(thread_id)
    reply_to = _replied(room, params)
    sent = Sent(
        room.chat_id,
        room.new_message_id(),
        shown.text,
        html,
        shown.entities,
        keyboard.buttons,
        keyboard.labels,
        thread_id,
        reply_to,
        silent=params.flag("disable_notification"),
        attached=attached,
        asks_place=keyboard.asks_place,
    )
    author: Json = {"sender_chat": room.as_json()} if room.kind is ChatKind.CHANNEL else {"from": world.bot_json()}
    message: Json = {"message_id": sent.message_id, **author, "chat": room.as_json(), "date": now(), **content}
    if keyboard.raw:
        message["reply_markup"] = keyboard.raw
    if thread_id is not None:
        message |= {"message_thread_id": thread_id, "is_topic_message": True}
    if reply_to is not None:
        message["reply_to_message"] = without_reply(room.messages[reply_to])
    return world.record(room, sent, message)


def edit_message_text(world: World, params: Params) -> Json:
    """`editMessageText`; a keyboard that is not given again goes away."""
    room, before = _editable(world, params)
    shown = checks.message_text(params)
    keyboard = checks.keyboard(params)
    old = room.messages[before.message_id]
    if before.attached is not None:
        raise bad_request("there is no text in the message to edit")
    same_text = (shown.text, shown.entities) == (before.text, before.entities)
    if same_text and keyboard.raw == old.get("reply_markup"):
        raise bad_request(_NOT_MODIFIED)
    after = replace(
        before,
        text=shown.text,
        html=params.text("text"),
        entities=shown.entities,
        buttons=keyboard.buttons,
        version=before.version + 1,
    )
    kept = {name: old[name] for name in old if name not in ("text", "entities", "reply_markup")}
    content = _content(shown) | ({"reply_markup": keyboard.raw} if keyboard.raw else {})
    return world.record(room, after, kept | content | {"edit_date": now()})


def edit_message_reply_markup(world: World, params: Params) -> Json:
    """`editMessageReplyMarkup`."""
    room, before = _editable(world, params)
    keyboard = checks.keyboard(params)
    old = room.messages[before.message_id]
    if keyboard.raw == old.get("reply_markup"):
        raise bad_request(_NOT_MODIFIED)
    after = replace(before, buttons=keyboard.buttons, version=before.version + 1)
    message = {name: old[name] for name in old if name != "reply_markup"} | {"edit_date": now()}
    if keyboard.raw:
        message["reply_markup"] = keyboard.raw
    return world.record(room, after, message)


def delete_message(world: World, params: Params) -> bool:
    """`deleteMessage`."""
    room = world.room(params)
    room.check_open()
    message_id = params.integer("message_id") or 0
    if room.messages.pop(message_id, None) is None:
        raise bad_request("message to delete not found")
    room.sent.pop(message_id, None)
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    """`answerCallbackQuery`."""
    query_id = params.text("callback_query_id")
    if query_id not in world.presses:
        raise bad_request(_STALE_QUERY, BreachKind.CALLBACK)
    text = params.text("text")
    if len(text) > checks.MAX_CALLBACK_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG", BreachKind.CALLBACK)
    world.callback_answers.append(CallbackAnswer(query_id, text, params.flag("show_alert")))
    return True


def send_chat_action(world: World, params: Params) -> bool:
    """`sendChatAction`."""
    room = world.room(params)
    room.check_open()
    action = params.text("action")
    if action not in {known.value for known in ChatAction}:
        raise bad_request("wrong parameter action in request")
    room.actions.append(action)
    return True


def set_message_reaction(world: World, params: Params) -> bool:
    """`setMessageReaction`."""
    room = world.room(params)
    room.check_open()
    message_id = params.integer("message_id") or 0
    if message_id not in room.messages:
        raise bad_request("message to react not found")
    given = [str(one.get("emoji", "")) for one in params.nested("reaction") or []]
    if not set(given) <= {known.value for known in ReactionEmoji}:
        raise bad_request("REACTION_INVALID")
    room.reactions[message_id] = tuple(given)
    return True


def _content(shown: Shown) -> Json:
    """The text of a message."""
    content: Json = {"text": shown.text}
    if shown.entities:
        content["entities"] = [entity.as_json() for entity in shown.entities]
    return content


def _editable(world: World, params: Params) -> tuple[Room, Sent]:
    room = world.room(params)
    room.check_open()
    message_id = params.integer("message_id") or 0
    if message_id not in room.messages:
        raise bad_request("message to edit not found")
    if message_id not in room.sent:
        raise bad_request("message can't be edited")
    return room, room.sent[message_id]


def _replied(room: Room, params: Params) -> int | None:
    """The message that this one replies to, if it is still there."""
    wanted = params.nested("reply_parameters")
    asked = Params(wanted if isinstance(wanted, dict) else {"message_id": params.integer("reply_to_message_id")})
    message_id = asked.integer("message_id")
    if message_id is None or message_id in room.messages:
        return message_id
    if asked.flag("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")
