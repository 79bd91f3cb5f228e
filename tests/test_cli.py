"""The console script: every command as a person or another program calls it, and what each mistake ends in."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import bot
from bot.cli import main
from bot.health import beat
from bot.settings import FIELDS, LANGUAGES
from bot.texts import say
from corpus.reader import write_edition
from index.encoder import Encoder
from tests.articles import edition

COMMANDS = ("run", "chat", "ask", "ingest", "index", "eval", "health")
QUESTION = "When do Xiaomi cars reach Europe?"
KEYS = {"question", "language", "status", "answer", "headline", "confidence", "evidence"}
PROOF_KEYS = {
    "id",
    "language",
    "text",
    "original_language",
    "original",
    "article",
    "published",
    "source",
    "similarity",
}
HEAVY = ("torch", "faiss", "sentence_transformers", "telegram", "sqlalchemy", "numpy", "rich", "alembic", "trafilatura")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: object
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command in an empty folder, without settings; the model is the real one, loaded once for all tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.answers.opening.load_encoder", lambda *_: encoder)

    def run_one(*arguments: str, stdin: str | bytes = "") -> Ran:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return Ran(ended.value.code, *capsys.readouterr())

    yield run_one
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def built(data_dir: Path) -> tuple[str, str]:
    """The options that name a data directory whose index is built."""
    return "--data-dir", str(data_dir)


def test_help_is_for_people(run: Run) -> None:
    """--help says what it is, lists every command with a line, and shows examples."""
    ran = run("--help")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.startswith("usage: annuncio ")
    for command in COMMANDS:
        assert re.search(rf"^ +{command} +\w.+$", ran.out, re.MULTILINE), command
    assert f'annuncio ask "{QUESTION}"' in ran.out
    assert ".env.example" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    """Each command says what it does and where corpus and data can be elsewhere."""
    ran = run(command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: annuncio {command} ")
    assert "--articles DIR" in ran.out
    assert "--data-dir DIR" in ran.out


def test_version(run: Run) -> None:
    """--version says name and number."""
    assert re.fullmatch(r"annuncio \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["sing"], "'sing'"),
        (["ask"], "give one question"),
        (["ask", "When?", "--jsonl"], "give one question"),
        (["ask", "When?", "--lang", "English"], "'English' is no language code: write it like en, it, es, de, fr, zh"),
        (["ask", "When?", "--lang", "é"], "'é' is no language code"),
        (["ingest"], "PATH_OR_URL"),
        (["ingest", "x.txt", "--published", "tomorrow"], "'tomorrow' is no date: write it like 2025-09-24"),
        (["index", "--loudly"], "--loudly"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], said: str) -> None:
    """A wrong call exits with 2, says the usage and what is wrong, and does nothing."""
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("usage: annuncio")
    assert said in ran.err
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["ask", "--help"], 0), (["eval", "--help"], 0), (["health"], 1), (["ask"], 2), (["eval"], 2)],
)
def test_light_commands_import_nothing_heavy(tmp_path: Path, arguments: list[str], code: int) -> None:
    """Help and health answer without torch, FAISS, Telegram or a database: a container asks for health every minute."""
    script = (
        "import sys\nfrom bot.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as ended:\n    code = ended.code\n"
        f"print(code, sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    ran = subprocess.run(  # noqa: S603  (our own code, in a process of its own)
        [sys.executable, "-c", script, *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(bot.__file__).parents[1]), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stderr.splitlines()[-1] == f"{code} []"


def test_ask(run: Run, built: tuple[str, str]) -> None:
    """A question is answered in plain text, with the original and the source, and nothing else is said."""
    ran = run("ask", QUESTION, *built)
    assert (ran.code, ran.err) == (0, "")
    assert "2027" in ran.out.split("\n\n")[0]
    assert "In the original (Italian):" in ran.out
    assert "Source: Xiaomi will take its electric cars outside China from 2027." in ran.out
    assert "<" not in ran.out


def test_ask_in_a_language(run: Run, built: tuple[str, str]) -> None:
    """--lang sets the language of the answer, whatever the question is written in."""
    ran = run("ask", QUESTION, "--lang", "IT", *built)
    assert "Fonte: " in ran.out
    assert "originale" not in ran.out


def test_ask_small_talk(run: Run, built: tuple[str, str]) -> None:
    """Questions that could be pressed elsewhere are listed here."""
    ran = run("ask", "ciao", *built)
    greeting, *offered = ran.out.splitlines()
    assert greeting == say("it", "smalltalk_greeting")
    assert len(offered) == 2
    assert all(line.startswith("- ") and line.endswith("?") for line in offered)


def test_ask_json(run: Run, built: tuple[str, str]) -> None:
    """--json prints one object with exactly the keys that others rely on."""
    ran = run("ask", QUESTION, "--json", *built)
    answer = json.loads(ran.out)
    assert set(answer) == KEYS
    assert answer["question"] == QUESTION
    assert answer["language"] == "en"
    assert answer["status"] == "answered"
    assert "2027" in answer["answer"]
    assert "2027" in answer["headline"]
    assert 0 < answer["confidence"] <= 1
    assert all(set(proof) == PROOF_KEYS for proof in answer["evidence"])
    first = answer["evidence"][0]
    assert re.fullmatch(r"2025-09-24-xiaomi-cars-abroad/p\d+/s\d+", first["id"])
    assert (first["language"], first["original_language"]) == ("en", "it")
    assert first["published"] == "2025-09-24"
    assert "\\u" not in ran.out


def test_ask_jsonl(run: Run, built: tuple[str, str]) -> None:
    """Each line of any kind gets one record, in the same order, on one line."""
    lines = [
        QUESTION,
        json.dumps({"question": QUESTION, "lang": "de"}),
        "",
        '{"question": "When',
        json.dumps({"question": "Quando arrivano le auto Xiaomi in Europa?"}),
        json.dumps({"query": "no question in it"}),
        json.dumps({"question": 7}),
        json.dumps({"question": "hello", "lang": None}),
        "42",
        "[" * 10_000,
        "null byte: \0 here",
        json.dumps({"question": "\ud800"}),
        "ciao",
    ]
    ran = run("ask", "--jsonl", *built, stdin="\n".join(lines))
    assert (ran.code, ran.err) == (0, "")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert len(records) == len(lines)
    assert all(set(answer) == KEYS for answer in records)
    assert [records[n]["question"] for n in (0, 1, 2, 3, 8)] == [QUESTION, QUESTION, "", '{"question": "When', "42"]
    assert [records[n]["language"] for n in (0, 1, 4)] == ["en", "de", "it"]
    assert [records[n]["status"] for n in (0, 1, 2, 4, 7, 12)] == [
        "answered",
        "answered",
        "smalltalk",
        "answered",
        "smalltalk",
        "smalltalk",
    ]


def test_ask_jsonl_with_a_language_for_all(run: Run, built: tuple[str, str]) -> None:
    """--lang counts for every line that names none of its own."""
    lines = [QUESTION, json.dumps({"question": QUESTION, "lang": "zh"})]
    ran = run("ask", "--jsonl", "--lang", "fr", *built, stdin="\n".join(lines))
    assert [json.loads(line)["language"] for line in ran.out.splitlines()] == ["fr", "zh"]


def test_ask_jsonl_with_bytes_that_are_no_text(run: Run, built: tuple[str, str]) -> None:
    """A line in another encoding is a question that is not understood, not the end of the batch."""
    ran = run("ask", "--jsonl", *built, stdin=b"caf\xe9 \xff?\r\n" + QUESTION.encode() + b"\r\n")
    assert [json.loads(line)["question"] for line in ran.out.splitlines()] == ["caf\ufffd \ufffd?", QUESTION]


def test_ask_jsonl_without_a_line(run: Run, built: tuple[str, str]) -> None:
    """No question, no record."""
    assert run("ask", "--jsonl", *built) == Ran(0, "", "")


def test_ask_a_corpus_of_ones_own(run: Run, tmp_path: Path) -> None:
    """--articles is the whole corpus: the shipped announcement is not asked."""
    write_edition(edition("depot", "en", [["Acme opens its first depot in Turin in May 2026."]]), tmp_path / "mine")
    places = ("--articles", str(tmp_path / "mine"), "--data-dir", str(tmp_path / "data"))
    answer = json.loads(run("ask", "Where does Acme open its first depot?", "--json", *places).out)
    assert [proof["id"] for proof in answer["evidence"]] == ["depot/p1/s1"]


def test_index(run: Run, tmp_path: Path) -> None:
    """`index` embeds what is new and says so; a second time nothing, with --rebuild everything."""
    write_edition(edition("depot", "en", [["Acme opens a depot.", "It is in Turin."]]), tmp_path / "mine")
    places = ("--articles", str(tmp_path / "mine"), "--data-dir", str(tmp_path / "data"))
    counts = [run("index", *places), run("index", *places), run("index", "--rebuild", *places)]
    write_edition(edition("depot", "en", [["Acme opens a depot.", "It is in Rome."]]), tmp_path / "mine")
    counts.append(run("index", *places))
    assert [ran.code for ran in counts] == [0] * 4
    assert [ran.out.splitlines()[0] for ran in counts] == [
        "index: 3 passages embedded, 0 kept, 0 removed",
        "index: 0 passages embedded, 3 kept, 0 removed",
        "index: 3 passages embedded, 0 kept, 0 removed",
        "index: 2 passages embedded, 1 kept, 2 removed",
    ]


def test_index_checks_the_sample_questions(run: Run, built: tuple[str, str]) -> None:
    """`index` says how many questions can be offered in each language: the shipped article has some in all."""
    line = run("index", *built).out.splitlines()[1]
    said = re.fullmatch(r"sample questions that are answered: (.+)", line)
    assert said is not None
    offered = {language: int(count) for count, language in (part.split() for part in said[1].split(", "))}
    assert set(offered) == set(LANGUAGES)
    assert min(offered.values()) >= 2


def test_health(run: Run, tmp_path: Path) -> None:
    """`health` exits with 0 while the bot beats and with 1 otherwise, with one line that says why."""
    ran = run("health")
    assert ran == Ran(1, "", f"not running: there is no heartbeat at {Path('data/heartbeat.json')}\n")
    beat(tmp_path / "heartbeat.json")
    assert run("health", "--data-dir", str(tmp_path)) == Ran(0, "alive: the last heartbeat is 0 s old\n", "")
    (tmp_path / "heartbeat.json").write_text('{"at": 1, "pid": 1}', encoding="utf-8")
    assert run("health", "--data-dir", str(tmp_path)).code == 1


def test_chat_from_a_pipe(run: Run, built: tuple[str, str]) -> None:
    """`chat` answers a pipe line by line, as the conversation does elsewhere, and ends with it."""
    ran = run("chat", *built, stdin=f"{QUESTION}\n/subscribe\n/start subscribe\n")
    assert (ran.code, ran.err) == (0, "")
    assert "2027" in ran.out
    subscribed, already = (ran.out.find(say("en", key)) for key in ("subscribed", "subscribed_already"))
    assert 0 < subscribed < already


def test_run_without_a_token(run: Run, built: tuple[str, str]) -> None:
    """`run` without a token talks here, saying so and how to get to Telegram."""
    ran = run("run", *built, stdin="/privacy\n")
    assert ran.code == 0
    assert ran.err.startswith("No TELEGRAM_BOT_TOKEN is set, so the conversation is here in the terminal.")
    assert "@BotFather" in ran.err
    assert "What is kept about you" in ran.out


def test_wrong_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wrong setting is listed, a line each, and nothing is started."""
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "my-secret")
    ran = run("health")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.splitlines() == [
        "annuncio: these settings are wrong:",
        "TELEGRAM_BOT_TOKEN: the value is no bot token: @BotFather gives one like 123456:ABC-DEF",
        "LOG_LEVEL: 'loud' is none of DEBUG, INFO, WARNING, ERROR",
    ]


