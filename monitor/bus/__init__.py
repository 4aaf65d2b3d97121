"""Redis Streams between the roles: outbox, publisher, reader, trimming and the private server."""

from typing import Final

LEAST_VERSION: Final = (6, 2)
"""The oldest Redis or Valkey that has what the bus uses. Here, so that nobody imports a client for it."""
