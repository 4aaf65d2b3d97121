"""Log lines: for people on a terminal, for programs anywhere else."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

from cli_talk import environment, plain

PROGRAM = """
import logging, structlog
from monitor.logs import complain, set_up
from monitor.trouble import Said, Trouble
set_up("monitor")
log = structlog.get_logger("any.module")
log.debug("too small to be told")
log.info("looking", watches=6, name="茂名")
logging.getLogger("alembic").info("of a library, and small")
logging.getLogger("asyncio").warning("of a library: %s", "slow")
complain(Trouble(Said("坏", "bad"), "here", Said("修", "mend it"), "zh"))
def fail(password):
    raise ValueError("no")
try:
    fail("geheim")
except ValueError:
    log.exception("failed")
"""


def test_logs_for_programs_are_json_lines_with_utc_times() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment(), timeout=60
    )

    assert done.stdout == ""
    looking, library, complaint, failed = map(json.loads, done.stderr.splitlines())
    assert list(looking)[:4] == ["time", "level", "who", "event"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", looking["time"])
    assert (looking["who"], looking["watches"], looking["name"]) == ("monitor", 6, "茂名")
    assert "茂名" in done.stderr
    assert (library["level"], library["event"]) == ("warning", "of a library: slow")
    assert (complaint["what"], complaint["where"], complaint["advice"]) == ("bad", "here", "mend it")
    assert failed["exception"].startswith("Traceback")
    assert "geheim" not in failed["exception"].replace('fail("geheim")', "")
    assert "\x1b" not in done.stderr


def test_logs_on_a_terminal_are_lines_that_people_read() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=theirs, env=environment()) as process:
        process.wait(60)
    os.close(theirs)
    shown = plain(os.read(ours, 65536).decode()).replace("\r\n", "\n")
    os.close(ours)

    looking, library, *rest = shown.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d \[info +\] looking +\[monitor\] name=茂名 watches=6", looking)
    assert "of a library: slow" in library
    assert rest[:3] == ["坏", "  here", "  修"]
    assert "password" not in shown.replace("fail(password)", "")
