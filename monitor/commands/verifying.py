"""``quanshi verify``: what was checked and what was found, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from monitor.ledger.findings import Finding, Kind
from monitor.ledger.verify import Verified
from monitor.model.times import format_time
from monitor.trouble import Said

SHOWN: Final = 20
"""Findings that are told in full; the rest is counted."""

_MEANINGS: Final = {
    Kind.CHANGED: Said(
        "与前一环接不上：本行被改动，或其前有行被删除、插入",
        "does not follow: changed, or a row before it was removed or inserted",
    ),
    Kind.HASH: Said("散列值被改动，内容未变", "its hash was changed, its content was not"),
    Kind.MOVED: Said("被移动，原位置是第 {note} 环", "was moved; it belongs to link {note}"),
    Kind.MISSING: Said("缺失", "is missing"),
    Kind.EXTRA: Said("是多出的一行，从未记入链中", "is a row too many: the chain never had it"),
    Kind.CUT: Said("尾部被截去：{note} 时还有这些环", "the end was cut off: these links were there, {note}"),
    Kind.HEAD: Said("链头与末环不符", "the head says another hash than the last link has"),
    Kind.SIGNATURE: Said("签名无效", "the signature is not valid"),
    Kind.CHECKPOINT: Said("与 {note} 的签名不符", "is not what was signed at {note}"),
    Kind.UNSIGNED: Said("没有由密钥 {note} 签署的内容", "nothing is signed by the key {note}"),
    Kind.WAITING: Said("自 {note} 起记录，至今尚未签名", "not signed yet, since {note}"),
    Kind.FILE_MISSING: Said("归档文件不在，未能核验", "the file is not there: not checked"),
    Kind.FILE_CHANGED: Said("归档文件被改动", "the file was changed"),
    Kind.FILE_DAMAGED: Said("归档文件无法读完：{note}", "the file cannot be read to its end: {note}"),
    Kind.OPEN: Said(
        "未入链，且超出未封存视野所能有的范围：{note}",
        "is no link, and says more than an open sight may: {note}",
    ),
    Kind.BASE: Said("段末状态被改动", "where watches stood at the end of a segment was changed"),
    Kind.EXPECTED: Said("与外部所持散列 {note} 不符", "is not the hash held outside: {note}"),
}


def told(verified: Verified, place: str, language: str) -> Iterator[str]:
    """The lines for a terminal, the answer last."""
    for said in _summary(verified, place):
        yield said.told(language)
    for finding in verified.findings[:SHOWN]:
        yield f"  ! {_told(finding).told(language)}"
    count, more = len(verified.findings), len(verified.findings) - SHOWN + verified.more
    if more > 0:
        yield Said(f"  … 另有 {more:,} 处", f"  … {more:,} more").told(language)
    if verified.ok:
        yield Said("全部相符", "all is as it was recorded").told(language)
    else:
        noun = "finding" if count + verified.more == 1 else "findings"
        yield Said(f"发现 {count + verified.more:,} 处不符", f"{count + verified.more:,} {noun}").told(
            language
        )


def as_document(verified: Verified, place: str) -> dict[str, Any]:
    """The same for programs."""
    signed = verified.signed
    return {
        "ok": verified.ok,
        "ledger": place,
        "links": verified.links,
        "hash": verified.hash,
        "signed": signed and {"link": signed.link, "at": format_time(signed.at), "key": signed.fingerprint},
        "checkpoints": verified.checkpoints,
        "keys": list(verified.keys),
        "open_sights": verified.open_sights,
        "archived": verified.archived,
        "unchecked": verified.unchecked,
        "findings": [asdict(finding) for finding in verified.findings],
        "more": verified.more,
    }


def _summary(verified: Verified, place: str) -> Iterator[Said]:
    yield Said(f"台账 {place}", f"ledger {place}")
    yield Said(
        f"  链：{verified.links:,} 环，末环散列 {verified.hash}",
        f"  chain: {verified.links:,} links, last hash {verified.hash}",
    )
    if verified.archived:
        read = verified.archived - verified.unchecked
        yield Said(
            f"  归档：{verified.archived:,} 环，已核验 {read:,} 环",
            f"  archived: {verified.archived:,} links, {read:,} of them checked",
        )
    yield _signature(verified)
    if verified.open_sights:
        yield Said(
            f"  未封存的视野：{verified.open_sights:,}（封存前不在链中）",
            f"  open sights: {verified.open_sights:,} (in the chain once they are sealed)",
        )


def _signature(verified: Verified) -> Said:
    signed = verified.signed
    if signed is None:
        return Said("  签名：无", "  signed: nothing")
    left = verified.links - signed.link
    at = format_time(signed.at)
    return Said(
        f"  签名：至第 {signed.link:,} 环，{at}，密钥 {signed.fingerprint}；其后 {left:,} 环待签",
        f"  signed: up to link {signed.link:,}, {at}, key {signed.fingerprint}; {left:,} links later",
    )


def _told(finding: Finding) -> Said:
    zh, en = _MEANINGS[finding.kind]
    row = f" {finding.table} {finding.key}".rstrip()
    links = _links(finding)
    return Said(
        f"{links.zh}{row}：{zh.format(note=finding.note)}", f"{links.en}{row}: {en.format(note=finding.note)}"
    )


def _links(finding: Finding) -> Said:
    if not finding.last:
        return Said("链外", "outside the chain")
    if finding.first == finding.last:
        return Said(f"第 {finding.first:,} 环", f"link {finding.first:,}")
    return Said(f"第 {finding.first:,}–{finding.last:,} 环", f"links {finding.first:,} to {finding.last:,}")
