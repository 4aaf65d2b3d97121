"""The Prometheus text format by hand, for families with a sample for every watch.

The lines below are valid in text 0.0.4 and in OpenMetrics 1.0 alike: gauges only, no timestamps, one
``# HELP`` and ``# TYPE`` line before the samples of a family, which stand together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def labels(pairs: Mapping[str, str]) -> bytes:
    """A set of labels, left open for more: ``{node="a",network="video"``."""
    inside = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in pairs.items())
    return ("{" + inside).encode("utf-8", "replace")


def label(name: str, value: str) -> bytes:
    """One more label for an open set."""
    return f',{name}="{value.translate(_ESCAPES)}"'.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A family of gauges. ``help`` is one line without backslashes."""

    name: bytes
    help: bytes

    def render(self, samples: Iterable[bytes]) -> bytes:
        """The whole family; each sample is all that follows the name: labels, value, newline."""
        return self.family(self.lines(samples))

    def lines(self, samples: Iterable[bytes]) -> bytes:
        """Samples without the head of their family."""
        return self.name.join([b"", *samples])

    def family(self, lines: bytes) -> bytes:
        """Lines with the head. No sample, no family: an empty one would be noise."""
        head = b"# HELP %b %b\n# TYPE %b gauge\n" % (self.name, self.help, self.name)
        return head + lines if lines else b""


def prefers_openmetrics(accept: str) -> bool:
    """Whether an Accept header likes OpenMetrics at least as much as the older text."""
    best = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.lower().split(";"))
        if media in best:
            best[media] = max(best[media], _quality(parameters))
    openmetrics = best["application/openmetrics-text"]
    return openmetrics > 0 and openmetrics >= best["text/plain"]


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (``gzip;q=0`` forbids it)."""
    for part in accept_encoding.split(","):
        coding, *parameters = (piece.strip() for piece in part.lower().split(";"))
        if coding == "gzip":
            return _quality(parameters) > 0
    return False


def _quality(parameters: Iterable[str]) -> float:
    """The ``q`` of a header's element; 1 without one, 0 for one that is no number."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
