"""The desk: what a crash leaves in the middle of publishing can still be taken back."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from bot.answers.opening import Answering
from bot.errors import CorpusError
from bot.news import publishing
from bot.news.publishing import Newsroom
from bot.news.undoing import HELD, begun_undoing
from bot.operators.drafts import Desk, Offer, Undoable
from bot.operators.offers import compose_offer
from bot.operators.payloads import DraftState
from bot.replies import Channel, ChatAddress
from bot.state.kinds import DeliveryKind
from bot.state.opening import State
from bot.state.outbox import Outbox
from bot.texts import say
from tests.articles import edition
from tests.clocks import StoppedClock
from tests.loops import off_the_loop

ANNA = ChatAddress(Channel.TELEGRAM, "1")
DEPOT = edition("depot", "en", [["Acme opens a depot in Turin on 3 May."]], title="Acme")
OTHER = edition("other", "en", [["A ticket costs 20 euros."]], title="Tickets")


async def published(desk: Desk, number: int) -> Undoable:
    """The draft, published."""
    undoable = await desk.publish(number)
    assert isinstance(undoable, Undoable)
    return undoable


async def dies_at_the_end(desk: Desk, state: State, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing ends after the article was stored and owed, and before that was noted."""
    change = type(state.drafts).change

    async def dies(drafts: Any, draft: int, **values: Any) -> bool:
        if values["state"] == DraftState.PUBLISHED:
            raise RuntimeError("killed")
        return await change(drafts, draft, **values)

    with monkeypatch.context() as patch:
        patch.setattr(type(state.drafts), "change", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await desk.publish(number)


async def dies_before_anybody_is_owed(desk: Desk, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing ends after the article was stored."""
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "announce", None)
        with pytest.raises(TypeError):
            await desk.publish(number)


async def owed(state: State, clock: StoppedClock) -> list[DeliveryKind]:
    """What is due by now."""
    return [
        one.kind for parcel in await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") for one in parcel.deliveries
    ]


async def test_what_a_crash_left_is_undone_as_a_whole(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after the article was stored and owed: published once more it keeps its time, and undone it is gone."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    until = clock() + HELD
    await dies_at_the_end(desk, state, number, monkeypatch)
    assert set(answering.catalogue.current().articles) == {"depot"}
    clock.forward(120)
    assert (await published(desk, number)).undo_until == until
    undone = await desk.undo(number)
    assert undone is not None
    assert undone.state == DraftState.UNDONE
    assert answering.catalogue.current().articles == {}
    clock.forward(3600)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()


async def test_what_a_crash_left_half_undone_reads_as_undone(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is certain to be taken back, by this process or the next, is not shown as published."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    await published(desk, number)
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "withdraw", None)
        with pytest.raises(TypeError):
            await desk.undo(number)
    draft = await desk.shown(number)
    assert draft is not None
    assert not isinstance(draft, Offer)
    assert draft.state == DraftState.UNDONE
    assert await desk.undoable() == ()
    await Newsroom(answering, state).publish([OTHER], quiet=True)
    assert set(answering.catalogue.current().articles) == {"other"}
    clock.forward(3600)
    assert await owed(state, clock) == []


async def test_what_cannot_be_undone_stays_published(
    desk: Desk, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the articles would not fit together without it, an admin reads that, and may try again in time."""
    number = (await desk.offer(DEPOT)).draft.id
    until = (await published(desk, number)).undo_until

    def refuses(*_: object) -> None:
        raise CorpusError([])

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "put_back", refuses)
        with pytest.raises(CorpusError):
            await desk.undo(number)
    [draft] = await desk.undoable()
    assert (draft.id, draft.publish_at) == (number, until)
    clock.forward(60)
    undone = await desk.undo(number)
    assert undone is not None
    assert undone.state == DraftState.UNDONE


class BusyNewsroom(Newsroom):
    """Takes nothing back until it is let go."""

    def __init__(self, answering: Answering, state: State) -> None:
        super().__init__(answering, state)
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def withdraw(self, undo: str, *, begun: Callable[[], Awaitable[bool]] | None = None) -> None:
        """See Newsroom."""
        self.asked.set()
        await self.let_go.wait()
        await super().withdraw(undo, begun=begun)


async def test_what_another_process_undid_is_not_undone_again(
    desk: Desk, state: State, answering: Answering, threads: ThreadPoolExecutor, clock: StoppedClock
) -> None:
    """Of two admins who take the same back at two processes one does it, and what was published since stays."""
    number = (await desk.offer(DEPOT)).draft.id
    await published(desk, number)
    busy = BusyNewsroom(answering, state)
    late = asyncio.create_task(
        Desk(state.drafts, busy, off_the_loop(answering.catalogue.current), threads, clock).undo(number)
    )
    await busy.asked.wait()
    await desk.undo(number)
    await Newsroom(answering, state).publish([DEPOT], quiet=True)
    busy.let_go.set()
    undone = await late
    assert undone is not None
    assert undone.state == DraftState.UNDONE
    assert set(answering.catalogue.current().articles) == {"depot"}
    assert begun_undoing(answering.settings.data_dir) is None


async def test_a_crash_before_anything_was_stored_leaves_all_the_time(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour after a try that came to nothing the article can be published, and taken back for ten minutes."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    with monkeypatch.context() as patch:
        patch.setattr(desk._news, "_store", None)
        with pytest.raises(TypeError):
            await desk.publish(number)
    clock.forward(3600)
    assert (await published(desk, number)).undo_until == clock() + HELD
    clock.forward(HELD.total_seconds() - 1)
    await desk.undo(number)
    assert answering.catalogue.current().articles == {}


async def test_another_title_after_a_crash_forgets_nothing(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is retitled and published after a crash is undone to what stood before the first try."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    await dies_before_anybody_is_owed(desk, number, monkeypatch)
    await desk.retitle(number, "Acme anew")
    assert (await published(desk, number)).undo_until == clock() + HELD
    clock.forward(timedelta(minutes=1).total_seconds())
    await desk.undo(number)
    assert answering.catalogue.current().articles == {}


@pytest.mark.parametrize("owing", [True, False])
async def test_discarding_takes_back_what_a_crash_left(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, owing: bool
) -> None:
    """Who discards a draft whose publishing began and did not end has nothing published, and nobody told."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    if owing:
        await dies_at_the_end(desk, state, number, monkeypatch)
    else:
        await dies_before_anybody_is_owed(desk, number, monkeypatch)
    discarded = await desk.discard(number)
    assert discarded is not None
    assert discarded.state == DraftState.DISCARDED
    assert answering.catalogue.current().articles == {}
    clock.forward(3600)
    assert await owed(state, clock) == []


@pytest.mark.parametrize("text", ["Acme opens a depot in Turin on 3 May.", "Acme opens a depot in Rome on 9 May."])
async def test_another_draft_takes_up_what_a_crash_left(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """What is offered once more after a crash is undone to what stood before the first try, in the same time."""
    await state.subscriptions.subscribe(ANNA)
    until = clock() + HELD
    first = (await desk.offer(DEPOT)).draft.id
    await dies_at_the_end(desk, state, first, monkeypatch)
    clock.forward(60)
    number = (await desk.offer(edition("depot", "en", [[text]], title="Acme"))).draft.id
    assert [draft.id for draft in await desk.waiting()] == [number]
    assert (await published(desk, number)).undo_until == until
    undone = await desk.undo(number)
    assert undone is not None
    assert undone.state == DraftState.UNDONE
    assert answering.catalogue.current().articles == {}
    clock.forward(3600)
    assert await owed(state, clock) == []


async def test_a_time_that_went_by_untold_is_given_anew(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a crash left an article that nobody is owed, the draft says who would hear of it, and publishing it later
    leaves ten minutes to undo all of it."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    await dies_before_anybody_is_owed(desk, number, monkeypatch)
    clock.forward(900)
    offer = await desk.shown(number)
    assert isinstance(offer, Offer)
    assert offer.preview.known
    said = compose_offer(offer, "en").html
    assert say("en", "draft_known") not in said
    assert say("en", "draft_hears_at_once", count=1) in said
    again = await published(desk, number)
    assert (again.hears, again.undo_until) == (1, clock() + HELD)
    clock.forward(HELD.total_seconds() - 1)
    assert await owed(state, clock) == []
    await desk.undo(number)
    assert answering.catalogue.current().articles == {}
    clock.forward(3600)
    assert await owed(state, clock) == []


async def test_what_was_told_meanwhile_stays_told(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a crash left an article that people heard of since, publishing it tells nobody again and takes nothing
    back."""
    await state.subscriptions.subscribe(ANNA)
    until = clock() + HELD
    number = (await desk.offer(DEPOT)).draft.id
    await dies_at_the_end(desk, state, number, monkeypatch)
    clock.forward(900)
    assert await owed(state, clock) == [DeliveryKind.ANNOUNCEMENT]
    offer = await desk.shown(number)
    assert isinstance(offer, Offer)
    assert say("en", "draft_known") in compose_offer(offer, "en").html
    assert (await published(desk, number)).undo_until == until
    assert set(answering.catalogue.current().articles) == {"depot"}
    clock.forward(3600)
    assert await owed(state, clock) == []
