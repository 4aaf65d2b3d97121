"""``quanshi verify REPORT``: the file, the ledger that it rests on, and the same report made once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.config import Site
from monitor.ledger.chain import ChainHead
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import fingerprint_of
from monitor.model.times import format_time
from monitor.reports.build import Question, report
from monitor.reports.check import Checked
from monitor.reports.document import Proof, Report
from monitor.reports.flaws import Flaw
from monitor.reports.gather import gather
from monitor.reports.jsonform import report_to_json, sections_of
from monitor.reports.windows import Window
from monitor.trouble import Said

_NOW_OTHERWISE = Said(
    "按现有台账与设置重新计算，结果不同", "computed anew from ledger and settings as they are, differs"
)


def head_of(checked: Checked) -> ChainHead:
    """What the ledger had as its end when the report was made."""
    return ChainHead(checked.proof.links, checked.proof.head)


async def computed_anew(site: Site, checked: Checked) -> list[Flaw]:
    """The parts that come out otherwise when the same question is asked of the ledger of ``site`` today.

    Late facts and corrections make such differences too: then a new revision of the report is due. Raises
    LedgerError and WindowError.
    """
    made = checked.report
    window = Window(made.start, made.end, made.period_end, ZoneInfo(made.zone), made.period)
    async with await Ledger.open(site.ledger_url) as ledger:
        facts = await gather(ledger, site, window, checked.proof.made_at, linked=True)
    # Cut where the report was cut: what is known by now of the time after it is another question.
    facts = replace(facts, window=replace(facts.window, end=made.end))
    again = report(facts, Question(made.by, made.scope))
    was, now = _sections(made), _sections(again)
    return [Flaw(name, _NOW_OTHERWISE) for name in sorted(was) if was[name] != now.get(name)]


def _sections(of: Report) -> dict[str, str]:
    return sections_of(report_to_json(of))


def told(checked: Checked, path: Path, language: str) -> Iterator[str]:
    """The lines for a terminal, the answer last."""
    proof = checked.proof
    key = fingerprint_of(proof.key) if _is_hex(proof.key) else "?"
    newer = _newer(checked)
    lines = [
        Said(f"报告 {path}", f"report {path}"),
        Said(
            f"  摘要 {proof.digest}，修订 {proof.revision}{newer.zh}",
            f"  digest {proof.digest}, revision {proof.revision}{newer.en}",
        ),
        Said(
            f"  生成于 {format_time(proof.made_at)}，台账第 {proof.links:,} 环，密钥 {key}",
            f"  made {format_time(proof.made_at)}, ledger at link {proof.links:,}, key {key}",
        ),
        *(
            Said(f"  ! {flaw.place}：{flaw.what.zh}", f"  ! {flaw.place}: {flaw.what.en}")
            for flaw in checked.flaws
        ),
        *([_reworded(proof)] if checked.reworded else []),
        Said(f"发现 {len(checked.flaws)} 处不符", f"{len(checked.flaws)} {_noun(checked)}")
        if checked.flaws
        else Said("与生成时相符，签名有效", "as it was made, and the signature is valid"),
    ]
    yield from (line.told(language) for line in lines)


def _newer(checked: Checked) -> Said:
    newest = checked.newest
    if newest is None or newest <= checked.proof.revision:
        return Said("", "")
    return Said(f"，已有更新的修订 {newest}", f"; a newer one exists: {newest}")


def _noun(checked: Checked) -> str:
    return "finding" if len(checked.flaws) == 1 else "findings"


def _reworded(proof: Proof) -> Said:
    zh, en = (proof.software or unnamed for unnamed in ("较早的版本", "an older version"))
    return Said(
        f"  由 {zh} 生成，文字不同：已核对数字、摘要与签名，未核对文件中显示的文字",
        f"  made by {en}, words differ: its figures, digest and signature were checked, its wording was not",
    )


def _is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False


def as_document(checked: Checked, path: Path) -> dict[str, Any]:
    """The same for programs."""
    proof = checked.proof
    return {
        "ok": not checked.flaws,
        "report": str(path),
        "digest": proof.digest,
        "revision": proof.revision,
        "newest_revision": checked.newest,
        "links": proof.links,
        "head": proof.head,
        "key": proof.key,
        "software": proof.software,
        "cells_checked": not checked.reworded,
        "flaws": [{"place": flaw.place, "what": flaw.what.en} for flaw in checked.flaws],
    }
