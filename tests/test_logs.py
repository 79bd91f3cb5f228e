"""Logs: one line an event, on standard error, and never a secret, a text or a person's number in them."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, Update

from bot.errors import TryLaterError
from bot.logs import lines_of, set_up_logs, tag_lines, tagging

TOKEN = "123456789:AAbcDEF-ghi_jklMNOpqrSTUvwx0123456"  # noqa: S105  (nobody's)
SECRET = "webhook-secret-of-mine"  # noqa: S105  (nobody's either)
log = logging.getLogger("bot.test")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Put the root logger back: setting logs up replaces its handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    requests = logging.getLogger("telegram.request")
    before = requests.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    requests.setLevel(before)


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    """What came out on standard error; nothing goes to standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    "line",
    [
        f"token {TOKEN}",
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        f"{TOKEN}",
        f"'{TOKEN}', \"{TOKEN}\"",
        "another bot's: https://api.telegram.org/file/bot987654321:ZZtopZZtopZZtopZZtopZZtopZZtopZZtopZ/x",
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_token_never_appears(capsys: pytest.CaptureFixture[str], line: str, known: bool) -> None:
    """Not even a token that nobody told us about, alone or in the middle of an address."""
    set_up_logs("INFO", [TOKEN] if known else [])
    log.info("%s", line)
    err = logged(capsys)
    assert "AAbcDEF" not in err
    assert "ZZtop" not in err
    assert "[token]" in err or "[secret]" in err


def test_not_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """Errors carry addresses, and addresses tokens: also in the chain of causes."""
    set_up_logs("INFO", [SECRET])

    def refuse() -> None:
        raise OSError(f"refused {SECRET}") from ValueError(f"https://api.telegram.org/bot{TOKEN}/getUpdates")

    try:
        refuse()
    except OSError:
        log.exception("failed")
    err = logged(capsys)
    assert "AAbcDEF" not in err
    assert SECRET not in err
    assert "Traceback" in err
    assert "OSError: refused [secret]" in err
    assert err.index("ValueError") < err.index("OSError")


def test_not_in_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    """A secret among a record's arguments, whatever holds it, is taken out as well."""
    set_up_logs("INFO", [SECRET, None])
    log.warning("%r %s", {"secret": SECRET}, [TOKEN])
    err = logged(capsys)
    assert SECRET not in err
    assert "AAbcDEF" not in err


@pytest.mark.parametrize(
    "line",
    ["at 12:30:59", "http://192.168.100.123:8081/x", "http://localhost:8081", "2025-09-24T10:00:00", "text/p12:s3"],
)
def test_what_is_no_token_stays(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Times, addresses with a port and ids are left as they are."""
    set_up_logs("INFO")
    log.info(line)
    assert logged(capsys).endswith(f" INFO bot.test: {line}\n")


def test_a_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """A line has the time of day, the level, who speaks, and the text."""
    set_up_logs("WARNING")
    log.info("not heard")
    log.warning("heard %d", 1)
    [line] = logged(capsys).splitlines()
    assert line[2] == line[5] == ":"
    assert line[8:] == " WARNING bot.test: heard 1"


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_chatty_libraries_stay_quiet(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """Whatever the level, libraries that put tokens or chats into their lines say nothing below a warning."""
    set_up_logs(level)
    for name in ("httpx", "telegram.ext", "aiosqlite", "psycopg", "nobody.heard.of.it"):
        logging.getLogger(name).info("POST ...")
        logging.getLogger(name).debug("executing ...")
    assert logged(capsys) == ""
    logging.getLogger("httpx").error("trouble")
    assert "trouble" in logged(capsys)


def test_set_up_twice_says_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A second set-up replaces the first."""
    set_up_logs("INFO")
    set_up_logs("INFO")
    log.info("once")
    assert logged(capsys).count("once") == 1


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("chat 123456", "chat [number]"),
        ("chat=-1001234567890, thread 7", "chat=[number], thread 7"),
        ("(5000001)", "([number])"),
        ("sent to 5000001.", "sent to [number]."),
        ("0.1234567 of 65535 at 3.1234567", "0.1234567 of 65535 at 3.1234567"),
        ("index 1a2b3c4d 1234567f", "index 1a2b3c4d 1234567f"),
    ],
)
def test_the_number_of_a_chat_never_appears(capsys: pytest.CaptureFixture[str], line: str, shown: str) -> None:
    """Whatever is as long as Telegram's numbers is taken out, wherever it comes from."""
    set_up_logs("INFO")
    log.info("%s", line)
    assert logged(capsys).endswith(f" INFO bot.test: {shown}\n")


def test_an_error_shows_its_kind_and_place_and_not_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback names functions and kinds of errors; in words it speaks only where no person's text can be."""
    set_up_logs("INFO")

    def fail(text: str) -> None:
        try:
            int(text)
        except ValueError as error:
            raise TryLaterError(5, "Telegram asks for a pause") from error

    try:
        fail("zyxomobile")
    except TryLaterError:
        log.exception("an answer was refused")
    err = logged(capsys)
    assert "zyxo" not in err.replace('fail("zyxomobile")', "")  # the line of the source
    assert "in fail\n    int(text)\n" in err
    assert "\nValueError\n" in err
    assert "\nTryLaterError: Telegram asks for a pause (again in 5 s)\n" in err


async def test_what_a_library_shows_of_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """asyncio writes the error of a task that nobody waits for behind its first line: that line stands alone."""
    set_up_logs("DEBUG")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('zyxo')")
    assert logged(capsys).endswith(" ERROR asyncio: Task exception was never retrieved\n")


async def test_lines_of_one_chat_can_be_read_together(capsys: pytest.CaptureFixture[str]) -> None:
    """What is logged in a task while a chat is served carries its tag, also while other chats are served."""
    set_up_logs("INFO")

    async def serve(tag: str) -> None:
        tag_lines(tag)
        log.info("begun")
        await asyncio.sleep(0)
        log.info("answered")

    await asyncio.gather(asyncio.create_task(serve("11111111")), asyncio.create_task(serve("2222222a")))
    with lines_of("3333333b"):
        log.info("delivered")
    log.info("idle")
    said = [line.split(" ", 2)[2] for line in logged(capsys).splitlines()]
    assert sorted(said) == [
        "bot.test [11111111]: answered",
        "bot.test [11111111]: begun",
        "bot.test [2222222a]: answered",
        "bot.test [2222222a]: begun",
        "bot.test [3333333b]: delivered",
        "bot.test: idle",
    ]


async def test_an_update_tags_the_lines_of_its_task(capsys: pytest.CaptureFixture[str]) -> None:
    """The tag is made of the number of the update's chat; an update without a chat has none."""
    set_up_logs("INFO")
    tags = tagging(lambda number: f"tag of {number}")
    message = Message(1, datetime(2025, 9, 24, tzinfo=UTC), Chat(-7, "group"))

    async def work(update: Update) -> None:
        await tags(update, None)
        log.info("worked on")

    await asyncio.create_task(work(Update(1, message=message)))
    await asyncio.create_task(work(Update(2)))
    assert [line.split(" ", 2)[2] for line in logged(capsys).splitlines()] == [
        "bot.test [tag of -7]: worked on",
        "bot.test: worked on",
    ]
