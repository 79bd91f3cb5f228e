"""How updates reach a bot from the Bot API server."""

import asyncio

import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict

from tests.bot_api import BotApiServer, Chat
from tests.bot_api.updates import entities_of
from tests.bot_api_server.shared import ANNA, TOKEN, button, buttons

pytestmark = pytest.mark.enable_socket


async def test_what_people_write_arrives_parsed(bot: Bot, anna: Chat) -> None:
    """A message arrives with its sender, chat, date and the entities that Telegram marks, in UTF-16 units."""
    anna.says("🚗 /ask@annuncio_bot quando? https://mi.com @qualcuno #auto")
    [update] = await bot.get_updates()
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (message.from_user.first_name, message.from_user.language_code) == ("Anna", "it")
    assert (message.chat.id, message.chat.type) == (ANNA, "private")
    assert {one.type: text for one, text in message.parse_entities().items()} == {
        "bot_command": "/ask@annuncio_bot",
        "url": "https://mi.com",
        "mention": "@qualcuno",
        "hashtag": "#auto",
    }
    assert message.entities[0].offset == 3


@pytest.mark.parametrize(("text", "commands"), [("/a/b", 0), ("e/o", 0), ("/start x", 1), ("(/help)", 1), ("//", 0)])
def test_only_commands_are_commands(text: str, commands: int) -> None:
    """A slash inside a word or a path makes no command."""
    assert [one["type"] for one in entities_of(text)] == ["bot_command"] * commands


async def test_every_kind_of_update_parses(bot: Bot, anna: Chat) -> None:
    """Edits, replies, voice, pictures, stickers, places, files, blocks and presses arrive as their kinds."""
    said = anna.says("ciao")
    message = await bot.send_message(ANNA, "x", reply_markup=buttons([button("Sì", "yes")]))
    anna.edits(said, "ciao!")
    anna.replies_to(anna.messages[0], "perché?")
    anna.sends_voice()
    anna.sends_photo("guarda")
    anna.sends_sticker()
    anna.sends_location()
    anna.sends_document("a.pdf")
    press = anna.presses("Sì")
    anna.blocks()
    anna.unblocks()
    updates = await bot.get_updates()
    assert [_kind(update) for update in updates] == [
        "text ciao",
        "edited ciao!",
        f"text perché? to {message.message_id}",
        "voice",
        "photo guarda",
        "sticker",
        "location",
        "document a.pdf",
        "press yes",
        "my_chat_member member->kicked",
        "my_chat_member kicked->member",
    ]
    ids = [update.update_id for update in updates]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert press.update_id == ids[8]


async def test_updates_stay_until_acknowledged(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """An update is given again until a later offset acknowledges it; the limit holds."""
    for text in "abc":
        anna.says(text)
    first, second = await bot.get_updates(limit=2)
    assert [one.update_id for one in await bot.get_updates(limit=1)] == [first.update_id]
    [third] = await bot.get_updates(offset=second.update_id + 1)
    assert third.message is not None
    assert third.message.text == "c"
    assert await bot.get_updates(offset=third.update_id + 1) == ()
    assert server.pending_updates == ()
    for text in "de":
        anna.says(text)
    [last] = await bot.get_updates(offset=-1)
    assert last.message is not None
    assert last.message.text == "e"


async def test_a_long_poll_ends_when_something_happens(bot: Bot, server: BotApiServer, anna: Chat) -> None:
    """A long poll waits for an update, and comes back empty when its time is over."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.to_thread(server.wait_for_call, "getUpdates")
    assert not poll.done()
    anna.says("ciao")
    assert [_kind(update) for update in await asyncio.wait_for(poll, 20)] == ["text ciao"]
    assert [_kind(update) for update in await bot.get_updates(offset=-1, timeout=1)] == ["text ciao"]
    server.world.updates.pending.clear()
    assert await bot.get_updates(timeout=1) == ()


async def test_only_the_kinds_that_were_asked_for_arrive(bot: Bot, anna: Chat) -> None:
    """`allowed_updates` holds until it is given again; none means the default kinds."""
    await bot.get_updates(allowed_updates=[Update.CALLBACK_QUERY])
    assert not anna.says("a").delivered
    await bot.get_updates()
    assert not anna.says("b").delivered
    await bot.get_updates(allowed_updates=[])
    assert anna.says("c").delivered


async def test_a_second_poller_ends_the_first(server: BotApiServer, anna: Chat) -> None:
    """Of two pollers the earlier one gets 409, and a poller that hung up gets nobody into trouble."""
    async with (
        Bot(TOKEN, base_url=f"{server.base_url}/bot") as first,
        Bot(TOKEN, base_url=f"{server.base_url}/bot") as second,
    ):
        early = asyncio.create_task(first.get_updates(timeout=30))
        await asyncio.to_thread(server.wait_for_call, "getUpdates")
        late = asyncio.create_task(second.get_updates(timeout=30))
        with pytest.raises(Conflict, match="make sure that only one bot instance is running"):
            await early
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        anna.says("ciao")
        assert [_kind(update) for update in await first.get_updates(timeout=30)] == ["text ciao"]


async def test_polling_and_a_webhook_exclude_each_other(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """With a webhook set, polling gets 409, until the webhook is deleted; setting one ends the poll that waits."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.to_thread(server.wait_for_call, "getUpdates")
    with pytest.raises(BadRequest, match="Bad webhook: an https url must be provided for webhook"):
        await bot.set_webhook("http://example.org/hook")
    await bot.set_webhook("https://127.0.0.1:9/hook", allowed_updates=["callback_query"])
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    info = await bot.get_webhook_info()
    assert (info.url, info.allowed_updates) == ("https://127.0.0.1:9/hook", ("callback_query",))
    await bot.set_webhook("https://127.0.0.1:9/hook", allowed_updates=[])
    await bot.delete_webhook()
    anna.says("ciao")
    assert [_kind(update) for update in await bot.get_updates()] == ["text ciao"]


def _kind(update: Update) -> str:
    if update.callback_query:
        return f"press {update.callback_query.data}"
    if change := update.my_chat_member:
        return f"my_chat_member {change.old_chat_member.status}->{change.new_chat_member.status}"
    if update.edited_message:
        return f"edited {update.edited_message.text}"
    message = update.message
    assert message is not None
    if message.text:
        replied = message.reply_to_message
        return f"text {message.text}" + (f" to {replied.message_id}" if replied else "")
    if message.document:
        return f"document {message.document.file_name}"
    kinds = [name for name in ("voice", "photo", "sticker", "location") if getattr(message, name)]
    return " ".join([*kinds, *([message.caption] if message.caption else [])])
