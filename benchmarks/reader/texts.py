"""What the reader learns from: texts in sentences, and questions that they state or do not state.

Two kinds of files: SQuAD 1.1 (`xquad.<language>.json`, `squad_it.json`, `cmrc2018.zh.json`), and our own texts in JSON
Lines, invented announcements (some made to confuse, some asked about in the plainest words) and encyclopaedic articles,
whose questions also ask for what is not stated.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.cleaning import clean_line
from corpus.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Text:
    """An article, sentence by sentence."""

    title: str
    language: str
    group: str
    """The article in whatever language: texts of one group are trained on, or measured on, together."""
    sentences: tuple[str, ...]
    paragraphs: tuple[int, ...]
    """For each sentence, the number of its paragraph."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where the answer stands: characters `start` to `end` of one sentence."""

    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asking:
    """A question about a text, in one or several languages."""

    questions: Mapping[str, str]
    text: Text
    right: frozenset[int]
    """The sentences that state the answer: none, where the text does not."""
    answer: Span | None
    source: str


def _located(context: str, language: str) -> list[tuple[str, int]]:
    """The sentences of a paragraph with the character that each begins at."""
    found, position = [], 0
    for sentence in split_sentences(context, language):
        start = context.find(sentence[:20], position)
        start = position if start < 0 else start
        found.append((sentence, start))
        position = start + len(sentence)
    return found


def _answer_in(spans: list[tuple[str, int]], first: int, start: int, end: int) -> tuple[frozenset[int], Span | None]:
    """The sentences that an answer overlaps, and its place in the first of them."""
    right = [n for n, (sentence, at) in enumerate(spans) if at < end and start < at + len(sentence)]
    if not right:
        return frozenset(), None
    sentence, at = spans[right[0]]
    span = Span(first + right[0], max(0, start - at), min(len(sentence), end - at))
    return frozenset(first + n for n in right), span


def _words(sentences: Sequence[str], span: Span) -> str:
    return sentences[span.sentence][span.start : span.end]


def squad(
    path: Path, language: str, groups: Mapping[str, str], others: Mapping[str, Mapping[str, str]]
) -> Iterator[Asking]:
    """Questions of a file in SQuAD format.

    `groups` names the article of a question id (the file's own title otherwise), `others` the same question in other
    languages by id.
    """
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        sentences: list[str] = []
        paragraphs: list[int] = []
        raw: list[str] = []
        pending: list[tuple[dict[str, str], frozenset[int], Span | None]] = []
        group = ""
        for number, paragraph in enumerate(article["paragraphs"]):
            context = paragraph["context"].replace("\ufeff", " ").replace("\n", " ")
            spans = _located(context, language)
            first = len(sentences)
            raw += [sentence for sentence, _ in spans]
            sentences += [clean_line(sentence) or "." for sentence, _ in spans]
            paragraphs += [number] * len(spans)
            for entry in paragraph["qas"]:
                group = groups.get(entry["id"], group)
                given = entry["answers"][0]
                start = given["answer_start"]
                right, span = _answer_in(spans, first, start, start + len(given["text"]))
                if right:
                    texts = {**others.get(entry["id"], {}), language: clean_line(entry["question"])}
                    pending.append((texts, right, span))
        title = article["title"].replace("_", " ")
        text = Text(title, language, group or SAME_ARTICLE.get(title, title), tuple(sentences), tuple(paragraphs))
        for texts, right, span in pending:
            # Cleaning may have moved the answer's words.
            kept = span if span is not None and _words(raw, span) == _words(sentences, span) else None
            yield Asking(texts, text, right, kept, path.stem)


def own_texts(path: Path) -> Iterator[Asking]:
    """Questions about our own texts; their source is the name of the folder."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record: dict[str, Any] = json.loads(line)
        sentences = tuple(sentence for paragraph in record["paragraphs"] for sentence in paragraph)
        paragraphs = tuple(n for n, paragraph in enumerate(record["paragraphs"]) for _ in paragraph)
        language = record["language"]
        text = Text(record["title"], language, f"{path.parent.name} {path.stem} {number}", sentences, paragraphs)
        for entry in record["questions"]:
            span = None
            for sentence in entry["s"]:
                at = sentences[sentence].find(entry["a"])
                if at >= 0:
                    span = Span(sentence, at, at + len(entry["a"]))
                    break
            yield Asking({entry.get("lang", language): entry["q"]}, text, frozenset(entry["s"]), span, path.parent.name)


SAME_ARTICLE = {"Amazzonia": "Amazon_rainforest"}
"""The one Italian article that shares no question with XQuAD's half."""
OWN = ("confusable", "encyclopaedic", "invented", "linked", "plain", "rivals")
"""The folders of our own texts."""
OWN_KEPT = 3
"""Of our own texts a third of that share is kept apart: they are many."""


def kept_apart(titles: Iterable[str], every: int) -> frozenset[str]:
    """Of the public articles, sorted, each `every`-th."""
    return frozenset(sorted(set(titles))[1::every])


def own_kept_apart(number: int, every: int) -> bool:
    """Whether the text on this line (from 0) of its file is kept apart."""
    return number % (OWN_KEPT * every) == 1


XQUAD = ("en", "es", "de", "zh", "ro", "ru", "tr", "el", "vi", "ar", "hi", "th")
READ_IN = ("en", "es", "de", "zh", "ro", "ru", "tr", "el", "vi")
"""Languages of XQuAD whose texts are read; the others, which end sentences in ways of their own, only ask."""


def everything(folder: Path, own: Path) -> list[Asking]:
    """All of it: `folder` holds the public files, `own` the folders of our own texts."""
    questions: dict[str, dict[str, str]] = {}
    groups: dict[str, str] = {}
    for language in XQUAD:
        for article in json.loads((folder / f"xquad.{language}.json").read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                for entry in paragraph["qas"]:
                    questions.setdefault(entry["id"], {})[language] = clean_line(entry["question"])
                    if language == "en":
                        groups[entry["id"]] = article["title"]
    askings: list[Asking] = []
    for language in READ_IN:
        askings += squad(folder / f"xquad.{language}.json", language, groups, questions)
    askings += squad(folder / "squad_it.json", "it", groups, questions)
    askings += squad(folder / "cmrc2018.zh.json", "zh", {}, {})
    for path in sorted(path for name in OWN for path in (own / name).glob("*.jsonl")):
        askings += own_texts(path)
    return askings
