"""Whatever is sent, the API answers as its document says: no 5xx, no status and no shape beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import schemathesis
from api_kit import Desk
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from monitor.web.app import ENDPOINTS
from monitor.web.openapi import document

EXAMPLES = 10
WHO: Mapping[str | None, str] = {
    None: "op",
    "look": "op",
    "own": "op",
    "operate": "op",
    "detail": "op",
    "report": "op",
    "approve": "boss",
    "audit": "aud",
    "inventory": "adm",
    "accounts": "sec",
}
"""By the permission that an operation needs, somebody who has it."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SLOW = {"make_report", "events"}
"""A report is a process for each example, and the stream does not end: they have tests of their own."""


async def test_no_answer_is_one_that_the_document_does_not_know(desk: Desk) -> None:
    """503 is in the document: nothing here listens where Redis would be."""
    told = document(ENDPOINTS)
    schema = schemathesis.openapi.from_dict(told)
    place = str(desk.client.make_url("")).rstrip("/")
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        raw = operation.definition.raw
        if raw["operationId"] not in SLOW:
            token = desk.tokens[WHO[raw.get("x-permission")]]
            await asyncio.to_thread(send, operation, place, {"Authorization": f"Bearer {token}"})
            asked += 1
    assert asked == len(ENDPOINTS) - len(SLOW)


def send(operation: Any, place: str, headers: Mapping[str, str]) -> None:
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def examples(case: Any) -> None:
        response = case.call(base_url=place, headers=headers, allow_redirects=False, timeout=10)
        if response.status_code == 503 and "Redis" in response.text:
            return
        case.validate_response(response, checks=CHECKS)

    examples()
