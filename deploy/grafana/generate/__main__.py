"""Writes the dashboards and what Grafana needs to find them: ``python -m deploy.grafana.generate``."""

from __future__ import annotations

import argparse
from pathlib import Path

from deploy.grafana.generate.files import HERE, WALL, everything


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana.generate", description=__doc__)
    parser.add_argument("--wall", default=WALL, help="address of Quanshi's pages as a browser reaches them")
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to")
    asked = parser.parse_args()
    for name, text in everything(asked.wall).items():
        path: Path = asked.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
