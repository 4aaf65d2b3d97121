from __future__ import annotations

from protocol_talk import target

from collectors.protocols import PROTOCOLS
from monitor.model.observations import Cause


def test_to_be_connected_is_answer_enough() -> None:
    asker = PROTOCOLS["tcp"].make(target("tcp", port=8000))
    first = asker.begin(fresh=True)
    assert first == asker.begin(fresh=False)
    assert first.cause is Cause.OK


def test_a_greeting_changes_nothing() -> None:
    asker = PROTOCOLS["tcp"].make(target("tcp", port=22))
    asker.begin(fresh=True)
    assert asker.receive(b"SSH-2.0-dropbear\r\n").cause is Cause.OK
    assert asker.closed().cause is Cause.RESET
