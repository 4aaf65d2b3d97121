"""Whether the chain is the one that was signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from monitor.ledger.chain import ChainHead, recorded_of
from monitor.ledger.findings import Finding, Kind
from monitor.ledger.signing import RHYTHM, Checkpoint, fingerprint_of, is_signed
from monitor.model.times import format_time

_LATE: Final = RHYTHM + 600_000
"""No running monitor leaves links unsigned that were recorded further apart than this (milliseconds).

It looks once a minute, and on a slow disk the look takes its time.
"""


def keys_of(signers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Public keys (hex) by fingerprint. One that is not what its fingerprint says is left out."""
    return {
        row["fingerprint"]: row["public"]
        for row in signers
        if _is_hex(row["public"]) and fingerprint_of(row["public"]) == row["fingerprint"]
    }


def check_signatures(
    checkpoints: Iterable[Checkpoint], keys: Mapping[str, str]
) -> tuple[list[Checkpoint], list[Finding]]:
    """The checkpoints that one of these keys signed, and what is wrong with the others."""
    good: list[Checkpoint] = []
    findings: list[Finding] = []
    for each in checkpoints:
        public = keys.get(each.fingerprint)
        if public is not None and _is_whole(each) and is_signed(each.text(), each.signature, public):
            good.append(each)
        else:
            findings.append(_about(Kind.SIGNATURE, each))
    return good, findings


def against_chain(
    signed: Sequence[Checkpoint], hashes: Mapping[int, object], links: int
) -> tuple[list[Checkpoint], list[Finding]]:
    """The checkpoints that say what the chain says, and what the others mean. ``signed`` by link.

    Those of links that could not be read are neither.
    """
    good = [each for each in signed if hashes.get(each.link) == each.hash]
    findings: list[Finding] = []
    beyond = [each for each in signed if each.link > links]
    if beyond:
        last = beyond[-1]
        findings.append(
            Finding(Kind.CUT, links + 1, last.link, "checkpoints", last.fingerprint, format_time(last.at))
        )
    other = [each for each in signed if hashes.get(each.link) is not None and hashes[each.link] != each.hash]
    if other:
        note = format_time(other[0].at)
        findings.append(
            Finding(Kind.CHECKPOINT, other[0].link, other[-1].link, "checkpoints", other[0].fingerprint, note)
        )
    return good, findings


def against_others(
    expected: Iterable[ChainHead], hashes: Mapping[int, object], links: int
) -> Iterable[Finding]:
    """What somebody outside holds of the chain, and is not so."""
    for head in expected:
        if head.links > links:
            yield Finding(Kind.CUT, links + 1, head.links, note=head.hash)
        elif head.links and hashes.get(head.links) not in (None, head.hash):
            yield Finding(Kind.EXPECTED, head.links, head.links, note=head.hash)


def without_word(
    signers: Iterable[Mapping[str, Any]], checkpoints: Iterable[Checkpoint]
) -> Iterator[Finding]:
    """Keys in the chain of which no checkpoint is there. A key is introduced together with its first one."""
    heard = {each.fingerprint for each in checkpoints}
    for row in signers:
        if row["fingerprint"] not in heard:
            link = row["link"] if isinstance(row["link"], int) else 0
            name = str(row["fingerprint"])
            yield Finding(Kind.UNSIGNED, link, link, "signers", name, name)


def waiting(first: int, last: int, forms: tuple[str | None, str | None]) -> Iterator[Finding]:
    """Links that wait for a signature longer than any does. ``forms``: of the first and the last row."""
    since, until = (None if form is None else recorded_of(form) for form in forms)
    if since is not None and until is not None and until - since > _LATE:
        yield Finding(Kind.WAITING, first, last, note=format_time(since))


def _about(kind: Kind, each: Checkpoint) -> Finding:
    link = each.link if isinstance(each.link, int) else 0
    return Finding(kind, link, link, "checkpoints", str(each.fingerprint))


def _is_whole(each: Checkpoint) -> bool:
    """Whether its values are of the types that were signed: a database file may hold anything."""
    texts = (each.hash, each.fingerprint, each.signature)
    return type(each.link) is int and type(each.at) is int and all(isinstance(text, str) for text in texts)


def _is_hex(text: object) -> bool:
    try:
        return isinstance(text, str) and len(bytes.fromhex(text)) > 0
    except ValueError:
        return False
