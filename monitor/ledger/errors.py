"""The one error of the ledger, with a line for people and the decision for programs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from monitor.model.said import NOTHING, Said, reason


class LedgerError(Exception):
    """The ledger did nothing of what was asked, and says in one line why.

    ``lasting``: trying again cannot help before somebody acts and the program is started anew (a
    damaged file, a newer schema). Otherwise (disk full, locked, read-only, a server that is away) the same
    call may be made again at any time: nothing was stored, and no position has moved. Only where the
    connection broke at the very end nobody knows: then all was stored, and the same call finds it so.
    """

    def __init__(self, said: Said, *, lasting: bool = False) -> None:
        super().__init__(said.en)
        self.said = said
        self.lasting = lasting


class LedByAnotherError(LedgerError):
    """Another monitor leads: what this one would write is not wanted any more. Nothing was stored."""

    def __init__(self) -> None:
        super().__init__(Said("台账：另一个监测进程为主", "ledger: another monitor leads"), lasting=True)


class LockedError(LedgerError):
    """Somebody else keeps it locked for longer than was to be waited."""


_DAMAGED: Final = Said(
    "文件已损坏；留一份副本，再恢复备份", "the file is damaged; keep a copy of it and restore a backup"
)
_NO_SQLITE: Final = Said("文件已损坏，或不是 SQLite 数据库", "the file is damaged or no SQLite database")
_HURT: Final = Said(
    "数据库已损坏；留一份副本，再恢复备份",
    "the database is damaged; keep a copy of it and restore a backup",
)
_SCHEMA: Final = Said("有一行与表结构矛盾", "a row contradicts the schema")
_LOCKED: Final = Said("被另一个进程锁住", "another process keeps it locked")
_FULL: Final = Said("磁盘已满", "the disk is full")
_LASTING: Final = frozenset((_DAMAGED, _NO_SQLITE, _HURT, _SCHEMA))

_SQLITE: Final = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": Said("本进程只能读取", "it is read-only for this process"),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": Said("被另一个连接锁住", "another connection keeps it locked"),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _NO_SQLITE,
    "SQLITE_CANTOPEN": Said(
        "无法打开；目录是否存在，当前用户能否写入？",
        "it cannot be opened; does its directory exist, and may this user write there?",
    ),
    "SQLITE_IOERR": Said("磁盘报错", "the disk reported an error"),
    "SQLITE_CONSTRAINT": _SCHEMA,
}

_POSTGRES: Final = {
    "08": Said("与服务器的连接中断", "the connection to the server broke"),
    "23": _SCHEMA,
    "25006": Said("只读：这是备库吗？", "it is read-only: is this a standby?"),
    "25P03": Said(
        "事务空闲过久，被服务器结束", "the server ended a transaction that said nothing for too long"
    ),
    "28": Said(
        "服务器拒绝登录：请检查 ledger:、PGPASSWORD 或 ~/.pgpass 中的用户和口令",
        "the server does not let us in: see to user and password, in ledger:, PGPASSWORD or ~/.pgpass",
    ),
    "3D000": Said("没有这个数据库，请先创建（createdb）", "there is no such database; create it (createdb)"),
    "40": Said("另一个进程抢先", "another process was faster"),
    "42501": Said("该用户没有此权限", "this user may not do that there"),
    "53100": _FULL,
    "53200": Said("服务器内存不足", "the server is out of memory"),
    "53300": Said("服务器连接过多", "the server has too many connections"),
    "55P03": _LOCKED,
    "57014": Said("语句被服务器中止", "the server broke the statement off"),
    "57P": Said("服务器正在启动或停止", "the server is starting or stopping"),
    "58": Said("服务器磁盘报错", "the server's disk reported an error"),
    "P0001": _SCHEMA,
    "XX001": _HURT,
    "XX002": _HURT,
}
"""By the beginning of an SQLSTATE. Who mends one of these need not touch us, so few of them last."""


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn whatever the database raises inside into a LedgerError about ``place``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        # SQLAlchemy wraps what its drivers raise, except inside the hooks of a new connection.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        raise _explain(place, cause) from error
    except Exception as error:
        if not _is_of_driver(error):
            raise
        raise _explain(place, error) from error


def _is_of_driver(error: Exception) -> bool:
    """Whether asyncpg raised it, which need not be installed: a connection is made without SQLAlchemy."""
    return any(kind.__module__.startswith("asyncpg.") for kind in type(error).__mro__)


def _explain(place: str, cause: BaseException) -> LedgerError:
    code, sentence = _sentence(cause)
    if sentence:
        said = about(place, Said(f"{sentence.zh}（{code}）", f"{sentence.en} ({code})"))
        return LockedError(said) if sentence == _LOCKED else LedgerError(said, lasting=sentence in _LASTING)
    why = _own(cause)
    if isinstance(cause, OSError) and place.startswith("postgresql:"):
        return LedgerError(
            about(place, Said(f"无法连接服务器（{why.zh}）", f"the server cannot be reached ({why.en})"))
        )
    return LedgerError(about(place, why))


def about(place: str, why: Said) -> Said:
    """What is wrong with the ledger there."""
    return Said(f"台账 {place}：{why.zh}", f"ledger {place}: {why.en}")


def no_head(found: object) -> Said:
    """``found``: what stands where the head of the chain should."""
    return Said(f"链头为 {found!r:.80}", f"the head of its chain says {found!r:.80}")


def _own(cause: BaseException) -> Said:
    """What the driver or the system itself says."""
    if isinstance(cause, TimeoutError):
        return Said("超时无应答", "no answer in time")
    return reason(cause) if isinstance(cause, OSError) and cause.strerror else Said.same(_line(cause))


def _sentence(cause: BaseException) -> tuple[str, Said]:
    """The word by which it can be looked up, and what is wrong. Nothing when we know no better."""
    code = getattr(cause, "sqlite_errorname", "")
    for prefix, sentence in _SQLITE.items():
        if code.startswith(prefix):
            return code, sentence
    code = getattr(cause, "sqlstate", None) or ""
    for prefix, sentence in _POSTGRES.items():
        if code.startswith(prefix):
            return f"{code}: {_line(cause)}", sentence
    return "", NOTHING


def _line(cause: BaseException) -> str:
    """The first line of what the driver itself says: SQLAlchemy puts the name of a class before it."""
    said = cause.__cause__ if hasattr(cause, "sqlstate") and cause.__cause__ else cause
    if isinstance(said, OSError) and said.strerror:
        return said.strerror
    return (str(said) or type(said).__name__).splitlines()[0]
