"""What libyaml says of a text that is no YAML, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.model.said import Said

_CHINESE: Final[Mapping[str, str]] = {
    "mapping values are not allowed in this context": "此处不能再写“键: 值”",
    "mapping keys are not allowed in this context": "此处不能写键",
    "block sequence entries are not allowed in this context": "此处不能写“-”列表项",
    "could not find expected ':'": "缺少冒号",
    "found unexpected ':'": "多了冒号",
    "did not find expected key": "此处应为键，请检查缩进",
    "did not find expected node content": "缺少内容",
    "did not find expected '-' indicator": "此处应为“-”列表项，请检查缩进",
    "did not find expected ',' or ']'": "缺少逗号或 ]",
    "did not find expected ',' or '}'": "缺少逗号或 }",
    "did not find expected <document start>": "此处应为 ---",
    "did not find expected comment or line break": "此处应为注释或换行",
    "did not find expected whitespace": "缺少空格",
    "did not find expected whitespace or line break": "缺少空格或换行",
    "did not find expected alphabetic or numeric character": "此处应为字母或数字",
    "did not find expected hexdecimal number": "此处应为十六进制数",
    "did not find the expected '>'": "缺少 >",
    "did not find expected '!'": "缺少 !",
    "did not find expected tag URI": "标签不完整",
    "did not find URI escaped octet": "标签中的转义不完整",
    "did not find expected version number": "缺少版本号",
    "did not find expected digit or '.' character": "版本号应为数字和 .",
    "could not find expected directive name": "% 后缺少指令名",
    "found unexpected non-alphabetical character": "指令名中有不允许的字符",
    "found unknown directive name": "不认识的指令",
    "found incompatible YAML document": "YAML 版本不支持",
    "found extremely long version number": "版本号过长",
    "found duplicate %YAML directive": "%YAML 指令重复",
    "found duplicate %TAG directive": "%TAG 指令重复",
    "found undefined tag handle": "标签未定义",
    "found character that cannot start any token": "值不能以这个字符开头",
    "found unexpected end of stream": "文件提前结束，引号或括号没有配对",
    "found unexpected document indicator": "引号没有结束就遇到 --- 或 ...",
    "found unknown escape character": "不认识的转义字符",
    "found invalid Unicode character escape code": "转义的字符不存在",
    "found an incorrect leading UTF-8 octet": "转义不是正确的 UTF-8",
    "found an incorrect trailing UTF-8 octet": "转义不是正确的 UTF-8",
    "found a tab character where an indentation space is expected": "缩进应使用空格，这里是制表符",
    "found a tab character that violates indentation": "缩进应使用空格，这里是制表符",
    "found an indentation indicator equal to 0": "缩进数不能为 0",
}
"""By what the scanner and the parser of libyaml 0.2 may say."""


def problem_of(words: str) -> Said:
    """``words``: the problem as libyaml names it. What it says in a later version stays as it is."""
    return Said(_CHINESE.get(words, words), words)
