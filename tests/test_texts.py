"""What the bot says: no language lacks anything, values are escaped, and nothing in the files is said by nobody."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import bot
from bot.answers.smalltalk import Smalltalk
from bot.chat.conversation import COMMANDS
from bot.settings import LANGUAGES
from bot.state.kinds import Rhythm
from bot.texts import day, language_name, phrasebook, say, say_html, spoken

OTHERS = [language for language in LANGUAGES if language != "en"]
ATTRIBUTES = {"rhythm": {str(rhythm) for rhythm in Rhythm}, "smalltalk": {str(kind) for kind in Smalltalk}}
"""What an attribute inside a key such as f"smalltalk_{refusal.smalltalk}" can be."""
ROWS = {
    12: ("at_once", "daily", "weekly"),
    20: ("context", "not_asked", "done", "unsubscribe", "settings", "go_on", "follow", "cancel", "later_yes"),
}
"""The longest label that is shown whole, and the buttons that must keep it."""
_TAG = re.compile(r"<[^>]*>")
_KNOWN_TAG = re.compile(r"</?(?:b|i|code)>")


def tables(language: str) -> Mapping[str, Mapping[str, str]]:
    """The tables of a language whose values are texts."""
    book = phrasebook(language)
    return {"bot": book.bot, "commands": book.commands, "texts": book.texts}


def placeholders(text: str) -> Counter[str]:
    """The names between braces, with how often each stands."""
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("language", OTHERS)
def test_no_language_lacks_a_key(language: str) -> None:
    """Every language has the keys of English, and no other."""
    assert {name: set(table) for name, table in tables(language).items()} == {
        name: set(table) for name, table in tables("en").items()
    }
    assert set(phrasebook(language).smalltalk) == set(phrasebook("en").smalltalk)
    assert set(phrasebook(language).samples) == set(phrasebook("en").samples)
    assert set(phrasebook(language).topics) == set(phrasebook("en").topics)


@pytest.mark.parametrize("language", OTHERS)
def test_no_language_lacks_a_placeholder(language: str) -> None:
    """Every text has the placeholders of the English one, as often."""
    for name, table in tables("en").items():
        for key, text in table.items():
            assert placeholders(tables(language)[name][key]) == placeholders(text), f"{name}.{key}"
    for patterns in phrasebook(language).samples.values():
        assert len(patterns) >= 1
    assert all(placeholders(pattern) == {"name": 1} for pattern in phrasebook(language).samples["about"])
    assert not any(placeholders(question) for question in phrasebook(language).samples["pool"])


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_tags(language: str) -> None:
    """A text has the tags of the English one, in the same order."""
    for name, table in tables("en").items():
        for key, text in table.items():
            assert _TAG.findall(tables(language)[name][key]) == _TAG.findall(text), f"{name}.{key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_html_that_telegram_takes(language: str) -> None:
    """Texts hold the tags b, i and code, closed in order, and no other sign of HTML; menus hold none at all."""
    for key, text in phrasebook(language).texts.items():
        opened: list[str] = []
        for tag in _TAG.findall(text):
            assert _KNOWN_TAG.fullmatch(tag), f"{key}: {tag}"
            if tag.startswith("</"):
                assert opened.pop() == tag[2:-1], f"{key}: {tag}"
            else:
                opened.append(tag[1:-1])
        assert opened == [], key
        assert not set("<>&") & set(_TAG.sub("", text)), key
    for table in (phrasebook(language).bot, phrasebook(language).commands):
        assert not any(set("<>&") & set(text) for text in table.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_telegram_takes_the_menus(language: str) -> None:
    """Command names, descriptions, the bot's description and its short one keep Telegram's limits."""
    book = phrasebook(language)
    assert set(book.commands) == set(COMMANDS)
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in book.commands)
    assert all(1 <= units(text) <= 256 for text in book.commands.values())
    assert 1 <= units(book.bot["description"]) <= 512
    assert 1 <= units(book.bot["short_description"]) <= 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_that_share_a_row_are_short(language: str) -> None:
    """On a phone a button shows some twenty letters where two share a row, and twelve where three do."""
    for longest, keys in ROWS.items():
        labels = {key: phrasebook(language).texts[f"button_{key}"] for key in keys}
        assert {key: label for key, label in labels.items() if len(label) > longest} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_head_of_a_digest_suits_any_number(language: str) -> None:
    """A digest that is edited may have one article left: the number stands by itself, and no noun agrees with it."""
    assert re.search(r"[:：]\s?\{count\}条?</b>$", phrasebook(language).texts["push_digest"])


def test_a_french_sign_never_begins_a_line() -> None:
    """In French the space before a colon, and inside quotation marks, is one at which no line is broken."""
    for table in tables("fr").values():
        assert [text for text in table.values() if re.search(r" [:;?!»]|« ", text)] == []


def test_everybody_is_spoken_to_as_a_friend_in_chinese() -> None:
    """No Chinese text falls from one form of address into the other."""
    assert [key for table in tables("zh").values() for key, text in table.items() if "您" in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_is_there_yet_a_command_goes_on(language: str) -> None:
    """Who finds no announcement, in whatever way, is told how to hear of the first."""
    texts = phrasebook(language).texts
    assert all("/subscribe" in texts[key] for key in ("welcome_empty", "no_articles", "latest_none"))


def test_every_command_in_a_text_is_one() -> None:
    """No text sends anybody to a command that the bot does not know."""
    for language in LANGUAGES:
        for table in tables(language).values():
            named = {name for text in table.values() for name in re.findall(r"(?<![<\w])/([a-z]\w+)", text)}
            assert named <= {*COMMANDS, "ingest", "stats"}, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    """Every text says something, without space around it."""
    for table in tables(language).values():
        for key, text in table.items():
            assert text, key
            assert text == text.strip(), key
    assert phrasebook(language).own_name == phrasebook(language).own_name.strip() != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_escaped(language: str) -> None:
    """What is filled in cannot bring tags of its own, nor placeholders."""
    said = say(language, "language_unknown", language="<b>&{x}")
    assert "&lt;b&gt;&amp;{x}" in said
    assert "<b>" not in said


def test_html_is_filled_in_as_it_is() -> None:
    """A value that is HTML already is not escaped a second time."""
    assert say_html("en", "source_dated", title="<a>T</a>", source="S &amp; S") == "Source: <a>T</a>. S &amp; S"


def test_a_language_without_a_file_hears_english() -> None:
    """An asker of a language that the bot does not speak is spoken to in English."""
    assert spoken("pt") == "en"
    assert spoken("zh") == "zh"
    assert say("pt", "own_cancelled") == say("en", "own_cancelled") == "All right, I leave it at that."


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "24 September 2025"),
        ("it", "24 settembre 2025"),
        ("es", "24 de septiembre de 2025"),
        ("de", "24. September 2025"),
        ("fr", "24 septembre 2025"),
        ("zh", "2025年9月24日"),
        ("pt", "24 September 2025"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(language: str, written: str) -> None:
    """Dates come from Babel, in full, in the language that is spoken."""
    assert day(language, date(2025, 9, 24)) == written


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("it", "en", "Italian"),
        ("it", "fr", "italien"),
        ("zh", "de", "Chinesisch"),
        ("en", "zh", "英语"),
        ("it", "pt", "Italian"),
        ("xxx", "en", "xxx"),
    ],
)
def test_languages_have_names(code: str, language: str, name: str) -> None:
    """A language is called as the reader's language calls it, and by its code where it has no name."""
    assert language_name(code, language) == name


