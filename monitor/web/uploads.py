"""A file that is handed in: on disk before anybody looks into it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from monitor.desk.spool import TooLargeError
from monitor.desk.turns import BusyError
from monitor.model.said import reason
from monitor.web.dispatch import too_large
from monitor.web.endpoints import Call, Refused

WITHIN: Final = 300.0
"""Seconds that handing in a file may take."""


@asynccontextmanager
async def uploaded(call: Call[Any, Any], most: int) -> AsyncIterator[Path]:
    """The body as a file, alone in its folder, and gone in the end.

    Raises Refused: 408 for one that takes too long, 413 beyond ``most`` bytes, 429 while the same account
    hands in another or too many do, 503 where it cannot be written.
    """
    if (call.request.content_length or 0) > most:
        raise too_large(most)
    async with AsyncExitStack() as stack:
        yield await _taken(stack, call, most)


async def _taken(stack: AsyncExitStack, call: Call[Any, Any], most: int) -> Path:
    taking = call.context.spool.taken(call.who.account, call.request.content.iter_any(), most)
    try:
        async with asyncio.timeout(WITHIN):
            return await stack.enter_async_context(taking)
    except BusyError as error:
        raise Refused(429, "正在上传的文件过多", "too many files are handed in just now", after=10) from error
    except TooLargeError as error:
        raise too_large(most) from error
    except TimeoutError as error:
        raise Refused(408, "上传用时过长", "handing it in took too long") from error
    except OSError as error:
        why = reason(error)
        raise Refused(503, f"无法写入：{why.zh}", f"it cannot be written: {why.en}", after=60) from error
