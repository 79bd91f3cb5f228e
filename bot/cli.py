"""The console script `annuncio`: settings, logs and one command, and how each of its errors ends."""

import argparse
import io
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from bot.arguments import parser_of
from bot.commands import COMMANDS
from bot.errors import AnnuncioError, SettingsError
from bot.logs import set_up_logs
from bot.settings import Settings, load_settings


def _settings(options: argparse.Namespace) -> Settings:
    settings = load_settings()
    if options.data_dir is not None:
        settings = replace(settings, data_dir=options.data_dir)
    if options.articles is not None:
        settings = replace(settings, articles_dir=options.articles)
    return settings


def _secrets(settings: Settings) -> tuple[str | None, ...]:
    """What no line of the log may show."""
    spoken = (settings.telegram_bot_token, settings.webhook_secret, settings.database_url)
    found = re.search(r"://[^/@]*:([^@]{4,})@", settings.database_url or "")
    passwords = (found[1], unquote(found[1])) if found else ()
    return (*spoken, *passwords, *(settings.key or "").split(","))


def _tolerate_any_bytes() -> None:
    """A byte that is no text, or a character that this terminal cannot show, must not end a command half-way."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit 0 when it did what it should, 1 with one clear line when not, 2 on wrong usage."""
    _tolerate_any_bytes()
    options = parser_of(COMMANDS).parse_args(arguments)
    try:
        settings = _settings(options)
        set_up_logs(settings.log_level, _secrets(settings))
        code = options.work(options, settings)
    except SettingsError as error:
        print(f"annuncio: these settings are wrong:\n{error}", file=sys.stderr)
        code = 1
    except AnnuncioError as error:
        print(f"annuncio: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # Whoever reads our output has left; the interpreter must not complain while it closes.
        sys.stderr.close()
        code = 1
    sys.exit(code)
