"""What people read on the dashboards: one table, ``words.yaml``, in Chinese and English."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

LANGUAGES: Final = ("zh", "en")
TABLE: Final = Path(__file__).with_name("words.yaml")

Table = dict[str, dict[str, str]]


def read_table(path: Path = TABLE) -> Table:
    """By key: ``zh`` and ``en``, and for what needs explaining ``zh_about`` and ``en_about``."""
    table: Table = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


class Words:
    """The words of one language. ``used`` are the keys that were asked for."""

    def __init__(self, language: str, table: Table) -> None:
        self.language = language
        self.used: set[str] = set()
        self._table = table

    def __call__(self, key: str) -> str:
        """The word for this. Raises KeyError where the table lacks it."""
        self.used.add(key)
        return self._table[key][self.language]

    def about(self, key: str) -> str:
        """What the number with this title says. Raises KeyError where the table does not say it."""
        self.used.add(key)
        return self._table[key][f"{self.language}_about"]
