"""The methods about the bot itself and about chats: its menus and descriptions, who is where."""

import json
from collections.abc import Mapping

from . import checks
from .model import BreachKind, ChatKind, ChatState, Json, User, bad_request
from .params import Params
from .world import Room, World

MAX_NAME = 64
MAX_DESCRIPTION = 512
MAX_SHORT_DESCRIPTION = 120

_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_SCOPES = (
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
)
_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def get_me(world: World, _params: Params) -> Json:
    """`getMe`."""
    return world.bot_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(world: World, params: Params) -> bool:
    """`setMyCommands`."""
    world.profile.commands[_menu(world, params)] = checks.commands(params.nested("commands") or [])
    return True


def get_my_commands(world: World, params: Params) -> list[Json]:
    """`getMyCommands`."""
    return world.profile.commands.get(_menu(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """`deleteMyCommands`."""
    world.profile.commands.pop(_menu(world, params), None)
    return True


def set_my_name(world: World, params: Params) -> bool:
    """`setMyName`."""
    return _set(world.profile.names, params, "name", MAX_NAME)


def get_my_name(world: World, params: Params) -> Json:
    """`getMyName`."""
    return {"name": _get(world.profile.names, params) or world.bot_json()["first_name"]}


def set_my_description(world: World, params: Params) -> bool:
    """`setMyDescription`."""
    return _set(world.profile.descriptions, params, "description", MAX_DESCRIPTION)


def get_my_description(world: World, params: Params) -> Json:
    """`getMyDescription`."""
    return {"description": _get(world.profile.descriptions, params)}


def set_my_short_description(world: World, params: Params) -> bool:
    """`setMyShortDescription`."""
    return _set(world.profile.short_descriptions, params, "short_description", MAX_SHORT_DESCRIPTION)


def get_my_short_description(world: World, params: Params) -> Json:
    """`getMyShortDescription`."""
    return {"short_description": _get(world.profile.short_descriptions, params)}


def get_chat(world: World, params: Params) -> Json:
    """`getChat`."""
    room = world.room(params)
    return room.as_json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, True),
    }


def get_chat_member(world: World, params: Params) -> Json:
    """`getChatMember`."""
    room = world.room(params)
    user_id = params.integer("user_id") or 0
    if user_id == world.bot_id:
        status = "member" if room.state is ChatState.ACTIVE else "left"
        return {"user": world.bot_json(), "status": status}
    status = room.roles.get(user_id, "member" if user_id == room.user.user_id else "left")
    user = room.user if user_id == room.user.user_id else User(user_id)
    member: Json = {"user": user.as_json(), "status": status}
    if status == "creator":
        member["is_anonymous"] = False
    if status == "kicked":
        member["until_date"] = 0
    if status == "administrator":
        member |= dict.fromkeys(_ADMIN_RIGHTS, True) | {"is_anonymous": False}
    return member


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """`getChatAdministrators`."""
    room = world.room(params)
    room.check_open()
    in_charge = [user_id for user_id, role in room.roles.items() if role in ("creator", "administrator")]
    return [get_chat_member(world, Params({"chat_id": room.chat_id, "user_id": user_id})) for user_id in in_charge]


def leave_chat(world: World, params: Params) -> bool:
    """`leaveChat`."""
    room: Room = world.room(params)
    room.check_open()
    if room.kind is ChatKind.PRIVATE:
        raise bad_request("chat member status can't be changed in private chats")
    room.state = ChatState.KICKED
    return True


def _menu(world: World, params: Params) -> tuple[str, str]:
    """Which menu is meant: its scope as text, and its language; a chat that it names must be there."""
    scope = params.nested("scope") or {"type": "default"}
    if scope.get("type") not in _SCOPES:
        raise bad_request("unsupported bot command scope type", BreachKind.COMMANDS)
    if "chat_id" in scope:
        world.room(Params(scope))
    return json.dumps(scope, sort_keys=True), checks.language_code(params)


def _set(texts: dict[str, str], params: Params, name: str, limit: int) -> bool:
    language = checks.language_code(params)
    text = checks.profile_text(params, name, limit)
    if text:
        texts[language] = text
    else:
        texts.pop(language, None)
    return True


def _get(texts: Mapping[str, str], params: Params) -> str:
    """The text for a language, or the one for everybody else."""
    return texts.get(checks.language_code(params)) or texts.get("", "")
