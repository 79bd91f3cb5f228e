"""The texts that the Bot API server takes, and those that it refuses in Telegram's words."""

import pytest
from telegram import Bot, MessageEntity
from telegram.constants import ParseMode
from telegram.error import BadRequest

from tests.bot_api import BotApiServer, BreachKind, Chat
from tests.bot_api.entities import units
from tests.bot_api.markup import parse_html
from tests.bot_api.model import Refusal
from tests.bot_api_server.shared import ANNA

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("", "message text is empty"),
        (" \n", "text must be non-empty"),
        ("<b></b>", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("🚗" * 2048 + "x", "message is too long"),
        ("<p>x</p>", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ("è <br/>", 'can\'t parse entities: Unsupported start tag "br/" at byte offset 3'),
        ("a < b", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            "<b>x</i>",
            'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
        ),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        ("x <b", "can't parse entities: Unclosed start tag at byte offset 2"),
        (
            "<blockquote>x<blockquote>y</blockquote></blockquote>",
            "can't parse entities: Tag \"blockquote\" can't be nested at byte offset 13",
        ),
    ],
)
async def test_a_text_that_telegram_refuses(server: BotApiServer, bot: Bot, anna: Chat, html: str, reason: str) -> None:
    """Empty, too long and badly written texts are refused in Telegram's words, and counted."""
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ANNA, html, parse_mode=ParseMode.HTML)
    assert refused.value.message == reason.capitalize()  # as python-telegram-bot writes it
    assert anna.messages == ()
    kind = BreachKind.MARKUP if reason.startswith("can't parse") else BreachKind.TEXT
    assert [(one.kind, one.chat_id, one.description) for one in server.breaches] == [
        (kind, ANNA, f"Bad Request: {reason}")
    ]


@pytest.mark.parametrize("html", ["<b>" + "x" * 4096 + "</b>", "🚗" * 2048, "&lt;" * 4096, "x" * 4096 + "\n"])
async def test_length_counts_after_the_markup_is_read(bot: Bot, anna: Chat, html: str) -> None:
    """4,096 UTF-16 units pass, whatever the markup around them weighs."""
    await bot.send_message(ANNA, html, parse_mode=ParseMode.HTML)
    assert units(anna.messages[0].text) == 4096


async def test_without_a_parse_mode_text_is_text(bot: Bot, anna: Chat) -> None:
    """Without a parse mode angle brackets stay, and given entities are kept."""
    await bot.send_message(ANNA, "a <b> c", entities=[MessageEntity("bold", 0, 1)])
    [sent] = anna.messages
    assert sent.text == "a <b> c"
    assert [(one.kind, one.offset, one.length) for one in sent.entities] == [("bold", 0, 1)]


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("&lt;&gt;&amp;&quot;&#39;&#x1F697;", "<>&\"'🚗", []),
        ("&nbsp; & &laquo; &#0;", "&nbsp; & &laquo; &#0;", []),
        ("<i>a<u>b</u></i>", "ab", [("italic", "ab"), ("underline", "b")]),
        ("<s>a</s><strike>b</strike><del>c</del>", "abc", [("strikethrough", one) for one in "abc"]),
        ('<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>', "ab", [("spoiler", "a"), ("spoiler", "b")]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", "a")]),
        ("<blockquote>🚗 a</blockquote> b", "🚗 a b", [("blockquote", "🚗 a")]),
        ('<pre><code class="language-python">a</code></pre>', "a", [("pre", "a")]),
        ("<code>a<b>b</b></code>", "ab", [("code", "ab")]),
        ('<tg-emoji emoji-id="5368">🚗</tg-emoji>', "🚗", [("custom_emoji", "🚗")]),
        ("<STRONG>a</STRONG><b></b>", "a", [("bold", "a")]),
        ('<a href="nothing">a</a><a href="tg://user?id=1&amp;x=2">b</a>', "ab", [("text_link", "b")]),
    ],
)
def test_html_that_telegram_reads(html: str, text: str, entities: list[tuple[str, str]]) -> None:
    """The tags and references of Telegram's HTML are read, unknown references stay as they are."""
    shown = parse_html(html)
    assert shown.text == text
    assert [(one.kind, one.covers(text)) for one in shown.entities] == entities


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 0'),
        ("<i aba = ", 'Unclosed start tag "i" at byte offset 0'),
        ("<i aba=19,", "Unexpected end of name token at byte offset 7"),
        ('è<i aba="x>', "Unclosed start tag at byte offset 2"),
        ("<i>a</i  ", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<tg-emoji emoji-id="x">y</tg-emoji>', "Invalid custom emoji identifier specified"),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
    ],
)
def test_html_that_telegram_refuses(html: str, reason: str) -> None:
    """A badly written tag is refused with the byte at which it begins."""
    with pytest.raises(Refusal) as refused:
        parse_html(html)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"
