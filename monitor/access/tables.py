"""The tables of accounts. They change, so they are no part of the ledger, whose file is handed to auditors.

No secret stands here as it is: of passwords there is an argon2 hash, of sessions, tokens and links a SHA-256.
The secrets of authenticators do, as they must; the file is for nobody but us.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text

VERSION: Final = 2
"""2: sessions know their browser."""

metadata = MetaData()


def _text(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=null)


meta = Table("access_meta", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

accounts = Table(
    "access_accounts",
    metadata,
    _text("account", key=True),
    _text("name"),
    _text("roles"),
    Column("password", Text),
    _number("password_at", null=True),
    Column("totp", Text),
    Column("totp_offered", Text),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("disabled", Boolean, nullable=False),
    _text("subject"),  # who it is at the OpenID provider; empty for one of our own
    _number("made_at"),
    _number("login_at", null=True),
)

former = Table(
    "access_former",
    metadata,
    _text("account", key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    _text("password"),
)

links = Table("access_links", metadata, _text("hash", key=True), _text("account"), _number("expires_at"))

sessions = Table(
    "access_sessions",
    metadata,
    _text("hash", key=True),
    _text("account"),
    _text("csrf"),
    _text("address"),
    _number("made_at"),
    _number("used_at"),
    Column("browser", Text, nullable=False, server_default=""),  # as it names itself
)

tokens = Table(
    "access_tokens",
    metadata,
    _text("id", key=True),
    _text("hash"),
    _text("account"),
    _text("name"),
    _text("permissions"),
    _number("made_at"),
    _number("expires_at"),
    _number("used_at", null=True),
)

lines = Table(
    "access_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    _number("at"),
    Column("ended", Boolean, nullable=False),
    _text("action"),
)

tries = Table(
    "access_tries",
    metadata,
    _text("key", key=True),
    Column("count", Integer, nullable=False),
    _number("since"),
    _number("locked_until"),
)
