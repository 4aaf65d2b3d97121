"""The parts of a Markdown page that our documents use: headings, names, rows of tables, code, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATTERNS = ("*.md", "docs/*.md", "deploy/**/*.md")
PAGES = sorted({str(page.relative_to(ROOT)) for pattern in PATTERNS for page in ROOT.glob(pattern)})
"""Every page, by its path in the repository."""

FENCE = "```"
HEADING = re.compile(r"(#+) (.+)")
NAME = re.compile(r"`([^`]+)`")
NUMBER = re.compile(r"\d[\d.,]*\d")  # one digit may be a word in the other language
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
REMARK = re.compile(r"(?<=\S)(  | +#).*|^ {12,}.*")
ARROWS = re.compile("[─▶└├]")


@dataclass(frozen=True)
class Section:
    """What stands under one heading, up to the next of any level."""

    level: int
    title: str
    lines: tuple[str, ...]

    @cached_property
    def names(self) -> set[str]:
        """All that is in backticks, also over the end of a line, but for Chinese words."""
        return names_in("\n".join(prose(self.lines)))

    @cached_property
    def rows(self) -> list[list[set[str]]]:
        """For each row of its tables, the names and numbers in each cell."""
        rows = (line.replace(r"\|", "¦") for line in prose(self.lines) if line.startswith("|"))
        return [
            [names_in(cell) | set(NUMBER.findall(cell)) for cell in row.strip("|").split("|")] for row in rows
        ]

    @cached_property
    def code(self) -> list[str]:
        """The lines of its blocks of code without remarks: what is the same in every language."""
        return [bare for line in coded(self.lines) if (bare := without_remark(line))]


def sections(path: Path) -> list[Section]:
    """The page by its headings. What stands before the first one is dropped."""
    found: list[tuple[int, str, list[str]]] = []
    within = False
    for line in path.read_text(encoding="utf-8").splitlines():
        within ^= line.startswith(FENCE)
        heading = None if within else HEADING.fullmatch(line)
        if heading:
            found.append((len(heading[1]), heading[2], []))
        elif found:
            found[-1][2].append(line)
    return [Section(level, title, tuple(lines)) for level, title, lines in found]


def prose(lines: tuple[str, ...]) -> list[str]:
    """The lines that are in no block of code."""
    kept, within = [], False
    for line in lines:
        within ^= line.startswith(FENCE)
        if not within and not line.startswith((FENCE, "    ")):
            kept.append(line)
    return kept


def coded(lines: tuple[str, ...]) -> list[str]:
    """The lines of blocks of code, with their fences."""
    found, within = [], False
    for line in lines:
        within ^= (fence := line.startswith(FENCE))
        if fence or within:
            found.append(line)
        elif line.startswith("    "):
            found.append(line[4:])
    return found


def without_remark(line: str) -> str:
    """The line up to the words beside it, which may fill it. Of a drawing, which arrows it has."""
    if ARROWS.search(line):
        return "".join(sorted(set(ARROWS.findall(line))))
    return REMARK.sub("", line).rstrip()


def names_in(text: str) -> set[str]:
    """What is in backticks there. A name that is no ASCII is a word of one language."""
    return {" ".join(name.split()) for name in NAME.findall(text) if name.isascii()}


def links(path: Path) -> list[str]:
    """Where the page leads to, but for addresses elsewhere."""
    text = "\n".join(prose(tuple(path.read_text(encoding="utf-8").splitlines())))
    return [target for target in LINK.findall(text) if "://" not in target]


def is_there(page: Path, link: str) -> bool:
    """Whether there is the file that this link of the page names, and the heading in it."""
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not heading or heading in map(anchor, sections(target)))


def anchor(section: Section) -> str:
    """What its heading is called in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-")
