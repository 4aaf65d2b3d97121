"""What every channel offers, and how it says that a message did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from alerts.model import Alert, Message


class DeliveryError(Exception):
    """The message was not taken. The text names what the receiver said, never a credential or a token."""


class TemporaryError(DeliveryError):
    """Another try may help, after so many seconds at the earliest if the receiver said so.

    ``sent``: whether it may have arrived all the same; False when nothing can have reached the receiver.
    """

    def __init__(self, text: str, after: float | None = None, *, sent: bool = True) -> None:
        super().__init__(text)
        self.after = after
        self.sent = sent


class PermanentError(DeliveryError):
    """The receiver will never take this message: it is not tried again."""


class MissingError(Exception):
    """A channel needs something that is not installed; says how to get it."""


class Channel(Protocol):
    """A way to somebody. ``limit``: so many messages within so many seconds, None without a limit."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> tuple[int, float] | None: ...

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        """Hand it over; returns once the receiver has taken it, perhaps with a remark for the record.

        ``to``: phone numbers or addresses of people, for channels that need them. Raises DeliveryError.
        """

    async def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Reminding(Protocol):
    """A channel whose receiver forgets: what goes on is said again ``every`` so many seconds."""

    @property
    def every(self) -> float: ...

    async def remind(self, alerts: Sequence[Alert]) -> None:
        """Say again that these go on. Raises DeliveryError."""
