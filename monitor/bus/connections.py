"""redis-py's connections, made to hear a cancellation that comes while they send.

They send under ``asyncio.wait_for``, which before Python 3.12 drops a cancellation that arrives together
with the end of the sending (bpo-37658). A role that is told to stop at that moment would never stop.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection


class _Attentive(AbstractConnection):
    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        """As in redis-py, and never returns to a task that was cancelled meanwhile."""
        before = _cancellations()
        await super().send_packed_command(*args, **kwargs)
        if _cancellations() > before:
            # The answer is on its way, and must not be taken for that of a later command.
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


class _AttentiveConnection(_Attentive, Connection):
    pass


class _AttentiveSSLConnection(_Attentive, SSLConnection):
    pass


class _AttentiveUnixConnection(_Attentive, UnixDomainSocketConnection):
    pass


ATTENTIVE: Final[dict[type[AbstractConnection], type[AbstractConnection]]] = {
    Connection: _AttentiveConnection,
    SSLConnection: _AttentiveSSLConnection,
    UnixDomainSocketConnection: _AttentiveUnixConnection,
}


def _cancellations() -> int:
    """How often this task was asked to end. Not zero while it cleans up, which it may do with Redis."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
