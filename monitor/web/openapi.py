"""The OpenAPI 3.1 document, made from the endpoints: what is served is what is described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import monitor
from monitor.web.endpoints import API, JSON, Endpoint
from monitor.web.schemas.base import Problem

PROBLEM_JSON: Final = "application/problem+json"
_REF: Final = "#/components/schemas/{model}"

_USUAL: Final[Mapping[int, str]] = {
    400: "something that was asked for is not as it must be",
    401: "nobody is logged in, or the session is over",
    403: "who is logged in may not do this, or the request came from elsewhere",
    404: "there is no such thing",
    413: "the body is too large",
    415: "the body is of another type",
    429: "asked too often: wait as Retry-After says",
    503: "what is needed is away just now",
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    found = list(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for each in found:
        paths.setdefault(API + each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quanshi",
            "version": monitor.__version__,
            "description": "The health of a city's video network. Moments are RFC 3339, UTC, milliseconds.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(found),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "quanshi"},
            },
        },
        "security": [{"token": []}, {"session": []}],
    }


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    models: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}
    for each in endpoints:
        if each.answer is not None:
            models[each.answer, "serialization"] = None
        if each.body is not None:
            models[each.body, "validation"] = None
    _, made = models_json_schema(list(models), ref_template=_REF)  # type: ignore[arg-type]
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": dict(_responses(endpoint)),
    }
    if endpoint.permission is None:
        operation["security"] = []
    else:
        operation["x-permission"] = endpoint.permission.value
    if endpoint.changes:
        operation["parameters"].append(
            {
                "name": "X-CSRF-Token",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "needed with a session; not with a token",
            }
        )
    if endpoint.body is not None:
        content = {JSON: {"schema": {"$ref": _REF.format(model=endpoint.body.__name__)}}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.raw:
        binary = {"schema": {"type": "string", "format": "binary", "maxLength": endpoint.raw}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return operation


def _path_parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    for name in endpoint.parts:
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        }


def _query_parameters(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    if endpoint.query is None:
        return
    schema = endpoint.query.model_json_schema(ref_template=_REF)
    needed = schema.get("required", [])
    for name, found in schema["properties"].items():
        yield {"name": name, "in": "query", "required": name in needed, "schema": _without_null(found)}


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query has no null: what is not given is left out."""
    plain = {name: value for name, value in schema.items() if name not in ("anyOf", "default", "title")}
    kinds = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if len(kinds) == 1:
        return {**plain, **kinds[0]}
    return {**plain, "anyOf": kinds} if kinds else plain


def _responses(endpoint: Endpoint) -> Iterator[tuple[str, dict[str, Any]]]:
    yield str(endpoint.status), _good(endpoint)
    if not endpoint.changes and endpoint.answer is not None:
        yield "304", {"description": "it is as whoever asks has it already"}
    problem = {"content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format(model="Problem")}}}}
    for status in sorted({*_statuses(endpoint), *endpoint.also}):
        if status >= 400:
            yield str(status), {"description": endpoint.also.get(status) or _USUAL[status], **problem}
        else:
            yield str(status), {"description": endpoint.also[status]}


def _good(endpoint: Endpoint) -> dict[str, Any]:
    if 300 <= endpoint.status < 400:
        return {"description": endpoint.summary}  # it leads elsewhere, and says nothing
    if endpoint.answer is not None:
        schema: dict[str, Any] = {"$ref": _REF.format(model=endpoint.answer.__name__)}
    else:
        schema = {"type": "object" if endpoint.media.endswith("json") else "string"}
    content = {media: {"schema": schema} for media in (endpoint.media, *endpoint.or_media)}
    return {"description": endpoint.summary, "content": content}


def _statuses(endpoint: Endpoint) -> Iterator[int]:
    """Those that follow from what an endpoint is."""
    yield 400
    if endpoint.permission is not None:
        yield from (401, 403)
    if endpoint.changes:
        yield from (403, 503)
    if endpoint.parts:
        yield 404
    if endpoint.body is not None or endpoint.raw:
        yield from (413, 415)
