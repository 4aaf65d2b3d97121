"""Reports over the API: looked at, made, fetched, and held against their proof."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from api_kit import NOBODY, Desk
from ledger_city import Past

from monitor.desk.jobs import Job, Wanted
from monitor.desk.papers import folder_of
from monitor.model.actions import Outcome
from monitor.model.observations import State

OCTOBER = {"period": "2026-10"}


@pytest.fixture
async def past(desk: Desk) -> Desk:
    """Both cameras were watched in October; the one of 440904 was down for a day."""
    filled = Past(desk.ledger)
    await filled.uses(desk.site, "09-15")
    await filled.turned("cam-1", ("09-15", State.UP))
    await filled.turned("cam-2", ("09-15", State.UP), ("10-05", State.DOWN), ("10-06", State.UP))
    await filled.saw("09-15 to 11-02")
    return desk


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """Files lie in the folder of reports."""
    folder = folder_of(desk.site)
    folder.mkdir()
    for name in ("2026-10.json", "2026-10.xlsx", "2026-10.pdf", "2026-10.pdf.json"):
        (folder / name).write_bytes(name.encode())
    (desk.site.data / "secret.json").write_text("secret")
    return desk


async def test_figures_are_shown_before_a_report_is_made_and_nothing_is_kept(past: Desk) -> None:
    shown = await past.post("/reports/preview", {**OCTOBER, "language": "zh"}, "looker")

    assert "2026-10" in shown["title"]
    assert "2026 年 10 月" in shown["sentence"]
    total = shown["total"]
    assert (total["watches"], total["target"], total["verdict"]) == (2, 0.98, "met")
    assert total["low"] <= total["intact"] <= total["high"]
    assert total["down_hours"] == pytest.approx(24, abs=0.1)
    assert [(row["name"], row["watches"], row["outages"]) for row in shown["rows"]] == [
        ("茂南区", 1, 0),
        ("电白区", 1, 1),
    ]
    assert await past.ledger.reports() == []


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"by": "node"}, ["cam-1", "cam-2"]),
        ({"by": "network"}, ["video"]),
        ({"scope": ["region=440904"]}, ["440904"]),
        ({"scope": ["node=cam-1"], "by": "node"}, ["cam-1"]),
        ({"period": None, "since": "2026-10-05", "until": "2026-10-05", "by": "node"}, ["cam-1", "cam-2"]),
    ],
)
async def test_figures_are_of_what_is_asked_for(past: Desk, change: dict[str, Any], keys: list[str]) -> None:
    shown = await past.post("/reports/preview", {**OCTOBER, **change})

    assert sorted(row["key"] for row in shown["rows"]) == keys


@pytest.mark.parametrize("path", ["/reports", "/reports/preview"])
async def test_what_no_report_can_be_made_of_is_refused(past: Desk, path: str) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "give a period, or both"),
        ({**OCTOBER, "since": "2026-10-01", "until": "2026-10-02"}, "give a period, or both"),
        ({"since": "2026-10-01"}, "give a period, or both"),
        ({"period": "October"}, "not a period"),
        ({"period": "2026-13"}, "not a period of the calendar"),
        ({"since": "2026-10-05", "until": "2026-10-01"}, "ends before it begins"),
        ({"since": "x", "until": "2026-10-01"}, "neither a day nor a moment"),
        ({"since": "2020-01-01", "until": "2026-10-01"}, "400 days at most"),
        ({**OCTOBER, "by": "colour"}, "body.by"),
        ({**OCTOBER, "scope": ["colour=red"]}, "no scope is called colour"),
        ({**OCTOBER, "scope": ["region=nowhere"]}, "no region"),
        ({**OCTOBER, "scope": ["-o"]}, "not a scope"),
        ({**OCTOBER, "scope": ["all"] * 51}, "body.scope"),
        ({**OCTOBER, "language": "fr"}, "body.language"),
        ({**OCTOBER, "output": "/etc/passwd"}, "body.output"),
    ]
    forms = {"forms": ["json"]} if path == "/reports" else {}
    for body, words in wrong:
        answer = await past.ask("POST", path, "op", {**forms, **body})
        assert (answer.status, words in answer.detail) == (400, True), (body, answer.body)
    assert past.context.jobs.get("") is None


@pytest.mark.parametrize("forms", [[], ["doc"], ["json"] * 5, "json", None])
async def test_a_report_is_made_in_forms_that_there_are(desk: Desk, forms: Any) -> None:
    assert (await desk.ask("POST", "/reports", "op", {**OCTOBER, "forms": forms})).status == 400


async def test_of_a_time_that_nothing_is_known_of_there_are_no_figures(past: Desk) -> None:
    before = await past.ask("POST", "/reports/preview", "op", {"period": "2025-10"})
    later = await past.ask("POST", "/reports/preview", "op", {"period": "2099-10"})

    assert (before.status, later.status) == (409, 400)


async def made(past: Desk, *forms: str) -> dict[str, Any]:
    """The job of a report, once it is made."""
    running = asyncio.create_task(past.context.jobs.run())
    try:
        job: dict[str, Any] = await past.post(
            "/reports", {**OCTOBER, "forms": forms, "language": "zh"}, "looker"
        )
        async with asyncio.timeout(60):
            while job["state"] in ("waiting", "making"):
                await asyncio.sleep(0.05)
                job = await past.get(f"/reports/jobs/{job['id']}", "looker")
    finally:
        running.cancel()
    return job


async def test_a_checked_report_tells_of_a_newer_revision(past: Desk) -> None:
    job = await made(past, "json")
    content = (folder_of(past.site) / job["files"][0]["name"]).read_bytes()
    (row,) = await past.ledger.reports()
    await past.ledger.record_report(row.question, "0" * 64, row.made_at + 1, {})

    checked = (await past.ask("POST", "/reports/verify", "looker", raw=content, X_File_Name="r.json")).json

    assert (checked["revision"], checked["newest_revision"]) == (1, 2)
    assert checked["right"], "an older revision is as it was made, too"


async def test_a_report_is_made_fetched_and_found_right(past: Desk) -> None:
    job = await made(past, "xlsx", "json", "xlsx")
    assert (job["state"], job["share"], job["error"], job["revision"]) == ("made", 1.0, "", 1)
    assert [one["form"] for one in job["files"]] == ["xlsx", "json"]

    listed = (await past.get("/reports", NOBODY))["reports"]
    assert [(one["digest"], one["files"]) for one in listed] == [(job["digest"], job["files"])]
    for one in job["files"]:
        fetched = await past.ask("GET", one["url"].removeprefix("/api/v1"), "looker")
        assert (fetched.status, len(fetched.body)) == (200, one["bytes"])
        checked = await past.ask(
            "POST", "/reports/verify", "looker", raw=fetched.body, X_File_Name=one["name"]
        )
        assert checked.json["right"], checked.json
        assert (checked.json["digest"], checked.json["cells_checked"]) == (job["digest"], True)
        assert (checked.json["revision"], checked.json["newest_revision"]) == (1, 1)
    touched = fetched.body.replace(b"cam-1", b"cam-9")
    wrong = (await past.ask("POST", "/reports/verify", "looker", raw=touched, X_File_Name="r.json")).json
    assert not wrong["right"]
    assert any("was changed" in finding for finding in wrong["findings"])
    done = [(one.account, one.action, one.target) for one in await past.trail()]
    assert done[0] == ("looker", "report.make", job["id"])
    assert ("looker", "report.download", job["files"][0]["name"]) in done


async def test_ten_reports_may_wait_and_no_more(past: Desk) -> None:
    for _ in range(10):
        assert past.context.jobs.ask(Wanted((), ("json",), "zh")) is not None
    answer = await past.ask("POST", "/reports", "op", {**OCTOBER, "forms": ["json"]})

    assert answer.status == 429
    assert answer.headers["Retry-After"] == "30"


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("2026-10.json", "application/json"),
        ("2026-10.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("2026-10.pdf", "application/pdf"),
        ("2026-10.pdf.json", "application/json"),
    ],
)
async def test_a_file_is_saved_under_its_name_and_never_shown_as_a_page(
    kept: Desk, name: str, media: str
) -> None:
    answer = await kept.ask("GET", f"/reports/files/{name}", "looker")

    assert (answer.status, answer.body) == (200, name.encode())
    assert answer.headers["Content-Type"] == media
    assert (
        answer.headers["Content-Disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    )


@pytest.mark.parametrize(
    "name",
    [
        "../secret.json",
        "..%2Fsecret.json",
        "%2e%2e%2fsecret.json",
        "..%5Csecret.json",
        "%2Fetc%2Fpasswd",
        "2026-10.json%00",
        "2026-10.json%0d%0aX-Evil: 1",
        ".json",
        "absent.json",
        "报告.json",
    ],
)
async def test_no_other_file_is_reached_by_any_name(kept: Desk, name: str) -> None:
    answer = await kept.ask("GET", f"/reports/files/{name}", "looker")

    assert answer.status in (400, 404), answer.body
    assert b"secret" not in answer.body.replace(b"secret.json", b"")
    assert [one for one in await kept.trail() if one.outcome is Outcome.OK] == []


async def test_files_of_a_month_are_listed_together(kept: Desk) -> None:
    question = {"from": "2026-09-30T16:00:00.000Z", "to": "2026-10-31T16:00:00.000Z"}
    await kept.ledger.record_report(question, "ab" * 32, 1_800_000_000_000, {"2026-10.json": "json"})
    await kept.ledger.record_report({"from": "x"}, "cd" * 32, 1_800_000_000_001, {"../secret.json": "json"})

    odd, month = (await kept.get("/reports"))["reports"]

    assert [one["name"] for one in month["files"]] == [
        "2026-10.xlsx",
        "2026-10.pdf",
        "2026-10.pdf.json",
        "2026-10.json",
    ]
    assert odd["files"] == []


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("r.exe", b"MZ", 415),
        ("", b"", 415),
        ("r", b"{}", 415),
        ("r.json", b"", 400),
        ("r.json", b"[]", 400),
        ("r.json", b'{"report": {}, "proof": {}}', 400),
        ("r.xlsx", b"PK\x03\x04", 400),
        ("r.pdf", b"%PDF", 400),
        ("../secret.json", b"{}", 400),
    ],
)
async def test_what_is_no_report_cannot_be_checked(
    kept: Desk, name: str, content: bytes, status: int
) -> None:
    answer = await kept.ask("POST", "/reports/verify", "looker", raw=content, X_File_Name=quote(name))

    assert answer.status == status, answer.body
    assert str(kept.site.data).encode() not in answer.body


async def test_a_file_that_is_too_large_is_not_read_to_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.desk.checking.LARGEST", 1000)
    answer = await desk.ask("POST", "/reports/verify", "looker", raw=b"x" * 1001, X_File_Name="r.json")

    assert answer.status == 413


async def test_a_job_that_there_is_not_is_not_found(desk: Desk) -> None:
    assert (await desk.ask("GET", "/reports/jobs/nobody")).status == 404


async def test_why_it_failed_is_told(desk: Desk) -> None:
    desk.context.jobs._jobs["a"] = Job("a", Wanted((), (), "zh"), "failed", error="磁盘已满")

    assert (await desk.get("/reports/jobs/a"))["error"] == "磁盘已满"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/reports", {**OCTOBER, "forms": ["json"]}),
        ("POST", "/reports/preview", OCTOBER),
        ("POST", "/reports/verify", None),
        ("GET", "/reports/jobs/a", None),
        ("GET", "/reports/files/2026-10.json", None),
    ],
)
async def test_reports_are_for_accounts_but_not_for_who_only_manages_them(
    kept: Desk, method: str, path: str, body: Any
) -> None:
    assert (await kept.ask(method, path, NOBODY, body)).status == 401
    assert (await kept.ask(method, path, "sec", body)).status == 403


async def test_without_its_ledger_nothing_is_made(desk: Desk) -> None:
    desk.context.ledger = None

    for path, body in (("/reports", {**OCTOBER, "forms": ["json"]}), ("/reports/preview", OCTOBER)):
        assert (await desk.ask("POST", path, "op", body)).status == 503
    assert json.loads((await desk.ask("GET", "/reports")).body)["status"] == 503
