"""From a file or an address to an edition: what is found, what wins, and every way in which it cannot be read."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from corpus.draft import MAX_FOUND_TITLE_CHARS, MAX_SLUG_CHARS, Draft, slugify, to_edition
from corpus.errors import AnnuncioError, CorpusError, SourceError
from corpus.fetching import Limits, download, is_public
from corpus.model import Edition
from corpus.reader import read_article, write_edition
from corpus.sources import EditionFile, HtmlFile, PdfFile, TextFile, WebPage, open_source
from tests.documents import PAGE, Page, pdf, serving

TODAY = date(2026, 1, 1)
MARKS = st.lists(
    st.sampled_from(
        ["# ", "## ", "\n", "\n\n", "- ", "1. ", "**", "---", "a", "B. ", "<p>", "\\", "2025-03-04 ", ":", "\u0301"]
    )
).map("".join)
EDITION = (
    "---\ntitle: A\nlanguage: en\noriginal: it\npublished: 2025-03-04\nsource: S\ntopics: offers\n---\nSee etc. Now.\n"
)
ANNOUNCEMENT = Path(__file__).parents[2] / "shared" / "announcement" / "article.it.txt"


def to_loopback(address: object) -> bool:
    """The tests' servers, and nothing else, may be connected to."""
    return address == ip_address("127.0.0.1")


def edition_of(text: str, language: str = "en", **found: object) -> Edition:
    return to_edition(Draft(text, **found), language=language, today=TODAY)  # type: ignore[arg-type]  # any field of it


def ingested(tmp_path: Path, name: str, data: str | bytes, language: str = "en") -> Edition:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return to_edition(open_source(path).fetch(), language=language, today=TODAY)


def refusal(act: Callable[[], object]) -> str:
    """The one line of the SourceError that `act` raises."""
    with pytest.raises(SourceError) as caught:
        act()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def shape(edition: Edition) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(p.heading, tuple(sentence.text for sentence in p.sentences)) for p in edition.paragraphs]


# --- what a text says of itself -------------------------------------------------------------------------------


LIKE_THE_ANNOUNCEMENT = """ date 2025-03-04 Se ne parlava da mesi, ora è ufficiale: Acme aprirà un deposito a Torino.

Lo ha detto ieri la direttrice, che ha parlato dei camion e del mercato europeo.

Segui Acme Italia su Telegram, ricevi sconti per primo

Da Lione a Torino, i depositi di Acme pronti per i camion europei

Il deposito di Lione ha superato 300.000 consegne. Numeri buoni anche per i camion del gruppo, da gennaio.

Un deposito che, per il mercato europeo, è pronto da tempo.
"""


def test_the_shape_of_the_announcement() -> None:
    """A machine-written lead gives the date and goes; of two headlines the one about the body is the title."""
    edition = edition_of(LIKE_THE_ANNOUNCEMENT, "it", source="a.txt")
    title = "Da Lione a Torino, i depositi di Acme pronti per i camion europei"
    assert (edition.title, edition.published, edition.source) == (title, date(2025, 3, 4), "a.txt")
    assert [heading for heading, _ in shape(edition)] == [None, None, None, title, None]
    assert edition.sentences[0].text.startswith("Se ne parlava da mesi")
    assert shape(edition)[2][1] == ("Segui Acme Italia su Telegram, ricevi sconti per primo",)
    assert title not in {sentence.text for sentence in edition.sentences}
    assert edition.slug == "2025-03-04-da-lione-a-torino-i-depositi-di-acme-pronti-per-i-camion"


def test_the_announcement_itself() -> None:
    """The text that the project exists for, where it is at hand, becomes nine paragraphs under its own headline."""
    if not ANNOUNCEMENT.is_file():
        return  # it is no part of the repository; the test above has its shape
    edition = to_edition(open_source(ANNOUNCEMENT).fetch(), language="it", today=TODAY)
    assert edition.published == date(2025, 9, 24)
    assert edition.title.startswith("Dalla Cina al mondo, ")
    assert [p.heading for p in edition.paragraphs] == [None, None, None, edition.title, *[None] * 5]
    assert [len(p.sentences) for p in edition.paragraphs] == [1, 1, 1, 3, 3, 2, 1, 1, 1]
    assert edition.title not in {sentence.text for sentence in edition.sentences}


