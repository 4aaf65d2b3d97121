"""The one way to a Redis client: reply shapes and timeouts are fixed here and nowhere else."""

from __future__ import annotations

from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from monitor.bus import LEAST_VERSION
from monitor.bus.connections import ATTENTIVE

COMMAND_TIMEOUT: Final = 5.0
HIDDEN: Final = "…"

log = structlog.get_logger(__name__)


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


async def check_server(redis: Redis) -> str:
    """The server's version, for people. Raises BusError if this server cannot carry our streams.

    A server that is away raises what redis raises: that is for the caller to wait out.
    """
    try:
        info: dict[str, Any] = await redis.info("server")
        memory: dict[str, Any] = await redis.info("memory")
    except ResponseError as error:
        raise BusError(f"Redis 6.2 or newer is needed, and INFO allowed; it answers: {error}") from error
    except RedisConnectionError as error:
        if "HELLO" not in str(error).upper():
            raise
        raise BusError(f"Redis 6.2 or newer is needed; this one is older than 6: {error}") from error
    _demand_usable(info)
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        log.warning("redis may evict our streams: set maxmemory-policy noeviction", policy=policy)
    return f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"


def _demand_usable(info: dict[str, Any]) -> None:
    version = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < LEAST_VERSION:
        raise BusError(f"Redis 6.2 or newer is needed, this is {version}")
    if info.get("redis_mode", info.get("server_mode")) == "cluster":
        raise BusError("a Redis cluster cannot be used: our streams and hashes are read together")
