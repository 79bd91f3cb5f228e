"""Articles that are not published yet: what an admin or a source brought, and where that stands."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.clock import Clock, utc_now
from bot.state.database import Engines
from bot.state.schema import drafts
from bot.state.vault import Vault


@dataclass(frozen=True, slots=True)
class Draft:
    """One article on its way; what the payload holds and which states there are is said by whoever drafts."""

    id: int
    slug: str
    payload: str = field(repr=False)
    made_at: datetime
    made_by: str | None = field(repr=False)
    """The admin, by the channel's own number; None for a source that is watched."""
    publish_at: datetime | None
    state: str


class Drafts:
    """The drafts in the database; each method is one transaction."""

    def __init__(self, engines: Engines, vault: Vault, now: Clock = utc_now) -> None:
        self._engines = engines
        self._vault = vault
        self._now = now

    async def add(
        self,
        slug: str,
        payload: str,
        state: str,
        *,
        made_by: str | None = None,
        publish_at: datetime | None = None,
    ) -> Draft:
        """Keep a new draft."""
        made_at = self._now()
        new = insert(drafts).values(
            slug=slug,
            payload=payload,
            made_at=made_at,
            made_by=None if made_by is None else self._vault.encrypt(made_by),
            publish_at=publish_at,
            state=state,
        )
        async with self._engines.write() as connection:
            number = (await connection.execute(new.returning(drafts.c.id))).scalar_one()
        return Draft(number, slug, payload, made_at, made_by, publish_at, state)

    async def get(self, number: int) -> Draft | None:
        """The draft of that number."""
        found = await self._select(drafts.c.id == number)
        return found[0] if found else None

    async def in_state(self, *states: str) -> tuple[Draft, ...]:
        """The drafts in one of these states, the oldest first."""
        return await self._select(drafts.c.state.in_(states))

    async def due(self, state: str) -> tuple[Draft, ...]:
        """The drafts in this state whose time to be published has come."""
        return await self._select((drafts.c.state == state) & (drafts.c.publish_at <= self._now()))

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

    async def _select(self, where: Any) -> tuple[Draft, ...]:
        async with self._engines.read() as connection:
            rows = await connection.execute(select(drafts).where(where).order_by(drafts.c.id))
            return tuple(self._draft(row) for row in rows)

    def _draft(self, row: Row[Any]) -> Draft:
        made_by = None if row.made_by is None else self._vault.decrypt(row.made_by)
        return Draft(row.id, row.slug, row.payload, row.made_at, made_by, row.publish_at, row.state)
