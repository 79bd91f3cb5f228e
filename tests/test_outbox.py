"""The outbox under any order of events: a model of who is owed what, beside the real thing."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.announcer import Announcer
from bot.errors import ChatGoneError, MessageRefusedError, TryLaterError
from bot.replies import Channel, ChatAddress, Reply
from bot.subscriptions import Subscriptions, open_subscriptions
from tests.clocks import StoppedClock
from tests.senders import MemorySender

CHATS = [ChatAddress(Channel.TELEGRAM, address) for address in ("1", "2", "3")]
chats = st.sampled_from(CHATS)


class Outbox(RuleBasedStateMachine):
    """Subscribing, leaving, announcing, delivering, faults and crashes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.clock = StoppedClock()
        self.sender = MemorySender()
        self.articles = 0
        self.active: set[ChatAddress] = set()
        self.away: set[ChatAddress] = set()
        self.owed: set[tuple[ChatAddress, str]] = set()
        self.expected: list[tuple[ChatAddress, str]] = []
        self.subscriptions = self.opened()

    def opened(self) -> Subscriptions:
        """The database, as a process that starts opens it."""
        file = Path(self.directory.name) / "annuncio.db"
        return self.runner.run(open_subscriptions(f"sqlite+aiosqlite:///{file}", now=self.clock))

    def teardown(self) -> None:
        """Close and delete the database."""
        self.runner.run(self.subscriptions.close())
        self.runner.close()
        self.directory.cleanup()

    def drop(self, chat: ChatAddress) -> None:
        """The chat is owed nothing any more."""
        self.active.discard(chat)
        self.owed = {one for one in self.owed if one[0] != chat}

    @rule(chat=chats)
    def subscribe(self, chat: ChatAddress) -> None:
        """Says whether that was news."""
        assert self.runner.run(self.subscriptions.subscribe(chat, "it")) is (chat not in self.active)
        self.active.add(chat)
        self.away.discard(chat)

    @rule(chat=chats)
    def leave(self, chat: ChatAddress) -> None:
        """Says whether there was something to leave."""
        assert self.runner.run(self.subscriptions.unsubscribe(chat)) is (chat in self.active | self.away)
        self.drop(chat)
        self.away.discard(chat)

    @rule(chat=chats)
    def come_back(self, chat: ChatAddress) -> None:
        """Resumes who was gone, nobody else."""
        assert self.runner.run(self.subscriptions.resume(chat)) is (chat in self.away)
        if chat in self.away:
            self.away.discard(chat)
            self.active.add(chat)

    @rule(chat=chats)
    def forget(self, chat: ChatAddress) -> None:
        """Nothing is left of the chat."""
        self.runner.run(self.subscriptions.forget(chat))
        self.drop(chat)
        self.away.discard(chat)

    @rule()
    def announce(self) -> None:
        """Everyone who is subscribed now is owed it, once."""
        self.articles += 1
        slug = f"article-{self.articles}"
        assert self.runner.run(self.subscriptions.announce(slug)) == len(self.active)
        assert self.runner.run(self.subscriptions.announce(slug)) == 0
        self.owed |= {(chat, slug) for chat in self.active}

    @rule(chat=chats, fault=st.sampled_from(["none", "gone", "later", "refused"]))
    def deliver(self, chat: ChatAddress, fault: str) -> None:
        """What is due goes out; one chat's first message may fail."""
        mine = sorted((slug for owner, slug in self.owed if owner == chat), key=lambda slug: int(slug[8:]))
        if fault != "none" and mine:
            error = {
                "gone": ChatGoneError("blocked"),
                "later": TryLaterError(60, "too fast"),
                "refused": MessageRefusedError("no"),
            }[fault]
            self.sender.fail(chat, error)
        self.run_announcer()
        if fault == "gone" and mine:
            self.drop(chat)
            self.away.add(chat)
        elif fault == "later" and mine:
            self.expected += [one for one in self.owed if one != (chat, mine[0])]
            self.owed = {(chat, mine[0])}
            self.clock.forward(60)
            self.run_announcer()
        elif fault == "refused" and mine:
            self.owed.discard((chat, mine[0]))
        self.expected += self.owed
        self.owed = set()

    def run_announcer(self) -> None:
        """One round of a new announcer."""

        async def at_once(_seconds: float) -> None:
            """No time passes."""

        announcer = Announcer(
            self.subscriptions,
            self.sender,
            lambda slug, _language: Reply(slug),
            Channel.TELEGRAM,
            now=self.clock,
            sleep=at_once,
        )
        self.runner.run(announcer.deliver_due())

    @rule()
    def crash(self) -> None:
        """The process ends with everything claimed, nothing sent; another one starts."""

        async def claim_all() -> None:
            for delivery in await self.subscriptions.due(Channel.TELEGRAM, self.clock(), 100):
                assert await self.subscriptions.claim(delivery)
            await self.subscriptions.close()

        self.runner.run(claim_all())
        self.subscriptions = self.opened()
        assert self.runner.run(self.subscriptions.recover(Channel.TELEGRAM)) == len(self.owed)

    @invariant()
    def everyone_got_what_they_were_owed(self) -> None:
        """Nothing is lost, nothing comes twice, nothing goes to one who left."""
        taken = [(chat, reply.html) for chat, reply in self.sender.taken]
        assert sorted(taken, key=str) == sorted(self.expected, key=str)


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=15, stateful_step_count=15, deadline=None, derandomize=True)
