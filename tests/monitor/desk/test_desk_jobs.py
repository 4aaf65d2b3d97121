"""Reports on somebody's wish: made in turn, in a process of their own, as files that we name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ledger_city import Past, point, write_site
from waiting import until

from monitor.config import Site
from monitor.desk import checker, checking, jobs, papers
from monitor.desk.checking import UncheckableError
from monitor.desk.jobs import MOST_WAITING, Job, Jobs, Wanted
from monitor.desk.papers import KEPT, file_of, folder_of, prune
from monitor.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.model.observations import State
from monitor.reports.formats import writer_of
from monitor.reports.jsonform import read_document

OCTOBER = Wanted(("--period", "2026-10"), ("csv", "json"), "zh")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose ledger knows one October, and the report of it that a job made: ``made.json``."""
    site = write_site(tmp_path_factory.mktemp("site"), [point("a"), point("b")], invented="true")

    async def work() -> None:
        async with await Ledger.open(site.ledger_url) as ledger:
            past = Past(ledger)
            await past.uses(site, "09-15")
            await past.turned("a", ("09-15", State.UP), ("10-05", State.DOWN), ("10-06", State.UP))
            await past.turned("b", ("09-15", State.UP))
            await past.saw("09-15 to 11-02")

    asyncio.run(work())
    return site


@pytest.fixture(scope="module")
def made(city: Site) -> Job:
    async def work() -> Job:
        async with working(Jobs(lambda: city)) as desk:
            job = desk.ask(OCTOBER)
            assert job is not None
            return await done(job)

    return asyncio.run(work())


@asynccontextmanager
async def working(desk: Jobs) -> AsyncIterator[Jobs]:
    task = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def done(job: Job) -> Job:
    async with asyncio.timeout(60):
        while job.state in ("waiting", "making"):
            await asyncio.sleep(0.02)
    return job


def test_one_report_is_made_in_all_its_forms_at_once(city: Site, made: Job) -> None:
    assert (made.state, made.error, made.share, made.revision) == ("made", "", 1.0, 1)
    assert [Path(name).suffix for name in made.files] == [".csv", ".json"]
    csv, document_name = made.files
    kept = papers.papers(city, made.files[:1])
    assert [paper.name for paper in kept] == [csv, f"{csv}.json", document_name]
    assert [paper.form for paper in kept] == ["csv", "json", "json"]
    document = json.loads((folder_of(city) / document_name).read_text())
    assert document["proof"]["digest"] == made.digest
    assert folder_of(city).stat().st_mode & 0o777 == 0o700


async def check(site: Site, name: str, content: bytes, key: str | None) -> checking.Found:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(content)
        return await checking.check_upload(site, name, file, key)


async def test_it_is_right_as_it_lies_there_and_wrong_once_it_was_touched(city: Site, made: Job) -> None:
    key = Signer.of(city.data).public
    for name in made.files:
        content = (folder_of(city) / name).read_bytes()
        assert (await check(city, name, content, key)).flaws == (), name
        # One digit that people read, turned into another.
        other = content.replace(b"2026-10", b"2026-11", 1)
        assert (await check(city, name, other, key)).flaws, name


async def test_it_is_held_against_the_revisions_that_the_ledger_knows(city: Site, made: Job) -> None:
    found = await check(city, "r.json", (folder_of(city) / made.files[1]).read_bytes(), None)
    other = replace(found, digest="0" * 64)
    elsewhere = replace(other, question={**found.question, "site": "another"})
    async with await Ledger.open(city.ledger_url) as ledger:
        held = [await checking.held_against(ledger, each) for each in (found, other, elsewhere)]

    assert [each.newest for each in held] == [1, 1, None]
    assert [[flaw.what.en for flaw in each.flaws] for each in held] == [
        [],
        ["revision 1 in the ledger is not this report"],
        [],
    ]


