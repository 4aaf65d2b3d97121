"""Whether a ledger is what was recorded: every link, its signatures, its files. Nothing is ever written.

Needs no running system and no secret: a copied database, the folder of its segments beside it, and, from a
place that can be trusted, the public key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor.ledger.chain import FORMS, GENESIS, LEAVING, ChainHead, base_digest
from monitor.ledger.chain_check import Reader, Source, counted, joined, named, strays, walk_links
from monitor.ledger.errors import LedgerError
from monitor.ledger.findings import Finding, Kind, explain
from monitor.ledger.openness import odd
from monitor.ledger.rows import SegmentRow
from monitor.ledger.schema import REVISION
from monitor.ledger.segment_check import check_file, sensible_segments
from monitor.ledger.signature_check import (
    against_chain,
    against_others,
    check_signatures,
    keys_of,
    waiting,
    without_word,
)
from monitor.ledger.signing import Checkpoint, fingerprint_of
from monitor.ledger.walk import Stretch
from monitor.model.said import Said
from monitor.model.times import format_time

_SHARE: Final = 50_000
"""So many links are one piece of work for one process."""
_STAYING: Final = tuple(name for name in FORMS if name not in LEAVING)
_NO_BASE: Final = base_digest(())

_Submit = Callable[..., Future[Stretch]]
_Kept = Mapping[str, Mapping[int, tuple[str, object]]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found. All is well if there are no findings; ``more`` were not looked at closely.

    ``signed``: the last checkpoint that agrees with the chain, by a key that is believed; what came after it
    is chained, but not signed yet. ``keys``: the fingerprints of the keys that signed. ``archived``: links
    in files; of these ``unchecked`` lie in files that are not there or cannot be read.
    """

    links: int
    hash: str
    findings: tuple[Finding, ...]
    more: int
    signed: Checkpoint | None
    checkpoints: int
    keys: tuple[str, ...]
    open_sights: int
    archived: int
    unchecked: int

    @property
    def ok(self) -> bool:
        return not self.findings


def _found(revision: str | None) -> Said:
    if not revision:
        return Said("不是台账", "this is no ledger")
    return Said(f"台账的表结构版本为 {revision}", f"its schema is {revision}")


def verify(
    source: Source, archive: Path | None, *, public: str | None = None, expected: Sequence[ChainHead] = ()
) -> Verified:
    """Check everything that the ledger can be held against. Raises LedgerError where it cannot be read.

    ``archive``: the folder of segments. ``public``: the only key (hex) that is believed; None: those that the
    ledger holds, which proves nothing against somebody who made it anew. ``expected``: links and hashes that
    somebody outside holds, such as a report.
    """
    with source.open() as reader:
        if (revision := reader.revision()) != REVISION:
            known = Said(f"本程序核验版本 {REVISION}", f"this program verifies schema {REVISION}")
            raise LedgerError(_found(revision).then(known), lasting=True)
        while True:
            segments = reader.records("segments")
            verified = _Run(source, reader, segments, expected).verify(archive, public)
            if reader.records("segments") == segments:
                return verified
            # A running monitor let a segment leave meanwhile: what was missing is in its file now.


