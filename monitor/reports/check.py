"""Whether the file of a report is as it was made, and who vouches for it. Needs neither site nor ledger.

JSON holds the report and its proof. A workbook holds the same where nobody sees it; beside a PDF or CSV lies
the JSON (``report.pdf.json``). From that each file is made again, and must be the same.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from monitor.ledger.signing import is_signed
from monitor.model.said import Said, SaidError
from monitor.reports import table_check
from monitor.reports.document import Proof, Report
from monitor.reports.edition import software, wording
from monitor.reports.flaws import Flaw
from monitor.reports.formats import BESIDE, beside, writer_of
from monitor.reports.jsonform import DocumentError, digest_of_sections, read_document, sections_of
from monitor.reports.sheets import HIDDEN, sheets_of
from monitor.reports.story import story_of

_NOT_OURS: Final = Said("不是本系统的报告", "no report of ours")
LANGUAGES: Final = ("zh", "en")
_LARGEST: Final = 500_000_000


class NoReportError(SaidError):
    """The file is none of ours, or what belongs to it is missing. ``why`` says so without its place."""

    def __init__(self, path: Path, why: Said) -> None:
        super().__init__(Said(f"{path}：{why.zh}", f"{path}: {why.en}"))
        self.why = why


@dataclass(slots=True)
class Checked:
    """A report as it was found; ``flaws`` empty: as it was made, and signed by the key in ``proof``.

    ``reworded``: the words that people see in the file were not checked, only its figures. Another
    version made it, which may have said things in other words; an edit could not be told from that.
    ``newest``: the latest revision of the same question that a ledger knows; None: none was asked, or knows.
    """

    report: Report
    proof: Proof
    reworded: bool = False
    newest: int | None = None
    flaws: list[Flaw] = field(default_factory=list)


def check_report(path: Path, public: str | None = None) -> Checked:
    """Check the file. ``public``: the only key believed, in hex. Raises NoReportError, and OSError."""
    if path.stat().st_size > _LARGEST:
        raise NoReportError(path, Said("比任何报告都大", "larger than any report"))
    form = path.suffix.removeprefix(".").lower()
    try:
        text = _workbook_text(path) if form == "xlsx" else _document_text(path, form)
        checked = Checked(*read_document(text)[:2])
    except DocumentError as error:
        raise NoReportError(path, error.said) from error
    checked.flaws += _proof_flaws(json.loads(text), checked.proof, public)
    if form == "json":
        return checked
    ours = _says_the_same(checked.proof, form)
    if form == "pdf" and not ours:
        checked.flaws.append(Flaw(path.name, _UNCHECKED))
        return checked
    with tempfile.TemporaryDirectory(prefix="quanshi-verify-") as folder:
        if form == "xlsx":
            with _readable(path):
                _check_workbook(path, Path(folder), checked, text, ours=ours)
        else:
            _check_bytes(path, form, Path(folder), checked, ours=ours)
    return checked


_UNCHECKED: Final = Said(
    "由另一版本生成：数字、摘要与签名已核对，本文件显示的内容无法由本版本核对",
    "made by another version: figures, digest and signature are checked, but what this file shows cannot be "
    "checked by this one",
)


_OTHER_KEY: Final = Said("不是所信任的密钥签的", "signed by another key than the one that is believed")


def _says_the_same(proof: Proof, form: str) -> bool:
    """Whether this program would write the same file; of all but CSV others make the bytes with it."""
    return proof.wording == wording() and (form == "csv" or proof.software == software())


def _check_workbook(path: Path, folder: Path, checked: Checked, text: str, *, ours: bool) -> None:
    from monitor.reports import workbook_check

    made = {
        language: list(sheets_of(story_of(checked.report, checked.proof, language), text))
        for language in LANGUAGES
    }
    there = set(_workbook(path).sheetnames)
    language = max(LANGUAGES, key=lambda one: len({sheet.name for sheet in made[one]} & there))
    again = folder / path.name
    writer_of("xlsx")(checked.report, checked.proof, language, again)
    if workbook_check.same_parts(path, again):
        return
    if ours:
        checked.flaws += workbook_check.differences(path, again, made[language])
    else:
        checked.reworded = True
        checked.flaws += workbook_check.other_figures(path, made[language])


def _check_bytes(path: Path, form: str, folder: Path, checked: Checked, *, ours: bool) -> None:
    """Made again in either language, it must be the same to the byte; another version's CSV cell by cell."""
    content = path.read_bytes()
    made = []
    for language in LANGUAGES:
        again = folder / f"{language}.{form}"
        writer_of(form)(checked.report, checked.proof, language, again)
        made.append(again.read_bytes())
        if made[-1] == content:
            return
    if form == "csv" and ours:
        checked.flaws += table_check.first_difference(content, made[0])
    elif form == "csv":
        checked.reworded = True
        checked.flaws += table_check.other_cells(content, made[0])
    else:
        zh, en = "与重新生成的文件不同", "differs from what is made again from the same report"
        checked.flaws.append(Flaw(path.name, Said(zh, en)))


def _document_text(path: Path, form: str) -> str:
    document = beside(path) if form in BESIDE else path
    if not document.exists():
        name = path.name
        said = Said(f"缺少此文件，核对 {name} 需要它", f"is missing, and {name} is checked by it")
        raise NoReportError(document, said)
    try:
        return document.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NoReportError(document, _NOT_OURS) from error


def _proof_flaws(document: Mapping[str, Any], proof: Proof, public: str | None) -> Iterator[Flaw]:
    """Which parts were changed, and whether the signature holds."""
    if public is not None and proof.key != public:
        yield Flaw("proof", _OTHER_KEY)
    if not is_signed(proof.text(), proof.signature, proof.key):
        yield Flaw("proof", Said("签名无效", "the signature is not valid"))
    found, signed = sections_of(document["report"]), document.get("sections")
    if digest_of_sections(found) == proof.digest:
        return
    if not isinstance(signed, Mapping) or digest_of_sections(signed) != proof.digest:
        yield Flaw("sections", Said("内容与摘要不符", "the content is not what the digest was taken of"))
        return
    for name in sorted(found.keys() | signed.keys()):
        if found.get(name) != signed.get(name):
            yield Flaw(name, Said("被改动", "was changed"))


def _workbook(path: Path) -> Any:
    from openpyxl import load_workbook

    with _readable(path):
        return load_workbook(path, read_only=True)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raises NoReportError for a workbook that turns out to be broken while it is read."""
    from monitor.config.workbook import BROKEN

    try:
        yield
    except BROKEN as error:
        raise NoReportError(path, Said("不是工作簿", "no workbook")) from error


def _workbook_text(path: Path) -> str:
    book = _workbook(path)
    if HIDDEN not in book.sheetnames:
        raise NoReportError(path, _NOT_OURS)
    with _readable(path):
        return "".join(str(row[0]) for row in book[HIDDEN].iter_rows(values_only=True) if row and row[0])
