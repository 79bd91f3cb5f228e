"""Articles that are not published yet: what an admin or a source brought, and where that stands."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.clock import Clock, utc_now
from bot.state.database import Engines
from bot.state.schema import drafts


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """One article on its way; what the payload holds and which states there are is said by whoever drafts."""

    id: int
    slug: str
    payload: str = field(repr=False)
    made_at: datetime
    publish_at: datetime | None
    state: str


class Drafts:
    """The drafts in the database; each method is one transaction."""

    def __init__(self, engines: Engines, now: Clock = utc_now) -> None:
        self._engines = engines
        self._now = now

    async def add(self, slug: str, payload: str, state: str, publish_at: datetime | None = None) -> KeptDraft:
        """Keep a new draft."""
        made_at = self._now()
        new = insert(drafts).values(slug=slug, payload=payload, made_at=made_at, state=state, publish_at=publish_at)
        async with self._engines.write() as connection:
            number = (await connection.execute(new.returning(drafts.c.id))).scalar_one()
        return KeptDraft(number, slug, payload, made_at, publish_at, state)

    async def get(self, number: int) -> KeptDraft | None:
        """The draft of that number."""
        found = await self._select(drafts.c.id == number)
        return found[0] if found else None

    async def in_state(self, *states: str) -> tuple[KeptDraft, ...]:
        """The drafts in one of these states, the oldest first."""
        return await self._select(drafts.c.state.in_(states))

    async def change(
        self,
        number: int,
        *,
        was: str,
        state: str,
        slug: str | None = None,
        payload: str | None = None,
        publish_at: datetime | None = None,
    ) -> bool:
        """Bring the draft from one state to another, with a new payload if one is given.

        False, with nothing changed, where it is not in that state (any more): of two taps at once one counts.
        """
        values: dict[str, Any] = {"state": state, "publish_at": publish_at}
        values |= {name: value for name, value in (("slug", slug), ("payload", payload)) if value is not None}
        async with self._engines.write() as connection:
            changed = await connection.execute(
                update(drafts).where(drafts.c.id == number, drafts.c.state == was).values(values)
            )
        return changed.rowcount > 0

    async def _select(self, where: Any) -> tuple[KeptDraft, ...]:
        async with self._engines.read() as connection:
            rows = await connection.execute(select(drafts).where(where).order_by(drafts.c.id))
            return tuple(KeptDraft(**row._mapping) for row in rows)
