"""The command line of `annuncio`: what can be typed after it, and what that means."""

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bot.settings import LANGUAGES, Settings

Command = Callable[[argparse.Namespace, Settings], int]
"""What was typed and the settings -> the exit code. Raises AnnuncioError."""

DESCRIPTION = """\
Annuncio answers questions about an announcement, with the sentence that each answer rests on, and tells its
subscribers what comes after it. Without a Telegram token the same conversation runs in this terminal.
"""
EXAMPLES = """\
examples:
  annuncio run                                      serve Telegram, or talk here if no token is set
  annuncio ask "When do Xiaomi cars reach Europe?"  one answer
  annuncio ingest article.txt --published 2026-03-01
                                                    add the next article; subscribers hear of it
settings are read from the environment and from .env; .env.example lists them all
"""


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it like 2025-09-24") from None


def _language(text: str) -> str:
    if not (text.isascii() and text.isalpha() and 2 <= len(text) <= 3):
        raise argparse.ArgumentTypeError(f"{text!r} is no language code: write it like {', '.join(LANGUAGES)}")
    return text.lower()


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = tuple(tuple(map(_language, pair.split("/"))) for pair in text.split(","))
    if any(len(pair) != 2 for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} are no pairs of languages: write them like en/en,en/it")
    return tuple(dict.fromkeys((pair[0], pair[1]) for pair in pairs))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 9 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of questions: write it like 40")
    return int(text)


def parser_of(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of a command line; what it gives has the command as `work`, and the parser of that as `usage`."""
    parser = argparse.ArgumentParser(
        prog="annuncio",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"annuncio {version('annuncio')}")
    places = argparse.ArgumentParser(add_help=False)
    places.add_argument("--articles", type=Path, metavar="DIR", help="take this folder of articles as the whole corpus")
    places.add_argument("--data-dir", type=Path, metavar="DIR", help="where built things are kept (default: data)")
    named = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = named.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[places])
        command.set_defaults(work=commands[name], usage=command)
        return command

    add("run", "serve Telegram, or talk in this terminal if no token is set")
    add("chat", "talk in this terminal")
    ask = add("ask", "answer one question, or one a line from standard input")
    ask.add_argument("question", nargs="?", help="the question, in any language")
    ask.add_argument("--lang", type=_language, metavar="xx", help="the asker's language (default: the question's)")
    ask.add_argument("--json", action="store_true", help="print the whole record of the answer")
    ask.add_argument(
        "--jsonl",
        action="store_true",
        help='read questions from standard input, a line each, as text or {"question": ..., "lang": ...}; '
        "write a record a line",
    )
    ingest = add("ingest", "add articles: text, HTML or PDF files, edition files, web addresses")
    ingest.add_argument("places", nargs="+", metavar="PATH_OR_URL", help="a file or an address")
    ingest.add_argument("--lang", type=_language, metavar="xx", help="its language (default: found in the text)")
    ingest.add_argument("--title", help="its title (default: found in the text)")
    ingest.add_argument("--published", type=_day, metavar="YYYY-MM-DD", help="its date (default: found in the text)")
    ingest.add_argument("--topic", action="append", metavar="NAME", help="news, offers or your own; may be repeated")
    ingest.add_argument("--dry-run", action="store_true", help="show what would be stored, and store nothing")
    index = add("index", "bring the index up to the articles")
    index.add_argument("--rebuild", action="store_true", help="build it anew from nothing")
    measured = add("eval", "measure how often the bot is right")
    measured.add_argument("--qa", type=Path, metavar="FILE", help="articles with questions whose answers are known")
    measured.add_argument("--questions", type=Path, metavar="FILE", help="questions about the articles of the bot")
    measured.add_argument("--pairs", type=_pairs, metavar="xx/yy,...", help="languages of questions and of texts")
    measured.add_argument("--sample", type=_count, metavar="N", help="put only N questions of each pair")
    measured.add_argument("--cache", type=Path, metavar="FILE", help="keep embeddings in this .npz file between runs")
    measured.add_argument("--json", action="store_true", help="print the figures as JSON")
    measured.add_argument("-v", "--wrong", action="store_true", help="list every one of --questions that went wrong")
    measured.add_argument("--report", type=Path, metavar="DIR", help="write tables and pictures into this folder")
    stats = add("stats", "tell what is asked, what is not answered, who subscribes and what was sent: counts")
    stats.add_argument("--json", action="store_true", help="print the figures as JSON")
    stats.add_argument("--pictures", type=Path, metavar="DIR", help="write two pictures of them into this folder")
    key = add("key", "tell which key seals what is kept about people, and where it is; never the key")
    key.add_argument(
        "action",
        nargs="?",
        choices=["rotate"],
        help="rotate: make a new key and seal everything anew with it, while the bot does not run",
    )
    add("health", "tell whether the bot is alive: exit code 0 if so, 1 if not")
    return parser
