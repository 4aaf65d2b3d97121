"""The real servers that tests talk to: those on PATH, else those that ``make tools`` put into .tools.

Nothing here is installed: Debian packages are unpacked below ``.tools/root`` and run from there with the
environment that :func:`env` gives.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent.parent
ROOT: Final = HERE / ".tools" / "root"
GET_THEM: Final = "make tools"


class ToolMissingError(AssertionError):
    """A test needs a real server that is not here; says how to get it. A failure, never a skip."""


@dataclass(frozen=True)
class Tool:
    """``packages`` are Debian's; ``programs`` and ``libraries`` what must be found and loadable in them."""

    packages: tuple[str, ...]
    programs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


TOOLS: Final[Mapping[str, Tool]] = {
    "mosquitto": Tool(("mosquitto",), programs=("mosquitto",)),
    "prometheus": Tool(("prometheus",), programs=("prometheus", "promtool")),
    "alertmanager": Tool(("prometheus-alertmanager",), programs=("prometheus-alertmanager", "amtool")),
    "fping": Tool(("fping",), programs=("fping",)),
    "redis": Tool(("redis-server", "redis-tools"), programs=("redis-server",)),
    "openssl": Tool(("openssl",), programs=("openssl",)),
    "gstreamer": Tool(
        (
            "libgstrtspserver-1.0-0",
            "libgstreamer1.0-0",
            "libgstreamer-plugins-base1.0-0",
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "liborc-0.4-0",
        ),
        libraries=("libgstrtspserver-1.0.so.0", "libgstreamer-1.0.so.0", "libgobject-2.0.so.0"),
        plugins=("coreelements", "audiotestsrc", "rtp", "rtpmanager", "udp", "app"),
    ),
}


def program_paths() -> str:
    """Where programs are looked for; servers live in sbin, which a user's PATH often lacks."""
    own = [str(ROOT / "usr" / "bin"), str(ROOT / "usr" / "sbin")]
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *own])


def library_folders() -> list[Path]:
    """Where the unpacked packages keep their shared libraries."""
    return sorted(ROOT.glob("usr/lib/*-linux-gnu*")) + sorted(ROOT.glob("lib/*-linux-gnu*"))


def find(name: str) -> Path:
    """The program of this name. Raises ToolMissingError."""
    path = shutil.which(name, path=program_paths())
    if path is None:
        raise ToolMissingError(f"{name} is neither on PATH nor in .tools: run `{GET_THEM}`")
    return Path(path)


def library(name: str) -> str:
    """What ``ctypes.CDLL`` takes for this soname: ours, else the system's. Raises ToolMissingError."""
    for folder in library_folders():
        if (folder / name).exists():
            return str(folder / name)
    stem = name.removeprefix("lib").partition(".so")[0]
    found = ctypes.util.find_library(stem)
    if found is None:
        raise ToolMissingError(f"{name} is neither installed nor in .tools: run `{GET_THEM}`")
    return found


def plugin(name: str) -> Path:
    """GStreamer's plugin of this name. Raises ToolMissingError."""
    folders = [*library_folders(), *Path("/usr/lib").glob("*-linux-gnu*"), Path("/usr/lib64")]
    for folder in folders:
        path = folder / "gstreamer-1.0" / f"libgst{name}.so"
        if path.exists():
            return path
    raise ToolMissingError(f"GStreamer's plugin {name} is neither installed nor in .tools: run `{GET_THEM}`")


def env() -> dict[str, str]:
    """The environment in which an unpacked program finds its libraries."""
    folders = [str(folder) for folder in library_folders()]
    inherited = os.environ.get("LD_LIBRARY_PATH", "")
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join([*folders, inherited]).strip(os.pathsep)}


def files_of(tool: Tool) -> list[Path]:
    """The files on disk that make up this tool. Raises ToolMissingError for the first that is not there."""
    libraries = [Path(library(name)) for name in tool.libraries]
    return [find(name) for name in tool.programs] + libraries + [plugin(name) for name in tool.plugins]
