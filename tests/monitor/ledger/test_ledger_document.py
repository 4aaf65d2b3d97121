"""docs/ledger.md is enough to check a ledger by somebody who does not have our program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from evidencekit import fill, make_aged, tamper, verified
from ledgerkit import file_of, url_of

from monitor.ledger import Ledger, Signer
from monitor.ledger.chain import FORMS, GENESIS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text()


def run_theirs(folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier of the document, without our packages."""
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT.split("## A verifier")[1], re.DOTALL)
    (folder / "theirs.py").write_text(program)
    command = [sys.executable, "-I", folder / "theirs.py", file_of(folder)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_columns_are_listed_in_the_order_of_the_code() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| `(.*)` \|$", DOCUMENT, re.MULTILINE))
    assert listed == {table: ", ".join(columns) for table, columns in FORMS.items()}


@pytest.mark.parametrize("aged", [False, True], ids=["whole", "its first month gone"])
async def test_their_verifier_and_ours_agree(tmp_path: Path, aged: bool) -> None:
    if aged:
        await make_aged(tmp_path)
    else:
        async with await Ledger.open(url_of(tmp_path)) as ledger:
            await fill(ledger, Signer.of(tmp_path))
    theirs = run_theirs(tmp_path)
    assert (theirs.returncode, theirs.stderr) == (0, "")
    ours = verified(tmp_path)
    assert theirs.stdout.split() == [str(ours.links), ours.hash]


async def test_their_verifier_finds_what_ours_finds(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await fill(ledger, Signer.of(tmp_path))
    whole = file_of(tmp_path).read_bytes()
    for statement in (
        "UPDATE changes SET at = at + 1 WHERE id = 2",
        "DELETE FROM refusals",
        "UPDATE decisions SET hash = '' WHERE action = 'approve'",
        "UPDATE head SET links = links + 1",
        "UPDATE sights SET start = start - 86400000 WHERE NOT sealed",
    ):
        file_of(tmp_path).write_bytes(whole)
        tamper(tmp_path, statement)
        assert run_theirs(tmp_path).returncode == 1, statement
        assert not verified(tmp_path).ok


def test_the_genesis_is_as_documented() -> None:
    assert "64 times the digit `0`" in DOCUMENT
    assert GENESIS == 64 * "0"
