"""Mixed traffic: what people do with a bot on an ordinary day, in any order, as fast as is asked for."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

from tests.bot_api import BotApiServer, Chat, User

FIRST_REGULAR = 700_000_000
REGULARS = 200
"""People who come back again and again; strangers come once."""
GROUPS = 10
COMMANDS = ("/start", "/help", "/settings", "/subscribe", "/unsubscribe", "/latest", "/language de", "/privacy")
_DOINGS = (
    ("asks", 50),
    ("asks as a stranger", 15),
    ("commands", 10),
    ("presses", 15),
    ("asks in a group", 5),
    ("sends something", 3),
    ("blocks or unblocks", 2),
)
"""What is done, and of a hundred doings how many are this."""


class Traffic:
    """Does something every so many seconds, from a thread."""

    def __init__(self, server: BotApiServer, questions: Sequence[str], every: float, seed: int) -> None:
        self._server = server
        self._questions = questions
        self._every = every
        self._random = random.Random(seed)  # noqa: S311  # traffic, no secrets
        self._strangers = iter(range(FIRST_REGULAR + REGULARS, FIRST_REGULAR + 10_000_000))
        self._blocked: set[int] = set()
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done: Counter[str] = Counter()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> Counter[str]:
        """End; what was done, and how often."""
        self._enough.set()
        self._thread.join()
        return self.done

    def _run(self) -> None:
        due = time.monotonic()
        while not self._enough.wait(max(due - time.monotonic(), 0)):
            names, weights = zip(*_DOINGS, strict=True)
            [doing] = self._random.choices(names, weights)
            self._do(doing)
            self.done[doing] += 1
            due += self._every

    def _do(self, doing: str) -> None:
        question = self._random.choice(self._questions)
        if doing == "asks as a stranger":
            self._person(next(self._strangers)).says(question)
            return
        number = FIRST_REGULAR + self._random.randrange(REGULARS)
        if doing == "blocks or unblocks":
            self._block_or_unblock(number)
        elif doing == "asks in a group":
            self._asks_in_group(question)
        elif number not in self._blocked:
            chat = self._person(number)
            if doing == "asks":
                chat.says(question)
            elif doing == "commands":
                chat.says(self._random.choice(COMMANDS))
            elif doing == "presses":
                self._presses(chat)
            else:
                self._random.choice((chat.sends_voice, chat.sends_photo, chat.sends_location))()

    def _person(self, number: int) -> Chat:
        return self._server.chat(number, language_code=self._random.choice(("en", "it", "es", "de", "fr", "zh")))

    def _asks_in_group(self, question: str) -> None:
        number = -1_000_000_900_000 - self._random.randrange(GROUPS)
        group = self._server.chat(number, kind="supergroup")
        group.says(f"/ask@{self._server.world.username} {question}", user=User(FIRST_REGULAR))

    def _block_or_unblock(self, number: int) -> None:
        chat = self._person(number)
        if number in self._blocked:
            self._blocked.discard(number)
            chat.unblocks()
        else:
            self._blocked.add(number)
            chat.blocks()

    def _presses(self, chat: Chat) -> None:
        buttons = [button for sent in chat.messages[-3:] for row in sent.buttons for button in row if button.data]
        if buttons:
            chat.presses(self._random.choice(buttons).data or "")
        else:
            chat.says("/start")
