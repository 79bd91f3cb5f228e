"""What can be wrong with an index: one branch of the tree that `bot.errors` draws whole."""

from corpus.errors import AnnuncioError


class EncoderError(AnnuncioError):
    """The embedding model cannot be had; the text names the setting."""


class IndexMismatchError(AnnuncioError):
    """The index was built from something else; the text names both sides."""


class IndexDamagedError(AnnuncioError):
    """The files of the index cannot be read."""
