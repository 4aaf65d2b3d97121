"""The traps of YAML do not bite."""

from __future__ import annotations

import pytest
from config_folder import told

from monitor.config.mistakes import Mistakes
from monitor.config.yamlfile import Document, parse


def read(text: str, *, secret: bool = False) -> tuple[Document, str]:
    mistakes = Mistakes("site.yaml")
    document = parse(text, mistakes, secret=secret)
    return document, "\n".join(map(str, mistakes))


def test_scalars_stay_the_text_that_was_written() -> None:
    written = ["no", "12:30", "010", "1e3", "2026-11-23", "'null'", "~", "!!str 5"]
    document, complaint = read("".join(f"k{place}: {text}\n" for place, text in enumerate(written)))
    assert complaint == ""
    assert list(document.data.values()) == ["no", "12:30", "010", "1e3", "2026-11-23", "null", None, "5"]


def test_keys_stay_texts_too() -> None:
    assert read("no: 1\n1: 2\n")[0].data == {"no": "1", "1": "2"}


def test_places_have_lines() -> None:
    document, _ = read("a:\n  b:\n    - x\n    - y: z\n")
    assert document.line(("a", "b", 1, "y")) == 4
    assert document.line(("a", "b", 1, "gone")) == 4
    assert document.line(("gone",)) is None


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert read("# nothing\n") == (Document({}, {}), "")


def test_a_key_may_stand_once() -> None:
    document, complaint = read("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert document.data == {"a": "1", "b": {"c": "1"}}
    assert complaint == told(
        ("site.yaml:4  b.c", "the same key already stands in line 3"),
        ("site.yaml:5  a", "the same key already stands in line 1"),
    )


ALIAS = ("aliases (*name) are not used here", "write the value out, or quote it")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: *b", ("site.yaml:1  a", *ALIAS)),
        ("a: &b 1\nc: *b", ("site.yaml:2  c", *ALIAS)),
        (
            "a: !!python/object:os.x y",
            ("site.yaml:1  a", "tags (!name) are not used here", "quote the value"),
        ),
        ("? [1, 2]\n: 3", ("site.yaml:1", "a key must be a plain word")),
        ("- a\n- b", ("site.yaml:1", "keys and values are needed here, such as  site: maoming")),
        ("a: 1\n---\nb: 2", ("site.yaml:3", "a second document begins here", "remove the line with ---")),
        (
            "a: 1\nb: 'x",
            (
                "site.yaml:2",
                "this is not YAML: found unexpected end of stream",
                "a value with : # * & ! @ in it needs quotes around it",
            ),
        ),
        ("a: \x01", ("site.yaml", "holds a control character that YAML does not allow")),
        ("- " * 500_000, ("site.yaml:1", "is nested more than 20 deep")),
        ("[" * 900, ("site.yaml:1", "is nested more than 20 deep")),
    ],
)
def test_what_cannot_be_read_is_one_clear_mistake(text: str, lines: tuple[str, ...]) -> None:
    assert read(text)[1] == told(lines)


@pytest.mark.parametrize(
    "text",
    ["a: {password: *hunter2}", "a: {hunter2: 1, hunter2: 2}", "a: {user: 'hunter2", "a: b: hunter2"],
)
def test_a_secret_document_is_never_quoted(text: str) -> None:
    complaint = read(text, secret=True)[1]
    assert complaint.startswith("site.yaml:1")
    assert "hunter2" not in complaint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: b: c\n", "此处不能再写“键: 值”"),
        ("a: [b\n", "缺少逗号或 ]"),
        ("a: {b: c\n", "缺少逗号或 }"),
        ("a: 1\n b: 2\n", "此处不能再写“键: 值”"),
        ("a:\n  - b\n c: d\n", "此处应为键，请检查缩进"),
        ('a: "b\n', "文件提前结束，引号或括号没有配对"),
        ("a:\n\tb: c\n", "值不能以这个字符开头"),
        ("a: @b\n", "值不能以这个字符开头"),
        ("a\nb: c\n", "此处不能再写“键: 值”"),
        ('a: "\\y"\n', "不认识的转义字符"),
        ("a: - b\n", "此处不能写“-”列表项"),
        ("site\nname\nx: [", "此处不能再写“键: 值”"),
    ],
)
def test_what_is_no_yaml_is_told_in_chinese_too(text: str, problem: str) -> None:
    mistakes = Mistakes("site.yaml")
    parse(text, mistakes)

    assert [mistake.allowed.zh for mistake in mistakes] == [f"不是 YAML：{problem}"]
