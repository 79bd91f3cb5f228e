"""A key for tests, and what it seals."""

from bot.state.vault import Vault

KEY = "dGhlIGtleSBvZiB0aGUgdGVzdHMgZm9yIG5vYm9keS4="
"""Of nobody's."""
VAULT = Vault([KEY])
