"""From a YAML document to checked settings; whatever pydantic finds becomes a Mistake with its line."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import takewhile
from typing import Any, Final, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.config.mistakes import Mistakes, did_you_mean, without_login
from monitor.config.schema import CredentialSection, SiteFile
from monitor.config.settings import Credential
from monitor.config.written import Section, allowed_of
from monitor.config.yamlfile import Document, Where, dotted
from monitor.model.said import NOTHING, Said

_MAY_HOLD_LOGIN: Final = frozenset(("redis", "ledger", "url", "issuer"))
_MAY_BE_SECRET: Final = ("web", "oidc", "secret")

_LOGIN: Final = Said(
    "应有 user 和 password，或 token、secret、url（告警用），各写一次",
    "user and password are needed, or token, secret and url (for alerts), each once",
)
_LOGIN_EXAMPLE: Final = Said(
    "如  cameras: {user: …, password: …}", "such as  cameras: {user: …, password: …}"
)
_NAME_LOGIN: Final = Said(
    "账号口令写入账号文件，这里用  credential: …  写它的名字",
    "put the login into the credentials file and name it with  credential: …",
)
_KEY: Final = Said(
    "名字最多 31 个字符：小写字母、数字、_ 和 -，以字母开头",
    "a name here has up to 31 lower-case letters, digits, _ and -, and begins with a letter",
)

_THIS_FILE: Final = Said("本文件", "this file")

_S = TypeVar("_S", bound=Section)


def read_site_file(document: Document, mistakes: Mistakes) -> SiteFile | None:
    """The settings, with what is wrong noted and replaced by its default.

    So the inventory can be checked in the same run. None when too little is left for that.
    """
    data = document.data
    for attempt in range(3):
        try:
            return SiteFile.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False)
        if attempt == 0:
            for detail in errors:
                _note(SiteFile, detail, document, mistakes)
        data = _without(data, [_where(detail) for detail in errors])
    return None


def read_part(
    model: type[_S],
    document: Document,
    where: Where,
    mistakes: Mistakes,
    hidden: frozenset[str] = frozenset(),
) -> _S | None:
    """The section at this place, with what is wrong noted and left out; None when too little is left.

    ``hidden``: keys whose values no mistake shows.
    """
    data = document.value(where)
    if not isinstance(data, dict | None):
        some = Said.listed(_names(model))
        allowed = Said(f"这里应有键：{some.zh}", f"keys are needed here: {some.en}")
        mistakes.add(document.line(where), dotted(where), "", allowed)
        return None
    for attempt in range(2):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_context=False)
        if attempt == 0:
            for detail in errors:
                _note(model, detail, document, mistakes, around=where, hidden=hidden)
        data = _without(data or {}, [_where(detail) for detail in errors])
    return None


def read_credentials(document: Document, mistakes: Mistakes) -> dict[str, Credential]:
    """Logins by name. Mistakes here show no value and no unknown key: either may be a password."""
    found: dict[str, Credential] = {}
    for name, entry in document.data.items():
        try:
            section = CredentialSection.model_validate(entry)
        except ValidationError:
            mistakes.add(document.line((name,)), name, "", _LOGIN, _LOGIN_EXAMPLE)
            continue
        found[name] = Credential(**{key: value or "" for key, value in section})
    return found


def _where(detail: ErrorDetails) -> Where:
    """The place of an error. Pydantic marks a bad key by one more part."""
    where = detail["loc"]
    return where[:-1] if where[-1:] == ("[key]",) else where


def _note(
    model: type[Section],
    detail: ErrorDetails,
    document: Document,
    mistakes: Mistakes,
    *,
    around: Where = (),
    hidden: frozenset[str] = frozenset(),
) -> None:
    """``around``: where the section stands in the document."""
    section, field = _described(model, _where(detail))
    where = (*around, *_where(detail))
    line = document.line(where)
    if field is None:
        place, keys = dotted(where[:-1]), Said.listed(_names(section))
        zh, en = (f"{place} ", place) if place else _THIS_FILE
        allowed = Said(f"{zh}没有这个键（{keys.zh}）", f"not a key of {en} ({keys.en})")
        mistakes.add(line, dotted(where), "", allowed, did_you_mean(str(where[-1]), _names(section)))
    elif detail["loc"] != _where(detail):
        mistakes.add(line, dotted(where), "", _KEY)
    else:
        value = None if hidden.intersection(map(str, where)) else document.value(where)
        mistakes.add(line, dotted(where), _shown(where, value), allowed_of(field), _hint(where, value))


def _shown(where: Where, value: Any) -> str:
    if not isinstance(value, str) or where == _MAY_BE_SECRET:
        return ""
    return without_login(value) if where[-1] in _MAY_HOLD_LOGIN else value


def _hint(where: Where, value: Any) -> Said:
    return _NAME_LOGIN if where == ("mqtt", "url") and isinstance(value, str) and "@" in value else NOTHING


def _names(section: type[Section]) -> tuple[str, ...]:
    """The keys as people write them: ``from`` and ``for`` are words of Python's own."""
    return tuple(field.alias or name for name, field in section.model_fields.items())


def _field(section: type[Section], key: str) -> FieldInfo | None:
    return next((field for name, field in section.model_fields.items() if (field.alias or name) == key), None)


def _described(model: type[Section], where: Where) -> tuple[type[Section], FieldInfo | None]:
    """The section that a place belongs to, and the field that describes it (None: no such key)."""
    section, field = model, None
    parts = iter(where)
    for part in parts:
        field = _field(section, str(part))
        inner = None if field is None else _section_in(field.annotation)
        if field is None or inner is None:
            break
        if get_origin(field.annotation) in (dict, list):
            next(parts, None)  # a name that people chose, or a place in a list
        section = inner
    return section, field


def _section_in(annotation: Any) -> type[Section] | None:
    """The kind of section that an annotation such as ``dict[str, X]`` or ``X | None`` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)


def _without(data: Mapping[str, Any], places: list[Where]) -> dict[str, Any]:
    """A copy without what stands at these places. What is needed there is filled in, or goes with it."""
    copy = deepcopy(dict(data))
    for where in places:
        if where == ("site",):
            copy["site"] = "unnamed"
        elif where == ("mqtt", "url"):
            copy["mqtt"] = None
        elif where[:2] in (("web", "tls"), ("web", "oidc")):
            _remove(copy, where[:2])
        else:
            _remove(copy, where)
    return copy


def _remove(data: Any, where: Where) -> None:
    """Remove the value at this place; of a list all of it."""
    *around, last = takewhile(lambda part: isinstance(part, str), where)
    for part in around:
        data = data.get(part) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data.pop(last, None)
