"""The one row that every appending transaction locks: it gives out all numbers and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, update

from monitor.ledger import schema
from monitor.ledger.chain import ChainHead, form_of, next_hash
from monitor.ledger.errors import LedByAnotherError
from monitor.ledger.rows import JudgementMarks


@dataclass(slots=True)
class Head:
    """The highest ids given out so far, and how judgements are told. Held by one transaction at a time."""

    epoch: int
    base: int
    changes: int
    sights: int
    snapshots: int
    observers: int
    judgements: int
    confirmed: int
    links: int
    hash: str
    fence: int
    outages: int

    @property
    def chain(self) -> ChainHead:
        return ChainHead(self.links, self.hash)

    @property
    def marks(self) -> JudgementMarks:
        return JudgementMarks(self.epoch, self.judgements - self.base, self.confirmed - self.base)

    @classmethod
    def lock(cls, connection: Connection) -> Head:
        """Read the head, and keep every other appender out until the transaction ends.

        A transaction with the execution option ``fence`` is a leader's. Raises LedByAnotherError when
        another one has led since.
        """
        head = cls._lock(connection)
        fence = connection.get_execution_options().get("fence")
        if fence is not None and fence < head.fence:
            raise LedByAnotherError
        return head

    @classmethod
    def claim(cls, connection: Connection, fence: int) -> Head:
        """From now on the leader with this number writes, and no one with a lower one.

        Raises LedByAnotherError when the number, or a higher one, was somebody's before.
        """
        head = cls._lock(connection)
        if fence <= head.fence:
            raise LedByAnotherError
        head.fence = fence
        head.save(connection)
        return head

    @classmethod
    def _lock(cls, connection: Connection) -> Head:
        return cls._of(connection, cls._query().with_for_update())

    @classmethod
    def read(cls, connection: Connection) -> Head:
        """The head as it is, for somebody who gives out nothing."""
        return cls._of(connection, cls._query())

    @classmethod
    def _query(cls) -> Select[Any]:
        return select(*(schema.head.c[name] for name in cls.__slots__))

    @classmethod
    def _of(cls, connection: Connection, query: Select[Any]) -> Head:
        return cls(**connection.execute(query).mappings().one())

    def save(self, connection: Connection) -> None:
        values = {name: getattr(self, name) for name in self.__slots__}
        connection.execute(update(schema.head).values(values))

    def link(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """Make this row the next of the chain. It must be stored as it is in this transaction."""
        self.links += 1
        self.hash = next_hash(self.hash, form_of(table, row))
        row["link"], row["hash"] = self.links, self.hash
        return row

    def confirm(self, epoch: int, sequence: int, now: int) -> None:
        """Who must hear the judgements has those up to ``sequence`` of ``epoch`` on disk.

        Where that is more than was ever given, this database is an old copy of itself (a backup put
        back). Its next numbers would pass for repeats: a new epoch begins, in which everything not known
        to be heard is told again from 1.
        """
        marks = self.marks
        if (epoch, sequence) > (marks.epoch, marks.last):
            self.epoch = max(now, epoch + 1)
            self.base = self.confirmed
        elif epoch == marks.epoch and sequence > marks.confirmed:
            self.confirmed = self.base + sequence


def judgement(head: Head, kind: str, ref: int) -> dict[str, Any]:
    """The row by which something is told as the next."""
    head.judgements += 1
    return {"sequence": head.judgements, "kind": kind, "ref": ref}
