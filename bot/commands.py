"""The commands of `annuncio`, one function each. Heavy imports stay inside the commands that need them."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Command
from bot.errors import StateError
from bot.health import check
from bot.key_command import key
from bot.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from bot.answers.answering import Asker
    from bot.news.publishing import Published
    from bot.replies import Document
    from corpus.model import Edition
    from index.encoder import Vectors


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
        known = " - already there, unchanged" if ingested.known else ""
        size = f"paragraphs: {len(edition.paragraphs)}, sentences: {len(edition.sentences)}"
        print(f"{edition.slug}/{edition.language}: {edition.title} ({edition.published}; {size}){known}")
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


def _health(options: argparse.Namespace, settings: Settings) -> int:
    del options
    health = check(settings.heartbeat_file, time.time())
    print(health.text, file=sys.stdout if health.alive else sys.stderr)
    return 0 if health.alive else 1


COMMANDS: Mapping[str, Command] = {
    "run": _run,
    "chat": _chat,
    "ask": _ask,
    "ingest": _ingest,
    "index": _index,
    "eval": _eval,
    "stats": _stats,
    "key": key,
    "health": _health,
}
"""By their names."""
