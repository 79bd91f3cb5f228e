"""Watched sources: what comes after the first look is news, once; what is broken is told once and holds nobody up."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import CorpusError, Mistake, StateError
from bot.operators.watching import FIND_TRIES, FOLDER_INTERVAL, INTERVAL, LONGEST_INTERVAL, LONGEST_REQUEST, Watcher
from bot.state.watched import Watch
from corpus.model import Edition
from corpus.reader import render_edition
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.documents import PAGE, Page, Site, serving
from tests.feeds import LONG, item, rss
from tests.operators.loopback import to_loopback

pytestmark = pytest.mark.enable_socket


@dataclass
class Notes:
    """What is remembered of places, in a dictionary that outlives a watcher."""

    places: dict[str, Watch] = field(default_factory=dict)
    broken: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, place: str) -> Watch | None:
        """See Watched."""
        self.asked.set()
        if self.broken:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        return self.places.get(place)

    async def put(self, watch: Watch) -> None:
        """See Watched."""
        self.places[watch.place] = watch


@dataclass
class Desk:
    """Takes what is found, or raises the next error that was put there."""

    taken: list[tuple[Edition, bool]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, found: Edition, quiet: bool) -> str:
        """See Take."""
        if self.errors:
            raise self.errors.pop()
        self.taken.append((found, quiet))
        self.heard.set()
        return found.slug

    @property
    def titles(self) -> list[tuple[str, bool]]:
        """Title of each, and whether nobody was to be told."""
        return [(found.title, quiet) for found, quiet in self.taken]


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on the loopback with a feed of two entries."""
    with serving({"/feed": feed(item("1", "One", LONG, day=2), item("2", "Two", LONG, day=3))}) as running:
        yield running


@pytest.fixture
def clock() -> StoppedClock:
    """A moment in September 2025, after which all entries of these feeds would be old: they are of March."""
    stopped = StoppedClock()
    stopped.moment = stopped.moment.replace(month=3, day=4)
    return stopped


