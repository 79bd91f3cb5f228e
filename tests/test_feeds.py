"""Feeds: whatever people publish as RSS or Atom is read; what is no feed is told as none."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import format_datetime
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cleaning import is_forbidden
from corpus.errors import SourceBusyError, SourceError
from corpus.feeds import ENOUGH, Entry, Feed, entry_draft, own_text, parse_feed
from corpus.fetching import LONGEST_VALIDATOR, Download, Validators, download
from tests.documents import PAGE, Page, serving
from tests.feeds import LONG, item, rss

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="it"><title>Acme</title>
<entry><id>urn:1</id><title type="html">A &amp;amp; B</title><link href="/a?utm_source=feed&amp;x=1"/>
<updated>2025-03-04T23:30:00-05:00</updated><summary>Breve.</summary></entry></feed>"""


def to_loopback(address: object) -> bool:
    """The tests' servers, and nothing else, may be connected to."""
    return address == ip_address("127.0.0.1")


def feed_in(text: str | bytes, media_type: str = "application/rss+xml", charset: str | None = None) -> Feed | None:
    """What is read in an answer with this body."""
    body = text if isinstance(text, bytes) else text.encode()
    return parse_feed(Download("https://example.org/feed", media_type, charset, body))


def entry_in(text: str | bytes) -> Entry:
    """The one entry of a feed."""
    feed = feed_in(text)
    assert feed is not None
    [entry] = feed.entries
    return entry


def test_rss() -> None:
    """Of an RSS entry its id, title, link, moment, day and text are read; the feed says source and language."""
    entry = entry_in(rss(item("1", "Acme opens", "<p>One.</p><p>Two.</p>", link="https://example.org/a")))
    assert (entry.id, entry.title, entry.link) == ("1", "Acme opens", "https://example.org/a")
    assert (entry.published, entry.day) == (datetime(2025, 3, 4, 10, tzinfo=UTC), date(2025, 3, 4))
    assert (entry.source, entry.language) == ("Acme Daily", "en")
    assert own_text(entry) == "One.\n\nTwo."


def test_atom() -> None:
    """Of an Atom entry too; the day is that of its own clock, its link whole and without what only counts readers."""
    entry = entry_in(ATOM)
    assert (entry.id, entry.title, entry.source) == ("urn:1", "A & B", "Acme")
    assert entry.link == "https://example.org/a?x=1"
    assert (entry.published, entry.day) == (datetime(2025, 3, 5, 4, 30, tzinfo=UTC), date(2025, 3, 4))
    assert own_text(entry) == "Breve."


@pytest.mark.parametrize("media_type", ["application/rss+xml", "text/xml", "text/html", "text/plain", ""])
def test_a_feed_is_known_by_what_it_is(media_type: str) -> None:
    """Whatever type its server names, a feed is a feed."""
    assert feed_in(rss(item("1", "A", "B")), media_type) is not None


@pytest.mark.parametrize("body", [PAGE, "", "Acme opens a depot.", "<?xml version='1.0'?><a><b/></a>", "{}", "\0\1\2"])
def test_what_is_no_feed(body: str) -> None:
    """A page, a text, other XML or nothing at all is no feed, and no error."""
    assert feed_in(body, "text/html") is None


@pytest.mark.parametrize("cut", [120, 300, 600])
def test_a_broken_feed_gives_what_it_holds(cut: int) -> None:
    """A feed that breaks off is read as far as it goes."""
    whole = rss(item("1", "A", LONG), item("2", "B", LONG))
    feed = feed_in(whole[: -len(whole) + cut] if cut < len(whole) else whole)
    assert feed is not None
    assert len(feed.entries) <= 2


def test_the_encoding_that_the_server_names() -> None:
    """A feed without a declaration is read in the encoding of its server."""
    feed = feed_in(rss(item("1", "Città", "È così.")).encode("latin-1"), charset="iso-8859-1")
    assert feed is not None
    assert feed.entries[0].title == "Città"


