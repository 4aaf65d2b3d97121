"""A message to a broker, QoS 1: what Alertmanager's webhook says, with the message's key and words."""

from __future__ import annotations

import json
import ssl
from typing import Final
from urllib.parse import urlsplit

from aiomqtt import MqttError

from alerts.channels.base import TemporaryError
from alerts.channels.prometheus import webhook
from alerts.model import Message
from monitor.bus.broker import BrokerClient

_CONNECT: Final = 10.0
_KEEPALIVE: Final = 60
_SHOWN: Final = 200


class Mqtt:
    """Connects for each message: they are few, and a connection that is kept may be dead."""

    def __init__(
        self,
        name: str,
        url: str,
        topic: str,
        *,
        user: str = "",
        password: str = "",
        trust: ssl.SSLContext | None = None,
        limit: tuple[int, float] | None = None,
    ) -> None:
        """``url``: mqtt:// or mqtts://, without a login. ``trust``: instead of what the system trusts."""
        self.name = name
        self.limit = limit
        self._place = urlsplit(url)
        self._topic = topic
        self._login = (user, password)
        self._trust = trust

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        del to
        body = {
            "key": message.key,
            "happening": message.happening.value,
            "title": message.title,
            "text": message.text,
            **webhook(message, self.name),
        }
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        connection = self._client()
        connected = False
        try:
            async with connection as client:
                connected = True
                await client.publish(self._topic, payload, qos=1)
        except (MqttError, OSError, UnicodeError) as error:
            # MqttError: refused or lost; OSError: TLS and names; UnicodeError: a name that can be none.
            text = " ".join(str(error).split())[:_SHOWN]
            raise TemporaryError(f"the broker: {text}", sent=connected) from error
        finally:
            connection.leave()

    async def close(self) -> None:
        """Nothing is open between two messages."""

    def _client(self) -> BrokerClient:
        secure = self._place.scheme == "mqtts"
        user, password = self._login
        return BrokerClient(
            self._place.hostname or "",
            self._place.port or (8883 if secure else 1883),
            username=user or None,
            password=password or None,
            clean_session=True,
            keepalive=_KEEPALIVE,
            timeout=_CONNECT,
            tls_context=(self._trust or ssl.create_default_context()) if secure else None,
            garbage=lambda: None,
        )
