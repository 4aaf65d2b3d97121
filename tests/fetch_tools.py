"""Brings the real servers of tests/tools.py into .tools: ``make tools``.

Debian packages are fetched by ``apt-get download`` and unpacked by ``dpkg -x``: no root, nothing installed.
Package lists that are missing or too old are fetched into .tools as well. On a system without apt the
servers must be on PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tools import GET_THEM, HERE, ROOT, TOOLS, Tool, ToolMissingError, env, files_of

DEBS = HERE / ".tools" / "debs"
APT = HERE / ".tools" / "apt"
# apt would hand the download to its own user, who cannot write here.
APT_OPTIONS = ["-qq", "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1"]
OWN_LISTS = ["-o", f"Dir::State::lists={APT}/lists", "-o", f"Dir::Cache={APT}/cache"]


def main() -> int:
    """Exit status 0 when every tool is here and loads, else 1 with what is missing."""
    lacking = [name for name, tool in TOOLS.items() if complaint(tool)]
    if lacking and shutil.which("apt-get"):
        say(f"fetching {', '.join(lacking)} into .tools (some 90 MB the first time)")
        fetch([package for name in lacking for package in TOOLS[name].packages])
        fetch_what_they_need([name for name in lacking if complaint(TOOLS[name])])
    still = {name: complaint(TOOLS[name]) for name in lacking}
    for name, why in still.items():
        say(f"{name}: {why or 'here'}")
    if any(still.values()):
        say(f"put what is missing on PATH, or run `{GET_THEM}` on a Debian system that reaches its packages")
    return int(any(still.values()))


def complaint(tool: Tool) -> str:
    """Why this tool cannot be used; empty if it can."""
    try:
        files = files_of(tool)
    except ToolMissingError as error:
        return str(error)
    lacking = sorted({line for file in files if file.is_absolute() for line in unresolved(file)})
    return f"shared libraries missing: {', '.join(lacking)}" if lacking else ""


def unresolved(file: Path) -> Iterable[str]:
    """The shared libraries that this program or library needs and that are nowhere."""
    shown = subprocess.run(["ldd", file], env=env(), capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in shown.splitlines() if line.endswith("not found")]


def fetch_what_they_need(names: list[str]) -> None:
    """A bare machine lacks the libraries too: fetch all that apt would install beside these tools."""
    if not names:
        return
    wanted = [package for name in names for package in TOOLS[name].packages]
    plan = apt(["install", "--simulate", "--no-install-recommends", *wanted]).stdout
    fetch([line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")])


def fetch(packages: list[str]) -> None:
    """Download and unpack; what apt says goes to stderr if it fails."""
    shutil.rmtree(DEBS, ignore_errors=True)
    done = apt(["download", *packages])
    if done.returncode:
        say("the system's package lists will not do: fetching lists of our own")
        done = apt(["download", *packages], fresh_lists=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
    for deb in sorted(DEBS.glob("*.deb")):
        subprocess.run(["dpkg", "-x", deb, ROOT], check=True)
    shutil.rmtree(DEBS)


def apt(words: list[str], fresh_lists: bool = False) -> subprocess.CompletedProcess[str]:
    """Run apt-get inside DEBS; with lists of our own once they had to be fetched."""
    DEBS.mkdir(parents=True, exist_ok=True)
    if fresh_lists:
        for folder in ("lists/partial", "cache/archives/partial"):
            (APT / folder).mkdir(parents=True, exist_ok=True)
        # Some other repository of this machine may be out of reach: the download will show what counts.
        subprocess.run(["apt-get", *APT_OPTIONS, *OWN_LISTS, "update"], check=False)
    own = OWN_LISTS if APT.exists() else []
    command = ["apt-get", *APT_OPTIONS, *own, *words]
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, cwd=DEBS, env=environment, capture_output=True, text=True, check=False)


def say(text: str) -> None:
    print(f"tools: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
