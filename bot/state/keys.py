"""The key that seals what is kept of people: where it lies, how it is made, and that it is not missed.

It lies apart from the data: a file of one Fernet key a line, or ANNUNCIO_KEY. The first key seals; the others are
older ones, which open what they sealed.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet

from bot.errors import StateError
from bot.settings import Settings, keys_in
from bot.state.migrating import fingerprint_in
from bot.state.vault import Vault


def open_vault(settings: Settings) -> Vault:
    """The vault of the key that the settings name; made, with a note on standard error, where there is no people yet.

    Raises StateError where the key is missed, cannot be read, or lies beside the data that it seals.
    """
    if settings.key:
        return Vault(keys_in(settings.key))
    place = key_place(settings)
    if not place.exists():
        if fingerprint_in(settings.database):
            raise StateError(
                f"The key of the database is not at {place}: put it there from your copy, or name it with "
                "ANNUNCIO_KEY_FILE or ANNUNCIO_KEY; without it nobody who subscribed can be reached."
            )
        if write_key(place, [Fernet.generate_key().decode()]):
            print(
                f"Annuncio made the key that seals its subscribers: {place}\n"
                "Keep a copy of it, apart from the database: without the key nobody who subscribed can be reached.",
                file=sys.stderr,
            )
    return Vault(read_keys(place))


def key_place(settings: Settings) -> Path:
    """The file of the key. Raises StateError where it lies in the data directory: a copy of that would hold both."""
    place = settings.key_path
    if place.resolve().is_relative_to(settings.data_dir.resolve()):
        raise StateError(
            f"The key file {place} lies in the data directory, and whoever has a copy of that could read everything: "
            "choose another place with ANNUNCIO_KEY_FILE."
        )
    return place


def read_keys(place: Path) -> tuple[str, ...]:
    """The keys of a key file, the first of them first. Raises StateError."""
    try:
        return keys_in(place.read_text(encoding="ascii"))
    except OSError as error:
        raise StateError(f"The key file {place} cannot be read ({error.strerror or error}).") from error
    except ValueError as error:
        said = "is no text" if isinstance(error, UnicodeDecodeError) else error
        raise StateError(f"The key file {place} {said}: put your copy of it in its place.") from error


def write_key(place: Path, keys: Sequence[str], *, replace: bool = False) -> bool:
    """Write the key file, whole or not at all, for its owner alone; False where one is there already.

    Raises StateError where it cannot be written.
    """
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            draft.touch(mode=0o600, exist_ok=False)
            with draft.open("w", encoding="ascii") as file:
                file.write("".join(f"{key}\n" for key in keys))
                file.flush()
                os.fsync(file.fileno())
            return _put(draft, place, replace=replace)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"The key file {place} cannot be written ({error.strerror or error}): choose another place with "
            "ANNUNCIO_KEY_FILE, or give the key with ANNUNCIO_KEY."
        ) from error


def _put(draft: Path, place: Path, *, replace: bool) -> bool:
    if replace:
        draft.replace(place)
        return True
    try:
        place.hardlink_to(draft)
    except FileExistsError:
        return False
    return True


def add_key(place: Path) -> Vault:
    """Put a new key before those of the file, from now on the one that seals; the vault of all of them.

    The next start seals everything anew, see `bot.state.migrating.migrate`. Raises StateError.
    """
    keys = (Fernet.generate_key().decode(), *read_keys(place))
    write_key(place, keys, replace=True)
    return Vault(keys)
