"""How a process logs: readable lines on a terminal, JSON lines anywhere else; always to stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

from monitor.trouble import Trouble

_FIRST: Final = ("time", "level", "who", "event")
_BESIDE_EVENT: Final = "logger"
"""structlog's own key for what a terminal shows in brackets behind the event."""


def set_up(who: str) -> None:
    """From now on this process logs as ``who``, and so do the libraries in it (warnings and worse).

    Tracebacks are plain: the values of variables may be secret, and never belong into a log.
    """
    on_terminal = sys.stderr.isatty()
    stamp = structlog.processors.TimeStamper(
        fmt="%H:%M:%S" if on_terminal else "iso", utc=not on_terminal, key="time"
    )
    common: list[Processor] = [
        structlog.processors.add_log_level,
        stamp,
        _named(who, _BESIDE_EVENT if on_terminal else "who"),
    ]
    rendering = _for_people() if on_terminal else _for_programs()
    structlog.configure(
        processors=[*common, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over_libraries(common, rendering)


def complain(trouble: Trouble) -> None:
    """Tell why this process ends: three lines on a terminal, one line of JSON in a log."""
    if sys.stderr.isatty():
        print(trouble.lines(), file=sys.stderr)
        return
    log = structlog.get_logger(__name__)
    log.error("cannot run", what=trouble.what.en, where=trouble.where.en, advice=trouble.advice.en)


def _named(who: str, key: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event[key] = who
        return event

    return add


def _for_people() -> list[Processor]:
    colors = not os.environ.get("NO_COLOR")
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time", exception_formatter=plain)]


def _for_programs() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        _in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _in_order(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The same few keys first in every line: also JSON is read by people now and then."""
    return {**{key: event[key] for key in _FIRST if key in event}, **event}


def _take_over_libraries(common: Sequence[Processor], rendering: Sequence[Processor]) -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
