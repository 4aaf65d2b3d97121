"""``python -m monitor.desk.checker FILE [KEY]``: the other side of :mod:`monitor.desk.checking`.

Says in JSON what was found, or why nothing can be. Whatever else goes wrong is an exit other than 0.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from monitor.desk.packed import PackedError, demand_bounded, is_packed
from monitor.model.said import Said
from monitor.reports.check import NoReportError, check_report
from monitor.reports.make import question_of

UNPACKED: Final = 400_000_000
"""Bytes of a workbook when it is unpacked: that of 100,000 nodes takes about 200 MB."""

_ROWS: Final = 5_000_000
_MEMORY: Final = 4 * 1024**3
"""Bytes of addresses that it may use: for each 1,000 nodes of a report it takes about 15 MB."""

_NICE: Final = 10


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.nice(_NICE)
    path, key = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    json.dump(answer(path, key), sys.stdout)


def answer(path: Path, key: str | None) -> dict[str, Any]:
    """What is to be said of a file. Raises OSError, and MemoryError."""
    try:
        with path.open("rb") as file:
            if is_packed(file):
                demand_bounded(file, unpacked=UNPACKED, rows=_ROWS)
        found = check_report(path, key)
    except PackedError as error:
        return _refused(Said(f"工作簿不可用：{error.said.zh}", f"this workbook {error.said.en}"))
    except NoReportError as error:
        why = error.why  # the file's place here is nobody's business
        return _refused(Said(f"无法核验：{why.zh}", f"this is no report of ours: {why.en}"))
    return {
        "flaws": [(flaw.place, flaw.what.zh, flaw.what.en) for flaw in found.flaws],
        "question": question_of(found.report),
        "revision": found.proof.revision,
        "digest": found.proof.digest,
        "made_at": found.proof.made_at,
        "reworded": found.reworded,
    }


def _refused(said: Said) -> dict[str, Any]:
    return {"refused": (said.zh, said.en)}


if __name__ == "__main__":
    main()
