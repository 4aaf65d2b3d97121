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
    "chromium": Tool(("chromium-headless-shell",), programs=("chromium-headless-shell",)),
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

AS_GOOD: Final[Mapping[str, tuple[str, ...]]] = {
    "chromium-headless-shell": ("chromium", "chromium-browser", "google-chrome"),
}
"""Programs of other names that do the same, where somebody has them."""

FONTS: Final = HERE / "tests" / "browser" / "fonts.conf"
"""What a browser writes with: the letters of the reports, which ``make fonts`` made, before the system's."""


def system_paths() -> str:
    """Where this system keeps programs; servers live in sbin, which a user's PATH often lacks."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def own_paths() -> str:
    """Where the unpacked ones are; Debian's ``bin/chromium*`` starts what an installed system has."""
    return os.pathsep.join(str(ROOT / "usr" / place) for place in ("lib/chromium", "bin", "sbin"))


def program_paths() -> str:
    """Where programs are looked for."""
    return os.pathsep.join([system_paths(), own_paths()])


def library_folders() -> list[Path]:
    """Where the unpacked packages keep their shared libraries."""
    # PulseAudio's library looks for its own second half in an installed system only.
    places = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio")
    return [folder for place in places for folder in sorted(ROOT.glob(place))]


def find(name: str) -> Path:
    """The program of this name, or one that is as good. Raises ToolMissingError."""
    for paths in (system_paths(), own_paths()):
        for each in (name, *AS_GOOD.get(name, ())):
            if path := shutil.which(each, path=paths):
                return Path(path)
    raise ToolMissingError(f"{name} is neither on PATH nor in .tools: run `{GET_THEM}`")


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
    """The environment in which an unpacked program finds its libraries, and a browser its letters."""
    folders = [str(folder) for folder in library_folders()]
    inherited = os.environ.get("LD_LIBRARY_PATH", "")
    libraries = os.pathsep.join([*folders, inherited]).strip(os.pathsep)
    return {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(FONTS)}


def files_of(tool: Tool) -> list[Path]:
    """The files on disk that make up this tool. Raises ToolMissingError for the first that is not there."""
    libraries = [Path(library(name)) for name in tool.libraries]
    return [find(name) for name in tool.programs] + libraries + [plugin(name) for name in tool.plugins]
