"""Files and pictures on the Bot API server of the tests, both ways."""

import pytest
from telegram import Bot, KeyboardButton, ReplyKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from tests.bot_api import BotApiServer, BreachKind, Chat
from tests.bot_api_server.shared import ANNA, button, buttons

pytestmark = pytest.mark.enable_socket

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def test_a_file_is_kept_with_its_name_and_caption(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A document arrives with its bytes, its name, its caption and its buttons; a picture too."""
    sent = await bot.send_document(
        ANNA, b"{}", filename="mydata.json", caption="<b>Tutto</b>", parse_mode=ParseMode.HTML
    )
    picture = await bot.send_photo(ANNA, PNG, filename="stats.png", reply_markup=buttons([button("Sì", "yes")]))
    first, second = anna.messages
    assert first.attached is not None
    assert (first.attached.name, first.attached.content, first.attached.picture) == ("mydata.json", b"{}", False)
    assert (first.text, first.html, sent.caption) == ("Tutto", "<b>Tutto</b>", "Tutto")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size) == ("mydata.json", 2)
    assert second.attached is not None
    assert (second.attached.picture, second.labels, len(picture.photo)) == (True, ("Sì",), 2)
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("x", ANNA, sent.message_id)
    assert server.breaches == ()


async def test_files_that_telegram_refuses(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A long caption, an empty file and a picture that is none are refused and counted."""
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_document(ANNA, b"x", caption="x" * 1025)
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(ANNA, b"", filename="x")
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(ANNA, b"GIF89a", filename="x.png")
    assert [one.kind for one in server.breaches] == [BreachKind.TEXT, BreachKind.FILE, BreachKind.FILE]
    assert anna.messages == ()


async def test_what_a_person_sends_can_be_fetched(bot: Bot, anna: Chat) -> None:
    """A document arrives with its name and size, and `getFile` leads to its bytes; another id leads nowhere."""
    anna.sends_document("tram.md", b"# A tram", "text/markdown")
    [update] = await bot.get_updates()
    assert update.message is not None
    document = update.message.document
    assert document is not None
    assert (document.file_name, document.file_size, document.mime_type) == ("tram.md", 8, "text/markdown")
    file = await document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"# A tram"
    with pytest.raises(BadRequest, match="Invalid file_id"):
        await bot.get_file("nothing")
    assert file.file_path is not None
    with pytest.raises(TelegramError, match="Not Found"):
        await bot.request.retrieve(file.file_path.replace("documents/", "elsewhere/"))


async def test_a_file_that_is_too_big_is_not_given(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """Bots fetch files of 20 MB at most."""
    anna.sends_document("big.pdf", bytes(20_000_001))
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.document is not None
    with pytest.raises(BadRequest, match="File is too big"):
        await update.message.document.get_file()
    assert [one.kind for one in server.breaches] == [BreachKind.FILE]


async def test_a_place_can_be_asked_for_in_private_only(server: BotApiServer, bot: Bot, anna: Chat) -> None:
    """A keyboard that asks for a location is shown in a private chat, and refused in a group."""
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("Dove sono", request_location=True)]])
    await bot.send_message(ANNA, "Dove?", reply_markup=keyboard)
    assert (anna.messages[0].asks_place, anna.messages[0].keyboard) == (True, (("Dove sono",),))
    server.chat(-5, kind="group")
    with pytest.raises(BadRequest, match="Location can be requested in private chats only"):
        await bot.send_message(-5, "Dove?", reply_markup=keyboard)
    anna.sends_location(45.5, 9.25)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.location is not None
    assert (update.message.location.latitude, update.message.location.longitude) == (45.5, 9.25)
