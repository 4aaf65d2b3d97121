"""``quanshi report``: from the outside, with a ledger that knows one October."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli_talk import on_terminal, quanshi_here
from ledger_city import Past, is_proven, point, write_site

from monitor.config import Site
from monitor.ledger import Ledger
from monitor.model.observations import State
from monitor.model.timeline import Verdict
from monitor.reports.jsonform import read_document

UP, DOWN = State.UP, State.DOWN


async def _fill(site: Site) -> None:
    async with await Ledger.open(site.ledger_url) as ledger:
        past = Past(ledger)
        await past.uses(site, "09-15")
        await past.turned("a", ("09-15", UP), ("10-05", DOWN), ("10-06", UP))
        await past.turned("b", ("09-15", UP))
        await past.saw("09-15 to 11-02")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    nodes = [point("a"), point("b", region="440904100"), point("core", kind="switch", **{"class": ""})]
    asyncio.run(_fill(write_site(folder, nodes, invented="true")))
    return folder


def asked(site: Path, output: Path, *arguments: str) -> Any:
    done = quanshi_here("report", "--site", site, "-o", output, *(arguments or ("--period", "2026-10")))
    assert done.returncode == 0, done.stderr
    return done


def test_a_report_is_written_and_proven(site: Path, tmp_path: Path) -> None:
    done = asked(site, tmp_path / "october.json")
    report, proof, found = read_document((tmp_path / "october.json").read_text(encoding="utf-8"))
    assert is_proven(proof, found)
    assert (report.period, report.by, report.total.watches, report.invented) == ("2026-10", "county", 2, True)
    assert done.stdout.splitlines() == [
        str(tmp_path / "october.json"),
        "  完好率 98.38 %（98.38 % – 98.38 %），达标",
        f"  sha256 {proof.digest[:16]}… #1",
    ]
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["october.json"]


def test_the_same_question_gives_the_same_report(site: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        asked(site, tmp_path / f"{name}.json", "--from", "2026-10-01", "--to", "2026-10-31", "--by", "class")
    one, two = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "two"))
    assert one["report"] == two["report"]
    assert {name: one["proof"][name] for name in ("digest", "revision")} == {
        name: two["proof"][name] for name in ("digest", "revision")
    }


def test_the_table_that_was_asked_for_as_csv(site: Path, tmp_path: Path) -> None:
    options = ("--period", "2026-10-05", "--by", "node", "--scope", "region=茂南区", "--format", "csv")
    asked(site, tmp_path / "table", *options, "--scope", "all")
    with (tmp_path / "table").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["key"], row["verdict"], row["intact"]) for row in rows] == [
        ("a@video", "missed", "0.000000"),
        ("core@video", "no_statement", ""),
    ]


def test_a_region_alone_keeps_class_1_and_with_it_target_and_verdict(site: Path, tmp_path: Path) -> None:
    asked(site, tmp_path / "r.json", "--period", "2026-10", "--scope", "region=茂南区")
    report, _, _ = read_document((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report.scope == (("class", "1"), ("kind", "camera"), ("region", "440902"))
    assert (report.total.watches, report.total.target) == (1, 0.98)
    assert report.total.verdict is Verdict.MISSED


def test_every_format_can_be_written(site: Path, tmp_path: Path) -> None:
    asked(site, tmp_path / "r.xlsx")
    assert (tmp_path / "r.xlsx").read_bytes()[:2] == b"PK"


def test_in_english_on_a_terminal_it_shows_how_far_it_is(site: Path, tmp_path: Path) -> None:
    arguments = ("--site", site, "--period", "2026-10", "-o", tmp_path / "r.json", "--language", "en")
    status, shown = on_terminal("report", *arguments)
    assert status == 0
    assert "100%" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--from"),
        (("--period", "2026-10", "--from", "2026-10-01"), "--from"),
        (("--from", "2026-10-01"), "--from"),
        (("--period", "2026-13"), "日历中没有这个周期：2026-13"),
        (("--period", "2026-13", "--language", "en"), "not a period of the calendar: 2026-13"),
        (("--period", "october"), "不是周期：october（如 2026、2026-10、2026-W44、2026-10-05）"),
        (("--period", "2999"), "这段时间还没有开始"),
        (("--period", "2026-10", "--scope", "clas=1"), "是否应为“class”？"),
        (("--period", "2026-10", "--by", "firm"), "'firm' is not one of"),
    ],
)
def test_wrong_use_is_told(site: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.json", *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_an_ending_that_is_no_format_needs_one(site: Path, tmp_path: Path) -> None:
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.doc", "--period", "2026-10")
    assert done.returncode == 2
    assert "--format" in done.stderr


def test_a_scope_in_which_nobody_is_has_no_report(site: Path, tmp_path: Path) -> None:
    options = ("--period", "2026-10", "--scope", "contractor=丙公司")
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.json", *options)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "该范围和周期内没有监测项",
        "  --scope contractor=丙公司",
        "  检查范围与周期",
    ]
    assert list(tmp_path.iterdir()) == []


def test_where_it_cannot_be_written_nothing_is_left(site: Path, tmp_path: Path) -> None:
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "gone" / "r.json", "--period", "2026-10")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "报告无法写入"
    assert "Traceback" not in done.stderr


def recorded(site: Path) -> int:
    """How many reports the ledger says were made."""
    with closing(sqlite3.connect(site / "data" / "ledger.db")) as ledger:
        count: int = ledger.execute("SELECT count(*) FROM reports").fetchone()[0]
    return count


def test_a_report_that_cannot_be_set_was_never_made(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded(site)
    monkeypatch.setattr("monitor.reports.pdf.FONTS", "no-fonts")
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.pdf", "--period", "2026-10-07")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "无法生成 PDF")
    assert recorded(site) == before
    assert list(tmp_path.iterdir()) == []


def test_a_report_whose_writing_fails_was_never_made(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = recorded(site)
    monkeypatch.setattr("monitor.reports.xlsx.write_xlsx", full)
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.xlsx", "--period", "2026-10-08")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "报告无法写入")
    assert recorded(site) == before
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file_to_write(site: Path, tmp_path: Path) -> None:
    before = recorded(site)
    (tmp_path / "r.csv.json").mkdir()
    done = quanshi_here("report", "--site", site, "-o", tmp_path / "r.csv", "--period", "2026-10-09")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "报告无法写入")
    assert recorded(site) == before
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv.json"]


def test_without_a_ledger_there_is_no_report_and_no_ledger_either(tmp_path: Path) -> None:
    write_site(tmp_path, [point("a")], language="en")
    done = quanshi_here("report", "--site", tmp_path, "-o", tmp_path / "r.json", "--period", "2026-10")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "there is no ledger yet"
    assert list((tmp_path / "data").iterdir()) == []


def test_a_database_that_does_not_answer_is_told_with_what_to_see_to(tmp_path: Path) -> None:
    write_site(tmp_path, [point("a")], language="en", ledger="postgresql://quanshi@127.0.0.1:1/quanshi")
    done = quanshi_here("report", "--site", tmp_path, "-o", tmp_path / "r.json", "--period", "2026-10")
    assert done.returncode == 1
    first, *_, advice = done.stderr.splitlines()
    assert first == "the ledger cannot be used"
    assert advice.strip() == "see to the address, the login and the server"


def test_what_is_printed_is_in_the_language_asked_for(site: Path, tmp_path: Path) -> None:
    done = asked(site, tmp_path / "r.json", "--period", "2026-10", "--language", "en")
    assert done.stdout.splitlines()[1] == "  intact 98.38 % (98.38 % – 98.38 %), met"


def test_one_finding_is_one_finding(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    asked(site, path)
    path.write_text(path.read_text(encoding="utf-8").replace('"signature":"', '"signature":"00', 1))
    done = quanshi_here("verify", path, "--language", "en")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 finding")


def left_out(site: Path, day: str) -> None:
    """Four hours of a day, decided afterwards."""
    span = ("--from", f"{day} 01:00", "--to", f"{day} 05:00", "--reason", "planned_work")
    words = ("--all", *span, "--by", "甲", "--note", "割接", "--site", site, "--json")
    (one,) = json.loads(quanshi_here("maintenance", "add", *words).stdout)
    quanshi_here("maintenance", "approve", one["id"], "--by", "乙", "--site", site)


def test_a_report_is_computed_anew_and_what_comes_out_otherwise_is_named(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    asked(site, path, "--period", "2026-10-02")
    same = quanshi_here("verify", path, "--again", "--site", site, "--language", "en")
    left_out(site, "2026-10-02")
    other = quanshi_here("verify", path, "--again", "--site", site, "--language", "en")

    assert (same.returncode, other.returncode) == (0, 1)
    assert "  ! total: computed anew from ledger and settings as they are, differs" in other.stdout


def test_an_old_revision_is_told_to_be_one(site: Path, tmp_path: Path) -> None:
    """What was decided afterwards makes another report of the same month; the first stays what it is."""
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    asked(site, first, "--period", "2026-10-03")
    before = quanshi_here("verify", first, "--site", site, "--language", "en")
    left_out(site, "2026-10-03")
    asked(site, second, "--period", "2026-10-03")

    old = quanshi_here("verify", first, "--site", site, "--language", "en")
    new = json.loads(quanshi_here("verify", second, "--site", site, "--json").stdout)
    elsewhere = quanshi_here("verify", first, "--site", tmp_path, "--language", "en")

    assert (before.returncode, old.returncode, elsewhere.returncode) == (0, 0, 0)
    assert before.stdout.splitlines()[1].endswith("revision 1")
    assert old.stdout.splitlines()[1].endswith("revision 1; a newer one exists: 2")
    assert elsewhere.stdout.splitlines()[1].endswith("revision 1")
    assert (new["ok"], new["revision"], new["newest_revision"]) == (True, 2, 2)
