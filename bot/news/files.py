"""Files that are there whole or not at all."""

import os
from pathlib import Path

from bot.errors import StateError


def write_whole(path: Path, text: str) -> None:
    """Put the text in the place of what the file held. Raises StateError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StateError(f"{path} cannot be written ({error.strerror or error}): make room there") from error
