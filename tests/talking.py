"""A person who talks to features of the conversation: types, presses by label, and reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.chat.features import Feature, Place, Visitor
from bot.replies import Button, Channel, ChatAddress, Reply

CALLBACK_LIMIT = 64
"""Bytes that come back with a button."""


def somebody(number: int = 1, *, private: bool = True, in_charge: bool = True, thread: int = 0) -> Visitor:
    """In a private chat or in a group of this number; always the same person."""
    return Visitor(ChatAddress(Channel.TELEGRAM, str(number), thread), "en", 7, private, in_charge)


@dataclass
class Talk:
    """One chat and the features that answer in it; `shown` is the last message, also where it was edited."""

    features: Sequence[Feature]
    visitor: Visitor = field(default_factory=somebody)
    language: str = "en"
    shown: Reply = field(default_factory=lambda: Reply(""))

    def as_(self, visitor: Visitor) -> "Talk":
        """The same chat, seen by somebody else."""
        return replace(self, visitor=visitor)

    async def types(self, text: str) -> Reply | None:
        """The answer to a message or a command; None where no feature was waiting for it."""
        if text.startswith("/"):
            name, _, argument = text[1:].partition(" ")
            return self._read(await self._command(name, argument))
        for feature in self.features:
            if feature.typed is not None:
                replies = await feature.typed(self.visitor, self.language, text)
                if replies is not None:
                    return self._read(replies)
        return None

    async def presses(self, label: str) -> Reply:
        """The answer to the one button of the last message whose label holds these words."""
        [button] = [button for button in self.buttons if label in button.label]
        return await self.sends_data(button.data)

    async def sends_data(self, data: str) -> Reply:
        """The answer to a button with this data."""
        kind, _, value = data.partition(":")
        if kind == "do":
            return self._read(await self._command(value, ""))
        [press] = [feature.presses[kind] for feature in self.features if kind in feature.presses]
        return self._read(await press(self.visitor, self.language, value))

    async def sends_place(self, latitude: float, longitude: float, *, asked: bool = True) -> Reply | None:
        """The answer to where somebody is; None where no feature has a use for it."""
        for feature in self.features:
            if feature.sent is not None:
                replies = await feature.sent(self.visitor, self.language, Place(latitude, longitude, asked))
                if replies is not None:
                    return self._read(replies)
        return None

    @property
    def buttons(self) -> list[Button]:
        """Those of the last message."""
        return [button for row in self.shown.buttons for button in row]

    @property
    def labels(self) -> list[str]:
        """What they say."""
        return [button.label for button in self.buttons]

    @property
    def ticked(self) -> list[str]:
        """What is on."""
        return [label.removeprefix("✓ ") for label in self.labels if label.startswith("✓ ")]

    async def _command(self, name: str, argument: str) -> list[Reply]:
        [command] = [feature.commands[name] for feature in self.features if name in feature.commands]
        return await command(self.visitor, self.language, argument)

    def _read(self, replies: Sequence[Reply]) -> Reply:
        [self.shown] = replies
        assert all(len(button.data.encode()) <= CALLBACK_LIMIT for button in self.buttons)
        return self.shown
