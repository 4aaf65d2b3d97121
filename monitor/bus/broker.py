"""aiomqtt's client, made safe against what a broker may send and against being left at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiomqtt import Client, MqttError
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessage

_T = TypeVar("_T")


class BrokerClient(Client):
    """A client that no single message can break, and that keeps no socket after :meth:`leave`.

    ``garbage`` is called for each message whose topic is none (wildcards in it, no UTF-8). aiomqtt lets
    such an error end the stream of messages while socket and reader stay, and the loop spins on them.
    """

    def __init__(self, *args: Any, garbage: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._garbage = garbage
        self._left = False
        self._tried = False

    def leave(self) -> None:
        """Close what is still open, whatever state the connection is in; also one that is being made."""
        self._left = True
        if self._tried:
            # paho's one public way to close a socket that it cannot say goodbye on.
            self._client.reinitialise()

    def _client_connect(self) -> None:
        """In a thread, which goes on when whoever waits for it is cancelled: the socket comes later then."""
        try:
            super()._client_connect()
        finally:
            # Behind the calls by which aiomqtt hands the new socket to the loop.
            self._loop.call_soon_threadsafe(self._note_tried)

    def _note_tried(self) -> None:
        self._tried = True
        if self._left:
            self.leave()

    async def _wait_for(self, fut: Awaitable[_T], timeout: float | None) -> _T:  # noqa: ASYNC109 - aiomqtt's
        """As aiomqtt has it, but on Python 3.11 its ``wait_for`` now and then swallows a cancellation."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise MqttError("the broker does not answer in time") from None

    def _on_message(self, client: PahoClient, userdata: Any, message: MQTTMessage) -> None:
        try:
            super()._on_message(client, userdata, message)
        except ValueError:  # a UnicodeError, too
            self._garbage()
