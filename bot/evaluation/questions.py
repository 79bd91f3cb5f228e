"""Questions with known answers, as a file of aligned articles holds them; what is wrong in it is named with its place.

The format is that of `qa_dev.json`: articles of aligned paragraphs in several languages, questions with the answer's
text and start in each (XQuAD and SQuAD-it, both CC BY-SA 4.0).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.errors import QuestionsError

T = TypeVar("T")

_KINDS: Mapping[type, str] = {dict: "an object", list: "a list", str: "text", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class Gold:
    """A known answer: a span of a paragraph, `start` counted in characters."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The first character behind it."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Question:
    """A question by language, and its answer by the language of the text."""

    id: str
    texts: Mapping[str, str]
    golds: Mapping[str, Gold]
    paragraph: int
    """Which paragraph of its article answers it, counted from 0."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article as the file has it: each paragraph by language, a language may be missing."""

    title: str
    paragraphs: tuple[Mapping[str, str], ...]
    questions: tuple[Question, ...]


def read_json(path: Path) -> object:
    """What a JSON file holds. Raises QuestionsError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuestionsError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise QuestionsError(f"{path} is no UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise QuestionsError(f"{path} is no JSON ({error})") from error


def field(record: object, name: str, kind: type[T], place: str) -> T:
    """A field of a JSON object, of the type that it must have; `place` says where the object stands."""
    if not isinstance(record, dict):
        raise QuestionsError(f"{place} must be an object")
    value = record.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise QuestionsError(f"{place}, field {name!r}: must be {_KINDS[kind]}, {_shown(value, name in record)}")
    return value


def _shown(value: object, given: bool) -> str:
    return f"is {json.dumps(value, ensure_ascii=False)[:60]}" if given else "is missing"


def _texts(record: object, name: str, place: str) -> Mapping[str, str]:
    texts = field(record, name, dict, place)
    return {language: field(texts, language, str, f"{place}.{name}") for language in texts}


def _question(record: object, number: int, paragraph: Mapping[str, str], place: str) -> Question:
    golds = {}
    for language, answer in field(record, "answer", dict, place).items():
        where = f"{place}.answer.{language}"
        gold = Gold(field(answer, "text", str, where), field(answer, "start", int, where))
        text = paragraph.get(language)
        if text is None:
            raise QuestionsError(f"{where}: the paragraph has no text in {language!r}")
        if not gold.text or gold.start < 0 or text[gold.start : gold.end] != gold.text:
            raise QuestionsError(f"{where}: {gold.text[:60]!r} does not stand at {gold.start} of the paragraph")
        golds[language] = gold
    return Question(field(record, "id", str, place), _texts(record, "question", place), golds, number)


def _source(record: object, place: str) -> Source:
    paragraphs = []
    questions = []
    for number, paragraph in enumerate(field(record, "paragraphs", list, place)):
        where = f"{place}.paragraphs[{number}]"
        texts = _texts(paragraph, "text", where)
        paragraphs.append(texts)
        questions += [
            _question(entry, number, texts, f"{where}.questions[{position}]")
            for position, entry in enumerate(field(paragraph, "questions", list, where))
        ]
    return Source(field(record, "title", str, place), tuple(paragraphs), tuple(questions))


def read_questions(path: Path) -> tuple[Source, ...]:
    """The articles of the file, in its order. Raises QuestionsError with file and place."""
    articles = field(read_json(path), "articles", list, str(path))
    sources = tuple(_source(record, f"{path}: articles[{number}]") for number, record in enumerate(articles))
    for noun, names in (
        ("articles are called", [source.title for source in sources]),
        ("questions have the id", [question.id for source in sources for question in source.questions]),
    ):
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise QuestionsError(f"{path}: two {noun} {twice!r}")
    return sources
