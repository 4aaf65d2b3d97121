"""Files of a report that are as they were made, to be edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from report_kit import report

from monitor.ledger.signing import Signer
from monitor.reports.check import check_report
from monitor.reports.document import Proof
from monitor.reports.formats import BESIDE, beside, writer_of

REPORT = report(20)


def signed(signer: Signer, proof: Proof) -> Proof:
    return replace(proof, signature=signer.sign(proof.text()).hex())


def written(folder: Path, proof: Proof, form: str, language: str = "zh") -> Path:
    path = folder / f"report.{form}"
    writer_of(form)(REPORT, proof, language, path)
    if form in BESIDE:
        writer_of("json")(REPORT, proof, language, beside(path))
    return path


def places(path: Path, public: str | None = None) -> list[str]:
    return [flaw.place for flaw in check_report(path, public).flaws]
