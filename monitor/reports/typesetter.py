"""Sets the printed report, in a process of its own: big tables take memory that a role must not keep.

    python -m monitor.reports.typesetter REPORT.pdf < paper.json

Exit 1 with one line on stderr when it cannot be set; then no file is written.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

FONTS = "fonts"


def typeset(paper: str, made_at: datetime, path: Path) -> None:
    """Write the PDF (PDF/A-2b, fonts embedded). Raises RuntimeError when anything is amiss, and OSError."""
    import typst

    with as_file(files("monitor.reports")) as folder:
        content, warnings = typst.compile_with_warnings(
            str(folder / "report.typ"),
            format="pdf",
            font_paths=[str(folder / FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"story": paper},
            pdf_standards=["a-2b"],
            timestamp=made_at,
        )
    if warnings:  # a missing font is only a warning there, and a page of boxes here
        raise RuntimeError(str(warnings[0]).splitlines()[0])
    path.write_bytes(content)


def main() -> int:
    paper = sys.stdin.read()
    try:
        typeset(paper, datetime.fromtimestamp(int(sys.argv[2]) // 1000, UTC), Path(sys.argv[1]))
    except (RuntimeError, OSError) as error:  # typst's own errors are RuntimeErrors
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
