"""The key of a whole database: which one sealed it, and sealing it all anew when the key changed.

Steps inside the caller's transaction.
"""

from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, insert, inspect, select, update

from bot.errors import StateError
from bot.state.schema import awaited, chats, own_topics, refusals
from bot.state.schema import vault as vaults
from bot.state.vault import Vault

BATCH = 1000
"""Rows that are held in memory at once."""

_SEALED = (
    (chats, chats.c.address),
    (own_topics, own_topics.c.words),
    (awaited, awaited.c.question),
)


def fingerprint_of(connection: Connection) -> str | None:
    """The fingerprint of the key that sealed this database; None where nothing is sealed in it."""
    if not inspect(connection).has_table(vaults.name):
        return None
    found: str | None = connection.scalar(select(vaults.c.fingerprint))
    return found


def adopt(connection: Connection, vault: Vault, place: str) -> None:
    """See that the first key of the vault is that of the database; one of its older ones is changed for it.

    Raises StateError where the database was sealed with a key that the vault does not have.
    """
    present = fingerprint_of(connection)
    if present is None:
        connection.execute(insert(vaults).values(fingerprint=vault.fingerprint))
    elif present in vault.older:
        seal_anew(connection, vault)
    elif present != vault.fingerprint:
        raise StateError(
            f"The database {place} was sealed with another key: put that one in its place, or after the new one as a "
            "second line; without it nobody who subscribed can be reached."
        )


def seal_anew(connection: Connection, vault: Vault) -> None:
    """Seal everything with the first key of the vault, and look up by it from now on.

    Who asked what nobody could answer is let go: of them we hold hashes alone, which no longer lead back to anyone
    who wants to be forgotten.
    """
    for table, sealed in _SEALED:
        _seal_column(connection, vault, table, sealed)
    connection.execute(delete(refusals))
    connection.execute(update(vaults).values(fingerprint=vault.fingerprint))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 1")


def _seal_column(connection: Connection, vault: Vault, table: Table, sealed: Column[Any]) -> None:
    changes: dict[Column[Any], Any] = {sealed: bindparam("token")}
    if table is chats:
        changes[chats.c.key] = bindparam("hash")
    change = update(table).where(table.c.id == bindparam("row")).values(changes)
    last = 0
    while True:
        rows = connection.execute(
            select(table.c.id, sealed).where(table.c.id > last, sealed.is_not(None)).order_by(table.c.id).limit(BATCH)
        ).all()
        if not rows:
            return
        opened = [(row[0], vault.decrypt(row[1])) for row in rows]
        connection.execute(
            change,
            [
                {"row": number, "token": vault.encrypt(text)} | ({"hash": vault.lookup(text)} if table is chats else {})
                for number, text in opened
            ],
        )
        last = rows[-1][0]
