"""Logging: one line an event on standard error, without secrets."""

import logging
import re
from collections.abc import Iterable

_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{4,}")
"""What a bot token looks like, also behind the "bot" of an address; the port behind an address looks otherwise."""


_CHATTY = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "faiss",
    "filelock",
    "htmldate",
    "httpcore",
    "httpx",
    "pypdf",
    "sentence_transformers",
    "telegram",
    "trafilatura",
    "transformers",
)
"""Libraries that report below WARNING what no operator can act on: one of them the token, another the chats."""


class _Redacting(logging.Formatter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, its traceback included, and take every secret out of the result."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return _TOKEN.sub("[token]", text)


def set_up_logs(level: str, secrets: Iterable[str | None] = ()) -> None:
    """Log from `level` on; libraries that put the token into every line speak only of warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting([secret for secret in secrets if secret]))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in _CHATTY:
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # It logs answers that are no JSON with a traceback, and raises them too: whoever asked says so in one line.
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
