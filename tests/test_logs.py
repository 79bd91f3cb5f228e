"""Logs: one line an event, on standard error, and never a secret in them."""

import logging
from collections.abc import Iterator

import pytest

from bot.logs import set_up_logs

TOKEN = "123456789:AAbcDEF-ghi_jklMNOpqrSTUvwx0123456"  # noqa: S105  (nobody's)
SECRET = "webhook-secret-of-mine"  # noqa: S105  (nobody's either)
log = logging.getLogger("annuncio.test")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Put the root logger back: setting logs up replaces its handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "telegram", "aiosqlite")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


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
    assert logged(capsys).endswith(f" INFO annuncio.test: {line}\n")


def test_a_line_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """A line has the time of day, the level, who speaks, and the text."""
    set_up_logs("WARNING")
    log.info("not heard")
    log.warning("heard %d", 1)
    [line] = logged(capsys).splitlines()
    assert line[2] == line[5] == ":"
    assert line[8:] == " WARNING annuncio.test: heard 1"


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_chatty_libraries_stay_quiet(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """Whatever the level, libraries that put tokens or chats into their lines say nothing below a warning."""
    set_up_logs(level)
    for name in ("httpx", "telegram.ext", "aiosqlite"):
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
