"""What pydantic finds wrong with a request has Chinese words, with the values that it gives."""

from __future__ import annotations

from string import Formatter

import pytest
from pydantic_core._pydantic_core import list_all_errors

from monitor.web.fields import _CHINESE, wrong

KNOWN = {error["type"]: error.get("example_context") or {} for error in list_all_errors()}


@pytest.mark.parametrize("kind", _CHINESE)
def test_every_kind_that_has_chinese_words_is_one_of_pydantic_s_with_these_values(kind: str) -> None:
    named = {name for _, name, _, _ in Formatter().parse(_CHINESE[kind]) if name}

    assert named <= KNOWN[kind].keys()


def test_a_kind_without_words_of_its_own_is_told_all_the_same() -> None:
    details = {"type": "url_scheme", "msg": "URL scheme should be 'http'", "loc": (), "input": "x"}

    assert wrong(details) == ("不符合要求", "URL scheme should be 'http'")