@pytest.mark.parametrize(
    ("text", "title", "first"),
    [
        ("# Big news\n\nIt opens. Now.", "Big news", (None, ("It opens.", "Now."))),
        ("Big news\n\nIt opens.", "Big news", (None, ("It opens.",))),
        ("Big news\nIt opens.", "Big news", (None, ("It opens.",))),
        ("Big news\n\nFrom Turin, with love\n\nIt opens.", "Big news", ("From Turin, with love", ("It opens.",))),
        ("It opens. Now.", "It opens", (None, ("It opens.", "Now."))),
        ("Only a headline", "Only a headline", (None, ("Only a headline",))),
    ],
)
def test_the_title(text: str, title: str, first: tuple[str | None, tuple[str, ...]]) -> None:
    """The title is a heading, the headline at the top, or the first sentence; a headline is no sentence."""
    edition = edition_of(text)
    assert (edition.title, shape(edition)[0]) == (title, first)


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    """A title made of a sentence ends with a whole word, within a hundred characters."""
    title = edition_of("Acme " + "announces " * 30 + "it.").title
    assert re.fullmatch(r"Acme( announces)+…", title)
    assert len(title) <= 101
    assert len(edition_of("小" * 300 + "。", "zh").title) == 101


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("date 2025-03-04 It opens.", date(2025, 3, 4)),
        ("Published: 2025-03-04\n\nIt opens.", date(2025, 3, 4)),
        ("TURIN, 2025-03-04 - It opens.", date(2025, 3, 4)),
        ("News\n\n4 marzo 2025\n\nApre.", date(2025, 3, 4)),
        ("Torino, 4 marzo 2025. Apre.", date(2025, 3, 4)),
        ("March 4th, 2025. It opens.", date(2025, 3, 4)),
        ("El 4 de marzo de 2025 abre.", date(2025, 3, 4)),
        ("Turin, den 4. März 2025. Es öffnet.", date(2025, 3, 4)),
        ("Le 1er août 2025, il ouvre.", date(2025, 8, 1)),
        ("2025年3月4日，开业。", date(2025, 3, 4)),
        ("24/03/2025 It opens.", date(2025, 3, 24)),
        ("03/24/2025 It opens.", date(2025, 3, 24)),
        ("03/04/2025 It opens.", TODAY),
        ("date 2025-13-45 It opens.", TODAY),
        ("On 4 March 2027 it opens.", TODAY),
        ("It opens. " * 40 + "4 March 2025.", TODAY),
        ("It opens in 2025.", TODAY),
    ],
)
def test_the_date(text: str, published: date) -> None:
    """A certain date near the top that is not to come is the day of the news; without one, it is today."""
    assert edition_of(text).published == published


def test_what_was_found_has_an_order() -> None:
    """The date of the metadata is before that of the text, and its title before the text's headline."""
    edition = edition_of("date 2025-03-04 It opens.", published=date(2025, 3, 1), title="Meta", source="Site")
    assert (edition.published, edition.title, edition.source) == (date(2025, 3, 1), "Meta", "Site")
    assert shape(edition) == [(None, ("It opens.",))]


def test_a_line_that_is_only_a_date_is_no_sentence() -> None:
    """A date on a line of its own between headline and text says when, and is not part of what is said."""
    edition = edition_of("Big news\n\nMonday, 3 March 2025\n\nIt opens.")
    assert (edition.title, edition.published, shape(edition)) == (
        "Big news",
        date(2025, 3, 3),
        [(None, ("It opens.",))],
    )


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Xiaomi porterà l’auto: «SU7» nel 2027!", "xiaomi-portera-lauto-su7-nel-2027"),
        ("Straße nach Łódź", "strasse-nach-lodz"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 200, "x" * MAX_SLUG_CHARS),
    ],
)
def test_slugs_are_plain(title: str, slug: str) -> None:
    """A title becomes letters, digits and hyphens, cut at a word."""
    assert slugify(title) == slug


