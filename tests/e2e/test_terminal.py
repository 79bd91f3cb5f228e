"""The same conversation without a token: from a pipe, and in a terminal."""

from pathlib import Path

import pytest

from tests.e2e.processes import annuncio
from tests.e2e.pseudo_terminal import CTRL_C, CTRL_D, PseudoTerminal
from tests.e2e.texts import NOT_STATED, ORDERS, TRAM, TRAM_ANSWER, TRAM_QUESTION, TRAM_SUMMARY, TRAM_TITLE

INTRO = "Type a question, or /help."


def test_a_pipe_is_answered_line_by_line_and_news_comes_before_the_next_answer(data_dir: Path, tmp_path: Path) -> None:
    """Questions, commands, an empty line; after /subscribe and an ingest a later run begins with the news, once."""
    where = ("--data-dir", data_dir)
    lines = [
        ORDERS["en"].question,
        NOT_STATED["it"][0],
        "",
        "/language de",
        ORDERS["de"].question,
        "/pizza",
        "/language automatic",
        ORDERS["en"].question,
        "/subscribe",
    ]
    first = annuncio("run", *where, folder=tmp_path, text="\n".join(lines))
    assert first.code == 0
    assert first.line.startswith("No TELEGRAM_BOT_TOKEN is set, so the conversation is here in the terminal.")
    shown = [
        ORDERS["en"].value,
        ORDERS["en"].sentence,
        ORDERS["en"].source,
        NOT_STATED["it"][1],
        ORDERS["de"].sentence,
        "/pizza",
        "/unsubscribe",
    ]
    places = [first.stdout.find(text) for text in shown]
    assert -1 not in places, f"{shown} in {first.stdout}"
    assert places == sorted(places)

    (tmp_path / "tram.md").write_text(TRAM, encoding="utf-8")
    ingested = annuncio("ingest", "tram.md", *where, folder=tmp_path)
    assert ingested.stdout.splitlines()[-1].endswith(": 1 subscriber will hear of it")

    second = annuncio("chat", *where, folder=tmp_path, text="1\n/settings\n")
    assert (second.code, second.stderr) == (0, "")
    assert second.stdout.startswith(f"📣 {TRAM_TITLE}\n")
    assert second.stdout.count("📣") == 1
    assert TRAM_SUMMARY in second.stdout
    assert f"[1] {TRAM_QUESTION}\n" in second.stdout
    assert f"\n\n{TRAM_QUESTION}\n\n" in second.stdout
    assert TRAM_ANSWER in second.stdout
    assert "News: subscribed" in second.stdout


def test_a_pipe_of_strange_lines_is_answered_to_its_end(data_dir: Path, tmp_path: Path) -> None:
    """Null bytes, emoji, right-to-left text, a megabyte in one line, Windows line ends, and no newline at the end."""
    lines = ["\x00", "🚗🚀", "مرحبا", "x" * 1_000_000, "/", "99", f"{ORDERS['en'].question}\r", ORDERS["zh"].question]
    ended = annuncio("chat", "--data-dir", data_dir, folder=tmp_path, text="\n".join(lines))
    assert (ended.code, ended.stderr) == (0, "")
    assert ORDERS["en"].sentence in ended.stdout
    assert ended.stdout.rstrip().endswith(ORDERS["zh"].source)


@pytest.mark.parametrize("key", [CTRL_D, CTRL_C], ids=["ctrl-d", "ctrl-c"])
def test_a_terminal_shows_a_prompt_and_is_left_by_a_key(data_dir: Path, tmp_path: Path, key: str) -> None:
    """A question and the number of a button are answered; the key says goodbye, with exit code 0."""
    with PseudoTerminal("run", "--data-dir", data_dir, folder=tmp_path) as terminal:
        terminal.wait_for("No TELEGRAM_BOT_TOKEN is set")
        terminal.wait_for(INTRO)
        welcome = terminal.wait_for("> ")
        assert "Xiaomi will take its electric cars outside China from 2027" in welcome
        terminal.types(f"{ORDERS['en'].question}\n")
        answer = terminal.wait_for("\n> ")
        assert ORDERS["en"].value in [line.strip() for line in answer.splitlines()]
        assert ORDERS["en"].sentence in answer
        terminal.types("Hello!\n")
        label = terminal.wait_for("\n> ").partition("[2] ")[2].partition("\n")[0].strip()
        terminal.types("2\n")
        pressed = terminal.wait_for("\n> ")
        assert label in pressed
        assert "Source:" in pressed
        terminal.types(key)
        terminal.wait_for("Goodbye!")
        assert terminal.wait_for_end() == 0
