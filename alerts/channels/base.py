"""What every channel offers, and how it says that a message did not arrive."""

from __future__ import annotations

from typing import Protocol

from alerts.model import Message


class DeliveryError(Exception):
    """The message was not taken. The text names what the receiver said, never a credential or a token."""


class TemporaryError(DeliveryError):
    """Another try may help, after so many seconds at the earliest if the receiver said so."""

    def __init__(self, text: str, after: float | None = None) -> None:
        super().__init__(text)
        self.after = after


class PermanentError(DeliveryError):
    """The receiver will never take this message: it is not tried again."""


class Channel(Protocol):
    """A way to somebody. ``limit``: so many messages within so many seconds, None without a limit."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> tuple[int, float] | None: ...

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        """Hand it over; returns once the receiver has taken it. Raises DeliveryError.

        ``to``: phone numbers or addresses of people, for channels that need them.
        """

    async def close(self) -> None:
        """Let go of connections."""
