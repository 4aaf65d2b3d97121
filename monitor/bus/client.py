"""The one way to a Redis client: reply shapes and timeouts are fixed here and nowhere else."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.maint_notifications import MaintNotificationsConfig

from monitor.bus.connections import ATTENTIVE

COMMAND_TIMEOUT: Final = 5.0
HIDDEN: Final = "…"


class BusError(Exception):
    """The bus cannot be used as configured: the message says what is wrong and what is needed."""


def connect(url: str, *, block: float | None = None) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://``; it connects when it is first used.

    Commands end after 5 s. ``block`` is the longest BLOCK of a blocking reader in seconds: its replies
    may take 5 s more than that, but never for ever, or a half-open link would hang the reader.
    Raises BusError for a URL that is none; the password is never part of it.
    """
    if safe_url(url).endswith(HIDDEN):
        raise BusError("the password in the Redis address must be percent-encoded (/ as %2F, @ as %40)")
    try:
        redis = Redis.from_url(
            url,
            # Without these two the shape of a reply depends on the server and on the arguments.
            protocol=3,
            legacy_responses=False,
            decode_responses=True,
            # Bytes that are no UTF-8 must reach the code that refuses that one entry.
            encoding_errors="surrogateescape",
            socket_timeout=COMMAND_TIMEOUT + (block or 0.0),
            socket_connect_timeout=COMMAND_TIMEOUT,
            # Keepalive is redis-py's default for TCP, and no option of a unix socket.
            # Once, for a pooled connection whose server restarted. Back-off is the caller's.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        pool = redis.connection_pool
        pool.connection_class = ATTENTIVE[pool.connection_class]
        # Options in the URL are only looked at here: a wrong one must not wait for the first command.
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError):
        # Not chained: the cause's text may quote a piece of the password.
        raise BusError(f"{safe_url(url)} is no redis://, rediss:// or unix:// address") from None
    return redis


def safe_url(url: str) -> str:
    """The URL as people may see it: without user, password and options.

    Where a password that was not percent-encoded leaves doubt about its end, all but the scheme is hidden.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "(an address without a scheme)"
    if scheme == "unix" and rest.startswith("/"):
        return f"unix://{rest.partition('?')[0]}"
    before, _, place = rest.rpartition("@")
    if any(sign in before for sign in "/?#@"):
        return f"{scheme}://{HIDDEN}"
    return f"{scheme}://{place.partition('?')[0]}"
