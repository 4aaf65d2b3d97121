"""Whether the file of a report is as it was made, and who vouches for it. Needs neither site nor ledger.

JSON holds the report and its proof. A workbook holds the same where nobody sees it, and every cell that
people see must follow from it. Beside a PDF or CSV lies the JSON (``report.pdf.json``), from which it is
made again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from monitor.ledger.signing import is_signed
from monitor.model.said import Said, SaidError
from monitor.reports.document import Proof, Report
from monitor.reports.edition import software, wording
from monitor.reports.formats import BESIDE, beside, writer_of
from monitor.reports.jsonform import DocumentError, digest_of_sections, read_document, sections_of
from monitor.reports.look import Cell
from monitor.reports.sheets import HIDDEN, Row, sheets_of
from monitor.reports.story import story_of

_NOT_OURS: Final = Said("不是本系统的报告", "no report of ours")
LANGUAGES: Final = ("zh", "en")
_LARGEST: Final = 500_000_000
_SHOWN: Final = 20


class NoReportError(SaidError):
    """The file is none of ours, or what belongs to it is missing. ``why`` says so without its place."""

    def __init__(self, path: Path, why: Said) -> None:
        super().__init__(Said(f"{path}：{why.zh}", f"{path}: {why.en}"))
        self.why = why


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it was made: where, and what is wrong there."""

    place: str
    what: Said


@dataclass(slots=True)
class Checked:
    """A report as it was found; ``flaws`` empty: as it was made, and signed by the key in ``proof``.

    ``reworded``: what people see in the file was not checked. Another version made it, which may have said
    things in other words; an edit could not be told from that.
    """

    report: Report
    proof: Proof
    reworded: bool = False
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
    checked.reworded = not _says_the_same(checked.proof, form)
    if checked.reworded:
        return checked
    if form == "xlsx":
        with _readable(path):
            checked.flaws += _cell_flaws(path, checked, text)
    else:
        checked.flaws += _file_flaws(path, form, checked)
    return checked


def _says_the_same(proof: Proof, form: str) -> bool:
    """Whether this program would write the same; of a PDF the typesetter makes the bytes."""
    return proof.wording == wording() and (form != "pdf" or proof.software == software())


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
        yield Flaw("proof", Said("不是这个密钥签的", "signed by another key than the one that was named"))
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


def _cell_flaws(path: Path, checked: Checked, text: str) -> Iterator[Flaw]:
    """Every cell that is not what the report in the same file says, up to a number of them."""
    book = _workbook(path)
    made = {
        language: list(sheets_of(story_of(checked.report, checked.proof, language), text))
        for language in LANGUAGES
    }
    language = max(LANGUAGES, key=lambda one: len({sheet.name for sheet in made[one]} & set(book.sheetnames)))
    names = [sheet.name for sheet in made[language]]
    for name in set(book.sheetnames) ^ set(names):
        missing = name in names
        yield Flaw(name, Said("缺少工作表", "the sheet is missing") if missing else _ADDED)
    count = 0
    for sheet in made[language]:
        if sheet.name in book.sheetnames:
            rows = [row for _, row in sheet.rows]
            for flaw in _sheet_flaws(sheet.name, rows, book[sheet.name].iter_rows(values_only=True)):
                count += 1
                if count > _SHOWN:
                    return
                yield flaw


_ADDED: Final = Said("多出的工作表", "the sheet is one too many")


def _sheet_flaws(name: str, rows: list[Row], found: Any) -> Iterator[Flaw]:
    from openpyxl.utils import get_column_letter

    for line, (made, there) in enumerate(zip_longest(rows, found, fillvalue=()), 1):
        for place, (wanted, value) in enumerate(zip_longest(made, there), 1):
            if not _same(wanted, value):
                cell = f"{name}!{get_column_letter(place)}{line}"
                zh = f"表中为 {_shown(value)}，应为 {_shown(wanted)}"
                yield Flaw(cell, Said(zh, f"says {_shown(value)}, should be {_shown(wanted)}"))


def _same(wanted: Cell, value: Any) -> bool:
    if isinstance(wanted, float | int) and isinstance(value, float | int):
        return abs(wanted - value) < 1e-9 * max(1.0, abs(wanted))
    if isinstance(wanted, datetime) and isinstance(value, datetime):
        return abs((wanted - value).total_seconds()) < 0.5
    return (wanted or None) == (value or None)


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value!s:.60}"


def _file_flaws(path: Path, form: str, checked: Checked) -> Iterator[Flaw]:
    """Made again in either language, it must be the same to the byte."""
    content = path.read_bytes()
    made = []
    for language in LANGUAGES:
        made.append(_made_again(writer_of(form), checked, language, path.name))
        if made[-1] == content:
            return
    if form == "csv":
        yield from _line_flaws(content, made[0])
    else:
        yield Flaw(
            path.name, Said("与重新生成的文件不同", "differs from what is made again from the same report")
        )


def _made_again(
    write: Callable[[Report, Proof, str, Path], None], checked: Checked, language: str, name: str
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="quanshi-verify-") as folder:
        again = Path(folder) / name
        write(checked.report, checked.proof, language, again)
        return again.read_bytes()


def _line_flaws(content: bytes, made: bytes) -> Iterator[Flaw]:
    pairs = zip_longest(made.splitlines(), content.splitlines(), fillvalue=b"")
    for line, (wanted, value) in enumerate(pairs, 1):
        if wanted != value:
            said, should = value[:80].decode(errors="replace"), wanted[:80].decode(errors="replace")
            yield Flaw(f"{line}", Said(f"为 {said}，应为 {should}", f"says {said}, should be {should}"))
            return