class _KeyReader(ast.NodeVisitor):
    """Collects every key that a module says; one that cannot be read off the source is an error of the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: set[str] = set()
        self._assigned: dict[str, ast.expr] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before = self._assigned
        self._assigned = {
            target.id: inner.value
            for inner in ast.walk(node)
            if isinstance(inner, ast.Assign)
            for target in inner.targets
            if isinstance(target, ast.Name)
        }
        self.generic_visit(node)
        self._assigned = before

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in {"say", "say_html"} and len(node.args) > 1:
            self.keys |= self._values(node.args[1])
        self.generic_visit(node)

    def _values(self, node: ast.expr) -> set[str]:
        """All texts that an expression can have."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.IfExp(body=body, orelse=orelse):
                return self._values(body) | self._values(orelse)
            case ast.Name(id=name) if name in self._assigned:
                return self._values(self._assigned[name])
            case ast.FormattedValue(value=value):
                return self._values(value)
            case ast.Attribute(attr=name) if name in ATTRIBUTES:
                return ATTRIBUTES[name]
            case ast.JoinedStr(values=parts):
                texts = {""}
                for part in parts:
                    texts = {text + end for text in texts for end in self._values(part)}
                return texts
        raise AssertionError(f"{self.path}:{node.lineno}: the key {ast.unparse(node)} cannot be read off the source")


def said_keys() -> Iterator[tuple[str, str]]:
    """Each key that is said, with the module that says it."""
    for path in sorted(Path(bot.__file__).parent.rglob("*.py")):
        if path.name != "texts.py":
            reader = _KeyReader(path)
            reader.visit(ast.parse(path.read_text(encoding="utf-8")))
            yield from ((key, path.name) for key in sorted(reader.keys))


def test_every_key_that_is_said_exists() -> None:
    """No module says a text that is in no file."""
    keys = list(said_keys())
    assert {module for _, module in keys} >= {"composing.py", "conversation.py", "commands.py", "terminal.py"}
    assert [(key, module) for key, module in keys if key not in phrasebook("en").texts] == []


def test_every_key_is_said() -> None:
    """No text is kept in six languages that nobody ever reads."""
    assert set(phrasebook("en").texts) - {key for key, _ in said_keys()} == set()
    assert set(phrasebook("en").smalltalk) == {kind for kind in Smalltalk if kind is not Smalltalk.WORDLESS} | {
        "fillers"
    }
