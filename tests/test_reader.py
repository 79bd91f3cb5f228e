"""Edition files and the model: what is written reads back, and every mistake is named with file and line."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cleaning import clean_line
from corpus.errors import CorpusError
from corpus.model import Article, Edition, Paragraph, Sentence
from corpus.reader import parse_edition, read_article, read_corpus, render_edition, write_edition

HEAD = {"title": "Un deposito a Torino", "language": "it", "published": "2025-03-04", "source": "Acme"}
BODY = "Apre a maggio.\nCosta poco.\n\nIngresso libero.\n"


def edition_text(body: str | None = None, **changes: str | None) -> str:
    """An edition file with these keys changed, or left out where they are None."""
    lines = [f"{key}: {value}" for key, value in {**HEAD, **changes}.items() if value is not None]
    return "\n".join(["---", *lines, "---", BODY if body is None else body])


def folder_with(root: Path, files: Mapping[str, str | bytes], name: str = "2025-03-04-depot") -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def mistakes_of(folder: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(CorpusError) as caught:
        read_article(folder)
    return [(mistake.path.name, mistake.line, mistake.text) for mistake in caught.value.mistakes]


def only_mistake(root: Path, text: str | bytes, file: str = "it.md") -> tuple[int | None, str]:
    """Line and text of the one mistake in an edition file."""
    ((_, line, said),) = mistakes_of(folder_with(root, {file: text}))
    return line, said


def an_edition(slug: str, paragraphs: list[tuple[str | None, list[str]]], **fields: object) -> Edition:
    values: dict[str, object] = {
        "language": "it",
        "original": "it",
        "title": "T",
        "published": date(2025, 3, 4),
        "source": "S",
        **fields,
    }
    return Edition(
        slug=slug,
        paragraphs=tuple(
            Paragraph(
                f"{slug}/p{k}",
                tuple(Sentence(f"{slug}/p{k}/s{j}", text) for j, text in enumerate(sentences, start=1)),
                heading,
            )
            for k, (heading, sentences) in enumerate(paragraphs, start=1)
        ),
        **values,  # type: ignore[arg-type]  # the defaults above are of the right types, and so are the changes
    )


AWKWARD = st.sampled_from(["# x", "## y z", "\\# x", "\\\\## x", "---", "- a", "a: b", "a #b", "[a]", "'", "yes", "~"])
LINES = st.one_of(AWKWARD, st.text(max_size=40)).map(clean_line).filter(bool)
HEADINGS = LINES.filter(lambda line: not line.startswith("\\"))
EDITIONS = st.builds(
    an_edition,
    st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}", fullmatch=True),
    st.lists(st.tuples(st.none() | HEADINGS, st.lists(LINES, min_size=1, max_size=3)), min_size=1, max_size=4),
    language=st.from_regex(r"[a-z]{2,3}", fullmatch=True),
    original=st.from_regex(r"[a-z]{2,3}", fullmatch=True),
    title=LINES,
    published=st.dates(),
    source=LINES,
    url=st.sampled_from([None, "https://example.org/a?b=c#d", "http://example.org"]),
    topics=st.lists(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True), min_size=1, unique=True).map(tuple),
    questions=st.lists(LINES).map(tuple),
)


@settings(deadline=None)
@given(EDITIONS)
def test_what_is_written_reads_back(edition: Edition) -> None:
    """Any edition of clean lines is the same edition after it was rendered and read."""
    text = render_edition(edition)
    assert parse_edition(text.encode(), Path("x.md"), slug=edition.slug) == edition


def test_an_edition_is_written_to_its_place(tmp_path: Path) -> None:
    """An edition is the file <slug>/<language>.md, alone in its folder, and an article when read."""
    edition = an_edition(
        "2025-03-04-depot", [("Prezzi", ["Apre a maggio.", "# non un titolo"])], questions=("Quando?",)
    )
    path = write_edition(edition, tmp_path / "articles")
    assert path == tmp_path / "articles" / "2025-03-04-depot" / "it.md"
    assert [file.name for file in path.parent.iterdir()] == ["it.md"]
    assert read_article(path.parent) == Article("2025-03-04-depot", (edition,))


def test_the_format_on_disk(tmp_path: Path) -> None:
    """The file is front matter, then a sentence a line, a heading over its paragraph, a blank line between."""
    edition = an_edition("s", [(None, ["A.", "B."]), ("Prices: all", ["C."])], title="A: b", url="https://example.org/")
    assert write_edition(edition, tmp_path).read_text() == (
        '---\ntitle: "A: b"\nlanguage: it\noriginal: it\npublished: 2025-03-04\nsource: S\n'
        "url: https://example.org/\ntopics: [news]\n---\nA.\nB.\n\n## Prices: all\nC.\n"
    )


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """An edition that breaks the format is refused before anything on disk changes."""
    good = an_edition("s", [(None, ["A."])])
    path = write_edition(good, tmp_path)
    with pytest.raises(CorpusError, match="not a language code"):
        write_edition(an_edition("s", [(None, ["B."])], original="Italian"), tmp_path)
    with pytest.raises(ValueError, match="read back"):
        write_edition(an_edition("s", [(None, ["two\nlines"])]), tmp_path)
    assert read_article(path.parent).editions == (good,)


def test_a_translation_that_does_not_fit_is_not_written(tmp_path: Path) -> None:
    """An edition with other paragraphs than the article's is refused, and the article stays readable."""
    write_edition(an_edition("s", [(None, ["A."]), (None, ["B."])]), tmp_path)
    with pytest.raises(CorpusError, match=r"1 paragraphs, but 2 in it\.md"):
        write_edition(an_edition("s", [(None, ["A."])], language="en"), tmp_path)
    assert [edition.language for edition in read_article(tmp_path / "s").editions] == ["it"]