def feed(*items: str, **headers: str) -> Page:
    """A feed with these entries, in this order."""
    return Page(
        rss(*items).encode(), "application/rss+xml", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def watcher(source: str | Path, notes: Notes, desk: Desk, clock: StoppedClock) -> Watcher:
    """A watcher of one source that may connect to the loopback, its intervals without any jitter."""
    return Watcher(
        [str(source)],
        notes,
        desk.take,
        allow=to_loopback,
        now=clock,
        spread=lambda: 0.5,
    )


async def again(watching: Watcher, source: str | Path, clock: StoppedClock, seconds: float = INTERVAL) -> float:
    """Look once more, when the time for it has come."""
    clock.forward(seconds)
    return await watching.look(str(source))


async def test_the_history_of_a_feed_is_no_news(site: Site, clock: StoppedClock) -> None:
    """At the first look only the newest entry is stored, and nobody is told; what comes later is news, once."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    assert await watching.look(url) == INTERVAL
    assert desk.titles == [("Two", True)]
    site.pages["/feed"] = feed(item("3", "Three", LONG, day=4), item("2", "Two", LONG, day=3), item("1", "One", LONG))
    for _ in range(3):
        await again(watching, url, clock)
    assert desk.titles == [("Two", True), ("Three", False)]


async def test_news_comes_in_the_order_in_which_it_happened(site: Site, clock: StoppedClock) -> None:
    """Several new entries are handed on the oldest first, however the feed orders them."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    site.pages["/feed"] = feed(*(item(str(day), f"Day {day}", LONG, day=day) for day in (6, 4, 5)))
    await again(watching, url, clock)
    assert desk.titles[1:] == [("Day 4", False), ("Day 5", False), ("Day 6", False)]


async def test_a_longer_feed_is_no_news(site: Site, clock: StoppedClock) -> None:
    """Entries that turn up later, but were published days before the feed was added, are not told of."""
    desk, url = Desk(), site.at("/feed")
    clock.forward(10 * 24 * 3600)
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    site.pages["/feed"] = feed(*(item(str(day), f"Day {day}", LONG, day=day) for day in (13, 5, 4)))
    await again(watching, url, clock)
    assert desk.titles == [("Two", True), ("Day 13", False)]


async def test_what_is_remembered_outlives_the_bot(site: Site, clock: StoppedClock) -> None:
    """After a restart nothing is found a second time, what came meanwhile is, and the server is not asked too soon."""
    desk, notes, url = Desk(), Notes(), site.at("/feed")
    await watcher(url, notes, desk, clock).look(url)
    clock.forward(60)
    assert await watcher(url, notes, desk, clock).look(url) == INTERVAL - 60
    assert len(site.asked) == 1
    site.pages["/feed"] = feed(item("3", "Three", LONG, day=4), item("2", "Two", LONG, day=3))
    await again(watcher(url, notes, desk, clock), url, clock, 5 * 24 * 3600)
    assert desk.titles == [("Two", True), ("Three", False)]


async def test_a_source_that_was_not_watched_for_long_begins_anew(site: Site, clock: StoppedClock) -> None:
    """What a feed brought while nobody watched it for more than a month is history again."""
    desk, notes, url = Desk(), Notes(), site.at("/feed")
    await watcher(url, notes, desk, clock).look(url)
    site.pages["/feed"] = feed(item("4", "Four", LONG, day=5), item("3", "Three", LONG, day=4))
    await again(watcher(url, notes, desk, clock), url, clock, 31 * 24 * 3600)
    assert desk.titles == [("Two", True), ("Four", True)]


@pytest.mark.parametrize("header", ["ETag", "Last_Modified"])
async def test_a_feed_that_has_not_changed_is_not_read(site: Site, clock: StoppedClock, header: str) -> None:
    """What the server said of the state of the feed is sent back to it, after a restart too."""
    desk, notes, url = Desk(), Notes(), site.at("/feed")
    site.pages["/feed"] = feed(item("1", "One", LONG), **{header: '"one"'})
    await watcher(url, notes, desk, clock).look(url)
    await again(watcher(url, notes, desk, clock), url, clock)
    assert site.asked == [("/feed", 200), ("/feed", 304)]
    site.pages["/feed"] = feed(item("2", "Two", LONG), item("1", "One", LONG), **{header: '"two"'})
    await again(watcher(url, notes, desk, clock), url, clock)
    assert desk.titles == [("One", True), ("Two", False)]


async def test_a_changed_entry_changes_its_article(site: Site, clock: StoppedClock) -> None:
    """Another text or title under the same id is another version of the article that was made of it."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    site.pages["/feed"] = feed(item("2", "Two, corrected", LONG.replace("Turin", "Rome"), day=3))
    await again(watching, url, clock)
    [(before, _), (after, quiet)] = desk.taken
    assert after.slug == before.slug == "2025-03-03-two"
    assert (after.title, quiet) == ("Two, corrected", False)


async def test_another_wording_of_history_is_no_news(site: Site, clock: StoppedClock) -> None:
    """An entry that was there at the first look and was not stored is not told of when it is edited."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    site.pages["/feed"] = feed(item("1", "One, edited", LONG, day=2), item("2", "Two", LONG, day=3))
    await again(watching, url, clock)
    assert desk.titles == [("Two", True)]


async def test_a_page_behind_an_entry_that_is_not_there_yet(site: Site, clock: StoppedClock) -> None:
    """A link that cannot be read is tried again, also where the feed itself does not change."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    site.pages["/feed"] = feed(item("3", "Three", "Soon.", link=site.at("/a"), day=4), ETag='"1"')
    await again(watching, url, clock)
    site.pages["/a"] = Page(PAGE.encode())
    await again(watching, url, clock)
    await again(watching, url, clock)
    assert desk.titles == [("Two", True), ("Three", False)]
    assert [status for path, status in site.asked if path == "/feed"] == [200, 200, 200, 304]


async def test_a_page_that_never_comes(site: Site, clock: StoppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """After some tries what the feed itself says is taken; where that is nothing, one line says what is left out."""
    desk, url = Desk(), site.at("/feed")
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    own = "Acme opens a depot in Turin, it said on Tuesday. It holds 1,200 lorries and will open in May of next year."
    site.pages["/feed"] = feed(
        item("4", "Four", "Soon.", link=site.at("/b"), day=5), item("3", "Three", own, link=site.at("/a"), day=4)
    )
    for _ in range(FIND_TRIES + 2):
        await again(watching, url, clock)
    assert desk.titles == [("Two", True), ("Three", False)]
    [line] = caplog.messages
    assert line.startswith(f"{site.at('/b')} of the source {url} is left out: ")


async def test_a_broken_source_is_told_once(site: Site, clock: StoppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """One line when it breaks, one when it is back, over restarts too; meanwhile it is tried ever more seldom."""
    desk, notes, url = Desk(), Notes(), site.at("/feed")
    await watcher(url, notes, desk, clock).look(url)
    whole, site.pages["/feed"] = site.pages["/feed"], Page(status=500)
    waits = [await again(watcher(url, notes, desk, clock), url, clock)]
    for _ in range(9):
        waits.append(await again(watcher(url, notes, desk, clock), url, clock, waits[-1]))
    assert waits[:4] == [2 * INTERVAL, 4 * INTERVAL, 8 * INTERVAL, 16 * INTERVAL]
    assert waits[-1] == LONGEST_INTERVAL
    site.pages["/feed"] = whole
    assert await again(watcher(url, notes, desk, clock), url, clock, waits[-1]) == INTERVAL
    broken, back = caplog.messages
    assert broken.startswith(f"a source cannot be read, and is tried again ever more seldom: {url}: ")
    assert back == f"the source {url} is back"
    assert desk.titles == [("Two", True)]


async def test_a_source_that_is_broken_at_first(site: Site, clock: StoppedClock) -> None:
    """Where the first look fails, the next is the first: its history is no news then either."""
    desk, notes, url = Desk(), Notes(), site.at("/feed")
    whole, site.pages["/feed"] = site.pages["/feed"], Page(status=500)
    wait = await watcher(url, notes, desk, clock).look(url)
    site.pages["/feed"] = whole
    await again(watcher(url, notes, desk, clock), url, clock, wait)
    assert desk.titles == [("Two", True)]


@pytest.mark.parametrize(("asked", "waited"), [("7200", 7200), ("5", 2 * INTERVAL), ("9" * 9, LONGEST_REQUEST)])
async def test_a_server_is_left_alone(site: Site, clock: StoppedClock, asked: str, waited: float) -> None:
    """For as long as it says, within reason; never less than for any other failure."""
    url = site.at("/feed")
    site.pages["/feed"] = Page(status=429, headers={"Retry-After": asked})
    notes = Notes()
    assert await watcher(url, notes, Desk(), clock).look(url) == waited
    assert await watcher(url, notes, Desk(), clock).look(url) == waited
    assert len(site.asked) == 1


async def test_a_page(site: Site, clock: StoppedClock) -> None:
    """The text of a page is stored at the first look; under another title it is new, under the same a new version."""
    desk, url = Desk(), site.at("/page")
    site.pages["/page"] = Page(PAGE.encode())
    watching = watcher(url, Notes(), desk, clock)
    await watching.look(url)
    await again(watching, url, clock)
    site.pages["/page"] = Page(
        PAGE.replace("1,200 lorries", "1,300 lorries").replace("2025-03-04", "2025-03-05").encode()
    )
    await again(watching, url, clock)
    site.pages["/page"] = Page(PAGE.replace("Acme opens a depot", "Acme closes").replace("open", "close").encode())
    await again(watching, url, clock)
    assert [(found.slug, quiet) for found, quiet in desk.taken] == [
        ("2025-03-04-acme-opens-a-depot", True),
        ("2025-03-04-acme-opens-a-depot", False),
        ("2025-03-04-acme-closes", False),
    ]


async def test_an_address_of_the_own_network(site: Site, clock: StoppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """As everywhere, what leads into the bot's own network is refused."""
    url = site.at("/feed")
    await Watcher([url], Notes(), Desk().take, now=clock).look(url)
    assert "not on the public internet" in caplog.text
    assert site.asked == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one text in it."""
    place = tmp_path / "texts"
    place.mkdir()
    (place / "one.txt").write_text("Acme opens\n\nAcme opens a depot in Turin in May.\n", encoding="utf-8")
    return place


async def settled(watching: Watcher, folder: Path, clock: StoppedClock) -> None:
    """Two looks, after which what lies there counts."""
    for _ in range(2):
        assert await again(watching, folder, clock, FOLDER_INTERVAL) == FOLDER_INTERVAL


async def test_a_folder(folder: Path, clock: StoppedClock) -> None:
    """What lies there at first is stored, what comes later is news, what is changed changes its article."""
    desk, notes = Desk(), Notes()
    watching = watcher(folder, notes, desk, clock)
    await settled(watching, folder, clock)
    (folder / "sub").mkdir()
    (folder / "sub" / "two.md").write_text("# Acme closes\n\nAcme closes a depot in Rome.\n", encoding="utf-8")
    await settled(watching, folder, clock)
    (folder / "one.txt").write_text("Acme opens late\n\nAcme opens a depot in Turin in June.\n", encoding="utf-8")
    await settled(watching, folder, clock)
    await settled(watcher(folder, notes, desk, clock), folder, clock)
    assert desk.titles == [("Acme opens", True), ("Acme closes", False), ("Acme opens late", False)]
    assert desk.taken[2][0].slug == desk.taken[0][0].slug


async def test_a_file_that_grows(folder: Path, clock: StoppedClock) -> None:
    """A file counts once it has stopped growing; what is hidden, empty or called unfinished does not count at all."""
    desk = Desk()
    watching = watcher(folder, Notes(), desk, clock)
    await settled(watching, folder, clock)
    for name in (".hidden.txt", "two.txt.part", "_two.txt", "two.txt~"):
        (folder / name).write_text("Acme opens a depot.\n", encoding="utf-8")
    (folder / "empty.txt").touch()
    for size in range(1, 5):
        (folder / "two.txt").write_text("Acme opens a depot in Rome. " * size, encoding="utf-8")
        await again(watching, folder, clock, FOLDER_INTERVAL)
    assert len(desk.taken) == 1
    await again(watching, folder, clock, FOLDER_INTERVAL)
    assert desk.taken[1][0].paragraphs[0].sentences[-1].text == "Acme opens a depot in Rome."


async def test_editions_keep_their_article(folder: Path, clock: StoppedClock) -> None:
    """Edition files in a dated folder are editions of the article that the folder is named after."""
    desk = Desk()
    watching = watcher(folder, Notes(), desk, clock)
    await settled(watching, folder, clock)
    place = folder / "2025-01-02-depot"
    place.mkdir()
    for language in ("en", "it"):
        written = edition("2025-01-02-depot", language, [["One depot."]], day=2)
        (place / f"{language}.md").write_text(render_edition(written), encoding="utf-8")
    await settled(watching, folder, clock)
    assert [(found.slug, found.language) for found, _ in desk.taken[1:]] == [
        ("2025-01-02-depot", "en"),
        ("2025-01-02-depot", "it"),
    ]


async def test_a_file_that_cannot_be_read(folder: Path, clock: StoppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """Is told once, and tried again when it changed; the others are not held up."""
    desk = Desk()
    watching = watcher(folder, Notes(), desk, clock)
    await settled(watching, folder, clock)
    (folder / "a.bin").write_bytes(b"\x7fELF\0\1\2")
    (folder / "b.txt").write_text("Acme closes a depot in Rome.\n", encoding="utf-8")
    await settled(watching, folder, clock)
    await settled(watching, folder, clock)
    assert [message.partition(" is left out")[0] for message in caplog.messages] == [f"a.bin of the source {folder}"]
    (folder / "a.bin").write_text("Acme builds a depot in Pisa.\n", encoding="utf-8")
    await settled(watching, folder, clock)
    assert [found.sentences[0].text for found, _ in desk.taken[1:]] == [
        "Acme closes a depot in Rome.",
        "Acme builds a depot in Pisa.",
    ]


async def test_a_folder_that_goes_and_comes(
    folder: Path, clock: StoppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder that is not there is a broken source; when it is back, nothing in it is news again."""
    desk = Desk()
    watching = watcher(folder, Notes(), desk, clock)
    await settled(watching, folder, clock)
    shutil.move(folder, folder.with_name("away"))
    wait = await again(watching, folder, clock, FOLDER_INTERVAL)
    assert wait == 2 * FOLDER_INTERVAL
    shutil.move(folder.with_name("away"), folder)
    await again(watching, folder, clock, wait)
    await settled(watching, folder, clock)
    assert len(desk.taken) == 1
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "a source cannot be read, and is tried again ever more seldom",
        f"the source {folder} is back",
    ]


