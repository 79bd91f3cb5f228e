"""What people were shown by what arrived, noted so that it can be corrected, also where it changed on its way."""

from collections.abc import Sequence
from datetime import timedelta

from bot.clock import Clock, utc_now
from bot.news.undoing import HELD
from bot.state.deliveries import Arrival
from bot.state.kinds import DeliveryKind
from bot.state.outbox import Outbox
from bot.state.shown import KeptCorrection, Shown

IN_THE_AIR = timedelta(days=1)
"""How long a message may be on its way, from its making until it is noted."""


class Noting:
    """Notes the sentences of messages that arrived."""

    def __init__(self, shown: Shown, outbox: Outbox, now: Clock = utc_now) -> None:
        self._shown = shown
        self._outbox = outbox
        self._now = now

    async def sent(self, arrived: Sequence[Arrival]) -> None:
        """Note what these messages held as they were made; of what was corrected since, owe the correction.

        Also where it arrived long ago, and a process that ended could not note it. Repeating it changes nothing.
        """
        rows = [(arrival.chat_id, *sentence) for arrival in arrived for sentence in arrival.shown]
        if not rows:
            return
        await self._shown.note_all(rows)
        # Asked afterwards: a correction is kept before it is looked who saw what it corrects, so that one of the two
        # always finds the other.
        texts = {(sentence.partition("/")[0], language, text) for _, sentence, language, text in rows}
        now = self._now()
        noted = min((arrival.at for arrival in arrived if arrival.at is not None), default=now)
        gone = await self._shown.corrected(texts, min(now, noted) - IN_THE_AIR)
        owed: dict[KeptCorrection, list[tuple[int, str, str | None]]] = {}
        for chat_id, sentence, language, text in rows:
            one = gone.get((sentence.partition("/")[0], language, text))
            if one is not None:
                owed.setdefault(one, []).append((chat_id, str(one.id), None))
        for one, chats in owed.items():
            await self._outbox.owe(DeliveryKind.CORRECTION, one.article, chats, one.made_at + HELD)
