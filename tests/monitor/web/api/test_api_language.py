"""Whoever asks is answered in their language: what is refused and why, and mistakes in lists."""

from __future__ import annotations

from typing import Any

import pytest
from api_kit import Desk

from monitor.model.said import Said

BAD = "id,kind,network,address\ncam-1,camrea,video,127.0.0.1\ncam-2,camera,video,1.1.1.999\n"


async def refused(desk: Desk, language: str, method: str, path: str, body: Any = None) -> Any:
    answer = await desk.ask(method, path, "op", body, Accept_Language=language)
    assert answer.status >= 400, answer.body
    return answer.json


@pytest.mark.parametrize(
    ("language", "texts", "hints"),
    [
        (
            "zh-CN,zh;q=0.9",
            [
                "不是节点类型（camera、recorder、switch、platform、gateway、centre）",
                "IPv4 地址为四个 0 至 255 的数",
            ],
            ["是否应为“camera”？", ""],
        ),
        (
            "en-GB",
            [
                "not a kind (camera, recorder, switch, platform, gateway, centre)",
                "an IPv4 address is four numbers from 0 to 255",
            ],
            ['did you mean "camera"?', ""],
        ),
    ],
)
async def test_mistakes_of_a_list_are_told_in_the_reader_s_language(
    desk: Desk, language: str, texts: list[str], hints: list[str]
) -> None:
    answer = await desk.ask("POST", "/inventory/preview", "adm", raw=BAD.encode(), Accept_Language=language)

    found = answer.json["mistakes"]
    assert [one["text"] for one in found] == texts
    assert [one["hint"] for one in found] == hints


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/nodes?limit=0",
            Said("query.limit：不得小于 1", "query.limit: Input should be greater than or equal to 1"),
        ),
        ("/nodes?limit=x", Said("query.limit：应为整数", "query.limit: Input should be a valid integer")),
        ("/nodes?colour=1", Said("query.colour：没有此项", "query.colour: Extra inputs are not permitted")),
        ("/nodes?sort=size", Said("query.sort：可用：'node'", "query.sort: Input should be 'node'")),
        ("/nodes/nobody", Said("没有节点 nobody", "there is no node nobody")),
    ],
)
async def test_what_is_refused_is_told_in_the_reader_s_language(desk: Desk, path: str, said: Said) -> None:
    chinese, english = [await refused(desk, language, "GET", path) for language in ("zh", "en")]

    assert chinese["detail"].startswith(said.zh)
    assert english["detail"].startswith(said.en)


async def test_each_field_that_is_wrong_is_told_and_never_what_was_given(desk: Desk) -> None:
    body = {"account": "x" * 65, "password": 7, "extra": "secret"}

    found = await refused(desk, "zh", "POST", "/session", body)

    assert {one["at"]: one["text"] for one in found["errors"]} == {
        "body.account": "至多 64 个字符",
        "body.password": "应为文字",
        "body.extra": "没有此项",
    }
    assert "secret" not in str(found)


async def test_a_body_that_is_no_json_is_told_with_its_place(desk: Desk) -> None:
    answer = await desk.ask(
        "POST", "/session", raw=b'{"account": ', Content_Type="application/json", Accept_Language="zh"
    )

    assert (answer.status, answer.json["title"]) == (400, "请求有误")
    assert answer.detail == "body：不是 JSON（第 1 行第 12 列）"


@pytest.mark.parametrize(
    ("method", "path", "title"),
    [
        ("GET", "/nowhere", Said("不存在", "Not Found")),
        ("PUT", "/nodes", Said("不支持此方法", "Method Not Allowed")),
        ("GET", "/accounts", Said("无此权限", "Forbidden")),
    ],
)
async def test_the_kind_of_an_error_is_named_in_the_reader_s_language(
    desk: Desk, method: str, path: str, title: Said
) -> None:
    told = [(await refused(desk, language, method, path))["title"] for language in ("zh", "en")]

    assert told == [title.zh, title.en]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"scope": ["clas=1"]}, Said("没有 clas 这种范围", "no scope is called clas")),
        ({"period": "2026-13"}, Said("日历中没有这个周期：2026-13", "not a period of the calendar: 2026-13")),
    ],
)
async def test_a_report_that_cannot_be_is_told_in_the_reader_s_language(
    desk: Desk, body: dict[str, Any], said: Said
) -> None:
    body = {"period": "2026-10", "by": "county", "forms": ["json"]} | body

    chinese, english = [await refused(desk, one, "POST", "/reports", body) for one in ("zh", "en")]

    assert chinese["detail"].startswith(said.zh)
    assert english["detail"].startswith(said.en)