async def test_what_the_corpus_refuses_is_left_out(
    folder: Path, clock: StoppedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """An edition that contradicts what is stored is one line; a disk that is full is a source to try again."""
    desk = Desk()
    watching = watcher(folder, Notes(), desk, clock)
    desk.errors = [CorpusError([Mistake(Path("it.md"), None, "2 paragraphs, but 1 in en.md")])]
    await settled(watching, folder, clock)
    (folder / "two.txt").write_text("Acme closes a depot in Rome.\n", encoding="utf-8")
    desk.errors = [StateError("no space left")]
    await again(watching, folder, clock, FOLDER_INTERVAL)
    wait = await again(watching, folder, clock, FOLDER_INTERVAL)
    await again(watching, folder, clock, wait)
    assert [found.sentences[0].text for found, _ in desk.taken] == ["Acme closes a depot in Rome."]
    assert [message.partition(": ")[2] for message in caplog.messages] == [
        "it.md: 2 paragraphs, but 1 in en.md",
        "no space left",
        "",
    ]


async def test_nothing_ends_the_watching(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A parser that fails as nobody foresaw, or a database that is gone, holds up no other source."""

    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("bot.operators.watching.FOLDER_INTERVAL", 0.01)
    monkeypatch.setattr("bot.operators.watching.look_at_address", fail)
    desk, stop, notes = Desk(), asyncio.Event(), Notes()
    watching = Watcher([site.at("/feed"), str(folder), "/nowhere"], notes, desk.take)
    running = asyncio.create_task(watching.run(stop))
    await desk.heard.wait()
    notes.broken = True
    stop.set()
    await running
    assert "nothing can read it (RecursionError)" in caplog.text
    assert "/nowhere: no such folder" in caplog.text


async def test_a_database_that_fails(site: Site, clock: StoppedClock, caplog: pytest.LogCaptureFixture) -> None:
    """A database that cannot be read is one line, and the source is looked at later."""
    notes, stop, url = Notes(broken=True), asyncio.Event(), site.at("/feed")
    running = asyncio.create_task(watcher(url, notes, Desk(), clock).run(stop))
    await notes.asked.wait()
    stop.set()
    await running
    assert caplog.messages == [f"{url} is looked at later, the database says: disk I/O error"]


async def test_intervals_vary(site: Site, clock: StoppedClock) -> None:
    """Many bots that watch one feed do not ask for it at the same instant."""
    url = site.at("/feed")
    waits = [
        await Watcher([url], Notes(), Desk().take, allow=lambda _: True, now=clock, spread=repeat(drawn).__next__).look(
            url
        )
        for drawn in (0.0, 1.0)
    ]
    assert waits == [pytest.approx(INTERVAL * 0.9), pytest.approx(INTERVAL * 1.1)]
