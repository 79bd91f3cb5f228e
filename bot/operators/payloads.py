"""What is kept of a draft: its edition, where it stands, and how its publishing is undone once that was begun."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from bot.state.drafts import KeptDraft
from corpus.model import Edition
from corpus.reader import parse_edition, render_edition

_UNDO = "\f"
"""Stands in a payload between the edition and how its publishing is undone: no edition holds such a character."""


class DraftState(StrEnum):
    """What was decided about a draft; only the first still waits."""

    WAITING = "waiting"
    PUBLISHED = "published"
    DISCARDED = "discarded"
    UNDONE = "undone"


def payload_of(edition: Edition, undo: str = "") -> str:
    """What is kept of an edition, with how its publishing is undone where that was begun."""
    text = render_edition(edition)
    return f"{text}{_UNDO}{undo}" if undo else text


def edition_in(draft: KeptDraft) -> Edition:
    """The edition that a draft holds."""
    text = draft.payload.partition(_UNDO)[0]
    return parse_edition(text.encode(), Path(f"draft-{draft.id}.md"), slug=draft.slug)


def undo_begun(draft: KeptDraft) -> str:
    """How its publishing is undone; empty where it was never begun."""
    return draft.payload.partition(_UNDO)[2]


def undo_until(draft: KeptDraft, now: datetime) -> datetime | None:
    """Until when it can be taken back; None where it cannot."""
    until = draft.publish_at if draft.state == DraftState.PUBLISHED else None
    return until if until is not None and now < until else None
