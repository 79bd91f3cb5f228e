"""What is remembered of each source that is watched: what it said of its state, and when to ask again."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from bot.state.database import Engines
from bot.state.schema import watched


@dataclass(frozen=True, slots=True)
class Watch:
    """One source: a folder, a feed or a page."""

    place: str
    next_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    failures: int = 0
    """One after another, up to now."""


class Watched:
    """The watched sources in the database; each method is one transaction."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    async def get(self, place: str) -> Watch | None:
        """What is remembered of the source."""
        async with self._engines.read() as connection:
            row = (await connection.execute(select(watched).where(watched.c.place == place))).one_or_none()
        return None if row is None else Watch(**row._mapping)

    async def put(self, watch: Watch) -> None:
        """Remember this of the source, in place of what was."""
        async with self._engines.write() as connection:
            await connection.execute(delete(watched).where(watched.c.place == watch.place))
            await connection.execute(insert(watched).values(asdict(watch)))