def test_slugs_of_titles_without_latin_letters() -> None:
    """Titles that lose their letters still get slugs, the same for the same title and different for others."""
    titles = ("小米汽车", "小米手机", "小米SU7降价的消息", "小米SU7发布的消息", "Новости", "!!!")
    slugs = [slugify(title) for title in titles]
    assert len(set(slugs)) == len(titles)
    assert all(re.fullmatch(r"[a-z0-9-]{8,60}", slug) for slug in slugs)
    assert slugs == [slugify(title) for title in titles]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"language": "english"}, "'english' is no language code"),
        ({"topics": ["Big News"]}, "'Big News' is no topic"),
    ],
)
def test_what_a_person_says_is_checked(said: dict[str, object], line: str) -> None:
    """A language or a topic that could not be written into an edition is refused at once."""
    arguments: dict[str, object] = {"language": "en", "today": TODAY, **said}
    assert line in refusal(lambda: to_edition(Draft("It opens."), **arguments))  # type: ignore[arg-type]  # as said


def test_nothing_but_a_heading() -> None:
    """A text with headings and nothing below them, or without a word, is refused."""
    assert "nothing to read below the headlines" in refusal(lambda: edition_of("# Title\n\n## Section"))
    assert "nothing to read" in refusal(lambda: edition_of("... !\n\n---"))


def test_a_text_that_is_no_announcement() -> None:
    """A text of millions of characters is refused before it is split."""
    assert "more than 2000000 characters" in refusal(lambda: edition_of("It opens. " * 200_001))


@pytest.mark.parametrize(
    "mark", ["[", "![", "[a](", "<!--", "`", "**a ", "*a ", "_", "> ", "# ", "- ", "a.\n", "1. a\n\n"]
)
def test_marks_that_nothing_closes(tmp_path: Path, mark: str) -> None:
    """Markdown made of nothing but opened marks is read, or refused, within the time of the other tests."""
    (tmp_path / "a.md").write_text(f"{mark * 20_000}\n\nIt opens.")
    draft = open_source(tmp_path / "a.md").fetch()
    edition = to_edition(draft, language="en", today=TODAY)
    assert edition.sentences[-1].text == "It opens."
    assert len(edition.title) <= MAX_FOUND_TITLE_CHARS + 1


# --- files ----------------------------------------------------------------------------------------------------


def test_sources_are_told_by_content(tmp_path: Path) -> None:
    """What a file holds decides how it is read, and its suffix only where that says nothing."""
    files: dict[str, tuple[str | bytes, type]] = {
        "page.txt": (PAGE, HtmlFile),
        "fragment.html": ("<b>It opens</b> in May.", HtmlFile),
        "text.html.txt": ("It opens < in May.", TextFile),
        "paper": (pdf([["It opens."]]), PdfFile),
        "it.txt": (EDITION, EditionFile),
        "plain.pdf": ("It opens.", TextFile),
        "rule.md": ("---\nIt opens.\n---\n", TextFile),
    }
    for name, (data, kind) in files.items():
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        assert type(open_source(str(tmp_path / name))) is kind, name
    assert open_source("https://example.org/a") == WebPage("https://example.org/a")


def test_an_edition_file_stays_as_it_is(tmp_path: Path) -> None:
    """An edition keeps its sentences, its original and its topics; a folder called as articles are gives the slug."""
    folder = tmp_path / "2025-03-04-depot"
    folder.mkdir()
    edition = ingested(folder, "whatever.md", EDITION)
    assert (edition.slug, edition.original, edition.topics) == ("2025-03-04-depot", "it", ("offers",))
    assert [sentence.text for sentence in edition.sentences] == ["See etc. Now."]
    assert ingested(tmp_path, "en.md", EDITION).slug == "2025-03-04-a"


def test_mistakes_of_an_edition_file_are_named(tmp_path: Path) -> None:
    """An edition file that breaks the format is told all its mistakes with their lines."""
    with pytest.raises(CorpusError) as caught:
        ingested(tmp_path, "en.md", EDITION.replace("published: 2025", "published: 20x5").replace("url", "zzz"))
    assert str(caught.value).startswith(f"{tmp_path}/en.md:5: published is '20x5-03-04'")


