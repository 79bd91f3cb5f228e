"""/ingest in the chat: a dry run first, then published, retitled, discarded, and for ten minutes taken back."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.answers.opening import Answering
from bot.chat.composing import TELEGRAM_LIMIT, plain, units
from bot.chat.features import Place, Visitor
from bot.chat.waiting import PATIENCE
from bot.errors import ChatGoneError, MessageRefusedError, SendError, TryLaterError
from bot.news.publishing import Newsroom
from bot.operators.admin_ingest import AdminIngest, Inbox
from bot.operators.drafts import Desk
from bot.replies import Channel, ChatAddress, Document, Reply
from bot.settings import LANGUAGES
from bot.state.kinds import DeliveryState, Rhythm
from bot.state.opening import State
from bot.state.outbox import Outbox
from bot.texts import say
from corpus.reader import render_edition
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.documents import PAGE, Page, pdf, serving
from tests.operators.conftest import ADMINS
from tests.state.looking import owed_of
from tests.talking import Talk, somebody

TEXT = "Acme opens a depot\n\n4 March 2025\n\nAcme opens a depot in Turin in May. It holds 1,200 lorries."
SLUG = "2025-03-04-acme-opens-a-depot"
ANNA, BRUNO = (ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2"))


@pytest.fixture
def admin(ingest: AdminIngest) -> Talk:
    """One of the admins, in their private chat."""
    return Talk([ingest.feature], replace(somebody(7), user=7))


async def subscribe(state: State) -> None:
    """Anna hears at once, Bruno once a week."""
    for chat in (ANNA, BRUNO):
        await state.subscriptions.subscribe(chat, "en")
    await state.subscriptions.set_rhythm(BRUNO, Rhythm.WEEKLY)


async def said(talk: Talk, text: str) -> str:
    """What is read in answer to a message or a command."""
    reply = await talk.types(text)
    assert reply is not None
    assert units(plain(reply.html)) <= TELEGRAM_LIMIT
    return plain(reply.html)


async def sent(ingest: AdminIngest, name: str, content: bytes, visitor: Visitor | None = None) -> str | None:
    """What is read in answer to a file."""
    who = visitor or replace(somebody(7), user=7)
    replies = await ingest.sent(who, "en", Document(name, content))
    return None if replies is None else plain(replies[0].html)


def here(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


async def test_a_dry_run(admin: Talk, state: State, answering: Answering) -> None:
    """A text is shown as what it would become and to whom it would go, and nothing of it is stored or owed."""
    await subscribe(state)
    text = await said(admin, f"/ingest {TEXT}")
    assert text.splitlines()[:2] == ["Acme opens a depot", "English, 4 March 2025. Announcement"]
    assert "Acme opens a depot in Turin in May." in text
    assert "Paragraphs: 1, sentences: 2. Topics: news." in text
    assert text.splitlines()[-2:] == [
        "Would hear of it ten minutes after you publish: 1.",
        "Would hear of it in a weekly digest, the first at 2025-09-29 09:00 UTC: 1.",
    ]
    assert admin.labels == ["Publish", "Edit the title", "Discard"]
    assert list(answering.settings.own_articles.iterdir()) == []
    assert await owed_of(state, SLUG) == {}


async def test_nobody_would_hear(admin: Talk) -> None:
    """Where nobody subscribes, it says so."""
    assert (await said(admin, f"/ingest {TEXT}")).endswith("Nobody would hear of it.")


async def test_publishing(admin: Talk, state: State, answering: Answering, clock: StoppedClock) -> None:
    """What is published can be asked about at once; nobody is told for ten minutes, then everybody is."""
    await subscribe(state)
    await admin.types(f"/ingest {TEXT}")
    reply = await admin.presses("Publish")
    assert reply.edits
    assert plain(reply.html) == (
        "Published: Acme opens a depot\n"
        "Will hear of it: 2. Nobody is told before 2025-09-24 12:10 UTC: until then you can take it back."
    )
    assert admin.labels == ["Take it back"]
    assert set(answering.catalogue.current().articles) == {SLUG}
    clock.forward(599)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()
    clock.forward(2)
    [parcel] = await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us")
    assert (parcel.chat, parcel.deliveries[0].article) == (ANNA, SLUG)


async def test_taking_back(admin: Talk, state: State, answering: Answering, clock: StoppedClock) -> None:
    """Within ten minutes all of it is undone: the article, its index, what is owed; it can be published anew."""
    await subscribe(state)
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Publish")
    clock.forward(599)
    reply = await admin.presses("Take it back")
    assert plain(reply.html).startswith("Taken back: Acme opens a depot")
    assert (reply.edits, reply.buttons) == (True, ())
    assert answering.catalogue.current().articles == {}
    assert list(answering.settings.own_articles.iterdir()) == []
    clock.forward(3600)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()
    await admin.types(f"/ingest {TEXT}")
    assert "Will hear of it: 2." in plain((await admin.presses("Publish")).html)


async def test_a_second_tap_leaves_taking_back_in_reach(
    admin: Talk, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """Who pressed Publish twice, or lost the message, can take it back all the same, as long as there is time."""
    await subscribe(state)
    offer = await admin.types(f"/ingest {TEXT}")
    assert offer is not None
    await admin.presses("Publish")
    assert plain(admin.shown.html).startswith("Published: Acme opens a depot")
    admin.shown = offer
    twice = await admin.presses("Publish")
    assert plain(twice.html) == (
        "This was published already: Acme opens a depot\n"
        "Nobody is told before 2025-09-24 12:10 UTC: until then you can take it back."
    )
    assert (twice.edits, admin.labels) == (True, ["Take it back"])
    assert (await said(admin, "/ingest")).endswith("Published, and can still be taken back: 1")
    await admin.presses("Acme opens a depot")
    assert plain((await admin.presses("Take it back")).html).startswith("Taken back: Acme opens a depot")
    assert answering.catalogue.current().articles == {}
    await said(admin, "/ingest")
    assert admin.labels == []
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Publish")
    clock.forward(600)
    await said(admin, "/ingest")
    assert admin.labels == []


async def test_taking_back_too_late(admin: Talk, state: State, answering: Answering, clock: StoppedClock) -> None:
    """After ten minutes it is too late, and nothing changes."""
    await subscribe(state)
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Publish")
    clock.forward(600)
    assert plain((await admin.presses("Take it back")).html).startswith("It is too late")
    assert set(answering.catalogue.current().articles) == {SLUG}
    assert await owed_of(state, SLUG) == {DeliveryState.PENDING: 2}


async def test_taking_back_after_a_restart(
    admin: Talk, state: State, answering: Answering, threads: ThreadPoolExecutor, clock: StoppedClock
) -> None:
    """A bot that was restarted meanwhile can take it back too, and puts back what stood there before."""
    await Newsroom(answering, state).publish([edition(SLUG, "en", [["Acme opens a depot in Rome."]], title="Old")])
    await admin.types(f"/ingest {TEXT}")
    assert "It takes the place of a text that is stored." in plain(admin.shown.html)
    await admin.presses("Publish")
    desk = Desk(state.drafts, Newsroom(answering, state), answering.catalogue.current, threads, clock)
    restarted = Talk([AdminIngest(desk, ADMINS, now=clock).feature], admin.visitor, shown=admin.shown)
    assert plain((await restarted.presses("Take it back")).html).startswith("Taken back")
    assert answering.catalogue.current().articles[SLUG].original.title == "Old"


async def test_discarding(admin: Talk, state: State, answering: Answering) -> None:
    """A discarded draft is gone, and its buttons say so."""
    offer = await admin.types(f"/ingest {TEXT}")
    assert offer is not None
    assert plain((await admin.presses("Discard")).html) == "Discarded: Acme opens a depot"
    admin.shown = offer
    assert plain((await admin.presses("Publish")).html) == "Discarded: Acme opens a depot"
    assert answering.catalogue.current().articles == {}
    assert await state.drafts.in_state("waiting") == ()


async def test_two_admins(admin: Talk, ingest: AdminIngest, answering: Answering) -> None:
    """Of two admins who decide about one draft the first decides; the other reads what came of it."""
    await admin.types(f"/ingest {TEXT}")
    other = Talk([ingest.feature], replace(somebody(8), user=8), shown=admin.shown)
    await admin.presses("Publish")
    told = plain((await other.presses("Discard")).html)
    assert told.startswith("This was published already: Acme opens a depot\nNobody is told before ")
    assert set(answering.catalogue.current().articles) == {SLUG}


async def test_another_title(admin: Talk, answering: Answering) -> None:
    """The next message is the title, and the article is called after it; the draft is shown anew."""
    await admin.types(f"/ingest {TEXT}")
    assert plain((await admin.presses("Edit the title")).html).startswith("Send me the new title")
    assert (await said(admin, "  Depot <b>in</b>\nTurin ")).startswith("Depot <b>in</b> Turin\n")
    await admin.presses("Publish")
    article = answering.catalogue.current().articles["2025-03-04-depot-b-in-b-turin"]
    assert article.original.title == "Depot <b>in</b> Turin"
    assert article.original.sentences[0].id == "2025-03-04-depot-b-in-b-turin/p1/s1"


async def test_another_title_for_a_stored_article(admin: Talk, state: State, answering: Answering) -> None:
    """A new version of an article stays one under another title, or there would be two of it."""
    await Newsroom(answering, state).publish([edition(SLUG, "en", [["Acme opens a depot in Rome."]], title="Old")])
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Edit the title")
    await admin.types("New")
    await admin.presses("Publish")
    [article] = answering.catalogue.current().articles.values()
    assert (article.slug, article.original.title) == (SLUG, "New")


async def test_a_title_is_not_waited_for_for_ever(admin: Talk, ingest: AdminIngest, clock: StoppedClock) -> None:
    """After half an hour, another command or /forget, a message is a question again; so it is in other chats."""
    for end in ("time", "command", "forget", "words"):
        await admin.types(f"/ingest {TEXT}")
        await admin.presses("Edit the title")
        assert await admin.as_(replace(somebody(9), user=9)).types("A title") is None
        if end == "time":
            clock.forward(PATIENCE.total_seconds())
        elif end == "command":
            await admin.types("/ingest")
        elif end == "forget":
            assert ingest.feature.holds is not None
            assert ingest.feature.holds.everything_of(admin.visitor.chat) == [{"topic": 0, "draft_without_title": 3}]
            ingest.feature.holds.forget(admin.visitor.chat)
        assert await admin.types("?!" if end == "words" else "A title") is None, end


@pytest.mark.parametrize(
    "question", ["When do they come?", "when do they come", "Quando arrivano", "它什么时候来？", "In Turin?"]
)
async def test_a_question_is_no_title(admin: Talk, question: str) -> None:
    """An admin who asks something instead of sending a title is answered, and the title waited for no more."""
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Edit the title")
    assert await admin.types(question) is None
    assert await admin.types("A title") is None


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("Acme tells when it opens", "Acme tells when it opens"),
        ("“When do they come?”", "When do they come?"),
        ("« Quand ? »", "Quand ?"),
        ('"Why Turin"', "Why Turin"),
    ],
)
async def test_a_title_that_reads_like_a_question(admin: Talk, typed: str, title: str) -> None:
    """A question word in the middle makes no question, and in quotation marks everything is a title."""
    await admin.types(f"/ingest {TEXT}")
    await admin.presses("Edit the title")
    assert (await said(admin, typed)).startswith(f"{title}\n")


@pytest.mark.enable_socket
async def test_a_page(admin: Talk) -> None:
    """A link is read, with what its page says of itself."""
    with serving({"/a": Page(PAGE.encode())}) as site:
        text = await said(admin, f"/ingest {site.at('/a')}")
    assert text.splitlines()[:2] == ["Acme opens a depot", "English, 4 March 2025. Acme Daily"]


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "link",
    ["http://169.254.169.254/latest/meta-data", "http://localhost:1/", "file:///etc/passwd", "gopher://example.org/"],
)
async def test_links_that_are_refused(desk: Desk, link: str) -> None:
    """No link leads into the bot's own network or to its files; what is wrong is said in one line."""
    talk = Talk([AdminIngest(desk, ADMINS).feature], replace(somebody(7), user=7))
    text = await said(talk, f"/ingest {link}")
    assert text.startswith("That did not work:\n")
    assert "root:" not in text
    assert talk.labels == []