def test_the_file_of_settings_is_read(run: Run, tmp_path: Path) -> None:
    """`.env` in the current folder counts; an option on the command line goes before it."""
    (tmp_path / ".env").write_text("ANNUNCIO_DATA_DIR=elsewhere\n", encoding="utf-8")
    assert run("health").err == f"not running: there is no heartbeat at {Path('elsewhere/heartbeat.json')}\n"
    assert (
        run("health", "--data-dir", "here").err
        == f"not running: there is no heartbeat at {Path('here/heartbeat.json')}\n"
    )


@pytest.mark.parametrize("command", [("ask", "When?"), ("index",), ("chat",), ("run",), ("ingest", "text.txt")])
def test_a_place_that_cannot_be_used(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    """A file where the data directory should be is one clear line, from every command that needs it."""
    (tmp_path / "text.txt").write_text("Acme opens a depot in Turin.\n", encoding="utf-8")
    ran = run(*command, "--data-dir", str(tmp_path / "text.txt"))
    assert ran.code == 1
    assert ran.out == ""
    line = ran.err.splitlines()[-1]
    assert line.startswith(f"annuncio: the data directory {tmp_path / 'text.txt'} cannot be made (")
    assert "Traceback" not in ran.err


def test_articles_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    """A folder of articles that is not there, or is broken, is said with its name."""
    assert run("ask", "When?", "--articles", str(tmp_path / "nowhere")) == Ran(
        1, "", f"annuncio: the articles folder {tmp_path / 'nowhere'} does not exist\n"
    )
    (tmp_path / "broken" / "a").mkdir(parents=True)
    (tmp_path / "broken" / "a" / "en.md").write_text("nothing", encoding="utf-8")
    ran = run("index", "--articles", str(tmp_path / "broken"))
    assert ran.code == 1
    assert ran.err.startswith(f"annuncio: {tmp_path / 'broken' / 'a' / 'en.md'}:1: ")


def test_a_place_for_articles_that_cannot_be_made(run: Run, tmp_path: Path) -> None:
    """A file where `ingest` should write its articles is one clear line."""
    text = tmp_path / "text.txt"
    text.write_text("Acme opens a depot in Turin.\n", encoding="utf-8")
    ran = run("ingest", str(text), "--articles", str(text))
    assert ran.code == 1
    assert ran.err.startswith(f"annuncio: the folder of articles {text} cannot be made (")


def test_a_damaged_database(run: Run, built: tuple[str, str], data_dir: Path) -> None:
    """A database that is none is one clear line that says what to do, and the file is left alone."""
    (data_dir / "annuncio.db").write_bytes(b"no database at all" * 100)
    ran = run("chat", *built, stdin="hello\n")
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith(
        f"annuncio: The database {data_dir / 'annuncio.db'} is damaged, or is no"
    )
    assert (data_dir / "annuncio.db").read_bytes().startswith(b"no database")


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a command ends it silently, with the code that shells know."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.commands.check", interrupt)
    assert run("health") == Ran(130, "", "")


def test_a_language_without_an_edition(run: Run, built: tuple[str, str]) -> None:
    """Whoever asks in a language that no edition is in reads English beside the original."""
    answer = json.loads(run("ask", QUESTION, "--lang", "pt", "--json", *built).out)
    assert answer["language"] == "pt"
    assert (answer["evidence"][0]["language"], answer["evidence"][0]["original_language"]) == ("en", "it")
    assert "In the original (Italian):" in answer["answer"]