def test_markdown_loses_its_marks(tmp_path: Path) -> None:
    """Markdown's links, emphasis, code and quotes are plain text in the edition; bold lines are headlines."""
    text = (
        "# Big **news**\n\n> Acme [opens](https://example.org) *now*, with **a strong** `word`; 2*3*4.\n\n"
        "**Prices**\n\nLow ![x](y.png) ones.\n\nFrom May on\n"
    )
    edition = ingested(tmp_path, "a.md", text)
    assert edition.title == "Big news"
    assert shape(edition) == [
        (None, ("Acme opens now, with a strong word; 2*3*4.",)),
        ("Prices", ("Low ones.",)),
        (None, ("From May on",)),
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode), MARKS.map(str.encode)))
def test_any_file_is_an_edition_or_one_clear_error(tmp_path: Path, data: bytes) -> None:
    """Whatever a file holds, it becomes an edition that can be written and read back, or an error for people."""
    try:
        edition = ingested(tmp_path, "any.md", data, "it")
    except AnnuncioError:
        return
    folder = tmp_path / edition.slug
    shutil.rmtree(folder, ignore_errors=True)  # a shorter one of the same title would not fit to the last
    assert read_article(write_edition(edition, tmp_path).parent).editions == (edition,)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_text(tmp_path: Path, encoding: str) -> None:
    """Text in UTF-8, in UTF-16 with its mark and in Windows-1252 is read as it was written."""
    text = "È “così”, perché costa 5 €.\r\n\r\nGià."
    assert shape(ingested(tmp_path, "a.txt", text.encode(encoding), "it")) == [
        (None, ("È “così”, perché costa 5 €.",)),
        (None, ("Già.",)),
    ]


def test_a_page_becomes_an_edition(tmp_path: Path) -> None:
    """A page gives its main text under its headings, its title without the site's name, its date and its site."""
    edition = ingested(tmp_path, "a.html", PAGE)
    assert (edition.title, edition.published, edition.source) == (
        "Acme opens a depot",
        date(2025, 3, 4),
        "Acme Daily",
    )
    assert shape(edition) == [
        (None, ("Acme will open its first depot in Turin in May, it said.", "It will hold 1,200 lorries.")),
        (None, ("From May on",)),
        ("Prices", ("Nobody named a price.", "The company will do so in April.")),
        (None, ("One lorry costs nothing to look at", "Two cost the same")),
    ]
    assert open_source(tmp_path / "a.html").fetch().language == "en"


def test_a_page_in_its_own_encoding(tmp_path: Path) -> None:
    """A page is decoded as its head says, and an XML declaration does not stop it."""
    page = PAGE.replace("<head>", '<head><meta charset="gb18030">').replace("said", "说")
    assert "说" in ingested(tmp_path, "a.html", page.encode("gb18030")).sentences[0].text
    xhtml = f'<?xml version="1.0" encoding="utf-8"?>\n{PAGE}'
    assert ingested(tmp_path, "b.html", xhtml).title == "Acme opens a depot"


def test_a_pdf_becomes_an_edition(tmp_path: Path) -> None:
    """A PDF's wrapped and hyphenated lines are paragraphs again, without the numbers and headers of its pages."""
    first = [
        "Acme Press",
        "Acme will open its first depot in Turin in May, it said on Monday, and two",
        "hundred people will find work there. It will hold one thousand two hun-",
        "dred lorries.",
        "The company has depots in Lyon, in Vienna and in Porto, and it wants to have",
        "1",
    ]
    pages = [first, ["Acme Press", "ten of them by 2030. That is all.", "2"], ["Acme Press", "Call us at noon.", "3"]]
    edition = ingested(tmp_path, "a.pdf", pdf(pages, title="Acme opens a depot", created="D:20250304100000Z"))
    assert (edition.title, edition.published, edition.source) == ("Acme opens a depot", date(2025, 3, 4), "a.pdf")
    assert edition.sentences[1].text == "It will hold one thousand two hundred lorries."
    text = " ".join(sentence.text for sentence in edition.sentences)
    assert "wants to have ten of them by 2030." in text
    assert "Acme Press" not in text
    assert not re.search(r"\b[123]\b", text)


def test_a_pdf_without_a_title_of_its_own(tmp_path: Path) -> None:
    """The name of a word processor's file is no title, and a date that is none is passed over."""
    data = pdf([["It opens in May."]], title="Microsoft Word - news.docx", created="yesterday")
    edition = ingested(tmp_path, "a.pdf", data)
    assert (edition.title, edition.published) == ("It opens in May", TODAY)


