"""The command `annuncio key`: which key seals what is kept about people, where it is, and how it is changed."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import StateError
from bot.health import check
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.state.vault import Vault


def key(options: argparse.Namespace, settings: Settings) -> int:
    """Tell which key seals the database, or make a new one first."""
    from bot.state.keys import key_place, open_vault
    from bot.state.migrating import fingerprint_in

    place = None if settings.key else key_place(settings)
    present = fingerprint_in(settings.database)
    if place is not None and not place.exists() and present is None:
        print(f"There is no key yet: the first start makes it at {place}")
        return 0
    vault = open_vault(settings)
    if options.action == "rotate":
        if place is None:
            raise StateError(
                "the key is in ANNUNCIO_KEY, which no command can change: write a new key before it, with a comma "
                "between the two, and the next start seals everything anew"
            )
        vault = _rotate(settings, vault, place)
        present = vault.fingerprint
    used = {None: "nothing is sealed yet", vault.fingerprint: "sealed with this key"}
    older = "sealed with an older key that is there, too; the next start seals it anew"
    other = f"sealed with another key, {present}"
    print(f"key: {place or 'in ANNUNCIO_KEY'}")
    print(f"fingerprint: {vault.fingerprint}")
    print(f"database: {used.get(present, older if present in vault.older else other)}")
    if vault.older:
        print(f"older keys: {len(vault.older)}, for copies of the database that they sealed; no other use is left")
    return 0 if present in {None, vault.fingerprint, *vault.older} else 1


def _rotate(settings: Settings, vault: "Vault", place: Path) -> "Vault":
    """Seal everything with a new key. An end in the middle does no harm: the next start goes on."""
    import asyncio

    from bot.state.keys import add_key
    from bot.state.opening import open_state

    if check(settings.heartbeat_file, time.time()).alive:
        raise StateError("the bot is running and could not read what is sealed anew: stop it, then rotate the key")

    async def seal(with_keys: "Vault") -> None:
        async with open_state(settings, with_keys):
            pass

    asyncio.run(seal(vault))  # or a new key would be put before one that opens nothing
    vault = add_key(place)
    asyncio.run(seal(vault))
    return vault
