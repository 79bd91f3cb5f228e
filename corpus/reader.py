"""Edition files <-> the model: one Markdown file a language, one sentence a line, a blank line between paragraphs.

Reading collects every mistake of every file before it raises, so that a person mends a folder in one go; writing
reads its own text back before it touches the disk, so that what is written can always be read.
"""

import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.cleaning import clean_line, is_forbidden
from corpus.errors import CorpusError, Mistake
from corpus.frontmatter import FrontMatter, parse_front_matter, scalar_text
from corpus.model import Article, Edition, Paragraph, Sentence

FOLDER_NAME = re.compile(r"[A-Za-z0-9._-]+")
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.*)")
_ESCAPED_HEADING = re.compile(r"\\+#{1,6}\s")


@dataclass(frozen=True, slots=True)
class _Read:
    """An edition and where its front matter says what, for mistakes that only show beside another edition."""

    path: Path
    edition: Edition
    lines: Mapping[str, int]


def read_article(folder: Path) -> Article:
    """The article whose editions lie in `folder`; the folder's name is its slug. CorpusError names every mistake."""
    article, mistakes = _article(folder)
    if mistakes or article is None:
        raise CorpusError(mistakes or [Mistake(folder, None, "no edition here: write one as <language>.md")])
    return article


def read_corpus(folders: Sequence[Path]) -> tuple[Article, ...]:
    """All articles of `folders`, oldest first, then by slug; a missing or an empty folder has none.

    CorpusError names all the mistakes of all the files at once.
    """
    mistakes: list[Mistake] = []
    articles: dict[str, tuple[Path, Article]] = {}
    for root in dict.fromkeys(folder.resolve() for folder in folders):
        if root.exists() and not root.is_dir():
            mistakes.append(Mistake(root, None, "a file, where a folder of articles is expected"))
            continue
        for folder in _article_folders(root):
            article, found = _article(folder)
            mistakes += found
            if article is None:
                continue
            if article.slug in articles:
                first = articles[article.slug][0]
                mistakes.append(Mistake(folder, None, f"the article {article.slug} is already in {first.parent}"))
            else:
                articles[article.slug] = (folder, article)
    if mistakes:
        raise CorpusError(mistakes)
    read = [article for _, article in articles.values()]
    return tuple(sorted(read, key=lambda article: (article.original.published, article.slug)))


def parse_edition(data: bytes, path: Path, *, slug: str) -> Edition:
    """The edition in `data`, as part of the article `slug`; CorpusError names every mistake, as being in `path`."""
    read, mistakes = _decoded(data, path, slug, stem=None)
    if mistakes or read is None:
        raise CorpusError(mistakes)
    return read.edition


def render_edition(edition: Edition) -> str:
    """The text of the edition's file, which ends with a newline."""
    head = [
        f"title: {scalar_text(edition.title)}",
        f"language: {edition.language}",
        f"original: {edition.original}",
        f"published: {edition.published.isoformat()}",
        f"source: {scalar_text(edition.source)}",
        f"url: {scalar_text(edition.url)}" if edition.url else "url:",
        f"topics: [{', '.join(edition.topics)}]",
    ]
    if edition.questions:
        head.append(f"questions: {json.dumps(list(edition.questions), ensure_ascii=False)}")
    body = []
    for paragraph in edition.paragraphs:
        heading = [f"## {paragraph.heading}"] if paragraph.heading is not None else []
        body.append("\n".join([*heading, *(_escaped(sentence.text) for sentence in paragraph.sentences)]))
    return "\n".join(["---", *head, "---", "\n\n".join(body), ""])


def write_edition(edition: Edition, articles_dir: Path) -> Path:
    """Write `<articles_dir>/<slug>/<language>.md` whole or not at all, and give its path.

    CorpusError when the edition breaks the format, disagrees with the article's other editions, or cannot be
    written; ValueError when the text would not read back as it was (say, a line break inside a sentence).
    """
    folder = articles_dir / edition.slug
    path = folder / f"{edition.language}.md"
    text = render_edition(edition)
    read, mistakes = _parse(text, path, edition.slug, stem=path.stem)
    if not FOLDER_NAME.fullmatch(edition.slug) or edition.slug.startswith((".", "_")):
        mistakes.append(
            Mistake(folder, None, f"no name for an article: {edition.slug!r} (give letters, digits, hyphens)")
        )
        read = None
    if read is not None and read.edition != edition:
        raise ValueError(f"{path}: this edition would read back as another one: clean its text first")
    if read is not None and folder.is_dir():
        siblings, found = _editions(folder, apart_from=path)
        mistakes += found or _disagreements([read, *siblings])
    if mistakes:
        raise CorpusError(mistakes)
    # A dot in front: readers of the folder never see a half-written file as an edition.
    temporary = folder / f".{path.name}.{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            os.replace(temporary, path)  # noqa: PTH105  (the same call as Path.replace, named as what it is: atomic)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CorpusError([Mistake(path, None, f"cannot be written: {error.strerror or error}")]) from error
    return path


def _article_folders(root: Path) -> list[Path]:
    """The folders that hold an edition file; hidden and underscored names (caches) are none of ours."""
    if not root.is_dir():
        return []
    inside = (child for child in root.iterdir() if child.is_dir() and child.name[0] not in "._")
    return sorted(child for child in inside if _edition_files(child))


def _edition_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if not path.name.startswith(".") and not path.is_dir())


