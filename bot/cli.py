"""The console script `annuncio`: one function a command. Heavy imports stay inside the commands that need them."""

import argparse
import io
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.errors import AnnuncioError, SettingsError, StateError
from bot.health import check
from bot.logs import set_up_logs
from bot.settings import LANGUAGES, Settings, load_settings

if TYPE_CHECKING:
    from bot.answers.answering import Asker
    from bot.news.publishing import Published
    from bot.replies import Document
    from bot.state.vault import Vault
    from corpus.model import Edition
    from index.encoder import Vectors

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


def _parser() -> argparse.ArgumentParser:
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
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, work: Callable[[argparse.Namespace, Settings], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[places])
        command.set_defaults(work=work, usage=command)
        return command

    add("run", _run, "serve Telegram, or talk in this terminal if no token is set")
    add("chat", _chat, "talk in this terminal")
    ask = add("ask", _ask, "answer one question, or one a line from standard input")
    ask.add_argument("question", nargs="?", help="the question, in any language")
    ask.add_argument("--lang", type=_language, metavar="xx", help="the asker's language (default: the question's)")
    ask.add_argument("--json", action="store_true", help="print the whole record of the answer")
    ask.add_argument(
        "--jsonl",
        action="store_true",
        help='read questions from standard input, a line each, as text or {"question": ..., "lang": ...}; '
        "write a record a line",
    )
    ingest = add("ingest", _ingest, "add articles: text, HTML or PDF files, edition files, web addresses")
    ingest.add_argument("places", nargs="+", metavar="PATH_OR_URL", help="a file or an address")
    ingest.add_argument("--lang", type=_language, metavar="xx", help="its language (default: found in the text)")
    ingest.add_argument("--title", help="its title (default: found in the text)")
    ingest.add_argument("--published", type=_day, metavar="YYYY-MM-DD", help="its date (default: found in the text)")
    ingest.add_argument("--topic", action="append", metavar="NAME", help="news, offers or your own; may be repeated")
    ingest.add_argument("--dry-run", action="store_true", help="show what would be stored, and store nothing")
    index = add("index", _index, "bring the index up to the articles")
    index.add_argument("--rebuild", action="store_true", help="build it anew from nothing")
    measured = add("eval", _eval, "measure how often the bot is right")
    measured.add_argument("--qa", type=Path, metavar="FILE", help="articles with questions whose answers are known")
    measured.add_argument("--questions", type=Path, metavar="FILE", help="questions about the articles of the bot")
    measured.add_argument("--pairs", type=_pairs, metavar="xx/yy,...", help="languages of questions and of texts")
    measured.add_argument("--sample", type=_count, metavar="N", help="put only N questions of each pair")
    measured.add_argument("--cache", type=Path, metavar="FILE", help="keep embeddings in this .npz file between runs")
    measured.add_argument("--json", action="store_true", help="print the figures as JSON")
    measured.add_argument("-v", "--wrong", action="store_true", help="list every one of --questions that went wrong")
    measured.add_argument("--report", type=Path, metavar="DIR", help="write tables and pictures into this folder")
    stats = add("stats", _stats, "tell what is asked, what is not answered, who subscribes and what was sent: counts")
    stats.add_argument("--json", action="store_true", help="print the figures as JSON")
    stats.add_argument("--pictures", type=Path, metavar="DIR", help="write two pictures of them into this folder")
    key = add("key", _key, "tell which key seals what is kept about people, and where it is; never the key")
    key.add_argument(
        "action",
        nargs="?",
        choices=["rotate"],
        help="rotate: make a new key and seal everything anew with it, while the bot does not run",
    )
    add("health", _health, "tell whether the bot is alive: exit code 0 if so, 1 if not")
    return parser


def _run(options: argparse.Namespace, settings: Settings) -> int:
    token = settings.telegram_bot_token
    if token is None:
        print(
            "No TELEGRAM_BOT_TOKEN is set, so the conversation is here in the terminal. For Telegram: get a token "
            "from @BotFather and put it into .env.",
            file=sys.stderr,
        )
        return _chat(options, settings)
    import asyncio

    from bot.telegram.app import run_telegram

    print("TELEGRAM_BOT_TOKEN is set: starting on Telegram (`annuncio chat` talks here instead).", file=sys.stderr)

    def ready(name: str) -> None:
        print(f"@{name} is listening on Telegram. Ctrl-C stops it.", file=sys.stderr, flush=True)

    asyncio.run(run_telegram(settings, token, ready))
    return 0