def test_entities_are_not_expanded_without_end() -> None:
    """A feed that would grow to gigabytes by its entities stays small, and breaks nothing."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "lol">{entities}]>' + rss(item("1", "&a11;", "x"))[21:]
    feed = feed_in(bomb)
    assert feed is None or sum(len(entry.title or "") for entry in feed.entries) < 10_000


@pytest.mark.parametrize("reference", ["&#x110000;", "&#1114112;", "&#x" + "f" * 5000 + ";", "&#" + "9" * 3000 + ";"])
def test_characters_that_cannot_be(reference: str) -> None:
    """One reference to a character that there is not does not cost the whole feed."""
    assert entry_in(rss(item("1", "A", "B")).replace("<title>A<", f"<title>A{reference}<")).title == "A"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["&", "<", "]]>", "http://[", "\0", "<link>http://[x</link>", "&#0;", "<guid/>"]) | st.text()
    ),
    st.integers(0, 400),
    st.sampled_from([None, "utf-8", "klingon", "utf-16"]),
)
def test_no_feed_breaks_the_reader(pieces: list[str], place: int, charset: str | None) -> None:
    """Whatever stands in a feed, it is read, is none, or is one line for the operator."""
    whole = rss(item("1", "A", LONG))
    with suppress(SourceError):
        feed = feed_in((whole[:place] + "".join(pieces) + whole[place:]).encode("utf-8", "ignore"), charset=charset)
        for entry in feed.entries if feed else ():
            assert not any(map(is_forbidden, own_text(entry).replace("\n", "")))
            assert len(entry.key) == 16


def test_an_entry_without_id_or_date() -> None:
    """An entry is known by its link, else by its title; one that has nothing at all is none."""
    feed = feed_in(rss("<item><title>A</title></item>", "<item></item>", "<item><link>https://x.org/a</link></item>"))
    assert feed is not None
    assert [(entry.id, entry.published, entry.day) for entry in feed.entries] == [
        ("A", None, None),
        ("https://x.org/a", None, None),
    ]


def test_a_changed_entry_has_another_digest() -> None:
    """Another text is another version of the same entry."""
    first, second = (entry_in(rss(item("1", "A", text))) for text in ("One.", "Two."))
    assert first.key == second.key
    assert first.digest != second.digest


def test_enough_text_is_the_article() -> None:
    """An entry with a text of its own is taken as it is, nothing is fetched."""
    draft = entry_draft(entry_in(rss(item("1", "Acme opens", LONG, link="https://example.org/a"))))
    assert len(draft.text) >= ENOUGH
    assert "<" not in draft.text
    assert (draft.title, draft.published, draft.url) == ("Acme opens", date(2025, 3, 4), "https://example.org/a")
    assert (draft.source, draft.language) == ("Acme Daily", "en")


@pytest.mark.enable_socket
@pytest.mark.parametrize("text", ["Read it all.", LONG + "…", LONG + " [...]", ""])
def test_an_appetiser_is_not_the_article(text: str) -> None:
    """Of an entry that is short, or says that it goes on, the page behind its link is read."""
    with serving({"/a": Page(PAGE.encode())}) as site:
        entry = entry_in(rss(item("1", "Their title", text, link=site.at("/a"))))
        draft = entry_draft(entry, allow=to_loopback)
    assert "Acme will open its first depot in Turin in May, it said. It will hold 1,200 lorries." in draft.text
    assert (draft.title, draft.source) == ("Their title", "Acme Daily")


@pytest.mark.enable_socket
def test_a_page_that_is_gone() -> None:
    """A link that cannot be read is an error; alone, the entry's own sentences do, where it has some."""
    with serving({}) as site:
        entry = entry_in(rss(item("1", "A", "Acme opens a depot in Turin. " * 4, link=site.at("/a"))))
        with pytest.raises(SourceError, match="404"):
            entry_draft(entry, allow=to_loopback)
    assert entry_draft(entry, alone=True).text.startswith("Acme opens a depot in Turin.")
    with pytest.raises(SourceError, match="without a text of its own"):
        entry_draft(entry_in(rss(item("1", "A", "B"))), alone=True)


@pytest.mark.enable_socket
def test_links_into_the_own_network_are_refused() -> None:
    """What a feed links to is judged like any other address."""
    with serving({"/a": Page(PAGE.encode())}) as site:
        entry = entry_in(rss(item("1", "A", "B", link=site.at("/a"))))
        with pytest.raises(SourceError, match="not on the public internet"):
            entry_draft(entry)
        assert site.asked == []


@pytest.mark.enable_socket
@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_what_has_not_changed_is_not_sent(header: str) -> None:
    """With what the server said of its state, it may answer that nothing changed."""
    with serving({"/feed": Page(b"<rss/>", headers={header: '"one"'})}) as site:
        first = download(site.at("/feed"), allow=to_loopback)
        again = download(site.at("/feed"), allow=to_loopback, known=first.validators)
    assert (first.changed, first.body) == (True, b"<rss/>")
    assert (again.changed, again.body, again.validators) == (False, b"", first.validators)
    assert site.asked == [("/feed", 200), ("/feed", 304)]


@pytest.mark.enable_socket
def test_a_validator_without_end() -> None:
    """A sign of its state that is too long to be kept counts as none."""
    with serving({"/": Page(b"x", headers={"ETag": "e" * (LONGEST_VALIDATOR + 1)})}) as site:
        assert download(site.at("/"), allow=to_loopback).validators == Validators()


@pytest.mark.enable_socket
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        (lambda: "120", 120, 120),
        (lambda: format_datetime(datetime(2099, 1, 1, tzinfo=UTC), usegmt=True), 1e8, 1e10),
        (lambda: format_datetime(datetime(2009, 1, 1, tzinfo=UTC), usegmt=True), 0, 0),
    ],
)
def test_a_server_that_wants_to_be_left_alone(status: int, said: Callable[[], str], least: float, most: float) -> None:
    """How long a busy server wants to be left alone is told in seconds, in whichever way it says so."""
    busy = Page(status=status, headers={"Retry-After": said()})
    with serving({"/": busy}) as site, pytest.raises(SourceBusyError, match=str(status)) as caught:
        download(site.at("/"), allow=to_loopback)
    assert caught.value.seconds is not None
    assert least <= caught.value.seconds <= most


@pytest.mark.enable_socket
def test_a_busy_server_that_says_no_time() -> None:
    """Where it does not say, or nothing that can be read, there is no number."""
    busy = Page(status=503, headers={"Retry-After": "soon"})
    with serving({"/": busy}) as site, pytest.raises(SourceBusyError) as caught:
        download(site.at("/"), allow=to_loopback)
    assert caught.value.seconds is None
