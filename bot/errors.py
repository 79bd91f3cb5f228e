"""The exception tree. Every leaf's text is one clear line for the person who must act.

AnnuncioError                  shown as it is; the command exits with 1
├── CorpusError                edition files that break the format        (corpus.errors)
├── SourceError                what `ingest` cannot read                  (corpus.errors)
│   └── SourceBusyError        a server that wants to be asked later      (corpus.errors)
├── EncoderError               the embedding model cannot be had          (index.errors)
├── IndexMismatchError         the index was built from something else    (index.errors)
├── IndexDamagedError          the index cannot be read                   (index.errors)
├── SettingsError              environment or `.env` values, all at once
├── StateError                 the database or the data directory cannot be used
├── QuestionsError             questions to measure by that cannot be read
└── TelegramError              token refused, Bot API not reached, a second poller
SendError                      how a message did not reach a chat; never shown to anyone
├── ChatGoneError              blocked, deleted, not found: do not try again
├── ChatMovedError             a group became a supergroup: its new address
├── TryLaterError              too fast, or the server is not there: after so many seconds
└── MessageRefusedError        this message will never be taken
    └── MessageGoneError       the message that was to be edited is not there any more
"""

from corpus.errors import AnnuncioError, CorpusError, Mistake, SourceBusyError, SourceError
from index.errors import EncoderError, IndexDamagedError, IndexMismatchError

__all__ = [
    "AnnuncioError",
    "ChatGoneError",
    "ChatMovedError",
    "CorpusError",
    "EncoderError",
    "IndexDamagedError",
    "IndexMismatchError",
    "MessageGoneError",
    "MessageRefusedError",
    "Mistake",
    "QuestionsError",
    "SendError",
    "SettingsError",
    "SourceBusyError",
    "SourceError",
    "StateError",
    "TelegramError",
    "TryLaterError",
]


class SettingsError(AnnuncioError):
    """Every mistake of the settings, a line each, with key and value."""


class StateError(AnnuncioError):
    """The database or the data directory cannot be used."""


class QuestionsError(AnnuncioError):
    """Questions to measure by cannot be read; the text names file and place."""


class TelegramError(AnnuncioError):
    """Telegram does not let the bot work."""


class SendError(Exception):
    """A message did not reach a chat."""


class ChatGoneError(SendError):
    """The chat will take no message any more: blocked, deleted, never met."""


class ChatMovedError(SendError):
    """The group lives on at another address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"the chat moved to {address}")
        self.address = address


class TryLaterError(SendError):
    """Not now: `seconds` is how long to wait before the next try.

    `everywhere` says that every chat has to wait so long for what is sent like this, `silent` that nothing was said of
    the message or its chat: the server was not reached, fails, or does not take the bot for its own. `in_doubt` says
    that the message may have arrived all the same, so that it is not to be tried as often as one likes.
    """

    def __init__(
        self, seconds: float, reason: str, *, everywhere: bool = False, silent: bool = False, in_doubt: bool = False
    ) -> None:
        super().__init__(f"{reason} (again in {seconds:g} s)")
        self.seconds = seconds
        self.everywhere = everywhere
        self.silent = silent
        self.in_doubt = in_doubt


class MessageRefusedError(SendError):
    """The message itself was refused: trying again changes nothing."""


class MessageGoneError(MessageRefusedError):
    """The message that was to be edited cannot be any more: deleted, or too old."""
