"""The node list over the API: taken away, brought back, looked at, put in place."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from api_kit import NASTY, NOBODY, Desk

from monitor.config import load_site
from monitor.config.reload import Reloader
from monitor.desk.listforms import rows_of
from monitor.model.actions import Outcome

HEAD = "id,name,kind,class,network,region,address,probes\n"
GOOD = (
    HEAD
    + "cam-1,新名,camera,1,video,440902,127.0.0.1,rtsp\n"
    + "cam-3,<script>,camera,1,video,440904,127.0.0.3,rtsp\n"
)
BAD = HEAD + "cam-1,x,camrea,1,video,440902,127.0.0.1,rtsp\ncam-2,x,camera,1,video,449999,1.1.1.999,rtsp\n"


async def look(desk: Desk, content: bytes, who: str = "adm", name: str = "nodes.csv") -> Any:
    answer = await desk.ask("POST", "/inventory/preview", who, raw=content, X_File_Name=quote(name))
    assert answer.status == 200, answer.body
    return answer.json


async def put(desk: Desk, upload: str, who: str = "adm") -> tuple[int, str]:
    answer = await desk.ask("POST", "/inventory/apply", who, {"upload": upload})
    return answer.status, "" if answer.status == 200 else answer.detail


async def test_everybody_may_see_what_the_list_holds(desk: Desk) -> None:
    shown = await desk.get("/inventory", NOBODY)

    assert (shown["nodes"], shown["watches"], shown["file"]) == (3, 3, "nodes.csv")
    assert shown["by_kind"] == {"camera": 2, "switch": 1}
    assert shown["by_class"] == {"class1": 2}
    assert shown["digest"] == desk.site.inventory.digest


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_list_is_taken_away_in_either_form(desk: Desk, form: str) -> None:
    answer = await desk.ask("GET", f"/inventory/file?form={form}", "adm")

    assert answer.status == 200
    assert f'filename="nodes.{form}"' in answer.headers["Content-Disposition"]
    assert answer.body.startswith("\ufeff".encode() if form == "csv" else b"PK")
    rows = rows_of(answer.body)
    assert [row[0].lstrip("\ufeff") for row in rows] == ["id", "cam-1", "cam-2", "sw-1"]
    assert [one.action for one in await desk.trail()] == ["inventory.download"]
    assert (await look(desk, answer.body))["differences"] == []


async def test_a_list_is_looked_at_and_put_in_place_by_who_looked(desk: Desk) -> None:
    before = desk.site.sources["nodes"].read_bytes()
    shown = await look(desk, GOOD.encode("gb18030"))

    assert (shown["nodes"], shown["new"], shown["changed"], shown["gone"]) == (2, 1, 1, 2)
    assert shown["mistakes"] == []
    assert {(one["node"], one["name"], one["kind"]) for one in shown["differences"]} == {
        ("cam-3", "<script>", "new"),
        ("cam-1", "新名", "changed"),
        ("cam-2", "", "gone"),
        ("sw-1", "", "gone"),
    }
    assert desk.site.sources["nodes"].read_bytes() == before
    assert (await put(desk, shown["upload"]))[0] == 200
    assert load_site(desk.site.path).inventory.digest == shown["digest"]
    assert await desk.context.reloader._is_poked(0.01)
    assert [(one.action, one.outcome) for one in await desk.trail()] == [
        ("inventory.preview", Outcome.OK),
        ("inventory.apply", Outcome.OK),
    ]


async def test_with_mistakes_there_is_nothing_to_put_in_place(desk: Desk) -> None:
    shown = await look(desk, BAD.encode(), name=f"{NASTY}.csv")

    assert (shown["upload"], shown["digest"], shown["differences"]) == (None, None, [])
    told = {(one["row"], one["column"], one["value"]) for one in shown["mistakes"]}
    assert {(2, "kind", "camrea"), (3, "region", "449999"), (3, "address", "1.1.1.999")} <= told
    assert {one["file"] for one in shown["mistakes"]} == {f"{NASTY}.csv"}
    assert all(one["text"] for one in shown["mistakes"])


async def test_thousands_of_mistakes_are_counted_and_the_first_told(desk: Desk) -> None:
    shown = await look(desk, (HEAD + "x,x,nonsense,9,a,b,c,d\n" * 700).encode())

    assert len(shown["mistakes"]) == 500
    assert shown["more_mistakes"] > 0


async def test_only_who_looked_may_put_it_in_place_and_only_once(desk: Desk) -> None:
    upload = (await look(desk, GOOD.encode()))["upload"]

    assert (await put(desk, upload, "adm2"))[0] == 409
    assert (await put(desk, "guessed"))[0] == 409
    assert (await put(desk, upload))[0] == 200
    assert (await put(desk, upload))[0] == 409


async def test_a_preview_is_over_after_a_quarter_of_an_hour(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = (await look(desk, GOOD.encode()))["upload"]
    monkeypatch.setattr("monitor.desk.inventory.GOOD_FOR", 0)

    assert (await put(desk, upload))[0] == 409


@pytest.mark.parametrize("file", ["nodes", "site", "regions"])
async def test_what_was_changed_since_by_hand_is_not_written_over(desk: Desk, file: str) -> None:
    upload = (await look(desk, GOOD.encode()))["upload"]
    path = desk.site.sources[file]
    path.write_text(path.read_text() + "\n")
    changed = desk.site.sources["nodes"].read_bytes()

    status, why = await put(desk, upload)

    assert (status, why) == (409, "list or settings have changed: preview it again")
    assert desk.site.sources["nodes"].read_bytes() == changed


async def test_what_another_has_put_in_place_is_not_written_over(desk: Desk) -> None:
    mine, theirs = await look(desk, GOOD.encode()), await look(desk, GOOD.encode(), "adm2")

    assert (await put(desk, mine["upload"]))[0] == 200
    assert (await put(desk, theirs["upload"], "adm2"))[0] == 409


async def test_where_it_cannot_be_written_that_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = (await look(desk, GOOD.encode()))["upload"]

    def fails(_site: Any, _content: bytes) -> Any:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("monitor.desk.inventory.apply", fails)

    assert await put(desk, upload) == (503, "it cannot be written: Read-only file system")


async def test_a_file_that_is_empty_or_too_large_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.desk.inventory.LARGEST", 1000)
    large = await desk.ask("POST", "/inventory/preview", "adm", raw=b"x" * 1001)
    empty = await desk.ask("POST", "/inventory/preview", "adm", raw=b"")

    assert (large.status, empty.status) == (413, 400)


@pytest.mark.parametrize("body", [{}, {"upload": 5}, {"upload": "x", "force": True}, []])
async def test_what_is_no_upload_is_refused(desk: Desk, body: Any) -> None:
    assert (await desk.ask("POST", "/inventory/apply", "adm", body)).status == 400


@pytest.mark.parametrize("form", ["pdf", "", "csv&form=xlsx"])
async def test_there_are_two_forms(desk: Desk, form: str) -> None:
    assert (await desk.ask("GET", f"/inventory/file?form={form}", "adm")).status == 400


@pytest.mark.parametrize(
    ("who", "status"), [(NOBODY, 401), ("op", 403), ("boss", 403), ("aud", 403), ("sec", 403)]
)
async def test_the_list_is_for_the_system_administrator(desk: Desk, who: str, status: int) -> None:
    asked = [
        await desk.ask("GET", "/inventory/file", who),
        await desk.ask("POST", "/inventory/preview", who, raw=GOOD.encode()),
        await desk.ask("POST", "/inventory/apply", who, {"upload": "x"}),
    ]
    assert [answer.status for answer in asked] == [status] * 3


async def test_a_list_that_is_not_there_cannot_be_taken_away(desk: Desk) -> None:
    desk.site.sources["nodes"].unlink()

    assert (await desk.ask("GET", "/inventory/file", "adm")).status == 404


async def test_the_running_site_takes_the_new_list_over(desk: Desk) -> None:
    reloader = desk.context.reloader = Reloader(desk.site)
    await put(desk, (await look(desk, GOOD.encode()))["upload"])

    await reloader.changed()

    assert [*(await reloader.load()).inventory.nodes] == ["cam-1", "cam-3"]
