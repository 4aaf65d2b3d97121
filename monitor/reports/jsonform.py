"""The report for programs, and what its digest is taken of.

A document is ``{"proof": …, "report": …, "sections": …}`` in canonical form: UTF-8, keys in order, no spaces.
``sections`` names the SHA-256 of each part of ``report`` in that form, and the digest is the SHA-256 of
``sections``. Nothing of when or by whom it was made stands in there, so the same report made again has the
same digest; whoever changes a figure in it changes the digest, and the sections tell where.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from monitor.model.said import Said, SaidError
from monitor.model.timeline import Rate, Verdict
from monitor.reports.codec import MILLION, Coder, Derived, Schema
from monitor.reports.document import (
    SCHEMA,
    Budget,
    Figures,
    Proof,
    Repairs,
    Report,
    Snapshots,
)

_SHARE: Final[Schema] = {"anyOf": [{"type": "integer", "description": "millionths"}, {"type": "null"}]}
_SPAN: Final[Schema] = {"anyOf": [{"type": "integer", "description": "milliseconds"}, {"type": "null"}]}
_RATE: Final[Schema] = {
    "type": "object",
    "description": "A share with its bounds, in millionths, cut off.",
    "properties": {"value": _SHARE, "low": _SHARE, "high": _SHARE},
    "required": ["value", "low", "high"],
    "additionalProperties": False,
}


class DocumentError(SaidError):
    """A text that is no report: says what is wrong with it."""


def millionths(share: float | None) -> int | None:
    """Cut off and not rounded: what misses a target must never read as if it reached it."""
    return None if share is None else int(share * MILLION + 1e-6)


def _rate(rate: Rate) -> dict[str, int | None]:
    return {"value": millionths(rate.value), "low": millionths(rate.low), "high": millionths(rate.high)}


def _whole(span: float | None) -> int | None:
    return None if span is None else round(span)


_CODER: Final = Coder(
    {
        Figures: (
            Derived("intact", lambda figures: _rate(figures.intact), _RATE),
            Derived("online", lambda figures: _rate(figures.parts.online), _RATE),
            Derived("own_fault", lambda figures: _rate(figures.parts.own_fault), _RATE),
            Derived("coverage", lambda figures: millionths(figures.parts.coverage), _SHARE),
            Derived("verdict", lambda figures: figures.verdict.value, {"enum": list(Verdict)}),
            Derived("mean_between_faults", lambda figures: _whole(figures.between), _SPAN),
        ),
        Snapshots: (Derived("rate", lambda snapshots: millionths(snapshots.rate), _SHARE),),
        Repairs: (Derived("mean", lambda repairs: _whole(repairs.mean), _SPAN),),
        Budget: (Derived("left", lambda budget: round(budget.left * MILLION), {"type": "integer"}),),
        Report: (Derived("complete", lambda report: report.complete, {"type": "boolean"}),),
    }
)


def report_to_json(report: Report) -> dict[str, Any]:
    """Plain data, in which only texts, whole numbers, booleans and None stand."""
    data: dict[str, Any] = _CODER.codec(Report).encode(report)
    return data


def report_from_json(data: Any) -> Report:
    """The report that was written as this. Raises DocumentError."""
    report: Report = _decoded(Report, data)
    return report


def proof_from_json(data: Any) -> Proof:
    """Raises DocumentError."""
    proof: Proof = _decoded(Proof, data)
    return proof


def _no(part: str, error: Exception) -> DocumentError:
    """``part``: of the format, as a program calls it."""
    why = f"{part}: {type(error).__name__}: {error}"
    return DocumentError(Said(f"内容不符合报告格式（{why}）", f"not in the form of a report ({why})"))


def _decoded(kind: type[Any], data: Any) -> Any:
    try:
        return _CODER.codec(kind).decode(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # It may be anybody's file: whatever is wrong with it is one kind of error.
        raise _no(kind.__name__.lower(), error) from error


def canonical(data: Any) -> bytes:
    """The one form of plain data that digests are taken of."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def sections_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The digest of each part of the ``report`` of a document."""
    return {key: sha256(canonical(part)).hexdigest() for key, part in data.items()}


def digest_of(data: Mapping[str, Any]) -> str:
    """64 hex digits, of the ``report`` of a document."""
    return digest_of_sections(sections_of(data))


def digest_of_sections(sections: Mapping[str, Any]) -> str:
    """The same, where only the digests of the parts are known."""
    return sha256(canonical(sections)).hexdigest()


def digest(report: Report) -> str:
    """64 hex digits that are the same for the same report."""
    return digest_of(report_to_json(report))


def document_of(report: Report, proof: Proof) -> str:
    """The report with its proof as one line of JSON."""
    proven: dict[str, Any] = _CODER.codec(Proof).encode(proof)
    told = report_to_json(report)
    return canonical({"proof": proven, "report": told, "sections": sections_of(told)}).decode()


def read_document(text: str) -> tuple[Report, Proof, str]:
    """The report and the proof of a document, and the digest that its report really has.

    Raises DocumentError. That the digests agree is for the caller to compare.
    """
    try:
        data = json.loads(text)
        report, proof = data["report"], data["proof"]
        found = digest_of(report)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no("document", error) from error
    return report_from_json(report), proof_from_json(proof), found


def write_json(report: Report, proof: Proof, _language: str, path: Path) -> None:
    """Write the document. Raises OSError where that cannot be done."""
    path.write_text(document_of(report, proof) + "\n", encoding="utf-8")


def schema() -> Schema:
    """The JSON schema of documents (draft 2020-12), as it is published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": (
            "A report of Quanshi. Moments are RFC 3339 in UTC, spans milliseconds, shares millionths. "
            "sections holds the SHA-256 of each part of report as JSON in UTF-8 with keys in order and no "
            "spaces; proof.digest is the SHA-256 of sections in the same form."
        ),
        "type": "object",
        "properties": {
            "report": {"$ref": "#/$defs/Report"},
            "proof": {"$ref": "#/$defs/Proof"},
            "sections": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["report", "proof", "sections"],
        "additionalProperties": False,
        "$defs": {**_CODER.definitions(Proof), **_CODER.definitions(Report)},
    }


if __name__ == "__main__":
    print(json.dumps(schema(), ensure_ascii=False, indent=2))
