"""What can be wrong with an index: one branch of the tree that `bot.errors` draws whole."""

from corpus.errors import AnnuncioError


class EncoderError(AnnuncioError):
    """The embedding model cannot be had; the text names the setting."""


class IndexMismatchError(AnnuncioError):
    """The index was built from something else; `reason` names both sides."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}: run `annuncio index`")
        self.reason = reason


class IndexDamagedError(AnnuncioError):
    """The files of the index cannot be read; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}: `annuncio index --rebuild` makes it anew")
        self.reason = reason