def _chat(options: argparse.Namespace, settings: Settings) -> int:
    del options
    from rich.console import Console

    from bot.terminal import run_terminal
    from bot.texts import say

    console = Console(highlight=False)
    if sys.stdin.isatty():
        print("Loading the model, a few seconds ...", file=sys.stderr)
        print(say(settings.language, "terminal_intro"), say(settings.language, "terminal_choose"), file=sys.stderr)
    run_terminal(settings, console)
    return 0


def _asker(lang: str | None) -> "Asker":
    from bot.answers.answering import Asker

    return Asker(chosen=lang)


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    if (options.question is None) != options.jsonl:
        options.usage.error('give one question, as in annuncio ask "When?", or --jsonl and questions on standard input')
    from bot.answers.opening import open_answering
    from bot.chat.composing import compose as compose_outcome
    from bot.chat.composing import plain, record

    answering = open_answering(settings)

    def answer(question: str, lang: str | None) -> dict[str, object]:
        outcome = answering.answerer.answer(question, _asker(lang))
        return record(outcome, answering.samples().in_language(outcome.language))

    if options.jsonl:
        for line in sys.stdin:
            question, lang = _question_line(line.rstrip("\r\n"), options.lang)
            print(json.dumps(answer(question, lang), ensure_ascii=False), flush=True)
    elif options.json:
        print(json.dumps(answer(options.question, options.lang), ensure_ascii=False, indent=2))
    else:
        outcome = answering.answerer.answer(options.question, _asker(options.lang))
        samples = answering.samples().in_language(outcome.language)
        reply = compose_outcome(outcome, samples)
        print(plain(reply.html))
        for row in reply.buttons:
            print(f"- {row[0].label}")
    return 0