@pytest.mark.parametrize("slug", ["..", ".hidden", "_cache", "a/b", "../out", ""])
def test_a_slug_that_leads_elsewhere(tmp_path: Path, slug: str) -> None:
    """An article is written under its own name only, never beside or above the folder."""
    with pytest.raises(CorpusError, match="no name for an article"):
        write_edition(an_edition(slug, [(None, ["A."])]), tmp_path / "articles")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that cannot be written to is one clear line."""
    (tmp_path / "articles").write_text("a file")
    with pytest.raises(CorpusError, match="cannot be written"):
        write_edition(an_edition("s", [(None, ["A."])]), tmp_path / "articles")


def test_an_article_is_read_whole(tmp_path: Path) -> None:
    """Ids, headings, defaults and the order of editions are as the format says."""
    italian = edition_text(
        "## Prezzi\nApre a maggio.\nCosta poco.\n\n\nIngresso libero.\n", questions='["Quando?", "Chi?"]'
    )
    english = edition_text("It opens in May.\n\nCome in.", language="en", original="it", title="A depot", source="Acme")
    folder = folder_with(tmp_path, {"en.md": english, "it.md": f"\ufeff{italian}".replace("\n", "\r\n")})
    (folder / ".hidden.md").write_text("nothing")
    (folder / "notes.txt").write_text("nothing")
    article = read_article(folder)
    assert [edition.language for edition in article.editions] == ["it", "en"]
    first = article.original
    assert (first.original, first.topics, first.url, first.questions) == ("it", ("news",), None, ("Quando?", "Chi?"))
    assert [(p.id, p.heading, len(p.sentences)) for p in first.paragraphs] == [
        ("2025-03-04-depot/p1", "Prezzi", 2),
        ("2025-03-04-depot/p2", None, 1),
    ]
    assert first.sentences[1] == Sentence("2025-03-04-depot/p1/s2", "Costa poco.")


def test_without_the_original_editions_are_alphabetical(tmp_path: Path) -> None:
    """Where the original is not at hand, the first language code comes first."""
    folder = folder_with(
        tmp_path, {f"{code}.md": edition_text(language=code, original="it") for code in ("fr", "de", "es")}
    )
    assert [edition.language for edition in read_article(folder).editions] == ["de", "es", "fr"]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Xiaomi SU7: prices", "Xiaomi SU7: prices"),
        ("A title # with a comment", "A title"),
        ("C#9 and more", "C#9 and more"),
        ('"Quoted: # so"', "Quoted: # so"),
        ("'It''s'", "It's"),
        ('"Now" is the time', '"Now" is the time'),
        ("[Offer] A depot", "[Offer] A depot"),
        ("[Offer]", "[Offer]"),
        ("yes", "yes"),
        ("2025", "2025"),
        ("{a: b}", "{a: b}"),
        ("*star & co | more", "*star & co | more"),
        ("caffe\u0300", "caffè"),
    ],
)
def test_titles_are_taken_as_people_write_them(tmp_path: Path, written: str, title: str) -> None:
    """A value is text, whatever YAML would make of it; quotes and comments are read as YAML's."""
    assert read_article(folder_with(tmp_path, {"it.md": edition_text(title=written)})).original.title == title


