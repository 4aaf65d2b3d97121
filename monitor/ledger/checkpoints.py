"""Signed words about the chain, and the public keys that they are checked with."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from monitor.ledger import schema
from monitor.ledger.head import Head
from monitor.ledger.signing import Checkpoint, Signer


def sign_head(connection: Connection, signer: Signer, at: int) -> Checkpoint:
    """Sign the chain as it is. Where this key signed this very link before, that word stands."""
    head = Head.lock(connection)
    _introduce(connection, head, signer, at)
    table = schema.checkpoints
    key = {"link": head.links, "fingerprint": signer.fingerprint}
    if row := connection.execute(select(table).filter_by(**key)).mappings().one_or_none():
        return Checkpoint(**row)
    unsigned = Checkpoint(head.links, head.hash, at, signer.fingerprint)
    signed = Checkpoint(head.links, head.hash, at, signer.fingerprint, signer.sign(unsigned.text()).hex())
    connection.execute(insert(table), asdict(signed))
    return signed


def _introduce(connection: Connection, head: Head, signer: Signer, at: int) -> None:
    """A key that signs is itself a row of the chain."""
    table = schema.signers
    known = select(table.c.link).where(table.c.fingerprint == signer.fingerprint)
    if connection.scalar(known) is None:
        row = {"at": at, "fingerprint": signer.fingerprint, "public": signer.public}
        connection.execute(insert(table), head.link("signers", row))
        head.save(connection)


def checkpoints(connection: Connection, limit: int | None) -> list[Checkpoint]:
    table = schema.checkpoints
    query = select(table).order_by(table.c.link.desc(), table.c.at.desc()).limit(limit)
    return [Checkpoint(**row) for row in connection.execute(query).mappings()]
