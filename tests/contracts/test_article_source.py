"""What every ArticleSource promises, whatever the announcement lies in."""

from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest

from corpus.errors import AnnuncioError
from corpus.sources import ArticleSource, EditionFile, HtmlFile, PdfFile, TextFile, WebPage, to_edition
from tests.documents import Page, pdf, serving

TITLE = "Acme opens a depot"
SENTENCES = ("Acme will open its depot in Turin.", "It will hold 1,200 lorries.", "Nobody named a price for the depot.")
TEXT = f"{TITLE}\n\n{SENTENCES[0]} {SENTENCES[1]}\n\n{SENTENCES[2]}\n"
EDITION = (
    f"---\ntitle: {TITLE}\nlanguage: en\npublished: 2025-03-04\nsource: Acme\n---\n"
    f"{SENTENCES[0]}\n{SENTENCES[1]}\n\n{SENTENCES[2]}\n"
)
PAGE = (
    f'<!doctype html><html lang="en"><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>'
    f"<p>{SENTENCES[0]} {SENTENCES[1]}</p><p>{SENTENCES[2]}</p></article></body></html>"
)
NAMES = ("text", "edition", "html", "pdf", "web page", "web pdf", "web text", "web edition")
TODAY = date(2026, 1, 1)


def to_loopback(address: object) -> bool:
    """The tests' servers, and nothing else, may be connected to."""
    return address == ip_address("127.0.0.1")


def documents() -> dict[str, tuple[str, str, bytes]]:
    """Suffix, media type and bytes of the same announcement in every kind."""
    lines = [TITLE, "", f"{SENTENCES[0]} {SENTENCES[1]}", SENTENCES[2]]
    return {
        "text": (".txt", "text/plain", TEXT.encode()),
        "edition": (".md", "text/markdown", EDITION.encode()),
        "html": (".html", "text/html", PAGE.encode()),
        "pdf": (".pdf", "application/pdf", pdf([lines], title=TITLE)),
    }


def source_of(name: str, path: Path, url: str) -> ArticleSource:
    """The implementation called `name`, over a file or an address."""
    match name:
        case "text":
            return TextFile(path)
        case "edition":
            return EditionFile(path)
        case "html":
            return HtmlFile(path)
        case "pdf":
            return PdfFile(path)
        case _:
            return WebPage(url, allow=to_loopback)


@pytest.fixture(params=NAMES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArticleSource]:
    """Every implementation, over the same announcement."""
    name = str(request.param)
    kind = {"web page": "html"}.get(name, name.removeprefix("web "))
    suffix, media_type, data = documents()[kind]
    path = tmp_path / f"news{suffix}"
    path.write_bytes(data)
    with serving({"/news": Page(data, media_type)}) as site:
        yield source_of(name, path, site.at("/news"))


@pytest.fixture(params=NAMES)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArticleSource]:
    """Every implementation, over nothing."""
    with serving({}) as site:
        yield source_of(str(request.param), tmp_path / "missing.txt", site.at("/missing"))


@pytest.mark.enable_socket
def test_it_gives_the_sentences(source: ArticleSource) -> None:
    """The edition of the draft has the sentences of the announcement, and its title is none of them."""
    edition = to_edition(source.fetch(), language="en", today=TODAY)
    assert edition.title == TITLE
    assert tuple(sentence.text for sentence in edition.sentences) == SENTENCES


@pytest.mark.enable_socket
def test_it_gives_the_same_twice(source: ArticleSource) -> None:
    """Fetching again gives an equal draft: nothing is used up."""
    assert source.fetch() == source.fetch()


@pytest.mark.enable_socket
def test_its_draft_has_text_to_tell_the_language_by(source: ArticleSource) -> None:
    """The draft holds the text, for whoever detects its language, and says where it comes from."""
    draft = source.fetch()
    assert SENTENCES[2] in draft.text
    assert draft.source


@pytest.mark.enable_socket
def test_what_is_said_wins(source: ArticleSource) -> None:
    """A title, a date, topics, a source and a slug that are given stand in the edition, whatever was found."""
    day = date(2024, 12, 31)
    edition = to_edition(
        source.fetch(),
        language="en",
        today=TODAY,
        title=" My  title ",
        published=day,
        topics=["offers"],
        source="Me",
        slug="mine",
    )
    assert (edition.title, edition.published, edition.topics) == ("My title", day, ("offers",))
    assert (edition.source, edition.slug, edition.sentences[0].id) == ("Me", "mine", "mine/p1/s1")


@pytest.mark.enable_socket
def test_nothing_to_read_is_one_clear_line(broken: ArticleSource) -> None:
    """A source over nothing raises an error that a person can read: one line, which says where."""
    with pytest.raises(AnnuncioError) as caught:
        broken.fetch()
    assert "missing" in str(caught.value)
    assert "\n" not in str(caught.value)
