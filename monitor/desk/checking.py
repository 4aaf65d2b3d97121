"""A report's file that somebody hands in: checked by the same code as ``quanshi verify REPORT``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from monitor.config import Site
from monitor.desk.packed import ZIP, PackedError, demand_bounded
from monitor.desk.papers import file_of
from monitor.model.said import Said, SaidError
from monitor.reports.check import Checked, NoReportError, check_report
from monitor.reports.formats import BESIDE, FORMATS, beside

LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a file that is handed in."""

_UNPACKED: Final = 400_000_000
"""Bytes of a workbook when it is unpacked: that of 100,000 nodes takes about 200 MB."""

_ROWS: Final = 5_000_000


class UncheckableError(SaidError):
    """What was handed in cannot be checked: says why."""


def is_form(name: str) -> bool:
    """Whether a file of this name may be that of a report."""
    return _form(name) in FORMATS


def check_upload(site: Site, name: str, content: bytes, key: str | None) -> Checked:
    """Check a file that was called ``name``, which :func:`is_form`. ``key``: the only one believed, in hex.

    A PDF or CSV is checked by the JSON that lies beside the file of this name in ``data/reports``. Takes
    seconds for a large one. Raises UncheckableError, and OSError.
    """
    form = _form(name)
    try:
        if content.startswith(ZIP):
            demand_bounded(content, unpacked=_UNPACKED, rows=_ROWS)
        with tempfile.TemporaryDirectory(dir=site.data, prefix=".verify-") as folder:
            path = Path(folder) / f"report.{form}"
            path.write_bytes(content)
            if form in BESIDE:
                shutil.copyfile(_proof(site, name), beside(path))
            return check_report(path, key)
    except PackedError as error:
        raise UncheckableError(
            Said(f"工作簿不可用：{error.said.zh}", f"this workbook {error.said.en}")
        ) from error
    except NoReportError as error:
        why = error.why  # the file's place here is nobody's business
        raise UncheckableError(Said(f"无法核验：{why.zh}", f"this is no report of ours: {why.en}")) from error


def _proof(site: Site, name: str) -> Path:
    found = file_of(site, f"{name}.json")
    if found is None:
        zh = f"本系统没有 {name}.json，无法核对；请改为上传该 JSON"
        en = f"there is no {name}.json here by which it could be checked: upload that instead"
        raise UncheckableError(Said(zh, en))
    return found


def _form(name: str) -> str:
    return Path(name).suffix.removeprefix(".").lower()
