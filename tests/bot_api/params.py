"""The parameters of a request, read leniently as Telegram reads them."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .model import Attached, as_integer, bad_request


class Params:
    """The parameters of one request, whichever way its body carried them."""

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Attached] | None = None) -> None:
        self._values = values
        self._files = files or {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """A text; empty where it is missing."""
        value = self._values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str) -> int | None:
        """A number; None where it is missing or none."""
        return as_integer(self._values.get(name))

    def flag(self, name: str) -> bool:
        """A boolean; False where it is missing."""
        return self._values.get(name) in (True, "true", "True", "1", 1)

    def nested(self, name: str) -> Any:
        """An object or a list; None where it is missing."""
        value = self._values.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def file(self, name: str) -> Attached | None:
        """A file that came along, itself or under the name that its parameter gives; None where it is missing."""
        return self._files.get(self.text(name).removeprefix("attach://")) or self._files.get(name)

    def decoded(self) -> Mapping[str, Any]:
        """The parameters with the nested ones decoded where they are readable, for a test to look at."""
        return MappingProxyType({name: _readable(value) for name, value in self._values.items()})


def _readable(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
