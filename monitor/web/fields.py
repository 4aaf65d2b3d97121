"""What is wrong with a field of a request, from pydantic's words in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from monitor.model.said import Said

_CHINESE: Final[Mapping[str, str]] = {
    "missing": "缺少此项",
    "extra_forbidden": "没有此项",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式应为 {pattern}",
    "string_unicode": "不是正确的 UTF-8",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数值过大",
    "int_from_float": "应为整数",
    "float_type": "应为数值",
    "float_parsing": "应为数值",
    "finite_number": "应为有限的数值",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "none_required": "应为 null",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "greater_than_equal": "不得小于 {ge}",
    "greater_than": "须大于 {gt}",
    "less_than_equal": "不得大于 {le}",
    "less_than": "须小于 {lt}",
    "literal_error": "可用：{expected}",
    "enum": "可用：{expected}",
    "json_type": "应为 JSON",
}
"""By pydantic's type of the error, with the values that it gives for it."""

_PLACE: Final = re.compile(r"line (\d+) column (\d+)")


def wrong(details: ErrorDetails) -> Said:
    """What is wrong, without what was given: that may be a password."""
    kind, given = details["type"], details.get("ctx", {})
    zh = _broken(given) if kind == "json_invalid" else _CHINESE.get(kind, "不符合要求").format_map(given)
    return Said(zh.replace(" or ", " 或 "), details["msg"])


def _broken(given: Mapping[str, Any]) -> str:
    place = _PLACE.search(str(given.get("error", "")))
    return f"不是 JSON（第 {place[1]} 行第 {place[2]} 列）" if place else "不是 JSON"
