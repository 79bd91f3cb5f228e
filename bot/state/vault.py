"""What keeps people unreadable in the database: sealing under a key, and a keyed hash to look up by."""

import base64
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import StateError

TAG_DIGITS = 8
"""Hexadecimal digits of a tag: enough to join the lines of a log, too few to be somebody's name."""


class Vault:
    """Seals texts and hashes them, with keys derived from the first of `keys`.

    `fingerprint` tells which key that is, `older` those of the others; neither gives anything of a key away.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._lookup = _derived(keys[0], "lookup")
        self._tag = _derived(keys[0], "tag")
        self.fingerprint, *older = (_derived(key, "fingerprint").hex() for key in keys)
        self.older = frozenset(older)

    def encrypt(self, text: str) -> str:
        """A token of the text, another one each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text of the token. Raises StateError where no key of ours opens it."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken as error:
            raise StateError("What is in the database was sealed with a key that is not at hand.") from error

    def lookup(self, text: str) -> str:
        """A hash of the text, the same each time, 64 hexadecimal digits: nobody can make it without the key."""
        return hmac.digest(self._lookup, text.encode(), "sha256").hex()

    def tag(self, text: str) -> str:
        """What stands for the text in a log: it joins lines, and leads nowhere from there."""
        return hmac.digest(self._tag, text.encode(), "sha256").hex()[:TAG_DIGITS]


def _derived(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose: what is known of them says nothing of the key or of other purposes."""
    material = base64.urlsafe_b64decode(key)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"annuncio {purpose}".encode()).derive(material)
