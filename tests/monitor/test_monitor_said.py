"""What people are told is told in both languages, with the same values, and Chinese reads as Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.model.said import Said

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for name in ("monitor", "alerts", "collectors") for path in (ROOT / name).rglob("*.py"))
TELLING = {"Said": 0, "Refused": 1}
"""By name, where the Chinese of a call stands; the English stands behind it."""

HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff](?:[,;?!]|:(?=\s|$))|！")
"""Punctuation of another script behind a Chinese letter, and what shouts."""

CODE = re.compile(r"(?:\S+: )?\{.*\}")
GRAMMAR = {"noun", "_noun", "hangs", "more", "over"}
"""Values that only English needs, such as the right number of a noun."""


def pairs(path: Path) -> Iterator[tuple[int, ast.expr, ast.expr]]:
    """Each sentence that is written out: its line, its Chinese, its English."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLING:
            first = TELLING[node.func.id]
            if len(node.args) >= first + 2:
                zh, en = node.args[first : first + 2]
                if all(isinstance(each, ast.JoinedStr | ast.Constant) for each in (zh, en)):
                    yield node.lineno, zh, en


def words(text: ast.expr) -> str:
    """What of it is written out, with a mark for each value."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    assert isinstance(text, ast.JoinedStr)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "◌" for part in text.values)


def values(text: ast.expr) -> set[str]:
    """The names that its values are made of, but for those of one language."""
    return {
        node.id.removesuffix("_zh").removesuffix("_en")
        for node in ast.walk(text)
        if isinstance(node, ast.Name) and node.id not in {"zh", "en", *GRAMMAR}
    }


ALL = [(path, *pair) for path in SOURCES for pair in pairs(path)]
PLACES = [f"{path.relative_to(ROOT)}:{line}" for path, line, _, _ in ALL]


def test_sentences_are_found() -> None:
    assert len(ALL) > 800


def test_both_languages_tell_the_same_values() -> None:
    apart = [
        (place, values(zh) ^ values(en))
        for place, (_, _, zh, en) in zip(PLACES, ALL, strict=True)
        if values(zh) != values(en)
    ]

    assert apart == []


def test_neither_language_is_left_out() -> None:
    assert [
        place for place, (*_, zh, en) in zip(PLACES, ALL, strict=True) if bool(words(zh)) != bool(words(en))
    ] == []


def test_what_is_said_in_chinese_is_chinese_and_the_english_is_not() -> None:
    wrong = [
        (place, words(zh))
        for place, (*_, zh, en) in zip(PLACES, ALL, strict=True)
        if words(zh) != words(en)
        if re.search("[a-z]{3} [a-z]", words(en)) and not HAN.search(words(zh)) and "◌" not in words(zh)
    ]

    assert wrong == []


def test_chinese_has_its_own_punctuation_and_does_not_shout() -> None:
    wrong = [
        (place, words(zh))
        for place, (*_, zh, _) in zip(PLACES, ALL, strict=True)
        if HALF_WIDTH.search(CODE.sub("", words(zh)))
    ]

    assert wrong == []


def test_a_sentence_is_told_in_the_language_that_is_wanted() -> None:
    said = Said("没有", "none")

    assert [said.told(language) for language in ("zh", "en", None)] == ["没有", "none", "没有 / none"]
    assert Said.same("chmod").told(None) == "chmod"


@pytest.mark.parametrize(("said", "is_one"), [(Said("", ""), False), (Said("有", "one"), True)])
def test_it_is_true_when_it_says_something(said: Said, is_one: bool) -> None:
    assert bool(said) is is_one
    told = Said("甲", "a").then(said)
    assert told == (Said("甲；有", "a; one") if is_one else Said("甲", "a"))


def test_what_is_listed_is_parted_as_each_language_does() -> None:
    assert Said.listed(["video", 9]) == Said("video、9", "video, 9")
