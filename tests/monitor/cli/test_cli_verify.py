"""``quanshi verify`` as an auditor uses it: with a copied ledger, without our system."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli_talk import quanshi, quanshi_here
from rich.cells import cell_len
from small_site import camera, write_site

from monitor.ledger import Ledger, Signer
from monitor.model.events import Change, Event, EventId
from monitor.model.observations import Cause, State

T0 = 1_795_392_000_000


async def record(data: Path, changes: int = 5) -> None:
    data.mkdir(exist_ok=True)
    async with await Ledger.open(f"sqlite+aiosqlite:///{data / 'ledger.db'}") as ledger:
        for n in range(1, changes + 1):
            change = Change(f"cam-{n}", "video", State.UP, State.DOWN, T0 + n, None, T0 + n, Cause.TIMEOUT)
            event = Event(EventId("video-0of1", 1, n), "maoming", T0, change)
            await ledger.append("ledger", "facts", f"{n}-1", [event], recorded_at=T0 + n)
        await ledger.checkpoint(Signer.of(data), T0 + 100)


def tamper(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "ledger.db")) as owner:
        owner.executescript(f"DROP TRIGGER changes_update; DROP TRIGGER changes_delete; {statement}")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("recorded")
    asyncio.run(record(data))
    return data


@pytest.fixture
def copied(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the file alone, as somebody takes it along on a stick."""
    shutil.copy(recorded / "ledger.db", tmp_path)
    return tmp_path / "ledger.db"


def test_a_copied_ledger_needs_no_site_and_no_key(copied: Path, recorded: Path) -> None:
    done = quanshi("verify", "--ledger", copied, cwd=copied.parent)

    assert (done.returncode, done.stderr) == (0, "")
    first, chain, signature, answer = done.stdout.splitlines()
    assert first == f"台账 {copied}"
    assert chain.startswith("  链：6 环，末环散列 ")
    assert f"第 6 环，2026-11-23T00:00:00.100Z，密钥 {Signer.of(recorded).fingerprint}" in signature
    assert answer == "全部相符"


def test_it_speaks_english_and_to_programs(copied: Path, recorded: Path) -> None:
    english = quanshi_here("verify", "--ledger", copied, "--language", "en")
    document = json.loads(quanshi_here("verify", "--ledger", copied, "--json").stdout)

    assert english.stdout.splitlines()[-1] == "all is as it was recorded"
    assert document["ok"] is True
    assert (document["links"], document["findings"], document["open_sights"]) == (6, [], 0)
    key = Signer.of(recorded).fingerprint
    assert document["signed"] == {"link": 6, "at": "2026-11-23T00:00:00.100Z", "key": key}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh", "  ! 第 3 环 changes 3：与前一环接不上：本行被改动，或其前有行被删除、插入"),
        (
            "en",
            "  ! link 3 changes 3: does not follow: changed, or a row before it was removed or inserted",
        ),
    ],
)
def test_a_changed_row_is_named_and_the_answer_is_no(copied: Path, language: str, line: str) -> None:
    tamper(copied.parent, "UPDATE changes SET new = 'up' WHERE id = 3")

    done = quanshi_here("verify", "--ledger", copied, "--language", language)

    assert done.returncode == 1
    assert line in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] in ("发现 1 处不符", "1 finding")


def test_many_findings_are_counted(tmp_path: Path) -> None:
    asyncio.run(record(tmp_path, 40))
    tamper(tmp_path, "UPDATE changes SET cause = 'ok'")

    shown = quanshi_here("verify", "--ledger", tmp_path / "ledger.db", "--language", "en").stdout.splitlines()

    assert shown[-2:] == ["  … 20 more", "40 findings"]


def test_the_ledger_of_a_site_is_verified_in_its_language(tmp_path: Path) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language="en")
    asyncio.run(record(tmp_path / "data"))

    done = quanshi_here("verify", "--site", site)

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == f"ledger {tmp_path / 'data' / 'ledger.db'}"


def test_another_key_than_the_one_that_signed_is_not_believed(
    copied: Path, recorded: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Signer.of(tmp_path / "other")

    right = quanshi_here("verify", "--ledger", copied, "--key", recorded / "ledger.pub")
    wrong = quanshi_here(
        "verify", "--ledger", copied, "--key", tmp_path / "other" / "ledger.pub", "--language", "en"
    )

    assert right.returncode == 0
    assert wrong.returncode == 1
    assert f"nothing is signed by the key {other.fingerprint}" in wrong.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ledger", "missing.db"),
        ("--ledger", "ledger.db", "--key", "missing.pub"),
        ("--ledger", "ledger.db", "--key", "."),
    ],
)
def test_what_is_not_there_is_wrong_use(copied: Path, arguments: tuple[str, ...]) -> None:
    done = quanshi("verify", *arguments, cwd=copied.parent)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_key_file_without_a_key_is_wrong_use(copied: Path, recorded: Path, tmp_path: Path) -> None:
    for key in (recorded / "ledger.key", copied):
        assert quanshi_here("verify", "--ledger", copied, "--key", key).returncode == 2


def test_a_file_that_is_no_ledger_is_told_in_three_lines(tmp_path: Path) -> None:
    (tmp_path / "odd.db").write_text("not a database at all" * 400)

    done = quanshi_here("verify", "--ledger", tmp_path / "odd.db", "--language", "en")

    assert done.returncode == 1
    what, where, advice = done.stderr.splitlines()
    assert what == "the ledger cannot be verified"
    assert "odd.db" in where
    assert advice.strip() == "keep this file, and try another copy"


def test_each_line_without_a_hash_fits_a_terminal(copied: Path) -> None:
    tamper(copied.parent, "DELETE FROM changes WHERE id > 3")
    for language in ("zh", "en"):
        shown = quanshi_here("verify", "--ledger", copied, "--language", language).stdout
        assert max(cell_len(line) for line in shown.splitlines()) <= 110


def test_only_the_key_beside_the_ledger_is_believed(copied: Path, recorded: Path, tmp_path: Path) -> None:
    shutil.copy(recorded / "ledger.pub", tmp_path)
    assert quanshi_here("verify", "--ledger", copied).returncode == 0

    other = tmp_path / "other"
    other.mkdir()
    name = Signer.of(other).fingerprint
    shutil.copy(other / "ledger.pub", tmp_path)
    done = quanshi_here("verify", "--ledger", copied, "--language", "en")

    assert done.returncode == 1
    assert f"  ! links 1 to 6: nothing is signed by the key {name}" in done.stdout.splitlines()
    assert quanshi_here("verify", "--ledger", copied, "--key", recorded / "ledger.pub").returncode == 0


def test_what_waits_for_its_signature_is_told_with_since_when(copied: Path) -> None:
    async def go_on() -> None:
        async with await Ledger.open(f"sqlite+aiosqlite:///{copied}") as ledger:
            for n, at in ((6, T0 + 1000), (7, T0 + 9_000_000)):
                change = Change("cam-1", "video", State.UP, State.DOWN, at, None, at, Cause.TIMEOUT)
                event = Event(EventId("video-0of1", 1, n), "maoming", at, change)
                await ledger.append("ledger", "facts", f"{n}-1", [event], recorded_at=at)

    asyncio.run(go_on())
    done = quanshi_here("verify", "--ledger", copied, "--language", "en")

    assert done.returncode == 1
    assert "  ! links 7 to 8: not signed yet, since 2026-11-23T00:00:01.000Z" in done.stdout.splitlines()