async def test_it_is_not_believed_by_another_ledger(city: Site, made: Job, tmp_path: Path) -> None:
    content = (folder_of(city) / made.files[1]).read_bytes()

    flaws = (await check(city, "r.json", content, Signer.of(tmp_path).public)).flaws

    assert [flaw.place for flaw in flaws] == ["proof"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.json", b"", "no report"),
        ("r.json", b"{}", "no report"),
        ("r.json", b"[" * 100_000, "no report"),
        ("r.json", b"\xff\xfe", "no report of ours"),
        ("r.xlsx", b"no zip", "no workbook"),
        ("r.xlsx", b"PK\x03\x04", "can be read"),
        ("r.pdf", b"%PDF-1.7", "there is no r.pdf.json here"),
        ("../../../etc/passwd.csv", b"", "there is no ../../../etc/passwd.csv.json here"),
        ("周报.csv", b"", "upload that instead"),
    ],
)
async def test_what_cannot_be_checked_is_told_without_saying_where_we_keep_things(
    city: Site, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(UncheckableError) as raised:
        await check(city, name, content, None)

    assert words in raised.value.said.en
    assert raised.value.said.zh != raised.value.said.en
    assert str(city.data) not in f"{raised.value.said.zh}{raised.value.said.en}"


def test_a_workbook_is_counted_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bombs import large

    monkeypatch.setattr(checker, "UNPACKED", 1_000_000)
    (tmp_path / "r.xlsx").write_bytes(large(2))

    assert "unpacks to more than 1 MB" in checker.answer(tmp_path / "r.xlsx", None)["refused"][1]


async def test_a_check_that_comes_to_no_end_is_ended(city: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PATIENCE", 0.001)
    with pytest.raises(UncheckableError, match="too much time"):
        await check(city, "r.json", b"{}", None)


async def test_a_check_that_is_ended_leaves_nothing_outside_of_its_folder(
    city: Site, made: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, upload = tmp_path / "shared", tmp_path / "upload"
    shared.mkdir()
    upload.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    report, proof, _ = read_document((folder_of(city) / made.files[1]).read_text())
    writer_of("xlsx")(report, proof, "zh", upload / "file")

    checked = asyncio.create_task(checking.check_upload(city, "r.xlsx", upload / "file", None))
    await until(lambda: list(tmp_path.rglob("quanshi-verify-*")))
    checked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checked

    assert list(shared.iterdir()) == []


async def test_a_check_that_breaks_down_is_told_as_one(city: Site, tmp_path: Path) -> None:
    """As where it needs more memory than it may have."""
    (tmp_path / "file").mkdir()
    with pytest.raises(UncheckableError, match="or memory"):
        await checking.check_upload(city, "r.json", tmp_path / "file", None)


async def test_what_cannot_be_made_says_why_and_the_next_is_made_all_the_same(city: Site) -> None:
    scopes = ("contractor=\0", "x" * 200_000)
    wishes = [("--period", "2026-10", "--scope", scope) for scope in scopes]
    async with working(Jobs(lambda: city)) as desk:
        asked = [desk.ask(Wanted(words, ("json",), "zh")) for words in (*wishes, ("--period", "1999-01"))]
        failed = [await done(job) for job in asked if job is not None]

    assert [(job.state, job.files) for job in failed] == [("failed", ())] * 3
    assert "null byte" in failed[0].error
    assert failed[1].error == "Argument list too long"
    assert failed[2].error.startswith("该范围和周期内没有监测项")
    assert not [path for job in failed for path in folder_of(city).glob(f"*{job.id}*")]


async def test_one_that_takes_too_long_is_given_up(city: Site) -> None:
    async with working(Jobs(lambda: city, patience=0.01)) as desk:
        job = desk.ask(OCTOBER)
        assert job is not None
        await done(job)

    assert (job.state, job.error) == ("failed", "超过 0 秒未完成")


async def test_one_that_is_interrupted_says_so_and_what_waits_goes_on_waiting(city: Site) -> None:
    desk = Jobs(lambda: city)
    first, second = desk.ask(OCTOBER), desk.ask(OCTOBER)
    assert first is not None
    assert second is not None
    async with working(desk):
        async with asyncio.timeout(10):
            while first.state == "waiting":
                await asyncio.sleep(0)

    assert (first.state, first.error) == ("failed", "已中断")
    assert second.state == "waiting"


async def test_only_so_many_wait(city: Site) -> None:
    desk = Jobs(lambda: city)

    assert all(desk.ask(OCTOBER) for _ in range(MOST_WAITING))
    assert desk.ask(OCTOBER) is None


async def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    site = write_site(tmp_path, [point("a")])
    folder_of(site).write_text("no folder")

    async with working(Jobs(lambda: site)) as desk:
        job = desk.ask(OCTOBER)
        assert job is not None
        await done(job)

    assert (job.state, job.error) == ("failed", "已存在")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../ledger.db",
        "../site.json",
        "..%2Fsite.json",
        "/etc/passwd.json",
        "a/b.json",
        "a\\b.json",
        ".hidden.json",
        "-rf.json",
        "r.json\n",
        "r.json\0",
        "r.db",
        "r",
        "报告.json",
        "r.JSON",
        "x" * 200 + ".json",
        "link.json",
        "folder.json",
        "absent.json",
    ],
)
def test_only_files_of_reports_are_found_by_name(tmp_path: Path, name: str) -> None:
    site = write_site(tmp_path, [point("a")])
    folder = folder_of(site)
    folder.mkdir()
    (site.data / "site.json").write_text("secret")
    (folder / "r.json").write_text("{}")
    (folder / ".hidden.json").write_text("{}")
    (folder / "link.json").symlink_to(site.data / "site.json")
    (folder / "folder.json").mkdir()

    assert file_of(site, "r.json") == folder / "r.json"
    assert file_of(site, name) is None


def test_the_oldest_that_were_made_on_wish_go_and_those_of_the_months_stay(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        (tmp_path / f"20261001T{number:06d}-0123456789ab.json").touch()
    (tmp_path / "2026-09.json").touch()

    prune(tmp_path)

    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == KEPT + 1
    assert "2026-09.json" in left
    assert left[1] == "20261001T000002-0123456789ab.json"


async def test_jobs_that_are_long_done_are_forgotten(city: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "REMEMBERED", 1)
    desk = Jobs(lambda: city)
    first, second = desk.ask(OCTOBER), desk.ask(OCTOBER)

    assert first is not None
    assert second is not None
    assert desk.get(first.id) is None
    assert desk.get(second.id) is second