def encrypted(password: str) -> bytes:
    from io import BytesIO

    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf([["It opens."]]))))
    writer.encrypt(password, algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"\xef\xbb\xbf \r\n", "empty"),
        ("a.html", b"<!doctype html><html><body><script>1</script></body></html>", "a page without text"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
        ("a.txt", b"PK\x03\x04\x14\0", "a ZIP archive or an office document"),
        ("a", b"\x7fELF\x02\x01\x01\0", "a program"),
        ("a.exe", b"MZ\x90\0\x03\0", "a binary file"),
        ("a.txt", "小米汽车将出海，价格未定。".encode("gb18030"), "its encoding cannot be told"),
        ("a.txt", bytes(range(128, 256)) * 4, "its encoding cannot be told"),
        ("a.pdf", b"%PDF-1.7\nbroken", "a PDF that cannot be read"),
        ("a.pdf", pdf([[], []]), "a PDF without text"),
        ("a.pdf", encrypted("secret"), "a PDF with a password"),
        ("a.pdf", pdf([["x"]] * 501), "more than 500 pages"),
        ("a.txt", b"a" * (20 * 1024 * 1024 + 1), "longer than 20 MB"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """A file that cannot become an edition is refused in one line that names it and says what it is."""
    path = tmp_path / name
    line = refusal(lambda: ingested(tmp_path, name, data))
    assert line.startswith(f"{path}: {said}")


def test_paths_that_lead_to_no_file(tmp_path: Path) -> None:
    """A missing file, a folder, an address without its scheme: each says what to type."""
    assert "no such file" in refusal(lambda: open_source(tmp_path / "missing"))
    assert "a folder: give the files in it" in refusal(lambda: open_source(tmp_path))
    assert "give https://www.example.org/news" in refusal(lambda: open_source("www.example.org/news"))
    assert "cannot be read" in refusal(lambda: open_source("a\0b"))
    assert "cannot be read" in refusal(lambda: open_source("x" * 5000))


def test_a_file_opened_as_what_it_is_not(tmp_path: Path) -> None:
    """A source that is made for another kind of file refuses."""
    (tmp_path / "a").write_bytes(pdf([["It opens."]]))
    assert "this is pdf" in refusal(lambda: TextFile(tmp_path / "a").fetch())
    assert "this is pdf" in refusal(lambda: HtmlFile(tmp_path / "a").fetch())
    (tmp_path / "b").write_text("It opens.")
    assert "this is text" in refusal(lambda: PdfFile(tmp_path / "b").fetch())


def test_an_ingested_text_is_read_back(tmp_path: Path) -> None:
    """Whatever was ingested can be written and read as the same edition."""
    edition = edition_of("# A: b #c\n\n- # x\n- ## y\n\nIt: 'opens'. \\# z\n\n#hash tag.", source="a: b #c")
    path = write_edition(edition, tmp_path)
    assert read_article(path.parent).editions == (edition,)


# --- the web --------------------------------------------------------------------------------------------------


@pytest.mark.enable_socket
def test_a_page_from_the_web() -> None:
    """A page is read from where its redirects end, and without a site's name its host is the source."""
    page = PAGE.replace('<meta property="og:site_name" content="Acme Daily">', "")
    pages = {"/old": Page(status=301, location="/new"), "/new": Page(page.encode(), "text/html; charset=utf-8")}
    with serving(pages) as site:
        draft = WebPage(site.at("/old"), allow=to_loopback).fetch()
        assert draft.url == site.at("/new")
        assert site.hosts == [site.address] * 2
    edition = to_edition(draft, language="en", today=TODAY)
    assert edition.url == draft.url
    assert edition.title.startswith("Acme opens a depot")


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Page(status=404), "the server answers 404 Not Found"),
        (Page(status=500, body=b"no"), "the server answers 500"),
        (Page(status=204), "the server answers 204"),
        (Page(b"", "text/html"), "empty"),
        (Page(b"<html><body></body></html>", "text/html"), "a page without text"),
        (Page(b"GIF89a", "image/gif"), "image/gif, not text"),
        (Page(b"PK\x03\x04", "application/zip"), "application/zip, not text"),
        (Page(b"\x89PNG\r\n", "text/html"), "a PNG image"),
        (Page(b"a" * 2000, "text/plain"), "longer than 0.000976562 MB"),
        (Page(stalls=True, body=b"late"), "no answer in 0.3 seconds"),
        (Page(status=302, location="/page"), "more than 5 redirects"),
        (Page(status=302, location="file:///etc/passwd"), "only http:// and https://"),
        (Page(status=302, location="http://[::1]:1/"), "leads to ::1, which is not on the public internet"),
        (Page(status=302, location="http://169.254.169.254/x"), "leads to 169.254.169.254"),
        (Page(status=302, location="http://user:pass@127.0.0.1/"), "holds a user name or password"),
    ],
)
def test_answers_that_are_no_article(page: Page, said: str) -> None:
    """Whatever a server answers but a readable text is one clear line, after every redirect too."""
    limits = Limits(max_bytes=1024, wait=0.3)
    with serving({"/page": page}) as site:
        line = refusal(lambda: WebPage(site.at("/page"), to_loopback, limits).fetch())
    assert said in line
    assert "pass@" not in line


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://192.168.1.1:8080/",
        "http://169.254.169.254/latest/meta-data",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
    ],
)
@pytest.mark.enable_socket  # the name is resolved, nothing is asked
def test_no_address_inside_is_asked(url: str) -> None:
    """However it is written, an address that is not on the public internet is refused before any connection."""
    assert "not on the public internet" in refusal(lambda: WebPage(url).fetch())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://example.org/a", "only http:// and https://"),
        ("http://", "names no host"),
        ("https://me:secret@example.org/", "holds a user name or password"),
        ("http://[::1/", "is no web address"),
        ("http://0177.0.0.1/", "is no web address"),
        ("http://example.org:0/", "is no web address"),
        ("http://example.org:99999/", "is no web address"),
        (f"http://{'a' * 80}.example/", "no such host"),
    ],
)
@pytest.mark.enable_socket  # the name is resolved, nothing is asked
def test_addresses_that_are_none(url: str, said: str) -> None:
    """An address that cannot be asked says why, and shows no password."""
    line = refusal(lambda: open_source(url).fetch())
    assert said in line
    assert "secret" not in line


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses(address: str) -> None:
    """Addresses of the open internet may be asked."""
    assert is_public(ip_address(address))


