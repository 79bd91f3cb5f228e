"""The desk: what a crash leaves in the middle of publishing can still be taken back."""

from datetime import timedelta
from typing import Any

import pytest

from bot.answers.opening import Answering
from bot.operators.drafts import UNDO, Desk, DraftState, Undoable
from bot.replies import Channel, ChatAddress
from bot.state.opening import State
from tests.articles import edition
from tests.clocks import StoppedClock

ANNA = ChatAddress(Channel.TELEGRAM, "1")
DEPOT = edition("depot", "en", [["Acme opens a depot in Turin on 3 May."]], title="Acme")


async def published(desk: Desk, number: int) -> Undoable:
    """The draft, published."""
    undoable = await desk.publish(number)
    assert isinstance(undoable, Undoable)
    return undoable


async def test_what_a_crash_left_is_undone_as_a_whole(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after the article was stored and owed: published once more it keeps its time, and undone it is gone."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    until = clock() + UNDO
    with monkeypatch.context() as patch:
        change = type(state.drafts).change

        async def dies(drafts: Any, draft: int, **values: Any) -> bool:
            if values["state"] == DraftState.PUBLISHED:
                raise RuntimeError("killed")
            return await change(drafts, draft, **values)

        patch.setattr(type(state.drafts), "change", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await desk.publish(number)
    assert set(answering.catalogue.current().articles) == {"depot"}
    clock.forward(120)
    assert (await published(desk, number)).undo_until == until
    undone = await desk.undo(number)
    assert undone is not None
    assert undone.state == DraftState.UNDONE
    assert answering.catalogue.current().articles == {}
    clock.forward(3600)
    assert await state.outbox.take(Channel.TELEGRAM, clock(), 9, "us") == ()


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
    assert (await published(desk, number)).undo_until == clock() + UNDO
    clock.forward(UNDO.total_seconds() - 1)
    await desk.undo(number)
    assert answering.catalogue.current().articles == {}


async def test_another_title_after_a_crash_forgets_nothing(
    desk: Desk, state: State, answering: Answering, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is retitled and published after a crash is undone to what stood before the first try."""
    await state.subscriptions.subscribe(ANNA)
    number = (await desk.offer(DEPOT)).draft.id
    with monkeypatch.context() as patch:
        patch.setattr(desk._news, "_tell", None)
        with pytest.raises(TypeError):
            await desk.publish(number)
    await desk.retitle(number, "Acme anew")
    assert (await published(desk, number)).undo_until == clock() + UNDO
    clock.forward(timedelta(minutes=1).total_seconds())
    await desk.undo(number)
    assert answering.catalogue.current().articles == {}
