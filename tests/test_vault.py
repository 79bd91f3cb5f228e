"""What keeps people unreadable in the database."""

import re

import pytest
from cryptography.fernet import Fernet

from bot.errors import StateError
from bot.state.vault import Vault
from tests.vaults import KEY, VAULT

NEWER = Fernet.generate_key().decode()
BOTH = Vault([NEWER, KEY])


def test_sealed_and_opened() -> None:
    """What is sealed can be opened again, and is sealed in another way each time."""
    assert VAULT.decrypt(VAULT.encrypt("987654321 ☃")) == "987654321 ☃"
    assert VAULT.encrypt("1") != VAULT.encrypt("1")


def test_the_first_key_seals_and_older_ones_open() -> None:
    """With a new key before the old one everything old can be read, and what is new with the new one alone."""
    assert BOTH.decrypt(VAULT.encrypt("1")) == "1"
    assert Vault([NEWER]).decrypt(BOTH.encrypt("1")) == "1"
    with pytest.raises(StateError, match="a key that is not at hand"):
        VAULT.decrypt(BOTH.encrypt("1"))


def test_what_was_tampered_with_is_not_opened() -> None:
    """A token that somebody changed is no text."""
    for token in (VAULT.encrypt("1")[:-8], "", "plain"):
        with pytest.raises(StateError):
            VAULT.decrypt(token)


def test_the_hash_is_the_first_keys_alone() -> None:
    """The same text has the same hash under the same first key, another one under another, and none is a tag."""
    assert re.fullmatch(r"[0-9a-f]{64}", VAULT.lookup("1"))
    assert VAULT.lookup("1") == Vault([KEY, NEWER]).lookup("1")
    assert len({VAULT.lookup("1"), VAULT.lookup("2"), BOTH.lookup("1")}) == 3
    assert re.fullmatch(r"[0-9a-f]{8}", VAULT.tag("1"))
    assert not VAULT.lookup("1").startswith(VAULT.tag("1"))


def test_a_fingerprint_gives_no_key_away() -> None:
    """A vault tells its keys apart by fingerprints that are neither keys nor hashes."""
    assert BOTH.fingerprint == Vault([NEWER]).fingerprint
    assert BOTH.older == {VAULT.fingerprint}
    assert VAULT.older == frozenset()
    assert KEY not in repr(VAULT)
    assert VAULT.fingerprint not in {VAULT.lookup(""), VAULT.lookup("fingerprint")}
