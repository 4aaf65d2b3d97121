"""``sim`` as people and programs use it: a real process and its control."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli_talk import COMMAND, environment


@contextmanager
def simulated(*arguments: object, temporary: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``sim`` with these arguments, and what it said when it was ready."""
    command = [*COMMAND, "sim", "--json", *map(str, arguments)]
    more = environment(TMPDIR=str(temporary))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=more) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def ask(control: str, **request: object) -> dict[str, Any]:
    """One line to the control, one back."""
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rw") as stream:
        connection.connect(control)
        stream.write(json.dumps(request) + "\n")
        stream.flush()
        answer: dict[str, Any] = json.loads(stream.readline())
    return answer