class _Run:
    """One verification of one ledger."""

    def __init__(
        self, source: Source, reader: Reader, segments: list[dict[str, Any]], expected: Sequence[ChainHead]
    ) -> None:
        self._source = source
        self._reader = reader
        self._expected = expected
        # In this order: a running monitor goes on, and who signs is in the chain before what he signed.
        self._signers = reader.records("signers")
        rows = (Checkpoint(**row) for row in reader.records("checkpoints"))
        self._checkpoints = sorted(rows, key=lambda each: (str(type(each.link)), each.link))
        self._head = reader.head()
        # Rows may follow that nobody has counted; links that no row has are one gap, however many they are.
        self._reach = min(self._head.links, reader.reach())
        self._segments, self._odd_segments = sensible_segments(segments, self._reach)
        self._exported = self._segments[-1].last if self._segments else 0
        held = [*(each.link for each in self._checkpoints), *(head.links for head in expected)]
        self._wanted = frozenset([*held, self._head.links])

    def verify(self, archive: Path | None, public: str | None) -> Verified:
        kept = {name: self._reader.kept(name, self._exported) for name in _STAYING}
        keys = keys_of(self._signers)
        with _workers(self._head.links) as submit:
            filed = self._submit_files(submit, archive, kept)
            walked = self._submit_links(submit)
            # While others walk: a signature takes as long as thirty links.
            known = keys if public is None else keys | {fingerprint_of(public): public}
            signed, findings = check_signatures(self._checkpoints, known)
            in_files, in_database = [each.result() for each in filed], [each.result() for each in walked]
        stretches = [*in_files, *in_database]
        findings += self._odd_segments
        hashes = {link: found for part in stretches for link, found in part.hashes.items()}
        good, disagreeing = against_chain(signed, hashes, self._head.links)
        findings += self._chain_findings(stretches, counted(in_database, kept))
        findings += disagreeing
        findings += against_others(self._expected, hashes, self._head.links)
        findings += self._head_findings(hashes.get(self._head.links, GENESIS), findings)
        findings += self._base_findings()
        findings += without_word(self._signers, self._checkpoints)
        unsealed = self._reader.open_sights()
        findings += map(_told_open, odd(unsealed))
        believed = [each for each in good if public is None or each.fingerprint == fingerprint_of(public)]
        if public is not None and not believed:
            findings.append(Finding(Kind.UNSIGNED, 1, self._head.links, note=fingerprint_of(public)))
        else:
            findings += self._waiting(believed[-1].link if believed else 0)
        unread = [each for each, part in zip(self._segments, in_files, strict=True) if not part.links]
        return Verified(
            links=self._head.links,
            hash=self._head.hash,
            findings=tuple(sorted(findings, key=lambda each: (each.first, each.last))),
            more=sum(stretch.more for stretch in stretches),
            signed=believed[-1] if believed else None,
            checkpoints=len(self._checkpoints),
            keys=tuple(sorted({each.fingerprint for each in good})),
            open_sights=len(unsealed),
            archived=self._exported,
            unchecked=sum(each.last - each.first + 1 for each in unread),
        )

    def _submit_files(self, submit: _Submit, archive: Path | None, kept: _Kept) -> list[Future[Stretch]]:
        """Check the file of each segment, and what stayed of it."""
        return [
            submit(check_file, archive, segment, _within(kept, segment), self._wanted)
            for segment in self._segments
        ]

    def _submit_links(self, submit: _Submit) -> list[Future[Stretch]]:
        """Check the links in the database."""
        first, last = self._exported + 1, self._reach
        before = self._segments[-1].hash_last if self._segments else GENESIS
        return [
            submit(
                walk_links,
                self._source,
                start,
                min(start + _SHARE - 1, last),
                before if start == first else None,
                self._wanted,
            )
            for start in range(first, last + 1, _SHARE)
        ]

    def _chain_findings(self, stretches: Sequence[Stretch], seen: Mapping[str, int]) -> list[Finding]:
        breaks = sorted((each for part in stretches for each in part.breaks), key=lambda each: each.link)
        found = explain(breaks, self._head.hash)
        others = [each for part in stretches for each in part.findings]
        if self._reach < self._head.links:
            others.append(Finding(Kind.MISSING, self._reach + 1, self._head.links))
        found += named(self._reader, joined(others))
        found += strays(self._reader, seen, self._exported, self._head.links)
        return found

    def _head_findings(self, last: object, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The head's own word, unless it is known already why the last link says another."""
        explained = any(each.last >= self._head.links for each in findings)
        if last not in (None, self._head.hash) and not explained:
            yield Finding(Kind.HEAD, self._head.links, self._head.links, "head")

    def _waiting(self, signed: int) -> Iterator[Finding]:
        """What was recorded after the last link that is signed, if it should have been signed as well."""
        first, last = max(signed, self._exported) + 1, self._reach
        if first < last:
            yield from waiting(first, last, (self._form(first), self._form(last)))

    def _form(self, link: int) -> str | None:
        return self._reader.page(link, link).forms[0]

    def _base_findings(self) -> Iterator[Finding]:
        """Where watches stood is derived, but what it was derived from may be in no database any more."""
        try:
            digest = base_digest(self._reader.records("base_states"))
        except (TypeError, ValueError):
            digest = ""  # a value of another type than any that was written
        if digest != (self._segments[-1].base_sha256 if self._segments else _NO_BASE):
            yield Finding(Kind.BASE, self._exported, self._exported, "base_states")


def _told_open(row: Mapping[str, Any]) -> Finding:
    """No link names it: it would be one of those that come next."""
    span = " – ".join(_moment(row[name]) for name in ("start", "end"))
    note = f"{row['collector']}, {row['network']} {row['shard']}/{row['shards']}, {span}"
    return Finding(Kind.OPEN, 0, 0, "sights", str(row["id"]), note)


def _moment(value: object) -> str:
    """A database file may hold anything."""
    try:
        return format_time(value) if isinstance(value, int) else repr(value)
    except (ValueError, OverflowError):
        return repr(value)


def _within(kept: _Kept, segment: SegmentRow) -> dict[int, tuple[str, object]]:
    return {
        link: row
        for rows in kept.values()
        for link, row in rows.items()
        if segment.first <= link <= segment.last
    }


@contextmanager
def _workers(links: int) -> Iterator[_Submit]:
    """Something to give work to: other processes, where that pays."""
    processes = min(4, os.cpu_count() or 1)
    if links <= 2 * _SHARE or processes == 1:
        yield _at_once
        return
    with ProcessPoolExecutor(processes) as pool:
        yield pool.submit


def _at_once(work: Callable[..., Stretch], *args: Any) -> Future[Stretch]:
    done: Future[Stretch] = Future()
    done.set_result(work(*args))
    return done
