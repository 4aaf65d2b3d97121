"""Which login must not be tried where: counted by device, remembered without the login itself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from collectors.locks import Locks, Use, lock_key
from collectors.protocols.login import REJECTED, UNANSWERED, WITHHELD
from monitor.config import Credential

SECRET = "s3cret-Pa55word"
KEY = bytes(range(32))


def test_a_refusal_ends_when_the_place_uses_another_login() -> None:
    logins = {"one": Credential("admin", "a"), "two": Credential("admin", "b")}
    locks = Locks(logins, {}, KEY)
    memory = {key: str(value) for node in "abc" for key, value in locks.refuse(f"{node}/rtsp", "one").items()}
    assert locks.exhausted("one")
    assert locks.instead("d/rtsp", "one") is WITHHELD
    assert locks.instead("a/rtsp", "two") is None
    again = Locks(logins, memory, KEY)
    assert again.instead("a/rtsp", "one") is REJECTED
    used = {"a/rtsp": Use("two", "a"), "b/rtsp": Use("one", "b"), "c/rtsp": Use("one", "c")}
    assert again.renew(logins, used) == {"lock:a/rtsp": None}
    assert not again.exhausted("one")
    assert again.instead("b/rtsp", "one") is REJECTED
    assert again.instead("d/rtsp", "one") is None


def test_devices_are_counted_and_not_their_probes() -> None:
    logins = {"one": Credential("admin", "a")}
    used = {
        f"{node}/{probe}": Use("one", node[0])
        for node in ("a1", "a2", "b1", "c1")
        for probe in ("rtsp", "http")
    }
    locks = Locks(logins, {}, KEY)
    locks.renew(logins, used)
    for place in ("a1/rtsp", "a1/http", "a2/rtsp", "b1/rtsp"):
        locks.refuse(place, "one")
    assert not locks.exhausted("one")
    assert locks.instead("a2/http", "one") is WITHHELD
    assert locks.instead("c1/rtsp", "one") is None
    locks.refuse("c1/http", "one")
    assert locks.exhausted("one")


def test_a_login_without_an_answer_locks_its_place_alone_and_counts_for_no_other() -> None:
    logins = {"one": Credential("admin", "a")}
    locks = Locks(logins, {}, KEY)
    memory: dict[str, str] = {}
    for node in "abcd":
        memory |= {
            key: str(value) for key, value in locks.refuse(f"{node}/rtsp", "one", unanswered=True).items()
        }
    for known in (locks, Locks(logins, memory, KEY)):
        assert known.instead("a/rtsp", "one") is UNANSWERED
        assert known.instead("a/http", "one") is None
        assert not known.exhausted("one")
    assert (
        locks.renew({"one": Credential("admin", "new")}, {"a/rtsp": Use("one", "a")}).keys() == memory.keys()
    )


def test_what_is_remembered_of_a_login_is_not_the_login() -> None:
    locks = Locks({"one": Credential("admin", SECRET)}, {}, KEY)
    memory = locks.refuse("cam/rtsp", "one")
    assert memory.keys() == {"lock:cam/rtsp"}
    assert SECRET not in str(memory)


def test_what_is_remembered_can_only_be_guessed_with_the_key_of_its_data_directory(tmp_path: Path) -> None:
    login = {"one": Credential("admin", SECRET)}
    here, there = lock_key(tmp_path / "here"), lock_key(tmp_path / "there")

    memory = Locks(login, {}, here).refuse("cam/rtsp", "one")

    assert Locks(login, {}, there).refuse("cam/rtsp", "one") != memory
    kept = tmp_path / "here" / "locks.key"
    assert (len(kept.read_bytes()), stat.S_IMODE(kept.stat().st_mode)) == (32, 0o600)
    assert [path.name for path in kept.parent.iterdir()] == ["locks.key"]


def test_after_a_restart_the_key_is_the_same(tmp_path: Path) -> None:
    login = {"one": Credential("admin", SECRET)}
    memory = Locks(login, {}, lock_key(tmp_path)).refuse("cam/rtsp", "one")

    again = Locks(login, {key: str(value) for key, value in memory.items()}, lock_key(tmp_path))

    assert again.refused("cam/rtsp", "one")


def test_collectors_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lock_key, [tmp_path] * 8))

    assert keys == {lock_key(tmp_path)}


def test_a_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "locks.key").write_bytes(b"")

    assert len(lock_key(tmp_path)) == 32
