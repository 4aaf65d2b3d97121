"""The benchmark says what it could not measure, and goes on with the rest."""

from __future__ import annotations

import run
from measure import Figure, NotMeasuredError, at_most, micros


def lonely(folder):
    """One figure, and then something was wrong."""
    yield Figure("before", (1e-6,), micros)
    raise NotMeasuredError("process 7 ended while it was measured")


def good(folder):
    """One figure within its budget."""
    yield Figure("after", (1e-6,), micros, at_most(2e-6, micros))


def ends_with(monkeypatch, *names: str) -> int:
    monkeypatch.setattr("sys.argv", ["bench", *names])
    monkeypatch.setattr(run, "SCENARIOS", {"lonely": lonely, "good": good})
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    return run.main()


def test_all_within_their_budgets_is_success(monkeypatch, capsys) -> None:
    assert ends_with(monkeypatch, "good") == 0
    assert "1 figures, 1 with a budget, 0 over it" in capsys.readouterr().out


def test_a_scenario_that_fails_says_why_and_the_next_is_measured(monkeypatch, capsys) -> None:
    assert ends_with(monkeypatch, "lonely", "good") == 1
    said = capsys.readouterr().out
    assert "FAILED: process 7 ended while it was measured" in said
    assert "2 figures, 1 with a budget, 0 over it" in said
    assert "FAILED, with figures missing: lonely" in said