@pytest.mark.enable_socket
def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once: one that would lead elsewhere the second time gains nothing, and Host keeps the name."""
    real = socket.getaddrinfo
    asked: list[object] = []

    def rebinding(host: object, *rest: object, **named: object) -> object:
        if host != "rebind.example":
            return real(host, *rest, **named)  # type: ignore[arg-type]  # whatever the caller gave
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, rest[0]))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving({"/page": Page(b"It opens.", "text/plain")}) as site:
        port = site.address.partition(":")[2]
        answer = download(f"http://rebind.example:{port}/page", allow=to_loopback)
        assert site.hosts == [f"rebind.example:{port}"]
    assert (answer.body, answer.media_type) == (b"It opens.", "text/plain")
    assert asked == ["rebind.example"]


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to several addresses is refused for any one of them that is not public."""

    def both(_host: object, port: object, **_: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert "leads to 10.0.0.1" in refusal(lambda: download("https://both.example/"))


@pytest.mark.enable_socket
def test_tls_asks_for_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS the judged address is asked for the site's name, so that its certificate is checked against that."""
    address = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    real = socket.getaddrinfo

    def resolved(host: object, *rest: object, **named: object) -> object:
        return address if host == "tls.example" else real(host, *rest, **named)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def hello() -> bytes:
            connection, _ = server.accept()
            with connection:
                return connection.recv(4096)

        greeting = pool.submit(hello)
        port = server.getsockname()[1]
        line = refusal(lambda: download(f"https://tls.example:{port}/", allow=to_loopback))
        assert b"tls.example" in greeting.result()
    assert line.startswith(f"https://tls.example:{port}/: no connection")


@pytest.mark.enable_socket
def test_a_closed_port() -> None:
    """A host that does not answer is a clear line."""
    with serving({}) as site:
        url = site.at("/")
    assert "no connection" in refusal(lambda: download(url, allow=to_loopback))


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """Importing the corpus costs no reader of pages or of PDFs, no network and no splitter."""
    heavy = "{'trafilatura', 'lxml', 'pypdf', 'httpx', 'pysbd'}"
    code = f"import sys, corpus.reader, corpus.sources; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  (our own code)
    assert done.stdout.strip() == "[]"


def test_errors_are_for_people() -> None:
    """What goes wrong with a source is one of the errors whose text a person is shown."""
    assert issubclass(SourceError, AnnuncioError)
    assert issubclass(CorpusError, AnnuncioError)