def _article(folder: Path) -> tuple[Article | None, list[Mistake]]:
    """The article of a folder where it can be made, with the mistakes of its files."""
    if not folder.is_dir():
        return None, [Mistake(folder, None, "no such folder")]
    if not FOLDER_NAME.fullmatch(folder.name):
        text = f"the folder's name is the article's id: only letters A-Z, digits, '.', '_' and '-', not {folder.name!r}"
        return None, [Mistake(folder, None, text)]
    read, mistakes = _editions(folder)
    mistakes += _disagreements(read)
    if not read:
        return None, mistakes
    original = _reference(read).edition.original
    editions = (each.edition for each in read)
    ordered = sorted(editions, key=lambda edition: (edition.language != original, edition.language))
    return Article(slug=folder.name, editions=tuple(ordered)), mistakes


def _editions(folder: Path, apart_from: Path | None = None) -> tuple[list[_Read], list[Mistake]]:
    reads: list[_Read] = []
    mistakes: list[Mistake] = []
    for path in _edition_files(folder):
        if path != apart_from:
            read, found = _edition(path, folder.name)
            mistakes += found
            if read is not None:
                reads.append(read)
    return reads, mistakes


def _reference(reads: Sequence[_Read]) -> _Read:
    """The edition that the others are measured by: an original, or else the first by language."""
    return min(reads, key=lambda read: (read.edition.language != read.edition.original, read.edition.language))


def _disagreements(reads: Sequence[_Read]) -> list[Mistake]:
    """Where editions of one article contradict its original, naming both sides."""
    if not reads:
        return []
    reference = _reference(reads)
    mistakes = []
    for read in reads:
        if read is reference:
            continue
        sides = {
            "original": (read.edition.original, reference.edition.original),
            "published": (read.edition.published.isoformat(), reference.edition.published.isoformat()),
            "topics": (", ".join(sorted(read.edition.topics)), ", ".join(sorted(reference.edition.topics))),
        }
        mistakes += [
            Mistake(read.path, read.lines.get(key), f"{key} is {here}, but {there} in {reference.path.name}")
            for key, (here, there) in sides.items()
            if here != there
        ]
        here, there = len(read.edition.paragraphs), len(reference.edition.paragraphs)
        if here != there:
            text = f"{here} paragraphs, but {there} in {reference.path.name}: paragraph k of both says the same"
            mistakes.append(Mistake(read.path, None, text))
    return mistakes


def _edition(path: Path, slug: str) -> tuple[_Read | None, list[Mistake]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [Mistake(path, None, f"cannot be read: {error.strerror or error}")]
    return _decoded(data, path, slug, stem=path.stem)


def _decoded(data: bytes, path: Path, slug: str, *, stem: str | None) -> tuple[_Read | None, list[Mistake]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        kind = "a binary file" if b"\0" in data else "not UTF-8"
        text = f"{kind} (byte 0x{data[error.start]:02x} at offset {error.start}): save it as UTF-8 text"
        return None, [Mistake(path, line, text)]
    return _parse(text, path, slug, stem=stem)


def _parse(text: str, path: Path, slug: str, *, stem: str | None) -> tuple[_Read | None, list[Mistake]]:
    """The edition in `text`, or every mistake in it; `language` must equal `stem` unless that is None."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mistakes = [
        Mistake(path, number, f"a control character (U+{ord(bad):04X}): delete it")
        for number, line in enumerate(lines, start=1)
        for bad in sorted(set(filter(is_forbidden, line)))
    ]
    front = parse_front_matter(lines, path, stem=stem)
    mistakes += front.mistakes
    paragraphs, found = _paragraphs(lines, front, path, slug)
    mistakes += found
    mistakes.sort(key=lambda mistake: mistake.line or 0)
    if mistakes or front.fields is None:
        return None, mistakes
    fields = front.fields
    edition = Edition(
        slug=slug,
        language=fields.language,
        original=fields.original,
        title=fields.title,
        published=fields.published,
        source=fields.source,
        paragraphs=paragraphs,
        url=fields.url,
        topics=fields.topics,
        questions=fields.questions,
    )
    return _Read(path, edition, front.lines), []


def _paragraphs(
    lines: Sequence[str], front: FrontMatter, path: Path, slug: str
) -> tuple[tuple[Paragraph, ...], list[Mistake]]:
    """The paragraphs of the lines after the front matter, numbered from 1."""
    if front.end is None:
        return (), []
    mistakes: list[Mistake] = []
    paragraphs: list[Paragraph] = []
    heading: tuple[int, str] | None = None
    texts: list[str] = []

    def close() -> None:
        nonlocal heading
        if texts:
            id_ = f"{slug}/p{len(paragraphs) + 1}"
            sentences = tuple(Sentence(f"{id_}/s{j}", text) for j, text in enumerate(texts, start=1))
            paragraphs.append(Paragraph(id_, sentences, heading[1] if heading else None))
            heading = None
            texts.clear()

    def homeless() -> None:
        if heading:
            mistakes.append(Mistake(path, heading[0], f"nothing stands under the heading {heading[1]!r}"))

    for number, raw in enumerate(lines[front.end :], start=front.end + 1):
        line = clean_line(raw)
        if match := _HEADING.fullmatch(line):
            close()
            homeless()
            heading = (number, match["text"])
        elif line:
            texts.append(line[1:] if _ESCAPED_HEADING.match(line) else line)
        else:
            close()
    close()
    homeless()
    if not paragraphs:
        mistakes.append(Mistake(path, None, "no text after the front matter: write one sentence a line"))
    return tuple(paragraphs), mistakes


def _escaped(sentence: str) -> str:
    """A sentence that looks like a heading gets a backslash, which the reader takes off again."""
    return f"\\{sentence}" if re.match(r"\\*#{1,6}\s", sentence) else sentence
