"""A folder with the files of a site, for tests to fill and to load."""

from __future__ import annotations

from pathlib import Path

from monitor.config import ConfigError, Site, load_site

SITE = "site: maoming\nnetworks:\n  video: {name: 视频专网}\n  police: {name: 公安网}\n"
NODES = "id,kind,network,address\ncam-1,camera,video,10.0.0.1\n"


def told(*mistakes: tuple[str, ...]) -> str:
    """Mistakes as a terminal shows them, each given as its lines."""
    return "\n".join("\n  ".join(lines) for lines in mistakes)


class Folder:
    """Holds a small valid site until a test writes something else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("site.yaml", SITE)
        self.write("nodes.csv", NODES)

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> Path:
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def site(self, more: str) -> Folder:
        """The small site.yaml with these lines below it, so that they begin in line 5."""
        self.write("site.yaml", SITE + more)
        return self

    def nodes(self, *rows: str, heading: str = "id,kind,network,address") -> Folder:
        """The node table with this heading in line 1 and these rows from line 2 on."""
        self.write("nodes.csv", "\n".join((heading, *rows, "")))
        return self

    def load(self) -> Site:
        return load_site(self.path / "site.yaml")

    def complaint(self) -> str:
        """All mistakes as a terminal shows them; fails when there are none."""
        try:
            site = self.load()
        except ConfigError as error:
            return str(error)
        raise AssertionError(f"no mistake was found in {site}")
