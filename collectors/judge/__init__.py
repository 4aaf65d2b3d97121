"""Observations of one watch → its changes. Pure: no I/O, no clock; time comes in with what was seen."""

from collectors.judge.judge import Judge
from collectors.judge.rules import Rules
from collectors.judge.terms import NOTHING, Decision, Remembered
from collectors.judge.track import Track

__all__ = ["NOTHING", "Decision", "Judge", "Remembered", "Rules", "Track"]