@pytest.mark.parametrize(
    ("written", "topics"),
    [("offers", ("offers",)), ("[news, offers, news]", ("news", "offers")), ("", ("news",)), ("[]", ("news",))],
)
def test_topics(tmp_path: Path, written: str, topics: tuple[str, ...]) -> None:
    """Topics are a word or a list, and news where nothing is said."""
    assert read_article(folder_with(tmp_path, {"it.md": edition_text(topics=written)})).original.topics == topics


def test_an_address_can_stand_for_the_source(tmp_path: Path) -> None:
    """Without a source, the host of the address is the source."""
    folder = folder_with(tmp_path, {"it.md": edition_text(source=None, url="https://news.example.org/a")})
    assert read_article(folder).original.source == "news.example.org"


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ({"title": None}, None, "`title` is missing"),
        ({"title": ""}, 2, "`title` is empty"),
        ({"title": "''"}, 2, "`title` is empty"),
        ({"language": None}, None, "`language` is missing"),
        ({"language": "Italian"}, 3, "language is 'Italian', not a language code"),
        ({"language": "en"}, 3, "language is en, but the file is named it.md"),
        ({"original": "Italian"}, 6, "original is 'Italian', not a language code"),
        ({"published": None}, None, "`published` is missing"),
        ({"published": "2025-02-30"}, 4, "published is '2025-02-30', not a date"),
        ({"published": "4 March"}, 4, "published is '4 March', not a date"),
        ({"source": None}, None, "`source` is missing"),
        ({"source": ""}, 5, "`source` is missing"),
        ({"url": "ftp://example.org"}, 6, "url is 'ftp://example.org', not an address"),
        ({"url": "javascript:alert(1)"}, 6, "url is 'javascript:alert(1)', not an address"),
        ({"topics": "[news, Big News]"}, 6, "'Big News' is no topic"),
        ({"topic": "news"}, 6, "unknown key `topic` (did you mean `topics`?): the keys are title, language,"),
        ({"zzz": "news"}, 6, "unknown key `zzz`: the keys are title, language,"),
    ],
)
def test_mistakes_in_the_front_matter(
    tmp_path: Path, changes: dict[str, str | None], line: int | None, said: str
) -> None:
    """Each mistake in a value is named with the line where it stands."""
    found_line, found = only_mistake(tmp_path, edition_text(**changes))
    assert (found_line, found[: len(said)]) == (line, said)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "the file is empty"),
        ("Apre a maggio.\n", 1, "the first line must be ---"),
        ("---\ntitle: a\n\nApre.\n", 1, "the front matter that begins here has no closing ---"),
        (edition_text(body=""), None, "no text after the front matter"),
        (edition_text(body="Apre.\n\n## Prezzi\n"), 9, "nothing stands under the heading 'Prezzi'"),
        (edition_text(body="## Uno\n## Due\nApre.\n"), 7, "nothing stands under the heading 'Uno'"),
        (edition_text(body="Apre.\nA\0B"), 8, "a control character (U+0000)"),
        (edition_text(body="Apre.\n\x1b[1mB"), 8, "a control character (U+001B)"),
        (edition_text(title="a\ntitle: b"), 3, "`title` stands already in line 2"),
        (edition_text(title="a\njust words"), 3, "not a `key: value` line: just words"),
        (edition_text().encode() + b"caff\xe8.\n", 11, "not UTF-8 (byte 0xe8 at offset"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", 1, "a binary file (byte 0x89 at offset 0)"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str | bytes, line: int | None, said: str) -> None:
    """A file that is not an edition is told so, with the line where it stops being one."""
    found_line, found = only_mistake(tmp_path, text)
    assert (found_line, found[: len(said)]) == (line, said)


@pytest.mark.parametrize(
    ("changes", "file", "line", "said"),
    [
        ({"published": "2025-03-05"}, "en.md", 4, "published is 2025-03-05, but 2025-03-04 in it.md"),
        ({"topics": "offers"}, "en.md", 7, "topics is offers, but news in it.md"),
        # Both call themselves the original: the first by language is what the others are measured by.
        ({"original": "en"}, "it.md", 6, "original is it, but en in en.md"),
    ],
)
def test_editions_agree(tmp_path: Path, changes: dict[str, str], file: str, line: int, said: str) -> None:
    """An edition that contradicts the original's is named with both sides."""
    english = edition_text(**{"language": "en", "original": "it", **changes})
    folder = folder_with(tmp_path, {"it.md": edition_text(original="it"), "en.md": english})
    assert mistakes_of(folder) == [(file, line, said)]


def test_sentences_may_be_fewer_but_not_paragraphs(tmp_path: Path) -> None:
    """Translations may part their sentences otherwise, but a missing paragraph is a mistake naming both counts."""
    files = {
        "it.md": edition_text(),
        "en.md": edition_text("It opens, for little.\n\nCome in.", language="en", original="it"),
        "de.md": edition_text("Es öffnet.", language="de", original="it"),
    }
    said = "1 paragraphs, but 2 in it.md: paragraph k of both says the same"
    assert mistakes_of(folder_with(tmp_path, files)) == [("de.md", None, said)]


def test_every_mistake_of_every_file_at_once(tmp_path: Path) -> None:
    """One run over a corpus names all that is wrong in all of its files."""
    folder_with(tmp_path, {"it.md": edition_text(title="", published="never", zzz="1", body="A\0")}, "one")
    folder_with(tmp_path, {"it.md": edition_text(language="xx")}, "two")
    with pytest.raises(CorpusError) as caught:
        read_corpus([tmp_path])
    assert [(m.path.parent.name, m.line) for m in caught.value.mistakes] == [
        ("one", 2),
        ("one", 4),
        ("one", 6),
        ("one", 8),
        ("two", 3),
    ]
    assert str(caught.value).count("\n") == 4


def test_a_corpus_is_in_the_order_of_publication(tmp_path: Path) -> None:
    """Articles come oldest first, then by slug, from all the folders; other files in them do not matter."""
    for slug, day, root in (("b", "2025-01-02", "x"), ("a", "2025-01-02", "y"), ("c", "2025-01-01", "y")):
        folder_with(tmp_path / root, {"it.md": edition_text(published=day)}, slug)
    for ignored in ("x/.git", "x/__pycache__", "x/empty"):
        (tmp_path / ignored).mkdir()
    (tmp_path / "x" / "README.md").write_text("Read me.")
    roots = [tmp_path / "x", tmp_path / "missing", tmp_path / "y", tmp_path / "x"]
    assert [article.slug for article in read_corpus(roots)] == ["c", "a", "b"]


def test_an_empty_corpus(tmp_path: Path) -> None:
    """No folder, a missing one and an empty one have no articles."""
    assert read_corpus([]) == read_corpus([tmp_path]) == read_corpus([tmp_path / "missing"]) == ()


def test_one_slug_in_two_folders(tmp_path: Path) -> None:
    """The same article in two folders is a mistake that names both."""
    for root in ("x", "y"):
        folder_with(tmp_path / root, {"it.md": edition_text()}, "same")
    with pytest.raises(CorpusError) as caught:
        read_corpus([tmp_path / "x", tmp_path / "y"])
    assert str(caught.value) == f"{tmp_path}/y/same: the article same is already in {tmp_path}/x"


def test_folders_that_are_none(tmp_path: Path) -> None:
    """A file for a folder, a name that makes no id, a folder without editions: each is a clear line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="a file, where a folder of articles is expected"):
        read_corpus([tmp_path / "file"])
    with pytest.raises(CorpusError, match="only letters A-Z, digits"):
        read_corpus([folder_with(tmp_path / "r", {"it.md": edition_text()}, "città nuova").parent])
    with pytest.raises(CorpusError, match="no edition here"):
        read_article(folder_with(tmp_path, {}, "void"))
    with pytest.raises(CorpusError, match="no such folder"):
        read_article(tmp_path / "nowhere")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A link to nothing is a mistake of its file, not a crash."""
    folder = folder_with(tmp_path, {})
    (folder / "it.md").symlink_to(tmp_path / "gone")
    ((name, line, said),) = mistakes_of(folder)
    assert (name, line, said[:14]) == ("it.md", None, "cannot be read")


def test_brackets_without_end_are_text(tmp_path: Path) -> None:
    """A value of thousands of brackets is a bad topic, not a crash."""
    _, said = only_mistake(tmp_path, edition_text(topics="[" * 20_000))
    assert "is no topic" in said
