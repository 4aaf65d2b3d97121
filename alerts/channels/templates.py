"""Words in braces, filled in: ``{title}``. Nothing else of a template is touched, JSON's braces neither."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final
from urllib.parse import quote

from alerts.model import Message

WORDS: Final = (
    "key",
    "happening",
    "severity",
    "title",
    "text",
    "link",
    "phone",
    "phones",
    "user",
    "password",
)
_WORD: Final = re.compile(r"\{(" + "|".join(WORDS) + r")\}")

Escape = Callable[[str], str]


def fill(template: str, words: Mapping[str, str], escaped: Escape = str) -> str:
    """The template with its words; a word that is not given is empty."""
    return _WORD.sub(lambda match: escaped(words.get(match[1], "")), template)


def mentions(template: str, word: str) -> bool:
    return "{" + word + "}" in template


def words_of(message: Message) -> dict[str, str]:
    """What a template may say of a message. ``severity``: the worst in it."""
    order = ("critical", "warning", "info")
    severities = {alert.finding.severity.value for alert in message.alerts}
    return {
        "key": message.key,
        "happening": message.happening.value,
        "severity": next((each for each in order if each in severities), ""),
        "title": message.title,
        "text": message.text,
        "link": message.link,
    }


def in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def in_url(text: str) -> str:
    return quote(text, safe="")


def escape_for(content_type: str) -> Escape:
    """How a word must be written in a body of this type."""
    if "json" in content_type:
        return in_json
    if "form-urlencoded" in content_type:
        return in_url
    if "xml" in content_type or "html" in content_type:
        return escape
    return str
