"""Why a role cannot run, in words for whoever can mend it.

The errors are named, not imported: a role loads only what it uses, and by the time one of them is
raised its module is there.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from monitor.model.said import reason, words_of
from monitor.trouble import Said, Trouble


class _Known(NamedTuple):
    module: str
    name: str
    what: Said
    advice: Said


_SEE_ABOVE: Final = Said("按上面一行处理后再启动", "start it again when what stands above is mended")
_KNOWN: Final = (
    _Known(
        "collectors.engine.limits",
        "LimitError",
        Said("允许打开的文件太少", "too few open files are allowed"),
        _SEE_ABOVE,
    ),
    _Known(
        "monitor.bus.source",
        "OutboxError",
        Said("采集的发件箱无法使用", "the collector's outbox cannot be used"),
        Said(
            "同一分片只能有一个采集进程：先停止另一个，或检查该文件的权限",
            "a shard has one collector: stop the other one, or see to the rights of that file",
        ),
    ),
    _Known(
        "monitor.bus.client",
        "BusError",
        Said("Redis 无法使用", "this Redis cannot be used"),
        Said("请改 site.yaml 中的 redis:", "change redis: in site.yaml"),
    ),
    _Known(
        "monitor.bus.embedded",
        "EmbeddedError",
        Said("内置服务器无法运行", "the embedded server cannot run"),
        _SEE_ABOVE,
    ),
    _Known(
        "monitor.ledger.errors", "LedgerError", Said("台账无法使用", "the ledger cannot be used"), _SEE_ABOVE
    ),
    _Known(
        "alerts.database",
        "DatabaseError",
        Said("告警的数据库无法使用", "the database of the alert role cannot be used"),
        _SEE_ABOVE,
    ),
)
_ADDRESS: Final = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
_LISTEN: Final = Said("无法监听该地址", "this address cannot be listened on")
_OTHER_PORT: Final = Said(
    "停止占用该端口的程序，或在 site.yaml 中改 listen:",
    "stop the program that listens there, or change listen: in site.yaml",
)


def expected() -> tuple[type[BaseException], ...]:
    """The errors by which the modules loaded so far say that somebody must act."""
    return (OSError, *(kind for kind, _ in _loaded()))


def is_for_people(error: BaseException) -> bool:
    """Whether somebody can mend this. Of an OSError only when it is about an address."""
    return not isinstance(error, OSError) or error.errno in _ADDRESS


def refusal(error: BaseException, place: str, language: str | None) -> Trouble:
    """What to tell people. ``place``: where the role listens."""
    if isinstance(error, OSError):
        why = reason(error)
        return Trouble(_LISTEN, Said(f"{place}：{why.zh}", f"{place}: {why.en}"), _OTHER_PORT, language)
    known = next(known for kind, known in _loaded() if isinstance(error, kind))
    return Trouble(known.what, words_of(error), known.advice, language)


def _loaded() -> Iterator[tuple[type[Exception], _Known]]:
    for known in _KNOWN:
        module = sys.modules.get(known.module)
        if module is not None:
            yield getattr(module, known.name), known
