"""The report on paper: the story as PDF/A, set by typst in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from monitor.reports.document import Proof, Report
from monitor.reports.paper import paper_of
from monitor.reports.story import story_of
from monitor.reports.typesetter import FONTS
from monitor.trouble import Said, Trouble

_PATIENCE: Final = 120.0
_CANNOT: Final = Said("无法生成 PDF", "the PDF cannot be made")


def write_pdf(report: Report, proof: Proof, language: str, path: Path) -> None:
    """Write the PDF. Raises Trouble where typesetter or font are not there or refuse, and OSError."""
    demand_typesetter(language)
    paper = json.dumps(paper_of(story_of(report, proof, language)), ensure_ascii=False)
    command = [sys.executable, "-m", "monitor.reports.typesetter", str(path), str(proof.made_at)]
    done = subprocess.run(
        command, input=paper, capture_output=True, text=True, timeout=_PATIENCE, check=False, encoding="utf-8"
    )
    if done.returncode:
        advice = Said("用 --format xlsx，并报告这一行", "use --format xlsx, and report this line")
        raise Trouble(_CANNOT, done.stderr.strip()[-300:], advice, language)


def demand_typesetter(language: str) -> None:
    """Raises Trouble where typesetter or font are not there."""
    if importlib.util.find_spec("typst") is None:
        advice = Said("安装 quanshi[pdf]，或用 --format xlsx", "install quanshi[pdf], or use --format xlsx")
        raise Trouble(_CANNOT, "typst", advice, language)
    fonts = files("monitor.reports") / FONTS
    if not any(name.name.endswith(".ttf") for name in (fonts.iterdir() if fonts.is_dir() else ())):
        advice = Said(
            "在源码目录运行 make fonts（发布的安装包中已有），或用 --format xlsx",
            "run make fonts in the source tree (released packages have it), or use --format xlsx",
        )
        raise Trouble(_CANNOT, str(fonts), advice, language)