async def test_a_path_is_a_text(admin: Talk, tmp_path: Path) -> None:
    """What looks like a file of the server's is a text like any other: no file is read."""
    (tmp_path / "secret.txt").write_text("A secret depot in Turin.", encoding="utf-8")
    assert "A secret depot" not in await said(admin, f"/ingest {tmp_path / 'secret.txt'}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("comunicato.txt", TEXT.encode()),
        ("page.html", PAGE.encode()),
        (
            "x.pdf",
            pdf([["Acme opens a depot in Turin in May."]], title="Acme opens a depot", created="D:20250304100000Z"),
        ),
        (
            "../../en.md",
            render_edition(edition("x", "en", [["One depot."]], title="Acme opens a depot", day=4)).encode(),
        ),
        ("", TEXT.encode()),
    ],
)
async def test_a_file(
    ingest: AdminIngest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    """A file that is sent is read by what is in it, whatever it is called, and leaves nothing behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    text = await sent(ingest, name, content)
    assert text is not None
    assert text.startswith("Acme opens a depot\nEnglish, ")
    assert here(tmp_path) == {"articles", "data"}


async def test_a_file_that_cannot_be_read(ingest: AdminIngest) -> None:
    """What is wrong with a file is said by the name that its sender knows."""
    text = await sent(ingest, "photo.png", b"\x89PNG\r\n\x1a\n\0\0")
    assert text is not None
    assert text.startswith("That did not work:\nphoto.png: a PNG image, not text")


async def test_what_waits(admin: Talk) -> None:
    """Alone, the command says how it is used, and offers the drafts that wait."""
    assert (await said(admin, "/ingest")).startswith("Send /ingest with a link")
    assert admin.labels == []
    await admin.types(f"/ingest {TEXT}")
    assert (await said(admin, "/ingest")).endswith("Drafts that wait for a decision: 1")
    assert plain((await admin.presses("Acme opens a depot")).html).startswith("Acme opens a depot\nEnglish")
    assert admin.labels == ["Publish", "Edit the title", "Discard"]


async def test_the_same_twice_is_one_draft(admin: Talk, state: State) -> None:
    """A text given again takes the place of the draft that waited; what is stored already is said to be."""
    for _ in range(2):
        await admin.types(f"/ingest {TEXT}")
    assert len(await state.drafts.in_state("waiting")) == 1
    await admin.presses("Publish")
    assert "Just this is stored already" in await said(admin, f"/ingest {TEXT}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_text_that_may_have_been_split(ingest: AdminIngest, language: str) -> None:
    """A text about as long as a message can be is perhaps the first piece of one: the dry run says so."""
    talk = Talk([ingest.feature], replace(somebody(7), user=7), language)
    warning = plain(say(language, "draft_split"))
    for sentences, warned in ((100, True), (10, False)):
        text = TEXT + " It holds 1,200 lorries and a hall." * sentences
        assert (units(text) > TELEGRAM_LIMIT * 3 // 4) is warned
        assert (warning in await said(talk, f"/ingest {text}")) is warned
    assert warning not in await said(talk, "/ingest file:///" + "a" * TELEGRAM_LIMIT)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language(ingest: AdminIngest, state: State, language: str) -> None:
    """Each step is told in every language, with nothing left to be filled in."""
    await subscribe(state)
    talk = Talk([ingest.feature], replace(somebody(7), user=7), language)
    for step in (f"/ingest {TEXT}", "/ingest"):
        assert "{" not in await said(talk, step)
    await talk.types(f"/ingest {TEXT}")
    for place in (1, 0, 0):
        reply = await talk.sends_data(talk.buttons[place].data)
        assert "{" not in reply.html
        if place == 1:
            await talk.types("Depot")


@pytest.mark.parametrize(
    "visitor",
    [replace(somebody(9), user=9), replace(somebody(7), user=None), replace(somebody(-5, private=False), user=7)],
    ids=["somebody else", "nobody in person", "an admin in a group"],
)
async def test_for_others_there_is_no_such_command(admin: Talk, ingest: AdminIngest, visitor: Visitor) -> None:
    """Whoever is no admin, or has others reading along, is told that there is no such thing."""
    await admin.types(f"/ingest {TEXT}")
    stranger = admin.as_(visitor)
    buttons = admin.buttons
    assert "I do not know the command /ingest" in await said(stranger, f"/ingest {TEXT}")
    assert await sent(ingest, "a.txt", TEXT.encode(), visitor) is None
    assert await ingest.sent(visitor, "en", Place(45.0, 7.6, asked=True)) is None
    for button in buttons:
        assert "too old" in (await stranger.sends_data(button.data)).html
    assert ingest.feature.admits is not None
    assert not ingest.feature.admits(visitor)
    assert ingest.feature.admits(admin.visitor)


@pytest.mark.parametrize(
    "data", ["draft:", "draft:p", "draft:p:", "draft:x:1", "draft:p:-1", "draft:p:٣", "draft:p:" + "9" * 30]
)
async def test_buttons_that_nobody_made(admin: Talk, data: str) -> None:
    """A button that was never there is told to be too old."""
    assert "too old" in (await admin.sends_data(data)).html


async def test_a_draft_that_is_not_there(admin: Talk) -> None:
    """So is one whose draft is not there any more."""
    for action in "ptdus":
        assert "too old" in (await admin.sends_data(f"draft:{action}:99")).html


@dataclass
class Post:
    """Takes messages to admins, or raises the next error for one."""

    taken: list[tuple[str, Reply]] = field(default_factory=list)
    errors: deque[SendError] = field(default_factory=deque)

    async def send(self, chat: ChatAddress, reply: Reply) -> None:
        """See Sender."""
        if self.errors:
            raise self.errors.popleft()
        self.taken.append((chat.address, reply))


async def italian(_: ChatAddress) -> str:
    """Every admin of these tests reads Italian."""
    return "it"


FOUND = edition(SLUG, "en", [["Acme opens a depot in Turin."]], title="Acme opens a depot", day=4)


async def test_finds_wait_for_review(desk: Desk, ingest: AdminIngest, answering: Answering) -> None:
    """With REVIEW each admin gets what a source brought, in their language; nothing is published before one says so."""
    post = Post()
    await Inbox(desk, ADMINS, True, post.send, italian).take(FOUND, False)
    assert [address for address, _ in post.taken] == ["7", "8"]
    assert plain(post.taken[0][1].html).startswith("Una delle fonti seguite ha qualcosa di nuovo.")
    assert answering.catalogue.current().articles == {}
    talk = Talk([ingest.feature], replace(somebody(7), user=7), "it", post.taken[0][1])
    await talk.presses("Pubblica")
    assert set(answering.catalogue.current().articles) == {SLUG}
    await Inbox(desk, ADMINS, True, post.send, italian).take(FOUND, False)
    assert len(post.taken) == 2


async def test_what_a_source_held_before_is_stored_without_review(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """With REVIEW too, what a source holds at the first look is stored, and nobody is told, no admin either."""
    post = Post()
    await subscribe(state)
    await Inbox(desk, ADMINS, True, post.send, italian).take(FOUND, True)
    assert set(answering.catalogue.current().articles) == {SLUG}
    clock.forward(1)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()
    assert (post.taken, await desk.waiting()) == ([], ())


async def test_a_text_that_changed_unseen_is_reviewed(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock
) -> None:
    """With REVIEW what a first look finds in the place of another text waits for an admin; the same text does not."""
    post = Post()
    await subscribe(state)
    inbox = Inbox(desk, ADMINS, True, post.send, italian)
    await inbox.take(FOUND, True)
    await inbox.take(FOUND, True)
    assert (post.taken, await desk.waiting()) == ([], ())
    changed = edition(SLUG, "en", [["Acme opens a depot in Rome."]], title="Acme opens a depot", day=4)
    await inbox.take(changed, True)
    assert [address for address, _ in post.taken] == ["7", "8"]
    assert answering.catalogue.current().articles[SLUG].original == FOUND
    clock.forward(1)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()


async def test_a_find_that_a_crash_left_half_published_stays_a_draft(
    desk: Desk, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored already because publishing it began and did not end is not dropped when it is found again."""
    post = Post()
    inbox = Inbox(desk, ADMINS, True, post.send, italian)
    await inbox.take(FOUND, False)
    [draft] = await desk.waiting()
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "announce", None)
        with pytest.raises(TypeError):
            await desk.publish(draft.id)
    await inbox.take(FOUND, False)
    [again] = await desk.waiting()
    assert set(answering.catalogue.current().articles) == {SLUG}
    await desk.discard(again.id)
    assert answering.catalogue.current().articles == {}


