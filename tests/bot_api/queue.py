"""The updates that wait for the bot: numbered, kept until acknowledged."""

from collections.abc import Iterable

from .model import Json

FIRST_UPDATE_ID = 700_000_001
MAX_BATCH = 100

# What Telegram holds back unless a bot asks for it by name.
_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class UpdateQueue:
    """A queue as Telegram keeps it; not safe by itself, the world's lock guards it."""

    def __init__(self) -> None:
        self.pending: list[Json] = []
        self.allowed: frozenset[str] | None = None  # None: all but those on request
        self._next_id = FIRST_UPDATE_ID

    def add(self, kind: str, payload: Json) -> int | None:
        """Number an update and keep it; None where the bot did not ask for this kind."""
        wanted = kind not in _ON_REQUEST if self.allowed is None else kind in self.allowed
        if not wanted:
            return None
        update_id = self._next_id
        self._next_id += 1
        self.pending.append({"update_id": update_id, kind: payload})
        return update_id

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember the kinds that the bot asks for; None keeps the earlier wish, none means the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def acknowledge(self, offset: int) -> None:
        """Forget every update before the offset; a negative one keeps only so many from the end."""
        if offset < 0:
            self.pending = self.pending[offset:]
        else:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]

    def batch(self, limit: int) -> list[Json]:
        """The oldest updates, which stay until they are acknowledged."""
        return self.pending[: min(max(limit, 1), MAX_BATCH)]
