"""Who of several receivers has got a message, so that another try goes to the others alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

_KEPT: Final = 1000


class Reached:
    """Remembers for the newest messages; after a restart all receivers get it again."""

    def __init__(self) -> None:
        self._by_key: OrderedDict[str, set[str]] = OrderedDict()

    def left(self, key: str, receivers: Iterable[str]) -> list[str]:
        """Those who have not got this message, each once, in order."""
        got = self._by_key.get(key, set())
        return [each for each in dict.fromkeys(receivers) if each not in got]

    def note(self, key: str, receiver: str) -> None:
        self._by_key.setdefault(key, set()).add(receiver)
        self._by_key.move_to_end(key)
        while len(self._by_key) > _KEPT:
            self._by_key.popitem(last=False)

    def done(self, key: str) -> None:
        """All have it."""
        self._by_key.pop(key, None)

    def knows(self, key: str) -> bool:
        """Whether anybody has it."""
        return key in self._by_key