@pytest.mark.parametrize("quiet", [True, False])
async def test_finds_are_news_without_review(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, quiet: bool
) -> None:
    """Without REVIEW what a source brings is published at once; its history quietly."""
    post = Post()
    await subscribe(state)
    await Inbox(desk, ADMINS, False, post.send, italian).take(FOUND, quiet)
    assert set(answering.catalogue.current().articles) == {SLUG}
    clock.forward(1)
    assert len(await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us")) == (0 if quiet else 1)
    assert post.taken == []


@pytest.mark.parametrize("error", [ChatGoneError("chat not found: 8"), MessageRefusedError("8 is too long")])
async def test_an_admin_who_cannot_be_told(desk: Desk, error: SendError, caplog: pytest.LogCaptureFixture) -> None:
    """Is a line without a number; the others are told all the same."""
    post = Post(errors=deque([error]))
    await Inbox(desk, ADMINS, True, post.send, italian).take(FOUND, False)
    assert [address for address, _ in post.taken] == ["8"]
    [line] = caplog.messages
    assert not any(map(str.isdigit, line))


async def test_a_channel_that_wants_to_wait(desk: Desk) -> None:
    """A message to an admin waits as long as the channel asks."""
    post = Post(errors=deque([TryLaterError(0.0, "flood")]))
    await Inbox(desk, ADMINS, True, post.send, italian).take(FOUND, False)
    assert [address for address, _ in post.taken] == ["7", "8"]


async def test_two_pieces_of_news_under_one_title(desk: Desk, answering: Answering) -> None:
    """Two addresses are two articles, also where title and day are the same; the same address is one article."""
    inbox = Inbox(desk, ADMINS, False, Post().send, italian)
    pages = [
        replace(FOUND, url=f"https://example.org/{name}", source=source)
        for name, source in (("a", "Acme"), ("b", "Acme"), ("a", "Acme Daily"), ("b", "Acme Daily"))
    ]
    slugs = [await inbox.take(page, True) for page in pages]
    assert slugs[0] == slugs[2] == SLUG
    assert slugs[1] == slugs[3] != SLUG
    assert {article.original.source for article in answering.catalogue.current().articles.values()} == {"Acme Daily"}


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a",
        "https://example.org/a/",
        "https://EXAMPLE.org:443/a?utm_source=feed&utm_medium=rss",
        "http://example.org/a/?utm_campaign=depot#utm_term=x",
    ],
)
async def test_one_page_under_another_address(desk: Desk, answering: Answering, address: str) -> None:
    """An address that only its scheme, a last slash or the marks of who linked to it change is the same article: it
    stays as it is, and no admin is asked about it; so does the second article under one title and day."""
    post = Post()
    inbox, reviewed = (Inbox(desk, ADMINS, review, post.send, italian) for review in (False, True))
    pages = [replace(FOUND, url=f"https://example.org/{name}") for name in ("b", "a")]
    slugs = [await inbox.take(page, True) for page in pages]
    before = answering.catalogue.current().articles
    for take in (inbox.take, reviewed.take):
        assert await take(replace(FOUND, url=address), False) == slugs[1]
        assert await take(replace(FOUND, url=address.replace("/a", "/b")), False) == slugs[0]
    assert answering.catalogue.current().articles == before
    assert post.taken == []
