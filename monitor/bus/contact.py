"""The first word with a server: whether it can carry our streams, and if not, what somebody must mend."""

from __future__ import annotations

import ssl
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, SSLConnection
from redis.exceptions import AuthenticationError, AuthorizationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from monitor.bus import LEAST_VERSION
from monitor.bus.client import BusError

_NEEDED: Final = "Redis 6.2 or newer is needed"

log = structlog.get_logger(__name__)


async def check_server(redis: Redis) -> str:
    """The server's version, for people. To be asked first, and again after every interruption.

    Raises BusError if this server cannot carry our streams, or does not let us in: one line without a
    password that says what to mend. A server that is away raises what redis raises: wait it out.
    """
    try:
        info: dict[str, Any] = await redis.info("server")
        memory: dict[str, Any] = await redis.info("memory")
    except ResponseError as error:
        raise BusError(f"{_NEEDED}, with INFO allowed; {_place(redis)} answers: {error}") from error
    except (RedisConnectionError, RedisTimeoutError) as error:
        reason = _reason(redis, error)
        if reason is None:
            raise
        raise BusError(reason) from error
    _demand_usable(info)
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        log.warning("redis may evict our streams: set maxmemory-policy noeviction", policy=policy)
    return f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"


def _demand_usable(info: dict[str, Any]) -> None:
    version = str(info.get("redis_version", "0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < LEAST_VERSION:
        raise BusError(f"{_NEEDED}, this is {version}")
    if info.get("redis_mode", info.get("server_mode")) == "cluster":
        raise BusError("a Redis cluster cannot be used: our streams and hashes are read together")


def _reason(redis: Redis, error: Exception) -> str | None:
    """What somebody must mend; None where the server is only away."""
    place, text = _place(redis), str(error)
    if isinstance(error, AuthenticationError | AuthorizationError):
        if "HELLO" in text or not text:
            return f"{place} wants a password: redis://:password@… or redis://user:password@…"
        return f"{place} refuses our login: {text}"
    if "HELLO" in text.upper():
        return f"{_NEEDED}; {place} is older than 6: {text}"
    kind = redis.connection_pool.connection_class
    if issubclass(kind, SSLConnection):
        return _reason_of_tls(place, error)
    if issubclass(kind, Connection) and _hung_up(error):
        return f"{place} hung up at our first word: if it is a port with TLS, write rediss://"
    return None


def _reason_of_tls(place: str, error: Exception) -> str | None:
    cause = error.__context__  # redis-py keeps there what really happened
    match cause:
        case ssl.SSLCertVerificationError():
            return (
                f"the certificate of {place} is not trusted: {cause.verify_message.rstrip('.')}; "
                "its CA is named by ?ssl_ca_certs=FILE in the address"
            )
        case ssl.SSLError():
            return f"no TLS with {place}: {cause.reason or cause}"
        case FileNotFoundError() | PermissionError() | IsADirectoryError():
            return f"a certificate file named in the address cannot be read: {cause.strerror}"
        case TimeoutError():
            return f"{place} does not answer by TLS: if it is a port without TLS, write redis://"
        case _:
            return None


def _hung_up(error: Exception) -> bool:
    return isinstance(error.__context__, ConnectionResetError) or "closed by server" in str(error)


def _place(redis: Redis) -> str:
    """Where the server is, without a login."""
    settings = redis.connection_pool.connection_kwargs
    return str(settings.get("path") or f"{settings.get('host')}:{settings.get('port', 6379)}")