def _question_line(line: str, lang: str | None) -> tuple[str, str | None]:
    """A line of --jsonl: an object with a question, or the question itself."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line, lang
    if isinstance(record, dict) and isinstance(record.get("question"), str):
        given = record.get("lang")
        return record["question"], given if isinstance(given, str) and given else lang
    return line, lang


def _ingest(options: argparse.Namespace, settings: Settings) -> int:
    from bot.news.ingesting import Given, edition_from

    given = Given(options.lang, options.title, options.published, tuple(options.topic) if options.topic else None)
    editions = [edition_from(place, given) for place in options.places]
    if options.dry_run:
        from corpus.reader import render_edition

        for edition in editions:
            print(f"# {edition.slug}/{edition.language}.md\n{render_edition(edition)}")
        return 0
    return _store(editions, settings)


def _store(editions: "Sequence[Edition]", settings: Settings) -> int:
    import asyncio

    from bot.answers.catalogue import prepare_data_dir
    from bot.answers.opening import open_answering
    from bot.news.publishing import Newsroom
    from bot.state.keys import open_vault
    from bot.state.opening import open_state

    prepare_data_dir(settings.data_dir)
    try:
        settings.own_articles.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"the folder of articles {settings.own_articles} cannot be made ({error.strerror})") from error
    answering = open_answering(settings)

    async def publish() -> "Published":
        async with open_state(settings, open_vault(settings)) as state:
            return await Newsroom(answering, state).publish(editions)

    _say_published(asyncio.run(publish()))
    return 0


def _say_published(published: "Published") -> None:
    for ingested in published.ingested:
        edition = ingested.edition
        sentences = len(edition.sentences)
        print(
            f"{edition.slug}/{edition.language}: {edition.title} ({edition.published}, {len(edition.paragraphs)} "
            f"paragraphs, {sentences} sentences){' - already there, unchanged' if ingested.known else ''}"
        )
    for told in published.told:
        if told.hears is not None:
            print(f"{told.slug}: {told.hears} subscriber{'' if told.hears == 1 else 's'} will hear of it")
        if told.story is not None:
            print(f"{told.slug}: the story was told before, by {told.story}, which names this source now, too")
        if told.answers:
            print(f"{told.slug}: answers {told.answers} question{'' if told.answers == 1 else 's'} that waited for it")
        if told.corrections:
            print(f"{told.slug}: {told.corrections} correction{'' if told.corrections == 1 else 's'} of what was shown")


def _index(options: argparse.Namespace, settings: Settings) -> int:
    from bot.answers.catalogue import build, check_places
    from bot.answers.opening import load_encoder_for, open_answering

    check_places(settings)
    encoder = load_encoder_for(settings)
    report = build(settings, encoder, rebuild=options.rebuild)
    print(f"index: {report.embedded} passages embedded, {report.kept} kept, {report.removed} removed")
    samples = open_answering(settings, encoder).samples()
    counts = ", ".join(f"{len(samples.in_language(language))} {language}" for language in LANGUAGES)
    print(f"sample questions that are answered: {counts}")
    return 0


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    if options.qa is None and options.questions is None:
        options.usage.error("give the questions, as in annuncio eval --qa FILE or annuncio eval --questions FILE")
    from bot.evaluation.command import DEFAULT_PAIRS, Wanted, measure
    from bot.evaluation.publish import prepare, publish
    from bot.evaluation.report import text_of

    pairs = options.pairs or DEFAULT_PAIRS
    wanted = Wanted(options.qa, options.questions, pairs, options.sample, options.cache)
    if options.report is not None:
        prepare(options.report)
    parts = measure(wanted, settings, lambda text: print(text, file=sys.stderr, flush=True))
    if options.json:
        print(json.dumps(parts, ensure_ascii=False, indent=2))
    else:
        print(text_of(parts, wrong=options.wrong))
    if options.report is not None:
        publish(parts, options.report)
    return 0


def _stats(options: argparse.Namespace, settings: Settings) -> int:
    import asyncio

    from bot.answers.catalogue import corpus_of
    from bot.answers.opening import load_encoder_for
    from bot.chat.composing import plain
    from bot.clock import utc_now
    from bot.operators.stats import Stats, compose_stats, pictures, record, stats_of
    from bot.state.keys import open_vault
    from bot.state.opening import open_state

    articles = {article.slug: article for article in corpus_of(settings)}

    def embed(texts: Sequence[str]) -> "Vectors":  # the model is loaded only where there are themes to be compared
        return load_encoder_for(settings).encode_passages(texts)

    async def count() -> Stats:
        async with open_state(settings, open_vault(settings)) as state:
            return await stats_of(state, articles, settings.language, embed, utc_now().date())

    stats = asyncio.run(count())
    if options.json:
        print(json.dumps(record(stats), ensure_ascii=False, indent=2))
    else:
        print(plain(compose_stats(stats, settings.language)))
    if options.pictures is not None:
        _write_pictures(pictures(stats, settings.language), options.pictures)
    return 0


def _write_pictures(pictures: "Sequence[Document]", folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            (folder / picture.name).write_bytes(picture.content)
    except OSError as error:
        raise StateError(f"the pictures cannot be written into {folder} ({error.strerror})") from error


def _key(options: argparse.Namespace, settings: Settings) -> int:
    from bot.state.keys import key_place, open_vault
    from bot.state.migrating import fingerprint_in

    place = None if settings.key else key_place(settings)
    present = fingerprint_in(settings.database)
    if place is not None and not place.exists() and present is None:
        print(f"There is no key yet: the first start makes it at {place}")
        return 0
    vault = open_vault(settings)
    if options.action == "rotate":
        if place is None:
            raise StateError(
                "the key is in ANNUNCIO_KEY, which no command can change: write a new key before it, with a comma "
                "between the two, and the next start seals everything anew"
            )
        vault = _rotate(settings, vault, place)
        present = vault.fingerprint
    used = {None: "nothing is sealed yet", vault.fingerprint: "sealed with this key"}
    older = "sealed with an older key that is there, too; the next start seals it anew"
    other = f"sealed with another key, {present}"
    print(f"key: {place or 'in ANNUNCIO_KEY'}")
    print(f"fingerprint: {vault.fingerprint}")
    print(f"database: {used.get(present, older if present in vault.older else other)}")
    if vault.older:
        print(f"older keys: {len(vault.older)}, for copies of the database that they sealed; no other use is left")
    return 0 if present in {None, vault.fingerprint, *vault.older} else 1


def _rotate(settings: Settings, vault: "Vault", place: Path) -> "Vault":
    """Seal everything with a new key. An end in the middle does no harm: the next start goes on."""
    import asyncio

    from bot.state.keys import add_key
    from bot.state.opening import open_state

    if check(settings.heartbeat_file, time.time()).alive:
        raise StateError("the bot is running and could not read what is sealed anew: stop it, then rotate the key")

    async def seal(with_keys: "Vault") -> None:
        async with open_state(settings, with_keys):
            pass

    asyncio.run(seal(vault))  # or a new key would be put before one that opens nothing
    vault = add_key(place)
    asyncio.run(seal(vault))
    return vault


def _health(options: argparse.Namespace, settings: Settings) -> int:
    del options
    health = check(settings.heartbeat_file, time.time())
    print(health.text, file=sys.stdout if health.alive else sys.stderr)
    return 0 if health.alive else 1


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
    options = _parser().parse_args(arguments)
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
