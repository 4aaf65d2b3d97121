"""What somebody at a terminal can mend, told in three lines: what is wrong, where, what to do."""

from __future__ import annotations

from monitor.model.said import Said

__all__ = ["Said", "Trouble"]


class Trouble(Exception):  # noqa: N818 - the answer to a command, not a fault of the program
    """Why a command or a role cannot do what was asked. ``where`` never holds a password."""

    def __init__(self, what: Said, where: str | Said, advice: Said, language: str | None = None) -> None:
        self.where = where if isinstance(where, Said) else Said.same(where)
        super().__init__(f"{what.en}: {self.where.en}")
        self.what = what
        self.advice = advice
        self.language = language

    def lines(self) -> str:
        """The three lines for a terminal."""
        return "\n  ".join(said.told(self.language) for said in (self.what, self.where, self.advice))
